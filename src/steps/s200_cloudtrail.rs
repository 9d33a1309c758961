//! 200: one trail that logs every Region, validated, from now on.

mod existing_trail;
mod judge;
mod log_bucket;
mod names;
mod new_trail;
mod settings;

use existing_trail::ExistingTrail;
use judge::{bucket_lacks, candidate, is_own, lacks};
use log_bucket::LogBucket;
use names::{BUCKET, bucket_name, given_bucket, own_arn, trail_name};
use new_trail::NewTrail;

use super::shared::home::home;
use crate::account::{Account, Section, Trail};
use crate::collect::Ask;
use crate::step::{
    Case, Does, Found, Iam, Item, Lens as _, Lenses, Param, ParamKind, Params, Reversal, Spec, Step, StepId,
    Target, Width,
};

pub struct CloudTrail;

const KEPT: &str = "evidence: a restore never turns logging off";

/// What a write answers that is asked to take evidence away.
const NOTHING_DELETED: &str = "evidence is kept: nothing is turned off or deleted";

static SPEC: Spec = Spec {
    id: StepId(200),
    slug: "cloudtrail",
    title: "CloudTrail: every Region is logged",
    needs: &[Section::Trails, Section::LogBuckets],
    reversal: Reversal::Keep("evidence: the trail goes on logging, and what was made for it stays"),
    iam: Iam {
        apply: &[
            "cloudtrail:AddTags",
            "cloudtrail:CreateTrail",
            "cloudtrail:StartLogging",
            "cloudtrail:UpdateTrail",
            "s3:CreateBucket",
            "s3:PutBucketPolicy",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutBucketVersioning",
            "s3:TagResource",
        ],
        undo: &[],
    },
    params: &[Param {
        name: BUCKET,
        kind: ParamKind::Text,
        doc: "an existing bucket for a trail that has to be made, best in another account, with CloudTrail's \
              policy already on it; otherwise one is made in this account",
    }],
    does: Does::Saves("evidence is added"),
    cuts: "nothing: it adds evidence, and comes before the cuts so that they are logged too",
    leaves: "what happened before it; data events (S3 objects, Lambda calls); whoever may change trails or \
             the bucket in this account can still stop or delete the log; about five minutes of delay",
    breaks: "Nothing stops. A second copy of management events and its storage cost money.",
    doc: include_str!("s200_cloudtrail/doc.md"),
};
impl Step for CloudTrail {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn width(&self, _: &Params) -> Width {
        Width::Account
    }

    fn ask(&self, ask: &mut Ask, account: &str, case: &Case) {
        ask.buckets.insert(bucket_name(account, case));
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        let Some(trails) = account.trails.read() else { return found };
        for (arn, trail) in trails {
            let lacks = [lacks(trail), bucket_lacks(arn, trail, account)].concat();
            if !lacks.is_empty() {
                found.note(Some(&trail.home_region), format!("{} {}", trail.name, lacks.join("; ")));
            }
        }
        let ours = trails.contains_key(&own_arn(account, case));
        let good = trails.iter().filter(|(_, trail)| lacks(trail).is_empty());
        if let Some((arn, trail)) = good.min_by_key(|(arn, trail)| (!is_own(arn, account), &trail.name)) {
            let whose = if is_own(arn, account) { "" } else { " (the organization's)" };
            found.fine(Some(&trail.home_region), format!("{}{whose} logs every Region", trail.name));
            if !ours && is_own(arn, account) {
                found.item(item(arn, trail));
            }
            if !ours {
                return found;
            }
        }
        if let (false, Some((arn, trail))) = (ours, candidate(account)) {
            found.item(item(arn, trail));
            return found;
        }
        // Nothing to build on: the run's own trail, or what a crash left of it.
        let home = home(account);
        if given_bucket(case).is_none() {
            let bucket = Target::new(LogBucket::KIND, bucket_name(&account.id, case)).region(&home);
            found.item(Item::created(bucket));
        }
        found.item(Item::new(Target::new(NewTrail::KIND, trail_name(case)).region(&home)));
        found
    }

    fn lenses(&self) -> Lenses {
        &[&ExistingTrail, &LogBucket, &NewTrail]
    }
}

fn item(arn: &str, trail: &Trail) -> Item {
    let at = Target::new(ExistingTrail::KIND, arn);
    Item::new(at.region(&trail.home_region).label(Some(&trail.name)))
}

#[cfg(test)]
mod tests;
