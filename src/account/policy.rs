//! Policy documents: the same meaning in another form.

use serde_json::{Map, Value};

/// Returns a policy's text in one form, so that two texts with the same meaning are equal: AWS may give a
/// policy back with a version added, its statements in another order, or one value as a list. A text that
/// is no JSON object is returned as it is.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>
pub fn meaning(text: &str) -> String {
    let Ok(Value::Object(mut policy)) = serde_json::from_str(text) else { return text.to_owned() };
    // What a policy without a version has.
    if policy.get("Version").is_some_and(|version| version == "2008-10-17") {
        policy.remove("Version");
    }
    without_empty(&mut policy, "Id");
    let statements = match policy.remove("Statement") {
        Some(Value::Array(statements)) => statements,
        Some(one) => vec![one],
        None => vec![],
    };
    let mut statements: Vec<Value> = statements.into_iter().map(statement).collect();
    statements.sort_by_cached_key(Value::to_string);
    policy.insert("Statement".into(), Value::Array(statements));
    Value::Object(policy).to_string()
}

fn statement(statement: Value) -> Value {
    let Value::Object(mut statement) = statement else { return statement };
    without_empty(&mut statement, "Sid");
    for (key, value) in &mut statement {
        match key.as_str() {
            "Principal" | "NotPrincipal" => {
                each(value, set);
                if *value == serde_json::json!({ "AWS": "*" }) {
                    *value = "*".into();
                }
            }
            "Condition" => each(value, |operator| each(operator, set)),
            _ => set(value),
        }
    }
    Value::Object(statement)
}

fn without_empty(of: &mut Map<String, Value>, key: &str) {
    if of.get(key).is_some_and(|value| value == "") {
        of.remove(key);
    }
}

/// Changes each value of an object; anything else is a set by itself.
fn each(value: &mut Value, change: impl Fn(&mut Value)) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(change),
        other => set(other),
    }
}

/// The order of a list says nothing, and one value may stand without a list.
fn set(value: &mut Value) {
    let Value::Array(items) = value else { return };
    items.sort_by_cached_key(Value::to_string);
    items.dedup();
    if let [one] = &mut items[..] {
        *value = one.take();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENY: &str = r#"{"Statement":[{"Action":"*","Effect":"Deny","Principal":"*","Resource":"*"}]}"#;

    #[test]
    fn a_policy_in_another_form_has_the_same_meaning() {
        for text in [
            r#"{"Version":"2008-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}"#,
            r#"{ "Statement": { "Sid": "", "Effect": "Deny", "Principal": {"AWS": ["*"]}, "Action": ["*"], "Resource": "*" } }"#,
        ] {
            assert_eq!(meaning(text), DENY);
        }
        let two = r#"{"Statement":[{"Action":["b","a"],"Effect":"Allow"},{"Action":"c","Effect":"Deny"}]}"#;
        let turned =
            r#"{"Statement":[{"Action":"c","Effect":"Deny"},{"Action":["a","b"],"Effect":"Allow"}]}"#;
        assert_eq!(meaning(two), meaning(turned));
    }

    #[test]
    fn another_meaning_is_another_policy() {
        for text in [
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"Bool":{"a":"true"}}}]}"#,
            r#"{"Statement":[{"Effect":"Deny","Principal":{"AWS":"1"},"Action":"*","Resource":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}"#,
        ] {
            assert_ne!(meaning(text), DENY);
        }
        assert_eq!(meaning("{"), "{");
        assert_eq!(meaning("[]"), "[]");
    }
}
