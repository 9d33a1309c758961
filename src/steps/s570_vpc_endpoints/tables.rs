//! The route tables of a gateway endpoint. Taken out of one, its traffic takes the next route, which may
//! lead to the same bucket by another way.

use std::collections::BTreeSet;
use std::time::Duration;

use super::modify::{change, current, gone, send};
use super::named::{named, resolved};
use super::obstacle;
use crate::account::{Endpoint, Region, Route, RouteTable, Section};
use crate::step::ranges::is_public;
use crate::step::{Lens, Look, Now, Reason, StepError, Verdict, Write};

pub(super) struct EndpointTables;

impl Lens for EndpointTables {
    type State = BTreeSet<String>;
    const KIND: &'static str = "endpoint-tables";
    const NEEDS: &'static [Section] = &[Section::Endpoints];
    const SETTLES_WITHIN: Duration = Duration::from_secs(600);

    fn state(&self, look: &Look<'_>) -> Now<BTreeSet<String>> {
        let names = &look.case.names;
        look.in_region(|here| {
            Now::of_item(&here.endpoints, &names.current(&look.at.id), |endpoint| {
                match endpoint.state.as_str() {
                    "deleting" => Now::Vanished,
                    _ => Now::Is(named(&endpoint.route_tables, names)),
                }
            })
        })
    }

    fn contain(&self, tables: &BTreeSet<String>, look: &Look<'_>) -> Verdict<BTreeSet<String>> {
        let Some(here) = look.region() else { return Verdict::Refuse("its Region was not read".into()) };
        if tables.is_empty() {
            return Verdict::Already;
        }
        let Some(endpoint) = here.endpoints.item(&look.case.names.current(&look.at.id)) else {
            return Verdict::Refuse("it is not there any more".into());
        };
        match obstacle(endpoint, &look.account.id).or_else(|| way_out(endpoint, here)) {
            Some(why) => Verdict::Refuse(why),
            None => Verdict::Change(BTreeSet::new()),
        }
    }

    fn show(&self, tables: &BTreeSet<String>) -> String {
        if tables.is_empty() {
            return "in no route table".into();
        }
        format!("in {}", tables.iter().cloned().collect::<Vec<_>>().join(", "))
    }

    async fn write(&self, write: Write<'_, BTreeSet<String>>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let now = current(aws, at).await?.ok_or_else(|| gone(at))?.route_tables;
        let to: BTreeSet<String> = resolved(to, aws.names()).map_err(StepError::State)?.into_iter().collect();
        if now == to {
            return Ok(());
        }
        let some = |ids: BTreeSet<String>| Some(Vec::from_iter(ids)).filter(|ids| !ids.is_empty());
        let modify = change(aws, at).set_add_route_table_ids(some(&to - &now));
        send(aws, modify.set_remove_route_table_ids(some(&now - &to))).await
    }
}

/// The first table in which the endpoint's traffic would find another way out.
fn way_out(endpoint: &Endpoint, here: &Region) -> Option<Reason> {
    let Some(tables) = here.route_tables.read() else { return Some("its route tables were not read".into()) };
    endpoint.route_tables.iter().find_map(|id| {
        let table = tables.get(id)?;
        let out = table.routes.iter().find(|route| leads_out(route))?;
        serves(table, here).then(|| {
            format!(
                "the traffic would take {} in {id} to {} instead: cut that table first (530)",
                out.destination, out.target
            )
        })
    })
}

/// Does any subnet use the table? Without the list of subnets it may.
fn serves(table: &RouteTable, here: &Region) -> bool {
    if !table.subnets.is_empty() {
        return true;
    }
    let (Some(subnets), true) = (here.subnets.read(), table.main) else { return table.main };
    let of_vpc = here.route_tables.items().map(|(_, other)| other).filter(|other| other.vpc == table.vpc);
    let placed: BTreeSet<&String> = of_vpc.flat_map(|other| &other.subnets).collect();
    subnets.iter().any(|(id, subnet)| subnet.vpc == table.vpc && !placed.contains(id))
}

/// A route that packets to a public address may take: not a private range, not another endpoint's.
fn leads_out(route: &Route) -> bool {
    let dead = route.blackhole || route.is_local() || route.target.starts_with("vpce-");
    !dead && route.destination.parse().map_or(true, is_public)
}
