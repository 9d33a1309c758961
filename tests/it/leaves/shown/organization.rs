//! Who can still act behind step 700: by `access/`, from the account before and after.

use std::collections::BTreeSet;

use serde_json::json;
use unplug::access::powers::Power;
use unplug::access::report::Kind;
use unplug::account::organization::{POLICY_TYPES, RESOURCE_CONTROL, SERVICE_CONTROL};
use unplug::account::{Account, OrganizationPolicy, OrganizationTree, Role, Seen};
use unplug::engine::plan::Selected;
use unplug::engine::rehearse::rehearse;
use unplug::step::Names;

use super::super::cut::{Cut, here, ways};
use super::credentials::has;
use super::principals::{able, can, principals};
use super::{closed, later, open};
use crate::laws::harness::brief;
use crate::laws::seeds::{s700, seed};

const ID: &str = "111111111111";
const MANAGEMENT: &str = "999988887777";
const OLD_UNIT: &str = "ou-0a1b-11111111";
const QUARANTINE: &str = "ou-0a1b-22222222";

/// The users and roles of 600's account in a member account, and besides: a role that a service assumes and that
/// may read S3 and nothing else, and the role of AWS Control Tower.
pub fn member(account: &mut Account) {
    principals(account);
    let role = |name: &str, principal: serde_json::Value, action: &str| {
        let trust = json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal });
        let rights = json!({ "Effect": "Allow", "Action": action, "Resource": "*" });
        let role = Role {
            arn: format!("arn:aws:iam::{ID}:role/{name}"),
            path: "/".into(),
            trust: json!({ "Statement": [trust] }).to_string(),
            inline: [("own".to_owned(), json!({ "Statement": [rights] }).to_string())].into(),
            ..Role::default()
        };
        (name.to_owned(), role)
    };
    let management = json!({ "AWS": format!("arn:aws:iam::{MANAGEMENT}:root") });
    account.principals.read_mut().unwrap().roles.extend([
        role("jobs", json!({ "Service": "ec2.amazonaws.com" }), "s3:*"),
        role("AWSControlTowerExecution", management, "*"),
    ]);
    account.role_changes = Seen::Read([].into());
    account.origin_access_identities = Seen::Read(["E1OLD".to_owned()].into());
    s700::join(account, &POLICY_TYPES);
}

fn tree(account: &mut Account) -> &mut OrganizationTree {
    account.organization.read_mut().unwrap().as_mut().unwrap().tree.read_mut().unwrap()
}

/// The same, with a unit whose policy denies everything but S3, and an old one whose policy denies S3.
pub fn member_with_a_unit(account: &mut Account) {
    member(account);
    let tree = tree(account);
    let full: BTreeSet<String> = ["p-FullAWSAccess".to_owned()].into();
    for (id, actions, unit) in [("p-onlys300", "NotAction", QUARANTINE), ("p-nos30000", "Action", OLD_UNIT)] {
        let deny = json!({ "Effect": "Deny", (actions): "s3:*", "Resource": "*" });
        let policy = OrganizationPolicy {
            name: id.into(),
            kind: SERVICE_CONTROL.into(),
            content: Seen::Read(json!({ "Version": "2012-10-17", "Statement": [deny] }).to_string()),
            targets: Seen::Read([unit.to_owned()].into()),
            ..OrganizationPolicy::default()
        };
        tree.policies.read_mut().unwrap().insert(id.into(), policy);
        let on = full.iter().cloned().chain([id.to_owned()]).collect();
        tree.attached.get_mut(SERVICE_CONTROL).unwrap().insert(unit.into(), Seen::Read(on));
    }
}

/// The users and roles that can act behind the cut, those that no policy of the Organization binds left out.
fn left(account: &Account) -> BTreeSet<String> {
    let of_account = |(kind, _): &(Kind, String)| {
        matches!(kind, Kind::Root | Kind::User | Kind::Role | Kind::PermissionSet)
    };
    able(account).into_iter().filter(of_account).map(|(_, name)| name).collect()
}

/// Root, who made your session, and whatever a thief may have: nobody but those who are named.
pub fn you_and_nobody_unnamed_act(cut: &Cut) {
    let everybody = left(&cut.before);
    assert!(everybody.contains("ben") && everybody.contains("kim") && everybody.contains("partner"));
    let left = left(&cut.after);
    assert!(left.contains("Oncall"), "{left:?}");
    assert!(["ben", "kim", "partner", "web", "backups"].iter().all(|name| !left.contains(*name)), "{left:?}");
    assert!(!able(&cut.after).iter().any(|(kind, _)| *kind == Kind::Root), "root acts");
}

/// The same step, with a list that a playbook gives.
pub fn who_is_exempt_acts(cut: &Cut) {
    let mut selected = cut.selection.steps[0].clone();
    let ben = format!("arn:aws:iam::{ID}:user/ben");
    selected.params.insert("exempt".into(), json!([ben]));
    let after = after(&cut.before, selected);
    assert!(left(&after).contains("ben"), "{:?}", left(&after));
}

fn after(account: &Account, selected: Selected) -> Account {
    let seed = seed("leaves", 700, account.clone(), None);
    let steps = [selected];
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(rehearse(account, &steps, &brief(&seed, Names::default(), 1))).unwrap().after
}

/// One that may change roles does not: the table's other half.
pub fn a_role_of_a_service_acts(cut: &Cut) {
    assert!(can(cut, Kind::Role, "jobs"));
    assert!(able(&cut.before).contains(&(Kind::Role, "web".into())) && !can(cut, Kind::Role, "web"));
}

pub fn the_role_of_control_tower_acts(cut: &Cut) {
    assert!(can(cut, Kind::Role, "AWSControlTowerExecution"));
}

pub fn no_role_of_a_service_acts(cut: &Cut) {
    assert_eq!(left(&cut.after), ["Oncall".to_owned()].into());
    assert!(can(cut, Kind::ServiceLinkedRole, "AWSServiceRoleForSupport"));
}

pub fn a_service_linked_role_acts(cut: &Cut) {
    assert!(can(cut, Kind::ServiceLinkedRole, "AWSServiceRoleForSupport"));
}

/// The document of the resource control policy that the run made.
fn resource_control(cut: &Cut) -> serde_json::Value {
    let mut after = cut.after.clone();
    let tree = tree(&mut after);
    let on = tree.attached[RESOURCE_CONTROL][ID].read().unwrap();
    let made = on.iter().filter_map(|id| tree.policies.item(id)).find(|policy| !policy.aws_managed).unwrap();
    serde_json::from_str(made.content.read().unwrap()).unwrap()
}

/// Neither is a service: the resource control policy names them.
pub fn principals_of_aws_are_named(cut: &Cut) {
    let spared = resource_control(cut)["Statement"][0]["Condition"]["StringNotEqualsIfExists"].clone();
    let accounts = spared["aws:PrincipalAccount"].as_array().unwrap();
    assert!(accounts.len() > 1 && accounts[0] == ID, "{spared}");
    let identity = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1OLD";
    assert_eq!(spared["aws:PrincipalArn"], json!([identity]));
}

/// The resource control policy denies outsiders the kinds that it names, and no others.
pub fn outsiders_are_denied_those_kinds(cut: &Cut) {
    let document = resource_control(cut);
    let actions = document["Statement"][0]["Action"].as_array().unwrap();
    assert!(actions.contains(&"s3:*".into()) && !actions.contains(&"sns:*".into()), "{document}");
    assert_eq!(document["Statement"][0]["Effect"], "Deny");
}

/// A plan rehearses the step on the Organization alone: the block is set here as the attached policy sets it.
pub fn only_ways_to_the_internet_close(cut: &Cut) {
    const INTERNET: [&str; 7] =
        ["igw-home", "igw-quiet", "eigw-home", "nat-public", "eni-nat", "shop", "bare"];
    let attached = cut.step.changes.iter().any(|change| change.target.id == format!("vpc-block/{ID}"));
    assert!(attached, "{:?}", cut.step.refused);
    let (before, after) = (
        ways(&cut.before, None),
        later(cut, |account| {
            let block = here(account).vpc_block.read_mut().unwrap();
            (block.mode, block.state) = ("block-bidirectional".into(), "update-complete".into());
        }),
    );
    closed(&after, "out internet igw-home v4 eni-web");
    open(&after, "out internet tgw-ours v4 eni-app");
    for way in before.difference(&after) {
        assert!(way.split(' ').any(|word| INTERNET.contains(&word)), "{way} is closed");
    }
}

pub fn instances_run_on(cut: &Cut) {
    for (region, before) in &cut.before.regions {
        assert_eq!(before.instances, cut.after.regions[region].instances);
    }
}

/// `ben` may do everything that IAM's policies can allow.
fn may(account: &Account, power: Power) -> bool {
    has(account, Kind::User, "ben", power)
}

pub fn what_the_unit_does_not_deny_goes_on(cut: &Cut) {
    assert!(may(&cut.before, Power::ReadSecrets) && !may(&cut.after, Power::ReadSecrets), "the cut is one");
    assert!(may(&cut.after, Power::ReadS3));
}

pub fn what_the_old_unit_denied_goes_on(cut: &Cut) {
    assert!(!may(&cut.before, Power::ReadS3) && may(&cut.after, Power::ReadS3));
}

/// The step that moves the account into the unit, for the table.
pub const INTO_THE_UNIT: &[(&str, &str)] = &[("way", "quarantine-ou"), ("ou", QUARANTINE)];
