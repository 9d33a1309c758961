//! One packet at a time: walks it and its answer through groups, ACLs, routes and gateways. Shares
//! nothing with the code under test but the account's types: no sets, no intervals, no caches.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::filters::{Filter, Net};
use super::random::ME;
use crate::account::*;

/// What a packet asks for: the port, or ICMP's type and code.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    pub protocol: u8,
    pub port: u16,
}

/// Place, kind of path and id, as the code under test names them.
pub type Route3 = (&'static str, &'static str, String);

/// What became of it: by which ways it arrives, and by which it is answered too.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Fate {
    pub sent: BTreeSet<Route3>,
    pub answered: BTreeSet<Route3>,
}

impl Fate {
    pub fn add(&mut self, route: Route3, answered: bool) {
        if answered {
            self.answered.insert(route.clone());
        }
        self.sent.insert(route);
    }
}

pub struct GroupRule {
    pub filter: Filter,
    pub group: Option<String>,
}

pub struct Table<'a> {
    pub routes: Vec<(Net, &'a Route, bool)>,
}

/// The account, read once more in another way.
pub struct Walker<'a> {
    pub region: &'a Region,
    pub rules: BTreeMap<(&'a str, bool), Vec<GroupRule>>,
    pub acls: BTreeMap<(&'a str, bool), Vec<Filter>>,
    pub tables: BTreeMap<&'a str, Table<'a>>,
    pub main: BTreeMap<&'a str, &'a str>,
    pub own_table: BTreeMap<&'a str, &'a str>,
    pub edges: BTreeMap<&'a str, &'a str>,
    pub subnets: BTreeMap<&'a str, (&'a str, Vec<Net>)>,
    pub vpc_nets: BTreeMap<&'a str, Vec<Net>>,
    /// Ports at which a client may be answered that one rule or another tells apart.
    pub client_ports: Vec<u16>,
    pub hosts: BTreeMap<IpAddr, &'a Interface>,
}

/// ACL questions about what comes back: subnet, inwards, peer.
pub type Asked = Vec<(String, bool, IpAddr)>;

pub fn addresses(interface: &Interface) -> Vec<(IpAddr, bool)> {
    let mut all = vec![];
    if let Some(ip) = &interface.private_ip {
        all.push((ip.parse().unwrap(), interface.public_ip.is_some()));
    }
    for (ip, public) in &interface.secondary {
        all.push((ip.parse().unwrap(), public.is_some()));
    }
    for ip in &interface.ipv6 {
        let ip: IpAddr = ip.parse().unwrap();
        all.push((ip, Net::parse("2000::/3").has(ip)));
    }
    all
}

pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            let shared = a == 100 && (64..128).contains(&b);
            !(ip.is_private() || ip.is_loopback() || ip.is_link_local() || shared || a == 0 || a >= 224)
        }
        IpAddr::V6(ip) => ip.segments()[0] >> 13 == 1,
    }
}

impl<'a> Walker<'a> {
    pub fn new(account: &'a Account) -> Walker<'a> {
        let region = account.regions.values().next().unwrap();
        let mut walker = Walker {
            region,
            rules: BTreeMap::new(),
            acls: BTreeMap::new(),
            tables: BTreeMap::new(),
            main: BTreeMap::new(),
            own_table: BTreeMap::new(),
            edges: BTreeMap::new(),
            subnets: BTreeMap::new(),
            vpc_nets: BTreeMap::new(),
            client_ports: vec![1024, 65535],
            hosts: BTreeMap::new(),
        };
        let list = |id: &str| -> Vec<Net> {
            region.prefix_lists.item(id).unwrap().entries.iter().map(|cidr| Net::parse(cidr)).collect()
        };
        for (id, group) in region.groups.items() {
            for (inwards, rules) in [(true, &group.ingress), (false, &group.egress)] {
                let mut all = vec![];
                for rule in rules {
                    let of = |net| Filter::new(true, net, &rule.protocol, rule.ports, rule.ports);
                    match &rule.peer {
                        Peer::Ipv4(cidr) | Peer::Ipv6(cidr) => {
                            all.push(GroupRule { filter: of(Net::parse(cidr)), group: None });
                        }
                        Peer::PrefixList(id) => all.extend(
                            list(id).into_iter().map(|net| GroupRule { filter: of(net), group: None }),
                        ),
                        Peer::Group { id, .. } => {
                            for any in ["0.0.0.0/0", "::/0"] {
                                all.push(GroupRule { filter: of(Net::parse(any)), group: Some(id.clone()) });
                            }
                        }
                    }
                }
                walker.rules.insert((id, inwards), all);
            }
        }
        for (_, acl) in region.acls.items() {
            for (inwards, entries) in [(true, &acl.ingress), (false, &acl.egress)] {
                for entry in entries.values() {
                    if let Some((first, last)) = entry.ports {
                        for port in [first - 1, first, last, last + 1] {
                            if (1024..=65535).contains(&port) {
                                walker.client_ports.push(port as u16);
                            }
                        }
                    }
                }
                for subnet in &acl.subnets {
                    let filters = entries
                        .values()
                        .map(|e| Filter::new(e.allow, Net::parse(&e.cidr), &e.protocol, e.ports, e.icmp));
                    walker.acls.insert((subnet, inwards), filters.collect());
                }
            }
        }
        walker.client_ports.sort_unstable();
        walker.client_ports.dedup();
        for (id, table) in region.route_tables.items() {
            let mut routes = vec![];
            for route in &table.routes {
                if route.destination.starts_with("pl-") {
                    routes.extend(list(&route.destination).into_iter().map(|net| (net, route, true)));
                } else {
                    routes.push((Net::parse(&route.destination), route, false));
                }
            }
            walker.tables.insert(id, Table { routes });
            if table.main {
                walker.main.insert(&table.vpc, id);
            }
            walker.own_table.extend(table.subnets.iter().map(|subnet| (&**subnet, &**id)));
            walker.edges.extend(table.gateways.iter().map(|gateway| (&**gateway, &**id)));
        }
        for (id, subnet) in region.subnets.items() {
            let cidrs = std::iter::once(&subnet.cidr).chain(&subnet.ipv6_cidr).map(|cidr| Net::parse(cidr));
            walker.subnets.insert(id, (&subnet.vpc, cidrs.collect()));
        }
        for (id, vpc) in region.vpcs.items() {
            walker
                .vpc_nets
                .insert(id, vpc.cidrs.iter().chain(&vpc.ipv6_cidrs).map(|cidr| Net::parse(cidr)).collect());
        }
        for (_, interface) in region.interfaces.items() {
            for (ip, _) in addresses(interface) {
                walker.hosts.insert(ip, interface);
            }
        }
        walker
    }

    /// `peer_groups`: of a peer whose groups are known to be these, whatever its address.
    pub fn groups_let(
        &self,
        groups: &BTreeSet<String>,
        vpc: &str,
        inwards: bool,
        peer: IpAddr,
        peer_groups: Option<&BTreeSet<String>>,
        ask: Ask,
    ) -> bool {
        groups.is_empty()
            || groups.iter().flat_map(|group| &self.rules[&(&**group, inwards)]).any(|rule| {
                rule.filter.matches(peer, ask)
                    && match &rule.group {
                        None => true,
                        Some(group) => {
                            // Neighbours are asked by their groups, others known by their address.
                            let member = self.hosts.get(&peer);
                            let member =
                                member.is_some_and(|host| host.groups.contains(group) && host.vpc != *vpc);
                            member || peer_groups.is_some_and(|groups| groups.contains(group))
                        }
                    }
            })
    }

    pub fn acl_lets(&self, subnet: &str, inwards: bool, peer: IpAddr, ask: Ask) -> bool {
        self.acls[&(subnet, inwards)]
            .iter()
            .find(|filter| filter.matches(peer, ask))
            .is_some_and(|filter| filter.allow)
    }

    /// Can the answer pass all these ACLs?
    pub fn back(&self, ask: Ask, v6: bool, asked: &Asked) -> bool {
        let lets = |ask: Ask| {
            asked.iter().all(|(subnet, inwards, peer)| self.acl_lets(subnet, *inwards, *peer, ask))
        };
        match ask.protocol {
            6 | 17 => self.client_ports.iter().any(|port| lets(Ask { port: *port, ..ask })),
            1 => !v6 && ask.port == 8 * 256 && lets(Ask { port: 0, ..ask }),
            58 => v6 && ask.port == 128 * 256 && lets(Ask { port: 129 * 256, ..ask }),
            _ => lets(ask),
        }
    }

    pub fn route(&self, vpc: &str, subnet: &str, to: IpAddr) -> Option<&'a Route> {
        let table = self.own_table.get(subnet).or_else(|| self.main.get(vpc))?;
        self.best(table, to)
    }

    pub fn best(&self, table: &str, to: IpAddr) -> Option<&'a Route> {
        let matching: Vec<&(Net, &Route, bool)> =
            self.tables[table].routes.iter().filter(|(net, ..)| net.has(to)).collect();
        let propagated = |route: &Route| route.origin == "EnableVgwRoutePropagation";
        let local = matching.iter().any(|(_, route, _)| route.target == "local");
        matching
            .into_iter()
            .filter(|(_, route, _)| !(local && propagated(route)))
            .max_by_key(|(net, route, list)| {
                let prefers = if route.target == "local" {
                    3
                } else if propagated(route) {
                    0
                } else if *list {
                    1
                } else {
                    2
                };
                (net.bits, prefers)
            })
            .map(|(_, route, _)| *route)
    }

    pub fn leads(&self, vpc: &str, subnet: &str, to: IpAddr, target: &str) -> bool {
        self.route(vpc, subnet, to).is_some_and(|route| !route.blackhole && route.target == target)
    }

    pub fn own(&self, vpc: &str, ip: IpAddr) -> bool {
        self.vpc_nets[vpc].iter().any(|net| net.has(ip))
    }

    pub fn blocked(&self, vpc: &str, subnet: &str, only_out: bool) -> bool {
        let block = self.region.vpc_block.read().unwrap();
        let mut free = block.mode == "off" || (block.mode == "block-ingress" && only_out);
        for exclusion in block.exclusions.values().filter(|e| e.state == "create-complete") {
            if exclusion.resource.ends_with(&format!("vpc/{vpc}"))
                || exclusion.resource.ends_with(&format!("subnet/{subnet}"))
            {
                free |= exclusion.mode == "allow-bidirectional" || only_out;
            }
        }
        !free
    }

    pub fn gateway_of(&self, vpc: &str) -> Option<&'a str> {
        self.region
            .internet_gateways
            .items()
            .find(|(_, igw)| igw.vpc.as_deref() == Some(vpc))
            .map(|(id, _)| &**id)
    }

    /// The subnet of another VPC that an address is in.
    pub fn subnet_of(&self, vpc: &str, ip: IpAddr) -> Option<&'a str> {
        self.subnets
            .iter()
            .find(|(_, (of, nets))| *of == vpc && nets.iter().any(|net| net.has(ip)))
            .map(|(id, _)| *id)
    }

    /// Would a host at `there` in that VPC send to `here` by the link?
    pub fn sends(&self, vpc: &str, there: IpAddr, here: IpAddr, link: &str) -> bool {
        self.subnet_of(vpc, there).is_some_and(|subnet| self.leads(vpc, subnet, here, link))
    }

    pub fn attachments(&self) -> impl Iterator<Item = &'a TransitAttachment> {
        self.region.transit_attachments.items().map(|(_, a)| a).filter(|a| a.state == "available")
    }

    pub fn routed(attachment: &TransitAttachment) -> bool {
        attachment.gateway_owner != ME || attachment.association == "associated"
    }
}
