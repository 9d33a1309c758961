//! The throttles of a REST API's stage: those of all its methods, and of each method that has its own. An own one
//! wins, so each is set. A throttle needs no deployment.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html>

use std::collections::BTreeMap;

use aws_sdk_apigateway::types::{Op, PatchOperation};
use serde::{Deserialize, Serialize};

use crate::account::{RestApi, Section, Throttle};
use crate::collect::{Ask, apis};
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write};

pub(super) struct RestStages;

/// What holds for each method that has no throttle of its own.
const EVERY_METHOD: &str = "*/*";

/// Methods in one call, each with two operations. AWS takes a limited number of operations and does not say which;
/// 80 are known to be taken.
const AT_ONCE: usize = 40;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// By `path/METHOD` as AWS spells it.
    throttles: BTreeMap<String, Throttle>,
}

impl Lens for RestStages {
    type State = State;
    const KIND: &'static str = "rest-stage";
    const NEEDS: &'static [Section] = &[Section::RestApis];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.only_api(at.region_name(), at.parts().0);
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let (api, stage) = look.at.parts();
        of_rest_api(look, api, |api| match api.stages.get(stage) {
            None => Now::Vanished,
            Some(stage) => Now::Is(State { throttles: stage.throttles.clone() }),
        })
    }

    fn contain(&self, now: &State, _: &Look<'_>) -> Verdict<State> {
        let all = now.throttles.keys().map(String::as_str).chain([EVERY_METHOD]);
        let shut = State { throttles: all.map(|method| (method.to_owned(), Throttle::SHUT)).collect() };
        if *now == shut { Verdict::Already } else { Verdict::Change(shut) }
    }

    fn passes(&self, from: &State, to: &State) -> Vec<State> {
        let mut between = from.clone();
        let mut states = vec![];
        for methods in calls(&from.throttles, to).chunks(AT_ONCE) {
            for (method, throttle) in methods {
                match throttle {
                    Some(throttle) => drop(between.throttles.insert(method.clone(), *throttle)),
                    None => drop(between.throttles.remove(method)),
                }
            }
            states.push(between.clone());
        }
        states
    }

    fn show(&self, state: &State) -> String {
        let open = state.throttles.values().filter(|throttle| **throttle != Throttle::SHUT).count();
        let every = state.throttles.get(EVERY_METHOD);
        match (every, open) {
            (Some(_), 0) => "lets nothing through".into(),
            (None, 0) if state.throttles.is_empty() => "no throttle of its own".into(),
            (None, _) => format!("{} with throttles of their own", methods(state.throttles.len())),
            (Some(every), _) => match state.throttles.len() - 1 {
                0 => words(every),
                own => format!("{}, {} with throttles of their own", words(every), methods(own)),
            },
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let client = write.aws.apigateway(write.at.region_name());
        let (api, stage) = write.at.parts();
        // Fresh: AWS refuses to remove what is not there, and methods that somebody set since stay.
        let now = client.get_stage().rest_api_id(api).stage_name(stage).send().await?;
        let mut now = apis::throttles(now.method_settings.as_ref());
        now.retain(|method, _| {
            write.to.throttles.contains_key(method) || write.from.throttles.contains_key(method)
        });
        for methods in calls(&now, write.to).chunks(AT_ONCE) {
            let operations =
                methods.iter().flat_map(|(method, throttle)| patches(method, *throttle)).collect();
            let update = client.update_stage().rest_api_id(api).stage_name(stage);
            update.set_patch_operations(Some(operations)).send().await?;
        }
        Ok(())
    }
}

/// The methods that differ, in the order of their writes; `None`: the setting is taken away.
fn calls(now: &BTreeMap<String, Throttle>, to: &State) -> Vec<(String, Option<Throttle>)> {
    let set = to.throttles.iter().filter(|(method, throttle)| now.get(*method) != Some(throttle));
    let gone = now.keys().filter(|method| !to.throttles.contains_key(*method));
    set.map(|(method, throttle)| (method.clone(), Some(*throttle)))
        .chain(gone.map(|method| (method.clone(), None)))
        .collect()
}

/// The operations for one method. AWS makes a setting of what is replaced and was not there; what is set besides
/// (logs, metrics, cache) stays.
fn patches(method: &str, throttle: Option<Throttle>) -> Vec<PatchOperation> {
    let Some(throttle) = throttle else {
        return vec![PatchOperation::builder().op(Op::Remove).path(format!("/{method}")).build()];
    };
    let replace = |member: &str, value: String| {
        let path = format!("/{method}/throttling/{member}");
        PatchOperation::builder().op(Op::Replace).path(path).value(value).build()
    };
    let rate = throttle.rate.map(|rate| replace("rateLimit", rate.to_string()));
    let burst = throttle.burst.map(|burst| replace("burstLimit", burst.to_string()));
    rate.into_iter().chain(burst).collect()
}

/// The state of something of a REST API; vanished where the API is.
pub(super) fn of_rest_api<S>(look: &Look<'_>, id: &str, state: impl FnOnce(&RestApi) -> Now<S>) -> Now<S> {
    look.in_region(|here| Now::of_item(&here.rest_apis, id, |one| Now::of(one, state)))
}

/// A throttle as a person reads it.
pub(super) fn words(throttle: &Throttle) -> String {
    let set = |number: f64| number >= 0.0;
    let rate = throttle.rate.filter(|rate| set(*rate)).map(|rate| format!("{rate} a second"));
    let burst = throttle.burst.filter(|burst| *burst >= 0).map(|burst| format!("{burst} at once"));
    match (rate, burst) {
        (None, None) => "no throttle of its own".into(),
        (rate, burst) => {
            let both: Vec<String> = rate.into_iter().chain(burst).collect();
            format!("lets through {}", both.join(", "))
        }
    }
}

fn methods(number: usize) -> String {
    crate::step::count(number, "method")
}
