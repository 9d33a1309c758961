//! Which records are named, where they lead, and which of them must stay.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::account::dns::{absolute, host};
use crate::account::{Account, AliasTarget, Record, Zone};
use crate::step::{Params, Reason, text, texts};

/// Seconds for which resolvers keep the new answer: short, because it is taken back.
const TTL: i64 = 60;

/// The names that the parameters list, as a person writes them, each once.
pub(super) fn names(params: &Params) -> Vec<String> {
    let names: BTreeSet<String> = texts(params, "names").map(host).filter(|n| !n.is_empty()).collect();
    names.into_iter().collect()
}

/// The records of a name that lead visitors somewhere.
pub(super) fn visitors(zone: &Zone, name: &str) -> BTreeSet<Record> {
    zone.named(name).filter(|record| record.leads_visitors()).cloned().collect()
}

/// Where the names lead.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum To {
    V4(Ipv4Addr),
    V6(Ipv6Addr),
    Host(String),
    Alias {
        to: AliasTarget,
        /// Is it asked by IPv6 too?
        v6: bool,
        /// The names that a distribution of this account answers for; none of anything else.
        answers_for: Option<BTreeSet<String>>,
    },
}

impl To {
    /// # Errors
    /// Why the names cannot lead there.
    pub(super) fn of(params: &Params, account: &Account) -> Result<To, Reason> {
        let Some(given) = text(params, "to").map(str::trim).filter(|to| !to.is_empty()) else {
            return Err("`to` is missing: an address or a host name that the names shall lead to".into());
        };
        if let Ok(address) = given.parse::<Ipv4Addr>() {
            return Ok(To::V4(address));
        }
        if let Ok(address) = given.parse::<Ipv6Addr>() {
            return Ok(To::V6(address));
        }
        let name = host(given);
        if !is_host(&name) {
            return Err(format!("`to` is {given:?}: neither an address nor the name of a host"));
        }
        if let Some(alias) = distribution(&name, account) {
            return alias;
        }
        balancer(&name, account).unwrap_or(Ok(To::Host(name)))
    }

    /// The records that a name has then.
    pub(super) fn records(&self) -> BTreeSet<Record> {
        let plain = |kind: &str, value: String| Record {
            kind: kind.into(),
            ttl: Some(TTL),
            values: vec![value],
            ..Record::default()
        };
        match self {
            To::V4(address) => [plain("A", address.to_string())].into(),
            To::V6(address) => [plain("AAAA", address.to_string())].into(),
            To::Host(name) => [plain("CNAME", name.clone())].into(),
            To::Alias { to, v6, .. } => {
                let alias =
                    |kind: &str| Record { kind: kind.into(), alias: Some(to.clone()), ..Record::default() };
                let kinds: &[&str] = if *v6 { &["A", "AAAA"] } else { &["A"] };
                kinds.iter().map(|kind| alias(kind)).collect()
            }
        }
    }

    /// The host that it names; none of an address.
    fn host(&self) -> Option<String> {
        match self {
            To::V4(_) | To::V6(_) => None,
            To::Host(name) => Some(name.clone()),
            To::Alias { to, .. } => Some(host(&to.name)),
        }
    }
}

fn is_host(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.contains('.') && name.len() <= 253 && name.split('.').all(label)
}

/// An alias to a distribution. All of CloudFront is in one zone of a partition.
///
/// <https://docs.aws.amazon.com/general/latest/gr/cf_region.html>
fn distribution(name: &str, account: &Account) -> Option<Result<To, Reason>> {
    let known = account.distributions.items().find(|(_, one)| host(&one.domain) == name);
    if let Some((id, _)) = known.filter(|(_, one)| !one.enabled) {
        return Some(Err(format!("`to` is the distribution {id}, which is disabled: it answers nobody")));
    }
    if known.is_none() && !name.ends_with(".cloudfront.net") && !name.ends_with(".cloudfront.cn") {
        return None;
    }
    let zone = if account.partition() == "aws-cn" { "Z3RFFRIM2A3IF5" } else { "Z2FDTNDATAQYW2" };
    let to = AliasTarget { zone: zone.into(), name: absolute(name), evaluate_health: false };
    let answers_for = known.map(|(_, one)| one.aliases.iter().map(|alias| host(alias)).collect());
    Some(Ok(To::Alias { to, v6: true, answers_for }))
}

fn balancer(name: &str, account: &Account) -> Option<Result<To, Reason>> {
    let bare = name.strip_prefix("dualstack.").unwrap_or(name);
    let mut all = account.regions.values().flat_map(|here| here.load_balancers.items());
    let (_, balancer) = all.find(|(_, one)| !one.zone.is_empty() && host(&one.dns_name) == bare)?;
    if balancer.scheme == "internal" {
        let why = format!(
            "`to` is the load balancer {}, which is internal: visitors do not reach it",
            balancer.name
        );
        return Some(Err(why));
    }
    let to = AliasTarget { zone: balancer.zone.clone(), name: absolute(name), evaluate_health: false };
    let v6 = balancer.ip_address_type.starts_with("dualstack");
    Some(Ok(To::Alias { to, v6, answers_for: None }))
}

/// Why a name that has records stays as it is; `None` where it can be switched.
pub(super) fn refused(zone: &Zone, name: &str, names: &[String], to: &To) -> Option<Reason> {
    let records: Vec<&Record> = zone.named(name).collect();
    let leading = || records.iter().filter(|record| record.leads_visitors());
    if let Some(service) = &zone.linked_service {
        return Some(format!("{service} made zone {} and alone may change it", zone.host()));
    }
    if let Some(host) = to.host()
        && (host == name || names.contains(&host))
    {
        return Some(format!("`to` is {host}, which is among the names: it would lead to itself"));
    }
    if leading().any(|record| record.traffic_policy.is_some()) {
        return Some("a traffic policy makes its records: change the policy".into());
    }
    let unknown: BTreeSet<&str> = leading().flat_map(|record| &record.unknown).map(String::as_str).collect();
    if !unknown.is_empty() {
        let what = unknown.into_iter().collect::<Vec<_>>().join(", ");
        return Some(format!(
            "its record has {what}, which this version of unplug does not know: it could not be put back as it was"
        ));
    }
    let validates = |record: &&&Record| {
        name.starts_with('_')
            && record.values.iter().any(|value| host(value).ends_with("acm-validations.aws"))
    };
    if leading().any(|record| validates(&record)) {
        return Some("ACM renews a certificate by this record".into());
    }
    if let To::Alias { answers_for: Some(aliases), .. } = to
        && !covers(aliases, name)
    {
        return Some(
            "the distribution that `to` names does not have it among its domain names: visitors would \
                     get CloudFront's error"
                .into(),
        );
    }
    if matches!(to, To::Host(_)) {
        if name == zone.host() {
            return Some(
                "it is its zone's own name, which takes no CNAME: give an address, or a distribution or \
                         load balancer of this account"
                    .into(),
            );
        }
        let others: BTreeSet<&str> =
            records.iter().filter(|r| !r.leads_visitors()).map(|r| r.kind.as_str()).collect();
        if !others.is_empty() {
            let others = others.into_iter().collect::<Vec<_>>().join(", ");
            return Some(format!(
                "it has records of type {others} too, and a CNAME stands alone: give an address, or a \
                 distribution or load balancer of this account"
            ));
        }
    }
    None
}

/// Is a name among these, or below a wildcard among them?
fn covers(aliases: &BTreeSet<String>, name: &str) -> bool {
    let wildcard = name.split_once('.').map(|(_, rest)| format!("*.{rest}"));
    aliases.contains(name) || wildcard.is_some_and(|wildcard| aliases.contains(&wildcard))
}
