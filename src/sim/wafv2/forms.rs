//! From the account to the SDK's forms.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use aws_sdk_wafv2::types;
use ipnet::IpNet;

use super::{Cx, Refused, built, others};
use crate::account::{IpSet, Matches, WebAcl, WebRule, waf_id, waf_name};

/// The form of an id.
pub(super) fn id(number: u64) -> String {
    format!("{:08x}-0000-4000-9000-{:012x}", number >> 32, number & 0xffff_ffff)
}

/// An IP set of a name has always the same id here: the account does not hold one.
pub(super) fn set_id(name: &str) -> String {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    id(hasher.finish())
}

/// An ARN of AWS WAF; the part after `regional` or `global` is the kind.
pub(super) fn arn(cx: &Cx<'_>, edge: bool, kind: &str, name: &str, id: &str) -> String {
    let account = &cx.world.account;
    let scope = if edge { "global" } else { "regional" };
    format!("arn:{}:wafv2:{}:{}:{scope}/{kind}/{name}/{id}", account.partition(), cx.region, account.id)
}

pub(super) fn set_arn(cx: &Cx<'_>, edge: bool, name: &str) -> String {
    arn(cx, edge, "ipset", name, &set_id(name))
}

pub(super) fn ip_set(cx: &Cx<'_>, edge: bool, name: &str, set: &IpSet) -> Result<types::IpSet, Refused> {
    let version = if set.ipv6 { types::IpAddressVersion::Ipv6 } else { types::IpAddressVersion::Ipv4 };
    // AWS writes IPv6 addresses in full.
    let full = |text: &String| match text.parse() {
        Ok(IpNet::V6(net)) => {
            let parts: Vec<String> = net.addr().segments().iter().map(|part| format!("{part:04x}")).collect();
            format!("{}/{}", parts.join(":"), net.prefix_len())
        }
        _ => text.clone(),
    };
    let set = types::IpSet::builder()
        .name(name)
        .id(set_id(name))
        .arn(set_arn(cx, edge, name))
        .ip_address_version(version)
        .set_addresses(Some(set.addresses.iter().map(full).collect()));
    built(set.build())
}

pub(super) fn web_acl(cx: &Cx<'_>, edge: bool, arn: &str, acl: &WebAcl) -> Result<types::WebAcl, Refused> {
    let default = types::DefaultAction::builder();
    let default = match &*acl.default_action {
        "block" => default.block(types::BlockAction::builder().build()),
        _ => default.allow(types::AllowAction::builder().build()),
    };
    let rules = acl.rules.iter().map(|one| rule(cx, edge, one)).collect::<Result<Vec<_>, _>>()?;
    let acl = types::WebAcl::builder()
        .name(waf_name(arn))
        .id(waf_id(arn))
        .arn(arn)
        .description("")
        .default_action(default.build())
        .set_rules(Some(rules))
        .visibility_config(visibility(waf_name(arn))?)
        .capacity(acl.capacity)
        .managed_by_firewall_manager(acl.firewall_manager);
    built(acl.build())
}

fn visibility(name: &str) -> Result<types::VisibilityConfig, Refused> {
    let config = types::VisibilityConfig::builder()
        .sampled_requests_enabled(true)
        .cloud_watch_metrics_enabled(true)
        .metric_name(name);
    built(config.build())
}

fn rule(cx: &Cx<'_>, edge: bool, rule: &WebRule) -> Result<types::Rule, Refused> {
    let action = types::RuleAction::builder();
    let action = match &*rule.action {
        "block" => Some(action.block(types::BlockAction::builder().build())),
        "allow" => Some(action.allow(types::AllowAction::builder().build())),
        "count" => Some(action.count(types::CountAction::builder().build())),
        "captcha" => Some(action.captcha(types::CaptchaAction::builder().build())),
        "challenge" => Some(action.challenge(types::ChallengeAction::builder().build())),
        _ => None,
    };
    let over = types::OverrideAction::builder().none(types::NoneAction::builder().build()).build();
    let form = types::Rule::builder()
        .name(&rule.name)
        .priority(rule.priority)
        .statement(statement(cx, edge, &rule.matches)?)
        .set_override_action(action.is_none().then_some(over))
        .set_action(action.map(types::builders::RuleActionBuilder::build))
        .visibility_config(visibility(&rule.name)?);
    built(form.build())
}

fn statement(cx: &Cx<'_>, edge: bool, matches: &Matches) -> Result<types::Statement, Refused> {
    let form = types::Statement::builder();
    Ok(match matches {
        Matches::IpSet(name) => {
            let set = types::IpSetReferenceStatement::builder().arn(set_arn(cx, edge, name));
            form.ip_set_reference_statement(built(set.build())?)
        }
        Matches::Countries(countries) => {
            let codes = countries.iter().map(|code| types::CountryCode::from(code.as_str())).collect();
            form.geo_match_statement(
                types::GeoMatchStatement::builder().set_country_codes(Some(codes)).build(),
            )
        }
        Matches::AnyOf(all) => {
            let all = all.iter().map(|one| statement(cx, edge, one)).collect::<Result<Vec<_>, _>>()?;
            form.or_statement(built(types::OrStatement::builder().set_statements(Some(all)).build())?)
        }
        Matches::Other(words) => others::statement(cx, edge, words)?,
    }
    .build())
}
