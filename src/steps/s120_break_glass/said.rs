//! What is said of the role: what it has besides, and who may assume it.

use super::responder;
use crate::account::{Account, Role};
use crate::step::{Case, Found};

/// What the role has besides, which may deny it what its policies allow.
pub(super) fn besides(role: &Role, others: &[&String], found: &mut Found) {
    if let Some(boundary) = &role.boundary {
        let text = format!("the role may do only what its permissions boundary allows too: {boundary}");
        found.matters(None, text);
    }
    let all: Vec<&str> = others.iter().copied().chain(role.inline.keys()).map(String::as_str).collect();
    if !all.is_empty() {
        let text =
            format!("the role has other policies too, which may deny it something: {}", all.join(", "));
        found.matters(None, text);
    }
}

/// Who may assume the role, and who of them could not after a cut.
pub(super) fn who(account: &Account, case: &Case, found: &mut Found) {
    let now = account.principals.read().and_then(|all| all.roles.get(responder::ROLE));
    // It may have another path than a new one gets.
    let arn = now.map_or_else(|| responder::role_arn(account), |role| role.arn.clone());
    let named = responder::named(&case.params);
    let is_told = !named.is_empty();
    let trusted = if named.is_empty() {
        now.and_then(|role| responder::trusted(&role.trust)).unwrap_or_default()
    } else {
        named
    };
    if !case.config.is_break_glass(&arn) {
        found.matters(
            None,
            format!("a cut takes the role too, until unplug.toml names it: break_glass = [{arn:?}]"),
        );
    }
    let own = format!(":{}:", account.id);
    for arn in trusted.iter().filter(|arn| arn.contains(&own) && !arn.ends_with(":root")) {
        if arn.contains(":role/") {
            found.matters(
                None,
                format!("{arn} is a role: its sessions mostly carry no MFA, and cannot assume this role"),
            );
        } else if !case.config.is_break_glass(arn) {
            found.matters(
                None,
                format!("{arn} may assume the role, and a cut denies it that: break_glass does not name it"),
            );
        }
    }
    if !trusted.is_empty() {
        let names = trusted.into_iter().collect::<Vec<_>>().join(", ");
        let text = format!("may assume it, with MFA: {names}");
        // Where nobody was named by this run somebody else may have written them.
        if is_told { found.note(None, text) } else { found.matters(None, text) }
    }
}
