//! What a restore leaves on purpose, and takes away once it has no use any more: denies of sessions older
//! than the restore.
//!
//! The policy's own text says until when: its cut-off, and the longest life of a session after it. Nothing is
//! deleted that is not word for word what unplug writes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::journal::Journal;
use crate::account::denial::{self, Denial, Instances};
use crate::account::{Account, Principals};
use crate::aws::ledger::Phase;
use crate::aws::{Aws, AwsError};
use crate::step::StepId;

/// A deny of older sessions, on a user or a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftDeny {
    /// The step that left it.
    pub step: StepId,
    pub holder: Holder,
    pub name: String,
    /// The name of the inline policy.
    pub policy: &'static str,
    /// From then on no session is left that it denies.
    pub due: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    User,
    Role,
}

impl Holder {
    pub fn word(self) -> &'static str {
        match self {
            Holder::User => "user",
            Holder::Role => "role",
        }
    }

    fn inline(self, all: &Principals, name: &str) -> Option<BTreeMap<String, String>> {
        match self {
            Holder::User => all.users.get(name).map(|user| user.inline.clone()),
            Holder::Role => all.roles.get(name).map(|role| role.inline.clone()),
        }
    }
}

impl LeftDeny {
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due <= now
    }
}

/// Returns the denies that stand on what a run has cut, in an account whose principals were read.
pub fn left(journal: &Journal, account: &Account) -> Vec<LeftDeny> {
    let Some(all) = account.principals.read() else { return vec![] };
    let cut: BTreeSet<(StepId, &str)> =
        journal.intents().map(|intent| (intent.step, intent.target.id.as_str())).collect();
    let found = |(step, name): (StepId, &str), holder: Holder, policy: &'static str| {
        let inline = holder.inline(all, name)?;
        let cut_off = older_than(policy, inline.get(policy)?)?;
        let due = cut_off.checked_add(denial::LONGEST_SESSION).ok()?;
        Some(LeftDeny { step, holder, name: name.to_owned(), policy, due })
    };
    let places =
        [(Holder::User, denial::NAME), (Holder::Role, denial::NAME), (Holder::Role, denial::INSTANCES)];
    let all = cut.into_iter().flat_map(|cut| places.map(|(holder, policy)| found(cut, holder, policy)));
    all.flatten().collect()
}

/// The moment before which a policy of this name denies sessions, where it denies nothing else.
fn older_than(policy: &str, text: &str) -> Option<Timestamp> {
    if policy == denial::INSTANCES {
        return Instances::read(text)?.before;
    }
    match denial::read(text)? {
        Denial::Everything => None,
        Denial::Sessions(cut_off) => Some(cut_off),
    }
}

/// Deletes one of them.
///
/// # Errors
/// When AWS does not delete it.
pub async fn remove(aws: &Aws, deny: &LeftDeny) -> Result<(), AwsError> {
    let _phase = aws.enter(Phase::Restore);
    match deny.holder {
        Holder::User => {
            let delete = aws.iam().delete_user_policy().user_name(&deny.name);
            delete.policy_name(deny.policy).send().await?;
        }
        Holder::Role => {
            let delete = aws.iam().delete_role_policy().role_name(&deny.name);
            delete.policy_name(deny.policy).send().await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::account::{Caller, Role, Seen, User};
    use crate::engine::change::Change;
    use crate::engine::journal::{Chain, Entry};
    use crate::sim::Simulation;
    use crate::step::Target;

    const CUT_OFF: &str = "2026-11-22T03:12:30Z";

    /// A run that cut `ben`, `carl`, `dan` and the role `partner`, and an account after its restore.
    fn restored() -> (Journal, Account) {
        let cut_off: Timestamp = CUT_OFF.parse().unwrap();
        let with = |text: String| [(denial::NAME.to_owned(), text)].into();
        let mut all = Principals::default();
        for (name, text) in [
            ("ben", denial::sessions(cut_off)),
            ("carl", denial::everything(cut_off)),
            ("dan", "{\"Statement\":[]}".to_owned()),
            ("stranger", denial::sessions(cut_off)),
        ] {
            all.users.insert(name.into(), User { inline: with(text), ..User::default() });
        }
        let role = Role { inline: with(denial::sessions(cut_off)), ..Role::default() };
        all.roles.insert("partner".into(), role);
        let mut account = Account::unread("123456789012", Caller::default());
        account.principals = Seen::Read(all);
        let mut chain = Chain::default();
        let lines =
            [("user", "ben"), ("user", "carl"), ("user", "dan"), ("role", "partner"), ("user", "gone")].map(
                |(kind, name)| {
                    let change =
                        Change::for_test(1, 600, Target::new(kind, name), json!(null), json!("text"));
                    chain.line("2026-01-01T03:00:00Z", &Entry::Intent(Box::new(change))).unwrap()
                },
            );
        (Journal::parse(&lines.concat()).unwrap(), account)
    }

    #[tokio::test]
    async fn only_what_the_run_left_is_deleted_and_only_when_no_session_can_be_that_old() {
        let (journal, account) = restored();
        let simulation = Simulation::new(account.clone());
        let aws = Aws::simulated(simulation.clone());
        let left = left(&journal, &account);
        let named: Vec<(&str, &str)> = left.iter().map(|deny| (deny.holder.word(), &*deny.name)).collect();
        assert_eq!(named, [("user", "ben"), ("role", "partner")]);
        let due: Timestamp = "2026-11-23T15:12:30Z".parse().unwrap();
        assert!(left.iter().all(|deny| deny.due == due));
        assert!(left[0].is_due(due) && !left[0].is_due("2026-11-23T15:12:29Z".parse().unwrap()));
        for deny in &left {
            remove(&aws, deny).await.unwrap();
        }
        let after = simulation.account();
        let all = after.principals.read().unwrap();
        assert!(all.users["ben"].inline.is_empty() && all.roles["partner"].inline.is_empty());
        for name in ["carl", "dan", "stranger"] {
            assert_eq!(all.users[name].inline.len(), 1, "{name}");
        }
    }
}
