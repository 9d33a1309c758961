//! The table that a run makes in a VPC: which one it is, and what uses it.

use super::{CREATED, ROLE, name};
use crate::account::{Account, Region, RouteTable};
use crate::step::{Case, Reason, Target, created};

/// Created by this run, and not recorded: the run ended in between, so nothing uses it yet. Tags
/// find it and prove nothing, because a thief can set them: its routes are taken out before use.
pub(super) fn unrecorded(table: &RouteTable, run: &str) -> bool {
    created::is_of_run(&table.tags, run, ROLE)
        && table.subnets.is_empty()
        && table.gateways.is_empty()
        && !table.main
}

/// The isolation table of this run in a VPC.
pub(super) fn isolation_table<'a>(
    here: &'a Region,
    vpc: &str,
    case: &Case,
) -> Option<(&'a String, &'a RouteTable)> {
    let known = case.names.id(&name(vpc));
    let mut tables = here.route_tables.items().filter(|(_, table)| table.vpc == vpc);
    tables.find(|(id, table)| match &known {
        Some(known) => *id == known,
        None => unrecorded(table, &case.run),
    })
}

/// Every table in the VPC with the run's tags, used or not.
pub(super) fn tagged(at: &Target, account: &Account, case: &Case) -> Vec<String> {
    let Some(here) = account.regions.get(at.region_name()) else { return vec![] };
    let ours = |table: &RouteTable| table.vpc == at.id && created::is_of_run(&table.tags, &case.run, ROLE);
    here.route_tables.items().filter(|(_, table)| ours(table)).map(|(id, _)| id.clone()).collect()
}

/// What is still served by the run's table.
pub(super) fn used_by(at: &Target, account: &Account, case: &Case) -> Option<Reason> {
    let here = account.regions.get(at.region_name()).filter(|_| at.kind == CREATED)?;
    let id = case.names.id(&name(&at.id))?;
    let table = here.route_tables.item(&id)?;
    if table.main {
        return Some(format!("{id} is still the main table of {}", at.id));
    }
    let user = table.subnets.iter().chain(&table.gateways).next()?;
    Some(format!("{id} is still the table of {user}"))
}
