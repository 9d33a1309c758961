use std::time::Duration;

use aws_sdk_ec2::types::ConnectivityType;

use crate::aws::Aws;
use crate::aws::ledger::Phase;
use crate::sim::{Simulation, probe::code, sample::REGION, sample_network};

fn state(simulation: &Simulation, id: &str) -> String {
    let account = simulation.account();
    account.regions[REGION]
        .nat_gateways
        .item(id)
        .map_or_else(|| "gone".into(), |gateway| gateway.state.clone())
}

#[tokio::test]
async fn a_gateway_goes_slowly_and_a_new_one_comes_slowly() {
    let simulation = Simulation::new(sample_network::account());
    let aws = Aws::simulated(simulation.clone());
    let _phase = aws.enter(Phase::Apply);
    let ec2 = aws.ec2(REGION);
    let pass = async |seconds: u64| {
        aws.clock().wait(Duration::from_secs(seconds)).await;
        ec2.describe_nat_gateways().send().await.unwrap();
    };
    ec2.delete_nat_gateway().nat_gateway_id("nat-1").send().await.unwrap();
    assert_eq!(state(&simulation, "nat-1"), "deleting");
    let here = simulation.account().regions.remove(REGION).unwrap();
    let led = here.route_tables.item("rtb-main").unwrap().routes.iter().filter(|r| r.target == "nat-1");
    assert!(led.clone().count() == 2 && led.clone().all(|route| route.blackhole), "its routes stay and drop");
    assert!(here.addresses.item("eipalloc-nat").unwrap().interface.is_some(), "it holds its address");
    let create = |token: &str| {
        let call = ec2.create_nat_gateway().subnet_id("subnet-1b").allocation_id("eipalloc-nat");
        call.client_token(token)
    };
    let early = create("early").send().await.unwrap();
    pass(10).await;
    let early = early.nat_gateway().unwrap().nat_gateway_id().unwrap().to_owned();
    assert_eq!(state(&simulation, &early), "failed", "its address was in use");
    pass(10).await;
    assert_eq!(state(&simulation, "nat-1"), "gone");
    let here = simulation.account().regions.remove(REGION).unwrap();
    assert!(here.interfaces.item("eni-nat").is_none());
    assert!(here.addresses.item("eipalloc-nat").unwrap().interface.is_none(), "it stays allocated");
    assert_eq!(code(ec2.delete_nat_gateway().nat_gateway_id("nat-1").send().await), "NatGatewayNotFound");
    let taken = create("taken").private_ip_address("10.0.1.5").send().await;
    assert_eq!(code(taken), "InvalidIPAddress.InUse");
    let made = create("t").send().await.unwrap().nat_gateway().unwrap().nat_gateway_id().unwrap().to_owned();
    let again = create("t").send().await.unwrap();
    assert_eq!(again.nat_gateway().unwrap().nat_gateway_id(), Some(made.as_str()), "once a token");
    assert_eq!(state(&simulation, &made), "pending");
    pass(40).await;
    assert_eq!(state(&simulation, &made), "available");
    let here = simulation.account().regions.remove(REGION).unwrap();
    let interface = here.addresses.item("eipalloc-nat").unwrap().interface.clone().unwrap();
    assert_eq!(here.interfaces.item(&interface).unwrap().public_ip.as_deref(), Some("203.0.113.7"));
}

#[tokio::test]
async fn only_a_public_gateway_has_an_elastic_address() {
    let aws = Aws::simulated(Simulation::new(sample_network::account()));
    let _phase = aws.enter(Phase::Apply);
    let ec2 = aws.ec2(REGION);
    let create = || ec2.create_nat_gateway().subnet_id("subnet-1b");
    assert_eq!(code(create().send().await), "InvalidParameterCombination");
    let private = || create().connectivity_type(ConnectivityType::Private);
    assert_eq!(code(private().allocation_id("eipalloc-free").send().await), "InvalidParameterCombination");
    assert_eq!(code(private().send().await), "none");
    assert_eq!(code(create().allocation_id("eipalloc-9").send().await), "InvalidAllocationID.NotFound");
    let shared = ec2.create_nat_gateway().subnet_id("subnet-2a").allocation_id("eipalloc-free");
    assert_eq!(code(shared.send().await), "UnauthorizedOperation");
}
