//! 610: the account-level S3 Block Public Access, all four switches on; on request a deny in the
//! policies of public buckets too.

use aws_sdk_s3control::types::PublicAccessBlockConfiguration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::{Account, PublicAccessBlock, Section, Seen};
use crate::collect::Ask;
use crate::step::{
    Case, Does, Effect, Found, Iam, Item, Lens, Lenses, Look, Now, Param, ParamKind, Params, Reason,
    Reversal, Spec, Step, StepError, StepId, Stops, Target, Verdict, Width, Write, text,
};

pub struct S3PublicAccess;

/// The account's switches, or the policy of one bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub enum State {
    /// `None` when the block was never set.
    Block(Option<PublicAccessBlock>),
    Policy(Value),
}

/// Journals of the first versions have the switches alone, so they stay at the top.
impl TryFrom<Value> for State {
    type Error = serde_json::Error;

    fn try_from(mut value: Value) -> Result<State, serde_json::Error> {
        match value.get_mut("policy") {
            Some(policy) => Ok(State::Policy(policy.take())),
            None => serde_json::from_value(value).map(State::Block),
        }
    }
}

impl From<State> for Value {
    fn from(state: State) -> Value {
        match state {
            State::Block(block) => json!(block),
            State::Policy(policy) => json!({ "policy": policy }),
        }
    }
}

const BLOCK: &str = "s3-account-block";
const POLICY: &str = "bucket-policy";
/// Marks the statement that this step adds.
const SID: &str = "UnplugDenyOutside";
/// Bytes of a bucket policy, at most.
const LONGEST: usize = 20 * 1024;

static SPEC: Spec = Spec {
    id: StepId(610),
    slug: "s3-public-access",
    title: "S3: no public access to any bucket",
    needs: &[Section::S3Block, Section::PublicBuckets],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &["s3:PutAccountPublicAccessBlock", "s3:PutBucketPolicy"],
        undo: &["s3:PutAccountPublicAccessBlock", "s3:PutBucketPolicy"],
    },
    params: &[Param {
        name: "way",
        kind: ParamKind::Choice(&["account", "policies"]),
        doc: "`account` turns the account's block on; `policies` does that too, and before it adds a deny for \
              everybody outside this account to the policy of each bucket that a policy opens",
    }],
    does: Does::Cuts(&[Stops::Downloads]),
    cuts: "anonymous and public access to every bucket, by policy or ACL, in every Region",
    leaves: "presigned URLs, your own users and roles, named accounts in policies that are not \
             public, CloudFront with origin access control, replication",
    breaks: "Websites and downloads served from public buckets stop; a public policy's named \
             accounts lose access too.",
    doc: include_str!("s610_s3_public_access/doc.md"),
};

fn by_policies(params: &Params) -> bool {
    text(params, "way", "account") == "policies"
}

impl Step for S3PublicAccess {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn width(&self, _: &Params) -> Width {
        Width::Account
    }

    fn effect(&self, params: &Params) -> Effect {
        if !by_policies(params) {
            return SPEC.effect();
        }
        Effect {
            cuts: "anonymous and public access to every bucket, by policy or ACL, in every Region; and everybody \
                   outside the account, of the buckets that a policy opens",
            breaks: "Websites and downloads served from public buckets stop; of those that a policy opens, so do \
                     CloudFront distributions with an origin access identity (the older kind), and every other \
                     account that the policy names.",
            ..SPEC.effect()
        }
    }

    fn ask(&self, ask: &mut Ask, _: &str, case: &Case) {
        ask.bucket_policies |= by_policies(&case.params);
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (name, bucket) in account.public_buckets.items().filter(|(_, bucket)| bucket.unread().is_none()) {
            let by = match (bucket.by_policy, bucket.by_acl) {
                (true, true) => "its policy and its ACL",
                (true, false) => "its policy",
                _ => "its ACL",
            };
            found.find(Some(&bucket.region), format!("bucket {name} is public by {by}"));
            if by_policies(&case.params) && bucket.by_policy && case.scope.has_region(&bucket.region) {
                let mut item = Item::new(Target::new(POLICY, name).region(&bucket.region));
                // Before the block, and back after it: S3 takes no public policy while it is on.
                item.rank = 0;
                found.item(item);
            }
        }
        if let (Seen::Read(_), id) = (&account.s3_block, &account.id) {
            found.item(Item::new(Target::new(BLOCK, id)));
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&S3PublicAccess]
    }
}

impl Lens for S3PublicAccess {
    type State = State;
    const KIND: &'static str = "";
    const NEEDS: &'static [Section] = &[Section::S3Block, Section::PublicBuckets];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        let only = ask.only_buckets.get_or_insert_default();
        if at.kind == POLICY {
            only.insert(at.id.clone());
        }
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let Look { at, account, .. } = *look;
        if at.kind == POLICY {
            return match &account.public_buckets {
                Seen::Gap(gap) => Now::Unknown(gap.clone()),
                Seen::Read(buckets) => match buckets.get(&at.id).map(|bucket| &bucket.policy) {
                    None => Now::Vanished,
                    Some(Seen::Gap(gap)) => Now::Unknown(gap.clone()),
                    Some(Seen::Read(policy)) => Now::Is(State::Policy(parsed(policy.as_deref()))),
                },
            };
        }
        match &account.s3_block {
            Seen::Read(block) => Now::Is(State::Block(*block)),
            Seen::Gap(gap) => Now::Unknown(gap.clone()),
        }
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let Look { at, account, .. } = *look;
        let policy = match now {
            State::Block(Some(PublicAccessBlock::ALL_ON)) => return Verdict::Already,
            State::Block(_) => return Verdict::Change(State::Block(Some(PublicAccessBlock::ALL_ON))),
            State::Policy(policy) => policy,
        };
        if blocks_policies(account) {
            return Verdict::Refuse(
                "the account's BlockPublicPolicy is on: S3 takes no public policy, and ignores this one"
                    .into(),
            );
        }
        let denied = denied(policy, &at.id, account);
        if denied == *policy {
            return Verdict::Already;
        }
        if !policy.is_object() {
            return Verdict::Refuse("its policy is no JSON object: it cannot be added to".into());
        }
        if denied.to_string().len() > LONGEST {
            return Verdict::Refuse("no room in its policy for another statement (20 KB)".into());
        }
        Verdict::Change(State::Policy(denied))
    }

    fn hold_back(&self, _: &State, look: &Look<'_>) -> Option<Reason> {
        let Look { at, account, .. } = *look;
        (at.kind == POLICY && blocks_policies(account)).then(|| {
            "S3 takes no public policy while the account's BlockPublicPolicy is on: put the block back first"
                .into()
        })
    }

    fn show(&self, state: &State) -> String {
        let block = match state {
            State::Block(block) => block,
            State::Policy(policy) if statements(policy).iter().any(|s| s["Sid"] == SID) => {
                return "its policy, denied to all outside the account".into();
            }
            State::Policy(Value::Null) => return "no policy".into(),
            State::Policy(policy) => {
                let n = statements(policy).len();
                return format!("its policy ({n} statement{})", if n == 1 { "" } else { "s" });
            }
        };
        let Some(block) = block else { return "never set".into() };
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

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let client = aws.s3control(aws.global_region());
        match to {
            State::Block(None) => {
                client.delete_public_access_block().account_id(&at.id).send().await?;
            }
            State::Block(Some(block)) => {
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
            State::Policy(Value::Null) => {
                return Err(StepError::State("a bucket without a policy is not this step's".into()));
            }
            State::Policy(policy) => {
                let put = aws.s3(at.region_name()).put_bucket_policy().bucket(&at.id);
                put.policy(policy.to_string()).send().await?;
            }
        }
        Ok(())
    }
}

/// A policy is compared by what it says: S3 does not keep blanks. What is no JSON stays a text.
fn parsed(policy: Option<&str>) -> Value {
    policy.map_or(Value::Null, |text| serde_json::from_str(text).unwrap_or_else(|_| json!(text)))
}

fn blocks_policies(account: &Account) -> bool {
    account.s3_block.read().copied().flatten().is_some_and(|block| block.block_public_policy)
}

/// One statement may stand without a list around it.
fn statements(policy: &Value) -> Vec<Value> {
    match &policy["Statement"] {
        Value::Array(all) => all.clone(),
        Value::Null => vec![],
        one => vec![one.clone()],
    }
}

/// The policy with the deny at its end. Whoever calls without an account (anonymously) is outside
/// of this one too: a negated test holds for a key that is missing.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
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
    use crate::account::Caller;

    fn case() -> Case {
        Case {
            run: "run-1".into(),
            scope: crate::step::Scope::default(),
            params: Params::default(),
            config: std::sync::Arc::default(),
            names: crate::step::Names::default(),
        }
    }

    #[test]
    fn a_half_set_block_is_completed_and_shown_as_it_is() {
        let half = PublicAccessBlock { block_public_acls: true, ..Default::default() };
        assert_eq!(S3PublicAccess.show(&State::Block(Some(half))), "BlockPublicAcls on");
        assert_eq!(S3PublicAccess.show(&State::Block(None)), "never set");
    }

    #[test]
    fn a_state_of_an_old_journal_is_the_switches_alone() {
        for (state, text) in [
            (State::Block(None), "null"),
            (State::Policy(json!({ "Statement": [] })), r#"{"policy":{"Statement":[]}}"#),
        ] {
            assert_eq!(serde_json::to_string(&state).unwrap(), text);
            assert_eq!(serde_json::from_str::<State>(text).unwrap(), state);
        }
        let on = serde_json::to_string(&PublicAccessBlock::ALL_ON).unwrap();
        let state: State = serde_json::from_str(&on).unwrap();
        assert_eq!(state, State::Block(Some(PublicAccessBlock::ALL_ON)));
    }

    #[test]
    fn a_deny_is_added_once_and_nothing_is_taken_away() {
        let mut account = Account::unread("123456789012", Caller::default());
        let at = Target::new(POLICY, "site").region("eu-west-1");
        let open = json!({ "Statement": { "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject" } });
        let now = State::Policy(open.clone());
        let Verdict::Change(State::Policy(after)) =
            S3PublicAccess.contain(&now, &Look::new(&at, &account, &case()))
        else {
            panic!("no change")
        };
        assert_eq!(after["Statement"][0], open["Statement"]);
        assert_eq!(after["Statement"][1]["Resource"][1], "arn:aws:s3:::site/*");
        let after = State::Policy(after);
        assert_eq!(S3PublicAccess.contain(&after, &Look::new(&at, &account, &case())), Verdict::Already);
        // A thief's statement of the same name does not count.
        let fake = State::Policy(json!({ "Statement": [{ "Sid": SID, "Effect": "Allow" }] }));
        let mended = S3PublicAccess.contain(&fake, &Look::new(&at, &account, &case()));
        assert!(matches!(mended, Verdict::Change(State::Policy(p)) if statements(&p).len() == 1));
        let long = State::Policy(json!({ "Id": "x".repeat(LONGEST) }));
        assert!(matches!(
            S3PublicAccess.contain(&long, &Look::new(&at, &account, &case())),
            Verdict::Refuse(_)
        ));
        account.s3_block = Seen::Read(Some(PublicAccessBlock::ALL_ON));
        assert!(matches!(
            S3PublicAccess.contain(&now, &Look::new(&at, &account, &case())),
            Verdict::Refuse(_)
        ));
        assert!(S3PublicAccess.hold_back(&now, &Look::new(&at, &account, &case())).is_some());
    }
}
