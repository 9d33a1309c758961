//! The main route table of a VPC: it serves every subnet that has none of its own. One swap moves them all.

use super::association::{Table, current, filter, not_ours, swap};
use crate::account::Section;
use crate::step::{Lens, Look, Now, StepError, Verdict, Write};

pub(super) struct MainTable;

impl Lens for MainTable {
    type State = Table;
    const KIND: &'static str = "main-table";
    const NEEDS: &'static [Section] = &[Section::RouteTables];

    fn state(&self, look: &Look<'_>) -> Now<Table> {
        let vpc = &look.at.id;
        let table = |id: &String| Now::Is(Table::of(id, &look.case.names, vpc));
        look.in_region(|here| {
            Now::of(&here.route_tables, |_| here.main_table(vpc).map_or(Now::Vanished, |(id, _)| table(id)))
        })
    }

    fn contain(&self, now: &Table, look: &Look<'_>) -> Verdict<Table> {
        let vpc = look.region().and_then(|here| here.vpcs.item(&look.at.id));
        match vpc.filter(|vpc| vpc.owner != look.account.id) {
            Some(vpc) => not_ours(&vpc.owner),
            None => now.contain(look, Table::Isolation),
        }
    }

    fn show(&self, state: &Table) -> String {
        state.show()
    }

    async fn write(&self, write: Write<'_, Table>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let vpc = &at.id;
        let wanted = to.id(aws.names(), vpc)?;
        let filters = vec![filter("vpc-id", vpc), filter("association.main", "true")];
        let now = current(aws, at, filters, |table, association| {
            table.vpc_id.as_ref() == Some(vpc) && association.main.unwrap_or(false)
        });
        match now.await? {
            Some(now) => swap(aws, at, now, wanted).await,
            None => Err(StepError::State(format!("{vpc} shows no main route table"))),
        }
    }
}
