//! Secrets Manager: secrets without their values, and deletions that are called off.

use aws_sdk_secretsmanager::types::{SecretListEntry, Tag};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::{seen, seen_mut};
use crate::account::Secret;
use crate::aws::operations::secretsmanager;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<secretsmanager::DescribeSecret>(describe_secret);
    dispatch.on::<secretsmanager::ListSecrets>(list_secrets);
    dispatch.on::<secretsmanager::RestoreSecret>(restore_secret);
}

fn no_secret() -> Refused {
    refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

fn deleted(secret: &Secret) -> Option<DateTime> {
    secret.deleted.as_deref().and_then(|date| DateTime::from_str(date, Format::DateTime).ok())
}

fn tags(secret: &Secret) -> Vec<Tag> {
    secret.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
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
    let all = seen(&region(cx).secrets)?.iter().filter_map(|(arn, secret)| {
        // One whose description is denied is in the list all the same.
        let Some(secret) = secret.read() else { return Some(SecretListEntry::builder().arn(arn).build()) };
        (planned || secret.deleted.is_none()).then(|| {
            SecretListEntry::builder()
                .arn(arn)
                .name(&secret.name)
                .set_deleted_date(deleted(secret))
                .set_owning_service(secret.owner.clone())
                .set_tags(Some(tags(secret)))
                .build()
        })
    });
    let all = all.collect();
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
        .set_tags(Some(tags(secret)))
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
