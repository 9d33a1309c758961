//! What launches without an Auto Scaling group: Spot fleets, which are held, and ECS services and
//! EKS node groups, which are printed.

use serde::{Deserialize, Serialize};

use super::{State, in_scope};
use crate::account::{ContainerService, Region, ScalingGroup, Seen, SpotFleet};
use crate::aws::Aws;
use crate::step::{Case, Found, Item, Now, StepError, Target, Verdict, count};

pub(super) const FLEET: &str = "spot-fleet";

/// What a fleet keeps up, and what it does with more than that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capacity {
    target: i32,
    on_demand: i32,
    /// `default` or `noTermination`.
    excess: String,
}

impl Capacity {
    fn of(fleet: &SpotFleet) -> Capacity {
        Capacity {
            target: fleet.target_capacity,
            on_demand: fleet.on_demand,
            excess: fleet.excess_capacity.clone(),
        }
    }

    /// Nothing to keep up, and nothing that runs is terminated for it.
    fn held() -> Capacity {
        Capacity { target: 0, on_demand: 0, excess: "noTermination".into() }
    }

    pub(super) fn words(&self) -> String {
        match self.excess.as_str() {
            "noTermination" if self.target == 0 => "launches nothing, terminates nothing".into(),
            excess => {
                let ends = if excess == "noTermination" { "ends none" } else { "ends what is too many" };
                format!("keeps {} up, {} of them on demand, {ends}", self.target, self.on_demand)
            }
        }
    }
}

pub(super) fn find(found: &mut Found, region: &str, here: &Region, case: &Case) {
    for (id, fleet) in here.spot_fleets.items().filter(|(_, fleet)| touches(&fleet.subnets, here, case)) {
        if fleet.kind != "maintain" {
            continue;
        }
        let subnet = fleet.subnets.iter().find_map(|id| here.subnets.item(id));
        let at = Target::new(FLEET, id).region(region).named(&fleet.tags);
        let at = Target { vpc: subnet.map(|subnet| subnet.vpc.clone()), ..at };
        found.item(Item::new(at).tags(&fleet.tags));
    }
    for (name, group) in here.scaling_groups.items().filter(|(_, g)| in_scope(&g.subnets, here, case)) {
        if let Some(text) = node_group(name, group) {
            found.find(Some(region), text);
        }
    }
    let services = here.container_services.items().filter(|(_, s)| touches(&s.subnets, here, case));
    for (arn, service) in services.filter(|(_, service)| service.desired > 0) {
        found.matters(Some(region), replaces(arn, service));
    }
}

/// One that names no subnet may be anywhere in the Region.
fn touches(subnets: &std::collections::BTreeSet<String>, here: &Region, case: &Case) -> bool {
    in_scope(subnets, here, case) || subnets.is_empty() && case.scope.is_whole()
}

fn node_group(name: &str, group: &ScalingGroup) -> Option<String> {
    let (cluster, nodes) = (group.tags.get("eks:cluster-name")?, group.tags.get("eks:nodegroup-name")?);
    Some(format!(
        "group {name} is node group {nodes} of EKS cluster {cluster}: held with its group; EKS may show it as \
         degraded, and its pods move to other nodes as these become unreachable"
    ))
}

fn replaces(arn: &str, service: &ContainerService) -> String {
    let last = |arn: &str| arn.rsplit('/').next().unwrap_or_default().to_owned();
    let (cluster, name) = (last(&service.cluster), last(arn));
    let tasks = count(usize::try_from(service.desired).unwrap_or(0), "task");
    let kept = format!("ECS service {name} of cluster {cluster} keeps {tasks} up and is not held");
    if service.balanced {
        format!(
            "{kept}: it stops and replaces those that fail their load balancer's checks. To hold that: aws ecs \
             update-service --cluster {cluster} --service {name} --health-check-grace-period-seconds 604800"
        )
    } else {
        // ECS refuses a grace period where there is no load balancer.
        format!(
            "{kept}: no load balancer checks them, and it replaces those that end or fail their own check"
        )
    }
}

pub(super) fn state(at: &Target, here: &Region) -> Now<State> {
    match &here.spot_fleets {
        Seen::Gap(gap) => Now::Unknown(gap.clone()),
        Seen::Read(fleets) => match fleets.get(&at.id) {
            None => Now::Vanished,
            Some(fleet) if fleet.state == "modifying" => Now::Settling(State::Fleet(Capacity::of(fleet))),
            Some(fleet) => Now::Is(State::Fleet(Capacity::of(fleet))),
        },
    }
}

pub(super) fn contain(now: &Capacity) -> Verdict<State> {
    if now.target == 0 { Verdict::Already } else { Verdict::Change(State::Fleet(Capacity::held())) }
}

/// One call for all three: at no moment is more terminated than the policy that goes with the size.
pub(super) async fn resize(aws: &Aws, at: &Target, to: &Capacity) -> Result<(), StepError> {
    let modify = aws.ec2(at.region_name()).modify_spot_fleet_request().spot_fleet_request_id(&at.id);
    modify
        .target_capacity(to.target)
        .on_demand_target_capacity(to.on_demand)
        .set_excess_capacity_termination_policy(
            Some(to.excess.as_str()).filter(|policy| !policy.is_empty()).map(Into::into),
        )
        .send()
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grace_period_is_for_services_behind_a_load_balancer() {
        let service = |balanced| ContainerService {
            cluster: "arn:aws:ecs:us-east-1:1:cluster/shop".into(),
            balanced,
            desired: 1,
            ..ContainerService::default()
        };
        let said = |balanced| replaces("arn:aws:ecs:us-east-1:1:service/shop/web", &service(balanced));
        assert!(said(true).contains("keeps 1 task up") && said(true).contains("grace-period-seconds 604800"));
        assert!(said(false).contains("service web") && !said(false).contains("grace-period"));
    }
}
