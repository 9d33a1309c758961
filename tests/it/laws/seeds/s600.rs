//! Seeds of 600: the drill's company, with users and roles whose inline policies leave no room.

use serde_json::json;
use unplug::account::{Account, Role, Seen, Trail, TrustAnchor, User, denial};
use unplug::step::Scope;

use super::{Seed, company, seed, with};

/// An inline policy of so many characters.
fn long(size: usize) -> String {
    let with = |sid: &str| {
        let statement = json!({ "Sid": sid, "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" });
        json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
    };
    with(&"x".repeat(size - with("").len()))
}

const EDGE: &str = "arn:aws:iam::444455556666:policy/kc-deploy";

/// The company, with a user and a role without room, and another of each that has a boundary; a role that a
/// certificate enters.
fn full() -> Account {
    let mut account = company();
    let all = account.principals.read_mut().unwrap();
    for (name, boundary) in [("full", None), ("full-in-bounds", Some(EDGE.to_owned()))] {
        let inline = [("long".to_owned(), long(2_000))].into();
        let arn = format!("arn:aws:iam::444455556666:user/people/{name}");
        let path = "/people/".to_owned();
        all.users
            .insert(name.into(), User { arn, path, inline, boundary: boundary.clone(), ..User::default() });

        let name = format!("role-{name}");
        let inline = [("long".to_owned(), long(10_200))].into();
        let arn = format!("arn:aws:iam::444455556666:role/build/{name}");
        let trust = json!({ "Statement": [{
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": { "AWS": "arn:aws:iam::111122223333:root" },
        }]});
        let (path, trust) = ("/build/".to_owned(), trust.to_string());
        all.roles.insert(name, Role { arn, path, trust, inline, boundary, ..Role::default() });
    }
    let trust = json!({ "Statement": [{
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": { "Service": "rolesanywhere.amazonaws.com" },
    }]});
    let arn = "arn:aws:iam::444455556666:role/depot".to_owned();
    let depot = Role { arn, path: "/".into(), trust: trust.to_string(), ..Role::default() };
    all.roles.insert("depot".into(), depot);
    let anchor = |name: &str, enabled| TrustAnchor { name: name.into(), enabled };
    account.regions.get_mut("us-east-1").unwrap().trust_anchors = Seen::Read(
        [
            ("11111111-2222-3333-4444-555555555555".to_owned(), anchor("depot", true)),
            ("66666666-7777-8888-9999-000000000000".to_owned(), anchor("old", false)),
        ]
        .into(),
    );
    let arn = "arn:aws:cloudtrail:us-east-1:444455556666:trail/main".to_owned();
    let log_role = Some("arn:aws:iam::444455556666:role/kc-auditor".to_owned());
    let (name, home_region) = ("main".to_owned(), "us-east-1".to_owned());
    let trail = Trail {
        name,
        home_region,
        log_role,
        logging: Seen::Read(true),
        all_management_events: Seen::Read(true),
        ..Trail::default()
    };
    account.trails = Seen::Read([(arn, trail)].into());
    account
}

/// Two instances of the company, and a third one that has a session of the same role.
fn on_instances() -> (Account, Scope) {
    let mut account = company();
    let profile = account.principals.read().unwrap().roles["kc-web"].profiles.first().cloned();
    let here = account.regions.values_mut().next().unwrap().instances.read_mut().unwrap();
    here.values_mut().for_each(|instance| instance.profile.clone_from(&profile));
    let instances = here.keys().take(2).cloned().collect();
    (account, Scope { instances, ..Scope::default() })
}

fn somebody_changes_it(account: &mut Account) {
    let all = account.principals.read_mut().unwrap();
    let other = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    for inline in all.users.values_mut().map(|user| &mut user.inline) {
        if let Some(text) = inline.get_mut(denial::NAME) {
            other.clone_into(text);
        }
    }
    for boundary in all.roles.values_mut().map(|role| &mut role.boundary) {
        if boundary.as_deref().is_some_and(|arn| arn.ends_with("AWSDenyAll")) {
            *boundary = Some("arn:aws:iam::aws:policy/ReadOnlyAccess".into());
        }
    }
    let anchors = &mut account.regions.get_mut("us-east-1").unwrap().trust_anchors;
    anchors.read_mut().unwrap().pop_first();
}

/// Somebody lets an instance go on.
fn instances_change(account: &mut Account) {
    let role = account.principals.read_mut().unwrap().roles.get_mut("kc-web").unwrap();
    if let Some(text) = role.inline.get_mut(denial::INSTANCES) {
        let mut denied = denial::Instances::read(text).unwrap();
        denied.arns.pop_first();
        *text = denied.text();
    }
}

pub fn seeds() -> Vec<Seed> {
    let mut you = company();
    you.caller.arn = format!("arn:aws:iam::{}:user/tanaka", you.id);
    let one = seed("one principal by name", 600, company(), None);
    let named = Scope { principals: ["ci-deploy".to_owned()].into(), ..Scope::default() };
    let (account, scope) = on_instances();
    let instances = seed("sessions of instances", 600, account, Some(instances_change));
    vec![
        Seed { scope, ..with(instances, "way", "instance".into()) },
        seed("users and roles", 600, full(), Some(somebody_changes_it)),
        with(seed("trust closed", 600, full(), None), "trust", "closed".into()),
        with(seed("roles of services too", 600, company(), None), "roles", "all".into()),
        seed("the caller is a user", 600, you, None),
        Seed { scope: named, ..one },
    ]
}
