//! SES: the account's sending switch, identities and configuration sets of a Region.

use crate::aws::operations::{ses, sesv2};
use aws_sdk_ses::types::SendDataPoint;
use aws_sdk_sesv2::types::{IdentityInfo, SendQuota, SendingOptions};

use serde_json::json;

use super::route::{Cx, Dispatch, In, Out, Said, refuse};
use super::world::{seen, seen_mut};

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<sesv2::GetAccount>(get_account);
    dispatch.on::<sesv2::ListEmailIdentities>(list_email_identities);
    dispatch.on::<sesv2::GetEmailIdentityPolicies>(get_email_identity_policies);
    dispatch.on::<sesv2::ListConfigurationSets>(list_configuration_sets);
    dispatch.on::<sesv2::GetConfigurationSet>(get_configuration_set);
    dispatch.on::<ses::GetSendStatistics>(get_send_statistics);
    dispatch.on::<sesv2::PutAccountSendingAttributes>(put_account_sending_attributes);
    dispatch.on::<sesv2::PutConfigurationSetSendingOptions>(put_configuration_set_sending_options);
}

#[expect(clippy::cast_precision_loss, reason = "AWS gives whole numbers as floating point")]
fn get_account(cx: &mut Cx<'_>, _: &In<sesv2::GetAccount>) -> Said<sesv2::GetAccount> {
    let ses = seen(&cx.region_mut().ses)?;
    let quota = if ses.quota == u64::MAX { -1.0 } else { ses.quota as f64 };
    Ok(Out::<sesv2::GetAccount>::builder()
        .sending_enabled(ses.sending)
        .enforcement_status(&ses.enforcement)
        .production_access_enabled(ses.production)
        .send_quota(SendQuota::builder().max24_hour_send(quota).build())
        .build())
}

fn list_email_identities(
    cx: &mut Cx<'_>,
    input: &In<sesv2::ListEmailIdentities>,
) -> Said<sesv2::ListEmailIdentities> {
    let all = seen(&cx.region_mut().ses)?
        .identities
        .iter()
        .map(|name| IdentityInfo::builder().identity_name(name).sending_enabled(true).build())
        .collect();
    let (page, next) = cx.page(all, input.next_token(), input.page_size());
    Ok(Out::<sesv2::ListEmailIdentities>::builder()
        .set_email_identities(Some(page))
        .set_next_token(next)
        .build())
}

fn get_email_identity_policies(
    cx: &mut Cx<'_>,
    input: &In<sesv2::GetEmailIdentityPolicies>,
) -> Said<sesv2::GetEmailIdentityPolicies> {
    let name = input.email_identity().unwrap_or_default();
    let ses = seen(&cx.region_mut().ses)?;
    let senders = seen(&ses.senders)?;
    if !ses.identities.contains(name) {
        return Err(refuse("NotFoundException", format!("Email identity <{name}> does not exist.")));
    }
    let policy = senders.get(name).filter(|senders| !senders.is_empty()).map(|senders| {
        let statement =
            json!({ "Effect": "Allow", "Principal": { "AWS": senders }, "Action": "ses:SendEmail" });
        ("unplug".to_owned(), json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string())
    });
    Ok(Out::<sesv2::GetEmailIdentityPolicies>::builder()
        .set_policies(Some(policy.into_iter().collect()))
        .build())
}

fn list_configuration_sets(
    cx: &mut Cx<'_>,
    input: &In<sesv2::ListConfigurationSets>,
) -> Said<sesv2::ListConfigurationSets> {
    let all = seen(&seen(&cx.region_mut().ses)?.configuration_sets)?.keys().cloned().collect();
    let (page, next) = cx.page(all, input.next_token(), input.page_size());
    Ok(Out::<sesv2::ListConfigurationSets>::builder()
        .set_configuration_sets(Some(page))
        .set_next_token(next)
        .build())
}

fn get_configuration_set(
    cx: &mut Cx<'_>,
    input: &In<sesv2::GetConfigurationSet>,
) -> Said<sesv2::GetConfigurationSet> {
    let name = input.configuration_set_name().unwrap_or_default();
    let Some(sending) = seen(&seen(&cx.region_mut().ses)?.configuration_sets)?.get(name) else {
        return Err(refuse("NotFoundException", format!("Configuration set <{name}> does not exist.")));
    };
    Ok(Out::<sesv2::GetConfigurationSet>::builder()
        .configuration_set_name(name)
        .sending_options(SendingOptions::builder().sending_enabled(*sending).build())
        .build())
}

fn get_send_statistics(cx: &mut Cx<'_>, _: &In<ses::GetSendStatistics>) -> Said<ses::GetSendStatistics> {
    let sends = i64::try_from(seen(&cx.region_mut().ses)?.recent_sends).unwrap_or(i64::MAX);
    let mut output = Out::<ses::GetSendStatistics>::builder();
    // One point for each quarter of an hour in which something was sent.
    for part in [sends / 2, sends - sends / 2] {
        output = output.send_data_points(SendDataPoint::builder().delivery_attempts(part).build());
    }
    Ok(output.build())
}

fn put_account_sending_attributes(
    cx: &mut Cx<'_>,
    input: &In<sesv2::PutAccountSendingAttributes>,
) -> Said<sesv2::PutAccountSendingAttributes> {
    let ses = seen_mut(&mut cx.region_mut().ses)?;
    // Omitted means off, not "as it is".
    let wanted = input.sending_enabled().unwrap_or(false);
    if wanted && ses.enforcement == "SHUTDOWN" {
        return Err(refuse("BadRequestException", "Sending is shut down by AWS for this account."));
    }
    ses.sending = wanted;
    Ok(Out::<sesv2::PutAccountSendingAttributes>::builder().build())
}

fn put_configuration_set_sending_options(
    cx: &mut Cx<'_>,
    input: &In<sesv2::PutConfigurationSetSendingOptions>,
) -> Said<sesv2::PutConfigurationSetSendingOptions> {
    let name = input.configuration_set_name().unwrap_or_default();
    let Some(sending) = seen_mut(&mut seen_mut(&mut cx.region_mut().ses)?.configuration_sets)?.get_mut(name)
    else {
        return Err(refuse("NotFoundException", format!("Configuration set <{name}> does not exist.")));
    };
    *sending = input.sending_enabled().unwrap_or(false);
    Ok(Out::<sesv2::PutConfigurationSetSendingOptions>::builder().build())
}
