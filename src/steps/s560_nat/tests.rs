use std::time::Duration;

use serde_json::json;

use super::body::NatBody;
use super::*;
use crate::account::NatAddress;
use crate::aws::Aws;
use crate::aws::ledger::Phase;
use crate::sim::Simulation;
use crate::sim::sample::REGION;
use crate::sim::sample_network::{account, made_route, set};
use crate::step::{Lens, Names, Now, Scope, StepError, Target, Verdict, Write};
use crate::steps::shared::testing;

fn case(way: &str, scope: Scope, names: &Names) -> Case {
    Case { scope, names: names.clone(), ..testing::case(&[("way", way)]) }
}

async fn collected(aws: &Aws) -> Account {
    testing::collected(&Nat, aws).await
}

fn gateway() -> Target {
    Target::new(Gateway::KIND, "nat-1").region(REGION).vpc("vpc-1")
}

fn state(account: &Account, case: &Case) -> Now<Option<NatBody>> {
    Gateway.state(&Look::new(&gateway(), account, case))
}

fn verdict(account: &Account, case: &Case) -> Verdict<Option<NatBody>> {
    let at = gateway();
    let look = Look::new(&at, account, case);
    let Now::Is(now) = Gateway.state(&look) else { panic!("it is there") };
    Gateway.contain(&now, &look)
}

#[expect(clippy::ref_option, reason = "a state is passed by reference, and this one is an Option")]
async fn write(aws: &Aws, from: &Option<NatBody>, to: &Option<NatBody>) -> Result<(), StepError> {
    Gateway.write(Write::new(aws, &gateway(), from, to, &Params::new())).await
}

async fn lead(aws: &Aws, to: &str, from: Option<String>, gateway: Option<String>) -> Result<(), StepError> {
    let at = Target::new(Route::KIND, format!("rtb-main/{to}")).region(REGION).vpc("vpc-1");
    ROUTES.write(Write::new(aws, &at, &from, &gateway, &Params::new())).await
}

#[test]
fn a_table_out_of_use_loses_its_routes_only_where_the_gateway_goes() {
    let mut account = account();
    let here = account.regions.get_mut(REGION).unwrap();
    here.route_tables.read_mut().unwrap().get_mut("rtb-main").unwrap().main = false;
    let changed = |way| testing::changed(&Nat, &account, &testing::case(&[("way", way)]));
    assert_eq!(changed("routes"), [""; 0]);
    assert_eq!(changed("delete"), ["rtb-main/0.0.0.0/0", "rtb-main/64:ff9b::/96", "nat-1"]);
    let here = account.regions.get_mut(REGION).unwrap();
    here.nat_gateways.read_mut().unwrap().get_mut("nat-1").unwrap().availability = "regional".into();
    assert_eq!(testing::changed(&Nat, &account, &testing::case(&[("way", "delete")])), [""; 0]);
}

#[test]
fn an_instance_forwards_when_it_neither_checks_nor_lacks_a_route() {
    let names = Names::default();
    let mut account = account();
    let found = |account: &Account| {
        let items = Nat.find(account, &case("routes", Scope::default(), &names)).items;
        items.iter().any(|item| item.at.kind == Instance::KIND)
    };
    assert!(!found(&account), "eni-web checks");
    let here = account.regions.get_mut(REGION).unwrap();
    here.interfaces.read_mut().unwrap().get_mut("eni-web").unwrap().source_dest_check = false;
    assert!(found(&account));
    let tables = account.regions.get_mut(REGION).unwrap().route_tables.read_mut().unwrap();
    tables.get_mut("rtb-own").unwrap().routes.retain(|route| route.target != "eni-web");
    assert!(!found(&account), "no route leads to it");
}

#[test]
fn a_gateway_that_serves_more_than_the_scope_stays() {
    let names = Names::default();
    let scope = Scope { subnets: set(&["subnet-1a"]), ..Scope::default() };
    let verdict = verdict(&account(), &case("delete", scope, &names));
    let why = "rtb-main leads to it for 0.0.0.0/0: rtb-main also serves subnet-1b, which is not in scope";
    assert_eq!(verdict, Verdict::Refuse(why.into()));
}

/// Deletes nat-1 and what leads to it; answers the world, the names, and the state it had.
async fn deleted(simulation: &Simulation, names: &Names) -> (Aws, Option<NatBody>) {
    let aws = Aws::simulated(simulation.clone()).for_run("run1", names.clone(), None);
    let case = case("delete", Scope::default(), names);
    let Now::Is(before) = state(&simulation.account(), &case) else { panic!("it is there") };
    let _phase = aws.enter(Phase::Apply);
    let early = write(&aws, &before, &None).await;
    assert!(early.unwrap_err().to_string().contains("still leads to nat-1"), "its routes go first");
    for destination in ["0.0.0.0/0", "64:ff9b::/96"] {
        lead(&aws, destination, Some("nat-1".into()), None).await.unwrap();
    }
    write(&aws, &before, &None).await.unwrap();
    (aws.clone(), before)
}

#[tokio::test]
async fn a_private_address_that_was_taken_is_replaced_and_the_gateway_counts_as_before() {
    let simulation = Simulation::new(account());
    simulation.meddle(|account| {
        // The sample gives every interface the same address.
        let here = account.regions.get_mut(REGION).unwrap();
        for (id, interface) in here.interfaces.read_mut().unwrap() {
            interface.private_ip = Some(if id == "eni-nat" { "10.0.1.5".into() } else { "10.0.2.77".into() });
        }
    });
    let names = Names::default();
    let (aws, before) = deleted(&simulation, &names).await;
    simulation.meddle(|account| {
        let here = account.regions.get_mut(REGION).unwrap();
        here.interfaces.read_mut().unwrap().get_mut("eni-plain").unwrap().private_ip =
            Some("10.0.1.5".into());
    });
    let _phase = aws.enter(Phase::Restore);
    write(&aws, &None, &before).await.unwrap();
    aws.clock().wait(Duration::from_secs(60)).await;
    let after = collected(&aws).await;
    let new = names.current("nat-1");
    assert_ne!(new, "nat-1");
    let address = after.regions[REGION].nat_gateways.item(&new).unwrap().addresses.first().unwrap().clone();
    assert_eq!(address.allocation.as_deref(), Some("eipalloc-nat"));
    assert_ne!(address.private_ip.as_deref(), Some("10.0.1.5"));
    assert_eq!(names.original(&address.interface.unwrap()), "eni-nat");
    let case = case("delete", Scope::default(), &names);
    assert_eq!(state(&after, &case), Now::Is(before), "as before, by its names");
    // A route that led to the old one leads to the new one.
    lead(&aws, "0.0.0.0/0", None, Some("nat-1".into())).await.unwrap();
    let table = simulation.account().regions[REGION].route_tables.item("rtb-main").unwrap().clone();
    assert!(table.routes.contains(&made_route("0.0.0.0/0", &new)));
}

#[tokio::test]
async fn a_gateway_that_aws_could_not_make_is_said_and_made_with_the_next_try() {
    let simulation = Simulation::new(account());
    simulation.meddle(|account| {
        let here = account.regions.get_mut(REGION).unwrap();
        for interface in here.interfaces.read_mut().unwrap().values_mut() {
            interface.private_ip = interface.private_ip.take().filter(|_| interface.kind == "nat_gateway");
        }
    });
    let names = Names::default();
    let (aws, before) = deleted(&simulation, &names).await;
    let attach = |vpc: Option<&'static str>| {
        simulation.meddle(|account| {
            let here = account.regions.get_mut(REGION).unwrap();
            here.internet_gateways.read_mut().unwrap().get_mut("igw-1").unwrap().vpc = vpc.map(Into::into);
        });
    };
    attach(None);
    let _phase = aws.enter(Phase::Restore);
    let failed = write(&aws, &None, &before).await;
    assert!(failed.unwrap_err().to_string().contains("Gateway.NotAttached"));
    let case = case("delete", Scope::default(), &names);
    assert_eq!(state(&simulation.account(), &case), Now::Is(None));
    attach(Some("vpc-1"));
    write(&aws, &None, &before).await.unwrap();
    aws.clock().wait(Duration::from_secs(60)).await;
    assert_eq!(state(&collected(&aws).await, &case), Now::Is(before));
}

#[tokio::test]
async fn what_a_gateway_made_again_lacks_is_said_at_once() {
    let simulation = Simulation::new(account());
    simulation.meddle(|account| {
        let here = account.regions.get_mut(REGION).unwrap();
        for (id, interface) in here.interfaces.read_mut().unwrap() {
            let own = if id == "eni-nat" { "10.0.1.5" } else { "10.0.2.77" };
            interface.private_ip = Some(own.into());
            if id == "eni-nat" {
                interface.secondary = [("10.0.1.6".into(), None)].into();
            }
        }
        let gateway = here.nat_gateways.read_mut().unwrap().get_mut("nat-1").unwrap();
        gateway.connectivity = "private".into();
        gateway.tags.insert("aws:cloudformation:stack-name".into(), "net".into());
        let part = |primary: bool, ip: &str| NatAddress {
            primary,
            private_ip: Some(ip.into()),
            interface: Some("eni-nat".into()),
            ..NatAddress::default()
        };
        gateway.addresses = [part(true, "10.0.1.5"), part(false, "10.0.1.6")].into();
    });
    let names = Names::default();
    let (aws, before) = deleted(&simulation, &names).await;
    simulation.meddle(|account| {
        let here = account.regions.get_mut(REGION).unwrap();
        here.interfaces.read_mut().unwrap().get_mut("eni-plain").unwrap().private_ip =
            Some("10.0.1.6".into());
    });
    let _phase = aws.enter(Phase::Restore);
    let began = aws.clock().now_ms();
    let made = write(&aws, &None, &before).await;
    let why = made.unwrap_err().to_string();
    assert!(why.ends_with("is not what nat-1 was: it has no 10.0.1.6"), "{why}");
    assert!(aws.clock().now_ms() - began < 60_000);
    let new = names.current("nat-1");
    let tags = &simulation.account().regions[REGION].nat_gateways.item(&new).unwrap().tags.clone();
    assert!(tags.contains_key("Name") && !tags.keys().any(|key| key.starts_with("aws:")), "{tags:?}");
}

#[test]
fn a_gateway_stays_where_a_route_to_it_stays() {
    let mut account = account();
    let tables = account.regions.get_mut(REGION).unwrap().route_tables.read_mut().unwrap();
    tables.get_mut("rtb-own").unwrap().routes.insert(made_route("8.8.8.0/24", "nat-1"));
    let Verdict::Refuse(stays) = verdict(&account, &testing::case(&[("way", "delete")])) else {
        panic!("a route still leads to it")
    };
    let why = "its packets would take 0.0.0.0/0 to igw-1 instead: cut that first (530)";
    assert_eq!(stays, format!("rtb-own leads to it for 8.8.8.0/24: {why}"));
}

#[test]
fn nat_of_a_shared_vpc_is_its_owners() {
    let mut account = account();
    let tables = account.regions.get_mut(REGION).unwrap().route_tables.read_mut().unwrap();
    let theirs = tables.values_mut().find(|table| table.vpc == "vpc-2").unwrap();
    theirs.routes.insert(made_route("0.0.0.0/0", "nat-theirs"));
    let told = testing::verdicts(&Nat, &account, &testing::case(&[]));
    let (_, now, verdict) = told.into_iter().find(|(at, ..)| at.id == "rtb-theirs/0.0.0.0/0").unwrap();
    assert_eq!(now, json!("nat-theirs"));
    assert!(matches!(verdict, Verdict::Refuse(why) if why.contains("belongs to 222222222222")));
}
