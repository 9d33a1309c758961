//! The pipelines and remediations of AWS that may put a cut back, as far as Cloud Control lists them.
//!
//! The permissions are those of the handlers in the types' schemas.
//! <https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/supported-resources.html>

use super::resources::ResourceType;

/// A pipeline of `CodePipeline`. Its list tells names alone. Of its configuration the names of stages, of
/// providers and of stacks are kept: an action may hold variables that are nobody's business.
pub const PIPELINE: ResourceType = ResourceType {
    name: "AWS::CodePipeline::Pipeline",
    asked: &["/Stages/0/Name"],
    kept: &[
        "/Stages/*/Name",
        "/Stages/*/Actions/*/ActionTypeId/Provider",
        "/Stages/*/Actions/*/Configuration/StackName",
        "/Stages/*/Actions/*/Region",
    ],
    only_in: None,
    model: None,
    list: &["codepipeline:ListPipelines"],
    get: &["codepipeline:GetPipeline", "codepipeline:GetPipelineState", "codepipeline:ListTagsForResource"],
    off: &[],
};

/// What AWS Config does about resources that a rule does not like.
pub const REMEDIATION: ResourceType = ResourceType {
    name: "AWS::Config::RemediationConfiguration",
    asked: &["/TargetId"],
    kept: &["/Automatic"],
    only_in: None,
    model: None,
    list: &["config:DescribeConfigRules", "config:DescribeRemediationConfigurations"],
    get: &["config:DescribeRemediationConfigurations"],
    off: &[],
};

/// Everything that is listed of them.
pub static PIPELINES: &[&ResourceType] = &[&PIPELINE, &REMEDIATION];
