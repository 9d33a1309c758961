//! An SNS topic, and whom its policy lets publish and subscribe.
//!
//! A topic is never without a policy: where no statement is left it gets the one that SNS gives a new topic, which
//! allows its own account alone.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html>

use serde_json::json;

use super::policies::{Emptied, Holder, Policies};
use crate::account::{Region, Section};
use crate::aws::Aws;
use crate::step::{Look, StepError, Target};

pub(super) struct Topic;

impl Holder for Topic {
    const KIND: &'static str = "topic-policy";
    const NEEDS: &'static [Section] = &[Section::TopicPolicies];

    fn policies(here: &Region) -> &Policies {
        &here.topic_policies
    }

    fn emptied(look: &Look<'_>) -> Emptied {
        Emptied::Text(of_a_new_topic(&look.at.id, &look.account.id))
    }

    async fn write(aws: &Aws, at: &Target, text: Option<&str>) -> Result<(), StepError> {
        let Some(text) = text else {
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
