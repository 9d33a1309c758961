//! STS: who calls.

use super::route::{Cx, Dispatch, In, Out, Said};
use crate::aws::operations::sts;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<sts::GetCallerIdentity>(get_caller_identity);
}

#[expect(clippy::unnecessary_wraps, reason = "every simulated operation may refuse")]
fn get_caller_identity(cx: &mut Cx<'_>, _: &In<sts::GetCallerIdentity>) -> Said<sts::GetCallerIdentity> {
    let account = &cx.world.account;
    Ok(Out::<sts::GetCallerIdentity>::builder()
        .account(&account.id)
        .arn(&account.caller.arn)
        .user_id(&account.caller.user_id)
        .build())
}
