//! STS: who calls.

use super::route::{At, In, Out, Routes, Said};
use crate::aws::operations::sts;

pub(super) fn routes(routes: &mut Routes) {
    routes.on::<sts::GetCallerIdentity>(get_caller_identity);
}

#[expect(clippy::unnecessary_wraps, reason = "every simulated operation may refuse")]
fn get_caller_identity(at: &mut At<'_>, _: &In<sts::GetCallerIdentity>) -> Said<sts::GetCallerIdentity> {
    let account = &at.world.account;
    Ok(Out::<sts::GetCallerIdentity>::builder()
        .account(&account.id)
        .arn(&account.caller.arn)
        .user_id(&account.caller.user_id)
        .build())
}
