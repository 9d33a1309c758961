//! What a group would terminate once it is let go: with the host go its memory and its disks.

use std::collections::BTreeSet;

use crate::account::{Region, ScalingGroup, Section};
use crate::step::Reason;

/// What says of an instance whether it is healthy, besides its group.
pub(super) const NEEDS: &[Section] = &[Section::Instances, Section::TargetGroups];

/// Returns why it may cost a host to put these members of a group back now: the group would replace it.
///
/// While its health checks are suspended a group takes no note of a host that fails: what EC2 and the
/// load balancers say counts too.
///
/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html>
pub(super) fn danger(
    name: &str,
    group: &ScalingGroup,
    members: &BTreeSet<String>,
    here: &Region,
) -> Option<Reason> {
    if members.is_empty() {
        return None;
    }
    let unread = [here.instances.gap(), here.target_groups.gap().filter(|_| group.asks_load_balancers)];
    if let Some(gap) = unread.into_iter().flatten().next() {
        let why = gap.cause.words();
        return Some(format!(
            "whether the instances of group {name} are healthy could not be read ({why}), and AWS terminates \
             those that are not. It is asked first"
        ));
    }
    let sick: Vec<&str> = members.iter().filter(|id| is_sick(id, group, here)).map(String::as_str).collect();
    let (first, more) = (sick.first()?, sick.len() - 1);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!(
        "{first}{more} of group {name} would count as unhealthy, and AWS would terminate what you may still \
         have to look at. It is asked first: let it recover, or protect it from scale-in and detach it"
    ))
}

fn is_sick(id: &String, group: &ScalingGroup, here: &Region) -> bool {
    let runs = |state: &str| matches!(state, "running" | "pending" | "");
    let stopped = here.instances.item(id).is_some_and(|instance| !runs(&instance.state));
    let refused = || {
        let mut groups = group.target_groups.iter().filter_map(|arn| here.target_groups.item(arn));
        group.asks_load_balancers && groups.any(|group| group.unhealthy.contains(id))
    };
    group.unhealthy.contains(id) || stopped || refused()
}
