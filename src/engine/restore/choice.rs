//! Which part of a run is put back.

use std::collections::BTreeSet;

use super::Owed;
use crate::step::{StepId, Width};
use crate::steps;

/// Which of the owed changes to put back.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    pub steps: Option<BTreeSet<StepId>>,
    pub regions: Option<BTreeSet<String>>,
    pub vpcs: Option<BTreeSet<String>>,
    pub targets: Option<BTreeSet<String>>,
    /// Lasting changes to undo all the same, by target id.
    pub reactivate: BTreeSet<String>,
}

impl Choice {
    /// Is this change one of those to put back?
    ///
    /// A selection takes the same changes as in a pull. A change that is wider than the Region or the VPC
    /// of the selection is taken only if its step is named.
    pub fn takes(&self, owed: &Owed) -> bool {
        let is_wide = || {
            let width =
                steps::find(owed.change.step).map_or(Width::Place, |step| step.width(&owed.change.params));
            width > Width::Place && self.steps.is_some()
        };
        let within = |set: &Option<BTreeSet<String>>, place: Option<&String>| {
            let is_in = |set: &BTreeSet<String>| place.map_or_else(is_wide, |place| set.contains(place));
            set.as_ref().is_none_or(is_in)
        };
        self.steps.as_ref().is_none_or(|steps| steps.contains(&owed.change.step))
            && within(&self.regions, owed.change.target.region.as_ref())
            && within(&self.vpcs, owed.change.target.vpc.as_ref())
            && self.targets.as_ref().is_none_or(|targets| targets.contains(&owed.change.target.id))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::engine::change::Change;
    use crate::step::Target;

    fn owed(step: u16, target: Target) -> Owed {
        let change = Change::for_test(1, step, target, Value::Null, Value::Null);
        Owed { change, announced: true, again: false, batch: 1 }
    }

    fn set(item: &str) -> BTreeSet<String> {
        [item.to_owned()].into()
    }

    /// The targets that each selection takes, as a pull with the same selection does.
    #[test]
    fn the_same_selection_takes_what_it_takes_in_a_pull() {
        let subnet = owed(520, Target::new("subnet", "subnet-1").region("eu-west-1").vpc("vpc-1"));
        let block = owed(610, Target::new("block", "123456789012"));
        let mail = owed(400, Target::new("sending", "eu-west-1").region("eu-west-1"));
        let region = owed(590, Target::new("block-public-access", "eu-west-1").region("eu-west-1"));
        let taken = |choice: &Choice| {
            [&subnet, &block, &mail, &region]
                .into_iter()
                .filter(|o| choice.takes(o))
                .map(|o| o.change.step.0)
                .collect::<Vec<_>>()
        };
        assert_eq!(taken(&Choice::default()), [520, 610, 400, 590]);
        let here = Choice { regions: Some(set("eu-west-1")), ..Choice::default() };
        assert_eq!(taken(&here), [520, 400, 590], "what is account-wide is not of a Region");
        let named = Choice { steps: Some([StepId(520), StepId(610)].into()), ..here.clone() };
        assert_eq!(taken(&named), [520, 610], "unless its step is named");
        assert_eq!(taken(&Choice { regions: Some(set("us-east-1")), ..here }), [0; 0]);
        let vpc = Choice { vpcs: Some(set("vpc-1")), ..Choice::default() };
        assert_eq!(taken(&vpc), [520]);
        let mail_too = Choice { steps: Some([StepId(520), StepId(400), StepId(590)].into()), ..vpc };
        assert_eq!(taken(&mail_too), [520, 400], "590 cuts no Region for a VPC that is named");
    }
}
