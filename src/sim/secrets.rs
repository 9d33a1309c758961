//! Secrets Manager: secrets without their values, their policies, and deletions that are called off.

use std::collections::BTreeMap;

use aws_sdk_secretsmanager::types::{SecretListEntry, Tag};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::sqs::has_statement;
use super::world::{seen, seen_any, seen_mut};
use crate::account::{HeldPolicy, Secret, Tags};
use crate::aws::operations::secretsmanager;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<secretsmanager::DeleteResourcePolicy>(delete_resource_policy);
    dispatch.on::<secretsmanager::DescribeSecret>(describe_secret);
    dispatch.on::<secretsmanager::GetResourcePolicy>(get_resource_policy);
    dispatch.on::<secretsmanager::ListSecrets>(list_secrets);
    dispatch.on::<secretsmanager::PutResourcePolicy>(put_resource_policy);
    dispatch.on::<secretsmanager::RestoreSecret>(restore_secret);
}

fn no_secret() -> Refused {
    refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

fn deleted(secret: &Secret) -> Option<DateTime> {
    secret.deleted.as_deref().and_then(|date| DateTime::from_str(date, Format::DateTime).ok())
}

fn tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// Secrets whose deletion is scheduled are left out where the request does not ask for them.
fn list_secrets(
    cx: &mut Cx<'_>,
    input: &In<secretsmanager::ListSecrets>,
) -> Said<secretsmanager::ListSecrets> {
    if input.max_results().is_some_and(|max| !(1..=100).contains(&max)) {
        return Err(refuse("InvalidParameterException", "MaxResults must be between 1 and 100"));
    }
    let planned = input.include_planned_deletion().unwrap_or(false);
    let here = region(cx);
    // Some are known by their state alone, others by their policy.
    let entry = |arn: &String, name: &String, has: &Tags| {
        SecretListEntry::builder().arn(arn).name(name).set_tags(Some(tags(has)))
    };
    let mut all = BTreeMap::new();
    for (arn, held) in here.secret_policies.items() {
        let none = HeldPolicy::default();
        let held = held.read().unwrap_or(&none);
        all.insert(arn, entry(arn, &held.name, &held.tags));
    }
    for (arn, secret) in here.secrets.items() {
        // One whose description is denied is in the list all the same.
        let Some(secret) = secret.read() else {
            all.insert(arn, SecretListEntry::builder().arn(arn));
            continue;
        };
        if planned || secret.deleted.is_none() {
            let one = entry(arn, &secret.name, &secret.tags).set_deleted_date(deleted(secret));
            all.insert(arn, one.set_owning_service(secret.owner.clone()));
        } else {
            all.remove(arn);
        }
    }
    seen_any(&[here.secrets.gap(), here.secret_policies.gap()], all.is_empty())?;
    let all: Vec<SecretListEntry> = all.into_values().map(|entry| entry.build()).collect();
    let (page, next) = cx.page(all, input.next_token(), input.max_results());
    Ok(Out::<secretsmanager::ListSecrets>::builder().set_secret_list(Some(page)).set_next_token(next).build())
}

fn describe_secret(
    cx: &mut Cx<'_>,
    input: &In<secretsmanager::DescribeSecret>,
) -> Said<secretsmanager::DescribeSecret> {
    let arn = input.secret_id().unwrap_or_default();
    let secret = seen(&region(cx).secrets)?.get(arn).ok_or_else(no_secret)?;
    let secret = seen(secret)?;
    Ok(Out::<secretsmanager::DescribeSecret>::builder()
        .arn(arn)
        .name(&secret.name)
        .set_deleted_date(deleted(secret))
        .set_owning_service(secret.owner.clone())
        .set_tags(Some(tags(&secret.tags)))
        .build())
}

fn restore_secret(
    cx: &mut Cx<'_>,
    input: &In<secretsmanager::RestoreSecret>,
) -> Said<secretsmanager::RestoreSecret> {
    let arn = input.secret_id().unwrap_or_default();
    let secret = seen_mut(&mut cx.region_mut().secrets)?.get_mut(arn).ok_or_else(no_secret)?;
    let secret = seen_mut(secret)?;
    if secret.deleted.take().is_none() {
        return Err(refuse("InvalidRequestException", "The secret is not scheduled for deletion."));
    }
    Ok(Out::<secretsmanager::RestoreSecret>::builder().arn(arn).name(&secret.name).build())
}

/// A secret whose deletion is scheduled says nothing of its policy, and takes none.
fn held<'w>(cx: &'w mut Cx<'_>, arn: Option<&str>) -> Result<&'w mut HeldPolicy, Refused> {
    let (arn, here) = (arn.unwrap_or_default(), cx.region_mut());
    let is_deleted = |secret: &Secret| secret.deleted.is_some();
    if here.secrets.item(arn).and_then(|secret| secret.read()).is_some_and(is_deleted) {
        let words = "You can't perform this operation on the secret because it was marked for deletion.";
        return Err(refuse("InvalidRequestException", words));
    }
    seen_mut(seen_mut(&mut here.secret_policies)?.get_mut(arn).ok_or_else(no_secret)?)
}

fn get_resource_policy(
    cx: &mut Cx<'_>,
    input: &In<secretsmanager::GetResourcePolicy>,
) -> Said<secretsmanager::GetResourcePolicy> {
    let policy = held(cx, input.secret_id())?.policy.clone();
    let output =
        Out::<secretsmanager::GetResourcePolicy>::builder().set_arn(input.secret_id().map(Into::into));
    Ok(output.set_resource_policy(policy).build())
}

fn put_resource_policy(
    cx: &mut Cx<'_>,
    input: &In<secretsmanager::PutResourcePolicy>,
) -> Said<secretsmanager::PutResourcePolicy> {
    let held = held(cx, input.secret_id())?;
    let text = input.resource_policy().unwrap_or_default();
    if !has_statement(text) {
        return Err(refuse("MalformedPolicyDocumentException", "This resource policy contains invalid Json"));
    }
    held.policy = Some(text.to_owned());
    Ok(Out::<secretsmanager::PutResourcePolicy>::builder().build())
}

fn delete_resource_policy(
    cx: &mut Cx<'_>,
    input: &In<secretsmanager::DeleteResourcePolicy>,
) -> Said<secretsmanager::DeleteResourcePolicy> {
    held(cx, input.secret_id())?.policy = None;
    Ok(Out::<secretsmanager::DeleteResourcePolicy>::builder().build())
}
