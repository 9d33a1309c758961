//! The sections of the account: what is read together, and what a step says it needs.
//!
//! A row of the table below registers a section: its name, its field, what a person calls it, the IAM
//! actions that reading it takes. A row of `collect/readers.rs` says who reads it; a section without one
//! does not compile. Two clauses are for few:
//!
//! - `beside` names a second field that is read, copied and merged together with the first.
//! - `within` names the function that finds the gaps inside what was read (a bucket whose policy was
//!   not). A test fails for a section that has such gaps and no `within`.

#[macro_use]
mod define;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    AccessControl, AccessKey, AccessPoint, AccountSummary, Acl, Actor, Address, AlertRule, Analyzer,
    ApiDomain, BucketLifecycle, Caller, Canary, Cause, Certificate, ClientVpn, ConnectEndpoint,
    ContainerService, Database, DatabaseProxy, DeletionCalls, Distribution, DnsFirewall, EdgeFunction,
    EgressGateway, Endpoint, EndpointService, EventSource, Events, ExposedKey, FORMAT, FlowLog, Function,
    Gap, Group, HealthCheck, HealthNotice, HeldPolicy, HttpApi, HubFindings, IdentityCenter, Instance,
    InstanceAttributes, Interface, InternetGateway, KeyGrant, KmsKey, LastChange, ListenerRule, LoadBalancer,
    LogBucket, LogGroup, MultiRegionAccessPoint, NatGateway, Organization, PageBucket, PasswordPolicy,
    Peering, PrefixList, Principals, PublicAccessBlock, PublicBucket, PublicRepository, Recorder,
    RecoveryPoint, Replication, ReportRow, ResourceShare, Resources, RestApi, RouteTable, ScalingGroup,
    Secret, SecurityContact, Seen, ServiceCredential, Ses, Session, SharedCopy, SharingBlocks, SideDoor,
    Snapshot, SpotFleet, SshKey, Subnet, TargetGroup, Trail, TransitAttachment, TrustAnchor,
    VirtualInterface, Volume, Vpc, VpcBlock, VpcFunction, VpnConnection, VpnGateway, WebAcls, Zone, gaps,
};

fn format() -> u32 {
    FORMAT
}

sections! {
    account {
        Principals principals: Principals = "IAM users, roles, groups and policies",
            reads ["iam:GetAccountAuthorizationDetails"];
        /// Access keys by id, of the users that were asked for.
        AccessKeys access_keys: BTreeMap<String, AccessKey> = "access keys",
            reads ["iam:GetAccessKeyLastUsed", "iam:ListAccessKeys"];
        /// Passwords and API keys for single services by id, of every user.
        ServiceCredentials service_credentials: BTreeMap<String, ServiceCredential> =
            "service-specific credentials",
            reads ["iam:ListServiceSpecificCredentials"];
        /// Public SSH keys by id, of every user.
        SshKeys ssh_keys: BTreeMap<String, SshKey> = "SSH public keys", reads ["iam:ListSSHPublicKeys"];
        /// Rows of the credential report by user name.
        CredentialReport credential_report: BTreeMap<String, ReportRow> = "credential report",
            reads ["iam:GenerateCredentialReport", "iam:GetCredentialReport"];
        AccountSummary account_summary: AccountSummary = "account summary", reads ["iam:GetAccountSummary"];
        /// The password policy; `None` when none was ever set, and IAM's own holds.
        PasswordPolicy password_policy: Option<PasswordPolicy> = "password policy",
            reads ["iam:GetAccountPasswordPolicy"];
        /// Keys that Trusted Advisor calls exposed, by key id.
        ExposedKeys exposed_keys: BTreeMap<String, ExposedKey> = "Trusted Advisor's exposed keys",
            reads ["support:DescribeTrustedAdvisorCheckResult"];
        /// Trails by ARN, shadow copies left out.
        Trails trails: BTreeMap<String, Trail> = "trails",
            reads ["cloudtrail:DescribeTrails", "cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus"],
            /// Regions whose trails could not be listed, although others could: a trail that logs only
            /// there is unknown. Common where an organization denies Regions.
            beside trails_unread: BTreeMap<String, Gap>,
            within gaps::trails;
        /// Buckets that hold or will hold the logs of a trail, by name.
        LogBuckets log_buckets: BTreeMap<String, LogBucket> = "log buckets",
            reads [
                "s3:GetBucketPolicy",
                "s3:GetBucketPublicAccessBlock",
                "s3:GetBucketVersioning",
                "s3:ListBucket",
            ],
            within gaps::log_buckets;
        /// What CloudTrail recorded of those who are suspect.
        Events events: Events = "CloudTrail's event history",
            reads ["cloudtrail:LookupEvents"],
            within gaps::events;
        /// IAM Identity Center: instances, permission sets, assignments.
        IdentityCenter identity_center: IdentityCenter = "IAM Identity Center",
            reads [
                "identitystore:GetUserId",
                "sso:DescribePermissionSet",
                "sso:GetInlinePolicyForPermissionSet",
                "sso:GetPermissionsBoundaryForPermissionSet",
                "sso:ListAccountAssignments",
                "sso:ListAccountsForProvisionedPermissionSet",
                "sso:ListCustomerManagedPolicyReferencesInPermissionSet",
                "sso:ListInstances",
                "sso:ListManagedPoliciesInPermissionSet",
                "sso:ListPermissionSets",
                "sso:ListPermissionSetsProvisionedToAccount",
                "sso:ListTagsForResource",
            ],
            within gaps::identity_center;
        /// The Organization that the account belongs to; `None` where it is in none.
        Organization organization: Option<Organization> = "AWS Organizations",
            reads [
                "organizations:DescribeEffectivePolicy",
                "organizations:DescribeOrganization",
                "organizations:DescribePolicy",
                "organizations:ListAccountsForParent",
                "organizations:ListOrganizationalUnitsForParent",
                "organizations:ListParents",
                "organizations:ListPolicies",
                "organizations:ListPoliciesForTarget",
                "organizations:ListRoots",
                "organizations:ListTagsForResource",
                "organizations:ListTargetsForPolicy",
            ],
            within gaps::organization;
        /// The last change of each role that was asked about, by the role's name.
        RoleChanges role_changes: BTreeMap<String, Seen<LastChange>> = "last changes of roles",
            reads ["cloudtrail:LookupEvents"],
            within gaps::role_changes;
        /// The account-level S3 Block Public Access; `None` when it was never set.
        S3Block s3_block: Option<PublicAccessBlock> = "S3 account block",
            reads ["s3:GetAccountPublicAccessBlock"];
        /// Buckets that a policy or an ACL opens to everybody, by name.
        PublicBuckets public_buckets: BTreeMap<String, PublicBucket> = "public buckets",
            reads [
                "s3:GetBucketAcl",
                "s3:GetBucketPolicy",
                "s3:GetBucketPolicyStatus",
                "s3:GetBucketPublicAccessBlock",
                "s3:ListAllMyBuckets",
            ],
            within gaps::public_buckets;
        /// Lifecycles of buckets by name; buckets without one are left out.
        BucketLifecycles bucket_lifecycles: BTreeMap<String, Seen<BucketLifecycle>> = "lifecycles of buckets",
            reads ["s3:GetLifecycleConfiguration", "s3:ListAllMyBuckets"],
            within gaps::bucket_lifecycles;
        /// Buckets whose objects S3 copies to other buckets, by name.
        BucketReplications bucket_replications: BTreeMap<String, Seen<Replication>> = "replication of buckets",
            reads ["s3:GetReplicationConfiguration", "s3:ListAllMyBuckets"],
            within gaps::bucket_replications;
        /// Multi-Region Access Points of S3 by name.
        MultiRegionAccessPoints multi_region_access_points: BTreeMap<String, Seen<MultiRegionAccessPoint>> =
            "Multi-Region Access Points",
            reads ["s3:GetMultiRegionAccessPointPolicyStatus", "s3:ListMultiRegionAccessPoints"],
            within gaps::multi_region_access_points;
        /// Repositories of ECR Public by name, with their images.
        PublicRepositories public_repositories: BTreeMap<String, Seen<PublicRepository>> =
            "public container repositories",
            reads [
                "ecr-public:DescribeImages",
                "ecr-public:DescribeRepositories",
                "ecr-public:GetRepositoryCatalogData",
                "ecr-public:GetRepositoryPolicy",
                "ecr-public:ListTagsForResource",
            ],
            within gaps::public_repositories;
        /// CloudFront's distributions by id.
        Distributions distributions: BTreeMap<String, Distribution> = "CloudFront distributions",
            reads [
                "cloudfront:GetDistributionConfig",
                "cloudfront:ListDistributions",
                "cloudfront:ListTagsForResource",
            ];
        /// CloudFront Functions by name.
        EdgeFunctions edge_functions: BTreeMap<String, EdgeFunction> = "CloudFront Functions",
            reads ["cloudfront:GetFunction", "cloudfront:ListFunctions"];
        /// CloudFront's origin access controls by id.
        AccessControls access_controls: BTreeMap<String, AccessControl> = "origin access controls",
            reads ["cloudfront:ListOriginAccessControls"];
        /// Ids of CloudFront's origin access identities, which were before access controls.
        OriginAccessIdentities origin_access_identities: BTreeSet<String> = "origin access identities",
            reads ["cloudfront:ListCloudFrontOriginAccessIdentities"];
        /// Whether the invalidations are completed, by id, of the distributions that were asked for.
        Invalidations invalidations: BTreeMap<String, BTreeMap<String, bool>> = "invalidations",
            reads ["cloudfront:ListInvalidations"];
        /// The bucket with the maintenance page; `None` where there is none of its name.
        PageBucket page_bucket: Option<PageBucket> = "the maintenance page's bucket",
            reads [
                "s3:GetBucketOwnershipControls",
                "s3:GetBucketPolicy",
                "s3:GetBucketPublicAccessBlock",
                "s3:GetEncryptionConfiguration",
                "s3:GetObject",
                "s3:ListAllMyBuckets",
                "s3:ListBucket",
                "s3:ListBucketVersions",
            ];
        /// Web ACLs for CloudFront.
        EdgeWebAcls edge_web_acls: WebAcls = "web ACLs of CloudFront",
            reads ["wafv2:GetIPSet", "wafv2:GetWebACL", "wafv2:ListIPSets", "wafv2:ListWebACLs"];
        /// Hosted zones of Route 53 by id, with the records of public ones.
        Zones zones: BTreeMap<String, Zone> = "hosted zones",
            reads ["route53:ListHostedZones", "route53:ListResourceRecordSets"],
            within gaps::zones;
        /// Route 53's health checks by id.
        HealthChecks health_checks: BTreeMap<String, HealthCheck> = "Route 53 health checks",
            reads ["route53:ListHealthChecks"];
        /// The contact to whom AWS writes about security; `None` where none is set.
        SecurityContact security_contact: Option<SecurityContact> = "the security contact",
            reads ["account:GetAlternateContact"];
        /// Open and upcoming notices of AWS Health by ARN.
        HealthNotices health_notices: BTreeMap<String, HealthNotice> = "AWS Health",
            reads ["health:DescribeEvents"];
        /// ARNs of resources whose access logs CloudWatch Logs delivers: CloudFront's in its second form.
        EdgeLogs edge_logs: BTreeSet<String> = "deliveries of CloudFront's logs",
            reads ["logs:DescribeDeliveries", "logs:DescribeDeliverySources"];
    }
    region {
        Vpcs vpcs: BTreeMap<String, Vpc> = "VPCs", reads ["ec2:DescribeVpcs"];
        Subnets subnets: BTreeMap<String, Subnet> = "subnets", reads ["ec2:DescribeSubnets"];
        Instances instances: BTreeMap<String, Instance> = "instances", reads ["ec2:DescribeInstances"];
        Interfaces interfaces: BTreeMap<String, Interface> = "network interfaces",
            reads ["ec2:DescribeNetworkInterfaces"];
        Groups groups: BTreeMap<String, Group> = "security groups", reads ["ec2:DescribeSecurityGroups"];
        Acls acls: BTreeMap<String, Acl> = "network ACLs", reads ["ec2:DescribeNetworkAcls"];
        ScalingGroups scaling_groups: BTreeMap<String, ScalingGroup> = "Auto Scaling groups",
            reads ["autoscaling:DescribeAutoScalingGroups"];
        Ses ses: Ses = "SES",
            reads [
                "ses:GetAccount",
                "ses:GetConfigurationSet",
                "ses:GetEmailIdentityPolicies",
                "ses:GetSendStatistics",
                "ses:ListConfigurationSets",
                "ses:ListEmailIdentities",
            ],
            within gaps::ses;
        RouteTables route_tables: BTreeMap<String, RouteTable> = "route tables",
            reads ["ec2:DescribeRouteTables"];
        PrefixLists prefix_lists: BTreeMap<String, PrefixList> = "prefix lists",
            reads ["ec2:DescribeManagedPrefixLists", "ec2:GetManagedPrefixListEntries"];
        InternetGateways internet_gateways: BTreeMap<String, InternetGateway> = "internet gateways",
            reads ["ec2:DescribeInternetGateways"];
        EgressGateways egress_gateways: BTreeMap<String, EgressGateway> = "egress-only internet gateways",
            reads ["ec2:DescribeEgressOnlyInternetGateways"];
        NatGateways nat_gateways: BTreeMap<String, NatGateway> = "NAT gateways",
            reads ["ec2:DescribeNatGateways"];
        Addresses addresses: BTreeMap<String, Address> = "Elastic IP addresses",
            reads ["ec2:DescribeAddresses"];
        VpnGateways vpn_gateways: BTreeMap<String, VpnGateway> = "virtual private gateways",
            reads ["ec2:DescribeVpnGateways"];
        VpnConnections vpn_connections: BTreeMap<String, VpnConnection> = "VPN connections",
            reads ["ec2:DescribeVpnConnections"];
        ClientVpns client_vpns: BTreeMap<String, ClientVpn> = "Client VPN endpoints",
            reads [
                "ec2:DescribeClientVpnAuthorizationRules",
                "ec2:DescribeClientVpnConnections",
                "ec2:DescribeClientVpnEndpoints",
                "ec2:DescribeClientVpnTargetNetworks",
            ];
        VirtualInterfaces virtual_interfaces: BTreeMap<String, VirtualInterface> =
            "Direct Connect virtual interfaces",
            reads [
                "directconnect:DescribeVirtualInterfaces",
                "directconnect:ListVirtualInterfaceTestHistory",
            ];
        TransitAttachments transit_attachments: BTreeMap<String, TransitAttachment> =
            "transit gateway attachments",
            reads ["ec2:DescribeTransitGatewayAttachments"];
        Peerings peerings: BTreeMap<String, Peering> = "VPC peerings",
            reads ["ec2:DescribeVpcPeeringConnections"];
        Endpoints endpoints: BTreeMap<String, Endpoint> = "VPC endpoints",
            reads ["ec2:DescribeVpcEndpointServices", "ec2:DescribeVpcEndpoints"];
        EndpointServices endpoint_services: BTreeMap<String, EndpointService> = "endpoint services",
            reads ["ec2:DescribeVpcEndpointConnections", "ec2:DescribeVpcEndpointServiceConfigurations"];
        ConnectEndpoints connect_endpoints: BTreeMap<String, ConnectEndpoint> =
            "EC2 Instance Connect endpoints",
            reads ["ec2:DescribeInstanceConnectEndpoints"];
        VpcBlock vpc_block: VpcBlock = "VPC Block Public Access",
            reads ["ec2:DescribeVpcBlockPublicAccessExclusions", "ec2:DescribeVpcBlockPublicAccessOptions"];
        SerialConsole serial_console: bool = "EC2 serial console", reads ["ec2:GetSerialConsoleAccessStatus"];
        Sessions sessions: BTreeMap<String, Session> = "Session Manager sessions",
            reads ["ssm:DescribeSessions"];
        DnsFirewall dns_firewall: DnsFirewall = "Resolver DNS Firewall",
            reads [
                "ec2:DescribeVpcs",
                "route53resolver:ListFirewallConfigs",
                "route53resolver:ListFirewallDomainLists",
                "route53resolver:ListFirewallDomains",
                "route53resolver:ListFirewallRuleGroupAssociations",
                "route53resolver:ListFirewallRuleGroups",
                "route53resolver:ListFirewallRules",
                "route53resolver:ListTagsForResource",
            ];
        LoadBalancers load_balancers: BTreeMap<String, LoadBalancer> = "load balancers",
            reads [
                "elasticloadbalancing:DescribeListeners",
                "elasticloadbalancing:DescribeLoadBalancers",
                "elasticloadbalancing:DescribeTags",
            ];
        ListenerRules listener_rules: BTreeMap<String, ListenerRule> = "rules of load balancers",
            reads [
                "elasticloadbalancing:DescribeListeners",
                "elasticloadbalancing:DescribeLoadBalancers",
                "elasticloadbalancing:DescribeRules",
                "elasticloadbalancing:DescribeTags",
            ];
        TargetGroups target_groups: BTreeMap<String, TargetGroup> = "target groups",
            reads [
                "elasticloadbalancing:DescribeTags",
                "elasticloadbalancing:DescribeTargetGroups",
                "elasticloadbalancing:DescribeTargetHealth",
            ];
        Databases databases: BTreeMap<String, Database> = "RDS databases",
            reads ["rds:DescribeDBClusters", "rds:DescribeDBInstances"];
        DatabaseProxies database_proxies: BTreeMap<String, DatabaseProxy> = "RDS proxies",
            reads ["rds:DescribeDBProxies"];
        Certificates certificates: BTreeMap<String, Certificate> = "ACM certificates in use",
            reads ["acm:DescribeCertificate", "acm:ListCertificates"];
        InstanceAttributes instance_attributes: BTreeMap<String, InstanceAttributes> = "instance attributes",
            reads ["ec2:DescribeInstanceAttribute"];
        Snapshots snapshots: BTreeMap<String, Snapshot> = "snapshots of this run",
            reads ["ec2:DescribeSnapshots"];
        ContainerServices container_services: BTreeMap<String, ContainerService> = "ECS services",
            reads ["ecs:DescribeServices", "ecs:ListClusters", "ecs:ListServices"];
        Canaries canaries: BTreeMap<String, Canary> = "canaries of CloudWatch Synthetics",
            reads ["synthetics:DescribeCanaries"];
        Volumes volumes: BTreeMap<String, Volume> = "volumes", reads ["ec2:DescribeVolumes"];
        SpotFleets spot_fleets: BTreeMap<String, SpotFleet> = "Spot fleets",
            reads ["ec2:DescribeSpotFleetRequests"];
        SideDoors side_doors: BTreeMap<String, SideDoor> =
            "Verified Access, mirrored traffic and Resolver endpoints",
            reads [
                "ec2:DescribeTrafficMirrorSessions",
                "ec2:DescribeVerifiedAccessEndpoints",
                "ec2:DescribeVpcEndpointAssociations",
                "route53resolver:ListResolverEndpoints",
            ];
        KmsKeys kms_keys: BTreeMap<String, Seen<KmsKey>> = "KMS keys",
            reads ["kms:DescribeKey", "kms:ListKeys"],
            within gaps::kms_keys;
        Secrets secrets: BTreeMap<String, Seen<Secret>> = "Secrets Manager secrets",
            reads ["secretsmanager:DescribeSecret", "secretsmanager:ListSecrets"],
            within gaps::secrets;
        DeletionCalls deletion_calls: DeletionCalls = "calls that set deletions going",
            reads ["cloudtrail:LookupEvents"];
        LogGroups log_groups: BTreeMap<String, LogGroup> = "log groups", reads ["logs:DescribeLogGroups"];
        RecoveryPoints recovery_points: BTreeMap<String, Seen<RecoveryPoint>> =
            "recovery points whose lifecycle was changed",
            reads ["backup:DescribeRecoveryPoint", "cloudtrail:LookupEvents"],
            within gaps::recovery_points;
        FlowLogs flow_logs: BTreeMap<String, FlowLog> = "flow logs", reads ["ec2:DescribeFlowLogs"];
        EbsEncryption ebs_encryption: bool = "EBS encryption by default",
            reads ["ec2:GetEbsEncryptionByDefault"];
        Recorders recorders: BTreeMap<String, Recorder> = "AWS Config's recorder",
            reads ["config:DescribeConfigurationRecorderStatus", "config:DescribeConfigurationRecorders"];
        Analyzers analyzers: BTreeMap<String, Analyzer> = "Access Analyzer",
            reads ["access-analyzer:ListAnalyzers"];
        BalancerLogs balancer_logs: BTreeMap<String, bool> = "access logs of load balancers",
            reads [
                "elasticloadbalancing:DescribeLoadBalancerAttributes",
                "elasticloadbalancing:DescribeLoadBalancers",
            ];
        Quotas quotas: BTreeMap<String, u64> = "Service Quotas", reads ["servicequotas:ListServiceQuotas"];
        HubFindings hub_findings: HubFindings = "findings of Security Hub",
            reads ["securityhub:GetFindings"];
        Backups backups: BTreeMap<String, String> = "what AWS Backup keeps",
            reads ["backup:ListProtectedResources"];
        WebAcls web_acls: WebAcls = "web ACLs of load balancers",
            reads [
                "elasticloadbalancing:DescribeWebACLAssociation",
                "wafv2:GetIPSet",
                "wafv2:GetWebACL",
                "wafv2:ListIPSets",
                "wafv2:ListResourcesForWebACL",
                "wafv2:ListWebACLs",
            ];
        SharedSnapshots shared_snapshots: BTreeMap<String, Seen<SharedCopy>> = "EBS snapshots and who may use them",
            reads ["ec2:DescribeSnapshotAttribute", "ec2:DescribeSnapshots"],
            within gaps::shared_snapshots;
        SharedImages shared_images: BTreeMap<String, Seen<SharedCopy>> = "images and who may use them",
            reads ["ec2:DescribeImageAttribute", "ec2:DescribeImages"],
            within gaps::shared_images;
        SharedDatabaseSnapshots shared_database_snapshots: BTreeMap<String, Seen<SharedCopy>> =
            "RDS snapshots and who may use them",
            reads [
                "rds:DescribeDBClusterSnapshotAttributes",
                "rds:DescribeDBClusterSnapshots",
                "rds:DescribeDBSnapshotAttributes",
                "rds:DescribeDBSnapshots",
            ],
            within gaps::shared_database_snapshots;
        SharingBlocks sharing_blocks: SharingBlocks = "blocks of public snapshots and images",
            reads ["ec2:GetImageBlockPublicAccessState", "ec2:GetSnapshotBlockPublicAccessState"];
        // Queues by URL.
        QueuePolicies queue_policies: BTreeMap<String, Seen<HeldPolicy>> = "policies of SQS queues",
            reads ["sqs:GetQueueAttributes", "sqs:ListQueueTags", "sqs:ListQueues"],
            within gaps::queue_policies;
        // Topics by ARN.
        TopicPolicies topic_policies: BTreeMap<String, Seen<HeldPolicy>> = "policies of SNS topics",
            reads ["sns:GetTopicAttributes", "sns:ListTagsForResource", "sns:ListTopics"],
            within gaps::topic_policies;
        // Secrets by ARN, but for those whose deletion is scheduled.
        SecretPolicies secret_policies: BTreeMap<String, Seen<HeldPolicy>> = "policies of secrets",
            reads ["secretsmanager:GetResourcePolicy", "secretsmanager:ListSecrets"],
            within gaps::secret_policies;
        // Keys by ARN.
        KeyPolicies key_policies: BTreeMap<String, Seen<HeldPolicy>> = "policies of KMS keys",
            reads ["kms:GetKeyPolicy", "kms:ListKeys", "kms:ListResourceTags"],
            within gaps::key_policies;
        // Grants by id, of each key by ARN.
        KeyGrants key_grants: BTreeMap<String, Seen<BTreeMap<String, KeyGrant>>> = "grants of KMS keys",
            reads ["kms:ListGrants", "kms:ListKeys"],
            within gaps::key_grants;
        // Resource shares that this account owns, by ARN.
        ResourceShares resource_shares: BTreeMap<String, ResourceShare> = "resource shares of AWS RAM",
            reads ["ram:GetResourceShareAssociations", "ram:GetResourceShares"];
        TrustAnchors trust_anchors: BTreeMap<String, TrustAnchor> = "Roles Anywhere trust anchors",
            reads ["rolesanywhere:ListTrustAnchors"];
        Functions functions: BTreeMap<String, Seen<Function>> = "Lambda functions",
            reads [
                "lambda:GetFunction",
                "lambda:GetFunctionConcurrency",
                "lambda:GetPolicy",
                "lambda:ListAliases",
                "lambda:ListFunctionUrlConfigs",
                "lambda:ListFunctions",
                "lambda:ListProvisionedConcurrencyConfigs",
                "lambda:ListTags",
            ],
            within gaps::functions;
        VpcFunctions vpc_functions: BTreeMap<String, Seen<VpcFunction>> = "functions in a VPC",
            reads ["lambda:GetFunction", "lambda:ListFunctions", "lambda:ListTags"],
            within gaps::vpc_functions;
        EventSources event_sources: BTreeMap<String, EventSource> = "event sources of Lambda",
            reads ["lambda:ListEventSourceMappings"];
        AlertRules alert_rules: BTreeMap<String, AlertRule> = "EventBridge rules that carry alerts",
            reads ["events:ListEventBuses", "events:ListRules", "events:ListTargetsByRule"];
        RestApis rest_apis: BTreeMap<String, Seen<RestApi>> = "REST APIs",
            reads ["apigateway:GET"],
            within gaps::rest_apis;
        HttpApis http_apis: BTreeMap<String, Seen<HttpApi>> = "HTTP and WebSocket APIs",
            reads ["apigateway:GET"],
            within gaps::http_apis;
        ApiDomains api_domains: BTreeMap<String, ApiDomain> = "custom domains of APIs",
            reads ["apigateway:GET"];
        AccessPoints access_points: BTreeMap<String, Seen<AccessPoint>> = "access points of S3",
            reads ["s3:GetAccessPoint", "s3:GetAccessPointPolicyStatus", "s3:ListAccessPoints"],
            within gaps::access_points;
        OtherDoors other_doors: Resources = "other doors",
            reads [
                "airflow:GetEnvironment",
                "airflow:ListEnvironments",
                "amplify:GetApp",
                "amplify:ListApps",
                "amplify:ListTagsForResource",
                "aoss:GetSecurityPolicy",
                "aoss:ListSecurityPolicies",
                "apprunner:DescribeService",
                "apprunner:ListServices",
                "appsync:GetGraphqlApi",
                "appsync:GetGraphqlApiEnvironmentVariables",
                "appsync:ListApis",
                "appsync:ListGraphqlApis",
                "appsync:ListTagsForResource",
                "bedrock-agentcore:GetGateway",
                "bedrock-agentcore:ListGateways",
                "bedrock-agentcore:ListTagsForResource",
                "cloudformation:GetResource",
                "cloudformation:ListResources",
                "cognito-identity:DescribeIdentityPool",
                "cognito-identity:ListIdentityPools",
                "cognito-identity:ListTagsForResource",
                "cognito-idp:DescribeUserPool",
                "cognito-idp:GetUserPoolMfaConfig",
                "cognito-idp:ListUserPools",
                "dsql:ListClusters",
                "dsql:ListTagsForResource",
                "ec2:DescribeAccountAttributes",
                "ec2:DescribeAddresses",
                "ec2:DescribeAvailabilityZones",
                "ec2:DescribeInternetGateways",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcAttribute",
                "ec2:DescribeVpcEndpoints",
                "eks:DescribeCluster",
                "eks:ListClusters",
                "globalaccelerator:DescribeAccelerator",
                "globalaccelerator:DescribeAcceleratorAttributes",
                "globalaccelerator:ListAccelerators",
                "globalaccelerator:ListTagsForResource",
                "kafka:DescribeCluster",
                "kafka:ListClusters",
                "kms:DescribeKey",
                "lightsail:GetBuckets",
                "lightsail:GetContainerServices",
                "lightsail:GetDistributions",
                "lightsail:GetInstances",
                "lightsail:GetLoadBalancers",
                "lightsail:GetRelationalDatabase",
                "lightsail:GetRelationalDatabases",
                "mq:DescribeBroker",
                "mq:ListBrokers",
                "neptune-graph:GetGraph",
                "neptune-graph:ListGraphs",
                "neptune-graph:ListTagsForResource",
                "rds:DescribeDBShardGroups",
                "rds:ListTagsForResource",
                "redshift-serverless:GetWorkgroup",
                "redshift-serverless:ListTagsForResource",
                "redshift-serverless:ListWorkgroups",
                "redshift:DescribeClusterDbRevisions",
                "redshift:DescribeClusters",
                "redshift:DescribeLoggingStatus",
                "redshift:DescribeSnapshotCopyGrants",
                "redshift:DescribeTags",
                "redshift:GetResourcePolicy",
                "sagemaker:ListDomains",
                "sagemaker:ListTags",
                "timestream-influxdb:GetDbCluster",
                "timestream-influxdb:GetDbInstance",
                "timestream-influxdb:ListDbClusters",
                "timestream-influxdb:ListDbInstances",
                "timestream-influxdb:ListTagsForResource",
                "transfer:DescribeServer",
                "transfer:ListServers",
            ],
            within gaps::other_doors;
        Watchers watchers: Resources = "GuardDuty, Detective, Security Hub and AWS Backup",
            reads [
                "backup:DescribeBackupVault",
                "backup:GetBackupVaultAccessPolicy",
                "backup:GetBackupVaultNotifications",
                "backup:ListBackupPlans",
                "backup:ListBackupVaults",
                "backup:ListTags",
                "cloudformation:GetResource",
                "cloudformation:ListResources",
                "detective:ListGraphs",
                "guardduty:GetDetector",
                "guardduty:ListDetectors",
                "guardduty:ListTagsForResource",
                "securityhub:DescribeHub",
                "securityhub:DescribeSecurityHubV2",
                "securityhub:ListTagsForResource",
            ],
            within gaps::watchers;
        Pipelines pipelines: Resources = "pipelines and remediations",
            reads [
                "cloudformation:GetResource",
                "cloudformation:ListResources",
                "codepipeline:GetPipeline",
                "codepipeline:GetPipelineState",
                "codepipeline:ListPipelines",
                "codepipeline:ListTagsForResource",
                "config:DescribeConfigRules",
                "config:DescribeRemediationConfigurations",
            ],
            within gaps::pipelines;
    }
}
