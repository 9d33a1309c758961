//! Planning by rehearsal: every chosen step runs on a simulated copy of the account, and what that
//! leaves behind is the plan.
//!
//! Regions share nothing that a regional step looks at: they are rehearsed side by side, each on a
//! copy of its own, and put together step by step.

use std::collections::{BTreeMap, BTreeSet};

use super::Stop;
use super::apply::{Carrier, Move, Outcome};
use super::events::Silent;
use super::plan::{Brief, Change, PlanGap, Refused, Selected, StepPlan, gaps};
use crate::account::Account;
use crate::aws::Aws;
use crate::aws::ledger::{Phase, Tally};
use crate::sim::Simulation;
use crate::step::{AnyStep, BadState, Case, Finding, Names, Now, Reason, StepId, Verdict};
use crate::steps;

/// A rehearsal: the plan, and the account as it would be.
pub struct Rehearsal {
    pub steps: Vec<StepPlan>,
    pub after: Account,
    pub names: Names,
}

/// Runs the steps on a copy of the account.
///
/// # Errors
/// When a state is not one of its step's: a fault of the program.
pub async fn rehearse(account: &Account, chosen: &[Selected], brief: &Brief) -> Result<Rehearsal, BadState> {
    let parts = parts(account, chosen).into_iter().enumerate().map(|(number, part)| {
        let (chosen, brief) = (chosen.to_vec(), brief.clone());
        tokio::spawn(async move { on_copy(number, part, &chosen, &brief).await })
    });
    let mut whole: Option<Rehearsal> = None;
    for part in futures::future::join_all(parts).await {
        let part =
            part.unwrap_or_else(|error| Err(BadState { step: StepId(0), error: error.to_string() }))?;
        match &mut whole {
            // The first part has what belongs to no Region, and every step.
            None => whole = Some(part),
            Some(whole) => whole.join(part),
        }
    }
    let Some(mut whole) = whole else {
        return Err(BadState { step: StepId(0), error: "no part of the account".into() });
    };
    let mut number = brief.next_change;
    for plan in &mut whole.steps {
        let needs = steps::find(plan.step).map_or(&[][..], |step| step.spec().needs);
        plan.gaps.splice(0..0, gaps(needs, account, &brief.scope));
        plan.changes.sort_by(|a, b| (a.rank, &a.target).cmp(&(b.rank, &b.target)));
        for change in &mut plan.changes {
            change.number = number;
            number += 1;
        }
    }
    Ok(whole)
}

/// The account in parts that share nothing: what belongs to no Region, and each Region. In one
/// piece where a step looks at both.
fn parts(account: &Account, chosen: &[Selected]) -> Vec<Account> {
    let mixed = chosen.iter().filter_map(|selected| steps::find(selected.step)).any(|step| {
        let kinds: BTreeSet<bool> = step.spec().needs.iter().map(|section| section.regional()).collect();
        kinds.len() > 1
    });
    if mixed {
        return vec![account.clone()];
    }
    let regions = account.regions.iter().map(|(name, region)| {
        let mut part = Account::unread(&account.id, account.caller.clone());
        part.alias = account.alias.clone();
        part.enabled_regions = account.enabled_regions.clone();
        part.regions.insert(name.clone(), region.clone());
        part
    });
    let global = Account { regions: BTreeMap::new(), ..account.clone() };
    std::iter::once(global).chain(regions).collect()
}

impl Rehearsal {
    /// Adds what another part has rehearsed.
    fn join(&mut self, part: Rehearsal) {
        for (name, id) in part.names.all() {
            self.names.set(&name, &id);
        }
        for (mine, other) in self.steps.iter_mut().zip(part.steps) {
            // What is said of no Region in particular, each part may say.
            let new = |finding: &Finding| finding.region.is_some() || !mine.findings.contains(finding);
            let fresh: Vec<_> = other.findings.into_iter().filter(new).collect();
            mine.findings.extend(fresh);
            mine.changes.extend(other.changes);
            mine.already.extend(other.already);
            mine.refused.extend(other.refused);
            mine.gaps.extend(other.gaps);
            mine.calls.merge(&other.calls);
            mine.undo_calls.merge(&other.undo_calls);
        }
        self.after.regions.extend(part.after.regions);
    }
}

/// Runs the steps on one part.
async fn on_copy(
    number: usize,
    account: Account,
    chosen: &[Selected],
    brief: &Brief,
) -> Result<Rehearsal, BadState> {
    let simulation = Simulation::part(account.clone(), number);
    let names = Names::new(brief.names.all());
    let aws = Aws::simulated(simulation.clone()).for_run(&brief.run, names.clone(), None);
    let mut number = brief.next_change;
    let (mut steps, mut undoing) = (vec![], vec![]);
    for selected in chosen {
        let Some(step) = steps::find(selected.step) else { continue };
        let case = brief.case(&selected.params, names.clone());
        let mut plan = simulation.look(|now| look(step, now, &case, &mut number))?;
        let first = aws.ledger().len();
        let refused = cut(&aws, step, &case, &account, &plan.changes).await;
        plan.calls = aws.ledger().tally_since(first);
        for (number, why) in refused {
            let at = plan.changes.iter().position(|change| change.number == number);
            if let Some(change) = at.map(|at| plan.changes.remove(at)) {
                plan.refused.push(Refused { target: change.target, why });
            }
        }
        // Beside the next step: it works on a copy of its own, and only its calls are wanted.
        let back = undo(simulation.fork(), Names::new(names.all()), step, case, plan.changes.clone());
        undoing.push(tokio::spawn(back));
        steps.push(plan);
    }
    for (plan, back) in steps.iter_mut().zip(undoing) {
        // It can fail only with the program itself.
        plan.undo_calls = back.await.unwrap_or_default();
    }
    Ok(Rehearsal { steps, after: simulation.account(), names })
}

/// Finds the targets of a step and asks it what it wants of each.
fn look(step: &dyn AnyStep, account: &Account, case: &Case, number: &mut u32) -> Result<StepPlan, BadState> {
    let spec = step.spec();
    let found = step.find(account, case);
    let mut plan = StepPlan {
        step: spec.id,
        params: case.params.clone(),
        findings: found.findings,
        changes: vec![],
        already: vec![],
        refused: vec![],
        gaps: vec![],
        calls: Tally::default(),
        undo_calls: Tally::default(),
    };
    let mut items = found.items;
    items.sort_by(|a, b| (a.rank, &a.at).cmp(&(b.rank, &b.at)));
    for item in items {
        if let Some(why) = case.config.protects(&item.at.id, &item.tags) {
            plan.refused.push(Refused { target: item.at, why });
            continue;
        }
        let before = match step.state(&item.at, account, case) {
            Now::Is(state) | Now::Settling(state) => state,
            Now::Vanished => continue,
            Now::Unknown(gap) => {
                plan.gaps.push(PlanGap { section: None, region: item.at.region.clone(), gap });
                continue;
            }
        };
        let (after, lasting) = match step.contain(&before, &item.at, account, case)? {
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
        let shown = (step.show(&before)?, step.show(&after)?);
        plan.changes.push(Change {
            number: *number,
            step: spec.id,
            rank: item.rank,
            target: item.at,
            before,
            after,
            shown,
            lasting,
        });
        *number += 1;
    }
    Ok(plan)
}

/// Rehearses the cut. Returns what AWS would refuse, by change number.
async fn cut(
    aws: &Aws,
    step: &dyn AnyStep,
    case: &Case,
    known: &Account,
    changes: &[Change],
) -> BTreeMap<u32, Reason> {
    let moves: Vec<Move> = changes.iter().map(|change| Move::cut(change, &case.params)).collect();
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
            other => Some((moved.number, format!("AWS would refuse: {}", other.words()))),
        })
        .collect()
}

/// Rehearses putting the step back, on a copy of the copy, for the calls it takes.
async fn undo(
    simulation: Simulation,
    names: Names,
    step: &'static dyn AnyStep,
    case: Case,
    changes: Vec<Change>,
) -> Tally {
    let moves = changes.iter().filter(|change| change.lasting.is_none()).map(|c| Move::back(c, &case.params));
    let moves: Vec<Move> = moves.collect();
    if moves.is_empty() {
        return Tally::default();
    }
    let known = simulation.account();
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
