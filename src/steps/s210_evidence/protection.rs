//! The protection of one instance: against termination by the API, and what a shutdown from inside does.

use aws_sdk_ec2::types::{AttributeBooleanValue, AttributeValue};
use serde::{Deserialize, Serialize};

use super::instance;
use crate::account::Section;
use crate::collect::Ask;
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write};

pub(super) struct Protection;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    pub termination: bool,
    /// What a shutdown from inside does: `stop` or `terminate`.
    pub shutdown: String,
}

impl Lens for Protection {
    type State = State;
    const KIND: &'static str = "protection";
    const NEEDS: &'static [Section] = &[Section::Instances, Section::InstanceAttributes];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        super::narrow(ask, at);
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        look.in_region(|here| {
            Now::of_item(&here.instance_attributes, &look.at.id, |has| {
                let (termination, shutdown) = (has.termination_protection, has.shutdown_behavior.clone());
                Now::Is(State { termination, shutdown })
            })
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let instance = match instance(look) {
            Ok(instance) => instance,
            Err(why) => return Verdict::Refuse(why),
        };
        // An instance whose root is in the instance store cannot be stopped.
        let shutdown = if instance.instance_store { now.shutdown.clone() } else { "stop".into() };
        let wanted = State { termination: true, shutdown };
        match &instance.managed_by {
            _ if *now == wanted => Verdict::Already,
            Some(service) => {
                Verdict::Refuse(format!("managed by {service}: only that service can change it"))
            }
            None if instance.spot => {
                Verdict::Refuse("a Spot instance takes no termination protection".into())
            }
            None => super::lasting(instance, wanted),
        }
    }

    /// Two attributes are two calls.
    fn passes(&self, from: &State, to: &State) -> Vec<State> {
        if from.termination == to.termination || from.shutdown == to.shutdown {
            return vec![];
        }
        vec![State { termination: to.termination, shutdown: from.shutdown.clone() }]
    }

    fn show(&self, state: &State) -> String {
        let protected = if state.termination { "protected" } else { "not protected" };
        format!("{protected}, a shutdown means {}", state.shutdown)
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        let modify = || aws.ec2(at.region_name()).modify_instance_attribute().instance_id(&at.id);
        if from.termination != to.termination {
            let value = AttributeBooleanValue::builder().value(to.termination).build();
            modify().disable_api_termination(value).send().await?;
        }
        if from.shutdown != to.shutdown {
            let value = AttributeValue::builder().value(&to.shutdown).build();
            modify().instance_initiated_shutdown_behavior(value).send().await?;
        }
        Ok(())
    }
}
