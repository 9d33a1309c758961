use super::*;
use crate::account::{Acl, AclEntry, Group as KnownGroup, Peer, Rule, Seen};
use crate::sim::sample;
use crate::step::{Scope, Verdict};
use crate::steps::s510_security_groups::SecurityGroups;
use crate::steps::s520_network_acls::NetworkAcls;
use crate::steps::shared::testing::{case, plan, there_and_back, verdicts};

/// The sample account, with so many groups and ACLs allowed.
fn account(groups: u64, acls: u64) -> Account {
    let mut account = sample::account();
    for here in account.regions.values_mut() {
        let quotas = [("L-E79EC296".to_owned(), groups), ("L-B4A6D682".to_owned(), acls)];
        here.quotas = Seen::Read(quotas.into());
    }
    account
}

fn here(account: &mut Account) -> &mut Region {
    account.regions.get_mut(sample::REGION).unwrap()
}

fn tags() -> crate::account::Tags {
    [("unplug:role".to_owned(), prepared::PURPOSE.to_owned())].into()
}

/// What another run has prepared in vpc-1.
fn prepare(account: &mut Account) {
    prepare_as(account, "acl-ready", "sg-ready");
}

fn prepare_as(account: &mut Account, acl_id: &str, group_id: &str) {
    let (owner, vpc) = (account.id.clone(), "vpc-1".to_owned());
    let acl = Acl { vpc: vpc.clone(), owner: owner.clone(), tags: tags(), ..Acl::default() };
    here(account).acls.read_mut().unwrap().insert(acl_id.into(), acl);
    let name = prepared::GROUP.to_owned();
    let group = KnownGroup { name, vpc, owner, tags: tags(), ..KnownGroup::default() };
    here(account).groups.read_mut().unwrap().insert(group_id.into(), group);
}

/// A thief lets somebody in by both.
fn open(account: &mut Account) {
    let rule = Rule::all(Peer::Ipv4("203.0.113.9/32".into()));
    here(account).groups.read_mut().unwrap().get_mut("sg-ready").unwrap().ingress.insert(rule);
    let entry = AclEntry {
        allow: true,
        protocol: "-1".into(),
        cidr: "203.0.113.9/32".into(),
        ports: None,
        icmp: None,
    };
    here(account).acls.read_mut().unwrap().get_mut("acl-ready").unwrap().ingress.insert(1, entry);
}

fn kinds(step: &dyn Step, account: &Account, case: &Case) -> BTreeSet<String> {
    let of_vpc = |vpc: &Option<String>| vpc.as_deref() == Some("vpc-1");
    let changes = plan(step, account, case).into_iter().filter(|(at, ..)| of_vpc(&at.vpc));
    changes.filter(|(at, ..)| at.id == "vpc-1").map(|(at, ..)| at.kind).collect()
}

fn set(kinds: &[&str]) -> BTreeSet<String> {
    kinds.iter().map(ToString::to_string).collect()
}

#[test]
fn groups_and_acls_are_made_where_the_last_tenth_would_be_used() {
    let plenty = account(2_500, 200);
    assert_eq!(plan(&IsolationReady, &plenty, &case(&[])), vec![]);
    assert!(IsolationReady.find(&plenty, &case(&[])).findings.iter().all(|one| one.good));
    let everywhere = case(&[("where", "everywhere")]);
    let both = set(&["prepared-group", "prepared-acl"]);
    assert_eq!(kinds(&IsolationReady, &plenty, &everywhere), both);
    let mut tight = account(2_500, 200);
    let acls = here(&mut tight).acls.items().filter(|(_, acl)| acl.vpc == "vpc-1").count() as u64;
    here(&mut tight).quotas = Seen::Read([("L-B4A6D682".to_owned(), acls + 1)].into());
    assert_eq!(kinds(&IsolationReady, &tight, &case(&[])), set(&["prepared-acl"]));
}

#[test]
fn what_could_not_be_read_is_not_called_room() {
    let mut blind = account(2_500, 200);
    here(&mut blind).acls = Seen::default();
    let of_region = |account: &Account| {
        let found = IsolationReady.find(account, &case(&[])).findings;
        found.iter().any(|one| one.good && one.region.as_deref() == Some(sample::REGION))
    };
    assert!(!of_region(&blind) && of_region(&account(2_500, 200)));
}

#[test]
fn a_quota_that_is_used_up_is_refused_and_said() {
    let full = account(1, 1);
    let refused = |kind: &str| {
        let all = verdicts(&IsolationReady, &full, &case(&[]));
        let found = all.into_iter().find(|(at, ..)| at.kind == kind && at.id == "vpc-1");
        match found.map(|(_, _, verdict)| verdict) {
            Some(Verdict::Refuse(why)) => why,
            other => panic!("{kind}: {other:?}"),
        }
    };
    assert!(refused("prepared-group").contains("quota is used up"));
    assert!(refused("prepared-acl").contains("quota is used up"));
}

#[test]
fn what_another_run_prepared_is_enough_and_a_rule_in_it_is_taken_out() {
    let mut account = account(1, 1);
    prepare(&mut account);
    assert_eq!(kinds(&IsolationReady, &account, &case(&[])), set(&[]));
    open(&mut account);
    let all = verdicts(&IsolationReady, &account, &case(&[]));
    let lasting = |(_, _, verdict): &(Target, _, Verdict<_>)| matches!(verdict, Verdict::Lasting(..));
    assert_eq!(all.iter().filter(|one| lasting(one)).count(), 2);
}

/// What something uses is no leftover of a cut: emptied, it would cut that in peacetime.
#[test]
fn rules_stay_where_something_uses_what_was_prepared_or_that_is_not_known() {
    let refusals = |account: &Account| {
        let all = verdicts(&IsolationReady, account, &case(&[])).into_iter();
        all.filter(|(.., verdict)| matches!(verdict, Verdict::Refuse(why) if why.contains("they stay")))
            .count()
    };
    let mut account = account(1, 1);
    prepare(&mut account);
    open(&mut account);
    let mut used = account.clone();
    let interfaces = here(&mut used).interfaces.read_mut().unwrap();
    let interface = interfaces.values_mut().find(|one| one.vpc == "vpc-1").unwrap();
    interface.groups.insert("sg-ready".into());
    let acls = here(&mut used).acls.read_mut().unwrap();
    acls.get_mut("acl-ready").unwrap().subnets.insert("subnet-1".into());
    assert_eq!(refusals(&used), 2);
    let mut unread = account.clone();
    here(&mut unread).interfaces = Seen::default();
    assert_eq!((refusals(&account), refusals(&unread)), (0, 1));
    // Another one without rules serves in its place.
    let mut another = used.clone();
    prepare_as(&mut another, "acl-another", "sg-other");
    assert_eq!((kinds(&IsolationReady, &another, &case(&[])), refusals(&another)), (set(&[]), 0));
}

#[test]
fn a_cut_takes_what_was_prepared_for_its_rules_and_never_for_its_tags() {
    let (mut account, case) = (sample::account(), case(&[]));
    assert_eq!(kinds(&SecurityGroups, &account, &case), set(&["isolation-group"]));
    assert_eq!(kinds(&NetworkAcls, &account, &case), set(&["isolation-acl"]));
    prepare(&mut account);
    assert_eq!(kinds(&SecurityGroups, &account, &case), set(&["group-in-use"]));
    assert_eq!(kinds(&NetworkAcls, &account, &case), set(&["acl-in-use"]));
    let keeps = Case {
        scope: Scope { keep_cidrs: ["198.51.100.7/32".to_owned()].into(), ..Scope::default() },
        ..case.clone()
    };
    assert_eq!(kinds(&SecurityGroups, &account, &keeps), set(&["isolation-group"]));
    let acls = kinds(&NetworkAcls, &account, &keeps);
    assert!(acls.contains("isolation-acl") && !acls.contains("acl-in-use"), "{acls:?}");
    let mut of_another = account.clone();
    here(&mut of_another).groups.read_mut().unwrap().get_mut("sg-ready").unwrap().owner = "2".into();
    assert_eq!(kinds(&SecurityGroups, &of_another, &case), set(&["isolation-group"]));
    open(&mut account);
    assert_eq!(kinds(&SecurityGroups, &account, &case), set(&["isolation-group"]));
    assert_eq!(kinds(&NetworkAcls, &account, &case), set(&["isolation-acl"]));
    // What this run uses it keeps, and puts right.
    let used = || [("unplug:used-by:run1".to_owned(), String::new())];
    here(&mut account).groups.read_mut().unwrap().get_mut("sg-ready").unwrap().tags.extend(used());
    here(&mut account).acls.read_mut().unwrap().get_mut("acl-ready").unwrap().tags.extend(used());
    assert_eq!(kinds(&SecurityGroups, &account, &case), set(&["group-in-use"]));
    assert_eq!(kinds(&NetworkAcls, &account, &case), set(&["acl-in-use"]));
}

#[tokio::test]
async fn prepared_and_taken_back() {
    let everywhere = Case { params: Params::from([("where".to_owned(), "everywhere".into())]), ..case(&[]) };
    there_and_back(&IsolationReady, account(2_500, 200), &everywhere).await;
}
