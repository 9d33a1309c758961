//! The case: what a step may know besides the account.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::{Names, Scope};
use crate::config::Config;

/// The parameters of a step in a playbook.
pub type Params = BTreeMap<String, Value>;

/// A parameter that a step takes in a playbook.
pub struct Param {
    pub name: &'static str,
    pub kind: ParamKind,
    pub doc: &'static str,
}

/// What values a parameter takes. The first choice is the default.
pub enum ParamKind {
    Choice(&'static [&'static str]),
    Text,
    List,
}

/// What a step may know besides the account: scope, parameters, configuration, the run's names.
#[derive(Clone, Debug)]
pub struct Case {
    /// The run's id; part of the names of what the run creates.
    pub run: String,
    pub scope: Scope,
    pub params: Params,
    pub config: Arc<Config>,
    pub names: Names,
}

impl Case {
    /// A text or choice parameter, or its default.
    pub fn param<'a>(&'a self, name: &str, default: &'a str) -> &'a str {
        text(&self.params, name, default)
    }

    /// The same case for another step's parameters.
    pub fn with(&self, params: &Params) -> Case {
        Case { params: params.clone(), ..self.clone() }
    }
}

/// A text or choice parameter, or its default.
pub fn text<'a>(params: &'a Params, name: &str, default: &'a str) -> &'a str {
    params.get(name).and_then(Value::as_str).unwrap_or(default)
}
