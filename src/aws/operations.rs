//! The table of operations: does it mutate, which IAM actions it needs, how fast AWS allows it.
//!
//! An operation that is not in the table counts as mutating and has no actions: a step that calls
//! it fails the laws until it is listed here.

use super::plain::services::PLAIN;

/// One operation of a service, as unplug uses it.
pub struct Operation {
    /// `service:Operation`; the service as the SDK's crate is named.
    pub name: &'static str,
    pub mutates: bool,
    /// IAM actions it needs, dependent ones included (tags on creation need `ec2:CreateTags`).
    pub actions: &'static [&'static str],
    pub rate: Rate,
}

/// A token bucket: calls at once, then calls per second. Per account, Region and operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    pub burst: f64,
    pub per_second: f64,
}

impl Rate {
    pub(super) const fn new(burst: f64, per_second: f64) -> Rate {
        Rate { burst, per_second }
    }

    /// Seconds that so many calls take at the least.
    #[expect(clippy::cast_precision_loss, reason = "counts of calls are far below 2^52")]
    pub fn seconds(self, calls: u64) -> f64 {
        ((calls as f64 - self.burst) / self.per_second).max(0.0)
    }
}

// EC2: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
const EC2_READ: Rate = Rate::new(100.0, 20.0);
const EC2_WRITE: Rate = Rate::new(50.0, 5.0);
const EC2_MODIFY: Rate = Rate::new(100.0, 5.0);
// Creating, changing and deleting a VPC endpoint: three buckets, the slowest of EC2.
const EC2_ENDPOINT: Rate = Rate::new(4.0, 0.3);
const EC2_NAT: Rate = Rate::new(10.0, 1.0);
// The account's blocks of public snapshots and images: one call, and then one in ten seconds.
const EC2_SHARING_BLOCK: Rate = Rate::new(1.0, 0.1);
// CloudTrail: https://docs.aws.amazon.com/general/latest/gr/ct.html
const TRAIL_READ: Rate = Rate::new(10.0, 10.0);
const TRAIL_WRITE: Rate = Rate::new(1.0, 1.0);
const TRAIL_LOOKUP: Rate = Rate::new(2.0, 2.0);
// SES: every operation but the sending ones is limited to one call a second.
// https://docs.aws.amazon.com/ses/latest/dg/quotas.html
const SES: Rate = Rate::new(1.0, 1.0);
// EC2: endpoint connections accepted or rejected; Client VPN's rules.
const EC2_ENDPOINT_CONNECTIONS: Rate = Rate::new(10.0, 1.0);
const EC2_CLIENT_VPN: Rate = Rate::new(5.0, 2.0);
// Route 53, and apart from it Route 53 Resolver: five requests a second, for all operations together.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html
const ROUTE53: Rate = Rate::new(5.0, 5.0);
const RESOLVER: Rate = Rate::new(5.0, 5.0);
// KMS: 2,000 DescribeKey and 500 ListKeys a second, which the account's own services share, and 5
// CancelKeyDeletion. https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html
const KMS_READ: Rate = Rate::new(100.0, 100.0);
const KMS_WRITE: Rate = Rate::new(5.0, 5.0);
// KMS too: 1,000 GetKeyPolicy, 2,000 ListResourceTags, 100 ListGrants and 15 PutKeyPolicy a second.
const KMS_POLICY: Rate = Rate::new(15.0, 15.0);
// SNS publishes 30 ListTopics and 10 ListTagsForResource a second, and no figure for attributes.
// https://docs.aws.amazon.com/general/latest/gr/sns.html
const SNS_TAGS: Rate = Rate::new(10.0, 10.0);
// Secrets Manager: 50 calls a second that read or write policies, together.
const SECRETS_POLICY: Rate = Rate::new(25.0, 25.0);
// Secrets Manager: 100 ListSecrets a second, DescribeSecret and GetSecretValue together 10,000, which
// applications share. https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
const SECRETS_READ: Rate = Rate::new(50.0, 50.0);
// Cloud Control publishes no figure. aws-nuke met throttling at about 30 calls a second in a Region and keeps
// to 25. https://github.com/ekristen/aws-nuke/issues/508
const CLOUDCONTROL: Rate = Rate::new(10.0, 10.0);
// CloudFront publishes no figure. Reports name about 20 calls a second as what is throttled: these are guesses.
const CLOUDFRONT_READ: Rate = Rate::new(10.0, 10.0);
const CLOUDFRONT_WRITE: Rate = Rate::new(1.0, 1.0);
// Lambda: 100 GetFunction and 15 GetPolicy a second; all other calls of its control plane share 15. Four
// of these are asked of each function.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const LAMBDA_FUNCTION: Rate = Rate::new(100.0, 100.0);
const LAMBDA_POLICY: Rate = Rate::new(15.0, 15.0);
const LAMBDA: Rate = Rate::new(4.0, 3.75);
// API Gateway: 10 calls a second with a burst of 40, for all operations of all APIs together, and one
// deployment in 5 seconds. https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
const API_GATEWAY: Rate = Rate::new(40.0, 10.0);
const API_GATEWAY_DEPLOYMENT: Rate = Rate::new(1.0, 0.2);
// Identity Center: 20 calls a second, for all operations of its administration together.
// https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html
const SSO: Rate = Rate::new(20.0, 20.0);
// Organizations: per account, and much slower than other services.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
const ORGANIZATION: Rate = Rate::new(2.0, 1.0);
const ORGANIZATION_LIST: Rate = Rate::new(8.0, 5.0);
const ORGANIZATION_POLICY: Rate = Rate::new(2.0, 2.0);
const ORGANIZATION_WRITE: Rate = Rate::new(3.0, 2.0);
// Operations for which no figure was found.
const ORGANIZATION_OTHER: Rate = Rate::new(1.0, 1.0);
// AWS WAF: https://docs.aws.amazon.com/waf/latest/developerguide/limits.html
const WAF_READ: Rate = Rate::new(5.0, 5.0);
const WAF_RESOURCES: Rate = Rate::new(1.0, 1.0);
const WAF_WRITE: Rate = Rate::new(1.0, 1.0);
const WAF_ASSOCIATE: Rate = Rate::new(1.0, 0.5);
// ECR Public: ten pulls of images a second with a token, one without.
// https://docs.aws.amazon.com/AmazonECR/latest/public/public-service-quotas.html
const REGISTRY_PULL: Rate = Rate::new(10.0, 10.0);
// No figures are published for these; far below what is seen to be throttled.
pub(super) const CAUTIOUS: Rate = Rate::new(50.0, 10.0);

pub(super) const fn read(name: &'static str, actions: &'static [&'static str], rate: Rate) -> Operation {
    Operation { name, mutates: false, actions, rate }
}

pub(super) const fn write(name: &'static str, actions: &'static [&'static str], rate: Rate) -> Operation {
    Operation { name, mutates: true, actions, rate }
}

/// The types of an operation in the SDK.
pub trait OperationTypes {
    type Input;
    type Output;
    type Error;
    /// `service:Operation`.
    const NAME: &'static str;
}

/// One row an operation, sorted by service and name: does it mutate, its rate, its name. A row has
/// `needs` where the IAM actions are others than the operation's own, and `as` where the SDK spells its
/// module and types otherwise.
macro_rules! operations {
    ($($service:ident { $(
        $kind:ident $rate:ident $name:ident $(as $module:ident $stem:ident)?
            $(, needs [$($action:literal),* $(,)?])?;
    )* })*) => {
        /// Sorted by name.
        pub const OPERATIONS: &[Operation] = &[$($(
            $kind(
                concat!(stringify!($service), ":", stringify!($name)),
                operations!(@actions $service $name $([$($action),*])?),
                $rate,
            ),
        )*)*];

        $(
            /// The operations of one service, by the SDK's types.
            pub mod $service {
                $(operations!(@types $service $name $($module $stem)?);)*
            }
        )*
    };
    (@actions $service:ident $name:ident) => {
        &[concat!(stringify!($service), ":", stringify!($name))]
    };
    (@actions $service:ident $name:ident [$($action:literal),*]) => {
        &[$($action),*]
    };
    (@types $service:ident $name:ident) => {
        pastey::paste! {
            operations!(@impl $service $name [<aws_sdk_ $service>] [<$name:snake>] [<$name Input>] [<$name Output>] [<$name Error>]);
        }
    };
    (@types $service:ident $name:ident $module:ident $stem:ident) => {
        pastey::paste! {
            operations!(@impl $service $name [<aws_sdk_ $service>] $module [<$stem Input>] [<$stem Output>] [<$name Error>]);
        }
    };
    (@impl $service:ident $name:ident $sdk:ident $module:ident $input:ident $output:ident $error:ident) => {
        pub use $sdk::operation::$module::$name;

        impl super::OperationTypes for $name {
            type Input = $sdk::operation::$module::$input;
            type Output = $sdk::operation::$module::$output;
            type Error = $sdk::operation::$module::$error;
            const NAME: &'static str = concat!(stringify!($service), ":", stringify!($name));
        }
    };
}

operations! {
    // Its IAM actions are the methods of HTTP.
    apigateway {
        write API_GATEWAY_DEPLOYMENT CreateDeployment, needs ["apigateway:POST"];
        write API_GATEWAY DeleteDeployment, needs ["apigateway:DELETE"];
        read API_GATEWAY GetAccount, needs ["apigateway:GET"];
        read API_GATEWAY GetBasePathMappings, needs ["apigateway:GET"];
        read API_GATEWAY GetDomainNames, needs ["apigateway:GET"];
        read API_GATEWAY GetExport, needs ["apigateway:GET"];
        read API_GATEWAY GetRestApi, needs ["apigateway:GET"];
        read API_GATEWAY GetRestApis, needs ["apigateway:GET"];
        read API_GATEWAY GetStage, needs ["apigateway:GET"];
        read API_GATEWAY GetStages, needs ["apigateway:GET"];
        // Of a REST API its policy alone is sent, which takes the second action.
        write API_GATEWAY UpdateRestApi, needs ["apigateway:PATCH", "apigateway:UpdateRestApiPolicy"];
        write API_GATEWAY UpdateStage, needs ["apigateway:PATCH"];
    }
    apigatewayv2 {
        write API_GATEWAY DeleteRouteSettings, needs ["apigateway:DELETE"];
        read API_GATEWAY ExportApi, needs ["apigateway:GET"];
        read API_GATEWAY GetApi, needs ["apigateway:GET"];
        read API_GATEWAY GetApiMappings, needs ["apigateway:GET"];
        read API_GATEWAY GetApis, needs ["apigateway:GET"];
        read API_GATEWAY GetDomainNames, needs ["apigateway:GET"];
        read API_GATEWAY GetStage, needs ["apigateway:GET"];
        read API_GATEWAY GetStages, needs ["apigateway:GET"];
        write API_GATEWAY UpdateApi, needs ["apigateway:PATCH"];
        write API_GATEWAY UpdateStage, needs ["apigateway:PATCH"];
    }
    autoscaling {
        read CAUTIOUS DescribeAutoScalingGroups;
        write CAUTIOUS EnterStandby;
        write CAUTIOUS ExitStandby;
        write CAUTIOUS ResumeProcesses;
        write CAUTIOUS SuspendProcesses;
        write CAUTIOUS UpdateAutoScalingGroup;
    }
    cloudcontrol {
        read CLOUDCONTROL GetResource, needs ["cloudformation:GetResource"];
        read CLOUDCONTROL ListResources, needs ["cloudformation:ListResources"];
    }
    cloudfront {
        write CLOUDFRONT_WRITE CreateFunction;
        write CLOUDFRONT_WRITE CreateInvalidation;
        write CLOUDFRONT_WRITE CreateOriginAccessControl;
        write CLOUDFRONT_WRITE DeleteFunction;
        write CLOUDFRONT_WRITE DeleteOriginAccessControl;
        read CLOUDFRONT_READ DescribeFunction;
        read CLOUDFRONT_READ GetDistributionConfig;
        read CLOUDFRONT_READ GetFunction;
        read CLOUDFRONT_READ GetOriginAccessControl;
        read CLOUDFRONT_READ ListCloudFrontOriginAccessIdentities;
        read CLOUDFRONT_READ ListDistributions;
        read CLOUDFRONT_READ ListFunctions;
        read CLOUDFRONT_READ ListInvalidations;
        read CLOUDFRONT_READ ListOriginAccessControls;
        read CLOUDFRONT_READ ListTagsForResource;
        write CLOUDFRONT_WRITE PublishFunction;
        write CLOUDFRONT_WRITE UpdateDistribution;
        write CLOUDFRONT_WRITE UpdateFunction;
    }
    cloudtrail {
        write TRAIL_WRITE CreateTrail, needs ["cloudtrail:AddTags", "cloudtrail:CreateTrail"];
        read TRAIL_READ DescribeTrails;
        read TRAIL_READ GetEventSelectors;
        read TRAIL_READ GetTrailStatus;
        read TRAIL_LOOKUP LookupEvents;
        write TRAIL_WRITE StartLogging;
        write TRAIL_WRITE UpdateTrail;
    }
    ec2 {
        write EC2_ENDPOINT_CONNECTIONS AcceptVpcEndpointConnections;
        write EC2_WRITE AssociateAddress;
        write EC2_WRITE AssociateRouteTable;
        write EC2_WRITE AssociateTransitGatewayRouteTable;
        write EC2_WRITE AttachInternetGateway;
        write EC2_WRITE AttachVpnGateway;
        write EC2_CLIENT_VPN AuthorizeClientVpnIngress;
        write EC2_WRITE AuthorizeSecurityGroupEgress;
        write EC2_WRITE AuthorizeSecurityGroupIngress;
        write EC2_WRITE CreateEgressOnlyInternetGateway,
            needs ["ec2:CreateEgressOnlyInternetGateway", "ec2:CreateTags"];
        write EC2_NAT CreateNatGateway, needs ["ec2:CreateNatGateway", "ec2:CreateTags"];
        write EC2_WRITE CreateNetworkAcl, needs ["ec2:CreateNetworkAcl", "ec2:CreateTags"];
        write EC2_WRITE CreateNetworkAclEntry;
        write EC2_WRITE CreateNetworkInsightsPath, needs ["ec2:CreateNetworkInsightsPath", "ec2:CreateTags"];
        write EC2_WRITE CreateRoute;
        write EC2_WRITE CreateRouteTable, needs ["ec2:CreateRouteTable", "ec2:CreateTags"];
        write EC2_WRITE CreateSecurityGroup, needs ["ec2:CreateSecurityGroup", "ec2:CreateTags"];
        write EC2_WRITE CreateSnapshots, needs ["ec2:CreateSnapshots", "ec2:CreateTags"];
        write EC2_WRITE CreateTags;
        write EC2_WRITE CreateVpcBlockPublicAccessExclusion,
            needs ["ec2:CreateTags", "ec2:CreateVpcBlockPublicAccessExclusion"];
        write EC2_ENDPOINT CreateVpcEndpoint,
            needs [
                "ec2:CreateTags",
                "ec2:CreateVpcEndpoint",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
                // Of an interface endpoint with private names.
                "route53:AssociateVPCWithHostedZone",
            ];
        write EC2_WRITE DeleteEgressOnlyInternetGateway;
        write EC2_NAT DeleteNatGateway;
        write EC2_WRITE DeleteNetworkAcl;
        write EC2_WRITE DeleteNetworkAclEntry;
        write EC2_WRITE DeleteNetworkInsightsAnalysis;
        write EC2_WRITE DeleteNetworkInsightsPath;
        write EC2_WRITE DeleteRoute;
        write EC2_WRITE DeleteRouteTable;
        write EC2_WRITE DeleteSecurityGroup;
        write EC2_WRITE DeleteTags;
        write EC2_WRITE DeleteVpcBlockPublicAccessExclusion;
        write EC2_ENDPOINT DeleteVpcEndpoints;
        read EC2_READ DescribeAddresses;
        read EC2_READ DescribeClientVpnAuthorizationRules;
        read EC2_READ DescribeClientVpnConnections;
        read EC2_READ DescribeClientVpnEndpoints;
        read EC2_READ DescribeClientVpnTargetNetworks;
        read EC2_READ DescribeEgressOnlyInternetGateways;
        read EC2_READ DescribeFlowLogs;
        read EC2_READ DescribeImageAttribute;
        read EC2_READ DescribeImages;
        read EC2_READ DescribeInstanceAttribute;
        read EC2_READ DescribeInstanceConnectEndpoints;
        read EC2_READ DescribeInstances;
        read EC2_READ DescribeInternetGateways;
        read EC2_READ DescribeManagedPrefixLists;
        read EC2_READ DescribeNatGateways;
        read EC2_READ DescribeNetworkAcls;
        read EC2_READ DescribeNetworkInsightsAnalyses;
        read EC2_READ DescribeNetworkInterfaces;
        read EC2_READ DescribeRegions;
        read EC2_READ DescribeRouteTables;
        read EC2_READ DescribeSecurityGroups;
        read EC2_READ DescribeSnapshotAttribute;
        read EC2_READ DescribeSnapshots;
        read EC2_READ DescribeSpotFleetRequests;
        read EC2_READ DescribeSubnets;
        read EC2_READ DescribeTrafficMirrorSessions;
        read EC2_READ DescribeTransitGatewayAttachments;
        read EC2_READ DescribeVerifiedAccessEndpoints;
        read EC2_READ DescribeVolumes;
        read EC2_READ DescribeVpcBlockPublicAccessExclusions;
        read EC2_READ DescribeVpcBlockPublicAccessOptions;
        read EC2_READ DescribeVpcEndpointAssociations;
        read EC2_READ DescribeVpcEndpointConnections;
        read EC2_READ DescribeVpcEndpointServiceConfigurations;
        read EC2_READ DescribeVpcEndpointServices;
        read EC2_READ DescribeVpcEndpoints;
        read EC2_READ DescribeVpcPeeringConnections;
        read EC2_READ DescribeVpcs;
        read EC2_READ DescribeVpnConnections;
        read EC2_READ DescribeVpnGateways;
        write EC2_WRITE DetachInternetGateway;
        write EC2_WRITE DetachVpnGateway;
        write EC2_SHARING_BLOCK DisableImageBlockPublicAccess;
        write EC2_WRITE DisableSerialConsoleAccess;
        write EC2_SHARING_BLOCK DisableSnapshotBlockPublicAccess;
        write EC2_WRITE DisableVgwRoutePropagation;
        write EC2_WRITE DisassociateAddress;
        write EC2_WRITE DisassociateRouteTable;
        write EC2_WRITE DisassociateTransitGatewayRouteTable;
        write EC2_SHARING_BLOCK EnableImageBlockPublicAccess;
        write EC2_WRITE EnableSerialConsoleAccess;
        write EC2_SHARING_BLOCK EnableSnapshotBlockPublicAccess;
        write EC2_WRITE EnableVgwRoutePropagation;
        read EC2_READ GetConsoleOutput;
        read EC2_READ GetConsoleScreenshot;
        read EC2_READ GetEbsEncryptionByDefault;
        read EC2_READ GetImageBlockPublicAccessState;
        read EC2_READ GetManagedPrefixListEntries;
        read EC2_READ GetSerialConsoleAccessStatus;
        read EC2_READ GetSnapshotBlockPublicAccessState;
        write EC2_MODIFY ModifyImageAttribute;
        write EC2_WRITE ModifyInstanceAttribute;
        write EC2_WRITE ModifyInstanceConnectEndpoint;
        write EC2_MODIFY ModifyNetworkInterfaceAttribute;
        write EC2_MODIFY ModifySnapshotAttribute;
        write EC2_WRITE ModifySpotFleetRequest;
        write EC2_WRITE ModifyVpcBlockPublicAccessOptions;
        write EC2_ENDPOINT ModifyVpcEndpoint;
        write EC2_ENDPOINT_CONNECTIONS RejectVpcEndpointConnections;
        write EC2_WRITE ReplaceNetworkAclAssociation;
        write EC2_WRITE ReplaceRouteTableAssociation;
        write EC2_CLIENT_VPN RevokeClientVpnIngress;
        write EC2_WRITE RevokeSecurityGroupEgress;
        write EC2_WRITE RevokeSecurityGroupIngress;
        write EC2_WRITE StartNetworkInsightsAnalysis,
            needs [
                "ec2:CreateTags",
                "ec2:StartNetworkInsightsAnalysis",
                "tiros:CreateQuery",
                "tiros:GetQueryAnswer",
                "tiros:GetQueryExplanation",
            ];
        write EC2_WRITE TerminateClientVpnConnections;
    }
    ecrpublic {
        write CAUTIOUS BatchDeleteImage, needs ["ecr-public:BatchDeleteImage"];
        write CAUTIOUS DeleteRepository, needs ["ecr-public:DeleteRepository"];
        read CAUTIOUS DescribeImages, needs ["ecr-public:DescribeImages"];
        read CAUTIOUS DescribeRepositories, needs ["ecr-public:DescribeRepositories"];
        // https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_GetAuthorizationToken.html
        read CAUTIOUS GetAuthorizationToken,
            needs ["ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"];
        read CAUTIOUS GetRepositoryCatalogData, needs ["ecr-public:GetRepositoryCatalogData"];
        read CAUTIOUS GetRepositoryPolicy, needs ["ecr-public:GetRepositoryPolicy"];
        read CAUTIOUS ListTagsForResource, needs ["ecr-public:ListTagsForResource"];
    }
    elasticloadbalancingv2 {
        write CAUTIOUS CreateRule,
            needs ["elasticloadbalancing:AddTags", "elasticloadbalancing:CreateRule"];
        write CAUTIOUS DeleteRule, needs ["elasticloadbalancing:DeleteRule"];
        write CAUTIOUS DeregisterTargets, needs ["elasticloadbalancing:DeregisterTargets"];
        read CAUTIOUS DescribeListeners, needs ["elasticloadbalancing:DescribeListeners"];
        read CAUTIOUS DescribeLoadBalancerAttributes,
            needs ["elasticloadbalancing:DescribeLoadBalancerAttributes"];
        read CAUTIOUS DescribeLoadBalancers, needs ["elasticloadbalancing:DescribeLoadBalancers"];
        read CAUTIOUS DescribeRules, needs ["elasticloadbalancing:DescribeRules"];
        read CAUTIOUS DescribeTags, needs ["elasticloadbalancing:DescribeTags"];
        read CAUTIOUS DescribeTargetGroups, needs ["elasticloadbalancing:DescribeTargetGroups"];
        read CAUTIOUS DescribeTargetHealth, needs ["elasticloadbalancing:DescribeTargetHealth"];
        write CAUTIOUS ModifyRule, needs ["elasticloadbalancing:ModifyRule"];
        write CAUTIOUS RegisterTargets, needs ["elasticloadbalancing:RegisterTargets"];
        write CAUTIOUS SetRulePriorities, needs ["elasticloadbalancing:SetRulePriorities"];
        write CAUTIOUS SetSecurityGroups, needs ["elasticloadbalancing:SetSecurityGroups"];
    }
    iam {
        write CAUTIOUS AttachRolePolicy;
        write CAUTIOUS CreatePolicy;
        write CAUTIOUS CreatePolicyVersion;
        write CAUTIOUS CreateRole;
        write CAUTIOUS DeletePolicy;
        write CAUTIOUS DeletePolicyVersion;
        write CAUTIOUS DeleteRole;
        write CAUTIOUS DeleteRolePermissionsBoundary;
        write CAUTIOUS DeleteRolePolicy;
        write CAUTIOUS DeleteUserPermissionsBoundary;
        write CAUTIOUS DeleteUserPolicy;
        write CAUTIOUS DetachRolePolicy;
        read CAUTIOUS GenerateCredentialReport;
        read CAUTIOUS GetAccessKeyLastUsed;
        read CAUTIOUS GetAccountAuthorizationDetails;
        read CAUTIOUS GetAccountPasswordPolicy;
        read CAUTIOUS GetAccountSummary;
        read CAUTIOUS GetCredentialReport;
        read CAUTIOUS GetPolicyVersion;
        read CAUTIOUS GetRole;
        read CAUTIOUS ListAccessKeys;
        read CAUTIOUS ListAccountAliases;
        read CAUTIOUS ListPolicyVersions;
        read CAUTIOUS ListSSHPublicKeys as list_ssh_public_keys ListSshPublicKeys;
        read CAUTIOUS ListServiceSpecificCredentials;
        write CAUTIOUS PutRolePermissionsBoundary;
        write CAUTIOUS PutRolePolicy;
        write CAUTIOUS PutUserPermissionsBoundary;
        write CAUTIOUS PutUserPolicy;
        write CAUTIOUS SetDefaultPolicyVersion;
        read CAUTIOUS SimulatePrincipalPolicy;
        write CAUTIOUS UpdateAccessKey;
        write CAUTIOUS UpdateAssumeRolePolicy;
        write CAUTIOUS UpdateSSHPublicKey as update_ssh_public_key UpdateSshPublicKey;
        write CAUTIOUS UpdateServiceSpecificCredential;
    }
    identitystore {
        read CAUTIOUS GetUserId;
    }
    kms {
        write KMS_WRITE CancelKeyDeletion;
        read KMS_READ DescribeKey;
        read KMS_READ GetKeyPolicy;
        read KMS_READ ListGrants;
        read KMS_READ ListKeys;
        read KMS_READ ListResourceTags;
        write KMS_POLICY PutKeyPolicy;
    }
    lambda {
        write LAMBDA DeleteFunctionConcurrency;
        write LAMBDA DeleteProvisionedConcurrencyConfig;
        read LAMBDA GetEventSourceMapping;
        // Without the second action it answers no tags, and no error either.
        read LAMBDA_FUNCTION GetFunction, needs ["lambda:GetFunction", "lambda:ListTags"];
        read LAMBDA GetFunctionConcurrency;
        read LAMBDA GetFunctionConfiguration;
        read LAMBDA_POLICY GetPolicy;
        read LAMBDA ListAliases;
        read LAMBDA ListEventSourceMappings;
        read LAMBDA ListFunctionUrlConfigs;
        read LAMBDA ListFunctions;
        read LAMBDA ListProvisionedConcurrencyConfigs;
        write LAMBDA PutFunctionConcurrency;
        write LAMBDA PutProvisionedConcurrencyConfig;
        write LAMBDA UpdateEventSourceMapping;
        // With a VPC, Lambda asks EC2 for its groups, subnets and VPC in the caller's name.
        // https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
        write LAMBDA UpdateFunctionConfiguration,
            needs ["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs",
                "lambda:UpdateFunctionConfiguration"];
        write LAMBDA UpdateFunctionUrlConfig;
    }
    organizations {
        write ORGANIZATION_WRITE AttachPolicy;
        write ORGANIZATION_OTHER CreateOrganizationalUnit,
            needs ["organizations:CreateOrganizationalUnit", "organizations:TagResource"];
        write ORGANIZATION_WRITE CreatePolicy, needs ["organizations:CreatePolicy", "organizations:TagResource"];
        write ORGANIZATION_OTHER DeleteOrganizationalUnit;
        write ORGANIZATION_OTHER DeletePolicy;
        read ORGANIZATION_OTHER DescribeAccount;
        read ORGANIZATION_OTHER DescribeEffectivePolicy;
        read ORGANIZATION DescribeOrganization;
        read ORGANIZATION_POLICY DescribePolicy;
        write ORGANIZATION_WRITE DetachPolicy;
        write ORGANIZATION_OTHER DisablePolicyType;
        write ORGANIZATION_OTHER EnablePolicyType;
        read ORGANIZATION_LIST ListAccountsForParent;
        read ORGANIZATION_LIST ListOrganizationalUnitsForParent;
        read ORGANIZATION_LIST ListParents;
        read ORGANIZATION_LIST ListPolicies;
        read ORGANIZATION_LIST ListPoliciesForTarget;
        read ORGANIZATION ListRoots;
        read ORGANIZATION_LIST ListTagsForResource;
        read ORGANIZATION_LIST ListTargetsForPolicy;
        write ORGANIZATION_OTHER MoveAccount;
        write ORGANIZATION_WRITE UpdatePolicy;
    }
    // RAM publishes no figure.
    ram {
        write CAUTIOUS AssociateResourceShare;
        write CAUTIOUS DisassociateResourceShare;
        read CAUTIOUS GetResourceShareAssociations;
        read CAUTIOUS GetResourceShares;
    }
    rds {
        read CAUTIOUS DescribeDBClusterSnapshotAttributes as describe_db_cluster_snapshot_attributes DescribeDbClusterSnapshotAttributes;
        read CAUTIOUS DescribeDBClusterSnapshots as describe_db_cluster_snapshots DescribeDbClusterSnapshots;
        read CAUTIOUS DescribeDBClusters as describe_db_clusters DescribeDbClusters;
        read CAUTIOUS DescribeDBInstances as describe_db_instances DescribeDbInstances;
        read CAUTIOUS DescribeDBProxies as describe_db_proxies DescribeDbProxies;
        read CAUTIOUS DescribeDBSnapshotAttributes as describe_db_snapshot_attributes DescribeDbSnapshotAttributes;
        read CAUTIOUS DescribeDBSnapshots as describe_db_snapshots DescribeDbSnapshots;
        write CAUTIOUS ModifyDBCluster as modify_db_cluster ModifyDbCluster,
            needs ["rds:ModifyDBCluster", "rds:ModifyDBInstance"];
        write CAUTIOUS ModifyDBClusterSnapshotAttribute as modify_db_cluster_snapshot_attribute ModifyDbClusterSnapshotAttribute;
        write CAUTIOUS ModifyDBInstance as modify_db_instance ModifyDbInstance;
        write CAUTIOUS ModifyDBSnapshotAttribute as modify_db_snapshot_attribute ModifyDbSnapshotAttribute;
        write CAUTIOUS StartDBCluster as start_db_cluster StartDbCluster;
        write CAUTIOUS StartDBInstance as start_db_instance StartDbInstance;
        write CAUTIOUS StopDBCluster as stop_db_cluster StopDbCluster;
        write CAUTIOUS StopDBInstance as stop_db_instance StopDbInstance;
    }
    rolesanywhere {
        write CAUTIOUS DisableTrustAnchor;
        write CAUTIOUS EnableTrustAnchor;
        read CAUTIOUS ListTrustAnchors;
    }
    route53 {
        write ROUTE53 ChangeResourceRecordSets;
        read ROUTE53 GetChange;
        read ROUTE53 ListHealthChecks;
        read ROUTE53 ListHostedZones;
        read ROUTE53 ListResourceRecordSets;
    }
    route53resolver {
        write RESOLVER AssociateFirewallRuleGroup,
            needs ["ec2:DescribeVpcs", "route53resolver:AssociateFirewallRuleGroup"];
        write RESOLVER CreateFirewallDomainList,
            needs ["route53resolver:CreateFirewallDomainList", "route53resolver:TagResource"];
        write RESOLVER CreateFirewallRule;
        write RESOLVER CreateFirewallRuleGroup,
            needs ["route53resolver:CreateFirewallRuleGroup", "route53resolver:TagResource"];
        write RESOLVER DeleteFirewallDomainList;
        write RESOLVER DeleteFirewallRule;
        write RESOLVER DeleteFirewallRuleGroup;
        write RESOLVER DisassociateFirewallRuleGroup;
        read RESOLVER ListFirewallConfigs, needs ["ec2:DescribeVpcs", "route53resolver:ListFirewallConfigs"];
        read RESOLVER ListFirewallDomainLists;
        read RESOLVER ListFirewallDomains;
        read RESOLVER ListFirewallRuleGroupAssociations;
        read RESOLVER ListFirewallRuleGroups;
        read RESOLVER ListFirewallRules;
        read RESOLVER ListResolverEndpoints;
        read RESOLVER ListTagsForResource;
        write RESOLVER UpdateFirewallDomains;
    }
    s3 {
        write CAUTIOUS CreateBucket, needs ["s3:CreateBucket", "s3:TagResource"];
        write CAUTIOUS DeleteBucket;
        // By version, where the bucket keeps versions.
        write CAUTIOUS DeleteObject, needs ["s3:DeleteObject", "s3:DeleteObjectVersion"];
        read CAUTIOUS GetBucketAcl;
        read CAUTIOUS GetBucketEncryption, needs ["s3:GetEncryptionConfiguration"];
        read CAUTIOUS GetBucketLifecycleConfiguration, needs ["s3:GetLifecycleConfiguration"];
        read CAUTIOUS GetBucketOwnershipControls;
        read CAUTIOUS GetBucketPolicy;
        read CAUTIOUS GetBucketPolicyStatus;
        read CAUTIOUS GetBucketReplication, needs ["s3:GetReplicationConfiguration"];
        read CAUTIOUS GetBucketVersioning;
        read CAUTIOUS GetObject;
        read CAUTIOUS GetPublicAccessBlock, needs ["s3:GetBucketPublicAccessBlock"];
        read CAUTIOUS HeadBucket, needs ["s3:ListBucket"];
        read CAUTIOUS ListBuckets, needs ["s3:ListAllMyBuckets"];
        read CAUTIOUS ListObjectVersions, needs ["s3:ListBucketVersions"];
        write CAUTIOUS PutBucketEncryption, needs ["s3:PutEncryptionConfiguration"];
        write CAUTIOUS PutBucketLifecycleConfiguration, needs ["s3:PutLifecycleConfiguration"];
        write CAUTIOUS PutBucketOwnershipControls;
        write CAUTIOUS PutBucketPolicy;
        write CAUTIOUS PutBucketVersioning;
        write CAUTIOUS PutObject;
        write CAUTIOUS PutPublicAccessBlock, needs ["s3:PutBucketPublicAccessBlock"];
    }
    s3control {
        write CAUTIOUS DeletePublicAccessBlock, needs ["s3:PutAccountPublicAccessBlock"];
        read CAUTIOUS GetAccessPoint, needs ["s3:GetAccessPoint"];
        read CAUTIOUS GetAccessPointPolicyStatus, needs ["s3:GetAccessPointPolicyStatus"];
        read CAUTIOUS GetMultiRegionAccessPointPolicyStatus,
            needs ["s3:GetMultiRegionAccessPointPolicyStatus"];
        read CAUTIOUS GetPublicAccessBlock, needs ["s3:GetAccountPublicAccessBlock"];
        read CAUTIOUS ListAccessPoints, needs ["s3:ListAccessPoints"];
        read CAUTIOUS ListMultiRegionAccessPoints, needs ["s3:ListMultiRegionAccessPoints"];
        write CAUTIOUS PutPublicAccessBlock, needs ["s3:PutAccountPublicAccessBlock"];
    }
    secretsmanager {
        write SECRETS_POLICY DeleteResourcePolicy;
        read SECRETS_READ DescribeSecret;
        read SECRETS_POLICY GetResourcePolicy;
        read SECRETS_READ ListSecrets;
        write SECRETS_POLICY PutResourcePolicy;
        write CAUTIOUS RestoreSecret;
    }
    ses {
        read SES GetSendStatistics;
    }
    sesv2 {
        read SES GetAccount, needs ["ses:GetAccount"];
        read SES GetConfigurationSet, needs ["ses:GetConfigurationSet"];
        read SES GetEmailIdentityPolicies, needs ["ses:GetEmailIdentityPolicies"];
        read SES ListConfigurationSets, needs ["ses:ListConfigurationSets"];
        read SES ListEmailIdentities, needs ["ses:ListEmailIdentities"];
        write SES PutAccountSendingAttributes, needs ["ses:PutAccountSendingAttributes"];
        write SES PutConfigurationSetSendingOptions, needs ["ses:PutConfigurationSetSendingOptions"];
    }
    sns {
        read CAUTIOUS GetTopicAttributes;
        read SNS_TAGS ListTagsForResource;
        read CAUTIOUS ListTopics;
        write CAUTIOUS SetTopicAttributes;
    }
    // SQS publishes no figure for calls that send and receive no messages.
    sqs {
        read CAUTIOUS GetQueueAttributes;
        read CAUTIOUS ListQueueTags;
        read CAUTIOUS ListQueues;
        write CAUTIOUS SetQueueAttributes;
    }
    ssoadmin {
        write SSO AttachCustomerManagedPolicyReferenceToPermissionSet,
            needs ["sso:AttachCustomerManagedPolicyReferenceToPermissionSet"];
        write SSO AttachManagedPolicyToPermissionSet, needs ["sso:AttachManagedPolicyToPermissionSet"];
        write SSO CreateAccountAssignment, needs ["sso:CreateAccountAssignment"];
        // AWS asks for the second where the set is given tags.
        write SSO CreatePermissionSet, needs ["sso:CreatePermissionSet", "sso:TagResource"];
        write SSO DeleteAccountAssignment, needs ["sso:DeleteAccountAssignment"];
        write SSO DeleteInlinePolicyFromPermissionSet, needs ["sso:DeleteInlinePolicyFromPermissionSet"];
        write SSO DeletePermissionSet, needs ["sso:DeletePermissionSet"];
        read SSO DescribeAccountAssignmentCreationStatus,
            needs ["sso:DescribeAccountAssignmentCreationStatus"];
        read SSO DescribeAccountAssignmentDeletionStatus,
            needs ["sso:DescribeAccountAssignmentDeletionStatus"];
        read SSO DescribePermissionSet, needs ["sso:DescribePermissionSet"];
        read SSO DescribePermissionSetProvisioningStatus,
            needs ["sso:DescribePermissionSetProvisioningStatus"];
        read SSO GetInlinePolicyForPermissionSet, needs ["sso:GetInlinePolicyForPermissionSet"];
        read SSO GetPermissionsBoundaryForPermissionSet, needs ["sso:GetPermissionsBoundaryForPermissionSet"];
        read SSO ListAccountAssignments, needs ["sso:ListAccountAssignments"];
        read SSO ListAccountsForProvisionedPermissionSet,
            needs ["sso:ListAccountsForProvisionedPermissionSet"];
        read SSO ListCustomerManagedPolicyReferencesInPermissionSet,
            needs ["sso:ListCustomerManagedPolicyReferencesInPermissionSet"];
        read SSO ListInstances, needs ["sso:ListInstances"];
        read SSO ListManagedPoliciesInPermissionSet, needs ["sso:ListManagedPoliciesInPermissionSet"];
        read SSO ListPermissionSets, needs ["sso:ListPermissionSets"];
        read SSO ListPermissionSetsProvisionedToAccount, needs ["sso:ListPermissionSetsProvisionedToAccount"];
        read SSO ListTagsForResource, needs ["sso:ListTagsForResource"];
        write SSO ProvisionPermissionSet, needs ["sso:ProvisionPermissionSet"];
        write SSO PutInlinePolicyToPermissionSet, needs ["sso:PutInlinePolicyToPermissionSet"];
        write SSO PutPermissionsBoundaryToPermissionSet, needs ["sso:PutPermissionsBoundaryToPermissionSet"];
    }
    sts {
        // Needs no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
        read CAUTIOUS GetCallerIdentity, needs [];
    }
    support {
        read CAUTIOUS DescribeTrustedAdvisorCheckResult;
    }
    synthetics {
        read CAUTIOUS DescribeCanaries;
    }
    wafv2 {
        write WAF_ASSOCIATE AssociateWebACL as associate_web_acl AssociateWebAcl,
            needs [
                "elasticloadbalancing:CreateWebACLAssociation",
                "elasticloadbalancing:SetWebAcl",
                "wafv2:AssociateWebACL",
            ];
        write WAF_WRITE CreateIPSet as create_ip_set CreateIpSet;
        write WAF_WRITE CreateWebACL as create_web_acl CreateWebAcl;
        write WAF_WRITE DeleteIPSet as delete_ip_set DeleteIpSet;
        write WAF_WRITE DeleteWebACL as delete_web_acl DeleteWebAcl;
        write WAF_ASSOCIATE DisassociateWebACL as disassociate_web_acl DisassociateWebAcl,
            needs [
                "elasticloadbalancing:DeleteWebACLAssociation",
                "elasticloadbalancing:SetWebAcl",
                "wafv2:DisassociateWebACL",
            ];
        read WAF_READ GetIPSet as get_ip_set GetIpSet;
        read WAF_READ GetWebACL as get_web_acl GetWebAcl;
        read WAF_READ GetWebACLForResource as get_web_acl_for_resource GetWebAclForResource,
            needs [
                "elasticloadbalancing:GetLoadBalancerWebACL",
                "wafv2:GetWebACL",
                "wafv2:GetWebACLForResource",
            ];
        read WAF_READ ListIPSets as list_ip_sets ListIpSets;
        read WAF_RESOURCES ListResourcesForWebACL as list_resources_for_web_acl ListResourcesForWebAcl,
            needs ["elasticloadbalancing:DescribeWebACLAssociation", "wafv2:ListResourcesForWebACL"];
        read WAF_READ ListWebACLs as list_web_acls ListWebAcLs;
        write WAF_WRITE UpdateIPSet as update_ip_set UpdateIpSet;
        write WAF_WRITE UpdateWebACL as update_web_acl UpdateWebAcl;
    }
}

/// Operations of the OCI distribution API, which no model of AWS's has: [`super::registry`] makes them.
pub const REGISTRY: &[Operation] =
    &[read("registry:GetBlob", &[], CAUTIOUS), read("registry:GetManifest", &[], REGISTRY_PULL)];

/// The tables' entry of `service:Operation`.
pub fn find(name: &str) -> Option<&'static Operation> {
    let listed = OPERATIONS.binary_search_by(|op| op.name.cmp(name)).ok().map(|at| &OPERATIONS[at]);
    listed.or_else(|| PLAIN.iter().chain(REGISTRY).find(|op| op.name == name))
}

/// Every operation of AWS's own services, of the SDK's clients and of the plain client.
pub fn all() -> impl Iterator<Item = &'static Operation> {
    OPERATIONS.iter().chain(PLAIN)
}

/// An operation that is not in the table counts as mutating.
pub fn mutates(name: &str) -> bool {
    find(name).is_none_or(|op| op.mutates)
}

/// AWS's rate for an operation; a cautious one where none is published.
pub fn rate(name: &str) -> Rate {
    find(name).map_or(CAUTIOUS, |op| op.rate)
}

/// The name of the bucket that an operation draws on: its own, or the one of its service.
pub fn bucket(name: &str) -> &str {
    match name.split_once(':') {
        Some(("apigateway" | "apigatewayv2", operation)) if operation != "CreateDeployment" => "apigateway",
        Some((service @ ("cloudcontrol" | "route53" | "route53resolver" | "ssoadmin"), _)) => service,
        _ => name,
    }
}

/// `service:Operation` from the SDK's service id and operation name: `S3 Control` is `s3control`.
pub fn name(service: &str, operation: &str) -> String {
    format!("{}:{operation}", service.to_lowercase().replace(' ', ""))
}

/// `service:Operation` of an SDK type such as `aws_sdk_ec2::operation::create_vpc::CreateVpcError`, and of one
/// of this crate's own such as `unplug::aws::registry::calls::GetBlobError`, which is of `registry`.
pub(crate) fn name_of_type<T>(suffix: &str) -> String {
    let path = std::any::type_name::<T>();
    let service = match path.split("::").next().unwrap_or_default().strip_prefix("aws_sdk_") {
        Some(service) => service,
        None => path.split("::").nth(2).unwrap_or_default(),
    };
    let last = path.rsplit("::").next().unwrap_or_default();
    format!("{service}:{}", last.strip_suffix(suffix).unwrap_or(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_has_no_doubles() {
        assert!(OPERATIONS.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert!(PLAIN.windows(2).all(|pair| pair[0].name < pair[1].name));
    }

    #[test]
    fn an_unknown_operation_counts_as_mutating() {
        assert!(mutates("ec2:TerminateInstances"));
        assert!(!mutates("ec2:DescribeVpcs"));
    }

    #[test]
    fn five_hundred_interfaces_take_what_aws_publishes() {
        // 100 at once, then 5 a second.
        assert!((rate("ec2:ModifyNetworkInterfaceAttribute").seconds(500) - 80.0).abs() < f64::EPSILON);
    }

    #[test]
    fn names_from_the_sdk_and_from_types_agree() {
        use aws_sdk_s3control::operation::put_public_access_block::PutPublicAccessBlockInput as Input;
        assert_eq!(name("S3 Control", "PutPublicAccessBlock"), name_of_type::<Input>("Input"));
    }
}
