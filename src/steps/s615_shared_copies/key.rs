//! A KMS key, and whom its policy lets use and manage it.
//!
//! A policy that names nobody of the account locks everybody out of the key for good: where a statement allows
//! everybody, it goes on to allow this account, and a policy of which nothing would be left stays as it is. KMS
//! itself refuses a policy that would not let the caller write it again, and is never told not to.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html>

use super::grantees;
use super::policies::{self, Emptied, Text};
use crate::account::Section;
use crate::collect::Ask;
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write};

pub(super) struct Key;

impl Lens for Key {
    type State = Text;
    const KIND: &'static str = "key-policy";
    const NEEDS: &'static [Section] = &[Section::KeyPolicies];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        grantees::narrow(ask, at);
    }

    fn state(&self, look: &Look<'_>) -> Now<Text> {
        policies::state(look, |here| &here.key_policies)
    }

    fn contain(&self, now: &Text, look: &Look<'_>) -> Verdict<Text> {
        let why = "its policy lets in nobody else: without them nobody could manage the key any more. Write a \
                   policy that names this account first (aws kms put-key-policy --policy-name default)";
        policies::contain(now, look, true, Emptied::Refuse(why.into()))
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
            return Err(StepError::State("KMS has no key without a policy".into()));
        };
        let put = aws.kms(at.region_name()).put_key_policy().key_id(&at.id);
        put.policy_name("default").policy(text).send().await?;
        Ok(())
    }
}
