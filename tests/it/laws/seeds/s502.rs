//! Seeds of 502, and of 510 and 520 with what it has prepared.

use serde_json::json;
use unplug::account::{Account, Acl, AclEntry, Group, Interface, Peer, Region, Rule, Tags};
use unplug::steps::prepared;

use super::s510::{fronted, network};
use super::s520::{account, map, set};
use super::{Seed, company, seed, with};

const ME: &str = "111111111111";

fn rule() -> Rule {
    Rule::all(Peer::Ipv4("203.0.113.9/32".into()))
}

fn allow(cidr: &str) -> AclEntry {
    AclEntry { allow: true, protocol: "-1".into(), cidr: cidr.into(), ports: None, icmp: None }
}

/// One host in each of two subnets behind the default ACL, and load balancers.
fn here() -> Region {
    let host = |subnet: &str| Interface {
        vpc: "vpc-1".into(),
        subnet: subnet.into(),
        owner: ME.into(),
        kind: "interface".into(),
        groups: set(&["sg-web"]),
        source_dest_check: true,
        ..Interface::default()
    };
    let open = Acl {
        vpc: "vpc-1".into(),
        owner: ME.into(),
        is_default: true,
        ingress: [(100, allow("0.0.0.0/0"))].into(),
        egress: [(100, allow("0.0.0.0/0"))].into(),
        subnets: set(&["subnet-a", "subnet-b"]),
        ..Acl::default()
    };
    Region {
        interfaces: map([("eni-a", host("subnet-a")), ("eni-b", host("subnet-b"))]),
        acls: map([("acl-open", open)]),
        load_balancers: fronted().load_balancers,
        quotas: map([("L-E79EC296", 3_u64), ("L-B4A6D682", 2_u64)]),
        ..network()
    }
}

/// Nothing is left of the quotas but what another run has prepared.
fn prepared_before() -> Region {
    let mut here = here();
    let tags = Tags::from([
        ("unplug:role".to_owned(), prepared::PURPOSE.to_owned()),
        ("unplug:run".to_owned(), "run0".to_owned()),
    ]);
    let (vpc, owner) = ("vpc-1".to_owned(), ME.to_owned());
    let acl = Acl { vpc: vpc.clone(), owner: owner.clone(), tags: tags.clone(), ..Acl::default() };
    here.acls.read_mut().unwrap().insert("acl-ready".into(), acl);
    let (name, description) = (prepared::GROUP.to_owned(), "prepared".to_owned());
    let group = Group { name, description, vpc, owner, tags, ..Group::default() };
    here.groups.read_mut().unwrap().insert("sg-ready".into(), group);
    here
}

/// Somebody opens the group that was prepared.
fn opens_group(account: &mut Account) {
    let groups = account.regions.get_mut("us-east-1").unwrap().groups.read_mut().unwrap();
    for group in groups.values_mut().filter(|group| group.name == prepared::GROUP) {
        group.ingress.insert(rule());
    }
}

/// Somebody opens the ACL that was prepared.
fn opens_acl(account: &mut Account) {
    let acls = account.regions.get_mut("us-east-1").unwrap().acls.read_mut().unwrap();
    for acl in acls.values_mut().filter(|acl| acl.tags.contains_key("unplug:role")) {
        acl.ingress.insert(1, allow("203.0.113.9/32"));
    }
}

fn opens_both(account: &mut Account) {
    opens_group(account);
    opens_acl(account);
}

pub fn seeds() -> Vec<Seed> {
    vec![
        Seed {
            tamper: Some(opens_both),
            ..seed("quotas that are short", 502, account(here()), Some(opens_group))
        },
        with(seed("groups and ACLs everywhere", 502, company(), None), "where", json!("everywhere")),
        Seed { tamper: Some(opens_group), ..seed("a prepared group", 510, account(prepared_before()), None) },
        Seed { tamper: Some(opens_acl), ..seed("a prepared ACL", 520, account(prepared_before()), None) },
    ]
}
