//! The calls of step 525.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_route53resolver::types::{
    Action, BlockResponse, FirewallDomainUpdateOperation, FirewallRuleGroupAssociation,
    FirewallRuleGroupAssociationStatus as Status, Tag,
};

use super::{GROUP, LIST, OURS, Place, Rule, Rules, group_name, list_name, rules};
use crate::account::{DnsDomainList, DnsRuleGroup};
use crate::aws::{Aws, AwsError, lists};
use crate::collect::resolver;
use crate::step::created::{self, is_of_run};
use crate::step::{StepError, Target};

/// How long a change that AWS is at may take before another one is given up.
const BUSY_WITHIN_MS: u64 = 120_000;
/// How long a new resource may take to show.
const SHOWS_WITHIN_MS: u64 = 60_000;

/// The name of what the run makes in a Region; AWS takes 64 characters.
fn title(aws: &Aws) -> String {
    let legal = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
    format!("unplug-{}", aws.run()).chars().map(legal).take(64).collect()
}

/// Every call that makes something needs one. It says nothing of whether AWS makes a thing twice for
/// one id, so that what a crash left is found by its tags instead.
fn request_id(aws: &Aws, role: &str) -> String {
    format!("{role}-{}-{}", aws.run(), aws.clock().now_ms())
}

fn tags(aws: &Aws, role: &str) -> Result<Vec<Tag>, StepError> {
    let tag = |(key, value): (&str, String)| {
        Tag::builder().key(key).value(value).build().map_err(|error| StepError::State(error.to_string()))
    };
    created::tags(aws, role).into_iter().map(tag).collect()
}

/// Waits a little, unless the time since `began` is up.
async fn again(aws: &Aws, began: u64, within_ms: u64) -> bool {
    if aws.clock().now_ms().saturating_sub(began) >= within_ms {
        return false;
    }
    aws.clock().wait(Duration::from_secs(2)).await;
    true
}

/// The run's list: by its recorded id, else by name and tags where no rule uses it.
async fn made_list(aws: &Aws, at: &Target) -> Result<Option<(String, DnsDomainList)>, AwsError> {
    let lists = resolver::domain_lists(aws, at.region_name(), Some(&title(aws))).await?;
    let recorded = aws.names().id(&list_name(at.region_name()));
    Ok(lists.into_iter().find(|(id, list)| match &recorded {
        Some(recorded) => id == recorded,
        None => is_of_run(&list.tags, aws.run(), LIST),
    }))
}

async fn made_group(aws: &Aws, at: &Target) -> Result<Option<(String, DnsRuleGroup)>, AwsError> {
    let groups = resolver::rule_groups(aws, at.region_name(), Some(&title(aws))).await?;
    let recorded = aws.names().id(&group_name(at.region_name()));
    Ok(groups.into_iter().find(|(id, group)| match &recorded {
        Some(recorded) => id == recorded,
        None => is_of_run(&group.tags, aws.run(), GROUP),
    }))
}

/// Makes the list where there is none, and fills it.
pub(super) async fn fill_list(aws: &Aws, at: &Target, domains: &BTreeSet<String>) -> Result<(), StepError> {
    let (region, name) = (at.region_name(), list_name(at.region_name()));
    let client = aws.resolver(region);
    let began = aws.clock().now_ms();
    let mut found = made_list(aws, at).await?;
    if found.is_none() {
        let create = client.create_firewall_domain_list().name(title(aws)).set_tags(Some(tags(aws, LIST)?));
        let made = create.creator_request_id(request_id(aws, LIST)).send().await?.firewall_domain_list;
        let id = made.and_then(|list| list.id);
        aws.created(&name, &id.ok_or_else(|| StepError::State("AWS gave the new list no id".into()))?)?;
        while found.is_none() && again(aws, began, SHOWS_WITHIN_MS).await {
            found = made_list(aws, at).await?;
        }
    }
    let (id, list) = found.ok_or_else(|| StepError::State("the new domain list does not show up".into()))?;
    if aws.names().id(&name).is_none() {
        aws.created(&name, &id)?;
    }
    if list.domains == *domains {
        return Ok(());
    }
    let update = client
        .update_firewall_domains()
        .firewall_domain_list_id(id)
        .operation(FirewallDomainUpdateOperation::Replace)
        .set_domains(Some(domains.iter().cloned().collect()));
    loop {
        match update.clone().send().await.map_err(AwsError::from) {
            Ok(_) => return Ok(()),
            // Refused because AWS is still at another update.
            Err(error) if error.is("ConflictException") && again(aws, began, BUSY_WITHIN_MS).await => {}
            Err(error) => return Err(error.into()),
        }
    }
}

pub(super) async fn delete_list(aws: &Aws, at: &Target) -> Result<(), StepError> {
    let Some((id, _)) = made_list(aws, at).await? else { return Ok(()) };
    let began = aws.clock().now_ms();
    let delete = aws.resolver(at.region_name()).delete_firewall_domain_list().firewall_domain_list_id(id);
    loop {
        match delete.clone().send().await.map_err(AwsError::from) {
            Err(error) if error.is("ConflictException") && again(aws, began, BUSY_WITHIN_MS).await => {}
            Err(error) if !error.is("ResourceNotFoundException") => return Err(error.into()),
            _ => return Ok(()),
        }
    }
}

/// Makes the group where there is none, and gives it its rules and no others.
pub(super) async fn fill_group(aws: &Aws, at: &Target, wanted: &Rules) -> Result<(), StepError> {
    let (region, name) = (at.region_name(), group_name(at.region_name()));
    let client = aws.resolver(region);
    let began = aws.clock().now_ms();
    let mut found = made_group(aws, at).await?;
    if found.is_none() {
        let create = client.create_firewall_rule_group().name(title(aws)).set_tags(Some(tags(aws, GROUP)?));
        let made = create.creator_request_id(request_id(aws, GROUP)).send().await?.firewall_rule_group;
        let id = made.and_then(|group| group.id);
        aws.created(&name, &id.ok_or_else(|| StepError::State("AWS gave the new group no id".into()))?)?;
        while found.is_none() && again(aws, began, SHOWS_WITHIN_MS).await {
            found = made_group(aws, at).await?;
        }
    }
    let (id, group) = found.ok_or_else(|| StepError::State("the new rule group does not show up".into()))?;
    if aws.names().id(&name).is_none() {
        aws.created(&name, &id)?;
    }
    let have = rules(&group, region, aws.names());
    let unwanted = |priority: &i32| have.get(priority) != wanted.get(priority);
    delete_rules(aws, at, &id, &group, unwanted).await?;
    for (priority, rule) in wanted.iter().filter(|(priority, rule)| have.get(*priority) != Some(*rule)) {
        create_rule(aws, at, &id, *priority, rule).await?;
    }
    Ok(())
}

async fn create_rule(
    aws: &Aws,
    at: &Target,
    group: &str,
    priority: i32,
    rule: &Rule,
) -> Result<(), StepError> {
    let region = at.region_name();
    let list = if rule.list == OURS { aws.names().id(&list_name(region)) } else { Some(rule.list.clone()) };
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

async fn delete_rules(
    aws: &Aws,
    at: &Target,
    id: &str,
    group: &DnsRuleGroup,
    unwanted: impl Fn(&i32) -> bool,
) -> Result<(), StepError> {
    for (_, rule) in group.rules.iter().filter(|(priority, _)| unwanted(priority)) {
        let list = Some(rule.domain_list.clone()).filter(|list| !list.is_empty());
        let delete = aws
            .resolver(at.region_name())
            .delete_firewall_rule()
            .firewall_rule_group_id(id)
            .set_firewall_domain_list_id(list)
            .set_firewall_threat_protection_id(rule.threat_protection.clone())
            .set_qtype(rule.query_type.clone());
        match delete.send().await.map_err(AwsError::from) {
            Err(error) if !error.is("ResourceNotFoundException") => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

/// The rules first: AWS keeps a list that a rule uses.
pub(super) async fn delete_group(aws: &Aws, at: &Target) -> Result<(), StepError> {
    let Some((id, group)) = made_group(aws, at).await? else { return Ok(()) };
    delete_rules(aws, at, &id, &group, |_| true).await?;
    let delete = aws.resolver(at.region_name()).delete_firewall_rule_group().firewall_rule_group_id(id);
    match delete.send().await.map_err(AwsError::from) {
        Err(error) if !error.is("ResourceNotFoundException") => Err(error.into()),
        _ => Ok(()),
    }
}

/// The run's rule group on a VPC; its association's id is another one each time.
async fn association(
    aws: &Aws,
    at: &Target,
    group: &str,
) -> Result<Option<FirewallRuleGroupAssociation>, AwsError> {
    let list = aws.resolver(at.region_name()).list_firewall_rule_group_associations();
    let list = list.vpc_id(&at.id).firewall_rule_group_id(group);
    let mut pages = lists::Pages::new(aws, list);
    while let Some(page) = pages.next().await? {
        let mut found = page.firewall_rule_group_associations.unwrap_or_default().into_iter();
        let found = found.find(|each| {
            each.vpc_id.as_ref() == Some(&at.id) && each.firewall_rule_group_id.as_deref() == Some(group)
        });
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

pub(super) async fn associate(aws: &Aws, at: &Target, place: &Place) -> Result<(), StepError> {
    let group = aws.names().id(&group_name(at.region_name()));
    let group = group.ok_or_else(|| StepError::State("the rule group of its Region was not made".into()))?;
    let began = aws.clock().now_ms();
    // One that is leaving has to be gone before it can come again.
    while let Some(found) = association(aws, at, &group).await? {
        if found.status != Some(Status::Deleting) {
            return Ok(());
        }
        if !again(aws, began, BUSY_WITHIN_MS).await {
            return Err(StepError::State(format!("AWS is still taking the group off {}", at.id)));
        }
    }
    let associate = aws
        .resolver(at.region_name())
        .associate_firewall_rule_group()
        .creator_request_id(request_id(aws, &at.id))
        .firewall_rule_group_id(group)
        .vpc_id(&at.id)
        .priority(place.priority)
        .name(title(aws));
    associate.send().await?;
    Ok(())
}

pub(super) async fn disassociate(aws: &Aws, at: &Target) -> Result<(), StepError> {
    let Some(group) = aws.names().id(&group_name(at.region_name())) else { return Ok(()) };
    let began = aws.clock().now_ms();
    loop {
        let Some(found) = association(aws, at, &group).await? else { return Ok(()) };
        if found.status == Some(Status::Deleting) {
            return Ok(());
        }
        let disassociate = aws.resolver(at.region_name()).disassociate_firewall_rule_group();
        let disassociate = disassociate.set_firewall_rule_group_association_id(found.id);
        match disassociate.send().await.map_err(AwsError::from) {
            // Refused because AWS is still putting it on.
            Err(error) if error.is("ConflictException") && again(aws, began, BUSY_WITHIN_MS).await => {}
            Err(error) if !error.is("ResourceNotFoundException") => return Err(error.into()),
            _ => return Ok(()),
        }
    }
}
