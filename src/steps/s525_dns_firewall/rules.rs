//! The rules of a rule group, as a state has them, and the calls that make and delete one.

use std::collections::BTreeMap;

use aws_sdk_route53resolver::types::{Action, BlockResponse};
use serde::{Deserialize, Serialize};

use super::list::List;
use super::request::{request_id, title};
use crate::account::{DnsRule, DnsRuleGroup};
use crate::aws::{Aws, unless_gone};
use crate::step::{Names, StepError, Target};
use crate::steps::shared::made;

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

/// The rules of a group in a Region, the list by name where it is the run's own.
pub(super) fn of(group: &DnsRuleGroup, region: &str, names: &Names) -> Rules {
    let ours = made::id::<List>(names, region);
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
    group.rules.iter().map(|(priority, found)| (*priority, rule(found))).collect()
}

/// The rules that a group has on its way from one state to the other, one call at a time: what is not
/// wanted goes first.
pub(super) fn on_the_way(from: Option<&Rules>, to: Option<&Rules>) -> Vec<Rules> {
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

pub(super) async fn create(
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

pub(super) async fn delete(aws: &Aws, at: &Target, group: &str, rule: &DnsRule) -> Result<(), StepError> {
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
    use super::super::group::Group;
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
