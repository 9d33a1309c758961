//! No KMS key and no secret is about to be deleted.

use crate::account::{Cause, KmsKey, Secret, Section};
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "back-deletions",
    group: Group::Back,
    title: "No KMS key and no secret is about to be deleted",
    severity: Severity::High,
    why: "With a key goes everything that it encrypts, backups included. A thief schedules that first, and it \
          takes a week at the least: somebody must look.",
    fix: "unplug pull --steps 605; or aws kms cancel-key-deletion --region REGION --key-id KEY, \
          then aws kms enable-key, because AWS leaves it disabled; aws secretsmanager restore-secret --region \
          REGION --secret-id SECRET",
    needs: &[Section::KmsKeys, Section::Secrets],
    also: &[],
    mirrors: &["FSBP KMS.3"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let (mut keys, mut secrets) = (0, 0);
    for (region, here) in facts.regions() {
        for (id, key) in here.kms_keys.items() {
            keys += 1;
            match key.as_result() {
                Ok(key) => {
                    if let Some(text) = doomed_key(key) {
                        answer.fail(id, Some(region), format!("key {id} {text}"));
                    }
                }
                Err(gap) if gap.cause == Cause::NotRead => answer.gap(&format!("key {id}"), gap),
                Err(_) => {}
            }
        }
        for (id, secret) in here.secrets.items() {
            secrets += 1;
            match secret.as_result() {
                Ok(secret) => {
                    if let Some(text) = doomed_secret(secret) {
                        answer.fail(id, Some(region), format!("secret {} {text}", secret.name));
                    }
                }
                Err(gap) if gap.cause == Cause::NotRead => answer.gap(&format!("secret {id}"), gap),
                Err(_) => {}
            }
        }
    }
    answer.said = format!("{keys} keys and {secrets} secrets looked at");
}

fn doomed_key(key: &KmsKey) -> Option<String> {
    match (key.state.as_str(), &key.deletion) {
        ("PendingDeletion", Some(when)) => Some(format!("is deleted on {when}")),
        ("PendingDeletion" | "PendingReplicaDeletion", _) => Some("is to be deleted".into()),
        _ => None,
    }
}

fn doomed_secret(secret: &Secret) -> Option<String> {
    secret.deleted.as_ref().map(|when| format!("was marked for deletion on {when}"))
}
