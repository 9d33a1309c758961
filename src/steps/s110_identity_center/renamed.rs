//! What names a role that goes: a restore makes it again under another name, which these do not know.

use crate::account::{Account, HeldPolicy, PermissionSet, Seen};
use crate::step::{Found, first_few};

/// Says which policies of the account name the roles of these permission sets, each with its Region.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html>
pub(super) fn say(account: &Account, sets: &[(&str, &PermissionSet)], found: &mut Found) {
    let mut unnamed = vec![];
    for (region, set) in sets {
        for (role, _) in account.roles_of_set(&set.name) {
            let naming = naming(account, role);
            if naming.is_empty() {
                unnamed.push(role);
                continue;
            }
            found.matters(
                Some(region),
                format!(
                    "role {role} comes back under another name, and these know the old one: {}. Change them after a \
                     restore",
                    first_few(&naming, SHOWN)
                ),
            );
        }
    }
    if !unnamed.is_empty() {
        let roles = first_few(unnamed, SHOWN);
        found.note(
            None,
            format!("no policy that was read names these roles, which come back under another name: {roles}"),
        );
    }
    if !sets.is_empty() {
        found.note(
            None,
            "what names a role of Identity Center is not looked for in access entries and aws-auth of EKS clusters, \
             in other accounts and in other kinds of resources",
        );
    }
}

const SHOWN: usize = 8;

/// What names a role in a policy that was read.
fn naming(account: &Account, role: &str) -> Vec<String> {
    let names = |text: &str| text.contains(role);
    let roles = account.principals.read().into_iter().flat_map(|all| &all.roles);
    let trusts = roles.filter(|(name, other)| *name != role && names(&other.trust));
    let mut all: Vec<String> = trusts.map(|(name, _)| format!("the trust policy of role {name}")).collect();
    let policies = |bucket: &&crate::account::PublicBucket| {
        bucket.policy.read().is_some_and(|policy| policy.as_deref().is_some_and(names))
    };
    let buckets = account.public_buckets.items().filter(|(_, bucket)| policies(bucket));
    all.extend(buckets.map(|(name, _)| format!("bucket {name}")));
    for here in account.regions.values() {
        let held = [
            ("key", &here.key_policies),
            ("secret", &here.secret_policies),
            ("queue", &here.queue_policies),
            ("topic", &here.topic_policies),
        ];
        for (kind, holders) in held {
            let named = |holder: &Seen<HeldPolicy>| {
                holder.read().is_some_and(|one| one.policy.as_deref().is_some_and(names))
            };
            let holders = holders.items().filter(|(_, holder)| named(holder));
            all.extend(holders.map(|(id, _)| format!("{kind} {id}")));
        }
    }
    all
}
