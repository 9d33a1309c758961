//! SARIF's published schema (draft-04 of JSON Schema), as far as its own words go: what it asks for is
//! looked at, and a word that this does not know fails.
//!
//! The schema is OASIS's, unchanged: `sarif/LICENSE.md` stands beside it.
//! <https://github.com/oasis-tcs/sarif-spec/blob/main/sarif-2.1/schema/sarif-schema-2.1.0.json>

use serde_json::Value;

const SCHEMA: &str = include_str!("sarif/sarif-schema-2.1.0.json");

/// Fails with all that the schema objects to.
#[track_caller]
pub fn holds(log: &Value) {
    let found = faults(log);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn faults(log: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let mut found = vec![];
    check(&schema, &schema, log, "", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let mut fault = |what: String| found.push(format!("{at}: {what}"));
    let number = |limit: &Value| limit.as_f64().unwrap();
    let mut deeper: Vec<(&Value, &Value, String)> = vec![];
    for (word, asked) in schema.as_object().unwrap() {
        match word.as_str() {
            "$ref" => {
                let path = asked.as_str().unwrap().strip_prefix('#').unwrap();
                deeper.push((root.pointer(path).expect(path), value, at.to_owned()));
            }
            "type" => {
                let is_a = |kind: &Value| match kind.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "number" => value.is_number(),
                    "null" => value.is_null(),
                    other => panic!("type {other}"),
                };
                let is = asked.as_array().map_or_else(|| is_a(asked), |kinds| kinds.iter().any(is_a));
                if !is {
                    fault(format!("is no {asked}"));
                }
            }
            "enum" if !asked.as_array().unwrap().contains(value) => {
                fault(format!("{value} is none of {asked}"));
            }
            "required" => {
                let missing = asked.as_array().unwrap().iter().map(|key| key.as_str().unwrap());
                missing.filter(|key| value.get(key).is_none()).for_each(|key| fault(format!("lacks {key}")));
            }
            "properties" => {
                for (key, of) in asked.as_object().unwrap() {
                    if let Some(inside) = value.get(key) {
                        deeper.push((of, inside, format!("{at}/{key}")));
                    }
                }
            }
            "additionalProperties" => {
                let known = schema["properties"].as_object();
                let others = value.as_object().into_iter().flatten();
                for (key, inside) in others.filter(|(key, _)| known.is_none_or(|all| !all.contains_key(*key)))
                {
                    match asked {
                        Value::Bool(true) => {}
                        Value::Bool(false) => fault(format!("has {key}")),
                        of => deeper.push((of, inside, format!("{at}/{key}"))),
                    }
                }
            }
            "items" => {
                let all = value.as_array().into_iter().flatten().enumerate();
                deeper.extend(all.map(|(place, inside)| (asked, inside, format!("{at}/{place}"))));
            }
            "minItems"
                if value.as_array().is_some_and(|all| (all.len() as u64) < asked.as_u64().unwrap()) =>
            {
                fault(format!("has fewer than {asked}"));
            }
            "uniqueItems" => {
                let all = value.as_array().map(Vec::as_slice).unwrap_or_default();
                if (1..all.len()).any(|place| all[..place].contains(&all[place])) {
                    fault("has one twice".into());
                }
            }
            "minimum" if value.as_f64().is_some_and(|n| n < number(asked)) => {
                fault(format!("is under {asked}"));
            }
            "maximum" if value.as_f64().is_some_and(|n| n > number(asked)) => {
                fault(format!("is over {asked}"));
            }
            "anyOf" | "oneOf" => {
                let fits = |of: &&Value| {
                    let mut inside = vec![];
                    check(root, of, value, at, &mut inside);
                    inside.is_empty()
                };
                let fitting = asked.as_array().unwrap().iter().filter(fits).count();
                if fitting == 0 || word == "oneOf" && fitting > 1 {
                    fault(format!("fits {fitting} of {word}"));
                }
            }
            // A time must be one; the other formats are of addresses that this does not write.
            "format" if asked == "date-time" => {
                if value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_err()) {
                    fault(format!("{value} is no time"));
                }
            }
            "enum" | "minItems" | "minimum" | "maximum" | "format" | "pattern" | "default"
            | "description" | "title" | "id" | "$schema" | "definitions" => {}
            other => panic!("the schema says {other}, which this does not know"),
        }
    }
    for (schema, value, at) in deeper {
        check(root, schema, value, &at, found);
    }
}

#[test]
fn a_wrong_log_is_found_out() {
    let right =
        serde_json::json!({ "version": "2.1.0", "runs": [{ "tool": { "driver": { "name": "x" } } }] });
    assert_eq!(faults(&right), [""; 0]);
    for (pointer, wrong) in [
        ("/version", serde_json::json!("2.0.0")),
        ("/runs/0/tool", serde_json::json!({})),
        ("/runs/0/tool/driver", serde_json::json!({ "name": "x", "colour": "red" })),
        ("/runs/0", serde_json::json!({ "tool": { "driver": { "name": "x" } }, "results": [{}] })),
        ("/runs", serde_json::json!({})),
    ] {
        let mut log = right.clone();
        *log.pointer_mut(pointer).unwrap() = wrong;
        assert!(!faults(&log).is_empty(), "{pointer}");
    }
}
