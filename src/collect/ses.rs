//! SES of one Region: may it send, what could it send, has it sent.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use serde_json::Value;

use super::{Ask, seen, without_endpoint};
use crate::account::{Seen, Ses};
use crate::aws::{Aws, AwsError, Kind, lists};

/// The account's sending switch, identities, configuration sets and recent sends.
///
/// # Errors
/// The first that AWS answers; a Region whose endpoint does not exist is [`Kind::NotSupported`].
pub(super) async fn ses(aws: &Aws, region: &str, ask: &Ask) -> Result<Ses, AwsError> {
    read(aws, region, ask).await.map_err(without_endpoint)
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
    let identities = async {
        let identities = identities(aws, region).await?;
        // Whether others may send is no reason not to cut what this account sends.
        let senders =
            if ask.senders { seen(senders(aws, region, &identities).await) } else { Seen::default() };
        Ok::<_, AwsError>((identities, senders))
    };
    let (identities, sets, recent_sends) = futures::join!(identities, sets, recent_sends(aws, region));
    let (identities, senders) = identities?;
    Ok(Ses {
        sending: account.sending_enabled,
        enforcement: account.enforcement_status.unwrap_or_default(),
        production: account.production_access_enabled,
        quota: account.send_quota.map_or(0, |quota| messages(quota.max24_hour_send)),
        identities: identities.into_iter().collect(),
        configuration_sets: sets?,
        senders,
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
    let list = aws.sesv2(region).list_email_identities().page_size(1_000);
    lists::all(aws, list, |identity| identity.identity_name).await
}

/// How many identities are asked who else may send as them: one a second, so as many seconds.
const ASKED: usize = 20;

/// Returns who may send as these identities by their policies. Domains come first: who may send as a
/// domain may send as every address of it.
///
/// <https://docs.aws.amazon.com/ses/latest/dg/sending-authorization.html>
async fn senders(
    aws: &Aws,
    region: &str,
    identities: &[String],
) -> Result<BTreeMap<String, BTreeSet<String>>, AwsError> {
    let ses = aws.sesv2(region);
    let (addresses, domains): (Vec<&String>, Vec<&String>) =
        identities.iter().partition(|name| name.contains('@'));
    let asked: Vec<&String> = domains.into_iter().chain(addresses).take(ASKED).collect();
    let policies =
        join_all(asked.iter().map(|name| ses.get_email_identity_policies().email_identity(*name).send()));
    let mut senders = BTreeMap::new();
    for (name, answer) in asked.iter().zip(policies.await) {
        match answer.map_err(AwsError::from) {
            Ok(answer) => {
                let policies = answer.policies.unwrap_or_default();
                senders.insert((*name).clone(), policies.values().flat_map(|text| allowed(text)).collect());
            }
            // Deleted since it was listed.
            Err(error) if error.kind == Kind::Gone => {}
            Err(error) => return Err(error),
        }
    }
    Ok(senders)
}

/// The principals that a policy allows something. A policy that is no JSON allows nobody that could be
/// named: it says so itself.
fn allowed(policy: &str) -> Vec<String> {
    fn texts(value: &Value) -> Vec<String> {
        match value {
            Value::String(text) => vec![text.clone()],
            Value::Array(all) => all.iter().flat_map(texts).collect(),
            Value::Object(kinds) => kinds.values().flat_map(texts).collect(),
            _ => vec![],
        }
    }
    let Ok(policy) = serde_json::from_str::<Value>(policy) else {
        return vec!["a policy that could not be read".into()];
    };
    let statements = match &policy["Statement"] {
        Value::Array(all) => all.iter().collect(),
        one => vec![one],
    };
    statements.into_iter().filter(|s| s["Effect"] == "Allow").flat_map(|s| texts(&s["Principal"])).collect()
}

async fn configuration_sets(aws: &Aws, region: &str) -> Result<Vec<(String, bool)>, AwsError> {
    let ses = aws.sesv2(region);
    let names: Vec<String> = lists::all(aws, ses.list_configuration_sets().page_size(1_000), Some).await?;
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

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn a_statement_decides_who_may_send_and_who_may_not() {
        let policy = r#"{"Statement":[
            {"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::999988887777:root","444455556666"]}},
            {"Effect":"Allow","Principal":{"Service":"cognito-idp.amazonaws.com"}},
            {"Effect":"Allow","Principal":"*"},
            {"Effect":"Deny","Principal":{"AWS":"111122223333"}}]}"#;
        let senders = ["arn:aws:iam::999988887777:root", "444455556666", "cognito-idp.amazonaws.com", "*"];
        assert_eq!(allowed(policy), senders);
        let one = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"444455556666"}}}"#;
        assert_eq!(allowed(one), ["444455556666"]);
        assert_eq!(allowed("{"), ["a policy that could not be read"]);
    }
}
