//! CloudWatch Synthetics: canaries.

use aws_sdk_synthetics::types;

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Out, Said, refuse};
use super::world::seen;
use crate::account::Canary;
use crate::aws::operations::synthetics;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<synthetics::DescribeCanaries>(describe_canaries);
}

fn describe_canaries(
    cx: &mut Cx<'_>,
    input: &In<synthetics::DescribeCanaries>,
) -> Said<synthetics::DescribeCanaries> {
    if input.max_results().is_some_and(|max| !(1..=20).contains(&max)) {
        return Err(refuse("ValidationException", "MaxResults must be between 1 and 20"));
    }
    let canaries = seen(&region(cx).canaries)?.iter().map(|(name, found)| canary(name, found)).collect();
    let (page, next) = cx.page(canaries, input.next_token(), input.max_results().or(Some(20)));
    Ok(Out::<synthetics::DescribeCanaries>::builder().set_canaries(Some(page)).set_next_token(next).build())
}

fn canary(name: &str, canary: &Canary) -> types::Canary {
    let vpc = canary.vpc.as_ref().map(|vpc| types::VpcConfigOutput::builder().vpc_id(vpc).build());
    types::Canary::builder()
        .name(name)
        .status(types::CanaryStatus::builder().state(canary.state.as_str().into()).build())
        .schedule(types::CanaryScheduleOutput::builder().expression(&canary.schedule).build())
        .set_vpc_config(vpc)
        .build()
}
