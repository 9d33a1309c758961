//! Examples for the elements of a policy: `Not…`, sessions, trust, variables.

use super::{ALL, Ask, Out, out, session, user, yes};
use crate::access::context::{Context, Value};
use crate::access::layer::Layer;
use crate::access::principal::Principal;

/// `reference_policies_elements_notaction.html` and `reference_policies_elements_notresource.html`
#[test]
fn not_action_and_not_resource_take_all_but_what_they_name() {
    let mfa = r#"{"Version":"2012-10-17","Statement":[{"Sid":"DenyAllUsersNotUsingMFA","Effect":"Deny",
     "NotAction":"iam:*","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}]}"#;
    let ask = |action: &str, resource: &str, present: Value, identity: &[&str]| {
        let mut context = Context::complete();
        context.set("aws:MultiFactorAuthPresent", present);
        out(&Ask { principal: user("a"), action, resource, context, identity, ..Ask::default() })
    };
    let is = |text: &str| Value::Is(vec![text.into()]);
    assert_eq!(ask("s3:GetObject", "*", is("false"), &[mfa, ALL]), Out::Denied(Layer::Identity, 1));
    assert_eq!(ask("s3:GetObject", "*", Value::Absent, &[mfa, ALL]), Out::Denied(Layer::Identity, 1));
    assert_eq!(ask("IAM:CreateUser", "*", is("false"), &[mfa, ALL]), yes(Layer::Identity, 1));
    assert_eq!(ask("s3:GetObject", "*", is("true"), &[mfa, ALL]), yes(Layer::Identity, 1));
    assert_eq!(ask("s3:GetObject", "*", Value::Unknown, &[mfa, ALL]), Out::Perhaps);
    let payroll = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","NotResource":[
     "arn:aws:s3:::HRBucket/Payroll","arn:aws:s3:::HRBucket/Payroll/*"]}}"#;
    let none = Value::Absent;
    let spared = "arn:aws:s3:::HRBucket/Payroll/march";
    assert_eq!(ask("s3:GetObject", spared, none.clone(), &[payroll, ALL]), yes(Layer::Identity, 1));
    assert_eq!(
        ask("s3:GetObject", "arn:aws:s3:::HRBucket/x", none, &[payroll, ALL]),
        Out::Denied(Layer::Identity, 1)
    );
}

/// `reference_policies_elements_notprincipal.html`: all but Bob
#[test]
fn not_principal_must_name_the_account_as_well() {
    let policy = |named: &str| {
        format!(
            r#"{{"Statement":[{{"Effect":"Deny","NotPrincipal":{{"AWS":[{named}]}},"Action":"s3:*","Resource":"*"}}]}}"#
        )
    };
    let (bob, account) = (r#""arn:aws:iam::123456789012:user/Bob""#, r#""arn:aws:iam::123456789012:root""#);
    let ask = |named: &str, name: &str, boundary: Option<&str>| {
        let policy = policy(named);
        let (action, resource, identity) = ("s3:GetObject", "arn:aws:s3:::b/x", &[ALL][..]);
        let policy = Some(policy.as_str());
        out(&Ask { principal: user(name), action, resource, identity, policy, boundary, ..Ask::default() })
    };
    let both = format!("{bob},{account}");
    assert_eq!(ask(&both, "Bob", None), yes(Layer::Identity, 1));
    assert_eq!(ask(bob, "Bob", None), Out::Perhaps);
    assert_eq!(ask(bob, "Anna", None), Out::Denied(Layer::Resource, 1));
    // access_policies_boundaries.html: it always denies a principal with a boundary.
    assert_eq!(ask(&both, "Bob", Some(ALL)), Out::Denied(Layer::Resource, 1));
}

/// `id_roles_use_revoke-sessions.html`: sessions made before the cut-off are denied
#[test]
fn a_revoked_session_is_denied_and_a_key_is_not() {
    let revoke = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["*"],"Resource":["*"],
     "Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-11-28T15:00:00.000Z"}}}]}"#;
    let ask = |issued: Value| {
        let mut context = Context::complete();
        context.set("aws:TokenIssueTime", issued);
        let (principal, identity) = (session("ops"), &[revoke, ALL][..]);
        out(&Ask { principal, action: "s3:GetObject", resource: "*", context, identity, ..Ask::default() })
    };
    let at = |text: &str| Value::Is(vec![text.into()]);
    assert_eq!(ask(at("2026-11-28T14:59:59Z")), Out::Denied(Layer::Identity, 1));
    assert_eq!(ask(at("2026-11-28T15:00:00Z")), yes(Layer::Identity, 1));
    // A long-term key has no issue time.
    assert_eq!(ask(Value::Absent), yes(Layer::Identity, 1));
    let span = |from: &str, until: &str| Value::Between(from.parse().unwrap(), until.parse().unwrap());
    assert_eq!(ask(span("2026-11-28T02:00:00Z", "2026-11-28T14:00:00Z")), Out::Denied(Layer::Identity, 1));
    assert_eq!(ask(span("2026-11-28T02:00:00Z", "2026-11-28T15:30:00Z")), Out::Perhaps);
}

/// `id_roles_create_for-user.html` and `reference_policies_elements_principal.html`: who may assume a role
#[test]
fn a_trust_policy_must_allow() {
    let trust = |principal: &str, condition: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{principal},
             "Action":"sts:AssumeRole"{condition}}}}}"#
        )
    };
    let ask = |principal: Principal, trust: &str, identity: &[&str]| {
        let (action, resource) = ("sts:AssumeRole", "arn:aws:iam::123456789012:role/ops");
        let (policy, owner, must_allow) = (Some(trust), Some("123456789012"), true);
        let context = Context::partial();
        out(&Ask {
            principal,
            action,
            resource,
            context,
            identity,
            policy,
            owner,
            must_allow,
            ..Ask::default()
        })
    };
    let account = trust(r#"{"AWS":"123456789012"}"#, "");
    assert_eq!(ask(user("a"), &account, &[ALL]), yes(Layer::Identity, 1));
    assert_eq!(ask(user("a"), &account, &[]), Out::NotAllowed(Layer::Identity));
    let named = trust(r#"{"AWS":"arn:aws:iam::123456789012:user/a"}"#, "");
    assert_eq!(ask(user("a"), &named, &[]), yes(Layer::Resource, 1));
    assert_eq!(ask(user("b"), &named, &[ALL]), Out::NotAllowed(Layer::Resource));
    let deleted = trust(r#"{"AWS":"AIDACKCEVSQ6C2EXAMPLE"}"#, "");
    assert_eq!(ask(user("a"), &deleted, &[ALL]), Out::NotAllowed(Layer::Resource));
    let service = trust(r#"{"Service":["ec2.amazonaws.com","lambda.amazonaws.com"]}"#, "");
    let lambda = Principal::Service("lambda.amazonaws.com".into());
    assert_eq!(ask(lambda, &service, &[]), yes(Layer::Resource, 1));
    assert_eq!(ask(user("a"), &service, &[ALL]), Out::NotAllowed(Layer::Resource));
    // id_roles_common-scenarios_third-party.html: the external id is not known here.
    let external = r#","Condition":{"StringEquals":{"sts:ExternalId":"Unique ID Assigned by Example Corp"}}"#;
    let third = trust(r#"{"AWS":"999999999999"}"#, external);
    let outsider = Principal::Outsider("999999999999".into());
    assert_eq!(ask(outsider, &third, &[]), Out::Perhaps);
}

/// `reference_policies_variables.html`: each user's own folder, and a default for a missing tag
#[test]
fn variables_stand_for_the_requests_own_values() {
    let home = r#"{"Version":"2012-10-17","Statement":[
     {"Action":["s3:ListBucket"],"Effect":"Allow","Resource":["arn:aws:s3:::amzn-s3-demo-bucket"],
      "Condition":{"StringLike":{"s3:prefix":["${aws:username}/*"]}}},
     {"Action":["s3:GetObject","s3:PutObject"],"Effect":"Allow",
      "Resource":["arn:aws:s3:::amzn-s3-demo-bucket/${aws:username}/*"]},
     {"Action":"s3:GetObject","Effect":"Allow",
      "Resource":"arn:aws:s3:::amzn-s3-demo-bucket/${aws:PrincipalTag/team, 'company-wide'}/*"}]}"#;
    let ask = |identity: &str, action: &str, resource: &str, team: Option<&str>| {
        let mut context = Context::complete();
        context.is("aws:username", "anna");
        context.is("s3:prefix", "anna/2026");
        if let Some(team) = team {
            context.is("aws:PrincipalTag/team", team);
        }
        out(&Ask {
            principal: user("anna"),
            action,
            resource,
            context,
            identity: &[identity],
            ..Ask::default()
        })
    };
    let bucket = "arn:aws:s3:::amzn-s3-demo-bucket";
    let object = |path: &str| format!("{bucket}/{path}/x");
    assert_eq!(ask(home, "s3:ListBucket", bucket, None), yes(Layer::Identity, 1));
    assert_eq!(ask(home, "s3:PutObject", &object("anna"), None), yes(Layer::Identity, 2));
    assert_eq!(ask(home, "s3:PutObject", &object("bob"), None), Out::NotAllowed(Layer::Identity));
    assert_eq!(ask(home, "s3:GetObject", &object("company-wide"), None), yes(Layer::Identity, 3));
    assert_eq!(ask(home, "s3:GetObject", &object("red"), Some("red")), yes(Layer::Identity, 3));
    assert_eq!(
        ask(home, "s3:GetObject", &object("company-wide"), Some("red")),
        Out::NotAllowed(Layer::Identity)
    );
    // The older version takes a variable for a text.
    let older = home.replace("2012-10-17", "2008-10-17");
    assert_eq!(ask(&older, "s3:PutObject", &object("anna"), None), Out::NotAllowed(Layer::Identity));
    assert_eq!(ask(&older, "s3:PutObject", &object("${aws:username}"), None), yes(Layer::Identity, 2));
}
