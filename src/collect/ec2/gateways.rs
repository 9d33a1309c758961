//! Internet gateways and egress-only internet gateways. Both are read whole, whatever VPCs are asked
//! for: one that is detached is in no VPC, and a Region has few.

use std::collections::BTreeMap;

use aws_sdk_ec2::types;

use super::{PAGE, tags};
use crate::account::{EgressGateway, InternetGateway};
use crate::aws::{Aws, AwsError, lists};
use crate::collect::Ask;

/// The largest page that AWS gives of egress-only gateways.
const EGRESS_PAGE: i32 = 255;

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInternetGateways.html>
pub(in crate::collect) async fn internet_gateways(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, InternetGateway>, AwsError> {
    let list = aws.ec2(region).describe_internet_gateways().max_results(PAGE);
    lists::all(aws, list, internet).await
}

fn internet(gateway: types::InternetGateway) -> Option<(String, InternetGateway)> {
    let value = InternetGateway {
        owner: gateway.owner_id.unwrap_or_default(),
        vpc: attached(gateway.attachments),
        tags: tags(gateway.tags),
    };
    Some((gateway.internet_gateway_id?, value))
}

/// The VPC it is attached to. AWS says `available` of an internet gateway, `attached` of others.
fn attached(attachments: Option<Vec<types::InternetGatewayAttachment>>) -> Option<String> {
    use types::AttachmentStatus::{Detached, Detaching};
    let mut attachments = attachments.unwrap_or_default().into_iter();
    attachments.find(|to| !matches!(to.state, Some(Detached | Detaching)))?.vpc_id
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeEgressOnlyInternetGateways.html>
pub(in crate::collect) async fn egress_gateways(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, EgressGateway>, AwsError> {
    let list = aws.ec2(region).describe_egress_only_internet_gateways().max_results(EGRESS_PAGE);
    lists::all(aws, list, egress).await
}

fn egress(gateway: types::EgressOnlyInternetGateway) -> Option<(String, EgressGateway)> {
    let vpc = attached(gateway.attachments)?;
    Some((gateway.egress_only_internet_gateway_id?, EgressGateway { vpc, tags: tags(gateway.tags) }))
}
