//! What forwards a packet on its way out: NAT gateways, NAT instances, firewalls.

use std::collections::BTreeSet;

use super::links::unblocked;
use super::outward::{Flow, Stage, Walk};
use super::pass::{Doubt, Pass};
use super::rules;
use super::services;
use super::sets::{Family, number};
use super::{Direction, FarEnd, Path, PathKind, Seat, seats};
use crate::account::{Endpoint, NatGateway, Section};

/// Forwarders that a packet may pass before a gateway.
const FORWARDERS: usize = 3;

/// Where IPv4 addresses lie for hosts that have only IPv6.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-nat64-dns64.html>
const NAT64: &str = "64:ff9b::/96";

impl Walk<'_, '_> {
    pub fn nat_gateway(&mut self, at: &Stage<'_>, id: &str, flow: &Flow) {
        let seat = &at.seat;
        let path = Path::new(PathKind::NatGateway, id);
        let Some(nat) = self.area.region.nat_gateways.item(id) else {
            let Some(doubt) = self.unseen(seat, Section::NatGateways) else { return };
            let flow = self.cross(seat, &flow.doubted(doubt));
            return self.arrive(at, FarEnd::Internet, path, &flow);
        };
        if !matches!(&*nat.state, "available" | "deleting") {
            return;
        }
        if at.passed == FORWARDERS {
            return;
        }
        match (seat.family, family_base()) {
            (Family::Ipv4, _) => self.through_nat(at, nat, path, flow, None),
            (Family::Ipv6, Some(base)) => {
                let flow = flow.within(&Family::Ipv6.cidrs([NAT64]), Doubt::NONE);
                self.through_nat(at, nat, path, &flow, Some(base));
            }
            (Family::Ipv6, None) => {}
        }
    }

    /// `base`: of IPv6, where IPv4 begins.
    fn through_nat(&mut self, at: &Stage<'_>, nat: &NatGateway, path: Path, flow: &Flow, base: Option<u128>) {
        let seat = &at.seat;
        let Some(subnet) = nat.subnet.as_deref() else { return self.regional_nat(at, nat, path, flow) };
        let inner = self.enter(seat, subnet, flow).translated(seat.family);
        let what = services::translated();
        let inner = inner.only(&what, &services::all());
        let down = |pass: &Pass| base.map_or_else(|| pass.clone(), |base| pass.moved(base, 0));
        let outer = Flow { sent: down(&inner.sent), open: down(&inner.open), reply: Pass::all(Family::Ipv4) };
        let private = nat.addresses.iter().filter(|a| a.primary).chain(&nat.addresses).next();
        let address =
            private.and_then(|a| number(Family::Ipv4, a.private_ip.as_deref()?)).unwrap_or_default();
        let public = nat.connectivity != "private" && nat.addresses.iter().any(|a| a.public_ip.is_some());
        let nobody = BTreeSet::new();
        let here = Seat { vpc: seat.vpc, subnet, groups: &nobody, family: Family::Ipv4, address, public };
        let via = at.via.clone().or(Some(path.clone()));
        let stage = Stage { seat: here, outbound: true, via, passed: at.passed + 1 };
        if !rules::nat_takes_its_subnets_routes() {
            return self.arrive(
                &stage,
                FarEnd::Internet,
                path,
                &outer.within(Family::Ipv4.internet(), Doubt::NONE),
            );
        }
        let first = self.ways.len();
        self.leave(&stage, &outer);
        if let Some(base) = base {
            for way in &mut self.ways[first..] {
                way.family = Family::Ipv6;
                way.open = way.open.moved(0, base);
                way.sent = way.sent.moved(0, base);
            }
        }
    }

    /// A regional NAT gateway stands in no subnet and has its own way to the internet gateway.
    fn regional_nat(&mut self, at: &Stage<'_>, nat: &NatGateway, path: Path, flow: &Flow) {
        let seat = &at.seat;
        let Some((_, doubt)) = self.area.internet_gateway(seat.vpc) else { return };
        let Some(block) = unblocked(self.net, self.area, seat.vpc, "", true) else { return };
        if nat.connectivity == "private" {
            return;
        }
        let what = services::translated();
        let flow = self.cross(seat, &flow.doubted(doubt.and(block))).only(&what, &services::all());
        let flow = match seat.family {
            Family::Ipv4 => flow.within(self.area.internet(seat.vpc, Family::Ipv4), Doubt::NONE),
            Family::Ipv6 => flow,
        };
        self.arrive(at, FarEnd::Internet, path, &flow);
    }

    /// A route to an interface: a NAT instance, or another host that forwards. It sends on in its own
    /// name.
    pub fn interface(&mut self, at: &Stage<'_>, id: &str, flow: &Flow) {
        let seat = &at.seat;
        let path = Path::new(PathKind::NatInstance, id);
        let Some(host) = self.area.region.interfaces.item(id) else {
            let Some(doubt) = self.unseen(seat, Section::Interfaces) else { return };
            let flow = self.cross(seat, &flow.doubted(doubt));
            return self.arrive(at, FarEnd::Internet, path, &flow);
        };
        if !rules::forwards(host) || host.vpc != seat.vpc {
            return;
        }
        let Some(&(address, _)) = seats(host, seat.family).first() else { return };
        if at.passed == FORWARDERS {
            return;
        }
        let public = seats(host, seat.family).iter().any(|(_, public)| *public);
        let inner = self.enter(seat, &host.subnet, flow);
        let into = self.area.groups(self.net, seat.vpc, &host.groups, Direction::In, seat.family);
        let inner = inner.only(&into.with_host(seat.address, seat.groups), &services::all());
        let inner = inner.doubted(into.by_address.doubt).translated(seat.family);
        let out = self.area.groups(self.net, seat.vpc, &host.groups, Direction::Out, seat.family);
        let outer = inner.filtered(&out.by_address, &Pass::all(seat.family));
        let here = Seat { subnet: &host.subnet, groups: &host.groups, address, public, ..*seat };
        let via = at.via.clone().or(Some(path));
        self.leave(&Stage { seat: here, outbound: false, via, passed: at.passed + 1 }, &outer);
    }

    /// A Gateway Load Balancer endpoint: a firewall looks at the packet, and it goes on from there as
    /// it came. What the firewall thinks is not known.
    pub fn firewall(&mut self, at: &Stage<'_>, endpoint: &Endpoint, path: Path, flow: &Flow) {
        let Some(subnet) = endpoint.subnets.first() else { return };
        if at.passed == FORWARDERS {
            return;
        }
        let inner = self.enter(&at.seat, subnet, flow);
        let here = Seat { subnet, ..at.seat };
        let via = at.via.clone().or(Some(path));
        self.leave(&Stage { seat: here, outbound: at.outbound, via, passed: at.passed + 1 }, &inner);
    }
}

fn family_base() -> Option<u128> {
    Family::Ipv6.cidrs([NAT64]).parts().first().map(|part| part.0)
}
