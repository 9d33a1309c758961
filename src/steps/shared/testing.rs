//! What the tests of several steps do alike: plan, carry out, look again, put back.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::account::Account;
use crate::aws::Aws;
use crate::aws::ledger::Phase;
use crate::collect::{Ask, identify, read};
use crate::sim::Simulation;
use crate::step::{Case, Look, Names, Now, Params, Scope, Step, Target, Verdict, Write};

/// The run `run1` on the whole account, with these parameters.
pub(in crate::steps) fn case(params: &[(&str, &str)]) -> Case {
    let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).into()));
    Case {
        run: "run1".into(),
        scope: Scope::default(),
        params: params.collect(),
        config: Arc::default(),
        names: Names::default(),
    }
}

/// A simulated account, and the handle of the case's run on it.
pub(in crate::steps) fn simulated(account: Account, case: &Case) -> (Simulation, Aws) {
    let simulation = Simulation::new(account);
    let aws = Aws::simulated(simulation.clone()).for_run(&case.run, case.names.clone(), None);
    (simulation, aws)
}

/// The sections that the step needs, as they are read now.
pub(in crate::steps) async fn collected(step: &dyn Step, aws: &Aws) -> Account {
    let known = identify(aws).await.unwrap();
    let ask = Ask { sections: step.spec().needs.iter().copied().collect(), ..Ask::default() };
    read(aws, &known, &ask, &|_, _| {}).await
}

/// The same, as the step asks for it in this run.
pub(in crate::steps) async fn collected_by(step: &dyn Step, aws: &Aws, case: &Case) -> Account {
    let known = identify(aws).await.unwrap();
    let mut ask = Ask { sections: step.spec().needs.iter().copied().collect(), ..Ask::default() };
    step.ask(&mut ask, &known.id, case);
    read(aws, &known, &ask, &|_, _| {}).await
}

/// What the step wants of each target that it finds, those of a low rank first, with the state now.
pub(in crate::steps) fn verdicts(
    step: &dyn Step,
    account: &Account,
    case: &Case,
) -> Vec<(Target, Value, Verdict<Value>)> {
    let mut items = step.find(account, case).items;
    items.sort_by_key(|item| item.rank);
    let judge = |at: Target| {
        let (lens, look) = (step.lens(&at), Look::new(&at, account, case));
        let (Now::Is(now) | Now::Settling(now)) = lens.state(&look) else { return None };
        let verdict = lens.contain(&now, &look).unwrap();
        Some((at, now, verdict))
    };
    items.into_iter().filter_map(|item| judge(item.at)).collect()
}

/// The changes that a plan would hold: target, state before, state after.
pub(in crate::steps) fn plan(step: &dyn Step, account: &Account, case: &Case) -> Vec<(Target, Value, Value)> {
    let change = |(at, now, verdict)| match verdict {
        Verdict::Change(to) | Verdict::Lasting(to, _) => Some((at, now, to)),
        Verdict::Already | Verdict::Refuse(_) => None,
    };
    verdicts(step, account, case).into_iter().filter_map(change).collect()
}

/// The ids of what a plan would change.
pub(in crate::steps) fn changed(step: &dyn Step, account: &Account, case: &Case) -> Vec<String> {
    plan(step, account, case).into_iter().map(|(at, ..)| at.id).collect()
}

/// Cuts everything, each write twice as after a timeout, looks, and puts everything back.
pub(in crate::steps) async fn there_and_back(step: &dyn Step, account: Account, case: &Case) {
    let settled = Duration::from_secs(200);
    let (_, aws) = simulated(account, case);
    let before = collected(step, &aws).await;
    let changes = plan(step, &before, case);
    assert!(!changes.is_empty());
    {
        let _phase = aws.enter(Phase::Apply);
        for (at, from, to) in &changes {
            for _ in 0..2 {
                write(step, &aws, at, (from, to), &case.params).await;
            }
            aws.clock().wait(settled).await;
        }
    }
    let during = collected(step, &aws).await;
    for (at, _, to) in &changes {
        assert_eq!(step.lens(at).state(&Look::new(at, &during, case)), Now::Is(to.clone()), "{at}");
    }
    assert_eq!(plan(step, &during, case), vec![]);
    let _phase = aws.enter(Phase::Restore);
    for (at, from, to) in changes.iter().rev() {
        for _ in 0..2 {
            write(step, &aws, at, (to, from), &case.params).await;
        }
        aws.clock().wait(settled).await;
    }
    assert_eq!(collected(step, &aws).await, before);
}

async fn write(step: &dyn Step, aws: &Aws, at: &Target, (from, to): (&Value, &Value), params: &Params) {
    step.lens(at).write(Write::new(aws, at, from, to, params)).await.unwrap();
}
