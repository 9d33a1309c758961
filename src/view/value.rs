//! A value of the account in a few words: for differences, where whole JSON says nothing.

use serde_json::Value;

use crate::step::first_few;

/// More than this of a list or an object is counted, not shown.
const SHOWN: usize = 3;

/// What a value is, short. What is not there is `nothing`.
pub fn short(value: &Value) -> String {
    match value {
        Value::Null => "nothing".into(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => clipped(text),
        Value::Array(items) if items.is_empty() => "none".into(),
        Value::Array(items) => listed(items.iter().map(short).collect()),
        Value::Object(fields) => {
            // What was not set says nothing about the thing.
            let set = fields.iter().filter(|(_, value)| !is_empty(value));
            let told: Vec<String> = set
                .map(|(key, value)| match value {
                    Value::Object(inner) => format!("{key} ({})", inner.len()),
                    Value::Array(items) if items.len() > 1 => format!("{key} ({})", items.len()),
                    value => format!("{key} {}", short(value)),
                })
                .collect();
            if told.is_empty() { "there, empty".into() } else { listed(told) }
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn listed(items: Vec<String>) -> String {
    first_few(items, SHOWN)
}

fn clipped(text: &str) -> String {
    const LONGEST: usize = 60;
    if text.chars().count() <= LONGEST {
        return if text.is_empty() { "empty".into() } else { text.to_owned() };
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_is_told_in_a_few_words() {
        for (value, words) in [
            (json!(null), "nothing"),
            (json!(false), "no"),
            (json!(["sg-1", "sg-2"]), "sg-1, sg-2"),
            (json!(["a", "b", "c", "d", "e"]), "a, b, c and 2 more"),
            (json!([]), "none"),
            (json!({}), "there, empty"),
            (
                json!({ "vpc": "vpc-1", "tags": {}, "owner": "1", "rules": [1, 2] }),
                "owner 1, rules (2), vpc vpc-1",
            ),
            (json!([{ "cidr": "10.0.0.0/8" }]), "cidr 10.0.0.0/8"),
        ] {
            assert_eq!(short(&value), words);
        }
        assert_eq!(short(&json!("x".repeat(1_000))).chars().count(), 61);
    }
}
