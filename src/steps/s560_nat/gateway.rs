//! A NAT gateway as a whole: what it is made of, deleting it, making it again.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ec2::types::{
    ConnectivityType, NatGateway as Raw, NatGatewayState, ResourceType, Tag, TagSpecification,
};
use serde::{Deserialize, Serialize};

use super::State;
use crate::account::{NatAddress, NatGateway, Region, Seen, Tags};
use crate::aws::{Aws, AwsError, lists, unless_gone};
use crate::collect::ec2::nat::gateway as from_aws;
use crate::step::{Names, Now, StepError, Target, alias, created, routes};

/// All that a zonal NAT gateway is made of, under the ids that it had when the run began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    subnet: Option<String>,
    connectivity: String,
    addresses: BTreeSet<NatAddress>,
    tags: Tags,
}

impl Body {
    /// As it is between making it again and recording the id of its new interface.
    pub(super) fn without_interfaces(&self) -> Body {
        let bare = |address: &NatAddress| NatAddress { interface: None, ..address.clone() };
        Body { addresses: self.addresses.iter().map(bare).collect(), ..self.clone() }
    }

    pub(super) fn show(&self) -> String {
        let public = self.addresses.iter().filter_map(|address| address.public_ip.as_deref());
        let public: Vec<&str> = public.collect();
        match (&self.subnet, public.is_empty()) {
            (Some(subnet), false) => format!("{} in {subnet}, {}", self.connectivity, public.join(", ")),
            (Some(subnet), true) => format!("{} in {subnet}", self.connectivity),
            (None, _) => self.connectivity.clone(),
        }
    }

    /// The primary address, if it has one, and the others in order.
    fn split(&self) -> (Option<&NatAddress>, Vec<&NatAddress>) {
        let primary = self.addresses.iter().find(|address| address.primary);
        (primary, self.addresses.iter().filter(|address| !address.primary).collect())
    }
}

/// The name under which the address is kept that AWS gave where the old one was taken.
fn moved(gateway: &str, private_ip: &str) -> String {
    format!("nat-address/{gateway}/{private_ip}")
}

fn body(old: &str, id: &str, gateway: &NatGateway, names: &Names) -> Body {
    let recreated = old != id;
    let all = names.all();
    let prefix = moved(old, "");
    let was = |ip: &String| {
        let name = all.iter().find(|(name, now)| name.starts_with(&prefix) && *now == ip)?.0;
        name.strip_prefix(&prefix).map(str::to_owned)
    };
    let address = |address: &NatAddress| {
        let interface = address.interface.as_ref().map(|now| (now, names.original(now)));
        NatAddress {
            // Until its id is recorded, a new interface stands for none of before.
            interface: interface.and_then(|(now, was)| (!recreated || *now != was).then_some(was)),
            private_ip: address.private_ip.as_ref().map(|ip| was(ip).unwrap_or_else(|| ip.clone())),
            ..address.clone()
        }
    };
    Body {
        subnet: gateway.subnet.clone(),
        connectivity: gateway.connectivity.clone(),
        addresses: gateway.addresses.iter().map(address).collect(),
        tags: created::given_again(&gateway.tags),
    }
}

/// What a gateway made again lacks of the old one, or has besides. It will not change by waiting.
fn differing(was: &Body, now: &Body) -> Option<String> {
    let mut differing = vec![];
    if was.subnet != now.subnet || was.connectivity != now.connectivity {
        differing.push(format!("it is {}", now.show()));
    }
    let places = |body: &Body| -> BTreeSet<(Option<String>, Option<String>)> {
        let place = |address: &NatAddress| (address.allocation.clone(), address.private_ip.clone());
        body.addresses.iter().map(place).collect()
    };
    let said = |(allocation, ip): &(Option<String>, Option<String>)| {
        [allocation.as_deref(), ip.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" at ")
    };
    let (was_at, now_at) = (places(was), places(now));
    differing.extend(was_at.difference(&now_at).map(|place| format!("it has no {}", said(place))));
    differing.extend(now_at.difference(&was_at).map(|place| format!("it has {} besides", said(place))));
    let keys: BTreeSet<&String> = was.tags.keys().chain(now.tags.keys()).collect();
    let other = keys.into_iter().filter(|key| was.tags.get(*key) != now.tags.get(*key));
    differing.extend(other.map(|key| format!("its tag {key} is another")));
    (!differing.is_empty()).then(|| differing.join(", "))
}

pub(super) fn state(at: &Target, here: &Region, names: &Names) -> Now<State> {
    let gateways = match &here.nat_gateways {
        Seen::Read(gateways) => gateways,
        Seen::Gap(gap) => return Now::Unknown(gap.clone()),
    };
    let id = names.current(&at.id);
    let Some(gateway) = gateways.get(&id) else { return Now::Is(State::Gateway(None)) };
    match gateway.state.as_str() {
        "available" => Now::Is(State::Gateway(Some(body(&at.id, &id, gateway, names)))),
        // Not yet what it was: a restore that goes on after a crash must wait for it.
        "pending" => {
            Now::Settling(State::Gateway(Some(body(&at.id, &id, gateway, names).without_interfaces())))
        }
        "deleting" => Now::Settling(State::Gateway(None)),
        // A failed one carries nothing, and AWS takes it away within the hour.
        _ => Now::Is(State::Gateway(None)),
    }
}

/// The gateway as AWS shows it now; `None` where it is not listed, or no longer.
async fn read(aws: &Aws, at: &Target, id: &str) -> Result<Option<Raw>, AwsError> {
    let list = aws.ec2(at.region_name()).describe_nat_gateways().nat_gateway_ids(id);
    let mut pages = lists::Pages::new(aws, list);
    let mut found = None;
    while let Some(page) = unless_gone(pages.next().await)?.flatten() {
        let mut gateways = page.nat_gateways.unwrap_or_default().into_iter();
        found = found.or_else(|| gateways.find(|gateway| gateway.nat_gateway_id.as_deref() == Some(id)));
    }
    Ok(found.filter(|gateway| gateway.state != Some(NatGatewayState::Deleted)))
}

pub(super) async fn delete(aws: &Aws, at: &Target) -> Result<(), StepError> {
    let id = aws.names().current(&at.id);
    match read(aws, at, &id).await?.map(|gateway| gateway.state) {
        None | Some(Some(NatGatewayState::Deleting | NatGatewayState::Failed)) => return Ok(()),
        Some(_) => {}
    }
    routes::none_lead_to(aws, at, &id).await?;
    let delete = aws.ec2(at.region_name()).delete_nat_gateway().nat_gateway_id(&id);
    match delete.send().await.map_err(AwsError::from) {
        Err(error) if !error.is("NatGatewayNotFound") => Err(error.into()),
        _ => Ok(()),
    }
}

/// How long a gateway that is deleted may hold its Elastic IP addresses.
const LETS_GO_WITHIN: Duration = Duration::from_secs(300);
/// How soon AWS shows the interface of a new gateway.
const SHOWS_WITHIN: Duration = Duration::from_secs(120);

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
pub(super) async fn make(aws: &Aws, at: &Target, body: &Body) -> Result<(), StepError> {
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
async fn create(aws: &Aws, at: &Target, body: &Body, current: &str) -> Result<String, StepError> {
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
    body: &Body,
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
async fn record(aws: &Aws, at: &Target, body: &Body, id: &str) -> Result<(), StepError> {
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
    for was in &body.addresses {
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
    match differing(body, &self::body(&at.id, id, &now, aws.names())) {
        Some(what) => Err(StepError::State(format!("{id} is not what {} was: {what}", at.id))),
        None => Ok(()),
    }
}
