//! An SQS queue, and whom its policy lets send, receive and delete messages.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>

use aws_sdk_sqs::types::QueueAttributeName;

use super::grantees;
use super::policies::{self, Emptied, Text};
use crate::account::Section;
use crate::collect::Ask;
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write};

pub(super) struct Queue;

impl Lens for Queue {
    type State = Text;
    const KIND: &'static str = "queue-policy";
    const NEEDS: &'static [Section] = &[Section::QueuePolicies];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        grantees::narrow(ask, at);
    }

    fn state(&self, look: &Look<'_>) -> Now<Text> {
        policies::state(look, |here| &here.queue_policies)
    }

    fn contain(&self, now: &Text, look: &Look<'_>) -> Verdict<Text> {
        policies::contain(now, look, false, Emptied::NoPolicy)
    }

    fn arrived(&self, to: &Text, now: &Text) -> bool {
        policies::same(to, now)
    }

    fn show(&self, state: &Text) -> String {
        policies::show(state)
    }

    /// An empty text takes a policy away.
    async fn write(&self, write: Write<'_, Text>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let set = aws.sqs(at.region_name()).set_queue_attributes().queue_url(&at.id);
        set.attributes(QueueAttributeName::Policy, to.as_deref().unwrap_or_default()).send().await?;
        Ok(())
    }
}
