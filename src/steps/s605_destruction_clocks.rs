//! 605: deletions that wait for their day are called off: KMS keys, secrets.

mod clock;
mod kms_key;
mod secret;

use std::collections::BTreeMap;

use crate::account::{Account, KmsKey, Region, Section, Seen};
use crate::step::{
    Case, Does, Found, Iam, Item, Lens as _, Lenses, Params, Reversal, Spec, Step, StepId, Target, Width,
    count,
};
use clock::Clock;
use kms_key::Key;
use secret::StoredSecret;

pub struct DestructionClocks;

static SPEC: Spec = Spec {
    id: StepId(605),
    slug: "destruction-clocks",
    title: "KMS keys and secrets: scheduled deletions cancelled",
    needs: &[Section::KmsKeys, Section::Secrets],
    reversal: Reversal::Keep("a restore never schedules a deletion: it would destroy data"),
    iam: Iam { apply: &["kms:CancelKeyDeletion", "secretsmanager:RestoreSecret"], undo: &[] },
    params: &[],
    does: Does::Saves("keys and secrets are kept from deletion"),
    cuts: "the scheduled deletion of KMS keys and of Secrets Manager secrets, in every Region",
    leaves: "the keys disabled, as AWS leaves them: enabling them is by hand; the secrets readable again for \
             whoever may read them, so cut identities first (600); new deletions by whoever may schedule them; \
             what has no waiting period: secrets deleted without a recovery window, replicas of secrets, imported \
             key material; keys that somebody disabled, and key stores that are disconnected; clocks that this \
             version does not look at: S3 lifecycle rules, recovery points of AWS Backup, RDS backups, log retention",
    breaks: "Nothing stops. A deletion that you want has to be scheduled again, and its waiting period begins \
             anew; keys and secrets that are kept cost money.",
    doc: include_str!("s605_destruction_clocks/doc.md"),
};

impl Step for DestructionClocks {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn width(&self, _: &Params) -> Width {
        Width::Region
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            let scheduled = keys(region, here, &mut found) + secrets(region, here, &mut found);
            if scheduled == 0 && all_read(&here.kms_keys) && all_read(&here.secrets) {
                found.fine(Some(region), "no key and no secret is scheduled for deletion");
            }
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&Key, &StoredSecret]
    }
}

fn all_read<T>(items: &Seen<BTreeMap<String, Seen<T>>>) -> bool {
    items.read().is_some_and(|items| items.values().all(|item| item.gap().is_none()))
}

/// Adds the keys of a Region that people can delete. Returns how many are scheduled for deletion.
fn keys(region: &str, here: &Region, found: &mut Found) -> usize {
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
            is_scheduled(scheduled, "KMS key")
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
        (_, Some(date)) => {
            Some(format!("has imported key material that AWS deletes on {}", clock::day(date)))
        }
        _ => None,
    }
}

/// Adds the secrets of a Region. Returns how many are scheduled for deletion.
fn secrets(region: &str, here: &Region, found: &mut Found) -> usize {
    let mut scheduled = 0;
    for (arn, secret) in here.secrets.items() {
        let Some(secret) = secret.read() else { continue };
        let at = Target::new(StoredSecret::KIND, arn).region(region).label(Some(&secret.name));
        found.item(Item::new(at).tags(&secret.tags));
        scheduled += usize::from(Clock::of_secret(secret) != Clock::Stopped);
    }
    if scheduled > 0 {
        let text =
            format!("{} to be deleted: nobody can read it until then", is_scheduled(scheduled, "secret"));
        found.note(Some(region), text);
    }
    scheduled
}

fn is_scheduled(number: usize, noun: &str) -> String {
    let is = if number == 1 { "is" } else { "are" };
    format!("{} {is} scheduled", count(number, noun))
}

/// The beginning of a description, which serves as a key's name.
fn short(description: &str) -> String {
    const MOST: usize = 40;
    match description.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &description[..end]),
        None => description.to_owned(),
    }
}

#[cfg(test)]
mod tests;
