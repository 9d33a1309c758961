//! Who calls, and which Regions are enabled.

use std::collections::BTreeSet;

use super::seen;
use crate::account::{Account, Caller, Seen};
use crate::aws::{Aws, AwsError};

/// The account that the credentials belong to, the caller, and the enabled Regions.
///
/// # Errors
/// When `sts:GetCallerIdentity` does not answer: without it nothing can be said of any account.
pub async fn identify(aws: &Aws) -> Result<Account, AwsError> {
    let home = aws.home_region();
    let sts = aws.sts(&home);
    let (identity, regions, alias) =
        futures::join!(sts.get_caller_identity().send(), enabled_regions(aws, &home), alias(aws));
    let identity = identity?;
    let (Some(id), Some(arn)) = (identity.account, identity.arn) else {
        return Err(AwsError::unusable("sts:GetCallerIdentity", "the answer names no account or no caller"));
    };
    let caller = Caller {
        arn,
        user_id: identity.user_id.unwrap_or_default(),
        access_key: aws.access_key().map(str::to_owned),
    };
    aws.called_by(&caller.arn);
    let mut account = Account::unread(id, caller);
    account.enabled_regions = seen(regions);
    account.alias = alias;
    Ok(account)
}

/// `ec2:DescribeRegions` lists those enabled for the account when `AllRegions` is false.
async fn enabled_regions(aws: &Aws, home: &str) -> Result<BTreeSet<String>, AwsError> {
    let answer = aws.ec2(home).describe_regions().all_regions(false).send().await?;
    let regions = answer.regions.unwrap_or_default().into_iter();
    // Some emulators list every Region there is, whatever was asked for.
    let enabled = regions.filter(|region| region.opt_in_status.as_deref() != Some("not-opted-in"));
    let enabled: Option<BTreeSet<String>> = enabled.map(|region| region.region_name).collect();
    enabled.filter(|regions| !regions.is_empty()).ok_or_else(|| {
        AwsError::unusable("ec2:DescribeRegions", "the answer has no Region, or one without a name")
    })
}

/// The account's alias, where it has one.
async fn alias(aws: &Aws) -> Seen<Option<String>> {
    let answer = aws.iam().list_account_aliases().send().await;
    seen(answer.map(|a| a.account_aliases.into_iter().next()).map_err(AwsError::from))
}
