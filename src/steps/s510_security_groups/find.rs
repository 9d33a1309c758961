//! What there is to isolate in a Region, and what is said of it.

use std::collections::{BTreeMap, BTreeSet};

use super::group::{self, wanted};
use super::managed::{self, LOAD_BALANCER};
use super::owners::{self, Owned};
use super::{FLUSH, ISOLATION, SecurityGroups, interfaces, keeps_front, name, two_step};
use crate::account::{Account, Interface, Region};
use crate::step::{Case, Found, Item, Lens as _, Look, Now, Target, Verdict, count};

pub(super) fn find_in(region: &str, here: &Region, account: &Account, case: &Case, found: &mut Found) {
    let (mut public, mut all) = (0, 0);
    // VPCs that need the groups of this run, and those of them that need the open one.
    let (mut vpcs, mut opened) = (BTreeSet::new(), BTreeSet::new());
    let mut owned = BTreeMap::<(&str, String), Vec<(&String, &Interface)>>::new();
    let changes = |item: &Item| match SecurityGroups.state(&Look::new(&item.at, account, case)) {
        Now::Is(now) | Now::Settling(now) => {
            let verdict = SecurityGroups.contain(&now, &Look::new(&item.at, account, case));
            matches!(verdict, Verdict::Change(_) | Verdict::Lasting(..))
        }
        _ => false,
    };
    for (id, interface) in here.interfaces.items() {
        let within = case.scope.has_interface(here, interface);
        all += usize::from(within);
        public += usize::from(within && interface.public_ip.is_some());
        // A group that this run has made is watched: somebody may have opened it.
        if within && case.names.id(&name(ISOLATION, &interface.vpc)).is_some() {
            vpcs.insert(interface.vpc.clone());
            opened.insert(interface.vpc.clone());
        }
        let of = if interface.owner == account.id { owners::of(id, interface, here) } else { Owned::Free };
        if let Owned::By(owners) = of {
            for owner in owners {
                owned.entry(owner).or_default().push((id, interface));
            }
        } else if within {
            let item = interfaces::item(region, id, interface, here);
            if changes(&item) {
                vpcs.insert(interface.vpc.clone());
                opened.insert(interface.vpc.clone());
            }
            found.item(item);
        }
    }
    let (mut through, mut kept) = (vec![], vec![]);
    for resource in managed::all(here) {
        let interfaces = owned.remove(&(resource.kind, resource.id.to_owned())).unwrap_or_default();
        if resource.within(&case.scope, here, &interfaces).0 == 0 {
            continue;
        }
        if resource.kind == LOAD_BALANCER && keeps_front(&case.params) {
            kept.extend(resource.front(here));
            continue;
        }
        let item = resource.item(region, here, &interfaces);
        if changes(&item) {
            vpcs.insert(resource.vpc.to_owned());
        }
        if !interfaces.is_empty() {
            through.push(format!("{} ({})", resource.name(), interfaces.len()));
        }
        found.item(item);
    }
    for vpc in &vpcs {
        found.item(Item::created(Target::new(ISOLATION, vpc).region(region).vpc(vpc)));
        if two_step(&case.params) && opened.contains(vpc) {
            found.item(Item::created(Target::new(FLUSH, vpc).region(region).vpc(vpc)));
        }
    }
    if public > 0 {
        found.find(Some(region), format!("a public address on {public} of {}", count(all, "interface")));
    } else if all > 0 {
        found.ok(Some(region), format!("no public IPv4 address on {}", count(all, "interface")));
    }
    if !through.is_empty() {
        found.ok(Some(region), format!("interfaces that follow their owner: {}", few(&through)));
    }
    if !kept.is_empty() {
        found.matters(
            Some(region),
            format!("the front stays, its way to targets here ends with their groups: {}", few(&kept)),
        );
    }
    if !vpcs.is_empty() && !case.scope.keep_cidrs.is_empty() {
        let open = group::show(&wanted(ISOLATION, case));
        found.find(Some(region), format!("{open}, in and out (--keep-cidr)"));
    }
}

/// The first of many.
fn few(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let more = names.len().saturating_sub(SHOWN);
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}
