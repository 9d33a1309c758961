use super::*;
use crate::account::{Endpoint, InternetGateway, NatGateway, Route, RouteTable, Seen, SideDoor};
use crate::sim::sample;
use crate::steps::shared::testing::case;

#[test]
fn each_vpc_is_one_line_with_its_ways_out() {
    let mut account = sample::account();
    let here = account.regions.get_mut(sample::REGION).unwrap();
    let igw = InternetGateway { vpc: Some("vpc-1".into()), ..InternetGateway::default() };
    let nat = NatGateway { vpc: "vpc-1".into(), ..NatGateway::default() };
    here.internet_gateways = Seen::Read([("igw-1".to_owned(), igw)].into());
    here.nat_gateways = Seen::Read([("nat-1".to_owned(), nat)].into());
    let found = Vpcs.find(&account, &case(&[]));
    let texts: Vec<&str> = found.findings.iter().map(|finding| finding.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "vpc-1 (main): 2 subnets, 7 interfaces, 1 with a public IPv4 address, 1 with IPv6; internet \
             gateway igw-1; NAT nat-1; not judged: interfaces of services: an EKS cluster (1), \
             eks.amazonaws.com (1)",
            "vpc-2 (main), shared from 222222222222: 1 subnet, 1 interface; no gateway or link was found",
        ]
    );
    assert!(found.items.is_empty());
}

#[test]
fn ways_that_are_not_judged_are_named_where_they_stand() {
    let mut account = sample::account();
    let here = account.regions.get_mut(sample::REGION).unwrap();
    let route = |target: &str| Route { target: target.into(), ..Route::default() };
    let lattice = RouteTable {
        vpc: "vpc-1".into(),
        routes: ["VpcLattice", "lgw-1", "igw-1", "local"].map(route).into(),
        ..RouteTable::default()
    };
    here.route_tables = Seen::Read([("rtb-1".to_owned(), lattice)].into());
    let door = |kind: &str, vpc: Option<&str>, interface: Option<&str>, to: &str| SideDoor {
        kind: kind.into(),
        vpc: vpc.map(Into::into),
        interface: interface.map(Into::into),
        to: to.into(),
        ..SideDoor::default()
    };
    here.side_doors = Seen::Read(
        [
            ("vae-1", door("verified-access", None, Some("eni-web"), "app.example")),
            ("tms-1", door("mirror", None, Some("eni-web"), "tmt-1")),
            ("rslvr-out-1", door("resolver", Some("vpc-1"), None, "outbound")),
            ("tms-9", door("mirror", None, Some("eni-gone"), "tmt-1")),
        ]
        .map(|(id, door)| (id.to_owned(), door))
        .into(),
    );
    let resource = "arn:aws:vpc-lattice:eu-west-1:1:resourceconfiguration/rcfg-1";
    let of_endpoint = |endpoint: &str| SideDoor {
        endpoint: Some(endpoint.into()),
        ..door("association", None, None, resource)
    };
    let doors = here.side_doors.read_mut().unwrap();
    doors.insert("vpce-rsc-asc-1".into(), of_endpoint("vpce-1"));
    doors.insert("vpce-rsc-asc-9".into(), of_endpoint("vpce-gone"));
    let endpoint = Endpoint { vpc: "vpc-1".into(), kind: "Resource".into(), ..Endpoint::default() };
    here.endpoints = Seen::Read([("vpce-1".to_owned(), endpoint)].into());
    let subnet = here.subnets.read_mut().unwrap().get_mut("subnet-1b").unwrap();
    subnet.local_interfaces_at = Some(1);
    let instance = here.instances.read_mut().unwrap().get_mut("i-1").unwrap();
    instance.secondary_networks.insert("sn-1".into());
    let resolver = here.interfaces.read_mut().unwrap().get_mut("eni-eks").unwrap();
    resolver.description = "Route 53 Resolver: rslvr-out-1:rni-1".into();
    let said = Vpcs.find(&account, &case(&[])).findings.into_iter().map(|f| f.text).collect::<Vec<_>>();
    let [main, _, region] = &said[..] else { panic!("{said:?}") };
    assert!(main.contains("; local gateway lgw-1; not judged: "), "{main}");
    let (_, ways) = main.split_once("; not judged: ").unwrap();
    assert_eq!(
        ways.split("; ").collect::<Vec<_>>(),
        [
            "VPC Lattice",
            "an Outpost's local interfaces in subnet-1b",
            "i-1 in secondary network sn-1",
            "outbound Resolver endpoint rslvr-out-1",
            "traffic of eni-web mirrored to tmt-1 (tms-1)",
            "Verified Access vae-1 (app.example)",
            &format!("VPC Lattice {resource} by vpce-1 (vpce-rsc-asc-1)"),
            "interfaces of services: Route 53 Resolver (1), an EKS cluster (1)",
        ]
    );
    assert!(region.contains("2 ways of no VPC that was read: traffic of eni-gone"), "{region}");
}
