//! Where the step's targets stand in the Organization, and how its calls are sent and read back.

use super::kinds::PolicyKind;
use crate::account::{Account, Gap, OrganizationTree, Seen};
use crate::aws::AwsError;
use crate::collect::Ask;
use crate::step::StepError;

/// What is known of the Organization below its root; `None` where the account is in none.
pub(super) fn tree(account: &Account) -> Option<Result<&OrganizationTree, &Gap>> {
    match &account.organization {
        Seen::Read(organization) => Some(organization.as_ref()?.tree.as_result()),
        Seen::Gap(gap) => Some(Err(gap)),
    }
}

/// The ids of the policies of a kind that are attached to a level, as far as they were read.
pub(super) fn ids_on<'a>(tree: &'a OrganizationTree, kind: PolicyKind, level: &str) -> Vec<&'a String> {
    let read =
        tree.attached.get(kind.policy_type()).and_then(|levels| levels.get(level)).and_then(Seen::read);
    if let Some(ids) = read {
        return ids.iter().collect();
    }
    let policies = tree.policies.items().filter(|(_, one)| one.kind == kind.policy_type());
    let on = policies.filter(|(_, one)| one.targets.read().is_some_and(|targets| targets.contains(level)));
    on.map(|(id, _)| id).collect()
}

/// Reads of the Organization, after a write, what always is read and the policies of this type.
pub(super) fn narrow(ask: &mut Ask, policy_type: Option<&str>) {
    let only = ask.only_organization.get_or_insert_default();
    only.policy_types.extend(policy_type.map(str::to_owned));
}

/// Organizations takes one change at a time, and answers others with `ConcurrentModificationException`.
pub(super) fn queue() -> (String, usize) {
    ("organization".into(), 1)
}

/// A call that is done, or that AWS answers with this code because it was done before.
pub(super) fn unless_said<T, E: Into<AwsError>>(answer: Result<T, E>, code: &str) -> Result<(), StepError> {
    match answer.map_err(Into::into) {
        Err(error) if !error.is(code) => Err(error.into()),
        _ => Ok(()),
    }
}
