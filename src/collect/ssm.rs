//! Session Manager sessions.

use std::collections::BTreeMap;

use aws_sdk_ssm::types;
use aws_smithy_types::date_time::Format;

use super::Ask;
use crate::account::Session;
use crate::aws::{Aws, AwsError, lists};

/// Sessions that are open, by id.
///
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeSessions.html>
pub(super) async fn sessions(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, Session>, AwsError> {
    let list = aws.ssm(region).describe_sessions().state(types::SessionState::Active).max_results(200);
    lists::all(aws, list, session).await
}

fn session(session: types::Session) -> Option<(String, Session)> {
    let value = Session {
        target: session.target.unwrap_or_default(),
        owner: session.owner.unwrap_or_default(),
        status: session.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        started: session.start_date.and_then(|date| date.fmt(Format::DateTime).ok()),
    };
    Some((session.session_id?, value))
}
