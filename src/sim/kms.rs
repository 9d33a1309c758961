//! KMS: keys, their policies and grants, and deletions that are called off.

use std::collections::BTreeSet;

use aws_sdk_kms::types::{GrantListEntry, KeyListEntry, KeyManagerType, KeyMetadata, KeyState, Tag};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::ec2::region;
use super::iam::built;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::sqs::has_statement;
use super::world::{seen, seen_any, seen_mut};
use crate::account::{HeldPolicy, KeyGrant, KmsKey};
use crate::aws::operations::kms;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<kms::CancelKeyDeletion>(cancel_key_deletion);
    dispatch.on::<kms::DescribeKey>(describe_key);
    dispatch.on::<kms::GetKeyPolicy>(get_key_policy);
    dispatch.on::<kms::ListGrants>(list_grants);
    dispatch.on::<kms::ListKeys>(list_keys);
    dispatch.on::<kms::ListResourceTags>(list_resource_tags);
    dispatch.on::<kms::PutKeyPolicy>(put_key_policy);
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

/// The ids of all keys: some are known by their state alone, others by their policy or grants.
fn ids(cx: &Cx<'_>) -> Result<BTreeSet<String>, Refused> {
    let here = region(cx);
    let by_arn = here.key_policies.items().map(|(arn, _)| arn);
    let by_arn = by_arn.chain(here.key_grants.items().map(|(arn, _)| arn)).map(|arn| id_of(Some(arn)));
    let ids: BTreeSet<String> =
        here.kms_keys.items().map(|(id, _)| id.as_str()).chain(by_arn).map(str::to_owned).collect();
    let gaps = [here.kms_keys.gap(), here.key_policies.gap(), here.key_grants.gap()];
    seen_any(&gaps, ids.is_empty())?;
    Ok(ids)
}

fn list_keys(cx: &mut Cx<'_>, input: &In<kms::ListKeys>) -> Said<kms::ListKeys> {
    let ids = ids(cx)?;
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

/// The policy of a key by its ARN.
fn held<'w>(cx: &'w Cx<'_>, key: Option<&str>) -> Result<&'w HeldPolicy, Refused> {
    let arn = arn(cx, id_of(key));
    seen(seen(&region(cx).key_policies)?.get(&arn).ok_or_else(|| no_key(&arn))?)
}

fn get_key_policy(cx: &mut Cx<'_>, input: &In<kms::GetKeyPolicy>) -> Said<kms::GetKeyPolicy> {
    let policy = held(cx, input.key_id())?.policy.clone();
    Ok(Out::<kms::GetKeyPolicy>::builder().set_policy(policy).policy_name("default").build())
}

fn list_resource_tags(cx: &mut Cx<'_>, input: &In<kms::ListResourceTags>) -> Said<kms::ListResourceTags> {
    let tags = held(cx, input.key_id())?.tags.iter();
    let tags = tags.map(|(key, value)| built(Tag::builder().tag_key(key).tag_value(value).build()));
    let tags = tags.collect::<Result<Vec<Tag>, Refused>>()?;
    let (page, next) = cx.page(tags, input.marker(), Some(input.limit().unwrap_or(50)));
    let output = Out::<kms::ListResourceTags>::builder().set_tags(Some(page)).truncated(next.is_some());
    Ok(output.set_next_marker(next).build())
}

fn list_grants(cx: &mut Cx<'_>, input: &In<kms::ListGrants>) -> Said<kms::ListGrants> {
    let arn = arn(cx, id_of(input.key_id()));
    let grants = seen(seen(&region(cx).key_grants)?.get(&arn).ok_or_else(|| no_key(&arn))?)?;
    let entry = |(id, grant): (&String, &KeyGrant)| {
        let operations = grant.operations.iter().map(|one| one.as_str().into());
        GrantListEntry::builder()
            .grant_id(id)
            .key_id(&arn)
            .grantee_principal(&grant.grantee)
            .set_operations(Some(operations.collect()))
            .build()
    };
    let all = grants.iter().map(entry).collect();
    let (page, next) = cx.page(all, input.marker(), Some(input.limit().unwrap_or(50)));
    let output = Out::<kms::ListGrants>::builder().set_grants(Some(page)).truncated(next.is_some());
    Ok(output.set_next_marker(next).build())
}

/// KMS refuses a policy after which the caller could not write it again: here, one that names nobody of the account.
///
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html>
fn put_key_policy(cx: &mut Cx<'_>, input: &In<kms::PutKeyPolicy>) -> Said<kms::PutKeyPolicy> {
    let (arn, own) = (arn(cx, id_of(input.key_id())), cx.world.account.id.clone());
    let all = seen_mut(&mut cx.region_mut().key_policies)?;
    let key = seen_mut(all.get_mut(&arn).ok_or_else(|| no_key(&arn))?)?;
    let text = input.policy().unwrap_or_default();
    if !has_statement(text) || !(text.contains(&own) || text.contains(r#""*""#)) {
        let words = "The new key policy will not allow you to update the key policy in the future.";
        return Err(refuse("MalformedPolicyDocumentException", words));
    }
    key.policy = Some(text.to_owned());
    Ok(Out::<kms::PutKeyPolicy>::builder().build())
}
