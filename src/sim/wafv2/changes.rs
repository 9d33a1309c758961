//! Changes of web ACLs, IP sets and associations, with what AWS refuses.

use std::collections::BTreeSet;

use aws_sdk_wafv2::types;
use ipnet::IpNet;

use super::{Dispatch, acl_token, acls, acls_mut, edge, find, find_set, forms, gone, set_key, set_token};
use crate::account::{IpSet, Matches, WebAcl, WebRule, waf_name};
use crate::aws::operations::wafv2;
use crate::collect::web_acls::web_acl;
use crate::sim::ec2::region;
use crate::sim::route::{Cx, In, Out, Refused, Said, refuse};

/// How long what was let go still counts as used.
const HELD_MS: u64 = 20_000;
/// Capacity units that a web ACL takes at most.
///
/// <https://docs.aws.amazon.com/waf/latest/developerguide/limits.html>
const MOST_CAPACITY: i64 = 5_000;
/// Web ACLs, and IP sets, of a Region where nobody had the quota raised.
const MOST_OF_A_KIND: usize = 100;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<wafv2::CreateWebACL>(create_web_acl);
    dispatch.on::<wafv2::UpdateWebACL>(update_web_acl);
    dispatch.on::<wafv2::DeleteWebACL>(delete_web_acl);
    dispatch.on::<wafv2::AssociateWebACL>(associate_web_acl);
    dispatch.on::<wafv2::DisassociateWebACL>(disassociate_web_acl);
    dispatch.on::<wafv2::CreateIPSet>(create_ip_set);
    dispatch.on::<wafv2::UpdateIPSet>(update_ip_set);
    dispatch.on::<wafv2::DeleteIPSet>(delete_ip_set);
}

fn invalid(why: &str) -> Refused {
    refuse("WAFInvalidParameterException", why)
}

fn unavailable() -> Refused {
    refuse(
        "WAFUnavailableEntityException",
        "AWS WAF couldn't retrieve a resource that you requested. Retry your request.",
    )
}

fn duplicate() -> Refused {
    refuse(
        "WAFDuplicateItemException",
        "AWS WAF couldn't perform the operation because some resource in your request is a duplicate of an existing one.",
    )
}

fn in_use() -> Refused {
    refuse(
        "WAFAssociatedItemException",
        "AWS WAF couldn't perform the operation because your resource is being used by another resource or it's associated with another resource.",
    )
}

fn stale() -> Refused {
    refuse(
        "WAFOptimisticLockException",
        "AWS WAF couldn't save your changes because someone changed the resource after you started to edit it.",
    )
}

/// Capacity units of a rule. What groups and other statements take is no part of the account: a guess.
fn cost(rule: &WebRule) -> i64 {
    fn of(matches: &Matches) -> i64 {
        match matches {
            Matches::IpSet(_) | Matches::Countries(_) => 1,
            Matches::AnyOf(all) => all.iter().map(of).sum(),
            Matches::Other(_) => 25,
        }
    }
    of(&rule.matches)
}

fn capacity(rules: &[WebRule]) -> i64 {
    rules.iter().map(cost).sum()
}

/// The names of the IP sets that a rule names.
fn sets(matches: &Matches) -> BTreeSet<&String> {
    match matches {
        Matches::IpSet(name) => [name].into(),
        Matches::AnyOf(all) => all.iter().flat_map(sets).collect(),
        Matches::Countries(_) | Matches::Other(_) => BTreeSet::new(),
    }
}

/// A web ACL as a call describes it.
fn described(
    name: &str,
    rules: Option<&Vec<types::Rule>>,
    default: Option<&types::DefaultAction>,
) -> Result<WebAcl, Refused> {
    let acl = types::WebAcl::builder().name(name).id("new").arn("new").set_default_action(default.cloned());
    let acl = acl.set_rules(rules.cloned()).build().map_err(|error| invalid(&error.to_string()))?;
    Ok(web_acl(&acl))
}

/// Refuses rules that AWS does not take.
fn check(cx: &Cx<'_>, edge: bool, acl: &WebAcl, capacity: i64) -> Result<(), Refused> {
    let names: BTreeSet<&str> = acl.rules.iter().map(|rule| &*rule.name).collect();
    let priorities: BTreeSet<i32> = acl.rules.iter().map(|rule| rule.priority).collect();
    if names.len() < acl.rules.len() || priorities.len() < acl.rules.len() {
        return Err(invalid("Two rules have the same name or priority."));
    }
    if priorities.first().is_some_and(|first| *first < 0) {
        return Err(invalid("A priority must not be negative."));
    }
    for name in acl.rules.iter().flat_map(|rule| sets(&rule.matches)) {
        if !acls(cx, edge)?.ip_sets.contains_key(name) {
            return Err(gone());
        }
        if !cx.visible(&set_key(cx, edge, name)) {
            return Err(unavailable());
        }
    }
    if capacity > MOST_CAPACITY {
        let why =
            format!("The web ACL would use {capacity} capacity units, and the most is {MOST_CAPACITY}.");
        return Err(refuse("WAFLimitsExceededException", why));
    }
    Ok(())
}

fn create_web_acl(cx: &mut Cx<'_>, input: &In<wafv2::CreateWebACL>) -> Said<wafv2::CreateWebACL> {
    let edge = edge(cx, input.scope())?;
    let name = input.name().unwrap_or_default();
    let known = &acls(cx, edge)?.acls;
    if known.keys().any(|arn| waf_name(arn) == name) {
        return Err(duplicate());
    }
    let count = known.len() + 1;
    let mut acl = described(name, input.rules.as_ref(), input.default_action())?;
    acl.capacity = capacity(&acl.rules);
    check(cx, edge, &acl, acl.capacity)?;
    cx.counts("web ACLs".into(), count, MOST_OF_A_KIND);
    cx.world.serial += 1;
    let id = forms::id(0x5100_0000_0000 + cx.world.serial);
    let arn = forms::arn(cx, edge, "webacl", name, &id);
    cx.appears(&arn);
    acls_mut(cx, edge)?.acls.insert(arn.clone(), acl);
    let summary = types::WebAclSummary::builder().name(name).id(id).arn(&arn);
    Ok(Out::<wafv2::CreateWebACL>::builder().summary(summary.lock_token("new").build()).build())
}

fn update_web_acl(cx: &mut Cx<'_>, input: &In<wafv2::UpdateWebACL>) -> Said<wafv2::UpdateWebACL> {
    let edge = edge(cx, input.scope())?;
    let (arn, before) = find(cx, edge, input.name().unwrap_or_default(), input.id().unwrap_or_default())?;
    let (arn, before) = (arn.clone(), before.clone());
    if input.lock_token() != Some(&*acl_token(cx, &arn, &before)) {
        return Err(stale());
    }
    let wanted = described(waf_name(&arn), input.rules.as_ref(), input.default_action())?;
    let used = before.capacity - capacity(&before.rules) + capacity(&wanted.rules);
    check(cx, edge, &wanted, used)?;
    let named = |acl: &WebAcl| -> BTreeSet<String> {
        acl.rules.iter().flat_map(|rule| sets(&rule.matches)).cloned().collect()
    };
    let let_go: Vec<String> = named(&before).difference(&named(&wanted)).cloned().collect();
    hold_sets(cx, edge, &let_go);
    let WebAcl { default_action, rules, .. } = wanted;
    acls_mut(cx, edge)?.acls.insert(arn.clone(), WebAcl { default_action, rules, capacity: used, ..before });
    *cx.world.wafv2.generation.entry(arn.clone()).or_default() += 1;
    let token = acls(cx, edge)?.acls.get(&arn).map(|acl| acl_token(cx, &arn, acl));
    Ok(Out::<wafv2::UpdateWebACL>::builder().set_next_lock_token(token).build())
}

/// IP sets that no rule names any more still count as used for a while.
fn hold_sets(cx: &mut Cx<'_>, edge: bool, names: &[String]) {
    let until = cx.world.now_ms + HELD_MS;
    for key in names.iter().map(|name| set_key(cx, edge, name)).collect::<Vec<_>>() {
        cx.world.wafv2.hold(&key, until);
    }
}

fn is_held(cx: &Cx<'_>, key: &str) -> bool {
    cx.world.wafv2.held_until_ms.get(key).is_some_and(|until| *until > cx.world.now_ms)
}

fn delete_web_acl(cx: &mut Cx<'_>, input: &In<wafv2::DeleteWebACL>) -> Said<wafv2::DeleteWebACL> {
    let edge = edge(cx, input.scope())?;
    let (arn, acl) = find(cx, edge, input.name().unwrap_or_default(), input.id().unwrap_or_default())?;
    let (arn, acl) = (arn.clone(), acl.clone());
    if input.lock_token() != Some(&*acl_token(cx, &arn, &acl)) {
        return Err(stale());
    }
    let distributions = cx.world.account.distributions.items();
    let used = distributions.into_iter().any(|(_, one)| one.web_acl.as_ref() == Some(&arn));
    if used || !acl.balancers.is_empty() || is_held(cx, &arn) {
        return Err(in_use());
    }
    let let_go: Vec<String> = acl.rules.iter().flat_map(|rule| sets(&rule.matches)).cloned().collect();
    hold_sets(cx, edge, &let_go);
    acls_mut(cx, edge)?.acls.remove(&arn);
    Ok(Out::<wafv2::DeleteWebACL>::builder().build())
}

fn balancer(cx: &Cx<'_>, arn: &str) -> Result<(), Refused> {
    let known = region(cx).load_balancers.read();
    match known.and_then(|all| all.get(arn)) {
        Some(found) if found.kind == "application" => Ok(()),
        Some(_) => Err(invalid("The resource type is not supported.")),
        None => Err(gone()),
    }
}

fn associate_web_acl(cx: &mut Cx<'_>, input: &In<wafv2::AssociateWebACL>) -> Said<wafv2::AssociateWebACL> {
    let (arn, resource) = (input.web_acl_arn().unwrap_or_default(), input.resource_arn().unwrap_or_default());
    balancer(cx, resource)?;
    if !acls(cx, false)?.acls.contains_key(arn) {
        return Err(gone());
    }
    if !cx.visible(arn) {
        return Err(unavailable());
    }
    let_go(cx, resource)?;
    if let Some(acl) = acls_mut(cx, false)?.acls.get_mut(arn) {
        acl.balancers.insert(resource.to_owned());
    }
    Ok(Out::<wafv2::AssociateWebACL>::builder().build())
}

/// Takes a load balancer's web ACL off.
fn let_go(cx: &mut Cx<'_>, resource: &str) -> Result<(), Refused> {
    let mut left = vec![];
    for (arn, acl) in &mut acls_mut(cx, false)?.acls {
        if acl.balancers.remove(resource) {
            left.push(arn.clone());
        }
    }
    let until = cx.world.now_ms + HELD_MS;
    left.iter().for_each(|arn| cx.world.wafv2.hold(arn, until));
    Ok(())
}

fn disassociate_web_acl(
    cx: &mut Cx<'_>,
    input: &In<wafv2::DisassociateWebACL>,
) -> Said<wafv2::DisassociateWebACL> {
    let resource = input.resource_arn().unwrap_or_default();
    balancer(cx, resource)?;
    let_go(cx, resource)?;
    Ok(Out::<wafv2::DisassociateWebACL>::builder().build())
}

/// The addresses of a call, in their shortest form.
fn addresses(texts: &[String], ipv6: bool) -> Result<BTreeSet<String>, Refused> {
    let parsed = texts.iter().map(|text| {
        let net: IpNet = text.parse().map_err(|_| invalid("An address is not valid."))?;
        if net.prefix_len() == 0 || net.addr().is_ipv6() != ipv6 || net != net.trunc() {
            return Err(invalid("An address is not valid for an IP set of this version."));
        }
        Ok(net.to_string())
    });
    parsed.collect()
}

fn create_ip_set(cx: &mut Cx<'_>, input: &In<wafv2::CreateIPSet>) -> Said<wafv2::CreateIPSet> {
    let edge = edge(cx, input.scope())?;
    let name = input.name().unwrap_or_default();
    let known = &acls(cx, edge)?.ip_sets;
    if known.contains_key(name) {
        return Err(duplicate());
    }
    let count = known.len() + 1;
    let ipv6 = input.ip_address_version() == Some(&types::IpAddressVersion::Ipv6);
    let set = IpSet { ipv6, addresses: addresses(input.addresses(), ipv6)? };
    cx.counts("IP sets".into(), count, MOST_OF_A_KIND);
    let key = set_key(cx, edge, name);
    cx.appears(&key);
    acls_mut(cx, edge)?.ip_sets.insert(name.to_owned(), set);
    let summary = types::IpSetSummary::builder().name(name).id(forms::set_id(name));
    let summary = summary.arn(forms::set_arn(cx, edge, name)).lock_token("new").build();
    Ok(Out::<wafv2::CreateIPSet>::builder().summary(summary).build())
}

fn update_ip_set(cx: &mut Cx<'_>, input: &In<wafv2::UpdateIPSet>) -> Said<wafv2::UpdateIPSet> {
    let edge = edge(cx, input.scope())?;
    let name = input.name().unwrap_or_default();
    let set = find_set(cx, edge, name, input.id().unwrap_or_default())?.clone();
    let key = set_key(cx, edge, name);
    if input.lock_token() != Some(&*set_token(cx, &key, &set)) {
        return Err(stale());
    }
    let set = IpSet { addresses: addresses(input.addresses(), set.ipv6)?, ..set };
    acls_mut(cx, edge)?.ip_sets.insert(name.to_owned(), set);
    *cx.world.wafv2.generation.entry(key).or_default() += 1;
    Ok(Out::<wafv2::UpdateIPSet>::builder().next_lock_token("next").build())
}

fn delete_ip_set(cx: &mut Cx<'_>, input: &In<wafv2::DeleteIPSet>) -> Said<wafv2::DeleteIPSet> {
    let edge = edge(cx, input.scope())?;
    let name = input.name().unwrap_or_default();
    let set = find_set(cx, edge, name, input.id().unwrap_or_default())?;
    let key = set_key(cx, edge, name);
    if input.lock_token() != Some(&*set_token(cx, &key, set)) {
        return Err(stale());
    }
    let rules = acls(cx, edge)?.acls.values().flat_map(|acl| &acl.rules);
    if rules.into_iter().any(|rule| rule.matches.names_set(name)) || is_held(cx, &key) {
        return Err(in_use());
    }
    acls_mut(cx, edge)?.ip_sets.remove(name);
    Ok(Out::<wafv2::DeleteIPSet>::builder().build())
}
