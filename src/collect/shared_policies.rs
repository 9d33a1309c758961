//! Queues, topics, secrets and keys of one Region: the policy of each, and the grants of keys.
//!
//! Each is asked for by a call of its own. Tags are in no state: a second look leaves them out.

use std::collections::BTreeMap;

use aws_sdk_sqs::types::QueueAttributeName;
use futures::StreamExt as _;

use super::ec2::sharing::wanted_of;
use super::{Ask, each_seen};
use crate::account::{HeldPolicy, KeyGrant, Seen, Tags};
use crate::aws::{Aws, AwsError, lists, unless_gone};

/// Things asked for at once.
const AT_ONCE: usize = 20;

type Policies = BTreeMap<String, Seen<HeldPolicy>>;

/// Asks for each of these.
///
/// # Errors
/// Where none could be read: the first failure.
async fn each<T, F: Future<Output = Result<Option<T>, AwsError>>>(
    ids: Vec<String>,
    one: impl Fn(String) -> F,
) -> Result<BTreeMap<String, Seen<T>>, AwsError> {
    let each = futures::stream::iter(ids).map(|id| {
        let asked = one(id.clone());
        async move { (id, asked.await) }
    });
    each_seen(each.buffer_unordered(AT_ONCE).collect().await)
}

/// Queues by URL.
///
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html>
pub(super) async fn queues(aws: &Aws, region: &str, ask: &Ask) -> Result<Policies, AwsError> {
    let sqs = aws.sqs(region);
    let urls = match wanted_of(ask, region, "sqs") {
        Some(urls) => urls,
        // Without a page size SQS answers the first thousand, and no token.
        None => lists::all(aws, sqs.list_queues().max_results(1_000), Some).await?,
    };
    let sqs = &sqs;
    each(urls, |url| async move {
        let asked = sqs.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::Policy);
        let Some(answer) = unless_gone(asked.send().await)? else { return Ok(None) };
        // A queue without a policy answers without attributes.
        let mut attributes = answer.attributes.unwrap_or_default();
        let tags = match &ask.only_copies {
            Some(_) => None,
            None => unless_gone(sqs.list_queue_tags().queue_url(&url).send().await)?,
        };
        Ok::<_, AwsError>(Some(HeldPolicy {
            name: url.rsplit('/').next().unwrap_or_default().to_owned(),
            policy: attributes.remove(&QueueAttributeName::Policy).filter(|text| !text.is_empty()),
            tags: tags.and_then(|answer| answer.tags).unwrap_or_default().into_iter().collect(),
        }))
    })
    .await
}

/// Topics by ARN. Every topic has a policy.
///
/// <https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html>
pub(super) async fn topics(aws: &Aws, region: &str, ask: &Ask) -> Result<Policies, AwsError> {
    let sns = aws.sns(region);
    let arns = match wanted_of(ask, region, "sns") {
        Some(arns) => arns,
        None => lists::all(aws, sns.list_topics(), |topic| topic.topic_arn).await?,
    };
    let sns = &sns;
    each(arns, |arn| async move {
        let asked = sns.get_topic_attributes().topic_arn(&arn).send().await;
        let Some(answer) = unless_gone(asked)? else { return Ok(None) };
        let policy = answer.attributes.and_then(|mut all| all.remove("Policy"));
        let policy = policy.ok_or_else(|| lacking("sns:GetTopicAttributes"))?;
        let tags = match &ask.only_copies {
            Some(_) => None,
            None => unless_gone(sns.list_tags_for_resource().resource_arn(&arn).send().await)?,
        };
        let tags = tags.and_then(|answer| answer.tags).unwrap_or_default();
        Ok::<_, AwsError>(Some(HeldPolicy {
            name: arn.rsplit(':').next().unwrap_or_default().to_owned(),
            policy: Some(policy),
            tags: tags.into_iter().map(|tag| (tag.key, tag.value)).collect(),
        }))
    })
    .await
}

/// Secrets by ARN. One whose deletion is scheduled lets nobody in, and says nothing of its policy.
///
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetResourcePolicy.html>
pub(super) async fn secrets(aws: &Aws, region: &str, ask: &Ask) -> Result<Policies, AwsError> {
    let manager = aws.secrets(region);
    let all: BTreeMap<String, (String, Tags)> = match wanted_of(ask, region, "secretsmanager") {
        Some(arns) => arns.into_iter().map(|arn| (arn, Default::default())).collect(),
        None => {
            lists::all(aws, manager.list_secrets().max_results(100), |secret| {
                let tags = secret.tags.unwrap_or_default().into_iter();
                let tags: Tags =
                    tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect();
                Some((secret.arn?, (secret.name.unwrap_or_default(), tags)))
            })
            .await?
        }
    };
    let (manager, listed) = (&manager, &all);
    each(all.keys().cloned().collect(), |arn| async move {
        let asked = manager.get_resource_policy().secret_id(&arn).send().await;
        let (name, tags) = listed.get(&arn).cloned().unwrap_or_default();
        Ok::<_, AwsError>(unless_gone(asked)?.map(|answer| HeldPolicy {
            name,
            policy: answer.resource_policy,
            tags,
        }))
    })
    .await
}

/// Keys by ARN, AWS's own too: what those allow is limited to this account.
///
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html>
pub(super) async fn keys(aws: &Aws, region: &str, ask: &Ask) -> Result<Policies, AwsError> {
    let kms = &aws.kms(region);
    each(arns_of_keys(aws, region, ask).await?, |arn| async move {
        let Some(answer) = unless_gone(kms.get_key_policy().key_id(&arn).send().await)? else {
            return Ok(None);
        };
        let policy = answer.policy.ok_or_else(|| lacking("kms:GetKeyPolicy"))?;
        let tags = match &ask.only_copies {
            Some(_) => Tags::new(),
            None => {
                let list = kms.list_resource_tags().key_id(&arn);
                lists::all(aws, list, |tag| Some((tag.tag_key, tag.tag_value))).await?
            }
        };
        let name = arn.rsplit('/').next().unwrap_or_default().to_owned();
        Ok::<_, AwsError>(Some(HeldPolicy { name, policy: Some(policy), tags }))
    })
    .await
}

/// The grants of keys, by the key's ARN and the grant's id.
///
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListGrants.html>
pub(super) async fn grants(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, Seen<BTreeMap<String, KeyGrant>>>, AwsError> {
    let kms = &aws.kms(region);
    each(arns_of_keys(aws, region, ask).await?, |arn| async move {
        let list = kms.list_grants().key_id(&arn).limit(100);
        let found: Result<BTreeMap<String, KeyGrant>, AwsError> = lists::all(aws, list, |grant| {
            let of = KeyGrant {
                grantee: grant.grantee_principal.or(grant.grantee_service_principal).unwrap_or_default(),
                operations: grant
                    .operations
                    .unwrap_or_default()
                    .iter()
                    .map(|one| one.as_str().into())
                    .collect(),
            };
            Some((grant.grant_id?, of))
        })
        .await;
        unless_gone(found)
    })
    .await
}

async fn arns_of_keys(aws: &Aws, region: &str, ask: &Ask) -> Result<Vec<String>, AwsError> {
    match wanted_of(ask, region, "kms") {
        Some(arns) => Ok(arns),
        None => lists::all(aws, aws.kms(region).list_keys().limit(1_000), |key| key.key_arn).await,
    }
}

fn lacking(operation: &str) -> AwsError {
    AwsError::unusable(operation, "it lacks the policy")
}
