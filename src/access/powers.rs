//! The powers: what a thief would use an account for, each by the actions that give it.
//!
//! An action stands with the resources it works on. A principal has a power where it may do one of the
//! actions on one such resource; [`Power::Everything`] needs all of its actions.

use serde::{Deserialize, Serialize};

/// A power over the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Power {
    /// Whatever there is, IAM included.
    Everything,
    /// Give itself or others more rights, or make new credentials.
    ChangeIam,
    /// Take back what a containment cut.
    UndoCut,
    StartCompute,
    ReadS3,
    ReadSecrets,
    ReadSnapshots,
    SendMail,
    /// Stop logs, delete logs, or switch off what raises alarms.
    HideTraces,
    /// Take the account out of its Organization, or close it.
    LeaveAccount,
}

/// An action, and the resources it works on: what follows `arn:PARTITION:`, or `*` for an action that
/// knows no resource. `{}` stands for the account's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deed {
    pub action: &'static str,
    pub on: &'static str,
}

/// An action that no policy names: allowed only to who may do everything.
pub const ANY_ACTION: &str = "unplug:AnyAction";

/// How every action begins that sends mail, in lower case.
pub const MAIL_ACTIONS: &str = "ses:send";

/// The name of the inline policy with which a run denies mail to a user.
pub const MAIL_DENY: &str = "unplug-no-mail";

const USER: &str = "iam::{}:user/*";
const ROLE: &str = "iam::{}:role/*";
const GROUP: &str = "iam::{}:group/*";
const POLICY: &str = "iam::{}:policy/*";
const TRAIL: &str = "cloudtrail:*:{}:trail/*";
const OBJECT: &str = "s3:::*/*";
const SECRET: &str = "secretsmanager:*:{}:secret:*";
const PARAMETER: &str = "ssm:*:{}:parameter/*";
const SNAPSHOT: &str = "ec2:*::snapshot/*";
const INSTANCE: &str = "ec2:*:{}:instance/*";
const FUNCTION: &str = "lambda:*:{}:function:*";
const IDENTITY: &str = "ses:*:{}:identity/*";

impl Power {
    pub const ALL: [Power; 10] = [
        Power::Everything,
        Power::ChangeIam,
        Power::UndoCut,
        Power::StartCompute,
        Power::ReadS3,
        Power::ReadSecrets,
        Power::ReadSnapshots,
        Power::SendMail,
        Power::HideTraces,
        Power::LeaveAccount,
    ];

    /// As it is typed: `change-iam`.
    pub fn name(self) -> &'static str {
        match self {
            Power::Everything => "everything",
            Power::ChangeIam => "change-iam",
            Power::UndoCut => "undo-cut",
            Power::StartCompute => "start-compute",
            Power::ReadS3 => "read-s3",
            Power::ReadSecrets => "read-secrets",
            Power::ReadSnapshots => "read-snapshots",
            Power::SendMail => "send-mail",
            Power::HideTraces => "hide-traces",
            Power::LeaveAccount => "leave-account",
        }
    }

    /// What a person calls it.
    pub fn words(self) -> &'static str {
        match self {
            Power::Everything => "do everything",
            Power::ChangeIam => "change IAM",
            Power::UndoCut => "undo the cut",
            Power::StartCompute => "start compute",
            Power::ReadS3 => "read S3",
            Power::ReadSecrets => "read secrets",
            Power::ReadSnapshots => "read snapshots",
            Power::SendMail => "send mail",
            Power::HideTraces => "hide traces",
            Power::LeaveAccount => "leave or close the account",
        }
    }

    /// The power needs all of its actions, rather than one.
    pub fn needs_all(self) -> bool {
        self == Power::Everything
    }

    /// The actions and their resources.
    pub fn deeds(self) -> &'static [Deed] {
        match self {
            Power::Everything => EVERYTHING,
            Power::ChangeIam => CHANGE_IAM,
            Power::UndoCut => UNDO_CUT,
            Power::StartCompute => START_COMPUTE,
            Power::ReadS3 => READ_S3,
            Power::ReadSecrets => READ_SECRETS,
            Power::ReadSnapshots => READ_SNAPSHOTS,
            Power::SendMail => SEND_MAIL,
            Power::HideTraces => HIDE_TRACES,
            Power::LeaveAccount => LEAVE_ACCOUNT,
        }
    }
}

macro_rules! deeds {
    ($($name:ident: $($action:literal $on:expr;)*)*) => {
        $(const $name: &[Deed] = &[$(Deed { action: $action, on: $on },)*];)*
    };
}

deeds! {
    EVERYTHING:
        "unplug:AnyAction" "*";
        "iam:AttachUserPolicy" USER;
        "iam:AttachRolePolicy" ROLE;
        "iam:CreateAccessKey" USER;
        "iam:PassRole" ROLE;
    CHANGE_IAM:
        "iam:AttachUserPolicy" USER;
        "iam:AttachRolePolicy" ROLE;
        "iam:AttachGroupPolicy" GROUP;
        "iam:PutUserPolicy" USER;
        "iam:PutRolePolicy" ROLE;
        "iam:PutGroupPolicy" GROUP;
        "iam:CreatePolicyVersion" POLICY;
        "iam:SetDefaultPolicyVersion" POLICY;
        "iam:UpdateAssumeRolePolicy" ROLE;
        "iam:CreateRole" ROLE;
        "iam:CreateUser" USER;
        "iam:AddUserToGroup" GROUP;
        "iam:CreateAccessKey" USER;
        "iam:CreateLoginProfile" USER;
        "iam:UpdateLoginProfile" USER;
        "iam:CreateServiceSpecificCredential" USER;
        "iam:UploadSSHPublicKey" USER;
        "iam:UploadSigningCertificate" USER;
        "iam:PutUserPermissionsBoundary" USER;
        "iam:PutRolePermissionsBoundary" ROLE;
        "iam:DeleteUserPermissionsBoundary" USER;
        "iam:DeleteRolePermissionsBoundary" ROLE;
        "iam:CreateSAMLProvider" "iam::{}:saml-provider/*";
        "iam:UpdateSAMLProvider" "iam::{}:saml-provider/*";
        "iam:CreateOpenIDConnectProvider" "iam::{}:oidc-provider/*";
        "rolesanywhere:CreateTrustAnchor" "*";
        "sso:CreateAccountAssignment" "sso:::instance/*";
        "sso:PutInlinePolicyToPermissionSet" "sso:::permissionSet/*";
    UNDO_CUT:
        "iam:DeleteUserPolicy" USER;
        "iam:DeleteRolePolicy" ROLE;
        "iam:DetachUserPolicy" USER;
        "iam:DetachRolePolicy" ROLE;
        "iam:DeleteUserPermissionsBoundary" USER;
        "iam:DeleteRolePermissionsBoundary" ROLE;
        "iam:UpdateAccessKey" USER;
        "iam:UpdateAssumeRolePolicy" ROLE;
        "iam:UpdateServiceSpecificCredential" USER;
        "rolesanywhere:EnableTrustAnchor" "rolesanywhere:*:{}:trust-anchor/*";
        "ec2:ModifyNetworkInterfaceAttribute" "ec2:*:{}:network-interface/*";
        "ec2:AuthorizeSecurityGroupIngress" "ec2:*:{}:security-group/*";
        "ec2:AuthorizeSecurityGroupEgress" "ec2:*:{}:security-group/*";
        "ec2:ReplaceNetworkAclAssociation" "ec2:*:{}:network-acl/*";
        "ec2:CreateNetworkAclEntry" "ec2:*:{}:network-acl/*";
        "ec2:CreateRoute" "ec2:*:{}:route-table/*";
        "ec2:ReplaceRoute" "ec2:*:{}:route-table/*";
        "ec2:AttachInternetGateway" "ec2:*:{}:internet-gateway/*";
        "ec2:ModifyVpcBlockPublicAccessOptions" "*";
        "ec2:ModifyVpcEndpoint" "ec2:*:{}:vpc-endpoint/*";
        "ec2:AssociateIamInstanceProfile" INSTANCE;
        "ses:UpdateAccountSendingEnabled" "*";
        "ses:PutAccountSendingAttributes" "*";
        "s3:PutAccountPublicAccessBlock" "*";
        "organizations:DetachPolicy" "organizations::*:policy/*";
    START_COMPUTE:
        "ec2:RunInstances" INSTANCE;
        "ec2:StartInstances" INSTANCE;
        "ec2:RequestSpotInstances" "ec2:*:{}:spot-instances-request/*";
        "ec2:RequestSpotFleet" "ec2:*:{}:spot-fleet-request/*";
        "ec2:CreateFleet" "ec2:*:{}:fleet/*";
        "autoscaling:CreateAutoScalingGroup" "autoscaling:*:{}:autoScalingGroup:*";
        "autoscaling:UpdateAutoScalingGroup" "autoscaling:*:{}:autoScalingGroup:*";
        "lambda:CreateFunction" FUNCTION;
        "lambda:UpdateFunctionCode" FUNCTION;
        "ecs:RunTask" "ecs:*:{}:task-definition/*";
        "ecs:CreateService" "ecs:*:{}:service/*";
        "batch:SubmitJob" "batch:*:{}:job-definition/*";
        "codebuild:StartBuild" "codebuild:*:{}:project/*";
        "sagemaker:CreateNotebookInstance" "sagemaker:*:{}:notebook-instance/*";
        "sagemaker:CreateTrainingJob" "sagemaker:*:{}:training-job/*";
        "elasticmapreduce:RunJobFlow" "*";
        "lightsail:CreateInstances" "*";
        "ssm:SendCommand" INSTANCE;
        "bedrock:InvokeModel" "bedrock:*::foundation-model/*";
    READ_S3:
        "s3:GetObject" OBJECT;
        "s3:GetObjectVersion" OBJECT;
        "s3:PutBucketPolicy" "s3:::*";
    READ_SECRETS:
        "secretsmanager:GetSecretValue" SECRET;
        "secretsmanager:PutResourcePolicy" SECRET;
        "ssm:GetParameter" PARAMETER;
        "ssm:GetParameters" PARAMETER;
        "ssm:GetParametersByPath" PARAMETER;
    READ_SNAPSHOTS:
        "ec2:ModifySnapshotAttribute" SNAPSHOT;
        "ec2:CopySnapshot" SNAPSHOT;
        "ec2:CreateVolume" SNAPSHOT;
        "ebs:GetSnapshotBlock" SNAPSHOT;
        "rds:ModifyDBSnapshotAttribute" "rds:*:{}:snapshot:*";
        "rds:ModifyDBClusterSnapshotAttribute" "rds:*:{}:cluster-snapshot:*";
        "rds:RestoreDBInstanceFromDBSnapshot" "rds:*:{}:snapshot:*";
        "rds:StartExportTask" "*";
    SEND_MAIL:
        "ses:SendEmail" IDENTITY;
        "ses:SendRawEmail" IDENTITY;
        "ses:SendTemplatedEmail" IDENTITY;
        "ses:SendBulkEmail" IDENTITY;
        "ses:SendBulkTemplatedEmail" IDENTITY;
    HIDE_TRACES:
        "cloudtrail:StopLogging" TRAIL;
        "cloudtrail:DeleteTrail" TRAIL;
        "cloudtrail:UpdateTrail" TRAIL;
        "cloudtrail:PutEventSelectors" TRAIL;
        "cloudtrail:DeleteEventDataStore" "cloudtrail:*:{}:eventdatastore/*";
        "cloudtrail:StopEventDataStoreIngestion" "cloudtrail:*:{}:eventdatastore/*";
        "logs:DeleteLogGroup" "logs:*:{}:log-group:*";
        "logs:DeleteLogStream" "logs:*:{}:log-group:*";
        "logs:PutRetentionPolicy" "logs:*:{}:log-group:*";
        "ec2:DeleteFlowLogs" "ec2:*:{}:vpc-flow-log/*";
        "guardduty:DeleteDetector" "guardduty:*:{}:detector/*";
        "guardduty:UpdateDetector" "guardduty:*:{}:detector/*";
        "config:StopConfigurationRecorder" "*";
        "config:DeleteConfigurationRecorder" "*";
        "config:DeleteDeliveryChannel" "*";
        "securityhub:DisableSecurityHub" "*";
        "kms:ScheduleKeyDeletion" "kms:*:{}:key/*";
        "kms:DisableKey" "kms:*:{}:key/*";
    LEAVE_ACCOUNT:
        "organizations:LeaveOrganization" "*";
        "organizations:CloseAccount" "organizations::*:account/*";
        "organizations:RemoveAccountFromOrganization" "organizations::*:account/*";
        "account:CloseAccount" "*";
}

/// Every action of the powers once, in lower case, with the two that assume roles: the list by which
/// policies are indexed.
pub fn actions() -> Vec<String> {
    let deeds = Power::ALL.iter().flat_map(|power| power.deeds()).map(|deed| deed.action);
    let mut all: Vec<String> = deeds.chain(ASSUME).map(str::to_ascii_lowercase).collect();
    all.sort();
    all.dedup();
    all
}

/// The actions by which a session of a role is made.
pub const ASSUME: [&str; 3] = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_power_has_its_name_and_its_actions() {
        for power in Power::ALL {
            assert_eq!(serde_json::to_value(power).unwrap(), power.name());
            assert!(!power.deeds().is_empty(), "{power:?}");
            for deed in power.deeds() {
                let mail = deed.action.to_ascii_lowercase().starts_with(MAIL_ACTIONS);
                assert_eq!(mail, power == Power::SendMail, "{deed:?}");
                let service = deed.action.split(':').next().unwrap();
                assert!(deed.on == "*" || deed.on.split(':').count() >= 4, "{deed:?}");
                // Its resources are of its service, but where one service uses another's.
                let other = ["ebs", "ssm"].contains(&service);
                assert!(deed.on == "*" || other || deed.on.starts_with(service), "{deed:?}");
            }
        }
    }
}
