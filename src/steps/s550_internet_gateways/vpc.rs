//! A VPC without a gateway to the internet. It is a target so that a plan says so: nothing is written.

use crate::account::Section;
use crate::step::{Lens, Look, Now, StepError, Verdict, Write};

pub(super) struct ClosedVpc;

impl Lens for ClosedVpc {
    type State = ();
    const KIND: &'static str = "vpc";
    const NEEDS: &'static [Section] = &[Section::Vpcs];

    fn state(&self, look: &Look<'_>) -> Now<()> {
        look.in_region(|_| Now::Is(()))
    }

    fn contain(&self, (): &(), look: &Look<'_>) -> Verdict<()> {
        let Some(here) = look.region() else { return Verdict::Refuse("its Region was not read".into()) };
        match here.shared_from(&look.at.id, look.account) {
            Some(owner) => {
                Verdict::Refuse(format!("shared from {owner}: only its owner can detach its gateway"))
            }
            None => Verdict::Already,
        }
    }

    fn show(&self, (): &()) -> String {
        "no gateway to the internet".into()
    }

    async fn write(&self, _: Write<'_, ()>) -> Result<(), StepError> {
        Ok(())
    }
}
