//! EC2: transit gateway attachments and their association with a route table.

use aws_sdk_ec2::types;

use super::{Query, not_yours, region, tags};
use crate::account::TransitAttachment;
use crate::aws::operations::ec2;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::DescribeTransitGatewayAttachments>(describe_transit_gateway_attachments);
    dispatch.on::<ec2::AssociateTransitGatewayRouteTable>(associate_transit_gateway_route_table);
    dispatch.on::<ec2::DisassociateTransitGatewayRouteTable>(disassociate_transit_gateway_route_table);
}

/// How long an association takes to be made or undone.
const ASSOCIATES_MS: u64 = 6_000;

fn describe_transit_gateway_attachments(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeTransitGatewayAttachments>,
) -> Said<ec2::DescribeTransitGatewayAttachments> {
    let query = Query {
        filters: input.filters(),
        ids: input.transit_gateway_attachment_ids(),
        not_found: "InvalidTransitGatewayAttachmentID.NotFound",
        max: input.max_results(),
    };
    query.check(&[
        "association.state",
        "resource-id",
        "state",
        "transit-gateway-attachment-id",
        "transit-gateway-id",
    ])?;
    let attachments = query.choose(
        cx,
        seen(&region(cx).transit_attachments)?,
        |attachment| &attachment.tags,
        |id, attachment, name| match name {
            "association.state" => vec![attachment.association.clone()],
            "resource-id" => vec![attachment.resource.clone()],
            "state" => vec![attachment.state.clone()],
            "transit-gateway-id" => vec![attachment.gateway.clone()],
            _ => vec![id.to_owned()],
        },
    )?;
    let (attachments, next) = cx.page(attachments, input.next_token(), input.max_results());
    let account = &cx.world.account.id;
    let attachments = attachments.into_iter().map(|(id, a)| attachment(id, a, account)).collect();
    Ok(Out::<ec2::DescribeTransitGatewayAttachments>::builder()
        .set_transit_gateway_attachments(Some(attachments))
        .set_next_token(next)
        .build())
}

fn attachment(id: &str, attachment: &TransitAttachment, account: &str) -> types::TransitGatewayAttachment {
    // Only the owner of the transit gateway is told of the association.
    let shown = !attachment.association.is_empty() && attachment.gateway_owner == account;
    let association = types::TransitGatewayAttachmentAssociation::builder()
        .set_transit_gateway_route_table_id(attachment.table.clone())
        .state(attachment.association.as_str().into());
    types::TransitGatewayAttachment::builder()
        .transit_gateway_attachment_id(id)
        .transit_gateway_id(&attachment.gateway)
        .transit_gateway_owner_id(&attachment.gateway_owner)
        .resource_type(attachment.kind.as_str().into())
        .resource_id(&attachment.resource)
        .resource_owner_id(&attachment.resource_owner)
        .state(attachment.state.as_str().into())
        .set_association(shown.then(|| association.build()))
        .set_tags(Some(tags(&attachment.tags)))
        .build()
}

/// An attachment to a transit gateway of this account, to change, by id.
fn own_attachment<'a>(cx: &'a mut Cx<'_>, id: &str) -> Result<&'a mut TransitAttachment, Refused> {
    let account = cx.world.account.id.clone();
    match seen_mut(&mut cx.region_mut().transit_attachments)?.get_mut(id) {
        None => {
            let message = format!("Transit Gateway Attachment {id} was deleted or does not exist.");
            Err(refuse("InvalidTransitGatewayAttachmentID.NotFound", message))
        }
        Some(attachment) if attachment.gateway_owner != account => Err(not_yours()),
        Some(attachment) => Ok(attachment),
    }
}

/// In this state it takes no call.
fn wrong_state(id: &str, state: &str) -> Refused {
    let state = if state.is_empty() { "not associated" } else { state };
    refuse("IncorrectState", format!("{id} is in invalid state: {state}"))
}

fn answer(id: &str, attachment: &TransitAttachment) -> types::TransitGatewayAssociation {
    types::TransitGatewayAssociation::builder()
        .transit_gateway_attachment_id(id)
        .set_transit_gateway_route_table_id(attachment.table.clone())
        .resource_id(&attachment.resource)
        .resource_type(attachment.kind.as_str().into())
        .state(attachment.association.as_str().into())
        .build()
}

fn associate_transit_gateway_route_table(
    cx: &mut Cx<'_>,
    input: &In<ec2::AssociateTransitGatewayRouteTable>,
) -> Said<ec2::AssociateTransitGatewayRouteTable> {
    let id = input.transit_gateway_attachment_id().unwrap_or_default();
    let table = input.transit_gateway_route_table_id().unwrap_or_default();
    let attachment = own_attachment(cx, id)?;
    match attachment.association.as_str() {
        "" => {}
        "associated" => {
            let message = format!("Transit Gateway Attachment {id} is already associated to a route table.");
            return Err(refuse("Resource.AlreadyAssociated", message));
        }
        state => return Err(wrong_state(id, state)),
    }
    attachment.table = Some(table.into());
    attachment.association = "associating".into();
    let association = answer(id, attachment);
    cx.later(ASSOCIATES_MS, id, |cx, id| {
        let made = cx.region_mut().transit_attachments.read_mut().and_then(|all| all.get_mut(id));
        if let Some(attachment) = made.filter(|attachment| attachment.association == "associating") {
            attachment.association = "associated".into();
        }
    });
    Ok(Out::<ec2::AssociateTransitGatewayRouteTable>::builder().association(association).build())
}

fn disassociate_transit_gateway_route_table(
    cx: &mut Cx<'_>,
    input: &In<ec2::DisassociateTransitGatewayRouteTable>,
) -> Said<ec2::DisassociateTransitGatewayRouteTable> {
    let id = input.transit_gateway_attachment_id().unwrap_or_default();
    let table = input.transit_gateway_route_table_id().unwrap_or_default();
    let attachment = own_attachment(cx, id)?;
    if attachment.association != "associated" {
        return Err(wrong_state(id, &attachment.association));
    }
    if attachment.table.as_deref() != Some(table) {
        let message = format!("{id} is not associated with route table {table}");
        return Err(refuse("InvalidAssociation.NotFound", message));
    }
    attachment.association = "disassociating".into();
    let association = answer(id, attachment);
    cx.later(ASSOCIATES_MS, id, |cx, id| {
        let gone = cx.region_mut().transit_attachments.read_mut().and_then(|all| all.get_mut(id));
        if let Some(attachment) = gone.filter(|attachment| attachment.association == "disassociating") {
            attachment.table = None;
            attachment.association = String::new();
        }
    });
    Ok(Out::<ec2::DisassociateTransitGatewayRouteTable>::builder().association(association).build())
}
