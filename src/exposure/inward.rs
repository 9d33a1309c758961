//! The way in: a gateway delivers, ACL and groups let it pass, and the answer finds a way back.

use super::area::{Area, Net};
use super::links::{self, unblocked};
use super::pass::{Doubt, Pass};
use super::rules;
use super::sets::Addresses;
use super::{Direction, FarEnd, Path, PathKind, Seat, Way};
use crate::account::{LATTICE, Section};

/// The ways in to an address from outside its VPC.
pub fn ways(net: &Net<'_>, area: &Area<'_>, seat: &Seat<'_>) -> Vec<Way> {
    let groups = area.groups(net, seat.vpc, seat.groups, Direction::In, seat.family);
    let acl = area.acl(seat.subnet, Direction::In, seat.family);
    let let_in = groups.by_address.and(&acl);
    if let_in.is_empty() {
        return vec![];
    }
    let let_out = area.acl(seat.subnet, Direction::Out, seat.family);
    let mut arrivals = Arrivals { net, area, seat, let_in, let_out, ways: vec![] };
    arrivals.internet_gateway();
    arrivals.peerings();
    arrivals.transits();
    arrivals.vpn_gateway();
    arrivals.others();
    arrivals.ways
}

struct Arrivals<'a, 'n> {
    net: &'a Net<'n>,
    area: &'a Area<'n>,
    seat: &'a Seat<'a>,
    let_in: Pass,
    let_out: Pass,
    ways: Vec<Way>,
}

impl Arrivals<'_, '_> {
    /// Adds the way in from these addresses by this path. Answers leave by the targets for which `reply` is
    /// true.
    fn from(
        &mut self,
        place: FarEnd,
        path: Path,
        from: &Addresses,
        doubt: Doubt,
        reply: impl Fn(&str) -> bool,
    ) {
        let sent = self.let_in.within(from);
        if sent.is_empty() {
            return;
        }
        let family = self.seat.family;
        let (routed, unsure) = match self.area.routes(self.seat.vpc, self.seat.subnet, family) {
            Some(routes) => routes.to(reply),
            None => (family.all(), Doubt::of(Section::RouteTables)),
        };
        let reply = self.let_out.within(&routed).doubted(unsure);
        let sent = sent.doubted(doubt);
        let open = sent.answered(family, &reply);
        self.ways.push(Way { place, direction: Direction::In, family, path, open, sent });
    }

    fn internet_gateway(&mut self) {
        let Seat { vpc, subnet, family, public, .. } = *self.seat;
        let Some((id, doubt)) = self.area.way_to_internet(self.net, vpc, subnet) else { return };
        if !rules::passes_internet_gateway(public) || self.dropped_at(id) {
            return;
        }
        let Some(block) = unblocked(self.net, self.area, vpc, subnet, false) else { return };
        let path = Path::new(PathKind::InternetGateway, id);
        let egress = rules::egress_only_lets_in();
        let unseen = self.area.unseen(self.net, subnet, Section::Endpoints);
        let mut hidden = Doubt::NONE;
        // On the way back a firewall's endpoint, or an appliance that the gateway sends through as
        // well, hands on to the internet gateway.
        let mut reply = |target: &str| {
            let endpoint = self.area.region.endpoints.item(target);
            if let (true, None, Some(doubt)) = (target.starts_with("vpce-"), endpoint, unseen) {
                let firewall = self.area.routed_by_address(vpc, subnet, target);
                hidden = hidden.and(if firewall { doubt } else { Doubt::NONE });
                return firewall;
            }
            (doubt.any() && target.starts_with("igw-"))
                || target == id
                || endpoint.is_some_and(|e| e.kind == "GatewayLoadBalancer")
                || self.comes_through(id, target)
                || (egress && target.starts_with("eigw-"))
        };
        let firewalls: Vec<String> = self
            .area
            .routes(vpc, subnet, family)
            .into_iter()
            .flat_map(|routes| routes.targets())
            .filter(|(target, ..)| reply(target))
            .map(|(target, ..)| (*target).to_owned())
            .collect();
        let doubt = doubt.and(block).and(hidden);
        self.from(FarEnd::Internet, path, self.area.internet(vpc, family), doubt, |target| {
            firewalls.iter().any(|known| known == target)
        });
    }

    /// Does the gateway send what comes in for this address through an appliance that forwards?
    ///
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/gwlb-route.html>
    fn comes_through(&self, gateway: &str, target: &str) -> bool {
        let forwards = self.area.region.interfaces.item(target).is_some_and(|host| !host.source_dest_check);
        let edge = self.area.edge(gateway, self.seat.family);
        forwards && edge.is_some_and(|(_, routes)| routes.leads(self.seat.address, target))
    }

    /// The gateway has a table, and that has no way for this address.
    fn dropped_at(&self, gateway: &str) -> bool {
        let Some((_, routes)) = self.area.edge(gateway, self.seat.family) else { return false };
        routes.at(self.seat.address).is_some_and(|route| route.blackhole)
    }

    fn peerings(&mut self) {
        let Seat { vpc, subnet, family, address, .. } = *self.seat;
        if let Some(doubt) = self.area.unseen(self.net, subnet, Section::Peerings) {
            self.unread(FarEnd::Vpc, PathKind::Peering, "pcx-", doubt);
        }
        for far in links::peerings(self.area, vpc).collect::<Vec<_>>() {
            let (from, doubt) = match self.net.far(&far.side.vpc, far.id, family, address) {
                Some(known) => known,
                None => (far.addresses(self.net, family), Doubt::NONE),
            };
            self.from(FarEnd::Vpc, Path::new(PathKind::Peering, far.id), &from, doubt, |target| {
                target == far.id
            });
        }
    }

    fn transits(&mut self) {
        let Seat { vpc, subnet, family, address, .. } = *self.seat;
        if let Some(doubt) = self.area.unseen(self.net, subnet, Section::TransitAttachments) {
            self.unread(FarEnd::OnPremises, PathKind::TransitGateway, "tgw-", doubt);
        }
        for transit in self.area.transits(self.net, vpc).iter() {
            let path = Path::new(PathKind::TransitGateway, &*transit.id);
            let reply = |target: &str| transit.sends && target == transit.id;
            let senders = transit.senders(self.net, family, address);
            let unsure = senders.1.and(Doubt::TRANSIT_TABLES);
            self.from(FarEnd::Vpc, path.clone(), &senders.0, unsure, reply);
            if transit.further {
                let elsewhere = family.all().minus(self.own_addresses()).minus(transit.known(family));
                self.from(FarEnd::OnPremises, path, &elsewhere, Doubt::TRANSIT_TABLES, reply);
            }
        }
    }

    fn vpn_gateway(&mut self) {
        let Seat { vpc, subnet, family, .. } = *self.seat;
        if let Some(doubt) = self.area.unseen(self.net, subnet, Section::VpnGateways) {
            self.unread(FarEnd::OnPremises, PathKind::VpnGateway, "vgw-", doubt);
        }
        let Some(id) = links::vpn_gateway(self.area, vpc).filter(|id| !self.dropped_at(id)) else { return };
        let from = family.all().minus(self.own_addresses());
        let path = Path::new(PathKind::VpnGateway, id);
        self.from(FarEnd::OnPremises, path, &from, Doubt::NONE, |target| target == id);
    }

    /// Gateways whose other side is not known: what is routed to them may come from them.
    fn others(&mut self) {
        let Seat { vpc, subnet, family, .. } = *self.seat;
        let Some(routes) = self.area.routes(vpc, subnet, family) else { return };
        let known = ["igw-", "eigw-", "nat-", "eni-", "pcx-", "tgw-", "vgw-", "vpce-"];
        let others: Vec<(String, Addresses, Doubt)> = routes
            .targets()
            .filter(|(target, ..)| !known.iter().any(|prefix| target.starts_with(prefix)))
            .map(|(target, addresses, doubt)| ((*target).to_owned(), addresses.clone(), *doubt))
            .collect();
        for (target, addresses, doubt) in others {
            let place = match &*target {
                LATTICE => FarEnd::Service,
                other if other.starts_with("cagw-") => FarEnd::Internet,
                _ => FarEnd::OnPremises,
            };
            let path = Path::new(PathKind::Other, &*target);
            self.from(place, path, &addresses, doubt, |other| other == target);
        }
    }

    /// Links that could not be seen: at most what is routed to one of them.
    fn unread(&mut self, place: FarEnd, kind: PathKind, prefix: &str, doubt: Doubt) {
        let Seat { vpc, subnet, family, .. } = *self.seat;
        let Some(routes) = self.area.routes(vpc, subnet, family) else {
            let path = Path::new(kind, format!("{prefix}…"));
            return self.from(place, path, &family.all(), doubt, |target| target.starts_with(prefix));
        };
        for (link, from, unsure) in routes.targets().filter(|(link, ..)| link.starts_with(prefix)) {
            self.from(place, Path::new(kind, *link), from, doubt.and(*unsure), |target| target == *link);
        }
    }

    fn own_addresses(&self) -> &Addresses {
        self.area.own(self.seat.vpc, self.seat.family)
    }
}
