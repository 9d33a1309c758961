use std::time::Duration;

use serde_json::Value;

use super::*;
use crate::account::{Endpoint as Known, EndpointDns, Interface, Route, RouteTable, Seen};
use crate::aws::faults::{Fault, When};
use crate::aws::ledger::Phase;
use crate::sim::sample;
use crate::step::{Lens as _, Look, Names, Now, Verdict, Write};
use crate::steps::shared::testing::{self, collected, simulated};

const FULL: &str = r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;
const OWN: &str =
    "{ \"Statement\": [{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"ssm:*\",\"Resource\":\"*\"}]}";

fn set(items: &[&str]) -> BTreeSet<String> {
    items.iter().map(ToString::to_string).collect()
}

fn case(way: &str) -> Case {
    testing::case(&[("way", way)])
}

/// The sample with a gateway and an interface endpoint of ours, and others that must not be touched.
fn account() -> Account {
    let mut account = sample::account();
    for region in account.regions.values_mut() {
        (region.endpoints, region.route_tables) = (Seen::Read([].into()), Seen::Read([].into()));
    }
    let region = account.regions.get_mut(sample::REGION).unwrap();
    let gateway = Known {
        vpc: "vpc-1".into(),
        owner: sample::ME.into(),
        kind: "Gateway".into(),
        service: "com.amazonaws.us-east-1.s3".into(),
        state: "available".into(),
        policy: Some(FULL.into()),
        route_tables: set(&["rtb-1"]),
        takes_policy: Some(true),
        ..Known::default()
    };
    let interface = Known {
        kind: "Interface".into(),
        service: "com.amazonaws.us-east-1.ssm".into(),
        policy: Some(OWN.into()),
        route_tables: set(&[]),
        subnets: set(&["subnet-1a"]),
        groups: set(&["sg-web"]),
        interfaces: set(&["eni-vpce"]),
        private_dns: true,
        ip_address_type: Some("dualstack".into()),
        dns: EndpointDns { records: Some("dualstack".into()), ..EndpointDns::default() },
        tags: sample::tag("Name", "ssm"),
        ..gateway.clone()
    };
    let other = |kind: &str, service: &str| Known {
        kind: kind.into(),
        service: service.into(),
        takes_policy: None,
        subnets: set(&[]),
        interfaces: set(&[]),
        private_dns: false,
        ..interface.clone()
    };
    let foreign = other("Interface", "com.amazonaws.vpce.us-east-1.vpce-svc-1");
    let eni = Interface {
        vpc: "vpc-1".into(),
        subnet: "subnet-1a".into(),
        owner: sample::ME.into(),
        kind: "vpc_endpoint".into(),
        private_ip: Some("10.0.1.9".into()),
        ipv6: set(&["2001:db8:0:1::9"]),
        groups: set(&["sg-web"]),
        managed_by: Some("727180483921".into()),
        source_dest_check: true,
        description: "VPC Endpoint Interface vpce-ssm".into(),
        ..Interface::default()
    };
    region.interfaces.read_mut().unwrap().insert("eni-vpce".into(), eni);
    let endpoints = [
        ("vpce-dead", Known { state: "rejected".into(), ..foreign.clone() }),
        ("vpce-eks", Known { takes_policy: Some(false), ..other("Interface", "com.amazonaws.us-east-1.x") }),
        ("vpce-gwlb", other("GatewayLoadBalancer", "com.amazonaws.vpce.us-east-1.vpce-svc-2")),
        ("vpce-managed", Known { requester_managed: true, ..foreign.clone() }),
        ("vpce-partner", foreign.clone()),
        ("vpce-s3", gateway),
        ("vpce-ssm", interface),
        ("vpce-theirs", Known { owner: sample::OTHER.into(), ..foreign }),
    ];
    region.endpoints = Seen::Read(endpoints.map(|(id, e)| (id.to_owned(), e)).into());
    let route = |destination: &str, target: &str| Route {
        destination: destination.into(),
        target: target.into(),
        origin: "CreateRoute".into(),
        blackhole: false,
    };
    let table = RouteTable {
        vpc: "vpc-1".into(),
        owner: sample::ME.into(),
        main: true,
        routes: [
            route("10.0.0.0/16", "local"),
            route("pl-63a5400a", "vpce-s3"),
            route("10.8.0.0/16", "pcx-1"),
        ]
        .into(),
        ..RouteTable::default()
    };
    region.route_tables = Seen::Read([("rtb-1".to_owned(), table)].into());
    account
}

fn table(account: &mut Account) -> &mut RouteTable {
    let tables = account.regions.get_mut(sample::REGION).unwrap().route_tables.read_mut().unwrap();
    tables.get_mut("rtb-1").unwrap()
}

fn target(id: &str, way: &str) -> (Target, &'static dyn crate::step::AnyLens) {
    let kind = EndpointWay::of(&case(way).params).kind();
    let at = Target::new(kind, id).region(sample::REGION).vpc("vpc-1");
    let lens = (&VpcEndpoints as &dyn Step).lens(&at);
    (at, lens)
}

fn verdict(account: &Account, case: &Case, id: &str) -> Verdict<Value> {
    let (at, lens) = target(id, WAY.of(&case.params));
    let look = Look::new(&at, account, case);
    match lens.state(&look) {
        Now::Is(now) | Now::Settling(now) => lens.contain(&now, &look).unwrap(),
        other => panic!("{id}: {other:?}"),
    }
}

fn why(account: &Account, case: &Case, id: &str) -> String {
    match verdict(account, case, id) {
        Verdict::Refuse(why) => why,
        other => panic!("{id}: {other:?}"),
    }
}

#[test]
fn what_takes_a_policy_gets_one_and_the_rest_is_refused_with_the_reason() {
    let (account, case) = (account(), case("policy"));
    for id in ["vpce-s3", "vpce-ssm"] {
        assert_eq!(verdict(&account, &case, id), Verdict::Change("deny-all".into()));
    }
    assert!(why(&account, &case, "vpce-eks").contains("takes no policy"));
    assert!(why(&account, &case, "vpce-partner").contains("takes no policy"));
    assert!(why(&account, &case, "vpce-gwlb").contains("530 cuts its routes"));
    assert!(why(&account, &case, "vpce-managed").contains("made it for itself"));
    assert!(why(&account, &case, "vpce-theirs").contains(sample::OTHER));
    let found = VpcEndpoints.find(&account, &case);
    assert!(!found.items.iter().any(|item| item.at.id == "vpce-dead"), "nothing passes it");
    assert!(found.findings.iter().any(|finding| finding.text.contains("rejected")));
}

#[test]
fn a_policy_is_known_by_what_it_says() {
    let names = Names::default();
    let of = |text: &str| Policy::of(&Known { policy: Some(text.into()), ..Known::default() }, &names);
    assert_eq!(of(FULL), Policy::FullAccess);
    let denies = r#"{"Statement": [{"Action":"*", "Resource":"*", "Principal":"*", "Effect":"Deny"}]}"#;
    assert_eq!(of(denies), Policy::DenyAll);
    for version in ["2008-10-17", "2012-10-17"] {
        let versioned = denies.replacen('{', &format!(r#"{{"Version":"{version}","#), 1);
        assert_eq!(of(&versioned), Policy::DenyAll, "AWS may add a version");
    }
    assert_eq!(of(OWN), Policy::Own(OWN.into()));
    // The same rights in other words are somebody's own text.
    for own in [FULL.replace("2008-10-17", "2012-10-17"), FULL.replace(',', ", "), format!("{FULL}\n")] {
        assert_eq!(of(&own), Policy::Own(own.clone()));
    }
    assert_eq!(of("{"), Policy::Own("{".into()));
    assert_eq!(Policy::of(&Known::default(), &names), Policy::FullAccess);
}

#[test]
fn a_gateway_stays_in_a_table_with_another_way_out() {
    let (mut account, case) = (account(), case("detach"));
    assert_eq!(verdict(&account, &case, "vpce-s3"), Verdict::Change(Value::Array(vec![])));
    let out = |destination: &str| Route {
        destination: destination.into(),
        target: "nat-1".into(),
        ..Route::default()
    };
    table(&mut account).routes.insert(out("0.0.0.0/0"));
    assert!(why(&account, &case, "vpce-s3").contains("0.0.0.0/0 in rtb-1 to nat-1"));
    // 530 took every subnet out of the table.
    table(&mut account).main = false;
    assert_eq!(verdict(&account, &case, "vpce-s3"), Verdict::Change(Value::Array(vec![])));
    table(&mut account).subnets = set(&["subnet-1a"]);
    table(&mut account).routes.remove(&out("0.0.0.0/0"));
    table(&mut account).routes.insert(out("2000::/3"));
    assert!(why(&account, &case, "vpce-s3").contains("2000::/3"), "IPv6 is a way out too");
    account.regions.get_mut(sample::REGION).unwrap().route_tables = Seen::default();
    assert!(why(&account, &case, "vpce-s3").contains("not read"));
    assert_eq!(VpcEndpoints.find(&account, &case).items.len(), 1, "interfaces are in no table");
}

#[test]
fn ways_say_what_they_leave_and_give_back() {
    let effect = |way: &str| VpcEndpoints.effect(&case(way).params);
    assert_eq!(effect("policy").reversal, Reversal::Full);
    assert_eq!(effect("detach").reversal, Reversal::Full);
    assert!(matches!(effect("delete").reversal, Reversal::Partial(_)));
    assert_ne!(effect("detach").leaves, effect("policy").leaves);
}

#[test]
fn a_body_names_what_the_run_made() {
    let names = Names::default();
    names.set("isolation-group/vpc-1", "sg-0510");
    names.set("alias/rtb-old", "rtb-new");
    let ids = set(&["rtb-new", "sg-0510", "sg-web"]);
    let named = named::named(&ids, &names);
    assert_eq!(named, set(&["@isolation-group/vpc-1", "rtb-old", "sg-web"]));
    assert_eq!(
        set(&named::resolved(&named, &names).unwrap().iter().map(String::as_str).collect::<Vec<_>>()),
        ids
    );
    assert!(named::resolved(&set(&["@other"]), &names).is_err());
}

/// Cuts and puts back `id`, each write twice, and returns the account before and after.
async fn there_and_back(way: &str, id: &str) -> (Account, Account, Names) {
    let case = case(way);
    let (simulation, aws) = simulated(account(), &case);
    let (at, lens) = target(id, way);
    let before = simulation.account();
    let Now::Is(from) = lens.state(&Look::new(&at, &before, &case)) else { panic!("it is there") };
    let Verdict::Change(to) = verdict(&before, &case, id) else { panic!("it is open") };
    for (phase, a, b) in [(Phase::Apply, &from, &to), (Phase::Restore, &to, &from)] {
        let _phase = aws.enter(phase);
        for _ in 0..2 {
            lens.write(Write::new(&aws, &at, a, b, &case.params)).await.unwrap();
        }
        aws.clock().wait(Duration::from_secs(60)).await;
        let now = collected(&VpcEndpoints, &aws).await;
        assert_eq!(lens.state(&Look::new(&at, &now, &case)), Now::Is(b.clone()));
    }
    (before, simulation.account(), case.names)
}

#[tokio::test]
async fn a_policy_goes_back_as_the_text_it_was() {
    for (way, id) in [("policy", "vpce-s3"), ("policy", "vpce-ssm"), ("detach", "vpce-s3")] {
        let (before, after, names) = there_and_back(way, id).await;
        assert_eq!(before, after, "{way} {id}");
        assert!(names.all().is_empty());
    }
}

/// Restores a policy at an AWS that gives it back in another form, and says what the state then is.
async fn back_in_another_form(id: &str, form: impl Fn(&str) -> String) -> (Now<Policy>, Policy) {
    let case = case("policy");
    let (simulation, aws) = simulated(account(), &case);
    let (at, _) = target(id, "policy");
    let look = |account: &Account| EndpointPolicy.state(&Look::new(&at, account, &case));
    let Now::Is(before) = look(&simulation.account()) else { panic!("it is there") };
    let closed = Policy::DenyAll;
    for (phase, from, to) in [(Phase::Apply, &before, &closed), (Phase::Restore, &closed, &before)] {
        let _phase = aws.enter(phase);
        EndpointPolicy.write(Write::new(&aws, &at, from, to, &case.params)).await.unwrap();
        simulation.meddle(|account| {
            let here = account.regions.get_mut(sample::REGION).unwrap();
            let policy = &mut here.endpoints.read_mut().unwrap().get_mut(id).unwrap().policy;
            *policy = Some(form(policy.as_deref().unwrap()));
        });
        // A write that is sent again finds the meaning there, and learns the form.
        EndpointPolicy.write(Write::new(&aws, &at, from, to, &case.params)).await.unwrap();
        assert_eq!(look(&simulation.account()), Now::Is(to.clone()), "{id}");
    }
    (look(&simulation.account()), before)
}

#[tokio::test]
async fn a_policy_that_aws_gives_back_in_another_form_is_back() {
    let versioned = |text: &str| {
        if text.contains("Version") {
            text.replace(r#""Version":"2008-10-17","#, "")
        } else {
            text.replacen('{', r#"{"Version":"2008-10-17","#, 1)
        }
    };
    for id in ["vpce-s3", "vpce-ssm"] {
        let (now, before) = back_in_another_form(id, versioned).await;
        assert_eq!(now, Now::Is(before));
    }
    let (now, before) = back_in_another_form("vpce-ssm", |text| text.replace("ssm:*", "ssm: *")).await;
    assert_eq!(now, Now::Is(before), "the last write put the other meaning right");
}

#[tokio::test]
async fn an_interface_endpoint_that_takes_no_reset_gets_full_access_as_text() {
    let mut account = account();
    let here = account.regions.get_mut(sample::REGION).unwrap();
    here.endpoints.read_mut().unwrap().get_mut("vpce-ssm").unwrap().policy = Some(FULL.into());
    let case = case("policy");
    let (simulation, aws) = simulated(account, &case);
    let (at, _) = target("vpce-ssm", "policy");
    let (full, closed) = (Policy::FullAccess, Policy::DenyAll);
    let _phase = aws.enter(Phase::Restore);
    EndpointPolicy.write(Write::new(&aws, &at, &full, &closed, &case.params)).await.unwrap();
    let refused = Fault::Refuse { code: "InvalidParameter", message: "ResetPolicy is for gateway endpoints" };
    aws.faults().set(When::Operation { name: "ec2:ModifyVpcEndpoint".into(), times: 1 }, refused);
    EndpointPolicy.write(Write::new(&aws, &at, &closed, &full, &case.params)).await.unwrap();
    assert_eq!(EndpointPolicy.state(&Look::new(&at, &simulation.account(), &case)), Now::Is(full));
}

#[tokio::test]
async fn a_deleted_endpoint_comes_back_under_a_new_id_with_its_addresses() {
    let (before, after, names) = there_and_back("delete", "vpce-ssm").await;
    let (before, after) = (&before.regions[sample::REGION], &after.regions[sample::REGION]);
    let (new, eni) = (names.current("vpce-ssm"), names.current("eni-vpce"));
    assert!(new != "vpce-ssm" && eni != "eni-vpce");
    let wanted = Known { interfaces: set(&[&eni]), ..before.endpoints.item("vpce-ssm").unwrap().clone() };
    assert_eq!(after.endpoints.item(&new), Some(&wanted));
    let wanted = Interface {
        description: format!("VPC Endpoint Interface {new}"),
        ..before.interfaces.item("eni-vpce").unwrap().clone()
    };
    assert_eq!(after.interfaces.item(&eni), Some(&wanted));
}
