//! One slice of the account: its steps, one after the other, on a simulated copy.

use std::collections::{BTreeMap, BTreeSet};

use super::Rehearsal;
use super::shield::{Shield, Spared};
use crate::account::{Account, Caller};
use crate::aws::Aws;
use crate::aws::ledger::{Phase, Tally};
use crate::engine::Stop;
use crate::engine::apply::{Carrier, Move, Outcome};
use crate::engine::change::Change;
use crate::engine::events::Silent;
use crate::engine::plan::{Brief, PlanGap, Refused, Selected, StepPlan};
use crate::sim::Simulation;
use crate::step::{BadState, Case, Finding, Look, Names, Now, Reason, Step, Target, Verdict};
use crate::steps;

/// Runs the steps on one slice of the account.
pub(super) async fn rehearse(
    number: usize,
    account: Account,
    chosen: &[Selected],
    brief: &Brief,
) -> Result<Rehearsal, BadState> {
    let known = account.identity();
    let simulation = Simulation::part(account, number);
    let names = Names::new(brief.names.all());
    let aws = Aws::simulated(simulation.clone()).for_run(&brief.run, names.clone(), None);
    let mut next_number = brief.next_change;
    let (mut steps, mut undoing) = (vec![], vec![]);
    for selected in chosen {
        let Some(step) = steps::find(selected.step) else { continue };
        let case = brief.case(&selected.params, names.clone());
        let mut plan = simulation.look(|now| look(step, now, &case, &mut next_number))?;
        let (first, begun_ms) = (aws.ledger().len(), aws.clock().now_ms());
        let refused = cut(&aws, step, &case, &known, &plan.changes).await;
        plan.calls = aws.ledger().tally_since(first);
        plan.waits_ms = aws.clock().now_ms().saturating_sub(begun_ms);
        let above = simulation.take_above_defaults().into_iter();
        plan.findings.extend(above.map(|(region, text)| Finding {
            good: false,
            matters: true,
            region: Some(region),
            text,
        }));
        for (number, why) in refused {
            let at = plan.changes.iter().position(|change| change.number == number);
            if let Some(change) = at.map(|at| plan.changes.remove(at)) {
                plan.refused.push(Refused { target: change.target, why });
            }
        }
        let moves = undo_moves(&plan.changes);
        if !moves.is_empty() {
            // Beside the next step: it works on a copy of its own, and only its calls are wanted.
            let (copy, names) = (simulation.fork(), Names::new(names.all()));
            let undo = undo(copy, names, step, case, known.clone(), moves);
            undoing.push((steps.len(), tokio::spawn(undo)));
        }
        steps.push(plan);
    }
    for (at, undo) in undoing {
        // Without it the rights that putting back needs would not be known to be missing.
        steps[at].undo_calls = undo.await.map_err(|error| {
            let error = format!("putting it back could not be rehearsed: {error}");
            BadState { about: format!("step {}", steps[at].step), error }
        })?;
    }
    drop(aws);
    Ok(Rehearsal { steps, after: simulation.into_account(), names })
}

/// Plans one step: finds its targets and asks the lens of each for the wanted state.
fn look(step: &dyn Step, account: &Account, case: &Case, number: &mut u32) -> Result<StepPlan, BadState> {
    let spec = step.spec();
    let found = step.find(account, case);
    let selected = Selected { step: spec.id, params: case.params.clone() };
    let mut plan = StepPlan { findings: found.findings, ..StepPlan::empty(&selected) };
    let mut items = found.items;
    items.sort_by(|a, b| (a.rank, &a.at).cmp(&(b.rank, &b.at)));
    let shield = Shield::over(spec, account, &case.config);
    let mut made = Made::default();
    for mut item in items {
        let holder = step.lens(&item.at).actor().and_then(|actor| account.actors.get(&actor));
        item.at.account = holder.and_then(Caller::account).map(str::to_owned);
        if let Some(why) = case.config.protects(&item.at.id, &item.tags) {
            made.spared(&item.at);
            plan.refused.push(Refused { target: item.at, why });
            continue;
        }
        match shield.as_ref().and_then(|shield| shield.spares(step.lens(&item.at).reach(), &item)) {
            Some(Spared::Inside(why)) => {
                made.spared(&item.at);
                plan.refused.push(Refused { target: item.at, why });
                continue;
            }
            Some(Spared::Unseen(gap)) => {
                made.spared(&item.at);
                plan.gaps.push(PlanGap { section: None, region: item.at.region.clone(), gap });
                continue;
            }
            None => {}
        }
        let (lens, look) = (step.lens(&item.at), Look::new(&item.at, account, case));
        let before = match lens.state(&look) {
            Now::Is(state) | Now::Settling(state) => state,
            Now::Vanished => continue,
            Now::Unknown(gap) => {
                plan.gaps.push(PlanGap { section: None, region: item.at.region.clone(), gap });
                continue;
            }
        };
        let (after, lasting) = match lens.contain(&before, &look)? {
            Verdict::Change(after) => (after, None),
            Verdict::Lasting(after, why) => (after, Some(why)),
            Verdict::Already => {
                plan.already.push(item.at);
                continue;
            }
            Verdict::Refuse(why) => {
                plan.refused.push(Refused { target: item.at, why });
                continue;
            }
        };
        let shown = (lens.show(&before)?, lens.show(&after)?);
        if item.created && lasting.is_none() {
            made.numbers.insert(*number);
        }
        plan.changes.push(Change {
            number: *number,
            step: spec.id,
            rank: item.rank,
            target: item.at,
            before,
            after,
            shown,
            lasting,
            params: case.params.clone(),
            owners: item.owners,
        });
        *number += 1;
    }
    made.leave_out(&mut plan.changes);
    Ok(plan)
}

/// The resources that a step makes for its other targets, and the targets that are spared.
#[derive(Default)]
struct Made {
    numbers: BTreeSet<u32>,
    spared: Vec<Target>,
}

impl Made {
    fn spared(&mut self, at: &Target) {
        self.spared.push(at.clone());
    }

    /// Leaves out each resource whose targets are all spared.
    fn leave_out(&self, changes: &mut Vec<Change>) {
        let is_near = |made: &Target, at: &Target| {
            made.region == at.region && (made.vpc.is_none() || made.vpc == at.vpc)
        };
        let used: BTreeSet<u32> = changes
            .iter()
            .filter(|made| {
                let others = || changes.iter().filter(|other| !self.numbers.contains(&other.number));
                !self.numbers.contains(&made.number)
                    || !self.spared.iter().any(|at| is_near(&made.target, at))
                    || others().any(|other| is_near(&made.target, &other.target))
            })
            .map(|change| change.number)
            .collect();
        changes.retain(|change| used.contains(&change.number));
    }
}

/// Rehearses the cut. Returns what AWS would refuse, by change number.
async fn cut(
    aws: &Aws,
    step: &dyn Step,
    case: &Case,
    known: &Account,
    changes: &[Change],
) -> BTreeMap<u32, Reason> {
    let moves: Vec<Move> = changes.iter().map(Move::cut).collect();
    let carrier = Carrier {
        aws,
        step,
        case,
        known,
        phase: Phase::Apply,
        record: None,
        stop: &Stop::default(),
        listener: &Silent,
    };
    carrier
        .carry(moves)
        .await
        .into_iter()
        .filter_map(|(moved, outcome)| match outcome {
            Outcome::Done => None,
            other => Some((moved.change.number, format!("AWS would refuse: {}", other.words()))),
        })
        .collect()
}

/// The moves that put these changes back.
fn undo_moves(changes: &[Change]) -> Vec<Move> {
    changes.iter().filter(|change| change.lasting.is_none()).map(|c| Move::back(c, c.after.clone())).collect()
}

/// Rehearses putting the step back, on a copy of the copy, for the calls it takes.
async fn undo(
    simulation: Simulation,
    names: Names,
    step: &'static dyn Step,
    case: Case,
    known: Account,
    moves: Vec<Move>,
) -> Tally {
    let aws = Aws::simulated(simulation).for_run(&case.run, names.clone(), None);
    let carrier = Carrier {
        aws: &aws,
        step,
        case: &Case { names, ..case },
        known: &known,
        phase: Phase::Restore,
        record: None,
        stop: &Stop::default(),
        listener: &Silent,
    };
    carrier.carry(moves).await;
    aws.ledger().tally_since(0)
}
