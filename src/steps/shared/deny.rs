//! A deny on users or roles: an inline policy of their own, or a permissions boundary where no room is
//! left for one.
//!
//! ```text
//!   room among the inline policies ─▶ Inline:   a policy of unplug's own name
//!   no room                        ─▶ Boundary: a policy that denies; the old boundary comes back later
//! ```
//!
//! A step names its deny by a [`Denial`], and `find` asks [`Denial::target`] which of the two lenses a
//! user or role needs. An explicit deny in either place beats every allow.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>

mod boundary;
mod inline;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::account::{Account, Principals, policy};
use crate::step::policy::{self as fits, length};
use crate::step::{Case, Look, Reason, Target};

pub(in crate::steps) use boundary::Boundary;
pub(in crate::steps) use inline::Inline;

/// What a step denies, to users or to roles.
pub(in crate::steps) trait Denial: Sync + 'static {
    const HOLDER: Holder;

    /// The kind of the targets that get an inline policy.
    const INLINE: &'static str;

    /// The kind of the targets that get a boundary.
    const BOUNDARY: &'static str;

    /// What is denied, for a person: `all mail`.
    const WORDS: &'static str;

    /// The name of the inline policy. It is unplug's own; what stands under it comes back with a restore.
    const POLICY: &'static str;

    /// Pure: the inline policy's text.
    fn document(&self, look: &Look<'_>) -> String;

    /// Pure: does an inline policy of that name deny what it must?
    fn denies(&self, text: &str, look: &Look<'_>) -> bool {
        policy::meaning(text) == policy::meaning(&self.document(look))
    }

    /// Pure: the state that an inline policy of that name shows: its text, without what a write puts in
    /// by the clock; `None` for one that a restore leaves on purpose.
    fn seen(&self, text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    /// Pure: the text to write now on the way from one state to another; `None` deletes the policy.
    fn text(&self, _from: Option<&str>, to: Option<&str>, _now: Timestamp) -> Option<String> {
        to.map(str::to_owned)
    }

    /// Pure: is this state's text one that unplug writes? Another is somebody else's.
    fn is_own(&self, _text: &str) -> bool {
        true
    }

    /// Pure: the ARN of the policy that serves as the boundary, or why there can be none.
    fn boundary(&self, look: &Look<'_>) -> Result<String, Reason>;

    /// Pure: why this user or role must keep what it may do.
    fn spared(&self, look: &Look<'_>) -> Option<Reason>;

    /// Pure: the target that denies it to this user or role: the inline policy where there is room for
    /// it, else the boundary.
    fn target(&self, name: &str, account: &Account, case: &Case) -> Target {
        let fits = self.fits(name, account, case);
        Target::new(if fits { Self::INLINE } else { Self::BOUNDARY }, name)
    }

    /// Pure: is there room for the inline policy? A user or role that was not read counts as one with room.
    fn fits(&self, name: &str, account: &Account, case: &Case) -> bool {
        let Some(policies) = account.principals.read().and_then(|all| Self::HOLDER.inline(all, name)) else {
            return true;
        };
        let at = Target::new(Self::INLINE, name);
        let text = self.document(&Look::new(&at, account, case));
        Self::HOLDER.has_room(policies, Self::POLICY, &text)
    }
}

/// Who holds the policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::steps) enum Holder {
    User,
    Role,
}

impl Holder {
    /// How long all inline policies of one may be together, white space not counted.
    fn most(self) -> usize {
        match self {
            Holder::User => fits::Holder::User.limit(),
            Holder::Role => fits::Holder::Role.limit(),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Holder::User => "user",
            Holder::Role => "role",
        }
    }

    /// The inline policies of one, by name; `None` where there is no such user or role.
    pub(in crate::steps) fn inline<'a>(
        self,
        all: &'a Principals,
        name: &str,
    ) -> Option<&'a BTreeMap<String, String>> {
        match self {
            Holder::User => all.users.get(name).map(|user| &user.inline),
            Holder::Role => all.roles.get(name).map(|role| &role.inline),
        }
    }

    /// The ARN of the permissions boundary of one; `None` where there is no such user or role.
    #[expect(clippy::option_option, reason = "no such user, and no boundary, are two things")]
    pub(in crate::steps) fn boundary<'a>(self, all: &'a Principals, name: &str) -> Option<Option<&'a str>> {
        match self {
            Holder::User => all.users.get(name).map(|user| user.boundary.as_deref()),
            Holder::Role => all.roles.get(name).map(|role| role.boundary.as_deref()),
        }
    }

    /// Is there room for a policy among these? One of the same name makes way for it.
    fn has_room(self, policies: &BTreeMap<String, String>, name: &str, text: &str) -> bool {
        let others = policies.iter().filter(|(other, _)| *other != name).map(|(_, text)| length(text));
        others.sum::<usize>() + length(text) <= self.most()
    }
}
