use crate::aws::Aws;
use std::collections::BTreeMap;

use super::*;
use crate::account::{Caller, Cause, Gap};
use crate::aws::ledger::Phase;
use crate::collect;
use crate::sim::Simulation;
use crate::step::{Names, Scope};

const RUN: &str = "20260101-030000-a1b2";

fn account(trails: Vec<(String, Trail)>) -> Account {
    let caller = Caller { arn: "arn:aws:sts::123456789012:assumed-role/r/me".into(), ..Caller::default() };
    let mut account = Account::unread("123456789012", caller);
    account.enabled_regions = Seen::Read(["eu-west-1".to_owned(), "us-east-1".to_owned()].into());
    account.trails = Seen::Read(trails.into_iter().collect());
    let logs = LogBucket {
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
    Case {
        run: RUN.into(),
        scope: Scope::default(),
        params: bucket.map(|name| ("bucket".to_owned(), name.into())).into_iter().collect::<BTreeMap<_, _>>(),
        config: std::sync::Arc::default(),
        names: Names::default(),
    }
}

fn targets(account: &Account, case: &Case) -> Vec<Target> {
    CloudTrail.find(account, case).items.into_iter().map(|item| item.at).collect()
}

fn verdict(at: &Target, account: &Account, case: &Case) -> (State, Verdict<State>) {
    let Now::Is(now) = CloudTrail.state(&Look::new(at, account, case)) else { panic!("no state of {at}") };
    let verdict = CloudTrail.contain(&now, &Look::new(at, account, case));
    (now, verdict)
}

/// Carries the step out on a simulation and reads again.
async fn carried_out(before: &Account, case: &Case, aws: &Aws) -> Account {
    for at in targets(before, case) {
        let (now, verdict) = verdict(&at, before, case);
        let Verdict::Lasting(to, _) = verdict else { panic!("{at}: {verdict:?}") };
        {
            let _phase = aws.enter(Phase::Apply);
            CloudTrail.write(Write::new(aws, &at, &now, &to, &case.params)).await.expect("written");
        }
        let after = reread(before, case, aws).await;
        assert_eq!(CloudTrail.state(&Look::new(&at, &after, case)), Now::Is(to));
    }
    reread(before, case, aws).await
}

async fn reread(before: &Account, case: &Case, aws: &Aws) -> Account {
    let mut ask = Ask { sections: SPEC.needs.iter().copied().collect(), ..Ask::default() };
    CloudTrail.ask(&mut ask, &before.id, case);
    collect::read(aws, before, &ask, &|_, _| {}).await
}

fn simulated(account: &Account) -> Aws {
    Aws::simulated(Simulation::new(account.clone())).for_run(RUN, Names::default(), None)
}

#[test]
fn a_good_trail_is_enough_and_an_organizations_too() {
    let own = account(vec![trail("main", |_| {})]);
    let found = targets(&own, &case(None));
    assert_eq!(found.len(), 1);
    assert_eq!(verdict(&found[0], &own, &case(None)).1, Verdict::Already);
    let (_, org) = trail("org", |trail| trail.organization = true);
    let theirs = account(vec![("arn:aws:cloudtrail:eu-west-1:999999999999:trail/org".into(), org)]);
    assert!(targets(&theirs, &case(None)).is_empty());
    assert!(CloudTrail.find(&theirs, &case(None)).findings.iter().any(|finding| finding.good));
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
        assert!(CloudTrail.find(&account, &case(None)).findings.iter().all(|finding| !finding.good));
    }
}

#[test]
fn what_cannot_be_completed_is_left_and_a_new_trail_is_made() {
    let broken = account(vec![trail("main", |trail| trail.log_delivery_error = Some("NoSuchBucket".into()))]);
    let kinds: Vec<String> = targets(&broken, &case(None)).into_iter().map(|at| at.kind).collect();
    assert_eq!(kinds, [BUCKET, NEW_TRAIL]);
    let kinds: Vec<String> = targets(&broken, &case(Some("logs"))).into_iter().map(|at| at.kind).collect();
    assert_eq!(kinds, [NEW_TRAIL]);
    let mut unread = broken;
    unread.trails = Seen::default();
    assert!(targets(&unread, &case(None)).is_empty());
}

#[test]
fn names_are_legal_and_come_from_the_run_alone() {
    assert_eq!(bucket_name("123456789012", &case(None)), "unplug-trail-123456789012-20260101-030000-a1b2");
    let long = Case { run: "X_".repeat(40), ..case(None) };
    let name = bucket_name("123456789012", &long);
    assert!(name.len() <= 63 && !name.ends_with('-') && !name.contains('_'), "{name}");
}

#[test]
fn five_trails_are_refused_before_a_bucket_is_made() {
    let broken = |trail: &mut Trail| trail.all_management_events = Seen::Read(false);
    let full = account((1..=5).map(|n| trail(&format!("t{n}"), broken)).collect());
    for at in targets(&full, &case(None)) {
        assert!(matches!(verdict(&at, &full, &case(None)).1, Verdict::Refuse(_)));
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
    assert!(CloudTrail.find(&after, &case).findings.iter().any(|finding| finding.good));
    assert!(!after.trails.items().any(|(_, trail)| trail.name == "a" && trail.multi_region));
    let half = TrailState { logging: false, ..WISHED };
    let start = TrailState { multi_region: false, ..half };
    assert_eq!(CloudTrail.passes(&State::Trail(start), &State::Trail(WISHED)), [State::Trail(half)]);
    // Nothing turns it off again.
    let at = &targets(&before, &case)[0];
    let _phase = aws.enter(Phase::Restore);
    let back = CloudTrail
        .write(Write::new(&aws, at, &State::Trail(WISHED), &State::Trail(start), &case.params))
        .await;
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
        let found = CloudTrail.find(&after, &case);
        assert!(found.findings.iter().any(|finding| finding.good));
        // The same targets, so that a second look knows them again.
        assert_eq!(targets(&after, &case), targets(&before, &case));
        for at in targets(&after, &case) {
            assert_eq!(verdict(&at, &after, &case).1, Verdict::Already);
        }
        assert!(aws.names().id(TRAIL).is_some_and(|arn| arn.ends_with(&format!("trail/unplug-{RUN}"))));
    }
}

#[test]
fn what_is_made_says_whose_run_it_is_and_who_ran_it() {
    let aws = simulated(&account(vec![]));
    let bucket: Vec<String> = writes::bucket_tags(&aws).unwrap().into_iter().map(|tag| tag.key).collect();
    let trail: Vec<String> = writes::trail_tags(&aws).unwrap().into_iter().map(|tag| tag.key).collect();
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
            let (now, verdict) = verdict(&at, &before, &case);
            let Verdict::Lasting(to, _) = verdict else { panic!("{verdict:?}") };
            let phase = aws.enter(Phase::Apply);
            let first = CloudTrail.write(Write::new(&aws, &at, &now, &to, &case.params)).await;
            drop(phase);
            if first.is_ok() {
                continue;
            }
            let half = reread(&before, &case, &aws).await;
            let Now::Is(half) = CloudTrail.state(&Look::new(&at, &half, &case)) else { panic!("no state") };
            assert!(half == to || CloudTrail.passes(&now, &to).contains(&half), "{name}: {half:?}");
            let _phase = aws.enter(Phase::Apply);
            CloudTrail.write(Write::new(&aws, &at, &now, &to, &case.params)).await.expect("finished");
        }
        let after = reread(&before, &case, &aws).await;
        assert!(CloudTrail.find(&after, &case).findings.iter().any(|finding| finding.good), "{name}");
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
        names: Names::default(),
        next_change: 1,
    };
    let chosen = |params: Params| [Selected { step: SPEC.id, params }];
    let rehearsal = rehearse(&account(vec![]), &chosen(Params::new()), &brief).await.expect("a rehearsal");
    let plan = &rehearsal.steps[0];
    assert_eq!(plan.refused, []);
    let kinds: Vec<&str> = plan.changes.iter().map(|change| change.target.kind.as_str()).collect();
    assert_eq!(kinds, [BUCKET, NEW_TRAIL]);
    assert!(plan.changes.iter().all(|change| change.lasting.is_some()));
    assert!(rehearsal.after.trails.items().all(|(_, trail)| lacks(trail).is_empty()));
    // The playbook's own bucket has no policy for CloudTrail: AWS would say no.
    let given = Params::from([("bucket".to_owned(), "logs".into())]);
    let rehearsal = rehearse(&account(vec![]), &chosen(given), &brief).await.expect("a rehearsal");
    assert!(rehearsal.steps[0].refused[0].why.contains("InsufficientS3BucketPolicyException"));
}
