//! Route 53 Resolver DNS Firewall: its lists, and what they are made of. Changes are in
//! `resolver/changes.rs`.

mod changes;

use std::collections::BTreeMap;

use aws_sdk_route53resolver::types;

use super::World;
use super::ec2::region;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::{seen, seen_mut};
use crate::account::{DnsAssociation, DnsFirewall, DnsRule, Tags};
use crate::aws::operations::route53resolver;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<route53resolver::ListFirewallRuleGroups>(list_firewall_rule_groups);
    dispatch.on::<route53resolver::ListFirewallRules>(list_firewall_rules);
    dispatch.on::<route53resolver::ListFirewallDomainLists>(list_firewall_domain_lists);
    dispatch.on::<route53resolver::ListFirewallDomains>(list_firewall_domains);
    dispatch.on::<route53resolver::ListFirewallRuleGroupAssociations>(list_firewall_rule_group_associations);
    dispatch.on::<route53resolver::ListFirewallConfigs>(list_firewall_configs);
    dispatch.on::<route53resolver::ListTagsForResource>(list_tags_for_resource);
    changes::register(dispatch);
}

/// What AWS does not show.
#[derive(Clone, Debug, Default)]
pub(super) struct Hidden {
    /// What lists will hold once AWS is done with them.
    updates: BTreeMap<String, Vec<String>>,
    /// How often a rule group was put on a VPC: each time the association gets a new id.
    generation: BTreeMap<(String, String), u64>,
}

/// AWS's own lists are in every Region. They cannot be read, and nobody owns them here.
const MANAGED: [(&str, &str); 2] = [
    ("rslvr-fdl-aws-botnet", "AWSManagedDomainsBotnetCommandandControl"),
    ("rslvr-fdl-aws-malware", "AWSManagedDomainsMalwareDomainList"),
];

fn firewall<'a>(cx: &'a mut Cx<'_>) -> Result<&'a mut DnsFirewall, Refused> {
    seen_mut(&mut cx.region_mut().dns_firewall)
}

/// Each list refuses page sizes of its own.
fn check_size(max: Option<i32>, sizes: std::ops::RangeInclusive<i32>) -> Result<(), Refused> {
    match max {
        Some(max) if !sizes.contains(&max) => {
            let (from, to) = (sizes.start(), sizes.end());
            Err(refuse("ValidationException", format!("MaxResults must be between {from} and {to}")))
        }
        _ => Ok(()),
    }
}

fn not_found(id: &str) -> Refused {
    refuse("ResourceNotFoundException", format!("The resource with the ID '{id}' was not found"))
}

fn arn(cx: &Cx<'_>, owner: &str, kind: &str, id: &str) -> String {
    format!("arn:{}:route53resolver:{}:{owner}:{kind}/{id}", cx.world.account.partition(), cx.region)
}

fn list_firewall_rule_groups(
    cx: &mut Cx<'_>,
    input: &In<route53resolver::ListFirewallRuleGroups>,
) -> Said<route53resolver::ListFirewallRuleGroups> {
    check_size(input.max_results(), 1..=100)?;
    let groups = seen(&region(cx).dns_firewall)?.rule_groups.iter().filter(|(id, _)| cx.visible(id));
    let groups = groups.map(|(id, group)| {
        let own = group.owner == cx.world.account.id;
        types::FirewallRuleGroupMetadata::builder()
            .id(id)
            .arn(arn(cx, &group.owner, "firewall-rule-group", id))
            .name(&group.name)
            .owner_id(&group.owner)
            .share_status(if own { types::ShareStatus::NotShared } else { types::ShareStatus::SharedWithMe })
            .build()
    });
    let (groups, next) = cx.page(groups.collect(), input.next_token(), input.max_results());
    Ok(Out::<route53resolver::ListFirewallRuleGroups>::builder()
        .set_firewall_rule_groups(Some(groups))
        .set_next_token(next)
        .build())
}

fn list_firewall_rules(
    cx: &mut Cx<'_>,
    input: &In<route53resolver::ListFirewallRules>,
) -> Said<route53resolver::ListFirewallRules> {
    check_size(input.max_results(), 1..=100)?;
    let id = input.firewall_rule_group_id().unwrap_or_default();
    let groups = &seen(&region(cx).dns_firewall)?.rule_groups;
    let Some(group) = groups.get(id).filter(|_| cx.visible(id)) else { return Err(not_found(id)) };
    if group.owner != cx.world.account.id {
        return Err(refuse("AccessDeniedException", "The rule group belongs to another account"));
    }
    let rules = group.rules.iter().map(|(priority, found)| rule(id, *priority, found)).collect();
    let (rules, next) = cx.page(rules, input.next_token(), input.max_results());
    Ok(Out::<route53resolver::ListFirewallRules>::builder()
        .set_firewall_rules(Some(rules))
        .set_next_token(next)
        .build())
}

fn rule(group: &str, priority: i32, rule: &DnsRule) -> types::FirewallRule {
    types::FirewallRule::builder()
        .firewall_rule_group_id(group)
        .set_firewall_domain_list_id(Some(rule.domain_list.clone()).filter(|list| !list.is_empty()))
        .name(&rule.name)
        .priority(priority)
        .action(rule.action.as_str().into())
        .set_block_response(rule.block_response.as_deref().map(Into::into))
        .set_firewall_threat_protection_id(rule.threat_protection.clone())
        .set_qtype(rule.query_type.clone())
        .build()
}

fn list_firewall_domain_lists(
    cx: &mut Cx<'_>,
    input: &In<route53resolver::ListFirewallDomainLists>,
) -> Said<route53resolver::ListFirewallDomainLists> {
    check_size(input.max_results(), 1..=100)?;
    let lists = seen(&region(cx).dns_firewall)?.domain_lists.iter().filter(|(id, _)| cx.visible(id));
    let own = lists.map(|(id, list)| {
        types::FirewallDomainListMetadata::builder()
            .id(id)
            .arn(arn(cx, &cx.world.account.id, "firewall-domain-list", id))
            .name(&list.name)
            .build()
    });
    let managed = MANAGED.iter().map(|(id, name)| {
        types::FirewallDomainListMetadata::builder()
            .id(*id)
            .arn(arn(cx, "", "firewall-domain-list", id))
            .name(*name)
            .managed_owner_name("Route 53 Resolver DNS Firewall")
            .build()
    });
    let (lists, next) = cx.page(own.chain(managed).collect(), input.next_token(), input.max_results());
    Ok(Out::<route53resolver::ListFirewallDomainLists>::builder()
        .set_firewall_domain_lists(Some(lists))
        .set_next_token(next)
        .build())
}

fn list_firewall_domains(
    cx: &mut Cx<'_>,
    input: &In<route53resolver::ListFirewallDomains>,
) -> Said<route53resolver::ListFirewallDomains> {
    check_size(input.max_results(), 1..=5_000)?;
    let id = input.firewall_domain_list_id().unwrap_or_default();
    let lists = &seen(&region(cx).dns_firewall)?.domain_lists;
    let Some(list) = lists.get(id).filter(|_| cx.visible(id)) else { return Err(not_found(id)) };
    let domains = list.domains.iter().cloned().collect();
    let (domains, next) = cx.page(domains, input.next_token(), input.max_results());
    Ok(Out::<route53resolver::ListFirewallDomains>::builder()
        .set_domains(Some(domains))
        .set_next_token(next)
        .build())
}

/// The id of a rule group's association with a VPC: another one each time.
fn association_id(world: &World, found: &DnsAssociation) -> String {
    let key = (found.vpc.clone(), found.rule_group.clone());
    let generation = world.resolver.generation.get(&key).copied().unwrap_or_default();
    let (vpc, group) =
        (found.vpc.trim_start_matches("vpc-"), found.rule_group.trim_start_matches("rslvr-frg-"));
    format!("rslvr-frgassoc-{generation:02x}-{vpc}-{group}")
}

fn association(cx: &Cx<'_>, found: &DnsAssociation) -> types::FirewallRuleGroupAssociation {
    let protection = if found.mutation_protection {
        types::MutationProtectionStatus::Enabled
    } else {
        types::MutationProtectionStatus::Disabled
    };
    types::FirewallRuleGroupAssociation::builder()
        .id(association_id(cx.world, found))
        .firewall_rule_group_id(&found.rule_group)
        .vpc_id(&found.vpc)
        .name(&found.name)
        .priority(found.priority)
        .mutation_protection(protection)
        .status(found.status.as_str().into())
        .set_managed_owner_name(found.managed_by.clone())
        .build()
}

fn list_firewall_rule_group_associations(
    cx: &mut Cx<'_>,
    input: &In<route53resolver::ListFirewallRuleGroupAssociations>,
) -> Said<route53resolver::ListFirewallRuleGroupAssociations> {
    check_size(input.max_results(), 1..=100)?;
    let wanted = |a: &&DnsAssociation| {
        input.vpc_id().is_none_or(|vpc| a.vpc == vpc)
            && input.firewall_rule_group_id().is_none_or(|group| a.rule_group == group)
            && input.priority().is_none_or(|priority| a.priority == priority)
            && input.status().is_none_or(|status| a.status == status.as_str())
    };
    let found = seen(&region(cx).dns_firewall)?.associations.iter().filter(wanted);
    let found = found.map(|found| association(cx, found)).collect();
    let (found, next) = cx.page(found, input.next_token(), input.max_results());
    Ok(Out::<route53resolver::ListFirewallRuleGroupAssociations>::builder()
        .set_firewall_rule_group_associations(Some(found))
        .set_next_token(next)
        .build())
}

fn list_firewall_configs(
    cx: &mut Cx<'_>,
    input: &In<route53resolver::ListFirewallConfigs>,
) -> Said<route53resolver::ListFirewallConfigs> {
    check_size(input.max_results(), 5..=10)?;
    let open = firewall(cx)?.fail_open.clone();
    let vpcs = region(cx).vpcs.items().map(|(id, _)| id).chain(&open);
    let vpcs: std::collections::BTreeSet<&String> = vpcs.collect();
    let configs = vpcs.into_iter().map(|vpc| {
        let status = if open.contains(vpc) {
            types::FirewallFailOpenStatus::Enabled
        } else {
            types::FirewallFailOpenStatus::Disabled
        };
        types::FirewallConfig::builder().resource_id(vpc).firewall_fail_open(status).build()
    });
    let (configs, next) = cx.page(configs.collect(), input.next_token(), input.max_results());
    Ok(Out::<route53resolver::ListFirewallConfigs>::builder()
        .set_firewall_configs(Some(configs))
        .set_next_token(next)
        .build())
}

fn list_tags_for_resource(
    cx: &mut Cx<'_>,
    input: &In<route53resolver::ListTagsForResource>,
) -> Said<route53resolver::ListTagsForResource> {
    check_size(input.max_results(), 1..=100)?;
    let arn = input.resource_arn().unwrap_or_default();
    let id = arn.rsplit('/').next().unwrap_or_default();
    let firewall = seen(&region(cx).dns_firewall)?;
    let own = |group: &&crate::account::DnsRuleGroup| group.owner == cx.world.account.id;
    let group = firewall.rule_groups.get(id).filter(own).map(|group| &group.tags);
    let tags: Option<&Tags> = group.or_else(|| firewall.domain_lists.get(id).map(|list| &list.tags));
    let Some(tags) = tags.filter(|_| cx.visible(id)) else { return Err(not_found(arn)) };
    let tags =
        tags.iter().filter_map(|(key, value)| types::Tag::builder().key(key).value(value).build().ok());
    let (tags, next) = cx.page(tags.collect(), input.next_token(), input.max_results());
    Ok(Out::<route53resolver::ListTagsForResource>::builder()
        .set_tags(Some(tags))
        .set_next_token(next)
        .build())
}

#[cfg(test)]
mod tests;
