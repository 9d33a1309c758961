//! 505: Auto Scaling stops replacing what a cut makes unhealthy.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::account::{Account, Region, ScalingGroup, Section, Seen};
use crate::aws::Aws;
use crate::step::{
    Case, Found, Iam, Item, Now, Params, Reversal, Spec, Step, StepError, StepId, Target, Verdict,
};

pub struct HoldScaling;

/// The processes of a group that are suspended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct State(BTreeSet<String>);

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

static SPEC: Spec = Spec {
    id: StepId(505),
    slug: "hold-scaling",
    title: "Auto Scaling: hold every group as it is",
    needs: &[Section::Vpcs, Section::Subnets, Section::ScalingGroups],
    state_needs: &[Section::ScalingGroups],
    reversal: Reversal::Full,
    iam: Iam { apply: &["autoscaling:SuspendProcesses"], undo: &["autoscaling:ResumeProcesses"] },
    params: &[],
    cuts: "launching, replacing, rebalancing and terminating of instances by Auto Scaling",
    leaves: "instances as they are, running; scaling by hand, ECS services, Spot fleets and Karpenter, \
             which start and stop instances without an Auto Scaling group",
    breaks: "Groups no longer follow load, schedules or deployments, and a failed instance is not \
             replaced.",
    doc: "\
Suspends the processes Launch, Terminate, ReplaceUnhealthy, HealthCheck, AZRebalance,
ScheduledActions, AlarmNotification and InstanceRefresh of every Auto Scaling group in scope. Run it
before any cut of the network: a cut fails health checks, and the group would terminate the
instances, with the memory and the disks that somebody has to look at, and launch new ones.

**Limits.** A call to terminate an instance or to lower the desired capacity still works for whoever
may make it. ECS services, Spot fleets, Batch and Karpenter launch without a group and are not held.
Managed node groups of EKS are Auto Scaling groups and are held; EKS may show them as degraded.

**What surprises.** A deployment or an instance refresh that is under way stalls and may fail. AWS
itself suspends groups that could not launch for a day: such processes count as suspended before.

**Undo.** Resumes exactly what was suspended here. What was suspended before stays suspended. Being
early in a playbook, it is put back last, when the network is back and health checks pass again: give
the hosts a few minutes before, or the group replaces those that are still unhealthy.

**By hand.** `aws autoscaling describe-auto-scaling-groups --query
'AutoScalingGroups[].[AutoScalingGroupName,SuspendedProcesses[].ProcessName]'` shows eight processes.

<https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html>",
};

impl Step for HoldScaling {
    type State = State;

    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            for (name, group) in here.scaling_groups.items().filter(|(_, group)| in_scope(group, here, case)) {
                let replaces = !group.suspended.contains("ReplaceUnhealthy")
                    && !group.suspended.contains("HealthCheck")
                    && !group.suspended.contains("Terminate");
                if replaces && !group.instances.is_empty() {
                    let count = group.instances.len();
                    found.find(
                        Some(region),
                        format!("group {name} would terminate and replace {count} instances that a cut makes unhealthy"),
                    );
                }
                found.item(item(region, name, group, here));
            }
        }
        found
    }

    fn state(&self, at: &Target, account: &Account, _: &Case) -> Now<State> {
        match account.regions.get(at.region_name()).map(|here| &here.scaling_groups) {
            None => Now::Vanished,
            Some(Seen::Gap(gap)) => Now::Unknown(gap.clone()),
            Some(Seen::Read(groups)) => {
                groups.get(&at.id).map_or(Now::Vanished, |group| Now::Is(State(group.suspended.clone())))
            }
        }
    }

    fn contain(&self, now: &State, _: &Target, _: &Account, _: &Case) -> Verdict<State> {
        let held: BTreeSet<String> =
            now.0.iter().cloned().chain(HELD.iter().map(ToString::to_string)).collect();
        if held == now.0 { Verdict::Already } else { Verdict::Change(State(held)) }
    }

    /// Suspending and resuming are two calls, in this order.
    fn passes(&self, from: &State, to: &State) -> Vec<State> {
        let both = State(&from.0 | &to.0);
        if both == *from || both == *to { vec![] } else { vec![both] }
    }

    fn show(&self, state: &State) -> String {
        let held = HELD.iter().filter(|process| state.0.contains(**process)).count();
        match state.0.len() {
            0 => "nothing suspended".into(),
            all if held == HELD.len() && all == held => "held: all that launches or terminates".into(),
            _ => format!("suspended: {}", state.0.iter().cloned().collect::<Vec<_>>().join(", ")),
        }
    }

    async fn write(
        &self,
        aws: &Aws,
        at: &Target,
        from: &State,
        to: &State,
        _: &Params,
    ) -> Result<(), StepError> {
        let client = aws.autoscaling(at.region_name());
        let (suspend, resume) = (&to.0 - &from.0, &from.0 - &to.0);
        // An empty list means every process: it must never be sent.
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

/// Does a subnet of the group lie in a VPC in scope?
fn in_scope(group: &ScalingGroup, here: &Region, case: &Case) -> bool {
    case.scope.is_whole()
        || group
            .subnets
            .iter()
            .any(|subnet| case.scope.has_subnet(here, subnet))
}

fn item(region: &str, name: &str, group: &ScalingGroup, here: &Region) -> Item {
    let at = Target::new("scaling-group", name).region(region).named(&group.tags);
    let vpc = group.subnets.iter().find_map(|id| here.subnets.item(id)).map(|subnet| &subnet.vpc);
    let Some(vpc) = vpc else { return Item::new(at).tags(&group.tags) };
    let item = Item::new(at.vpc(vpc)).tags(&group.tags);
    match here.vpcs.item(vpc) {
        Some(vpc) => item.tags(&vpc.tags),
        None => item,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::aws::ledger::Phase;
    use crate::sim::{Simulation, sample};
    use crate::step::{Names, Scope};

    fn case(vpc: Option<&str>) -> Case {
        Case {
            run: "run1".into(),
            scope: Scope { vpcs: vpc.map(|vpc| [vpc.to_owned()].into()), ..Scope::default() },
            params: Params::new(),
            config: Arc::default(),
            names: Names::default(),
        }
    }

    fn set(names: &[&str]) -> State {
        State(names.iter().map(ToString::to_string).collect())
    }

    fn at() -> Target {
        Target::new("scaling-group", "web").region(sample::REGION)
    }

    #[test]
    fn what_was_suspended_before_stays_and_a_held_group_is_already_held() {
        let (account, case) = (sample::account(), case(None));
        let Verdict::Change(State(held)) = HoldScaling.contain(&set(&["AddToLoadBalancer"]), &at(), &account, &case)
        else {
            panic!("it is not held")
        };
        assert_eq!(held.len(), 9);
        assert_eq!(HoldScaling.contain(&State(held), &at(), &account, &case), Verdict::Already);
    }

    #[test]
    fn a_group_is_in_scope_by_the_vpc_of_its_subnets() {
        let found = |vpc| HoldScaling.find(&sample::account(), &case(vpc));
        assert_eq!(found(Some("vpc-1")).items.len(), 1);
        assert_eq!(found(Some("vpc-2")).items.len(), 0);
        assert_eq!(found(None).findings.len(), 1);
        assert_eq!(found(None).items[0].tags.len(), 2, "its own and its VPC's");
    }

    #[test]
    fn a_person_reads_it() {
        assert_eq!(HoldScaling.show(&set(&[])), "nothing suspended");
        assert_eq!(HoldScaling.show(&set(&HELD)), "held: all that launches or terminates");
        assert_eq!(HoldScaling.show(&set(&["Launch"])), "suspended: Launch");
    }

    #[test]
    fn only_a_write_in_both_directions_stops_in_between() {
        assert_eq!(HoldScaling.passes(&set(&["Launch"]), &set(&HELD)), []);
        let passes = HoldScaling.passes(&set(&["Launch"]), &set(&["Terminate"]));
        assert_eq!(passes, [set(&["Launch", "Terminate"])]);
    }

    #[tokio::test]
    async fn there_and_back() {
        let simulation = Simulation::new(sample::account());
        let aws = Aws::simulated(simulation.clone()).for_run("run1", Names::default(), None);
        let case = case(None);
        let Now::Is(before) = HoldScaling.state(&at(), &simulation.account(), &case) else { panic!("there") };
        assert_eq!(before, set(&["AZRebalance"]));
        let Verdict::Change(after) = HoldScaling.contain(&before, &at(), &simulation.account(), &case) else {
            panic!("it is not held")
        };
        let _phase = aws.enter(Phase::Apply);
        HoldScaling.write(&aws, &at(), &before, &after, &Params::new()).await.unwrap();
        assert_eq!(HoldScaling.state(&at(), &simulation.account(), &case), Now::Is(after.clone()));
        // Nothing to do is no call: an empty list would mean every process.
        HoldScaling.write(&aws, &at(), &after, &after, &Params::new()).await.unwrap();
        HoldScaling.write(&aws, &at(), &after, &before, &Params::new()).await.unwrap();
        assert_eq!(simulation.account(), sample::account());
        assert_eq!(aws.ledger().len(), 2);
    }
}
