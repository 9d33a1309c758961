//! Seeds of 350: the company and an attacker, and ACLs of every kind.

use std::collections::BTreeMap;

use unplug::account::{Account, Acl, AclEntry, Region, Subnet, Vpc};
use unplug::step::Scope;

use super::s520::{account, map, set};
use super::{Seed, company, seed};

const THIEF: [&str; 3] = ["198.51.100.142/32", "192.0.2.0/24", "2001:db8:bad::/48"];

fn rule(allow: bool, cidr: &str) -> AclEntry {
    AclEntry { allow, protocol: "-1".into(), cidr: cidr.into(), ports: None, icmp: None }
}

fn rules(all: &[(i32, AclEntry)]) -> BTreeMap<i32, AclEntry> {
    all.iter().cloned().collect()
}

/// ACLs: open, with rules in the way, full, closed, shared from another account, without a subnet.
fn acls() -> Account {
    let me = "111111111111";
    let vpc = |owner: &str| Vpc {
        owner: owner.into(),
        cidrs: set(&["10.0.0.0/16"]),
        ipv6_cidrs: set(&["2001:db8::/56"]),
        ..Vpc::default()
    };
    let subnet = |owner: &str| Subnet {
        vpc: if owner == me { "vpc-1" } else { "vpc-2" }.into(),
        owner: owner.into(),
        zone: "us-east-1a".into(),
        cidr: "10.0.1.0/24".into(),
        ..Subnet::default()
    };
    let acl = |subnets: &[&str], all: &[(i32, AclEntry)]| Acl {
        vpc: "vpc-1".into(),
        owner: me.into(),
        ingress: rules(all),
        egress: rules(all),
        subnets: set(subnets),
        ..Acl::default()
    };
    let open = [(100, rule(true, "0.0.0.0/0")), (101, rule(true, "::/0"))];
    let taken = [
        (1, rule(true, "10.0.0.0/8")),
        (2, rule(false, "192.0.2.0/24")),
        (4, rule(true, "0.0.0.0/0")),
        (900, rule(false, "198.51.100.142/32")),
    ];
    let full = [(1, rule(true, "0.0.0.0/0"))];
    let theirs = Acl { owner: "222222222222".into(), vpc: "vpc-2".into(), ..acl(&["subnet-theirs"], &open) };
    account(Region {
        vpcs: map([("vpc-1", vpc(me)), ("vpc-2", vpc("222222222222"))]),
        subnets: map([
            ("subnet-closed", subnet(me)),
            ("subnet-full", subnet(me)),
            ("subnet-open", subnet(me)),
            ("subnet-taken", subnet(me)),
            ("subnet-theirs", subnet("222222222222")),
        ]),
        acls: map([
            ("acl-closed", acl(&["subnet-closed"], &[])),
            ("acl-full", acl(&["subnet-full"], &full)),
            ("acl-open", Acl { is_default: true, ..acl(&["subnet-open"], &open) }),
            ("acl-spare", acl(&[], &open)),
            ("acl-taken", acl(&["subnet-taken"], &taken)),
            ("acl-theirs", theirs),
        ]),
        ..Region::empty()
    })
}

fn blocking(seed: Seed) -> Seed {
    Seed { scope: Scope { block_cidrs: set(&THIEF), ..Scope::default() }, ..seed }
}

pub fn seeds() -> Vec<Seed> {
    vec![
        blocking(seed(
            "an attacker of the company",
            350,
            company(),
            Some(|account| {
                // Somebody lets answers to the attacker out again: the first outbound rule of the run goes.
                let here = account.regions.get_mut("us-east-1").unwrap();
                for acl in here.acls.read_mut().unwrap().values_mut() {
                    if acl.egress.first_key_value().is_some_and(|(number, rule)| *number < 3 && !rule.allow) {
                        acl.egress.pop_first();
                    }
                }
            }),
        )),
        blocking(seed("ACLs of every kind", 350, acls(), None)),
    ]
}
