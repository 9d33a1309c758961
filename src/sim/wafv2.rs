//! AWS WAF: its lists, and what one of its things holds. Changes are in `wafv2/changes.rs`, the forms of the
//! SDK in `wafv2/forms.rs` and `wafv2/others.rs`.

mod changes;
mod forms;
mod others;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use aws_sdk_wafv2::types;
use aws_smithy_types::error::operation::BuildError;

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::{seen, seen_mut};
use crate::account::{IpSet, WebAcl, WebAcls, waf_id, waf_name};
use crate::aws::operations::wafv2;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<wafv2::ListWebACLs>(list_web_acls);
    dispatch.on_with_body::<wafv2::GetWebACL>(get_web_acl, unknown_members);
    dispatch.on::<wafv2::GetWebACLForResource>(get_web_acl_for_resource);
    dispatch.on::<wafv2::ListResourcesForWebACL>(list_resources_for_web_acl);
    dispatch.on::<wafv2::ListIPSets>(list_ip_sets);
    dispatch.on::<wafv2::GetIPSet>(get_ip_set);
    changes::register(dispatch);
}

/// What AWS does not show.
#[derive(Clone, Debug, Default)]
pub(super) struct Hidden {
    /// How often a web ACL or an IP set was written.
    generation: BTreeMap<String, u64>,
    /// Until when AWS refuses to delete what was let go, by ARN or by the name of an IP set.
    held_until_ms: BTreeMap<String, u64>,
}

impl Hidden {
    /// Something still counts as used for a while: AWS WAF is eventually consistent.
    ///
    /// <https://docs.aws.amazon.com/waf/latest/APIReference/API_DeleteIPSet.html>
    pub(super) fn hold(&mut self, what: &str, until_ms: u64) {
        self.held_until_ms.insert(what.to_owned(), until_ms);
    }
}

/// The most that one page holds.
const MOST_ITEMS: i32 = 100;

fn built<T>(built: Result<T, BuildError>) -> Result<T, Refused> {
    built.map_err(|error| refuse("WAFInvalidParameterException", error.to_string()))
}

/// Is the call for CloudFront? Those are taken in the partition's global Region alone.
fn edge(cx: &Cx<'_>, scope: Option<&types::Scope>) -> Result<bool, Refused> {
    match scope {
        Some(types::Scope::Regional) => Ok(false),
        Some(types::Scope::Cloudfront) if cx.region == cx.world.global_region() => Ok(true),
        _ => Err(refuse("WAFInvalidParameterException", "The scope is not valid.")),
    }
}

fn acls<'a>(cx: &'a Cx<'_>, edge: bool) -> Result<&'a WebAcls, Refused> {
    if edge { seen(&cx.world.account.edge_web_acls) } else { seen(&region(cx).web_acls) }
}

fn acls_mut<'a>(cx: &'a mut Cx<'_>, edge: bool) -> Result<&'a mut WebAcls, Refused> {
    if edge { seen_mut(&mut cx.world.account.edge_web_acls) } else { seen_mut(&mut cx.region_mut().web_acls) }
}

fn gone() -> Refused {
    refuse(
        "WAFNonexistentItemException",
        "AWS WAF couldn't perform the operation because your resource doesn't exist.",
    )
}

/// The key under which a new IP set becomes visible, and a written one changes its version.
fn set_key(cx: &Cx<'_>, edge: bool, name: &str) -> String {
    format!("{}/{edge}/{name}", cx.region)
}

/// A version: another one after each write, and after each change behind AWS's back.
fn lock_token(cx: &Cx<'_>, key: &str, content: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (cx.world.wafv2.generation.get(key), content).hash(&mut hasher);
    let hash = hasher.finish();
    format!("{:08x}-0000-4000-8000-{:012x}", hash >> 32, hash & 0xffff_ffff)
}

/// The version of a web ACL. What it protects is no part of one.
fn acl_token(cx: &Cx<'_>, arn: &str, acl: &WebAcl) -> String {
    lock_token(cx, arn, &format!("{:?}{:?}", acl.default_action, acl.rules))
}

fn set_token(cx: &Cx<'_>, key: &str, set: &IpSet) -> String {
    lock_token(cx, key, &format!("{set:?}"))
}

fn page_limit(limit: Option<i32>) -> Result<i32, Refused> {
    match limit {
        Some(limit) if !(1..=MOST_ITEMS).contains(&limit) => {
            Err(refuse("WAFInvalidParameterException", "The limit must be between 1 and 100."))
        }
        limit => Ok(limit.unwrap_or(MOST_ITEMS)),
    }
}

fn list_web_acls(cx: &mut Cx<'_>, input: &In<wafv2::ListWebACLs>) -> Said<wafv2::ListWebACLs> {
    let edge = edge(cx, input.scope())?;
    let limit = page_limit(input.limit())?;
    let all = acls(cx, edge)?.acls.iter().filter(|(arn, _)| cx.visible(arn));
    let all = all.map(|(arn, acl)| {
        types::WebAclSummary::builder()
            .name(waf_name(arn))
            .id(waf_id(arn))
            .arn(arn)
            .lock_token(acl_token(cx, arn, acl))
            .build()
    });
    let (page, next) = cx.page(all.collect(), input.next_marker(), Some(limit));
    Ok(Out::<wafv2::ListWebACLs>::builder().set_web_acls(Some(page)).set_next_marker(next).build())
}

/// The web ACL of a name and an id.
fn find<'a>(cx: &'a Cx<'_>, edge: bool, name: &str, id: &str) -> Result<(&'a String, &'a WebAcl), Refused> {
    let known = acls(cx, edge)?.acls.iter();
    let mut known = known.filter(|(arn, _)| waf_name(arn) == name && waf_id(arn) == id);
    known.next().filter(|(arn, _)| cx.visible(arn)).ok_or_else(gone)
}

fn get_web_acl(cx: &mut Cx<'_>, input: &In<wafv2::GetWebACL>) -> Said<wafv2::GetWebACL> {
    let edge = edge(cx, input.scope())?;
    let (arn, acl) = find(cx, edge, input.name().unwrap_or_default(), input.id().unwrap_or_default())?;
    Ok(Out::<wafv2::GetWebACL>::builder()
        .web_acl(forms::web_acl(cx, edge, arn, acl)?)
        .lock_token(acl_token(cx, arn, acl))
        .build())
}

/// Which web ACL protects a load balancer; none is no error.
fn get_web_acl_for_resource(
    cx: &mut Cx<'_>,
    input: &In<wafv2::GetWebACLForResource>,
) -> Said<wafv2::GetWebACLForResource> {
    let resource = input.resource_arn().unwrap_or_default();
    let found = acls(cx, false)?.acls.iter().find(|(_, acl)| acl.balancers.contains(resource));
    let acl = found.map(|(arn, acl)| forms::web_acl(cx, false, arn, acl)).transpose()?;
    Ok(Out::<wafv2::GetWebACLForResource>::builder().set_web_acl(acl).build())
}

/// The members of a web ACL that the SDK does not know, as AWS would send them.
fn unknown_members(cx: &Cx<'_>, input: &In<wafv2::GetWebACL>) -> Option<String> {
    let edge = edge(cx, input.scope()).ok()?;
    let (_, acl) = find(cx, edge, input.name()?, input.id()?).ok()?;
    if acl.unknown.is_empty() {
        return None;
    }
    let member = |path: &String| {
        let leaf = serde_json::Value::from("new");
        let nested = path.split('/').rev();
        nested.fold(leaf, |inner, name| serde_json::json!({ name: inner }))
    };
    let mut whole = serde_json::Map::new();
    for value in acl.unknown.iter().map(member) {
        whole.extend(value.as_object().cloned().unwrap_or_default());
    }
    Some(serde_json::json!({ "WebACL": whole }).to_string())
}

fn list_resources_for_web_acl(
    cx: &mut Cx<'_>,
    input: &In<wafv2::ListResourcesForWebACL>,
) -> Said<wafv2::ListResourcesForWebACL> {
    let arn = input.web_acl_arn().unwrap_or_default();
    let acl = acls(cx, false)?.acls.get(arn).filter(|_| cx.visible(arn)).ok_or_else(gone)?;
    // The default is load balancers too.
    let balancers =
        input.resource_type().is_none_or(|kind| *kind == types::ResourceType::ApplicationLoadBalancer);
    let arns = if balancers { acl.balancers.iter().cloned().collect() } else { vec![] };
    Ok(Out::<wafv2::ListResourcesForWebACL>::builder().set_resource_arns(Some(arns)).build())
}

fn list_ip_sets(cx: &mut Cx<'_>, input: &In<wafv2::ListIPSets>) -> Said<wafv2::ListIPSets> {
    let edge = edge(cx, input.scope())?;
    let limit = page_limit(input.limit())?;
    let all = acls(cx, edge)?.ip_sets.iter().filter(|(name, _)| cx.visible(&set_key(cx, edge, name)));
    let all = all.map(|(name, set)| {
        types::IpSetSummary::builder()
            .name(name)
            .id(forms::set_id(name))
            .arn(forms::set_arn(cx, edge, name))
            .lock_token(set_token(cx, &set_key(cx, edge, name), set))
            .build()
    });
    let (page, next) = cx.page(all.collect(), input.next_marker(), Some(limit));
    Ok(Out::<wafv2::ListIPSets>::builder().set_ip_sets(Some(page)).set_next_marker(next).build())
}

/// The IP set of a name and an id.
fn find_set<'a>(cx: &'a Cx<'_>, edge: bool, name: &str, id: &str) -> Result<&'a IpSet, Refused> {
    let known = acls(cx, edge)?.ip_sets.get(name).filter(|_| forms::set_id(name) == id);
    known.filter(|_| cx.visible(&set_key(cx, edge, name))).ok_or_else(gone)
}

fn get_ip_set(cx: &mut Cx<'_>, input: &In<wafv2::GetIPSet>) -> Said<wafv2::GetIPSet> {
    let edge = edge(cx, input.scope())?;
    let name = input.name().unwrap_or_default();
    let set = find_set(cx, edge, name, input.id().unwrap_or_default())?;
    Ok(Out::<wafv2::GetIPSet>::builder()
        .ip_set(forms::ip_set(cx, edge, name, set)?)
        .lock_token(set_token(cx, &set_key(cx, edge, name), set))
        .build())
}

#[cfg(test)]
mod tests;
