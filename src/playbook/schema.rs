//! The JSON Schema of a playbook, so that an editor completes steps and parameters.

use serde_json::{Map, Value, json};

use super::Written;
use crate::step::{ParamKind, Spec};
use crate::steps::STEPS;

/// The schema as `playbooks/schema.json` holds it.
pub fn schema() -> String {
    let catalogue: Vec<&Spec> = STEPS.iter().map(|step| step.spec()).collect();
    let mut text = format!("{:#}", build(&catalogue));
    text.push('\n');
    text
}

/// What the types say, and for each step its number and parameters.
pub(super) fn build(catalogue: &[&Spec]) -> Value {
    let mut schema = schemars::schema_for!(Written).to_value();
    if let Some(step) = schema.pointer_mut("/$defs/Step").and_then(Value::as_object_mut) {
        let steps: Vec<Value> = catalogue.iter().map(|spec| one_step(spec)).collect();
        step.insert("oneOf".into(), steps.into());
    }
    schema
}

fn one_step(spec: &Spec) -> Value {
    let params: Map<String, Value> = spec
        .params
        .iter()
        .map(|param| {
            let mut value = match param.kind {
                ParamKind::Choice(choices) => json!({ "enum": choices, "default": choices.first() }),
                ParamKind::Text => json!({ "type": "string", "minLength": 1 }),
                ParamKind::List => json!({ "type": "array", "items": { "type": "string" } }),
            };
            value["description"] = param.doc.into();
            (param.name.into(), value)
        })
        .collect();
    json!({
        "title": format!("{} {}", spec.id, spec.slug),
        "description": spec.title,
        "properties": {
            "run": { "const": spec.id.0 },
            "with": { "properties": params, "additionalProperties": false },
        },
    })
}
