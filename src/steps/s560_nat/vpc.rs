//! A VPC without a way out by NAT. It is a target so that a plan says so: nothing is written.

use crate::account::Section;
use crate::step::{Lens, Look, Now, StepError, Verdict, Write};

pub(super) struct ClosedVpc;

impl Lens for ClosedVpc {
    type State = ();
    const KIND: &'static str = "vpc";
    const NEEDS: &'static [Section] = &[Section::RouteTables];

    fn state(&self, look: &Look<'_>) -> Now<()> {
        look.in_region(|_| Now::Is(()))
    }

    fn contain(&self, (): &(), _: &Look<'_>) -> Verdict<()> {
        Verdict::Already
    }

    fn show(&self, (): &()) -> String {
        "no way out by NAT".into()
    }

    async fn write(&self, _: Write<'_, ()>) -> Result<(), StepError> {
        Ok(())
    }
}
