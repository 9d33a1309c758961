//! KMS: keys, and deletions that are called off.

use aws_sdk_kms::types::{KeyListEntry, KeyManagerType, KeyMetadata, KeyState};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::{seen, seen_mut};
use crate::account::KmsKey;
use crate::aws::operations::kms;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<kms::CancelKeyDeletion>(cancel_key_deletion);
    dispatch.on::<kms::DescribeKey>(describe_key);
    dispatch.on::<kms::ListKeys>(list_keys);
}

fn arn(cx: &Cx<'_>, id: &str) -> String {
    let account = &cx.world.account;
    format!("arn:{}:kms:{}:{}:key/{id}", account.partition(), cx.region, account.id)
}

/// The id that a key's ARN ends with; an id is one already.
fn id_of(key: Option<&str>) -> &str {
    let key = key.unwrap_or_default();
    key.rsplit_once("key/").map_or(key, |(_, id)| id)
}

fn no_key(arn: &str) -> Refused {
    refuse("NotFoundException", format!("Key '{arn}' does not exist"))
}

fn list_keys(cx: &mut Cx<'_>, input: &In<kms::ListKeys>) -> Said<kms::ListKeys> {
    let ids: Vec<String> = seen(&region(cx).kms_keys)?.keys().cloned().collect();
    let entry = |id: String| KeyListEntry::builder().key_arn(arn(cx, &id)).key_id(id).build();
    // AWS's page has 100 keys where the request says nothing.
    let (keys, next) =
        cx.page(ids.into_iter().map(entry).collect(), input.marker(), Some(input.limit().unwrap_or(100)));
    let output = Out::<kms::ListKeys>::builder().set_keys(Some(keys)).truncated(next.is_some());
    Ok(output.set_next_marker(next).build())
}

fn describe_key(cx: &mut Cx<'_>, input: &In<kms::DescribeKey>) -> Said<kms::DescribeKey> {
    let id = id_of(input.key_id());
    let arn = arn(cx, id);
    let key = seen(&region(cx).kms_keys)?.get(id).ok_or_else(|| no_key(&arn))?;
    let metadata = metadata(id, &arn, seen(key)?)?;
    Ok(Out::<kms::DescribeKey>::builder().key_metadata(metadata).build())
}

fn metadata(id: &str, arn: &str, key: &KmsKey) -> Result<KeyMetadata, Refused> {
    let date = |date: &Option<String>| {
        date.as_deref().and_then(|date| DateTime::from_str(date, Format::DateTime).ok())
    };
    let manager = if key.managed_by_aws { KeyManagerType::Aws } else { KeyManagerType::Customer };
    KeyMetadata::builder()
        .key_id(id)
        .arn(arn)
        .description(&key.description)
        .enabled(key.state == KeyState::Enabled.as_str())
        .key_state(KeyState::from(key.state.as_str()))
        .key_manager(manager)
        .set_deletion_date(date(&key.deletion))
        .set_pending_deletion_window_in_days(key.days_after_replicas)
        .set_valid_to(date(&key.material_expires))
        .build()
        .map_err(|error| refuse("KMSInternalException", error.to_string()))
}

/// A key whose deletion is called off is disabled, whatever it was before.
///
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html>
fn cancel_key_deletion(cx: &mut Cx<'_>, input: &In<kms::CancelKeyDeletion>) -> Said<kms::CancelKeyDeletion> {
    let id = id_of(input.key_id());
    let arn = arn(cx, id);
    let key = seen_mut(&mut cx.region_mut().kms_keys)?.get_mut(id).ok_or_else(|| no_key(&arn))?;
    let key = seen_mut(key)?;
    let pending = [KeyState::PendingDeletion, KeyState::PendingReplicaDeletion];
    if !pending.iter().any(|state| state.as_str() == key.state) {
        return Err(refuse("KMSInvalidStateException", format!("{arn} is not pending deletion.")));
    }
    KeyState::Disabled.as_str().clone_into(&mut key.state);
    (key.deletion, key.days_after_replicas) = (None, None);
    Ok(Out::<kms::CancelKeyDeletion>::builder().key_id(arn).build())
}
