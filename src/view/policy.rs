//! IAM policies as the tools that create them take them: JSON, Terraform, `CloudFormation`.

use serde_json::{Value, json};

use super::json::pretty;
use crate::step::policy::Holder;

/// Documents as JSON: one as it is, several in a list, because JSON is one value.
pub fn plain(documents: &[Value]) -> String {
    match documents {
        [one] => pretty(one),
        several => pretty(&json!(several)),
    }
}

/// Terraform's resources for the documents, and a variable for whoever gets them.
///
/// <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_policy>
pub fn terraform(documents: &[(String, Value)], holder: Holder) -> String {
    let who = if holder == Holder::User { "user" } else { "role" };
    let mut blocks = vec![format!(
        "variable \"unplug_{who}\" {{\n  description = \"The {who} of the responders\"\n  type        = string\n}}"
    )];
    for (name, document) in documents {
        let id = name.replace('-', "_");
        let policy = pretty(document).replace('\n', "\n  ");
        let policy = format!("policy = jsonencode({policy})");
        blocks.push(match holder {
            Holder::Managed => format!(
                "resource \"aws_iam_policy\" \"{id}\" {{\n  name   = \"{name}\"\n  {policy}\n}}\n\nresource \
                 \"aws_iam_role_policy_attachment\" \"{id}\" {{\n  role       = var.unplug_role\n  policy_arn = \
                 aws_iam_policy.{id}.arn\n}}"
            ),
            Holder::Role | Holder::User => format!(
                "resource \"aws_iam_{who}_policy\" \"{id}\" {{\n  name   = \"{name}\"\n  {who}   = \
                 var.unplug_{who}\n  {policy}\n}}"
            ),
        });
    }
    blocks.join("\n\n")
}

/// A template of `CloudFormation` for the documents, with a parameter for whoever gets them.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html>
pub fn cloudformation(documents: &[(String, Value)], holder: Holder) -> String {
    let who = if holder == Holder::User { "User" } else { "Role" };
    let resource = |(name, document): &(String, Value)| {
        let id: String = name.split('-').map(capitalized).collect();
        let (kind, mut properties) = match holder {
            Holder::Managed => {
                ("AWS::IAM::ManagedPolicy", json!({ "ManagedPolicyName": name, "Roles": [{ "Ref": who }] }))
            }
            Holder::Role => {
                ("AWS::IAM::RolePolicy", json!({ "PolicyName": name, "RoleName": { "Ref": who } }))
            }
            Holder::User => {
                ("AWS::IAM::UserPolicy", json!({ "PolicyName": name, "UserName": { "Ref": who } }))
            }
        };
        properties["PolicyDocument"] = document.clone();
        (id, json!({ "Type": kind, "Properties": properties }))
    };
    let resources: serde_json::Map<String, Value> = documents.iter().map(resource).collect();
    pretty(&json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "What the responders need to run unplug",
        "Parameters": { who: { "Type": "String", "Description": format!("The {} of the responders", who.to_lowercase()) } },
        "Resources": resources,
    }))
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
