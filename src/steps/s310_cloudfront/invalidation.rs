//! What the edges have kept of a distribution is dropped, once it shows the page from S3.
//!
//! CloudFront keeps a list of its invalidations, and nothing takes one back: a restore has nothing to do. The id of
//! a target is the distribution's and the paths: `E1/*`.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_cloudfront::types::{InvalidationBatch, Paths};
use serde::{Deserialize, Serialize};

use super::associations::incomplete;
use super::page_origin::ORIGIN;
use crate::account::Section;
use crate::aws::Aws;
use crate::collect::Ask;
use crate::step::{Lens, Look, Names, Now, StepError, Target, Verdict, Write};
use crate::steps::shared::distribution;

pub(super) struct Invalidation;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    /// The run has dropped nothing.
    Kept,
    /// Every edge has dropped what it kept.
    Dropped,
}

/// The target of a distribution: every path.
pub(super) fn target(distribution: &str) -> Target {
    Target::new(Invalidation::KIND, format!("{distribution}/*"))
}

/// The name under which the id of a distribution's invalidation is recorded.
fn name(distribution: &str) -> String {
    format!("{}/{distribution}", Invalidation::KIND)
}

/// The name under which is recorded that the run points a distribution at the page.
fn owed(distribution: &str) -> String {
    format!("page-shown/{distribution}")
}

/// What tells AWS that a call is the same as one before: it then makes no second invalidation.
fn reference(aws: &Aws, distribution: &str) -> String {
    format!("unplug-{}-{distribution}", aws.run())
}

/// Records that the run owes an invalidation, before the distribution is changed: a run that dies after the
/// change finds the page shown, and would not know whether it was the one that did it.
pub(super) fn owe(aws: &Aws, distribution: &str) -> Result<(), StepError> {
    Ok(aws.created(&owed(distribution), &reference(aws, distribution))?)
}

/// Does the run owe this distribution an invalidation, although it shows the page already?
pub(super) fn is_owed(names: &Names, distribution: &str) -> bool {
    names.id(&owed(distribution)).is_some()
}

/// The distributions whose invalidations the run has recorded.
pub(super) fn recorded(names: &Names) -> BTreeSet<String> {
    let begin = name("");
    names.all().into_keys().filter_map(|name| Some(name.strip_prefix(&begin)?.to_owned())).collect()
}

impl Lens for Invalidation {
    type State = State;
    const KIND: &'static str = "invalidation";
    const NEEDS: &'static [Section] = &[Section::Invalidations];
    /// It takes as long as a change of the distribution.
    const SETTLES_WITHIN: Duration = distribution::SETTLES_WITHIN;

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.invalidations.insert(at.parts().0.to_owned());
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let (distribution, _) = look.at.parts();
        let Some(id) = look.case.names.id(&name(distribution)) else { return Now::Is(State::Kept) };
        Now::of(&look.account.invalidations, |all| {
            match all.get(distribution).and_then(|all| all.get(&id)) {
                Some(true) => Now::Is(State::Dropped),
                // A new one may not be in the list yet.
                Some(false) | None => Now::Settling(State::Dropped),
            }
        })
    }

    fn contain(&self, now: &State, _: &Look<'_>) -> Verdict<State> {
        match now {
            State::Kept => Verdict::Lasting(State::Dropped, "the edges fetch what they lack again".into()),
            State::Dropped => Verdict::Already,
        }
    }

    fn show(&self, state: &State) -> String {
        match state {
            State::Kept => "what the edges keep".into(),
            State::Dropped => "every copy dropped (invalidation of /*)".into(),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        match write.to {
            State::Kept => Ok(()),
            State::Dropped => Box::pin(drop_all(write.aws, write.at.parts().0)).await,
        }
    }
}

/// <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html>
async fn drop_all(aws: &Aws, distribution: &str) -> Result<(), StepError> {
    let shown = aws.distribution_config(distribution).await?.config.default_cache_behavior;
    if shown.is_none_or(|one| one.target_origin_id != ORIGIN) {
        return Err(StepError::State(
            "the distribution does not show the page, so nothing is dropped".into(),
        ));
    }
    let paths = Paths::builder().quantity(1).items("/*").build().map_err(|error| incomplete(&error))?;
    let batch = InvalidationBatch::builder().caller_reference(reference(aws, distribution)).paths(paths);
    let batch = batch.build().map_err(|error| incomplete(&error))?;
    let create = aws.cloudfront().create_invalidation().distribution_id(distribution);
    let made = create.invalidation_batch(batch).send().await?.invalidation;
    let id = made.map(|made| made.id).filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| StepError::State("AWS gave the invalidation no id".into()))?;
    Ok(aws.created(&name(distribution), &id)?)
}
