//! Systems Manager: Session Manager sessions.

use serde_json::{Value, json};

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Said, refuse};
use super::world::{plain_page, seconds, seen, seen_mut};
use crate::account::Session;
use crate::aws::plain::PlainOutput;
use crate::aws::plain::services::ssm;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ssm::DescribeSessions>(describe_sessions);
    dispatch.on::<ssm::TerminateSession>(terminate_session);
}

/// How long a session takes to end.
const ENDS_MS: u64 = 2_000;

fn describe_sessions(cx: &mut Cx<'_>, input: &In<ssm::DescribeSessions>) -> Said<ssm::DescribeSessions> {
    if input.body["MaxResults"].as_i64().is_some_and(|max| !(1..=200).contains(&max)) {
        return Err(refuse("ValidationException", "MaxResults must be between 1 and 200"));
    }
    // The history is not kept.
    let active = input.body["State"] == "Active";
    let sessions = seen(&region(cx).sessions)?.iter().filter(|_| active);
    let sessions = sessions.map(|(id, known)| session(id, known)).collect();
    Ok(plain_page::<ssm::DescribeSessions>(cx, sessions, input, "MaxResults"))
}

fn session(id: &str, session: &Session) -> Value {
    json!({
        "SessionId": id,
        "Target": session.target,
        "Owner": session.owner,
        "Status": session.status,
        "StartDate": seconds(session.started.as_deref()),
    })
}

/// A session that is not there is no error: the model names none for it.
fn terminate_session(cx: &mut Cx<'_>, input: &In<ssm::TerminateSession>) -> Said<ssm::TerminateSession> {
    let id = input.body["SessionId"].as_str().unwrap_or_default();
    if let Some(session) = seen_mut(&mut cx.region_mut().sessions)?.get_mut(id) {
        session.status = "Terminating".into();
        cx.later(ENDS_MS, id, |cx, id| {
            if let Some(sessions) = cx.region_mut().sessions.read_mut() {
                sessions.remove(id);
            }
        });
    }
    Ok(PlainOutput::new(json!({ "SessionId": id })))
}
