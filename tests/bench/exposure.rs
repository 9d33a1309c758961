//! Exposure of many interfaces: seconds and peak memory, each in a process of its own.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Instant;

use unplug::account::{
    Account, Acl, AclEntry, Caller, Endpoint, Group, Interface, InternetGateway, LoadBalancer, NatAddress,
    NatGateway, Peer, Region, Route, RouteTable, Rule, Seen, Subnet, TransitAttachment, Vpc, VpnGateway,
};
use unplug::exposure;

/// The word that makes this program a child.
pub const CHILD: &str = "exposure";

const ME: &str = "123456789012";
const GROUPS: usize = 2_000;
const SUBNETS: usize = 500;
const VPCS: usize = 25;

/// Numbers of interfaces, in 500 subnets and 2,000 groups.
const CASES: [usize; 4] = [1_000, 10_000, 30_000, 100_000];

pub fn print() {
    println!("exposure, {GROUPS} groups, {SUBNETS} subnets in {VPCS} VPCs\n");
    println!(
        "| interfaces | ways | seconds | of that the processor | before and after a cut | of that the processor | peak memory | of that the account |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for count in CASES {
        let child = Command::new(std::env::current_exe().unwrap())
            .args([CHILD, &count.to_string()])
            .output()
            .unwrap();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
        print!("{}", String::from_utf8_lossy(&child.stdout));
    }
    println!();
}

pub fn child(count: &str) {
    let account = account(count.parse().unwrap());
    let read = super::rehearsal::peak_mib();
    let (began, busy) = (Instant::now(), super::rehearsal::processor_seconds());
    let found = exposure::of(&account);
    let summary = exposure::summary(&account, &found);
    let (once, once_busy) = (began.elapsed(), super::rehearsal::processor_seconds() - busy);
    let ways: usize = found.interfaces.values().map(|ways| ways.len()).sum();
    assert!(summary.interfaces >= account.regions["us-east-1"].interfaces.read().unwrap().len() - VPCS);
    let peak = super::rehearsal::peak_mib();
    drop(found);
    let mut after = account.clone();
    for acl in after.regions.get_mut("us-east-1").unwrap().acls.read_mut().unwrap().values_mut() {
        (acl.ingress, acl.egress) = (BTreeMap::new(), BTreeMap::new());
    }
    let (began, busy) = (Instant::now(), super::rehearsal::processor_seconds());
    let shift = exposure::shift(&account, &after, false);
    let (both, both_busy) = (began.elapsed(), super::rehearsal::processor_seconds() - busy);
    // Within a subnet no ACL is asked: what stays open is an endpoint in one's own.
    assert!(
        shift.after.ways.iter().all(|way| way.place == exposure::FarEnd::Service),
        "{:?}",
        shift.after.ways
    );
    println!(
        "| {count} | {ways} | {:.2} | {once_busy:.2} | {:.2} | {both_busy:.2} | {peak} MiB | {read} MiB |",
        once.as_secs_f64(),
        both.as_secs_f64()
    );
}

fn add<T>(section: &mut Seen<BTreeMap<String, T>>, id: String, item: T) {
    section.read_mut().unwrap().insert(id, item);
}

fn rule(protocol: &str, ports: Option<(i32, i32)>, peer: Peer) -> Rule {
    Rule { protocol: protocol.into(), ports, peer, description: None }
}

fn account(interfaces: usize) -> Account {
    let mut region = Region::empty();
    for vpc in 0..VPCS {
        network(&mut region, vpc);
    }
    for number in 0..GROUPS {
        let cidr = |text: String| Peer::Ipv4(text);
        let high = 8_000 + i32::try_from(number % 50).unwrap();
        let (vpc, sibling) = (number % VPCS, (number + VPCS) % GROUPS);
        let member = Peer::Group { id: format!("sg-{sibling:05}"), owner: Some(ME.into()), peering: None };
        let group = Group {
            vpc: format!("vpc-{vpc:02}"),
            owner: ME.into(),
            ingress: [
                rule("tcp", Some((443, 443)), cidr("0.0.0.0/0".into())),
                rule("tcp", Some((22, 22)), cidr(format!("203.0.{}.0/24", number % 256))),
                rule("tcp", Some((5432, 5432)), member),
                rule("tcp", Some((high, 8_100)), cidr("10.0.0.0/8".into())),
                rule("-1", None, Peer::Ipv6("2600:1f00::/24".into())),
            ]
            .into(),
            egress: [Rule::all(Peer::Ipv4("0.0.0.0/0".into())), Rule::all(Peer::Ipv6("::/0".into()))].into(),
            ..Group::default()
        };
        add(&mut region.groups, format!("sg-{number:05}"), group);
    }
    for number in 0..interfaces {
        let (vpc, subnet) = (number % VPCS, number % SUBNETS);
        let host = number / SUBNETS + 10;
        let groups = GROUPS / VPCS;
        let own = |n: usize| format!("sg-{:05}", vpc + VPCS * (n % groups));
        let interface = Interface {
            vpc: format!("vpc-{vpc:02}"),
            subnet: format!("subnet-{subnet:04}"),
            owner: ME.into(),
            kind: "interface".into(),
            groups: [own(number / 7), own(number / 3 + 1)].into(),
            instance: Some(format!("i-{number:06}")),
            private_ip: Some(format!("10.{vpc}.{}.{}", subnet / VPCS * 4 + host / 250, host % 250 + 1)),
            public_ip: (number % 3 == 0)
                .then(|| format!("54.{}.{}.{}", number >> 16, number >> 8 & 255, number & 255)),
            ipv6: (number % 4 == 0)
                .then(|| format!("2600:1f18:{vpc:x}:{subnet:x}::{host:x}"))
                .into_iter()
                .collect(),
            source_dest_check: true,
            ..Interface::default()
        };
        add(&mut region.interfaces, format!("eni-{number:06}"), interface);
    }
    region.serial_console = Seen::Read(true);
    let mut account = Account::unread(ME, Caller::default());
    account.regions.insert("us-east-1".into(), region);
    account
}

/// Twenty subnets, half of them public; a NAT gateway, a transit gateway, a VPN, endpoints.
fn network(region: &mut Region, n: usize) {
    let vpc = format!("vpc-{n:02}");
    let own = || ME.to_owned();
    let cidrs = [format!("10.{n}.0.0/16")].into();
    let ipv6_cidrs = [format!("2600:1f18:{n:x}::/48")].into();
    add(&mut region.vpcs, vpc.clone(), Vpc { owner: own(), cidrs, ipv6_cidrs, ..Vpc::default() });
    let route = |destination: String, target: String| Route {
        destination,
        target,
        origin: "CreateRoute".into(),
        blackhole: false,
    };
    let mut sides = [vec![], vec![]];
    for at in (0..SUBNETS).filter(|at| at % VPCS == n) {
        let id = format!("subnet-{at:04}");
        let cidr = format!("10.{n}.{}.0/22", at / VPCS * 4);
        let ipv6_cidr = Some(format!("2600:1f18:{n:x}:{at:x}::/64"));
        add(
            &mut region.subnets,
            id.clone(),
            Subnet { vpc: vpc.clone(), owner: own(), cidr, ipv6_cidr, ..Subnet::default() },
        );
        sides[at / VPCS % 2].push(id);
    }
    let all = |cidr: &str| AclEntry {
        allow: true,
        protocol: "-1".into(),
        cidr: cidr.into(),
        ports: None,
        icmp: None,
    };
    let deny = AclEntry {
        allow: false,
        protocol: "6".into(),
        cidr: "198.51.100.0/24".into(),
        ports: Some((22, 22)),
        icmp: None,
    };
    for (side, name) in sides.iter().zip(["public", "private"]) {
        let entries = || BTreeMap::from([(90, deny.clone()), (100, all("0.0.0.0/0")), (101, all("::/0"))]);
        let acl = Acl {
            vpc: vpc.clone(),
            owner: own(),
            ingress: entries(),
            egress: entries(),
            subnets: side.iter().cloned().collect(),
            ..Acl::default()
        };
        add(&mut region.acls, format!("acl-{n:02}-{name}"), acl);
        let (four, six) = if name == "public" {
            (format!("igw-{n:02}"), format!("igw-{n:02}"))
        } else {
            (format!("nat-{n:02}"), format!("igw-{n:02}"))
        };
        let table = RouteTable {
            vpc: vpc.clone(),
            owner: own(),
            main: name == "private",
            subnets: side.iter().cloned().collect(),
            routes: [
                route(format!("10.{n}.0.0/16"), "local".into()),
                route(format!("2600:1f18:{n:x}::/48"), "local".into()),
                route("0.0.0.0/0".into(), four),
                route("::/0".into(), six),
                route("10.0.0.0/8".into(), "tgw-1".into()),
                route("192.168.0.0/16".into(), format!("vgw-{n:02}")),
            ]
            .into(),
            ..RouteTable::default()
        };
        add(&mut region.route_tables, format!("rtb-{n:02}-{name}"), table);
    }
    gateways(region, n, vpc, &sides);
}

fn gateways(region: &mut Region, n: usize, vpc: String, sides: &[Vec<String>; 2]) {
    let own = || ME.to_owned();
    add(
        &mut region.internet_gateways,
        format!("igw-{n:02}"),
        InternetGateway { owner: own(), vpc: Some(vpc.clone()), ..Default::default() },
    );
    let address = NatAddress {
        primary: true,
        public_ip: Some(format!("54.255.{n}.1")),
        private_ip: Some(format!("10.{n}.0.5")),
        ..Default::default()
    };
    let nat = NatGateway {
        vpc: vpc.clone(),
        subnet: sides[0].first().cloned(),
        state: "available".into(),
        connectivity: "public".into(),
        addresses: [address].into(),
        ..NatGateway::default()
    };
    add(&mut region.nat_gateways, format!("nat-{n:02}"), nat);
    let vgw = VpnGateway { vpc: Some(vpc.clone()), attachment: "attached".into(), ..VpnGateway::default() };
    add(&mut region.vpn_gateways, format!("vgw-{n:02}"), vgw);
    let attachment = TransitAttachment {
        gateway: "tgw-1".into(),
        gateway_owner: own(),
        kind: "vpc".into(),
        resource: vpc.clone(),
        state: "available".into(),
        association: "associated".into(),
        ..Default::default()
    };
    add(&mut region.transit_attachments, format!("tgw-attach-{n:02}"), attachment);
    let endpoint = Endpoint {
        vpc: vpc.clone(),
        kind: "Interface".into(),
        service: "com.amazonaws.us-east-1.ssm".into(),
        state: "available".into(),
        subnets: sides[1].iter().take(2).cloned().collect(),
        groups: [format!("sg-{n:05}")].into(),
        ..Endpoint::default()
    };
    add(&mut region.endpoints, format!("vpce-{n:02}"), endpoint);
    let balancer = LoadBalancer {
        vpc,
        kind: "application".into(),
        scheme: "internet-facing".into(),
        state: "active".into(),
        subnets: sides[0].iter().take(2).cloned().collect(),
        groups: [format!("sg-{n:05}")].into(),
        ..LoadBalancer::default()
    };
    add(
        &mut region.load_balancers,
        format!("arn:aws:elasticloadbalancing:us-east-1:{ME}:loadbalancer/app/web-{n}/1"),
        balancer,
    );
}
