//! 505: nothing replaces what a cut makes unhealthy: groups and fleets are held, an instance that is
//! cut alone stands by.

mod health;
mod launchers;
mod standby;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::account::{Account, BackendTarget, Region, ScalingGroup, Section, Seen};
use crate::aws::Aws;
use crate::collect::Ask;
use crate::step::{
    Case, Does, Effect, Found, Iam, Item, Lens, Lenses, Look, Now, Param, ParamKind, Params, Reason,
    Reversal, Spec, Step, StepError, StepId, Stops, Target, Verdict, Write, count, text,
};

use launchers::{Capacity, FLEET};
use standby::{MEMBER, MINIMUM, REGISTERED};

pub struct HoldScaling;

/// What is registered with target groups, by their ARN.
type Registrations = BTreeMap<String, BTreeSet<BackendTarget>>;

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
pub enum State {
    /// The processes of a group that are suspended.
    Processes(BTreeSet<String>),
    Minimum(i32),
    Member {
        group: String,
        standby: bool,
    },
    Registered(Registrations),
    Fleet(Capacity),
}

/// The states that journals of the first version do not have: theirs are a list of processes.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Written {
    Minimum(i32),
    Member { group: String, standby: bool },
    Registered(Registrations),
    Fleet(Capacity),
}

impl TryFrom<Value> for State {
    type Error = serde_json::Error;

    fn try_from(value: Value) -> Result<State, serde_json::Error> {
        if value.is_array() {
            return serde_json::from_value(value).map(State::Processes);
        }
        Ok(match serde_json::from_value(value)? {
            Written::Minimum(size) => State::Minimum(size),
            Written::Member { group, standby } => State::Member { group, standby },
            Written::Registered(registered) => State::Registered(registered),
            Written::Fleet(capacity) => State::Fleet(capacity),
        })
    }
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = match self.clone() {
            State::Processes(processes) => return processes.serialize(serializer),
            State::Minimum(size) => Written::Minimum(size),
            State::Member { group, standby } => Written::Member { group, standby },
            State::Registered(registered) => Written::Registered(registered),
            State::Fleet(capacity) => Written::Fleet(capacity),
        };
        written.serialize(serializer)
    }
}

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
    needs: &[
        Section::Vpcs,
        Section::Subnets,
        Section::Instances,
        Section::Interfaces,
        Section::ScalingGroups,
        Section::TargetGroups,
        Section::ContainerServices,
        Section::SpotFleets,
    ],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &[
            "autoscaling:EnterStandby",
            "autoscaling:SuspendProcesses",
            "autoscaling:UpdateAutoScalingGroup",
            "ec2:ModifySpotFleetRequest",
            "elasticloadbalancing:DeregisterTargets",
        ],
        undo: &[
            "autoscaling:ExitStandby",
            "autoscaling:ResumeProcesses",
            "autoscaling:UpdateAutoScalingGroup",
            "ec2:ModifySpotFleetRequest",
            "elasticloadbalancing:RegisterTargets",
        ],
    },
    params: &[Param {
        name: "way",
        kind: ParamKind::Choice(&["hold", "standby"]),
        doc: "standby: groups and fleets go on, and the instances in scope stand by; in the way hold that is \
              done for instances in scope whose subnet is not",
    }],
    does: Does::Cuts(&[Stops::Scaling]),
    cuts: "launching, replacing, rebalancing and terminating of instances by Auto Scaling and Spot fleets",
    leaves: "instances as they are, running; what starts and stops instances without an Auto Scaling group: \
             people, ECS services, EC2 fleets, Batch, Karpenter",
    breaks: "Groups no longer follow load, schedules or deployments, and a failed instance is not \
             replaced.",
    doc: "\
Suspends the processes Launch, Terminate, ReplaceUnhealthy, HealthCheck, AZRebalance,
ScheduledActions, AlarmNotification and InstanceRefresh of every Auto Scaling group in scope. Run it
before any cut of the network: a cut fails health checks, and the group would terminate the
instances, with the memory and the disks that somebody has to look at, and launch new ones.

A Spot fleet of the kind `maintain` replaces what it loses. It gets a target capacity of 0 together with
the policy `noTermination`, in one call: it has nothing left to keep up, and what runs keeps running. A
smaller target alone would terminate instances; the present number as target would replace each one that
the cut makes unreachable. Fleets of the kind `request` replace nothing.

An instance that is in scope by itself (`--instance`) **stands by**: its group takes it out of service
and out of the group's target groups, and the desired capacity is lowered by one, so that nothing is
launched in its place and nothing terminates it. Where the group's minimum stands in the way, that is
lowered first. Targets that were registered by hand, by instance id or by address, are deregistered.

**Limits.** A call to terminate an instance or to lower the desired capacity still works for whoever
may make it. ECS services, EC2 fleets, Batch and Karpenter launch without a group and are not held; ECS
services are printed with the call that makes them ignore their load balancer's checks. Managed node
groups of EKS are Auto Scaling groups and are held; EKS may show them as degraded. A group whose capacity
nothing else lowers may still scale while one of its instances stands by: what scaling changes is left.

**What surprises.** A deployment or an instance refresh that is under way stalls and may fail. AWS
itself suspends groups that could not launch for a day: such processes count as suspended before.

**Undo.** An instance that stood by is put back in service, the desired capacity raised by one, then the
minimum; what was deregistered is registered again, port by port; a fleet gets its old target and policy
in one call, counts what still runs, and launches what is missing. Resumes exactly what was suspended here. What was suspended before stays suspended. Being
early in a playbook, it is put back last, when the network is back and health checks pass again: give
the hosts a few minutes before, or the group replaces those that are still unhealthy.

**By hand.** `aws autoscaling describe-auto-scaling-groups --query
'AutoScalingGroups[].[AutoScalingGroupName,SuspendedProcesses[].ProcessName]'` shows eight processes.

<https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html>
<https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-enter-exit-standby.html>
<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/modify-spot-fleet.html>",
};

const STANDBY_CUTS: &str = "the instances' place in their groups and target groups: nothing replaces or \
                            terminates them, and no load balancer sends them anything";

const STANDBY_LEAVES: &str = "instances as they are, running; every way to them but by their load balancers";

const STANDBY_BREAKS: &str = "Each group serves with these instances less until they are back.";

impl Step for HoldScaling {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn effect(&self, params: &Params) -> Effect {
        if text(params, "way", "hold") != "standby" {
            return SPEC.effect();
        }
        Effect { cuts: STANDBY_CUTS, leaves: STANDBY_LEAVES, breaks: STANDBY_BREAKS, ..SPEC.effect() }
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            standby::find(&mut found, region, here, case);
            if case.param("way", "hold") == "standby" {
                continue;
            }
            launchers::find(&mut found, region, here, case);
            for (name, group) in
                here.scaling_groups.items().filter(|(_, group)| in_scope(&group.subnets, here, case))
            {
                let replaces = !group.suspended.contains("ReplaceUnhealthy")
                    && !group.suspended.contains("HealthCheck")
                    && !group.suspended.contains("Terminate");
                if replaces && !group.instances.is_empty() {
                    let instances = count(group.instances.len(), "instance");
                    found.find(
                        Some(region),
                        format!(
                            "group {name} would terminate and replace {instances} that a cut makes unhealthy"
                        ),
                    );
                }
                found.item(item(region, name, group, here));
            }
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&HoldScaling]
    }
}

impl Lens for HoldScaling {
    type State = State;
    const KIND: &'static str = "";
    const NEEDS: &'static [Section] = &[];

    /// A state is made of what its kind of target needs, and target groups cost a call each.
    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.sections.extend(match at.kind.as_str() {
            FLEET => &[Section::SpotFleets][..],
            REGISTERED => {
                &[Section::Instances, Section::Interfaces, Section::ScalingGroups, Section::TargetGroups][..]
            }
            _ => &[Section::ScalingGroups][..],
        });
        if let Some(vpc) = &at.vpc {
            ask.vpcs.get_or_insert_default().insert(vpc.clone());
        }
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let Look { at, account, .. } = *look;
        let Some(here) = account.regions.get(at.region_name()) else { return Now::Vanished };
        match at.kind.as_str() {
            FLEET => return launchers::state(at, here),
            MEMBER | MINIMUM | REGISTERED => return standby::state(at, here),
            _ => {}
        }
        match &here.scaling_groups {
            Seen::Gap(gap) => Now::Unknown(gap.clone()),
            Seen::Read(groups) => groups
                .get(&at.id)
                .map_or(Now::Vanished, |group| Now::Is(State::Processes(group.suspended.clone()))),
        }
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let Look { at, account, case } = *look;
        let suspended = match now {
            State::Processes(suspended) => suspended,
            State::Fleet(capacity) => return launchers::contain(capacity),
            other => {
                return match account.regions.get(at.region_name()) {
                    Some(here) => standby::contain(other, at, here, case),
                    None => Verdict::Refuse("its Region was not read".into()),
                };
            }
        };
        let held: BTreeSet<String> =
            suspended.iter().cloned().chain(HELD.iter().map(ToString::to_string)).collect();
        if held == *suspended { Verdict::Already } else { Verdict::Change(State::Processes(held)) }
    }

    fn danger(&self, before: &State, look: &Look<'_>) -> Option<Reason> {
        let Look { at, account, .. } = *look;
        health::danger(before, at, account.regions.get(at.region_name())?)
    }

    fn danger_needs(&self, at: &Target) -> &'static [Section] {
        match at.kind.as_str() {
            "scaling-group" | MEMBER => &[Section::Instances, Section::TargetGroups],
            _ => &[],
        }
    }

    /// Suspending and resuming are two calls, in this order.
    fn passes(&self, from: &State, to: &State) -> Vec<State> {
        match (from, to) {
            (State::Processes(before), State::Processes(after)) => {
                let both = State::Processes(before | after);
                if both == *from || both == *to { vec![] } else { vec![both] }
            }
            (State::Registered(from), State::Registered(to)) => standby::passes(from, to),
            _ => vec![],
        }
    }

    fn show(&self, state: &State) -> String {
        let suspended = match state {
            State::Processes(suspended) => suspended,
            State::Minimum(size) => return format!("at least {size}"),
            State::Member { group, standby: true } => return format!("stands by in group {group}"),
            State::Member { group, standby: false } => return format!("in service in group {group}"),
            State::Registered(registered) => {
                return match registered.values().map(BTreeSet::len).sum::<usize>() {
                    0 => "registered with no other target group".into(),
                    1 => "registered with a target group by hand".into(),
                    targets => format!("registered {targets} times with target groups by hand"),
                };
            }
            State::Fleet(capacity) => return capacity.words(),
        };
        let held = HELD.iter().filter(|process| suspended.contains(**process)).count();
        match suspended.len() {
            0 => "nothing suspended".into(),
            all if held == HELD.len() && all == held => "held: all that launches or terminates".into(),
            _ => format!("suspended: {}", suspended.iter().cloned().collect::<Vec<_>>().join(", ")),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        match (from, to) {
            (State::Processes(from), State::Processes(to)) => hold(aws, at, &(to - from), &(from - to)).await,
            (_, State::Minimum(size)) => standby::least(aws, at, *size).await,
            (_, State::Member { group, standby }) => standby::stand(aws, at, group, *standby).await,
            (State::Registered(from), State::Registered(to)) => standby::register(aws, at, from, to).await,
            (_, State::Fleet(capacity)) => launchers::resize(aws, at, capacity).await,
            _ => Err(StepError::State("these are states of different targets".into())),
        }
    }
}

/// An empty list means every process: it must never be sent.
async fn hold(
    aws: &Aws,
    at: &Target,
    suspend: &BTreeSet<String>,
    resume: &BTreeSet<String>,
) -> Result<(), StepError> {
    let client = aws.autoscaling(at.region_name());
    if !suspend.is_empty() {
        let call = client.suspend_processes().auto_scaling_group_name(&at.id);
        call.set_scaling_processes(Some(suspend.iter().cloned().collect())).send().await?;
    }
    if !resume.is_empty() {
        let call = client.resume_processes().auto_scaling_group_name(&at.id);
        call.set_scaling_processes(Some(resume.iter().cloned().collect())).send().await?;
    }
    Ok(())
}

/// Does one of these subnets lie in the scope as a whole?
fn in_scope(subnets: &BTreeSet<String>, here: &Region, case: &Case) -> bool {
    case.scope.is_whole() || subnets.iter().any(|subnet| case.scope.has_subnet(here, subnet))
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
mod tests;
