//! What is named and not changed: grants of keys, and replication of buckets.
//!
//! A grant that is revoked cannot be made again as it was: a new one has another id and token, and services keep
//! the old one. S3 takes the replication of a bucket as a whole: a rule that this version does not know would be lost.

use super::grantees;
use crate::access::arn;
use crate::account::{Account, Replication, ReplicationRule};
use crate::step::{Case, Found, first_few};

/// How many operations of a grant are named.
const SHOWN: usize = 4;

/// Names each grant of a key to an account that nobody knows, with the call that revokes it.
pub(super) fn grants(found: &mut Found, account: &Account, case: &Case) {
    for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
        for (key, grants) in here.key_grants.items() {
            for (id, grant) in grants.read().into_iter().flatten() {
                let Some(with) = arn::account(&grant.grantee).filter(|with| !is_known(with, account, case))
                else {
                    continue;
                };
                let operations = first_few(&grant.operations, SHOWN);
                found.note(
                    Some(region),
                    format!(
                        "a grant lets {} of account {with} use key {key} ({operations}): it is not revoked, because it \
                         could not be given back as it was (aws kms revoke-grant --region {region} --key-id {key} \
                         --grant-id {id})",
                        arn::resource(&grant.grantee)
                    ),
                );
            }
        }
    }
}

/// Names each rule that copies a bucket's objects to an account that nobody knows.
pub(super) fn replication(found: &mut Found, account: &Account, case: &Case) {
    let all = account.bucket_replications.items();
    let all = all.filter_map(|(name, one)| Some((name, one.read()?)));
    for (name, Replication { region, rules }) in all.filter(|(_, one)| case.scope.has_region(&one.region)) {
        for rule in rules.iter().filter(|rule| leaves(rule, account, case)) {
            let whose = match &rule.account {
                Some(owner) => format!("of account {owner}"),
                None => "which is not in this account".into(),
            };
            found.note(
                Some(region),
                format!(
                    "bucket {name} is copied to bucket {}, {whose}, by rule {}: it goes on, because S3 takes the \
                     replication of a bucket as a whole (keep aws s3api get-bucket-replication --bucket {name}, then \
                     aws s3api delete-bucket-replication --bucket {name})",
                    rule.bucket, rule.id
                ),
            );
        }
    }
}

fn leaves(rule: &ReplicationRule, account: &Account, case: &Case) -> bool {
    match &rule.account {
        Some(owner) => !is_known(owner, account, case),
        None => !rule.is_own,
    }
}

fn is_known(with: &str, account: &Account, case: &Case) -> bool {
    with == account.id || grantees::known(case).any(|known| known == with)
}
