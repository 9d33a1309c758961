//! When roles were changed last, as far as CloudTrail tells.

use serde::{Deserialize, Serialize};

/// What CloudTrail's event history, which goes back 90 days, has of the changes of one role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LastChange {
    /// The newest change; `None`: there is none among the events that were read.
    pub change: Option<RoleChange>,
    /// Of calls that were made before this time (RFC 3339) some were not read; `None`: all of the 90 days were.
    pub since: Option<String>,
}

impl LastChange {
    /// The calls of IAM that change who may use a role and what it may do, by CloudTrail's names.
    ///
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
    pub const NAMES: [&str; 12] = [
        "AddRoleToInstanceProfile",
        "AttachRolePolicy",
        "CreateRole",
        "DeleteRolePermissionsBoundary",
        "DeleteRolePolicy",
        "DetachRolePolicy",
        "PutRolePermissionsBoundary",
        "PutRolePolicy",
        "TagRole",
        "UntagRole",
        "UpdateAssumeRolePolicy",
        "UpdateRole",
    ];
}

/// A call of IAM that changed a role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoleChange {
    /// As CloudTrail names it: `UpdateAssumeRolePolicy`.
    pub name: String,
    /// When it was made (RFC 3339, to the second).
    pub at: String,
    /// Who made it: an ARN, or the name of a service of AWS.
    pub by: String,
}
