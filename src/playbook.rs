//! Playbooks: which steps run, in which order, with which parameters.

mod schema;
mod select;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use toml::Spanned;

use crate::config;
use crate::document::{self, Document, Fault, hint, nearest};
use crate::step::{ParamKind, Params, Scope, Spec, StepId};
use crate::steps::STEPS;

pub use schema::schema;
pub use select::{BadSelector, SelectError, Selector};

/// The playbook that runs when none is named.
pub const DEFAULT: &str = "pull-the-plug";

/// The largest playbook.
const MOST: u64 = 1 << 20;

/// The playbooks inside the program.
const SHIPPED: &[(&str, &str)] = &[
    ("pull-the-plug", include_str!("../playbooks/pull-the-plug.toml")),
    ("fastest", include_str!("../playbooks/fastest.toml")),
    ("network-fast", include_str!("../playbooks/network-fast.toml")),
    ("quarantine-instance", include_str!("../playbooks/quarantine-instance.toml")),
    ("maintenance", include_str!("../playbooks/maintenance.toml")),
    ("prepare", include_str!("../playbooks/prepare.toml")),
    ("mail-stop", include_str!("../playbooks/mail-stop.toml")),
    ("leaked-key", include_str!("../playbooks/leaked-key.toml")),
    ("compromised-role", include_str!("../playbooks/compromised-role.toml")),
    ("block-address", include_str!("../playbooks/block-address.toml")),
    ("organization", include_str!("../playbooks/organization.toml")),
];

/// A list of steps in the order in which they run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Playbook {
    /// The name of a shipped playbook, or the path of a file.
    pub name: String,
    pub title: String,
    /// What it is for, and when to take it.
    pub about: String,
    /// What the command line must name.
    #[serde(default)]
    pub requires: Option<Place>,
    /// Where it acts when the command line does not say: `--regions` and `--vpc` replace it.
    pub scope: Scope,
    pub steps: Vec<Entry>,
}

/// What a playbook is about, and a responder has to name: without it, it would act everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// One or more instances: `--instance`.
    Instance,
    /// One or more access keys, users or roles: `--key`, `--principal`.
    Principal,
    /// One or more addresses, networks or countries: `--block-cidr`, `--block-country`.
    Address,
}

/// One step of a playbook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub step: StepId,
    /// Checked against the step's [`Spec::params`].
    pub params: Params,
    /// A line that the playbook's author wants read before the step.
    pub why: Option<String>,
}

/// Why there is no playbook.
#[derive(Debug, thiserror::Error)]
pub enum PlaybookError {
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error("there is no playbook {name:?}; shipped: {shipped}; a file is given as a path ending in .toml")]
    Unknown { name: String, shipped: String },
    #[error("cannot read the playbook {file}: {error}")]
    Unreadable { file: String, error: std::io::Error },
}

/// A playbook as it is written. Its JSON Schema is `playbooks/schema.json`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "unplug playbook", rename = "Playbook")]
struct Written {
    /// A few words for a list.
    title: String,
    /// What it is for, and when to take it.
    #[serde(default)]
    about: String,
    /// What the command line must name: the playbook is not for a whole account.
    requires: Option<Place>,
    /// Where it acts when the command line does not say.
    #[serde(default)]
    scope: WrittenScope,
    /// The steps, in the order in which they run.
    #[schemars(length(min = 1))]
    step: Vec<WrittenStep>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Scope")]
struct WrittenScope {
    /// Only these Regions; without it every enabled one.
    #[schemars(with = "Option<BTreeSet<String>>", length(min = 1))]
    regions: Option<Spanned<BTreeSet<String>>>,
    /// Only these VPCs; without it every one of the Regions.
    #[schemars(with = "Option<BTreeSet<String>>", length(min = 1))]
    vpcs: Option<Spanned<BTreeSet<String>>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Step")]
struct WrittenStep {
    /// The step's number: `unplug steps` lists them.
    #[schemars(with = "u16")]
    run: Spanned<i64>,
    /// The step's parameters: `unplug steps NUMBER` lists them.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Value>")]
    with: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
    /// A line to read before the step.
    why: Option<String>,
}

/// The shipped playbooks, by name.
///
/// # Errors
/// When a shipped playbook does not fit the steps; a test rules it out.
pub fn list() -> Result<Vec<Playbook>, PlaybookError> {
    SHIPPED.iter().map(|(name, _)| load(name)).collect()
}

/// A shipped playbook by its name, or one from a file: what ends in `.toml` or holds a slash.
///
/// # Errors
/// When there is none of that name, the file cannot be read, or something in it is wrong: the
/// error names the line.
pub fn load(name_or_file: &str) -> Result<Playbook, PlaybookError> {
    let catalogue: Vec<&Spec> = STEPS.iter().map(|step| step.spec()).collect();
    if config::is_path(name_or_file) {
        let text = document::read_file(name_or_file.as_ref(), MOST)
            .map_err(|error| PlaybookError::Unreadable { file: name_or_file.into(), error })?;
        let document = Document { file: name_or_file, text: &text };
        return Ok(parse(name_or_file, &document, &catalogue)?);
    }
    let shipped = SHIPPED.iter().find(|(name, _)| *name == name_or_file);
    let (name, text) = shipped.ok_or_else(|| PlaybookError::Unknown {
        name: name_or_file.into(),
        shipped: SHIPPED.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "),
    })?;
    let file = format!("playbooks/{name}.toml");
    Ok(parse(name, &Document { file: &file, text }, &catalogue)?)
}

/// Reads a playbook against the steps that exist.
fn parse(name: &str, document: &Document<'_>, catalogue: &[&Spec]) -> Result<Playbook, Fault> {
    let written: Written = document.read()?;
    let mut lines: BTreeMap<StepId, usize> = BTreeMap::new();
    let mut steps = vec![];
    for step in written.step {
        let at = step.run.span();
        let spec = spec(*step.run.get_ref(), catalogue).map_err(|why| document.fault(&at, why))?;
        if let Some(line) = lines.insert(spec.id, document.line(&at)) {
            let why = format!("step {} is already in line {line}; a playbook runs a step once", spec.id);
            return Err(document.fault(&at, why));
        }
        let mut params = Params::new();
        for (key, value) in step.with {
            let param = spec.params.iter().find(|param| param.name == key.get_ref().as_str());
            let param = param.ok_or_else(|| document.fault(&key.span(), no_param(spec, key.get_ref())))?;
            let value_at = value.span();
            let value = fit(&param.kind, value.into_inner()).map_err(|why| {
                document.fault(&value_at, format!("parameter {:?} of step {} {why}", param.name, spec.id))
            })?;
            params.insert(param.name.into(), value);
        }
        steps.push(Entry { step: spec.id, params, why: step.why });
    }
    if steps.is_empty() {
        return Err(document.fault(&(0..0), "the playbook has no step"));
    }
    let set = |name: &str, list: Option<Spanned<BTreeSet<String>>>| match list {
        Some(list) if list.get_ref().is_empty() => Err(document
            .fault(&list.span(), format!("scope.{name}: an empty list is no place at all; leave it out"))),
        list => Ok(list.map(Spanned::into_inner)),
    };
    let WrittenScope { regions, vpcs } = written.scope;
    let scope = Scope { regions: set("regions", regions)?, vpcs: set("vpcs", vpcs)?, ..Scope::default() };
    let Written { title, about, requires, .. } = written;
    Ok(Playbook { name: name.into(), title, about, requires, scope, steps })
}

fn spec<'c>(number: i64, catalogue: &[&'c Spec]) -> Result<&'c Spec, String> {
    catalogue.iter().copied().find(|spec| i64::from(spec.id.0) == number).ok_or_else(|| {
        let known: Vec<String> = catalogue.iter().map(|spec| spec.id.to_string()).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        match nearest(&number.to_string(), &known) {
            Some(near) => format!("there is no step {number}; did you mean {near}?"),
            None => format!("there is no step {number}; there are {}", known.join(", ")),
        }
    })
}

fn no_param(spec: &Spec, found: &str) -> String {
    if spec.params.is_empty() {
        return format!("step {} takes no parameters, found {found:?}", spec.id);
    }
    let hint = hint(found, spec.params.iter().map(|param| param.name));
    format!("step {} takes no parameter {found:?}{hint}", spec.id)
}

/// The value of a parameter, or what is wrong with it.
fn fit(kind: &ParamKind, value: toml::Value) -> Result<Value, String> {
    match (kind, value) {
        (ParamKind::Choice(choices), toml::Value::String(found)) if choices.contains(&found.as_str()) => {
            Ok(found.into())
        }
        (ParamKind::Choice(choices), toml::Value::String(found)) => {
            Err(format!("cannot be {found:?}{}", hint(&found, choices.iter().copied())))
        }
        (ParamKind::Choice(choices), other) => {
            Err(format!("must be one of {}, found {}", choices.join(", "), kind_of(&other)))
        }
        (ParamKind::Text, toml::Value::String(found)) if found.trim().is_empty() => {
            Err("must not be empty".into())
        }
        (ParamKind::Text, toml::Value::String(found)) => Ok(found.into()),
        (ParamKind::Text, other) => Err(format!("must be a text, found {}", kind_of(&other))),
        (ParamKind::List, toml::Value::Array(found)) => found
            .into_iter()
            .map(|item| match item {
                toml::Value::String(item) => Ok(Value::from(item)),
                other => Err(format!("must be a list of texts, found {} in it", kind_of(&other))),
            })
            .collect(),
        (ParamKind::List, other) => Err(format!("must be a list of texts, found {}", kind_of(&other))),
    }
}

fn kind_of(value: &toml::Value) -> &'static str {
    match value {
        toml::Value::String(_) => "a text",
        toml::Value::Integer(_) | toml::Value::Float(_) => "a number",
        toml::Value::Boolean(_) => "true or false",
        toml::Value::Datetime(_) => "a date",
        toml::Value::Array(_) => "a list",
        toml::Value::Table(_) => "a table",
    }
}
