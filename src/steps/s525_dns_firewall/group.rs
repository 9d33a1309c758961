//! The rule group that the run makes in a Region: one rule, which blocks every name.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_route53resolver::types::{Action, BlockResponse};
use serde::{Deserialize, Serialize};

use super::list::List;
use super::request::{self, request_id, tags, title};
use crate::collect::resolver;
use crate::account::{DnsRule, DnsRuleGroup, Gap, Region, Section, Tags};
use crate::aws::{Aws, AwsError, unless_gone};
use crate::step::{Look, Names, Reason, StepError, Target, count};
use crate::steps::shared::made::{self, Resource};

pub(super) struct Group;

/// Rules by priority.
pub(super) type Rules = BTreeMap<i32, Rule>;

/// A rule; the run's own list is named, not by its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    list: String,
    action: String,
    block_response: Option<String>,
    query_type: Option<String>,
}

/// What the run's list is called in a state.
const OURS: &str = "@dns-block-list";
/// Of the only rule in its group.
const PRIORITY: i32 = 100;

pub(super) fn block_all() -> Rules {
    let rule = Rule {
        list: OURS.into(),
        action: "BLOCK".into(),
        block_response: Some("NODATA".into()),
        query_type: None,
    };
    [(PRIORITY, rule)].into()
}

impl Resource for Group {
    type Found = DnsRuleGroup;
    type Body = Rules;
    const KIND: &'static str = "dns-block-group";
    const ROLE: &'static str = Self::KIND;
    const NOUN: &'static str = "rule group";
    const NEEDS: &'static [Section] = &[Section::DnsFirewall];
    const SETTLES_WITHIN: Duration = request::SETTLES_WITHIN;

    fn all<'a>(&self, here: &'a Region) -> Result<&'a BTreeMap<String, DnsRuleGroup>, &'a Gap> {
        here.dns_firewall.as_result().map(|firewall| &firewall.rule_groups)
    }

    fn tags<'a>(&self, found: &'a DnsRuleGroup) -> &'a Tags {
        &found.tags
    }

    fn is_at(&self, _: &DnsRuleGroup, _: &Target) -> bool {
        true
    }

    fn is_unused(&self, id: &str, _: &DnsRuleGroup, look: Option<&Look<'_>>) -> bool {
        let firewall = look.and_then(Look::region).and_then(|here| here.dns_firewall.read());
        firewall.is_none_or(|firewall| firewall.associations.iter().all(|on| on.rule_group != id))
    }

    /// Its rules, the list by name where it is the run's own.
    fn body(&self, found: &DnsRuleGroup, at: &Target, names: &Names) -> Rules {
        let ours = made::id::<List>(names, at.region_name());
        let rule = |rule: &DnsRule| Rule {
            list: match &rule.threat_protection {
                Some(threat) => threat.clone(),
                None if Some(&rule.domain_list) == ours.as_ref() => OURS.into(),
                None => rule.domain_list.clone(),
            },
            action: rule.action.clone(),
            block_response: rule.block_response.clone(),
            query_type: rule.query_type.clone(),
        };
        found.rules.iter().map(|(priority, found)| (*priority, rule(found))).collect()
    }

    fn wanted(&self, _: &Look<'_>) -> Rules {
        block_all()
    }

    fn user(&self, id: &str, here: &Region) -> Option<Reason> {
        let mut all = here.dns_firewall.read()?.associations.iter();
        let user = all.find(|on| on.rule_group == id && on.status != "DELETING")?;
        Some(format!("{id} still filters the DNS of {}", user.vpc))
    }

    /// It is made without rules; rules go and come one call at a time, what is not wanted first.
    fn passes(&self, from: Option<&Rules>, to: Option<&Rules>) -> Vec<Rules> {
        let (mut rest, wanted) = (from.cloned().unwrap_or_default(), to.cloned().unwrap_or_default());
        let mut way = vec![rest.clone()];
        for (priority, rule) in rest.clone() {
            if wanted.get(&priority) != Some(&rule) {
                rest.remove(&priority);
                way.push(rest.clone());
            }
        }
        for (priority, rule) in wanted {
            rest.insert(priority, rule);
            way.push(rest.clone());
        }
        way
    }

    fn show(&self, rules: &Rules) -> String {
        if *rules == block_all() { "blocks every name".into() } else { count(rules.len(), "rule") }
    }

    async fn list(
        &self,
        aws: &Aws,
        at: &Target,
        _: Option<&str>,
    ) -> Result<Vec<(String, DnsRuleGroup)>, AwsError> {
        let groups = resolver::rule_groups(aws, at.region_name(), Some(&title(aws))).await?;
        Ok(groups.into_iter().collect())
    }

    async fn create(&self, aws: &Aws, at: &Target) -> Result<Option<String>, StepError> {
        let create = aws.resolver(at.region_name()).create_firewall_rule_group().name(title(aws));
        let create = create.set_tags(Some(tags(aws, Self::ROLE)?));
        let made = create.creator_request_id(request_id(aws, Self::ROLE)).send().await?;
        Ok(made.firewall_rule_group.and_then(|group| group.id))
    }

    async fn correct(
        &self,
        aws: &Aws,
        at: &Target,
        (id, group): (&str, &DnsRuleGroup),
        to: &Rules,
    ) -> Result<(), StepError> {
        let have = self.body(group, at, aws.names());
        for (priority, rule) in &group.rules {
            if have.get(priority) != to.get(priority) {
                delete_rule(aws, at, id, rule).await?;
            }
        }
        for (priority, rule) in to.iter().filter(|(priority, rule)| have.get(*priority) != Some(*rule)) {
            create_rule(aws, at, id, *priority, rule).await?;
        }
        Ok(())
    }

    /// The rules first: AWS keeps a list that a rule uses.
    async fn delete(
        &self,
        aws: &Aws,
        at: &Target,
        (id, group): (&str, &DnsRuleGroup),
    ) -> Result<(), StepError> {
        for rule in group.rules.values() {
            delete_rule(aws, at, id, rule).await?;
        }
        let delete = aws.resolver(at.region_name()).delete_firewall_rule_group();
        delete.firewall_rule_group_id(id).send().await?;
        Ok(())
    }
}

async fn create_rule(
    aws: &Aws,
    at: &Target,
    group: &str,
    priority: i32,
    rule: &Rule,
) -> Result<(), StepError> {
    let region = at.region_name();
    let ours = || made::id::<List>(aws.names(), region);
    let list = if rule.list == OURS { ours() } else { Some(rule.list.clone()) };
    let list = list.ok_or_else(|| StepError::State(format!("the domain list of {region} was not made")))?;
    let create = aws
        .resolver(region)
        .create_firewall_rule()
        .creator_request_id(request_id(aws, "rule"))
        .firewall_rule_group_id(group)
        .firewall_domain_list_id(list)
        .priority(priority)
        .name(title(aws))
        .action(Action::from(rule.action.as_str()))
        .set_block_response(rule.block_response.as_deref().map(BlockResponse::from))
        .set_qtype(rule.query_type.clone());
    create.send().await?;
    Ok(())
}

async fn delete_rule(aws: &Aws, at: &Target, group: &str, rule: &DnsRule) -> Result<(), StepError> {
    let list = Some(rule.domain_list.clone()).filter(|list| !list.is_empty());
    let delete = aws
        .resolver(at.region_name())
        .delete_firewall_rule()
        .firewall_rule_group_id(group)
        .set_firewall_domain_list_id(list)
        .set_firewall_threat_protection_id(rule.threat_protection.clone())
        .set_qtype(rule.query_type.clone());
    unless_gone(delete.send().await)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::Lens as _;
    use crate::steps::shared::made::Made;

    #[test]
    fn rules_go_and_come_one_by_one() {
        let theirs =
            Rule { list: "l".into(), action: "ALLOW".into(), block_response: None, query_type: None };
        let tampered: Rules = [(1, theirs.clone()), (2, theirs)].into();
        let passes = |from: Option<&Rules>, to: Option<&Rules>| {
            let passes = Made(Group).passes(&from.cloned(), &to.cloned());
            passes.iter().map(|state| Made(Group).show(state)).collect::<Vec<_>>()
        };
        assert_eq!(passes(Some(&tampered), Some(&block_all())), ["1 rule", "0 rules"]);
        assert_eq!(passes(None, Some(&block_all())), ["0 rules"]);
        assert_eq!(passes(Some(&block_all()), None), ["0 rules"]);
    }
}
