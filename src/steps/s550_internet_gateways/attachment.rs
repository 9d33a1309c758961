//! The attachment of an internet gateway to a VPC. AWS refuses to end it while a public IPv4 address is
//! mapped in the VPC, whoever's interface it leads to.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{AttachmentStatus, InternetGatewayAttachment};

use super::{keeps, mapping, unmaps};
use crate::account::{NatAddress, NatGateway, Region, Section};
use crate::step::{Lens, Look, Now, Reason, StepError, Verdict, Write, count};

pub(super) struct Attachment;

impl Lens for Attachment {
    /// The VPC that it is attached to.
    type State = Option<String>;
    const KIND: &'static str = "internet-gateway";
    const NEEDS: &'static [Section] = &[Section::InternetGateways];

    fn state(&self, look: &Look<'_>) -> Now<Option<String>> {
        look.in_region(|here| {
            Now::of_item(&here.internet_gateways, &look.at.id, |gateway| Now::Is(gateway.vpc.clone()))
        })
    }

    fn contain(&self, vpc: &Option<String>, look: &Look<'_>) -> Verdict<Option<String>> {
        let Some(here) = look.region() else { return Verdict::Refuse("its Region was not read".into()) };
        match vpc {
            Some(vpc) => Verdict::unless(obstacle(vpc, here, look), None),
            None => Verdict::Already,
        }
    }

    fn show(&self, vpc: &Option<String>) -> String {
        vpc.as_ref().map_or_else(|| "detached".into(), |vpc| format!("attached to {vpc}"))
    }

    async fn write(&self, write: Write<'_, Option<String>>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let ec2 = aws.ec2(at.region_name());
        let answer = ec2.describe_internet_gateways().internet_gateway_ids(&at.id).send().await?;
        let gateways = answer.internet_gateways.unwrap_or_default().into_iter();
        let now = gateways.flat_map(|gateway| gateway.attachments.unwrap_or_default()).find_map(holds);
        match (now, to) {
            (None, None) => {}
            (Some(now), Some(to)) if now == *to => {}
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
}

/// The VPC that an attachment is to, while it holds.
fn holds(attachment: InternetGatewayAttachment) -> Option<String> {
    let over = matches!(attachment.state, Some(AttachmentStatus::Detached | AttachmentStatus::Detaching));
    attachment.vpc_id.filter(|_| !over)
}

/// Why the gateway stays attached to its VPC.
fn obstacle(vpc: &str, here: &Region, look: &Look<'_>) -> Option<Reason> {
    let Look { at, account, case } = *look;
    if let Some(owner) = here.internet_gateways.item(&at.id).map(|g| &g.owner).filter(|o| **o != account.id) {
        return Some(format!("belongs to {owner}"));
    }
    if !case.scope.has_vpc(here, vpc) {
        return Some(format!("only a part of {vpc} is in scope, and it serves all of it"));
    }
    if here.interfaces.read().is_none() {
        return Some("its interfaces could not be read: nobody knows what is mapped".into());
    }
    let mut stay = mapped(here, vpc);
    if unmaps(&case.params) {
        let on = here.addresses.items().map(|(_, address)| address).filter(|a| a.interface.is_some());
        for address in on.filter(|address| mapping::obstacle(address, here, look).is_none()) {
            stay.remove(&address.public_ip);
        }
    }
    if !stay.is_empty() {
        let mapped = count(stay.len(), "public address");
        return Some(format!("AWS refuses: {mapped} mapped; 590 and 530 hold it"));
    }
    // With no IPv4 address mapped the gateway carries IPv6 alone.
    keeps::ipv6(here, vpc, case, |route| route.target == at.id)
}

/// Returns the public addresses that are mapped in a VPC, whoever's interface they lead to. Those of a
/// regional NAT gateway may lead to none that AWS shows.
pub(super) fn mapped(here: &Region, vpc: &str) -> BTreeSet<String> {
    let interfaces = here.interfaces.items().filter(|(_, interface)| interface.vpc == vpc);
    let on_interfaces =
        interfaces.flat_map(|(_, i)| i.public_ip.iter().chain(i.secondary.values().flatten()));
    let of_nat = nat_addresses(here, vpc).filter_map(|address| address.public_ip.as_ref());
    on_interfaces.chain(of_nat).cloned().collect()
}

/// Returns the addresses of the regional NAT gateways of a VPC.
pub(super) fn nat_addresses<'a>(here: &'a Region, vpc: &'a str) -> impl Iterator<Item = &'a NatAddress> {
    let gateways = here.nat_gateways.items().map(|(_, gateway)| gateway);
    let regional = |gateway: &NatGateway| gateway.availability == "regional" && gateway.state != "failed";
    gateways.filter(move |gateway| gateway.vpc == vpc && regional(gateway)).flat_map(|g| &g.addresses)
}
