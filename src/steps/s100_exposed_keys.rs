//! 100: access keys that leaked, or that the operator names, are turned off.

mod findings;
mod leaked_key;

use leaked_key::LEAKED_KEY;

use crate::account::{Account, Section};
use crate::collect::Ask;
use crate::step::{
    Case, Choice, Does, Found, Iam, Item, Lenses, Params, Reversal, Spec, Step, StepId, Stops, Target, Width,
};
use crate::steps::shared::leaked::suspicion;
use crate::steps::shared::{access_key, session};

pub struct ExposedKeys;

const KEYS: Choice = Choice {
    name: "keys",
    values: &["exposed", "all-but-mine"],
    doc: "`exposed` cuts keys that AWS found in public, those of quarantined users and those named with \
              --key; `all-but-mine` cuts every key but the one in use and those of break-glass users",
};

static SPEC: Spec = Spec {
    id: StepId(100),
    slug: "exposed-keys",
    title: "IAM: leaked access keys off",
    needs: &[
        Section::Principals,
        Section::AccessKeys,
        Section::CredentialReport,
        Section::AccountSummary,
        Section::ExposedKeys,
    ],
    reversal: Reversal::Keep(
        "a restore never turns on a key that is exposed, quarantined or named; `unplug restore RUN \
         --reactivate KEY` does. With keys = all-but-mine the other keys come back",
    ),
    iam: Iam { apply: &["iam:UpdateAccessKey"], undo: &["iam:UpdateAccessKey"] },
    params: &[KEYS.param()],
    does: Does::Cuts(&[Stops::Keys]),
    cuts: "new calls signed with these keys, SMTP logins with them included, within seconds",
    leaves: "temporary sessions already made from these keys (up to 36 hours: 600 denies them), console passwords, \
             roles, root; keys that nobody has found yet: Trusted Advisor is never proof of absence",
    breaks: "Whatever still runs with such a key stops: scripts, build servers, backups, mail by SMTP.",
    doc: include_str!("s100_exposed_keys/doc.md"),
};

impl Step for ExposedKeys {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn width(&self, _: &Params) -> Width {
        Width::Account
    }

    fn ask(&self, ask: &mut Ask, _: &str, case: &Case) {
        ask.keys.extend(case.scope.keys.iter().cloned());
        ask.all_keys |= all_but_mine(case);
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        findings::root(account, &mut found);
        findings::leaks(account, case, &mut found);
        findings::old_keys(account, &mut found);
        let all = all_but_mine(case);
        if let Some(unknown) = all.then(|| session::detour(account)).flatten() {
            found.note(None, unknown);
        }
        for (id, key) in account.access_keys.items() {
            if all || suspicion(id, &key.user, account, case).is_some() {
                let tags =
                    account.principals.read().and_then(|p| p.users.get(&key.user)).map(|user| &user.tags);
                let item = Item::new(Target::new(access_key::KIND, id).label(Some(&key.user)));
                found.item(tags.into_iter().fold(item, Item::tags));
            }
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&LEAKED_KEY]
    }
}

fn all_but_mine(case: &Case) -> bool {
    KEYS.is(&case.params, "all-but-mine")
}

#[cfg(test)]
mod tests;
