//! Seeds of 510 besides the company's: what services manage, the front, kept CIDRs, a part in scope.

use serde_json::json;
use unplug::account::{
    Account, ConnectEndpoint, Database, Endpoint, Group, Interface, Listener, LoadBalancer, Peer, Region,
    Rule, Subnet, Vpc,
};
use unplug::step::Scope;

use super::s510_owners;
use super::s520::{account, map, set};
use super::{Seed, seed, with};

pub(super) const REGION: &str = "us-east-1";
const ME: &str = "111111111111";
const FRONT: &str = "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/app/front/1";
const LINK: &str = "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/net/link/2";
const BARE: &str = "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/net/bare/3";
const ORDERS: &str = "arn:aws:rds:us-east-1:111111111111:db:orders";
const USERS: &str = "arn:aws:rds:us-east-1:111111111111:cluster:users";

fn interface(subnet: &str, groups: &[&str]) -> Interface {
    Interface {
        vpc: "vpc-1".into(),
        subnet: subnet.into(),
        owner: ME.into(),
        kind: "interface".into(),
        groups: set(groups),
        source_dest_check: true,
        ..Interface::default()
    }
}

pub(super) fn managed(subnet: &str, groups: &[&str], description: &str) -> Interface {
    Interface {
        managed_by: Some("amazon-aws".into()),
        description: description.into(),
        ..interface(subnet, groups)
    }
}

/// A VPC with IPv6, two subnets and two groups.
pub(super) fn network() -> Region {
    let vpc = Vpc {
        owner: ME.into(),
        cidrs: set(&["10.0.0.0/16"]),
        ipv6_cidrs: set(&["2001:db8::/56"]),
        ..Vpc::default()
    };
    let subnet = |cidr: &str| Subnet {
        vpc: "vpc-1".into(),
        owner: ME.into(),
        zone: "us-east-1a".into(),
        cidr: cidr.into(),
        ..Subnet::default()
    };
    let group = |name: &str, open: bool| {
        let any = open.then(|| Rule::all(Peer::Ipv4("0.0.0.0/0".into())));
        Group {
            name: name.into(),
            description: name.into(),
            vpc: "vpc-1".into(),
            owner: ME.into(),
            ingress: any.clone().into_iter().collect(),
            egress: any.into_iter().collect(),
            ..Group::default()
        }
    };
    Region {
        vpcs: map([("vpc-1", vpc)]),
        subnets: map([("subnet-a", subnet("10.0.1.0/24")), ("subnet-b", subnet("10.0.2.0/24"))]),
        groups: map([("sg-web", group("web", true)), ("sg-closed", group("closed", false))]),
        ..Region::empty()
    }
}

fn balancer(name: &str, kind: &str, groups: &[&str]) -> LoadBalancer {
    LoadBalancer {
        name: name.into(),
        vpc: "vpc-1".into(),
        kind: kind.into(),
        scheme: "internet-facing".into(),
        ip_address_type: "dualstack".into(),
        dns_name: format!("{name}.elb.amazonaws.com"),
        state: "active".into(),
        subnets: set(&["subnet-a", "subnet-b"]),
        groups: set(groups),
        listeners: [Listener { protocol: "TCP".into(), port: 443 }].into(),
        ..LoadBalancer::default()
    }
}

/// Two load balancers that change, one that has no group and one host.
pub(super) fn fronted() -> Region {
    let link = LoadBalancer { private_link_unfiltered: true, ..balancer("link", "network", &["sg-web"]) };
    Region {
        load_balancers: map([
            (FRONT, balancer("front", "application", &["sg-web", "sg-closed"])),
            (LINK, link),
            (BARE, balancer("bare", "network", &[])),
        ]),
        interfaces: map([
            ("eni-host", interface("subnet-a", &["sg-web"])),
            ("eni-already", interface("subnet-a", &["sg-closed"])),
            ("eni-front-a", managed("subnet-a", &["sg-web", "sg-closed"], "ELB app/front/1")),
            ("eni-front-b", managed("subnet-b", &["sg-web", "sg-closed"], "ELB app/front/1")),
            ("eni-theirs", Interface { owner: "222222222222".into(), ..interface("subnet-b", &["sg-web"]) }),
        ]),
        ..network()
    }
}

/// A database, a cluster with its member, an endpoint, one of AWS's own, a door.
fn stored() -> Region {
    let database = |name: &str, kind: &str, cluster: Option<&str>| Database {
        name: name.into(),
        kind: kind.into(),
        vpc: "vpc-1".into(),
        subnets: set(&["subnet-a", "subnet-b"]),
        engine: "postgres".into(),
        status: "available".into(),
        cluster: cluster.map(Into::into),
        groups: set(&["sg-web"]),
        port: Some(5432),
        ..Database::default()
    };
    let endpoint = |interface: &str, managed: bool| Endpoint {
        vpc: "vpc-1".into(),
        owner: ME.into(),
        kind: "Interface".into(),
        service: "com.amazonaws.us-east-1.ssm".into(),
        state: "available".into(),
        subnets: set(&["subnet-a"]),
        groups: set(&["sg-web", "sg-closed"]),
        interfaces: set(&[interface]),
        takes_policy: Some(true),
        requester_managed: managed,
        ..Endpoint::default()
    };
    let door = ConnectEndpoint {
        vpc: "vpc-1".into(),
        subnet: "subnet-a".into(),
        owner: ME.into(),
        groups: set(&["sg-web"]),
        interfaces: set(&["eni-door"]),
        state: "complete".into(),
        ..ConnectEndpoint::default()
    };
    let both = &["sg-web", "sg-closed"];
    Region {
        databases: map([
            (ORDERS, database("orders", "instance", None)),
            (USERS, database("users", "cluster", None)),
            ("arn:aws:rds:us-east-1:111111111111:db:users-1", database("users-1", "instance", Some("users"))),
        ]),
        endpoints: map([("vpce-ssm", endpoint("eni-ssm", false)), ("vpce-aws", endpoint("eni-aws", true))]),
        connect_endpoints: map([("eice-1", door)]),
        interfaces: map([
            ("eni-already", interface("subnet-a", &["sg-closed"])),
            ("eni-orders", managed("subnet-a", &["sg-web"], "RDSNetworkInterface")),
            ("eni-users", managed("subnet-b", &["sg-web"], "RDSNetworkInterface")),
            ("eni-ssm", managed("subnet-a", both, "VPC Endpoint Interface vpce-ssm")),
            ("eni-aws", managed("subnet-a", both, "VPC Endpoint Interface vpce-aws")),
            ("eni-door", managed("subnet-a", &["sg-web"], "EC2 Instance Connect Endpoint eice-1")),
        ]),
        ..network()
    }
}

/// Somebody gives the front and the database a group of their own.
fn given_another_group(account: &mut Account) {
    let here = account.regions.get_mut(REGION).unwrap();
    for balancer in here.load_balancers.read_mut().unwrap().values_mut().filter(|lb| !lb.groups.is_empty()) {
        balancer.groups = set(&["sg-web", "sg-theirs"]);
    }
    for database in here.databases.read_mut().unwrap().values_mut() {
        database.groups = set(&["sg-web", "sg-theirs"]);
    }
}

/// The seeds of 510 besides the company's.
pub fn seeds() -> Vec<Seed> {
    let fronts = seed("load balancers' groups", 510, account(fronted()), Some(given_another_group));
    let stores = seed("databases' and endpoints' groups", 510, account(stored()), Some(given_another_group));
    let mut small = network();
    small.interfaces = map([
        ("eni-host", interface("subnet-a", &["sg-web"])),
        ("eni-other", interface("subnet-b", &["sg-web"])),
    ]);
    let mut kept = seed("groups with kept CIDRs", 510, account(small.clone()), None);
    kept.scope = Scope { keep_cidrs: set(&["198.51.100.7/32", "2001:db8:9::/48"]), ..Scope::default() };
    let mut part = seed("groups of one subnet", 510, account(small), None);
    part.scope = Scope { subnets: set(&["subnet-a"]), ..Scope::default() };
    let front =
        with(seed("groups with the front kept", 510, account(fronted()), None), "front", json!("keep"));
    [vec![fronts, stores, kept, part, front], s510_owners::seeds()].concat()
}
