use std::time::Duration;

use aws_sdk_ec2::types::{SubnetConfiguration, VpcEndpointType};

use super::default_policy;
use crate::account::{Account, Endpoint, EndpointDns, Interface, Route, RouteTable, Section, Seen};
use crate::aws::Aws;
use crate::aws::ledger::Phase;
use crate::sim::{Simulation, probe, probe::code, sample};

const S3: &str = "com.amazonaws.us-east-1.s3";
const SSM: &str = "com.amazonaws.us-east-1.ssm";

fn set(items: &[&str]) -> std::collections::BTreeSet<String> {
    items.iter().map(ToString::to_string).collect()
}

fn account() -> Account {
    let mut account = sample::account();
    for region in account.regions.values_mut() {
        (region.endpoints, region.route_tables) = (Seen::Read([].into()), Seen::Read([].into()));
    }
    let region = account.regions.get_mut(sample::REGION).unwrap();
    let gateway = Endpoint {
        vpc: "vpc-1".into(),
        owner: sample::ME.into(),
        kind: "Gateway".into(),
        service: S3.into(),
        state: "available".into(),
        policy: Some(default_policy("Gateway").into()),
        route_tables: set(&["rtb-1"]),
        takes_policy: Some(true),
        ..Endpoint::default()
    };
    let interface = Endpoint {
        kind: "Interface".into(),
        service: SSM.into(),
        policy: Some(default_policy("Interface").into()),
        route_tables: set(&[]),
        subnets: set(&["subnet-1a"]),
        groups: set(&["sg-web"]),
        interfaces: set(&["eni-vpce"]),
        private_dns: true,
        ip_address_type: Some("ipv4".into()),
        dns: EndpointDns { records: Some("ipv4".into()), ..EndpointDns::default() },
        tags: sample::tag("Name", "ssm"),
        ..gateway.clone()
    };
    let theirs = Endpoint {
        owner: sample::OTHER.into(),
        vpc: "vpc-2".into(),
        interfaces: set(&[]),
        service: "com.amazonaws.vpce.us-east-1.vpce-svc-1".into(),
        takes_policy: Some(false),
        ..interface.clone()
    };
    let managed = Endpoint { owner: sample::ME.into(), requester_managed: true, ..theirs.clone() };
    let own = Endpoint { requester_managed: false, ..managed.clone() };
    let eni = Interface {
        private_ip: Some("10.0.1.9".into()),
        ..super::interface(&interface, "vpce-ssm", "subnet-1a")
    };
    region.interfaces.read_mut().unwrap().insert("eni-vpce".into(), eni);
    region.endpoints = Seen::Read(
        [
            ("vpce-s3", gateway),
            ("vpce-ssm", interface),
            ("vpce-theirs", theirs),
            ("vpce-managed", managed),
            ("vpce-own", own),
        ]
        .map(|(id, endpoint)| (id.to_owned(), endpoint))
        .into(),
    );
    let route = |destination: &str, target: &str, origin: &str| Route {
        destination: destination.into(),
        target: target.into(),
        origin: origin.into(),
        blackhole: false,
    };
    let table = RouteTable {
        vpc: "vpc-1".into(),
        owner: sample::ME.into(),
        routes: [route("10.0.0.0/16", "local", "CreateRouteTable")].into(),
        ..RouteTable::default()
    };
    let mut with = table.clone();
    with.routes.insert(route("pl-63a5400a", "vpce-s3", "CreateRoute"));
    region.route_tables = Seen::Read([("rtb-1".to_owned(), with), ("rtb-2".to_owned(), table)].into());
    account
}

async fn collected(aws: &Aws) -> std::collections::BTreeMap<String, Endpoint> {
    probe::collected(aws, Section::Endpoints).await.endpoints.read().unwrap().clone()
}

#[tokio::test]
async fn collecting_a_simulated_account_gives_the_same_account() {
    for paged in [false, true] {
        let simulation = Simulation::new(account());
        if paged {
            simulation.one_item_a_page();
        }
        let wanted = account().regions[sample::REGION].endpoints.read().unwrap().clone();
        assert_eq!(collected(&Aws::simulated(simulation)).await, wanted);
    }
}

#[tokio::test]
async fn a_policy_is_taken_where_the_service_takes_one() {
    let aws = Aws::simulated(Simulation::new(account()));
    let _phase = aws.enter(Phase::Apply);
    let ec2 = aws.ec2(sample::REGION);
    let modify = |id: &str| ec2.modify_vpc_endpoint().vpc_endpoint_id(id);
    let policy = |id: &str, text: &str| modify(id).policy_document(text).send();
    assert_eq!(code(policy("vpce-s3", "{").await), "InvalidPolicyDocument");
    assert_eq!(code(policy("vpce-own", "{}").await), "InvalidParameter");
    assert_eq!(code(policy("vpce-theirs", "{}").await), "UnauthorizedOperation");
    assert_eq!(code(policy("vpce-managed", "{}").await), "OperationNotPermitted");
    assert_eq!(code(policy("vpce-9", "{}").await), "InvalidVpcEndpointId.NotFound");
    let both = modify("vpce-s3").policy_document("{}").reset_policy(true).send();
    assert_eq!(code(both.await), "InvalidParameterCombination");
    assert_eq!(code(policy("vpce-s3", "{}").await), "none");
    assert_eq!(collected(&aws).await["vpce-s3"].policy.as_deref(), Some("{}"));
    assert_eq!(code(modify("vpce-s3").reset_policy(true).send().await), "none");
    assert_eq!(collected(&aws).await["vpce-s3"].policy.as_deref(), Some(default_policy("Gateway")));
}

#[tokio::test]
async fn a_gateway_endpoint_is_a_route_in_its_tables() {
    let simulation = Simulation::new(account());
    let aws = Aws::simulated(simulation.clone());
    let _phase = aws.enter(Phase::Apply);
    let ec2 = aws.ec2(sample::REGION);
    let modify = |id: &str| ec2.modify_vpc_endpoint().vpc_endpoint_id(id);
    let routes = |table: &str| {
        let tables = simulation.account().regions[sample::REGION].route_tables.read().unwrap().clone();
        tables[table].routes.iter().filter(|route| route.target == "vpce-s3").count()
    };
    assert_eq!(code(modify("vpce-ssm").add_route_table_ids("rtb-1").send().await), "InvalidParameter");
    let unknown = modify("vpce-s3").add_route_table_ids("rtb-9").send();
    assert_eq!(code(unknown.await), "InvalidRouteTableId.NotFound");
    let both = modify("vpce-s3").add_route_table_ids("rtb-2").remove_route_table_ids("rtb-1").send();
    assert_eq!(code(both.await), "none");
    assert_eq!((routes("rtb-1"), routes("rtb-2")), (0, 1));
    assert_eq!(code(modify("vpce-s3").add_route_table_ids("rtb-1").send().await), "none");
    assert_eq!(simulation.account().regions[sample::REGION].route_tables, {
        let mut wanted = account();
        let tables = wanted.regions.get_mut(sample::REGION).unwrap().route_tables.read_mut().unwrap();
        let routes = tables["rtb-1"].routes.clone();
        tables.get_mut("rtb-2").unwrap().routes = routes;
        wanted.regions[sample::REGION].route_tables.clone()
    });
}

#[tokio::test]
async fn what_cannot_be_deleted_is_in_the_list_and_the_rest_goes() {
    let simulation = Simulation::new(account());
    let aws = Aws::simulated(simulation.clone());
    let _phase = aws.enter(Phase::Apply);
    let ec2 = aws.ec2(sample::REGION);
    let delete = ec2.delete_vpc_endpoints().vpc_endpoint_ids("vpce-s3").vpc_endpoint_ids("vpce-9");
    let answer = delete.vpc_endpoint_ids("vpce-managed").vpc_endpoint_ids("vpce-ssm").send().await.unwrap();
    let codes: Vec<&str> = answer.unsuccessful().iter().filter_map(|failed| failed.error()?.code()).collect();
    assert_eq!(codes, ["InvalidVpcEndpoint.NotFound", "OperationNotPermitted"]);
    let now = collected(&aws).await;
    assert!(!now.contains_key("vpce-s3"));
    assert_eq!(now["vpce-ssm"].state, "deleting");
    aws.clock().wait(Duration::from_secs(60)).await;
    assert!(!collected(&aws).await.contains_key("vpce-ssm"));
    assert!(simulation.account().regions[sample::REGION].interfaces.item("eni-vpce").is_none());
}

#[tokio::test]
async fn a_token_makes_one_endpoint_and_its_addresses_are_those_asked_for() {
    let simulation = Simulation::new(account());
    let aws = Aws::simulated(simulation.clone());
    let _phase = aws.enter(Phase::Apply);
    let ec2 = aws.ec2(sample::REGION);
    let create = |token: &str, address: &str| {
        let place = SubnetConfiguration::builder().subnet_id("subnet-1a").ipv4(address).build();
        let create = ec2.create_vpc_endpoint().vpc_endpoint_type(VpcEndpointType::Interface).vpc_id("vpc-1");
        create.service_name(SSM).subnet_ids("subnet-1a").subnet_configurations(place).client_token(token)
    };
    assert_eq!(code(create("a", "10.0.1.9").send().await), "InvalidIPAddress.InUse");
    assert_eq!(code(create("a", "10.0.1.50").private_dns_enabled(true).send().await), "InvalidParameter");
    assert_eq!(code(create("a", "10.0.1.50").vpc_id("vpc-2").send().await), "UnauthorizedOperation");
    let made = create("a", "10.0.1.50").send().await.unwrap();
    let again = create("a", "10.0.1.50").send().await.unwrap();
    assert_eq!(made.vpc_endpoint(), again.vpc_endpoint());
    let id = made.vpc_endpoint().unwrap().vpc_endpoint_id().unwrap();
    assert_eq!(made.vpc_endpoint().unwrap().state().unwrap().as_str(), "pending");
    aws.clock().wait(Duration::from_secs(60)).await;
    let now = collected(&aws).await;
    assert_eq!((now[id].state.as_str(), now[id].takes_policy), ("available", Some(true)));
    let eni = now[id].interfaces.first().unwrap();
    let account = simulation.account();
    let address = account.regions[sample::REGION].interfaces.item(eni).unwrap().private_ip.clone();
    assert_eq!(address.as_deref(), Some("10.0.1.50"));
}
