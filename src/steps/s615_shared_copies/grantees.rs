//! With whom a copy is shared: the state that the lenses of snapshots and images have in common.
//!
//! A state holds only those whom the operator does not know: what somebody changes meanwhile about a known
//! account is neither seen as a change nor overwritten.

use std::collections::BTreeSet;

use super::Copies;
use crate::account::{EVERYBODY, Region};
use crate::collect::Ask;
use crate::step::{Case, Found, Look, Now, Reason, Target, Verdict, texts};

/// The parameter that names whom the operator knows.
pub(super) const KNOWN: &str = "known_accounts";

/// Accounts, `all`, organizations and units that a copy is shared with and nobody knows.
pub(super) type Unknown = BTreeSet<String>;

pub(super) fn known(case: &Case) -> impl Iterator<Item = &str> {
    texts(&case.params, KNOWN)
}

/// Those of a copy's grantees whom nobody knows. `own` is this account.
pub(super) fn unknown(shared_with: &BTreeSet<String>, own: &str, case: &Case) -> Unknown {
    let is_known = |with: &String| with == own || known(case).any(|known| known == with);
    shared_with.iter().filter(|with| !is_known(with)).cloned().collect()
}

/// Says which names are none that AWS could have: they would keep nothing shared.
pub(super) fn say_wrong(found: &mut Found, case: &Case) {
    let fits = |name: &&str| {
        (name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit())) || name.starts_with("arn:")
    };
    for name in known(case).filter(|name| !fits(name)) {
        found.matters(
            None,
            format!("{KNOWN} names {name:?}, which is no account of twelve digits and no ARN"),
        );
    }
}

/// The state of a copy.
pub(super) fn state(look: &Look<'_>, copies: fn(&Region) -> &Copies) -> Now<Unknown> {
    look.in_region(|here| {
        Now::of_item(copies(here), &look.at.id, |copy| {
            Now::of(copy, |copy| Now::Is(unknown(&copy.shared_with, &look.account.id, look.case)))
        })
    })
}

pub(super) fn contain(now: &Unknown) -> Verdict<Unknown> {
    if now.is_empty() { Verdict::Already } else { Verdict::Change(Unknown::new()) }
}

/// Why a copy must not be shared with everybody again now: EC2 refuses it while its block is on.
pub(super) fn blocked(before: &Unknown, state: Option<&str>) -> Option<Reason> {
    let on = state.filter(|state| *state != "unblocked")?;
    before.contains(EVERYBODY).then(|| {
        format!("EC2 shares nothing with everybody while {on} is set: it stays owed until that is off")
    })
}

/// Is a copy where a write was to bring it? Shared again, it may be shared with more by somebody else.
pub(super) fn arrived(to: &Unknown, now: &Unknown) -> bool {
    if to.is_empty() { now.is_empty() } else { to.is_subset(now) }
}

/// Who is to be let in, and who no longer. What somebody else added meanwhile stays when a copy is shared
/// again: only a cut takes away.
pub(super) fn difference(to: &Unknown, from: &Unknown, has: &BTreeSet<String>) -> (Vec<String>, Vec<String>) {
    let add = to.difference(has).cloned().collect();
    let remove = if to.is_empty() { from.intersection(has).cloned().collect() } else { vec![] };
    (add, remove)
}

pub(super) fn show(with: &Unknown) -> String {
    let word = |one: &String| if one == EVERYBODY { "everybody".to_owned() } else { one.clone() };
    match with.len() {
        0 => "nobody unknown".into(),
        _ => with.iter().map(word).collect::<Vec<_>>().join(", "),
    }
}

pub(super) fn narrow(ask: &mut Ask, at: &Target) {
    let this = (at.region_name().to_owned(), at.id.clone());
    ask.only_copies.get_or_insert_default().insert(this);
}
