use super::*;

const ME: &str = "111111111111";
const KNOWN: &str = "333333333333";
const THIEF: &str = "999999999999";
const ORGANIZATION: &str = "arn:aws:organizations::444444444444:organization/o-ours";

fn closed(statements: &Value, keeps_account: bool) -> Closed {
    let known = [KNOWN, ORGANIZATION].into();
    let home = Home { account: ME, partition: "aws", known: &known, keeps_account };
    close(&json!({ "Version": "2012-10-17", "Id": "kept", "Statement": statements }), &home)
}

fn allow(principal: &Value) -> Value {
    json!({ "Sid": "a", "Effect": "Allow", "Principal": principal, "Action": "sqs:*", "Resource": "*" })
}

fn with(condition: Value) -> Value {
    let mut statement = allow(&json!("*"));
    statement["Condition"] = condition;
    statement
}

fn left(closed: &Closed) -> &Value {
    &closed.policy.as_ref().unwrap()["Statement"]
}

fn outsiders(closed: &Closed) -> Vec<&str> {
    closed.outsiders.iter().map(String::as_str).collect()
}

#[test]
fn outsiders_alone_are_taken_out_of_a_statement() {
    let root = |id: &str| format!("arn:aws:iam::{id}:root");
    let statement = allow(&json!({
        "AWS": [root(ME), THIEF, format!("arn:aws:iam::{THIEF}:role/x"), KNOWN, "AIDADELETED"],
        "Service": "s3.amazonaws.com",
    }));
    let closed = closed(&json!([statement]), false);
    assert_eq!(outsiders(&closed), [THIEF]);
    let wanted = allow(&json!({ "AWS": [root(ME), KNOWN, "AIDADELETED"], "Service": "s3.amazonaws.com" }));
    assert_eq!(*left(&closed), json!([wanted]));
    assert_eq!(closed.policy.unwrap()["Id"], "kept");
}

#[test]
fn a_statement_for_outsiders_alone_goes_and_the_others_stay_as_they_are() {
    let own = allow(&json!({ "AWS": format!("arn:aws:iam::{ME}:user/a") }));
    let deny = json!({ "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*" });
    for open in [
        allow(&json!("*")),
        allow(&json!({ "AWS": "*" })),
        allow(&json!({ "AWS": [format!("arn:aws:iam::{THIEF}:root")] })),
        json!({ "Effect": "Allow", "NotPrincipal": { "AWS": ME }, "Action": "*", "Resource": "*" }),
    ] {
        let closed = closed(&json!([own, open, deny]), false);
        assert_eq!(*left(&closed), json!([own, deny]), "{open}");
        assert!(!closed.is_empty());
    }
    assert!(closed(&allow(&json!("*")), false).is_empty(), "one statement without a list around it");
    assert_eq!(closed(&json!([own, deny]), false), Closed::default());
}

#[test]
fn a_key_s_everybody_becomes_its_account() {
    let root = json!({ "AWS": format!("arn:aws:iam::{ME}:root") });
    for open in [json!("*"), json!({ "AWS": "*" })] {
        let closed = closed(&json!([allow(&open)]), true);
        assert_eq!(outsiders(&closed), ["all"]);
        let now = &left(&closed)[0]["Principal"]["AWS"];
        assert!(*now == root["AWS"] || *now == json!([root["AWS"]]), "{now}");
    }
}

#[test]
fn a_condition_that_names_this_account_or_a_known_one_closes() {
    for condition in [
        json!({ "StringEquals": { "AWS:SourceOwner": ME } }),
        json!({ "StringEquals": { "aws:PrincipalAccount": [ME, KNOWN] } }),
        json!({ "StringEquals": { "kms:CallerAccount": ME, "kms:ViaService": "s3.us-east-1.amazonaws.com" } }),
        json!({ "StringEquals": { "aws:PrincipalAccount": "${aws:ResourceAccount}" } }),
        json!({ "ArnLike": { "aws:SourceArn": format!("arn:aws:sns:us-east-1:{ME}:*") } }),
        json!({ "ForAnyValue:StringLike": { "aws:PrincipalOrgPaths": "o-ours/*" } }),
        json!({ "StringEquals": { "aws:PrincipalOrgID": "o-ours" }, "Bool": { "aws:SecureTransport": "true" } }),
    ] {
        assert_eq!(closed(&json!([with(condition.clone())]), false), Closed::default(), "{condition}");
    }
}

#[test]
fn a_condition_that_limits_nobody_does_not_close() {
    for condition in [
        json!({ "StringNotEquals": { "aws:PrincipalAccount": ME } }),
        json!({ "StringEqualsIfExists": { "aws:PrincipalAccount": ME } }),
        json!({ "ForAllValues:StringEquals": { "aws:PrincipalOrgPaths": "o-ours/r-1/" } }),
        json!({ "StringLike": { "aws:PrincipalAccount": "*" } }),
        json!({ "StringLike": { "aws:PrincipalOrgID": "o-*" } }),
        json!({ "ArnLike": { "aws:SourceArn": "arn:aws:sns:*:*:*" } }),
        json!({ "IpAddress": { "aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/0"] } }),
        json!({ "StringLike": { "aws:userid": "*" } }),
        json!({ "Null": { "aws:PrincipalAccount": "false" } }),
        json!({ "Bool": { "aws:SecureTransport": "true" } }),
        json!({}),
    ] {
        let closed = closed(&json!([with(condition.clone())]), false);
        assert_eq!(outsiders(&closed), ["all"], "{condition}");
        assert!(closed.is_empty(), "{condition}");
    }
}

#[test]
fn a_condition_of_which_it_is_not_known_whose_it_is_leaves_a_doubt_that_is_named() {
    for (condition, words) in [
        (json!({ "StringEquals": { "aws:SourceVpce": "vpce-1" } }), "everybody by aws:SourceVpce vpce-1"),
        (json!({ "IpAddress": { "aws:SourceIp": "203.0.113.0/24" } }), "203.0.113.0/24"),
        (json!({ "StringEquals": { "aws:PrincipalOrgID": "o-theirs" } }), "o-theirs"),
        (json!({ "ArnLike": { "aws:SourceArn": "arn:aws:s3:*:*:uploads" } }), "arn:aws:s3:*:*:uploads"),
        (json!({ "Bool": { "aws:PrincipalIsAWSService": true } }), "aws:PrincipalIsAWSService"),
    ] {
        let closed = closed(&json!([with(condition.clone())]), false);
        assert!(closed.policy.is_none() && closed.outsiders.is_empty(), "{condition}");
        assert!(matches!(&closed.kept[..], [one] if one.contains(words)), "{:?}", closed.kept);
    }
}

#[test]
fn accounts_in_a_condition_are_closed_one_by_one() {
    let both =
        closed(&json!([with(json!({ "StringEquals": { "aws:PrincipalAccount": [ME, THIEF] } }))]), false);
    assert_eq!(outsiders(&both), [THIEF]);
    assert_eq!(left(&both)[0], with(json!({ "StringEquals": { "aws:PrincipalAccount": [ME] } })));
    let alone = closed(&json!([with(json!({ "StringEquals": { "aws:SourceAccount": THIEF } }))]), true);
    assert_eq!(outsiders(&alone), [THIEF]);
    assert!(alone.is_empty(), "it let in nobody of this account");
}

#[test]
fn what_is_no_policy_is_left_alone() {
    for text in ["null", "[]", "{}", r#"{"Statement":"x"}"#, r#"{"Statement":[1,{"Effect":"Allow"}]}"#] {
        let known = BTreeSet::new();
        let home = Home { account: ME, partition: "aws", known: &known, keeps_account: true };
        assert_eq!(close(&serde_json::from_str(text).unwrap(), &home), Closed::default(), "{text}");
    }
}
