//! Session Manager sessions.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Ask, moment, text};
use crate::account::Session;
use crate::aws::plain::PlainInput;
use crate::aws::plain::services::ssm::DescribeSessions;
use crate::aws::{Aws, AwsError, lists};

/// Sessions that are open, by id.
///
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeSessions.html>
pub(super) async fn sessions(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, Session>, AwsError> {
    let input = PlainInput::new(json!({ "State": "Active", "MaxResults": 200 }));
    lists::all(aws, aws.plain_list::<DescribeSessions>(region, input), |one| session(&one)).await
}

fn session(session: &Value) -> Option<(String, Session)> {
    let value = Session {
        target: text(&session["Target"]),
        owner: text(&session["Owner"]),
        status: text(&session["Status"]),
        started: moment(&session["StartDate"]).map(|date| date.to_string()),
    };
    Some((session["SessionId"].as_str()?.to_owned(), value))
}
