//! The ways of step 570: what each cuts, leaves and gives back.

use super::WAY;
use super::policy::EndpointPolicy;
use super::tables::EndpointTables;
use super::whole::Endpoint;
use crate::step::{Effect, Lens as _, Params, Reversal, Spec};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndpointWay {
    Policy,
    Detach,
    Delete,
}

impl EndpointWay {
    pub fn of(params: &Params) -> EndpointWay {
        match WAY.of(params) {
            "detach" => EndpointWay::Detach,
            "delete" => EndpointWay::Delete,
            _ => EndpointWay::Policy,
        }
    }

    /// The kind of its targets.
    pub fn kind(self) -> &'static str {
        match self {
            EndpointWay::Policy => EndpointPolicy::KIND,
            EndpointWay::Detach => EndpointTables::KIND,
            EndpointWay::Delete => Endpoint::KIND,
        }
    }

    pub fn effect(self, spec: &Spec) -> Effect {
        match self {
            EndpointWay::Policy => spec.effect(),
            EndpointWay::Detach => Effect {
                cuts: "traffic to S3 and DynamoDB through gateway endpoints",
                leaves: concat!(
                    "interface endpoints, all of them; every other way: S3 by the internet too, where a route \
                     outside these tables leads there",
                    unjudged!()
                ),
                ..spec.effect()
            },
            EndpointWay::Delete => Effect {
                cuts: "interface and gateway endpoints, open connections through them included",
                leaves: concat!(
                    "Gateway Load Balancer, resource, service network and tunnel endpoints, and those that a \
                     service made for itself; every other way: calls to AWS go over the internet, where that is \
                     open, because the private names resolve to public addresses again",
                    unjudged!()
                ),
                reversal: Reversal::Partial(
                    "made again under new ids: policies that name the old id (aws:SourceVpce), the \
                     endpoint's own DNS names and the acceptance by the service's owner are lost",
                ),
                ..spec.effect()
            },
        }
    }
}
