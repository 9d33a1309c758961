//! Two interfaces of one VPC: no gateway lies between them, only groups, and ACLs where they stand in
//! different subnets.

use super::Seat;
use super::area::Net;
use super::inside::{Between, asks};
use super::seats;
use super::services::{self, Services};
use super::sets::{Addresses, Family};
use crate::account::Account;

/// What one interface can ask of another in its VPC, and get an answer: `tcp 443`. `None` when nothing
/// passes, and where they are of different VPCs.
pub fn between(account: &Account, from: &str, to: &str) -> Option<String> {
    let net = Net::new(account, true);
    let area = net.areas.values().find(|area| area.region.interfaces.item(from).is_some())?;
    let (asking, asked) = (area.region.interfaces.item(from)?, area.region.interfaces.item(to)?);
    if asking.vpc != asked.vpc {
        return None;
    }
    let mut open = Services::default();
    for family in Family::BOTH {
        let own = seats(asking, family).into_iter().map(|(address, _)| (address, address));
        let addresses = Addresses::of(own.collect());
        let between = Between { subnet: &asking.subnet, groups: &asking.groups, addresses };
        for (address, public) in seats(asked, family) {
            let (vpc, subnet, groups) = (&*asked.vpc, &*asked.subnet, &asked.groups);
            let seat = Seat { vpc, subnet, groups, family, address, public };
            open = open.union(&asks(&net, area, &between, &seat).0);
        }
    }
    (!open.is_empty()).then(|| services::in_words(&open, 4))
}
