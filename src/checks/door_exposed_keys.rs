//! AWS has found no access key in public.

use crate::account::{Cause, Principals, Section};
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "door-exposed-keys",
    group: Group::Doors,
    title: "AWS has found no access key of the account in public",
    severity: Severity::Critical,
    why: "Keys on GitHub are used within minutes. A user that AWS has put in quarantine can still do most of \
          what it could.",
    fix: "unplug pull --steps 100; then replace the key; of a user who may not be trusted: unplug pull \
          leaked-key --key ID",
    needs: &[Section::Principals],
    also: &[Section::ExposedKeys, Section::AccessKeys],
    mirrors: &["Trusted Advisor 12Fnkpl8Y5"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let account = facts.account;
    match account.exposed_keys.as_result() {
        Ok(keys) => {
            for (id, key) in keys {
                let off = account.access_keys.item(id).is_some_and(|own| own.status != "Active");
                if !off {
                    let text = format!("{id} of {} ({}): {}", key.user, key.fraud_type, key.location);
                    answer.fail(id, None, text);
                }
            }
        }
        // Without the plan there is no list, and AWS's quarantine shows some of the keys alone.
        Err(gap) if gap.cause == Cause::NotSubscribed => {
            answer.unknown("the support plan lacks Trusted Advisor's list of exposed keys");
        }
        Err(gap) => answer.gap(Section::ExposedKeys.title(), gap),
    }
    for user in account.principals.read().map(Principals::quarantined).unwrap_or_default() {
        answer.fail(user, None, format!("{user} is in AWS's quarantine, and can still do much"));
    }
    let plan = account.exposed_keys.gap().is_some();
    let by = if plan { "by AWS's quarantine alone: the support plan lacks the list" } else { "none" };
    by.clone_into(&mut answer.said);
}
