//! SES: the account's sending switch, identities and configuration sets of a Region.

use aws_sdk_ses::operation::get_send_statistics as statistics;
use aws_sdk_ses::types::SendDataPoint;
use aws_sdk_sesv2::operation::{
    get_account as account, get_configuration_set as get_set, get_email_identity_policies as policies,
    list_configuration_sets as list_sets, list_email_identities as list_identities,
    put_account_sending_attributes as put_account, put_configuration_set_sending_options as put_set,
};
use aws_sdk_sesv2::types::{IdentityInfo, SendQuota, SendingOptions};

use serde_json::json;

use super::route::{At, Routes, refuse};
use super::world::{seen, seen_mut};

pub(super) fn routes(routes: &mut Routes) {
    routes.on(get_account);
    routes.on(list_email_identities);
    routes.on(get_email_identity_policies);
    routes.on(list_configuration_sets);
    routes.on(get_configuration_set);
    routes.on(get_send_statistics);
    routes.on(put_account_sending_attributes);
    routes.on(put_configuration_set_sending_options);
}

#[expect(clippy::cast_precision_loss, reason = "AWS gives whole numbers as floating point")]
fn get_account(
    at: &mut At<'_>,
    _: &account::GetAccountInput,
) -> Result<account::GetAccountOutput, account::GetAccountError> {
    let ses = seen(&at.here().ses)?;
    let quota = if ses.quota == u64::MAX { -1.0 } else { ses.quota as f64 };
    Ok(account::GetAccountOutput::builder()
        .sending_enabled(ses.sending)
        .enforcement_status(&ses.enforcement)
        .production_access_enabled(ses.production)
        .send_quota(SendQuota::builder().max24_hour_send(quota).build())
        .build())
}

fn list_email_identities(
    at: &mut At<'_>,
    input: &list_identities::ListEmailIdentitiesInput,
) -> Result<list_identities::ListEmailIdentitiesOutput, list_identities::ListEmailIdentitiesError> {
    let all = seen(&at.here().ses)?
        .identities
        .iter()
        .map(|name| IdentityInfo::builder().identity_name(name).sending_enabled(true).build())
        .collect();
    let (page, next) = at.page(all, input.next_token(), input.page_size());
    Ok(list_identities::ListEmailIdentitiesOutput::builder()
        .set_email_identities(Some(page))
        .set_next_token(next)
        .build())
}

fn get_email_identity_policies(
    at: &mut At<'_>,
    input: &policies::GetEmailIdentityPoliciesInput,
) -> Result<policies::GetEmailIdentityPoliciesOutput, policies::GetEmailIdentityPoliciesError> {
    let name = input.email_identity().unwrap_or_default();
    let ses = seen(&at.here().ses)?;
    let senders = seen(&ses.senders)?;
    if !ses.identities.contains(name) {
        return Err(refuse("NotFoundException", format!("Email identity <{name}> does not exist.")));
    }
    let policy = senders.get(name).filter(|senders| !senders.is_empty()).map(|senders| {
        let statement =
            json!({ "Effect": "Allow", "Principal": { "AWS": senders }, "Action": "ses:SendEmail" });
        ("unplug".to_owned(), json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string())
    });
    Ok(policies::GetEmailIdentityPoliciesOutput::builder()
        .set_policies(Some(policy.into_iter().collect()))
        .build())
}

fn list_configuration_sets(
    at: &mut At<'_>,
    input: &list_sets::ListConfigurationSetsInput,
) -> Result<list_sets::ListConfigurationSetsOutput, list_sets::ListConfigurationSetsError> {
    let all = seen(&seen(&at.here().ses)?.configuration_sets)?.keys().cloned().collect();
    let (page, next) = at.page(all, input.next_token(), input.page_size());
    Ok(list_sets::ListConfigurationSetsOutput::builder()
        .set_configuration_sets(Some(page))
        .set_next_token(next)
        .build())
}

fn get_configuration_set(
    at: &mut At<'_>,
    input: &get_set::GetConfigurationSetInput,
) -> Result<get_set::GetConfigurationSetOutput, get_set::GetConfigurationSetError> {
    let name = input.configuration_set_name().unwrap_or_default();
    let Some(sending) = seen(&seen(&at.here().ses)?.configuration_sets)?.get(name) else {
        return Err(refuse("NotFoundException", format!("Configuration set <{name}> does not exist.")));
    };
    Ok(get_set::GetConfigurationSetOutput::builder()
        .configuration_set_name(name)
        .sending_options(SendingOptions::builder().sending_enabled(*sending).build())
        .build())
}

fn get_send_statistics(
    at: &mut At<'_>,
    _: &statistics::GetSendStatisticsInput,
) -> Result<statistics::GetSendStatisticsOutput, statistics::GetSendStatisticsError> {
    let sends = i64::try_from(seen(&at.here().ses)?.recent_sends).unwrap_or(i64::MAX);
    let mut output = statistics::GetSendStatisticsOutput::builder();
    // One point for each quarter of an hour in which something was sent.
    for part in [sends / 2, sends - sends / 2] {
        output = output.send_data_points(SendDataPoint::builder().delivery_attempts(part).build());
    }
    Ok(output.build())
}

fn put_account_sending_attributes(
    at: &mut At<'_>,
    input: &put_account::PutAccountSendingAttributesInput,
) -> Result<put_account::PutAccountSendingAttributesOutput, put_account::PutAccountSendingAttributesError> {
    let ses = seen_mut(&mut at.here().ses)?;
    // Omitted means off, not "as it is".
    let wanted = input.sending_enabled().unwrap_or(false);
    if wanted && ses.enforcement == "SHUTDOWN" {
        return Err(refuse("BadRequestException", "Sending is shut down by AWS for this account."));
    }
    ses.sending = wanted;
    Ok(put_account::PutAccountSendingAttributesOutput::builder().build())
}

fn put_configuration_set_sending_options(
    at: &mut At<'_>,
    input: &put_set::PutConfigurationSetSendingOptionsInput,
) -> Result<put_set::PutConfigurationSetSendingOptionsOutput, put_set::PutConfigurationSetSendingOptionsError>
{
    let name = input.configuration_set_name().unwrap_or_default();
    let Some(sending) = seen_mut(&mut seen_mut(&mut at.here().ses)?.configuration_sets)?.get_mut(name) else {
        return Err(refuse("NotFoundException", format!("Configuration set <{name}> does not exist.")));
    };
    *sending = input.sending_enabled().unwrap_or(false);
    Ok(put_set::PutConfigurationSetSendingOptionsOutput::builder().build())
}
