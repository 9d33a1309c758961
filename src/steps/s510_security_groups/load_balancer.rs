//! The groups of an Application or Network Load Balancer. A Network Load Balancer can be told not to
//! apply them to what comes in by `PrivateLink`: the cut turns that on, the restore turns it back.

use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::types::EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnum as Enforced;
use serde::{Deserialize, Serialize};

use super::group_ref::{Groups, group_refs, ids, show};
use super::managed::{self, Resource, Service};
use crate::account::{LoadBalancer as Known, Region, Section};
use crate::step::{Lens, Look, Now, Reach, StepError, Verdict, Write};

pub(super) struct LoadBalancer;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct State {
    groups: Groups,
    /// Of a Network Load Balancer: its groups do not apply to what comes in by `PrivateLink`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    private_link_unfiltered: bool,
}

pub(super) fn resource<'a>(arn: &'a str, known: &'a Known) -> Resource<'a> {
    let none = known.groups.is_empty();
    Resource {
        service: Service::LoadBalancer,
        id: arn,
        vpc: &known.vpc,
        owner: None,
        label: Some(&known.name),
        subnets: known.subnets.iter().map(String::as_str).collect(),
        groups: &known.groups,
        settling: false,
        tags: &known.tags,
        refusal: none.then(|| "has no security group, and AWS lets none be added: 520 and 530 cut it".into()),
    }
}

/// Where it can be reached with `front = "keep"`: its listeners.
pub(super) fn front(arn: &str, here: &Region) -> Option<String> {
    let known = here.load_balancers.item(arn)?;
    let ports: Vec<String> = known.listeners.iter().map(|l| format!("{} {}", l.protocol, l.port)).collect();
    let ports = if ports.is_empty() { "no listener".into() } else { ports.join(", ") };
    Some(format!("{} ({ports})", known.name))
}

impl Lens for LoadBalancer {
    type State = State;
    const KIND: &'static str = "load-balancer";
    const REACH: Reach = Reach::Itself;
    // A group says which run has made it, where something else is found than was left.
    const NEEDS: &'static [Section] = &[Section::Groups, Section::LoadBalancers];
    const STATES_ONLY: bool = true;
    const SETTLES_WITHIN: Duration = Duration::from_secs(600);

    fn state(&self, look: &Look<'_>) -> Now<State> {
        look.in_region(|here| {
            Now::of_item(&here.load_balancers, &look.at.id, |known| {
                Now::Is(State {
                    groups: group_refs(&known.groups, &known.vpc, look.case),
                    private_link_unfiltered: known.private_link_unfiltered,
                })
            })
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let arn = &look.at.id;
        let known = look.region().and_then(|here| here.load_balancers.item(arn));
        let known = known.map(|known| resource(arn, known));
        let verdict = managed::contain(known, &now.groups, now.private_link_unfiltered, look);
        verdict.map(|groups| State { groups, private_link_unfiltered: false })
    }

    fn show(&self, state: &State) -> String {
        let open = if state.private_link_unfiltered { " (not for PrivateLink)" } else { "" };
        format!("{}{open}", show(&state.groups))
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        let set = aws.elbv2(at.region_name()).set_security_groups().load_balancer_arn(&at.id);
        let enforced = if to.private_link_unfiltered { Enforced::Off } else { Enforced::On };
        // Left out where nothing is to change: other load balancers refuse it.
        let said = from.private_link_unfiltered || to.private_link_unfiltered;
        set.set_security_groups(Some(ids(aws, at, &to.groups)?))
            .set_enforce_security_group_inbound_rules_on_private_link_traffic(said.then_some(enforced))
            .send()
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::group_ref::isolated;
    use super::*;

    #[test]
    fn a_state_says_nothing_of_private_link_where_there_is_nothing_to_say() {
        let plain = State { groups: isolated(), ..State::default() };
        assert_eq!(serde_json::to_string(&plain).unwrap(), r#"{"groups":["isolation"]}"#);
        let open = State { private_link_unfiltered: true, ..State::default() };
        assert_eq!(serde_json::from_str::<State>(&serde_json::to_string(&open).unwrap()).unwrap(), open);
    }
}
