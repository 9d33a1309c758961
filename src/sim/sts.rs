//! STS: who calls.

use super::route::{Cx, Dispatch, In, Out, Said};
use super::user_identity::UserIdentity;
use crate::aws::operations::sts;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<sts::GetCallerIdentity>(get_caller_identity);
}

#[expect(clippy::unnecessary_wraps, reason = "every simulated operation may refuse")]
fn get_caller_identity(cx: &mut Cx<'_>, _: &In<sts::GetCallerIdentity>) -> Said<sts::GetCallerIdentity> {
    let account = &cx.world.account;
    let who = cx.world.who.clone().unwrap_or_else(|| UserIdentity::of_caller(&account.caller));
    Ok(Out::<sts::GetCallerIdentity>::builder()
        .account(cx.caller_account())
        .arn(who.arn)
        .user_id(who.id)
        .build())
}
