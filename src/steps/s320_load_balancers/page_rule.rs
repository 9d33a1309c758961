//! The rule that answers every request of a listener with the page, as its first. Nothing is
//! overwritten: default actions stay, and so does the secret of a sign-in, which AWS never returns.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::types;
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, FixedResponseActionConfig, PathPatternConditionConfig, RulePriorityPair, Tag,
};
use serde::{Deserialize, Serialize};

use crate::account::{FixedResponse, Gap, ListenerRule, RuleAction, RuleCondition, Section, Tags};
use crate::aws::{Aws, AwsError};
use crate::collect::Ask;
use crate::collect::load_balancers::rules::of_listener;
use crate::front::page;
use crate::step::created::tags;
use crate::step::{Case, Look, Names, Reason, StepError, Target};
use crate::steps::shared::made::Resource;

pub(super) struct PageRule;

/// What a rule takes, and what it answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    priority: u32,
    conditions: BTreeSet<RuleCondition>,
    actions: Vec<RuleAction>,
}

/// The answer to every request: the operator's page, or the shipped one.
fn answer(case: &Case) -> FixedResponse {
    let html = case.scope.page.as_deref().unwrap_or(page::BOTH).trim_end();
    FixedResponse { status: "503".into(), content_type: "text/html".into(), body: html.into() }
}

fn wanted(case: &Case) -> Body {
    let every_path = RuleCondition {
        field: "path-pattern".into(),
        values: ["*".into()].into(),
        ..RuleCondition::default()
    };
    let action =
        RuleAction { kind: "fixed-response".into(), fixed: Some(answer(case)), ..RuleAction::default() };
    Body { priority: 1, conditions: [every_path].into(), actions: vec![action] }
}

/// Does another rule answer every request with this page?
pub(super) fn is_shown_by(rule: &ListenerRule, case: &Case) -> bool {
    rule.takes_all() && rule.fixed_response() == Some(&answer(case))
}

impl Resource for PageRule {
    type Found = ListenerRule;
    type Body = Body;
    const KIND: &'static str = "page-rule";
    const ROLE: &'static str = "page";
    const NOUN: &'static str = "rule";
    const NEEDS: &'static [Section] = &[Section::ListenerRules];
    const DUPLICATE: Option<&'static str> = Some("PriorityInUse");

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.only_listeners.get_or_insert_default().insert(at.id.clone());
    }

    fn all<'a>(&self, look: &Look<'a>) -> Option<Result<&'a BTreeMap<String, ListenerRule>, &'a Gap>> {
        look.region().map(|here| here.listener_rules.as_result())
    }

    fn tags<'a>(&self, found: &'a ListenerRule) -> &'a Tags {
        &found.tags
    }

    fn is_at(&self, found: &ListenerRule, at: &Target) -> bool {
        found.listener == at.id && found.priority.is_some()
    }

    fn body(&self, found: &ListenerRule, _: &Target, _: &Names) -> Body {
        Body {
            priority: found.priority.unwrap_or_default(),
            conditions: found.conditions.clone(),
            actions: found.actions.clone(),
        }
    }

    fn wanted(&self, look: &Look<'_>) -> Body {
        wanted(look.case)
    }

    fn obstacle(&self, _: &Body, look: &Look<'_>) -> Option<Reason> {
        let page = look.case.scope.page.as_deref();
        page::balancer_of(page).err().map(|why| format!("the page cannot be shown: {why}"))
    }

    fn user(&self, _: &str, _: &Look<'_>) -> Option<Reason> {
        None
    }

    /// The answer is put right before the number.
    fn passes(&self, from: Option<&Body>, to: Option<&Body>) -> Vec<Body> {
        let (Some(from), Some(to)) = (from, to) else { return vec![] };
        vec![Body { priority: from.priority, ..to.clone() }]
    }

    fn show(&self, body: &Body) -> String {
        let said = body.actions.iter().map(|action| match &action.fixed {
            Some(fixed) if fixed.body.contains(page::MARK) => format!("{} with the page", fixed.status),
            Some(fixed) => format!("{} with a page of {} bytes", fixed.status, fixed.body.len()),
            None => action.kind.clone(),
        });
        let said = said.collect::<Vec<_>>().join(", ");
        match body.priority {
            1 => format!("its first rule answers {said}"),
            number => format!("rule {number} answers {said}"),
        }
    }

    async fn list(
        &self,
        aws: &Aws,
        at: &Target,
        _: Option<&str>,
    ) -> Result<Vec<(String, ListenerRule)>, AwsError> {
        Ok(of_listener(aws, at.region_name(), &at.id).await?.into_iter().collect())
    }

    async fn create(&self, aws: &Aws, at: &Target, body: &Body) -> Result<Option<String>, StepError> {
        let tags = tags(aws, Self::ROLE).into_iter();
        let tags = tags.map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
        let create = aws.elbv2(at.region_name()).create_rule().listener_arn(&at.id);
        let create = create.priority(number(body)).set_tags(Some(tags));
        let made =
            create.set_conditions(Some(conditions(body))).set_actions(Some(actions(body))).send().await?;
        Ok(made.rules.unwrap_or_default().into_iter().next().and_then(|rule| rule.rule_arn))
    }

    async fn correct(
        &self,
        aws: &Aws,
        at: &Target,
        (id, found): (&str, &ListenerRule),
        to: &Body,
    ) -> Result<(), StepError> {
        let client = aws.elbv2(at.region_name());
        let now = self.body(found, at, aws.names());
        if now.conditions != to.conditions || now.actions != to.actions {
            let modify = client.modify_rule().rule_arn(id).set_conditions(Some(conditions(to)));
            modify.set_actions(Some(actions(to))).send().await?;
        }
        if now.priority != to.priority {
            let pair = RulePriorityPair::builder().rule_arn(id).priority(number(to)).build();
            client.set_rule_priorities().rule_priorities(pair).send().await?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws, at: &Target, (id, _): (&str, &ListenerRule)) -> Result<(), StepError> {
        aws.elbv2(at.region_name()).delete_rule().rule_arn(id).send().await?;
        Ok(())
    }
}

fn number(body: &Body) -> i32 {
    i32::try_from(body.priority).unwrap_or(i32::MAX)
}

fn conditions(body: &Body) -> Vec<types::RuleCondition> {
    let paths = |condition: &RuleCondition| {
        let values = condition.values.iter().cloned().collect();
        let config = PathPatternConditionConfig::builder().set_values(Some(values)).build();
        types::RuleCondition::builder().field(&condition.field).path_pattern_config(config).build()
    };
    body.conditions.iter().map(paths).collect()
}

fn actions(body: &Body) -> Vec<Action> {
    let fixed = body.actions.iter().filter_map(|action| action.fixed.as_ref());
    let action = |fixed: &FixedResponse| {
        let config = FixedResponseActionConfig::builder().status_code(&fixed.status);
        let config = config.content_type(&fixed.content_type).message_body(&fixed.body).build();
        Action::builder().r#type(ActionTypeEnum::FixedResponse).fixed_response_config(config).build()
    };
    fixed.map(action).collect()
}
