//! Who asked what of load balancers and of CloudFront: are the access logs on?

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::types;
use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::Value;

use super::{Ask, seen};
use crate::account::{Account, Seen};
use crate::aws::plain::PlainInput;
use crate::aws::plain::services::cloudwatchlogs;
use crate::aws::{Aws, AwsError, lists, unless_gone};

/// Calls at once: AWS has one for each load balancer.
const AT_ONCE: usize = 8;
const ACCESS_LOGS: &str = "access_logs.s3.enabled";

/// Does each Application Load Balancer write access logs? By ARN. Those of other kinds log TLS alone, or
/// nothing.
///
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeLoadBalancerAttributes.html>
pub(super) async fn balancer_logs(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, bool>, AwsError> {
    let elb = aws.elbv2(region);
    let application = |balancer: types::LoadBalancer| {
        let kind = balancer.r#type.as_ref().map(types::LoadBalancerTypeEnum::as_str);
        balancer.load_balancer_arn.filter(|_| kind == Some("application"))
    };
    let list = elb.describe_load_balancers().page_size(400);
    let all: Vec<String> = lists::all(aws, list, application).await?;
    let each = futures::stream::iter(all).map(async |arn| {
        let answer = elb.describe_load_balancer_attributes().load_balancer_arn(&arn).send().await;
        let Some(answer) = unless_gone(answer)? else { return Ok(None) };
        let on =
            answer.attributes().iter().find(|one| one.key() == Some(ACCESS_LOGS)).and_then(|one| one.value());
        let lacking = || {
            AwsError::unusable(
                "elasticloadbalancingv2:DescribeLoadBalancerAttributes",
                &format!("it lacks {ACCESS_LOGS}"),
            )
        };
        let on = on.ok_or_else(lacking)? == "true";
        Ok::<_, AwsError>(Some((arn, on)))
    });
    let found: Vec<_> = each.buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// Resources whose access logs a delivery of CloudWatch Logs carries, by ARN. CloudFront's are in the
/// partition's global Region.
///
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging.html>
pub(super) async fn edge_logs(aws: &Aws, _: &Account, _: &Ask) -> Seen<BTreeSet<String>> {
    seen(read_edge_logs(aws).await)
}

async fn read_edge_logs(aws: &Aws) -> Result<BTreeSet<String>, AwsError> {
    let region = aws.global_region();
    let sources = aws.plain_list::<cloudwatchlogs::DescribeDeliverySources>(region, PlainInput::default());
    let deliveries = aws.plain_list::<cloudwatchlogs::DescribeDeliveries>(region, PlainInput::default());
    let source = |one: Value| {
        let arns = one["resourceArns"].as_array()?.iter().filter_map(Value::as_str).map(str::to_owned);
        let access = one["logType"] == "ACCESS_LOGS";
        access.then(|| Some((one["name"].as_str()?.to_owned(), arns.collect::<Vec<_>>())))?
    };
    let delivered = |one: Value| one["deliverySourceName"].as_str().map(str::to_owned);
    let (sources, delivered) =
        futures::join!(lists::all(aws, sources, source), lists::all(aws, deliveries, delivered));
    let (sources, delivered): (Vec<(String, Vec<String>)>, BTreeSet<String>) = (sources?, delivered?);
    Ok(sources.into_iter().filter(|(name, _)| delivered.contains(name)).flat_map(|(_, arns)| arns).collect())
}
