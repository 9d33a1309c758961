//! What the Organization of an account refers to.

use super::Missing;
use crate::account::{Account, Seen};

/// The levels lead from the root to the account, each in the one above; what is attached, and where, is there.
pub(super) fn organization(account: &Account, missing: &mut Missing) {
    let Some(Some(organization)) = account.organization.read() else { return };
    if organization.management != (organization.management_account == account.id) {
        missing
            .say("the Organization says otherwise than its management_account whether it is this one".into());
    }
    let Some(tree) = organization.tree.read() else { return };
    if tree.levels.first() != Some(&tree.root) || tree.levels.last() != Some(&account.id) {
        missing.say("the levels of the Organization do not lead from its root to the account".into());
    }
    for (parent, level) in tree.levels.iter().zip(tree.levels.iter().skip(1)) {
        let of_unit = tree.units.item(level).map(|unit| &unit.parent);
        let of_account = tree.accounts.item(level).map(|account| &account.parent);
        let known =
            if *level == account.id { tree.accounts.read().is_some() } else { tree.units.read().is_some() };
        if known && of_unit.or(of_account) != Some(parent) {
            missing.say(format!("{level} is not in {parent}, as the levels of the Organization say"));
        }
    }
    let parents = tree.units.items().map(|(id, unit)| (id, &unit.parent));
    for (id, parent) in parents.chain(tree.accounts.items().map(|(id, account)| (id, &account.parent))) {
        if *parent != tree.root {
            missing.check(id, "unit", parent, &tree.units);
        }
    }
    for (kind, targets) in &tree.attached {
        for (target, ids) in targets {
            if !tree.levels.contains(target) {
                missing.say(format!("policies are attached to {target}, which is no level of the account"));
            }
            for id in ids.read().into_iter().flatten() {
                missing.check(target, "policy", id, &tree.policies);
                let of_another = tree.policies.item(id).is_some_and(|policy| policy.kind != *kind);
                if of_another {
                    missing.say(format!("{id} is attached as a {kind} and is another kind of policy"));
                }
            }
        }
    }
    for (id, policy) in tree.policies.items() {
        if let Seen::Read(targets) = &policy.targets {
            for target in targets.iter().filter(|target| tree.has(target) == Some(false)) {
                missing.say(format!("the policy {id} names the target {target:?}, which is not there"));
            }
        }
    }
}
