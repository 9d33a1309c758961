//! What the trace has to say in a plan: one line a suspect, one a thing that was made.

use std::collections::{BTreeMap, BTreeSet};

use crate::account::Account;
use crate::step::{Case, Found, count, first_few};
use crate::trace::{Credential, Made, Report, Suspect};

/// There is no suspect; or none is known, because nobody could look.
pub(super) fn nobody(account: &Account) -> String {
    let unread = [account.principals.gap(), account.exposed_keys.gap()].into_iter().flatten().next();
    match unread {
        Some(gap) => format!(
            "no suspect is named, and which keys are exposed could not be read ({}): name one with --key; no event \
             was read",
            gap.cause.words()
        ),
        None => "no suspect is named, and no key is exposed or quarantined: no event was read; name one with --key"
            .into(),
    }
}

/// One line a suspect: what it did, from where, and what came from it.
pub(super) fn of_each(account: &Account, report: &Report, suspects: &BTreeSet<Suspect>, found: &mut Found) {
    let texts: BTreeSet<&str> = suspects.iter().map(Suspect::text).collect();
    let (named, came): (Vec<_>, Vec<_>) = report.credentials.iter().partition(|c| texts.contains(&*c.id));
    for credential in named {
        found.note(None, format!("{}: {}", label(account, credential), did(credential)));
    }
    let used = came.iter().filter(|credential| credential.calls > 0);
    for credential in used {
        let from = credential.made_by.as_deref().unwrap_or("a suspect");
        found.note(None, format!("{} came from {from}: {}", credential.id, did(credential)));
    }
    let mut addresses: Vec<_> = report.addresses.iter().collect();
    addresses.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    if !addresses.is_empty() {
        let all = addresses.iter().map(|(from, n)| format!("{from} ({n})"));
        found.note(None, format!("from {}", first_few(all, 5)));
    }
}

/// The key with its user.
fn label(account: &Account, credential: &Credential) -> String {
    match account.access_keys.item(&credential.id) {
        Some(key) => format!("{} of {}", credential.id, key.user),
        None => credential.id.clone(),
    }
}

fn did(credential: &Credential) -> String {
    let (Some(first), Some(last)) = (&credential.first, &credential.last) else {
        return "CloudTrail shows no event of it in the last 90 days, which proves nothing".into();
    };
    let calls = count(credential.calls, "call");
    let (writes, denied) = (credential.writes, credential.denied);
    format!("{calls} from {first} to {last}: {writes} changed something, {denied} denied")
}

/// One line a thing that was made, and before yes one line with the options that add all of them.
pub(super) fn made(account: &Account, case: &Case, report: &Report, found: &mut Found) {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let mut options: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for made in &report.made {
        let scope = &case.scope;
        let named = |value: &String| scope.keys.contains(value) || scope.principals.contains(value);
        let add = match &made.offer {
            _ if is_gone(account, made) => "; it is no longer there".to_owned(),
            Some(offer) if !offer.is_named() => format!("; step {} acts on it", offer.step),
            Some(offer) if named(&offer.value) => format!("; step {} cuts it", offer.step),
            Some(offer) => {
                *kinds.entry(made.kind).or_default() += 1;
                options.entry(offer.option).or_default().insert(&offer.value);
                format!("; add {} (step {})", offer.words(), offer.step)
            }
            None => {
                *kinds.entry(made.kind).or_default() += 1;
                "; no step cuts it: by hand".to_owned()
            }
        };
        let of = made.of.as_deref().map(|of| format!(" ({of})")).unwrap_or_default();
        let text =
            format!("a suspect made {} {}{of}, {} by {}{add}", made.kind, made.id, made.time, made.call);
        found.note(Some(&made.region), text);
    }
    if kinds.is_empty() {
        return;
    }
    let list: Vec<String> = kinds.iter().map(|(kind, times)| format!("{kind} ({times})")).collect();
    let joined = |values: &BTreeSet<&str>| values.iter().copied().collect::<Vec<_>>().join(",");
    let words: Vec<String> =
        options.iter().map(|(option, values)| format!("--{option} {}", joined(values))).collect();
    let add = if words.is_empty() { "by hand".to_owned() } else { format!("add {}", words.join(" ")) };
    found.matters(None, format!("suspects made what is not cut by this: {}; {add}", list.join(", ")));
}

/// Was it deleted since, as far as the account shows?
fn is_gone(account: &Account, made: &Made) -> bool {
    let principals = account.principals.read();
    match made.kind {
        "user" => principals.is_some_and(|all| !all.users.contains_key(&made.id)),
        "role" => principals.is_some_and(|all| !all.roles.contains_key(&made.id)),
        _ => false,
    }
}

/// What was denied, in one line.
pub(super) fn denied(report: &Report, found: &mut Found) {
    for (words, counts) in [("denied", &report.denied), ("tried and failed otherwise", &report.failed)] {
        if !counts.is_empty() {
            found.note(None, format!("{words}: {}", first_few(counts.iter().map(|count| &count.what), 6)));
        }
    }
}
