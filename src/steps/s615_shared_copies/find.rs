//! The targets of the step, and what there is to say of each.

use std::collections::BTreeMap;

use super::grantees::{self, unknown};
use super::policies::{self, Policies};
use super::{Copies, share};
use crate::account::{Account, EVERYBODY, HeldPolicy, Region, ResourceShare, Seen};
use crate::step::{Case, Found, Item, Target};

/// Snapshots and images are targets, and those that are shared are named, with what cannot be taken back.
pub(super) fn copies(
    found: &mut Found,
    region: &str,
    (kind, noun): (&str, &str),
    all: &Copies,
    look: Here<'_>,
) {
    // One that was not read is a gap of the section.
    for (id, copy) in all.items().filter_map(|(id, copy)| Some((id, copy.read()?))) {
        let at = Target::new(kind, id).region(region);
        let label = copy.tags.get("Name").unwrap_or(&copy.name);
        found.item(Item::new(at.label(Some(label))).tags(&copy.tags));
        let with = unknown(&copy.shared_with, &look.account.id, look.case);
        if with.is_empty() {
            continue;
        }
        let whom = grantees::show(&with);
        let key = if copy.encrypted { " (who has its key too)" } else { "" };
        let of = if copy.of.is_empty() { "a source that is not named" } else { &copy.of };
        let text = format!(
            "{noun} {id} of {of} is shared with {whom}{key}: copies that were made already are not taken back"
        );
        say(found, region, with.contains(EVERYBODY), text);
    }
}

/// What has a policy is a target; whom the policy lets in is said.
pub(super) fn policies(
    found: &mut Found,
    region: &str,
    (kind, noun): (&str, &str),
    all: &Policies,
    look: Here<'_>,
) {
    for (id, held) in all.items().filter_map(|(id, held)| Some((id, held.read()?))) {
        let HeldPolicy { name, policy: Some(text), tags } = held else { continue };
        let label = tags.get("Name").unwrap_or(name);
        found.item(Item::new(Target::new(kind, id).region(region).label(Some(label))).tags(tags));
        // Whom is the same where everybody would become the account.
        let Some(closed) = policies::closed(text, look.account, look.case, false) else { continue };
        if !closed.outsiders.is_empty() {
            let text =
                format!("{noun} {name} is open to {} by its policy", grantees::show(&closed.outsiders));
            say(found, region, closed.outsiders.contains(EVERYBODY), text);
        }
        for kept in closed.kept {
            let text = format!(
                "{noun} {name} lets in {kept}, of which it is not known whose that is: this stays. Look at it"
            );
            found.note(Some(region), text);
        }
    }
}

/// Resource shares are targets. With whom one is shared is said, inside the organization too.
pub(super) fn shares(found: &mut Found, region: &str, here: &Region, kind: &str, look: Here<'_>) {
    for (arn, one) in here.resource_shares.items() {
        let at = Target::new(kind, arn).region(region).label(Some(&one.name));
        found.item(Item::new(at).tags(&one.tags));
        let outside = share::outside(one, &look.account.id, look.case);
        let resources = resources(one);
        if !outside.is_empty() {
            let whom = grantees::show(&outside);
            let text = format!(
                "resource share {} lets {whom} use {resources}: what they have in it stays, and to share again takes \
                 an invitation that they accept",
                one.name
            );
            found.matters(Some(region), text);
        }
        let inside: Vec<&str> =
            one.with.iter().filter(|(_, sharer)| !sharer.external).map(|(who, _)| who.as_str()).collect();
        if !inside.is_empty() {
            let text = format!(
                "resource share {} lets {} of the organization use {resources}: this stays",
                one.name,
                inside.join(", ")
            );
            found.note(Some(region), text);
        }
    }
}

fn resources(share: &ResourceShare) -> String {
    match share.resources.len() {
        0 => "nothing yet".into(),
        _ => crate::step::first_few(&share.resources, 3),
    }
}

/// What `find` looks at.
#[derive(Clone, Copy)]
pub(super) struct Here<'a> {
    pub account: &'a Account,
    pub case: &'a Case,
}

fn say(found: &mut Found, region: &str, everybody: bool, text: String) {
    if everybody {
        found.matters(Some(region), text);
    } else {
        found.note(Some(region), text);
    }
}

/// Was everything of the Region read, and is nothing shared with anybody unknown?
pub(super) fn is_closed(here: &Region, look: Here<'_>) -> bool {
    let Here { account, case } = look;
    let copies = [&here.shared_snapshots, &here.shared_images, &here.shared_database_snapshots];
    let policies = [&here.queue_policies, &here.topic_policies, &here.secret_policies, &here.key_policies];
    let no_outsider = |held: &HeldPolicy| {
        let text = held.policy.as_deref().unwrap_or("{}");
        policies::closed(text, account, case, false).is_some_and(|closed| closed.outsiders.is_empty())
    };
    let shares = here.resource_shares.read();
    copies.iter().all(|all| each(all, |copy| unknown(&copy.shared_with, &account.id, case).is_empty()))
        && policies.iter().all(|all| each(all, no_outsider))
        && shares
            .is_some_and(|all| all.values().all(|share| share::outside(share, &account.id, case).is_empty()))
}

/// Was every item read, and is each so?
fn each<T>(all: &Seen<BTreeMap<String, Seen<T>>>, is_so: impl Fn(&T) -> bool) -> bool {
    all.read().is_some_and(|all| all.values().all(|item| item.read().is_some_and(&is_so)))
}
