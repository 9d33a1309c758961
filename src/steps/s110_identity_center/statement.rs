//! The statement that denies everything, as it stands in the inline policy of a permission set.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::document;
use crate::account::policy::meaning;

/// What a statement of unplug's name denies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Denies {
    /// Everything, to everybody but the users with these ids.
    AllBut(BTreeSet<String>),
    /// Something else: somebody has changed it. Its text.
    Other(String),
}

/// Whose sign-ins are denied: those to one account, or to every account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach<'a> {
    Account(&'a str),
    Everywhere,
}

/// The inline policy of a set, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts {
    pub denies: Option<Denies>,
    /// The policy without the statement.
    pub rest: Option<String>,
}

impl Reach<'_> {
    /// The statement's names: the second where the policy had one statement and no list. An account has a
    /// statement of its own, so that cuts of two accounts stand beside each other.
    fn names(self) -> [String; 2] {
        let of = match self {
            Reach::Account(id) => id,
            Reach::Everywhere => "Everywhere",
        };
        [format!("UnplugDeny{of}"), format!("UnplugDenyAfterOne{of}")]
    }

    /// Takes an inline policy apart.
    pub fn parts(self, policy: Option<&str>) -> Parts {
        let [name, after_one] = self.names();
        match policy.and_then(|text| document::find(text, [&name, &after_one])) {
            Some(found) => Parts { denies: Some(self.read(found.statement)), rest: found.rest },
            None => Parts { denies: None, rest: policy.map(str::to_owned) },
        }
    }

    /// Adds the statement to a policy that lacks it. `None` where the text is not one that IAM takes.
    pub fn added(self, rest: Option<&str>, denies: &Denies) -> Option<String> {
        let [name, after_one] = self.names();
        document::with(rest, |is_after_one| match denies {
            Denies::Other(text) => text.clone(),
            Denies::AllBut(spared) => self.statement(if is_after_one { &after_one } else { &name }, spared),
        })
    }

    /// AWS puts the account of the caller's role, and the user's id, into every request of a session of Identity
    /// Center. Where a key is missing `StringNotEquals` is true: it is denied.
    ///
    /// <https://docs.aws.amazon.com/singlesignon/latest/userguide/prereqs-revoking-user-permissions.html>
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
    fn statement(self, name: &str, spared: &BTreeSet<String>) -> String {
        let mut condition = Map::new();
        if let Reach::Account(id) = self {
            condition.insert("StringEquals".into(), json!({ "aws:PrincipalAccount": id }));
        }
        if !spared.is_empty() {
            condition.insert("StringNotEquals".into(), json!({ USER_ID: spared }));
        }
        let mut statement = json!({ "Sid": name, "Effect": "Deny", "Action": "*", "Resource": "*" });
        if !condition.is_empty() {
            statement["Condition"] = Value::Object(condition);
        }
        statement.to_string()
    }

    fn read(self, statement: &str) -> Denies {
        let other = || Denies::Other(statement.to_owned());
        let Ok(value) = serde_json::from_str::<Value>(statement) else { return other() };
        let ids = match value.pointer("/Condition/StringNotEquals").and_then(|tests| tests.get(USER_ID)) {
            Some(Value::Array(ids)) => ids.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(id)) => vec![id.as_str()],
            _ => vec![],
        };
        let spared: BTreeSet<String> = ids.into_iter().map(str::to_owned).collect();
        let own = self.statement(value["Sid"].as_str().unwrap_or_default(), &spared);
        let policy = |statement: &str| meaning(&format!(r#"{{"Statement":[{statement}]}}"#));
        if policy(&own) == policy(statement) { Denies::AllBut(spared) } else { other() }
    }
}

/// The key under which AWS tells a user of Identity Center.
const USER_ID: &str = "identitystore:userId";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_read_as_it_was_written_and_one_that_was_changed_is_told() {
        let rest = r#"{"Statement":[{"Sid":"A","Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        let ids = |ids: &[&str]| Denies::AllBut(ids.iter().map(ToString::to_string).collect());
        for reach in [Reach::Account("111111111111"), Reach::Everywhere] {
            for denies in [ids(&[]), ids(&["u-1"]), ids(&["u-1", "u-2"])] {
                let text = reach.added(Some(rest), &denies).unwrap();
                let parts = reach.parts(Some(&text));
                assert_eq!(parts, Parts { denies: Some(denies), rest: Some(rest.to_owned()) });
            }
        }
        let here = Reach::Account("111111111111");
        let text = here.added(None, &ids(&[])).unwrap();
        assert!(text.contains(r#""aws:PrincipalAccount":"111111111111""#), "{text}");
        // The cut of another account is none of this one.
        assert_eq!(Reach::Account("222222222222").parts(Some(&text)).denies, None);
        assert_eq!(Reach::Everywhere.parts(Some(&text)).denies, None);
        let weakened = text.replace(r#""Action":"*""#, r#""Action":"s3:*""#);
        let Parts { denies: Some(Denies::Other(other)), rest: None } = here.parts(Some(&weakened)) else {
            panic!("{weakened}")
        };
        assert_eq!(here.added(None, &Denies::Other(other)), Some(weakened));
    }
}
