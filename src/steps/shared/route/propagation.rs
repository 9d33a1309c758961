//! The propagation of a virtual private gateway into a route table. It turns off all routes of the gateway
//! in the table at once: what [`Route`] decides about one route holds for all of them together.

use super::calls::by_id;
use super::{Route, tagged};
use crate::account::{self, Region, RouteTable, Section};
use crate::aws::Aws;
use crate::step::{Item, Lens, Look, Now, Reach, StepError, Target, Verdict, Write, fallback};

/// The propagation that a step turns off, beside the routes that it cuts.
pub(in crate::steps) struct Propagation(pub(in crate::steps) Route);

impl Lens for Propagation {
    /// Is it on?
    type State = bool;
    const KIND: &'static str = "propagation";
    const REACH: Reach = Reach::Table;
    const NEEDS: &'static [Section] = &[Section::RouteTables];

    fn state(&self, look: &Look<'_>) -> Now<bool> {
        let (table, gateway) = look.at.parts();
        let on = |table: &RouteTable| Now::Is(table.propagating.contains(gateway));
        look.in_region(|here| Now::of_item(&here.route_tables, table, on))
    }

    fn contain(&self, on: &bool, look: &Look<'_>) -> Verdict<bool> {
        if !on {
            return Verdict::Already;
        }
        let (_, gateway) = look.at.parts();
        let leave = |route: &account::Route| route.target == gateway && !route.is_made();
        self.0.verdict(look, leave, (false, false))
    }

    fn show(&self, on: &bool) -> String {
        if *on { "propagates" } else { "does not propagate" }.into()
    }

    async fn write(&self, write: Write<'_, bool>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let (id, gateway) = at.parts();
        let table = by_id(aws, at, id).await?;
        let table =
            table.ok_or_else(|| StepError::State(format!("the route table {id} is not there any more")))?;
        match (table.propagating.contains(gateway), to) {
            (true, false) => stop(aws, at.region_name(), id, gateway).await,
            (false, true) => {
                let start = aws.ec2(at.region_name()).enable_vgw_route_propagation();
                start.route_table_id(id).gateway_id(gateway).send().await?;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// The item of a gateway's propagation into a table: it goes with the widest of its routes.
pub(in crate::steps) fn item(
    region: &str,
    here: &Region,
    (id, table): (&String, &RouteTable),
    gateway: &str,
) -> Item {
    let at = Target::new(Propagation::KIND, format!("{id}/{gateway}")).region(region).vpc(&table.vpc);
    let rank = fallback::rank_of_propagation(here, table, gateway);
    Item { rank, ..tagged(at.named(&table.tags), here, table) }
}

/// Turns the propagation off.
pub(in crate::steps) async fn stop(
    aws: &Aws,
    region: &str,
    table: &str,
    gateway: &str,
) -> Result<(), StepError> {
    let stop = aws.ec2(region).disable_vgw_route_propagation();
    stop.route_table_id(table).gateway_id(gateway).send().await?;
    Ok(())
}
