//! An SQS queue, and whom its policy lets send, receive and delete messages.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>

use aws_sdk_sqs::types::QueueAttributeName;

use super::policies::{Emptied, Holder, Policies};
use crate::account::{Region, Section};
use crate::aws::Aws;
use crate::step::{Look, StepError, Target};

pub(super) struct Queue;

impl Holder for Queue {
    const KIND: &'static str = "queue-policy";
    const NEEDS: &'static [Section] = &[Section::QueuePolicies];

    fn policies(here: &Region) -> &Policies {
        &here.queue_policies
    }

    fn emptied(_: &Look<'_>) -> Emptied {
        Emptied::NoPolicy
    }

    /// An empty text takes a policy away.
    async fn write(aws: &Aws, at: &Target, text: Option<&str>) -> Result<(), StepError> {
        let set = aws.sqs(at.region_name()).set_queue_attributes().queue_url(&at.id);
        set.attributes(QueueAttributeName::Policy, text.unwrap_or_default()).send().await?;
        Ok(())
    }
}
