//! What the step says: whether the account can be bound, who goes on, what the quarantine unit holds.

use super::OU;
use super::changes;
use super::exempt::{self, trust_words};
use super::kinds::PolicyKind;
use super::place::ids_on;
use crate::account::{Account, OrganizationTree};
use crate::step::{Case, Found, first_few, text};

/// The Organization below its root, where its policies can bind the account. Says why they cannot; where it was
/// not read, the section's gap does.
pub(super) fn bindable<'a>(account: &'a Account, found: &mut Found) -> Option<&'a OrganizationTree> {
    let organization = account.organization.read()?;
    let Some(organization) = organization else {
        found.note(
            None,
            "the account is in no Organization: nothing outside it can deny what is done in it. 600 and 110 deny \
             people, and root is left: change its password and its MFA device",
        );
        return None;
    };
    if organization.management || organization.management_account == account.id {
        found.matters(
            None,
            "this is the management account: no policy of the Organization binds it. 600 and 110 deny people, and \
             root is left: change its password and its MFA device. Member accounts are bound by a run on each of them",
        );
        return None;
    }
    if organization.feature_set == "CONSOLIDATED_BILLING" {
        found.matters(
            None,
            format!(
                "Organization {} has consolidated billing alone: it knows no policies. 600 and 110 deny people",
                organization.id
            ),
        );
        return None;
    }
    organization.tree.read()
}

/// Says who goes on, with whom each role lets in, and who does not although it looks so.
pub(super) fn exemptions(account: &Account, case: &Case, found: &mut Found) {
    for name in PolicyKind::unknown(&case.params) {
        let known: Vec<&str> = PolicyKind::ALL.into_iter().map(PolicyKind::slug).collect();
        found.matters(None, format!("there is no policy {name}: {}", known.join(", ")));
    }
    let exempt = exempt::exemptions(account, case);
    // Where you cannot be spared the policy's own target says so.
    if exempt.unfit.is_some() {
        return;
    }
    let roles = account.principals.read().map(|all| &all.roles);
    let trust = |arn: &str| {
        let role = roles.into_iter().flatten().find(|(_, role)| role.arn == arn);
        role.map(|(_, role)| format!("; it lets in {}", trust_words(&role.trust, &account.id)))
    };
    for (arn, why) in &exempt.own {
        let changed = changes::words(account, arn).map(|words| format!("; {words}")).unwrap_or_default();
        found.note(None, format!("{arn} goes on: {why}{}{changed}", trust(arn).unwrap_or_default()));
    }
    for (arn, why) in &exempt.foreign {
        found.note(None, format!("{arn} goes on: {why}"));
    }
    changes::say(account, &exempt, found);
    for warning in exempt.warnings {
        found.matters(None, warning);
    }
}

/// What the policies are attached to: the account, or the unit that the playbook names. Says what a unit means, and
/// why nothing is attached.
pub(super) fn level<'a>(
    tree: &OrganizationTree,
    account: &'a Account,
    case: &'a Case,
    found: &mut Found,
) -> Option<&'a str> {
    let Some(unit) = text(&case.params, OU) else { return Some(&account.id) };
    let refusal = match tree.has(unit) {
        Some(false) => Some(format!("the Organization has no unit {unit}")),
        _ if !unit.starts_with("ou-") => Some(format!("{unit} is no unit: the root binds every account")),
        _ => None,
    };
    if let Some(why) = refusal {
        found.matters(None, format!("{why}: nothing is attached"));
        return None;
    }
    found.matters(
        None,
        format!("the policies bind every account in {unit}: nobody of another account there goes on"),
    );
    Some(unit)
}

/// Says what the unit that the account moves into denies.
pub(super) fn unit(tree: &OrganizationTree, case: &Case, found: &mut Found) {
    let Some(unit) = text(&case.params, OU).filter(|unit| tree.has(unit) != Some(false)) else { return };
    let kinds = [PolicyKind::ServiceControl, PolicyKind::ResourceControl];
    let on: Vec<String> = kinds
        .iter()
        .flat_map(|kind| ids_on(tree, *kind, unit))
        .filter_map(|id| tree.policies.item(id).filter(|policy| !policy.aws_managed))
        .map(|policy| policy.name.clone())
        .collect();
    let words = match on.as_slice() {
        [] => format!("{unit} has no policy but AWS's own: what is moved into it is denied nothing"),
        names => format!("{unit} has {}: what these do not deny goes on", first_few(names, 4)),
    };
    found.matters(None, words);
}
