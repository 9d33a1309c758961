//! ECS services.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Ask, text, texts};
use crate::account::ContainerService;
use crate::aws::plain::PlainInput;
use crate::aws::plain::services::ecs;
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
    let mut services = BTreeMap::new();
    let arn = |arn: Value| arn.as_str().map(str::to_owned);
    let list = aws.plain_list::<ecs::ListClusters>(region, PlainInput::new(json!({ "maxResults": 100 })));
    let clusters: Vec<String> = lists::all(aws, list, arn).await?;
    for cluster in clusters {
        let input = PlainInput::new(json!({ "cluster": cluster, "maxResults": 100 }));
        let arns: Vec<String> =
            lists::all(aws, aws.plain_list::<ecs::ListServices>(region, input), arn).await?;
        for some in arns.chunks(AT_ONCE) {
            let input = PlainInput::new(json!({ "cluster": cluster, "services": some }));
            let described = aws.plain::<ecs::DescribeServices>(region, input).await?;
            services.extend(described["services"].as_array().into_iter().flatten().filter_map(service));
        }
    }
    Ok(services)
}

fn service(service: &Value) -> Option<(String, ContainerService)> {
    if service["status"] == "INACTIVE" {
        return None;
    }
    let count = |member: &str| service[member].as_i64().and_then(|count| i32::try_from(count).ok());
    let value = ContainerService {
        cluster: text(&service["clusterArn"]),
        balanced: service["loadBalancers"].as_array().is_some_and(|all| !all.is_empty()),
        desired: count("desiredCount").unwrap_or_default(),
        running: count("runningCount").unwrap_or_default(),
        subnets: texts(&service["networkConfiguration"]["awsvpcConfiguration"]["subnets"]).collect(),
    };
    Some((service["serviceArn"].as_str()?.to_owned(), value))
}
