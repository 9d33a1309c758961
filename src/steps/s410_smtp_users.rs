//! 410: users that may send mail through SES are denied it, and keys that only send mail go off.

mod boundary_policy;
mod mail_deny;
mod mail_key;

use std::collections::BTreeMap;

use super::shared::access_key::{self, AccessKey};
use super::shared::deny::{Boundary, Denial as _, Inline};
use super::shared::named::{self, PRINCIPALS, WHO};
use crate::access::report::Sureness;
use crate::access::{self, OwnRight, powers::Power};
use crate::account::{Account, Section};
use crate::collect::Ask;
use crate::step::{
    Case, Does, Effect, Found, Iam, Item, Lens as _, Lenses, Params, Reversal, Spec, Step, StepId, Stops,
    Target, Width, count,
};
use boundary_policy::BoundaryPolicy;
use mail_deny::MailDeny;
use mail_key::MailKey;

pub struct SmtpUsers;

static SPEC: Spec = Spec {
    id: StepId(410),
    slug: "smtp-users",
    title: "SES: users that may send mail are denied it, SMTP keys off",
    needs: &[Section::Principals, Section::AccessKeys, Section::CredentialReport],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &[
            "iam:CreatePolicy",
            "iam:PutUserPermissionsBoundary",
            "iam:PutUserPolicy",
            "iam:UpdateAccessKey",
        ],
        undo: &[
            "iam:DeletePolicy",
            "iam:DeleteUserPermissionsBoundary",
            "iam:DeleteUserPolicy",
            "iam:PutUserPermissionsBoundary",
            "iam:PutUserPolicy",
            "iam:UpdateAccessKey",
        ],
    },
    params: &[WHO.param(), PRINCIPALS],
    does: Does::Cuts(&[Stops::Mail]),
    cuts: "new mail of these users through SES, by API and by SMTP, in every Region, also with sessions that \
           they have made; every call with a key that only sends mail",
    leaves: "roles that may send, and users that get there by assuming one; users that only a policy of an SES \
             identity lets send; mail that SES has accepted; whatever else these users may do: one that may \
             change IAM can take its deny away; you and break-glass users; mail doors other than SES",
    breaks: "Printers, shops, monitoring and newsletters that log in with an SMTP password or a user's key \
             send nothing; a key that was last used for SES may serve something else too.",
    doc: include_str!("s410_smtp_users/doc.md"),
};

impl Step for SmtpUsers {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn width(&self, _: &Params) -> Width {
        Width::Account
    }

    fn effect(&self, params: &Params) -> Effect {
        if !WHO.is(params, "named") {
            return SPEC.effect();
        }
        Effect {
            cuts: "new mail of the users that are named through SES, by API and by SMTP, in every Region, also with \
                   sessions that they have made; every call with a key of theirs that only sends mail",
            leaves: "users that are not named; roles that may send, and users that get there by assuming one; users \
                     that only a policy of an SES identity lets send; mail that SES has accepted; whatever else \
                     these users may do: one that may change IAM can take its deny away; you and break-glass \
                     users; mail doors other than SES",
            breaks: "Whatever sends mail as one of them stops: printers, shops, monitoring, newsletters; a key that \
                     was last used for SES may serve something else too.",
            ..SPEC.effect()
        }
    }

    fn ask(&self, ask: &mut Ask, _: &str, _: &Case) {
        ask.mail_users = true;
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        // Without principals there is a gap, which is said.
        let Ok(mut rights) = access::own_rights(account, Power::SendMail, access::MAIL_ACTIONS) else {
            return found;
        };
        named::say_nobody(&mut found, case);
        let users = account.principals.read().map(|all| &all.users);
        let chosen = |name: &str| {
            let arn = users.and_then(|users| users.get(name)).map(|user| user.arn.as_str());
            !named::only(case) || named::user(name, arn, case)
        };
        rights.retain(|name, _| chosen(name));
        for (name, user) in users.into_iter().flatten().filter(|(name, _)| chosen(name)) {
            let may = rights.get(name).is_some_and(|right| !right.sure.is_no());
            if !may && !mail_deny::is_denied(user, account) {
                continue;
            }
            if !MailDeny.fits(name, account, case) {
                found.item(Item::created(Target::new(BoundaryPolicy::KIND, name)).tags(&user.tags));
            }
            found.item(Item::new(MailDeny.target(name, account, case)).tags(&user.tags));
        }
        keys(account, &rights, chosen, &mut found);
        say(&rights, account, named::only(case), &mut found);
        found
    }

    fn lenses(&self) -> Lenses {
        &[&BoundaryPolicy, &Inline(MailDeny), &Boundary(MailDeny), &AccessKey(MailKey)]
    }
}

/// The keys of users that may do nothing but send, and those that were last used to send.
fn keys(
    account: &Account,
    rights: &BTreeMap<String, OwnRight>,
    chosen: impl Fn(&str) -> bool,
    found: &mut Found,
) {
    for (id, key) in account.access_keys.items().filter(|(_, key)| chosen(&key.user)) {
        let only_sends = rights.get(&key.user).is_some_and(|right| right.nothing_else);
        if only_sends || mail_key::sent_last(key) {
            let tags = account.principals.read().and_then(|all| all.users.get(&key.user)).map(|u| &u.tags);
            let item = Item::new(Target::new(access_key::KIND, id).label(Some(&key.user)));
            found.item(tags.into_iter().fold(item, Item::tags));
        }
    }
}

fn say(rights: &BTreeMap<String, OwnRight>, account: &Account, only_named: bool, found: &mut Found) {
    let may = rights.values().filter(|right| !right.sure.is_no()).count();
    let perhaps = rights.values().filter(|right| matches!(right.sure, Sureness::Perhaps(_))).count();
    if may > 0 {
        let doubt = match perhaps {
            0 => String::new(),
            _ => format!("; for {perhaps} of them that is not certain, and they count as such"),
        };
        let text = format!("{} may send mail by policies of their own{doubt}", count(may, "user"));
        found.note(None, text);
    } else if SPEC.needs.iter().all(|section| section.gaps(account).is_empty()) {
        let whose = if only_named { "no user that is named" } else { "no user" };
        found.fine(None, format!("{whose} may send mail by policies of its own"));
    }
}

#[cfg(test)]
mod tests;
