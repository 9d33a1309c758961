//! What stands behind load balancers and Client VPN endpoints: who reaches them reaches it.
//!
//! ```text
//!  internet ─▶ igw ─▶ load balancer ─▶ its groups out, ACLs ─▶ groups in ─▶ interface
//! ```

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::area::{Area, Net, cidr};
use super::inside::{Between, asks};
use super::pass::{Doubt, Pass};
use super::rules;
use super::services::{self, Services, TCP, UDP};
use super::sets::{Addresses, Family, Set, number};
use super::{Direction, FarEnd, Path, PathKind, Seat, Way, inward, seats};
use crate::account::{Interface, Listener, ListenerRule, LoadBalancer, Region, Section, TargetGroup};

/// The load balancers and Client VPN endpoints of a Region, and what stands behind them.
pub struct Balancers<'a, 'n> {
    net: &'a Net<'n>,
    area: &'a Area<'n>,
    /// Target groups by what is registered.
    by_target: HashMap<&'a str, Vec<(&'a str, &'a TargetGroup)>>,
    /// Their interfaces, by load balancer.
    interfaces: HashMap<&'a str, Vec<&'a Interface>>,
    /// Ways in to their nodes, by load balancer, subnet and family.
    arrivals: HashMap<(&'a str, &'a str, Family), Rc<Vec<Way>>>,
    answering: HashSet<(&'a str, &'a str, i32)>,
}

impl<'a, 'n> Balancers<'a, 'n> {
    pub fn new(net: &'a Net<'n>, area: &'a Area<'n>) -> Balancers<'a, 'n> {
        let mut by_target = HashMap::<&str, Vec<_>>::new();
        for (arn, group) in area.region.target_groups.items() {
            for id in group.targets.iter().map(|target| &*target.id).collect::<BTreeSet<_>>() {
                by_target.entry(id).or_default().push((&**arn, group));
            }
        }
        let mut interfaces = HashMap::<&str, Vec<_>>::new();
        for (_, interface) in area.region.interfaces.items() {
            if let Some(name) = interface.description.strip_prefix("ELB ") {
                interfaces.entry(name).or_default().push(interface);
            }
        }
        let answering = answering(area.region);
        Balancers { net, area, by_target, interfaces, arrivals: HashMap::new(), answering }
    }

    /// Ways in to an interface that stands behind something.
    pub fn ways(&mut self, interface: &'a Interface) -> Vec<Way> {
        let mut ways = vec![];
        for family in Family::BOTH {
            for (address, public) in seats(interface, family) {
                let (vpc, subnet, groups) = (&*interface.vpc, &*interface.subnet, &interface.groups);
                let seat = Seat { vpc, subnet, groups, family, address, public };
                self.balanced(interface, &seat, &mut ways);
                self.client_vpns(&seat, &mut ways);
                self.unread(&seat, &mut ways);
            }
        }
        ways
    }

    fn balanced(&mut self, interface: &'a Interface, seat: &Seat<'a>, ways: &mut Vec<Way>) {
        let mut targets: BTreeMap<&str, Services> = BTreeMap::new();
        let instance = interface.instance.as_deref();
        let texts = [&interface.private_ip]
            .into_iter()
            .flatten()
            .chain(interface.secondary.keys())
            .chain(&interface.ipv6);
        let own = texts.map(String::as_str).filter(|text| number(seat.family, text) == Some(seat.address));
        for id in own.chain(instance) {
            for (_, group) in self.by_target.get(id).into_iter().flatten() {
                for target in group.targets.iter().filter(|target| target.id == id) {
                    let ports = ports_of(group, target.port);
                    for arn in &group.load_balancers {
                        let known = targets.entry(arn).or_default();
                        *known = known.union(&ports);
                    }
                }
            }
        }
        for (arn, ports) in targets {
            let Some((arn, balancer)) =
                self.area.region.load_balancers.read().and_then(|all| all.get_key_value(arn))
            else {
                continue;
            };
            if !matches!(&*balancer.state, "failed" | "provisioning") && balancer.kind != "gateway" {
                self.through(arn, balancer, seat, &ports, ways);
            }
        }
    }

    fn through(
        &mut self,
        arn: &'a str,
        balancer: &'a LoadBalancer,
        seat: &Seat<'a>,
        ports: &Services,
        ways: &mut Vec<Way>,
    ) {
        let interfaces = self.interfaces.get(nodes(arn)).cloned().unwrap_or_default();
        for subnet in &balancer.subnets {
            let addresses = self.area.addresses(&interfaces, subnet, seat.family);
            if addresses.is_empty() {
                continue;
            }
            let between = Between { subnet, groups: &balancer.groups, addresses };
            let (asked, doubt) = asks(self.net, self.area, &between, seat);
            let there = self.arrivals(arn, balancer, subnet, seat.family, &between.addresses);
            for (listening, protocol) in self.passing(arn, balancer) {
                let ports = ports.intersect(&services::whole(protocol));
                let asked = asked.intersect(&ports);
                for way in there.iter() {
                    let open = way.open.only(&listening);
                    let from = open.addresses();
                    let mut pass = doubted(Pass::of(&from, &asked), doubt.and(open.doubt));
                    if balancer.kind == "network" {
                        pass = pass.or(&self.as_the_client(balancer, subnet, seat, &ports).within(&from));
                    }
                    if !pass.is_empty() {
                        let path = match way.path.kind {
                            PathKind::EndpointService => way.path.clone(),
                            _ => Path::new(PathKind::LoadBalancer, arn),
                        };
                        ways.push(Way {
                            place: way.place,
                            direction: Direction::In,
                            family: seat.family,
                            path,
                            sent: pass.clone(),
                            open: pass,
                        });
                    }
                }
            }
        }
    }

    /// What the listeners take and may pass on, by protocol: without those that answer every request
    /// themselves.
    fn passing(&self, arn: &str, balancer: &LoadBalancer) -> Vec<(Services, u32)> {
        let answers =
            |listener: &&Listener| self.answering.contains(&(arn, &*listener.protocol, listener.port));
        taken(&balancer.listeners.iter().filter(|listener| !answers(listener)))
    }

    /// A Network Load Balancer may keep the client's address: the target's rules see that one. It
    /// depends on an attribute that is not read, so both count.
    fn as_the_client(
        &self,
        balancer: &LoadBalancer,
        subnet: &str,
        seat: &Seat<'_>,
        ports: &Services,
    ) -> Pass {
        let (net, area, family) = (self.net, self.area, seat.family);
        let out = area.groups(net, seat.vpc, &balancer.groups, Direction::Out, family);
        let mut theirs = out.with_host(seat.address, seat.groups).intersect(ports);
        let own = area.groups(net, seat.vpc, seat.groups, Direction::In, family);
        let by_group = own.by_group.iter().filter(|(group, _)| balancer.groups.contains(group));
        let by_group = Set::of(by_group.flat_map(|(_, services)| services.parts()).copied().collect());
        let mut there = own.by_address.or(&Pass::of(&family.all(), &by_group));
        let mut reply = Pass::all(family);
        if subnet != seat.subnet {
            there = there.and(&area.acl(seat.subnet, Direction::In, family));
            reply = area.acl(seat.subnet, Direction::Out, family);
            let their_out = area.acl(subnet, Direction::Out, family);
            theirs = theirs.intersect(&their_out.at(seat.address).cloned().unwrap_or_default());
            let their_in = area.acl(subnet, Direction::In, family);
            reply = reply.only(&their_in.at(seat.address).cloned().unwrap_or_default());
        }
        there.only(&theirs).answered(family, &reply)
    }

    /// The ways in to a load balancer's nodes, in whichever subnet.
    pub fn nodes_ways(&mut self, arn: &'a str, balancer: &'a LoadBalancer, family: Family) -> Vec<Way> {
        let interfaces = self.interfaces.get(nodes(arn)).cloned().unwrap_or_default();
        let mut ways = vec![];
        for subnet in &balancer.subnets {
            let addresses = self.area.addresses(&interfaces, subnet, family);
            ways.extend(self.arrivals(arn, balancer, subnet, family, &addresses).iter().cloned());
        }
        ways
    }

    /// The ways in to a load balancer's nodes in one subnet.
    fn arrivals(
        &mut self,
        arn: &'a str,
        balancer: &'a LoadBalancer,
        subnet: &'a str,
        family: Family,
        addresses: &Addresses,
    ) -> Rc<Vec<Way>> {
        let key = (arn, subnet, family);
        if let Some(known) = self.arrivals.get(&key) {
            return known.clone();
        }
        let address = addresses.parts().first().map_or(0, |part| part.0);
        let public = balancer.scheme == "internet-facing";
        let (vpc, groups) = (&*balancer.vpc, &balancer.groups);
        let nobody = BTreeSet::new();
        let groups = if rules::groups_of_balancers_filter() { groups } else { &nobody };
        let node = Seat { vpc, subnet, groups, family, address, public };
        let mut ways = inward::ways(self.net, self.area, &node);
        ways.extend(self.consumers(arn, balancer, family));
        let ways = Rc::new(ways);
        self.arrivals.insert(key, ways.clone());
        ways
    }

    /// Consumers of an endpoint service come from other VPCs, past the load balancer's ACL and groups.
    fn consumers(&self, arn: &str, balancer: &LoadBalancer, family: Family) -> Option<Way> {
        let services = &self.area.region.endpoint_services;
        let (id, service) = services.items().find(|(_, service)| service.load_balancers.contains(arn))?;
        if !service.connections.values().any(|connection| connection.state == "available") {
            return None;
        }
        let listening =
            listeners(balancer).into_iter().fold(Services::default(), |all, (one, _)| all.union(&one));
        let open = Pass::of(&family.all(), &listening);
        let path = Path::new(PathKind::EndpointService, id);
        Some(Way { place: FarEnd::Vpc, direction: Direction::In, family, path, sent: open.clone(), open })
    }

    /// Clients of a Client VPN endpoint appear with an address of the subnet that it is associated with.
    fn client_vpns(&self, seat: &Seat<'_>, ways: &mut Vec<Way>) {
        let region = self.area.region;
        for (id, vpn) in region.client_vpns.items().filter(|(_, vpn)| vpn.vpc.as_deref() == Some(seat.vpc)) {
            let authorized = vpn.authorizations.iter().filter(|rule| rule.status != "failed");
            if !seat.family.cidrs(authorized.map(|rule| &*rule.cidr)).contains(seat.address) {
                continue;
            }
            for subnet in &vpn.targets {
                let Some(known) = region.subnets.item(subnet) else { continue };
                let addresses = seat.family.cidrs(cidr(known, seat.family));
                let between = Between { subnet, groups: &vpn.groups, addresses };
                let (services, doubt) = asks(self.net, self.area, &between, seat);
                let open = doubted(Pass::of(&between.addresses, &services), doubt);
                let path = Path::new(PathKind::ClientVpn, id);
                ways.push(Way {
                    place: FarEnd::OnPremises,
                    direction: Direction::In,
                    family: seat.family,
                    path,
                    sent: open.clone(),
                    open,
                });
            }
        }
    }
}

impl Balancers<'_, '_> {
    /// Adds a doubtful way for each section of balancers and endpoints that could not be read. It is as
    /// wide as the traffic within the VPC.
    fn unread(&self, seat: &Seat<'_>, ways: &mut Vec<Way>) {
        use Direction::{In, Out};
        let region = self.area.region;
        let unread = [
            (
                region.load_balancers.read().is_none(),
                Section::LoadBalancers,
                PathKind::LoadBalancer,
                FarEnd::Internet,
                In,
            ),
            (
                region.target_groups.read().is_none(),
                Section::TargetGroups,
                PathKind::LoadBalancer,
                FarEnd::Internet,
                In,
            ),
            (
                region.client_vpns.read().is_none(),
                Section::ClientVpns,
                PathKind::ClientVpn,
                FarEnd::OnPremises,
                In,
            ),
            (region.endpoints.read().is_none(), Section::Endpoints, PathKind::Endpoint, FarEnd::Service, Out),
        ];
        for (_, section, kind, place, direction) in unread.into_iter().filter(|unread| unread.0) {
            let groups = self.area.groups(self.net, seat.vpc, seat.groups, direction, seat.family);
            let by_group =
                groups.by_group.iter().flat_map(|(_, services)| services.parts()).copied().collect();
            let services = groups.by_address.services().union(&Set::of(by_group));
            let open = doubted(Pass::of(&seat.family.all(), &services), Doubt::of(section));
            let path = Path::new(kind, "not read");
            ways.push(Way { place, direction, family: seat.family, path, sent: open.clone(), open });
        }
    }
}

fn doubted(pass: Pass, doubt: Doubt) -> Pass {
    if pass.is_empty() { pass } else { pass.doubted(doubt) }
}

/// `app/web/50dc6c495c0c9188`: how the descriptions of its interfaces end.
fn nodes(arn: &str) -> &str {
    arn.split_once("loadbalancer/").map_or(arn, |(_, rest)| rest)
}

/// What all listeners take, by protocol.
pub fn listeners(balancer: &LoadBalancer) -> Vec<(Services, u32)> {
    taken(&balancer.listeners.iter())
}

/// What these listeners take, by protocol.
fn taken<'l>(listeners: &(impl Iterator<Item = &'l Listener> + Clone)) -> Vec<(Services, u32)> {
    [TCP, UDP]
        .into_iter()
        .map(|protocol| {
            let of = listeners.clone().filter(|listener| carries(&listener.protocol, protocol));
            let ports = of.filter_map(|listener| u32::try_from(listener.port).ok());
            (
                Set::of(
                    ports
                        .map(|port| (services::one(protocol, port), services::one(protocol, port)))
                        .collect(),
                ),
                protocol,
            )
        })
        .filter(|(services, _)| !services.is_empty())
        .collect()
}

/// The listeners that answer every request themselves, as a maintenance page does: load balancer, protocol
/// and port. Only those whose rules were read.
fn answering(region: &Region) -> HashSet<(&str, &str, i32)> {
    let mut listeners = HashMap::<(&str, &str, i32), Vec<&ListenerRule>>::new();
    for (_, rule) in region.listener_rules.items() {
        listeners.entry((&rule.balancer, &rule.protocol, rule.port)).or_default().push(rule);
    }
    listeners.retain(|_, rules| {
        rules.sort_by_key(|rule| rule.priority.unwrap_or(u32::MAX));
        let last = rules.iter().position(|rule| rule.takes_all());
        last.is_some_and(|last| rules.iter().take(last + 1).all(|rule| rule.fixed_response().is_some()))
    });
    listeners.into_keys().collect()
}

fn carries(name: &str, protocol: u32) -> bool {
    match name {
        "UDP" => protocol == UDP,
        "TCP_UDP" => true,
        _ => protocol == TCP,
    }
}

/// The ports at which a target is asked.
fn ports_of(group: &TargetGroup, own: Option<i32>) -> Services {
    let Some(port) = own.or(group.port).and_then(|port| u32::try_from(port).ok()) else {
        return services::all();
    };
    let of = [TCP, UDP].into_iter().filter(|protocol| carries(&group.protocol, *protocol));
    Set::of(of.map(|protocol| (services::one(protocol, port), services::one(protocol, port))).collect())
}
