//! Ways past the network that no step cuts: Verified Access, traffic mirroring, Resolver endpoints, and
//! what VPC Lattice associates with endpoints.

use std::collections::BTreeMap;

use aws_sdk_ec2::types;

use super::Ask;
use super::ec2::PAGE;
use crate::account::SideDoor;
use crate::aws::{Aws, AwsError, lists};

/// Verified Access endpoints, traffic mirror sessions, Resolver endpoints and endpoint associations, by id.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVerifiedAccessEndpoints.html>
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTrafficMirrorSessions.html>
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ListResolverEndpoints.html>
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpointAssociations.html>
pub(super) async fn side_doors(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, SideDoor>, AwsError> {
    let (verified, mirrors, resolvers, associations) = futures::join!(
        verified(aws, region),
        mirrors(aws, region),
        resolvers(aws, region),
        associations(aws, region)
    );
    let mut doors = verified?;
    doors.extend(mirrors?);
    doors.extend(resolvers?);
    doors.extend(associations?);
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
        subnets: subnets.into_iter().collect(),
        interface: endpoint.network_interface_options.and_then(|to| to.network_interface_id),
        to: endpoint.application_domain.unwrap_or_default(),
        ..SideDoor::default()
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

async fn associations(aws: &Aws, region: &str) -> Result<BTreeMap<String, SideDoor>, AwsError> {
    // The model allows no larger page.
    let list = aws.ec2(region).describe_vpc_endpoint_associations().max_results(100);
    let association = |found: types::VpcEndpointAssociation| {
        let network = found.service_network_name.or(found.service_network_arn);
        let door = SideDoor {
            kind: ASSOCIATION.into(),
            endpoint: found.vpc_endpoint_id,
            // An endpoint of a service network has both: the resource is what it leads to.
            to: found.associated_resource_arn.or(network).unwrap_or_default(),
            ..SideDoor::default()
        };
        Some((found.id?, door))
    };
    lists::all(aws, list, association).await
}

pub(crate) const ASSOCIATION: &str = "association";
pub(crate) const VERIFIED_ACCESS: &str = "verified-access";
pub(crate) const MIRROR: &str = "mirror";
pub(crate) const RESOLVER: &str = "resolver";
