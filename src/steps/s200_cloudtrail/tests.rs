use serde_json::Value;

use super::*;
use crate::account::{Caller, Cause, Gap, LogBucket as Known, PublicAccessBlock, Seen};
use crate::aws::Aws;
use crate::aws::ledger::Phase;
use crate::collect;
use crate::step::{Look, Now, Scope, StepError, Verdict, Write};
use crate::steps::shared::testing;

const RUN: &str = "20260101-030000-a1b2";

fn account(trails: Vec<(String, Trail)>) -> Account {
    let caller = Caller { arn: "arn:aws:sts::123456789012:assumed-role/r/me".into(), ..Caller::default() };
    let mut account = Account::unread("123456789012", caller);
    account.enabled_regions = Seen::Read(["eu-west-1".to_owned(), "us-east-1".to_owned()].into());
    account.trails = Seen::Read(trails.into_iter().collect());
    let logs = Known {
        region: "eu-west-1".into(),
        policy: Seen::Read(None),
        versioning: Seen::Read(false),
        block: Seen::Read(Some(PublicAccessBlock::ALL_ON)),
    };
    account.log_buckets = Seen::Read([("logs".to_owned(), logs)].into());
    account
}

/// A trail that lacks nothing but what `change` takes from it.
fn trail(name: &str, change: impl FnOnce(&mut Trail)) -> (String, Trail) {
    let mut trail = Trail {
        name: name.into(),
        home_region: "eu-west-1".into(),
        bucket: "logs".into(),
        multi_region: true,
        validated: true,
        global_events: true,
        logging: Seen::Read(true),
        all_management_events: Seen::Read(true),
        ..Trail::default()
    };
    change(&mut trail);
    (format!("arn:aws:cloudtrail:eu-west-1:123456789012:trail/{name}"), trail)
}

fn case(bucket: Option<&str>) -> Case {
    let bucket = bucket.map(|name| ("bucket", name));
    Case { run: RUN.into(), ..testing::case(bucket.as_slice()) }
}

fn targets(account: &Account, case: &Case) -> Vec<Target> {
    CloudTrail.find(account, case).items.into_iter().map(|item| item.at).collect()
}

fn state(at: &Target, account: &Account, case: &Case) -> Value {
    let step: &dyn Step = &CloudTrail;
    let now = step.lens(at).state(&Look::new(at, account, case));
    let Now::Is(now) = now else { panic!("no state of {at}") };
    now
}

fn verdict(at: &Target, account: &Account, case: &Case) -> Verdict<Value> {
    let step: &dyn Step = &CloudTrail;
    step.lens(at).contain(&state(at, account, case), &Look::new(at, account, case)).unwrap()
}

/// The states before and after of a target that is not as it is wanted.
fn change(at: &Target, account: &Account, case: &Case) -> (Value, Value) {
    match verdict(at, account, case) {
        Verdict::Lasting(to, _) => (state(at, account, case), to),
        verdict => panic!("{at}: {verdict:?}"),
    }
}

async fn write(aws: &Aws, at: &Target, (from, to): (&Value, &Value), case: &Case) -> Result<(), StepError> {
    let step: &dyn Step = &CloudTrail;
    let _phase = aws.enter(Phase::Apply);
    step.lens(at).write(Write::new(aws, at, from, to, &case.params)).await
}

/// Carries the step out on a simulation and reads again.
async fn carried_out(before: &Account, case: &Case, aws: &Aws) -> Account {
    for at in targets(before, case) {
        let (now, to) = change(&at, before, case);
        write(aws, &at, (&now, &to), case).await.expect("written");
        assert_eq!(state(&at, &reread(before, case, aws).await, case), to);
    }
    reread(before, case, aws).await
}

async fn reread(before: &Account, case: &Case, aws: &Aws) -> Account {
    let mut ask = Ask { sections: SPEC.needs.iter().copied().collect(), ..Ask::default() };
    CloudTrail.ask(&mut ask, &before.id, case);
    collect::read(aws, before, &ask, &|_, _| {}).await
}

fn simulated(account: &Account) -> Aws {
    testing::simulated(account.clone(), &case(None)).1
}

fn is_good(account: &Account, case: &Case) -> bool {
    CloudTrail.find(account, case).findings.iter().any(|finding| finding.good)
}

#[test]
fn a_good_trail_is_enough_and_an_organizations_too() {
    let own = account(vec![trail("main", |_| {})]);
    let found = targets(&own, &case(None));
    assert_eq!(found.len(), 1);
    assert_eq!(verdict(&found[0], &own, &case(None)), Verdict::Already);
    let (_, org) = trail("org", |trail| trail.organization = true);
    let theirs = account(vec![("arn:aws:cloudtrail:eu-west-1:999999999999:trail/org".into(), org)]);
    assert!(targets(&theirs, &case(None)).is_empty());
    assert!(is_good(&theirs, &case(None)));
}

#[test]
fn multi_region_alone_is_not_good() {
    for change in [
        (|trail| trail.logging = Seen::Read(false)) as fn(&mut Trail),
        |trail| trail.log_delivery_error = Some("AccessDenied".into()),
        |trail| trail.all_management_events = Seen::Read(false),
        |trail| trail.validated = false,
        |trail| {
            trail.logging =
                Seen::Gap(Gap { cause: Cause::Denied, call: String::new(), detail: String::new() });
        },
    ] {
        let account = account(vec![trail("main", change)]);
        assert!(!is_good(&account, &case(None)));
    }
}

#[test]
fn what_cannot_be_completed_is_left_and_a_new_trail_is_made() {
    let broken = account(vec![trail("main", |trail| trail.log_delivery_error = Some("NoSuchBucket".into()))]);
    let kinds: Vec<String> = targets(&broken, &case(None)).into_iter().map(|at| at.kind).collect();
    assert_eq!(kinds, [LogBucket::KIND, NewTrail::KIND]);
    let kinds: Vec<String> = targets(&broken, &case(Some("logs"))).into_iter().map(|at| at.kind).collect();
    assert_eq!(kinds, [NewTrail::KIND]);
    let mut unread = broken;
    unread.trails = Seen::default();
    assert!(targets(&unread, &case(None)).is_empty());
}

#[test]
fn five_trails_are_refused_before_a_bucket_is_made() {
    let broken = |trail: &mut Trail| trail.all_management_events = Seen::Read(false);
    let full = account((1..=5).map(|n| trail(&format!("t{n}"), broken)).collect());
    for at in targets(&full, &case(None)) {
        assert!(matches!(verdict(&at, &full, &case(None)), Verdict::Refuse(_)));
    }
}

#[tokio::test]
async fn the_trail_that_lacks_least_is_completed_and_passes_through_its_pass() {
    let before = account(vec![
        trail("a", |trail| {
            (trail.validated, trail.multi_region, trail.logging) = (false, false, Seen::Read(false));
        }),
        trail("b", |trail| (trail.multi_region, trail.logging) = (false, Seen::Read(false))),
    ]);
    let case = case(None);
    let aws = simulated(&before);
    let after = carried_out(&before, &case, &aws).await;
    assert!(is_good(&after, &case));
    assert!(!after.trails.items().any(|(_, trail)| trail.name == "a" && trail.multi_region));
    // Nothing turns it off again.
    let at = &targets(&before, &case)[0];
    let (start, wished) = change(at, &before, &case);
    let back = write(&aws, at, (&wished, &start), &case).await;
    assert!(matches!(back, Err(StepError::State(_))));
}

#[tokio::test]
async fn from_nothing_a_bucket_and_a_trail_are_made() {
    for regions in [&["us-east-1", "eu-west-1"][..], &["eu-central-1", "eu-west-1"]] {
        let mut before = account(vec![]);
        before.enabled_regions = Seen::Read(regions.iter().map(|region| (*region).to_owned()).collect());
        let case = case(None);
        let aws = simulated(&before);
        let after = carried_out(&before, &case, &aws).await;
        assert!(is_good(&after, &case));
        // The same targets, so that a second look knows them again.
        assert_eq!(targets(&after, &case), targets(&before, &case));
        for at in targets(&after, &case) {
            assert_eq!(verdict(&at, &after, &case), Verdict::Already);
        }
        assert!(
            aws.names()
                .id(ExistingTrail::KIND)
                .is_some_and(|arn| arn.ends_with(&format!("trail/unplug-{RUN}")))
        );
    }
}

#[test]
fn what_is_made_says_whose_run_it_is_and_who_ran_it() {
    let aws = simulated(&account(vec![]));
    let bucket: Vec<String> = log_bucket::tags(&aws).unwrap().into_iter().map(|tag| tag.key).collect();
    let trail: Vec<String> = new_trail::tags(&aws).unwrap().into_iter().map(|tag| tag.key).collect();
    assert_eq!(bucket, ["unplug:run", "unplug:role", "unplug:by"]);
    assert_eq!(trail, bucket);
}

#[tokio::test]
async fn a_crash_at_any_call_is_finished_by_the_same_write() {
    use crate::aws::faults::{Fault, When};
    let before = account(vec![]);
    let case = case(None);
    for name in ["s3:CreateBucket", "s3:PutBucketVersioning", "s3:PutBucketPolicy", "cloudtrail:StartLogging"]
    {
        let aws = simulated(&before);
        aws.faults().set(When::Operation { name: name.into(), times: 1 }, Fault::TakenThenLost);
        for at in targets(&before, &case) {
            let (now, to) = change(&at, &before, &case);
            if write(&aws, &at, (&now, &to), &case).await.is_ok() {
                continue;
            }
            let half = state(&at, &reread(&before, &case, &aws).await, &case);
            let passes = (&CloudTrail as &dyn Step).lens(&at).passes(&now, &to).unwrap();
            assert!(half == to || passes.contains(&half), "{name}: {half:?}");
            write(&aws, &at, (&now, &to), &case).await.expect("finished");
        }
        assert!(is_good(&reread(&before, &case, &aws).await, &case), "{name}");
    }
}

#[tokio::test]
async fn a_rehearsal_makes_bucket_and_trail_and_knows_a_bucket_without_policy() {
    use crate::engine::plan::{Brief, Selected};
    use crate::engine::rehearse::rehearse;
    let brief = Brief {
        run: RUN.into(),
        scope: Scope::default(),
        config: std::sync::Arc::default(),
        names: crate::step::Names::default(),
        next_change: 1,
    };
    let chosen = |params: Params| [Selected { step: SPEC.id, params }];
    let rehearsal = rehearse(&account(vec![]), &chosen(Params::new()), &brief).await.expect("a rehearsal");
    let plan = &rehearsal.steps[0];
    assert_eq!(plan.refused, []);
    let kinds: Vec<&str> = plan.changes.iter().map(|change| change.target.kind.as_str()).collect();
    assert_eq!(kinds, [LogBucket::KIND, NewTrail::KIND]);
    assert!(plan.changes.iter().all(|change| change.lasting.is_some()));
    assert!(rehearsal.after.trails.items().all(|(_, trail)| lacks(trail).is_empty()));
    // The playbook's own bucket has no policy for CloudTrail: AWS would say no.
    let given = Params::from([("bucket".to_owned(), "logs".into())]);
    let rehearsal = rehearse(&account(vec![]), &chosen(given), &brief).await.expect("a rehearsal");
    assert!(rehearsal.steps[0].refused[0].why.contains("InsufficientS3BucketPolicyException"));
}
