use std::time::Duration;

use crate::account::{Account, Section};
use crate::aws::Aws;
use crate::aws::ledger::Phase;
use crate::collect::{Ask, identify, read};
use crate::sim::{Simulation, probe::code, sample::REGION, sample_network};

const SECTIONS: [Section; 6] = [
    Section::RouteTables,
    Section::PrefixLists,
    Section::InternetGateways,
    Section::EgressGateways,
    Section::NatGateways,
    Section::Addresses,
];

async fn collected(simulation: &Simulation, vpc: Option<&str>) -> Account {
    let aws = Aws::simulated(simulation.clone());
    let known = identify(&aws).await.expect("an identity");
    let vpcs = vpc.map(|vpc| [vpc.to_owned()].into());
    let ask = Ask { sections: SECTIONS.into(), vpcs, ..Ask::default() };
    read(&aws, &known, &ask, &|_, _| {}).await
}

#[tokio::test]
async fn collecting_a_simulated_account_gives_the_same_account() {
    let simulation = Simulation::new(sample_network::account());
    let paged = simulation.fork();
    paged.one_item_a_page();
    for simulation in [simulation, paged] {
        let found = collected(&simulation, None).await;
        for (name, was) in sample_network::account().regions {
            let is = &found.regions[&name];
            assert_eq!(is.route_tables, was.route_tables);
            assert_eq!(is.prefix_lists, was.prefix_lists);
            assert_eq!(is.internet_gateways, was.internet_gateways);
            assert_eq!(is.egress_gateways, was.egress_gateways);
            assert_eq!(is.nat_gateways, was.nat_gateways);
            assert_eq!(is.addresses, was.addresses);
        }
    }
}

#[tokio::test]
async fn a_detached_gateway_is_read_whatever_vpcs_are_asked_for() {
    let simulation = Simulation::new(sample_network::account());
    let here = collected(&simulation, Some("vpc-2")).await.regions.remove(REGION).unwrap();
    assert_eq!(here.route_tables.items().count(), 1);
    assert_eq!(here.nat_gateways.items().count(), 0);
    assert!(here.internet_gateways.item("igw-free").is_some());
}

#[tokio::test]
async fn a_page_of_route_tables_is_of_five_to_a_hundred() {
    let aws = Aws::simulated(Simulation::new(sample_network::account()));
    for (size, answer) in [(4, "InvalidParameterValue"), (101, "InvalidParameterValue"), (100, "none")] {
        assert_eq!(code(aws.ec2(REGION).describe_route_tables().max_results(size).send().await), answer);
    }
}

#[tokio::test]
async fn what_is_not_anybodys_route_cannot_be_deleted() {
    let aws = Aws::simulated(Simulation::new(sample_network::account()));
    let _phase = aws.enter(Phase::Apply);
    let ec2 = aws.ec2(REGION);
    let delete = |table: &str, to: &str| ec2.delete_route().route_table_id(table).destination_cidr_block(to);
    assert_eq!(code(delete("rtb-main", "10.0.0.0/16").send().await), "InvalidParameterValue", "local");
    assert_eq!(code(delete("rtb-main", "10.93.0.0/16").send().await), "InvalidParameterValue", "advertised");
    assert_eq!(code(delete("rtb-own", "10.55.0.0/16").send().await), "InvalidRoute.NotFound");
    assert_eq!(code(delete("rtb-gone", "0.0.0.0/0").send().await), "InvalidRouteTableID.NotFound");
    assert_eq!(code(delete("rtb-theirs", "0.0.0.0/0").send().await), "UnauthorizedOperation");
    let endpoint = ec2.delete_route().route_table_id("rtb-own").destination_prefix_list_id("pl-s3");
    assert_eq!(code(endpoint.send().await), "InvalidParameterValue", "a gateway endpoint's");
    assert_eq!(code(delete("rtb-main", "10.50.0.0/16").send().await), "none", "the one made by hand");
    assert_eq!(code(delete("rtb-main", "10.50.0.0/16").send().await), "InvalidParameterValue", "propagated");
}

#[tokio::test]
async fn a_route_has_one_target_that_is_there() {
    let aws = Aws::simulated(Simulation::new(sample_network::account()));
    let _phase = aws.enter(Phase::Apply);
    let ec2 = aws.ec2(REGION);
    let create = |to: &str| ec2.create_route().route_table_id("rtb-own").destination_cidr_block(to);
    let two = create("10.5.0.0/16").gateway_id("igw-1").nat_gateway_id("nat-1");
    assert_eq!(code(two.send().await), "InvalidParameterCombination");
    assert_eq!(code(create("10.5.0.0/16").send().await), "MissingParameter");
    assert_eq!(code(create("0.0.0.0/0").nat_gateway_id("nat-1").send().await), "RouteAlreadyExists");
    assert_eq!(code(create("10.5.0.0/16").gateway_id("igw-free").send().await), "InvalidParameterValue");
    assert_eq!(
        code(create("10.5.0.0/16").gateway_id("igw-9").send().await),
        "InvalidInternetGatewayID.NotFound"
    );
    let failed = create("10.5.0.0/16").nat_gateway_id("nat-failed");
    assert_eq!(code(failed.send().await), "InvalidNatGatewayID.NotFound");
    let list = ec2.create_route().route_table_id("rtb-own").destination_prefix_list_id("pl-9");
    assert_eq!(code(list.gateway_id("igw-1").send().await), "InvalidPrefixListID.NotFound");
    assert_eq!(code(create("10.5.0.0/16").nat_gateway_id("nat-1").send().await), "none");
}

#[tokio::test]
async fn associations_get_a_new_id_with_each_change() {
    let simulation = Simulation::new(sample_network::account());
    let aws = Aws::simulated(simulation.clone());
    let _phase = aws.enter(Phase::Apply);
    let ec2 = aws.ec2(REGION);
    let made = ec2.create_route_table().vpc_id("vpc-1").send().await.unwrap();
    let made = made.route_table().unwrap();
    assert_eq!(made.routes().len(), 3, "a local route for each range, IPv6 included");
    let new = made.route_table_id().unwrap();
    let associations = |table: &'static str| {
        let list = ec2.describe_route_tables().route_table_ids(table).send();
        async move { list.await.unwrap().route_tables()[0].associations().to_vec() }
    };
    let main = associations("rtb-main").await[0].route_table_association_id().unwrap().to_owned();
    let own = associations("rtb-own").await[0].route_table_association_id().unwrap().to_owned();
    let replace = |id: &str, table: &str| {
        ec2.replace_route_table_association().association_id(id).route_table_id(table)
    };
    assert_eq!(code(replace(&own, new).send().await), "InvalidRouteTableID.NotFound", "not visible yet");
    aws.clock().wait(Duration::from_secs(2)).await;
    assert_eq!(code(replace(&own, "rtb-theirs").send().await), "UnauthorizedOperation");
    let end = |id: &str| ec2.disassociate_route_table().association_id(id);
    assert_eq!(code(end(&main).send().await), "InvalidParameterValue", "the main one");
    assert_eq!(code(replace(&main, new).send().await), "none");
    assert_eq!(code(replace(&main, new).send().await), "InvalidAssociationID.NotFound", "a stale id");
    assert_eq!(code(ec2.delete_route_table().route_table_id(new).send().await), "DependencyViolation");
    let again = ec2.associate_route_table().route_table_id(new).subnet_id("subnet-1a");
    assert_eq!(code(again.send().await), "Resource.AlreadyAssociated");
    let shared = ec2.associate_route_table().route_table_id(new).subnet_id("subnet-2a");
    assert_eq!(code(shared.send().await), "UnauthorizedOperation");
    assert_eq!(code(end(&own).send().await), "none");
    let here = simulation.account().regions.remove(REGION).unwrap();
    assert_eq!(here.effective_table("subnet-1a").unwrap().0, new, "it follows the new main table");
}

#[tokio::test]
async fn what_a_gateway_propagates_comes_back_with_the_propagation() {
    let simulation = Simulation::new(sample_network::account());
    let aws = Aws::simulated(simulation.clone());
    let _phase = aws.enter(Phase::Apply);
    let ec2 = aws.ec2(REGION);
    let off = ec2.disable_vgw_route_propagation().route_table_id("rtb-main").gateway_id("vgw-1");
    off.send().await.unwrap();
    let table = simulation.account().regions[REGION].route_tables.item("rtb-main").unwrap().clone();
    let to: Vec<&str> =
        table.routes.iter().filter(|r| r.target == "vgw-1").map(|r| r.origin.as_str()).collect();
    assert_eq!(to, ["CreateRoute"], "the one made by hand stays");
    let on = ec2.enable_vgw_route_propagation().route_table_id("rtb-main").gateway_id("vgw-1");
    on.send().await.unwrap();
    assert_eq!(simulation.account(), sample_network::account());
}
