//! The least size of a group: standby needs it lower, where it stands in the way.

use serde::{Deserialize, Serialize};

use super::standby::{alone, group_of};
use crate::account::{Region, ScalingGroup, Section};
use crate::step::{Case, Lens, Look, Now, StepError, Verdict, Write};

pub(super) struct GroupMinimum;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    minimum: i32,
}

impl Lens for GroupMinimum {
    type State = State;
    const KIND: &'static str = "group-minimum";
    const NEEDS: &'static [Section] = &[Section::ScalingGroups];

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let minimum = |group: &ScalingGroup| Now::Is(State { minimum: group.min });
        look.in_region(|here| Now::of_item(&here.scaling_groups, &look.at.id, minimum))
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let Some(here) = look.region() else { return Verdict::Refuse("its Region was not read".into()) };
        let group = here.scaling_groups.item(&look.at.id);
        match group.map(|group| enough(&look.at.id, group, here, look.case)) {
            Some(minimum) if minimum < now.minimum => Verdict::Change(State { minimum }),
            _ => Verdict::Already,
        }
    }

    fn show(&self, state: &State) -> String {
        format!("at least {}", state.minimum)
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let update = aws.autoscaling(at.region_name()).update_auto_scaling_group();
        update.auto_scaling_group_name(&at.id).min_size(to.minimum).send().await?;
        Ok(())
    }
}

/// Returns the minimum that lets the instances in scope stand by.
fn enough(name: &str, group: &ScalingGroup, here: &Region, case: &Case) -> i32 {
    let leaving = alone(here, case)
        .filter(|(id, _)| !group.standby.contains(*id))
        .filter(|(id, _)| group_of(here, id).is_some_and(|(of, _)| of == name))
        .count();
    let left = group.desired - i32::try_from(leaving).unwrap_or(i32::MAX);
    group.min.min(left).max(0)
}
