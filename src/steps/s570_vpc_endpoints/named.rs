//! Ids of other resources in a state: what the run made, or made again, by name.

use std::collections::BTreeSet;

use crate::step::{ALIAS, Names};

/// What a created resource's name starts with in a state: no id of AWS's does.
const CREATED: char = '@';

/// The ids, those of the run's own resources by name: a rehearsal's id means nothing later.
pub(super) fn named(ids: &BTreeSet<String>, names: &Names) -> BTreeSet<String> {
    let named = |id: &String| match names.name(id) {
        None => id.clone(),
        Some(name) => match name.strip_prefix(ALIAS) {
            Some(old) => old.to_owned(),
            None => format!("{CREATED}{name}"),
        },
    };
    ids.iter().map(named).collect()
}

/// The ids that the names stand for now.
pub(super) fn resolved(named: &BTreeSet<String>, names: &Names) -> Result<Vec<String>, String> {
    let resolve = |id: &String| match id.strip_prefix(CREATED) {
        None => Ok(names.current(id)),
        Some(name) => names.id(name).ok_or_else(|| format!("{name} was not created")),
    };
    named.iter().map(resolve).collect()
}
