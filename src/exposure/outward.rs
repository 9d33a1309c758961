//! The way out of a subnet: by its routes to a gateway, or through a forwarder and on from there.
//!
//! ```text
//!  interface ─▶ groups out ─▶ ACL out ─▶ route ─▶ igw, eigw, pcx, tgw, vgw, endpoint
//!                                          └───▶ NAT: ACL in ─▶ ACL out ─▶ its route ─▶ …
//! ```

use super::area::{Area, Net};
use super::links::{self, unblocked};
use super::pass::{Doubt, Pass};
use super::rules;
use super::services;
use super::sets::{Addresses, Family};
use super::{Direction, FarEnd, Path, PathKind, Seat, Way};
use crate::account::{LATTICE, Section};

/// The ways out of an address.
pub fn ways(net: &Net<'_>, area: &Area<'_>, seat: &Seat<'_>) -> Vec<Way> {
    let groups = area.groups(net, seat.vpc, seat.groups, Direction::Out, seat.family);
    let sent = groups.by_address.clone();
    let flow = Flow { open: sent.clone(), sent, reply: Pass::all(seat.family) };
    let mut walk = Walk { net, area, ways: vec![] };
    walk.leave(&Stage { seat: *seat, outbound: false, via: None, passed: 0 }, &flow);
    walk.ways
}

/// Traffic on its way out.
#[derive(Clone)]
pub struct Flow {
    /// The services that have come so far, by destination.
    pub sent: Pass,
    /// The services that are answered up to the last address translation.
    pub open: Pass,
    /// The answers that are let through since then, by destination.
    pub reply: Pass,
}

impl Flow {
    pub fn within(&self, addresses: &Addresses, doubt: Doubt) -> Flow {
        Flow {
            sent: doubted(self.sent.within(addresses), doubt),
            open: doubted(self.open.within(addresses), doubt),
            reply: self.reply.clone(),
        }
    }

    pub fn doubted(&self, doubt: Doubt) -> Flow {
        Flow {
            sent: doubted(self.sent.clone(), doubt),
            open: doubted(self.open.clone(), doubt),
            reply: self.reply.clone(),
        }
    }

    pub fn filtered(&self, out: &Pass, reply: &Pass) -> Flow {
        Flow { sent: self.sent.and(out), open: self.open.and(out), reply: self.reply.and(reply) }
    }

    pub fn only(&self, out: &services::Services, reply: &services::Services) -> Flow {
        Flow { sent: self.sent.only(out), open: self.open.only(out), reply: self.reply.only(reply) }
    }

    /// A new flow goes on from here: the answer to the old one is settled.
    pub fn translated(&self, family: Family) -> Flow {
        Flow {
            sent: self.sent.clone(),
            open: self.open.answered(family, &self.reply),
            reply: Pass::all(family),
        }
    }
}

fn doubted(pass: Pass, doubt: Doubt) -> Pass {
    if pass.is_empty() { pass } else { pass.doubted(doubt) }
}

/// The position of the traffic: about to leave a subnet.
#[derive(Clone)]
pub struct Stage<'s> {
    pub seat: Seat<'s>,
    /// Nothing can be begun from outside (behind a NAT gateway).
    pub outbound: bool,
    /// The first forwarder.
    pub via: Option<Path>,
    pub passed: usize,
}

pub struct Walk<'a, 'n> {
    pub net: &'a Net<'n>,
    pub area: &'a Area<'n>,
    pub ways: Vec<Way>,
}

impl Walk<'_, '_> {
    pub fn leave(&mut self, at: &Stage<'_>, flow: &Flow) {
        let area = self.area;
        let seat = &at.seat;
        let Some(routes) = area.routes(seat.vpc, seat.subnet, seat.family) else {
            let crossed = self.cross(seat, flow).doubted(Doubt::of(Section::RouteTables));
            return self.arrive(
                at,
                FarEnd::Internet,
                Path::new(PathKind::Unknown, "unknown routes"),
                &crossed,
            );
        };
        for (target, addresses, doubt) in routes.targets() {
            let flow = flow.within(addresses, *doubt);
            if flow.sent.is_empty() {
                continue;
            }
            match target.split('-').next().unwrap_or_default() {
                "igw" => self.internet_gateway(at, target, &flow),
                "eigw" => self.egress_gateway(at, target, &flow),
                "nat" => self.nat_gateway(at, target, &flow),
                "eni" => self.interface(at, target, &flow),
                "pcx" => self.peering(at, target, &flow),
                "tgw" => self.transit(at, target, &flow),
                "vgw" => self.vpn_gateway(at, target, &flow),
                "vpce" => self.endpoint(at, target, &flow),
                LATTICE => self.other(at, FarEnd::Service, target, &flow),
                "cagw" => self.other(at, FarEnd::Internet, target, &flow),
                _ => self.other(at, FarEnd::OnPremises, target, &flow),
            }
        }
    }

    /// Out of the subnet, through its ACL.
    pub fn cross(&self, seat: &Seat<'_>, flow: &Flow) -> Flow {
        let out = self.area.acl(seat.subnet, Direction::Out, seat.family);
        let reply = self.area.acl(seat.subnet, Direction::In, seat.family);
        flow.filtered(&out, &reply)
    }

    /// Into a forwarder's subnet. Within one subnet no ACL is asked.
    pub fn enter(&self, seat: &Seat<'_>, subnet: &str, flow: &Flow) -> Flow {
        if seat.subnet == subnet {
            return flow.clone();
        }
        let crossed = self.cross(seat, flow);
        if !rules::acl_of_a_forwarders_subnet_is_asked() {
            return crossed;
        }
        let pass = |direction| self.area.acl(subnet, direction, seat.family);
        let (into, reply) = (pass(Direction::In), pass(Direction::Out));
        let at = |pass: &Pass| pass.at(seat.address).cloned().unwrap_or_default();
        crossed.only(&at(&into), &at(&reply)).doubted(into.doubt.and(reply.doubt))
    }

    pub fn arrive(&mut self, at: &Stage<'_>, place: FarEnd, path: Path, flow: &Flow) {
        if flow.sent.is_empty() {
            return;
        }
        let family = at.seat.family;
        self.ways.push(Way {
            place,
            direction: Direction::Out,
            family,
            path: at.via.clone().unwrap_or(path),
            open: flow.open.answered(family, &flow.reply),
            sent: flow.sent.clone(),
        });
    }

    pub fn internet_gateway(&mut self, at: &Stage<'_>, id: &str, flow: &Flow) {
        let seat = &at.seat;
        let Some((attached, doubt)) = self.area.way_to_internet(self.net, seat.vpc, seat.subnet) else {
            return;
        };
        if (attached != id && !doubt.any()) || !rules::passes_internet_gateway(seat.public) {
            return;
        }
        let unblocked = if rules::is_blocked_too(at.outbound) {
            unblocked(self.net, self.area, seat.vpc, seat.subnet, at.outbound)
        } else {
            Some(Doubt::NONE)
        };
        let Some(block) = unblocked else { return };
        let flow =
            self.cross(seat, &flow.within(self.area.internet(seat.vpc, seat.family), doubt.and(block)));
        self.arrive(at, FarEnd::Internet, Path::new(PathKind::InternetGateway, id), &flow);
    }

    pub fn egress_gateway(&mut self, at: &Stage<'_>, id: &str, flow: &Flow) {
        let seat = &at.seat;
        let doubt = match self.area.region.egress_gateways.item(id) {
            Some(gateway) => (gateway.vpc == seat.vpc).then_some(Doubt::NONE),
            None => self.unseen(seat, Section::EgressGateways),
        };
        let Some(doubt) = doubt else { return };
        let Some(block) = unblocked(self.net, self.area, seat.vpc, seat.subnet, true) else { return };
        if seat.family == Family::Ipv4 || !seat.public {
            return;
        }
        let flow =
            self.cross(seat, &flow.within(self.area.internet(seat.vpc, seat.family), doubt.and(block)));
        self.arrive(at, FarEnd::Internet, Path::new(PathKind::EgressGateway, id), &flow);
    }

    pub fn peering(&mut self, at: &Stage<'_>, id: &str, flow: &Flow) {
        let seat = &at.seat;
        let path = Path::new(PathKind::Peering, id);
        if self.area.region.peerings.item(id).is_none()
            && let Some(doubt) = self.unseen(seat, Section::Peerings)
        {
            let flow = self.cross(seat, &flow.doubted(doubt));
            return self.arrive(at, FarEnd::Vpc, path, &flow);
        }
        let Some(far) = links::peerings(self.area, seat.vpc).find(|far| far.id == id) else { return };
        let flow = flow.within(&far.addresses(self.net, seat.family), Doubt::NONE);
        let flow = self.answered_by(&self.cross(seat, &flow), seat, &far.side.vpc, id);
        self.arrive(at, FarEnd::Vpc, path, &flow);
    }

    /// Only subnets with a route back answer, where the other VPC is known.
    pub fn answered_by(&self, flow: &Flow, seat: &Seat<'_>, vpc: &str, link: &str) -> Flow {
        match self.net.far(vpc, link, seat.family, seat.address) {
            None => flow.clone(),
            Some((addresses, doubt)) => {
                Flow { open: doubted(flow.open.within(&addresses), doubt), ..flow.clone() }
            }
        }
    }

    pub fn transit(&mut self, at: &Stage<'_>, id: &str, flow: &Flow) {
        let seat = &at.seat;
        let path = Path::new(PathKind::TransitGateway, id);
        let transits = self.area.transits(self.net, seat.vpc);
        let known = transits.iter().find(|transit| transit.id == id);
        if known.is_none()
            && let Some(doubt) = self.unseen(seat, Section::TransitAttachments)
        {
            let flow = self.cross(seat, &flow.doubted(doubt));
            self.arrive(
                at,
                FarEnd::Internet,
                path.clone(),
                &flow.within(seat.family.internet(), Doubt::NONE),
            );
            return self.arrive(at, FarEnd::OnPremises, path, &flow);
        }
        let Some(transit) = known.filter(|transit| transit.sends) else { return };
        let flow = self.cross(seat, flow).doubted(Doubt::TRANSIT_TABLES);
        let known = transit.known(seat.family);
        let answers = transit.senders(self.net, seat.family, seat.address);
        let mut there = flow.within(known, Doubt::NONE);
        there.open = doubted(there.open.within(&answers.0), answers.1);
        self.arrive(at, FarEnd::Vpc, path.clone(), &there);
        let rest = seat.family.all().minus(known);
        let internet = rest.intersect(seat.family.internet());
        if transit.further {
            let private = rest.minus(&internet);
            self.arrive(at, FarEnd::OnPremises, path.clone(), &flow.within(&private, Doubt::NONE));
        }
        if transit.further || transit.has_vpcs() {
            self.arrive(at, FarEnd::Internet, path, &flow.within(&internet, Doubt::NONE));
        }
    }

    /// See [`Area::unseen`].
    pub fn unseen(&self, seat: &Seat<'_>, section: Section) -> Option<Doubt> {
        self.area.unseen(self.net, seat.subnet, section)
    }

    pub fn vpn_gateway(&mut self, at: &Stage<'_>, id: &str, flow: &Flow) {
        let seat = &at.seat;
        let doubt = match self.area.region.vpn_gateways.item(id) {
            Some(_) => (links::vpn_gateway(self.area, seat.vpc) == Some(id)).then_some(Doubt::NONE),
            None => self.unseen(seat, Section::VpnGateways),
        };
        let Some(doubt) = doubt else { return };
        let flow = self.cross(seat, &flow.doubted(doubt));
        self.arrive(at, FarEnd::OnPremises, Path::new(PathKind::VpnGateway, id), &flow);
    }

    pub fn endpoint(&mut self, at: &Stage<'_>, id: &str, flow: &Flow) {
        let seat = &at.seat;
        let path = Path::new(PathKind::Endpoint, id);
        let Some(endpoint) = self.area.region.endpoints.item(id) else {
            let Some(doubt) = self.unseen(seat, Section::Endpoints) else { return };
            let flow = self.cross(seat, &flow.doubted(doubt));
            // A firewall's, which hands on to the internet.
            if self.area.routed_by_address(seat.vpc, seat.subnet, id) {
                let outside = flow.within(self.area.internet(seat.vpc, seat.family), Doubt::NONE);
                self.arrive(at, FarEnd::Internet, path.clone(), &outside);
            }
            return self.arrive(at, FarEnd::Service, path, &flow);
        };
        if !super::inside::serves(endpoint) {
            return;
        }
        if endpoint.kind == "Gateway" {
            let flow = self.cross(seat, flow);
            return self.arrive(at, FarEnd::Service, path, &flow);
        }
        self.firewall(at, endpoint, path, flow);
    }

    pub fn other(&mut self, at: &Stage<'_>, place: FarEnd, id: &str, flow: &Flow) {
        let flow = self.cross(&at.seat, flow);
        self.arrive(at, place, Path::new(PathKind::Other, id), &flow);
    }
}
