//! A packet on its way out.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::filters::Net;
use super::packets::{Ask, Asked, Fate, Walker, addresses, is_public};
use super::random::ME;
use crate::account::*;

/// How the packet stands while it leaves.
#[derive(Clone)]
struct Leaving {
    vpc: String,
    subnet: String,
    from: IpAddr,
    groups: BTreeSet<String>,
    public: bool,
    only_out: bool,
    via: Option<(&'static str, String)>,
    hops: usize,
    /// Legs before a translation that are settled.
    answered: bool,
    back: Asked,
    /// The destination as the host wrote it.
    four_in_six: bool,
}

impl Walker<'_> {
    /// A packet from an interface to the outside.
    pub fn outwards(&self, id: &str, peer: IpAddr, ask: Ask) -> Fate {
        let mut fate = Fate::default();
        let interface = self.region.interfaces.item(id).unwrap();
        for (own, public) in
            addresses(interface).into_iter().filter(|(own, _)| own.is_ipv4() == peer.is_ipv4())
        {
            self.to_endpoints(interface, own, peer, ask, &mut fate);
            if !self.groups_let(&interface.groups, &interface.vpc, false, peer, None, ask) {
                continue;
            }
            let leaving = Leaving {
                vpc: interface.vpc.clone(),
                subnet: interface.subnet.clone(),
                from: own,
                groups: interface.groups.clone(),
                public,
                only_out: false,
                via: None,
                hops: 0,
                answered: true,
                back: vec![],
                four_in_six: false,
            };
            self.leave(leaving, peer, ask, &mut fate);
        }
        fate
    }

    fn leave(&self, at: Leaving, to: IpAddr, ask: Ask, fate: &mut Fate) {
        let Some(route) = self.route(&at.vpc, &at.subnet, to).filter(|route| !route.blackhole) else {
            return;
        };
        let target = &*route.target;
        let kind = target.split('-').next().unwrap();
        match kind {
            "local" => {}
            "nat" => self.into_nat(at, target, to, ask, fate),
            "eni" => self.into_host(at, target, to, ask, fate),
            "vpce" if self.region.endpoints.item(target).is_some_and(|e| e.kind == "GatewayLoadBalancer") => {
                let endpoint = self.region.endpoints.item(target).unwrap();
                let subnet = endpoint.subnets.first().unwrap().clone();
                let Some(mut at) = self.enter(at, &subnet, to, ask) else { return };
                at.via.get_or_insert(("endpoint", target.to_owned()));
                self.leave(at, to, ask, fate);
            }
            _ => self.arrive(at, target, kind, to, ask, fate),
        }
    }

    /// Into another subnet of the VPC, for a forwarder there.
    fn enter(&self, mut at: Leaving, subnet: &str, to: IpAddr, ask: Ask) -> Option<Leaving> {
        if at.hops == 3 {
            return None;
        }
        at.hops += 1;
        if at.subnet != subnet {
            if !self.acl_lets(&at.subnet, false, to, ask) || !self.acl_lets(subnet, true, at.from, ask) {
                return None;
            }
            at.back.push((at.subnet.clone(), true, to));
            at.back.push((subnet.to_owned(), false, at.from));
        }
        subnet.clone_into(&mut at.subnet);
        Some(at)
    }

    fn into_nat(&self, at: Leaving, id: &str, to: IpAddr, ask: Ask, fate: &mut Fate) {
        let Some(nat) = self.region.nat_gateways.item(id).filter(|nat| nat.state == "available") else {
            return;
        };
        let six = to.is_ipv6();
        let echo = ask.protocol == 1 && ask.port == 8 * 256;
        if !(matches!(ask.protocol, 6 | 17) || echo) {
            return;
        }
        let outer: IpAddr = match to {
            IpAddr::V4(_) => to,
            IpAddr::V6(ip) if Net::parse("64:ff9b::/96").has(to) => {
                let four = (u128::from(ip) & 0xffff_ffff) as u32;
                IpAddr::V4(four.into())
            }
            IpAddr::V6(_) => return,
        };
        let Some(mut at) = self.enter(at, nat.subnet.as_deref().unwrap(), to, ask) else { return };
        at.answered &= self.back(ask, six, &at.back);
        let address = nat.addresses.first().unwrap();
        at.back = vec![];
        at.from = address.private_ip.as_ref().unwrap().parse().unwrap();
        at.public = nat.connectivity == "public" && address.public_ip.is_some();
        at.only_out = true;
        at.groups = BTreeSet::new();
        at.four_in_six |= six;
        at.via.get_or_insert(("nat-gateway", id.to_owned()));
        self.leave(at, outer, ask, fate);
    }

    fn into_host(&self, at: Leaving, id: &str, to: IpAddr, ask: Ask, fate: &mut Fate) {
        let Some(host) = self.region.interfaces.item(id) else { return };
        let own: Vec<(IpAddr, bool)> =
            addresses(host).into_iter().filter(|(ip, _)| ip.is_ipv4() == to.is_ipv4()).collect();
        if host.source_dest_check || host.vpc != at.vpc || own.is_empty() {
            return;
        }
        let Some(mut at) = self.enter(at, &host.subnet, to, ask) else { return };
        if !self.groups_let(&host.groups, &host.vpc, true, at.from, Some(&at.groups), ask) {
            return;
        }
        if !self.groups_let(&host.groups, &host.vpc, false, to, None, ask) {
            return;
        }
        at.answered &= self.back(ask, to.is_ipv6(), &at.back);
        at.back = vec![];
        at.from = own[0].0;
        at.public = own.iter().any(|(_, public)| *public);
        at.groups = host.groups.clone();
        at.via.get_or_insert(("nat-instance", id.to_owned()));
        self.leave(at, to, ask, fate);
    }

    /// At a gateway: does it take the packet, and where to?
    fn arrive(&self, mut at: Leaving, target: &str, kind: &str, to: IpAddr, ask: Ask, fate: &mut Fate) {
        if !self.acl_lets(&at.subnet, false, to, ask) {
            return;
        }
        at.back.push((at.subnet.clone(), true, to));
        // A NAT gateway's answer is of the family behind it; what began as IPv6 is IPv4 by then.
        let answered = at.answered && self.back(ask, to.is_ipv6(), &at.back);
        let mut here = |place: &'static str, kind: &'static str, answered: bool| {
            let (kind, id) = at.via.clone().unwrap_or((kind, target.to_owned()));
            fate.add((place, kind, id), answered);
        };
        let outside = is_public(to) && !self.own(&at.vpc, to);
        match kind {
            "igw" => {
                if self.gateway_of(&at.vpc) == Some(target)
                    && at.public
                    && outside
                    && !self.blocked(&at.vpc, &at.subnet, at.only_out)
                {
                    here("internet", "internet-gateway", answered);
                }
            }
            "eigw" => {
                let ours =
                    self.region.egress_gateways.item(target).is_some_and(|gateway| gateway.vpc == at.vpc);
                if ours && to.is_ipv6() && at.public && outside && !self.blocked(&at.vpc, &at.subnet, true) {
                    here("internet", "egress-gateway", answered);
                }
            }
            "pcx" => {
                let Some(peering) = self.region.peerings.item(target).filter(|p| p.state == "active") else {
                    return;
                };
                let far =
                    if peering.requester.vpc == at.vpc { &peering.accepter } else { &peering.requester };
                if far.vpc == at.vpc || (peering.requester.vpc != at.vpc && peering.accepter.vpc != at.vpc) {
                    return;
                }
                if far.cidrs.iter().chain(&far.ipv6_cidrs).any(|cidr| Net::parse(cidr).has(to)) {
                    let known = self.vpc_nets.contains_key(&*far.vpc);
                    here("vpc", "peering", answered && (!known || self.sends(&far.vpc, to, at.from, target)));
                }
            }
            "tgw" => {
                if !self.attachments().any(|a| a.gateway == target && a.resource == at.vpc && Self::routed(a))
                {
                    return;
                }
                let others: Vec<_> =
                    self.attachments().filter(|a| a.gateway == target && a.resource != at.vpc).collect();
                let hit = others.iter().find(|a| a.kind == "vpc" && self.own(&a.resource, to));
                if let Some(other) = hit {
                    let back = Self::routed(other) && self.sends(&other.resource, to, at.from, target);
                    return here("vpc", "transit-gateway", answered && back);
                }
                let foreign = self.attachments().any(|a| a.gateway == target && a.gateway_owner != ME);
                let further = foreign || others.iter().any(|a| a.kind != "vpc" && Self::routed(a));
                if is_public(to) {
                    if further || others.iter().any(|a| a.kind == "vpc") {
                        here("internet", "transit-gateway", answered);
                    }
                } else if further {
                    here("on-premises", "transit-gateway", answered);
                }
            }
            "vgw" => {
                let gateway = self.region.vpn_gateways.item(target);
                if gateway.is_some_and(|g| g.vpc.as_deref() == Some(&at.vpc) && g.attachment == "attached") {
                    here("on-premises", "vpn-gateway", answered);
                }
            }
            "vpce" => {
                if self.region.endpoints.item(target).is_some_and(|e| e.policy.is_none()) {
                    here("service", "endpoint", answered);
                }
            }
            "cagw" => here("internet", "other", answered),
            _ => here("on-premises", "other", answered),
        }
    }

    fn to_endpoints(&self, interface: &Interface, own: IpAddr, peer: IpAddr, ask: Ask, fate: &mut Fate) {
        if ask.protocol != 6 {
            return;
        }
        for (id, endpoint) in self
            .region
            .endpoints
            .items()
            .filter(|(_, e)| e.kind == "Interface" && e.policy.is_none() && e.vpc == interface.vpc)
        {
            for there in endpoint.interfaces.iter().map(|id| self.region.interfaces.item(id).unwrap()) {
                if !addresses(there).iter().any(|(ip, _)| *ip == peer) {
                    continue;
                }
                let asker = (own, &*interface.subnet, &interface.groups);
                if self.within(&interface.vpc, asker, (peer, &there.subnet, &endpoint.groups), own, ask) {
                    fate.add(("service", "endpoint", id.clone()), true);
                }
            }
        }
    }
}
