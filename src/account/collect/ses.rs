//! SES of one Region: may it send, what could it send, has it sent.

use futures::future::join_all;

use super::Ask;
use crate::account::{Seen, Ses};
use crate::aws::{Aws, AwsError, Kind};

/// The account's sending switch, identities, configuration sets and recent sends.
///
/// # Errors
/// The first that AWS answers; a Region whose endpoint does not exist is [`Kind::NotSupported`].
pub(super) async fn ses(aws: &Aws, region: &str, ask: &Ask) -> Result<Ses, AwsError> {
    read(aws, region, ask).await.map_err(|mut error| {
        // A Region without SES has no endpoint: its name does not resolve.
        if error.kind == Kind::NoAnswer && error.message.contains("dns error") {
            error.kind = Kind::NotSupported;
        }
        error
    })
}

async fn read(aws: &Aws, region: &str, ask: &Ask) -> Result<Ses, AwsError> {
    // First and alone: where SES is missing, this says so in one call.
    let account = aws.sesv2(region).get_account().send().await?;
    let sets = async {
        if !ask.configuration_sets {
            return Ok(Seen::default());
        }
        Ok::<_, AwsError>(Seen::Read(configuration_sets(aws, region).await?.into_iter().collect()))
    };
    let (identities, sets, recent_sends) =
        futures::join!(identities(aws, region), sets, recent_sends(aws, region));
    Ok(Ses {
        sending: account.sending_enabled,
        enforcement: account.enforcement_status.unwrap_or_default(),
        production: account.production_access_enabled,
        quota: account.send_quota.map_or(0, |quota| messages(quota.max24_hour_send)),
        identities: identities?.into_iter().collect(),
        configuration_sets: sets?,
        recent_sends: recent_sends?,
    })
}

/// AWS gives whole numbers as floating point; -1 means no limit.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "negative is no limit, and `as` saturates"
)]
fn messages(quota: f64) -> u64 {
    if quota < 0.0 { u64::MAX } else { quota as u64 }
}

async fn identities(aws: &Aws, region: &str) -> Result<Vec<String>, AwsError> {
    let mut names = vec![];
    let mut pages = aws.sesv2(region).list_email_identities().page_size(1_000).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page?.email_identities.unwrap_or_default();
        names.extend(page.into_iter().filter_map(|identity| identity.identity_name));
    }
    Ok(names)
}

async fn configuration_sets(aws: &Aws, region: &str) -> Result<Vec<(String, bool)>, AwsError> {
    let ses = aws.sesv2(region);
    let mut names = vec![];
    let mut pages = ses.list_configuration_sets().page_size(1_000).into_paginator().send();
    while let Some(page) = pages.next().await {
        names.extend(page?.configuration_sets.unwrap_or_default());
    }
    let sets =
        join_all(names.iter().map(|name| ses.get_configuration_set().configuration_set_name(name).send()));
    let mut sending = vec![];
    for (name, set) in names.iter().zip(sets.await) {
        match set.map_err(AwsError::from) {
            // Without options a set sends.
            Ok(set) => sending.push((name.clone(), set.sending_options.is_none_or(|o| o.sending_enabled))),
            // Deleted since it was listed.
            Err(error) if error.kind == Kind::Gone => {}
            Err(error) => return Err(error),
        }
    }
    Ok(sending)
}

/// Delivery attempts of the last two weeks; version 2 of the API has no such call.
async fn recent_sends(aws: &Aws, region: &str) -> Result<u64, AwsError> {
    let points = aws.ses(region).get_send_statistics().send().await?.send_data_points.unwrap_or_default();
    Ok(points.iter().map(|point| u64::try_from(point.delivery_attempts).unwrap_or(0)).sum())
}
