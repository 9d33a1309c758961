use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::*;
use crate::account::{Acl, AclEntry, Listener, LoadBalancer, Vpc};
use crate::aws::ledger::Phase;
use crate::sim::sample;
use crate::step::{Lens as _, Look, Names, Now, Scope, Target, Verdict, Write};
use crate::steps::shared::made::Resource as _;
use crate::steps::shared::testing::{case, changed, collected, simulated, there_and_back};
use body::AclBody;
use subnet::AclRef;

const CREATED: Made<Created<Isolation>> = Made(Created(Isolation));

fn subnet(id: &str, vpc: &str) -> Target {
    Target::new(Subnet::KIND, id).region(sample::REGION).vpc(vpc)
}

fn created() -> Target {
    Target::new(Created::<Isolation>::KIND, "vpc-1").region(sample::REGION).vpc("vpc-1")
}

#[test]
fn own_open_subnets_change_and_shared_ones_are_refused() {
    let (account, case) = (sample::account(), case(&[]));
    assert_eq!(changed(&NetworkAcls, &account, &case), ["vpc-1", "subnet-1a", "subnet-1b"]);
    let shared = subnet("subnet-2a", "vpc-2");
    let Now::Is(now) = Subnet.state(&Look::new(&shared, &account, &case)) else { panic!("it is there") };
    let verdict = Subnet.contain(&now, &Look::new(&shared, &account, &case));
    let why = format!("shared from {}: only its owner can change the ACL", sample::OTHER);
    assert_eq!(verdict, Verdict::Refuse(why));
}

#[test]
fn an_acl_that_allows_nothing_is_already_enough() {
    let (mut account, case) = (sample::account(), case(&[]));
    let acls = account.regions.get_mut(sample::REGION).unwrap().acls.read_mut().unwrap();
    let open = acls.get_mut("acl-open").unwrap();
    open.ingress.clear();
    open.egress.clear();
    let now = AclRef::Id("acl-open".into());
    let at = subnet("subnet-1a", "vpc-1");
    assert_eq!(Subnet.contain(&now, &Look::new(&at, &account, &case)), Verdict::Already);
}

#[test]
fn rules_go_one_by_one_and_each_stop_on_the_way_is_known() {
    let entry = sample::allow("0.0.0.0/0");
    let open =
        AclBody { ingress: [(1, entry.clone()), (2, entry.clone())].into(), egress: [(1, entry)].into() };
    let passes = CREATED.passes(&Some(open), &Some(AclBody::default()));
    let left: Vec<String> = passes.iter().map(|state| CREATED.show(state)).collect();
    assert_eq!(left, ["an ACL with 2 rules", "an ACL with 1 rule"]);
}

#[tokio::test]
async fn subnets_go_there_and_back() {
    there_and_back(&NetworkAcls, sample::account(), &case(&[])).await;
}

#[tokio::test]
async fn an_unrecorded_resource_of_a_crashed_run_is_adopted_and_emptied() {
    let case = case(&[]);
    let (simulation, aws) = simulated(sample::account(), &case);
    simulation.meddle(|account| {
        let tags = [("unplug:run", "run1"), ("unplug:role", "isolation")];
        let acl = Acl {
            vpc: "vpc-1".into(),
            owner: sample::ME.into(),
            ingress: [(1, sample::allow("0.0.0.0/0"))].into(),
            tags: tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
            ..Acl::default()
        };
        account
            .regions
            .get_mut(sample::REGION)
            .unwrap()
            .acls
            .read_mut()
            .unwrap()
            .insert("acl-left".into(), acl);
    });
    let before = collected(&NetworkAcls, &aws).await;
    let Now::Is(now) = CREATED.state(&Look::new(&created(), &before, &case)) else { panic!("it was read") };
    assert!(matches!(CREATED.contain(&now, &Look::new(&created(), &before, &case)), Verdict::Lasting(..)));
    let _phase = aws.enter(Phase::Apply);
    let closed = Some(AclBody::default());
    CREATED.write(Write::new(&aws, &created(), &now, &closed, &Params::new())).await.unwrap();
    assert_eq!(case.names.id("isolation-acl/vpc-1").as_deref(), Some("acl-left"));
    assert_eq!(
        CREATED.state(&Look::new(&created(), &collected(&NetworkAcls, &aws).await, &case)),
        Now::Is(closed)
    );
}

fn cidrs(cidrs: &[&str]) -> BTreeSet<String> {
    cidrs.iter().map(ToString::to_string).collect()
}

#[test]
fn a_kept_cidr_is_let_through_both_ways_and_nothing_else() {
    let body = AclBody::isolation(&cidrs(&["198.51.100.7/32", "2001:db8:9::/48"]));
    assert_eq!(body.ingress, body.egress);
    assert_eq!(body.ingress.keys().copied().collect::<Vec<_>>(), [100, 110]);
    assert!(body.entries().all(|(_, _, entry)| entry.allow && entry.protocol == "-1"));
    assert_eq!(body.words(), "an ACL open to 198.51.100.7/32, 2001:db8:9::/48 alone");
    let passes = CREATED.passes(&None, &Some(body));
    assert_eq!(passes.len(), 4, "made, and then all but the last of four rules");
}

#[test]
fn more_kept_cidrs_than_rules_are_refused() {
    let some = |ipv4: usize, ipv6: usize| {
        let ipv4 = (0..ipv4).map(|n| format!("198.51.100.{n}/32"));
        ipv4.chain((0..ipv6).map(|n| format!("2001:db8:{n:x}::/48"))).collect::<BTreeSet<String>>()
    };
    let mut case = case(&[]);
    let mut verdict = |account: &Account, keep: BTreeSet<String>| {
        case.scope.keep_cidrs = keep;
        CREATED.contain(&None, &Look::new(&created(), account, &case))
    };
    let usual = sample::account();
    assert!(matches!(verdict(&usual, some(19, 19)), Verdict::Change(_)), "each family by itself");
    let twenty = "it would need 20 inbound IPv4 rules, and AWS takes 19 beside its own";
    assert_eq!(verdict(&usual, some(20, 0)), Verdict::Refuse(twenty.into()));
    let mut raised = sample::account();
    let here = raised.regions.get_mut(sample::REGION).unwrap();
    let acl = here.acls.read_mut().unwrap().get_mut("acl-custom").unwrap();
    acl.ingress = (1..=20).map(|number| (number, sample::allow("10.0.0.0/8"))).collect();
    assert!(matches!(verdict(&raised, some(39, 39)), Verdict::Change(_)), "the quota was raised");
    assert!(matches!(verdict(&raised, some(0, 40)), Verdict::Refuse(why) if why.contains("40 inbound IPv6")));
}

#[test]
fn an_acl_of_another_run_must_say_exactly_the_same() {
    let (mut account, mut case) = (sample::account(), case(&[]));
    case.scope.keep_cidrs = cidrs(&["198.51.100.7/32"]);
    let acls = account.regions.get_mut(sample::REGION).unwrap().acls.read_mut().unwrap();
    let theirs = acls.get_mut("acl-open").unwrap();
    (theirs.ingress, theirs.egress) = (BTreeMap::new(), BTreeMap::new());
    theirs.tags = sample::tag("unplug:run", "run0");
    let (at, now) = (subnet("subnet-1a", "vpc-1"), AclRef::Id("acl-open".into()));
    let verdict = Subnet.contain(&now, &Look::new(&at, &account, &case));
    let isolation = AclRef::Isolation;
    assert!(
        matches!(&verdict, Verdict::Change(to) | Verdict::Lasting(to, _) if *to == isolation),
        "it keeps the responder out: {verdict:?}"
    );
    // Somebody's own ACL that is tighter is not opened for the responder.
    let acls = account.regions.get_mut(sample::REGION).unwrap().acls.read_mut().unwrap();
    acls.get_mut("acl-open").unwrap().tags.clear();
    assert_eq!(Subnet.contain(&now, &Look::new(&at, &account, &case)), Verdict::Already);
}

#[test]
fn the_front_lets_clients_in_and_nothing_on_to_the_targets() {
    let listener = |protocol: &str, port| Listener { protocol: protocol.into(), port };
    let balancer = LoadBalancer {
        listeners: [listener("HTTPS", 443), listener("TCP_UDP", 53), listener("GENEVE", 6081)].into(),
        ..LoadBalancer::default()
    };
    let vpc = Vpc { cidrs: cidrs(&["10.0.0.0/16"]), ipv6_cidrs: cidrs(&["2001:db8::/56"]), ..Vpc::default() };
    let body = AclBody::front(&vpc, &[&balancer], &BTreeSet::new(), &BTreeSet::new());
    let ports: Vec<_> = body.ingress.values().map(|e| (e.protocol.as_str(), e.ports.unwrap().0)).collect();
    assert_eq!(ports, [("17", 53), ("6", 53), ("6", 443), ("17", 53), ("6", 53), ("6", 443)]);
    let first: Vec<_> = body.egress.values().take(2).map(|e| (e.allow, e.cidr.as_str())).collect();
    assert_eq!(first, [(false, "10.0.0.0/16"), (false, "2001:db8::/56")]);
    assert!(body.egress.values().skip(2).all(|entry| entry.ports == Some((1_024, 65_535))));
}

#[test]
fn a_host_is_denied_before_the_first_allow_in_other_subnets_only() {
    let account = sample::account();
    let mut case = case(&[]);
    case.params.insert("way".into(), "host".into());
    case.scope.instances = cidrs(&["i-1"]);
    let found: Vec<String> = NetworkAcls.find(&account, &case).items.into_iter().map(|i| i.at.id).collect();
    // acl-open serves the host's own subnet alone.
    assert_eq!(found, ["acl-custom"]);
    let at = Target::new(Edited::KIND, "acl-custom").region(sample::REGION).vpc("vpc-1");
    let Now::Is(now) = Edited.state(&Look::new(&at, &account, &case)) else { panic!("it is there") };
    let Verdict::Change(body) = Edited.contain(&now, &Look::new(&at, &account, &case)) else {
        panic!("the host gets through")
    };
    let denied: Vec<(i32, &str)> = body.egress.range(..100).map(|(n, e)| (*n, e.cidr.as_str())).collect();
    let addresses = ["10.0.1.5/32", "10.0.1.6/32", "10.0.1.7/32", "2001:db8:0:1::5/128"];
    assert_eq!(denied, (1..).zip(addresses).collect::<Vec<(i32, &str)>>());
    assert_eq!(body.ingress.len(), 6);
    let again = Edited.contain(&body, &Look::new(&at, &account, &case));
    assert_eq!(again, Verdict::Already);
}

#[test]
fn delegated_prefixes_of_a_host_are_denied_too() {
    let mut account = sample::account();
    let here = account.regions.get_mut(sample::REGION).unwrap();
    for interface in here.interfaces.read_mut().unwrap().values_mut() {
        if interface.instance.as_deref() == Some("i-1") {
            interface.prefixes = cidrs(&["10.0.1.16/28", "2001:db8:0:1:1::/80"]);
        }
    }
    let mut case = case(&[]);
    case.params.insert("way".into(), "host".into());
    case.scope.instances = cidrs(&["i-1"]);
    let at = Target::new(Edited::KIND, "acl-custom").region(sample::REGION).vpc("vpc-1");
    let Now::Is(now) = Edited.state(&Look::new(&at, &account, &case)) else { panic!("it is there") };
    let Verdict::Change(body) = Edited.contain(&now, &Look::new(&at, &account, &case)) else {
        panic!("the host gets through")
    };
    for prefix in ["10.0.1.16/28", "2001:db8:0:1:1::/80"] {
        let denied = body.entries().filter(|(_, _, entry)| !entry.allow && entry.cidr == prefix).count();
        assert_eq!(denied, 2, "{prefix}: in and out");
    }
}

#[test]
fn without_room_before_the_first_allow_it_says_so() {
    let one: BTreeMap<i32, AclEntry> = [(1, sample::allow("0.0.0.0/0"))].into();
    let body = AclBody { ingress: one.clone(), egress: one };
    let why = body.denying(&cidrs(&["10.0.1.5/32"])).unwrap_err();
    assert!(why.contains("inbound rule 1"), "{why}");
    let many = AclBody {
        ingress: (1..=39).map(|n| (n * 10, sample::allow("0.0.0.0/0"))).collect(),
        egress: BTreeMap::new(),
    };
    assert!(many.denying(&cidrs(&["10.0.1.5/32"])).unwrap_err().contains("40 inbound IPv4 rules"));
    assert!(many.denying(&cidrs(&["2001:db8::5/128"])).is_ok(), "IPv6 is counted by itself");
}

#[test]
fn subnets_stay_alone_when_only_an_instance_is_in_scope() {
    let mut case = case(&[]);
    case.scope.instances = cidrs(&["i-1"]);
    let found = NetworkAcls.find(&sample::account(), &case);
    assert!(found.items.is_empty() && found.findings[0].text.contains("way = \"host\""));
}

#[test]
fn a_subnet_that_no_acl_names_is_not_known_to_be_closed() {
    let mut account = sample::account();
    let here = account.regions.get_mut(sample::REGION).unwrap();
    here.acls.read_mut().unwrap().values_mut().for_each(|acl| acl.subnets.clear());
    let case = case(&[]);
    let found = NetworkAcls.find(&account, &case);
    assert!(found.findings.iter().all(|line| !line.text.contains("denies all")), "{:?}", found.findings);
    assert!(found.findings.iter().any(|line| line.text.contains("behind no ACL that AWS shows")));
    let state = Subnet.state(&Look::new(&subnet("subnet-1a", "vpc-1"), &account, &case));
    assert!(matches!(state, Now::Unknown(_)), "{state:?}");
}

#[tokio::test]
async fn without_a_host_the_hint_is_said_once_for_all_regions() {
    use crate::engine::plan::{Brief, Selected};
    let account = sample::account();
    assert!(account.regions.len() > 1);
    let step = Selected { step: SPEC.id, params: [("way".to_owned(), "host".into())].into() };
    let brief = Brief {
        run: "run1".into(),
        scope: Scope::default(),
        config: Arc::default(),
        names: Names::default(),
        next_change: 1,
    };
    let plan = crate::engine::rehearse::rehearse(&account, &[step], &brief).await.unwrap();
    let said = plan.steps[0].findings.iter().filter(|finding| finding.text.contains("--instance")).count();
    assert_eq!(said, 1);
}

#[test]
fn another_run_s_acl_is_cut_and_never_gone_back_to() {
    let mut account = sample::account();
    let acls = account.regions.get_mut(sample::REGION).unwrap().acls.read_mut().unwrap();
    for acl in acls.values_mut() {
        acl.tags.insert("unplug:run".into(), "run-of-ben".into());
    }
    let (case, at) = (case(&[]), subnet("subnet-1a", "vpc-1"));
    let Now::Is(now) = Subnet.state(&Look::new(&at, &account, &case)) else { panic!("it is there") };
    match Subnet.contain(&now, &Look::new(&at, &account, &case)) {
        Verdict::Lasting(AclRef::Isolation, why) => {
            assert!(why.contains("unplug restore run-of-ben"), "{why}");
        }
        other => panic!("{other:?}"),
    }
}
