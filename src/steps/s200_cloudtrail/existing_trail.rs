//! A trail of this account that is completed: every Region, validated, logging.
//!
//! A trail can be changed in its home Region only, and one that is updated does not log until it is
//! started. Nothing turns it off again: see `KEPT`.

use super::settings::{Settings, update};
use super::{KEPT, NOTHING_DELETED};
use crate::account::Section;
use crate::step::{Lens, Look, Now, StepError, Verdict, Write};

pub(super) struct ExistingTrail;

impl Lens for ExistingTrail {
    type State = Settings;
    const KIND: &'static str = "trail";
    const NEEDS: &'static [Section] = &[Section::Trails];

    fn state(&self, look: &Look<'_>) -> Now<Settings> {
        Now::of_item(&look.account.trails, &look.at.id, |trail| {
            Settings::of(trail).map_or_else(Now::Unknown, Now::Is)
        })
    }

    fn contain(&self, now: &Settings, _: &Look<'_>) -> Verdict<Settings> {
        match *now {
            Settings::WISHED => Verdict::Already,
            _ => Verdict::Lasting(Settings::WISHED, KEPT.into()),
        }
    }

    /// Updated and not yet started.
    fn passes(&self, from: &Settings, to: &Settings) -> Vec<Settings> {
        vec![Settings { logging: from.logging, ..*to }]
    }

    fn show(&self, state: &Settings) -> String {
        state.words()
    }

    async fn write(&self, write: Write<'_, Settings>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        if *to != Settings::WISHED {
            return Err(StepError::State(NOTHING_DELETED.into()));
        }
        if (Settings { logging: true, ..*from }) != Settings::WISHED {
            update(aws, at, None).await?;
        }
        if !from.logging {
            aws.cloudtrail(at.region_name()).start_logging().name(&at.id).send().await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trail_that_is_completed_is_updated_before_it_is_started() {
        let half = Settings { logging: false, ..Settings::WISHED };
        let start = Settings { multi_region: false, ..half };
        assert_eq!(ExistingTrail.passes(&start, &Settings::WISHED), [half]);
    }
}
