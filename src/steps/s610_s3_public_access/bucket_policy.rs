//! The policy of one bucket, with a deny for everybody outside the account at its end.
//!
//! S3 takes no public policy while the account's `BlockPublicPolicy` is on: a policy is written before
//! that switch, and put back after it. Whoever calls without an account (anonymously) is outside of this
//! one too: a negated condition holds for a key that is missing.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::{Account, PublicAccessBlock, PublicBucket, Section};
use crate::collect::Ask;
use crate::step::{Lens, Look, Now, Reason, StepError, Target, Verdict, Write, count};

pub(super) struct BucketPolicy;

/// A policy is compared by what it says: S3 does not keep blanks. What is no JSON stays a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    policy: Value,
}

/// Marks the statement that is added.
const SID: &str = "UnplugDenyOutside";

/// Bytes of a bucket policy, at most.
const LONGEST: usize = 20 * 1024;

impl Lens for BucketPolicy {
    type State = State;
    const KIND: &'static str = "bucket-policy";
    const NEEDS: &'static [Section] = &[Section::S3Block, Section::PublicBuckets];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.only_buckets.get_or_insert_default().insert(at.id.clone());
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        Now::of_item(&look.account.public_buckets, &look.at.id, |bucket| {
            Now::of(&bucket.policy, |policy| Now::Is(State { policy: parsed(policy.as_deref()) }))
        })
    }

    fn contain(&self, State { policy }: &State, look: &Look<'_>) -> Verdict<State> {
        if blocks_policies(look.account) {
            return Verdict::Refuse(
                "the account's BlockPublicPolicy is on: S3 takes no public policy, and ignores this one"
                    .into(),
            );
        }
        let own = own_block(look);
        if own.restrict_public_buckets {
            return Verdict::Refuse(
                "its own RestrictPublicBuckets is on: its policy opens it to nobody".into(),
            );
        }
        if own.block_public_policy {
            return Verdict::Refuse(
                "its own BlockPublicPolicy is on: S3 takes no public policy, with a deny in it neither"
                    .into(),
            );
        }
        let denied = denied(policy, &look.at.id, look.account);
        if denied == *policy {
            return Verdict::Already;
        }
        if !policy.is_object() {
            return Verdict::Refuse("its policy is no JSON object: it cannot be added to".into());
        }
        if denied.to_string().len() > LONGEST {
            return Verdict::Refuse("no room in its policy for another statement (20 KB)".into());
        }
        Verdict::Change(State { policy: denied })
    }

    fn hold_back(&self, _: &State, look: &Look<'_>) -> Option<Reason> {
        if blocks_policies(look.account) {
            return Some(
                "S3 takes no public policy while the account's BlockPublicPolicy is on: put the block back first"
                    .into(),
            );
        }
        own_block(look).block_public_policy.then(|| {
            "S3 takes no public policy while the bucket's own BlockPublicPolicy is on, which somebody has turned on"
                .into()
        })
    }

    fn show(&self, State { policy }: &State) -> String {
        let statements = statements(policy);
        match policy {
            _ if statements.iter().any(|statement| statement["Sid"] == SID) => {
                "its policy, denied to all outside the account".into()
            }
            Value::Null => "no policy".into(),
            _ => format!("its policy ({})", count(statements.len(), "statement")),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to: State { policy }, .. } = write;
        if policy.is_null() {
            return Err(StepError::State("a bucket without a policy is not this step's".into()));
        }
        let put = aws.s3(at.region_name()).put_bucket_policy().bucket(&at.id);
        put.policy(policy.to_string()).send().await?;
        Ok(())
    }
}

fn parsed(policy: Option<&str>) -> Value {
    policy.map_or(Value::Null, |text| serde_json::from_str(text).unwrap_or_else(|_| json!(text)))
}

fn blocks_policies(account: &Account) -> bool {
    account.s3_block.read().copied().flatten().is_some_and(|block| block.block_public_policy)
}

/// The bucket's own block; none where it was not read.
fn own_block(look: &Look<'_>) -> PublicAccessBlock {
    look.account.public_buckets.item(&look.at.id).map(PublicBucket::own_block).unwrap_or_default()
}

/// One statement may stand without a list around it.
fn statements(policy: &Value) -> Vec<Value> {
    match &policy["Statement"] {
        Value::Array(all) => all.clone(),
        Value::Null => vec![],
        one => vec![one.clone()],
    }
}

/// Returns the policy with the deny at its end, once.
fn denied(policy: &Value, bucket: &str, account: &Account) -> Value {
    let arn = format!("arn:{}:s3:::{bucket}", account.partition());
    let deny = json!({
        "Sid": SID,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, format!("{arn}/*")],
        "Condition": {
            "StringNotEquals": { "aws:PrincipalAccount": account.id },
            "BoolIfExists": { "aws:PrincipalIsAWSService": "false" },
        },
    });
    let mut all = statements(policy);
    if all.contains(&deny) {
        return policy.clone();
    }
    all.retain(|statement| statement["Sid"] != SID);
    all.push(deny);
    let mut denied = policy.clone();
    if let Some(fields) = denied.as_object_mut() {
        fields.insert("Statement".into(), all.into());
    }
    denied
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Caller, Seen};
    use crate::steps::shared::testing::case;

    fn contain(policy: Value, account: &Account) -> Verdict<State> {
        let at = Target::new(BucketPolicy::KIND, "site").region("eu-west-1");
        BucketPolicy.contain(&State { policy }, &Look::new(&at, account, &case(&[])))
    }

    #[test]
    fn a_deny_is_added_once_and_nothing_is_taken_away() {
        let account = Account::unread("123456789012", Caller::default());
        let open = json!({ "Statement": { "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject" } });
        let Verdict::Change(State { policy }) = contain(open.clone(), &account) else { panic!("no change") };
        assert_eq!(policy["Statement"][0], open["Statement"]);
        assert_eq!(policy["Statement"][1]["Resource"][1], "arn:aws:s3:::site/*");
        assert_eq!(contain(policy, &account), Verdict::Already);
    }

    #[test]
    fn a_thiefs_statement_of_the_same_name_is_replaced() {
        let account = Account::unread("123456789012", Caller::default());
        let mended = contain(json!({ "Statement": [{ "Sid": SID, "Effect": "Allow" }] }), &account);
        assert!(matches!(mended, Verdict::Change(State { policy }) if statements(&policy).len() == 1));
    }

    #[test]
    fn a_bucket_s_own_block_is_heeded() {
        let mut account = Account::unread("123456789012", Caller::default());
        let open = State { policy: json!({ "Statement": [] }) };
        let at = Target::new(BucketPolicy::KIND, "site").region("eu-west-1");
        let (none, case) = (PublicAccessBlock::default(), case(&[]));
        for (block, refused, held) in [
            (none, false, false),
            (PublicAccessBlock { restrict_public_buckets: true, ..none }, true, false),
            (PublicAccessBlock { block_public_policy: true, ..none }, true, true),
        ] {
            let bucket = PublicBucket { block: Seen::Read(Some(block)), ..PublicBucket::default() };
            account.public_buckets = Seen::Read([("site".to_owned(), bucket)].into());
            let look = Look::new(&at, &account, &case);
            assert_eq!(
                matches!(BucketPolicy.contain(&open, &look), Verdict::Refuse(_)),
                refused,
                "{block:?}"
            );
            assert_eq!(BucketPolicy.hold_back(&open, &look).is_some(), held, "{block:?}");
        }
    }

    #[test]
    fn a_policy_that_s3_would_not_take_is_refused() {
        let mut account = Account::unread("123456789012", Caller::default());
        assert!(matches!(contain(json!({ "Id": "x".repeat(LONGEST) }), &account), Verdict::Refuse(_)));
        let open = json!({ "Statement": [] });
        assert!(matches!(contain(open.clone(), &account), Verdict::Change(_)));
        account.s3_block = Seen::Read(Some(PublicAccessBlock::ALL_ON));
        assert!(matches!(contain(open.clone(), &account), Verdict::Refuse(_)));
        let at = Target::new(BucketPolicy::KIND, "site").region("eu-west-1");
        assert!(
            BucketPolicy.hold_back(&State { policy: open }, &Look::new(&at, &account, &case(&[]))).is_some()
        );
    }
}
