use super::*;
use crate::access::context::Value;

fn holds(operator: &str, wanted: &[&str], held: Value) -> Sure<'static> {
    let operator = Operator::parse(operator).unwrap();
    let values = wanted.iter().map(|text| Operand::parse(operator.test, text, true)).collect();
    let condition = Box::leak(Box::new(Condition { operator, key: "aws:k".into(), values }));
    let mut context = Context::complete();
    context.set("aws:K", held);
    context.is("aws:username", "anna");
    condition.holds(&context)
}

fn is(values: &[&str]) -> Value {
    Value::Is(values.iter().map(|value| (*value).to_owned()).collect())
}

/// The reference's table of operators, line by line.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
#[test]
fn each_operator_compares_as_the_reference_says() {
    for (operator, wanted, value, expected) in [
        ("StringEquals", "a", "a", true),
        ("StringEquals", "a", "A", false),
        ("StringEquals", "a*", "ab", false),
        ("StringEquals", "${aws:username}", "anna", true),
        ("StringNotEquals", "a", "b", true),
        ("StringEqualsIgnoreCase", "Ab", "aB", true),
        ("StringNotEqualsIgnoreCase", "Ab", "aB", false),
        ("StringLike", "a*${aws:username}?", "a-annax", true),
        ("StringLike", "a", "A", false),
        ("StringNotLike", "a*", "ba", true),
        ("NumericEquals", "10", "10.0", true),
        ("NumericEquals", "10", "1e1", false),
        ("NumericNotEquals", "10", "11", true),
        ("NumericLessThan", "10", "10", false),
        ("NumericLessThanEquals", "10", "10", true),
        ("NumericGreaterThan", "-1", "0", true),
        ("NumericGreaterThanEquals", "10", "9.99", false),
        ("DateEquals", "2020-01-01", "2020-01-01T00:00:00Z", true),
        ("DateNotEquals", "2020-01-01", "1577836800", false),
        ("DateLessThan", "2020-01-01T00:00:00Z", "2019-12-31T23:59:59Z", true),
        ("DateLessThanEquals", "2020", "2020-01-01T01:00:00+01:00", true),
        ("DateGreaterThan", "1577836800", "2020-01-01T00:00:01Z", true),
        ("DateGreaterThanEquals", "2020-02", "2020-01-31T00:00:00Z", false),
        ("Bool", "true", "true", true),
        ("Bool", "true", "false", false),
        ("Bool", "false", "False", true),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", true),
        ("BinaryEquals", "QmluYXJ5", "qmluYXJ5", false),
        ("IpAddress", "203.0.113.0/24", "203.0.113.9", true),
        ("IpAddress", "203.0.113.7", "203.0.113.9", false),
        ("IpAddress", "2001:db8::/32", "2001:db8:1::1", true),
        ("IpAddress", "0.0.0.0/0", "2001:db8::1", false),
        ("NotIpAddress", "203.0.113.0/24", "198.51.100.1", true),
        ("ArnEquals", "arn:aws:iam::1:user/*", "arn:aws:iam::1:user/a/b", true),
        ("ArnLike", "arn:aws:*:*:2:user/*", "arn:aws:iam::1:user/a", false),
        ("ArnNotEquals", "arn:aws:iam::1:root", "arn:aws:iam::2:root", true),
        ("ArnNotLike", "arn:aws:iam::*:root", "arn:aws:iam::2:root", false),
        ("Null", "false", "x", true),
        ("Null", "true", "x", false),
    ] {
        assert_eq!(
            holds(operator, &[wanted], is(&[value])),
            Sure::from(expected),
            "{operator} {wanted} {value}"
        );
        if operator != "Null" {
            let if_exists = format!("{operator}IfExists");
            assert_eq!(holds(&if_exists, &[wanted], is(&[value])), Sure::from(expected), "{if_exists}");
            assert_eq!(holds(&if_exists, &[wanted], Value::Absent), Sure::Yes, "{if_exists}");
            let absent = Sure::from(operator.contains("Not"));
            assert_eq!(holds(operator, &[wanted], Value::Absent), absent, "{operator}");
        }
        assert!(matches!(holds(operator, &[wanted], Value::Unknown), Sure::Perhaps(_)), "{operator}");
    }
}

#[test]
fn null_asks_whether_the_key_is_there() {
    assert_eq!(holds("Null", &["true"], Value::Absent), Sure::Yes);
    assert_eq!(holds("Null", &["false"], Value::Absent), Sure::No);
    assert_eq!(holds("Null", &["true"], is(&[])), Sure::Yes);
    assert_eq!(Operator::parse("NullIfExists"), None);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
#[test]
fn sets_are_compared_as_the_reference_says() {
    for (operator, wanted, held, expected) in [
        ("ForAllValues:StringEquals", &["a", "b"][..], is(&["a", "b"]), true),
        ("ForAllValues:StringEquals", &["a", "b"], is(&["a", "c"]), false),
        ("ForAllValues:StringEquals", &["a"], is(&[]), true),
        ("ForAllValues:StringEquals", &["a"], Value::Absent, true),
        ("ForAllValues:StringNotEquals", &["a"], is(&["b", "c"]), true),
        ("ForAllValues:StringNotEquals", &["a"], is(&["a", "c"]), false),
        ("ForAnyValue:StringEquals", &["a", "b"], is(&["b", "c"]), true),
        ("ForAnyValue:StringEquals", &["a"], is(&["b", "c"]), false),
        ("ForAnyValue:StringEquals", &["a"], Value::Absent, false),
        ("ForAnyValue:StringEqualsIfExists", &["a"], Value::Absent, true),
        ("ForAnyValue:StringNotEquals", &["a"], is(&["a", "b"]), true),
        ("ForAnyValue:StringNotEquals", &["a", "b"], is(&["a", "b"]), false),
        ("ForAnyValue:StringNotEquals", &["a"], Value::Absent, false),
        ("ForAnyValue:Bool", &["true"], is(&["true", "false"]), true),
    ] {
        assert_eq!(holds(operator, wanted, held.clone()), Sure::from(expected), "{operator} {held:?}");
    }
    let several = holds("StringEquals", &["a"], is(&["a", "b"]));
    assert_eq!(several, Sure::Perhaps(Doubt::SeveralValues("aws:k")));
}

#[test]
fn several_values_of_a_policy_are_or_and_under_not_nor() {
    assert_eq!(holds("StringEquals", &["a", "b"], is(&["b"])), Sure::Yes);
    assert_eq!(holds("StringNotEquals", &["a", "b"], is(&["b"])), Sure::No);
    assert_eq!(holds("NotIpAddress", &["10.0.0.0/8", "192.0.2.0/24"], is(&["192.0.2.1"])), Sure::No);
    assert_eq!(holds("DateNotEquals", &["2020", "2021"], is(&["2022-01-01"])), Sure::Yes);
}

#[test]
fn a_condition_that_is_not_understood_is_perhaps() {
    for (operator, wanted) in [
        ("NumericEquals", "ten"),
        ("DateEquals", "soon"),
        ("Bool", "yes"),
        ("IpAddress", "10.0.0"),
        ("ArnLike", "*"),
    ] {
        assert!(matches!(holds(operator, &[wanted], is(&["1"])), Sure::Perhaps(_)), "{operator}");
    }
    for name in
        ["StringMatches", "ForSomeValues:StringEquals", "stringequals", "NotBool", "ForAllValues:Null"]
    {
        assert_eq!(Operator::parse(name), None, "{name}");
    }
}

#[test]
fn a_span_of_time_is_decided_where_both_ends_agree() {
    let at = |text: &str| moment(text).unwrap();
    let span = Value::Between(at("2020-01-02"), at("2020-01-04"));
    for (operator, wanted, expected) in [
        ("DateLessThan", "2020-01-05", Some(true)),
        ("DateLessThan", "2020-01-04", None),
        ("DateLessThanEquals", "2020-01-04", Some(true)),
        ("DateLessThan", "2020-01-02", Some(false)),
        ("DateGreaterThan", "2020-01-01", Some(true)),
        ("DateGreaterThan", "2020-01-03", None),
        ("DateEquals", "2020-01-03", None),
        ("DateNotEquals", "2020-01-03", None),
        ("DateEquals", "2020-01-05", Some(false)),
        ("DateNotEquals", "2020-01-05", Some(true)),
    ] {
        let found = holds(operator, &[wanted], span.clone());
        match expected {
            Some(known) => assert_eq!(found, Sure::from(known), "{operator} {wanted}"),
            None => assert!(matches!(found, Sure::Perhaps(_)), "{operator} {wanted}"),
        }
    }
    assert!(matches!(holds("StringEquals", &["2020"], span), Sure::Perhaps(_)));
}
