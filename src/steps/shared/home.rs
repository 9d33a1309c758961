//! The Region of what a run makes once for an account.

use crate::account::Account;

/// Returns the Region of a new trail or bucket: us-east-1, which no account can turn off, or such a Region of
/// other partitions. Where that is not enabled all the same, the first enabled Region.
pub(in crate::steps) fn home(account: &Account) -> String {
    let always = match account.partition() {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        "aws-eusc" => "eusc-de-east-1",
        "aws-iso" => "us-iso-east-1",
        "aws-iso-b" => "us-isob-east-1",
        _ => "us-east-1",
    };
    let enabled = account.enabled_regions.read().filter(|regions| !regions.contains(always));
    enabled.and_then(|regions| regions.first()).map_or_else(|| always.to_owned(), Clone::clone)
}
