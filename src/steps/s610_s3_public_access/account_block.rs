//! The four switches of the account's S3 Block Public Access.
//!
//! An account that never had them set has none: AWS tells that from four switches that are off.

use aws_sdk_s3control::types::PublicAccessBlockConfiguration;

use crate::account::{PublicAccessBlock, Section};
use crate::step::{Lens, Look, Now, StepError, Verdict, Write};

pub(super) struct AccountBlock;

/// `None`: they were never set.
type State = Option<PublicAccessBlock>;

impl Lens for AccountBlock {
    type State = State;
    const KIND: &'static str = "s3-account-block";
    const NEEDS: &'static [Section] = &[Section::S3Block];
    /// CloudTrail records the calls for a bucket as `PutBucketPublicAccessBlock`.
    const SWITCHED_BY: &'static [&'static str] = &[
        "s3:PutAccountPublicAccessBlock",
        "s3:DeleteAccountPublicAccessBlock",
        "s3:PutPublicAccessBlock",
        "s3:DeletePublicAccessBlock",
    ];

    fn state(&self, look: &Look<'_>) -> Now<State> {
        Now::of(&look.account.s3_block, |block| Now::Is(*block))
    }

    fn contain(&self, now: &State, _: &Look<'_>) -> Verdict<State> {
        let on = Some(PublicAccessBlock::ALL_ON);
        if *now == on { Verdict::Already } else { Verdict::Change(on) }
    }

    fn show(&self, state: &State) -> String {
        let Some(block) = state else { return "never set".into() };
        let switches = [
            (block.block_public_acls, "BlockPublicAcls"),
            (block.ignore_public_acls, "IgnorePublicAcls"),
            (block.block_public_policy, "BlockPublicPolicy"),
            (block.restrict_public_buckets, "RestrictPublicBuckets"),
        ];
        let on: Vec<&str> = switches.into_iter().filter_map(|(on, name)| on.then_some(name)).collect();
        match on.len() {
            0 => "all four off".into(),
            4 => "all four on".into(),
            _ => format!("{} on", on.join(", ")),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let client = aws.s3control(aws.global_region());
        let Some(block) = to else {
            client.delete_public_access_block().account_id(&at.id).send().await?;
            return Ok(());
        };
        let block = PublicAccessBlockConfiguration::builder()
            .block_public_acls(block.block_public_acls)
            .ignore_public_acls(block.ignore_public_acls)
            .block_public_policy(block.block_public_policy)
            .restrict_public_buckets(block.restrict_public_buckets)
            .build();
        let put = client.put_public_access_block().account_id(&at.id);
        put.public_access_block_configuration(block).send().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_set_block_is_shown_as_it_is() {
        let half = PublicAccessBlock { block_public_acls: true, ..Default::default() };
        assert_eq!(AccountBlock.show(&Some(half)), "BlockPublicAcls on");
        assert_eq!(AccountBlock.show(&None), "never set");
    }
}
