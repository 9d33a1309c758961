//! Virtual private gateways and transit gateway attachments: `way = "detach"`.

use std::time::Duration;

use super::{GATEWAY, STEP, State, TRANSIT};
use crate::account::{Account, Region, Seen, TransitAttachment, VpnGateway};
use crate::aws::{Aws, AwsError, lists, unless_gone};
use crate::collect::ec2::links::{transit_attachment, vpn_gateway};
use crate::step::{Case, Found, Item, Now, StepError, Target, Verdict, fallback};
use crate::steps::routes::{self, keeps};

/// How long what is on its way is waited for.
const PATIENCE: Duration = Duration::from_mins(10);

/// Gateways after their propagation and routes, which AWS changes only while they are attached.
pub(super) fn items(found: &mut Found, region: &str, here: &Region, case: &Case) {
    for (id, gateway) in here.vpn_gateways.items() {
        let at = Target::new(GATEWAY, id).region(region).named(&gateway.tags);
        let mut item = match &gateway.vpc {
            Some(vpc) if case.scope.has_vpc(here, vpc) => Item::new(at.vpc(vpc)),
            None if case.scope.is_whole() => Item::new(at),
            _ => continue,
        };
        item.rank = fallback::AFTER_ROUTES;
        found.item(item.tags(&gateway.tags));
    }
    for (id, attachment) in here.transit_attachments.items() {
        let vpc = Some(&attachment.resource).filter(|_| attachment.kind == "vpc");
        if case.scope.is_whole() || vpc.is_some_and(|vpc| case.scope.has_vpc(here, vpc)) {
            let at = Target::new(TRANSIT, id).region(region).named(&attachment.tags);
            found.item(Item::new(at).tags(&attachment.tags));
        }
    }
}

fn is_attached(gateway: &VpnGateway) -> Now<State> {
    let state = |vpc: Option<&String>| State::Attachment(vpc.cloned());
    match gateway.attachment.as_str() {
        "detaching" => Now::Settling(state(None)),
        "attaching" => Now::Settling(state(gateway.vpc.as_ref())),
        _ => Now::Is(state(gateway.vpc.as_ref())),
    }
}

fn is_associated(attachment: &TransitAttachment) -> Now<State> {
    let state = |table: Option<&String>| State::Association(table.cloned());
    match attachment.association.as_str() {
        "disassociating" => Now::Settling(state(None)),
        "associating" => Now::Settling(state(attachment.table.as_ref())),
        _ => Now::Is(state(attachment.table.as_ref())),
    }
}

pub(super) fn attachment(at: &Target, here: &Region) -> Now<State> {
    match &here.vpn_gateways {
        Seen::Read(gateways) => gateways.get(&at.id).map_or(Now::Vanished, is_attached),
        Seen::Gap(gap) => Now::Unknown(gap.clone()),
    }
}

pub(super) fn association(at: &Target, here: &Region) -> Now<State> {
    match &here.transit_attachments {
        Seen::Read(attachments) => attachments.get(&at.id).map_or(Now::Vanished, is_associated),
        Seen::Gap(gap) => Now::Unknown(gap.clone()),
    }
}

/// A kept CIDR that a link ending at this gateway may carry. Of a virtual private gateway the route
/// tables tell; of any other end nothing does, and each kept CIDR counts.
pub(super) fn kept(gateway: Option<&str>, here: &Region, case: &Case) -> Option<String> {
    match gateway.filter(|gateway| gateway.starts_with("vgw-") || gateway.starts_with("tgw-")) {
        Some(gateway) => here
            .route_tables
            .items()
            .find_map(|(_, table)| routes::kept(here, table, &case.scope, |route| route.target == gateway)),
        None => case.scope.keep_cidrs.first().filter(|_| !case.scope.lose_my_path).cloned(),
    }
}

pub(super) fn contain(
    now: &State,
    at: &Target,
    here: &Region,
    account: &Account,
    case: &Case,
) -> Verdict<State> {
    if let State::Attachment(_) = now {
        return match kept(Some(&at.id), here, case) {
            Some(cidr) => Verdict::Refuse(keeps(STEP, &cidr)),
            None => Verdict::Change(State::Attachment(None)),
        };
    }
    let Some(known) = here.transit_attachments.item(&at.id) else {
        return Verdict::Refuse("its Region was not read".into());
    };
    if let Some(why) = owned_elsewhere(known, account) {
        return Verdict::Refuse(why);
    }
    if *now == State::Association(None) {
        return Verdict::Already;
    }
    let gateway = Some(known.gateway.as_str()).filter(|_| known.kind == "vpc");
    match kept(gateway, here, case) {
        Some(cidr) => Verdict::Refuse(keeps(STEP, &cidr)),
        None => Verdict::Change(State::Association(None)),
    }
}

/// Only the owner of a transit gateway changes its associations, and only what is its own.
fn owned_elsewhere(attachment: &TransitAttachment, account: &Account) -> Option<String> {
    let (gateway, owner) = (&attachment.gateway, &attachment.gateway_owner);
    if *owner != account.id {
        return Some(format!("{gateway} belongs to {owner}: only its owner can take the route table away"));
    }
    let (resource, owner) = (&attachment.resource, &attachment.resource_owner);
    (*owner != account.id).then(|| format!("{resource} behind it belongs to {owner}"))
}

pub(super) async fn propagate(aws: &Aws, at: &Target, on: bool) -> Result<(), StepError> {
    let (table, gateway) = at.parts();
    let ec2 = aws.ec2(at.region_name());
    if on {
        let enable = ec2.enable_vgw_route_propagation().route_table_id(table).gateway_id(gateway);
        enable.send().await?;
    } else {
        let disable = ec2.disable_vgw_route_propagation().route_table_id(table).gateway_id(gateway);
        disable.send().await?;
    }
    Ok(())
}

/// What the engine sees as settling, a write that turns it around has to wait for.
async fn settled<T, F>(
    aws: &Aws,
    look: impl Fn() -> F,
    state: fn(&T) -> Now<State>,
) -> Result<State, StepError>
where
    F: Future<Output = Result<Option<T>, AwsError>>,
{
    let until = aws.clock().now_ms() + u64::try_from(PATIENCE.as_millis()).unwrap_or(u64::MAX);
    loop {
        match look().await?.as_ref().map(state) {
            Some(Now::Is(state)) => return Ok(state),
            Some(Now::Settling(state)) if aws.clock().now_ms() >= until => return Ok(state),
            Some(Now::Settling(_)) => aws.clock().wait(Duration::from_secs(5)).await,
            _ => return Err(StepError::State("it is not there any more".into())),
        }
    }
}

/// Detaches the gateway, or attaches it again once it is detached.
pub(super) async fn attach(aws: &Aws, at: &Target, from: &State, to: Option<&str>) -> Result<(), StepError> {
    let ec2 = aws.ec2(at.region_name());
    let look = || async {
        let list = ec2.describe_vpn_gateways().vpn_gateway_ids(&at.id).send().await?;
        let gateway = list.vpn_gateways.unwrap_or_default().into_iter().find_map(vpn_gateway);
        Ok(gateway.map(|(_, gateway)| gateway))
    };
    let now = settled(aws, look, is_attached).await?;
    match (&now, from, to) {
        (State::Attachment(None), _, Some(vpc)) => {
            drop(ec2.attach_vpn_gateway().vpn_gateway_id(&at.id).vpc_id(vpc).send().await?);
        }
        (State::Attachment(Some(vpc)), State::Attachment(Some(from)), None) if vpc == from => {
            drop(ec2.detach_vpn_gateway().vpn_gateway_id(&at.id).vpc_id(vpc).send().await?);
        }
        _ => {}
    }
    Ok(())
}

/// Takes the route table from the attachment, or gives it back once it is gone.
pub(super) async fn associate(aws: &Aws, at: &Target, to: Option<&str>) -> Result<(), StepError> {
    let ec2 = aws.ec2(at.region_name());
    let look = || async {
        let list = ec2.describe_transit_gateway_attachments().transit_gateway_attachment_ids(&at.id);
        let mut pages = lists::Pages::new(aws, list);
        while let Some(page) = unless_gone(pages.next().await)?.flatten() {
            let mut found = page.transit_gateway_attachments.unwrap_or_default().into_iter();
            if let Some((_, attachment)) =
                found.find_map(|each| transit_attachment(each).filter(|(id, _)| *id == at.id))
            {
                return Ok(Some(attachment));
            }
        }
        Ok(None)
    };
    match (settled(aws, look, is_associated).await?, to) {
        (State::Association(None), Some(table)) => {
            let give = ec2.associate_transit_gateway_route_table().transit_gateway_attachment_id(&at.id);
            give.transit_gateway_route_table_id(table).send().await?;
        }
        (State::Association(Some(table)), None) => {
            let take = ec2.disassociate_transit_gateway_route_table().transit_gateway_attachment_id(&at.id);
            take.transit_gateway_route_table_id(table).send().await?;
        }
        _ => {}
    }
    Ok(())
}
