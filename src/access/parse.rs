//! Reads policy documents. They are written by whoever may write them: nothing here panics, sizes are
//! bounded, and what is not understood is kept as a doubt.

use serde_json::{Map, Value};

use super::arn::ArnPattern;
use super::condition::{Condition, Operand, Operator};
use super::pattern::{Pattern, Reading};
use super::policy::{Actions, Effect, Policy, Resources, Statement};
use super::principal::{Named, Principals};

/// The longest document that is read, in bytes. AWS's longest is a bucket policy of 20 KB, with white
/// space at most a few times that.
pub const LONGEST: usize = 512 * 1024;

/// Statements, and values of one element, that are read. AWS's sizes leave room for fewer.
const MOST: usize = 8192;

/// Reads a document, or says why it cannot be read.
pub fn policy(text: &str) -> Result<Policy, String> {
    if text.len() > LONGEST {
        return Err(format!("a policy of {} bytes, more than {LONGEST}", text.len()));
    }
    let value: Value = serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?;
    let Value::Object(mut fields) = value else { return Err("no JSON object".into()) };
    let mut unclear = vec![];
    // The older version knows no variables, and is the default.
    let variables = match fields.remove("Version") {
        None => false,
        Some(Value::String(version)) if version == "2008-10-17" => false,
        Some(Value::String(version)) if version == "2012-10-17" => true,
        Some(other) => {
            unclear.push(format!("Version {}", short(&other)));
            true
        }
    };
    fields.remove("Id");
    let statements = match fields.remove("Statement") {
        Some(Value::Array(statements)) => statements,
        Some(one @ Value::Object(_)) => vec![one],
        _ => return Err("no Statement".into()),
    };
    if statements.len() > MOST {
        return Err(format!("{} statements, more than {MOST}", statements.len()));
    }
    unclear.extend(fields.keys().map(|key| format!("element {key}")));
    let read = |value: Value| statement(value, variables, &unclear);
    Ok(Policy { statements: statements.into_iter().map(read).collect() })
}

/// The beginning of a value, to name it.
fn short(value: &Value) -> String {
    value.to_string().chars().take(80).collect()
}

fn statement(value: Value, variables: bool, unclear: &[String]) -> Statement {
    let mut read = Statement {
        sid: None,
        effect: Effect::Unclear,
        principals: None,
        actions: None,
        resources: None,
        conditions: vec![],
        unclear: unclear.to_vec(),
    };
    let Value::Object(fields) = value else {
        read.unclear.push(format!("statement {}", short(&value)));
        return read;
    };
    let both = |a: &str, b: &str| fields.contains_key(a) && fields.contains_key(b);
    for (key, value) in &fields {
        let not = key.starts_with("Not");
        let texts = strings(value);
        match (key.as_str(), texts) {
            ("Sid", Some(sid)) => read.sid = sid.first().filter(|sid| !sid.is_empty()).cloned(),
            ("Effect", _) => {
                read.effect = match value.as_str() {
                    Some("Allow") => Effect::Allow,
                    Some("Deny") => Effect::Deny,
                    _ => {
                        read.unclear.push(format!("Effect {}", short(value)));
                        Effect::Unclear
                    }
                }
            }
            ("Action" | "NotAction", Some(texts)) if !texts.is_empty() => {
                let reading = Reading { wildcards: true, variables: false };
                let pattern = |text: &String| Pattern::parse(&text.to_ascii_lowercase(), reading);
                read.actions = Some(Actions { not, patterns: texts.iter().map(pattern).collect() });
            }
            ("Resource" | "NotResource", Some(texts)) if !texts.is_empty() => {
                let pattern = |text: &String| ArnPattern::parse(text, variables);
                read.resources = Some(Resources { not, patterns: texts.iter().map(pattern).collect() });
            }
            ("Principal" | "NotPrincipal", _) => {
                let list = principals(value);
                read.principals = Some(Principals { not, list });
            }
            ("Condition", _) => conditions(value, variables, &mut read),
            _ => read.unclear.push(format!("{key} {}", short(value))),
        }
    }
    // Which of the two AWS would take is not known.
    if both("Action", "NotAction") {
        read.actions = None;
    }
    if both("Resource", "NotResource") {
        read.unclear.push("Resource beside NotResource".into());
        read.resources = None;
    }
    if both("Principal", "NotPrincipal") {
        let list = vec![Named::Unclear("Principal beside NotPrincipal".into())];
        read.principals = Some(Principals { not: false, list });
    }
    if !fields.contains_key("Effect") {
        read.unclear.push("no Effect".into());
    }
    if read.actions.is_none() {
        read.unclear.push("no Action".into());
    }
    read
}

/// One text or a list of texts; numbers and switches as they are written.
fn strings(value: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    match value {
        Value::Array(items) if items.len() <= MOST => items.iter().map(text).collect(),
        Value::Array(_) => None,
        one => text(one).map(|one| vec![one]),
    }
}

fn principals(value: &Value) -> Vec<Named> {
    let kinds: &Map<String, Value> = match value {
        Value::String(text) if text == "*" => return vec![Named::Everybody],
        Value::Object(kinds) => kinds,
        other => return vec![Named::Unclear(short(other))],
    };
    let mut list = vec![];
    for (kind, value) in kinds {
        let Some(texts) = strings(value) else {
            list.push(Named::Unclear(format!("{kind} {}", short(value))));
            continue;
        };
        let named = |text: String| match kind.as_str() {
            "AWS" => Named::aws(&text),
            "Service" => Named::Service(text),
            "Federated" => Named::Federated(text),
            "CanonicalUser" => Named::CanonicalUser(text),
            _ => Named::Unclear(format!("{kind} {text}")),
        };
        list.extend(texts.into_iter().map(named));
    }
    list
}

fn conditions(value: &Value, variables: bool, read: &mut Statement) {
    let Value::Object(operators) = value else {
        read.unclear.push(format!("Condition {}", short(value)));
        return;
    };
    for (name, keys) in operators {
        let (Some(operator), Value::Object(keys)) = (Operator::parse(name), keys) else {
            read.unclear.push(format!("operator {name}"));
            continue;
        };
        for (key, value) in keys {
            match strings(value).filter(|texts| !texts.is_empty()) {
                Some(texts) => {
                    let operand = |text: &String| Operand::parse(operator.test, text, variables);
                    let values = texts.iter().map(operand).collect();
                    read.conditions.push(Condition { operator, key: key.to_ascii_lowercase(), values });
                }
                None => read.unclear.push(format!("{name} {key} {}", short(value))),
            }
        }
    }
}
