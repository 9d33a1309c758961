//! Route 53 Resolver DNS Firewall: rule groups, domain lists, and the VPCs they are on.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_route53resolver::types;
use futures::future::try_join_all;

use super::Ask;
use crate::account::{DnsAssociation, DnsDomainList, DnsFirewall, DnsRule, DnsRuleGroup, Tags};
use crate::aws::{Aws, AwsError, lists};

/// The largest page of most of its lists.
const PAGE: i32 = 100;
/// The largest page of domains.
const DOMAINS: i32 = 5_000;

pub(super) async fn dns_firewall(aws: &Aws, region: &str, _: &Ask) -> Result<DnsFirewall, AwsError> {
    let (rule_groups, domain_lists, associations, fail_open) = futures::try_join!(
        rule_groups(aws, region, None),
        domain_lists(aws, region, None),
        associations(aws, region),
        fail_open(aws, region)
    )?;
    Ok(DnsFirewall { rule_groups, domain_lists, associations, fail_open })
}

/// The rule groups that this account sees: all, or those of a name. The rules and tags of one that
/// another account shares are its owner's to read.
///
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ListFirewallRuleGroups.html>
pub(crate) async fn rule_groups(
    aws: &Aws,
    region: &str,
    name: Option<&str>,
) -> Result<BTreeMap<String, DnsRuleGroup>, AwsError> {
    let list = aws.resolver(region).list_firewall_rule_groups().max_results(PAGE);
    let named = |group: &types::FirewallRuleGroupMetadata| name.is_none() || group.name.as_deref() == name;
    let found: Vec<_> = lists::all(aws, list, |group| Some(group).filter(named)).await?;
    let groups = try_join_all(found.into_iter().map(|group| rule_group(aws, region, group))).await?;
    Ok(groups.into_iter().flatten().collect())
}

async fn rule_group(
    aws: &Aws,
    region: &str,
    group: types::FirewallRuleGroupMetadata,
) -> Result<Option<(String, DnsRuleGroup)>, AwsError> {
    let (Some(id), Some(arn)) = (group.id, group.arn) else { return Ok(None) };
    let mut value = DnsRuleGroup {
        name: group.name.unwrap_or_default(),
        owner: group.owner_id.unwrap_or_default(),
        ..DnsRuleGroup::default()
    };
    if group.share_status != Some(types::ShareStatus::SharedWithMe) {
        (value.rules, value.tags) = futures::try_join!(rules(aws, region, &id), tags(aws, region, &arn))?;
    }
    Ok(Some((id, value)))
}

/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ListFirewallRules.html>
async fn rules(aws: &Aws, region: &str, group: &str) -> Result<BTreeMap<i32, DnsRule>, AwsError> {
    let list = aws.resolver(region).list_firewall_rules().firewall_rule_group_id(group).max_results(PAGE);
    lists::all(aws, list, rule).await
}

fn rule(rule: types::FirewallRule) -> Option<(i32, DnsRule)> {
    let value = DnsRule {
        name: rule.name.unwrap_or_default(),
        // A rule of DNS Firewall Advanced looks for a threat, and has no list.
        domain_list: rule.firewall_domain_list_id.unwrap_or_default(),
        action: rule.action.map(|action| action.as_str().to_owned()).unwrap_or_default(),
        block_response: rule.block_response.map(|response| response.as_str().to_owned()),
        threat_protection: rule.firewall_threat_protection_id,
        query_type: rule.qtype,
    };
    Some((rule.priority?, value))
}

/// The domain lists of this account, all or those of a name. AWS's own are left out.
///
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ListFirewallDomainLists.html>
pub(crate) async fn domain_lists(
    aws: &Aws,
    region: &str,
    name: Option<&str>,
) -> Result<BTreeMap<String, DnsDomainList>, AwsError> {
    let list = aws.resolver(region).list_firewall_domain_lists().max_results(PAGE);
    let wanted = |list: &types::FirewallDomainListMetadata| {
        list.managed_owner_name.is_none() && (name.is_none() || list.name.as_deref() == name)
    };
    let found: Vec<_> = lists::all(aws, list, |list| Some(list).filter(wanted)).await?;
    let read = try_join_all(found.into_iter().map(|list| domain_list(aws, region, list))).await?;
    Ok(read.into_iter().flatten().collect())
}

async fn domain_list(
    aws: &Aws,
    region: &str,
    list: types::FirewallDomainListMetadata,
) -> Result<Option<(String, DnsDomainList)>, AwsError> {
    let (Some(id), Some(arn)) = (list.id, list.arn) else { return Ok(None) };
    let (domains, tags) = futures::try_join!(domains(aws, region, &id), tags(aws, region, &arn))?;
    Ok(Some((id, DnsDomainList { name: list.name.unwrap_or_default(), domains, tags })))
}

/// As AWS shows them: with a dot at the end, whether it was given or not.
///
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ListFirewallDomains.html>
async fn domains(aws: &Aws, region: &str, list: &str) -> Result<BTreeSet<String>, AwsError> {
    let list = aws.resolver(region).list_firewall_domains().firewall_domain_list_id(list);
    lists::all(aws, list.max_results(DOMAINS), Some).await
}

/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ListFirewallRuleGroupAssociations.html>
async fn associations(aws: &Aws, region: &str) -> Result<BTreeSet<DnsAssociation>, AwsError> {
    let list = aws.resolver(region).list_firewall_rule_group_associations().max_results(PAGE);
    lists::all(aws, list, |found| Some(association(found))).await
}

fn association(found: types::FirewallRuleGroupAssociation) -> DnsAssociation {
    DnsAssociation {
        vpc: found.vpc_id.unwrap_or_default(),
        priority: found.priority.unwrap_or_default(),
        rule_group: found.firewall_rule_group_id.unwrap_or_default(),
        name: found.name.unwrap_or_default(),
        mutation_protection: found.mutation_protection == Some(types::MutationProtectionStatus::Enabled),
        status: found.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        managed_by: found.managed_owner_name,
    }
}

/// The page size stays AWS's: this list takes between 5 and 10.
///
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ListFirewallConfigs.html>
async fn fail_open(aws: &Aws, region: &str) -> Result<BTreeSet<String>, AwsError> {
    let of_open = |config: types::FirewallConfig| {
        let is_open = config.firewall_fail_open == Some(types::FirewallFailOpenStatus::Enabled);
        config.resource_id.filter(|_| is_open)
    };
    lists::all(aws, aws.resolver(region).list_firewall_configs(), of_open).await
}

/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ListTagsForResource.html>
async fn tags(aws: &Aws, region: &str, arn: &str) -> Result<Tags, AwsError> {
    let list = aws.resolver(region).list_tags_for_resource().resource_arn(arn).max_results(PAGE);
    lists::all(aws, list, |tag| Some((tag.key, tag.value))).await
}
