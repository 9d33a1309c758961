//! AWS WAF: web ACLs with the load balancers that they protect, and the IP sets that unplug makes.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_wafv2::types;
use futures::{StreamExt as _, TryStreamExt as _};
use ipnet::IpNet;

use super::{Ask, seen, without_endpoint};
use crate::account::{Account, IpSet, Matches, Seen, WebAcl, WebAcls, WebRule, waf_name};
use crate::aws::{Aws, AwsError, WafPlace, lists, unless_gone};

/// Calls at once, one or two for each web ACL.
const AT_ONCE: usize = 5;
/// The largest page of both lists.
const PAGE: i32 = 100;

/// Reads the web ACLs for CloudFront.
pub(super) async fn edge_web_acls(aws: &Aws, _: &Account, ask: &Ask) -> Seen<WebAcls> {
    seen(read(aws, &aws.waf_place(None), ask).await.map_err(without_endpoint))
}

/// Reads the web ACLs of a Region.
pub(super) async fn web_acls(aws: &Aws, region: &str, ask: &Ask) -> Result<WebAcls, AwsError> {
    read(aws, &aws.waf_place(Some(region)), ask).await.map_err(without_endpoint)
}

/// <https://docs.aws.amazon.com/waf/latest/APIReference/API_GetWebACL.html>
async fn read(aws: &Aws, place: &WafPlace, ask: &Ask) -> Result<WebAcls, AwsError> {
    let (listed, sets) = futures::try_join!(web_acl_arns(aws, place), ip_sets(aws, place))?;
    let wanted = |arn: &String| {
        let asked = ask.only_web_acls.as_ref().is_none_or(|only| only.contains(arn));
        asked || ask.every_web_acl || waf_name(arn).starts_with(IpSet::OURS)
    };
    // A narrow read is about rules: AWS says once a second what a web ACL protects.
    let is_narrow = |arn: &String| {
        ask.only_web_acls.is_some() && !ask.every_web_acl && !waf_name(arn).starts_with(IpSet::OURS)
    };
    let each = futures::stream::iter(listed.into_iter().filter(wanted)).map(async |arn| {
        let alone = is_narrow(&arn);
        let (whole, balancers) =
            futures::join!(aws.whole_web_acl(place, &arn), balancers(aws, place, &arn, alone));
        // One that was deleted since it was listed.
        let (Some(whole), Some(balancers)) = (unless_gone(whole)?, unless_gone(balancers)?) else {
            return Ok(None);
        };
        let acl = WebAcl { balancers, unknown: whole.unknown, ..web_acl(&whole.acl) };
        Ok::<_, AwsError>(Some((arn, acl)))
    });
    let acls: Vec<_> = each.buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(WebAcls { acls: acls.into_iter().flatten().collect(), ip_sets: sets })
}

/// The ARNs of all web ACLs of a place.
pub(crate) async fn web_acl_arns(aws: &Aws, place: &WafPlace) -> Result<Vec<String>, AwsError> {
    let list = aws.wafv2(&place.region).list_web_acls().scope(place.scope()).limit(PAGE);
    lists::all(aws, list, |summary: types::WebAclSummary| summary.arn).await
}

/// The summaries of the IP sets that unplug makes.
pub(crate) async fn our_ip_sets(aws: &Aws, place: &WafPlace) -> Result<Vec<types::IpSetSummary>, AwsError> {
    let list = aws.wafv2(&place.region).list_ip_sets().scope(place.scope()).limit(PAGE);
    let ours = |one: &types::IpSetSummary| one.name().is_some_and(|name| name.starts_with(IpSet::OURS));
    lists::all(aws, list, |one: types::IpSetSummary| Some(one).filter(ours)).await
}

/// The load balancers that a web ACL protects, unless its rules `alone` are asked for. AWS has no pages for them,
/// and no call for distributions.
async fn balancers(
    aws: &Aws,
    place: &WafPlace,
    arn: &str,
    alone: bool,
) -> Result<BTreeSet<String>, AwsError> {
    if place.edge || alone {
        return Ok(BTreeSet::new());
    }
    let list = aws.wafv2(&place.region).list_resources_for_web_acl().web_acl_arn(arn);
    let answer = list.resource_type(types::ResourceType::ApplicationLoadBalancer).send().await?;
    Ok(answer.resource_arns.unwrap_or_default().into_iter().collect())
}

async fn ip_sets(aws: &Aws, place: &WafPlace) -> Result<BTreeMap<String, IpSet>, AwsError> {
    let each = futures::stream::iter(our_ip_sets(aws, place).await?).map(async |summary| {
        let name = summary.name.unwrap_or_default();
        let get = aws.wafv2(&place.region).get_ip_set().scope(place.scope()).name(&name);
        let answer = unless_gone(get.set_id(summary.id).send().await)?;
        Ok::<_, AwsError>(answer.and_then(|answer| answer.ip_set).map(|found| (name, ip_set(&found))))
    });
    let sets: Vec<_> = each.buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(sets.into_iter().flatten().collect())
}

fn ip_set(set: &types::IpSet) -> IpSet {
    // AWS writes 2001:db8::/32 as 2001:0db8:0000:0000:0000:0000:0000:0000/32.
    let short = |text: &String| text.parse::<IpNet>().map_or_else(|_| text.clone(), |net| net.to_string());
    IpSet {
        ipv6: set.ip_address_version == types::IpAddressVersion::Ipv6,
        addresses: set.addresses.iter().map(short).collect(),
    }
}

/// What of a web ACL the account holds, but for what other calls tell.
pub(crate) fn web_acl(acl: &types::WebAcl) -> WebAcl {
    let mut rules: Vec<WebRule> = acl.rules().iter().map(rule).collect();
    rules.sort_by_key(|rule| rule.priority);
    let blocks = acl.default_action().is_some_and(|action| action.block.is_some());
    WebAcl {
        default_action: if blocks { "block" } else { "allow" }.into(),
        rules,
        capacity: acl.capacity,
        firewall_manager: acl.managed_by_firewall_manager
            || acl.retrofitted_by_firewall_manager
            || !acl.pre_process_firewall_manager_rule_groups().is_empty()
            || !acl.post_process_firewall_manager_rule_groups().is_empty(),
        ..WebAcl::default()
    }
}

fn rule(rule: &types::Rule) -> WebRule {
    WebRule {
        name: rule.name.clone(),
        priority: rule.priority,
        action: action(rule).into(),
        matches: rule.statement().map(matches).unwrap_or_default(),
    }
}

fn action(rule: &types::Rule) -> &'static str {
    match rule.action() {
        None if rule.override_action().is_some() => "group",
        None => "none",
        Some(action) if action.block.is_some() => "block",
        Some(action) if action.allow.is_some() => "allow",
        Some(action) if action.count.is_some() => "count",
        Some(action) if action.captcha.is_some() => "captcha",
        Some(action) if action.challenge.is_some() => "challenge",
        Some(_) => "other",
    }
}

/// Which requests a statement takes. One that looks at an address in a header, which the visitor may have
/// written, is another thing than one that looks at where the request comes from.
fn matches(statement: &types::Statement) -> Matches {
    if let Some(set) = statement.ip_set_reference_statement() {
        return match set.ip_set_forwarded_ip_config() {
            None => Matches::IpSet(waf_name(set.arn()).to_owned()),
            Some(_) => Matches::Other(format!("ip-set by header {}", waf_name(set.arn()))),
        };
    }
    if let Some(geo) = statement.geo_match_statement() {
        let countries = geo.country_codes().iter().map(|code| code.as_str().to_owned());
        return match geo.forwarded_ip_config() {
            None => Matches::Countries(countries.collect()),
            Some(_) => {
                Matches::Other(format!("countries by header {}", countries.collect::<Vec<_>>().join(" ")))
            }
        };
    }
    if let Some(or) = statement.or_statement() {
        return Matches::AnyOf(or.statements().iter().map(matches).collect());
    }
    Matches::Other(kind(statement))
}

/// The kind of a statement, and what of it helps a reader.
fn kind(statement: &types::Statement) -> String {
    if let Some(label) = statement.label_match_statement() {
        return format!("label-match {}", label.key());
    }
    if let Some(group) = statement.managed_rule_group_statement() {
        return format!("managed-rule-group {}/{}", group.vendor_name(), group.name());
    }
    if let Some(group) = statement.rule_group_reference_statement() {
        return format!("rule-group {}", waf_name(group.arn()));
    }
    let kinds = [
        (statement.and_statement().is_some(), "and"),
        (statement.asn_match_statement().is_some(), "asn-match"),
        (statement.byte_match_statement().is_some(), "byte-match"),
        (statement.not_statement().is_some(), "not"),
        (statement.rate_based_statement().is_some(), "rate-based"),
        (statement.regex_match_statement().is_some(), "regex-match"),
        (statement.regex_pattern_set_reference_statement().is_some(), "regex-pattern-set"),
        (statement.size_constraint_statement().is_some(), "size-constraint"),
        (statement.sqli_match_statement().is_some(), "sqli-match"),
        (statement.xss_match_statement().is_some(), "xss-match"),
    ];
    kinds.iter().find(|(is, _)| *is).map_or("other", |(_, name)| *name).to_owned()
}

#[cfg(test)]
mod tests;
