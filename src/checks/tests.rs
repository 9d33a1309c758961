//! Every check passes on a sound account, fails where something is wrong, and is unknown where it could not
//! look.

mod cases;
mod doors;
mod exceptions;
mod watchers;
mod world;

use std::collections::BTreeSet;

use cases::{CASES, Case};
use doors::DOORS;
use watchers::WATCHERS;
use world::World;

use super::report::{Status, answer};
use super::*;

/// The folder of a run can be written or not: there is no third.
const NEVER_UNKNOWN: [&str; 1] = ["pull-record"];

fn all() -> impl Iterator<Item = &'static Case> {
    CASES.iter().chain(DOORS).chain(WATCHERS)
}

fn status(world: &World, id: &str) -> (Status, String) {
    let report = world.report();
    let outcome = report.checks.into_iter().find(|outcome| outcome.id == id).unwrap();
    (outcome.status, format!("{} {:?} {:?}", outcome.headline, outcome.findings, outcome.unread))
}

#[test]
fn every_check_passes_on_a_sound_account() {
    let report = World::sound().report();
    let others: Vec<_> = report.checks.iter().filter(|outcome| outcome.status != Status::Passed).collect();
    assert!(others.is_empty(), "{others:#?}");
    for outcome in &report.checks {
        assert!(!outcome.headline.is_empty(), "{} does not say what it found", outcome.id);
    }
}

#[test]
fn every_check_fails_where_it_must_and_a_gap_is_unknown() {
    for (id, what, expected, change) in all() {
        let mut world = World::sound();
        change(&mut world);
        let (status, said) = status(&world, id);
        assert_eq!(status, *expected, "{id}, {what}: {said}");
    }
}

#[test]
fn every_check_has_a_case_of_each_status() {
    let has =
        |id: &str, status: Status| all().any(|(check, _, expected, _)| *check == id && *expected == status);
    for check in CHECKS {
        assert!(has(check.id, Status::Failed), "{} never fails here", check.id);
        let never = NEVER_UNKNOWN.contains(&check.id);
        assert!(never || has(check.id, Status::Unknown), "{} is never unknown here", check.id);
    }
    assert!(all().all(|(id, ..)| find(id).is_some()), "a case is of no check");
}

/// Whatever a check does itself: a section that it names and that nobody read makes it unknown.
#[test]
fn a_section_that_a_check_needs_and_nobody_read_is_never_passed() {
    for check in CHECKS {
        for section in check.needs {
            let mut world = World::sound();
            world.forget(*section);
            let found = world.with(|facts| answer(check, facts));
            assert!(!found.unread.is_empty(), "{} passes without {section:?}", check.id);
        }
    }
}

#[test]
fn nothing_that_was_read_is_not_passed() {
    let mut world = World::sound();
    world.account = crate::account::Account::unread("444455556666", world.account.caller.clone());
    for outcome in world.report().checks {
        let of_machine = ["pull-own-path", "pull-record", "pull-time", "pull-sight", "pull-lockout"];
        let passed = outcome.status == Status::Passed && !of_machine.contains(&outcome.id.as_str());
        assert!(!passed, "{} passed: {}", outcome.id, outcome.headline);
    }
}

#[test]
fn every_check_has_all_its_parts() {
    let mut ids = BTreeSet::new();
    for check in CHECKS {
        let id = check.id;
        assert!(ids.insert(id), "{id} is there twice");
        assert!(id.starts_with(&format!("{}-", check.group.prefix())), "{id} is of another group");
        assert!(id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{id}");
        for (part, text) in [("title", check.title), ("why", check.why), ("fix", check.fix)] {
            assert!(text.len() > 10, "{id} has no {part}");
            assert!(!text.contains("  ") && !text.contains('\n'), "{id}: the {part} has stray blanks");
        }
        assert!(!check.title.ends_with('.') && check.why.ends_with('.'), "{id}: the full stops");
        assert!(check.title.len() <= 100, "{id}: the title is too long");
        // The first way stands in one line of the screen.
        let first = check.fix.split("; ").next().unwrap().chars().count();
        assert!(check.severity < Severity::High || first <= 80, "{id}: the first fix has {first} characters");
    }
}

#[test]
fn the_list_has_every_file_and_is_sorted_by_group() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/checks");
    let is_check =
        |name: &String| Group::ALL.iter().any(|group| name.starts_with(&format!("{}_", group.prefix())));
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| {
            entry.unwrap().file_name().into_string().unwrap().strip_suffix(".rs").map(str::to_owned)
        })
        .filter(is_check)
        .collect();
    let listed: BTreeSet<String> = FILES.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(files, listed);
    for (file, check) in FILES.iter().zip(CHECKS) {
        assert_eq!(file.replace('_', "-"), check.id);
    }
    let groups: Vec<Group> = CHECKS.iter().map(|check| check.group).collect();
    assert!(groups.is_sorted(), "{groups:?}");
}

#[test]
fn the_verdict_counts_what_stops_a_pull() {
    let mut world = World::sound();
    let [first, second] = world.report().verdict();
    assert_eq!(first, "You could pull the plug: 312 calls in 41 s, all in effect after about 6 min.");
    assert_eq!(
        second,
        format!(
            "Nothing that was seen would stop you. 0 checks failed, 0 are unknown, {} passed.",
            CHECKS.len()
        )
    );
    world.config.break_glass.clear();
    world.record.state_error = Some("cannot write".into());
    world.account.s3_block = crate::account::Seen::Read(None);
    let [first, second] = world.report().verdict();
    assert!(first.starts_with("You could not pull the plug as it stands"), "{first}");
    assert!(second.starts_with("1 thing would stop you. 4 more checks failed, 0 are unknown,"), "{second}");
    world.pull.losses.push("role responder could no longer act".into());
    assert!(world.report().verdict()[0].starts_with("You could not pull the plug as it stands"));
}

/// Show 3: one permission is missing.
#[test]
fn a_missing_permission_is_named_with_its_step_and_the_statement_and_passes_once_it_is_added() {
    let mut world = World::sound();
    let narrow = r#"{"Statement":[{"Effect":"Allow","NotAction":"iam:PutUserPolicy","Resource":"*"}]}"#;
    world.responder(narrow);
    let report = world.report();
    let outcome = report.checks.iter().find(|outcome| outcome.id == "pull-permissions").unwrap();
    assert_eq!(outcome.findings.len(), 1, "{:?}", outcome.findings);
    let text = &outcome.findings[0].text;
    assert!(
        text.starts_with("iam:PutUserPolicy: ") && text.contains("600") && text.contains("cannot cut"),
        "{text}"
    );
    assert_eq!(outcome.fix, r#"allow: {"Action":["iam:PutUserPolicy"],"Effect":"Allow","Resource":"*"}"#);
    let added =
        narrow.replace("}]}", r#"},{"Action":["iam:PutUserPolicy"],"Effect":"Allow","Resource":"*"}]}"#);
    world.responder(&added);
    assert_eq!(status(&world, "pull-permissions").0, Status::Passed);
}
