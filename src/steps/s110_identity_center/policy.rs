//! The inline policy of a permission set: what fits into it, how it is written, and how it comes to accounts.

use std::time::Duration;

use aws_sdk_ssoadmin::types::ProvisionTargetType;

use super::place::{Place, until_carried_out, until_free};
use super::statement::{Denies, Parts, Reach};
use crate::aws::Aws;
use crate::collect::identity_center::inline_policy;
use crate::step::policy::length;
use crate::step::{Reason, StepError, count};

/// How long an inline policy may be: in all, and without white space.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>
const MOST_BYTES: usize = 32_768;
const MOST_CHARACTERS: usize = 10_240;

const NO_POLICY: &str = "its inline policy is no text that a statement can be added to";

/// Why a policy cannot be added to, or not so that it comes back as it was.
pub(super) fn unfit(policy: Option<&str>, reach: Reach<'_>, denies: Option<&Denies>) -> Option<Reason> {
    let rest = reach.parts(policy).rest;
    let text = match denies.map(|denies| reach.added(rest.as_deref(), denies)) {
        Some(Some(text)) if reach.parts(Some(&text)).rest == rest => text,
        _ => return Some(NO_POLICY.into()),
    };
    let (bytes, characters) = (text.len(), length(&text));
    (bytes > MOST_BYTES || characters > MOST_CHARACTERS).then(|| {
        format!(
            "its inline policy has no room for the deny: with it {}, {characters} without white space, and AWS takes \
             {MOST_BYTES} and {MOST_CHARACTERS}. way = \"unassign\" needs no room",
            count(bytes, "byte")
        )
    })
}

/// Gives the inline policy, as it is now, the statement that is wanted, or none. Nothing is sent where it is so.
pub(super) async fn set_denies(
    aws: &Aws,
    place: &Place<'_>,
    reach: Reach<'_>,
    wanted: Option<&Denies>,
) -> Result<(), StepError> {
    let now = inline_policy(aws, place.region, &place.instance, &place.set).await?;
    let Parts { denies, rest } = reach.parts(now.as_deref());
    if denies.as_ref() == wanted {
        return Ok(());
    }
    let text = match wanted {
        None => rest,
        Some(denies) => {
            let no_policy = || StepError::State(format!("{NO_POLICY}: nothing was sent"));
            Some(reach.added(rest.as_deref(), denies).ok_or_else(no_policy)?)
        }
    };
    put(aws, place, text).await
}

/// Writes the inline policy. A set has one, and a write replaces it.
pub(super) async fn put(aws: &Aws, place: &Place<'_>, text: Option<String>) -> Result<(), StepError> {
    let client = aws.ssoadmin(place.region);
    match text {
        Some(text) => {
            let put = client.put_inline_policy_to_permission_set().instance_arn(&place.instance);
            put.permission_set_arn(&place.set).inline_policy(text).send().await?;
        }
        None => {
            let delete = client.delete_inline_policy_from_permission_set().instance_arn(&place.instance);
            delete.permission_set_arn(&place.set).send().await?;
        }
    }
    Ok(())
}

/// Brings the set's latest version to the accounts, and waits until AWS has done so.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ProvisionPermissionSet.html>
pub(super) async fn provision<const EVERYWHERE: bool>(
    aws: &Aws,
    place: &Place<'_>,
    within: Duration,
) -> Result<(), StepError> {
    let client = aws.ssoadmin(place.region);
    let accepted = until_free(aws, || async {
        let ask = client.provision_permission_set().instance_arn(&place.instance);
        let ask = ask.permission_set_arn(&place.set);
        let ask = if EVERYWHERE {
            ask.target_type(ProvisionTargetType::AllProvisionedAccounts)
        } else {
            ask.target_type(ProvisionTargetType::AwsAccount).target_id(&place.account)
        };
        Ok(ask.send().await?.permission_set_provisioning_status)
    });
    let Some(id) = accepted.await?.and_then(|status| status.request_id) else { return Ok(()) };
    until_carried_out(aws, within, || async {
        let look = client.describe_permission_set_provisioning_status().instance_arn(&place.instance);
        let answer = look.provision_permission_set_request_id(&id).send().await?;
        let status = answer.permission_set_provisioning_status;
        Ok(status.map_or((None, None), |status| (status.status, status.failure_reason)))
    })
    .await
}
