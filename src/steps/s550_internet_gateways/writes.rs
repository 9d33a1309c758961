//! The calls of 550.

use aws_sdk_ec2::types::{AttachmentStatus, InternetGatewayAttachment, ResourceType, Tag, TagSpecification};

use super::{Egress, Place};
use crate::aws::{Aws, AwsError, lists, unless_gone};
use crate::step::{StepError, Target, alias, routes};

/// The VPC that an attachment is to, while it holds.
fn holds(attachment: InternetGatewayAttachment) -> Option<String> {
    let over = matches!(attachment.state, Some(AttachmentStatus::Detached | AttachmentStatus::Detaching));
    attachment.vpc_id.filter(|_| !over)
}

/// Attaches the gateway to a VPC, or detaches it.
pub(super) async fn attach(aws: &Aws, at: &Target, to: Option<&str>) -> Result<(), StepError> {
    let ec2 = aws.ec2(at.region_name());
    let answer = ec2.describe_internet_gateways().internet_gateway_ids(&at.id).send().await?;
    let gateways = answer.internet_gateways.unwrap_or_default().into_iter();
    let now = gateways.flat_map(|gateway| gateway.attachments.unwrap_or_default()).find_map(holds);
    match (now, to) {
        (None, None) => {}
        (Some(now), Some(to)) if now == to => {}
        (Some(now), None) => {
            ec2.detach_internet_gateway().internet_gateway_id(&at.id).vpc_id(now).send().await?;
        }
        (None, Some(to)) => {
            ec2.attach_internet_gateway().internet_gateway_id(&at.id).vpc_id(to).send().await?;
        }
        (Some(now), Some(_)) => return Err(StepError::State(format!("it is attached to {now} by now"))),
    }
    Ok(())
}

/// Leads the address to a place, or takes it off. The id of its association is read now: each has
/// another one.
pub(super) async fn map(aws: &Aws, at: &Target, to: Option<&Place>) -> Result<(), StepError> {
    let ec2 = aws.ec2(at.region_name());
    let answer = unless_gone(ec2.describe_addresses().allocation_ids(&at.id).send().await)?;
    let mut addresses = answer.and_then(|answer| answer.addresses).unwrap_or_default().into_iter();
    let now = addresses.find(|address| address.allocation_id.as_ref() == Some(&at.id));
    let now = now.ok_or_else(|| StepError::State(format!("the address {} is not there any more", at.id)))?;
    match to {
        None => {
            let Some(association) = now.association_id else { return Ok(()) };
            let end = ec2.disassociate_address().association_id(association).send().await;
            match end.map_err(AwsError::from) {
                Err(error) if !error.is("InvalidAssociationID.NotFound") => Err(error.into()),
                _ => Ok(()),
            }
        }
        Some(place) => {
            let interface = aws.names().current(&place.interface);
            if now.network_interface_id.as_ref() == Some(&interface)
                && now.private_ip_address == place.private_ip
            {
                return Ok(());
            }
            ec2.associate_address()
                .allocation_id(&at.id)
                .network_interface_id(interface)
                .set_private_ip_address(place.private_ip.clone())
                // Somebody may have put it to use elsewhere meanwhile.
                .allow_reassociation(false)
                .send()
                .await?;
            Ok(())
        }
    }
}

/// Deletes an egress-only gateway, or makes it again. A token makes it once: a process that died
/// between the answer and its record is told the same id again.
pub(super) async fn egress(aws: &Aws, at: &Target, to: Option<&Egress>) -> Result<(), StepError> {
    let ec2 = aws.ec2(at.region_name());
    let current = aws.names().current(&at.id);
    let there = exists(aws, at, &current).await?;
    match to {
        None if there => {
            routes::none_lead_to(aws, at, &current).await?;
            let delete = ec2.delete_egress_only_internet_gateway().egress_only_internet_gateway_id(&current);
            match delete.send().await.map_err(AwsError::from) {
                Err(error) if !error.is("InvalidGatewayID.NotFound") => Err(error.into()),
                _ => Ok(()),
            }
        }
        Some(gateway) if !there => {
            let tags = gateway.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
            let tags = TagSpecification::builder()
                .resource_type(ResourceType::EgressOnlyInternetGateway)
                .set_tags(Some(tags.collect()))
                .build();
            let create = ec2
                .create_egress_only_internet_gateway()
                .vpc_id(&gateway.vpc)
                .client_token(format!("{}-{current}", aws.run()))
                .set_tag_specifications((!gateway.tags.is_empty()).then(|| vec![tags]));
            let made = create.send().await?.egress_only_internet_gateway;
            let id = made.and_then(|gateway| gateway.egress_only_internet_gateway_id);
            let id = id.ok_or_else(|| StepError::State("AWS gave the new gateway no id".into()))?;
            Ok(aws.created(&alias(&at.id), &id)?)
        }
        _ => Ok(()),
    }
}

async fn exists(aws: &Aws, at: &Target, id: &str) -> Result<bool, AwsError> {
    let list = aws.ec2(at.region_name()).describe_egress_only_internet_gateways().max_results(255);
    let mut pages = lists::Pages::new(aws, list);
    while let Some(page) = pages.next().await? {
        let gateways = page.egress_only_internet_gateways.unwrap_or_default();
        if gateways.iter().any(|gateway| gateway.egress_only_internet_gateway_id.as_deref() == Some(id)) {
            return Ok(true);
        }
    }
    Ok(false)
}
