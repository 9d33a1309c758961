//! A secret of Secrets Manager. Restored, it can be read again at once.

use super::clock::{self, Clock, NEVER, day};
use crate::account::{Region, Section};
use crate::collect::Ask;
use crate::step::{Found, Item, Lens, Look, Now, Reason, StepError, Target, Verdict, Write};

pub(super) struct StoredSecret;

/// Adds the secrets of a Region. Returns how many are scheduled for deletion.
pub(super) fn find(region: &str, here: &Region, found: &mut Found) -> usize {
    let mut scheduled = 0;
    for (arn, secret) in here.secrets.items() {
        let Some(secret) = secret.read() else { continue };
        let at = Target::new(StoredSecret::KIND, arn).region(region).label(Some(&secret.name));
        found.item(Item::new(at).tags(&secret.tags));
        scheduled += usize::from(Clock::of_secret(secret) != Clock::Stopped);
    }
    if scheduled > 0 {
        let text = format!(
            "{} to be deleted: nobody can read it until then",
            clock::is_scheduled(scheduled, "secret")
        );
        found.note(Some(region), text);
    }
    scheduled
}

impl Lens for StoredSecret {
    type State = Clock;
    const KIND: &'static str = "secret";
    const NEEDS: &'static [Section] = &[Section::Secrets];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        clock::read_only(ask, at);
    }

    fn state(&self, look: &Look<'_>) -> Now<Clock> {
        look.in_region(|here| {
            Now::of_item(&here.secrets, &look.at.id, |secret| {
                Now::of(secret, |secret| Now::Is(Clock::of_secret(secret)))
            })
        })
    }

    fn contain(&self, now: &Clock, _: &Look<'_>) -> Verdict<Clock> {
        now.contain(kept())
    }

    fn hold_back(&self, before: &Clock, _: &Look<'_>) -> Option<Reason> {
        before.hold_back(kept())
    }

    /// AWS's pages do not agree whether `DeletedDate` is the day of the request or that of the deletion.
    fn show(&self, state: &Clock) -> String {
        match state {
            Clock::Stopped => "kept, and readable".into(),
            Clock::Runs { until } => {
                format!("scheduled for deletion (DeletedDate {})", until.as_deref().map_or("unknown", day))
            }
        }
    }

    /// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RestoreSecret.html>
    async fn write(&self, write: Write<'_, Clock>) -> Result<(), StepError> {
        write.to.must_stop()?;
        write.aws.secrets(write.at.region_name()).restore_secret().secret_id(&write.at.id).send().await?;
        Ok(())
    }
}

fn kept() -> Reason {
    format!("it can be read again: {NEVER}")
}
