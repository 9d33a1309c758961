//! The rule that blocks, first of the rules of one web ACL. Nothing else of the web ACL is changed.

use aws_sdk_wafv2::types;
use serde::{Deserialize, Serialize};

use super::block::{Block, words};
use super::{AclWrite, acls};
use crate::account::{IpSet, Matches, Section, WebAcl, WebRule, waf_name};
use crate::collect::Ask;
use crate::collect::web_acls::web_acl;
use crate::step::{Lens, Look, Now, Reach, StepError, Target, Verdict, Write};
use crate::steps::shared::web_acl::{blocking, refusal, statement, update};

pub(super) struct AclRule;

/// The block of this run in a web ACL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) action: String,
    pub(super) matches: Matches,
    /// No rule is asked before it, but for other blocks of unplug.
    pub(super) first: bool,
}

impl Rule {
    /// The rule of this name, as a web ACL has it.
    pub(super) fn of(acl: &WebAcl, name: &str) -> Option<Rule> {
        let at = acl.rules.iter().position(|rule| rule.name == name)?;
        let is_block = |rule: &WebRule| rule.name.starts_with(IpSet::OURS) && rule.action == "block";
        let (before, from) = acl.rules.split_at(at);
        let rule = from.first()?;
        let first = before.iter().all(is_block);
        Some(Rule { action: rule.action.clone(), matches: rule.matches.clone(), first })
    }

    pub(super) fn wanted(block: &Block) -> Rule {
        Rule { action: "block".into(), matches: block.matches(), first: true }
    }

    pub(super) fn words(&self) -> String {
        let after = if self.first { "" } else { ", after other rules" };
        let action = if self.action == "block" { "blocks" } else { &self.action };
        format!("{action} {}{after}", words(&self.matches))
    }
}

/// The block; `None` where the web ACL has none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// The name of the rule: the restore needs no other.
    name: String,
    rule: Option<Rule>,
}

impl Lens for AclRule {
    type State = State;
    const KIND: &'static str = "web-acl-rule";
    const REACH: Reach = Reach::Itself;
    const NEEDS: &'static [Section] = &[Section::EdgeWebAcls, Section::WebAcls];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.only_web_acls.get_or_insert_default().insert(at.id.clone());
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let name = Block::of(look.case).map(|block| block.name()).unwrap_or_default();
        Now::of(acls(look), |all| match all.acls.get(&look.at.id) {
            None => Now::Vanished,
            Some(acl) => Now::Is(State { rule: Rule::of(acl, &name), name }),
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let Some(block) = Block::of(look.case) else {
            return Verdict::Refuse("no address and no country is named".into());
        };
        let wanted = State { name: block.name(), rule: Some(Rule::wanted(&block)) };
        if *now == wanted {
            return Verdict::Already;
        }
        let Some(acl) = acls(look).read().and_then(|all| all.acls.get(&look.at.id)) else {
            return Verdict::Refuse("it is not there any more".into());
        };
        match (refusal(acl, block.units()), &now.rule) {
            (Some(why), _) => Verdict::Refuse(why),
            (None, None) => Verdict::Change(wanted),
            (None, Some(_)) => {
                let why = format!(
                    "somebody changed the rule {} that unplug made: what they wrote stays out",
                    wanted.name
                );
                Verdict::Lasting(wanted, why)
            }
        }
    }

    fn show(&self, state: &State) -> String {
        match &state.rule {
            None => "blocks none of them".into(),
            Some(rule) if rule.first => format!("its first rule {}", rule.words()),
            Some(rule) => format!("a rule {}", rule.words()),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        let place = aws.waf_place(at.region.as_deref());
        match &to.rule {
            Some(rule) => {
                let rule = blocking(&to.name, statement(aws, &place, &rule.matches).await?)?;
                update(aws, &place, &at.id, |acl| put(acl, &rule)).await
            }
            None => update(aws, &place, &at.id, |acl| take_out(acl, from)).await,
        }
    }
}

/// Puts the rule first. The rule of its name is replaced.
pub(super) fn put(acl: &mut types::WebAcl, rule: &types::Rule) -> AclWrite {
    let rules = acl.rules.get_or_insert_default();
    let others = || rules.iter().filter(|other| other.name != rule.name);
    if let Some(other) = others().find(|other| other.priority == rule.priority) {
        let (name, number) = (&other.name, other.priority);
        return Err(StepError::State(format!(
            "the rule {name} has taken number {number} meanwhile: plan again"
        )));
    }
    if rules.contains(rule) {
        return Ok(false);
    }
    rules.retain(|other| other.name != rule.name);
    rules.insert(0, rule.clone());
    Ok(true)
}

/// Takes the rule out, unless somebody has written another under its name meanwhile.
fn take_out(acl: &mut types::WebAcl, from: &State) -> AclWrite {
    let now = Rule::of(&web_acl(acl), &from.name);
    let same = |one: &Rule, other: &Rule| (&one.action, &one.matches) == (&other.action, &other.matches);
    match (now, &from.rule) {
        (None, _) => Ok(false),
        (Some(now), Some(known)) if same(&now, known) => {
            acl.rules.get_or_insert_default().retain(|rule| rule.name != from.name);
            Ok(true)
        }
        (Some(_), _) => Err(StepError::State(format!(
            "somebody has changed the rule {} of {} meanwhile",
            from.name,
            waf_name(&acl.arn)
        ))),
    }
}
