//! What the step finds, refuses and says. `templates.rs` decides requests by the documents.

mod templates;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::template::document;
use super::*;
use crate::account::organization::{DECLARATIVE_EC2, RESOURCE_CONTROL, S3, SERVICE_CONTROL};
use crate::account::{self, Caller, OrganizationPolicy, OrganizationTree, Principals, Role, Seen, User};
use crate::config::Config;
use crate::step::{Names, Scope};

const ME: &str = "111122223333";
const MANAGEMENT: &str = "999988887777";
const THIEF: &str = "666655554444";
const ALL: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

fn arn(of: &str) -> String {
    format!("arn:aws:iam::{ME}:{of}")
}

fn role(path: &str, name: &str, principal: &Value) -> (String, Role) {
    let trust =
        json!({ "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal }] });
    let role = Role {
        arn: arn(&format!("role{path}{name}")),
        path: path.into(),
        trust: trust.to_string(),
        inline: [(
            "own".to_owned(),
            r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#.to_owned(),
        )]
        .into(),
        ..Role::default()
    };
    (name.to_owned(), role)
}

/// A member account with people, services, AWS's own roles and a thief; anna calls.
fn account() -> Account {
    let caller = Caller { arn: arn("user/anna"), ..Caller::default() };
    let mut account = Account::unread(ME, caller);
    let user = |name: &str| (name.to_owned(), User { arn: arn(&format!("user/{name}")), ..User::default() });
    let service = |name: &str| json!({ "Service": format!("{name}.amazonaws.com") });
    let of_account = |id: &str| json!({ "AWS": format!("arn:aws:iam::{id}:root") });
    let admin_of = |id: &str| {
        let linked = "aws-service-role/stacksets.cloudformation.amazonaws.com/AWSServiceRoleForCloudFormationStackSetsOrgAdmin";
        json!({ "AWS": format!("arn:aws:iam::{id}:role/{linked}") })
    };
    let mut roles: BTreeMap<String, Role> = [
        role("/", "responder", &json!({ "AWS": arn("user/anna") })),
        role("/", "admins", &of_account(ME)),
        role("/", "web", &service("ec2")),
        role("/service-role/", "jobs", &service("lambda")),
        role("/", "builds", &service("codebuild")),
        role("/*/", "any", &service("lambda")),
        role("/", "AWSControlTowerExecution", &of_account(MANAGEMENT)),
        role("/", "stacksets-exec-0a1b", &admin_of(MANAGEMENT)),
        role("/", "stacksets-exec-fake", &admin_of(THIEF)),
        role("/", "OrganizationAccountAccessRole", &json!({ "AWS": [MANAGEMENT, THIEF] })),
        role("/aws-service-role/config.amazonaws.com/", "AWSServiceRoleForConfig", &service("config")),
    ]
    .into();
    roles.get_mut("builds").unwrap().inline.insert("admin".into(), ALL.into());
    let users = [user("anna"), user("thief"), user("glass")].into();
    account.principals = Seen::Read(Principals { users, roles, ..Principals::default() });
    account.organization = Seen::Read(Some(organization()));
    account
}

fn full(name: &str, kind: &str) -> (String, OrganizationPolicy) {
    let policy = OrganizationPolicy {
        name: name.into(),
        kind: kind.into(),
        aws_managed: true,
        content: Seen::Read(ALL.into()),
        ..OrganizationPolicy::default()
    };
    (format!("p-{name}"), policy)
}

fn organization() -> account::Organization {
    let types = [SERVICE_CONTROL, RESOURCE_CONTROL, DECLARATIVE_EC2, S3];
    let levels = ["r-1".to_owned(), "ou-1".to_owned(), ME.to_owned()];
    let on = |id: &str| levels.iter().map(|one| (one.clone(), Seen::Read([id.to_owned()].into()))).collect();
    let tree = OrganizationTree {
        root: "r-1".into(),
        policy_types: types.map(|one| (one.to_owned(), "ENABLED".to_owned())).into(),
        levels: levels.to_vec(),
        units: Seen::Read(["ou-1", "ou-2"].map(|id| (id.to_owned(), account::Unit::default())).into()),
        accounts: Seen::Read([].into()),
        attached: [
            (SERVICE_CONTROL.to_owned(), on("p-FullAWSAccess")),
            (RESOURCE_CONTROL.to_owned(), on("p-RCPFullAWSAccess")),
        ]
        .into(),
        policies: Seen::Read(
            [full("FullAWSAccess", SERVICE_CONTROL), full("RCPFullAWSAccess", RESOURCE_CONTROL)].into(),
        ),
        ..OrganizationTree::default()
    };
    account::Organization {
        id: "o-1".into(),
        management_account: MANAGEMENT.into(),
        management: false,
        feature_set: "ALL".into(),
        tree: Seen::Read(tree),
    }
}

fn case(params: &[(&str, Value)]) -> Case {
    let config = Config { break_glass: vec![arn("user/glass")], ..Config::default() };
    Case {
        run: "run-1".into(),
        scope: Scope::default(),
        params: params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        config: Arc::new(config),
        names: Names::default(),
    }
}

fn found(change: impl FnOnce(&mut Account), params: &[(&str, Value)]) -> Found {
    let mut account = account();
    change(&mut account);
    Organization.find(&account, &case(params))
}

fn kinds(found: &Found) -> Vec<(u8, String)> {
    found.items.iter().map(|item| (item.rank, format!("{} {}", item.at.kind, item.at.id))).collect()
}

fn tree_of(account: &mut Account) -> &mut OrganizationTree {
    account.organization.read_mut().unwrap().as_mut().unwrap().tree.read_mut().unwrap()
}

#[test]
fn each_policy_is_made_before_it_is_attached() {
    let one = &[("policies", json!(["service-control"]))];
    let expected = [
        (1, "organization-policy service-control".to_owned()),
        (2, format!("organization-attachment service-control/{ME}")),
    ];
    assert_eq!(kinds(&found(|_| {}, one)), expected);
    assert_eq!(found(|_| {}, &[]).items.len(), 8);
    let on_unit = found(|_| {}, &[("ou", "ou-2".into()), ("policies", json!(["s3-block"]))]);
    assert_eq!(kinds(&on_unit)[1].1, "organization-attachment s3-block/ou-2");
    for level in ["ou-9", "r-1"] {
        let refused = found(|_| {}, &[("ou", level.into())]);
        assert!(refused.items.is_empty() && refused.findings.iter().any(|one| one.matters), "{level}");
    }
}

#[test]
fn a_type_that_is_off_is_enabled_only_where_the_playbook_says_so() {
    let off = |account: &mut Account| drop(tree_of(account).policy_types.remove(S3));
    let one = ("policies", json!(["s3-block"]));
    let refused = found(off, std::slice::from_ref(&one));
    assert_eq!(kinds(&refused), [(2, format!("organization-attachment s3-block/{ME}"))]);
    let enabled = found(off, &[one, ("enable-types", "yes".into())]);
    assert_eq!(kinds(&enabled)[1], (0, "organization-policy-type r-1/S3_POLICY".to_owned()));
}

#[test]
fn no_block_reaches_a_protected_host() {
    let mut case = case(&[]);
    let protected = crate::config::Protected { resources: vec!["i-1".into()], ..Default::default() };
    case.config = Arc::new(Config { protected, ..Config::default() });
    let account = account();
    let verdict = |kind: PolicyKind| {
        let at = Target::new(Attachment::KIND, format!("{}/{ME}", kind.slug()));
        Attachment.contain(&false, &Look::new(&at, &account, &case))
    };
    assert!(matches!(verdict(PolicyKind::VpcBlock), Verdict::Refuse(_)));
    assert_eq!(verdict(PolicyKind::ServiceControl), Verdict::Change(true));
}

#[test]
fn an_account_that_no_policy_can_bind_is_said() {
    let management = found(
        |account| {
            let organization = account.organization.read_mut().unwrap().as_mut().unwrap();
            organization.management = true;
        },
        &[],
    );
    let alone = found(|account| account.organization = Seen::Read(None), &[]);
    for (found, matters, word) in
        [(management, true, "management account"), (alone, false, "in no Organization")]
    {
        assert!(found.items.is_empty());
        let said = found.findings.iter().find(|one| one.text.contains(word)).unwrap();
        assert_eq!(said.matters, matters, "{word}");
    }
    // A section that was not read speaks for itself.
    let unread = found(|account| account.organization = Seen::default(), &[]);
    assert!(unread.items.is_empty() && unread.findings.is_empty());
}

#[test]
fn a_full_level_and_a_policy_that_is_there_need_no_new_one() {
    let one = [("policies", json!(["service-control"]))];
    let full = found(
        |account| {
            let on = tree_of(account).attached.get_mut(SERVICE_CONTROL).unwrap();
            on.insert(ME.into(), Seen::Read((0..10).map(|n| format!("p-{n}")).collect()));
        },
        &one,
    );
    assert_eq!(full.items.len(), 1, "refused");
    let mut bound = account();
    let content = document(PolicyKind::ServiceControl, &bound, &case(&one), None).unwrap();
    let policy = OrganizationPolicy {
        kind: SERVICE_CONTROL.into(),
        content: Seen::Read(content.to_string()),
        ..OrganizationPolicy::default()
    };
    let tree = tree_of(&mut bound);
    tree.policies.read_mut().unwrap().insert("p-other".into(), policy);
    tree.attached
        .get_mut(SERVICE_CONTROL)
        .unwrap()
        .insert("ou-1".into(), Seen::Read(["p-other".to_owned()].into()));
    let found = Organization.find(&bound, &case(&one));
    let at = &found.items[0].at;
    let verdict = Attachment.contain(&false, &Look::new(at, &bound, &case(&one)));
    assert_eq!((found.items.len(), verdict), (1, Verdict::Already));
}

#[test]
fn the_account_moves_into_a_unit_that_is_there_and_not_upwards() {
    let contain = |ou: Option<&str>| {
        let params: Vec<(&str, Value)> = ou.into_iter().map(|ou| ("ou", ou.into())).collect();
        let (account, case, at) = (account(), case(&params), Target::new(Parent::KIND, ME));
        Parent.contain(&"ou-1".to_owned(), &Look::new(&at, &account, &case))
    };
    assert_eq!(contain(Some("ou-2")), Verdict::Change("ou-2".into()));
    assert_eq!(contain(Some("ou-1")), Verdict::Already);
    for other in [None, Some("ou-9"), Some("r-1")] {
        assert!(matches!(contain(other), Verdict::Refuse(_)), "{other:?}");
    }
}

#[test]
fn a_type_is_not_disabled_while_a_policy_of_another_is_left() {
    let at = Target::new(TypeSwitch::KIND, "r-1/SERVICE_CONTROL_POLICY");
    let mut account = account();
    assert_eq!(TypeSwitch.hold_back(&false, &Look::new(&at, &account, &case(&[]))), None, "AWS's own alone");
    let theirs =
        OrganizationPolicy { name: "theirs".into(), kind: SERVICE_CONTROL.into(), ..Default::default() };
    tree_of(&mut account).policies.read_mut().unwrap().insert("p-9".into(), theirs);
    let why = TypeSwitch.hold_back(&false, &Look::new(&at, &account, &case(&[]))).unwrap();
    assert!(why.contains("theirs"), "{why}");
}
