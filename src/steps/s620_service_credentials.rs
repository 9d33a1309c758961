//! 620: passwords, API keys and SSH keys for single services are turned off.

mod password;
mod ssh_key;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::StatusType;
use serde::{Deserialize, Serialize};

use super::shared::named::{self, PRINCIPALS, WHO};
use super::shared::spared::break_glass;
use crate::account::{Account, Section};
use crate::step::{
    Case, Does, Effect, Found, Iam, Item, Lens as _, Lenses, Look, Params, Reversal, Spec, Step, StepId,
    Stops, Target, Verdict, Width, count,
};
use password::Password;
use ssh_key::SshPublicKey;

pub struct ServiceCredentials;

static SPEC: Spec = Spec {
    id: StepId(620),
    slug: "service-credentials",
    title: "IAM: passwords and keys for CodeCommit, Keyspaces, Bedrock off",
    needs: &[Section::Principals, Section::ServiceCredentials, Section::SshKeys],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &["iam:UpdateSSHPublicKey", "iam:UpdateServiceSpecificCredential"],
        undo: &["iam:UpdateSSHPublicKey", "iam:UpdateServiceSpecificCredential"],
    },
    params: &[WHO.param(), PRINCIPALS],
    does: Does::Cuts(&[Stops::ServicePasswords]),
    cuts: "new calls with users' service-specific credentials: Git over HTTPS and over SSH to CodeCommit, \
           Keyspaces passwords, API keys of Bedrock and CloudWatch Logs",
    leaves: "the same services by access keys and sessions, git-remote-codecommit and the AWS CLI's credential \
             helper included; short-term Bedrock keys, which are sessions (up to 12 hours); what was cloned or \
             read before; connections to Keyspaces that are open; your own credentials and those of break-glass users",
    breaks: "Developers and build servers cannot fetch or push; applications with a Keyspaces password or a \
             Bedrock API key stop.",
    doc: "\
Sets every active service-specific credential of every user to `Inactive`
(`UpdateServiceSpecificCredential`): Git passwords for CodeCommit, passwords for Keyspaces, long-term API
keys for Bedrock and CloudWatch Logs, and what AWS adds to the same list. Sets public SSH keys to
`Inactive` too (`UpdateSSHPublicKey`): CodeCommit takes Git over SSH with them.

**`--principal NAME`** (or ARN), or `who = \"named\"` in a playbook, turns off the credentials of those users
alone that are named. `--key ID` names the key's user.

**Never cut:** your own credentials, and those of break-glass users. A user whose ARN could not be read
may be one of those, and is spared where the configuration names any.

**What surprises.** These credentials are not access keys: step 100 and AWS's quarantine policy do not
touch them, and the credential report does not show them. A Bedrock API key is a credential of a user
`BedrockAPIKey-…` that the console made for it. SSH keys are listed user by user: one call each.
CodeCommit has a third door, ordinary IAM credentials: 100 turns off the keys that leaked. An expired
credential stays as it is.

**Undo.** Exactly those come back that were active. No credential is deleted or reset: its password could
not be had again. One that has expired meanwhile is left.

**By hand.** `aws iam list-service-specific-credentials --all-users` and `aws iam list-ssh-public-keys
--user-name USER` show `Inactive`; `git ls-remote` is answered with 403.

<https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateServiceSpecificCredential.html>
<https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateSSHPublicKey.html>",
};

/// A credential of a user, and its status: `Active`, `Inactive` or `Expired`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    user: String,
    status: String,
}

impl State {
    /// The credential turned off, or why it is not.
    fn contain(&self, look: &Look<'_>) -> Verdict<State> {
        let Look { account, case, .. } = *look;
        if self.status != StatusType::Active.as_str() {
            return Verdict::Already;
        }
        if account.caller.user() == Some(&self.user) {
            return Verdict::Refuse("it is yours: unplug does not cut the credentials of its caller".into());
        }
        let off = State { user: self.user.clone(), status: StatusType::Inactive.as_str().into() };
        Verdict::unless(break_glass(&self.user, account, case), off)
    }
}

impl Step for ServiceCredentials {
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
            cuts: "new calls with the service-specific credentials of the users that are named: Git over HTTPS and \
                   over SSH to CodeCommit, Keyspaces passwords, API keys of Bedrock and CloudWatch Logs",
            leaves: "users that are not named; the same services by access keys and sessions, git-remote-codecommit \
                     and the AWS CLI's credential helper included; short-term Bedrock keys, which are sessions (up \
                     to 12 hours); what was cloned or read before; connections to Keyspaces that are open; your own \
                     credentials and those of break-glass users",
            breaks: "Whoever fetches or pushes as one of them no longer can; applications with their Keyspaces \
                     password or their Bedrock API key stop.",
            ..SPEC.effect()
        }
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        named::say_nobody(&mut found, case);
        let known = |user: &str| account.principals.read().and_then(|all| all.users.get(user));
        let chosen = |user: &str| {
            !named::only(case) || named::user(user, known(user).map(|user| user.arn.as_str()), case)
        };
        let mut users = BTreeMap::<&str, BTreeSet<&str>>::new();
        let mut item = |at: Target, user: &str| {
            let tags = known(user).map(|user| &user.tags);
            found.item(tags.into_iter().fold(Item::new(at), Item::tags));
        };
        for (id, one) in account.service_credentials.items().filter(|(_, one)| chosen(&one.user)) {
            let service = service(&one.service);
            let label = format!("{}, {service}", one.user);
            item(Target::new(Password::KIND, id).label(Some(&label)), &one.user);
            users.entry(service).or_default().insert(&one.user);
        }
        for (id, key) in account.ssh_keys.items().filter(|(_, key)| chosen(&key.user)) {
            item(Target::new(SshPublicKey::KIND, id).label(Some(&key.user)), &key.user);
            users.entry("CodeCommit by SSH").or_default().insert(&key.user);
        }
        for (service, users) in &users {
            let text = format!("credentials for {service}: {}", count(users.len(), "user"));
            found.note(None, text);
        }
        if users.is_empty() && SPEC.needs.iter().all(|section| section.gaps(account).is_empty()) {
            let whose = if named::only(case) { "no user that is named" } else { "no user" };
            found.fine(None, format!("{whose} has a credential for a single service"));
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&Password, &SshPublicKey]
    }
}

/// The service as people call it; as AWS names it where nobody has told.
fn service(name: &str) -> &str {
    match name.split('.').next().unwrap_or(name) {
        "codecommit" => "CodeCommit",
        "cassandra" => "Keyspaces",
        "bedrock" => "Bedrock",
        "logs" => "CloudWatch Logs",
        _ => name,
    }
}

#[cfg(test)]
mod tests;
