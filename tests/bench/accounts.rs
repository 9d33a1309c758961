//! The accounts that are measured.

use std::collections::{BTreeMap, BTreeSet};

use unplug::account::{
    AccessKey, Account, AccountSummary, Acl, AclEntry, Caller, ExposedKey, Group, Instance,
    InstanceAttributes, Interface, LogBucket, Peer, Principals, PublicAccessBlock, Region, ReportRow, Role,
    Rule, Seen, Ses, Subnet, Trail, User, Vpc,
};

const ME: &str = "123456789012";
pub const HOME: &str = "us-east-1";
const REGIONS: [&str; 15] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
];

/// Fifteen Regions with nothing in them, and no users.
pub fn empty() -> Account {
    let caller = Caller {
        arn: format!("arn:aws:sts::{ME}:assumed-role/AWSReservedSSO_Responder_0a1b/oncall"),
        ..Caller::default()
    };
    let mut account = Account::empty(ME, caller);
    account.enabled_regions = Seen::Read(REGIONS.map(str::to_owned).into());
    let responder = "AWSReservedSSO_Responder_0a1b";
    let arn = format!("arn:aws:iam::{ME}:role/aws-reserved/sso.amazonaws.com/{responder}");
    let role = Role { arn, path: "/aws-reserved/sso.amazonaws.com/".into(), ..Role::default() };
    account.principals =
        Seen::Read(Principals { roles: [(responder.to_owned(), role)].into(), ..Principals::default() });
    account.account_summary = Seen::Read(AccountSummary { root_mfa: true, ..AccountSummary::default() });
    for name in REGIONS {
        let region = Region {
            ses: Seen::Read(Ses { enforcement: "HEALTHY".into(), ..Ses::default() }),
            ..Region::empty()
        };
        account.regions.insert(name.into(), region);
    }
    account
}

/// 300 users with a key each, one of them exposed; 2,000 security groups; 40 VPCs, most of them in
/// one Region, as in most accounts: its lists have several pages.
pub fn large() -> Account {
    let mut account = empty();
    people(&mut account);
    trail(&mut account);
    let vpc_of = |number: usize| if number < 26 { HOME } else { REGIONS[1 + (number - 26) % 14] };
    for number in 0..40 {
        let region = account.regions.get_mut(vpc_of(number)).unwrap();
        network(region, number, 50, 10);
    }
    account.regions.get_mut(HOME).unwrap().ses = Seen::Read(Ses {
        sending: true,
        enforcement: "HEALTHY".into(),
        production: true,
        quota: 50_000,
        identities: ["example.com".to_owned()].into(),
        configuration_sets: Seen::Read([("shop".to_owned(), true), ("news".to_owned(), true)].into()),
        senders: Seen::Read([("example.com".to_owned(), Default::default())].into()),
        recent_sends: 1_200,
    });
    account
}

/// So many interfaces in ten VPCs of one Region: beyond any quota's default, and seen in the wild.
pub fn many_interfaces(count: usize) -> Account {
    let mut account = empty();
    for number in 0..10 {
        network(account.regions.get_mut(HOME).unwrap(), number, 20, count / 10);
    }
    account
}

fn people(account: &mut Account) {
    let mut principals = account.principals.read().cloned().unwrap();
    let mut keys = BTreeMap::new();
    let mut report = BTreeMap::new();
    for number in 0..300 {
        let name = format!("user-{number:03}");
        let user =
            User { arn: format!("arn:aws:iam::{ME}:user/{name}"), path: "/".into(), ..User::default() };
        principals.users.insert(name.clone(), user);
        let key = AccessKey { user: name.clone(), status: "Active".into(), last_used: None };
        keys.insert(format!("AKIA5UNPLUGBENCH0{number:03}"), key);
        let row = ReportRow {
            active_keys_since: vec!["2023-01-01T00:00:00+00:00".into()],
            active_keys_last_used: vec!["N/A".into()],
            ..ReportRow::default()
        };
        report.insert(name, row);
    }
    let exposed = ExposedKey { user: "user-007".into(), fraud_type: "Exposed".into(), ..Default::default() };
    account.exposed_keys = Seen::Read([("AKIA5UNPLUGBENCH0007".to_owned(), exposed)].into());
    account.principals = Seen::Read(principals);
    account.access_keys = Seen::Read(keys);
    account.credential_report = Seen::Read(report);
}

fn trail(account: &mut Account) {
    let trail = Trail {
        name: "main".into(),
        home_region: HOME.into(),
        bucket: "bench-logs".into(),
        logging: Seen::Read(true),
        all_management_events: Seen::Read(true),
        global_events: true,
        ..Trail::default()
    };
    let bucket = LogBucket {
        region: HOME.into(),
        policy: Seen::Read(Some("{}".into())),
        versioning: Seen::Read(true),
        block: Seen::Read(Some(PublicAccessBlock::ALL_ON)),
    };
    let arn = format!("arn:aws:cloudtrail:{HOME}:{ME}:trail/main");
    account.trails = Seen::Read([(arn, trail)].into());
    account.log_buckets = Seen::Read([("bench-logs".to_owned(), bucket)].into());
}

/// A VPC with three subnets, an ACL, groups, and instances with an interface each.
fn network(region: &mut Region, number: usize, groups: usize, interfaces: usize) {
    let vpc = format!("vpc-{number:017x}");
    let owner = || ME.to_owned();
    let cidrs: BTreeSet<String> = [format!("10.{number}.0.0/16")].into();
    add(&mut region.vpcs, &vpc, Vpc { owner: owner(), cidrs, ..Vpc::default() });
    let subnets: Vec<String> = (0..3).map(|zone| format!("subnet-{:017x}", number * 3 + zone)).collect();
    for (zone, id) in subnets.iter().enumerate() {
        let subnet = Subnet {
            vpc: vpc.clone(),
            owner: owner(),
            zone: format!("{}{}", HOME, ["a", "b", "c"][zone]),
            cidr: format!("10.{number}.{}.0/18", zone * 64),
            ..Subnet::default()
        };
        add(&mut region.subnets, id, subnet);
    }
    let allow =
        AclEntry { allow: true, protocol: "-1".into(), cidr: "0.0.0.0/0".into(), ports: None, icmp: None };
    let acl = Acl {
        vpc: vpc.clone(),
        owner: owner(),
        is_default: true,
        ingress: [(100, allow.clone())].into(),
        egress: [(100, allow)].into(),
        subnets: subnets.iter().cloned().collect(),
        ..Acl::default()
    };
    add(&mut region.acls, &format!("acl-{number:017x}"), acl);
    let group_id = |group: usize| format!("sg-{number:05x}{group:012x}");
    for group in 0..groups {
        let rule = |port, cidr: &str| Rule {
            protocol: "tcp".into(),
            ports: Some((port, port)),
            peer: Peer::Ipv4(cidr.into()),
            description: None,
        };
        let value = Group {
            name: if group == 0 { "default".into() } else { format!("group-{group}") },
            description: "made for a benchmark".into(),
            vpc: vpc.clone(),
            owner: owner(),
            ingress: [rule(443, "0.0.0.0/0"), rule(22, "10.0.0.0/8")].into(),
            egress: [Rule::all(Peer::Ipv4("0.0.0.0/0".into()))].into(),
            ..Group::default()
        };
        add(&mut region.groups, &group_id(group), value);
    }
    for at in 0..interfaces {
        let instance = format!("i-{number:05x}{at:012x}");
        let value = Instance {
            vpc: vpc.clone(),
            subnet: subnets[at % 3].clone(),
            state: "running".into(),
            kind: "m7i.large".into(),
            ..Instance::default()
        };
        add(&mut region.instances, &instance, value);
        // Protected already: it costs the reading, and 210 has no change of it.
        let attributes =
            InstanceAttributes { termination_protection: true, shutdown_behavior: "stop".into() };
        add(&mut region.instance_attributes, &instance, attributes);
        let value = Interface {
            vpc: vpc.clone(),
            subnet: subnets[at % 3].clone(),
            owner: owner(),
            kind: "interface".into(),
            groups: [group_id(at % groups), group_id((at + 1) % groups)].into(),
            instance: Some(instance),
            private_ip: Some(format!("10.{number}.{}.{}", at / 250 % 64, at % 250)),
            source_dest_check: true,
            ..Interface::default()
        };
        add(&mut region.interfaces, &format!("eni-{number:05x}{at:012x}"), value);
    }
}

fn add<T>(section: &mut Seen<BTreeMap<String, T>>, id: &str, item: T) {
    section.read_mut().unwrap().insert(id.to_owned(), item);
}
