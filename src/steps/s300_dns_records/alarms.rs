//! Health checks and canaries that turn red when a site is cut or shows a page: somebody is paged, and
//! names fail over.

use std::collections::{BTreeMap, BTreeSet};

use super::{LISTED, Points};
use crate::account::dns::host;
use crate::account::{Account, HealthCheck};
use crate::step::{Found, agree, first_few};

/// Says which health checks and canaries turn red.
pub(super) fn say(found: &mut Found, account: &Account, points: &Points) {
    let red = red(account, points);
    for (id, why) in red.iter().take(LISTED) {
        found.note(None, format!("health check {id} turns red when that is cut, or shows a page: {why}"));
    }
    if red.len() > LISTED {
        found.note(
            None,
            format!("{} likewise", agree(red.len() - LISTED, "more health check", "turns red", "turn red")),
        );
    }
    let over = fails_over(account, &red);
    if !over.is_empty() {
        let text = format!(
            "fail over to their other records when their health checks turn red: {}",
            first_few(&over, LISTED)
        );
        found.matters(None, text);
    }
    for (region, here) in &account.regions {
        let running: BTreeSet<String> =
            here.canaries.items().filter(|(_, canary)| canary.runs()).map(|(name, _)| name.clone()).collect();
        if !running.is_empty() {
            let run = if running.len() == 1 { "canary runs" } else { "canaries run" };
            let text = format!(
                "{} {run} ({}): one that asks a site that is cut turns red, and pages somebody",
                running.len(),
                first_few(&running, LISTED)
            );
            found.matters(Some(region), text);
        }
    }
}

/// The health checks that ask a name or an address that can be cut here, with what they ask; and those that
/// count such a check.
fn red(account: &Account, points: &Points) -> BTreeMap<String, String> {
    let here: BTreeSet<&String> =
        points.iter().filter(|(point, _)| point.is_here()).flat_map(|(_, names)| names).collect();
    let addresses: BTreeSet<&str> = account
        .regions
        .values()
        .flat_map(|here| here.interfaces.items())
        .flat_map(|(_, interface)| interface.public_ip.iter().chain(&interface.ipv6).map(String::as_str))
        .collect();
    let asks = |check: &HealthCheck| {
        let address = check.address.as_deref().filter(|address| addresses.contains(address));
        let name = check.host.as_deref().map(host).filter(|_| check.address.is_none());
        let place = address.map(str::to_owned).or_else(|| name.filter(|name| here.contains(name)))?;
        Some(format!("it asks {place}{}", check.path.as_deref().unwrap_or_default()))
    };
    let live = || account.health_checks.items().filter(|(_, check)| !check.disabled);
    let mut red: BTreeMap<String, String> =
        live().filter_map(|(id, check)| Some((id.clone(), asks(check)?))).collect();
    // A calculated check may count calculated ones.
    loop {
        let counts =
            |check: &HealthCheck| check.children.iter().find(|child| red.contains_key(*child)).cloned();
        let more: Vec<(String, String)> = live()
            .filter(|(id, _)| !red.contains_key(*id))
            .filter_map(|(id, check)| Some((id.clone(), format!("it counts {}", counts(check)?))))
            .collect();
        if more.is_empty() {
            return red;
        }
        red.extend(more);
    }
}

/// Names with a record that such a health check takes out of answers, where another record takes over.
fn fails_over(account: &Account, red: &BTreeMap<String, String>) -> BTreeSet<String> {
    let zones = account.zones.items().filter(|(_, zone)| !zone.private);
    let names = zones.flat_map(|(_, zone)| zone.records.items());
    let over = names.filter(|(_, sets)| {
        sets.len() > 1
            && sets.iter().any(|set| set.health_check.as_ref().is_some_and(|id| red.contains_key(id)))
    });
    over.map(|(name, _)| host(name)).collect()
}
