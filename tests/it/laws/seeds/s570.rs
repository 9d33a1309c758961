//! Seeds of 570: endpoints that take a policy and others, gateways out of their tables, and both
//! kinds deleted.

use std::collections::BTreeSet;

use serde_json::json;
use unplug::account::{
    Account, Caller, Endpoint, EndpointDns, Interface, Region, Route, RouteTable, Seen, Subnet, Tags, Vpc,
};

use super::{Seed, seed, with};

const ME: &str = "111111111111";
const OTHER: &str = "222222222222";
const FULL: &str = r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;
/// Means the same, and is somebody's own text.
const AS_FULL: &str =
    r#"{"Statement": [{"Sid": "", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}"#;
const OWN: &str = "{\n \"Statement\": [ {\"Effect\":\"Allow\", \"Principal\":\"*\", \"Action\":\"ssm:*\", \"Resource\":\"*\"} ]\n}";

fn set(items: &[&str]) -> BTreeSet<String> {
    items.iter().map(ToString::to_string).collect()
}

fn name(text: &str) -> Tags {
    [("Name".to_owned(), text.to_owned())].into()
}

fn gateway(table: &str) -> Endpoint {
    Endpoint {
        vpc: "vpc-1".into(),
        owner: ME.into(),
        kind: "Gateway".into(),
        service: "com.amazonaws.us-east-1.s3".into(),
        state: "available".into(),
        policy: Some(FULL.into()),
        route_tables: set(&[table]),
        takes_policy: Some(true),
        ..Endpoint::default()
    }
}

fn interface() -> Endpoint {
    Endpoint {
        kind: "Interface".into(),
        service: "com.amazonaws.us-east-1.ssm".into(),
        policy: Some(OWN.into()),
        route_tables: set(&[]),
        subnets: set(&["subnet-1"]),
        groups: set(&["sg-1"]),
        interfaces: set(&["eni-vpce"]),
        private_dns: true,
        ip_address_type: Some("dualstack".into()),
        dns: EndpointDns { records: Some("dualstack".into()), ..EndpointDns::default() },
        tags: name("ssm"),
        ..gateway("")
    }
}

fn route(destination: &str, target: &str) -> Route {
    Route {
        destination: destination.into(),
        target: target.into(),
        origin: if target == "local" { "CreateRouteTable" } else { "CreateRoute" }.into(),
        blackhole: false,
    }
}

/// One VPC, dual stack, with a gateway and an interface endpoint.
fn account(change: fn(&mut Region)) -> Account {
    let caller = Caller { arn: format!("arn:aws:iam::{ME}:user/oncall"), ..Caller::default() };
    let mut account = Account::unread(ME, caller);
    account.alias = Seen::Read(None);
    account.enabled_regions = Seen::Read(set(&["us-east-1"]));
    let subnet = Subnet {
        vpc: "vpc-1".into(),
        owner: ME.into(),
        zone: "us-east-1a".into(),
        cidr: "10.0.1.0/24".into(),
        ipv6_cidr: Some("2001:db8:0:1::/64".into()),
        ..Subnet::default()
    };
    let vpc = Vpc {
        owner: ME.into(),
        cidrs: set(&["10.0.0.0/16"]),
        ipv6_cidrs: set(&["2001:db8::/56"]),
        ..Vpc::default()
    };
    let eni = Interface {
        vpc: "vpc-1".into(),
        subnet: "subnet-1".into(),
        owner: ME.into(),
        kind: "vpc_endpoint".into(),
        description: "VPC Endpoint Interface vpce-ssm".into(),
        groups: set(&["sg-1"]),
        managed_by: Some("727180483921".into()),
        private_ip: Some("10.0.1.9".into()),
        ipv6: set(&["2001:db8:0:1::9"]),
        source_dest_check: true,
        ..Interface::default()
    };
    let table = RouteTable {
        vpc: "vpc-1".into(),
        owner: ME.into(),
        main: true,
        routes: [
            route("10.0.0.0/16", "local"),
            route("2001:db8::/56", "local"),
            route("pl-63a5400a", "vpce-s3"),
            route("10.8.0.0/16", "pcx-1"),
        ]
        .into(),
        ..RouteTable::default()
    };
    let mut region = Region {
        vpcs: Seen::Read([("vpc-1".into(), vpc)].into()),
        subnets: Seen::Read([("subnet-1".into(), subnet)].into()),
        interfaces: Seen::Read([("eni-vpce".into(), eni)].into()),
        route_tables: Seen::Read([("rtb-1".into(), table)].into()),
        prefix_lists: super::s540::lists(),
        endpoints: Seen::Read(
            [("vpce-s3".into(), gateway("rtb-1")), ("vpce-ssm".into(), interface())].into(),
        ),
        ..Region::empty()
    };
    change(&mut region);
    account.regions.insert("us-east-1".into(), region);
    account
}

/// A third, which denies everything already; and the gateway has a text of somebody's own.
fn closed(region: &mut Region) {
    let denies = json!({ "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*" });
    let closed = json!({ "Statement": [denies] }).to_string();
    let closed = Endpoint { policy: Some(closed), ..gateway("rtb-9") };
    let endpoints = region.endpoints.read_mut().unwrap();
    endpoints.insert("vpce-closed".to_owned(), closed);
    endpoints.get_mut("vpce-s3").unwrap().policy = Some(AS_FULL.into());
}

/// What must not be touched, beside the two.
fn others(region: &mut Region) {
    let foreign = Endpoint {
        service: "com.amazonaws.vpce.us-east-1.vpce-svc-1".into(),
        policy: Some(FULL.into()),
        takes_policy: Some(false),
        private_dns: false,
        subnets: set(&[]),
        interfaces: set(&[]),
        tags: Tags::new(),
        ..interface()
    };
    closed(region);
    let endpoints = region.endpoints.read_mut().unwrap();
    for (id, endpoint) in [
        ("vpce-managed", Endpoint { requester_managed: true, ..foreign.clone() }),
        ("vpce-theirs", Endpoint { owner: OTHER.into(), ..foreign.clone() }),
        ("vpce-partner", foreign),
    ] {
        endpoints.insert(id.to_owned(), endpoint);
    }
}

fn endpoint<'a>(account: &'a mut Account, id: &str) -> &'a mut Endpoint {
    let region = account.regions.get_mut("us-east-1").unwrap();
    region.endpoints.read_mut().unwrap().get_mut(id).unwrap()
}

/// The seeds of step 570.
pub fn seeds() -> Vec<Seed> {
    vec![
        seed(
            "endpoints by policy",
            570,
            account(others),
            Some(|account| endpoint(account, "vpce-ssm").policy = Some(OWN.replace("ssm:*", "s3:*"))),
        ),
        with(
            seed(
                "gateways out of their tables",
                570,
                account(|_| ()),
                Some(|account| {
                    endpoint(account, "vpce-s3").route_tables = set(&["rtb-2"]);
                }),
            ),
            "way",
            json!("detach"),
        ),
        with(seed("endpoints deleted", 570, account(closed), None), "way", json!("delete")),
    ]
}
