//! The web ACL that a run makes for load balancers of a Region, or for distributions, that have none. It lets
//! everything through but for what the run blocks.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_wafv2::types;
use serde::{Deserialize, Serialize};

use super::acl_rule::Rule;
use super::block::Block;
use super::{MADE_BY, acls};
use crate::account::{Section, WebAcl, waf_id, waf_name};
use crate::aws::{Aws, WafPlace, unless_gone};
use crate::collect::Ask;
use crate::collect::web_acls::web_acl;
use crate::step::{Lens, Look, Now, Reach, Reason, StepError, Target, Verdict, Write};
use crate::steps::shared::web_acl::{arn_of, blocking, statement, update, visibility};

pub(super) struct MadeAcl;

/// What the web ACL of a name holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    default_action: String,
    rule: Option<Rule>,
    /// The names of rules that somebody has added.
    others: BTreeSet<String>,
}

impl State {
    fn of(acl: &WebAcl, name: &str) -> State {
        let others = acl.rules.iter().map(|rule| rule.name.clone()).filter(|other| other != name);
        State {
            default_action: acl.default_action.clone(),
            rule: Rule::of(acl, name),
            others: others.collect(),
        }
    }

    fn wanted(block: &Block) -> State {
        State { default_action: "allow".into(), rule: Some(Rule::wanted(block)), others: BTreeSet::new() }
    }
}

/// The web ACL of the target's name, with its ARN.
fn find<'a>(look: &Look<'a>) -> Option<(&'a String, &'a WebAcl)> {
    acls(look).read()?.acls.iter().find(|(arn, _)| waf_name(arn) == look.at.id)
}

/// The name under which the ARN of a web ACL is recorded.
fn record(at: &Target) -> String {
    format!("web-acl/{}/{}", at.region.as_deref().unwrap_or("cloudfront"), at.id)
}

impl Lens for MadeAcl {
    type State = Option<State>;
    const KIND: &'static str = "web-acl";
    const REACH: Reach = Reach::Itself;
    const NEEDS: &'static [Section] = &[Section::Distributions, Section::EdgeWebAcls, Section::WebAcls];
    const SETTLES_WITHIN: Duration = Duration::from_secs(180);
    const STATES_ONLY: bool = true;

    fn narrow(&self, ask: &mut Ask, _: &Target) {
        ask.states_only = true;
        ask.only_web_acls.get_or_insert_default();
    }

    fn state(&self, look: &Look<'_>) -> Now<Self::State> {
        Now::of(acls(look), |_| Now::Is(find(look).map(|(_, acl)| State::of(acl, &look.at.id))))
    }

    fn contain(&self, now: &Self::State, look: &Look<'_>) -> Verdict<Self::State> {
        let Some(wanted) = Block::of(look.case).map(|block| State::wanted(&block)) else {
            return Verdict::Refuse("no address and no country is named".into());
        };
        match now {
            Some(now) if *now == wanted => Verdict::Already,
            None => Verdict::Change(Some(wanted)),
            Some(_) => Verdict::Lasting(
                Some(wanted),
                "somebody changed the web ACL that unplug made: what they wrote stays out".into(),
            ),
        }
    }

    fn creates(&self, at: &Target) -> Option<String> {
        Some(record(at))
    }

    fn used_by(&self, look: &Look<'_>) -> Option<Reason> {
        let (arn, acl) = find(look)?;
        let mut distributions = look.account.distributions.items();
        let distribution = distributions.find(|(_, one)| one.web_acl.as_ref() == Some(arn));
        let user = distribution.map(|(id, _)| id).or_else(|| acl.balancers.first())?;
        Some(format!("{user} still uses it"))
    }

    fn show(&self, state: &Self::State) -> String {
        let Some(State { default_action, rule, others }) = state else { return "none".into() };
        let rule = rule.as_ref().map_or_else(|| "blocks none of them".into(), Rule::words);
        let rest = if default_action == "allow" { "lets the others through" } else { "blocks the others" };
        let more = if others.is_empty() { "" } else { ", and has rules of somebody else" };
        format!("{rule}, {rest}{more}")
    }

    async fn write(&self, write: Write<'_, Self::State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let place = aws.waf_place(at.region.as_deref());
        match to {
            Some(state) => make(aws, &place, at, state).await,
            None => delete(aws, &place, &at.id).await,
        }
    }
}

/// Makes the web ACL, or puts right what it holds.
async fn make(aws: &Aws, place: &WafPlace, at: &Target, to: &State) -> Result<(), StepError> {
    let rule = match &to.rule {
        Some(rule) => Some(blocking(&at.id, statement(aws, place, &rule.matches).await?)?),
        None => None,
    };
    let arn = match arn_of(aws, place, &at.id).await? {
        Some(arn) => {
            update(aws, place, &arn, |acl| Ok(put_right(acl, rule.as_ref(), to))).await?;
            arn
        }
        None => {
            let create = aws.wafv2(&place.region).create_web_acl().name(&at.id).scope(place.scope());
            let create =
                create.description(MADE_BY).default_action(allow()).set_rules(rule.map(|one| vec![one]));
            let made = create.visibility_config(visibility(&at.id)?).send().await?;
            let arn = made.summary.and_then(|summary| summary.arn);
            arn.ok_or_else(|| StepError::State("AWS gave the new web ACL no ARN".into()))?
        }
    };
    if aws.names().id(&record(at)).as_ref() != Some(&arn) {
        aws.created(&record(at), &arn)?;
    }
    Ok(())
}

fn allow() -> types::DefaultAction {
    types::DefaultAction::builder().allow(types::AllowAction::builder().build()).build()
}

/// Gives the web ACL its rule and its default action, and takes out rules that are not in the state. Says
/// whether anything changed.
fn put_right(acl: &mut types::WebAcl, rule: Option<&types::Rule>, to: &State) -> bool {
    let name = acl.name.clone();
    if State::of(&web_acl(acl), &name) == *to {
        return false;
    }
    acl.default_action = Some(allow());
    let rules = acl.rules.get_or_insert_default();
    rules.retain(|other| to.others.contains(&other.name));
    rules.extend(rule.cloned());
    true
}

async fn delete(aws: &Aws, place: &WafPlace, name: &str) -> Result<(), StepError> {
    let Some(arn) = arn_of(aws, place, name).await? else { return Ok(()) };
    let Some(whole) = unless_gone(aws.whole_web_acl(place, &arn).await)? else { return Ok(()) };
    let delete = aws.wafv2(&place.region).delete_web_acl().name(name).id(waf_id(&arn));
    unless_gone(delete.scope(place.scope()).lock_token(whole.lock_token).send().await)?;
    Ok(())
}
