//! The priorities of the rules that stand in the way of the page, of one listener.
//!
//! AWS takes each number once in a listener, and the page needs number 1. Where a rule has it, that rule
//! and those that follow it without a gap move up by one, all in one call, so that their order stays at
//! every moment. Moving the first alone to a free number behind the others would let another rule answer
//! for it while the page comes and goes: a rule without sign-in for one with it.
//!
//! ```text
//!  before   1 /admin/*   2 /old/*             7 /beta   default
//!  after    1 the page   2 /admin/*  3 /old/* 7 /beta   default
//! ```

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::RulePriorityPair;
use serde::{Deserialize, Serialize};

use super::page_rule::PageRule;
use crate::account::{ListenerRule, Section};
use crate::aws::{AwsError, Kind};
use crate::collect::Ask;
use crate::collect::load_balancers::rules::of_listener;
use crate::step::created::is_of_run;
use crate::step::{Case, Lens, Look, Now, Reach, Reason, StepError, Target, Verdict, Write};
use crate::steps::shared::made::{self, Resource as _};

/// The highest number of a rule.
///
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html>
const HIGHEST: u32 = 50_000;

pub(super) struct RuleOrder;

/// Priorities by the ARN of the rule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    priorities: BTreeMap<String, u32>,
}

/// The target of the first rules of a listener: what is added behind them later is no part of it.
pub(super) fn id(listener: &str, first: usize) -> String {
    format!("{listener}#{first}")
}

/// A target's listener, and how many of its rules.
fn parts(at: &Target) -> (&str, usize) {
    let (listener, first) = at.id.rsplit_once('#').unwrap_or((&at.id, ""));
    (listener, first.parse().unwrap_or_default())
}

/// The rules of a listener that have a number, in the order in which they are asked. The page of this run
/// is left out.
pub(super) fn others<'a>(
    rules: impl Iterator<Item = (&'a String, &'a ListenerRule)>,
    listener: &str,
    case: &Case,
) -> Vec<(&'a String, &'a ListenerRule)> {
    let recorded = made::id::<PageRule>(&case.names, listener);
    let is_ours = |id: &String, rule: &ListenerRule| match &recorded {
        Some(recorded) => id == recorded,
        None => is_of_run(&rule.tags, &case.run, PageRule::ROLE),
    };
    let mut others: Vec<_> =
        rules.filter(|(id, rule)| rule.priority.is_some() && !is_ours(id, rule)).collect();
    others.sort_by_key(|(_, rule)| rule.priority);
    others
}

/// How many of these rules have the numbers 1, 2, 3 … without a gap.
pub(super) fn run_from_one(others: &[(&String, &ListenerRule)]) -> usize {
    let numbers = others.iter().filter_map(|(_, rule)| rule.priority);
    numbers.zip(1..).take_while(|(number, wanted)| number == wanted).count()
}

/// Every rule of the target's listener but the page of this run.
fn at_target<'a>(look: &Look<'a>) -> Option<Vec<(&'a String, &'a ListenerRule)>> {
    let (listener, _) = parts(look.at);
    let rules = look.region()?.listener_rules.read()?;
    Some(others(rules.iter().filter(|(_, rule)| rule.listener == listener), listener, look.case))
}

impl Lens for RuleOrder {
    type State = State;
    const KIND: &'static str = "rule-order";
    const REACH: Reach = Reach::Itself;
    const NEEDS: &'static [Section] = &[Section::ListenerRules];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.only_listeners.get_or_insert_default().insert(parts(at).0.to_owned());
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let (listener, first) = parts(look.at);
        look.in_region(|here| {
            Now::of(&here.listener_rules, |rules| {
                if !rules.values().any(|rule| rule.listener == listener) {
                    return Now::Vanished;
                }
                let others = at_target(look).unwrap_or_default().into_iter().take(first);
                let priorities = others.filter_map(|(id, rule)| Some((id.clone(), rule.priority?)));
                Now::Is(State { priorities: priorities.collect() })
            })
        })
    }

    fn contain(&self, now: &State, _: &Look<'_>) -> Verdict<State> {
        if !now.priorities.values().any(|priority| *priority == 1) {
            return Verdict::Already;
        }
        if now.priorities.values().any(|priority| *priority >= HIGHEST) {
            return Verdict::Refuse(format!("no number is free: its rules take all up to {HIGHEST}"));
        }
        let up = |(id, priority): (&String, &u32)| (id.clone(), priority + 1);
        Verdict::Change(State { priorities: now.priorities.iter().map(up).collect() })
    }

    /// AWS refuses a number that another rule has.
    fn hold_back(&self, before: &State, look: &Look<'_>) -> Option<Reason> {
        let others = at_target(look)?;
        let (id, rule) = others.into_iter().find(|(id, rule)| {
            !before.priorities.contains_key(*id)
                && before.priorities.values().any(|priority| Some(*priority) == rule.priority)
        })?;
        let number = rule.priority.unwrap_or_default();
        Some(format!("{id} has number {number} now: give it another one, then restore again"))
    }

    fn show(&self, state: &State) -> String {
        let numbers = || state.priorities.values();
        match (numbers().min(), numbers().max()) {
            (Some(first), Some(last)) if first == last => format!("its first rule has number {first}"),
            (Some(first), Some(last)) => format!("its first rules have numbers {first} to {last}"),
            _ => "no rule".into(),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        match set(&write, |_| true).await {
            // AWS sets all or none: without those that somebody has deleted.
            Err(error) if error.kind == Kind::Gone => {
                let there = of_listener(write.aws, write.at.region_name(), parts(write.at).0).await?;
                Ok(set(&write, |id| there.contains_key(id)).await?)
            }
            answer => Ok(answer?),
        }
    }
}

/// Sets the priorities of these rules in one call.
async fn set(write: &Write<'_, State>, wanted: impl Fn(&str) -> bool) -> Result<(), AwsError> {
    let pairs = write.to.priorities.iter().filter(|(id, _)| wanted(id)).map(|(id, priority)| {
        let priority = i32::try_from(*priority).unwrap_or(i32::MAX);
        RulePriorityPair::builder().rule_arn(id).priority(priority).build()
    });
    let pairs: Vec<_> = pairs.collect();
    if pairs.is_empty() {
        return Ok(());
    }
    let client = write.aws.elbv2(write.at.region_name());
    client.set_rule_priorities().set_rule_priorities(Some(pairs)).send().await?;
    Ok(())
}
