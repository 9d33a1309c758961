//! Where a distribution fetches from: the page's bucket in every cache behavior, and every error of it shown as
//! the page.
//!
//! Only the fields of [`State`] are changed. A behavior loses what would keep the page from a visitor: code that
//! runs on requests and on the origin's answers, and what it forwards to its origin. S3 would take a forwarded
//! `Host` for the name of a bucket.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html>

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::associations::unpublished;
use super::page_config::apply;
use super::{VIEWER_REQUEST, VIEWER_RESPONSE, invalidation};
use crate::account::{Behavior, Caching, DEFAULT_BEHAVIOR, Distribution, EdgeLambda, ErrorPage, Section};
use crate::front::prepared::{self, Readiness, Ready};
use crate::step::{Lens, Look, Now, Reason, StepError, Verdict, Write, count};
use crate::steps::shared::distribution::{SETTLES_WITHIN, now, refusal, update};

pub(super) struct PageOrigin;

/// The id of the page's origin in a distribution.
pub(super) const ORIGIN: &str = "unplug-page";
/// AWS's cache policy `CachingDisabled`: no header, no cookie and no query string goes to the origin, and
/// nothing is kept. Its id is the same in every account.
///
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html>
const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
/// The errors for which CloudFront shows a page, all of them: with them go errors that are CloudFront's own.
///
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html>
const ERRORS: [&str; 11] = ["400", "403", "404", "405", "414", "416", "500", "501", "502", "503", "504"];
/// How long an edge keeps an error, in seconds: AWS's default. Visitors see the page so long after a restore.
const ERROR_KEPT: i64 = 10;

/// Where it fetches from, and what errors become.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// The origin with the page's id.
    pub origin: Option<Origin>,
    /// By path.
    pub behaviors: BTreeMap<String, Aim>,
    /// By status.
    pub errors: BTreeMap<String, ErrorPage>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Origin {
    pub domain: String,
    pub access_control: Option<String>,
}

/// Where one cache behavior fetches from, and what it runs and forwards on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Aim {
    pub origin: String,
    pub cache: Caching,
    pub request_policy: Option<String>,
    /// The ARN of the CloudFront Function on requests.
    pub function: Option<String>,
    /// Lambda@Edge by event. Those on viewers' responses stay, and are not here: CloudFront does not run them
    /// for errors.
    pub lambdas: BTreeMap<String, EdgeLambda>,
}

impl Aim {
    fn of(behavior: &Behavior) -> Aim {
        let lambdas = behavior.lambdas.iter().filter(|(event, _)| *event != VIEWER_RESPONSE);
        Aim {
            origin: behavior.origin.clone(),
            cache: behavior.cache.clone(),
            request_policy: behavior.request_policy.clone(),
            function: behavior.functions.get(VIEWER_REQUEST).cloned(),
            lambdas: lambdas.map(|(event, lambda)| (event.clone(), lambda.clone())).collect(),
        }
    }

    fn page() -> Aim {
        Aim {
            origin: ORIGIN.into(),
            cache: Caching { policy: Some(CACHING_DISABLED.into()), ..Caching::default() },
            request_policy: None,
            function: None,
            lambdas: BTreeMap::new(),
        }
    }
}

impl State {
    fn of(one: &Distribution) -> State {
        let origin = one.origins.get(ORIGIN).map(|origin| Origin {
            domain: origin.domain.clone(),
            access_control: origin.access_control.clone(),
        });
        let behaviors = one.behaviors.iter().map(|(path, behavior)| (path.clone(), Aim::of(behavior)));
        State { origin, behaviors: behaviors.collect(), errors: one.error_pages.clone() }
    }

    fn cut(&self, ready: &Ready) -> State {
        let page = ErrorPage {
            path: Some(ready.path.clone()),
            status: Some(prepared::STATUS.into()),
            min_ttl: Some(ERROR_KEPT),
        };
        State {
            origin: Some(Origin {
                domain: ready.domain.clone(),
                access_control: Some(ready.access_control.clone()),
            }),
            behaviors: self.behaviors.keys().map(|path| (path.clone(), Aim::page())).collect(),
            errors: ERRORS.map(|error| (error.to_owned(), page.clone())).into(),
        }
    }

    /// What a cache behavior gets that is new since it was looked at: the page, where all others show it.
    pub(super) fn of_new(&self) -> Option<Aim> {
        let page = Aim::page();
        (self.behaviors.values().all(|aim| *aim == page) && self.behaviors.contains_key(DEFAULT_BEHAVIOR))
            .then_some(page)
    }
}

/// Does the distribution show the page from S3?
pub(super) fn shows(one: &Distribution, ready: &Ready) -> bool {
    let now = State::of(one);
    now == now.cut(ready)
}

/// Why a distribution cannot fetch from S3, although it can be changed.
pub(super) fn unfit(one: &Distribution) -> Option<Reason> {
    let path =
        |which: fn(&Behavior) -> bool| one.behaviors.iter().find(|(_, one)| which(one)).map(|(path, _)| path);
    if let Some(path) = path(|one| one.grpc) {
        return Some(format!("{path} answers gRPC, which S3 does not"));
    }
    let path = path(|one| one.encrypts_fields.is_some())?;
    Some(format!("{path} encrypts fields, which goes with origins of one's own alone"))
}

impl Lens for PageOrigin {
    type State = State;
    const KIND: &'static str = "distribution-origin";
    const NEEDS: &'static [Section] = &[Section::Distributions];
    const DANGER_NEEDS: &'static [Section] = &[Section::EdgeFunctions];
    const STATES_ONLY: bool = true;
    const SETTLES_WITHIN: Duration = SETTLES_WITHIN;

    fn state(&self, look: &Look<'_>) -> Now<State> {
        now(look, State::of)
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let ready = match prepared::readiness(look.account, look.case.scope.page.as_deref()) {
            Readiness::Ready(ready) => ready,
            Readiness::Missing(why) => {
                return Verdict::Refuse(format!(
                    "the page is not ready in S3: {why}. unplug prepare makes it, and via = \"function\" needs none"
                ));
            }
            Readiness::Unread(why) => {
                return Verdict::Refuse(format!("it is not known whether the page is ready in S3: {why}"));
            }
        };
        let wanted = now.cut(&ready);
        if *now == wanted {
            return Verdict::Already;
        }
        let one = look.account.distributions.item(&look.at.id);
        Verdict::unless(one.and_then(|one| refusal(one).or_else(|| unfit(one))), wanted)
    }

    fn hold_back(&self, before: &State, look: &Look<'_>) -> Option<Reason> {
        unpublished(before.behaviors.values().filter_map(|aim| aim.function.as_deref()), look.account)
    }

    /// A cache behavior that somebody has deleted cannot come back, and one that is new shows the page or is
    /// somebody else's. The page's origin stays where such a one asks it.
    fn arrived(&self, to: &State, now: &State) -> bool {
        let (known, new): (Vec<_>, Vec<_>) =
            now.behaviors.iter().partition(|(path, _)| to.behaviors.contains_key(*path));
        let stays = to.origin.is_none() && new.iter().any(|(_, aim)| aim.origin == ORIGIN);
        !known.is_empty()
            && known.iter().all(|(path, aim)| to.behaviors.get(*path) == Some(*aim))
            && to.of_new().is_none_or(|page| new.iter().all(|(_, aim)| **aim == page))
            && (to.origin == now.origin || stays)
            && to.errors == now.errors
    }

    fn show(&self, state: &State) -> String {
        let all = count(state.behaviors.len(), "cache behavior");
        if state.of_new().is_some() {
            let shown = state.errors.get("403").and_then(|page| page.path.as_deref()).unwrap_or("no page");
            return format!("{all}: maintenance page from S3 ({shown})");
        }
        let own = |aim: &&Aim| aim.function.is_some() || !aim.lambdas.is_empty();
        let own = match state.behaviors.values().filter(own).count() {
            0 => String::new(),
            own => format!(", {own} with a function of its own"),
        };
        let errors = match state.errors.len() {
            0 => String::new(),
            errors => format!(", {}", count(errors, "error page")),
        };
        format!("{all}: origin{own}{errors}")
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        if write.to.of_new().is_some() {
            invalidation::owe(write.aws, &write.at.id)?;
        }
        update(write.aws, &write.at.id, |config| apply(config, write.to)).await
    }
}
