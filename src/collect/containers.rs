//! ECS services.

use std::collections::BTreeMap;

use aws_sdk_ecs::types;

use super::Ask;
use crate::account::ContainerService;
use crate::aws::{Aws, AwsError, lists};

/// Services that `DescribeServices` takes in one call.
const AT_ONCE: usize = 10;

/// Services by ARN. Those that were deleted stay in the list for a while, and are left out.
///
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html>
pub(super) async fn services(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, ContainerService>, AwsError> {
    let ecs = aws.ecs(region);
    let mut services = BTreeMap::new();
    let clusters: Vec<String> = lists::all(aws, ecs.list_clusters().max_results(100), Some).await?;
    for cluster in clusters {
        let list = ecs.list_services().cluster(&cluster).max_results(100);
        let arns: Vec<String> = lists::all(aws, list, Some).await?;
        for some in arns.chunks(AT_ONCE) {
            let describe = ecs.describe_services().cluster(&cluster).set_services(Some(some.to_vec()));
            let described = describe.send().await?.services.unwrap_or_default();
            services.extend(described.into_iter().filter_map(service));
        }
    }
    Ok(services)
}

fn service(service: types::Service) -> Option<(String, ContainerService)> {
    if service.status.as_deref() == Some("INACTIVE") {
        return None;
    }
    let network = service.network_configuration.and_then(|network| network.awsvpc_configuration);
    let value = ContainerService {
        cluster: service.cluster_arn.unwrap_or_default(),
        balanced: service.load_balancers.is_some_and(|all| !all.is_empty()),
        desired: service.desired_count,
        running: service.running_count,
        subnets: network.map(|network| network.subnets.into_iter().collect()).unwrap_or_default(),
    };
    Some((service.service_arn?, value))
}
