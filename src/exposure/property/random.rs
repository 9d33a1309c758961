//! Random accounts from a seed: small, crowded, and mostly open, so that packets come through.

use std::collections::BTreeMap;

use crate::account::*;
use crate::dice::Dice;

pub const ME: &str = "111122223333";
pub const REGION: &str = "eu-test-1";

pub const CIDRS4: [&str; 14] = [
    "0.0.0.0/0",
    "0.0.0.0/0",
    "0.0.0.0/0",
    "203.0.113.0/24",
    "203.0.113.128/25",
    "198.51.100.7/32",
    "10.0.0.0/8",
    "10.0.0.0/16",
    "10.1.0.0/16",
    "10.1.1.0/24",
    "192.168.0.0/16",
    "52.216.0.0/15",
    "0.0.0.0/1",
    "172.20.0.0/16",
];
pub const CIDRS6: [&str; 8] = [
    "::/0",
    "::/0",
    "::/0",
    "2001:db8:a::/48",
    "2001:db8:b::/48",
    "2600:1f00::/24",
    "2600:1f00:1::/48",
    "64:ff9b::/96",
];
pub const PORTS: [(i32, i32); 9] = [
    (22, 22),
    (80, 80),
    (443, 443),
    (0, 65535),
    (1024, 65535),
    (32768, 60999),
    (3000, 3010),
    (53, 53),
    (8080, 8080),
];

pub fn vpc_name(n: usize) -> String {
    format!("vpc-{}", ["a", "b", "c"][n])
}

pub fn account(seed: u64) -> Account {
    let mut dice = Dice(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0xabcd);
    let mut account = Account::unread(ME, Caller::default());
    let mut region = Region::empty();
    let make = Make { dice: &mut dice, region: &mut region };
    make.all();
    account.regions.insert(REGION.into(), region);
    account
}

pub struct Make<'a> {
    pub dice: &'a mut Dice,
    pub region: &'a mut Region,
}

pub fn add<T>(section: &mut Seen<BTreeMap<String, T>>, id: impl Into<String>, item: T) {
    section.read_mut().unwrap().insert(id.into(), item);
}

impl Make<'_> {
    pub fn all(mut self) {
        for n in 0..3 {
            self.vpc(n);
        }
        self.lists();
        self.links();
        for n in 0..3 {
            self.groups(n);
            self.acls(n);
            self.interfaces(n);
        }
        self.nat_group();
        self.nat();
        self.endpoints();
        self.balancers();
        for n in 0..3 {
            self.tables(n);
        }
        self.block();
        self.client_vpn();
        self.listener_rules();
    }

    pub fn subnets(n: usize) -> Vec<String> {
        (0..if n == 0 { 4 } else { 2 }).map(|s| format!("subnet-{}{s}", ["a", "b", "c"][n])).collect()
    }

    pub fn vpc(&mut self, n: usize) {
        let letter = ["a", "b", "c"][n];
        let vpc = Vpc {
            owner: ME.into(),
            cidrs: [format!("10.{n}.0.0/16")].into(),
            ipv6_cidrs: [format!("2001:db8:{letter}::/56")].into(),
            ..Vpc::default()
        };
        add(&mut self.region.vpcs, vpc_name(n), vpc);
        for (s, id) in Self::subnets(n).iter().enumerate() {
            let subnet = Subnet {
                vpc: vpc_name(n),
                owner: ME.into(),
                cidr: format!("10.{n}.{s}.0/24"),
                ipv6_cidr: Some(format!("2001:db8:{letter}:{s}::/64")),
                ..Subnet::default()
            };
            add(&mut self.region.subnets, id, subnet);
        }
    }

    pub fn lists(&mut self) {
        let list = |owner: &str, entries: &[&str]| PrefixList {
            owner: owner.into(),
            entries: entries.iter().map(|e| (*e).to_owned()).collect(),
            ..PrefixList::default()
        };
        add(&mut self.region.prefix_lists, "pl-s3", list("AWS", &["52.216.0.0/15", "3.5.0.0/19"]));
        add(
            &mut self.region.prefix_lists,
            "pl-corp",
            list(ME, &["203.0.113.0/25", "192.168.7.0/24", "2600:1f00:1::/48"]),
        );
    }

    pub fn cidr(&mut self) -> String {
        let six = self.dice.percent(40);
        (*if six { self.dice.pick(&CIDRS6) } else { self.dice.pick(&CIDRS4) }).to_owned()
    }

    pub fn rule(&mut self, n: usize, wide: u64) -> Rule {
        if self.dice.percent(wide) {
            let cidr = self.cidr();
            let peer =
                if cidr.contains(':') { Peer::Ipv6("::/0".into()) } else { Peer::Ipv4("0.0.0.0/0".into()) };
            return Rule::all(peer);
        }
        let (protocol, ports) = match self.dice.below(12) {
            0..=5 => ("tcp", Some(*self.dice.pick(&PORTS))),
            6..=7 => ("udp", Some(*self.dice.pick(&PORTS))),
            8 => ("icmp", *self.dice.pick(&[Some((8, -1)), Some((-1, -1)), Some((3, 4)), Some((8, 0))])),
            9 => ("icmpv6", *self.dice.pick(&[Some((-1, -1)), Some((128, -1)), None])),
            10 => ("50", None),
            _ => ("-1", None),
        };
        let group = |id: String, owner: &str| Peer::Group { id, owner: Some(owner.into()), peering: None };
        let peer = match self.dice.below(20) {
            0..=2 => group(format!("sg-{}{}", ["a", "b", "c"][n], self.dice.below(4)), ME),
            3..=4 => group(format!("sg-{}{}", ["a", "b", "c"][self.dice.below(2)], self.dice.below(4)), ME),
            5..=6 => Peer::PrefixList(if self.dice.percent(50) { "pl-s3" } else { "pl-corp" }.into()),
            _ => {
                let cidr = self.cidr();
                if cidr.contains(':') { Peer::Ipv6(cidr) } else { Peer::Ipv4(cidr) }
            }
        };
        Rule { protocol: protocol.into(), ports, peer, description: None }
    }

    pub fn groups(&mut self, n: usize) {
        for g in 0..4 {
            let (inn, out) = (1 + self.dice.below(6), 1 + self.dice.below(4));
            let group = Group {
                vpc: vpc_name(n),
                owner: ME.into(),
                ingress: (0..inn).map(|_| self.rule(n, 8)).collect(),
                egress: (0..out).map(|_| self.rule(n, 40)).collect(),
                ..Group::default()
            };
            add(&mut self.region.groups, format!("sg-{}{g}", ["a", "b", "c"][n]), group);
        }
    }

    /// What a NAT instance needs: its VPC in, everybody out; and something more.
    pub fn nat_group(&mut self) {
        let all = |cidr: &str| Rule::all(Peer::Ipv4(cidr.into()));
        let six = Rule::all(Peer::Ipv6("2001:db8:a::/48".into()));
        let group = Group {
            vpc: vpc_name(0),
            owner: ME.into(),
            ingress: [all("10.0.0.0/16"), six, self.rule(0, 0)].into(),
            egress: [all("0.0.0.0/0"), Rule::all(Peer::Ipv6("::/0".into()))].into(),
            ..Group::default()
        };
        add(&mut self.region.groups, "sg-nat", group);
    }

    pub fn entry(&mut self, allow: bool) -> AclEntry {
        let (protocol, ports, icmp) = match self.dice.below(10) {
            0..=4 => ("6", Some(*self.dice.pick(&PORTS)), None),
            5..=6 => ("17", Some(*self.dice.pick(&PORTS)), None),
            7 => ("1", None, Some(*self.dice.pick(&[(8, -1), (-1, -1), (0, -1)]))),
            _ => ("-1", None, None),
        };
        AclEntry { allow, protocol: protocol.into(), cidr: self.cidr(), ports, icmp }
    }

    pub fn acls(&mut self, n: usize) {
        let mut acls: Vec<Acl> = (0..3)
            .map(|a| {
                let mut sides = [BTreeMap::new(), BTreeMap::new()];
                for side in &mut sides {
                    if a > 0 {
                        for number in 0..=self.dice.below(5) {
                            let allow = self.dice.percent(55);
                            side.insert(10 * (1 + number as i32), self.entry(allow));
                        }
                    }
                    if a < 2 || self.dice.percent(50) {
                        let all = |cidr: &str| AclEntry {
                            allow: true,
                            protocol: "-1".into(),
                            cidr: cidr.into(),
                            ports: None,
                            icmp: None,
                        };
                        side.insert(100, all("0.0.0.0/0"));
                        side.insert(101, all("::/0"));
                    }
                }
                let [ingress, egress] = sides;
                Acl {
                    vpc: vpc_name(n),
                    owner: ME.into(),
                    is_default: a == 0,
                    ingress,
                    egress,
                    ..Acl::default()
                }
            })
            .collect();
        for subnet in Self::subnets(n) {
            let at = *self.dice.pick(&[0, 0, 0, 1, 1, 2]);
            acls[at].subnets.insert(subnet);
        }
        for (a, acl) in acls.into_iter().enumerate() {
            add(&mut self.region.acls, format!("acl-{}{a}", ["a", "b", "c"][n]), acl);
        }
    }

    pub fn interface(&mut self, n: usize, subnet: usize, host: usize) -> Interface {
        let letter = ["a", "b", "c"][n];
        let public = self.dice.percent(65);
        let mut interface = Interface {
            vpc: vpc_name(n),
            subnet: format!("subnet-{letter}{subnet}"),
            owner: ME.into(),
            kind: "interface".into(),
            private_ip: Some(format!("10.{n}.{subnet}.{host}")),
            public_ip: public.then(|| format!("54.{n}.{subnet}.{host}")),
            source_dest_check: true,
            ..Interface::default()
        };
        for _ in 0..=self.dice.below(2) {
            interface.groups.insert(format!("sg-{letter}{}", self.dice.below(4)));
        }
        if self.dice.percent(65) {
            interface.ipv6.insert(format!("2001:db8:{letter}:{subnet}::{host:x}"));
        }
        if self.dice.percent(15) {
            let public = self.dice.percent(50).then(|| format!("54.{n}.{subnet}.{}", host + 100));
            interface.secondary.insert(format!("10.{n}.{subnet}.{}", host + 100), public);
        }
        interface
    }

    pub fn interfaces(&mut self, n: usize) {
        for host in 0..if n == 0 { 7 } else { 3 } {
            let subnet = self.dice.below(Self::subnets(n).len());
            let mut interface = self.interface(n, subnet, 10 + host);
            interface.instance = Some(format!("i-{n}{host}"));
            if n == 0 && host < 2 {
                interface.source_dest_check = self.dice.percent(20);
                if self.dice.percent(80) {
                    interface.public_ip = Some(format!("54.0.{subnet}.{}", 10 + host));
                    interface.groups = ["sg-nat".to_owned()].into();
                }
            }
            let name = ["a", "b", "c"][n];
            let instance = Instance {
                vpc: vpc_name(n),
                subnet: interface.subnet.clone(),
                state: "running".into(),
                ..Default::default()
            };
            add(&mut self.region.instances, format!("i-{n}{host}"), instance);
            add(&mut self.region.interfaces, format!("eni-{name}{host}"), interface);
        }
    }
}
