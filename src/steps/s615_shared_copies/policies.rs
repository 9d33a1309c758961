//! Policies of queues, topics, secrets and keys: the state that their lenses have in common.
//!
//! A state is the whole text as AWS has it, so that a restore gives back exactly that. AWS may lay a text out
//! otherwise than it was written: two texts are the same where they say the same.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::grantees;
use crate::access::outsiders::{Closed, Home, close};
use crate::account::{Account, HeldPolicy, Region, Seen};
use crate::step::{Case, Look, Now, Reason, Verdict, first_few};

/// A policy's text; `None`: there is none.
pub(super) type Text = Option<String>;

pub(super) type Policies = Seen<BTreeMap<String, Seen<HeldPolicy>>>;

/// How many names a state shows.
const SHOWN: usize = 6;

/// What stands where no statement is left.
pub(super) enum Emptied {
    NoPolicy,
    /// The service has no resource without a policy: this one.
    Text(String),
    Refuse(Reason),
}

/// A policy without those whom nobody knows; `None`: the text is no JSON. `keeps_account`: everybody becomes this
/// account.
pub(super) fn closed(text: &str, account: &Account, case: &Case, keeps_account: bool) -> Option<Closed> {
    let known: BTreeSet<&str> = grantees::known(case).collect();
    let home = Home { account: &account.id, partition: account.partition(), known: &known, keeps_account };
    Some(close(&serde_json::from_str::<Value>(text).ok()?, &home))
}

pub(super) fn state(look: &Look<'_>, policies: fn(&Region) -> &Policies) -> Now<Text> {
    look.in_region(|here| {
        Now::of_item(policies(here), &look.at.id, |held| Now::of(held, |held| Now::Is(held.policy.clone())))
    })
}

pub(super) fn contain(now: &Text, look: &Look<'_>, keeps_account: bool, emptied: Emptied) -> Verdict<Text> {
    let Some(text) = now else { return Verdict::Already };
    let Some(closed) = closed(text, look.account, look.case, keeps_account) else {
        return Verdict::Refuse("its policy is no JSON: nothing can be taken out of it".into());
    };
    match (&closed.policy, emptied) {
        (None, _) => Verdict::Already,
        (Some(_), Emptied::NoPolicy) if closed.is_empty() => Verdict::Change(None),
        (Some(_), Emptied::Text(text)) if closed.is_empty() => Verdict::Change(Some(text)),
        (Some(_), Emptied::Refuse(why)) if closed.is_empty() => Verdict::Refuse(why),
        (Some(policy), _) => Verdict::Change(Some(policy.to_string())),
    }
}

/// Do two texts say the same? One entry may stand alone or in a list, and lists of names have no order.
pub(super) fn same(one: &Text, other: &Text) -> bool {
    let plain = |text: &Text| {
        text.as_deref().map(|text| serde_json::from_str(text).map_or_else(|_| text.into(), plain))
    };
    plain(one) == plain(other)
}

fn plain(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, plain(value))).collect(),
        Value::Array(all) if all.iter().all(Value::is_string) => {
            let mut texts: Vec<Value> = all;
            texts.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
            texts.dedup();
            if texts.len() == 1 { texts.remove(0) } else { texts.into() }
        }
        Value::Array(all) => all.into_iter().map(plain).collect(),
        other => other,
    }
}

/// Whom the policy allows something: `allows everybody, 111111111111, s3.amazonaws.com`.
pub(super) fn show(text: &Text) -> String {
    let Some(text) = text else { return "no policy".into() };
    let Ok(policy) = serde_json::from_str::<Value>(text) else { return "a policy that is no JSON".into() };
    let all = match &policy["Statement"] {
        Value::Array(all) => &all[..],
        one => std::slice::from_ref(one),
    };
    let allowed: BTreeSet<String> =
        all.iter().filter(|one| one["Effect"] == "Allow").flat_map(names).collect();
    match allowed.len() {
        0 => "allows nobody".into(),
        _ => format!("allows {}", first_few(allowed, SHOWN)),
    }
}

/// Whom a statement names: accounts by id, roles and users by their name in it.
fn names(statement: &Value) -> Vec<String> {
    let limited = if statement["Condition"].is_null() { "" } else { " on a condition" };
    let named = |text: &str| {
        let mut parts = text.splitn(6, ':').skip(4);
        let name = match (parts.next(), parts.next()) {
            (Some(account), None | Some("root")) => account.to_owned(),
            (Some(account), Some(name)) => format!("{account} {name}"),
            (None, _) => text.replace('*', "everybody"),
        };
        name + limited
    };
    if !statement["NotPrincipal"].is_null() {
        return vec![format!("everybody but some{limited}")];
    }
    let kinds: Vec<&Value> = match &statement["Principal"] {
        Value::Object(kinds) => kinds.values().collect(),
        one => vec![one],
    };
    let texts = kinds.into_iter().flat_map(|kind| match kind {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect::<Vec<_>>(),
    });
    texts.map(named).collect()
}
