//! Resource shares of AWS RAM that this account owns, in one Region, and with whom.
//!
//! <https://docs.aws.amazon.com/ram/latest/APIReference/API_GetResourceShareAssociations.html>

use std::collections::BTreeMap;

use aws_sdk_ram::types::{
    ResourceOwner, ResourceShareAssociation, ResourceShareAssociationStatus, ResourceShareAssociationType,
    ResourceShareFeatureSet, ResourceShareStatus,
};

use super::Ask;
use super::ec2::sharing::wanted_of;
use crate::account::{ResourceShare, Sharer};
use crate::aws::{Aws, AwsError, lists, unless_gone};

/// Everything is listed: RAM refuses a request that names a share which is gone.
pub(super) async fn resource_shares(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, ResourceShare>, AwsError> {
    let only = wanted_of(ask, region, "ram");
    let ram = aws.ram(region);
    let list = ram.get_resource_shares().resource_owner(ResourceOwner::SelfValue).max_results(500);
    let mut shares: BTreeMap<String, ResourceShare> = lists::all(aws, list, |share| {
        let arn = share.resource_share_arn?;
        // A share stays in the list for hours after it was deleted.
        let gone = [ResourceShareStatus::Deleted, ResourceShareStatus::Deleting];
        let wanted = only.as_ref().is_none_or(|only| only.contains(&arn));
        let tags = share.tags.unwrap_or_default().into_iter();
        let of = ResourceShare {
            name: share.name.unwrap_or_default(),
            from_policy: share.feature_set.is_some_and(|set| set != ResourceShareFeatureSet::Standard),
            tags: tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect(),
            ..ResourceShare::default()
        };
        (wanted && !share.status.is_some_and(|status| gone.contains(&status))).then_some((arn, of))
    })
    .await?;
    for kind in [ResourceShareAssociationType::Principal, ResourceShareAssociationType::Resource] {
        let list = ram.get_resource_share_associations().association_type(kind.clone()).max_results(500);
        let all: Vec<ResourceShareAssociation> = lists::all(aws, list, Some).await?;
        for (arn, who, sharer) in all.into_iter().filter_map(association) {
            let Some(share) = shares.get_mut(&arn) else { continue };
            if kind == ResourceShareAssociationType::Principal {
                share.with.insert(who, sharer);
            } else if !sharer.leaving {
                share.resources.insert(who);
            }
        }
    }
    Ok(shares)
}

/// With whom one share is shared now; none where it is gone.
pub(crate) async fn principals(
    aws: &Aws,
    region: &str,
    arn: &str,
) -> Result<Option<BTreeMap<String, Sharer>>, AwsError> {
    let kind = ResourceShareAssociationType::Principal;
    let list = aws.ram(region).get_resource_share_associations().association_type(kind);
    let of = |one| association(one).filter(|(share, ..)| share == arn).map(|(_, who, sharer)| (who, sharer));
    unless_gone(lists::all(aws, list.resource_share_arns(arn).max_results(500), of).await)
}

/// The share, and who or what is in it; none for what RAM shows for a while after it was taken out.
fn association(one: ResourceShareAssociation) -> Option<(String, String, Sharer)> {
    let status = one.status?;
    let out = [ResourceShareAssociationStatus::Disassociated, ResourceShareAssociationStatus::Failed];
    let leaving = status == ResourceShareAssociationStatus::Disassociating;
    let sharer = Sharer { external: one.external.unwrap_or(true), leaving };
    (!out.contains(&status)).then_some((one.resource_share_arn?, one.associated_entity?, sharer))
}
