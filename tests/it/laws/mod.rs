//! The laws: what must hold for every registered step, on every seed.
//!
//! | law | what holds | file |
//! |---|---|---|
//! | 1 | A restore puts back what the pull cut | `mod.rs` |
//! | 2 | A second plan finds nothing to cut | `mod.rs` |
//! | 3 | The account is as the rehearsal predicted | `mod.rs` |
//! | 4 | A run that dies at any call, or at any byte of its journal, is put back | `crash.rs` |
//! | 5 | A write that took effect and was not answered is put back | `mod.rs` |
//! | 6 | What somebody changed since is not overwritten | `mod.rs` |
//! | 7 | The permissions declared are those of the calls made | `permissions.rs` |
//! | 8 | A denied call fails its target, names the statement, and the rest goes on | `permissions.rs` |
//! | 9 | Reading and planning write nothing | `mod.rs` |
//! | 10 | One item a page gives the same plan and the same cut | `mod.rs` |
//! | 11 | Every step says what a person must know | `mod.rs` |
//! | 12 | Neither a cut nor a restore opens a path on the way | `no_detour.rs` |
//!
//! Without a number, each in a file of its own: what is an actor's is called with his credentials (`actors.rs`); a plan in pieces is the plan in one piece (`apart.rs`);
//! rights and unfit endpoints are found before the first cut (`beforehand.rs`); a gap within a section is
//! one of the section (`gaps.rs`); a cut holds until somebody changes it (`hold.rs`); `--keep-cidr` is
//! kept or refused (`kept.rs`); no step locks the responder out (`lockout.rs`); a journal that lost its end
//! (`lost_end.rs`); what a run makes (`made.rs`); what AWS refuses for a while (`refusals.rs`); the
//! requests of every seed are the checked-in ones (`requests.rs`); what appears between plan and cut is offered
//! once more (`second_pass.rs`); a state is understood from the text of a journal (`states.rs`); what somebody
//! undoes is cut again (`watch.rs`), and who undid it is told (`culprit.rs`).

mod actors;
mod apart;
mod beforehand;
mod crash;
mod culprit;
mod gaps;
pub(crate) mod harness;
mod hold;
mod kept;
mod lockout;
mod lost_end;
mod made;
mod no_detour;
mod permissions;
mod refusals;
mod requests;
mod second_pass;
pub(crate) mod seeds;
mod states;
mod watch;

use std::collections::BTreeSet;

use harness::{Process, each, not_put_back};
use seeds::{Seed, seeds};
use unplug::account::Account;
use unplug::aws::faults::{Fault, When};
use unplug::aws::operations;
use unplug::engine::apply::Outcome;
use unplug::engine::restore::Back;
use unplug::sim::Simulation;
use unplug::step::Look;
use unplug::step::Names;
use unplug::steps::{FILES, STEPS};

fn assert_as_before(
    seed: &Seed,
    before: &Account,
    simulation: &Simulation,
    process: &Process,
    ends: &[(unplug::engine::restore::Owed, Back)],
) {
    let left = not_put_back(before, &simulation.account(), &process.names(), ends);
    assert_eq!(left, vec![], "{}: not as before", seed.name);
}

#[test]
fn every_step_has_a_seed() {
    let seeds = seeds();
    for step in STEPS.iter().filter(|step| seeds::only().is_none_or(|id| id == step.spec().id)) {
        let id = step.spec().id;
        assert!(seeds.iter().any(|seed| seed.step == id), "step {id} has no seed");
    }
}

#[tokio::test]
async fn law_1_restore_puts_back_what_apply_cut() {
    each(seeds().into_iter().filter(|seed| !seed.looks()), async |seed| {
        let simulation = Simulation::new(seed.account.clone());
        let before = simulation.account();
        let process = Process::start(&simulation);
        let summary = process.pull(&seed).await;
        assert!(!summary.ends.is_empty(), "{}: nothing was cut", seed.name);
        for (change, outcome) in &summary.ends {
            assert_eq!(*outcome, Outcome::Done, "{}: {} {}", seed.name, change.target, outcome.words());
        }
        assert_ne!(before, simulation.account(), "{}: the account did not change", seed.name);
        let ends = process.restore().await;
        for (owed, back) in &ends {
            let kept = owed.change.lasting.is_some() && matches!(back, Back::Kept(_));
            assert!(*back == Back::Returned || kept, "{}: {} {back:?}", seed.name, owed.change.target);
        }
        assert_as_before(&seed, &before, &simulation, &process, &ends);
    })
    .await;
}

#[tokio::test]
async fn law_2_a_second_plan_finds_nothing_to_cut() {
    each(seeds().into_iter().filter(|seed| !seed.looks()), async |seed| {
        let simulation = Simulation::new(seed.account.clone());
        let process = Process::start(&simulation);
        process.pull(&seed).await;
        for (who, names) in [("this run", process.names()), ("another run", Names::default())] {
            let again = process.plan(&seed, names).await;
            for step in &again.steps {
                assert_eq!(step.changes, vec![], "{} planned by {who}", seed.name);
                assert!(!step.already.is_empty(), "{}: nothing counts as already for {who}", seed.name);
            }
        }
    })
    .await;
}

/// The view draws the arrow between the two states: `no route → → nat-…` has one too many.
#[tokio::test]
async fn a_state_is_shown_in_words_without_an_arrow_of_its_own() {
    each(seeds(), async |seed| {
        let process = Process::start(&Simulation::new(seed.account.clone()));
        let planned = process.plan(&seed, Names::default()).await;
        for change in planned.steps.iter().flat_map(|step| &step.changes) {
            for shown in [&change.shown.0, &change.shown.1] {
                assert!(
                    !shown.trim().is_empty() && !shown.contains('→'),
                    "{}: {} {shown:?}",
                    seed.name,
                    change.target
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn law_3_the_account_is_as_the_rehearsal_predicted() {
    each(seeds(), async |seed| {
        let simulation = Simulation::new(seed.account.clone());
        let summary = Process::start(&simulation).pull(&seed).await;
        assert_eq!(summary.differences, vec![], "{}", seed.name);
    })
    .await;
}

#[tokio::test]
async fn law_5_a_write_taken_without_an_answer_is_still_put_back() {
    for fault in [Fault::TakenThenLost, Fault::Lost] {
        for times in [1, usize::MAX] {
            for seed in seeds() {
                let simulation = Simulation::new(seed.account.clone());
                let before = simulation.account();
                let process = Process::start(&simulation);
                process.aws.faults().set(When::Writes { times }, fault);
                process.pull(&seed).await;
                process.aws.faults().clear();
                let ends = process.restore().await;
                assert_as_before(&seed, &before, &simulation, &process, &ends);
            }
        }
    }
}

/// Accepted is never in effect: what shows nothing is not done, and not waited for without end.
#[tokio::test]
async fn a_write_that_is_accepted_and_not_carried_out_is_not_called_done() {
    each(seeds().into_iter().filter(|seed| !seed.looks()), async |seed| {
        let simulation = Simulation::new(seed.account.clone());
        let before = simulation.account();
        let process = Process::start(&simulation);
        process.aws.faults().set(When::Writes { times: usize::MAX }, Fault::Swallowed);
        let began = process.aws.clock().now_ms();
        let summary = process.pull(&seed).await;
        let minutes = (process.aws.clock().now_ms() - began) / 60_000;
        assert!(minutes < 15, "{}: given up after {minutes} minutes", seed.name);
        // A console is read, and saved on this machine.
        for (change, outcome) in summary.ends.iter().filter(|(change, _)| change.target.kind != "console") {
            assert_ne!(*outcome, Outcome::Done, "{}: {}", seed.name, change.target);
        }
        process.aws.faults().clear();
        let ends = process.restore().await;
        assert_as_before(&seed, &before, &simulation, &process, &ends);
    })
    .await;
}

#[tokio::test]
async fn law_5_a_restore_without_answers_is_finished_by_the_next() {
    each(seeds(), async |seed| {
        let simulation = Simulation::new(seed.account.clone());
        let before = simulation.account();
        let process = Process::start(&simulation);
        process.pull(&seed).await;
        process.aws.faults().set(When::Writes { times: usize::MAX }, Fault::TakenThenLost);
        let first = process.restore().await;
        process.aws.faults().clear();
        let ends = process.restore().await;
        assert_as_before(&seed, &before, &simulation, &process, &[first, ends].concat());
    })
    .await;
}

/// Steps without a seed that drifts, and why none can.
const NEVER_DRIFT: [(u16, &str); 5] = [
    (200, "a restore keeps the evidence as it is, whatever it is"),
    (210, "a restore keeps the evidence as it is, whatever it is"),
    (400, "sending is on or off: there is no third state"),
    (605, "a restore schedules no deletion, whatever the state is"),
    (650, "a database is public or not, and runs or not: there is no third state"),
];

#[test]
fn every_step_that_cuts_has_a_seed_that_drifts_or_says_why_none_can() {
    let seeds = seeds();
    for step in STEPS.iter().filter(|step| seeds::only().is_none_or(|id| id == step.spec().id)) {
        let id = step.spec().id;
        let drifts = seeds.iter().any(|seed| seed.step == id && (seed.drift.is_some() || seed.looks()));
        let never = NEVER_DRIFT.iter().any(|(never, _)| *never == id.0);
        assert!(drifts != never, "step {id} needs a seed with `drift`, or a line in NEVER_DRIFT, not both");
    }
}

#[test]
fn every_step_that_makes_what_others_rely_on_has_a_seed_that_a_thief_tampers_with() {
    let seeds = seeds();
    for id in [510, 520, 525, 530].map(unplug::step::StepId) {
        let wanted = seeds::only().is_none_or(|only| only == id);
        assert!(!wanted || seeds.iter().any(|seed| seed.step == id && seed.tamper.is_some()), "step {id}");
    }
}

#[tokio::test]
async fn law_6_what_somebody_changed_since_is_not_overwritten() {
    each(seeds(), async |seed| {
        let Some(drift) = seed.drift else { return };
        let simulation = Simulation::new(seed.account.clone());
        let process = Process::start(&simulation);
        process.pull(&seed).await;
        simulation.meddle(drift);
        let drifted = simulation.account();
        let ends = process.restore().await;
        let left: Vec<_> = ends.iter().filter(|(_, back)| matches!(back, Back::Drifted { .. })).collect();
        assert!(!left.is_empty(), "{}: no drift was seen", seed.name);
        assert_eq!(
            process.operator.drifts.lock().unwrap().len(),
            left.len(),
            "{}: each was asked about",
            seed.name
        );
        // What drifted is exactly as the other person left it.
        let after = simulation.account();
        for (owed, _) in left {
            let step = unplug::steps::find(owed.change.step).unwrap();
            let case = unplug::step::Case {
                run: "run-1".into(),
                scope: seed.scope.clone(),
                params: owed.change.params.clone(),
                config: Default::default(),
                names: process.names(),
            };
            assert_eq!(
                step.lens(&owed.change.target).state(&Look::new(&owed.change.target, &after, &case)),
                step.lens(&owed.change.target).state(&Look::new(&owed.change.target, &drifted, &case))
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_path_that_a_thief_opens_again_is_closed_again_and_never_put_back() {
    each(seeds(), async |seed| {
        let Some(tamper) = seed.tamper else { return };
        let simulation = Simulation::new(seed.account.clone());
        let before = simulation.account();
        let process = Process::start(&simulation);
        process.pull(&seed).await;
        let cut = simulation.account();
        simulation.meddle(tamper);
        assert_ne!(cut, simulation.account());
        let summary = process.resume().await;
        assert!(summary.done() > 0, "{}: what was opened was not seen", seed.name);
        assert_eq!(cut, simulation.account(), "{}: not closed again", seed.name);
        let ends = process.restore().await;
        let left = not_put_back(&before, &simulation.account(), &process.names(), &[]);
        assert_eq!(left, vec![], "{}: {ends:?}", seed.name);
    })
    .await;
}

/// Some emulators leave out filters that they do not know: what is written to is not what a filter
/// should have left, but what bears the id.
#[tokio::test]
async fn an_endpoint_that_ignores_filters_gets_the_same_writes() {
    each(seeds(), async |seed| {
        let asked = Simulation::new(seed.account.clone());
        Process::start(&asked).pull(&seed).await;

        let simulation = Simulation::new(seed.account.clone());
        simulation.ignore_filters();
        let before = simulation.account();
        let process = Process::start(&simulation);
        process.pull(&seed).await;
        assert_eq!(simulation.account(), asked.account(), "{}", seed.name);
        let ends = process.restore().await;
        assert_as_before(&seed, &before, &simulation, &process, &ends);
    })
    .await;
}

#[tokio::test]
async fn law_9_reading_and_planning_write_nothing() {
    each(seeds(), async |seed| {
        let simulation = Simulation::new(seed.account.clone());
        let before = simulation.account();
        let process = Process::start(&simulation);
        process.plan(&seed, Names::default()).await;
        for call in process.aws.ledger().calls() {
            assert!(!operations::mutates(&call.operation), "{}: {}", seed.name, call.operation);
        }
        assert_eq!(before, simulation.account());
    })
    .await;
}

#[tokio::test]
async fn law_10_one_item_a_page_gives_the_same_plan_and_the_same_cut() {
    each(seeds(), async |seed| {
        let whole = Simulation::new(seed.account.clone());
        let paged = Simulation::new(seed.account.clone());
        paged.one_item_a_page();
        let (one, many) = (Process::start(&whole), Process::start(&paged));
        let plans = [one.plan(&seed, Names::default()).await, many.plan(&seed, Names::default()).await];
        let changes =
            plans.each_ref().map(|plan| plan.steps.iter().map(|s| s.changes.clone()).collect::<Vec<_>>());
        assert_eq!(changes[0], changes[1], "{}", seed.name);
        let before = paged.account();
        many.pull(&seed).await;
        let ends = many.restore().await;
        assert_as_before(&seed, &before, &paged, &many, &ends);
    })
    .await;
}

#[test]
fn law_11_every_step_says_what_a_person_must_know() {
    for (step, file) in STEPS.iter().zip(FILES) {
        let spec = step.spec();
        assert_eq!(*file, format!("s{}_{}", spec.id, spec.slug.replace('-', "_")));
        for text in [spec.title, spec.cuts, spec.leaves, spec.breaks, spec.doc] {
            assert!(!text.trim().is_empty(), "step {} leaves a text empty", spec.id);
        }
        assert!(spec.doc.contains("https://docs.aws.amazon.com/"), "step {}: no AWS page", spec.id);
        let kinds: BTreeSet<&str> = step.lenses().iter().map(|lens| lens.kind()).collect();
        assert_eq!(kinds.len(), step.lenses().len(), "step {}: a kind has one lens", spec.id);
        let needed = step.lenses().iter().flat_map(|lens| lens.needs());
        assert!(needed.into_iter().all(|section| spec.needs.contains(section)), "step {}", spec.id);
    }
    assert!(STEPS.windows(2).all(|pair| pair[0].spec().id < pair[1].spec().id), "sorted by number");
}

#[test]
fn law_11_every_file_of_a_step_is_registered() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/steps");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name.chars().nth(1).is_some_and(|c| c.is_ascii_digit()))
        .collect();
    files.sort();
    assert_eq!(files, FILES);
}
