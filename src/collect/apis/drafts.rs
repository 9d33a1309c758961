//! What a stage serves, and whether it is what is drafted: API Gateway's exports of definitions say it.

use std::collections::BTreeMap;

use futures::future::{join, join_all};
use serde_json::Value;

use super::super::seen;
use crate::account::{ApiStage, Seen};
use crate::aws::{Aws, AwsError};

/// The resource policy of the deployment that a stage of a REST API serves. It says what is in effect:
/// a policy that is drafted and not deployed denies nobody anything.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-export-api.html>
pub(super) async fn served_policy(
    aws: &Aws,
    region: &str,
    api: &str,
    stage: &str,
) -> Result<Option<String>, AwsError> {
    let export = aws.apigateway(region).get_export().rest_api_id(api).stage_name(stage);
    let export =
        export.export_type("oas30").accepts("application/json").parameters("extensions", "apigateway");
    let body = export.send().await?.body.map(aws_smithy_types::Blob::into_inner).unwrap_or_default();
    let definition: Value = serde_json::from_slice(&body)
        .map_err(|error| AwsError::unusable("apigateway:GetExport", &error.to_string()))?;
    Ok(definition.get("x-amazon-apigateway-policy").map(ToString::to_string))
}

/// Compares each stage that deploys by itself with what is drafted. A stage whose own deployment failed, or
/// that began to deploy by itself after the draft, serves something else.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-export.html>
pub(super) async fn compare(aws: &Aws, region: &str, api: &str, stages: &mut BTreeMap<String, ApiStage>) {
    let names: Vec<String> =
        stages.iter().filter(|(_, stage)| stage.auto_deploy).map(|(name, _)| name.clone()).collect();
    if names.is_empty() {
        return;
    }
    let served = join_all(names.iter().map(|name| definition(aws, region, api, Some(name))));
    let (drafted, served) = join(definition(aws, region, api, None), served).await;
    for (name, served) in names.iter().zip(served) {
        let same = match (&drafted, served) {
            (Ok(drafted), Ok(served)) => Seen::Read(*drafted == served),
            (Err(error), _) => seen(Err(error.clone())),
            (_, Err(error)) => seen(Err(error)),
        };
        if let Some(stage) = stages.get_mut(name) {
            stage.published = same;
        }
    }
}

/// The definition of an API as a stage serves it, or as it is drafted, without what names the stage and the
/// export itself.
async fn definition(aws: &Aws, region: &str, api: &str, stage: Option<&String>) -> Result<Value, AwsError> {
    let export = aws.apigatewayv2(region).export_api().api_id(api).specification("OAS30").output_type("JSON");
    let export = export.include_extensions(true).set_stage_name(stage.cloned());
    let body = export.send().await?.body.map(aws_smithy_types::Blob::into_inner).unwrap_or_default();
    let unusable = |why: &str| AwsError::unusable("apigatewayv2:ExportApi", why);
    let mut definition: Value =
        serde_json::from_slice(&body).map_err(|error| unusable(&error.to_string()))?;
    let members = definition.as_object_mut().ok_or_else(|| unusable("it is no definition"))?;
    // Without paths it would equal any other without.
    if !members.contains_key("paths") {
        return Err(unusable("it lacks paths"));
    }
    for member in ["info", "servers"] {
        members.remove(member);
    }
    Ok(definition)
}
