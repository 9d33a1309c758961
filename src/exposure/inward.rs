//! The way in: a gateway delivers, ACL and groups let it pass, and the answer finds a way back.

use super::area::{Area, Hidden, Net};
use super::bugs::{Bug, bug};
use super::links::{self, unblocked};
use super::pass::{Doubt, Pass};
use super::sets::Addresses;
use super::{Direction, Path, PathKind, Place, Seat, Way};
use crate::account::Section;

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
    /// What comes from these addresses by this path, answered through the targets that `back` names.
    fn from(
        &mut self,
        place: Place,
        path: Path,
        from: &Addresses,
        doubt: Doubt,
        back: impl Fn(&str) -> bool,
    ) {
        let sent = self.let_in.within(from);
        if sent.is_empty() {
            return;
        }
        let family = self.seat.family;
        let (routed, unsure) = match self.area.routes(self.seat.vpc, self.seat.subnet, family) {
            Some(routes) => routes.to(back),
            None => (family.all(), Doubt::of(Section::RouteTables)),
        };
        let back = self.let_out.within(&routed).doubted(unsure);
        let sent = sent.doubted(doubt);
        let open = sent.answered(family, &back);
        self.ways.push(Way { place, direction: Direction::In, family, path, open, sent });
    }

    fn internet_gateway(&mut self) {
        let Seat { vpc, subnet, family, public, .. } = *self.seat;
        let Some((id, doubt)) = self.area.internet_gateway(vpc) else { return };
        let public = public || bug(Bug::NoPublicAddress);
        if !public || self.dropped_at(id) {
            return;
        }
        let Some(block) = unblocked(self.net, self.area, vpc, subnet, false) else { return };
        let path = Path::new(PathKind::InternetGateway, id);
        let egress = bug(Bug::EgressOnlyIn);
        // A firewall's endpoint on the way back hands on to the internet gateway.
        let back = |target: &str| {
            (doubt.any() && target.starts_with("igw-"))
                || target == id
                || self.area.region.endpoints.item(target).is_some_and(|e| e.kind == "GatewayLoadBalancer")
                || (egress && target.starts_with("eigw-"))
        };
        let firewalls: Vec<String> = self
            .area
            .routes(vpc, subnet, family)
            .into_iter()
            .flat_map(|routes| routes.targets())
            .filter(|(target, ..)| back(target))
            .map(|(target, ..)| (*target).to_owned())
            .collect();
        self.from(Place::Internet, path, self.area.internet(vpc, family), doubt.and(block), |target| {
            firewalls.iter().any(|known| known == target)
        });
    }

    /// The gateway has a table, and that has no way for this address.
    fn dropped_at(&self, gateway: &str) -> bool {
        let Some((_, routes)) = self.area.edge(gateway, self.seat.family) else { return false };
        routes.at(self.seat.address).is_some_and(|route| route.blackhole)
    }

    fn peerings(&mut self) {
        let Seat { vpc, family, address, .. } = *self.seat;
        if self.area.region.peerings.read().is_none() {
            return self.unread(Place::Vpc, PathKind::Peering, "pcx-", Section::Peerings);
        }
        for far in links::peerings(self.area, vpc).collect::<Vec<_>>() {
            let (from, doubt) = match self.net.far(&far.side.vpc, far.id, family, address) {
                Some(known) => known,
                None => (far.addresses(self.net, family), Doubt::NONE),
            };
            self.from(Place::Vpc, Path::new(PathKind::Peering, far.id), &from, doubt, |target| {
                target == far.id
            });
        }
    }

    fn transits(&mut self) {
        let Seat { vpc, family, address, .. } = *self.seat;
        if self.area.region.transit_attachments.read().is_none() {
            let section = Section::TransitAttachments;
            return self.unread(Place::OnPremises, PathKind::TransitGateway, "tgw-", section);
        }
        for transit in links::transits(self.net, self.area, vpc) {
            let path = Path::new(PathKind::TransitGateway, transit.id);
            let back = |target: &str| transit.sends && target == transit.id;
            let mut known = self.own_addresses().parts().to_vec();
            let mut senders = (vec![], Doubt::NONE);
            for (other, sends) in &transit.vpcs {
                let Some((there, _)) = self.net.vpc(other) else { continue };
                known.extend_from_slice(there.own(other, family).parts());
                if let Some((from, doubt)) =
                    self.net.far(other, transit.id, family, address).filter(|_| *sends)
                {
                    senders.0.extend_from_slice(from.parts());
                    senders.1 = senders.1.and(doubt);
                }
            }
            self.from(Place::Vpc, path.clone(), &Addresses::of(senders.0), senders.1, back);
            if transit.further {
                self.from(
                    Place::OnPremises,
                    path,
                    &family.all().minus(&Addresses::of(known)),
                    Doubt::NONE,
                    back,
                );
            }
        }
    }

    fn vpn_gateway(&mut self) {
        let Seat { vpc, family, .. } = *self.seat;
        if self.area.region.vpn_gateways.read().is_none() {
            return self.unread(Place::OnPremises, PathKind::VpnGateway, "vgw-", Section::VpnGateways);
        }
        let Some(id) = links::vpn_gateway(self.area, vpc).filter(|id| !self.dropped_at(id)) else { return };
        let from = family.all().minus(self.own_addresses());
        let path = Path::new(PathKind::VpnGateway, id);
        self.from(Place::OnPremises, path, &from, Doubt::NONE, |target| target == id);
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
        self.out_of_sight();
        for (target, addresses, doubt) in others {
            let place = if target.starts_with("cagw-") { Place::Internet } else { Place::OnPremises };
            let path = Path::new(PathKind::Other, &*target);
            self.from(place, path, &addresses, doubt, |other| other == target);
        }
    }

    /// Gateways and links that the owner of a shared VPC does not show: what is routed to them may come
    /// from them.
    fn out_of_sight(&mut self) {
        let (area, Seat { vpc, subnet, family, public, .. }) = (self.area, *self.seat);
        for (target, addresses, _) in
            area.routes(vpc, subnet, family).into_iter().flat_map(|routes| routes.targets())
        {
            let Some(Hidden { kind, place, section }) = area.hidden(vpc, target) else { continue };
            let begins = match kind {
                PathKind::InternetGateway => public,
                PathKind::Peering | PathKind::TransitGateway | PathKind::VpnGateway => true,
                _ => false,
            };
            if begins {
                let path = Path::new(kind, *target);
                self.from(place, path, addresses, Doubt::of(section), |other| other == *target);
            }
        }
    }

    /// Links that could not be read: at most what is routed to one of them.
    fn unread(&mut self, place: Place, kind: PathKind, prefix: &str, section: Section) {
        let Seat { vpc, subnet, family, .. } = *self.seat;
        let from = match self.area.routes(vpc, subnet, family) {
            Some(routes) => routes.to(|target| target.starts_with(prefix)).0,
            None => family.all(),
        };
        let id = format!("{prefix}…");
        self.from(place, Path::new(kind, id), &from, Doubt::of(section), |target| target.starts_with(prefix));
    }

    fn own_addresses(&self) -> &Addresses {
        self.area.own(self.seat.vpc, self.seat.family)
    }
}
