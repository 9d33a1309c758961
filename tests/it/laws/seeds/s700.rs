//! Seeds of 700: a member account of an Organization, one whose Organization has most policy types off, and a unit
//! for quarantine.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use unplug::account::organization::{DECLARATIVE_EC2, POLICY_TYPES, RESOURCE_CONTROL, S3, SERVICE_CONTROL};
use unplug::account::{
    Account, Actor, Caller, LastChange, Organization, OrganizationAccount, OrganizationPolicy,
    OrganizationTree, Principals, Role, RoleChange, Seen, Unit, User,
};

use super::{Seed, seed};

const ME: &str = "111122223333";
const MANAGEMENT: &str = "999988887777";
const ROOT: &str = "r-0a1b";
const WORKLOADS: &str = "ou-0a1b-11111111";
const QUARANTINE: &str = "ou-0a1b-22222222";
const ELSEWHERE: &str = "ou-0a1b-33333333";

const ALLOW: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const ALLOW_ALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;

fn role(name: &str, principal: &serde_json::Value) -> (String, Role) {
    let statement = json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal });
    let role = Role {
        arn: format!("arn:aws:iam::{ME}:role/{name}"),
        path: "/".into(),
        trust: json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string(),
        ..Role::default()
    };
    (name.to_owned(), role)
}

/// The Organization with these policy types enabled.
fn organization(account: &str, types: &[&str]) -> Organization {
    let levels = [ROOT, WORKLOADS, account];
    let unit = |name: &str| Unit { name: name.into(), parent: ROOT.into(), ..Unit::default() };
    let of = |name: &str, parent: &str| OrganizationAccount {
        name: name.into(),
        status: "ACTIVE".into(),
        parent: parent.into(),
    };
    let full = [
        ("p-FullAWSAccess", SERVICE_CONTROL, "FullAWSAccess", ALLOW),
        ("p-RCPFullAWSAccess", RESOURCE_CONTROL, "RCPFullAWSAccess", ALLOW_ALL),
    ];
    let full = full.into_iter().filter(|(_, kind, ..)| types.contains(kind));
    let policies = full.clone().map(|(id, kind, name, content)| {
        let policy = OrganizationPolicy {
            name: name.into(),
            description: "Allows access to every operation".into(),
            kind: kind.into(),
            aws_managed: true,
            content: Seen::Read(content.into()),
            ..OrganizationPolicy::default()
        };
        (id.to_owned(), policy)
    });
    let attached = types.iter().map(|kind| {
        let ids = full.clone().filter(|(_, of, ..)| of == kind).map(|(id, ..)| id.to_owned());
        let ids: BTreeSet<String> = ids.collect();
        let on = |level: &&str| ((*level).to_owned(), Seen::Read(ids.clone()));
        ((*kind).to_owned(), levels.iter().map(on).collect())
    });
    let effective = types.iter().filter(|kind| [DECLARATIVE_EC2, S3].contains(*kind));
    let tree = OrganizationTree {
        root: ROOT.into(),
        policy_types: types.iter().map(|kind| ((*kind).to_owned(), "ENABLED".to_owned())).collect(),
        levels: levels.map(str::to_owned).into(),
        units: Seen::Read(
            [
                (WORKLOADS.to_owned(), unit("workloads")),
                (QUARANTINE.to_owned(), unit("quarantine")),
                (ELSEWHERE.to_owned(), unit("elsewhere")),
            ]
            .into(),
        ),
        accounts: Seen::Read(
            [(MANAGEMENT.to_owned(), of("management", ROOT)), (account.to_owned(), of("shop", WORKLOADS))]
                .into(),
        ),
        attached: attached.collect(),
        policies: Seen::Read(policies.collect()),
        effective_policies: effective.map(|kind| ((*kind).to_owned(), Seen::Read(None))).collect(),
    };
    Organization {
        id: "o-0a1b2c3d4e".into(),
        management_account: MANAGEMENT.into(),
        management: false,
        feature_set: "ALL".into(),
        tree: Seen::Read(tree),
    }
}

/// Puts an account into the Organization, with credentials in the management account.
pub fn join(account: &mut Account, types: &[&str]) {
    account.organization = Seen::Read(Some(organization(&account.id, types)));
    let arn = format!("arn:aws:sts::{MANAGEMENT}:assumed-role/OrgAdmin/me");
    account.actors.insert(Actor::Organization, Caller { arn, ..Caller::default() });
}

/// A member account: the caller, an administrator, and roles of a service and of AWS Control Tower.
fn account(types: &[&str]) -> Account {
    let user = |name: &str| {
        let user =
            User { arn: format!("arn:aws:iam::{ME}:user/{name}"), path: "/".into(), ..User::default() };
        (name.to_owned(), user)
    };
    let caller = Caller { arn: user("anna").1.arn, user_id: "AIDA1".into(), ..Caller::default() };
    let mut account = Account::unread(ME, caller);
    account.alias = Seen::Read(None);
    account.enabled_regions = Seen::Read([].into());
    account.origin_access_identities = Seen::Read(["E1OLD".to_owned()].into());
    account.principals = Seen::Read(Principals {
        users: [user("anna"), user("admin")].into(),
        roles: [
            role("web", &json!({ "Service": "ec2.amazonaws.com" })),
            role("AWSControlTowerExecution", &json!({ "AWS": format!("arn:aws:iam::{MANAGEMENT}:root") })),
        ]
        .into(),
        ..Principals::default()
    });
    // Nobody has changed one role for as long as CloudTrail tells; the other was changed on the day before.
    let change = RoleChange {
        name: "UpdateAssumeRolePolicy".into(),
        at: "2026-11-21T09:00:00Z".into(),
        by: user("admin").1.arn,
    };
    let changed = LastChange { change: Some(change), since: None };
    account.role_changes = Seen::Read(
        [
            ("web".to_owned(), Seen::Read(changed)),
            ("AWSControlTowerExecution".to_owned(), Seen::Read(LastChange::default())),
        ]
        .into(),
    );
    join(&mut account, types);
    account
}

fn tree(account: &mut Account) -> &mut OrganizationTree {
    account.organization.read_mut().unwrap().as_mut().unwrap().tree.read_mut().unwrap()
}

/// Somebody in the management account lets an administrator go on.
fn edited(account: &mut Account) {
    let policies = tree(account).policies.read_mut().unwrap();
    for policy in policies.values_mut().filter(|policy| policy.name.starts_with("unplug-")) {
        if let Some(text) = policy.content.read_mut() {
            *text = text.replace("user/anna", "user/admin");
        }
    }
}

/// Somebody moves the account on.
fn moved_on(account: &mut Account) {
    let tree = tree(account);
    tree.levels[1] = ELSEWHERE.into();
    tree.accounts.read_mut().unwrap().get_mut(ME).unwrap().parent = ELSEWHERE.into();
    for levels in tree.attached.values_mut() {
        if let Some(ids) = levels.remove(QUARANTINE) {
            levels.insert(ELSEWHERE.into(), ids);
        }
    }
}

/// The seeds of step 700.
pub fn seeds() -> Vec<Seed> {
    let with = |mut seed: Seed, params: &[(&str, &str)]| {
        let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).into()));
        seed.steps[0].params = params.collect::<BTreeMap<_, _>>();
        seed
    };
    let policies = seed("policies of the Organization", 700, account(&POLICY_TYPES), Some(edited));
    let off = seed("policy types that are off", 700, account(&[SERVICE_CONTROL]), None);
    let moved = seed("a unit for quarantine", 700, account(&POLICY_TYPES), Some(moved_on));
    vec![
        Seed { tamper: Some(edited), ..policies },
        with(off, &[("enable-types", "yes"), ("template", "everything")]),
        with(moved, &[("way", "quarantine-ou"), ("ou", QUARANTINE)]),
    ]
}
