//! Trails with what says whether they really log, and the buckets they log to.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudtrail::operation::get_event_selectors::GetEventSelectorsOutput;
use aws_sdk_cloudtrail::types::{AdvancedEventSelector, EventSelector, ReadWriteType};
use aws_sdk_s3::types::BucketVersioningStatus;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use futures::future::join_all;

use super::s3::own_block;
use super::{Ask, seen};
use crate::account::{Account, Gap, LogBucket, Section, Seen, Trail};
use crate::aws::{Aws, AwsError, Kind};

/// Reads the trails of every enabled Region, whatever the scope: a trail that logs one Region only
/// is listed nowhere else, and "is anything logged?" is a question about the whole account.
pub(super) async fn read(aws: &Aws, known: &Account, ask: &Ask) -> Account {
    let regions = match &known.enabled_regions {
        Seen::Read(regions) if !regions.is_empty() => regions.clone(),
        _ => ask.regions.iter().flatten().cloned().chain([aws.home_region()]).collect(),
    };
    let (trails, trails_unread) = all_trails(aws, &known.id, &regions).await;
    let mut part = known.identity();
    if ask.sections.contains(&Section::LogBuckets) {
        part.log_buckets = log_buckets(aws, &known.id, &trails, ask).await;
    }
    if ask.sections.contains(&Section::Trails) {
        (part.trails, part.trails_unread) = (trails, trails_unread);
    }
    part
}

/// A Region that does not answer leaves a gap of its own as long as another one answers.
async fn all_trails(
    aws: &Aws,
    id: &str,
    regions: &BTreeSet<String>,
) -> (Seen<BTreeMap<String, Trail>>, BTreeMap<String, Gap>) {
    let lists = join_all(regions.iter().map(|region| listed(aws, region))).await;
    let mut found = BTreeMap::new();
    let mut unread = BTreeMap::new();
    for (region, list) in regions.iter().zip(lists) {
        match seen(list) {
            // Shadow copies carry the ARN and the home Region of the original.
            Seen::Read(list) => found.extend(list),
            Seen::Gap(gap) => {
                unread.insert(region.clone(), gap);
            }
        }
    }
    if unread.len() == regions.len() {
        let gap = unread.into_values().next().map_or_else(Seen::default, Seen::Gap);
        return (gap, BTreeMap::new());
    }
    let details =
        join_all(found.iter().map(|(arn, (trail, custom))| look(aws, own(arn, id), arn, trail, *custom)))
            .await;
    for ((trail, _), detail) in found.values_mut().zip(details) {
        (trail.logging, trail.log_delivery_error, trail.all_management_events) = detail;
    }
    (Seen::Read(found.into_iter().map(|(arn, (trail, _))| (arn, trail)).collect()), unread)
}

/// Is it a trail of this account? One of the organization belongs to another, and shows in all.
fn own(arn: &str, id: &str) -> bool {
    arn.split(':').nth(4) == Some(id)
}

/// Trails, each with what the list says of its selectors: are there custom ones?
async fn listed(aws: &Aws, region: &str) -> Result<Vec<(String, (Trail, Option<bool>))>, AwsError> {
    let answer = aws.cloudtrail(region).describe_trails().include_shadow_trails(true).send().await?;
    answer
        .trail_list
        .unwrap_or_default()
        .into_iter()
        .map(|trail| {
            let lacking = || AwsError::unusable("cloudtrail:DescribeTrails", "a trail lacks its ARN");
            let arn = trail.trail_arn.ok_or_else(lacking)?;
            let custom = trail.has_custom_event_selectors;
            let trail = Trail {
                name: trail.name.unwrap_or_default(),
                home_region: trail.home_region.unwrap_or_else(|| region.to_owned()),
                bucket: trail.s3_bucket_name.unwrap_or_default(),
                prefix: trail.s3_key_prefix,
                kms_key: trail.kms_key_id,
                log_role: trail.cloud_watch_logs_role_arn,
                multi_region: trail.is_multi_region_trail.unwrap_or(false),
                validated: trail.log_file_validation_enabled.unwrap_or(false),
                global_events: trail.include_global_service_events.unwrap_or(false),
                organization: trail.is_organization_trail.unwrap_or(false),
                ..Trail::default()
            };
            Ok((arn, (trail, custom)))
        })
        .collect()
}

/// Does it log, what stops its deliveries, and does it keep every management event? The selectors of
/// another account's trail are not shown here: without custom ones it keeps all of them.
async fn look(
    aws: &Aws,
    own: bool,
    arn: &str,
    trail: &Trail,
    custom: Option<bool>,
) -> (Seen<bool>, Option<String>, Seen<bool>) {
    let client = aws.cloudtrail(&trail.home_region);
    let selectors = async {
        if let (false, Some(custom)) = (own, custom) {
            return Ok(!custom);
        }
        let answer = client.get_event_selectors().trail_name(arn).send().await;
        answer.map(|answer| all_management_events(&answer)).map_err(AwsError::from)
    };
    let (status, selectors) = futures::join!(client.get_trail_status().name(arn).send(), selectors);
    let (logging, error) = match status.map_err(AwsError::from) {
        Ok(status) => (
            Seen::Read(status.is_logging.unwrap_or(false)),
            status.latest_delivery_error.filter(|error| !error.is_empty()),
        ),
        Err(error) => (Seen::Gap(error.gap()), None),
    };
    (logging, error, seen(selectors))
}

/// Reads and writes, no source left out. A trail has either kind of selectors.
fn all_management_events(answer: &GetEventSelectorsOutput) -> bool {
    let basic = |selector: &EventSelector| {
        selector.include_management_events == Some(true)
            && selector.read_write_type == Some(ReadWriteType::All)
            && selector.exclude_management_event_sources().is_empty()
    };
    // Any further field (readOnly, eventSource, …) leaves something out.
    let advanced = |selector: &AdvancedEventSelector| {
        let fields = selector.field_selectors();
        !fields.is_empty()
            && fields
                .iter()
                .all(|f| f.field() == "eventCategory" && f.equals().iter().any(|value| value == "Management"))
    };
    answer.event_selectors().iter().any(basic) || answer.advanced_event_selectors().iter().any(advanced)
}

/// The buckets of this account's trails, and those asked for by name. The bucket of an organization's
/// trail is another account's business, and nothing of it can be read from here.
async fn log_buckets(
    aws: &Aws,
    id: &str,
    trails: &Seen<BTreeMap<String, Trail>>,
    ask: &Ask,
) -> Seen<BTreeMap<String, LogBucket>> {
    let global = aws.global_region();
    let mut wanted: BTreeMap<&str, &str> =
        ask.buckets.iter().map(|bucket| (bucket.as_str(), global)).collect();
    match trails {
        Seen::Read(trails) => {
            let own = trails.iter().filter(|(arn, _)| own(arn, id)).map(|(_, trail)| trail);
            wanted.extend(own.map(|trail| (trail.bucket.as_str(), trail.home_region.as_str())));
        }
        Seen::Gap(gap) if wanted.is_empty() => return Seen::Gap(gap.clone()),
        Seen::Gap(_) => {}
    }
    wanted.remove("");
    let looks = wanted.into_iter().map(|(name, region)| async move {
        let region = region_of(aws, name, region).await?;
        Some((name.to_owned(), look_into(aws, name, region).await))
    });
    Seen::Read(join_all(looks).await.into_iter().flatten().collect())
}

/// The bucket's Region, or `None` when there is no such bucket. Where AWS will not say, the guess:
/// the reads that follow then leave their own gaps.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>
async fn region_of(aws: &Aws, bucket: &str, guess: &str) -> Option<String> {
    match aws.s3(guess).head_bucket().bucket(bucket).send().await {
        Ok(answer) => Some(answer.bucket_region.unwrap_or_else(|| guess.to_owned())),
        Err(error) => {
            // A redirect (301) and even a denial (403) name the Region.
            let header = error.raw_response().and_then(|r| r.headers().get("x-amz-bucket-region"));
            let region = header.map(str::to_owned);
            let gone = AwsError::from(error).kind == Kind::Gone;
            (!gone).then(|| region.unwrap_or_else(|| guess.to_owned()))
        }
    }
}

async fn look_into(aws: &Aws, name: &str, region: String) -> LogBucket {
    let s3 = aws.s3(&region);
    let (policy, versioning, block) = futures::join!(
        s3.get_bucket_policy().bucket(name).send(),
        s3.get_bucket_versioning().bucket(name).send(),
        own_block(&s3, name)
    );
    let policy = match policy.map_err(AwsError::from) {
        Ok(answer) => Seen::Read(answer.policy),
        Err(error) if error.is("NoSuchBucketPolicy") => Seen::Read(None),
        Err(error) => Seen::Gap(error.gap()),
    };
    let versioning = match versioning {
        Ok(answer) => Ok(answer.status == Some(BucketVersioningStatus::Enabled)),
        Err(error) => misnamed(error.raw_response()).map_or_else(|| Err(AwsError::from(error)), Ok),
    };
    LogBucket { region, policy, versioning: seen(versioning), block: seen(block) }
}

/// moto names the root of its answer otherwise than S3, and the SDK insists on the name; within, the
/// two are the same.
fn misnamed(response: Option<&HttpResponse>) -> Option<bool> {
    let response = response.filter(|response| response.status().is_success())?;
    let text = std::str::from_utf8(response.body().bytes()?).ok()?;
    text.contains("<GetBucketVersioningResponse").then(|| text.contains("<Status>Enabled</Status>"))
}
