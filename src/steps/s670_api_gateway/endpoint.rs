//! The default endpoint (`execute-api`) of an HTTP API. Turning it off takes a deployment, which stages that deploy by
//! themselves make at once, of whatever is drafted. So it is left where a stage does not serve what is drafted.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-disable-default-endpoint.html>

use serde::{Deserialize, Serialize};

use super::api_stage::of_http_api;
use crate::account::{Cause, HttpApi, Section};
use crate::collect::Ask;
use crate::step::{Lens, Look, Now, Reason, StepError, Target, Verdict, Write};

pub(super) struct Endpoint;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    On,
    Off,
}

impl Lens for Endpoint {
    type State = State;
    const KIND: &'static str = "api-endpoint";
    const NEEDS: &'static [Section] = &[Section::HttpApis];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.only_api(at.region_name(), &at.id);
        ask.drafts = true;
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        of_http_api(look, &look.at.id, |api| Now::Is(if api.endpoint_off { State::Off } else { State::On }))
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        if *now == State::Off {
            return Verdict::Already;
        }
        match look.region().and_then(|here| super::http_api(here, &look.at.id)) {
            None => Verdict::Refuse("it was not read".into()),
            Some(api) => Verdict::unless(obstacle(api), State::Off),
        }
    }

    /// Turning it on again deploys as well.
    fn hold_back(&self, _: &State, look: &Look<'_>) -> Option<Reason> {
        drafted(super::http_api(look.region()?, &look.at.id)?)
    }

    fn show(&self, state: &State) -> String {
        match state {
            State::On => "default endpoint on".into(),
            State::Off => "default endpoint off".into(),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let update = write.aws.apigatewayv2(write.at.region_name()).update_api().api_id(&write.at.id);
        update.disable_execute_api_endpoint(*write.to == State::Off).send().await?;
        Ok(())
    }
}

/// Why the endpoint stays on.
fn obstacle(api: &HttpApi) -> Option<Reason> {
    if api.managed {
        return Some("another service manages the API, and AWS lets nobody change it".into());
    }
    if !api.stages.values().any(|stage| stage.auto_deploy) {
        return Some(
            "none of its stages deploys by itself: it would take a deployment, which publishes whatever is drafted"
                .into(),
        );
    }
    drafted(api)
}

/// What a change of the API would publish; `None` where each stage that deploys by itself serves what is drafted.
fn drafted(api: &HttpApi) -> Option<Reason> {
    let mut deploys = api.stages.iter().filter(|(_, stage)| stage.auto_deploy);
    let (name, stage) = deploys.find(|(_, stage)| stage.published.read() != Some(&true))?;
    Some(match stage.published.gap() {
        None => format!(
            "stage {name} does not serve what is drafted of the API: the change would publish it. Deploy it or take \
             it back first"
        ),
        Some(gap) if gap.cause == Cause::NotRead => {
            format!("nobody has compared what stage {name} serves with what is drafted")
        }
        Some(gap) => format!(
            "what stage {name} serves could not be compared with what is drafted ({}): the change might publish a \
             draft",
            gap.detail
        ),
    })
}
