//! The principals that somebody names: on the command line, or in the playbook.

use serde_json::Value;

use super::PRINCIPALS;
use crate::step::Case;

/// The names and ARNs that the run is for; none where it is for everybody.
pub(super) fn names(case: &Case) -> impl Iterator<Item = &str> {
    let listed = case.params.get(PRINCIPALS).and_then(Value::as_array).into_iter().flatten();
    case.scope.principals.iter().map(String::as_str).chain(listed.filter_map(Value::as_str))
}

/// Is a principal named, by its name or its ARN?
pub(super) fn is_named(name: &str, arn: &str, case: &Case) -> bool {
    names(case).any(|named| named == name || named == arn)
}
