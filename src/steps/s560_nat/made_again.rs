//! A NAT gateway made again: it waits until the old one lets its addresses go, creates, and records the new
//! ids.

use std::time::Duration;

use aws_sdk_ec2::types::{
    ConnectivityType, NatGateway as Raw, NatGatewayState, ResourceType, Tag, TagSpecification,
};

use super::body::{NatBody, body, differing, moved};
use crate::account::NatAddress;
use crate::aws::{Aws, AwsError, lists, unless_gone};
use crate::collect::ec2::nat::gateway as from_aws;
use crate::step::{StepError, Target, alias};

/// How long a gateway that is deleted may hold its Elastic IP addresses.
const LETS_GO_WITHIN: Duration = Duration::from_secs(300);
/// How soon AWS shows the interface of a new gateway.
const SHOWS_WITHIN: Duration = Duration::from_secs(120);

/// The gateway as AWS shows it now; `None` where it is not listed, or no longer.
pub(super) async fn read(aws: &Aws, at: &Target, id: &str) -> Result<Option<Raw>, AwsError> {
    let list = aws.ec2(at.region_name()).describe_nat_gateways().nat_gateway_ids(id);
    let mut pages = lists::Pages::new(aws, list);
    let mut found = None;
    while let Some(page) = unless_gone(pages.next().await)?.flatten() {
        let mut gateways = page.nat_gateways.unwrap_or_default().into_iter();
        found = found.or_else(|| gateways.find(|gateway| gateway.nat_gateway_id.as_deref() == Some(id)));
    }
    Ok(found.filter(|gateway| gateway.state != Some(NatGatewayState::Deleted)))
}

/// Waits for something of a gateway, as long as it is worth waiting.
async fn until<T>(
    aws: &Aws,
    at: &Target,
    id: &str,
    within: Duration,
    done: impl Fn(Option<Raw>) -> Option<T>,
) -> Result<Option<T>, StepError> {
    let began = aws.clock().now_ms();
    let mut pause = Duration::from_secs(1);
    loop {
        if let Some(done) = done(read(aws, at, id).await?) {
            return Ok(Some(done));
        }
        if u128::from(aws.clock().now_ms().saturating_sub(began)) >= within.as_millis() {
            return Ok(None);
        }
        aws.clock().wait(pause).await;
        pause = (pause * 2).min(Duration::from_secs(15));
    }
}

/// Makes the gateway again, unless it is there; then records its new ids.
pub(super) async fn make(aws: &Aws, at: &Target, body: &NatBody) -> Result<(), StepError> {
    let current = aws.names().current(&at.id);
    let gone = |gateway: Option<Raw>| match gateway.and_then(|gateway| gateway.state) {
        Some(NatGatewayState::Deleting) => None,
        None | Some(NatGatewayState::Failed) => Some(true),
        Some(_) => Some(false),
    };
    let gone = until(aws, at, &current, LETS_GO_WITHIN, gone).await?;
    let gone = gone.ok_or_else(|| StepError::State(format!("{current} still holds its addresses")))?;
    let id = if gone { create(aws, at, body, &current).await? } else { current };
    if id != at.id {
        record(aws, at, body, &id).await?;
    }
    Ok(())
}

/// Creates it under a token, which makes it once: a process that died between AWS's answer and its
/// record is told the same id again.
async fn create(aws: &Aws, at: &Target, body: &NatBody, current: &str) -> Result<String, StepError> {
    let mut answer = send(aws, at, body, current, Same::All).await;
    // Somebody has one of its private addresses by now: AWS picks another.
    for fewer in [Same::Secondary, Same::None] {
        answer = match answer {
            Err(error) if error.is("InvalidIPAddress.InUse") => send(aws, at, body, current, fewer).await,
            answer => answer,
        };
    }
    let id = answer?;
    let id = id.ok_or_else(|| StepError::State("AWS gave the new NAT gateway no id".into()))?;
    aws.created(&alias(&at.id), &id)?;
    Ok(id)
}

/// Which private addresses are asked for again.
#[derive(Clone, Copy, PartialEq)]
enum Same {
    All,
    Secondary,
    None,
}

async fn send(
    aws: &Aws,
    at: &Target,
    body: &NatBody,
    current: &str,
    same: Same,
) -> Result<Option<String>, AwsError> {
    let (primary, others) = body.split();
    let list = |of: fn(&NatAddress) -> Option<String>| {
        let all: Vec<String> = others.iter().filter_map(|address| of(address)).collect();
        (!all.is_empty()).then_some(all)
    };
    let tags = body.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    let tags = TagSpecification::builder()
        .resource_type(ResourceType::Natgateway)
        .set_tags(Some(tags.collect()))
        .build();
    let attempt = match same {
        Same::All => "",
        Same::Secondary => "-ip",
        Same::None => "-ips",
    };
    let token = format!("{}-{current}{attempt}", aws.run());
    let create = aws
        .ec2(at.region_name())
        .create_nat_gateway()
        .client_token(token)
        .set_subnet_id(body.subnet.clone())
        .connectivity_type(ConnectivityType::from(body.connectivity.as_str()))
        .set_allocation_id(primary.and_then(|address| address.allocation.clone()))
        .set_secondary_allocation_ids(list(|address| address.allocation.clone()))
        .set_private_ip_address(
            primary.filter(|_| same == Same::All).and_then(|address| address.private_ip.clone()),
        )
        .set_secondary_private_ip_addresses(list(|a| a.private_ip.clone()).filter(|_| same != Same::None))
        .set_tag_specifications((!body.tags.is_empty()).then(|| vec![tags]));
    let answer = create.send().await?;
    Ok(answer.nat_gateway.and_then(|gateway| gateway.nat_gateway_id))
}

/// Records the ids of the new interface, and of private addresses that had to change: what refers to
/// the old ones follows.
async fn record(aws: &Aws, at: &Target, was: &NatBody, id: &str) -> Result<(), StepError> {
    let connected = |gateway: Option<Raw>| {
        let gateway = gateway?;
        let failed = gateway.state == Some(NatGatewayState::Failed);
        let why = gateway.failure_code.clone().unwrap_or_default();
        let (_, now) = from_aws(gateway)?;
        if failed {
            return Some(Err(why));
        }
        let ready = |address: &NatAddress| address.interface.is_some() && address.private_ip.is_some();
        (!now.addresses.is_empty() && now.addresses.iter().all(ready)).then_some(Ok(now))
    };
    let now = match until(aws, at, id, SHOWS_WITHIN, connected).await? {
        Some(Ok(now)) => now,
        Some(Err(why)) => return Err(StepError::State(format!("AWS could not make {id}: {why}"))),
        None => return Err(StepError::State(format!("the interface of {id} does not show up"))),
    };
    for was in &was.addresses {
        let is_it = |new: &&NatAddress| match &was.allocation {
            Some(_) => new.allocation == was.allocation,
            None => new.primary == was.primary && (was.primary || new.private_ip == was.private_ip),
        };
        let Some(new) = now.addresses.iter().find(is_it) else { continue };
        if let (Some(was), Some(new)) = (&was.interface, &new.interface)
            && was != new
            && aws.names().current(was) != *new
        {
            aws.created(&alias(was), new)?;
        }
        if let (Some(was), Some(new)) = (&was.private_ip, &new.private_ip)
            && was != new
            && aws.names().id(&moved(&at.id, was)).as_ref() != Some(new)
        {
            aws.created(&moved(&at.id, was), new)?;
        }
    }
    // It is there and serves; what differs is said now, not after minutes of waiting for it.
    match differing(was, &body(&at.id, id, &now, aws.names())) {
        Some(what) => Err(StepError::State(format!("{id} is not what {} was: {what}", at.id))),
        None => Ok(()),
    }
}
