//! Keeps cuts away from the resources that the configuration protects: from their interfaces, and from
//! the subnet, the route table, the VPC and the Region that they need.

use std::collections::{BTreeMap, BTreeSet};

use crate::account::{Account, Gap, Interface, Region, Section, Tags};
use crate::config::Config;
use crate::engine::plan::Selected;
use crate::step::{Item, Reach, Reason, Spec, Target};
use crate::steps;

/// What is read besides, to know where the protected things are.
const NEEDS: &[Section] = &[Section::Vpcs, Section::Subnets, Section::Instances, Section::Interfaces];

/// The sections that a step needs besides its own, where something is protected.
pub fn needs(config: &Config, chosen: &[Selected]) -> &'static [Section] {
    let specs = chosen.iter().filter_map(|selected| Some(steps::find(selected.step)?.spec()));
    let cuts = specs.into_iter().any(|spec| spec.does.cuts_paths());
    if cuts && config.protects_something() { NEEDS } else { &[] }
}

/// Why a target is not cut.
pub(super) enum Spared {
    /// Something protected is inside.
    Inside(Reason),
    /// Where the protected things are could not be read.
    Unseen(Gap),
}

/// What is protected, by Region.
pub(super) struct Shield<'a> {
    account: &'a Account,
    regions: BTreeMap<&'a str, Result<Vec<Thing<'a>>, Gap>>,
}

/// An interface of something protected, or a place that is protected.
#[derive(Debug, Default)]
struct Thing<'a> {
    /// `i-1 (kc-web)`.
    name: String,
    why: Reason,
    interface: Option<&'a str>,
    instance: Option<&'a str>,
    subnet: Option<&'a str>,
    vpc: &'a str,
}

impl<'a> Shield<'a> {
    /// The shield over the targets of a step; `None` where nothing is protected or no path is cut.
    pub(super) fn over(spec: &Spec, account: &'a Account, config: &Config) -> Option<Shield<'a>> {
        if !spec.does.cuts_paths() || !config.protects_something() {
            return None;
        }
        let regions = account.regions.iter().map(|(name, here)| (name.as_str(), things(here, config)));
        Some(Shield { account, regions: regions.collect() })
    }

    /// Why a target is not cut, if it is not.
    pub(super) fn spares(&self, reach: Reach, item: &Item) -> Option<Spared> {
        let at = &item.at;
        if item.created || reach == Reach::Itself {
            return None;
        }
        let here = self.account.regions.get(at.region_name())?;
        let things = match self.regions.get(at.region_name())? {
            Ok(things) => things,
            Err(gap) => return Some(Spared::Unseen(gap.clone())),
        };
        let thing = things.iter().find(|thing| thing.is_in(reach, at, here))?;
        let Thing { name, why, .. } = thing;
        let itself = thing.interface == Some(&*at.id) && *name == at.id;
        Some(Spared::Inside(match reach {
            _ if itself => why.clone(),
            Reach::Interface | Reach::Instance | Reach::Address => format!("it serves {name}: {why}"),
            _ => format!("a protected host is inside, {name}: {why}"),
        }))
    }
}

impl Thing<'_> {
    fn is_in(&self, reach: Reach, at: &Target, here: &Region) -> bool {
        let in_vpc = || at.vpc.as_deref() == Some(self.vpc);
        match reach {
            Reach::Itself => false,
            Reach::Interface => self.interface == Some(&*at.id),
            Reach::Instance => self.instance.is_some() && self.instance == at.label.as_deref(),
            Reach::Address => match here.addresses.item(&at.id) {
                Some(address) => address.interface.as_deref() == self.interface,
                None => in_vpc(),
            },
            Reach::Subnet => self.subnet == Some(&*at.id) || self.subnet.is_none() && in_vpc(),
            Reach::Table => match self.subnet.filter(|_| here.route_tables.read().is_some()) {
                Some(subnet) => here.effective_table(subnet).is_some_and(|(table, _)| table == at.parts().0),
                None => in_vpc(),
            },
            Reach::Vpc => at.vpc.is_none() || in_vpc(),
        }
    }
}

/// Returns the protected resources of a Region. The id or a tag of the resource protects it, and so do
/// those of its instance, its subnet and its VPC.
fn things<'a>(here: &'a Region, config: &Config) -> Result<Vec<Thing<'a>>, Gap> {
    if let Some(gap) = NEEDS.iter().find_map(|section| section.gap_of(here)) {
        return Err(gap.clone());
    }
    let protects = |id: &str, tags: &Tags| config.protects(id, std::slice::from_ref(tags));
    let place = |vpc: &str, subnet: &str| {
        let of_subnet = here.subnets.item(subnet).and_then(|known| protects(subnet, &known.tags));
        of_subnet.or_else(|| here.vpcs.item(vpc).and_then(|known| protects(vpc, &known.tags)))
    };
    let mut all = vec![];
    let mut seen = BTreeSet::new();
    for (id, interface) in here.interfaces.items() {
        let Interface { vpc, subnet, instance, .. } = interface;
        let host = instance.as_ref().and_then(|id| Some((id, here.instances.item(id)?)));
        let of_host = host.and_then(|(id, host)| Some((named(id, &host.tags), protects(id, &host.tags)?)));
        let own = || Some((id.clone(), protects(id, &interface.tags)?));
        let by_place = || {
            Some((host.map_or_else(|| id.clone(), |(id, host)| named(id, &host.tags)), place(vpc, subnet)?))
        };
        let Some((name, why)) = of_host.or_else(own).or_else(by_place) else { continue };
        seen.extend(instance.as_deref());
        let instance = instance.as_deref();
        all.push(Thing { name, why, interface: Some(id), instance, subnet: Some(subnet), vpc });
    }
    for (id, host) in here.instances.items().filter(|(id, _)| !seen.contains(id.as_str())) {
        if let Some(why) = protects(id, &host.tags) {
            let name = named(id, &host.tags);
            all.push(Thing {
                name,
                why,
                instance: Some(id),
                subnet: Some(&host.subnet),
                vpc: &host.vpc,
                ..Thing::default()
            });
        }
    }
    for (id, subnet) in here.subnets.items() {
        if let Some(why) = protects(id, &subnet.tags) {
            let name = named(id, &subnet.tags);
            all.push(Thing { name, why, subnet: Some(id), vpc: &subnet.vpc, ..Thing::default() });
        }
    }
    for (id, vpc) in here.vpcs.items() {
        if let Some(why) = protects(id, &vpc.tags) {
            all.push(Thing { name: named(id, &vpc.tags), why, vpc: id, ..Thing::default() });
        }
    }
    Ok(all)
}

fn named(id: &str, tags: &Tags) -> String {
    tags.get("Name").map_or_else(|| id.to_owned(), |name| format!("{id} ({name})"))
}

#[cfg(test)]
#[path = "shield_tests.rs"]
mod tests;
