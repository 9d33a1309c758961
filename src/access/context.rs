//! The request context: the condition keys of a request, known or not.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// What is known of one key.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// The request does not carry the key.
    Absent,
    /// Whether the request carries the key, and with which value, is not known.
    Unknown,
    /// The request carries these values.
    Is(Vec<String>),
    /// The request carries a moment of this span, both ends included.
    Between(Timestamp, Timestamp),
}

/// A key's value, borrowed.
#[derive(Clone, Debug, PartialEq)]
pub enum Held<'c> {
    Absent,
    Unknown,
    Values(&'c [String]),
    Between(Timestamp, Timestamp),
}

/// Condition keys in lower case with their values. AWS compares the names without case.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
#[derive(Clone, Debug, Default)]
pub struct Context {
    keys: BTreeMap<String, Value>,
    /// Keys that begin so and are not listed are absent: the tags of a principal that was read.
    complete: Vec<String>,
    /// Keys that are not listed are unknown, rather than absent.
    partial: bool,
}

impl Context {
    /// A context in which a key that is not set is absent.
    pub fn complete() -> Context {
        Context::default()
    }

    /// A context in which a key that is not set is unknown.
    pub fn partial() -> Context {
        Context { partial: true, ..Context::default() }
    }

    pub fn set(&mut self, key: &str, value: Value) {
        self.keys.insert(key.to_ascii_lowercase(), value);
    }

    /// Sets a key to one value.
    pub fn is(&mut self, key: &str, value: impl Into<String>) {
        self.set(key, Value::Is(vec![value.into()]));
    }

    /// Says that every key with this prefix that is not set is absent.
    pub fn knows_all(&mut self, prefix: &str) {
        self.complete.push(prefix.to_ascii_lowercase());
    }

    /// The value of a key given in lower case. A key without values is absent.
    pub fn get(&self, key: &str) -> Held<'_> {
        match self.keys.get(key) {
            Some(Value::Is(values)) if !values.is_empty() => Held::Values(values),
            Some(Value::Between(from, until)) => Held::Between(*from, *until),
            Some(Value::Is(_) | Value::Absent) => Held::Absent,
            None if self.knows(key) => Held::Absent,
            Some(Value::Unknown) | None => Held::Unknown,
        }
    }

    /// A key that is not set is known to be absent.
    fn knows(&self, key: &str) -> bool {
        !self.partial || self.complete.iter().any(|prefix| key.starts_with(&**prefix))
    }
}

/// What a variable in a policy stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Filled<'c> {
    Text(&'c str),
    /// The key is absent and the variable has no default: it is equal to nothing.
    Nothing,
    Unknown,
}

impl Context {
    /// What `${key}` or `${key, 'default'}` stands for. AWS takes keys of one value only.
    pub(super) fn fill<'c>(&'c self, key: &str, default: Option<&'c str>) -> Filled<'c> {
        match self.get(key) {
            Held::Values([one]) => Filled::Text(one),
            Held::Values(_) | Held::Unknown | Held::Between(..) => Filled::Unknown,
            Held::Absent => default.map_or(Filled::Nothing, Filled::Text),
        }
    }
}
