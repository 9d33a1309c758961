//! EC2: a new VPC endpoint.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types;

use super::{TAKES_MS, answer, check_policy, default_policy, endpoints, interface, route};
use crate::account::{Endpoint, EndpointDns, Interface, Seen};
use crate::aws::operations::ec2;
use crate::sim::ec2::{given, region};
use crate::sim::route::{Cx, In, Out, Refused, Said, refuse};
use crate::sim::world::seen;

/// The account of AWS that makes the interfaces.
pub(super) const REQUESTER: &str = "727180483921";
/// AWS's default quota of interface endpoints in a VPC. It can be raised.
///
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html>
const INTERFACE_ENDPOINTS: usize = 50;

/// A client token that was used before answers what it made then.
///
/// <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html>
pub(super) fn create_vpc_endpoint(
    cx: &mut Cx<'_>,
    input: &In<ec2::CreateVpcEndpoint>,
) -> Said<ec2::CreateVpcEndpoint> {
    let made = input.client_token().and_then(|token| cx.world.tokens.get(token)).cloned();
    if let Some(id) = made
        && let Some(endpoint) = endpoints(cx)?.get(&id)
    {
        return Ok(Out::<ec2::CreateVpcEndpoint>::builder().vpc_endpoint(answer(&id, endpoint)).build());
    }
    let new = wanted(cx, input)?;
    let others = check(cx, &new)?;
    if new.kind == "Interface" {
        cx.counts(format!("interface endpoints of {}", new.vpc), others + 1, INTERFACE_ENDPOINTS);
    }
    let placed = placed(cx, &new, input.subnet_configurations())?;
    let id = cx.new_id("vpce");
    route(cx, &id, &new.service, &new.route_tables)?;
    let mut new = new;
    for (subnet, (ipv4, ipv6)) in placed {
        let eni = cx.new_id("eni");
        let own =
            Interface { private_ip: ipv4, ipv6: ipv6.into_iter().collect(), ..interface(&new, &id, &subnet) };
        new.interfaces.insert(eni.clone());
        if let Seen::Read(interfaces) = &mut cx.region_mut().interfaces {
            interfaces.insert(eni, own);
        }
    }
    if new.kind != "Gateway" {
        cx.later(TAKES_MS, &id, |cx, id| {
            let endpoints = cx.region_mut().endpoints.read_mut();
            if let Some(endpoint) = endpoints.and_then(|endpoints| endpoints.get_mut(id)) {
                "available".clone_into(&mut endpoint.state);
            }
        });
    }
    cx.world.tokens.extend(input.client_token().map(|token| (token.to_owned(), id.clone())));
    let shown = answer(&id, &new);
    endpoints(cx)?.insert(id, new);
    Ok(Out::<ec2::CreateVpcEndpoint>::builder().vpc_endpoint(shown).build())
}

fn wanted(cx: &Cx<'_>, input: &In<ec2::CreateVpcEndpoint>) -> Result<Endpoint, Refused> {
    let kind = input.vpc_endpoint_type().map_or("Gateway", |kind| kind.as_str()).to_owned();
    let service = input.service_name().unwrap_or_default().to_owned();
    let known = region(cx).endpoints.items().map(|(_, endpoint)| endpoint);
    let takes = known.filter(|e| e.service == service).find_map(|endpoint| endpoint.takes_policy);
    let takes = takes.or_else(|| cx.world.endpoints.services.get(&service).copied());
    if let Some(policy) = input.policy_document()
        && policy != default_policy(&kind)
    {
        check_policy(policy, &kind, &service, takes)?;
    }
    let set = |list: &[String]| list.iter().cloned().collect::<BTreeSet<_>>();
    let policy = input.policy_document().unwrap_or_else(|| default_policy(&kind)).to_owned();
    let dns = input.dns_options().map(|dns| EndpointDns {
        records: dns.dns_record_ip_type().map(|kind| kind.as_str().to_owned()),
        private_only_for_inbound_resolver: dns.private_dns_only_for_inbound_resolver_endpoint(),
        private_preference: dns.private_dns_preference().map(Into::into),
        private_domains: set(dns.private_dns_specified_domains()),
    });
    Ok(Endpoint {
        vpc: input.vpc_id().unwrap_or_default().to_owned(),
        owner: cx.world.account.id.clone(),
        policy: matches!(kind.as_str(), "Gateway" | "Interface").then_some(policy),
        state: if kind == "Gateway" { "available" } else { "pending" }.to_owned(),
        kind,
        service,
        route_tables: set(input.route_table_ids()),
        subnets: set(input.subnet_ids()),
        groups: set(input.security_group_ids()),
        private_dns: input.private_dns_enabled().unwrap_or(false),
        ip_address_type: input.ip_address_type().map(|kind| kind.as_str().to_owned()),
        dns: dns.unwrap_or_default(),
        service_region: input.service_region().map(Into::into),
        takes_policy: takes,
        tags: given(input.tag_specifications())?,
        ..Endpoint::default()
    })
}

/// Refuses what AWS refuses of a new endpoint. Returns how many interface endpoints its VPC has.
fn check(cx: &Cx<'_>, new: &Endpoint) -> Result<usize, Refused> {
    match seen(&region(cx).vpcs)?.get(&new.vpc) {
        None => {
            return Err(refuse("InvalidVpcId.NotFound", format!("The Vpc Id {} does not exist", new.vpc)));
        }
        Some(vpc) if vpc.owner != new.owner => {
            return Err(refuse("UnauthorizedOperation", "You are not authorized to perform this operation."));
        }
        Some(_) => {}
    }
    if new.service.is_empty() {
        return Err(refuse("InvalidServiceName", "The Vpc Endpoint Service '' does not exist"));
    }
    let others: Vec<&Endpoint> = seen(&region(cx).endpoints)?
        .values()
        .filter(|other| other.vpc == new.vpc && other.kind == "Interface" && other.state != "deleting")
        .collect();
    if new.private_dns && others.iter().any(|other| other.private_dns && other.service == new.service) {
        let message = "private-dns-enabled cannot be set because there is already a conflicting DNS domain";
        return Err(refuse("InvalidParameter", format!("{message} for {} in the VPC", new.service)));
    }
    Ok(others.len())
}

/// Addresses by subnet: those asked for, else AWS chooses.
type Placed = BTreeMap<String, (Option<String>, Option<String>)>;

fn placed(cx: &Cx<'_>, new: &Endpoint, asked: &[types::SubnetConfiguration]) -> Result<Placed, Refused> {
    let mut placed = Placed::new();
    for subnet in &new.subnets {
        let known = region(cx).subnets.read();
        if known.is_some_and(|subnets| !subnets.contains_key(subnet)) {
            return Err(refuse("InvalidSubnetId.NotFound", format!("The subnet '{subnet}' does not exist")));
        }
        let asked = asked.iter().find(|asked| asked.subnet_id() == Some(subnet));
        let ipv4 = asked.and_then(|asked| asked.ipv4()).map(str::to_owned);
        let ipv6 = asked.and_then(|asked| asked.ipv6()).map(str::to_owned);
        let taken = |address: &str| {
            region(cx).interfaces.items().any(|(_, other)| {
                other.vpc == new.vpc
                    && (other.private_ip.as_deref() == Some(address) || other.ipv6.contains(address))
            })
        };
        if let Some(address) = ipv4.iter().chain(&ipv6).find(|address| taken(address)) {
            return Err(refuse("InvalidIPAddress.InUse", format!("Address {address} is in use")));
        }
        let free = || (200..255).map(|n| format!("10.254.254.{n}")).find(|address| !taken(address));
        let ipv4 = if new.ip_address_type.as_deref() == Some("ipv6") { ipv4 } else { ipv4.or_else(free) };
        placed.insert(subnet.clone(), (ipv4, ipv6));
    }
    Ok(placed)
}
