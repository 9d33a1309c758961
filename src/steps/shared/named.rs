//! The principals that somebody names: on the command line, in the playbook, or by a key of theirs.

use crate::step::{Case, Choice, Found, Param, ParamKind, texts};

/// Whether a step acts on every user and role, or on those alone that are named.
pub(in crate::steps) const WHO: Choice = Choice {
    name: "who",
    values: &["everybody", "named"],
    doc: "`named` acts only on the users and roles named with --principal or `principals`, and on the users of \
          keys named with --key; on nobody where none is. --principal implies it",
};

const LIST: &str = "principals";

/// The users and roles that a playbook names.
pub(in crate::steps) const PRINCIPALS: Param = Param {
    name: LIST,
    kind: ParamKind::List,
    doc: "names or ARNs of users and roles: the step acts on these alone; --principal adds to them",
};

/// Whether the step acts on those alone that are named.
pub(in crate::steps) fn only(case: &Case) -> bool {
    WHO.is(&case.params, "named") || names(case).next().is_some()
}

/// The names and ARNs that the run is for; none where it is for everybody.
fn names(case: &Case) -> impl Iterator<Item = &str> {
    case.scope.principals.iter().map(String::as_str).chain(texts(&case.params, LIST))
}

/// Whether a user is named: by its name, its ARN or a key.
pub(in crate::steps) fn user(name: &str, arn: Option<&str>, case: &Case) -> bool {
    case.scope.key_users.contains(name) || role(name, arn, case)
}

/// Whether a role is named, by its name or its ARN.
pub(in crate::steps) fn role(name: &str, arn: Option<&str>, case: &Case) -> bool {
    names(case).any(|named| named == name || Some(named) == arn)
}

/// Says that nobody is named, where the step acts on those alone that are.
pub(in crate::steps) fn say_nobody(found: &mut Found, case: &Case) {
    if only(case) && names(case).next().is_none() && case.scope.key_users.is_empty() {
        found.matters(None, "no user and no role is named: --key ID, or --principal NAME or ARN");
    }
}
