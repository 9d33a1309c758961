//! 610: the account-level S3 Block Public Access, all four switches on.

use aws_sdk_s3control::types::PublicAccessBlockConfiguration;
use serde::{Deserialize, Serialize};

use crate::account::{Account, PublicAccessBlock, Section, Seen};
use crate::aws::Aws;
use crate::step::{
    Case, Found, Iam, Item, Now, Params, Reversal, Spec, Step, StepError, StepId, Target, Verdict,
};

pub struct S3PublicAccess;

/// The four switches; `None` when the block was never set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct State(Option<PublicAccessBlock>);

static SPEC: Spec = Spec {
    id: StepId(610),
    slug: "s3-public-access",
    title: "S3: no public access to any bucket",
    needs: &[Section::S3Block, Section::PublicBuckets],
    state_needs: &[Section::S3Block],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &["s3:PutAccountPublicAccessBlock"],
        undo: &["s3:PutAccountPublicAccessBlock"],
    },
    params: &[],
    cuts: "anonymous and public access to every bucket, by policy or ACL, in every Region",
    leaves: "presigned URLs, your own users and roles, named accounts in policies that are not \
             public, CloudFront with origin access control, replication",
    breaks: "Websites and downloads served from public buckets stop; a public policy's named \
             accounts lose access too.",
    doc: "\
Turns on all four switches of S3 Block Public Access for the account. Existing policies and ACLs
stay as they are and are ignored, so a restore gives back exactly what was public before.

**What surprises.** With `RestrictPublicBuckets` a bucket whose policy is public also loses the
accounts that the policy names: only AWS services and this account's own principals get in. The
change reaches the Regions one after the other, within minutes. A policy of the organization may
own the setting: then AWS refuses the change.

**By hand.** `aws s3control get-public-access-block --account-id ID` shows four times `true`.

<https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>",
};

impl Step for S3PublicAccess {
    type State = State;

    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn find(&self, account: &Account, _: &Case) -> Found {
        let mut found = Found::default();
        for (name, bucket) in account.public_buckets.items() {
            let by = match (bucket.by_policy, bucket.by_acl) {
                (true, true) => "its policy and its ACL",
                (true, false) => "its policy",
                _ => "its ACL",
            };
            found.find(Some(&bucket.region), format!("bucket {name} is public by {by}"));
        }
        if let (Seen::Read(_), id) = (&account.s3_block, &account.id) {
            found.item(Item::new(Target::new("s3-account-block", id)));
        }
        found
    }

    fn state(&self, _: &Target, account: &Account, _: &Case) -> Now<State> {
        match &account.s3_block {
            Seen::Read(block) => Now::Is(State(*block)),
            Seen::Gap(gap) => Now::Unknown(gap.clone()),
        }
    }

    fn contain(&self, now: &State, _: &Target, _: &Account, _: &Case) -> Verdict<State> {
        if now.0 == Some(PublicAccessBlock::ALL_ON) {
            return Verdict::Already;
        }
        Verdict::Change(State(Some(PublicAccessBlock::ALL_ON)))
    }

    fn show(&self, state: &State) -> String {
        let Some(block) = state.0 else { return "never set".into() };
        let on: Vec<&str> = [
            (block.block_public_acls, "BlockPublicAcls"),
            (block.ignore_public_acls, "IgnorePublicAcls"),
            (block.block_public_policy, "BlockPublicPolicy"),
            (block.restrict_public_buckets, "RestrictPublicBuckets"),
        ]
        .into_iter()
        .filter_map(|(on, name)| on.then_some(name))
        .collect();
        match on.len() {
            0 => "all four off".into(),
            4 => "all four on".into(),
            _ => format!("{} on", on.join(", ")),
        }
    }

    async fn write(
        &self,
        aws: &Aws,
        at: &Target,
        _: &State,
        to: &State,
        _: &Params,
    ) -> Result<(), StepError> {
        let client = aws.s3control(aws.global_region());
        match to.0 {
            None => {
                client.delete_public_access_block().account_id(&at.id).send().await?;
            }
            Some(block) => {
                let block = PublicAccessBlockConfiguration::builder()
                    .block_public_acls(block.block_public_acls)
                    .ignore_public_acls(block.ignore_public_acls)
                    .block_public_policy(block.block_public_policy)
                    .restrict_public_buckets(block.restrict_public_buckets)
                    .build();
                client
                    .put_public_access_block()
                    .account_id(&at.id)
                    .public_access_block_configuration(block)
                    .send()
                    .await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_set_block_is_completed_and_shown_as_it_is() {
        let half = PublicAccessBlock { block_public_acls: true, ..Default::default() };
        assert_eq!(S3PublicAccess.show(&State(Some(half))), "BlockPublicAcls on");
        assert_eq!(S3PublicAccess.show(&State(None)), "never set");
    }
}
