//! The calls of step 570.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_ec2::operation::modify_vpc_endpoint::builders::ModifyVpcEndpointFluentBuilder as Modify;
use aws_sdk_ec2::types::{
    DnsOptionsSpecification, Filter, NetworkInterface, ResourceType, SubnetConfiguration, Tag,
    TagSpecification, VpcEndpoint,
};

use super::body::{Body, Policy, full_access, resolved};
use crate::account::{Endpoint, EndpointDns};
use crate::aws::{Aws, AwsError, Kind, lists, unless_gone};
use crate::collect::ec2::endpoints;
use crate::step::{StepError, Target, alias};

/// How long another change of the same endpoint may be under way: AWS takes one at a time.
const BUSY_WITHIN: Duration = Duration::from_secs(120);
/// How long a deleted endpoint may take to be gone.
const GONE_WITHIN: Duration = Duration::from_secs(600);
/// How long a policy that AWS took may take to show.
const SHOWS_POLICY_WITHIN: Duration = Duration::from_secs(20);
/// How long the interfaces of a new endpoint may take to show.
const SHOWS_WITHIN: Duration = Duration::from_secs(120);

fn after(aws: &Aws, within: Duration) -> u64 {
    aws.clock().now_ms().saturating_add(u64::try_from(within.as_millis()).unwrap_or(u64::MAX))
}

/// The endpoint as it is.
async fn current(aws: &Aws, at: &Target) -> Result<Option<Endpoint>, AwsError> {
    let current = aws.names().current(&at.id);
    let list = aws.ec2(at.region_name()).describe_vpc_endpoints().vpc_endpoint_ids(&current);
    let mut pages = lists::Pages::new(aws, list);
    while let Some(page) = unless_gone(pages.next().await)?.flatten() {
        let mut found = page.vpc_endpoints.unwrap_or_default().into_iter().filter_map(endpoints::endpoint);
        if let Some((_, endpoint)) = found.find(|(id, _)| *id == current) {
            return Ok(Some(endpoint));
        }
    }
    Ok(None)
}

fn gone(at: &Target) -> StepError {
    StepError::State(format!("{} is not there any more", at.id))
}

/// A change of the endpoint under the id that it has now.
fn change(aws: &Aws, at: &Target) -> Modify {
    aws.ec2(at.region_name()).modify_vpc_endpoint().vpc_endpoint_id(aws.names().current(&at.id))
}

/// Sends a change; again while AWS says that it is at another one, which is safe after a refusal.
async fn send(aws: &Aws, modify: Modify) -> Result<(), StepError> {
    let deadline = after(aws, BUSY_WITHIN);
    loop {
        match modify.clone().send().await.map_err(AwsError::from) {
            Ok(_) => return Ok(()),
            // Seen: https://github.com/hashicorp/terraform-provider-aws/pull/48364
            Err(error)
                if (error.is("OperationInProgress") || error.is("IncorrectState"))
                    && aws.clock().now_ms() < deadline =>
            {
                aws.clock().wait(Duration::from_secs(5)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

pub(super) async fn set_policy(aws: &Aws, at: &Target, policy: &Policy) -> Result<(), StepError> {
    let now = current(aws, at).await?.ok_or_else(|| gone(at))?;
    if !policy.same_meaning(now.policy.as_deref()) {
        let text = |text: String| change(aws, at).policy_document(text);
        match policy {
            Policy::FullAccess => match send(aws, change(aws, at).reset_policy(true)).await {
                // AWS's model documents the reset for gateway endpoints alone.
                Err(StepError::Aws(error)) if now.kind == "Interface" && takes_no_reset(&error) => {
                    send(aws, text(full_access().to_string())).await?;
                }
                answer => answer?,
            },
            Policy::DenyAll | Policy::Own(_) => send(aws, text(policy.text())).await?,
        }
    }
    remember_form(aws, at, policy).await
}

/// Says whether AWS refused the reset itself. To write the text after a reset that was taken does no harm.
fn takes_no_reset(error: &AwsError) -> bool {
    let of_parameter = error.code.as_deref().is_some_and(|code| code.starts_with("InvalidParameter"));
    of_parameter || error.kind == Kind::Refused
}

/// Records the form in which AWS gives a policy back that has the same meaning as the one that was there
/// before: from then on the one stands for the other.
async fn remember_form(aws: &Aws, at: &Target, policy: &Policy) -> Result<(), StepError> {
    if *policy == Policy::DenyAll {
        return Ok(());
    }
    let deadline = after(aws, SHOWS_POLICY_WITHIN);
    loop {
        let Some(now) = current(aws, at).await? else { return Ok(()) };
        if policy.same_meaning(now.policy.as_deref()) {
            let shown = now.policy.clone().filter(|_| Policy::of(&now, aws.names()) != *policy);
            return shown.map_or(Ok(()), |shown| Ok(aws.created(&alias(&policy.text()), &shown)?));
        }
        if aws.clock().now_ms() >= deadline {
            return Ok(());
        }
        aws.clock().wait(Duration::from_secs(1)).await;
    }
}

pub(super) async fn set_tables(aws: &Aws, at: &Target, to: &BTreeSet<String>) -> Result<(), StepError> {
    let now = current(aws, at).await?.ok_or_else(|| gone(at))?.route_tables;
    let to: BTreeSet<String> = resolved(to, aws.names()).map_err(StepError::State)?.into_iter().collect();
    if now == to {
        return Ok(());
    }
    let some = |ids: BTreeSet<String>| Some(Vec::from_iter(ids)).filter(|ids| !ids.is_empty());
    let modify = change(aws, at).set_add_route_table_ids(some(&to - &now));
    send(aws, modify.set_remove_route_table_ids(some(&now - &to))).await
}

/// Deletes it. The call answers 200 and lists what failed.
pub(super) async fn delete(aws: &Aws, at: &Target) -> Result<(), StepError> {
    if current(aws, at).await?.is_none_or(|endpoint| endpoint.state == "deleting") {
        return Ok(());
    }
    let id = aws.names().current(&at.id);
    let answer = aws.ec2(at.region_name()).delete_vpc_endpoints().vpc_endpoint_ids(&id).send().await?;
    let failed = answer.unsuccessful.unwrap_or_default().into_iter().find_map(|item| item.error);
    match failed {
        None => Ok(()),
        Some(error) if error.code().is_some_and(|code| code.ends_with(".NotFound")) => Ok(()),
        Some(error) => {
            let (code, message) = (error.code().unwrap_or("error"), error.message().unwrap_or_default());
            Err(StepError::State(format!("ec2:DeleteVpcEndpoints: {code}: {message}")))
        }
    }
}

/// Makes the endpoint again. The client token is the same for every attempt: a run that died before
/// it recorded the new id is answered with what it made then.
///
/// <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html>
pub(super) async fn create(aws: &Aws, at: &Target, to: &Body) -> Result<(), StepError> {
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
async fn alias_interfaces(aws: &Aws, at: &Target, to: &Body, made: &VpcEndpoint) -> Result<(), StepError> {
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
