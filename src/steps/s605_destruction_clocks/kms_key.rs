//! A KMS key of the customer's. AWS leaves it disabled when its deletion is cancelled, and nothing says
//! whether it was enabled before.

use super::clock::{self, Clock, NEVER, day};
use crate::account::Section;
use crate::collect::Ask;
use crate::step::{Lens, Look, Now, Reason, StepError, Target, Verdict, Write};

pub(super) struct Key;

impl Lens for Key {
    type State = Clock;
    const KIND: &'static str = "kms-key";
    const NEEDS: &'static [Section] = &[Section::KmsKeys];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        clock::read_only(ask, at);
    }

    fn state(&self, look: &Look<'_>) -> Now<Clock> {
        look.in_region(|here| {
            Now::of_item(&here.kms_keys, &look.at.id, |key| Now::of(key, |key| Now::Is(Clock::of_key(key))))
        })
    }

    fn contain(&self, now: &Clock, look: &Look<'_>) -> Verdict<Clock> {
        now.contain(kept(look.at))
    }

    fn hold_back(&self, before: &Clock, look: &Look<'_>) -> Option<Reason> {
        before.hold_back(kept(look.at))
    }

    fn show(&self, state: &Clock) -> String {
        match state {
            Clock::Stopped => "kept, and disabled by AWS".into(),
            Clock::Runs { until: Some(date) } => format!("pending deletion on {}", day(date)),
            Clock::Runs { until: None } => "pending deletion after its replicas".into(),
        }
    }

    /// <https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html>
    async fn write(&self, write: Write<'_, Clock>) -> Result<(), StepError> {
        write.to.must_stop()?;
        write.aws.kms(write.at.region_name()).cancel_key_deletion().key_id(&write.at.id).send().await?;
        Ok(())
    }
}

fn kept(at: &Target) -> Reason {
    format!(
        "AWS leaves it disabled (aws kms enable-key --region {} --key-id {}): {NEVER}",
        at.region_name(),
        at.id
    )
}
