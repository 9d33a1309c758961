//! STS: who calls.

use super::actor::Actor;
use super::route::{Cx, Dispatch, In, Out, Said};
use crate::aws::operations::sts;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<sts::GetCallerIdentity>(get_caller_identity);
}

#[expect(clippy::unnecessary_wraps, reason = "every simulated operation may refuse")]
fn get_caller_identity(cx: &mut Cx<'_>, _: &In<sts::GetCallerIdentity>) -> Said<sts::GetCallerIdentity> {
    let account = &cx.world.account;
    let actor = cx.world.actor.clone().unwrap_or_else(|| Actor::caller(account));
    Ok(Out::<sts::GetCallerIdentity>::builder().account(&account.id).arn(actor.arn).user_id(actor.id).build())
}
