//! Policies of queues, topics, secrets and keys: one lens, with what is different by kind in a file each.
//!
//! A state is the whole text as AWS has it, so that a restore gives back exactly that. AWS may lay a text out
//! otherwise than it was written: two texts are the same where they say the same.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::grantees;
use crate::access::outsiders::{Closed, Home, close};
use crate::account::policy::meaning;
use crate::account::{Account, HeldPolicy, Region, Section, Seen};
use crate::aws::Aws;
use crate::collect::Ask;
use crate::step::{Case, Lens, Look, Now, Reason, StepError, Target, Verdict, Write, first_few};

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

/// One kind of thing that holds a policy.
pub(super) trait Holder: Sync + 'static {
    /// See [`Lens::KIND`].
    const KIND: &'static str;

    /// See [`Lens::NEEDS`].
    const NEEDS: &'static [Section];

    /// Whether everybody becomes this account, where a statement allows everybody.
    const KEEPS_ACCOUNT: bool = false;

    /// Pure: the policies of this kind in a Region, by the holder's id.
    fn policies(here: &Region) -> &Policies;

    /// Pure: what stands where no statement is left.
    fn emptied(look: &Look<'_>) -> Emptied;

    /// Sends the text; `None` takes the policy away.
    fn write(
        aws: &Aws,
        at: &Target,
        text: Option<&str>,
    ) -> impl Future<Output = Result<(), StepError>> + Send;
}

/// The policy of a queue, a topic, a secret or a key.
pub(super) struct PolicyOf<H>(pub H);

impl<H: Holder> Lens for PolicyOf<H> {
    type State = Text;
    const KIND: &'static str = H::KIND;
    const NEEDS: &'static [Section] = H::NEEDS;

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        grantees::narrow(ask, at);
    }

    fn state(&self, look: &Look<'_>) -> Now<Text> {
        look.in_region(|here| {
            Now::of_item(H::policies(here), &look.at.id, |held| {
                Now::of(held, |held| Now::Is(held.policy.clone()))
            })
        })
    }

    fn contain(&self, now: &Text, look: &Look<'_>) -> Verdict<Text> {
        let Some(text) = now else { return Verdict::Already };
        let Some(closed) = closed(text, look.account, look.case, H::KEEPS_ACCOUNT) else {
            return Verdict::Refuse("its policy is no JSON: nothing can be taken out of it".into());
        };
        match (&closed.policy, H::emptied(look)) {
            (None, _) => Verdict::Already,
            (Some(_), Emptied::NoPolicy) if closed.is_empty() => Verdict::Change(None),
            (Some(_), Emptied::Text(text)) if closed.is_empty() => Verdict::Change(Some(text)),
            (Some(_), Emptied::Refuse(why)) if closed.is_empty() => Verdict::Refuse(why),
            (Some(policy), _) => Verdict::Change(Some(policy.to_string())),
        }
    }

    fn arrived(&self, to: &Text, now: &Text) -> bool {
        same(to, now)
    }

    fn show(&self, state: &Text) -> String {
        show(state)
    }

    async fn write(&self, write: Write<'_, Text>) -> Result<(), StepError> {
        H::write(write.aws, write.at, write.to.as_deref()).await
    }
}

/// Do two texts say the same?
pub(super) fn same(one: &Text, other: &Text) -> bool {
    one.as_deref().map(meaning) == other.as_deref().map(meaning)
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
