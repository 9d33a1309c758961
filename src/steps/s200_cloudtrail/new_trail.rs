//! The trail that a run makes where there is none to complete.
//!
//! A trail made by API does not log until it is started. It is no `Made<R>`, for the reasons of the
//! bucket: the run chooses its name, it belongs to the account, and nothing deletes it.

use std::time::Duration;

use aws_sdk_cloudtrail::types::Tag;
use serde::{Deserialize, Serialize};

use super::existing_trail::ExistingTrail;
use super::names::{BUCKET, arn, bucket_name, given_bucket, is_full};
use super::settings::{Settings, update};
use super::{KEPT, NOTHING_DELETED};
use crate::account::Section;
use crate::aws::{Aws, AwsError};
use crate::step::{Lens, Look, Now, Reason, StepError, Verdict, Write, created};

pub(super) struct NewTrail;

/// How long CloudTrail may go on seeing a new bucket without its policy.
const POLICY_WITHIN_MS: u64 = 60_000;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TrailBody {
    bucket: String,
    settings: Settings,
}

impl Lens for NewTrail {
    /// `None`: there is no such trail.
    type State = Option<TrailBody>;
    const KIND: &'static str = "new-trail";
    const NEEDS: &'static [Section] = &[Section::Trails];

    fn state(&self, look: &Look<'_>) -> Now<Option<TrailBody>> {
        let Look { at, account, .. } = *look;
        Now::of(&account.trails, |trails| {
            let Some(trail) = trails.get(&arn(account, at.region_name(), &at.id)) else {
                return Now::Is(None);
            };
            let body = |settings| Now::Is(Some(TrailBody { bucket: trail.bucket.clone(), settings }));
            Settings::of(trail).map_or_else(Now::Unknown, body)
        })
    }

    fn contain(&self, now: &Option<TrailBody>, look: &Look<'_>) -> Verdict<Option<TrailBody>> {
        let bucket = bucket_name(&look.account.id, look.case);
        let wanted = Some(TrailBody { bucket, settings: Settings::WISHED });
        if *now == wanted {
            return Verdict::Already;
        }
        match obstacle(look).filter(|_| now.is_none()) {
            Some(why) => Verdict::Refuse(why),
            None => Verdict::Lasting(wanted, KEPT.into()),
        }
    }

    /// Made and not yet started.
    fn passes(&self, from: &Option<TrailBody>, to: &Option<TrailBody>) -> Vec<Option<TrailBody>> {
        let Some(to) = to else { return vec![] };
        let logging = from.as_ref().is_some_and(|from| from.settings.logging);
        vec![Some(TrailBody { settings: Settings { logging, ..to.settings }, ..to.clone() })]
    }

    fn show(&self, state: &Option<TrailBody>) -> String {
        let not_there = || "not there".to_owned();
        state.as_ref().map_or_else(not_there, |new| format!("{}, to {}", new.settings.words(), new.bucket))
    }

    async fn write(&self, write: Write<'_, Option<TrailBody>>) -> Result<(), StepError> {
        let Write { aws, at, to, params, .. } = write;
        let Some(TrailBody { bucket, settings: Settings::WISHED }) = to else {
            return Err(StepError::State(NOTHING_DELETED.into()));
        };
        let client = aws.cloudtrail(at.region_name());
        let create = client
            .create_trail()
            .name(&at.id)
            .s3_bucket_name(bucket)
            .is_multi_region_trail(true)
            .include_global_service_events(true)
            .enable_log_file_validation(true)
            .set_tags_list(Some(tags(aws)?));
        let own_bucket = !params.contains_key(BUCKET);
        let deadline = aws.clock().now_ms() + POLICY_WITHIN_MS;
        let arn = loop {
            match create.clone().send().await.map_err(AwsError::from) {
                Ok(made) => break made.trail_arn,
                // A crash came between creating and recording, or before it was started.
                Err(error) if error.is("TrailAlreadyExistsException") => {
                    break update(aws, at, Some(bucket)).await?;
                }
                // The bucket's policy is seconds old. A refusal is an answer: sending again is safe.
                Err(error)
                    if own_bucket
                        && error.is("InsufficientS3BucketPolicyException")
                        && aws.clock().now_ms() < deadline =>
                {
                    aws.clock().wait(Duration::from_secs(3)).await;
                }
                Err(error) => return Err(error.into()),
            }
        };
        aws.created(ExistingTrail::KIND, arn.as_deref().unwrap_or(&at.id))?;
        client.start_logging().name(&at.id).send().await?;
        Ok(())
    }
}

/// Returns why it cannot be made.
fn obstacle(look: &Look<'_>) -> Option<Reason> {
    is_full(look.account, look.case).or_else(|| {
        let (bucket, buckets) = (given_bucket(look.case)?, look.account.log_buckets.read()?);
        (!buckets.contains_key(bucket)).then(|| format!("the playbook's bucket {bucket} does not exist"))
    })
}

pub(super) fn tags(aws: &Aws) -> Result<Vec<Tag>, StepError> {
    let tag = |(key, value): (&str, String)| Tag::builder().key(key).value(value).build();
    let tags = created::tags(aws, ExistingTrail::KIND).into_iter().map(tag).collect::<Result<_, _>>();
    tags.map_err(|error| StepError::State(error.to_string()))
}
