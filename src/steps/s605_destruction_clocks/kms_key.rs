//! A KMS key of the customer's. AWS leaves it disabled when its deletion is cancelled, and nothing says
//! whether it was enabled before.

use super::clock::{self, Clock, NEVER, day};
use crate::account::{KmsKey, Region, Section};
use crate::collect::Ask;
use crate::step::{Found, Item, Lens, Look, Now, Reason, StepError, Target, Verdict, Write};

pub(super) struct Key;

/// Adds the keys of a Region that people can delete. Returns how many are scheduled for deletion.
pub(super) fn find(region: &str, here: &Region, found: &mut Found) -> usize {
    let mut scheduled = 0;
    for (id, key) in here.kms_keys.items() {
        // One that was not read is a gap of the section.
        let Some(key) = key.read().filter(|key| !key.managed_by_aws) else { continue };
        let at = Target::new(Key::KIND, id).region(region);
        found.item(Item::new(at.label(Some(&short(&key.description)))));
        scheduled += usize::from(Clock::of_key(key) != Clock::Stopped);
        if let Some(text) = other_danger(key) {
            found.note(Some(region), format!("key {id} {text}"));
        }
    }
    if scheduled > 0 {
        let text = format!(
            "{} to be deleted: its data cannot be decrypted now, and never again afterwards",
            clock::is_scheduled(scheduled, "KMS key")
        );
        found.note(Some(region), text);
    }
    scheduled
}

/// What else makes a key useless: no call of this step repairs it.
fn other_danger(key: &KmsKey) -> Option<String> {
    match (key.state.as_str(), &key.material_expires) {
        ("PendingImport", _) => Some(
            "has no key material: if somebody deleted it, import the same material again \
             (aws kms import-key-material)"
                .into(),
        ),
        ("Unavailable", _) => Some("is unavailable: its custom key store is disconnected".into()),
        (_, Some(date)) => Some(format!("has imported key material that AWS deletes on {}", day(date))),
        _ => None,
    }
}

/// The beginning of a description, which serves as a key's name.
fn short(description: &str) -> String {
    const MOST: usize = 40;
    match description.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &description[..end]),
        None => description.to_owned(),
    }
}

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
