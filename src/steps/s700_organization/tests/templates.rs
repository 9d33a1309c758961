//! The documents, parsed and decided: who may still act behind them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::exempt;
use super::super::kinds::PolicyKind;
use super::super::template::document;
use super::{ALL, MANAGEMENT, ME, Organization, THIEF, account, arn, case, role};
use crate::access::context::Context;
use crate::access::decide::{Decision, Layers, Request, ResourceSide, decide};
use crate::access::layer::Layer;
use crate::access::principal::Principal;
use crate::access::source::{Asked, Source};
use crate::account::{Account, Cause, Chain, Gap, Link, Seen};
use crate::step::{Case, Step as _};

fn everything() -> Case {
    case(&[("template", "everything".into())])
}

/// Every principal of the account as a request shows it, root and one that does not exist among them.
fn principals(account: &Account) -> Vec<(String, Principal)> {
    let all = account.principals.read().unwrap();
    let users = all.users.values().map(|user| (user.arn.clone(), Principal::User(user.arn.clone())));
    let session =
        |arn: &String| (arn.clone(), Principal::Session { role: arn.clone(), name: Some("x".into()) });
    let roles = all.roles.values().map(|role| session(&role.arn));
    let new = ["role/new", "role/service-role/jobs2", "role/other/web"].map(|of| session(&arn(of)));
    let federated = format!("arn:aws:sts::{ME}:federated-user/thief");
    let federated = (federated.clone(), Principal::FederatedUser { arn: federated, user: arn("user/thief") });
    users.chain(roles).chain(new).chain([federated, (arn("root"), Principal::Root(ME.into()))]).collect()
}

/// Whether the Organization lets a principal with every right of its own do this.
fn may(policy: &Value, (arn, principal): &(String, Principal), action: &str) -> bool {
    let mut context = Context::complete();
    context.is("aws:PrincipalArn", arn.clone());
    let (own, full, ours) =
        (Source::parse("own", ALL), Source::parse("full", ALL), Source::parse("ours", &policy.to_string()));
    let layers = Layers {
        identity: vec![&own],
        session: Some(vec![&own]),
        service_control: vec![vec![&full], vec![&full, &ours]],
        ..Layers::default()
    };
    let asked = Asked::new(action);
    let request = Request { principal, action: &asked, resource: "*", context: &context };
    match decide(&request, &layers) {
        Decision::Allowed(_) => true,
        Decision::Denied(place) => {
            assert_eq!(place.layer, Layer::ServiceControl, "{arn} {action}");
            false
        }
        other => panic!("{arn} {action}: {other:?}"),
    }
}

const ACTIONS: [&str; 5] = [
    "s3:GetObject",
    "iam:CreateUser",
    "sts:AssumeRole",
    "organizations:LeaveOrganization",
    "ec2:RunInstances",
];

/// Who may still act, by the end of the ARN.
fn who_may(account: &Account, case: &Case) -> BTreeSet<String> {
    let policy = document(PolicyKind::ServiceControl, account, case, None).unwrap();
    let principals = principals(account);
    let acts = |one: &&(String, Principal)| {
        let answers: BTreeSet<bool> = ACTIONS.iter().map(|action| may(&policy, one, action)).collect();
        assert_eq!(answers.len(), 1, "{one:?}: all or nothing");
        answers.contains(&true)
    };
    principals.iter().filter(acts).map(|(arn, _)| arn.rsplit(':').next().unwrap().to_owned()).collect()
}

fn set(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(ToString::to_string).collect()
}

#[test]
fn people_lets_the_responder_services_and_aws_own_roles_go_on_and_nobody_else() {
    let expected = [
        "role/AWSControlTowerExecution",
        "role/service-role/jobs",
        "role/stacksets-exec-0a1b",
        "role/web",
        "user/anna",
        "user/glass",
    ];
    assert_eq!(who_may(&account(), &case(&[])), set(&expected));
    let denied = exempt::exemptions(&account(), &case(&[])).warnings.join("\n");
    for name in ["OrganizationAccountAccessRole", "stacksets-exec-fake", "builds", "role/*/any"] {
        assert!(denied.contains(name), "{name}: {denied}");
    }
}

#[test]
fn everything_lets_the_responder_and_break_glass_go_on() {
    assert_eq!(who_may(&account(), &everything()), set(&["user/anna", "user/glass"]));
}

#[test]
fn every_caller_that_can_be_spared_goes_on_with_whoever_made_its_session() {
    let mut session = account();
    session.caller.arn = format!("arn:aws:sts::{ME}:assumed-role/jobs/me");
    let links = vec![
        Link::Key { id: "AKIA1".into(), user: Some("anna".into()) },
        Link::Role(format!("arn:aws:iam::{MANAGEMENT}:role/hub")),
        Link::Role(arn("role/service-role/jobs")),
    ];
    session.caller.chain = Chain { links, whole: true };
    assert_eq!(
        who_may(&session, &everything()),
        set(&["role/service-role/jobs", "user/anna", "user/glass"]),
        "the role by its path, which the session's ARN lacks"
    );
    let hub = format!("arn:aws:iam::{MANAGEMENT}:role/hub");
    assert!(exempt::exemptions(&session, &everything()).foreign.contains_key(&hub));

    let mut federated = account();
    federated.caller.arn = format!("arn:aws:sts::{ME}:federated-user/thief");
    assert!(who_may(&federated, &everything()).contains("federated-user/thief"));
}

#[test]
fn who_cannot_be_spared_is_refused() {
    let refused = |change: &dyn Fn(&mut Account)| {
        let mut account = account();
        change(&mut account);
        document(PolicyKind::ServiceControl, &account, &case(&[]), None).unwrap_err()
    };
    let calls = |arn: String| move |account: &mut Account| account.caller.arn.clone_from(&arn);
    assert!(refused(&calls(arn("root"))).contains("root"));
    let unknown = format!("arn:aws:sts::{ME}:assumed-role/unknown/me");
    assert!(refused(&calls(unknown)).contains("unknown"));
    let any = format!("arn:aws:sts::{ME}:assumed-role/any/me");
    assert!(refused(&calls(any)).contains("pattern"));
    assert!(refused(&|account: &mut Account| account.principals = Seen::default()).contains("not read"));
    // The others name nobody of the account.
    let mut root = account();
    root.caller.arn = arn("root");
    for kind in [PolicyKind::ResourceControl, PolicyKind::VpcBlock, PolicyKind::S3Block] {
        assert!(document(kind, &root, &case(&[]), None).is_ok());
    }
}

#[test]
fn who_may_have_made_the_session_is_named_and_not_exempt() {
    let mut account = account();
    account.caller.arn = format!("arn:aws:sts::{ME}:assumed-role/responder/me");
    let found = exempt::exemptions(&account, &everything());
    assert!(!found.own.contains_key(&arn("user/anna")), "{found:?}");
    assert!(found.warnings.iter().any(|denied| denied.contains("anna")), "{:?}", found.warnings);
}

#[test]
fn a_playbook_adds_only_who_is_there_and_whole_arns() {
    let foreign = format!("arn:aws:iam::{THIEF}:role/logs");
    let named = json!([arn("role/admins"), arn("role/gone"), foreign, "admins", arn("role/*")]);
    let case = case(&[("template", "everything".into()), ("exempt", named)]);
    assert_eq!(who_may(&account(), &case), set(&["role/admins", "user/anna", "user/glass"]));
    let found = exempt::exemptions(&account(), &case);
    assert_eq!((found.foreign.len(), found.warnings.len()), (1, 3), "{found:?}");
}

/// Whether the resource control policy denies a request to a bucket that is open to everybody.
fn denied(policy: &Value, principal: &Principal, arn: Option<&str>, action: &str) -> bool {
    let mut context = Context::complete();
    let service = matches!(principal, Principal::Service(_));
    context.is("aws:PrincipalIsAWSService", if service { "true" } else { "false" });
    if let Some(arn) = arn {
        context.is("aws:PrincipalArn", arn);
        context.is("aws:PrincipalAccount", arn.split(':').nth(4).unwrap());
    }
    let open = r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"#;
    let rcp = r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"#;
    let (own, open, full) =
        (Source::parse("own", ALL), Source::parse("open", open), Source::parse("full", rcp));
    let ours = Source::parse("ours", &policy.to_string());
    let layers = Layers {
        identity: vec![&own],
        resource_control: vec![vec![&full], vec![&full, &ours]],
        resource: ResourceSide { policy: Some(&open), account: Some(ME), must_allow: false },
        ..Layers::default()
    };
    let asked = Asked::new(action);
    let request = Request { principal, action: &asked, resource: "arn:aws:s3:::data/x", context: &context };
    match decide(&request, &layers) {
        Decision::Denied(place) => {
            assert_eq!(place.layer, Layer::ResourceControl);
            true
        }
        Decision::Allowed(_) => false,
        other => panic!("{principal:?} {action}: {other:?}"),
    }
}

#[test]
fn outsiders_lose_the_data_and_services_and_the_account_itself_do_not() {
    let mut account = account();
    let hub = format!("arn:aws:iam::{MANAGEMENT}:role/hub");
    account.caller.chain.links.push(Link::Role(hub.clone()));
    for case in [case(&[]), everything()] {
        let policy = document(PolicyKind::ResourceControl, &account, &case, None).unwrap();
        let thief = format!("arn:aws:iam::{THIEF}:user/x");
        let outsider = Principal::Outsider(THIEF.into());
        for action in ["s3:GetObject", "kms:Decrypt", "sqs:ReceiveMessage", "secretsmanager:GetSecretValue"] {
            assert!(denied(&policy, &outsider, Some(&thief), action), "{action}");
            assert!(denied(&policy, &Principal::Anonymous, None, action), "{action}");
            for service in ["cloudtrail", "delivery.logs", "cloudfront", "config"] {
                let service = Principal::Service(format!("{service}.amazonaws.com"));
                assert!(!denied(&policy, &service, None, action), "{service:?} {action}");
            }
            let web = Principal::Session { role: arn("role/web"), name: None };
            assert!(!denied(&policy, &web, Some(&arn("role/web")), action), "{action}");
            let yours = Principal::Outsider(MANAGEMENT.into());
            assert!(!denied(&policy, &yours, Some(&hub), action), "{action}");
        }
        for action in ["sts:AssumeRole", "logs:PutLogEvents", "cognito-idp:InitiateAuth"] {
            assert!(!denied(&policy, &outsider, Some(&thief), action), "{action}");
        }
    }
}

/// Calls with credentials of AWS's own accounts: `aws:PrincipalIsAWSService` is false for both.
#[test]
fn load_balancers_logs_and_the_accounts_origin_access_identities_go_on_and_no_others() {
    let mut account = account();
    account.enabled_regions = Seen::Read(["us-east-1".to_owned()].into());
    account.origin_access_identities = Seen::Read(["E1OLD".to_owned()].into());
    let identity = |id: &str| format!("arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity {id}");
    let may = |policy: &Value, arn: &str, action: &str| {
        let outsider = Principal::Outsider(arn.split(':').nth(4).unwrap().into());
        !denied(policy, &outsider, Some(arn), action)
    };
    for case in [case(&[]), everything()] {
        let policy = document(PolicyKind::ResourceControl, &account, &case, None).unwrap();
        assert!(may(&policy, "arn:aws:iam::127311923021:root", "s3:PutObject"), "writes logs in us-east-1");
        assert!(!may(&policy, "arn:aws:iam::156460612806:root", "s3:PutObject"), "eu-west-1 is not enabled");
        assert!(may(&policy, &identity("E1OLD"), "s3:GetObject"));
        assert!(!may(&policy, &identity("E9THIEF"), "s3:GetObject"), "of another account");
        assert!(!may(&policy, &format!("arn:aws:iam::{THIEF}:user/x"), "s3:GetObject"));
        // An identity that was made once the policy stood stays an outsider.
        let mut later = account.clone();
        later.origin_access_identities = Seen::Read(["E1OLD", "E2NEW"].map(str::to_owned).into());
        assert_eq!(document(PolicyKind::ResourceControl, &later, &case, Some(&policy)).unwrap(), policy);
    }
}

#[test]
fn origin_access_identities_that_do_not_fit_or_are_not_known_are_told_before_yes() {
    let said = |identities: Seen<BTreeSet<String>>| {
        let mut account = account();
        account.origin_access_identities = identities;
        let policy = document(PolicyKind::ResourceControl, &account, &case(&[]), None).unwrap();
        assert!(policy.to_string().len() <= PolicyKind::ResourceControl.longest());
        let found = Organization.find(&account, &case(&[]));
        let finding = found.findings.into_iter().find(|one| one.text.contains("origin access identit"));
        finding.map(|one| (one.matters, one.text))
    };
    let some = |number: usize| Seen::Read((0..number).map(|one| format!("E{one:013}")).collect());
    assert_eq!(said(some(0)), None);
    let (matters, text) = said(some(1)).unwrap();
    assert!(!matters && text.starts_with("1 origin access identity of CloudFront"), "{text}");
    let (matters, text) = said(some(100)).unwrap();
    assert!(matters && text.contains("do not fit") && text.contains("403"), "{text}");
    let gap = |cause| Seen::Gap(Gap { cause, call: String::new(), detail: String::new() });
    let (matters, text) = said(gap(Cause::Denied)).unwrap();
    assert!(matters && text.contains("permission denied"), "{text}");
    assert_eq!(said(gap(Cause::NotSupported)), None, "a partition without CloudFront");
}

#[test]
fn the_blocks_are_written_as_aws_documents_them() {
    let text = |kind| document(kind, &account(), &case(&[]), None).unwrap().to_string();
    assert_eq!(
        text(PolicyKind::S3Block),
        r#"{"s3_attributes":{"public_access_block_configuration":{"@@assign":"all"}}}"#
    );
    let vpc: Value = serde_json::from_str(&text(PolicyKind::VpcBlock)).unwrap();
    let block = &vpc["ec2_attributes"]["vpc_block_public_access"]["internet_gateway_block"];
    assert_eq!(block["mode"]["@@assign"], "block_bidirectional");
    assert_eq!(block["exclusions_allowed"]["@@assign"], "disabled");
}

#[test]
fn what_does_not_fit_is_refused_with_words() {
    let mut account = account();
    let all = account.principals.read_mut().unwrap();
    all.roles.extend((0..200).map(|number| {
        let name = format!("{number:03}{}", "x".repeat(60));
        role("/", &name, &json!({ "Service": "lambda.amazonaws.com" }))
    }));
    let why = document(PolicyKind::ServiceControl, &account, &case(&[]), None).unwrap_err();
    assert!(why.contains("10240") && why.contains("everything"), "{why}");
    assert!(document(PolicyKind::ServiceControl, &account, &everything(), None).is_ok());
}

#[test]
fn a_policy_that_stands_lets_nobody_in_who_came_later() {
    let (first, case) = (account(), case(&[]));
    let standing = document(PolicyKind::ServiceControl, &first, &case, None).unwrap();
    let mut later = first;
    let all = later.principals.read_mut().unwrap();
    all.roles.extend([role("/", "late", &json!({ "Service": "lambda.amazonaws.com" }))]);
    let afresh = document(PolicyKind::ServiceControl, &later, &case, None).unwrap();
    assert!(afresh.to_string().contains("role/late"));
    assert_eq!(document(PolicyKind::ServiceControl, &later, &case, Some(&standing)).unwrap(), standing);
    // What somebody wrote into it goes, and who must go on comes back.
    let text = standing.to_string().replace("user/anna", "user/thief");
    let edited: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document(PolicyKind::ServiceControl, &later, &case, Some(&edited)).unwrap(), standing);
}
