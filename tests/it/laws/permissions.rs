//! Laws 7 and 8: the declared permissions are those of the calls made; a denied call is named.

use std::collections::{BTreeMap, BTreeSet};

use unplug::aws::faults::{Fault, When};
use unplug::aws::ledger::Phase;
use unplug::aws::operations;
use unplug::engine::apply::Outcome;
use unplug::engine::journal::Journal;
use unplug::sim::Simulation;
use unplug::step::{Names, StepId};
use unplug::steps::STEPS;
use unplug::steps::permissions;

use super::harness::{Process, each, not_put_back};
use super::seeds::{Once, only, seeds};

const DENIED: Fault = Fault::Refuse { code: "AccessDenied", message: "not authorized to perform this" };

#[tokio::test]
async fn law_7_declared_permissions_are_those_of_the_calls_made() {
    let mut seen: BTreeMap<StepId, [BTreeSet<String>; 3]> = BTreeMap::new();
    each(seeds(), async |seed| {
        let simulation = Simulation::new(seed.account.clone());
        let process = Process::start(&simulation);
        process.pull(&seed).await;
        if let Some(tamper) = seed.tamper {
            simulation.meddle(tamper);
            process.resume().await;
        }
        process.restore().await;
        // A seed that needs another step first shows that step's calls too.
        let declared = |of: fn(&[StepId]) -> BTreeSet<&'static str>| -> BTreeSet<String> {
            let before: Vec<StepId> = seed.steps.iter().map(|s| s.step).filter(|s| *s != seed.step).collect();
            let own = of(&[seed.step]);
            of(&before).into_iter().filter(|action| !own.contains(action)).map(str::to_owned).collect()
        };
        let others = [declared(permissions::read), declared(permissions::apply), declared(permissions::undo)];
        let entry = seen.entry(seed.step).or_default();
        for (index, phase) in [Phase::Read, Phase::Apply, Phase::Restore].into_iter().enumerate() {
            let actions = process.aws.ledger().actions(phase);
            entry[index].extend(actions.difference(&others[index]).cloned());
        }
    })
    .await;
    for step in STEPS.iter().filter(|step| only().is_none_or(|id| id == step.spec().id)) {
        let id = step.spec().id;
        let own = |set: BTreeSet<&'static str>| set.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
        let [read, apply, undo] = &seen[&id];
        assert_eq!(*read, own(permissions::read(&[id])), "step {id}: reading");
        assert_eq!(*apply, own(permissions::apply(&[id])), "step {id}: apply");
        assert_eq!(*undo, own(permissions::undo(&[id])), "step {id}: undo");
    }
}

#[tokio::test]
async fn law_8_a_denied_write_fails_its_target_and_names_the_statement() {
    let mut tried = Once::default();
    each(seeds(), async |seed| {
        let probe = Process::start(&Simulation::new(seed.account.clone()));
        probe.pull(&seed).await;
        let writes: BTreeSet<String> = probe
            .aws
            .ledger()
            .calls()
            .into_iter()
            .map(|call| call.operation)
            .filter(|operation| operations::mutates(operation))
            .collect();
        for operation in writes.into_iter().filter(|operation| tried.first(&seed, true, operation)) {
            let simulation = Simulation::new(seed.account.clone());
            let before = simulation.account();
            let process = Process::start(&simulation);
            let when = When::Operation { name: operation.clone(), times: usize::MAX };
            process.aws.faults().set(when, DENIED);
            let summary = process.pull(&seed).await;
            let context = format!("{} without {operation}", seed.name);
            assert!(summary.not_done() > 0, "{context}: nothing failed");
            let statements: Vec<String> = summary
                .ends
                .iter()
                .filter_map(|(_, outcome)| match outcome {
                    Outcome::NotDone(failed) | Outcome::Half(failed) => failed.statement.clone(),
                    _ => None,
                })
                .collect();
            for action in operations::find(&operation).unwrap().actions {
                assert!(statements.iter().any(|s| s.contains(action)), "{context}: {action} is not named");
            }
            Journal::parse(&process.disk.all()).unwrap();
            process.aws.faults().clear();
            let ends = process.restore().await;
            let left = not_put_back(&before, &simulation.account(), &process.names(), &ends);
            assert_eq!(left, vec![], "{context}: not as before");
        }
    })
    .await;
}

#[tokio::test]
async fn law_8_a_denied_read_is_a_gap_and_the_rest_goes_on() {
    let mut tried = Once::default();
    each(seeds(), async |seed| {
        let probe = Process::start(&Simulation::new(seed.account.clone()));
        probe.plan(&seed, Names::default()).await;
        let reads: BTreeSet<String> =
            probe.aws.ledger().calls().into_iter().map(|call| call.operation).collect();
        let regional = seed.steps.iter().any(|selected| {
            let step = unplug::steps::find(selected.step).unwrap();
            step.needs(&selected.params).iter().any(|section| section.regional())
        });
        // Without the identity nothing is done at all; the alias is only a name, and the last use of
        // a key that was found only helps a reader.
        let needless = |name: &str| match name {
            "sts:GetCallerIdentity" | "iam:ListAccountAliases" | "iam:GetAccessKeyLastUsed" => true,
            "ec2:DescribeRegions" => !regional,
            _ => false,
        };
        let reads = reads.iter().filter(|name| !needless(name));
        for operation in reads.filter(|operation| tried.first(&seed, true, operation)) {
            let process = Process::start(&Simulation::new(seed.account.clone()));
            let when = When::Operation { name: operation.clone(), times: usize::MAX };
            process.aws.faults().set(when, DENIED);
            let plan = process.plan(&seed, Names::default()).await;
            let gaps: usize = plan.steps.iter().map(|step| step.gaps.len()).sum();
            assert!(gaps > 0, "{} without {operation}: no gap was said", seed.name);
        }
    })
    .await;
}
