//! An event source mapping: what Lambda polls for a function. It keeps its place in the stream while it is off.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html>

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::kept;
use crate::account::Region;
use crate::account::Section;
use crate::account::functions::name_of;
use crate::step::{Lens, Look, Now, StepError, Verdict, Write};

pub(super) struct Source;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    polls: bool,
}

impl Lens for Source {
    type State = State;
    const KIND: &'static str = "event-source";
    const NEEDS: &'static [Section] = &[Section::EventSources];
    /// AWS gives no figure; some minutes are seen.
    const SETTLES_WITHIN: Duration = Duration::from_secs(600);

    fn state(&self, look: &Look<'_>) -> Now<State> {
        look.in_region(|here| {
            Now::of_item(&here.event_sources, &look.at.id, |source| match source.state.as_str() {
                "Enabled" => Now::Is(State { polls: true }),
                "Disabled" => Now::Is(State { polls: false }),
                "Disabling" => Now::Settling(State { polls: false }),
                "Deleting" => Now::Vanished,
                // Creating, Enabling; Updating does not say what it ends in, so it is taken for on.
                _ => Now::Settling(State { polls: true }),
            })
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        if !now.polls {
            return Verdict::Already;
        }
        let here = look.region();
        let source = here.and_then(|here| here.event_sources.item(&look.at.id));
        let name = source.map(|source| name_of(&source.function)).unwrap_or_default();
        if here.is_some_and(|here| unread(here, name)) {
            return Verdict::Refuse(
                "its function could not be read, which may be protected or carry alerts".into(),
            );
        }
        Verdict::unless(kept::why(look, name), State { polls: false })
    }

    fn show(&self, state: &State) -> String {
        if state.polls { "polls".into() } else { "disabled".into() }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let lambda = write.aws.lambda(write.at.region_name());
        // AWS takes nothing for a mapping that is on its way, also where it is on its way there.
        let now = lambda.get_event_source_mapping().uuid(&write.at.id).send().await?;
        let there: &[&str] =
            if write.to.polls { &["Creating", "Enabling", "Enabled"] } else { &["Disabling", "Disabled"] };
        if now.state.is_some_and(|state| there.contains(&state.as_str())) {
            return Ok(());
        }
        lambda.update_event_source_mapping().uuid(&write.at.id).enabled(write.to.polls).send().await?;
        Ok(())
    }
}

/// Could the function not be looked at? One that is not there any more was looked for.
fn unread(here: &Region, name: &str) -> bool {
    match here.functions.read() {
        None => true,
        Some(all) => all.get(name).is_some_and(|one| one.read().is_none()),
    }
}
