//! Follows one packet and says at each place what lets it through or stops it.

use super::area::{Area, Net};
use super::hops::{Hop, HopVerdict};
use super::links::{self, unblocked};
use super::pass::Doubt;
use super::rules;
use super::services::{self, Services};
use super::sets::{self, Family, Set};
use super::{Direction, PathKind, Way, acls, groups, seats};
use crate::account::{Interface, Peer, Region, Rule, Section};

pub struct Tracer<'a, 'n> {
    pub net: &'a Net<'n>,
    pub area: &'a Area<'n>,
    pub interface: &'a Interface,
    pub family: Family,
    pub peer: u128,
    pub service: u32,
    pub hops: Vec<Hop>,
}

impl Tracer<'_, '_> {
    pub fn say(&mut self, verdict: HopVerdict, text: impl Into<String>) {
        self.hops.push(Hop { verdict, text: text.into() });
    }

    fn gap(&mut self, section: Section) {
        self.say(HopVerdict::Unknown, format!("{} not read", section.title()));
    }

    /// Checks the groups. `neighbour` is the peer's address where it is in the same VPC.
    pub fn groups(
        &mut self,
        groups: &std::collections::BTreeSet<String>,
        direction: Direction,
        neighbour: Option<u128>,
    ) {
        let word = if direction == Direction::In { "in" } else { "out" };
        if groups.is_empty() {
            return self.say(HopVerdict::Passes, format!("no security group looks {word}"));
        }
        if self.area.region.groups.read().is_none() {
            return self.gap(Section::Groups);
        }
        let peer = neighbour.unwrap_or(self.peer);
        for id in groups {
            let Some(group) = self.area.region.groups.item(id) else {
                self.say(HopVerdict::Unknown, format!("{id} is not among the groups that were read"));
                continue;
            };
            let rules = if direction == Direction::In { &group.ingress } else { &group.egress };
            if let Some(rule) = groups::letting(self.area, rules, self.family, peer, self.service) {
                return self.say(HopVerdict::Passes, format!("{id} lets {word} {}", rule_in_words(rule)));
            }
        }
        let all = groups.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let empty = groups.iter().all(|id| {
            self.area.region.groups.item(id).is_some_and(|group| match direction {
                Direction::In => group.ingress.is_empty(),
                Direction::Out => group.egress.is_empty(),
            })
        });
        let why = if empty { "has no rules" } else { "has no rule for it" };
        self.say(HopVerdict::Stops, format!("{all} {why} ({word})"));
    }

    /// The packet itself (`peer` given), or its answer at the client's ports.
    pub fn acl(&mut self, subnet: &str, direction: Direction, peer: Option<u128>) {
        let entries = self.area.acl_of(subnet).and_then(|id| Some((id, self.area.region.acls.item(id)?)));
        let Some((id, acl)) = entries else { return self.gap(Section::Acls) };
        let entries = if direction == Direction::In { &acl.ingress } else { &acl.egress };
        let word = if direction == Direction::In { "in" } else { "out" };
        let (service, what) = match peer {
            Some(_) => (self.service, ""),
            None => (self.answering(subnet, direction), "the answer "),
        };
        let decided = acls::deciding(entries, self.family, peer.unwrap_or(self.peer), service);
        let (verdict, by) = match decided {
            Some((number, entry)) if entry.allow => {
                (HopVerdict::Passes, format!("entry {number} allows {}", entry.cidr))
            }
            Some((number, entry)) => (HopVerdict::Stops, format!("entry {number} denies {}", entry.cidr)),
            None => (HopVerdict::Stops, "no entry matches".to_owned()),
        };
        let ports = if peer.is_none() {
            format!(" ({})", services::in_words(&Set::one(service, service), 1))
        } else {
            String::new()
        };
        self.say(verdict, format!("{id} of {subnet}, {what}{word}{ports}: {by}"));
    }

    /// A port at which the answer passes, or one that stands for all of them.
    fn answering(&self, subnet: &str, direction: Direction) -> u32 {
        let protocol = self.service >> 16;
        let wanted: Services = match protocol {
            services::ICMP => services::ports(protocol, 0, 0),
            services::ICMP_V6 => services::ports(protocol, 129 << 8, 129 << 8),
            _ => {
                let (first, last) = rules::client_ports();
                services::ports(protocol, first, last)
            }
        };
        let pass = self.area.acl(subnet, direction, self.family);
        let open = pass.at(self.peer).map(|open| open.intersect(&wanted)).unwrap_or_default();
        open.parts().last().or(wanted.parts().last()).map_or(self.service, |part| part.1)
    }

    fn block(&mut self, subnet: &str, outbound: bool) {
        match unblocked(self.net, self.area, &self.interface.vpc, subnet, outbound) {
            Some(Doubt::NONE) => {}
            Some(_) => self.gap(Section::VpcBlock),
            None => {
                let mode =
                    self.area.region.vpc_block.read().map(|block| block.mode.clone()).unwrap_or_default();
                self.say(HopVerdict::Stops, format!("VPC Block Public Access: {mode}"));
            }
        }
    }

    /// From a subnet on, by its routes.
    pub fn outwards(&mut self, subnet: &str, address: u128, public: bool, passed: usize, outbound: bool) {
        let vpc = &self.interface.vpc;
        let Some(routes) = self.area.routes(vpc, subnet, self.family) else {
            return self.gap(Section::RouteTables);
        };
        let table = self.area.table(vpc, subnet).unwrap_or_default();
        let Some(route) = routes.at(self.peer) else {
            self.acl(subnet, Direction::Out, Some(self.peer));
            return self.say(HopVerdict::Stops, format!("{table} of {subnet} has no route for it"));
        };
        let (destination, target) = (&*route.destination, &*route.target);
        let region = self.area.region;
        let forwarder = match target.split('-').next().unwrap_or_default() {
            "nat" => region.nat_gateways.item(target).and_then(|nat| nat.subnet.clone()),
            "eni" => region.interfaces.item(target).map(|host| host.subnet.clone()),
            "vpce" => region
                .endpoints
                .item(target)
                .filter(|e| e.kind != "Gateway")
                .and_then(|e| e.subnets.first().cloned()),
            _ => None,
        };
        if forwarder.as_deref() != Some(subnet) {
            self.acl(subnet, Direction::Out, Some(self.peer));
        }
        if route.blackhole {
            return self.say(HopVerdict::Stops, format!("{table}: {destination} → {target}, a blackhole"));
        }
        self.say(HopVerdict::Passes, format!("{table}: {destination} → {target}"));
        match forwarder {
            Some(there) if passed < 3 => {
                if there != subnet {
                    self.acl(&there, Direction::In, Some(address));
                }
                self.forward(target, &there, address, public, passed);
            }
            _ => self.gateway(target, subnet, public, outbound),
        }
        if forwarder_is_elsewhere(region, target, subnet) {
            self.acl(subnet, Direction::In, None);
        }
    }

    fn forward(&mut self, target: &str, there: &str, address: u128, public: bool, passed: usize) {
        let region = self.area.region;
        if let Some(nat) = region.nat_gateways.item(target) {
            let own = nat.addresses.iter().find_map(|a| a.public_ip.clone());
            let verdict = if nat.state == "available" { HopVerdict::Passes } else { HopVerdict::Stops };
            let name = own.as_ref().map(|ip| format!(", as {ip}")).unwrap_or_default();
            self.say(
                verdict,
                format!("{target} ({}, {}) sends it on from {there}{name}", nat.connectivity, nat.state),
            );
            let from =
                nat.addresses.iter().find_map(|a| sets::number(Family::Ipv4, a.private_ip.as_deref()?));
            return self.outwards(there, from.unwrap_or_default(), own.is_some(), passed + 1, true);
        }
        let Some(host) = region.interfaces.item(target) else {
            self.say(HopVerdict::Passes, format!("{target}: a firewall decides, which is not read"));
            return self.outwards(there, address, public, passed + 1, false);
        };
        if host.source_dest_check {
            return self.say(
                HopVerdict::Stops,
                format!("{target} checks source and destination: it does not forward"),
            );
        }
        self.groups(&host.groups, Direction::In, Some(address));
        self.say(HopVerdict::Passes, format!("{target} forwards it in its own name"));
        self.groups(&host.groups, Direction::Out, None);
        let own = seats(host, self.family);
        let from = own.first().map_or(address, |(from, _)| *from);
        self.outwards(there, from, own.iter().any(|(_, public)| *public), passed + 1, false);
    }

    fn gateway(&mut self, target: &str, subnet: &str, public: bool, outbound: bool) {
        let vpc = &self.interface.vpc;
        if let Some(doubt) = self.hidden(target, subnet) {
            let why = match doubt.sections().next() {
                Some(section) => format!("{} not read", section.title()),
                None => "only the owner of the shared VPC is told of it".to_owned(),
            };
            return self.say(HopVerdict::Unknown, format!("{target}: {why}"));
        }
        let egress_only = target.starts_with("eigw-");
        if target.starts_with("igw-") || egress_only {
            let known = self.area.way_to_internet(self.net, vpc, subnet);
            if !egress_only && !known.is_some_and(|(id, doubt)| id == target || doubt.any()) {
                self.say(HopVerdict::Stops, format!("{target} is not attached to {vpc}"));
            }
            if !public {
                self.say(HopVerdict::Stops, format!("no public address: {target} drops it"));
            }
            self.block(subnet, outbound || egress_only);
        }
        if target.starts_with("vgw-") && links::vpn_gateway(self.area, vpc) != Some(target) {
            self.say(HopVerdict::Stops, format!("{target} is not attached to {vpc}"));
        }
        if target.starts_with("tgw-") {
            let transits = self.area.transits(self.net, vpc);
            match transits.iter().find(|transit| transit.id == target) {
                None => self.say(HopVerdict::Stops, format!("{vpc} is not attached to {target}")),
                Some(transit) if !transit.sends => {
                    self.say(
                        HopVerdict::Stops,
                        format!("the attachment of {vpc} has no route table at {target}"),
                    );
                }
                Some(_) => self.say(
                    HopVerdict::Unknown,
                    format!("route tables of {target}, which are not read, say where it goes on to"),
                ),
            }
        }
        if target.starts_with("pcx-") && !links::peerings(self.area, vpc).any(|far| far.id == target) {
            self.say(HopVerdict::Stops, format!("{target} is not active"));
        }
        if let Some(endpoint) = self.area.region.endpoints.item(target).filter(|e| !super::inside::serves(e))
        {
            self.say(
                HopVerdict::Stops,
                format!("{target} ({}): its policy or state lets nothing through", endpoint.service),
            );
        }
    }

    /// Why a target is not in the account, where it may be there all the same.
    fn hidden(&self, target: &str, subnet: &str) -> Option<Doubt> {
        let region = self.area.region;
        let (section, listed) = match target.split('-').next().unwrap_or_default() {
            "nat" => (Section::NatGateways, region.nat_gateways.item(target).is_some()),
            "eigw" => (Section::EgressGateways, region.egress_gateways.item(target).is_some()),
            "eni" => (Section::Interfaces, region.interfaces.item(target).is_some()),
            "pcx" => (Section::Peerings, region.peerings.item(target).is_some()),
            "vgw" => (Section::VpnGateways, region.vpn_gateways.item(target).is_some()),
            "vpce" => (Section::Endpoints, region.endpoints.item(target).is_some()),
            "tgw" => {
                let transits = self.area.transits(self.net, &self.interface.vpc);
                (Section::TransitAttachments, transits.iter().any(|transit| transit.id == target))
            }
            _ => return None,
        };
        self.area.unseen(self.net, subnet, section).filter(|_| !listed)
    }

    pub fn inwards(&mut self, way: Option<&Way>, address: u128, public: bool) {
        let (vpc, subnet) = (self.interface.vpc.clone(), self.interface.subnet.clone());
        match way.map(|way| (way.path.kind, &*way.path.id)) {
            None | Some((PathKind::InternetGateway, _)) => {
                match self.area.way_to_internet(self.net, &vpc, &subnet) {
                    None => self.say(HopVerdict::Stops, format!("{vpc} has no internet gateway")),
                    Some((id, doubt)) => {
                        if doubt.has(Doubt::OWNERS) {
                            self.say(
                                HopVerdict::Unknown,
                                "only the owner of the shared VPC is told of its gateway",
                            );
                        } else if doubt.any() {
                            self.gap(Section::InternetGateways);
                        } else if public {
                            self.say(HopVerdict::Passes, format!("{id} maps a public address to it"));
                        } else {
                            self.say(HopVerdict::Stops, "no public address: the internet cannot name it");
                        }
                        if let Some((table, routes)) = self.area.edge(id, self.family)
                            && let Some(route) = routes.at(address)
                        {
                            let verdict =
                                if route.blackhole { HopVerdict::Stops } else { HopVerdict::Passes };
                            self.say(
                                verdict,
                                format!("{table} of {id}: {} → {}", route.destination, route.target),
                            );
                        }
                        self.block(&subnet, false);
                    }
                }
            }
            Some((_, id)) => self.say(HopVerdict::Passes, format!("{id} delivers it")),
        }
        self.acl(&subnet, Direction::In, Some(self.peer));
        let groups = self.interface.groups.clone();
        self.groups(&groups, Direction::In, None);
        self.acl(&subnet, Direction::Out, None);
        let table = self.area.table(&vpc, &subnet).unwrap_or_default();
        match self.area.routes(&vpc, &subnet, self.family).map(|routes| routes.at(self.peer)) {
            None => self.gap(Section::RouteTables),
            Some(Some(route)) => {
                let hole = if route.blackhole { ", a blackhole" } else { "" };
                let wrong = way.is_some_and(|way| way.open.is_empty());
                let verdict = if route.blackhole || wrong { HopVerdict::Stops } else { HopVerdict::Passes };
                let text = format!("{table}, the answer: {} → {}{hole}", route.destination, route.target);
                self.say(verdict, text);
            }
            Some(None) => self.say(HopVerdict::Stops, format!("{table}: no route for the answer")),
        }
    }

    /// Through something in the VPC.
    pub fn through(&mut self, way: Option<&Way>) {
        let Some(way) = way else { return };
        let balancer = self.area.region.load_balancers.item(&way.path.id);
        let text = match balancer {
            Some(balancer) => {
                let ports: Vec<String> =
                    balancer.listeners.iter().map(|l| format!("{} {}", l.protocol, l.port)).collect();
                format!(
                    "{} ({}, {}) listens on {}",
                    balancer.name,
                    balancer.kind,
                    balancer.scheme,
                    ports.join(", ")
                )
            }
            None => format!("{} stands in between", way.path.id),
        };
        self.say(HopVerdict::Passes, text);
        self.say(
            HopVerdict::Passes,
            "its groups, the ACLs between, and the interface's groups let it through",
        );
    }
}

/// The answer crosses the ACL of a subnet again, unless it came from a forwarder in it.
fn forwarder_is_elsewhere(region: &Region, target: &str, subnet: &str) -> bool {
    let there = match target.split('-').next().unwrap_or_default() {
        "nat" => region.nat_gateways.item(target).and_then(|nat| nat.subnet.as_deref()),
        "eni" => region.interfaces.item(target).map(|host| &*host.subnet),
        _ => None,
    };
    there != Some(subnet)
}

fn rule_in_words(rule: &Rule) -> String {
    let what = services::in_words(&services::of_rule(&rule.protocol, rule.ports), 1);
    match &rule.peer {
        Peer::Ipv4(cidr) | Peer::Ipv6(cidr) => format!("{what} for {cidr}"),
        Peer::PrefixList(id) => format!("{what} for {id}"),
        Peer::Group { id, .. } => format!("{what} for members of {id}"),
    }
}
