//! SQS: queues and their policies.

use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::Value;

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::{seen, seen_mut};
use crate::account::HeldPolicy;
use crate::aws::operations::sqs;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<sqs::ListQueues>(list_queues);
    dispatch.on::<sqs::GetQueueAttributes>(get_queue_attributes);
    dispatch.on::<sqs::ListQueueTags>(list_queue_tags);
    dispatch.on::<sqs::SetQueueAttributes>(set_queue_attributes);
}

fn no_queue() -> Refused {
    refuse("QueueDoesNotExist", "The specified queue does not exist.")
}

fn queue<'w>(cx: &'w Cx<'_>, url: Option<&str>) -> Result<&'w HeldPolicy, Refused> {
    let all = seen(&region(cx).queue_policies)?;
    seen(all.get(url.unwrap_or_default()).ok_or_else(no_queue)?)
}

fn list_queues(cx: &mut Cx<'_>, input: &In<sqs::ListQueues>) -> Said<sqs::ListQueues> {
    if input.max_results().is_some_and(|max| !(1..=1_000).contains(&max)) {
        return Err(refuse("UnsupportedOperation", "MaxResults must be between 1 and 1000"));
    }
    let urls = seen(&region(cx).queue_policies)?.keys().cloned().collect();
    let (urls, next) = cx.page(urls, input.next_token(), input.max_results());
    Ok(Out::<sqs::ListQueues>::builder().set_queue_urls(Some(urls)).set_next_token(next).build())
}

fn get_queue_attributes(
    cx: &mut Cx<'_>,
    input: &In<sqs::GetQueueAttributes>,
) -> Said<sqs::GetQueueAttributes> {
    let policy = queue(cx, input.queue_url())?.policy.clone();
    let attributes = policy.map(|text| [(QueueAttributeName::Policy, text)].into());
    Ok(Out::<sqs::GetQueueAttributes>::builder().set_attributes(attributes).build())
}

fn list_queue_tags(cx: &mut Cx<'_>, input: &In<sqs::ListQueueTags>) -> Said<sqs::ListQueueTags> {
    let tags = queue(cx, input.queue_url())?.tags.clone().into_iter().collect();
    Ok(Out::<sqs::ListQueueTags>::builder().set_tags(Some(tags)).build())
}

/// An empty text takes the policy away.
fn set_queue_attributes(
    cx: &mut Cx<'_>,
    input: &In<sqs::SetQueueAttributes>,
) -> Said<sqs::SetQueueAttributes> {
    let url = input.queue_url().unwrap_or_default();
    let all = seen_mut(&mut cx.region_mut().queue_policies)?;
    let queue = seen_mut(all.get_mut(url).ok_or_else(no_queue)?)?;
    let text = input.attributes().and_then(|all| all.get(&QueueAttributeName::Policy));
    if let Some(text) = text {
        if !text.is_empty() && !has_statement(text) {
            return Err(refuse("InvalidAttributeValue", "Invalid value for the parameter Policy."));
        }
        queue.policy = Some(text.clone()).filter(|text| !text.is_empty());
    }
    Ok(Out::<sqs::SetQueueAttributes>::builder().build())
}

/// Is the text a policy with at least one statement?
pub(super) fn has_statement(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|policy| match &policy["Statement"] {
        Value::Array(all) => !all.is_empty(),
        statement => statement.is_object(),
    })
}
