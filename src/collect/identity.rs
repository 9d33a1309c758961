//! Who calls, and which Regions are enabled.

use std::collections::BTreeSet;

use super::seen;
use crate::account::{Account, Actor, Caller, Chain, Link, Seen};
use crate::aws::{Aws, AwsError, account_of_key};

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
        chain: chain(aws, &id).await,
    };
    aws.called_by(&caller.arn);
    let mut account = Account::unread(id, caller);
    account.enabled_regions = seen(regions);
    account.alias = alias;
    for actor in Actor::ALL.iter().copied().filter(|actor| aws.has(*actor)) {
        account.actors.insert(actor, identify_actor(aws, actor).await?);
    }
    Ok(account)
}

/// Whose the credentials of an actor are.
///
/// # Errors
/// As [`identify`].
pub async fn identify_actor(aws: &Aws, actor: Actor) -> Result<Caller, AwsError> {
    let hand = aws.acting_as(actor);
    let identity = hand.sts(&aws.home_region()).get_caller_identity().send().await?;
    let caller = Caller {
        arn: identity.arn.unwrap_or_default(),
        user_id: identity.user_id.unwrap_or_default(),
        access_key: hand.access_key().map(str::to_owned),
        chain: hand.chain().clone(),
    };
    if caller.account().is_none() {
        return Err(AwsError::unusable("sts:GetCallerIdentity", "the answer names no account"));
    }
    Ok(caller)
}

/// AWS's code where the account that calls is in no Organization.
pub(super) const NO_ORGANIZATION: &str = "AWSOrganizationsNotInUseException";

/// Whether the actor's Organization has the account. It has not where the actor's account is in no Organization.
///
/// # Errors
/// Where AWS does not say.
///
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeAccount.html>
pub async fn in_organization(aws: &Aws, account: &str) -> Result<bool, AwsError> {
    let answer = aws.organizations().describe_account().account_id(account).send().await;
    match answer.map_err(AwsError::from) {
        Ok(_) => Ok(true),
        Err(error) if error.is("AccountNotFoundException") || error.is(NO_ORGANIZATION) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The credentials behind the caller's session, with the owner of a key that belongs to this account. An
/// owner whom AWS does not name stays unknown: then everybody is spared who may be the one.
async fn chain(aws: &Aws, account: &str) -> Chain {
    let mut chain = aws.chain().clone();
    for link in &mut chain.links {
        let Link::Key { id, user: user @ None } = link else { continue };
        // The key that signs is the caller's own, and of another account's keys AWS says nothing.
        if aws.access_key() == Some(id) || account_of_key(id).as_deref() != Some(account) {
            continue;
        }
        let answer = aws.iam().get_access_key_last_used().access_key_id(&*id).send().await;
        *user = answer.ok().and_then(|answer| answer.user_name);
    }
    chain
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
