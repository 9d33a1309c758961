//! The throttles of a stage of an HTTP or WebSocket API: the default one, and that of each route that has settings
//! of its own. A route with own settings and no own throttle does not take the default one, so each is set.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html>
//! <https://github.com/terraform-aws-modules/terraform-aws-apigateway-v2/issues/78>

use std::collections::{BTreeMap, HashMap};

use aws_sdk_apigatewayv2::types;
use serde::{Deserialize, Serialize};

use super::limit;
use super::rest_stage::words;
use crate::account::{HttpApi, RouteSettings, Section, Throttle};
use crate::collect::{Ask, apis};
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write, count};

pub(super) struct ApiStages;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    default: RouteSettings,
    /// By route key: `GET /pets`.
    routes: BTreeMap<String, RouteSettings>,
}

impl Lens for ApiStages {
    type State = State;
    const KIND: &'static str = "api-stage";
    const NEEDS: &'static [Section] = &[Section::HttpApis];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.only_api(at.region_name(), at.parts().0);
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let (api, stage) = look.at.parts();
        of_http_api(look, api, |api| match api.stages.get(stage) {
            None => Now::Vanished,
            Some(stage) => Now::Is(State { default: stage.default.clone(), routes: stage.routes.clone() }),
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let shut = |one: &RouteSettings| RouteSettings { throttle: Throttle::SHUT, ..one.clone() };
        let routes = now.routes.iter().map(|(key, one)| (key.clone(), shut(one))).collect();
        let shut = State { default: shut(&now.default), routes };
        if *now == shut {
            return Verdict::Already;
        }
        let (api, stage) = look.at.parts();
        let api = look.region().and_then(|here| super::http_api(here, api));
        let stage_is_managed = api.and_then(|api| api.stages.get(stage)).is_some_and(|one| one.managed);
        if api.is_some_and(|api| api.managed) {
            return Verdict::Refuse("another service manages its API, and AWS lets nobody change it".into());
        }
        if stage_is_managed {
            return Verdict::Refuse(
                "API Gateway made it together with its API (quick create) and manages it: AWS lets nobody change \
                 it. Where its default endpoint stays on, cut what is behind it (660)"
                    .into(),
            );
        }
        Verdict::Change(shut)
    }

    fn passes(&self, from: &State, to: &State) -> Vec<State> {
        let mut between = from.clone();
        let mut states = vec![];
        for key in unset(from, to) {
            between.routes.remove(key);
            states.push(between.clone());
        }
        // AWS may keep the default's throttle where it is to have none: that takes another call.
        states.push(State { default: from.default.clone(), routes: to.routes.clone() });
        states
    }

    /// AWS has no call that takes a default throttle away. One as wide as the account's own limit does the same.
    fn arrived(&self, to: &State, now: &State) -> bool {
        let alike = || {
            let throttle = to.default.throttle;
            *to == State { default: RouteSettings { throttle, ..now.default.clone() }, ..now.clone() }
        };
        to == now || (limit::lets_through_as_much(to.default.throttle, now.default.throttle) && alike())
    }

    fn show(&self, state: &State) -> String {
        let all = || state.routes.values().chain([&state.default]);
        if all().all(|one| one.throttle == Throttle::SHUT) {
            return "lets nothing through".into();
        }
        match state.routes.len() {
            0 => words(&state.default.throttle),
            own => format!(
                "{}, {} with settings of their own",
                words(&state.default.throttle),
                count(own, "route")
            ),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let client = aws.apigatewayv2(at.region_name());
        let (api, stage) = at.parts();
        let found = client.get_stage().api_id(api).stage_name(stage).send().await?;
        let default = found.default_route_settings.as_ref().map(apis::route_settings).unwrap_or_default();
        let now = State { default, routes: apis::routes(found.route_settings.as_ref()) };
        // A route's own throttle is taken away with all its settings; the others are set again below.
        for key in unset(&now, to) {
            client.delete_route_settings().api_id(api).stage_name(stage).route_key(key).send().await?;
        }
        let changed = to.routes.iter().filter(|(key, one)| now.routes.get(*key) != Some(one));
        let routes: HashMap<_, _> = changed.map(|(key, one)| (key.clone(), sent(one))).collect();
        if routes.is_empty() && self.arrived(to, &now) {
            return Ok(());
        }
        // Asked before anything is changed, for the case below.
        let unsets = limit::has_more(now.default.throttle, to.default.throttle);
        let limit = if unsets { Some(limit::of_account(aws, at.region_name()).await) } else { None };
        let update = || client.update_stage().api_id(api).stage_name(stage);
        let first = update().default_route_settings(sent(&to.default));
        let first = first.set_route_settings(Some(routes).filter(|routes| !routes.is_empty()));
        let answer = first.send().await?;
        let default = answer.default_route_settings.as_ref().map(apis::route_settings).unwrap_or_default();
        // AWS has no call that takes a default throttle away, and may keep one that is left out.
        if let Some(limit) = limit.filter(|_| limit::has_more(default.throttle, to.default.throttle)) {
            let throttle = limit::widened(to.default.throttle, limit?);
            let wide = RouteSettings { throttle, ..to.default.clone() };
            update().default_route_settings(sent(&wide)).send().await?;
        }
        Ok(())
    }
}

/// Routes that have a throttle of their own and are to have none.
fn unset<'a>(now: &'a State, to: &'a State) -> impl Iterator<Item = &'a String> {
    let both = to.routes.iter().filter_map(|(key, to)| Some((key, now.routes.get(key)?, to)));
    both.filter(move |(_, now, to)| limit::has_more(now.throttle, to.throttle)).map(|(key, ..)| key)
}

fn sent(one: &RouteSettings) -> types::RouteSettings {
    types::RouteSettings::builder()
        .set_throttling_burst_limit(one.throttle.burst)
        .set_throttling_rate_limit(one.throttle.rate)
        .set_detailed_metrics_enabled(one.metrics)
        .set_data_trace_enabled(one.trace)
        .set_logging_level(one.logging.as_deref().map(Into::into))
        .build()
}

/// The state of something of an HTTP or WebSocket API; vanished where the API is.
pub(super) fn of_http_api<S>(look: &Look<'_>, id: &str, state: impl FnOnce(&HttpApi) -> Now<S>) -> Now<S> {
    look.in_region(|here| Now::of_item(&here.http_apis, id, |one| Now::of(one, state)))
}
