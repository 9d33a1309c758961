//! STS: who calls.

use aws_sdk_sts::operation::get_caller_identity as op;

use super::route::{At, Routes};

pub(super) fn routes(routes: &mut Routes) {
    routes.on(get_caller_identity);
}

#[expect(clippy::unnecessary_wraps, reason = "every simulated operation may refuse")]
fn get_caller_identity(
    at: &mut At<'_>,
    _: &op::GetCallerIdentityInput,
) -> Result<op::GetCallerIdentityOutput, op::GetCallerIdentityError> {
    let account = &at.world.account;
    Ok(op::GetCallerIdentityOutput::builder()
        .account(&account.id)
        .arn(&account.caller.arn)
        .user_id(&account.caller.user_id)
        .build())
}
