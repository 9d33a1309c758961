//! A REST API's policy is drafted, and deployed: the calls.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html>

use aws_sdk_apigateway::types::{Op, PatchOperation};

use crate::aws::Aws;
use crate::step::{StepError, Target};

/// The name under which the deployment of an API is recorded.
pub(super) fn name(api: &str) -> String {
    format!("api-deployment/{api}")
}

/// The deployment of this run, made where it is not there yet. It goes to no stage by itself.
pub(super) async fn made(aws: &Aws, at: &Target) -> Result<String, StepError> {
    if let Some(id) = aws.names().id(&name(&at.id)) {
        return Ok(id);
    }
    let create = aws.apigateway(at.region_name()).create_deployment().rest_api_id(&at.id);
    let description = format!("unplug run {}: denies every call", aws.run());
    let answer = create.description(description).send().await?;
    let id = answer.id.ok_or_else(|| StepError::State("the new deployment has no id".into()))?;
    aws.created(&name(&at.id), &id)?;
    Ok(id)
}

/// Drafts a resource policy; an empty text takes it away.
pub(super) async fn set_policy(aws: &Aws, at: &Target, text: &str) -> Result<(), StepError> {
    let update = aws.apigateway(at.region_name()).update_rest_api().rest_api_id(&at.id);
    update.patch_operations(replace("/policy", text)).send().await?;
    Ok(())
}

/// The operation that sets a member.
pub(super) fn replace(path: &str, value: &str) -> PatchOperation {
    PatchOperation::builder().op(Op::Replace).path(path).value(value).build()
}
