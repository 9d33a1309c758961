//! One Region, indexed: what serves a subnet, what is attached to a VPC, who is in a group.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::acls::AclPass;
use super::groups::{self, GroupPass};
use super::pass::{Doubt, Pass};
use super::routes::Routes;
use super::rules;
use super::sets::{Addresses, Family};
use super::transit::{self, Transit};
use super::{Direction, seats};
use crate::account::{Account, Interface, PeeringSide, Region, Section, Subnet, Vpc};

/// The account's network.
pub struct Net<'a> {
    pub account: &'a Account,
    pub areas: BTreeMap<&'a str, Area<'a>>,
    /// `false` for flows that are tracked: groups do not look at them again.
    pub heeds_groups: bool,
}

impl<'a> Net<'a> {
    pub fn new(account: &'a Account, heeds_groups: bool) -> Net<'a> {
        let areas = account.regions.iter().map(|(name, region)| (&**name, Area::new(name, region))).collect();
        Net { account, areas, heeds_groups }
    }

    /// A VPC in whichever Region, if the account tells of it.
    pub fn vpc(&self, id: &str) -> Option<(&Area<'a>, &'a Vpc)> {
        self.areas.values().find_map(|area| Some((area, area.region.vpcs.item(id)?)))
    }

    /// Addresses of the other side of a peering or transit gateway from which packets to `address`
    /// come here: those of the subnets that have a route. `None` where the VPC is not known.
    pub fn far(&self, vpc: &str, link: &str, family: Family, address: u128) -> Option<(Addresses, Doubt)> {
        let (area, known) = self.vpc(vpc)?;
        if area.region.subnets.read().is_none() {
            return Some((cidrs_of(known, family), Doubt::of(Section::Subnets)));
        }
        let mut doubt = Doubt::NONE;
        let mut from = vec![];
        for (table, addresses) in area.served(vpc) {
            let leads = match table.and_then(|table| area.tables.get(table)) {
                Some(routes) => {
                    !rules::the_far_side_needs_a_route() || routes[family as usize].leads(address, link)
                }
                None => {
                    doubt = doubt.and(Doubt::of(Section::RouteTables));
                    true
                }
            };
            if leads {
                from.extend_from_slice(addresses[family as usize].parts());
            }
        }
        Some((Addresses::of(from), doubt))
    }
}

/// The CIDRs of a VPC.
pub fn cidrs_of(vpc: &Vpc, family: Family) -> Addresses {
    family.cidrs(vpc.cidrs.iter().chain(&vpc.ipv6_cidrs).map(String::as_str))
}

pub fn side_cidrs(side: &PeeringSide, family: Family) -> Addresses {
    family.cidrs(side.cidrs.iter().chain(&side.ipv6_cidrs).map(String::as_str))
}

/// The CIDR of a subnet.
pub fn cidr(subnet: &Subnet, family: Family) -> Option<&str> {
    match family {
        Family::Ipv4 => Some(&subnet.cidr),
        Family::Ipv6 => subnet.ipv6_cidr.as_deref(),
    }
}

/// A route table, and the addresses of the subnets that it serves.
type Served<'a> = (Option<&'a str>, [Addresses; 2]);

/// Known by VPC and key, then by direction and family.
type Memo<K> = RefCell<HashMap<String, HashMap<K, [Option<Rc<GroupPass>>; 4]>>>;

fn slot(direction: Direction, family: Family) -> usize {
    direction as usize * 2 + family as usize
}

/// One Region.
pub struct Area<'a> {
    pub name: &'a str,
    pub region: &'a Region,
    acls: HashMap<&'a str, AclPass>,
    acl_of: HashMap<&'a str, &'a str>,
    tables: HashMap<&'a str, [Routes<'a>; 2]>,
    table_of: HashMap<&'a str, &'a str>,
    main: HashMap<&'a str, &'a str>,
    edge: HashMap<&'a str, &'a str>,
    igw: HashMap<&'a str, &'a str>,
    members: HashMap<&'a str, Vec<&'a Interface>>,
    /// The addresses of each VPC; and in `outside` the internet without them.
    own: HashMap<&'a str, [Addresses; 2]>,
    outside: HashMap<&'a str, [Addresses; 2]>,
    served: HashMap<&'a str, Vec<Served<'a>>>,
    groups: Memo<String>,
    sets: Memo<BTreeSet<String>>,
    transits: RefCell<HashMap<String, Rc<Vec<Transit>>>>,
}

impl<'a> Area<'a> {
    fn new(name: &'a str, region: &'a Region) -> Area<'a> {
        let mut area = Area {
            name,
            region,
            acls: HashMap::new(),
            acl_of: HashMap::new(),
            tables: HashMap::new(),
            table_of: HashMap::new(),
            main: HashMap::new(),
            edge: HashMap::new(),
            igw: HashMap::new(),
            members: HashMap::new(),
            own: HashMap::new(),
            outside: HashMap::new(),
            served: HashMap::new(),
            groups: RefCell::default(),
            sets: RefCell::default(),
            transits: RefCell::default(),
        };
        for (id, acl) in region.acls.items() {
            area.acls.insert(id, AclPass::of(acl));
            area.acl_of.extend(acl.subnets.iter().map(|subnet| (&**subnet, &**id)));
        }
        for (id, table) in region.route_tables.items() {
            let routes = Family::BOTH.map(|family| Routes::of(table, family, &region.prefix_lists));
            area.tables.insert(id, routes);
            area.table_of.extend(table.subnets.iter().map(|subnet| (&**subnet, &**id)));
            area.edge.extend(table.gateways.iter().map(|gateway| (&**gateway, &**id)));
            if table.main {
                area.main.insert(&table.vpc, id);
            }
        }
        for (id, gateway) in region.internet_gateways.items() {
            area.igw.extend(gateway.vpc.as_deref().map(|vpc| (vpc, &**id)));
        }
        for (id, vpc) in region.vpcs.items() {
            let own = Family::BOTH.map(|family| cidrs_of(vpc, family));
            let outside = Family::BOTH.map(|family| family.internet().minus(&own[family as usize]));
            area.own.insert(id, own);
            area.outside.insert(id, outside);
        }
        let mut cidrs = BTreeMap::<(&str, Option<&str>), [Vec<&str>; 2]>::new();
        for (id, subnet) in region.subnets.items() {
            let of = cidrs.entry((&subnet.vpc, area.table(&subnet.vpc, id))).or_default();
            for family in Family::BOTH {
                of[family as usize].extend(cidr(subnet, family));
            }
        }
        for ((vpc, table), of) in cidrs {
            let addresses = Family::BOTH.map(|family| family.cidrs(of[family as usize].iter().copied()));
            area.served.entry(vpc).or_default().push((table, addresses));
        }
        for (_, interface) in region.interfaces.items() {
            for group in &interface.groups {
                area.members.entry(group).or_default().push(interface);
            }
        }
        area
    }

    /// The table that serves a subnet: its own, else the VPC's main one.
    pub fn table(&self, vpc: &str, subnet: &str) -> Option<&'a str> {
        rules::serving(self.table_of.get(subnet), self.main.get(vpc)).copied()
    }

    /// The routes of a subnet; `None` where its table is not known.
    pub fn routes(&self, vpc: &str, subnet: &str, family: Family) -> Option<&Routes<'a>> {
        Some(&self.tables.get(self.table(vpc, subnet)?)?[family as usize])
    }

    /// The routes of what comes in through a gateway, if it has a table (an edge association).
    pub fn edge(&self, gateway: &str, family: Family) -> Option<(&'a str, &Routes<'a>)> {
        let id = self.edge.get(gateway)?;
        Some((id, &self.tables.get(id)?[family as usize]))
    }

    pub fn acl_of(&self, subnet: &str) -> Option<&'a str> {
        self.acl_of.get(subnet).copied()
    }

    /// Returns the traffic that the ACL of a subnet lets in or out.
    pub fn acl(&self, subnet: &str, direction: Direction, family: Family) -> Pass {
        let acl = self.acl_of(subnet).and_then(|id| self.acls.get(id));
        match (acl, direction) {
            (Some(acl), Direction::In) => acl.ingress(family).clone(),
            (Some(acl), Direction::Out) => acl.egress(family).clone(),
            (None, _) => Pass::all(family).doubted(Doubt::of(Section::Acls)),
        }
    }

    /// The internet gateway of a VPC. A gap is one that may be there.
    pub fn internet_gateway(&self, vpc: &str) -> Option<(&'a str, Doubt)> {
        match self.region.internet_gateways.read() {
            Some(_) => self.igw.get(vpc).map(|id| (*id, Doubt::NONE)),
            None => Some(("internet gateway", Doubt::of(Section::InternetGateways))),
        }
    }

    /// As [`Area::internet_gateway`], also where only a shared subnet's owner may be told of it.
    pub fn way_to_internet(&self, net: &Net<'_>, vpc: &str, subnet: &str) -> Option<(&'a str, Doubt)> {
        let hidden = || self.foreign(net, subnet).then_some(("internet gateway", Doubt::OWNERS));
        self.internet_gateway(vpc).or_else(hidden)
    }

    /// The addresses of a VPC.
    pub fn own(&self, vpc: &str, family: Family) -> &Addresses {
        self.own.get(vpc).map_or(Addresses::none(), |own| &own[family as usize])
    }

    /// The route tables of a VPC's subnets, with the addresses of those that each serves.
    fn served(&self, vpc: &str) -> &[Served<'a>] {
        self.served.get(vpc).map_or(&[], Vec::as_slice)
    }

    /// The addresses at which another VPC's routing changes.
    pub fn route_edges(&self, vpc: &str, family: Family) -> impl Iterator<Item = u128> {
        let tables = self.served(vpc).iter().filter_map(|(table, _)| self.tables.get((*table)?));
        tables.flat_map(move |routes| routes[family as usize].edges())
    }

    /// Returns the internet as a VPC sees it: without the addresses of the VPC itself.
    pub fn internet(&self, vpc: &str, family: Family) -> &Addresses {
        self.outside.get(vpc).map_or(family.internet(), |outside| &outside[family as usize])
    }

    /// The transit gateways that a VPC is attached to.
    pub fn transits(&self, net: &Net<'_>, vpc: &str) -> Rc<Vec<Transit>> {
        if let Some(known) = self.transits.borrow().get(vpc) {
            return known.clone();
        }
        let found = Rc::new(transit::transits(net, self, vpc));
        self.transits.borrow_mut().insert(vpc.to_owned(), found.clone());
        found
    }

    /// Does the subnet belong to another account? A participant is told of its internet gateway,
    /// routes and ACL, and of no other gateway, peering, attachment or endpoint.
    ///
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-share-limitations.html>
    fn foreign(&self, net: &Net<'_>, subnet: &str) -> bool {
        self.region.subnets.item(subnet).is_some_and(|known| known.owner != net.account.id)
    }

    /// Returns the doubt about a route's target that is not listed. `None`: the target does not exist.
    pub fn unseen(&self, net: &Net<'_>, subnet: &str, section: Section) -> Option<Doubt> {
        match section.gap_of(self.region) {
            Some(_) => Some(Doubt::of(section)),
            None => self.foreign(net, subnet).then_some(Doubt::OWNERS),
        }
    }

    /// Is something routed there by its address? To a gateway endpoint only prefix lists are.
    pub fn routed_by_address(&self, vpc: &str, subnet: &str, target: &str) -> bool {
        let table = self.table(vpc, subnet).and_then(|id| self.region.route_tables.item(id));
        let mut routes = table.into_iter().flat_map(|table| &table.routes);
        routes.any(|route| route.target == target && !route.destination.starts_with("pl-"))
    }

    pub fn members(&self, group: &str) -> &[&'a Interface] {
        self.members.get(group).map_or(&[], Vec::as_slice)
    }

    pub fn group(
        &self,
        net: &Net<'_>,
        vpc: &str,
        id: &str,
        direction: Direction,
        family: Family,
    ) -> Rc<GroupPass> {
        let at = slot(direction, family);
        let known = self.groups.borrow().get(vpc).and_then(|known| known.get(id)?[at].clone());
        if let Some(known) = known {
            return known;
        }
        let group = self.region.groups.item(id);
        let pass = Rc::new(groups::of_group(net, self, vpc, group, direction, family));
        let mut groups = self.groups.borrow_mut();
        groups.entry(vpc.to_owned()).or_default().entry(id.to_owned()).or_default()[at] = Some(pass.clone());
        pass
    }

    /// Returns the traffic that the groups of an interface let through.
    pub fn groups(
        &self,
        net: &Net<'_>,
        vpc: &str,
        groups: &BTreeSet<String>,
        direction: Direction,
        family: Family,
    ) -> Rc<GroupPass> {
        let at = slot(direction, family);
        let known = self.sets.borrow().get(vpc).and_then(|known| known.get(groups)?[at].clone());
        if let Some(known) = known {
            return known;
        }
        let pass = Rc::new(groups::of_interface(net, self, vpc, groups, direction, family));
        let mut sets = self.sets.borrow_mut();
        sets.entry(vpc.to_owned()).or_default().entry(groups.clone()).or_default()[at] = Some(pass.clone());
        pass
    }

    /// The addresses of these interfaces in a subnet, or the whole subnet where they are not known.
    pub fn addresses(&self, interfaces: &[&Interface], subnet: &str, family: Family) -> Addresses {
        let mut here = interfaces.iter().filter(|interface| interface.subnet == subnet).peekable();
        if here.peek().is_some() {
            let known = here.flat_map(|interface| seats(interface, family));
            return Addresses::of(known.map(|(address, _)| (address, address)).collect());
        }
        match self.region.subnets.item(subnet) {
            Some(subnet) => family.cidrs(cidr(subnet, family)),
            None => family.all(),
        }
    }
}
