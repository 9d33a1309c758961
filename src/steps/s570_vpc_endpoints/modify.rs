//! The endpoint as AWS has it, and one change of it at a time.

use std::time::Duration;

use aws_sdk_ec2::operation::modify_vpc_endpoint::builders::ModifyVpcEndpointFluentBuilder as Modify;

use crate::account::Endpoint;
use crate::aws::{Aws, AwsError, lists, unless_gone};
use crate::collect::ec2::endpoints;
use crate::step::{StepError, Target};

/// How long another change of the same endpoint may be under way: AWS takes one at a time.
const BUSY_WITHIN: Duration = Duration::from_secs(120);

pub(super) fn after(aws: &Aws, within: Duration) -> u64 {
    aws.clock().now_ms().saturating_add(u64::try_from(within.as_millis()).unwrap_or(u64::MAX))
}

/// The endpoint as it is.
pub(super) async fn current(aws: &Aws, at: &Target) -> Result<Option<Endpoint>, AwsError> {
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

pub(super) fn gone(at: &Target) -> StepError {
    StepError::State(format!("{} is not there any more", at.id))
}

/// A change of the endpoint under the id that it has now.
pub(super) fn change(aws: &Aws, at: &Target) -> Modify {
    aws.ec2(at.region_name()).modify_vpc_endpoint().vpc_endpoint_id(aws.names().current(&at.id))
}

/// Sends a change; again while AWS says that it is at another one, which is safe after a refusal.
pub(super) async fn send(aws: &Aws, modify: Modify) -> Result<(), StepError> {
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
