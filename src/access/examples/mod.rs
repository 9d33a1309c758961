//! Examples of AWS's documentation, by name. Each cites its page under
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/>.

mod broken;
mod elements;

use crate::access::context::Context;
use crate::access::decide::{Decision, Layers, Request, ResourceSide, decide};
use crate::access::explain::explain;
use crate::access::layer::Layer;
use crate::access::principal::Principal;
use crate::access::source::{Asked, Source};

/// A request and its policies as texts.
struct Ask<'a> {
    principal: Principal,
    action: &'a str,
    resource: &'a str,
    context: Context,
    identity: &'a [&'a str],
    boundary: Option<&'a str>,
    session: Option<&'a str>,
    service_control: &'a [&'a str],
    resource_control: &'a [&'a str],
    policy: Option<&'a str>,
    owner: Option<&'static str>,
    must_allow: bool,
}

impl Default for Ask<'_> {
    fn default() -> Self {
        Ask {
            principal: Principal::Anonymous,
            action: "",
            resource: "*",
            context: Context::complete(),
            identity: &[],
            boundary: None,
            session: None,
            service_control: &[],
            resource_control: &[],
            policy: None,
            owner: None,
            must_allow: false,
        }
    }
}

/// How a decision came out: the statement that decided counts from 1.
#[derive(Clone, Debug, PartialEq)]
enum Out {
    Allowed(Option<(Layer, usize)>),
    Denied(Layer, usize),
    NotAllowed(Layer),
    Perhaps,
}

fn user(name: &str) -> Principal {
    Principal::User(format!("arn:aws:iam::123456789012:user/{name}"))
}

fn session(role: &str) -> Principal {
    let role = format!("arn:aws:iam::123456789012:role/{role}");
    Principal::Session { role, name: Some("run".into()) }
}

fn out(ask: &Ask<'_>) -> Out {
    let sources =
        |texts: &[&str]| -> Vec<Source> { texts.iter().map(|text| Source::parse("policy", text)).collect() };
    let one = |text: Option<&str>| text.map(|text| Source::parse("policy", text));
    let (identity, boundary, policy) = (sources(ask.identity), one(ask.boundary), one(ask.policy));
    let (session, scp, rcp) = (one(ask.session), sources(ask.service_control), sources(ask.resource_control));
    let action = Asked::new(ask.action);
    let request =
        Request { principal: &ask.principal, action: &action, resource: ask.resource, context: &ask.context };
    let layers = Layers {
        identity: identity.iter().collect(),
        boundary: boundary.as_ref(),
        session: session.as_ref().map(|session| vec![session]),
        service_control: scp.iter().map(|level| vec![level]).collect(),
        resource_control: rcp.iter().map(|level| vec![level]).collect(),
        resource: ResourceSide { policy: policy.as_ref(), account: ask.owner, must_allow: ask.must_allow },
    };
    let decision = decide(&request, &layers);
    assert_eq!(decision, explain(&request, &layers).0);
    match decision {
        Decision::Allowed(place) => Out::Allowed(place.map(|place| (place.layer, place.number + 1))),
        Decision::Denied(place) => Out::Denied(place.layer, place.number + 1),
        Decision::NotAllowed(layer) => Out::NotAllowed(layer),
        Decision::Perhaps(_) => Out::Perhaps,
    }
}

fn yes(layer: Layer, number: usize) -> Out {
    Out::Allowed(Some((layer, number)))
}

const ALL: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
const CARLOS: &str = r#"{"Version":"2012-10-17","Statement":[
 {"Sid":"AllowS3ListRead","Effect":"Allow","Action":["s3:GetBucketLocation","s3:GetAccountPublicAccessBlock",
  "s3:ListAccessPoints","s3:ListAllMyBuckets"],"Resource":"arn:aws:s3:::*"},
 {"Sid":"AllowS3Self","Effect":"Allow","Action":"s3:*",
  "Resource":["arn:aws:s3:::carlossalazar/*","arn:aws:s3:::carlossalazar"]},
 {"Sid":"DenyS3Logs","Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::*log*"}]}"#;

/// `reference_policies_evaluation-logic_policy-eval-basics.html`: Carlos and his buckets
#[test]
fn carlos_writes_to_his_bucket_and_not_to_the_logs() {
    let bucket = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
     "Principal":{"AWS":"arn:aws:iam::123456789012:user/carlossalazar"},"Action":"s3:*",
     "Resource":["arn:aws:s3:::carlossalazar/*","arn:aws:s3:::carlossalazar"]}]}"#;
    let ask = |resource: &str| {
        let (principal, identity) = (user("carlossalazar"), &[CARLOS][..]);
        out(&Ask {
            principal,
            action: "s3:PutObject",
            resource,
            identity,
            policy: Some(bucket),
            ..Ask::default()
        })
    };
    assert_eq!(ask("arn:aws:s3:::carlossalazar-logs/x"), Out::Denied(Layer::Identity, 3));
    assert_eq!(ask("arn:aws:s3:::carlossalazar/x"), yes(Layer::Identity, 2));
    assert_eq!(ask("arn:aws:s3:::other/x"), Out::NotAllowed(Layer::Identity));
}

/// `reference_policies_evaluation-logic_AccessPolicyLanguage_Interplay.html`: explicit and implicit denies
#[test]
fn an_explicit_deny_differs_from_an_implicit_one() {
    let policy = r#"{"Version":"2012-10-17","Statement":[
     {"Sid":"AllowGetList","Effect":"Allow","Action":["iam:Get*","iam:List*"],"Resource":"*"},
     {"Sid":"DenyReports","Effect":"Deny","Action":"iam:*Report","Resource":"*"}]}"#;
    let ask = |action: &str| {
        out(&Ask { principal: user("a"), action, resource: "*", identity: &[policy, ALL], ..Ask::default() })
    };
    assert_eq!(ask("iam:GetUser"), yes(Layer::Identity, 1));
    assert_eq!(ask("iam:GenerateCredentialReport"), Out::Denied(Layer::Identity, 2));
    let alone = Ask {
        principal: user("a"),
        action: "iam:CreatePolicy",
        resource: "*",
        identity: &[policy],
        ..Ask::default()
    };
    assert_eq!(out(&alone), Out::NotAllowed(Layer::Identity));
}

/// `access_policies_boundaries.html`: Shirley may pass no more than her boundary
#[test]
fn shirleys_boundary_limits_her_policies() {
    let boundary = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
     "Action":["s3:*","cloudwatch:*","ec2:*"],"Resource":"*"}]}"#;
    let create =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:CreateUser","Resource":"*"}}"#;
    let ask = |action: &str, identity: &[&str]| {
        let boundary = Some(boundary);
        out(&Ask {
            principal: user("ShirleyRodriguez"),
            action,
            resource: "*",
            identity,
            boundary,
            ..Ask::default()
        })
    };
    assert_eq!(ask("iam:CreateUser", &[create]), Out::NotAllowed(Layer::Boundary));
    assert_eq!(ask("s3:ListAllMyBuckets", &[create]), Out::NotAllowed(Layer::Identity));
    assert_eq!(ask("s3:ListAllMyBuckets", &[ALL]), yes(Layer::Identity, 1));
}

/// `reference_policies_evaluation-logic_policy-eval-denyallow.html`: resource policies and implicit denies
#[test]
fn the_principal_that_a_resource_policy_names_decides_what_limits_the_grant() {
    let nothing = r#"{"Statement":{"Effect":"Allow","Action":"sts:GetCallerIdentity","Resource":"*"}}"#;
    let grant = |principal: &str| {
        format!(
            r#"{{"Statement":{{"Effect":"Allow","Principal":{principal},"Action":"s3:GetObject",
             "Resource":"arn:aws:s3:::b/*"}}}}"#
        )
    };
    let ask = |principal: &Principal, named: &str, boundary: Option<&str>, session: Option<&str>| {
        let policy = grant(named);
        let (principal, policy) = (principal.clone(), Some(policy.as_str()));
        let (action, resource) = ("s3:GetObject", "arn:aws:s3:::b/x");
        out(&Ask { principal, action, resource, boundary, session, policy, ..Ask::default() })
    };
    let by_bucket = yes(Layer::Resource, 1);
    let (anna, job) = (user("anna"), session("job"));
    let to_anna = r#"{"AWS":"arn:aws:iam::123456789012:user/anna"}"#;
    let to_role = r#"{"AWS":"arn:aws:iam::123456789012:role/job"}"#;
    let to_session = r#"{"AWS":"arn:aws:sts::123456789012:assumed-role/job/run"}"#;
    let to_account = r#"{"AWS":"arn:aws:iam::123456789012:root"}"#;
    // An IAM user: neither silence nor a boundary limits it.
    assert_eq!(ask(&anna, to_anna, None, None), by_bucket);
    assert_eq!(ask(&anna, to_anna, Some(nothing), None), by_bucket);
    // A role: a boundary or a session policy does.
    assert_eq!(ask(&job, to_role, None, None), by_bucket);
    assert_eq!(ask(&job, to_role, Some(nothing), None), Out::NotAllowed(Layer::Identity));
    assert_eq!(ask(&job, to_role, None, Some(nothing)), Out::NotAllowed(Layer::Identity));
    // A role session: nothing limits it.
    assert_eq!(ask(&job, to_session, Some(nothing), Some(nothing)), by_bucket);
    // The account: its own policies must pass it on.
    assert_eq!(ask(&anna, to_account, None, None), Out::NotAllowed(Layer::Identity));
    assert_eq!(ask(&anna, r#"{"AWS":"123456789012"}"#, None, None), Out::NotAllowed(Layer::Identity));
    // Everybody; AWS does not say what a boundary does to it.
    assert_eq!(ask(&anna, r#""*""#, None, None), by_bucket);
    assert_eq!(ask(&anna, r#""*""#, Some(nothing), None), Out::Perhaps);
    // A federated user session: what is granted to its user is limited by the session policy.
    let federated = Principal::FederatedUser {
        arn: "arn:aws:sts::123456789012:federated-user/bob".into(),
        user: "arn:aws:iam::123456789012:user/anna".into(),
    };
    let to_federated = r#"{"AWS":"arn:aws:sts::123456789012:federated-user/bob"}"#;
    assert_eq!(ask(&federated, to_federated, None, Some(nothing)), by_bucket);
    assert_eq!(ask(&federated, to_anna, None, Some(nothing)), Out::NotAllowed(Layer::Identity));
    assert_eq!(ask(&federated, to_anna, None, Some(ALL)), by_bucket);
}

/// `reference_policies_evaluation-logic-cross-account.html`: both accounts must allow
#[test]
fn another_accounts_bucket_needs_both_sides() {
    let bucket = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],
     "Principal":{"AWS":"arn:aws:iam::123456789012:user/jiangli"},"Resource":"arn:aws:s3:::production/*"}]}"#;
    let own = r#"{"Version":"2012-10-17","Statement":[{"Sid":"AllowS3ProductionObjectActions","Effect":"Allow",
     "Action":"s3:*Object*","Resource":"arn:aws:s3:::production/*"},
     {"Sid":"DenyS3Logs","Effect":"Deny","Action":"s3:*","Resource":["arn:aws:s3:::*log*","arn:aws:s3:::*log*/*"]}]}"#;
    let ask = |action: &str, resource: &str, identity: &[&str], policy: Option<&str>| {
        let owner = Some("222222222222");
        out(&Ask { principal: user("jiangli"), action, resource, identity, policy, owner, ..Ask::default() })
    };
    let object = "arn:aws:s3:::production/x";
    assert_eq!(ask("s3:PutObject", object, &[own], Some(bucket)), yes(Layer::Identity, 1));
    assert_eq!(
        ask("s3:PutObject", "arn:aws:s3:::production/log", &[own], Some(bucket)),
        Out::Denied(Layer::Identity, 2)
    );
    assert_eq!(ask("s3:DeleteObject", object, &[own], Some(bucket)), Out::NotAllowed(Layer::Resource));
    assert_eq!(ask("s3:PutObject", object, &[], Some(bucket)), Out::NotAllowed(Layer::Identity));
    assert_eq!(ask("s3:PutObject", object, &[own], None), Out::NotAllowed(Layer::Resource));
}

/// `orgs_manage_policies_scps_evaluation.html` (AWS Organizations User Guide): every level must allow
#[test]
fn a_service_control_policy_must_allow_at_every_level() {
    let only_s3 = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
    let no_ec2 = r#"{"Statement":{"Effect":"Deny","Action":"ec2:*","Resource":"*"}}"#;
    let ask = |principal: Principal, action: &str, service_control: &[&str]| {
        out(&Ask { principal, action, resource: "*", identity: &[ALL], service_control, ..Ask::default() })
    };
    assert_eq!(ask(user("a"), "s3:ListAllMyBuckets", &[ALL, only_s3]), yes(Layer::Identity, 1));
    assert_eq!(ask(user("a"), "ec2:RunInstances", &[ALL, only_s3]), Out::NotAllowed(Layer::ServiceControl));
    assert_eq!(ask(user("a"), "ec2:RunInstances", &[no_ec2, ALL]), Out::Denied(Layer::ServiceControl, 1));
    // The root user of a member account is bound as well.
    let root = Principal::Root("123456789012".into());
    assert_eq!(ask(root.clone(), "ec2:RunInstances", &[only_s3]), Out::NotAllowed(Layer::ServiceControl));
    assert_eq!(ask(root, "s3:ListAllMyBuckets", &[]), yes(Layer::Identity, 1));
}

/// `orgs_manage_policies_rcps_examples.html` (AWS Organizations User Guide): only principals of the Organization
#[test]
fn a_resource_control_policy_keeps_outsiders_out() {
    let rcp = r#"{"Version":"2012-10-17","Statement":[
     {"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},
     {"Sid":"EnforceOrgIdentities","Effect":"Deny","Principal":"*","Action":["s3:*","sts:*"],"Resource":"*","Condition":{
      "StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-1"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}]}"#;
    let open = r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}}"#;
    let ask = |org: Option<&str>, principal: Principal| {
        let mut context = Context::complete();
        context.is("aws:PrincipalIsAWSService", "false");
        if let Some(org) = org {
            context.is("aws:PrincipalOrgID", org);
        }
        let (action, resource, owner) = ("s3:GetObject", "arn:aws:s3:::b/x", Some("123456789012"));
        let (resource_control, policy) = (&[rcp][..], Some(open));
        out(&Ask { principal, action, resource, context, resource_control, policy, owner, ..Ask::default() })
    };
    let outsider = Principal::Outsider("999999999999".into());
    assert_eq!(ask(Some("o-2"), outsider), Out::Denied(Layer::ResourceControl, 2));
    assert_eq!(ask(Some("o-1"), user("anna")), yes(Layer::Resource, 1));
    // IfExists: where the key is missing the condition holds, as the example warns for anonymous requests.
    assert_eq!(ask(None, Principal::Anonymous), Out::Denied(Layer::ResourceControl, 2));
}
