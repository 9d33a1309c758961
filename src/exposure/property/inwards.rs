//! A packet on its way in.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::filters::Net;
use super::packets::{Ask, Fate, Walker, addresses, is_public};
use super::random::ME;
use crate::account::*;

impl Walker<'_> {
    /// A packet from the outside to an interface, by whichever way it can come.
    pub fn inwards(&self, id: &str, peer: IpAddr, ask: Ask) -> Fate {
        let mut fate = Fate::default();
        let interface = self.region.interfaces.item(id).unwrap();
        for (own, public) in
            addresses(interface).into_iter().filter(|(own, _)| own.is_ipv4() == peer.is_ipv4())
        {
            self.arrivals(
                &interface.vpc,
                &interface.subnet,
                &interface.groups,
                own,
                public,
                peer,
                ask,
                &mut fate,
            );
            self.balanced(interface, own, peer, ask, &mut fate);
            self.client_vpns(interface, own, peer, ask, &mut fate);
        }
        fate
    }

    /// What comes in to an address by the gateways of its VPC.
    #[allow(clippy::too_many_arguments, reason = "a packet and where it goes")]
    fn arrivals(
        &self,
        vpc: &str,
        subnet: &str,
        groups: &BTreeSet<String>,
        own: IpAddr,
        public: bool,
        peer: IpAddr,
        ask: Ask,
        fate: &mut Fate,
    ) {
        if !self.groups_let(groups, vpc, true, peer, None, ask) || !self.acl_lets(subnet, true, peer, ask) {
            return;
        }
        let back = self.back(ask, own.is_ipv6(), &vec![(subnet.to_owned(), false, peer)]);
        let route = self.route(vpc, subnet, peer).filter(|route| !route.blackhole);
        let by = |target: &str| back && route.is_some_and(|route| route.target == target);
        let dropped = |gateway: &str| {
            let edge = self.edges.get(gateway).and_then(|table| self.best(table, own));
            edge.is_some_and(|route| route.blackhole)
        };
        if let Some(igw) = self.gateway_of(vpc)
            && public
            && is_public(peer)
            && !self.own(vpc, peer)
            && !self.blocked(vpc, subnet, false)
            && !dropped(igw)
        {
            let firewall = back && route.is_some_and(|route| route.target == "vpce-fw");
            let appliance = back && route.is_some_and(|route| self.comes_through(igw, own, &route.target));
            fate.add(("internet", "internet-gateway", igw.into()), by(igw) || firewall || appliance);
        }
        for (id, peering) in self.region.peerings.items().filter(|(_, p)| p.state == "active") {
            let far = if peering.requester.vpc == vpc { &peering.accepter } else { &peering.requester };
            if far.vpc == vpc || (peering.requester.vpc != vpc && peering.accepter.vpc != vpc) {
                continue;
            }
            let there = if self.vpc_nets.contains_key(&*far.vpc) {
                self.sends(&far.vpc, peer, own, id)
            } else {
                far.cidrs.iter().any(|cidr| Net::parse(cidr).has(peer))
            };
            if there {
                fate.add(("vpc", "peering", id.clone()), by(id));
            }
        }
        for mine in self.attachments().filter(|a| a.resource == vpc) {
            let answered = by(&mine.gateway) && Self::routed(mine);
            let others: Vec<_> =
                self.attachments().filter(|a| a.gateway == mine.gateway && a.resource != vpc).collect();
            let vpcs: Vec<_> = others.iter().filter(|a| a.kind == "vpc").collect();
            for other in vpcs.iter().filter(|a| Self::routed(a)) {
                if self.sends(&other.resource, peer, own, &mine.gateway) {
                    fate.add(("vpc", "transit-gateway", mine.gateway.clone()), answered);
                }
            }
            let further =
                mine.gateway_owner != ME || others.iter().any(|a| a.kind != "vpc" && Self::routed(a));
            let elsewhere = !self.own(vpc, peer) && !vpcs.iter().any(|a| self.own(&a.resource, peer));
            if further && elsewhere {
                fate.add(("on-premises", "transit-gateway", mine.gateway.clone()), answered);
            }
        }
        for (id, _) in self
            .region
            .vpn_gateways
            .items()
            .filter(|(_, g)| g.vpc.as_deref() == Some(vpc) && g.attachment == "attached")
        {
            if !self.own(vpc, peer) && !dropped(id) {
                fate.add(("on-premises", "vpn-gateway", id.clone()), by(id));
            }
        }
        if let Some(route) = route {
            match route.target.split('-').next().unwrap() {
                "cagw" => fate.add(("internet", "other", route.target.clone()), back),
                "lgw" => fate.add(("on-premises", "other", route.target.clone()), back),
                _ => {}
            }
        }
    }

    /// The internet gateway sends what comes for this address to a host that forwards it.
    fn comes_through(&self, gateway: &str, own: IpAddr, target: &str) -> bool {
        let edge = self.edges.get(gateway).and_then(|table| self.best(table, own));
        let same = edge.is_some_and(|route| !route.blackhole && route.target == target);
        same && self.region.interfaces.item(target).is_some_and(|host| !host.source_dest_check)
    }

    /// Between two hosts of a VPC: `asker` asks `host`.
    #[allow(clippy::too_many_arguments, reason = "two ends of a flow")]
    pub fn within(
        &self,
        vpc: &str,
        asker: (IpAddr, &str, &BTreeSet<String>),
        host: (IpAddr, &str, &BTreeSet<String>),
        source: IpAddr,
        ask: Ask,
    ) -> bool {
        if !self.groups_let(asker.2, vpc, false, host.0, Some(host.2), ask)
            || !self.groups_let(host.2, vpc, true, source, Some(asker.2), ask)
        {
            return false;
        }
        let mut back = vec![];
        if asker.1 != host.1 {
            if !self.acl_lets(asker.1, false, host.0, ask) || !self.acl_lets(host.1, true, source, ask) {
                return false;
            }
            back = vec![(host.1.to_owned(), false, source), (asker.1.to_owned(), true, host.0)];
        }
        self.back(ask, host.0.is_ipv6(), &back)
    }

    /// Is there a request to this listener that a rule passes on? Each path of the random rules is tried, and one of none.
    fn passes_on(&self, balancer: &str, port: i32, protocol: &str) -> bool {
        let all = self.region.listener_rules.items().map(|(_, rule)| rule);
        let its = all.filter(|r| r.balancer == balancer && r.port == port && r.protocol == protocol);
        let rules: Vec<_> = its.collect();
        if rules.is_empty() {
            return true;
        }
        ["/1/page", "/2/page", "/3/page", "/"].iter().any(|path| {
            let takes = |pattern: &str| match pattern.strip_suffix('*') {
                Some(start) => path.starts_with(start),
                None => *path == pattern,
            };
            let met = rules.iter().filter(|r| r.conditions.iter().all(|c| c.values.iter().any(|v| takes(v))));
            let first = met.min_by_key(|rule| rule.priority.map_or(i64::MAX, i64::from));
            first.is_none_or(|rule| rule.actions.iter().all(|action| action.fixed.is_none()))
        })
    }

    fn balanced(&self, interface: &Interface, own: IpAddr, peer: IpAddr, ask: Ask, fate: &mut Fate) {
        for (arn, balancer) in self.region.load_balancers.items() {
            let speaks = |protocol: &str| match protocol {
                "UDP" => ask.protocol == 17,
                "TCP_UDP" => matches!(ask.protocol, 6 | 17),
                _ => ask.protocol == 6,
            };
            let registered = self.region.target_groups.items().any(|(_, group)| {
                group.load_balancers.contains(arn)
                    && speaks(&group.protocol)
                    && group.targets.iter().any(|target| {
                        let at = target.port.or(group.port).unwrap() == i32::from(ask.port);
                        let it =
                            Some(&target.id) == interface.instance.as_ref() || target.id.parse() == Ok(own);
                        at && it
                    })
            });
            if !registered {
                continue;
            }
            for subnet in &balancer.subnets {
                let name = arn.split_once("loadbalancer/").unwrap().1;
                let told = self.region.interfaces.items().map(|(_, interface)| interface);
                let told: Vec<&Interface> =
                    told.filter(|i| i.description == format!("ELB {name}") && i.subnet == *subnet).collect();
                let all = told.iter().flat_map(|i| addresses(i)).map(|(ip, _)| ip);
                let nodes: Vec<IpAddr> = all.filter(|ip| ip.is_ipv4() == own.is_ipv4()).collect();
                if nodes.is_empty() && !told.is_empty() {
                    continue;
                }
                // A node whose interface is not told of: any address of the subnet stands for it.
                let stand_in =
                    self.subnets[&**subnet].1.iter().find(|net| net.ip.is_ipv4() == own.is_ipv4()).unwrap();
                let first = nodes.iter().min().copied().unwrap_or(stand_in.ip);
                let mut there = Fate::default();
                for listener in balancer.listeners.iter().filter(|listener| speaks(&listener.protocol)) {
                    if !self.passes_on(arn, listener.port, &listener.protocol) {
                        continue;
                    }
                    let knock = Ask { port: listener.port as u16, ..ask };
                    let facing = balancer.scheme == "internet-facing";
                    self.arrivals(
                        &balancer.vpc,
                        subnet,
                        &balancer.groups,
                        first,
                        facing,
                        peer,
                        knock,
                        &mut there,
                    );
                    let services =
                        self.region.endpoint_services.items().filter(|(_, s)| s.load_balancers.contains(arn));
                    for (id, service) in services {
                        if service.connections.values().any(|c| c.state == "available") {
                            there.add(("vpc", "endpoint-service", id.clone()), true);
                        }
                    }
                }
                let host = (own, &*interface.subnet, &interface.groups);
                let speaks_to = |node: IpAddr| {
                    self.within(&interface.vpc, (node, subnet, &balancer.groups), host, node, ask)
                };
                let mut through = if nodes.is_empty() {
                    self.anywhere(stand_in).into_iter().any(speaks_to)
                } else {
                    nodes.iter().any(|node| speaks_to(*node))
                };
                if balancer.kind == "network" {
                    through |= self.within(&interface.vpc, (own, subnet, &balancer.groups), host, peer, ask);
                }
                if through {
                    for (place, kind, id) in there.answered {
                        match kind {
                            "endpoint-service" => fate.add((place, kind, id), true),
                            _ => fate.add((place, "load-balancer", arn.clone()), true),
                        }
                    }
                }
            }
        }
    }

    /// Addresses of a subnet, one of each sort that a rule here can tell apart.
    fn anywhere(&self, net: &Net) -> Vec<IpAddr> {
        let known = self.hosts.keys().copied().filter(|ip| net.has(*ip));
        let far = match net.ip {
            IpAddr::V4(ip) => IpAddr::V4((u32::from(ip) + 253).into()),
            IpAddr::V6(ip) => IpAddr::V6((u128::from(ip) + 0xffff_ffff).into()),
        };
        known.chain([net.ip, far]).collect()
    }

    fn client_vpns(&self, interface: &Interface, own: IpAddr, peer: IpAddr, ask: Ask, fate: &mut Fate) {
        for (id, vpn) in self.region.client_vpns.items() {
            if vpn.vpc.as_ref() != Some(&interface.vpc)
                || !vpn.authorizations.iter().any(|a| Net::parse(&a.cidr).has(own))
            {
                continue;
            }
            for subnet in &vpn.targets {
                if !self.subnets[&**subnet].1.iter().any(|net| net.has(peer)) {
                    continue;
                }
                // Which of the addresses a client gets is not known: any of them may get through.
                let net = self.subnets[&**subnet].1.iter().find(|net| net.has(peer)).unwrap();
                let host = (own, &*interface.subnet, &interface.groups);
                let lets = |client: IpAddr| {
                    self.within(&interface.vpc, (client, subnet, &vpn.groups), host, client, ask)
                };
                if self.anywhere(net).into_iter().any(lets) {
                    fate.add(("on-premises", "client-vpn", id.clone()), true);
                }
            }
        }
    }
}
