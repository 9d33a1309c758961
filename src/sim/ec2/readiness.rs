//! EC2: flow logs, encryption of new volumes.

use aws_sdk_ec2::types;

use super::{Query, region};
use crate::account::Tags;
use crate::aws::operations::ec2;
use crate::sim::route::{Cx, Dispatch, In, Out, Said};
use crate::sim::world::seen;

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::DescribeFlowLogs>(describe_flow_logs);
    dispatch.on::<ec2::GetEbsEncryptionByDefault>(get_ebs_encryption_by_default);
}

fn describe_flow_logs(cx: &mut Cx<'_>, input: &In<ec2::DescribeFlowLogs>) -> Said<ec2::DescribeFlowLogs> {
    static NONE: Tags = Tags::new();
    let query = Query {
        filters: input.filter(),
        ids: input.flow_log_ids(),
        not_found: "InvalidFlowLogId.NotFound",
        max: input.max_results(),
    };
    query.check(&["resource-id"])?;
    let logs =
        query.choose(cx, seen(&region(cx).flow_logs)?, |_| &NONE, |_, log, _| vec![log.resource.clone()])?;
    let (logs, next) = cx.page(logs, input.next_token(), input.max_results());
    let some = |text: &String| (!text.is_empty()).then(|| text.clone());
    let logs = logs.into_iter().map(|(id, log)| {
        types::FlowLog::builder()
            .flow_log_id(id)
            .resource_id(&log.resource)
            .flow_log_status(&log.status)
            .set_deliver_logs_status(some(&log.delivery))
            .traffic_type(log.traffic.as_str().into())
            .log_format(&log.format)
            .build()
    });
    Ok(Out::<ec2::DescribeFlowLogs>::builder()
        .set_flow_logs(Some(logs.collect()))
        .set_next_token(next)
        .build())
}

fn get_ebs_encryption_by_default(
    cx: &mut Cx<'_>,
    _: &In<ec2::GetEbsEncryptionByDefault>,
) -> Said<ec2::GetEbsEncryptionByDefault> {
    let on = *seen(&region(cx).ebs_encryption)?;
    Ok(Out::<ec2::GetEbsEncryptionByDefault>::builder().ebs_encryption_by_default(on).build())
}
