//! A route table that leads nowhere out of its VPC. It is a target so that a plan says so: nothing is written.

use crate::account::Section;
use crate::step::{Lens, Look, Now, Reach, StepError, Verdict, Write};

pub(super) struct ClosedTable;

impl Lens for ClosedTable {
    type State = ();
    const KIND: &'static str = "route-table";
    const REACH: Reach = Reach::Table;
    const NEEDS: &'static [Section] = &[Section::RouteTables];

    fn state(&self, look: &Look<'_>) -> Now<()> {
        look.in_region(|here| Now::of_item(&here.route_tables, &look.at.id, |_| Now::Is(())))
    }

    fn contain(&self, (): &(), _: &Look<'_>) -> Verdict<()> {
        Verdict::Already
    }

    fn show(&self, (): &()) -> String {
        "local routes only".into()
    }

    async fn write(&self, _: Write<'_, ()>) -> Result<(), StepError> {
        Ok(())
    }
}
