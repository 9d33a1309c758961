//! Do clients on the internet reach a load balancer, what stands behind it, or an interface?
//!
//! ```text
//!  client ─▶ igw ─▶ ACL, groups ─▶ node of a balancer ─▶ groups, ACLs ─▶ target
//!  client ─▶ igw ─▶ ACL, groups ─▶ interface, tcp 80 or 443
//! ```

use super::area::{Area, Net};
use super::balancers::{self, Balancers};
use super::pass::Doubt;
use super::services::{self, Services, TCP};
use super::sets::Family;
use super::{Direction, FarEnd, PathKind, Seat, Way, inward, seats};
use crate::account::{Account, Interface, LoadBalancer, Section, TargetGroup};

/// Do clients reach it?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Some address of the internet gets an answer.
    Yes,
    /// It depends on what could not be read.
    Perhaps(Doubt),
    No,
}

impl Reach {
    /// One way or the other: the better of two.
    #[must_use]
    pub fn or(self, other: Reach) -> Reach {
        match (self, other) {
            (Reach::Yes, _) | (_, Reach::Yes) => Reach::Yes,
            (Reach::Perhaps(one), Reach::Perhaps(other)) => Reach::Perhaps(one.and(other)),
            (Reach::Perhaps(doubt), Reach::No) | (Reach::No, Reach::Perhaps(doubt)) => Reach::Perhaps(doubt),
            (Reach::No, Reach::No) => Reach::No,
        }
    }

    fn unread(section: Section) -> Reach {
        Reach::Perhaps(Doubt::of(section))
    }
}

/// Clients on the internet.
pub struct Clients<'a> {
    net: Net<'a>,
}

impl<'a> Clients<'a> {
    pub fn new(account: &'a Account) -> Clients<'a> {
        Clients { net: Net::new(account, true) }
    }

    /// Do clients reach a node of a load balancer, at a port on which it listens?
    pub fn balancer(&self, region: &str, arn: &str) -> Reach {
        let Some(area) = self.net.areas.get(region) else { return Reach::unread(Section::LoadBalancers) };
        let Some(all) = area.region.load_balancers.read() else {
            return Reach::unread(Section::LoadBalancers);
        };
        let Some((arn, balancer)) = all.get_key_value(arn) else { return Reach::No };
        if matches!(&*balancer.state, "failed" | "provisioning") {
            return Reach::No;
        }
        let listening = listening(balancer);
        let mut balancers = Balancers::new(&self.net, area);
        let ways = families(balancer).flat_map(|family| balancers.nodes_ways(arn, balancer, family));
        reach(ways, &listening)
    }

    /// Do clients reach a target of this group through the load balancer?
    pub fn behind(&self, region: &str, arn: &str, group: &TargetGroup) -> Reach {
        let Some(area) = self.net.areas.get(region) else { return Reach::unread(Section::LoadBalancers) };
        let Some(interfaces) = area.region.interfaces.read() else {
            return Reach::unread(Section::Interfaces);
        };
        let mut balancers = Balancers::new(&self.net, area);
        let here = interfaces.values().filter(|interface| stands_for(interface, group));
        here.map(|interface| {
            let ways = balancers.ways(interface).into_iter();
            let through = |way: &Way| way.path.kind == PathKind::LoadBalancer && way.path.id == arn;
            let unread = |way: &Way| way.path.kind == PathKind::LoadBalancer && way.open.doubt.any();
            reach(ways.filter(|way| through(way) || unread(way)), &services::all())
        })
        .fold(Reach::No, Reach::or)
    }

    /// Do clients reach an interface at TCP 80 or 443?
    pub fn interface(&self, region: &str, id: &str) -> Reach {
        let Some(area) = self.net.areas.get(region) else { return Reach::unread(Section::Interfaces) };
        let Some(all) = area.region.interfaces.read() else { return Reach::unread(Section::Interfaces) };
        let Some(interface) = all.get(id) else { return Reach::No };
        let web = services::ports(TCP, 80, 80).union(&services::ports(TCP, 443, 443));
        reach(self.ways(area, interface).into_iter(), &web)
    }

    fn ways(&self, area: &Area<'_>, interface: &Interface) -> Vec<Way> {
        let (vpc, subnet, groups) = (&*interface.vpc, &*interface.subnet, &interface.groups);
        let of = |family| seats(interface, family).into_iter().map(move |seat| (family, seat));
        let all = Family::BOTH.into_iter().flat_map(of);
        all.flat_map(|(family, (address, public))| {
            inward::ways(&self.net, area, &Seat { vpc, subnet, groups, family, address, public })
        })
        .collect()
    }
}

/// The families in which a load balancer has addresses for clients.
fn families(balancer: &LoadBalancer) -> impl Iterator<Item = Family> + use<> {
    let kind = &*balancer.ip_address_type;
    let (v4, v6) = (kind != "dualstack-without-public-ipv4", kind.starts_with("dualstack"));
    [(Family::Ipv4, v4), (Family::Ipv6, v6)].into_iter().filter(|(_, has)| *has).map(|(family, _)| family)
}

/// The ports at which a load balancer takes connections.
fn listening(balancer: &LoadBalancer) -> Services {
    let all = balancers::listeners(balancer).into_iter();
    all.filter(|(_, protocol)| *protocol == TCP).fold(Services::default(), |all, (one, _)| all.union(&one))
}

fn stands_for(interface: &Interface, group: &TargetGroup) -> bool {
    let is = |id: &str| group.targets.iter().any(|target| target.id == id);
    let addresses = interface.private_ip.iter().chain(interface.secondary.keys()).chain(&interface.ipv6);
    interface.vpc == group.vpc
        && (interface.instance.as_deref().is_some_and(is) || addresses.into_iter().any(|ip| is(ip)))
}

/// Whether one of these ways in from the internet lets a client ask for one of the services.
fn reach(ways: impl Iterator<Item = Way>, services: &Services) -> Reach {
    let from_outside = ways.filter(|way| way.place == FarEnd::Internet && way.direction == Direction::In);
    from_outside
        .map(|way| match way.open.only(services) {
            open if open.is_empty() => Reach::No,
            open if open.doubt.any() => Reach::Perhaps(open.doubt),
            _ => Reach::Yes,
        })
        .fold(Reach::No, Reach::or)
}

impl Doubt {
    /// What could not be read, for a person.
    pub fn words(self) -> Vec<String> {
        let sections = self.sections().map(|section| format!("{} were not read", section.title()));
        let tables =
            self.has(Doubt::TRANSIT_TABLES).then(|| "tables of transit gateways are not read".into());
        let owners = self.has(Doubt::OWNERS).then(|| "only the subnet's owner sees its way out".into());
        sections.chain(tables).chain(owners).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::account;
    use super::*;
    use crate::account::{BackendTarget, Listener, Peer, Rule, Seen, VpcBlock};

    const REGION: &str = "eu-test-1";
    const ARN: &str = "arn:aws:elasticloadbalancing:eu-test-1:111122223333:loadbalancer/app/web/1";

    /// The account with a balancer in the public subnet, which sends to the worker.
    fn balanced(account: &mut Account) -> TargetGroup {
        let region = account.regions.get_mut(REGION).unwrap();
        let balancer = LoadBalancer {
            vpc: "vpc-1".into(),
            kind: "application".into(),
            scheme: "internet-facing".into(),
            ip_address_type: "ipv4".into(),
            state: "active".into(),
            subnets: ["subnet-pub".into()].into(),
            groups: ["sg-web".into()].into(),
            listeners: [Listener { protocol: "HTTPS".into(), port: 443 }].into(),
            ..LoadBalancer::default()
        };
        region.load_balancers = Seen::Read([(ARN.to_owned(), balancer)].into());
        let group = TargetGroup {
            vpc: "vpc-1".into(),
            protocol: "HTTP".into(),
            port: Some(8080),
            kind: "instance".into(),
            load_balancers: [ARN.into()].into(),
            targets: [BackendTarget { id: "i-work".into(), port: Some(8080), zone: None }].into(),
            ..TargetGroup::default()
        };
        region.target_groups = Seen::Read([("tg".to_owned(), group.clone())].into());
        let from_balancer = Rule {
            protocol: "tcp".into(),
            ports: Some((8080, 8080)),
            peer: Peer::Ipv4("10.0.0.0/24".into()),
            description: None,
        };
        let work = region.groups.read_mut().unwrap().get_mut("sg-work").unwrap();
        work.ingress.insert(from_balancer);
        group
    }

    fn reaches(account: &Account, group: &TargetGroup) -> (Reach, Reach, Reach) {
        let clients = Clients::new(account);
        (
            clients.balancer(REGION, ARN),
            clients.behind(REGION, ARN, group),
            clients.interface(REGION, "eni-web"),
        )
    }

    #[test]
    fn clients_reach_a_balancer_its_targets_and_a_public_interface() {
        let mut account = account();
        let group = balanced(&mut account);
        assert_eq!(reaches(&account, &group), (Reach::Yes, Reach::Yes, Reach::Yes));
        assert_eq!(Clients::new(&account).interface(REGION, "eni-work"), Reach::No);
    }

    #[test]
    fn targets_alone_are_cut_off_when_their_groups_are() {
        let mut account = account();
        let group = balanced(&mut account);
        let region = account.regions.get_mut(REGION).unwrap();
        for interface in region.interfaces.read_mut().unwrap().values_mut() {
            interface.groups = ["sg-none".into()].into();
        }
        assert_eq!(reaches(&account, &group), (Reach::Yes, Reach::No, Reach::No));
    }

    #[test]
    fn block_public_access_cuts_all_off() {
        let mut account = account();
        let group = balanced(&mut account);
        let block = VpcBlock {
            mode: "block-bidirectional".into(),
            state: "update-complete".into(),
            ..VpcBlock::default()
        };
        account.regions.get_mut(REGION).unwrap().vpc_block = Seen::Read(block);
        assert_eq!(reaches(&account, &group), (Reach::No, Reach::No, Reach::No));
    }

    #[test]
    fn what_could_not_be_read_is_never_a_no() {
        let mut whole = account();
        let group = balanced(&mut whole);
        for section in
            [Section::LoadBalancers, Section::Interfaces, Section::Groups, Section::Acls, Section::VpcBlock]
        {
            let sections = super::super::NEEDS.iter().copied().filter(|one| *one != section).collect();
            let part = whole.part(&sections, |_| true);
            let (balancer, behind, interface) = reaches(&part, &group);
            for reach in [balancer, behind] {
                assert_ne!(reach, Reach::No, "{section:?}");
            }
            assert_ne!(interface, Reach::No, "{section:?}");
        }
    }

    #[test]
    fn an_internal_balancer_is_not_reached_and_its_internal_address_is_not() {
        let mut account = account();
        let group = balanced(&mut account);
        let region = account.regions.get_mut(REGION).unwrap();
        region.load_balancers.read_mut().unwrap().get_mut(ARN).unwrap().scheme = "internal".into();
        assert_eq!(reaches(&account, &group), (Reach::No, Reach::No, Reach::Yes));
    }
}
