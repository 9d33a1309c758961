//! What lies outside the account is written with the credentials of an actor; without him it is a gap, or stays
//! owed, and he is named.

use unplug::account::{Actor, Caller};
use unplug::aws::operations;
use unplug::engine::apply::Outcome;
use unplug::engine::restore::Back;
use unplug::sim::Simulation;
use unplug::step::{Names, StepId};

use super::harness::{Process, each, not_put_back};
use super::seeds::{Seed, seeds};

fn with_actors() -> impl Iterator<Item = Seed> {
    seeds().into_iter().filter(|seed| !seed.account.actors.is_empty())
}

fn alone(simulation: &Simulation, bytes: Vec<u8>) -> Process {
    let mut process = Process::with_journal(simulation, bytes);
    process.aws = Actor::ALL.iter().fold(process.aws, |aws, actor| aws.without(*actor));
    process
}

#[test]
fn every_step_of_an_actor_has_a_seed_with_him() {
    let of_actor = |step: &&&dyn unplug::step::Step| {
        step.lenses().iter().any(|lens| lens.needs().first().is_some_and(|section| section.actor().is_some()))
    };
    let wanted = unplug::steps::STEPS.iter().filter(of_actor).map(|step| step.spec().id);
    let mut seen = 0;
    for step in wanted.filter(|id| super::seeds::only().is_none_or(|only| only == *id)) {
        assert!(with_actors().any(|seed| seed.step == step), "step {step} has no seed with an actor");
        seen += 1;
    }
    assert!(seen > 0 || super::seeds::only().is_some());
}

#[tokio::test]
async fn calls_to_what_is_an_actors_are_signed_by_him_and_no_others() {
    each(with_actors(), async |seed| {
        let process = Process::start(&Simulation::new(seed.account.clone()));
        process.pull(&seed).await;
        process.restore().await;
        for call in process.aws.ledger().calls() {
            let signer = if call.operation == "sts:GetCallerIdentity" {
                call.actor
            } else {
                Actor::of_call(&call.operation)
            };
            assert_eq!(call.actor, signer, "{}: {}", seed.name, call.operation);
        }
        let identified =
            process.aws.ledger().calls().iter().any(|call| {
                call.actor == Some(Actor::Organization) && call.operation == "sts:GetCallerIdentity"
            });
        assert!(identified, "{}: nobody asked whose the actor's credentials are", seed.name);
    })
    .await;
}

#[tokio::test]
async fn a_target_of_an_actor_says_in_which_account_it_is() {
    each(with_actors().filter(|seed| !seed.looks()), async |seed| {
        let holder = seed.account.actors[&Actor::Organization].account();
        let process = Process::start(&Simulation::new(seed.account.clone()));
        let planned = process.plan(&seed, Names::default()).await;
        let mut changes = planned.steps.iter().flat_map(|step| &step.changes).peekable();
        assert!(changes.peek().is_some(), "{}: nothing is planned", seed.name);
        for change in changes {
            let step = unplug::steps::find(change.step).unwrap();
            let outside = step.lens(&change.target).actor().is_some();
            assert_eq!(change.target.account.as_deref(), holder.filter(|_| outside), "{}", change.target);
        }
    })
    .await;
}

#[tokio::test]
async fn without_the_actor_a_plan_is_a_gap_that_names_him_and_what_he_must_be_allowed() {
    each(with_actors().filter(|seed| !seed.looks()), async |seed| {
        let process = alone(&Simulation::new(seed.account.clone()), vec![]);
        let planned = process.plan(&seed, Names::default()).await;
        let plan = planned.steps.iter().find(|plan| plan.step == seed.step).unwrap();
        assert_eq!(plan.changes, vec![], "{}", seed.name);
        let denied = plan.gaps.iter().find(|gap| gap.gap.detail.contains("--actor organization=PROFILE"));
        let gap = &denied.unwrap_or_else(|| panic!("{}: {:?}", seed.name, plan.gaps)).gap;
        let action = operations::find(&gap.call).unwrap().actions[0];
        assert!(gap.detail.contains(action), "{}: {gap:?}", seed.name);
    })
    .await;
}

#[tokio::test]
async fn a_restore_without_the_actor_puts_the_rest_back_and_owes_what_is_his() {
    each(with_actors().filter(|seed| !seed.looks()), async |mut seed| {
        let mail = super::seeds::seed("mail", 400, seed.account.clone(), None);
        seed.steps.extend(mail.steps);
        let simulation = Simulation::new(seed.account.clone());
        let before = simulation.account();
        let process = Process::start(&simulation);
        let summary = process.pull(&seed).await;
        assert!(summary.ends.iter().all(|(_, end)| *end == Outcome::Done), "{}", seed.name);
        let without = alone(&simulation, process.disk.all());
        for (owed, back) in without.restore().await {
            match back {
                Back::Returned => assert_eq!(owed.change.step, StepId(400), "{}", seed.name),
                Back::Held(why) => assert!(why.contains("the actor organization"), "{}: {why}", seed.name),
                back => panic!("{}: {} {back:?}", seed.name, owed.change.target),
            }
        }
        // Of another account than the one that was cut: his credentials are not tried.
        let mut stranger = seed.account.clone();
        let arn = "arn:aws:sts::999999999999:assumed-role/OrgAdmin/me".to_owned();
        stranger.actors.insert(Actor::Organization, Caller { arn, ..Caller::default() });
        simulation.meddle(|account| account.actors.clone_from(&stranger.actors));
        let wrong = Process::with_journal(&simulation, without.disk.all());
        let ends = wrong.restore().await;
        assert!(
            !ends.is_empty() && ends.iter().all(|(_, back)| matches!(back, Back::Held(_))),
            "{}",
            seed.name
        );
        simulation.meddle(|account| account.actors.clone_from(&seed.account.actors));
        let last = Process::with_journal(&simulation, wrong.disk.all());
        let ends = last.restore().await;
        let kept = |owed: &unplug::engine::restore::Owed| owed.change.lasting.is_some();
        assert!(ends.iter().all(|(owed, back)| *back == Back::Returned || kept(owed)), "{}", seed.name);
        assert_eq!(
            not_put_back(&before, &simulation.account(), &last.names(), &ends),
            vec![],
            "{}",
            seed.name
        );
    })
    .await;
}
