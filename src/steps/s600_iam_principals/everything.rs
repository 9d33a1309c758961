//! What is denied to a user or role: everything. A restore writes another text over the policy in the same
//! call, which denies the sessions made before it: a policy of that text alone counts as none.

use jiff::Timestamp;

use super::spared;
use crate::account::denial::{self, Denial as Denies};
use crate::account::policy::meaning;
use crate::step::{Look, Reason};
use crate::steps::shared::deny::{Denial, Holder};

pub(super) struct OfUser;
pub(super) struct OfRole;

impl Denial for OfUser {
    const HOLDER: Holder = Holder::User;
    const INLINE: &'static str = "user";
    const BOUNDARY: &'static str = "user-boundary";
    const WORDS: &'static str = "everything";
    const POLICY: &'static str = denial::NAME;

    fn document(&self, _: &Look<'_>) -> String {
        denial::canonical()
    }

    fn seen(&self, text: &str) -> Option<String> {
        seen(text)
    }

    fn text(&self, _: Option<&str>, to: Option<&str>, now: Timestamp) -> Option<String> {
        Some(text(to, now))
    }

    fn is_own(&self, text: &str) -> bool {
        text == denial::canonical()
    }

    fn boundary(&self, look: &Look<'_>) -> Result<String, Reason> {
        Ok(deny_all(look))
    }

    fn spared(&self, look: &Look<'_>) -> Option<Reason> {
        spared::user(look)
    }
}

impl Denial for OfRole {
    const HOLDER: Holder = Holder::Role;
    const INLINE: &'static str = "role";
    const BOUNDARY: &'static str = "role-boundary";
    const WORDS: &'static str = OfUser::WORDS;
    const POLICY: &'static str = OfUser::POLICY;

    fn document(&self, look: &Look<'_>) -> String {
        OfUser.document(look)
    }

    fn seen(&self, text: &str) -> Option<String> {
        seen(text)
    }

    fn text(&self, from: Option<&str>, to: Option<&str>, now: Timestamp) -> Option<String> {
        OfUser.text(from, to, now)
    }

    fn is_own(&self, text: &str) -> bool {
        OfUser.is_own(text)
    }

    fn boundary(&self, look: &Look<'_>) -> Result<String, Reason> {
        OfUser.boundary(look)
    }

    fn spared(&self, look: &Look<'_>) -> Option<Reason> {
        spared::role(look)
    }
}

fn seen(text: &str) -> Option<String> {
    match denial::read(text) {
        Some(Denies::Everything) => Some(denial::canonical()),
        Some(Denies::Sessions(_)) => None,
        None => Some(text.to_owned()),
    }
}

/// The text of a state, with the cut-off of a policy that is written now.
fn text(state: Option<&str>, now: Timestamp) -> String {
    let cut_off = denial::cut_off(now);
    match state {
        None => denial::sessions(cut_off),
        Some(text) if meaning(text) == meaning(&denial::canonical()) => denial::everything(cut_off),
        Some(other) => other.to_owned(),
    }
}

/// AWS's own policy. A boundary has no size; it must deny, because one that allows little does not stop
/// what a resource's policy grants to the user, or to a session of the role.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSDenyAll.html>
fn deny_all(look: &Look<'_>) -> String {
    format!("arn:{}:iam::aws:policy/AWSDenyAll", look.account.partition())
}
