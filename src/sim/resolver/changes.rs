//! Route 53 Resolver DNS Firewall: what changes it.

use aws_sdk_route53resolver::types;

use super::{arn, association, association_id, firewall, not_found, rule};
use crate::account::{DnsAssociation, DnsDomainList, DnsRule, DnsRuleGroup, Seen, Tags};
use crate::aws::operations::route53resolver;
use crate::sim::ec2::region;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::seen;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<route53resolver::CreateFirewallDomainList>(create_firewall_domain_list);
    dispatch.on::<route53resolver::UpdateFirewallDomains>(update_firewall_domains);
    dispatch.on::<route53resolver::DeleteFirewallDomainList>(delete_firewall_domain_list);
    dispatch.on::<route53resolver::CreateFirewallRuleGroup>(create_firewall_rule_group);
    dispatch.on::<route53resolver::DeleteFirewallRuleGroup>(delete_firewall_rule_group);
    dispatch.on::<route53resolver::CreateFirewallRule>(create_firewall_rule);
    dispatch.on::<route53resolver::DeleteFirewallRule>(delete_firewall_rule);
    dispatch.on::<route53resolver::AssociateFirewallRuleGroup>(associate_firewall_rule_group);
    dispatch.on::<route53resolver::DisassociateFirewallRuleGroup>(disassociate_firewall_rule_group);
}

/// AWS says seconds, for anything that changes.
///
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall-user-managed-domain-lists.html>
const TAKES_MS: u64 = 1_400;
/// AWS's default quota of rule groups on one VPC. It can be raised.
///
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html>
const GROUPS_OF_A_VPC: usize = 5;

fn tags(given: &[types::Tag]) -> Tags {
    given.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()
}

/// Letters, digits, hyphen, underscore and space, not digits alone, at most 64.
fn check_name(name: Option<&str>) -> Result<String, Refused> {
    let name = name.unwrap_or_default();
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_' ".contains(c);
    let digits = name.chars().all(|c| c.is_ascii_digit());
    if name.len() > 64 || digits || !name.chars().all(legal) {
        return Err(refuse("ValidationException", format!("The name '{name}' is not valid")));
    }
    Ok(name.to_owned())
}

/// A rule group that this account may change.
fn own_rule_group<'a>(cx: &'a mut Cx<'_>, id: &str) -> Result<&'a mut DnsRuleGroup, Refused> {
    let (visible, account) = (cx.visible(id), cx.world.account.id.clone());
    match firewall(cx)?.rule_groups.get_mut(id).filter(|_| visible) {
        None => Err(not_found(id)),
        Some(group) if group.owner != account => {
            Err(refuse("AccessDeniedException", "The rule group belongs to another account"))
        }
        Some(group) => Ok(group),
    }
}

fn create_firewall_domain_list(
    cx: &mut Cx<'_>,
    input: &In<route53resolver::CreateFirewallDomainList>,
) -> Said<route53resolver::CreateFirewallDomainList> {
    let name = check_name(input.name())?;
    let id = cx.new_id("rslvr-fdl");
    let answer = types::FirewallDomainList::builder()
        .id(&id)
        .arn(arn(cx, &cx.world.account.id, "firewall-domain-list", &id))
        .name(&name)
        .domain_count(0)
        .status(types::FirewallDomainListStatus::Complete)
        .build();
    let new = DnsDomainList { name, tags: tags(input.tags()), ..DnsDomainList::default() };
    firewall(cx)?.domain_lists.insert(id, new);
    Ok(Out::<route53resolver::CreateFirewallDomainList>::builder().firewall_domain_list(answer).build())
}

/// An asterisk may come first; AWS shows each name with a dot at the end.
fn domain(given: &str) -> Result<String, Refused> {
    let name = given.trim_end_matches('.');
    let rest = name.strip_prefix('*').unwrap_or(name);
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.' || c == '_';
    if name.is_empty() || name.len() > 255 || !rest.chars().all(legal) {
        return Err(refuse("ValidationException", format!("The domain '{given}' is not valid")));
    }
    Ok(format!("{}.", name.to_lowercase()))
}

fn update_firewall_domains(
    cx: &mut Cx<'_>,
    input: &In<route53resolver::UpdateFirewallDomains>,
) -> Said<route53resolver::UpdateFirewallDomains> {
    let id = input.firewall_domain_list_id().unwrap_or_default();
    let given = input.domains().iter().map(|name| domain(name)).collect::<Result<Vec<String>, _>>()?;
    let visible = cx.visible(id);
    let Some(list) = firewall(cx)?.domain_lists.get(id).filter(|_| visible).cloned() else {
        return Err(not_found(id));
    };
    if cx.world.resolver.updates.contains_key(id) {
        return Err(refuse("ConflictException", format!("The domain list {id} is being updated")));
    }
    let old = list.domains.into_iter();
    let domains: Vec<String> = match input.operation() {
        Some(types::FirewallDomainUpdateOperation::Add) => old.chain(given).collect(),
        Some(types::FirewallDomainUpdateOperation::Remove) => old.filter(|d| !given.contains(d)).collect(),
        Some(types::FirewallDomainUpdateOperation::Replace) => given,
        _ => return Err(refuse("ValidationException", "The operation is not valid")),
    };
    cx.world.resolver.updates.insert(id.to_owned(), domains);
    cx.later(TAKES_MS, id, |cx, id| {
        let domains = cx.world.resolver.updates.remove(id).unwrap_or_default();
        let firewall = cx.region_mut().dns_firewall.read_mut();
        if let Some(list) = firewall.and_then(|firewall| firewall.domain_lists.get_mut(id)) {
            list.domains = domains.into_iter().collect();
        }
    });
    Ok(Out::<route53resolver::UpdateFirewallDomains>::builder()
        .id(id)
        .name(list.name)
        .status(types::FirewallDomainListStatus::Updating)
        .build())
}

fn delete_firewall_domain_list(
    cx: &mut Cx<'_>,
    input: &In<route53resolver::DeleteFirewallDomainList>,
) -> Said<route53resolver::DeleteFirewallDomainList> {
    let id = input.firewall_domain_list_id().unwrap_or_default();
    let visible = cx.visible(id);
    let firewall = firewall(cx)?;
    if !visible || !firewall.domain_lists.contains_key(id) {
        return Err(not_found(id));
    }
    let mut rules = firewall.rule_groups.values().flat_map(|group| group.rules.values());
    if rules.any(|rule| rule.domain_list == id) {
        return Err(refuse("ConflictException", format!("The domain list {id} is used in a rule")));
    }
    firewall.domain_lists.remove(id);
    Ok(Out::<route53resolver::DeleteFirewallDomainList>::builder().build())
}

fn create_firewall_rule_group(
    cx: &mut Cx<'_>,
    input: &In<route53resolver::CreateFirewallRuleGroup>,
) -> Said<route53resolver::CreateFirewallRuleGroup> {
    let name = check_name(input.name())?;
    let (id, owner) = (cx.new_id("rslvr-frg"), cx.world.account.id.clone());
    let answer = types::FirewallRuleGroup::builder()
        .id(&id)
        .arn(arn(cx, &owner, "firewall-rule-group", &id))
        .name(&name)
        .rule_count(0)
        .owner_id(&owner)
        .status(types::FirewallRuleGroupStatus::Complete)
        .build();
    let new = DnsRuleGroup { name, owner, tags: tags(input.tags()), ..DnsRuleGroup::default() };
    firewall(cx)?.rule_groups.insert(id, new);
    Ok(Out::<route53resolver::CreateFirewallRuleGroup>::builder().firewall_rule_group(answer).build())
}

fn create_firewall_rule(
    cx: &mut Cx<'_>,
    input: &In<route53resolver::CreateFirewallRule>,
) -> Said<route53resolver::CreateFirewallRule> {
    let id = input.firewall_rule_group_id().unwrap_or_default();
    let list = input.firewall_domain_list_id().unwrap_or_default();
    let known = cx.visible(list) && firewall(cx)?.domain_lists.contains_key(list);
    let group = own_rule_group(cx, id)?;
    if !known {
        return Err(not_found(list));
    }
    let priority = input.priority().unwrap_or_default();
    let new = DnsRule {
        name: check_name(input.name())?,
        domain_list: list.to_owned(),
        action: input.action().map_or("", |action| action.as_str()).to_owned(),
        block_response: input.block_response().map(|response| response.as_str().to_owned()),
        threat_protection: None,
        query_type: input.qtype().map(Into::into),
    };
    if (new.action == "BLOCK") != new.block_response.is_some() {
        return Err(refuse("ValidationException", "A rule that blocks, and no other, has a block response"));
    }
    let same = |rule: &DnsRule| rule.domain_list == new.domain_list && rule.query_type == new.query_type;
    if group.rules.contains_key(&priority) || group.rules.values().any(same) {
        return Err(refuse("ValidationException", "The rule group has a rule of this priority or list"));
    }
    let answer = rule(id, priority, &new);
    group.rules.insert(priority, new);
    Ok(Out::<route53resolver::CreateFirewallRule>::builder().firewall_rule(answer).build())
}

fn delete_firewall_rule(
    cx: &mut Cx<'_>,
    input: &In<route53resolver::DeleteFirewallRule>,
) -> Said<route53resolver::DeleteFirewallRule> {
    let group = own_rule_group(cx, input.firewall_rule_group_id().unwrap_or_default())?;
    let list = input.firewall_domain_list_id().unwrap_or_default();
    let threat = input.firewall_threat_protection_id();
    let named = |rule: &DnsRule| {
        rule.domain_list == list
            && rule.threat_protection.as_deref() == threat
            && rule.query_type.as_deref() == input.qtype()
    };
    let found = group.rules.iter().find(|(_, rule)| named(rule)).map(|(priority, _)| *priority);
    let Some(priority) = found else { return Err(not_found(list)) };
    group.rules.remove(&priority);
    Ok(Out::<route53resolver::DeleteFirewallRule>::builder().build())
}

fn delete_firewall_rule_group(
    cx: &mut Cx<'_>,
    input: &In<route53resolver::DeleteFirewallRuleGroup>,
) -> Said<route53resolver::DeleteFirewallRuleGroup> {
    let id = input.firewall_rule_group_id().unwrap_or_default();
    let rules = own_rule_group(cx, id)?.rules.len();
    let firewall = firewall(cx)?;
    if rules > 0 || firewall.associations.iter().any(|association| association.rule_group == id) {
        return Err(refuse("ConflictException", format!("The rule group {id} is in use")));
    }
    firewall.rule_groups.remove(id);
    Ok(Out::<route53resolver::DeleteFirewallRuleGroup>::builder().build())
}

/// Refuses what AWS refuses of a new association. The two ends of the range are reserved: seen in
/// <https://github.com/hashicorp/terraform-provider-aws/issues/43694>
fn check_association(cx: &mut Cx<'_>, new: &DnsAssociation) -> Result<(), Refused> {
    own_rule_group(cx, &new.rule_group)?;
    if seen(&region(cx).vpcs)?.get(&new.vpc).is_none_or(|vpc| vpc.owner != cx.world.account.id) {
        return Err(not_found(&new.vpc));
    }
    if !(101..=9_899).contains(&new.priority) {
        let message = "[RSLVR-00000] The priority value you provided is reserved. Provide a number between \
                       \"100\" and \"9900\".";
        return Err(refuse("ValidationException", message));
    }
    let there: Vec<DnsAssociation> =
        firewall(cx)?.associations.iter().filter(|other| other.vpc == new.vpc).cloned().collect();
    if there.iter().any(|other| other.priority == new.priority || other.rule_group == new.rule_group) {
        return Err(refuse("ConflictException", "The VPC has an association of this priority or rule group"));
    }
    cx.counts(format!("DNS Firewall rule groups of {}", new.vpc), there.len() + 1, GROUPS_OF_A_VPC);
    Ok(())
}

fn associate_firewall_rule_group(
    cx: &mut Cx<'_>,
    input: &In<route53resolver::AssociateFirewallRuleGroup>,
) -> Said<route53resolver::AssociateFirewallRuleGroup> {
    let protection = input.mutation_protection();
    let new = DnsAssociation {
        vpc: input.vpc_id().unwrap_or_default().to_owned(),
        priority: input.priority().unwrap_or_default(),
        rule_group: input.firewall_rule_group_id().unwrap_or_default().to_owned(),
        name: check_name(input.name())?,
        mutation_protection: protection == Some(&types::MutationProtectionStatus::Enabled),
        status: "UPDATING".into(),
        managed_by: None,
    };
    check_association(cx, &new)?;
    let key = (new.vpc.clone(), new.rule_group.clone());
    *cx.world.resolver.generation.entry(key).or_default() += 1;
    settle_later(cx, &new, true);
    let answer = association(cx, &new);
    firewall(cx)?.associations.insert(new);
    Ok(Out::<route53resolver::AssociateFirewallRuleGroup>::builder()
        .firewall_rule_group_association(answer)
        .build())
}

/// Finishes what is under way for an association: it is there, or it goes.
fn settle_later(cx: &mut Cx<'_>, of: &DnsAssociation, stays: bool) {
    let id = format!("{}/{}", of.vpc, of.rule_group);
    if stays {
        cx.later(TAKES_MS, &id, |cx, id| {
            let done = take(cx, id).map(|found| DnsAssociation { status: "COMPLETE".into(), ..found });
            if let Seen::Read(firewall) = &mut cx.region_mut().dns_firewall {
                firewall.associations.extend(done);
            }
        });
    } else {
        cx.later(TAKES_MS, &id, |cx, id| drop(take(cx, id)));
    }
}

fn take(cx: &mut Cx<'_>, id: &str) -> Option<DnsAssociation> {
    let (vpc, group) = id.split_once('/')?;
    let all = &mut cx.region_mut().dns_firewall.read_mut()?.associations;
    let found = all.iter().find(|found| found.vpc == vpc && found.rule_group == group).cloned()?;
    all.take(&found)
}

fn disassociate_firewall_rule_group(
    cx: &mut Cx<'_>,
    input: &In<route53resolver::DisassociateFirewallRuleGroup>,
) -> Said<route53resolver::DisassociateFirewallRuleGroup> {
    let id = input.firewall_rule_group_association_id().unwrap_or_default();
    let all = &seen(&region(cx).dns_firewall)?.associations;
    let Some(found) = all.iter().find(|found| association_id(cx.world, found) == id).cloned() else {
        return Err(not_found(id));
    };
    if found.mutation_protection || found.managed_by.is_some() || found.status != "COMPLETE" {
        return Err(refuse("ConflictException", format!("The association {id} cannot be changed now")));
    }
    settle_later(cx, &found, false);
    let leaving = DnsAssociation { status: "DELETING".into(), ..found.clone() };
    let answer = association(cx, &leaving);
    let firewall = firewall(cx)?;
    firewall.associations.remove(&found);
    firewall.associations.insert(leaving);
    Ok(Out::<route53resolver::DisassociateFirewallRuleGroup>::builder()
        .firewall_rule_group_association(answer)
        .build())
}
