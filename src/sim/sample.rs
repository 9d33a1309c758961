//! An account for tests: two Regions, one with a VPC of every kind of thing that 5xx looks at.

mod organization;
mod rules;
mod services;

use std::collections::BTreeMap;

use crate::account::{
    Account, Acl, AclEntry, Caller, Disk, Group, Instance, Interface, Peer, Region, Rule, ScalingGroup, Seen,
    Subnet, Tags, Vpc,
};

pub(crate) use organization::{MANAGEMENT, PRODUCTION, ROOT, SANDBOX, WORKLOADS, organization};
pub(crate) use rules::{PLAIN, SECURE, rule_arn};
pub(crate) use services::*;

pub(crate) const ME: &str = "111111111111";
pub(crate) const OTHER: &str = "222222222222";
pub(crate) const REGION: &str = "us-east-1";

pub(crate) fn tag(key: &str, value: &str) -> Tags {
    [(key.to_owned(), value.to_owned())].into()
}

pub(crate) fn allow(cidr: &str) -> AclEntry {
    AclEntry { allow: true, protocol: "-1".into(), cidr: cidr.into(), ports: None, icmp: None }
}

fn map<T>(items: impl IntoIterator<Item = (&'static str, T)>) -> Seen<BTreeMap<String, T>> {
    Seen::Read(items.into_iter().map(|(id, item)| (id.to_owned(), item)).collect())
}

fn set(items: &[&str]) -> std::collections::BTreeSet<String> {
    items.iter().map(ToString::to_string).collect()
}

/// The sample: vpc-1 is ours and has IPv6, vpc-2 is shared with us by another account.
pub(crate) fn account() -> Account {
    let caller = Caller { arn: format!("arn:aws:iam::{ME}:user/oncall"), ..Caller::default() };
    let mut account = Account::unread(ME, caller);
    account.alias = Seen::Read(None);
    account.enabled_regions = Seen::Read(set(&[REGION, "eu-west-1"]));
    account.regions.insert(REGION.into(), busy());
    account.regions.insert("eu-west-1".into(), empty());
    account
}

fn empty() -> Region {
    Region {
        vpcs: map([]),
        subnets: map([]),
        instances: map([]),
        interfaces: map([]),
        groups: map([]),
        acls: map([]),
        scaling_groups: map([]),
        ..Region::default()
    }
}

fn busy() -> Region {
    let vpc = |owner: &str, cidrs: &[&str], ipv6: &[&str]| Vpc {
        owner: owner.into(),
        cidrs: set(cidrs),
        ipv6_cidrs: set(ipv6),
        is_default: false,
        tags: tag("Name", "main"),
    };
    let subnet = |vpc: &str, owner: &str, cidr: &str, ipv6: Option<&str>| Subnet {
        vpc: vpc.into(),
        owner: owner.into(),
        zone: "us-east-1a".into(),
        cidr: cidr.into(),
        ipv6_cidr: ipv6.map(Into::into),
        local_interfaces_at: None,
        tags: tag("Name", "app"),
    };
    let instance = |managed: Option<&str>| Instance {
        vpc: "vpc-1".into(),
        subnet: "subnet-1a".into(),
        state: "running".into(),
        kind: "m7i.large".into(),
        profile: managed.is_none().then(|| format!("arn:aws:iam::{ME}:instance-profile/web")),
        managed_by: managed.map(Into::into),
        tags: tag("Name", "web"),
        disks: [("/dev/xvda".into(), Disk { volume: "vol-1".into(), delete_on_termination: true })].into(),
        ..Instance::default()
    };
    Region {
        vpcs: map([
            ("vpc-1", vpc(ME, &["10.0.0.0/16", "10.1.0.0/16"], &["2001:db8::/56"])),
            ("vpc-2", vpc(OTHER, &["10.9.0.0/16"], &[])),
        ]),
        subnets: map([
            ("subnet-1a", subnet("vpc-1", ME, "10.0.1.0/24", Some("2001:db8:0:1::/64"))),
            ("subnet-1b", subnet("vpc-1", ME, "10.0.2.0/24", None)),
            ("subnet-2a", subnet("vpc-2", OTHER, "10.9.1.0/24", None)),
        ]),
        instances: map([("i-1", instance(None)), ("i-2", instance(Some("eks.amazonaws.com")))]),
        interfaces: interfaces(),
        groups: groups(),
        acls: acls(),
        scaling_groups: map([(
            "web",
            ScalingGroup {
                subnets: set(&["subnet-1a", "subnet-1b"]),
                desired: 2,
                min: 1,
                max: 4,
                instances: set(&["i-1"]),
                suspended: set(&["AZRebalance"]),
                tags: tag("team", "web"),
                target_groups: set(&[
                    "arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/web/1",
                ]),
                ..ScalingGroup::default()
            },
        )]),
        ..Region::default()
    }
}

fn interface(vpc: &str, subnet: &str, groups: &[&str]) -> Interface {
    Interface {
        vpc: vpc.into(),
        subnet: subnet.into(),
        owner: ME.into(),
        kind: "interface".into(),
        groups: set(groups),
        private_ip: Some("10.0.1.5".into()),
        source_dest_check: true,
        ..Interface::default()
    }
}

fn interfaces() -> Seen<BTreeMap<String, Interface>> {
    let web = Interface {
        instance: Some("i-1".into()),
        public_ip: Some("203.0.113.5".into()),
        secondary: [("10.0.1.6".into(), Some("203.0.113.6".into())), ("10.0.1.7".into(), None)].into(),
        ipv6: set(&["2001:db8:0:1::5"]),
        tags: tag("Name", "web-0"),
        ..interface("vpc-1", "subnet-1a", &["sg-web", "sg-ssh"])
    };
    let elb = Interface {
        managed_by: Some("amazon-elb".into()),
        description: "ELB app/front/50dc6c495c0c9188".into(),
        ..interface("vpc-1", "subnet-1b", &["sg-web"])
    };
    let eks = Interface {
        managed_by: Some("eks.amazonaws.com".into()),
        ..interface("vpc-1", "subnet-1a", &["sg-web"])
    };
    let control_plane = Interface {
        managed_by: Some("AROAZYXWVUTSRQPONMLKJ:AmazonEKS".into()),
        description: "Amazon EKS shop".into(),
        ..interface("vpc-1", "subnet-1b", &["sg-web"])
    };
    let nat = Interface {
        kind: "nat_gateway".into(),
        managed_by: Some(ME.into()),
        description: "Interface for NAT Gateway nat-1".into(),
        source_dest_check: false,
        ..interface("vpc-1", "subnet-1b", &[])
    };
    let theirs = Interface { owner: OTHER.into(), ..interface("vpc-1", "subnet-1b", &["sg-default"]) };
    map([
        ("eni-web", web),
        ("eni-elb", elb),
        ("eni-eks", eks),
        ("eni-eks-api", control_plane),
        ("eni-nat", nat),
        ("eni-theirs", theirs),
        ("eni-plain", interface("vpc-1", "subnet-1b", &["sg-ssh"])),
        ("eni-shared", interface("vpc-2", "subnet-2a", &["sg-shared"])),
    ])
}

fn groups() -> Seen<BTreeMap<String, Group>> {
    let any = Rule::all(Peer::Ipv4("0.0.0.0/0".into()));
    let group = |name: &str, vpc: &str, ingress: Vec<Rule>| Group {
        name: name.into(),
        description: format!("for {name}"),
        vpc: vpc.into(),
        owner: ME.into(),
        ingress: ingress.into_iter().collect(),
        egress: [any.clone()].into(),
        tags: Tags::new(),
    };
    let tcp = |port: i32, peer: Peer| Rule {
        protocol: "tcp".into(),
        ports: Some((port, port)),
        peer,
        description: Some("why".into()),
    };
    let web = vec![
        tcp(443, Peer::Ipv4("0.0.0.0/0".into())),
        tcp(443, Peer::Ipv6("::/0".into())),
        tcp(22, Peer::Group { id: "sg-ssh".into(), owner: Some(ME.into()), peering: None }),
        Rule {
            protocol: "icmp".into(),
            ports: Some((8, -1)),
            peer: Peer::Ipv4("10.0.0.0/8".into()),
            description: None,
        },
    ];
    map([
        ("sg-default", group("default", "vpc-1", vec![])),
        ("sg-web", group("web", "vpc-1", web)),
        ("sg-ssh", group("ssh", "vpc-1", vec![tcp(22, Peer::PrefixList("pl-office".into()))])),
        ("sg-shared", group("shared", "vpc-2", vec![])),
    ])
}

fn acls() -> Seen<BTreeMap<String, Acl>> {
    let open = Acl {
        vpc: "vpc-1".into(),
        owner: ME.into(),
        is_default: true,
        ingress: [(100, allow("0.0.0.0/0")), (101, allow("::/0"))].into(),
        egress: [(100, allow("0.0.0.0/0")), (101, allow("::/0"))].into(),
        subnets: set(&["subnet-1a"]),
        tags: Tags::new(),
    };
    let web = AclEntry {
        allow: true,
        protocol: "6".into(),
        cidr: "0.0.0.0/0".into(),
        ports: Some((443, 443)),
        icmp: None,
    };
    let ping = AclEntry {
        allow: false,
        protocol: "1".into(),
        cidr: "0.0.0.0/0".into(),
        ports: None,
        icmp: Some((8, -1)),
    };
    let custom = Acl {
        is_default: false,
        ingress: [(90, ping), (100, web)].into(),
        egress: [(100, allow("0.0.0.0/0"))].into(),
        subnets: set(&["subnet-1b"]),
        tags: tag("Name", "custom"),
        ..open.clone()
    };
    let theirs = Acl {
        vpc: "vpc-2".into(),
        owner: OTHER.into(),
        subnets: set(&["subnet-2a"]),
        ingress: [(100, allow("0.0.0.0/0"))].into(),
        egress: [(100, allow("0.0.0.0/0"))].into(),
        ..open.clone()
    };
    map([("acl-open", open), ("acl-custom", custom), ("acl-theirs", theirs)])
}
