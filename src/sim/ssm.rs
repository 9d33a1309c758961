//! Systems Manager: Session Manager sessions.

use aws_sdk_ssm::types;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Out, Said, refuse};
use super::world::{seen, seen_mut};
use crate::account::Session;
use crate::aws::operations::ssm;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ssm::DescribeSessions>(describe_sessions);
    dispatch.on::<ssm::TerminateSession>(terminate_session);
}

/// How long a session takes to end.
const ENDS_MS: u64 = 2_000;

fn describe_sessions(cx: &mut Cx<'_>, input: &In<ssm::DescribeSessions>) -> Said<ssm::DescribeSessions> {
    if input.max_results().is_some_and(|max| !(1..=200).contains(&max)) {
        return Err(refuse("ValidationException", "MaxResults must be between 1 and 200"));
    }
    // The history is not kept.
    let active = input.state() == Some(&types::SessionState::Active);
    let sessions = seen(&region(cx).sessions)?.iter().filter(|_| active);
    let sessions = sessions.map(|(id, known)| session(id, known)).collect();
    let (sessions, next) = cx.page(sessions, input.next_token(), input.max_results());
    Ok(Out::<ssm::DescribeSessions>::builder().set_sessions(Some(sessions)).set_next_token(next).build())
}

fn session(id: &str, session: &Session) -> types::Session {
    let started = session.started.as_deref().and_then(|date| DateTime::from_str(date, Format::DateTime).ok());
    types::Session::builder()
        .session_id(id)
        .target(&session.target)
        .owner(&session.owner)
        .status(session.status.as_str().into())
        .set_start_date(started)
        .build()
}

/// A session that is not there is no error: the model names none for it.
fn terminate_session(cx: &mut Cx<'_>, input: &In<ssm::TerminateSession>) -> Said<ssm::TerminateSession> {
    let id = input.session_id().unwrap_or_default();
    if let Some(session) = seen_mut(&mut cx.region_mut().sessions)?.get_mut(id) {
        session.status = "Terminating".into();
        cx.later(ENDS_MS, id, |cx, id| {
            if let Some(sessions) = cx.region_mut().sessions.read_mut() {
                sessions.remove(id);
            }
        });
    }
    Ok(Out::<ssm::TerminateSession>::builder().session_id(id).build())
}
