//! The processes of an Auto Scaling group that are suspended.
//!
//! AWS itself suspends groups that could not launch for a day: such processes count as suspended before.

use std::collections::BTreeSet;

use super::{health, in_scope};
use crate::account::{Region, ScalingGroup as Known, Section};
use crate::step::{Case, Found, Item, Lens, Look, Now, Reason, StepError, Target, Verdict, Write, count};

pub(super) struct ScalingGroup;

/// Everything that launches, replaces or terminates by itself. Not `AddToLoadBalancer`: it does
/// neither, and would have to be made up for by hand.
const HELD: [&str; 8] = [
    "AZRebalance",
    "AlarmNotification",
    "HealthCheck",
    "InstanceRefresh",
    "Launch",
    "ReplaceUnhealthy",
    "ScheduledActions",
    "Terminate",
];

impl Lens for ScalingGroup {
    /// The processes that are suspended.
    type State = BTreeSet<String>;
    const KIND: &'static str = "scaling-group";
    const NEEDS: &'static [Section] = &[Section::ScalingGroups];
    const DANGER_NEEDS: &'static [Section] = health::NEEDS;

    fn state(&self, look: &Look<'_>) -> Now<Self::State> {
        let suspended = |group: &Known| Now::Is(group.suspended.clone());
        look.in_region(|here| Now::of_item(&here.scaling_groups, &look.at.id, suspended))
    }

    fn contain(&self, now: &Self::State, _: &Look<'_>) -> Verdict<Self::State> {
        let held = now | &HELD.map(str::to_owned).into();
        if held == *now { Verdict::Already } else { Verdict::Change(held) }
    }

    fn danger(&self, before: &Self::State, look: &Look<'_>) -> Option<Reason> {
        if before.contains("Terminate") || before.contains("ReplaceUnhealthy") {
            return None;
        }
        let (here, id) = (look.region()?, &look.at.id);
        let group = here.scaling_groups.item(id)?;
        health::danger(id, group, &(&group.instances - &group.standby), here)
    }

    /// Suspending and resuming are two calls, in this order.
    fn passes(&self, from: &Self::State, to: &Self::State) -> Vec<Self::State> {
        let both = from | to;
        if both == *from || both == *to { vec![] } else { vec![both] }
    }

    fn show(&self, suspended: &Self::State) -> String {
        let held = HELD.iter().filter(|process| suspended.contains(**process)).count();
        match suspended.len() {
            0 => "nothing suspended".into(),
            all if held == HELD.len() && all == held => "held: all that launches or terminates".into(),
            _ => format!("suspended: {}", suspended.iter().cloned().collect::<Vec<_>>().join(", ")),
        }
    }

    /// An empty list means every process: it must never be sent.
    async fn write(&self, write: Write<'_, Self::State>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        let (suspend, resume) = (to - from, from - to);
        let client = aws.autoscaling(at.region_name());
        if !suspend.is_empty() {
            let call = client.suspend_processes().auto_scaling_group_name(&at.id);
            call.set_scaling_processes(Some(suspend.into_iter().collect())).send().await?;
        }
        if !resume.is_empty() {
            let call = client.resume_processes().auto_scaling_group_name(&at.id);
            call.set_scaling_processes(Some(resume.into_iter().collect())).send().await?;
        }
        Ok(())
    }
}

pub(super) fn find(found: &mut Found, region: &str, here: &Region, case: &Case) {
    for (name, group) in here.scaling_groups.items().filter(|(_, group)| in_scope(&group.subnets, here, case))
    {
        let replaces = !group.suspended.contains("ReplaceUnhealthy")
            && !group.suspended.contains("HealthCheck")
            && !group.suspended.contains("Terminate");
        if replaces && !group.instances.is_empty() {
            let instances = count(group.instances.len(), "instance");
            found.note(
                Some(region),
                format!("group {name} would terminate and replace {instances} that a cut makes unhealthy"),
            );
        }
        found.item(item(region, name, group, here));
    }
}

fn item(region: &str, name: &str, group: &Known, here: &Region) -> Item {
    let at = Target::new(ScalingGroup::KIND, name).region(region).named(&group.tags);
    let vpc = group.subnets.iter().find_map(|id| here.subnets.item(id)).map(|subnet| &subnet.vpc);
    let Some(vpc) = vpc else { return Item::new(at).tags(&group.tags) };
    let item = Item::new(at.vpc(vpc)).tags(&group.tags);
    match here.vpcs.item(vpc) {
        Some(vpc) => item.within(&vpc.tags),
        None => item,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Account, Seen};
    use crate::sim::sample;
    use crate::step::Params;
    use crate::steps::s505_hold_scaling::HoldScaling;
    use crate::steps::shared::testing::{case, simulated, there_and_back};

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(ToString::to_string).collect()
    }

    fn at() -> Target {
        Target::new(ScalingGroup::KIND, "web").region(sample::REGION)
    }

    fn contain(now: &BTreeSet<String>) -> Verdict<BTreeSet<String>> {
        ScalingGroup.contain(now, &Look::new(&at(), &sample::account(), &case(&[])))
    }

    #[test]
    fn what_was_suspended_before_stays_and_a_held_group_is_already_held() {
        let Verdict::Change(held) = contain(&set(&["AddToLoadBalancer"])) else { panic!("it is not held") };
        assert_eq!(held.len(), 9);
        assert_eq!(contain(&held), Verdict::Already);
    }

    #[test]
    fn a_person_reads_it() {
        assert_eq!(ScalingGroup.show(&set(&[])), "nothing suspended");
        assert_eq!(ScalingGroup.show(&set(&HELD)), "held: all that launches or terminates");
        assert_eq!(ScalingGroup.show(&set(&["Launch"])), "suspended: Launch");
    }

    #[test]
    fn only_a_write_in_both_directions_stops_in_between() {
        assert!(ScalingGroup.passes(&set(&["Launch"]), &set(&HELD)).is_empty());
        let passes = ScalingGroup.passes(&set(&["Launch"]), &set(&["Terminate"]));
        assert_eq!(passes, [set(&["Launch", "Terminate"])]);
    }

    #[tokio::test]
    async fn a_held_group_comes_back_and_nothing_to_do_is_no_call() {
        there_and_back(&HoldScaling, sample::account(), &case(&[])).await;
        let (_, aws) = simulated(sample::account(), &case(&[]));
        let held = set(&HELD);
        // An empty list would mean every process.
        ScalingGroup.write(Write::new(&aws, &at(), &held, &held, &Params::new())).await.unwrap();
        assert_eq!(aws.ledger().len(), 0);
    }

    #[test]
    fn a_group_that_would_terminate_a_host_is_asked_about_before_it_is_let_go() {
        let mut account = sample::account();
        let before = set(&["AZRebalance"]);
        let danger = |account: &Account, before: &BTreeSet<String>| {
            ScalingGroup.danger(before, &Look::new(&at(), account, &case(&[])))
        };
        let here = |account: &mut Account| account.regions.remove(sample::REGION).unwrap();
        assert_eq!(danger(&account, &before), None, "all are healthy");

        let mut sick = account.clone();
        let mut region = here(&mut sick);
        region.scaling_groups.read_mut().unwrap().get_mut("web").unwrap().unhealthy =
            ["i-1".to_owned()].into();
        sick.regions.insert(sample::REGION.into(), region);
        assert!(danger(&sick, &before).is_some_and(|why| why.contains("i-1 of group web")));
        // What was suspended before stays so, and nothing is terminated.
        assert_eq!(danger(&sick, &set(&["Terminate"])), None);

        let mut stopped = account.clone();
        let mut region = here(&mut stopped);
        region.instances.read_mut().unwrap().get_mut("i-1").unwrap().state = "stopped".into();
        stopped.regions.insert(sample::REGION.into(), region);
        assert!(danger(&stopped, &before).is_some());

        let mut region = here(&mut account);
        region.instances = Seen::default();
        account.regions.insert(sample::REGION.into(), region);
        assert!(danger(&account, &before).is_some_and(|why| why.contains("could not be read")));
    }
}
