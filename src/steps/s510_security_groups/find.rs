//! What there is to isolate in a Region, and what is said of it.

use std::collections::{BTreeMap, BTreeSet};

use super::body::GroupBody;
use super::flush::Flush;
use super::function;
use super::group::Group;
use super::group_ref::takes_prepared;
use super::interface::{self, Interface};
use super::isolation::Isolation;
use super::managed::{self, Service};
use super::owners::{self, Owned};
use super::ready::Ready;
use super::{keeps_front, load_balancer, two_step};
use crate::account::{Account, Interface as Known, Region};
use crate::step::{AnyLens, Case, Found, Item, Look, Now, Target, Verdict, count, first_few};
use crate::steps::shared::in_use::{self, Prepared as _};
use crate::steps::shared::made::{self, Resource as _};

/// How many names a line has before it counts the rest.
const SHOWN: usize = 8;

pub(super) fn find_in(region: &str, here: &Region, account: &Account, case: &Case, found: &mut Found) {
    let (mut public, mut all) = (0, 0);
    // VPCs that need the groups of this run, and those of them that need the open one.
    let (mut vpcs, mut opened) = (BTreeSet::new(), BTreeSet::new());
    let mut owned = BTreeMap::<(Service, String), Vec<(&String, &Known)>>::new();
    let changes = |lens: &dyn AnyLens, item: &Item| {
        let look = Look::new(&item.at, account, case);
        match lens.state(&look) {
            Now::Is(now) | Now::Settling(now) => {
                matches!(lens.contain(&now, &look), Ok(Verdict::Change(_) | Verdict::Lasting(..)))
            }
            _ => false,
        }
    };
    for (id, interface) in here.interfaces.items() {
        let within = case.scope.has_interface(here, interface);
        all += usize::from(within);
        public += usize::from(within && interface.public_ip.is_some());
        // A group that this run has made, or uses, is watched: somebody may have opened it.
        let names = &case.names;
        let watched = made::id::<Group<Isolation>>(names, &interface.vpc).is_some()
            || in_use::id::<Group<Ready>>(names, &interface.vpc).is_some();
        if within && watched {
            vpcs.insert(interface.vpc.clone());
            opened.insert(interface.vpc.clone());
        }
        let of = if interface.owner == account.id { owners::of(id, interface, here) } else { Owned::Free };
        if let Owned::By(owners) = of {
            for owner in owners {
                owned.entry(owner).or_default().push((id, interface));
            }
        } else if within {
            let item = interface::item(region, id, interface, here);
            if changes(&Interface, &item) {
                vpcs.insert(interface.vpc.clone());
                opened.insert(interface.vpc.clone());
            }
            found.item(item);
        }
    }
    let (mut through, mut kept) = (vec![], vec![]);
    for resource in managed::all(here) {
        let interfaces = owned.remove(&(resource.service, resource.id.to_owned())).unwrap_or_default();
        if resource.within(&case.scope, here, &interfaces).0 == 0 {
            continue;
        }
        if resource.service == Service::LoadBalancer && keeps_front(&case.params) {
            kept.extend(load_balancer::front(resource.id, here));
            continue;
        }
        let item = resource.item(region, here, &interfaces);
        if changes(resource.service.lens(), &item) {
            vpcs.insert(resource.vpc.to_owned());
        }
        if !interfaces.is_empty() {
            through.push(format!("{} ({})", resource.name(), interfaces.len()));
        }
        found.item(item);
    }
    for vpc in &vpcs {
        let prepared = takes_prepared(here, vpc, &account.id, case);
        let kind = if prepared { Group::<Ready>::IN_USE } else { Group::<Isolation>::KIND };
        found.item(Item::created(Target::new(kind, vpc).region(region).vpc(vpc)));
        if two_step(&case.params) && opened.contains(vpc) {
            found.item(Item::created(Target::new(Group::<Flush>::KIND, vpc).region(region).vpc(vpc)));
        }
    }
    if public > 0 {
        found.note(Some(region), format!("a public address on {public} of {}", count(all, "interface")));
    } else if all > 0 {
        found.fine(Some(region), format!("no public IPv4 address on {}", count(all, "interface")));
    }
    if !through.is_empty() {
        found.fine(
            Some(region),
            format!("interfaces that follow their owner: {}", first_few(&through, SHOWN)),
        );
    }
    let published = function::published(here, &case.scope);
    if !published.is_empty() {
        let names = first_few(&published, SHOWN);
        found.matters(
            Some(region),
            format!("AWS never changes published versions of functions, which keep their groups: {names}"),
        );
    }
    if !kept.is_empty() {
        found.matters(
            Some(region),
            format!(
                "the front stays, its way to targets here ends with their groups: {}",
                first_few(&kept, SHOWN)
            ),
        );
    }
    if !vpcs.is_empty() && !case.scope.keep_cidrs.is_empty() {
        let open = GroupBody::of(&Isolation, case).words();
        found.note(Some(region), format!("{open}, in and out (--keep-cidr)"));
    }
}
