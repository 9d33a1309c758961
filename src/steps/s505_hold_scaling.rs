//! 505: nothing replaces what a cut makes unhealthy: groups and fleets are held, an instance that is
//! cut alone stands by.

mod group_member;
mod group_minimum;
mod health;
mod launchers;
mod registrations;
mod scaling_group;
mod spot_fleet;
mod standby;

use std::collections::BTreeSet;

use group_member::GroupMember;
use group_minimum::GroupMinimum;
use registrations::Registrations;
use scaling_group::ScalingGroup;
use spot_fleet::SpotFleet;

use crate::account::{Account, Region, Section};
use crate::step::{
    Case, Choice, Does, Effect, Found, Iam, Lenses, Params, Reversal, Spec, Step, StepId, Stops,
};

pub struct HoldScaling;

const WAY: Choice = Choice {
    name: "way",
    values: &["hold", "standby"],
    doc: "standby: groups and fleets go on, and the instances in scope stand by; in the way hold that is \
              done for instances in scope whose subnet is not",
};

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
    params: &[WAY.param()],
    does: Does::Cuts(&[Stops::Scaling]),
    cuts: "launching, replacing, rebalancing and terminating of instances by Auto Scaling and Spot fleets",
    leaves: "instances as they are, running; what starts and stops instances without an Auto Scaling group: \
             people, ECS services, EC2 fleets, Batch, Karpenter",
    breaks: "Groups no longer follow load, schedules or deployments, and a failed instance is not \
             replaced.",
    doc: include_str!("s505_hold_scaling/doc.md"),
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
        if !stands_by(params) {
            return SPEC.effect();
        }
        Effect { cuts: STANDBY_CUTS, leaves: STANDBY_LEAVES, breaks: STANDBY_BREAKS, ..SPEC.effect() }
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            standby::find(&mut found, region, here, case);
            if !stands_by(&case.params) {
                spot_fleet::find(&mut found, region, here, case);
                launchers::find(&mut found, region, here, case);
                scaling_group::find(&mut found, region, here, case);
            }
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&ScalingGroup, &SpotFleet, &GroupMinimum, &GroupMember, &Registrations]
    }
}

/// Do groups and fleets go on, while the instances in scope stand by?
fn stands_by(params: &Params) -> bool {
    WAY.is(params, "standby")
}

/// Does one of these subnets lie in the scope as a whole?
fn in_scope(subnets: &BTreeSet<String>, here: &Region, case: &Case) -> bool {
    case.scope.is_whole() || subnets.iter().any(|subnet| case.scope.has_subnet(here, subnet))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::sample;
    use crate::step::Scope;
    use crate::steps::shared::testing::case;

    #[test]
    fn a_group_is_in_scope_by_the_vpc_of_its_subnets() {
        let found = |vpc: Option<&str>| {
            let scope = Scope { vpcs: vpc.map(|vpc| [vpc.to_owned()].into()), ..Scope::default() };
            HoldScaling.find(&sample::account(), &Case { scope, ..case(&[]) })
        };
        assert_eq!(found(Some("vpc-1")).items.len(), 1);
        assert_eq!(found(Some("vpc-2")).items.len(), 0);
        assert_eq!(found(None).findings.len(), 1);
        assert_eq!(found(None).items[0].tags.len(), 2, "its own and its VPC's");
    }
}
