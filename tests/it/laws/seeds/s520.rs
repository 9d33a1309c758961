//! Seeds of 520: one host, kept CIDRs, load balancers in front.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use unplug::account::{
    Account, Acl, AclEntry, Caller, Instance, Interface, Listener, LoadBalancer, Region, Seen, Subnet, Vpc,
};
use unplug::step::Scope;

use super::{Seed, seed, with};

const REGION: &str = "us-east-1";
const ME: &str = "111111111111";

pub(super) fn set(items: &[&str]) -> BTreeSet<String> {
    items.iter().map(ToString::to_string).collect()
}

pub(super) fn map<T>(items: impl IntoIterator<Item = (&'static str, T)>) -> Seen<BTreeMap<String, T>> {
    Seen::Read(items.into_iter().map(|(id, item)| (id.to_owned(), item)).collect())
}

/// An account with one Region.
pub(super) fn account(region: Region) -> Account {
    let caller = Caller { arn: format!("arn:aws:iam::{ME}:user/oncall"), ..Caller::default() };
    let mut account = Account::unread(ME, caller);
    account.alias = Seen::Read(None);
    account.enabled_regions = Seen::Read(set(&[REGION]));
    account.regions.insert(REGION.into(), region);
    account
}

fn allow(cidr: &str) -> AclEntry {
    AclEntry { allow: true, protocol: "-1".into(), cidr: cidr.into(), ports: None, icmp: None }
}

/// A VPC with IPv6, two subnets of ours, one shared with us, one host and a load balancer.
fn here() -> Region {
    let vpc = Vpc {
        owner: ME.into(),
        cidrs: set(&["10.0.0.0/16"]),
        ipv6_cidrs: set(&["2001:db8::/56"]),
        ..Vpc::default()
    };
    let subnet = |owner: &str, cidr: &str| Subnet {
        vpc: "vpc-1".into(),
        owner: owner.into(),
        zone: "us-east-1a".into(),
        cidr: cidr.into(),
        ..Subnet::default()
    };
    let host = Interface {
        vpc: "vpc-1".into(),
        subnet: "subnet-app".into(),
        owner: ME.into(),
        kind: "interface".into(),
        instance: Some("i-1".into()),
        private_ip: Some("10.0.1.5".into()),
        ipv6: set(&["2001:db8:0:1::5"]),
        source_dest_check: true,
        ..Interface::default()
    };
    let instance = Instance {
        vpc: "vpc-1".into(),
        subnet: "subnet-app".into(),
        state: "running".into(),
        kind: "m7i.large".into(),
        ..Instance::default()
    };
    let open = Acl {
        vpc: "vpc-1".into(),
        owner: ME.into(),
        is_default: true,
        ingress: [(100, allow("0.0.0.0/0")), (101, allow("::/0"))].into(),
        egress: [(100, allow("0.0.0.0/0")), (101, allow("::/0"))].into(),
        subnets: set(&["subnet-app", "subnet-web"]),
        ..Acl::default()
    };
    let closed = Acl {
        is_default: false,
        ingress: BTreeMap::new(),
        egress: BTreeMap::new(),
        subnets: set(&["subnet-db"]),
        ..open.clone()
    };
    let theirs = Acl {
        owner: "222222222222".into(),
        is_default: false,
        subnets: set(&["subnet-theirs"]),
        ..open.clone()
    };
    let balancer = LoadBalancer {
        name: "front".into(),
        vpc: "vpc-1".into(),
        kind: "application".into(),
        scheme: "internet-facing".into(),
        ip_address_type: "ipv4".into(),
        dns_name: "front-1.us-east-1.elb.amazonaws.com".into(),
        state: "active".into(),
        subnets: set(&["subnet-web"]),
        listeners: [Listener { protocol: "HTTPS".into(), port: 443 }].into(),
        ..LoadBalancer::default()
    };
    Region {
        vpcs: map([("vpc-1", vpc)]),
        subnets: map([
            ("subnet-app", subnet(ME, "10.0.1.0/24")),
            ("subnet-db", subnet(ME, "10.0.2.0/24")),
            ("subnet-theirs", subnet("222222222222", "10.0.4.0/24")),
            ("subnet-web", subnet(ME, "10.0.3.0/24")),
        ]),
        instances: map([("i-1", instance)]),
        interfaces: map([("eni-1", host)]),
        acls: map([("acl-closed", closed), ("acl-open", open), ("acl-theirs", theirs)]),
        load_balancers: map([(
            "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/app/front/1",
            balancer,
        )]),
        ..Region::empty()
    }
}

fn own_rule(account: &mut Account) {
    let acls = account.regions.get_mut(REGION).unwrap().acls.read_mut().unwrap();
    acls.get_mut("acl-open").unwrap().ingress.insert(50, allow("203.0.113.0/24"));
}

/// The seeds of 520 besides the company's.
pub fn seeds() -> Vec<Seed> {
    let mut host =
        with(seed("a host at the ACLs", 520, account(here()), Some(own_rule)), "way", json!("host"));
    host.scope = Scope { instances: set(&["i-1"]), ..Scope::default() };
    let mut kept = seed("ACLs with a kept CIDR", 520, account(here()), None);
    kept.scope = Scope { keep_cidrs: set(&["198.51.100.7/32", "2001:db8:9::/48"]), ..Scope::default() };
    let front = with(seed("ACLs with the front kept", 520, account(here()), None), "front", json!("keep"));
    vec![host, kept, front]
}
