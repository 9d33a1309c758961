//! Small accounts, in words.

use std::collections::BTreeMap;

use super::*;
use crate::account::*;

const ME: &str = "111122223333";

fn add<T>(section: &mut Seen<BTreeMap<String, T>>, id: &str, item: T) {
    section.read_mut().unwrap().insert(id.into(), item);
}

#[allow(clippy::too_many_lines, reason = "one thing after the other")]
/// A public subnet with a web server and a NAT gateway, and a private one with a worker behind it.
pub(crate) fn account() -> Account {
    let mut region = Region::empty();
    let owner = || ME.to_owned();
    add(
        &mut region.vpcs,
        "vpc-1",
        Vpc { owner: owner(), cidrs: ["10.0.0.0/16".into()].into(), ..Vpc::default() },
    );
    for (id, cidr) in [("subnet-pub", "10.0.0.0/24"), ("subnet-priv", "10.0.1.0/24")] {
        let subnet = Subnet { vpc: "vpc-1".into(), owner: owner(), cidr: cidr.into(), ..Subnet::default() };
        add(&mut region.subnets, id, subnet);
    }
    let all = |cidr: &str| AclEntry {
        allow: true,
        protocol: "-1".into(),
        cidr: cidr.into(),
        ports: None,
        icmp: None,
    };
    let acl = Acl {
        vpc: "vpc-1".into(),
        owner: owner(),
        is_default: true,
        ingress: [(100, all("0.0.0.0/0"))].into(),
        egress: [(100, all("0.0.0.0/0"))].into(),
        subnets: ["subnet-pub".into(), "subnet-priv".into()].into(),
        ..Acl::default()
    };
    add(&mut region.acls, "acl-1", acl);
    let route = |destination: &str, target: &str| Route {
        destination: destination.into(),
        target: target.into(),
        origin: "CreateRoute".into(),
        blackhole: false,
    };
    for (id, main, subnet, target) in
        [("rtb-pub", false, Some("subnet-pub"), "igw-1"), ("rtb-main", true, None, "nat-1")]
    {
        let table = RouteTable {
            vpc: "vpc-1".into(),
            owner: owner(),
            main,
            subnets: subnet.into_iter().map(str::to_owned).collect(),
            routes: [route("10.0.0.0/16", "local"), route("0.0.0.0/0", target)].into(),
            ..RouteTable::default()
        };
        add(&mut region.route_tables, id, table);
    }
    add(
        &mut region.internet_gateways,
        "igw-1",
        InternetGateway { owner: owner(), vpc: Some("vpc-1".into()), ..Default::default() },
    );
    let address = NatAddress {
        primary: true,
        public_ip: Some("54.0.0.9".into()),
        private_ip: Some("10.0.0.9".into()),
        ..Default::default()
    };
    let nat = NatGateway {
        vpc: "vpc-1".into(),
        subnet: Some("subnet-pub".into()),
        state: "available".into(),
        connectivity: "public".into(),
        addresses: [address].into(),
        ..NatGateway::default()
    };
    add(&mut region.nat_gateways, "nat-1", nat);
    let https = Rule {
        protocol: "tcp".into(),
        ports: Some((443, 443)),
        peer: Peer::Ipv4("0.0.0.0/0".into()),
        description: None,
    };
    let group = |ingress: &[&Rule]| Group {
        vpc: "vpc-1".into(),
        owner: owner(),
        ingress: ingress.iter().map(|rule| (*rule).clone()).collect(),
        egress: [Rule::all(Peer::Ipv4("0.0.0.0/0".into()))].into(),
        ..Group::default()
    };
    add(&mut region.groups, "sg-web", group(&[&https]));
    add(&mut region.groups, "sg-work", group(&[]));
    add(&mut region.groups, "sg-none", Group { vpc: "vpc-1".into(), owner: owner(), ..Group::default() });
    for (id, subnet, ip, public, group) in [
        ("eni-web", "subnet-pub", "10.0.0.5", Some("54.0.0.5"), "sg-web"),
        ("eni-work", "subnet-priv", "10.0.1.5", None, "sg-work"),
    ] {
        let interface = Interface {
            vpc: "vpc-1".into(),
            subnet: subnet.into(),
            owner: owner(),
            kind: "interface".into(),
            instance: Some(id.replace("eni", "i")),
            private_ip: Some(ip.into()),
            public_ip: public.map(str::to_owned),
            groups: [group.to_owned()].into(),
            source_dest_check: true,
            ..Interface::default()
        };
        add(&mut region.interfaces, id, interface);
    }
    region.serial_console = Seen::Read(false);
    let mut account = Account::unread(ME, Caller::default());
    account.regions.insert("eu-test-1".into(), region);
    account
}

fn here(account: &mut Account) -> &mut Region {
    account.regions.get_mut("eu-test-1").unwrap()
}

/// Step 510: every interface into a group without rules.
pub(crate) fn isolated(account: &Account) -> Account {
    let mut after = account.clone();
    for interface in here(&mut after).interfaces.read_mut().unwrap().values_mut() {
        interface.groups = ["sg-none".to_owned()].into();
    }
    after
}

fn said(account: &Account, id: &str) -> Vec<String> {
    let exposure = of(account);
    let ways = &exposure.interfaces[&("eu-test-1".to_owned(), id.to_owned())];
    ways.iter()
        .filter(|way| !way.open.is_empty())
        .map(|way| format!("{:?} {} {}", way.direction, way.path.id, words(way)))
        .collect()
}

#[test]
fn a_web_server_is_reached_by_its_gateway_and_a_worker_goes_out_by_nat() {
    let account = account();
    let web = said(&account, "eni-web");
    assert!(web[0].starts_with("In igw-1 tcp 443 from "), "{web:?}");
    assert!(web[1].starts_with("Out igw-1 "), "{web:?}");
    let worker = said(&account, "eni-work");
    assert_eq!(worker.len(), 1, "{worker:?}");
    assert!(
        worker[0].starts_with("Out nat-1 tcp all, udp all, icmp type 8 code 0")
            || worker[0].starts_with("Out nat-1 icmp"),
        "{worker:?}"
    );
}

#[test]
fn groups_alone_leave_what_is_tracked_and_say_through_what() {
    let account = account();
    let shift = shift(&account, &isolated(&account), false);
    assert_eq!(shift.before.reached_from[&FarEnd::Internet], Tally { open: 1, unknown: 0 });
    assert!(shift.after.ways.is_empty());
    // 443 from everybody, with everything out: untracked, it ends at once. The worker's flows are
    // tracked by NAT, and live on. So do the web server's own: what comes in is not all ports.
    let kept: Vec<(&str, usize, bool)> =
        shift.kept.iter().map(|kept| (&*kept.path.id, kept.interfaces, kept.always_tracked)).collect();
    assert_eq!(kept, [("igw-1", 1, false), ("nat-1", 1, true)]);
    assert_eq!((shift.keeping, shift.surely_cut), (2, 0));
    // Through a group that allows everything what is not always tracked ends.
    let shift = super::shift(&account, &isolated(&account), true);
    let kept: Vec<&str> = shift.kept.iter().map(|kept| &*kept.path.id).collect();
    assert_eq!((kept, shift.keeping, shift.surely_cut), (vec!["nat-1"], 1, 1));
}

#[test]
fn an_acl_stops_flows_that_are_under_way() {
    let account = account();
    let mut after = isolated(&account);
    let acl = here(&mut after).acls.read_mut().unwrap().get_mut("acl-1").unwrap();
    (acl.ingress, acl.egress) = Default::default();
    let shift = shift(&account, &after, false);
    assert_eq!((shift.keeping, shift.surely_cut, shift.kept.len()), (0, 2, 0));
}

#[test]
fn an_unread_section_is_in_doubt_unless_something_else_closes_it() {
    let mut account = account();
    here(&mut account).acls = Seen::default();
    let summary_of = |account: &Account| summary(account, &of(account));
    let summary = summary_of(&account);
    assert_eq!(summary.reached_from[&FarEnd::Internet], Tally { open: 0, unknown: 1 });
    assert!(summary.gaps.contains_key(&Section::Acls));
    let closed = summary_of(&isolated(&account));
    assert!(closed.reached_from.is_empty() && closed.reaching.is_empty(), "{closed:?}");
}

#[test]
fn load_balancers_that_could_not_be_read_may_stand_before_anything_that_its_groups_do_not_close() {
    let mut account = account();
    here(&mut account).load_balancers = Seen::default();
    let reached =
        |account: &Account| summary(account, &of(account)).reached_from.get(&FarEnd::Internet).copied();
    assert_eq!(reached(&account), Some(Tally { open: 1, unknown: 0 }));
    here(&mut account).internet_gateways = Seen::Read(BTreeMap::new());
    assert_eq!(reached(&account), Some(Tally { open: 0, unknown: 1 }));
    assert_eq!(reached(&isolated(&account)), None);
}

#[test]
fn hops_name_what_lets_through_and_after_the_cut_what_stops() {
    let account = account();
    let texts = |account: &Account| -> Vec<String> {
        let traces = explain(account, "eni-work").unwrap();
        let out = traces.iter().find(|trace| trace.direction == Direction::Out).unwrap();
        out.hops.iter().map(|hop| format!("{:?}: {}", hop.verdict, hop.text)).collect()
    };
    assert_eq!(
        texts(&account),
        [
            "Passes: sg-work lets out all traffic for 0.0.0.0/0",
            "Passes: acl-1 of subnet-priv, out: entry 100 allows 0.0.0.0/0",
            "Passes: rtb-main: 0.0.0.0/0 → nat-1",
            "Passes: acl-1 of subnet-pub, in: entry 100 allows 0.0.0.0/0",
            "Passes: nat-1 (public, available) sends it on from subnet-pub, as 54.0.0.9",
            "Passes: acl-1 of subnet-pub, out: entry 100 allows 0.0.0.0/0",
            "Passes: rtb-pub: 0.0.0.0/0 → igw-1",
            "Passes: acl-1 of subnet-pub, the answer in (tcp 65535): entry 100 allows 0.0.0.0/0",
            "Passes: acl-1 of subnet-priv, the answer in (tcp 65535): entry 100 allows 0.0.0.0/0",
        ]
    );
    let mut cut = isolated(&account);
    let acl = here(&mut cut).acls.read_mut().unwrap().get_mut("acl-1").unwrap();
    (acl.ingress, acl.egress) = Default::default();
    let stops = texts(&cut);
    assert_eq!(stops[0], "Stops: sg-none has no rules (out)");
    assert_eq!(stops[1], "Stops: acl-1 of subnet-priv, out: no entry matches");
    here(&mut cut)
        .route_tables
        .read_mut()
        .unwrap()
        .get_mut("rtb-main")
        .unwrap()
        .routes
        .retain(|r| r.target == "local");
    assert_eq!(texts(&cut).last().unwrap(), "Stops: rtb-main of subnet-priv has no route for it");
}

const OWNER: &str = "999900001111";

/// `account` as its participant is told of it: the VPC and its subnets belong to another account.
fn shared() -> Account {
    let mut account = account();
    let region = here(&mut account);
    region.vpcs.read_mut().unwrap().values_mut().for_each(|vpc| vpc.owner = OWNER.into());
    region.subnets.read_mut().unwrap().values_mut().for_each(|subnet| subnet.owner = OWNER.into());
    region.nat_gateways = Seen::Read(BTreeMap::new());
    account
}

fn route(account: &mut Account, table: &str, destination: &str, target: &str) {
    let tables = here(account).route_tables.read_mut().unwrap();
    tables.get_mut(table).unwrap().routes.insert(Route {
        destination: destination.into(),
        target: target.into(),
        origin: "CreateRoute".into(),
        blackhole: false,
    });
}

#[test]
fn a_participant_of_a_shared_vpc_goes_out_by_gateways_that_nobody_tells_it_of() {
    let mut account = shared();
    let found = summary(&account, &of(&account));
    let worker = said(&account, "eni-work");
    assert!(worker.iter().any(|way| way.starts_with("Out nat-1 ")), "{worker:?}");
    // The Block Public Access of the owner is not told of either.
    assert_eq!(found.reaching[&FarEnd::Internet], Tally { open: 0, unknown: 2 });
    assert_eq!(found.unseen.owners, 1);
    let shown = |account: &Account| crate::view::exposure::summary(&summary(account, &of(account)));
    let lines: Vec<String> = shown(&account).iter().map(crate::view::lines::Line::text).collect();
    assert!(lines.iter().any(|line| line.contains("only the owner of a shared VPC")), "{lines:?}");

    for (destination, target, place) in [
        ("10.1.0.0/16", "pcx-1", FarEnd::Vpc),
        ("10.2.0.0/16", "tgw-1", FarEnd::OnPremises),
        ("10.3.0.0/16", "vgw-1", FarEnd::OnPremises),
        ("10.4.0.0/16", "vpce-1", FarEnd::Service),
        ("10.5.0.0/16", "eni-far", FarEnd::Internet),
    ] {
        let mut account = shared();
        route(&mut account, "rtb-main", destination, target);
        let reaching = summary(&account, &of(&account)).reaching;
        assert!(reaching[&place].unknown >= 1, "{target}: {reaching:?}");
    }
    // Groups are the participant's own, and close all of it.
    assert!(summary(&account, &of(&isolated(&account))).reaching.is_empty());
    // An S3 endpoint is no firewall.
    route(&mut account, "rtb-main", "pl-s3", "vpce-1");
    let tables = here(&mut account).route_tables.read_mut().unwrap();
    tables.get_mut("rtb-main").unwrap().routes.retain(|route| route.target != "nat-1");
    let worker = said(&account, "eni-work");
    assert!(worker.iter().all(|way| way.starts_with("Out vpce-1 ")), "{worker:?}");
    assert_eq!(summary(&account, &of(&account)).reaching[&FarEnd::Internet].all(), 1);
}

#[test]
fn a_firewall_that_could_not_be_listed_may_hand_on_the_answer() {
    let mut account = account();
    let tables = here(&mut account).route_tables.read_mut().unwrap();
    tables.get_mut("rtb-pub").unwrap().routes.retain(|route| route.target == "local");
    route(&mut account, "rtb-pub", "0.0.0.0/0", "vpce-fw");
    let reached =
        |account: &Account| summary(account, &of(account)).reached_from.get(&FarEnd::Internet).copied();
    assert_eq!(reached(&account), None);
    here(&mut account).endpoints = Seen::default();
    assert_eq!(reached(&account), Some(Tally { open: 0, unknown: 1 }));
}

#[test]
fn an_appliance_that_the_gateway_sends_through_hands_on_the_answer() {
    let mut account = account();
    let appliance = Interface {
        groups: ["sg-work".to_owned()].into(),
        private_ip: Some("10.0.1.9".into()),
        source_dest_check: false,
        ..here(&mut account).interfaces.item("eni-work").unwrap().clone()
    };
    add(&mut here(&mut account).interfaces, "eni-wall", appliance);
    let tables = here(&mut account).route_tables.read_mut().unwrap();
    tables.get_mut("rtb-pub").unwrap().routes.retain(|route| route.target == "local");
    route(&mut account, "rtb-pub", "0.0.0.0/0", "eni-wall");
    let reached =
        |account: &Account| summary(account, &of(account)).reached_from.get(&FarEnd::Internet).copied();
    assert_eq!(reached(&account), None);
    let edge =
        RouteTable { vpc: "vpc-1".into(), gateways: ["igw-1".to_owned()].into(), ..RouteTable::default() };
    add(&mut here(&mut account).route_tables, "rtb-edge", edge);
    route(&mut account, "rtb-edge", "10.0.0.0/24", "eni-wall");
    assert_eq!(reached(&account), Some(Tally { open: 1, unknown: 0 }));
}

#[test]
fn who_reaches_whom_by_a_transit_gateway_is_not_known() {
    let mut account = account();
    add(
        &mut here(&mut account).vpcs,
        "vpc-2",
        Vpc { owner: ME.into(), cidrs: ["10.2.0.0/16".into()].into(), ..Vpc::default() },
    );
    for vpc in ["vpc-1", "vpc-2"] {
        let attachment = TransitAttachment {
            gateway: "tgw-1".into(),
            gateway_owner: ME.into(),
            kind: "vpc".into(),
            resource: vpc.into(),
            resource_owner: ME.into(),
            state: "available".into(),
            association: "associated".into(),
            ..TransitAttachment::default()
        };
        add(&mut here(&mut account).transit_attachments, &format!("tgw-attach-{vpc}"), attachment);
    }
    let there =
        Subnet { vpc: "vpc-2".into(), owner: ME.into(), cidr: "10.2.0.0/24".into(), ..Subnet::default() };
    add(&mut here(&mut account).subnets, "subnet-2", there);
    let table = RouteTable { vpc: "vpc-2".into(), main: true, ..RouteTable::default() };
    add(&mut here(&mut account).route_tables, "rtb-2", table);
    route(&mut account, "rtb-2", "10.0.0.0/16", "tgw-1");
    route(&mut account, "rtb-main", "10.2.0.0/16", "tgw-1");
    let found = summary(&account, &of(&account));
    assert_eq!(found.reaching[&FarEnd::Vpc], Tally { open: 0, unknown: 1 });
    assert_eq!(found.unseen.transit_tables, 1);
    let traces = explain(&account, "eni-work").unwrap();
    let by = traces.iter().find(|trace| trace.place == FarEnd::Vpc).unwrap();
    assert!(by.hops.iter().any(|hop| hop.verdict == HopVerdict::Unknown), "{by:?}");
    // Without an association the gateway drops what comes from there.
    let attachments = here(&mut account).transit_attachments.read_mut().unwrap();
    attachments.get_mut("tgw-attach-vpc-1").unwrap().association.clear();
    assert!(!summary(&account, &of(&account)).reaching.contains_key(&FarEnd::Vpc));
}
