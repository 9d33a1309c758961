//! What a cut would take from the responder: from the caller, the credentials behind its session, and
//! break-glass principals.
//!
//! Two accounts are compared, before the cut and after it. What the responder could not do before either
//! is no loss: whether the caller may make the calls at all is asked of IAM's simulator.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::arn;
use super::book::{Book, Entry};
use super::context::Context;
use super::credentials::Credentials;
use super::doubt::Sure;
use super::facts::Facts;
use super::inquiry::Inquiry;
use super::may::{Asker, Found, Prepared, rank};
use super::moment::Holding;
use super::powers::Deed;
use super::principal::Principal;
use super::report::Sureness;
use super::responders::Responders;
use super::roles::holdings;
use super::trust::{ENTER, Trusted};
use crate::account::policy::meaning;
use crate::account::{Account, Link};

/// Something that the cut would take from the responder. Its texts name things of the account: escape them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// `user anna`, `role responder`, `access key AKIA…`
    pub who: String,
    /// Why it is the responder's.
    pub whose: String,
    /// What it could no longer do: `iam:PutUserPolicy and 12 more`.
    pub what: String,
    /// The statement that stops it, or what else does.
    pub because: String,
}

/// What was found, and what it leaves open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lockout {
    pub losses: Vec<Loss>,
    /// What was not read: without it nothing is proved.
    pub unread: Vec<String>,
}

/// Compares what the responder's principals can do before a cut and after it. `actions`: those of the calls
/// that are left. `break_glass`: why a user or role, by its ARN, must never be cut.
pub fn lockout(
    [before, after]: [&Account; 2],
    now: Timestamp,
    break_glass: &dyn Fn(&str) -> Option<String>,
    actions: &BTreeSet<&'static str>,
) -> Lockout {
    let mut found = Lockout { losses: keys(before, after), unread: vec![] };
    let facts = [Facts::of(before, now), Facts::of(after, now)];
    let books = [Book::new(&facts[0]), Book::new(&facts[1])];
    let ([Ok(was), Ok(is)], [was_facts, is_facts]) = (&books, &facts) else {
        found.unread.push("users and roles".to_owned());
        return found;
    };
    let organization = facts.iter().all(|facts| facts.organization.read().is_some());
    let unread =
        if organization { "policies of resources" } else { "policies of the Organization and of resources" };
    found.unread.push(unread.to_owned());
    let compared = Compared { was, is, was_facts, is_facts };
    let responders = Responders::of(before);
    for entry in &was.entries {
        let (kind, arn, mine) = match &entry.principal {
            Principal::User(arn) => ("user", arn, responders.user(&entry.name)),
            Principal::Session { role, .. } => ("role", role, responders.role(&entry.name)),
            _ => continue,
        };
        let mine = mine.filter(|mine| mine.sure).map(|mine| mine.why);
        let Some(whose) = mine.or_else(|| break_glass(arn)) else { continue };
        if let Some((what, because)) = compared.loss(before, entry, arn, actions) {
            found.losses.push(Loss { who: format!("{kind} {}", entry.name), whose, what, because });
        }
    }
    found
}

/// Access keys that sign, or stand behind the session that signs, and would be turned off.
fn keys(before: &Account, after: &Account) -> Vec<Loss> {
    let caller = &before.caller;
    let active = |account: &Account, id: &str| account.access_keys.item(id).map(|key| key.status == "Active");
    let behind = caller.chain.links.iter().filter_map(|link| match link {
        Link::Key { id, .. } => Some(id.as_str()),
        Link::Role(_) | Link::PermissionSet { .. } => None,
    });
    let all: BTreeSet<&str> = behind.chain(caller.access_key.as_deref()).collect();
    let lost =
        all.into_iter().filter(|id| active(before, id) == Some(true) && active(after, id) != Some(true));
    lost.map(|id| Loss {
        who: format!("access key {id}"),
        whose: "unplug's calls are signed with it, or with a session made from it".to_owned(),
        what: "sign calls and renew the session".to_owned(),
        because: "it would be turned off".to_owned(),
    })
    .collect()
}

/// The two accounts.
struct Compared<'a> {
    was: &'a Book,
    is: &'a Book,
    was_facts: &'a Facts<'a>,
    is_facts: &'a Facts<'a>,
}

impl Compared<'_> {
    /// What a principal could no longer do, and the statement that stops it.
    fn loss(
        &self,
        before: &Account,
        entry: &Entry,
        arn: &str,
        actions: &BTreeSet<&'static str>,
    ) -> Option<(String, String)> {
        let caller = &before.caller;
        let Some(after) = self.is.entries.iter().find(|other| other.principal == entry.principal) else {
            return Some(("act".to_owned(), "it would not be there any more".to_owned()));
        };
        if let Principal::User(_) = entry.principal {
            let has = |facts: &Facts<'_>| rank(Credentials::of(facts).active(&entry.name));
            if has(self.is_facts) < has(self.was_facts) {
                return Some(("sign in".into(), "its keys and its password would be off".into()));
            }
        }
        if let Some(because) = self.renewal(before, entry, after) {
            return Some(("be entered again".to_owned(), because));
        }
        let calls = match entry.principal {
            Principal::User(_) => caller.user() == Some(&entry.name) && caller.arn == *arn,
            _ => caller.role() == Some(&entry.name) && arn::account(&caller.arn) == Some(&before.id),
        };
        // The caller's own session must go on; of the others it is enough that they can come again.
        let sessions: &[&[Holding]] = match entry.principal {
            _ if !calls => &[holdings(entry)],
            Principal::User(_) if caller.access_key.as_deref().is_some_and(|key| key.starts_with("ASIA")) => {
                &[&[Holding::EarlierSession]]
            }
            Principal::User(_) => &[&[Holding::Key]],
            _ => &[&[Holding::EarlierSession], &[Holding::NewSession]],
        };
        let user = calls.then(|| before.sign_in_ids()).filter(|ids| ids.len() == 1);
        let user = user.and_then(|ids| ids.into_iter().next());
        sessions.iter().find_map(|holdings| self.lost(entry, after, (holdings, user.as_deref()), actions))
    }

    /// The trust policy of a role would be another one, or its link to the one before it would break.
    fn renewal(&self, before: &Account, entry: &Entry, after: &Entry) -> Option<String> {
        let text = |facts: &Facts<'_>| {
            let roles = &facts.account.principals.read()?.roles;
            roles.get(&entry.name).map(|role| meaning(&role.trust))
        };
        let (was, is) = (text(self.was_facts), text(self.is_facts));
        let trusted = |text: &Option<String>| {
            text.as_ref().map(|text| Trusted::of(text, &before.id, ENTER)).unwrap_or_default()
        };
        // With whoever it let in still named, it is the break-glass role that was given its template.
        if entry.trust.is_some() && was != is && !trusted(&is).covers(&trusted(&was)) {
            return Some("its trust policy would be replaced".to_owned());
        }
        // Who made the session must still be allowed to assume the next role of the chain.
        let links = &before.caller.chain.links;
        let is_mine = |link: &Link| match link {
            Link::Key { id, user } => {
                let listed = before.access_keys.item(id).map(|key| &key.user);
                user.as_ref().or(listed) == Some(&entry.name) && entry.trust.is_none()
            }
            Link::Role(role) => {
                matches!(&entry.principal, Principal::Session { role: own, .. } if own == role)
            }
            Link::PermissionSet { .. } => false,
        };
        let place = links.iter().position(is_mine)?;
        let Some(Link::Role(next)) = links.get(place + 1) else { return None };
        let best = |book: &Book, facts: &Facts<'_>, entry: &Entry| {
            let all = holdings(entry).iter().map(|holding| book.judge_assume(facts, entry, *holding, next));
            all.max_by_key(|judged| worth(&judged.sure))
        };
        let was = best(self.was, self.was_facts, entry)?;
        let is = best(self.is, self.is_facts, after)?;
        (worth(&is.sure) < worth(&was.sure)).then_some(is.because)
    }

    /// The actions that are lost with the best of these credentials. `user`: the caller's id in Identity Center,
    /// which AWS puts into each request of its sessions.
    fn lost(
        &self,
        entry: &Entry,
        after: &Entry,
        (holdings, user): (&[Holding], Option<&str>),
        actions: &BTreeSet<&'static str>,
    ) -> Option<(String, String)> {
        let context = |book: &Book, facts: &Facts<'_>, entry: &Entry| -> Vec<Context> {
            let all = holdings.iter().map(|holding| {
                let mut context = book.context(facts, entry, *holding);
                if let Some(id) = user {
                    context.is("identitystore:userId", id);
                }
                context
            });
            all.collect()
        };
        let was_contexts = context(self.was, self.was_facts, entry);
        let is_contexts = context(self.is, self.is_facts, after);
        let (mut first, mut more) = (None, 0);
        for action in actions {
            // Whatever the resource: a right on one of them is a right.
            let deed = Deed { action, on: "*:*:*:*" };
            let (was_deed, is_deed) = (Prepared::new(self.was, deed), Prepared::new(self.is, deed));
            let was = best(self.was, entry, &was_contexts, &was_deed);
            let is = best(self.is, after, &is_contexts, &is_deed);
            if rank(is.sure) >= rank(was.sure) {
                continue;
            }
            if first.is_some() {
                more += 1;
                continue;
            }
            let holding = holdings.first().copied().unwrap_or(Holding::NewSession);
            let inquiry = Inquiry { holding, action, resource: &was.on, keys: &[] };
            first = Some((*action, self.is.judge(self.is_facts, after, inquiry).because));
        }
        let (action, because) = first?;
        let what = if more > 0 { format!("{action} and {more} more") } else { action.to_owned() };
        Some((what, because))
    }
}

fn best<'b>(book: &'b Book, entry: &'b Entry, contexts: &[Context], deed: &'b Prepared) -> Found<'b> {
    let mut best = Found::none();
    for context in contexts {
        let found = Asker { book, entry, layers: book.layers(entry), context, regions: &[] }.may(deed);
        if rank(found.sure) > rank(best.sure) {
            best = found;
        }
        if best.sure == Sure::Yes {
            break;
        }
    }
    best
}

fn worth(sure: &Sureness) -> u8 {
    match sure {
        Sureness::No => 0,
        Sureness::Perhaps(_) => 1,
        Sureness::Yes => 2,
    }
}

#[cfg(test)]
#[path = "lockout/tests.rs"]
mod tests;
