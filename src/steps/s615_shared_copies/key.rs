//! A KMS key, and whom its policy lets use and manage it.
//!
//! A policy that names nobody of the account locks everybody out of the key for good: where a statement allows
//! everybody, it goes on to allow this account, and a policy of which nothing would be left stays as it is. KMS
//! itself refuses a policy that would not let the caller write it again, and is never told not to.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html>

use super::policies::{Emptied, Holder, Policies};
use crate::account::{Region, Section};
use crate::aws::Aws;
use crate::step::{Look, StepError, Target};

pub(super) struct Key;

impl Holder for Key {
    const KIND: &'static str = "key-policy";
    const NEEDS: &'static [Section] = &[Section::KeyPolicies];
    const KEEPS_ACCOUNT: bool = true;

    fn policies(here: &Region) -> &Policies {
        &here.key_policies
    }

    fn emptied(_: &Look<'_>) -> Emptied {
        let why = "its policy lets in nobody else: without them nobody could manage the key any more. Write a \
                   policy that names this account first (aws kms put-key-policy --policy-name default)";
        Emptied::Refuse(why.into())
    }

    async fn write(aws: &Aws, at: &Target, text: Option<&str>) -> Result<(), StepError> {
        let Some(text) = text else {
            return Err(StepError::State("KMS has no key without a policy".into()));
        };
        let put = aws.kms(at.region_name()).put_key_policy().key_id(&at.id);
        put.policy_name("default").policy(text).send().await?;
        Ok(())
    }
}
