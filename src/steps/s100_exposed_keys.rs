//! 100: access keys that leaked, or that the operator names, are turned off.

mod session;

use std::collections::BTreeSet;

use aws_sdk_iam::types::StatusType;
use serde::{Deserialize, Serialize};

use crate::account::{AccessKey, Account, Section, Seen};
use crate::collect::Ask;
use crate::step::{
    Case, Does, Found, Iam, Item, Lens, Lenses, Look, Now, Param, ParamKind, Params, Reason, Reversal, Spec,
    Step, StepError, StepId, Stops, Target, Verdict, Width, Write,
};
use crate::steps::shared::spared::break_glass;

pub struct ExposedKeys;

/// A long-term key and its status: `Active`, `Inactive` or `Expired`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    user: String,
    status: String,
}

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
    params: &[Param {
        name: "keys",
        kind: ParamKind::Choice(&["exposed", "all-but-mine"]),
        doc: "`exposed` cuts keys that AWS found in public, those of quarantined users and those named with \
              --key; `all-but-mine` cuts every key but the one in use and those of break-glass users",
    }],
    does: Does::Cuts(&[Stops::Keys]),
    cuts: "new calls signed with these keys, SMTP logins with them included, within seconds",
    leaves: "temporary sessions already made from these keys (up to 36 hours; by hand: attach AWSDenyAll to \
             the user), console passwords, roles, root; keys that nobody has found yet: Trusted Advisor is never proof of absence",
    breaks: "Whatever still runs with such a key stops: scripts, build servers, backups, mail by SMTP.",
    doc: "\
Sets keys to `Inactive` that Trusted Advisor calls exposed, that belong to a user to whom AWS has
attached `AWSCompromisedKeyQuarantine` (V1 to V3), or that are named with `--key`. With
`keys = \"all-but-mine\"` every other key as well.

**Never cut:** the key that signs, keys of break-glass users, and the caller's own keys when it
cannot be proved which of them is in use. `all-but-mine` spares besides every key from which your own
role session may have been made, by the trust policy of the role: without it the session cannot be
renewed. `--key` cuts it all the same. Where the role lets another account in, a key of this account may
have begun the session through a role there. No call says so: the plan says it, and `break_glass` in the
configuration spares the user whose key it is.

**What surprises.** Trusted Advisor needs a support plan, is hours behind and cannot be refreshed:
an empty list proves nothing. The quarantine policy denies a list of actions, not everything, and
denies the user this very call: whoever works as a quarantined user must sign in as somebody else. It
stays attached, as AWS asks. Sessions that were made from a key outlive it, up to 36 hours: no step ends
them yet. By hand: `aws iam attach-user-policy --user-name USER --policy-arn
arn:PARTITION:iam::aws:policy/AWSDenyAll` denies the user and every session of his. A root key cannot be turned off from here: sign in as root. The credential report is up to four hours
old.

**Undo.** Leaked keys stay off: `unplug restore RUN --reactivate KEY` turns one on and asks for its
id. Keys cut only by `all-but-mine` come back with the restore. No key is deleted: a secret cannot be
had again.

**By hand.** `aws iam list-access-keys --user-name USER` shows `Inactive`; look again after ten
seconds, and look up the key in CloudTrail (five minutes late).

<https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html>",
};

const WAY_BACK: &str = "stays off after a restore; the way back is unplug restore RUN --reactivate KEY";

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
        find_root(account, &mut found);
        find_leaks(account, case, &mut found);
        find_old_keys(account, &mut found);
        let all = all_but_mine(case);
        if let Some(unknown) = all.then(|| session::detour(account)).flatten() {
            found.find(None, unknown);
        }
        for (id, key) in account.access_keys.items() {
            if all || suspicion(id, &key.user, account, case).is_some() {
                let tags =
                    account.principals.read().and_then(|p| p.users.get(&key.user)).map(|user| &user.tags);
                let item = Item::new(Target::new("access-key", id).label(Some(&key.user)));
                found.item(tags.into_iter().fold(item, Item::tags));
            }
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&ExposedKeys]
    }
}

impl Lens for ExposedKeys {
    type State = State;
    const KIND: &'static str = "";
    const NEEDS: &'static [Section] = &[Section::AccessKeys];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.users.get_or_insert_default().extend(at.label.clone());
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let Look { at, account, .. } = *look;
        match &account.access_keys {
            Seen::Gap(gap) => Now::Unknown(gap.clone()),
            Seen::Read(keys) => match keys.get(&at.id) {
                Some(key) => Now::Is(State { user: key.user.clone(), status: key.status.clone() }),
                None => Now::Vanished,
            },
        }
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let Look { at, account, case } = *look;
        if now.status != StatusType::Active.as_str() {
            return Verdict::Already;
        }
        let off = State { user: now.user.clone(), status: StatusType::Inactive.as_str().into() };
        let suspicion = suspicion(&at.id, &now.user, account, case);
        if suspicion.is_none() && !all_but_mine(case) {
            return Verdict::Already;
        }
        if let Some(why) = spared(&at.id, &now.user, account, case) {
            return Verdict::Refuse(why);
        }
        match (suspicion, session::behind(&at.id, &now.user, account)) {
            // A leaked key goes off, whatever session was made from it.
            (Some(why), _) => Verdict::Lasting(off, format!("{why}: {WAY_BACK}")),
            (None, Some(why)) => Verdict::Refuse(why),
            (None, None) => Verdict::Change(off),
        }
    }

    fn show(&self, state: &State) -> String {
        state.status.to_lowercase()
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        // The user's name is mandatory for a caller with temporary credentials.
        aws.iam()
            .update_access_key()
            .user_name(&to.user)
            .access_key_id(&at.id)
            .status(StatusType::from(to.status.as_str()))
            .send()
            .await?;
        Ok(())
    }
}

fn all_but_mine(case: &Case) -> bool {
    case.param("keys", "exposed") == "all-but-mine"
}

/// Why a key counts as leaked.
fn suspicion(id: &str, user: &str, account: &Account, case: &Case) -> Option<Reason> {
    if let Some(row) = account.exposed_keys.item(id) {
        return Some(match row.location.as_str() {
            "" => format!("AWS found it ({})", row.fraud_type),
            place => format!("AWS found it ({}) at {place}", row.fraud_type),
        });
    }
    if case.scope.keys.contains(id) {
        return Some("named by the operator".into());
    }
    let quarantined = account.principals.read().is_some_and(|all| all.quarantined().contains(user));
    quarantined.then(|| format!("AWS has quarantined {user}"))
}

/// Why a key must not be cut.
fn spared(id: &str, user: &str, account: &Account, case: &Case) -> Option<Reason> {
    let caller = &account.caller;
    let signing = caller.access_key.as_deref();
    if signing == Some(id) {
        return Some("it signs unplug's own calls; use other credentials to cut it".into());
    }
    // A session's key (ASIA…) does not say from which long-term key it was made.
    if caller.user() == Some(user) && !signing.is_some_and(|key| key.starts_with("AKIA")) {
        return Some("it is yours, and it cannot be proved that it is not the one in use".into());
    }
    let principals = account.principals.read();
    if caller.user().is_some_and(|me| principals.is_some_and(|all| all.quarantined().contains(me))) {
        return Some(
            "AWS has quarantined you: the quarantine denies this call; use other credentials".into(),
        );
    }
    break_glass(user, account, case)
}

fn find_root(account: &Account, found: &mut Found) {
    let Some(summary) = account.account_summary.read() else { return };
    if summary.root_mfa {
        found.ok(None, "root has MFA");
    } else {
        found.matters(None, "root has no MFA: no API turns it on; sign in as root");
    }
    if summary.root_access_keys {
        found.matters(None, "root has an access key: sign in as root and delete it");
    }
    if summary.root_signing_certificates {
        found.matters(None, "root has a signing certificate: sign in as root and delete it");
    }
}

fn find_leaks(account: &Account, case: &Case, found: &mut Found) {
    let keys = account.access_keys.read();
    let gone = |id: &str| keys.is_some_and(|keys| !keys.contains_key(id));
    for (id, row) in account.exposed_keys.items() {
        let root = row.user.is_empty() || row.user.to_lowercase().contains("root");
        if gone(id) && root {
            found.matters(None, format!("{id} of root is exposed: sign in as root and delete it"));
        } else if gone(id) {
            let text = format!("{id} of {} is exposed and no key of that user any more", row.user);
            found.matters(None, text);
        }
    }
    for id in case.scope.keys.iter().filter(|id| gone(id)) {
        // Without the list of users a refusal to look the key up proves nothing.
        let text = match account.principals.read() {
            Some(_) => format!("{id} was named and is no key of this account"),
            None => format!("{id} was named and not found: the users could not be listed"),
        };
        found.matters(None, text);
    }
    for user in account.principals.read().map(|all| all.quarantined()).unwrap_or_default() {
        let text =
            format!("{user} is quarantined by AWS: still dangerous, and the policy must stay attached");
        found.matters(None, text);
    }
    for (id, key) in account.access_keys.items() {
        if let (Some(_), Some(used)) = (suspicion(id, &key.user, account, case), last_use(key)) {
            found.find(None, format!("{id} of {} was last used {used}", key.user));
        }
    }
    if account.exposed_keys.read().is_some_and(std::collections::BTreeMap::is_empty) {
        found.ok(None, "Trusted Advisor knows of no exposed key, which proves nothing");
    }
}

/// When, in which Region and for which service a key was last used. AWS is some hours late, and says
/// `N/A` where it does not know.
fn last_use(key: &AccessKey) -> Option<String> {
    let mut words = key.last_used.as_deref()?.split(' ');
    let (date, service, region) = (words.next()?, words.next()?, words.next()?);
    let place = if region == "N/A" { String::new() } else { format!(" in {region}") };
    Some(format!("{date} for {service}{place}"))
}

/// The report, for a person: how many active keys there are, and which is the oldest.
fn find_old_keys(account: &Account, found: &mut Found) {
    let Some(rows) = account.credential_report.read() else { return };
    let keys: BTreeSet<(&str, &str)> = rows
        .iter()
        .flat_map(|(user, row)| {
            row.active_keys_since.iter().map(move |since| (since.as_str(), user.as_str()))
        })
        .collect();
    if let Some((since, user)) = keys.first() {
        let count = rows.values().map(|row| row.active_keys_since.len()).sum::<usize>();
        let date = since.split('T').next().unwrap_or(since);
        let text = format!(
            "credential report (up to 4 h old): active keys: {count}, the oldest of {user} since {date}"
        );
        found.find(None, text);
    }
    let bare = rows.values().filter(|row| row.password_enabled && !row.mfa_active).count();
    if bare > 0 {
        found.find(None, format!("credential report: users with a password and no MFA: {bare}"));
    }
}

#[cfg(test)]
#[path = "s100_exposed_keys/tests.rs"]
mod tests;
