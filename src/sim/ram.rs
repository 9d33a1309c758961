//! AWS RAM: resource shares of this account, and with whom.
//!
//! Taking somebody out takes a moment. Whoever is let in again from outside the organization has to accept an
//! invitation: RAM shows them as being associated until then.

use aws_sdk_ram::types::{
    ResourceShare as Share, ResourceShareAssociation, ResourceShareAssociationStatus,
    ResourceShareAssociationType, ResourceShareFeatureSet, ResourceShareStatus, Tag,
};

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::{seen, seen_mut};
use crate::account::{ResourceShare, Sharer};
use crate::aws::operations::ram;

/// How long a principal is on the way out.
const LEAVING_MS: u64 = 3_000;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ram::GetResourceShares>(get_resource_shares);
    dispatch.on::<ram::GetResourceShareAssociations>(get_resource_share_associations);
    dispatch.on::<ram::AssociateResourceShare>(associate_resource_share);
    dispatch.on::<ram::DisassociateResourceShare>(disassociate_resource_share);
}

fn get_resource_shares(cx: &mut Cx<'_>, input: &In<ram::GetResourceShares>) -> Said<ram::GetResourceShares> {
    let account = cx.world.account.id.clone();
    let share = |(arn, share): (&String, &ResourceShare)| {
        let set = if share.from_policy {
            ResourceShareFeatureSet::CreatedFromPolicy
        } else {
            ResourceShareFeatureSet::Standard
        };
        let tags = share.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
        Share::builder()
            .resource_share_arn(arn)
            .name(&share.name)
            .owning_account_id(&account)
            .status(ResourceShareStatus::Active)
            .feature_set(set)
            .set_tags(Some(tags.collect()))
            .build()
    };
    let all = seen(&region(cx).resource_shares)?.iter().map(share).collect();
    let (page, next) = cx.page(all, input.next_token(), input.max_results());
    Ok(Out::<ram::GetResourceShares>::builder().set_resource_shares(Some(page)).set_next_token(next).build())
}

fn get_resource_share_associations(
    cx: &mut Cx<'_>,
    input: &In<ram::GetResourceShareAssociations>,
) -> Said<ram::GetResourceShareAssociations> {
    let kind = input.association_type().cloned().unwrap_or(ResourceShareAssociationType::Principal);
    let only = input.resource_share_arns();
    let shares = seen(&region(cx).resource_shares)?;
    if only.iter().any(|arn| !shares.contains_key(arn)) {
        return Err(unknown());
    }
    let mut all = vec![];
    for (arn, share) in shares.iter().filter(|(arn, _)| only.is_empty() || only.contains(arn)) {
        let one = ResourceShareAssociation::builder()
            .resource_share_arn(arn)
            .resource_share_name(&share.name)
            .association_type(kind.clone());
        if kind == ResourceShareAssociationType::Principal {
            all.extend(share.with.iter().map(|(who, sharer)| {
                let status = if sharer.leaving {
                    ResourceShareAssociationStatus::Disassociating
                } else {
                    ResourceShareAssociationStatus::Associated
                };
                one.clone().associated_entity(who).status(status).external(sharer.external).build()
            }));
        } else {
            let status = ResourceShareAssociationStatus::Associated;
            let of = |resource: &String| {
                one.clone().associated_entity(resource).status(status.clone()).external(false).build()
            };
            all.extend(share.resources.iter().map(of));
        }
    }
    let (page, next) = cx.page(all, input.next_token(), input.max_results());
    Ok(Out::<ram::GetResourceShareAssociations>::builder()
        .set_resource_share_associations(Some(page))
        .set_next_token(next)
        .build())
}

fn unknown() -> Refused {
    refuse("UnknownResourceException", "ResourceShare could not be found.")
}

fn share<'w>(cx: &'w mut Cx<'_>, arn: Option<&str>) -> Result<&'w mut ResourceShare, Refused> {
    let all = seen_mut(&mut cx.region_mut().resource_shares)?;
    let share = all.get_mut(arn.unwrap_or_default()).ok_or_else(unknown)?;
    if share.from_policy {
        let words = "You cannot modify a resource share that was created from a policy.";
        return Err(refuse("OperationNotPermittedException", words));
    }
    Ok(share)
}

fn associate_resource_share(
    cx: &mut Cx<'_>,
    input: &In<ram::AssociateResourceShare>,
) -> Said<ram::AssociateResourceShare> {
    let share = share(cx, input.resource_share_arn())?;
    for who in input.principals() {
        let external = !who.contains(":organizations:");
        let sharer = share.with.entry(who.clone()).or_insert(Sharer { external, leaving: false });
        if sharer.leaving {
            let words = "The association is being removed.";
            return Err(refuse("InvalidStateTransitionException", words));
        }
    }
    Ok(Out::<ram::AssociateResourceShare>::builder().build())
}

fn disassociate_resource_share(
    cx: &mut Cx<'_>,
    input: &In<ram::DisassociateResourceShare>,
) -> Said<ram::DisassociateResourceShare> {
    let arn = input.resource_share_arn().unwrap_or_default();
    let share = share(cx, Some(arn))?;
    let mut leaving = vec![];
    for who in input.principals() {
        let sharer = share.with.get_mut(who).ok_or_else(|| {
            refuse("UnknownResourceException", "The principal is not associated with the resource share.")
        })?;
        sharer.leaving = true;
        leaving.push(format!("{arn} {who}"));
    }
    for id in leaving {
        cx.later(LEAVING_MS, &id, gone);
    }
    Ok(Out::<ram::DisassociateResourceShare>::builder().build())
}

fn gone(cx: &mut Cx<'_>, id: &str) {
    let Some((arn, who)) = id.split_once(' ') else { return };
    let share = cx.region_mut().resource_shares.read_mut().and_then(|all| all.get_mut(arn));
    if let Some(share) = share
        && share.with.get(who).is_some_and(|sharer| sharer.leaving)
    {
        share.with.remove(who);
    }
}
