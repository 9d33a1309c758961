//! 605: deletions that wait for their day, or run by a rule that somebody has set lately, are called off: KMS
//! keys, secrets, lifecycle rules of S3, retention of logs, recovery points.

mod clock;
mod databases;
mod evidence;
mod kms_key;
mod lifecycle;
mod log_group;
mod recovery_point;
mod secret;

use std::collections::BTreeMap;

use crate::account::{Account, Section, Seen};
use crate::collect::Ask;
use crate::step::{Case, Does, Effect, Found, Iam, Lenses, Params, Reversal, Spec, Step, StepId, Width};
use kms_key::Key;
use lifecycle::Lifecycle;
use log_group::KeptLogGroup;
use recovery_point::KeptRecoveryPoint;
use secret::StoredSecret;

pub struct DestructionClocks;

static SPEC: Spec = Spec {
    id: StepId(605),
    slug: "destruction-clocks",
    title: "scheduled deletions cancelled: keys, secrets, lifecycles, logs",
    needs: &[
        Section::KmsKeys,
        Section::Secrets,
        Section::BucketLifecycles,
        Section::DeletionCalls,
        Section::LogGroups,
        Section::RecoveryPoints,
        Section::Databases,
    ],
    reversal: Reversal::Keep("a restore never schedules a deletion: it would destroy data"),
    iam: Iam {
        apply: &[
            "backup:UpdateRecoveryPointLifecycle",
            "kms:CancelKeyDeletion",
            "logs:DeleteRetentionPolicy",
            "s3:GetLifecycleConfiguration",
            "s3:PutLifecycleConfiguration",
            "secretsmanager:RestoreSecret",
        ],
        undo: &[],
    },
    params: &[evidence::LIFECYCLE.param(), evidence::RETENTION.param(), evidence::WITHIN.param()],
    does: Does::Saves("keys, secrets, logs and backups are kept from deletion"),
    cuts: "the scheduled deletion of KMS keys and of Secrets Manager secrets; S3 lifecycle rules that delete, the \
           retention of log groups, and the date of recovery points of AWS Backup, where somebody has set them in \
           the last 14 days (`within`); in every Region",
    leaves: "the keys disabled, as AWS leaves them: enabling them is by hand; the secrets readable again for \
             whoever may read them, so cut identities first (600); new deletions by whoever may schedule them; \
             what has no waiting period: secrets deleted without a recovery window, replicas of secrets, imported \
             key material; keys that somebody disabled, and key stores that are disconnected; objects that S3 \
             deletes in the minutes until it heeds a disabled rule; rules and retentions set before those days, or \
             by calls that CloudTrail does not show; lifecycles of directory buckets and tables; recovery points \
             that AWS is deleting, continuous ones, and those of backup plans whose retention was shortened for \
             what comes; automated backups of RDS and those of other services: what is seen of RDS is named",
    breaks: "Nothing stops. A deletion that you want has to be set again: a waiting period begins anew, and a \
             disabled rule moves no objects to cheaper storage either. What is kept costs money.",
    doc: include_str!("s605_destruction_clocks/doc.md"),
};

/// What `lifecycle = "all"` cuts.
const EVERY_RULE: &str = "the scheduled deletion of KMS keys and of Secrets Manager secrets; every S3 lifecycle rule \
                          that deletes, the company's own too; the retention of log groups, and the date of \
                          recovery points of AWS Backup, where somebody has set them in the last 14 days \
                          (`within`); in every Region";

impl Step for DestructionClocks {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn effect(&self, params: &Params) -> Effect {
        let all = evidence::LIFECYCLE.is(params, evidence::ALL);
        Effect { cuts: if all { EVERY_RULE } else { SPEC.cuts }, ..SPEC.effect() }
    }

    fn width(&self, _: &Params) -> Width {
        Width::Region
    }

    fn ask(&self, ask: &mut Ask, _: &str, case: &Case) {
        evidence::ask(ask, case);
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            let scheduled = kms_key::find(region, here, &mut found) + secret::find(region, here, &mut found);
            if scheduled == 0 && all_read(&here.kms_keys) && all_read(&here.secrets) {
                found.fine(Some(region), "no key and no secret is scheduled for deletion");
            }
            evidence::say_unseen(region, here, case, &mut found);
            log_group::find(region, here, case, &mut found);
            recovery_point::find(region, here, case, &mut found);
            databases::say(region, here, &mut found);
        }
        lifecycle::find(account, case, &mut found);
        found
    }

    fn lenses(&self) -> Lenses {
        &[&Key, &StoredSecret, &Lifecycle, &KeptLogGroup, &KeptRecoveryPoint]
    }
}

fn all_read<T>(items: &Seen<BTreeMap<String, Seen<T>>>) -> bool {
    items.read().is_some_and(|items| items.values().all(|item| item.gap().is_none()))
}

#[cfg(test)]
mod tests;
