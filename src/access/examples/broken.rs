//! What is broken or unread is perhaps.

use super::{Ask, Out, out, user};
use crate::access::context::Context;
use crate::access::decide::{Decision, Layers, Request, decide};
use crate::access::doubt::Doubt;
use crate::access::explain::explain;
use crate::access::source::{Asked, Body, Source};

#[test]
fn text_that_does_not_parse_is_perhaps_and_never_no() {
    let deep = "[".repeat(100_000);
    for text in ["", "{", "[]", "null", "{\"Statement\":7}", &deep, r#"{"Version":"2012-10-17"}"#] {
        assert_eq!(ask_broken(text), Out::Perhaps, "{text:.30}");
    }
    for statement in [
        r#"{"Effect":"allow","Action":"*","Resource":"*"}"#,
        r#"{"Action":"*","Resource":"*"}"#,
        r#"{"Effect":"Allow","Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":[],"Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":"*"}"#,
        r#"{"Effect":"Allow","Action":"*","NotAction":"s3:*","Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":"*","Resource":{"a":1}}"#,
        r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringMatches":{"a":"b"}}}"#,
        r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":"x"}"#,
        r#"{"Effect":"Allow","Action":"*","Resource":"*","Surprise":"x"}"#,
        r#"{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}"#,
        r#""x""#,
    ] {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
        assert_eq!(ask_broken(&text), Out::Perhaps, "{statement}");
    }
    let later = r#"{"Version":"2030-01-01","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    assert_eq!(ask_broken(later), Out::Perhaps);
}

fn ask_broken(identity: &str) -> Out {
    let (principal, action, resource) = (user("a"), "s3:GetObject", "arn:aws:s3:::b/x");
    out(&Ask { principal, action, resource, identity: &[identity], ..Ask::default() })
}

#[test]
fn an_unread_policy_is_perhaps_unless_another_denies() {
    let deny = r#"{"Statement":{"Sid":"Cut","Effect":"Deny","Action":"*","Resource":"*"}}"#;
    let read = Source::parse("read", deny);
    let unread = Source { name: "arn:aws:iam::aws:policy/X".into(), body: Body::Unread("x".into()) };
    let (principal, action, context) = (user("a"), Asked::new("s3:GetObject"), Context::complete());
    let request = Request { principal: &principal, action: &action, resource: "*", context: &context };
    let doubt = Decision::Perhaps(Doubt::Unread("arn:aws:iam::aws:policy/X"));
    assert_eq!(decide(&request, &Layers { identity: vec![&unread], ..Layers::default() }), doubt);
    let layers = Layers { identity: vec![&unread, &read], ..Layers::default() };
    let (decision, lines) = explain(&request, &layers);
    assert!(matches!(decision, Decision::Denied(_)));
    let told: Vec<String> = lines.iter().map(ToString::to_string).collect();
    let policy = "arn:aws:iam::aws:policy/X";
    assert_eq!(
        told,
        [
            format!("identity policies: {policy} perhaps allows or denies: the policy {policy} was not read"),
            "identity policies: read, statement 1 (Cut) denies".into(),
        ]
    );
}
