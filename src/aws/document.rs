//! Is the body of an answer a whole document, with the members that AWS always sends?

use std::collections::BTreeSet;

use serde::Deserialize as _;
use xmlparser::{ElementEnd, Token, Tokenizer};

use super::operations;

/// How deep the members of an answer lie: under the root, or under a result in the root.
const MEMBERS: usize = 2;

/// Checks the body of a successful answer.
///
/// # Errors
/// What is missing, in words.
pub(super) fn whole(operation: &str, body: &[u8]) -> Result<(), String> {
    // AWS says nothing more about many writes, and `HEAD` has no body.
    if body.is_empty() && (operations::mutates(operation) || operation == "s3:HeadBucket") {
        return Ok(());
    }
    if body.is_empty() {
        return Err("it is empty".into());
    }
    let found = match speaks(operation) {
        Language::Xml => xml(body)?,
        Language::Json => json(body)?,
        Language::Code => return Ok(()),
        Language::Policy => {
            let mut document = serde_json::Deserializer::from_slice(body);
            serde::de::IgnoredAny::deserialize(&mut document).map_err(|error| error.to_string())?;
            return document.end().map_err(|error| error.to_string());
        }
    };
    for member in required(operation) {
        if !member.split('|').any(|name| found.contains(name)) {
            return Err(format!("it lacks {}", member.replace('|', " or ")));
        }
    }
    Ok(())
}

enum Language {
    Xml,
    Json,
    /// The answer is a bucket's policy as it was written.
    Policy,
    /// The answer is the code of a function, an object, or a part of an image.
    Code,
}

fn speaks(operation: &str) -> Language {
    match operation.split(':').next().unwrap_or_default() {
        _ if operation == "s3:GetBucketPolicy" => Language::Policy,
        _ if matches!(operation, "cloudfront:GetFunction" | "s3:GetObject") => Language::Code,
        // A manifest or a layer: its digest says whether it is whole.
        "registry" => Language::Code,
        "autoscaling"
        | "cloudfront"
        | "ec2"
        | "elasticloadbalancingv2"
        | "iam"
        | "rds"
        | "route53"
        | "s3"
        | "s3control"
        | "ses"
        | "sns"
        | "sts" => Language::Xml,
        _ => Language::Json,
    }
}

/// The names of an object, when the text is one object and nothing else.
fn json(body: &[u8]) -> Result<BTreeSet<String>, String> {
    #[expect(clippy::zero_sized_map_values, reason = "the parser skips the values and keeps the names")]
    let object: std::collections::BTreeMap<String, serde::de::IgnoredAny> =
        serde_json::from_slice(body).map_err(|error| error.to_string())?;
    Ok(object.into_keys().collect())
}

/// The names of the elements near the root, when every element that begins ends.
fn xml(body: &[u8]) -> Result<BTreeSet<String>, String> {
    let text = std::str::from_utf8(body).map_err(|_| "it is no text".to_owned())?;
    let mut open: Vec<&str> = vec![];
    let mut roots = 0;
    let mut found = BTreeSet::new();
    for token in Tokenizer::from(text.trim_start_matches('\u{feff}')) {
        match token.map_err(|error| format!("it is no XML ({error})"))? {
            Token::ElementStart { local, .. } => {
                roots += u32::from(open.is_empty());
                if (1..=MEMBERS).contains(&open.len()) {
                    found.insert(local.as_str().to_owned());
                }
                open.push(local.as_str());
            }
            Token::ElementEnd { end: ElementEnd::Empty, .. } => drop(open.pop()),
            Token::ElementEnd { end: ElementEnd::Close(_, local), .. }
                if open.pop() != Some(local.as_str()) =>
            {
                return Err(format!("</{local}> ends what did not begin"));
            }
            _ => {}
        }
    }
    match open.last() {
        Some(element) => Err(format!("it ends within <{element}>")),
        None if roots == 1 => Ok(found),
        None => Err("it holds no XML document".into()),
    }
}

/// Members that AWS sends in every answer, an empty list included: one that is missing would be read
/// as "nothing there", or as "off". `A|B`: at least one of these.
fn required(operation: &str) -> &'static [&'static str] {
    let at = REQUIRED.binary_search_by(|(name, _)| name.cmp(&operation));
    at.map_or(&[], |at| REQUIRED[at].1)
}

/// Sorted by operation. The names are those of the wire.
pub const REQUIRED: &[(&str, &[&str])] = &[
    ("accessanalyzer:ListAnalyzers", &["analyzers"]),
    ("account:GetAlternateContact", &["AlternateContact"]),
    ("acm:DescribeCertificate", &["Certificate"]),
    ("acm:ListCertificates", &["CertificateSummaryList"]),
    ("apigateway:GetAccount", &["throttleSettings"]),
    ("apigateway:GetDomainNames", &["item"]),
    ("apigateway:GetRestApi", &["id"]),
    ("apigateway:GetRestApis", &["item"]),
    ("apigateway:GetStage", &["deploymentId", "stageName"]),
    ("apigateway:GetStages", &["item"]),
    ("apigatewayv2:GetApi", &["apiId", "protocolType"]),
    ("apigatewayv2:GetApiMappings", &["items"]),
    ("apigatewayv2:GetApis", &["items"]),
    ("apigatewayv2:GetDomainNames", &["items"]),
    ("apigatewayv2:GetStage", &["stageName"]),
    ("apigatewayv2:GetStages", &["items"]),
    ("autoscaling:DescribeAutoScalingGroups", &["AutoScalingGroups"]),
    ("backup:DescribeRecoveryPoint", &["Status"]),
    ("backup:ListProtectedResources", &["Results"]),
    ("cloudcontrol:GetResource", &["ResourceDescription"]),
    ("cloudcontrol:ListResources", &["ResourceDescriptions"]),
    ("cloudfront:DescribeFunction", &["FunctionConfig", "FunctionMetadata"]),
    ("cloudfront:GetDistributionConfig", &["CallerReference", "DefaultCacheBehavior", "Enabled", "Origins"]),
    ("cloudfront:GetOriginAccessControl", &["Id"]),
    ("cloudfront:ListCloudFrontOriginAccessIdentities", &["IsTruncated", "Quantity"]),
    ("cloudfront:ListDistributions", &["IsTruncated", "Quantity"]),
    ("cloudfront:ListFunctions", &["Quantity"]),
    ("cloudfront:ListInvalidations", &["IsTruncated", "Quantity"]),
    ("cloudfront:ListOriginAccessControls", &["IsTruncated", "Quantity"]),
    ("cloudfront:ListTagsForResource", &["Items"]),
    ("cloudtrail:DescribeTrails", &["trailList"]),
    ("cloudtrail:GetEventSelectors", &["EventSelectors|AdvancedEventSelectors"]),
    ("cloudtrail:GetTrailStatus", &["IsLogging"]),
    ("cloudtrail:LookupEvents", &["Events"]),
    ("cloudwatchlogs:DescribeDeliveries", &["deliveries"]),
    ("cloudwatchlogs:DescribeDeliverySources", &["deliverySources"]),
    ("cloudwatchlogs:DescribeLogGroups", &["logGroups"]),
    ("config:DescribeConfigurationRecorderStatus", &["ConfigurationRecordersStatus"]),
    ("config:DescribeConfigurationRecorders", &["ConfigurationRecorders"]),
    ("directconnect:DescribeVirtualInterfaces", &["virtualInterfaces"]),
    ("ec2:DescribeAddresses", &["addressesSet"]),
    ("ec2:DescribeClientVpnAuthorizationRules", &["authorizationRule"]),
    ("ec2:DescribeClientVpnConnections", &["connections"]),
    ("ec2:DescribeClientVpnEndpoints", &["clientVpnEndpoint"]),
    ("ec2:DescribeClientVpnTargetNetworks", &["clientVpnTargetNetworks"]),
    ("ec2:DescribeEgressOnlyInternetGateways", &["egressOnlyInternetGatewaySet"]),
    ("ec2:DescribeFlowLogs", &["flowLogSet"]),
    ("ec2:DescribeImageAttribute", &["launchPermission"]),
    ("ec2:DescribeImages", &["imagesSet"]),
    ("ec2:DescribeInstanceAttribute", &["disableApiTermination|instanceInitiatedShutdownBehavior"]),
    ("ec2:DescribeInstanceConnectEndpoints", &["instanceConnectEndpointSet"]),
    ("ec2:DescribeInstances", &["reservationSet"]),
    ("ec2:DescribeInternetGateways", &["internetGatewaySet"]),
    ("ec2:DescribeManagedPrefixLists", &["prefixListSet"]),
    ("ec2:DescribeNatGateways", &["natGatewaySet"]),
    ("ec2:DescribeNetworkAcls", &["networkAclSet"]),
    ("ec2:DescribeNetworkInsightsAnalyses", &["networkInsightsAnalysisSet"]),
    ("ec2:DescribeNetworkInterfaces", &["networkInterfaceSet"]),
    ("ec2:DescribeRegions", &["regionInfo"]),
    ("ec2:DescribeRouteTables", &["routeTableSet"]),
    ("ec2:DescribeSecurityGroups", &["securityGroupInfo"]),
    ("ec2:DescribeSnapshotAttribute", &["createVolumePermission"]),
    ("ec2:DescribeSnapshots", &["snapshotSet"]),
    ("ec2:DescribeSpotFleetRequests", &["spotFleetRequestConfigSet"]),
    ("ec2:DescribeSubnets", &["subnetSet"]),
    ("ec2:DescribeTrafficMirrorSessions", &["trafficMirrorSessionSet"]),
    ("ec2:DescribeTransitGatewayAttachments", &["transitGatewayAttachments"]),
    ("ec2:DescribeVerifiedAccessEndpoints", &["verifiedAccessEndpointSet"]),
    ("ec2:DescribeVolumes", &["volumeSet"]),
    ("ec2:DescribeVpcBlockPublicAccessExclusions", &["vpcBlockPublicAccessExclusionSet"]),
    ("ec2:DescribeVpcBlockPublicAccessOptions", &["vpcBlockPublicAccessOptions"]),
    ("ec2:DescribeVpcEndpointAssociations", &["vpcEndpointAssociationSet"]),
    ("ec2:DescribeVpcEndpointConnections", &["vpcEndpointConnectionSet"]),
    ("ec2:DescribeVpcEndpointServiceConfigurations", &["serviceConfigurationSet"]),
    ("ec2:DescribeVpcEndpointServices", &["serviceDetailSet"]),
    ("ec2:DescribeVpcEndpoints", &["vpcEndpointSet"]),
    ("ec2:DescribeVpcPeeringConnections", &["vpcPeeringConnectionSet"]),
    ("ec2:DescribeVpcs", &["vpcSet"]),
    ("ec2:DescribeVpnConnections", &["vpnConnectionSet"]),
    ("ec2:DescribeVpnGateways", &["vpnGatewaySet"]),
    ("ec2:GetEbsEncryptionByDefault", &["ebsEncryptionByDefault"]),
    ("ec2:GetImageBlockPublicAccessState", &["imageBlockPublicAccessState"]),
    ("ec2:GetManagedPrefixListEntries", &["entrySet"]),
    ("ec2:GetSerialConsoleAccessStatus", &["serialConsoleAccessEnabled"]),
    ("ec2:GetSnapshotBlockPublicAccessState", &["state"]),
    ("ecrpublic:DescribeImages", &["imageDetails"]),
    ("ecrpublic:DescribeRepositories", &["repositories"]),
    ("ecrpublic:GetAuthorizationToken", &["authorizationData"]),
    ("ecrpublic:GetRepositoryCatalogData", &["catalogData"]),
    ("ecrpublic:GetRepositoryPolicy", &["policyText"]),
    ("ecrpublic:ListTagsForResource", &["tags"]),
    ("ecs:DescribeServices", &["services"]),
    ("ecs:ListClusters", &["clusterArns"]),
    ("ecs:ListServices", &["serviceArns"]),
    ("elasticloadbalancingv2:DescribeListeners", &["Listeners"]),
    ("elasticloadbalancingv2:DescribeLoadBalancerAttributes", &["Attributes"]),
    ("elasticloadbalancingv2:DescribeLoadBalancers", &["LoadBalancers"]),
    ("elasticloadbalancingv2:DescribeRules", &["Rules"]),
    ("elasticloadbalancingv2:DescribeTags", &["TagDescriptions"]),
    ("elasticloadbalancingv2:DescribeTargetGroups", &["TargetGroups"]),
    ("elasticloadbalancingv2:DescribeTargetHealth", &["TargetHealthDescriptions"]),
    ("eventbridge:ListEventBuses", &["EventBuses"]),
    ("eventbridge:ListRules", &["Rules"]),
    ("eventbridge:ListTargetsByRule", &["Targets"]),
    ("health:DescribeEvents", &["events"]),
    ("iam:GetAccessKeyLastUsed", &["AccessKeyLastUsed"]),
    ("iam:GetAccountAuthorizationDetails", &["UserDetailList|GroupDetailList|RoleDetailList|Policies"]),
    ("iam:GetAccountPasswordPolicy", &["PasswordPolicy"]),
    ("iam:GetAccountSummary", &["SummaryMap"]),
    ("iam:GetCredentialReport", &["Content"]),
    ("iam:GetPolicyVersion", &["PolicyVersion"]),
    ("iam:GetRole", &["Role"]),
    ("iam:ListAccessKeys", &["AccessKeyMetadata"]),
    ("iam:ListAccountAliases", &["AccountAliases"]),
    ("iam:ListPolicyVersions", &["Versions"]),
    ("iam:ListSSHPublicKeys", &["SSHPublicKeys"]),
    ("iam:ListServiceSpecificCredentials", &["ServiceSpecificCredentials"]),
    ("iam:SimulatePrincipalPolicy", &["EvaluationResults"]),
    ("identitystore:GetUserId", &["UserId"]),
    ("kms:DescribeKey", &["KeyMetadata"]),
    ("kms:GetKeyPolicy", &["Policy"]),
    ("kms:ListGrants", &["Grants"]),
    ("kms:ListKeys", &["Keys"]),
    ("kms:ListResourceTags", &["Tags"]),
    ("lambda:GetEventSourceMapping", &["State", "UUID"]),
    ("lambda:GetFunction", &["Configuration"]),
    ("lambda:GetFunctionConfiguration", &["FunctionArn"]),
    ("lambda:GetPolicy", &["Policy"]),
    ("lambda:ListAliases", &["Aliases"]),
    ("lambda:ListEventSourceMappings", &["EventSourceMappings"]),
    ("lambda:ListFunctionUrlConfigs", &["FunctionUrlConfigs"]),
    ("lambda:ListFunctions", &["Functions"]),
    ("lambda:ListProvisionedConcurrencyConfigs", &["ProvisionedConcurrencyConfigs"]),
    ("organizations:DescribeAccount", &["Account"]),
    ("organizations:DescribeEffectivePolicy", &["EffectivePolicy"]),
    ("organizations:DescribeOrganization", &["Organization"]),
    ("organizations:DescribePolicy", &["Policy"]),
    ("organizations:ListAccountsForParent", &["Accounts"]),
    ("organizations:ListOrganizationalUnitsForParent", &["OrganizationalUnits"]),
    ("organizations:ListParents", &["Parents"]),
    ("organizations:ListPolicies", &["Policies"]),
    ("organizations:ListPoliciesForTarget", &["Policies"]),
    ("organizations:ListRoots", &["Roots"]),
    ("organizations:ListTagsForResource", &["Tags"]),
    ("organizations:ListTargetsForPolicy", &["Targets"]),
    ("ram:GetResourceShareAssociations", &["resourceShareAssociations"]),
    ("ram:GetResourceShares", &["resourceShares"]),
    ("rds:DescribeDBClusterSnapshotAttributes", &["DBClusterSnapshotAttributesResult"]),
    ("rds:DescribeDBClusterSnapshots", &["DBClusterSnapshots"]),
    ("rds:DescribeDBClusters", &["DBClusters"]),
    ("rds:DescribeDBInstances", &["DBInstances"]),
    ("rds:DescribeDBProxies", &["DBProxies"]),
    ("rds:DescribeDBSnapshotAttributes", &["DBSnapshotAttributesResult"]),
    ("rds:DescribeDBSnapshots", &["DBSnapshots"]),
    ("rolesanywhere:ListTrustAnchors", &["trustAnchors"]),
    ("route53:GetChange", &["ChangeInfo"]),
    ("route53:ListHealthChecks", &["HealthChecks", "IsTruncated"]),
    ("route53:ListHostedZones", &["HostedZones", "IsTruncated"]),
    ("route53:ListResourceRecordSets", &["IsTruncated", "ResourceRecordSets"]),
    ("route53resolver:ListFirewallConfigs", &["FirewallConfigs"]),
    ("route53resolver:ListFirewallDomainLists", &["FirewallDomainLists"]),
    ("route53resolver:ListFirewallDomains", &["Domains"]),
    ("route53resolver:ListFirewallRuleGroupAssociations", &["FirewallRuleGroupAssociations"]),
    ("route53resolver:ListFirewallRuleGroups", &["FirewallRuleGroups"]),
    ("route53resolver:ListFirewallRules", &["FirewallRules"]),
    ("route53resolver:ListResolverEndpoints", &["ResolverEndpoints"]),
    ("route53resolver:ListTagsForResource", &["Tags"]),
    ("s3:GetBucketAcl", &["AccessControlList"]),
    ("s3:GetBucketEncryption", &["Rule"]),
    ("s3:GetBucketLifecycleConfiguration", &["Rule"]),
    ("s3:GetBucketOwnershipControls", &["Rule"]),
    ("s3:GetBucketPolicyStatus", &["IsPublic"]),
    ("s3:GetBucketReplication", &["Rule"]),
    (
        "s3:GetPublicAccessBlock",
        &["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"],
    ),
    ("s3:ListBuckets", &["Buckets"]),
    ("s3:ListObjectVersions", &["IsTruncated"]),
    ("s3control:GetAccessPoint", &["Bucket"]),
    ("s3control:GetAccessPointPolicyStatus", &["PolicyStatus"]),
    (
        "s3control:GetPublicAccessBlock",
        &["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"],
    ),
    ("s3control:ListAccessPoints", &["AccessPointList"]),
    ("s3control:ListMultiRegionAccessPoints", &["AccessPoints"]),
    ("secretsmanager:DescribeSecret", &["ARN"]),
    ("secretsmanager:GetResourcePolicy", &["ARN"]),
    ("secretsmanager:ListSecrets", &["SecretList"]),
    ("securityhub:GetFindings", &["Findings"]),
    ("servicequotas:ListServiceQuotas", &["Quotas"]),
    ("ses:GetSendStatistics", &["SendDataPoints"]),
    ("sesv2:GetAccount", &["SendingEnabled"]),
    ("sesv2:ListConfigurationSets", &["ConfigurationSets"]),
    ("sesv2:ListEmailIdentities", &["EmailIdentities"]),
    ("sns:GetTopicAttributes", &["Attributes"]),
    ("sns:ListTagsForResource", &["Tags"]),
    ("sns:ListTopics", &["Topics"]),
    ("ssm:DescribeSessions", &["Sessions"]),
    ("ssoadmin:DescribeAccountAssignmentCreationStatus", &["AccountAssignmentCreationStatus"]),
    ("ssoadmin:DescribeAccountAssignmentDeletionStatus", &["AccountAssignmentDeletionStatus"]),
    ("ssoadmin:DescribePermissionSet", &["PermissionSet"]),
    ("ssoadmin:DescribePermissionSetProvisioningStatus", &["PermissionSetProvisioningStatus"]),
    ("ssoadmin:GetInlinePolicyForPermissionSet", &["InlinePolicy"]),
    ("ssoadmin:GetPermissionsBoundaryForPermissionSet", &["PermissionsBoundary"]),
    ("ssoadmin:ListAccountAssignments", &["AccountAssignments"]),
    ("ssoadmin:ListAccountsForProvisionedPermissionSet", &["AccountIds"]),
    ("ssoadmin:ListCustomerManagedPolicyReferencesInPermissionSet", &["CustomerManagedPolicyReferences"]),
    ("ssoadmin:ListInstances", &["Instances"]),
    ("ssoadmin:ListManagedPoliciesInPermissionSet", &["AttachedManagedPolicies"]),
    ("ssoadmin:ListPermissionSets", &["PermissionSets"]),
    ("ssoadmin:ListPermissionSetsProvisionedToAccount", &["PermissionSets"]),
    ("ssoadmin:ListTagsForResource", &["Tags"]),
    ("sts:GetCallerIdentity", &["Account", "Arn"]),
    ("support:DescribeTrustedAdvisorCheckResult", &["result"]),
    ("synthetics:DescribeCanaries", &["Canaries"]),
    ("wafv2:GetIPSet", &["IPSet", "LockToken"]),
    ("wafv2:GetWebACL", &["LockToken", "WebACL"]),
    ("wafv2:ListIPSets", &["IPSets"]),
    ("wafv2:ListResourcesForWebACL", &["ResourceArns"]),
    ("wafv2:ListWebACLs", &["WebACLs"]),
];

#[cfg(test)]
mod tests;
