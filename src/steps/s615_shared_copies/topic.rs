//! An SNS topic, and whom its policy lets publish and subscribe.
//!
//! A topic is never without a policy: where no statement is left it gets the one that SNS gives a new topic, which
//! allows its own account alone.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html>

use serde_json::json;

use super::grantees;
use super::policies::{self, Emptied, Text};
use crate::account::Section;
use crate::collect::Ask;
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write};

pub(super) struct Topic;

impl Lens for Topic {
    type State = Text;
    const KIND: &'static str = "topic-policy";
    const NEEDS: &'static [Section] = &[Section::TopicPolicies];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        grantees::narrow(ask, at);
    }

    fn state(&self, look: &Look<'_>) -> Now<Text> {
        policies::state(look, |here| &here.topic_policies)
    }

    fn contain(&self, now: &Text, look: &Look<'_>) -> Verdict<Text> {
        policies::contain(now, look, false, Emptied::Text(of_a_new_topic(&look.at.id, &look.account.id)))
    }

    fn arrived(&self, to: &Text, now: &Text) -> bool {
        policies::same(to, now)
    }

    fn show(&self, state: &Text) -> String {
        policies::show(state)
    }

    async fn write(&self, write: Write<'_, Text>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let Some(text) = to else {
            return Err(StepError::State("SNS has no topic without a policy".into()));
        };
        let set = aws.sns(at.region_name()).set_topic_attributes().topic_arn(&at.id);
        set.attribute_name("Policy").attribute_value(text).send().await?;
        Ok(())
    }
}

/// <https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html>
fn of_a_new_topic(arn: &str, account: &str) -> String {
    let actions = [
        "GetTopicAttributes",
        "SetTopicAttributes",
        "AddPermission",
        "RemovePermission",
        "DeleteTopic",
        "Subscribe",
        "ListSubscriptionsByTopic",
        "Publish",
    ];
    let policy = json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": { "AWS": "*" },
            "Action": actions.map(|action| format!("SNS:{action}")),
            "Resource": arn,
            "Condition": { "StringEquals": { "AWS:SourceOwner": account } },
        }],
    });
    policy.to_string()
}
