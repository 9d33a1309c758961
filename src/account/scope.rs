//! Where a run may act.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Interface, Region, Tags};

/// Where and what a run may touch. Places add up: a VPC named and a subnet named are both in scope,
/// and whatever is in a place that is named is in scope with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scope {
    /// `None`: every enabled Region.
    pub regions: Option<BTreeSet<String>>,
    /// VPCs; `None`, and no other place named: every VPC of those Regions.
    pub vpcs: Option<BTreeSet<String>>,
    pub subnets: BTreeSet<String>,
    pub instances: BTreeSet<String>,
    /// VPCs, subnets, instances and interfaces that have one of these tags.
    pub tags: BTreeMap<String, String>,
    /// Access keys that the operator names as leaked.
    pub keys: BTreeSet<String>,
    /// The names of the users of those keys, once they were looked up. A key never changes its user.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub key_users: BTreeSet<String>,
    /// Users and roles that the operator names, by name or ARN: 410, 600 and 620 act on these alone.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub principals: BTreeSet<String>,
    /// Networks that the operator names: 350 shuts out these, and nobody else.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub block_cidrs: BTreeSet<String>,
    /// Countries that the operator names (ISO 3166-1 alpha-2): 350 shuts out visitors from these.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub block_countries: BTreeSet<String>,
    /// CIDRs of the responder, IPv4 or IPv6, whose path stays open.
    pub keep_cidrs: BTreeSet<String>,
    /// The maintenance page that the operator gives, as HTML; `None`: the shipped one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// The responder agreed to cut the path that unplug itself or a kept CIDR uses.
    pub lose_my_path: bool,
}

impl Scope {
    /// Is no place named within the Regions?
    pub fn is_whole(&self) -> bool {
        self.vpcs.is_none() && !self.names_parts() && self.tags.is_empty()
    }

    /// Does a step of this width cut more than the places that are named?
    pub fn is_narrower_than(&self, width: Width) -> bool {
        match width {
            Width::Place => false,
            Width::Region => !self.is_whole(),
            Width::Account => !self.is_whole() || self.regions.is_some(),
        }
    }

    /// The places that are named, for a person; `None` where none is.
    pub fn places(&self) -> Option<String> {
        let ids = self.vpcs.iter().flatten().chain(&self.subnets).chain(&self.instances).cloned();
        let tags = self.tags.iter().map(|(key, value)| format!("what is tagged {key}={value}"));
        let named: Vec<String> = ids.chain(tags).collect();
        (!self.is_whole()).then(|| named.join(", "))
    }

    /// The places or the Regions that are named, for a person.
    pub fn named(&self) -> String {
        let regions = || self.regions.iter().flatten().cloned().collect::<Vec<_>>().join(", ");
        self.places().unwrap_or_else(regions)
    }

    /// Are parts of a VPC named?
    pub fn names_parts(&self) -> bool {
        !self.subnets.is_empty() || !self.instances.is_empty()
    }

    pub fn has_region(&self, region: &str) -> bool {
        self.regions.as_ref().is_none_or(|regions| regions.contains(region))
    }

    /// The whole VPC is in scope: what belongs to a VPC may be cut.
    pub fn has_vpc(&self, here: &Region, vpc: &str) -> bool {
        self.is_whole()
            || self.vpcs.as_ref().is_some_and(|vpcs| vpcs.contains(vpc))
            || here.vpcs.item(vpc).is_some_and(|vpc| self.tagged(&vpc.tags))
    }

    /// The whole subnet is in scope: what belongs to a subnet may be cut.
    pub fn has_subnet(&self, here: &Region, subnet: &str) -> bool {
        let known = here.subnets.item(subnet);
        self.is_whole()
            || self.subnets.contains(subnet)
            || known.is_some_and(|subnet| self.tagged(&subnet.tags) || self.has_vpc(here, &subnet.vpc))
    }

    pub fn has_instance(&self, here: &Region, instance: &str) -> bool {
        let known = here.instances.item(instance);
        self.is_whole()
            || self.instances.contains(instance)
            || known.is_some_and(|known| {
                self.tagged(&known.tags)
                    || self.has_subnet(here, &known.subnet)
                    || self.has_vpc(here, &known.vpc)
            })
    }

    pub fn has_interface(&self, here: &Region, interface: &Interface) -> bool {
        self.is_whole()
            || self.tagged(&interface.tags)
            || self.has_vpc(here, &interface.vpc)
            || self.has_subnet(here, &interface.subnet)
            || interface.instance.as_ref().is_some_and(|instance| self.has_instance(here, instance))
    }

    /// The VPCs that have anything in scope, of those that were read.
    pub fn touched_vpcs(&self, here: &Region) -> BTreeSet<String> {
        let whole = here.vpcs.items().map(|(id, _)| id).filter(|id| self.has_vpc(here, id)).cloned();
        let subnets = here.subnets.items().filter(|(id, _)| self.has_subnet(here, id));
        let interfaces = here.interfaces.items().filter(|(_, i)| self.has_interface(here, i));
        whole
            .chain(subnets.map(|(_, subnet)| subnet.vpc.clone()))
            .chain(interfaces.map(|(_, interface)| interface.vpc.clone()))
            .collect()
    }

    fn tagged(&self, tags: &Tags) -> bool {
        self.tags.iter().any(|(key, value)| tags.get(key) == Some(value))
    }
}

/// How far the cuts of a step reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Width {
    /// The places that the scope names, and nothing beyond them.
    Place,
    /// Each Region in scope as a whole.
    Region,
    /// The account as a whole.
    Account,
}

impl Width {
    /// The word that marks a step whose cuts reach beyond the places that a run names.
    pub fn mark(self) -> &'static str {
        match self {
            Width::Place => "",
            Width::Region => "REGION-WIDE",
            Width::Account => "ACCOUNT-WIDE",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::sample;

    fn here() -> Region {
        sample::account().regions.remove(sample::REGION).unwrap()
    }

    fn one(id: &str) -> BTreeSet<String> {
        [id.to_owned()].into()
    }

    #[test]
    fn an_instance_that_is_named_brings_its_interfaces_and_nothing_else() {
        let (here, scope) = (here(), Scope { instances: one("i-1"), ..Scope::default() });
        assert!(!scope.has_vpc(&here, "vpc-1") && !scope.has_subnet(&here, "subnet-1a"));
        assert!(scope.has_instance(&here, "i-1") && !scope.has_instance(&here, "i-2"));
        let within: Vec<_> = here.interfaces.items().filter(|(_, i)| scope.has_interface(&here, i)).collect();
        assert!(!within.is_empty() && within.iter().all(|(_, i)| i.instance.as_deref() == Some("i-1")));
        assert_eq!(scope.touched_vpcs(&here), one("vpc-1"));
    }

    #[test]
    fn places_add_up() {
        let here = here();
        let scope = Scope { vpcs: Some(one("vpc-2")), subnets: one("subnet-1a"), ..Scope::default() };
        assert!(scope.has_vpc(&here, "vpc-2") && !scope.has_vpc(&here, "vpc-1"));
        assert!(scope.has_subnet(&here, "subnet-1a") && scope.has_subnet(&here, "subnet-2a"));
        assert!(!scope.has_subnet(&here, "subnet-1b") && scope.has_instance(&here, "i-1"));
    }

    #[test]
    fn a_tag_on_a_vpc_brings_all_that_is_in_it() {
        let (here, tags) = (here(), [("Name".to_owned(), "main".to_owned())].into());
        let scope = Scope { tags, ..Scope::default() };
        assert!(scope.has_vpc(&here, "vpc-1") && scope.has_subnet(&here, "subnet-1b"));
        let none = Scope { tags: [("Name".to_owned(), "other".to_owned())].into(), ..Scope::default() };
        assert!(!none.has_vpc(&here, "vpc-1") && none.touched_vpcs(&here).is_empty());
    }
}
