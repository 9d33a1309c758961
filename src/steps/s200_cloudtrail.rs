//! 200: one trail that logs every Region, validated, from now on.

mod judge;
mod writes;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::{Account, LogBucket, PublicAccessBlock, Section, Seen, Trail};
use crate::collect::Ask;
use crate::step::{
    Case, Does, Found, Iam, Item, Lens, Lenses, Look, Now, Param, ParamKind, Params, Reason, Reversal, Spec,
    Step, StepError, StepId, Target, Verdict, Width, Write,
};

use judge::{bucket_lacks, candidate, is_own, lacks};

pub struct CloudTrail;

/// Of an existing trail, of the bucket that the run makes, or of the trail that it makes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Trail(TrailState),
    /// `None`: there is no such bucket.
    Bucket(Option<BucketState>),
    /// `None`: there is no such trail.
    NewTrail(Option<NewTrail>),
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrailState {
    multi_region: bool,
    validated: bool,
    global_events: bool,
    logging: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BucketState {
    /// In one canonical form, because AWS may send it back with other white space.
    policy: Option<String>,
    versioned: bool,
    /// All four switches of the bucket's public access block.
    blocked: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTrail {
    bucket: String,
    settings: TrailState,
}

const WISHED: TrailState =
    TrailState { multi_region: true, validated: true, global_events: true, logging: true };

const TRAIL: &str = "trail";
const BUCKET: &str = "log-bucket";
const NEW_TRAIL: &str = "new-trail";

/// Trails per Region, shadow copies included; AWS does not raise it.
const MOST_TRAILS: usize = 5;

const KEPT: &str = "evidence: a restore never turns logging off";

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
        name: "bucket",
        kind: ParamKind::Text,
        doc: "an existing bucket for a trail that has to be made, best in another account, with CloudTrail's \
              policy already on it; otherwise one is made in this account",
    }],
    does: Does::Saves,
    cuts: "nothing: it adds evidence, and comes before the cuts so that they are logged too",
    leaves: "what happened before it; data events (S3 objects, Lambda calls); whoever may change trails or \
             the bucket in this account can still stop or delete the log; about five minutes of delay",
    breaks: "Nothing stops. A second copy of management events and its storage cost money.",
    doc: "\
Makes sure that one trail logs all management events of every Region, with validated log files. A good
trail of this account or of its organization is enough. Otherwise the trail of this account that lacks
least is completed (`UpdateTrail`, then `StartLogging`). Otherwise a trail `unplug-RUN` is made: in
us-east-1 where that is enabled, else in the first enabled Region, with a bucket
`unplug-trail-ACCOUNT-RUN` (versioned, no public access, a policy for this one trail).

**What surprises.** A multi-Region trail need not be logging; a trail made by API does not log until it
is started; a trail may log and fail to deliver. A trail can be changed in its home Region only, and an
organization's trail only by the management account. Five trails a Region is the limit, copies of other
Regions' trails included: then nothing is made and it says so. A trail that leaves out management
events, or whose deliveries fail, is reported and not repaired: its selectors and bucket are somebody's
choice.

**Undo.** None, on purpose: evidence is kept. What was made carries the run's id in its name; delete it
by hand when nobody needs it any more, the trail first, then the bucket.

**By hand.** `aws cloudtrail get-trail-status --name ARN` in the home Region shows `IsLogging: true`, a
`LatestDeliveryTime` after the change and no `LatestDeliveryError`.

<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-create-and-update-a-trail.html>",
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
                found.find(Some(&trail.home_region), format!("{} {}", trail.name, lacks.join("; ")));
            }
        }
        let ours = trails.contains_key(&arn(account, &home(account), &trail_name(case)));
        let good = trails.iter().filter(|(_, trail)| lacks(trail).is_empty());
        if let Some((arn, trail)) = good.min_by_key(|(arn, trail)| (!is_own(arn, account), &trail.name)) {
            let whose = if is_own(arn, account) { "" } else { " (the organization's)" };
            found.ok(Some(&trail.home_region), format!("{}{whose} logs every Region", trail.name));
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
        if case.param("bucket", "").is_empty() {
            let bucket = Target::new(BUCKET, bucket_name(&account.id, case)).region(&home);
            found.item(Item::created(bucket));
        }
        found.item(Item::new(Target::new(NEW_TRAIL, trail_name(case)).region(&home)));
        found
    }

    fn lenses(&self) -> Lenses {
        &[&CloudTrail]
    }
}

impl Lens for CloudTrail {
    type State = State;
    const KIND: &'static str = "";
    const NEEDS: &'static [Section] = &[Section::Trails, Section::LogBuckets];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        if at.kind == BUCKET {
            ask.buckets.insert(at.id.clone());
        }
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let Look { at, account, .. } = *look;
        if at.kind == BUCKET {
            return match &account.log_buckets {
                Seen::Gap(gap) => Now::Unknown(gap.clone()),
                Seen::Read(buckets) => buckets.get(&at.id).map_or(Now::Is(State::Bucket(None)), bucket_state),
            };
        }
        let trails = match &account.trails {
            Seen::Gap(gap) => return Now::Unknown(gap.clone()),
            Seen::Read(trails) => trails,
        };
        let new = at.kind == NEW_TRAIL;
        let id = if new { arn(account, at.region_name(), &at.id) } else { at.id.clone() };
        let Some(trail) = trails.get(&id) else {
            return if new { Now::Is(State::NewTrail(None)) } else { Now::Vanished };
        };
        let logging = match &trail.logging {
            Seen::Read(logging) => *logging,
            Seen::Gap(gap) => return Now::Unknown(gap.clone()),
        };
        let settings = TrailState {
            multi_region: trail.multi_region,
            validated: trail.validated,
            global_events: trail.global_events,
            logging,
        };
        Now::Is(if new {
            State::NewTrail(Some(NewTrail { bucket: trail.bucket.clone(), settings }))
        } else {
            State::Trail(settings)
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let Look { at, account, case } = *look;
        let wished = match now {
            State::Trail(_) => State::Trail(WISHED),
            State::Bucket(_) => State::Bucket(Some(BucketState {
                policy: Some(policy(account, at.region_name(), &at.id, &trail_name(case)).to_string()),
                versioned: true,
                blocked: true,
            })),
            State::NewTrail(_) => {
                let bucket = bucket_name(&account.id, case);
                State::NewTrail(Some(NewTrail { bucket, settings: WISHED }))
            }
        };
        if *now == wished {
            return Verdict::Already;
        }
        match obstacle(now, account, case) {
            Some(why) => Verdict::Refuse(why),
            None => Verdict::Lasting(wished, KEPT.into()),
        }
    }

    fn passes(&self, from: &State, to: &State) -> Vec<State> {
        match (from, to) {
            // Updated and not yet started.
            (State::Trail(from), State::Trail(to)) => {
                vec![State::Trail(TrailState { logging: from.logging, ..*to })]
            }
            (State::NewTrail(from), State::NewTrail(Some(to))) => {
                let logging = from.as_ref().is_some_and(|from| from.settings.logging);
                let settings = TrailState { logging, ..to.settings };
                vec![State::NewTrail(Some(NewTrail { settings, ..to.clone() }))]
            }
            (State::Bucket(from), State::Bucket(Some(to))) => {
                let bare = |blocked| BucketState { policy: None, versioned: false, blocked };
                // A new bucket is blocked from the start, in accounts and emulators of today.
                let starts = from.clone().map_or_else(|| vec![bare(true), bare(false)], |from| vec![from]);
                let ways = starts.into_iter().flat_map(|start| {
                    let blocked = BucketState { blocked: to.blocked, ..start.clone() };
                    let versioned = BucketState { versioned: to.versioned, ..blocked.clone() };
                    [start, blocked, versioned]
                });
                ways.map(|state| State::Bucket(Some(state))).collect()
            }
            _ => vec![],
        }
    }

    fn show(&self, state: &State) -> String {
        let words = |trail: &TrailState| {
            [
                if trail.multi_region { "every Region" } else { "one Region" },
                if trail.validated { "validated" } else { "not validated" },
                if trail.global_events { "global services" } else { "no global services" },
                if trail.logging { "logging" } else { "NOT logging" },
            ]
            .join(", ")
        };
        match state {
            State::Trail(trail) => words(trail),
            State::NewTrail(None) | State::Bucket(None) => "not there".into(),
            State::NewTrail(Some(new)) => format!("{}, to {}", words(&new.settings), new.bucket),
            State::Bucket(Some(bucket)) => [
                if bucket.policy.is_some() { "with a policy" } else { "no policy" },
                if bucket.versioned { "versioned" } else { "not versioned" },
                if bucket.blocked { "no public access" } else { "public access possible" },
            ]
            .join(", "),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, from, to, params } = write;
        match (from, to) {
            (State::Trail(from), State::Trail(to)) if *to == WISHED => writes::complete(aws, at, from).await,
            (State::Bucket(from), State::Bucket(Some(to))) => {
                writes::make_bucket(aws, at, from.is_some(), to).await
            }
            (State::NewTrail(_), State::NewTrail(Some(to))) if to.settings == WISHED => {
                writes::make_trail(aws, at, &to.bucket, !params.contains_key("bucket")).await
            }
            _ => Err(StepError::State("evidence is kept: nothing is turned off or deleted".into())),
        }
    }
}

fn item(arn: &str, trail: &Trail) -> Item {
    Item::new(Target::new(TRAIL, arn).region(&trail.home_region).label(Some(&trail.name)))
}

/// Why the run's own trail cannot be made.
fn obstacle(now: &State, account: &Account, case: &Case) -> Option<Reason> {
    let home = home(account);
    let there = |trail: &&Trail| trail.home_region == home || trail.multi_region || trail.organization;
    let missing = matches!(now, State::Bucket(_) | State::NewTrail(None));
    let ours = account.trails.item(&arn(account, &home, &trail_name(case))).is_some();
    let trails = account.trails.items().map(|(_, trail)| trail).filter(there).count();
    if missing && !ours && trails >= MOST_TRAILS {
        return Some(format!(
            "{home} has {trails} trails, the most that AWS allows, and none can be completed: repair the \
             bucket or the event selectors of one of them by hand, then plan again"
        ));
    }
    let bucket = case.param("bucket", "");
    let unknown = account.log_buckets.read().is_some_and(|buckets| !buckets.contains_key(bucket));
    (matches!(now, State::NewTrail(None)) && !bucket.is_empty() && unknown)
        .then(|| format!("the playbook's bucket {bucket} does not exist"))
}

/// Where a new trail is at home: us-east-1, whose own events then need no copy, or the first
/// enabled Region of other partitions. Where the enabled Regions are not known, a Region that every
/// account of the partition has.
fn home(account: &Account) -> String {
    let always = match account.partition() {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        "aws-eusc" => "eusc-de-east-1",
        "aws-iso" => "us-iso-east-1",
        "aws-iso-b" => "us-isob-east-1",
        _ => "us-east-1",
    };
    let enabled = account.enabled_regions.read().filter(|regions| !regions.contains(always));
    enabled.and_then(|regions| regions.first()).map_or_else(|| always.to_owned(), Clone::clone)
}

/// Only what the run's id and the account's give: found again after a crash before it was recorded.
fn trail_name(case: &Case) -> String {
    format!("unplug-{}", case.run)
}

fn bucket_name(account: &str, case: &Case) -> String {
    let given = case.param("bucket", "");
    if !given.is_empty() {
        return given.to_owned();
    }
    let name = format!("unplug-trail-{account}-{}", case.run.to_lowercase());
    let legal = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    name.chars().map(legal).take(63).collect::<String>().trim_end_matches('-').to_owned()
}

fn arn(account: &Account, region: &str, name: &str) -> String {
    format!("arn:{}:cloudtrail:{region}:{}:trail/{name}", account.partition(), account.id)
}

/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html>
fn policy(account: &Account, region: &str, bucket: &str, trail: &str) -> Value {
    let (bucket, trail) = (format!("arn:{}:s3:::{bucket}", account.partition()), arn(account, region, trail));
    let logs = format!("{bucket}/AWSLogs/{}/*", account.id);
    let service = json!({ "Service": "cloudtrail.amazonaws.com" });
    let write = json!({ "s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceArn": trail });
    json!({ "Version": "2012-10-17", "Statement": [
        { "Sid": "CloudTrailLooks", "Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl",
          "Resource": bucket, "Condition": { "StringEquals": { "aws:SourceArn": trail } } },
        { "Sid": "CloudTrailWrites", "Effect": "Allow", "Principal": service, "Action": "s3:PutObject",
          "Resource": logs, "Condition": { "StringEquals": write } },
    ]})
}

fn bucket_state(bucket: &LogBucket) -> Now<State> {
    match (&bucket.policy, &bucket.versioning, &bucket.block) {
        (Seen::Read(policy), Seen::Read(versioned), Seen::Read(block)) => {
            let policy = policy.as_ref().map(|text| {
                serde_json::from_str(text).map_or_else(|_| text.clone(), |value: Value| value.to_string())
            });
            let blocked = *block == Some(PublicAccessBlock::ALL_ON);
            Now::Is(State::Bucket(Some(BucketState { policy, versioned: *versioned, blocked })))
        }
        (Seen::Gap(gap), _, _) | (_, Seen::Gap(gap), _) | (_, _, Seen::Gap(gap)) => Now::Unknown(gap.clone()),
    }
}

#[cfg(test)]
#[path = "s200_cloudtrail/tests.rs"]
mod tests;
