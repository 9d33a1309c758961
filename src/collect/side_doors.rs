//! Ways past the network that no step cuts: Verified Access, traffic mirroring, Resolver endpoints.

use std::collections::BTreeMap;

use aws_sdk_ec2::types;

use super::Ask;
use super::ec2::PAGE;
use crate::account::SideDoor;
use crate::aws::{Aws, AwsError, lists};

/// Verified Access endpoints, traffic mirror sessions and Resolver endpoints, by id.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVerifiedAccessEndpoints.html>
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTrafficMirrorSessions.html>
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ListResolverEndpoints.html>
pub(super) async fn side_doors(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, SideDoor>, AwsError> {
    let (verified, mirrors, resolvers) =
        futures::join!(verified(aws, region), mirrors(aws, region), resolvers(aws, region));
    let mut doors = verified?;
    doors.extend(mirrors?);
    doors.extend(resolvers?);
    Ok(doors)
}

async fn verified(aws: &Aws, region: &str) -> Result<BTreeMap<String, SideDoor>, AwsError> {
    lists::all(aws, aws.ec2(region).describe_verified_access_endpoints().max_results(PAGE), endpoint).await
}

fn endpoint(endpoint: types::VerifiedAccessEndpoint) -> Option<(String, SideDoor)> {
    let status = endpoint.status.and_then(|status| status.code);
    if status == Some(types::VerifiedAccessEndpointStatusCode::Deleted) {
        return None;
    }
    let mut subnets = endpoint.load_balancer_options.and_then(|to| to.subnet_ids).unwrap_or_default();
    subnets.extend(endpoint.rds_options.and_then(|to| to.subnet_ids).unwrap_or_default());
    subnets.extend(endpoint.cidr_options.and_then(|to| to.subnet_ids).unwrap_or_default());
    let door = SideDoor {
        kind: VERIFIED_ACCESS.into(),
        vpc: None,
        subnets: subnets.into_iter().collect(),
        interface: endpoint.network_interface_options.and_then(|to| to.network_interface_id),
        to: endpoint.application_domain.unwrap_or_default(),
    };
    Some((endpoint.verified_access_endpoint_id?, door))
}

async fn mirrors(aws: &Aws, region: &str) -> Result<BTreeMap<String, SideDoor>, AwsError> {
    let list = aws.ec2(region).describe_traffic_mirror_sessions().max_results(PAGE);
    let mirror = |session: types::TrafficMirrorSession| {
        let door = SideDoor {
            kind: MIRROR.into(),
            interface: session.network_interface_id,
            to: session.traffic_mirror_target_id.unwrap_or_default(),
            ..SideDoor::default()
        };
        Some((session.traffic_mirror_session_id?, door))
    };
    lists::all(aws, list, mirror).await
}

async fn resolvers(aws: &Aws, region: &str) -> Result<BTreeMap<String, SideDoor>, AwsError> {
    let list = aws.resolver(region).list_resolver_endpoints().max_results(100);
    let resolver = |found: aws_sdk_route53resolver::types::ResolverEndpoint| {
        let door = SideDoor {
            kind: RESOLVER.into(),
            vpc: found.host_vpc_id,
            to: found.direction.map(|way| way.as_str().to_lowercase()).unwrap_or_default(),
            ..SideDoor::default()
        };
        Some((found.id?, door))
    };
    lists::all(aws, list, resolver).await
}

pub(crate) const VERIFIED_ACCESS: &str = "verified-access";
pub(crate) const MIRROR: &str = "mirror";
pub(crate) const RESOLVER: &str = "resolver";
