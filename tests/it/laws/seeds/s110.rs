//! Seeds of 110: permission sets with and without an inline policy, and the one with which the caller has
//! signed in.

use std::collections::{BTreeMap, BTreeSet};

use unplug::account::identity_center::INLINE;
use unplug::account::{
    Account, Actor, Assignment, Caller, HeldPolicy, IdentityCenter, PermissionSet, PolicyReference,
    Principals, PublicBucket, Role, Seen, Ses, SetBoundary, SetParts, SignInInstance,
};

use super::{Seed, seed, with};

const ME: &str = "444455556666";
const OWNER: &str = "111122223333";
const INSTANCE: &str = "ssoins-1111222233334444";
const MY_USER: &str = "11111111-2222-3333-4444-555555555555";
const PLAIN: &str = r#"{ "Version": "2012-10-17", "Statement": [ { "Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*" } ] }"#;

fn id(set: &str) -> String {
    format!("{INSTANCE}/ps-{set:0>16}")
}

fn permission_set(name: &str, policy: Option<&str>) -> (String, Seen<PermissionSet>) {
    let set = PermissionSet {
        name: name.into(),
        policy: policy.map(Into::into),
        latest_here: Some(true),
        ..PermissionSet::default()
    };
    (id(name), Seen::Read(set))
}

fn role(name: &str, policy: Option<&str>) -> (String, Role) {
    let role = format!("AWSReservedSSO_{name}_0a1b2c3d4e5f6a7b");
    let trust = r#"{"Statement":[{"Effect":"Allow","Action":["sts:AssumeRoleWithSAML","sts:TagSession"],"Principal":{"Federated":"arn:aws:iam::444455556666:saml-provider/AWSSSO_0a1b_DO_NOT_DELETE"}}]}"#;
    let value = Role {
        arn: format!("arn:aws:iam::{ME}:role/aws-reserved/sso.amazonaws.com/{role}"),
        path: "/aws-reserved/sso.amazonaws.com/".into(),
        trust: trust.into(),
        attached: ["arn:aws:iam::aws:policy/AdministratorAccess".to_owned()].into(),
        inline: policy.map(|text| (INLINE.to_owned(), text.to_owned())).into_iter().collect(),
        ..Role::default()
    };
    (role, value)
}

/// An account with these permission sets, in which somebody has signed in with `Responder`.
fn account(sets: &[(&str, Option<&str>)]) -> Account {
    let caller = Caller {
        arn: format!(
            "arn:aws:sts::{ME}:assumed-role/AWSReservedSSO_Responder_0a1b2c3d4e5f6a7b/me@kettle.example"
        ),
        user_id: "AROA1:me@kettle.example".into(),
        ..Caller::default()
    };
    let mut account = Account::unread(ME, caller);
    account.alias = Seen::Read(None);
    account.enabled_regions = Seen::Read(["eu-west-1".to_owned()].into());
    account.regions = account
        .enabled_regions
        .read()
        .unwrap()
        .iter()
        .map(|r| (r.clone(), unplug::account::Region::default()))
        .collect();
    let mut principals = Principals {
        roles: sets.iter().map(|(name, policy)| role(name, *policy)).collect(),
        ..Principals::default()
    };
    let all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    principals.policies.insert("arn:aws:iam::aws:policy/AdministratorAccess".into(), all.into());
    account.principals = Seen::Read(principals);
    let instance = SignInInstance {
        owner: ME.into(),
        primary_region: "eu-west-1".into(),
        replicas: BTreeSet::new(),
        store: "d-1234567890".into(),
        caller: Seen::Read(Some(MY_USER.into())),
        permission_sets: Seen::Read(
            sets.iter().map(|(name, policy)| permission_set(name, *policy)).collect(),
        ),
    };
    let instances = [(format!("arn:aws:sso:::instance/{INSTANCE}"), instance)].into();
    account.identity_center = Seen::Read(IdentityCenter { instances, unread: BTreeMap::new() });
    account
}

fn each_set(account: &mut Account, change: impl Fn(&mut PermissionSet)) {
    let center = account.identity_center.read_mut().unwrap();
    let instance = center.instances.values_mut().next().unwrap();
    let sets = instance.permission_sets.read_mut().unwrap().values_mut();
    sets.filter_map(Seen::read_mut).for_each(change);
}

/// Somebody weakens the deny of every set, in the role too.
fn weakened(account: &mut Account) {
    let weak = |text: &mut String| *text = text.replace(r#"{"Action":"*""#, r#"{"Action":"s3:*""#);
    each_set(account, |set| set.policy.iter_mut().for_each(weak));
    let roles = account.principals.read_mut().unwrap().roles.values_mut();
    roles.filter_map(|role| role.inline.get_mut(INLINE)).for_each(weak);
}

/// The management account owns the instance and has delegated it to this one. It has one of the sets itself.
fn delegated() -> Account {
    let mut account = account(&[("Admins", Some(PLAIN)), ("Billing", None)]);
    account
        .identity_center
        .read_mut()
        .unwrap()
        .instances
        .values_mut()
        .for_each(|one| one.owner = OWNER.into());
    each_set(&mut account, |set| {
        let others = if set.name == "Billing" { [ME, OWNER] } else { [ME, "777788889999"] };
        set.accounts = Seen::Read(others.map(|id| (id.to_owned(), true)).into());
    });
    account
}

/// A member account: the management account's credentials are an actor's.
fn member() -> Account {
    let mut account = delegated();
    let caller = Caller {
        arn: format!(
            "arn:aws:sts::{OWNER}:assumed-role/AWSReservedSSO_OrgResponder_0a1b2c3d4e5f6a7b/me@kettle.example"
        ),
        user_id: "AROA2:me@kettle.example".into(),
        ..Caller::default()
    };
    account.actors.insert(Actor::Organization, caller);
    // Its accounts are not asked for: the actor may change a set wherever it is.
    each_set(&mut account, |set| set.accounts = Seen::default());
    account
        .regions
        .values_mut()
        .for_each(|region| region.ses = Seen::Read(Ses { sending: true, ..Ses::default() }));
    account
}

/// Users and a group are assigned; one set is of no account.
fn assigned() -> Account {
    let mut account = account(&[("Admins", None), ("Responder", None), ("Spare", None)]);
    let who = |kind: &str, number: u8| Assignment {
        kind: kind.into(),
        id: format!("{number:08}-2222-3333-4444-555555555555"),
    };
    each_set(&mut account, |set| {
        let of: BTreeSet<Assignment> = match set.name.as_str() {
            "Admins" => [who("GROUP", 1), who("USER", 2)].into(),
            "Spare" => [].into(),
            _ => [who("USER", 4)].into(),
        };
        set.latest_here = (!of.is_empty()).then_some(true);
        set.assignments = Seen::Read(of);
    });
    account.principals.read_mut().unwrap().roles.retain(|name, _| !name.contains("_Spare_"));
    // A key names the role of a set: it will not know the one that is made again.
    account.public_buckets = Seen::Read(BTreeMap::new());
    for region in account.regions.values_mut() {
        region.queue_policies = Seen::Read(BTreeMap::new());
        region.topic_policies = Seen::Read(BTreeMap::new());
        region.secret_policies = Seen::Read(BTreeMap::new());
        let key = HeldPolicy {
            policy: Some(format!(
                r#"{{"Statement":[{{"Effect":"Allow","Action":"kms:*","Resource":"*","Principal":{{"AWS":"{}"}}}}]}}"#,
                role("Admins", None).1.arn
            )),
            ..HeldPolicy::default()
        };
        let arn = format!("arn:aws:kms:eu-west-1:{ME}:key/11111111-2222-3333-4444-555555555555");
        region.key_policies = Seen::Read([(arn, Seen::Read(key))].into());
    }
    account
}

/// The same, with everything that a set is made of. One set is of another account too.
fn whole() -> Account {
    let mut account = assigned();
    let guard = PolicyReference { path: "/teams/".into(), name: "Guard".into() };
    let inline = |set: &PermissionSet| (set.name == "Admins").then(|| PLAIN.to_owned());
    each_set(&mut account, |set| {
        set.policy = inline(set);
        set.accounts = Seen::Read(set.latest_here.iter().map(|latest| (ME.to_owned(), *latest)).collect());
        let admins = set.name == "Admins";
        set.parts = Seen::Read(SetParts {
            description: admins.then(|| "who may do everything".into()),
            session_duration: Some(if admins { "PT4H" } else { "PT1H" }.into()),
            relay_state: admins.then(|| "https://console.aws.amazon.com/ec2".into()),
            tags: admins.then(|| ("team".to_owned(), "core".to_owned())).into_iter().collect(),
            managed: ["arn:aws:iam::aws:policy/AdministratorAccess".to_owned()].into(),
            customer: admins.then(|| guard.clone()).into_iter().collect(),
            boundary: admins.then(|| SetBoundary::Customer(guard.clone())),
        });
    });
    // Every kind of policy that may name a role is read.
    let held = |policy: &str| Seen::Read(HeldPolicy { policy: Some(policy.into()), ..HeldPolicy::default() });
    let region = account.regions.get_mut("eu-west-1").unwrap();
    let queue = format!("https://sqs.eu-west-1.amazonaws.com/{ME}/jobs");
    region.queue_policies = Seen::Read([(queue, held(PLAIN))].into());
    region.topic_policies = Seen::Read([(format!("arn:aws:sns:eu-west-1:{ME}:news"), held(PLAIN))].into());
    let secret = format!("arn:aws:secretsmanager:eu-west-1:{ME}:secret:api-AbCdEf");
    region.secret_policies = Seen::Read([(secret, held(PLAIN))].into());
    let bucket = PublicBucket {
        region: "eu-west-1".into(),
        by_policy: true,
        policy: Seen::Read(Some(PLAIN.into())),
        block: Seen::Read(None),
        ..PublicBucket::default()
    };
    account.public_buckets = Seen::Read([("reports".to_owned(), bucket)].into());
    let arn = guard.arn("aws", ME);
    let principals = account.principals.read_mut().unwrap();
    principals.policies.insert(arn.clone(), PLAIN.into());
    for (name, role) in &mut principals.roles {
        if name.contains("_Admins_") {
            role.inline.insert(INLINE.into(), PLAIN.into());
            role.attached.insert(arn.clone());
            role.boundary = Some(arn.clone());
        }
    }
    account
}

/// Somebody assigns a user again.
fn assigned_again(account: &mut Account) {
    each_set(account, |set| {
        if set.name == "Admins" {
            let id = "00000009-2222-3333-4444-555555555555".to_owned();
            set.assignments = Seen::Read([Assignment { kind: "USER".into(), id }].into());
        }
    });
}

/// The seeds of step 110.
pub fn seeds() -> Vec<Seed> {
    let sets = account(&[("Admins", Some(PLAIN)), ("Responder", None)]);
    vec![
        seed("permission sets", 110, sets, Some(weakened)),
        seed("permission sets of another account", 110, member(), Some(weakened)),
        with(seed("permission sets everywhere", 110, delegated(), None), "way", "everywhere".into()),
        with(seed("permission sets deleted", 110, whole(), None), "way", "delete".into()),
        with(seed("assignments", 110, assigned(), Some(assigned_again)), "way", "unassign".into()),
    ]
}
