//! What a distribution runs on viewers' requests: the page's function in every cache behavior.
//!
//! Only these associations are changed. A CloudFront Function may not share a cache behavior's viewer events
//! with Lambda@Edge, so a Lambda function on viewers' responses goes too, and comes back.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html>

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_cloudfront::types::{DistributionConfig, FunctionAssociations, LambdaFunctionAssociations};
use serde::{Deserialize, Serialize};

use super::associations::{functions, lambdas, unpublished};
use super::{VIEWER_REQUEST, VIEWER_RESPONSE, page_function};
use crate::account::{Behavior, DEFAULT_BEHAVIOR, Distribution, EdgeFunction, EdgeLambda, Section};
use crate::step::{Lens, Look, Now, Reason, StepError, Verdict, Write, count};
use crate::steps::shared::distribution::{SETTLES_WITHIN, now, refusal, update};

pub(super) struct Viewers;

/// What each cache behavior runs on viewers' events, by its path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    behaviors: BTreeMap<String, Viewer>,
}

/// What one cache behavior runs. Functions on viewers' responses stay, and are not here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Viewer {
    request: Option<Edge>,
    response: Option<EdgeLambda>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Edge {
    /// The ARN of a CloudFront Function.
    Function(String),
    Lambda(EdgeLambda),
}

impl Viewer {
    fn of(behavior: &Behavior) -> Viewer {
        let function = behavior.functions.get(VIEWER_REQUEST).cloned().map(Edge::Function);
        let lambda = || behavior.lambdas.get(VIEWER_REQUEST).cloned().map(Edge::Lambda);
        Viewer { request: function.or_else(lambda), response: behavior.lambdas.get(VIEWER_RESPONSE).cloned() }
    }

    fn page(arn: &str) -> Viewer {
        Viewer { request: Some(Edge::Function(arn.to_owned())), response: None }
    }

    /// The ARN of the function on requests.
    fn function(&self) -> Option<&str> {
        match &self.request {
            Some(Edge::Function(arn)) => Some(arn),
            _ => None,
        }
    }

    /// Gives a cache behavior what it runs. Says whether that changed anything.
    fn give(
        &self,
        its_functions: &mut Option<FunctionAssociations>,
        its_lambdas: &mut Option<LambdaFunctionAssociations>,
    ) -> Result<bool, StepError> {
        let request = match &self.request {
            Some(Edge::Lambda(lambda)) => Some((VIEWER_REQUEST, lambda)),
            _ => None,
        };
        let response = self.response.as_ref().map(|lambda| (VIEWER_RESPONSE, lambda));
        let wanted: Vec<_> = request.into_iter().chain(response).collect();
        let mine = |event: &str| event == VIEWER_REQUEST || event == VIEWER_RESPONSE;
        Ok(functions(its_functions, self.function())? | lambdas(its_lambdas, mine, &wanted)?)
    }
}

/// Does a page's function with this code answer every cache behavior?
pub(super) fn shows_function(one: &Distribution, code: &str) -> bool {
    State::of(one).page().is_some_and(|arn| page_function::is_page(arn, code))
}

impl State {
    fn of(one: &Distribution) -> State {
        let behaviors = one.behaviors.iter().map(|(path, behavior)| (path.clone(), Viewer::of(behavior)));
        State { behaviors: behaviors.collect() }
    }

    /// The function that every cache behavior runs, where it is a page's.
    fn page(&self) -> Option<&str> {
        let arn = self.behaviors.get(DEFAULT_BEHAVIOR)?.function()?;
        let ours = arn.rsplit('/').next().is_some_and(|name| name.starts_with(EdgeFunction::OURS));
        (ours && self.behaviors.values().all(|viewer| *viewer == Viewer::page(arn))).then_some(arn)
    }
}

impl Lens for Viewers {
    type State = State;
    const KIND: &'static str = "distribution";
    const NEEDS: &'static [Section] = &[Section::Distributions];
    const DANGER_NEEDS: &'static [Section] = &[Section::EdgeFunctions];
    const STATES_ONLY: bool = true;
    const SETTLES_WITHIN: Duration = SETTLES_WITHIN;

    fn state(&self, look: &Look<'_>) -> Now<State> {
        now(look, State::of)
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let code = match page_function::code(look.case) {
            Ok(code) => code,
            Err(unfit) => return Verdict::Refuse(format!("the page cannot be shown: {unfit}")),
        };
        if now.page().is_some_and(|arn| page_function::is_page(arn, &code)) {
            return Verdict::Already;
        }
        let Ok(name) = page_function::of_distribution(&look.at.id, look.account, look.case) else {
            return Verdict::Refuse("the page cannot be shown".into());
        };
        let page = Viewer::page(&page_function::arn(&name, look.account));
        let behaviors = now.behaviors.keys().map(|path| (path.clone(), page.clone())).collect();
        let why = look.account.distributions.item(&look.at.id).and_then(refusal);
        Verdict::unless(why, State { behaviors })
    }

    /// AWS refuses a configuration with a function that is gone.
    fn hold_back(&self, before: &State, look: &Look<'_>) -> Option<Reason> {
        unpublished(before.behaviors.values().filter_map(Viewer::function), look.account)
    }

    /// A cache behavior that somebody has deleted cannot come back, and one that is new shows the page or is
    /// somebody else's.
    fn arrived(&self, to: &State, now: &State) -> bool {
        let known = now.behaviors.iter().filter(|(path, _)| to.behaviors.contains_key(*path));
        let mut known = known.peekable();
        let cuts = to.page().map(Viewer::page);
        let new = now.behaviors.iter().filter(|(path, _)| !to.behaviors.contains_key(*path));
        known.peek().is_some()
            && known.all(|(path, viewer)| to.behaviors.get(path) == Some(viewer))
            && cuts.is_none_or(|page| new.into_iter().all(|(_, viewer)| *viewer == page))
    }

    fn show(&self, state: &State) -> String {
        let all = count(state.behaviors.len(), "cache behavior");
        if state.page().is_some() {
            return format!("{all}: maintenance page");
        }
        let own = |viewer: &&Viewer| viewer.request.is_some() || viewer.response.is_some();
        match state.behaviors.values().filter(own).count() {
            0 => format!("{all}: origin"),
            own => format!("{all}: origin, {own} with a function of its own"),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        update(write.aws, &write.at.id, |config| apply(config, write.to)).await
    }
}

/// Gives the cache behaviors of a configuration what they run. One that is not in the state is new since it
/// was looked at: it gets the page when the others do, and keeps what it runs otherwise. Says whether
/// anything changed.
fn apply(config: &mut DistributionConfig, to: &State) -> Result<bool, StepError> {
    let new = to.page().map(Viewer::page);
    let wanted = |path: &str| to.behaviors.get(path).or(new.as_ref());
    let mut changed = false;
    if let (Some(one), Some(viewer)) = (&mut config.default_cache_behavior, wanted(DEFAULT_BEHAVIOR)) {
        changed |= viewer.give(&mut one.function_associations, &mut one.lambda_function_associations)?;
    }
    for one in config.cache_behaviors.iter_mut().filter_map(|all| all.items.as_mut()).flatten() {
        if let Some(viewer) = wanted(&one.path_pattern) {
            changed |= viewer.give(&mut one.function_associations, &mut one.lambda_function_associations)?;
        }
    }
    Ok(changed)
}
