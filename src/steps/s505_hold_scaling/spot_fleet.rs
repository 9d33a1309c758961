//! A Spot fleet of the kind `maintain`: it replaces what it loses.
//!
//! A smaller target alone would terminate instances, and the present number as target would replace each
//! that a cut makes unreachable: a target of 0 and the policy `noTermination` go in one call.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::in_scope;
use crate::account::{Region, Section, SpotFleet as Known};
use crate::step::{Case, Found, Item, Lens, Look, Now, StepError, Target, Verdict, Write};

pub(super) struct SpotFleet;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Capacity {
    /// How many it keeps up.
    target: i32,
    on_demand: i32,
    /// What it does with more than that: `default` or `noTermination`.
    excess: String,
}

impl Capacity {
    fn of(fleet: &Known) -> Capacity {
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

    fn words(&self) -> String {
        match self.excess.as_str() {
            "noTermination" if self.target == 0 => "launches nothing, terminates nothing".into(),
            excess => {
                let ends = if excess == "noTermination" { "ends none" } else { "ends what is too many" };
                format!("keeps {} up, {} of them on demand, {ends}", self.target, self.on_demand)
            }
        }
    }
}

impl Lens for SpotFleet {
    type State = Capacity;
    const KIND: &'static str = "spot-fleet";
    const NEEDS: &'static [Section] = &[Section::SpotFleets];

    fn state(&self, look: &Look<'_>) -> Now<Capacity> {
        look.in_region(|here| {
            Now::of_item(&here.spot_fleets, &look.at.id, |fleet| match fleet.state.as_str() {
                "modifying" => Now::Settling(Capacity::of(fleet)),
                _ => Now::Is(Capacity::of(fleet)),
            })
        })
    }

    fn contain(&self, now: &Capacity, _: &Look<'_>) -> Verdict<Capacity> {
        if now.target == 0 { Verdict::Already } else { Verdict::Change(Capacity::held()) }
    }

    fn show(&self, state: &Capacity) -> String {
        state.words()
    }

    /// One call for all three: at no moment is more terminated than the policy that goes with the size.
    async fn write(&self, write: Write<'_, Capacity>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
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
}

pub(super) fn find(found: &mut Found, region: &str, here: &Region, case: &Case) {
    for (id, fleet) in here.spot_fleets.items().filter(|(_, fleet)| touches(&fleet.subnets, here, case)) {
        if fleet.kind != "maintain" {
            continue;
        }
        let subnet = fleet.subnets.iter().find_map(|id| here.subnets.item(id));
        let at = Target::new(SpotFleet::KIND, id).region(region).named(&fleet.tags);
        let at = Target { vpc: subnet.map(|subnet| subnet.vpc.clone()), ..at };
        found.item(Item::new(at).tags(&fleet.tags));
    }
}

/// One that names no subnet may be anywhere in the Region.
pub(super) fn touches(subnets: &BTreeSet<String>, here: &Region, case: &Case) -> bool {
    in_scope(subnets, here, case) || subnets.is_empty() && case.scope.is_whole()
}
