//! The place of one instance in its group: in service, or standing by.
//!
//! Standby takes it out of the group's target groups too. Where the desired capacity is not lowered with
//! the call, the group launches a replacement.
//!
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-enter-exit-standby.html>

use serde::{Deserialize, Serialize};

use super::health;
use super::standby::group_of;
use crate::account::Section;
use crate::step::{Lens, Look, Now, Reason, StepError, Verdict, Write};

pub(super) struct GroupMember;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    group: String,
    standby: bool,
}

impl Lens for GroupMember {
    type State = State;
    const KIND: &'static str = "group-member";
    const NEEDS: &'static [Section] = &[Section::ScalingGroups];
    const DANGER_NEEDS: &'static [Section] = health::NEEDS;

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let id = &look.at.id;
        look.in_region(|here| {
            Now::of(&here.scaling_groups, |_| {
                group_of(here, id).map_or(Now::Vanished, |(name, group)| {
                    Now::Is(State { group: name.clone(), standby: group.standby.contains(id) })
                })
            })
        })
    }

    fn contain(&self, now: &State, _: &Look<'_>) -> Verdict<State> {
        if now.standby { Verdict::Already } else { Verdict::Change(State { standby: true, ..now.clone() }) }
    }

    fn danger(&self, before: &State, look: &Look<'_>) -> Option<Reason> {
        let (here, id) = (look.region().filter(|_| !before.standby)?, &look.at.id);
        let (name, group) = group_of(here, id)?;
        health::danger(name, group, &[id.clone()].into(), here)
    }

    fn show(&self, State { group, standby }: &State) -> String {
        if *standby { format!("stands by in group {group}") } else { format!("in service in group {group}") }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to: State { group, standby }, .. } = write;
        let client = aws.autoscaling(at.region_name());
        if *standby {
            let call = client.enter_standby().auto_scaling_group_name(group).instance_ids(&at.id);
            call.should_decrement_desired_capacity(true).send().await?;
        } else {
            client.exit_standby().auto_scaling_group_name(group).instance_ids(&at.id).send().await?;
        }
        Ok(())
    }
}
