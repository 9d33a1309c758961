//! SNS: topics and their policies.

use aws_sdk_sns::types::{Tag, Topic};

use super::ec2::region;
use super::iam::built;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::sqs::has_statement;
use super::world::{seen, seen_mut};
use crate::account::HeldPolicy;
use crate::aws::operations::sns;

/// Topics in a page.
const PAGE: i32 = 100;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<sns::ListTopics>(list_topics);
    dispatch.on::<sns::GetTopicAttributes>(get_topic_attributes);
    dispatch.on::<sns::ListTagsForResource>(list_tags_for_resource);
    dispatch.on::<sns::SetTopicAttributes>(set_topic_attributes);
}

fn no_topic() -> Refused {
    refuse("NotFound", "Topic does not exist")
}

fn topic<'w>(cx: &'w Cx<'_>, arn: Option<&str>) -> Result<&'w HeldPolicy, Refused> {
    let all = seen(&region(cx).topic_policies)?;
    seen(all.get(arn.unwrap_or_default()).ok_or_else(no_topic)?)
}

fn list_topics(cx: &mut Cx<'_>, input: &In<sns::ListTopics>) -> Said<sns::ListTopics> {
    let all = seen(&region(cx).topic_policies)?.keys();
    let all = all.map(|arn| Topic::builder().topic_arn(arn).build()).collect();
    let (page, next) = cx.page(all, input.next_token(), Some(PAGE));
    Ok(Out::<sns::ListTopics>::builder().set_topics(Some(page)).set_next_token(next).build())
}

fn get_topic_attributes(
    cx: &mut Cx<'_>,
    input: &In<sns::GetTopicAttributes>,
) -> Said<sns::GetTopicAttributes> {
    let policy = topic(cx, input.topic_arn())?.policy.clone().unwrap_or_default();
    let arn = input.topic_arn().unwrap_or_default();
    let output = Out::<sns::GetTopicAttributes>::builder().attributes("TopicArn", arn);
    Ok(output.attributes("Policy", policy).build())
}

fn list_tags_for_resource(
    cx: &mut Cx<'_>,
    input: &In<sns::ListTagsForResource>,
) -> Said<sns::ListTagsForResource> {
    let tags = topic(cx, input.resource_arn())?.tags.clone().into_iter();
    let tags = tags.map(|(key, value)| built(Tag::builder().key(key).value(value).build()));
    let tags = tags.collect::<Result<Vec<Tag>, Refused>>()?;
    Ok(Out::<sns::ListTagsForResource>::builder().set_tags(Some(tags)).build())
}

/// A topic is never without a policy.
fn set_topic_attributes(
    cx: &mut Cx<'_>,
    input: &In<sns::SetTopicAttributes>,
) -> Said<sns::SetTopicAttributes> {
    let all = seen_mut(&mut cx.region_mut().topic_policies)?;
    let topic = all.get_mut(input.topic_arn().unwrap_or_default()).ok_or_else(no_topic)?;
    let topic = seen_mut(topic)?;
    let text = input.attribute_value().unwrap_or_default();
    if input.attribute_name() != Some("Policy") || !has_statement(text) {
        return Err(refuse("InvalidParameter", "Invalid parameter: Policy Error: null"));
    }
    topic.policy = Some(text.to_owned());
    Ok(Out::<sns::SetTopicAttributes>::builder().build())
}
