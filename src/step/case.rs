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

/// A parameter that takes one of a few values. The first is the default.
pub struct Choice {
    pub name: &'static str,
    pub values: &'static [&'static str],
    pub doc: &'static str,
}

impl Choice {
    /// The parameter, for a [`super::Spec`].
    pub const fn param(&self) -> Param {
        Param { name: self.name, kind: ParamKind::Choice(self.values), doc: self.doc }
    }

    /// Returns the value that these parameters choose, or the default.
    pub fn of(&self, params: &Params) -> &'static str {
        let chosen = text(params, self.name);
        let known = self.values.iter().find(|value| chosen == Some(value));
        known.or(self.values.first()).copied().unwrap_or_default()
    }

    /// Returns whether these parameters choose this value.
    pub fn is(&self, params: &Params, value: &str) -> bool {
        debug_assert!(self.values.contains(&value), "{} = {value}", self.name);
        self.of(params) == value
    }
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
    /// The same case for another step's parameters.
    pub fn with(&self, params: &Params) -> Case {
        Case { params: params.clone(), ..self.clone() }
    }
}

/// Returns the texts of a list parameter; none where it is not given.
pub fn texts<'a>(params: &'a Params, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    params.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Returns a text parameter, where it is given.
pub fn text<'a>(params: &'a Params, name: &str) -> Option<&'a str> {
    params.get(name).and_then(Value::as_str)
}
