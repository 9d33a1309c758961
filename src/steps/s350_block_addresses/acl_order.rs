//! The priorities of the rules that stand in the way of the block, of one web ACL.
//!
//! AWS takes each number once in a web ACL, none is below 0, and the block needs 0. Where a rule has it, that
//! rule and those that follow it without a gap move up by one, all in one call: their order stays.
//!
//! ```text
//!  before   0 rate limit   1 managed rules                  7 sign-in
//!  after    0 the block    1 rate limit   2 managed rules   7 sign-in
//! ```

use std::collections::BTreeMap;

use aws_sdk_wafv2::types;
use serde::{Deserialize, Serialize};

use super::acls;
use super::block::Block;
use crate::account::{Section, WebAcl, WebRule};
use crate::collect::Ask;
use crate::step::{Lens, Look, Now, Reach, Reason, StepError, Target, Verdict, Write};
use crate::steps::shared::web_acl::{refusal, update};

pub(super) struct AclOrder;

/// Priorities by the name of the rule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    priorities: BTreeMap<String, i32>,
}

/// The target of the first rules of a web ACL: what is added behind them later is no part of it.
pub(super) fn id(arn: &str, first: usize) -> String {
    format!("{arn}#{first}")
}

/// A target's web ACL, and how many of its rules.
fn parts(at: &Target) -> (&str, usize) {
    let (arn, first) = at.id.rsplit_once('#').unwrap_or((&at.id, ""));
    (arn, first.parse().unwrap_or_default())
}

/// The rules but for the block of this name, in the order in which they are asked.
fn others<'a>(acl: &'a WebAcl, ours: &'a str) -> impl Iterator<Item = &'a WebRule> {
    acl.rules.iter().filter(move |rule| rule.name != ours)
}

/// How many of the other rules have the numbers 0, 1, 2 … without a gap.
pub(super) fn run_from_zero(acl: &WebAcl, ours: &str) -> usize {
    others(acl, ours).zip(0..).take_while(|(rule, wanted)| rule.priority == *wanted).count()
}

fn ours(look: &Look<'_>) -> String {
    Block::of(look.case).map(|block| block.name()).unwrap_or_default()
}

impl Lens for AclOrder {
    type State = State;
    const KIND: &'static str = "web-acl-order";
    const REACH: Reach = Reach::Itself;
    const NEEDS: &'static [Section] = &[Section::EdgeWebAcls, Section::WebAcls];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.only_web_acls.get_or_insert_default().insert(parts(at).0.to_owned());
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let (arn, first) = parts(look.at);
        let ours = ours(look);
        Now::of(acls(look), |all| match all.acls.get(arn) {
            None => Now::Vanished,
            Some(acl) => {
                let rules = others(acl, &ours).take(first).map(|rule| (rule.name.clone(), rule.priority));
                Now::Is(State { priorities: rules.collect() })
            }
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        if !now.priorities.values().any(|priority| *priority == 0) {
            return Verdict::Already;
        }
        let acl = acls(look).read().and_then(|all| all.acls.get(parts(look.at).0));
        let up = now.priorities.iter().map(|(name, priority)| (name.clone(), priority.saturating_add(1)));
        Verdict::unless(acl.and_then(|acl| refusal(acl, 0)), State { priorities: up.collect() })
    }

    /// AWS refuses a number that another rule has.
    fn hold_back(&self, before: &State, look: &Look<'_>) -> Option<Reason> {
        let acl = acls(look).read()?.acls.get(parts(look.at).0)?;
        let ours = ours(look);
        let rule = others(acl, &ours).find(|rule| {
            !before.priorities.contains_key(&rule.name)
                && before.priorities.values().any(|priority| *priority == rule.priority)
        })?;
        Some(format!(
            "the rule {} has number {} now: give it another one, then restore again",
            rule.name, rule.priority
        ))
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
        let place = write.aws.waf_place(write.at.region.as_deref());
        update(write.aws, &place, parts(write.at).0, |acl| renumber(acl, &write.to.priorities)).await
    }
}

/// Gives rules these numbers. Rules that somebody has deleted are left out. Says whether anything changed.
fn renumber(acl: &mut types::WebAcl, to: &BTreeMap<String, i32>) -> Result<bool, StepError> {
    let mut changed = false;
    for rule in acl.rules.iter_mut().flatten() {
        if let Some(priority) = to.get(&rule.name) {
            changed |= std::mem::replace(&mut rule.priority, *priority) != *priority;
        }
    }
    let taken = acl
        .rules()
        .iter()
        .find(|rule| !to.contains_key(&rule.name) && to.values().any(|priority| *priority == rule.priority));
    match taken {
        Some(rule) if changed => {
            let (name, number) = (&rule.name, rule.priority);
            Err(StepError::State(format!("the rule {name} has taken number {number} meanwhile: plan again")))
        }
        _ => Ok(changed),
    }
}
