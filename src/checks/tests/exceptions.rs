//! Exceptions are printed and count no more, an expired one fails; and two reports compared.

use super::*;
use crate::account::Seen;
use crate::checks::compare::compare;
use crate::config::Exception;

fn exception(check: &str, resource: Option<&str>, until: &str) -> Exception {
    Exception {
        check: check.into(),
        resource: resource.map(str::to_owned),
        reason: "the shop's pictures".into(),
        until: until.into(),
        place: "unplug.toml:3".into(),
    }
}

fn outcome(world: &World, id: &str) -> Outcome {
    world.report().checks.into_iter().find(|outcome| outcome.id == id).unwrap()
}

#[test]
fn an_exception_takes_its_findings_until_its_last_day() {
    // The world's day is 2026-11-22.
    for (pattern, until, status, excepted, expired) in [
        (Some("open"), "2026-11-22", Status::Failed, 1, 0),
        (Some("o*"), "2026-12-01", Status::Passed, 2, 0),
        (None, "2026-11-23", Status::Passed, 2, 0),
        (Some("elsewhere"), "2026-12-01", Status::Failed, 0, 0),
        (None, "2026-11-21", Status::Failed, 0, 1),
    ] {
        let mut world = World::sound();
        world.public_bucket("open");
        world.public_bucket("other");
        world.config.exceptions = vec![exception("door-s3-public", pattern, until)];
        let found = outcome(&world, "door-s3-public");
        let seen = (found.status, found.excepted.len(), found.expired.len());
        assert_eq!(seen, (status, excepted, expired), "{pattern:?} until {until}");
    }
}

#[test]
fn an_expired_exception_fails_also_where_nothing_is_found() {
    let mut world = World::sound();
    world.config.exceptions = vec![exception("door-s3-public", None, "2026-01-31")];
    let found = outcome(&world, "door-s3-public");
    assert_eq!(found.status, Status::Failed);
    assert_eq!(found.headline, "the exception at unplug.toml:3 ended on 2026-01-31 (the shop's pictures)");
}

#[test]
fn an_exception_for_no_check_is_told() {
    let none = unknown_checks(&[
        exception("door-s3-pubic", None, "2026-12-01"),
        exception("door-ports", None, "2026-12-01"),
    ]);
    assert_eq!(none, [NoCheck { check: "door-s3-pubic".into(), place: "unplug.toml:3".into() }]);
}

#[test]
fn what_got_better_and_worse_is_told_by_finding() {
    let mut world = World::sound();
    world.public_bucket("open");
    world.account.s3_block = Seen::Read(None);
    let old = world.report();
    world.public_bucket("newer");
    world.account.public_buckets.read_mut().unwrap().remove("open");
    world.account.s3_block = Seen::Read(Some(crate::account::PublicAccessBlock::ALL_ON));
    world.account.credential_report = Seen::default();
    let found = compare(&old, &world.report());
    let told = |shifts: &[compare::Shift]| -> Vec<(String, Vec<String>)> {
        let one = |shift: &compare::Shift| {
            (shift.check.clone(), shift.findings.iter().map(|finding| finding.resource.clone()).collect())
        };
        shifts.iter().map(one).collect()
    };
    let one = |check: &str, resource: &str| (check.to_owned(), vec![resource.to_owned()]);
    let better =
        [one("door-s3-block", "444455556666"), one("door-s3-public", "open"), one("see-log-bucket", "logs")];
    assert_eq!(told(&found.better), better);
    let worse: Vec<String> = found.worse.iter().map(|shift| shift.check.clone()).collect();
    assert!(worse.contains(&"door-s3-public".into()) && worse.contains(&"door-old-keys".into()), "{worse:?}");
    assert!(found.only_in_one.is_empty());
}

/// A finding that is gone because nobody could look is not mended.
#[test]
fn what_nobody_sees_any_more_is_not_better() {
    let mut world = World::sound();
    world.public_bucket("open");
    let old = world.report();
    world.account.public_buckets = Seen::default();
    let found = compare(&old, &world.report());
    assert!(found.better.is_empty(), "{:?}", found.better);
    let worse: Vec<&str> = found.worse.iter().map(|shift| shift.check.as_str()).collect();
    assert_eq!(worse, ["door-outsiders", "door-s3-public"]);
}
