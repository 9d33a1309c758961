//! Exceptions are printed and count no more, an expired one fails; and two reports compared.

use super::*;
use crate::account::Seen;
use crate::checks::compare::{self, Difference, compare};
use crate::checks::exceptions::Excepted;
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

/// An accepted finding is still there, and one that says something else is told with what it said.
#[test]
fn an_accepted_finding_is_not_better_and_one_that_says_more_is_told() {
    let mut world = World::sound();
    world.public_bucket("open");
    let old = world.report();
    let mut accepted = old.clone();
    let outcome = accepted.checks.iter_mut().find(|one| one.id == "door-s3-public").unwrap();
    let finding = outcome.findings.remove(0);
    outcome.excepted.push(Excepted { finding, reason: "known".into(), until: "2030-01-01".into() });
    outcome.status = Status::Passed;
    assert_eq!(compare(&old, &accepted), Difference { since: old.made_at.clone(), ..Difference::default() });
    let back = compare(&accepted, &old);
    assert!(back.better.is_empty() && back.worse.is_empty(), "{back:?}");
    let mut louder = old.clone();
    let outcome = louder.checks.iter_mut().find(|one| one.id == "door-s3-public").unwrap();
    outcome.findings[0].text = "everybody may write".into();
    let changed = compare(&old, &louder).changed;
    assert!(changed[0].findings[0].text.starts_with("everybody may write (before: "), "{changed:?}");
}

/// What stops a pull stops it, whatever was accepted.
#[test]
fn an_exception_does_not_let_the_verdict_say_that_the_plug_could_be_pulled() {
    let mut report = World::sound().report();
    assert!(report.verdict()[0].starts_with("You could pull the plug"), "{:?}", report.verdict());
    let outcome = report.checks.iter_mut().find(|one| one.id == "pull-record").unwrap();
    let finding = Finding { resource: "state".into(), region: None, text: "cannot write".into() };
    outcome.excepted.push(Excepted { finding, reason: "known".into(), until: "2030-01-01".into() });
    let [first, second] = report.verdict();
    assert!(
        first.starts_with("You could not pull the plug") && second.starts_with("1 thing"),
        "{first} {second}"
    );
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
