//! Making an endpoint again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_ec2::types::{
    DnsOptionsSpecification, Filter, NetworkInterface, ResourceType, SubnetConfiguration, Tag,
    TagSpecification, VpcEndpoint,
};

use super::body::EndpointBody;
use super::modify::{after, current};
use super::named::resolved;
use super::policy::{Policy, remember_form};
use crate::account::EndpointDns;
use crate::aws::{Aws, lists};
use crate::step::{StepError, Target, alias};

/// How long a deleted endpoint may take to be gone.
const GONE_WITHIN: Duration = Duration::from_secs(600);
/// How long the interfaces of a new endpoint may take to show.
const SHOWS_WITHIN: Duration = Duration::from_secs(120);

/// Makes the endpoint again. The client token is the same for every attempt: a run that died before
/// it recorded the new id is answered with what it made then.
///
/// <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html>
pub(super) async fn create(aws: &Aws, at: &Target, to: &EndpointBody) -> Result<(), StepError> {
    let deadline = after(aws, GONE_WITHIN);
    // One that is leaving holds its addresses and its private name until it is gone.
    while let Some(there) = current(aws, at).await? {
        if there.state != "deleting" {
            return Ok(());
        }
        if aws.clock().now_ms() >= deadline {
            return Err(StepError::State(format!("AWS is still deleting {}", at.id)));
        }
        aws.clock().wait(Duration::from_secs(10)).await;
    }
    let list = |ids: &BTreeSet<String>| resolved(ids, aws.names()).map_err(StepError::State);
    let policy = match &to.policy {
        // What AWS gives an endpoint that is given none.
        Policy::FullAccess => None,
        Policy::DenyAll | Policy::Own(_) => Some(to.policy.text()),
    };
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    let tags = TagSpecification::builder()
        .resource_type(ResourceType::VpcEndpoint)
        .set_tags(Some(to.tags.iter().map(tag).collect()))
        .build();
    let places = to.interfaces.values().map(|place| {
        SubnetConfiguration::builder()
            .subnet_id(&place.subnet)
            .set_ipv4(place.ipv4.clone())
            .set_ipv6(place.ipv6.clone())
            .build()
    });
    let some = |ids: Vec<String>| Some(ids).filter(|ids| !ids.is_empty());
    let create = aws
        .ec2(at.region_name())
        .create_vpc_endpoint()
        .client_token(token(aws, at))
        .vpc_id(&to.vpc)
        .vpc_endpoint_type(to.kind.as_str().into())
        .service_name(&to.service)
        .set_policy_document(policy)
        .set_route_table_ids(some(list(&to.route_tables)?))
        .set_subnet_ids(some(to.subnets.iter().cloned().collect()))
        .set_security_group_ids(some(list(&to.groups)?))
        .set_subnet_configurations(Some(places.collect()).filter(|list: &Vec<_>| !list.is_empty()))
        .set_private_dns_enabled((to.kind == "Interface").then_some(to.private_dns))
        .set_ip_address_type(to.ip_address_type.as_deref().map(Into::into))
        .set_dns_options(dns(&to.dns))
        .set_service_region(to.service_region.clone())
        .set_tag_specifications((!to.tags.is_empty()).then(|| vec![tags]));
    let made = create.send().await?.vpc_endpoint;
    let made = made.ok_or_else(|| StepError::State("AWS answered without the new endpoint".into()))?;
    let Some(id) = made.vpc_endpoint_id.clone() else {
        return Err(StepError::State("AWS gave the new endpoint no id".into()));
    };
    // The endpoint last: once it has its alias, it counts as made again.
    alias_interfaces(aws, at, to, &made).await?;
    aws.created(&alias(&at.id), &id)?;
    remember_form(aws, at, &to.policy).await
}

/// 64 characters at most, and another one once the endpoint has been made again and cut again.
fn token(aws: &Aws, at: &Target) -> String {
    let token = format!("{}-{}", aws.names().current(&at.id), aws.run());
    token.chars().take(64).collect()
}

fn dns(dns: &EndpointDns) -> Option<DnsOptionsSpecification> {
    let domains: Vec<String> = dns.private_domains.iter().cloned().collect();
    (*dns != EndpointDns::default()).then(|| {
        DnsOptionsSpecification::builder()
            .set_dns_record_ip_type(dns.records.as_deref().map(Into::into))
            .set_private_dns_only_for_inbound_resolver_endpoint(dns.private_only_for_inbound_resolver)
            .set_private_dns_preference(dns.private_preference.clone())
            .set_private_dns_specified_domains(Some(domains).filter(|domains| !domains.is_empty()))
            .build()
    })
}

/// Records the new interfaces under the old ones' ids: an endpoint has one in a subnet.
async fn alias_interfaces(
    aws: &Aws,
    at: &Target,
    to: &EndpointBody,
    made: &VpcEndpoint,
) -> Result<(), StepError> {
    let ids = made.network_interface_ids().to_vec();
    if ids.is_empty() || to.interfaces.is_empty() {
        return Ok(());
    }
    let deadline = after(aws, SHOWS_WITHIN);
    let filter = Filter::builder().name("network-interface-id").set_values(Some(ids.clone())).build();
    let list = aws.ec2(at.region_name()).describe_network_interfaces().filters(filter);
    let list = list.include_managed_resources(true).max_results(1_000);
    let by_subnet = loop {
        let made = |eni: NetworkInterface| {
            Some((eni.subnet_id?, eni.network_interface_id.filter(|id| ids.contains(id))?))
        };
        let found: BTreeMap<String, String> = lists::all(aws, list.clone(), made).await?;
        if found.len() >= ids.len() || aws.clock().now_ms() >= deadline {
            break found;
        }
        aws.clock().wait(Duration::from_secs(2)).await;
    };
    for (old, place) in &to.interfaces {
        if let Some(new) = by_subnet.get(&place.subnet) {
            aws.created(&alias(old), new)?;
        }
    }
    Ok(())
}
