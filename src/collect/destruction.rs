//! Keys and secrets of one Region, and whether their deletion is scheduled.

use std::collections::BTreeMap;

use aws_sdk_kms::types::{KeyManagerType, KeyMetadata};
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use futures::future::join_all;

use super::{Ask, each_seen, only_in};
use crate::account::{KmsKey, Secret, Seen, Tags};
use crate::aws::{Aws, AwsError, lists, unless_gone};

/// Reads KMS keys by id, each by a call of its own: a list names them and says nothing of their state.
///
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html>
pub(super) async fn kms_keys(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, Seen<KmsKey>>, AwsError> {
    let kms = aws.kms(region);
    let ids: Vec<String> = match only_in(ask.only_keys_and_secrets.as_ref(), region) {
        Some(ids) => ids.filter(|id| !is_secret(id)).cloned().collect(),
        None => lists::all(aws, kms.list_keys().limit(1_000), |key| key.key_id).await?,
    };
    let keys = ids.into_iter().map(async |id| {
        let answer = kms.describe_key().key_id(&id).send().await;
        let key =
            unless_gone(answer).and_then(|answer| answer.map(|key| key_of(key.key_metadata)).transpose());
        (id, key)
    });
    each_seen(join_all(keys).await)
}

/// Reads secrets by ARN, those whose deletion is scheduled included. A list may be five minutes old, so
/// each secret is asked for again.
///
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html>
pub(super) async fn secrets(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, Seen<Secret>>, AwsError> {
    let manager = aws.secrets(region);
    let arns: Vec<String> = match only_in(ask.only_keys_and_secrets.as_ref(), region) {
        Some(ids) => ids.filter(|id| is_secret(id)).cloned().collect(),
        None => {
            let list = manager.list_secrets().include_planned_deletion(true).max_results(100);
            lists::all(aws, list, |secret| secret.arn).await?
        }
    };
    let secrets = arns.into_iter().map(async |arn| {
        let answer = manager.describe_secret().secret_id(&arn).send().await;
        (arn, unless_gone(answer).map(|secret| secret.map(secret_of)))
    });
    each_seen(join_all(secrets).await)
}

/// A secret is known by its ARN, a key by the id in it.
fn is_secret(id: &str) -> bool {
    id.starts_with("arn:")
}

/// # Errors
/// The answer does not say the key's state, or who manages it: neither has a default.
fn key_of(metadata: Option<KeyMetadata>) -> Result<KmsKey, AwsError> {
    let lacks = |member: &str| AwsError::unusable("kms:DescribeKey", &format!("it lacks {member}"));
    let key = metadata.ok_or_else(|| lacks("KeyMetadata"))?;
    let state = key.key_state.ok_or_else(|| lacks("KeyState"))?;
    let manager = key.key_manager.ok_or_else(|| lacks("KeyManager"))?;
    Ok(KmsKey {
        state: state.as_str().to_owned(),
        description: key.description.unwrap_or_default(),
        managed_by_aws: manager == KeyManagerType::Aws,
        deletion: date(key.deletion_date),
        days_after_replicas: key.pending_deletion_window_in_days,
        material_expires: date(key.valid_to),
    })
}

fn secret_of(secret: DescribeSecretOutput) -> Secret {
    let tags = secret.tags.unwrap_or_default().into_iter();
    let tags: Tags = tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect();
    Secret {
        name: secret.name.unwrap_or_default(),
        deleted: date(secret.deleted_date),
        owner: secret.owning_service,
        tags,
    }
}

fn date(date: Option<DateTime>) -> Option<String> {
    date.and_then(|date| date.fmt(Format::DateTime).ok())
}
