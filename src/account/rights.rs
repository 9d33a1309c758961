//! What IAM's simulator says the caller may do. An answer, not a part of the account: it is not kept.

use std::collections::{BTreeMap, BTreeSet};

/// What the answers are worth, for people.
pub const WORTH: &str = "as far as IAM's simulator knows: it sees the caller's own policies and boundary, and \
                         not SCPs with conditions, resource policies, session policies or endpoint policies; \
                         it was asked for every resource, so a policy for named resources looks like no";

/// What is said of one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leave {
    Allowed,
    Denied,
    /// A condition decides, on keys that the simulator was not told: which ones.
    Unproven(BTreeSet<String>),
}

/// What the caller may do, by action. An action that was not asked about is in neither answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights(pub BTreeMap<String, Leave>);

impl Rights {
    /// Those that are denied, of these actions.
    pub fn denied<'a>(&self, actions: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
        let denied = |action: &&str| self.0.get(*action) == Some(&Leave::Denied);
        actions.into_iter().filter(denied).map(str::to_owned).collect()
    }

    /// The condition keys that decide over some of the actions, and over how many.
    pub fn unproven(&self) -> (usize, BTreeSet<&str>) {
        let keys: Vec<&BTreeSet<String>> = self
            .0
            .values()
            .filter_map(|leave| match leave {
                Leave::Unproven(keys) => Some(keys),
                Leave::Allowed | Leave::Denied => None,
            })
            .collect();
        (keys.len(), keys.into_iter().flatten().map(String::as_str).collect())
    }
}
