//! VPC endpoints, and whether their services take a policy.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types;

use super::{PAGE, filters, tags};
use crate::account::{Endpoint, EndpointDns};
use crate::aws::{Aws, AwsError, lists};
use crate::collect::Ask;

/// Values of one filter: AWS takes at most 200 a call.
const VALUES: usize = 200;

/// Endpoints, those included that a service made for itself. One that was deleted stays in the list
/// for a while, and is left out.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpoints.html>
pub(in crate::collect) async fn endpoints(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, Endpoint>, AwsError> {
    let list = aws.ec2(region).describe_vpc_endpoints().set_filters(filters(ask)).max_results(PAGE);
    let mut endpoints: BTreeMap<String, Endpoint> = lists::all(aws, list, endpoint).await?;
    if ask.states_only {
        return Ok(endpoints);
    }
    let named: BTreeSet<String> = endpoints.values().map(|e| e.service.clone()).collect();
    let takes = takes_policy(aws, region, named).await?;
    for endpoint in endpoints.values_mut() {
        endpoint.takes_policy = takes.get(&endpoint.service).copied();
    }
    Ok(endpoints)
}

/// An endpoint as the account keeps it, by its id.
pub(crate) fn endpoint(endpoint: types::VpcEndpoint) -> Option<(String, Endpoint)> {
    if endpoint.state == Some(types::State::Deleted) {
        return None;
    }
    let dns = endpoint.dns_options.map(|dns| EndpointDns {
        records: dns.dns_record_ip_type.map(|kind| kind.as_str().to_owned()),
        private_only_for_inbound_resolver: dns.private_dns_only_for_inbound_resolver_endpoint,
        private_preference: dns.private_dns_preference,
        private_domains: set(dns.private_dns_specified_domains),
    });
    let groups = endpoint.groups.unwrap_or_default().into_iter();
    let value = Endpoint {
        vpc: endpoint.vpc_id.unwrap_or_default(),
        owner: endpoint.owner_id.unwrap_or_default(),
        kind: endpoint.vpc_endpoint_type.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        service: endpoint.service_name.unwrap_or_default(),
        // The model spells it `Available`, the service answers `available`.
        state: endpoint.state.map(|state| state.as_str().to_lowercase()).unwrap_or_default(),
        policy: endpoint.policy_document,
        route_tables: set(endpoint.route_table_ids),
        subnets: set(endpoint.subnet_ids),
        groups: groups.filter_map(|group| group.group_id).collect(),
        interfaces: set(endpoint.network_interface_ids),
        private_dns: endpoint.private_dns_enabled.unwrap_or(false),
        ip_address_type: endpoint.ip_address_type.map(|kind| kind.as_str().to_owned()),
        dns: dns.unwrap_or_default(),
        service_region: endpoint.service_region,
        takes_policy: None,
        requester_managed: endpoint.requester_managed.unwrap_or(false),
        tags: tags(endpoint.tags),
    };
    // `deleted` may also come in lower case, which the SDK does not know.
    (value.state != "deleted").then_some(())?;
    Some((endpoint.vpc_endpoint_id?, value))
}

fn set(list: Option<Vec<String>>) -> BTreeSet<String> {
    list.unwrap_or_default().into_iter().collect()
}

/// Which of these services take a policy. By filter, not by name: one name that is gone would fail
/// the whole call.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpointServices.html>
async fn takes_policy(
    aws: &Aws,
    region: &str,
    named: BTreeSet<String>,
) -> Result<BTreeMap<String, bool>, AwsError> {
    let mut takes = BTreeMap::new();
    let named: Vec<String> = named.into_iter().filter(|name| !name.is_empty()).collect();
    for some in named.chunks(VALUES) {
        let filter = types::Filter::builder().name("service-name").set_values(Some(some.to_vec())).build();
        let list = aws.ec2(region).describe_vpc_endpoint_services().filters(filter).max_results(PAGE);
        let supported = |service: types::ServiceDetail| {
            Some((service.service_name?, service.vpc_endpoint_policy_supported?))
        };
        let services: Vec<(String, bool)> = lists::all(aws, list, supported).await?;
        for (name, yes) in services {
            // S3 has two of one name: one for gateways, one for interfaces.
            *takes.entry(name).or_insert(yes) |= yes;
        }
    }
    Ok(takes)
}
