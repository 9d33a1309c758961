//! Security groups: stateful, the rules of all groups of an interface together.
//!
//! A rule that names a group means the interfaces in it, by their private addresses. Those of the
//! same VPC are asked for one by one (a host asks another); those of other VPCs are addresses.

use std::collections::BTreeSet;

use super::area::{Area, Net};
use super::pass::{Doubt, Pass};
use super::rules;
use super::services::{self, Services};
use super::sets::{Family, range};
use super::{Direction, seats};
use crate::account::{Group, Peer, Rule, Section};

/// What the groups of an interface let through in one direction and family.
#[derive(Clone, Default)]
pub struct GroupPass {
    /// By address: CIDRs, prefix lists, members in other VPCs.
    pub by_address: Pass,
    /// By group, for peers in the same VPC.
    pub by_group: Vec<(String, Services)>,
}

impl GroupPass {
    pub fn all(family: Family) -> GroupPass {
        GroupPass { by_address: Pass::all(family), by_group: vec![] }
    }

    /// What passes to or from a host of the same VPC.
    pub fn with_host(&self, address: u128, groups: &BTreeSet<String>) -> Services {
        let mut open = self.by_address.at(address).cloned().unwrap_or_default();
        for (_, services) in self.by_group.iter().filter(|(group, _)| groups.contains(group)) {
            open = open.union(services);
        }
        open
    }
}

/// The union of an interface's groups. An interface without groups (a Network Load Balancer's, say)
/// is not filtered.
pub fn of_interface(
    net: &Net<'_>,
    area: &Area<'_>,
    vpc: &str,
    groups: &BTreeSet<String>,
    direction: Direction,
    family: Family,
) -> GroupPass {
    if groups.is_empty() || !net.heeds_groups {
        return GroupPass::all(family);
    }
    if area.region.groups.read().is_none() {
        let mut all = GroupPass::all(family);
        all.by_address.doubt = Doubt::of(Section::Groups);
        return all;
    }
    let mut whole = GroupPass::default();
    for id in rules::groups_that_count(groups) {
        let pass = area.group(net, vpc, id, direction, family);
        whole.by_address = whole.by_address.or(&pass.by_address);
        whole.by_group.extend(pass.by_group.iter().cloned());
    }
    whole
}

/// One group.
pub fn of_group(
    net: &Net<'_>,
    area: &Area<'_>,
    vpc: &str,
    group: Option<&Group>,
    direction: Direction,
    family: Family,
) -> GroupPass {
    let Some(group) = group else {
        // On an interface, and not listed: somebody else's, or made since.
        let mut all = GroupPass::all(family);
        all.by_address.doubt = Doubt::of(Section::Groups);
        return all;
    };
    let mut compiled =
        Compiled { net, area, vpc, family, boxes: vec![], by_group: vec![], doubt: Doubt::NONE };
    let rules = rules::rules(group, direction).iter();
    rules.filter(|rule| rules::counts(&rule.peer)).for_each(|rule| compiled.rule(rule));
    GroupPass {
        by_address: Pass::any_of(&compiled.boxes).doubted(compiled.doubt),
        by_group: compiled.by_group,
    }
}

struct Compiled<'a, 'n> {
    net: &'a Net<'n>,
    area: &'a Area<'n>,
    vpc: &'a str,
    family: Family,
    boxes: Vec<(u128, u128, Services)>,
    by_group: Vec<(String, Services)>,
    doubt: Doubt,
}

impl Compiled<'_, '_> {
    fn rule(&mut self, rule: &Rule) {
        let services = services::of_rule(&rule.protocol, rule.ports);
        match &rule.peer {
            Peer::Ipv4(cidr) | Peer::Ipv6(cidr) => self.cidr(cidr, &services),
            Peer::PrefixList(id) => match self.area.region.prefix_lists.item(id) {
                Some(list) => list.entries.iter().for_each(|cidr| self.cidr(cidr, &services)),
                None => self.anybody(&services, Section::PrefixLists),
            },
            Peer::Group { id, owner, peering } => {
                self.group(id, owner.as_deref(), peering.as_deref(), &services);
            }
        }
    }

    fn cidr(&mut self, cidr: &str, services: &Services) {
        if let Some((family, low, high)) = range(cidr)
            && family == self.family
        {
            self.boxes.push((low, high, services.clone()));
        }
    }

    fn anybody(&mut self, services: &Services, section: Section) {
        self.boxes.extend(self.family.all().parts().iter().map(|(l, h)| (*l, *h, services.clone())));
        self.doubt = self.doubt.and(Doubt::of(section));
    }

    fn group(&mut self, id: &str, owner: Option<&str>, peering: Option<&str>, services: &Services) {
        self.by_group.push((id.to_owned(), services.clone()));
        let ours = owner.is_none_or(|owner| owner == self.net.account.id);
        if ours && self.area.region.groups.item(id).is_none() {
            // Its group is gone: such a rule lets nobody in.
            return;
        }
        if !ours && self.area.region.groups.item(id).is_none() {
            // Members are the other account's to list: at most the VPC behind the peering.
            let sides = peering.and_then(|id| self.area.region.peerings.item(id));
            let Some(sides) = sides else {
                // In a shared VPC the members are neighbours, known to the one who asks.
                return;
            };
            let far = if sides.requester.vpc == self.vpc { &sides.accepter } else { &sides.requester };
            for cidr in far.cidrs.iter().chain(&far.ipv6_cidrs) {
                self.cidr(cidr, services);
            }
            self.doubt = self.doubt.and(Doubt::of(Section::Groups));
            return;
        }
        if self.area.region.interfaces.read().is_none() {
            return self.anybody(services, Section::Interfaces);
        }
        for member in self.area.members(id).iter().filter(|member| member.vpc != self.vpc) {
            for (address, _) in seats(member, self.family) {
                self.boxes.push((address, address, services.clone()));
            }
        }
    }
}

/// The rules of one group that let a service through for an address.
pub fn letting<'a>(
    area: &'a Area<'_>,
    rules: &'a BTreeSet<Rule>,
    family: Family,
    address: u128,
    service: u32,
) -> Option<&'a Rule> {
    let holds = |cidr: &str| {
        range(cidr).is_some_and(|(of, low, high)| of == family && low <= address && address <= high)
    };
    rules.iter().filter(|rule| services::of_rule(&rule.protocol, rule.ports).contains(service)).find(|rule| {
        match &rule.peer {
            Peer::Ipv4(cidr) | Peer::Ipv6(cidr) => holds(cidr),
            Peer::PrefixList(id) => {
                area.region.prefix_lists.item(id).is_some_and(|list| list.entries.iter().any(|c| holds(c)))
            }
            Peer::Group { id, .. } => area
                .members(id)
                .iter()
                .any(|member| seats(member, family).iter().any(|(own, _)| *own == address)),
        }
    })
}
