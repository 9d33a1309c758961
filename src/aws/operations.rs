//! The table of operations: does it mutate, which IAM actions it needs, how fast AWS allows it.
//!
//! An operation that is not in the table counts as mutating and has no actions: a step that calls
//! it fails the laws until it is listed here.

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
    const fn new(burst: f64, per_second: f64) -> Rate {
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
// CloudTrail: https://docs.aws.amazon.com/general/latest/gr/ct.html
const TRAIL_READ: Rate = Rate::new(10.0, 10.0);
const TRAIL_WRITE: Rate = Rate::new(1.0, 1.0);
// SES: every operation but the sending ones is limited to one call a second.
// https://docs.aws.amazon.com/ses/latest/dg/quotas.html
const SES: Rate = Rate::new(1.0, 1.0);
// EC2: endpoint connections accepted or rejected; Client VPN's rules.
const EC2_ENDPOINT_CONNECTIONS: Rate = Rate::new(10.0, 1.0);
const EC2_CLIENT_VPN: Rate = Rate::new(5.0, 2.0);
// Route 53 Resolver: five requests a second, for all its operations together.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html
const RESOLVER: Rate = Rate::new(5.0, 5.0);
// No figures are published for these; far below what is seen to be throttled.
const CAUTIOUS: Rate = Rate::new(50.0, 10.0);

const fn read(name: &'static str, actions: &'static [&'static str], rate: Rate) -> Operation {
    Operation { name, mutates: false, actions, rate }
}

const fn write(name: &'static str, actions: &'static [&'static str], rate: Rate) -> Operation {
    Operation { name, mutates: true, actions, rate }
}

/// Sorted by name.
pub const OPERATIONS: &[Operation] = &[
    read("autoscaling:DescribeAutoScalingGroups", &["autoscaling:DescribeAutoScalingGroups"], CAUTIOUS),
    write("autoscaling:EnterStandby", &["autoscaling:EnterStandby"], CAUTIOUS),
    write("autoscaling:ExitStandby", &["autoscaling:ExitStandby"], CAUTIOUS),
    write("autoscaling:ResumeProcesses", &["autoscaling:ResumeProcesses"], CAUTIOUS),
    write("autoscaling:SuspendProcesses", &["autoscaling:SuspendProcesses"], CAUTIOUS),
    write("autoscaling:UpdateAutoScalingGroup", &["autoscaling:UpdateAutoScalingGroup"], CAUTIOUS),
    write("cloudtrail:CreateTrail", &["cloudtrail:AddTags", "cloudtrail:CreateTrail"], TRAIL_WRITE),
    read("cloudtrail:DescribeTrails", &["cloudtrail:DescribeTrails"], TRAIL_READ),
    read("cloudtrail:GetEventSelectors", &["cloudtrail:GetEventSelectors"], TRAIL_READ),
    read("cloudtrail:GetTrailStatus", &["cloudtrail:GetTrailStatus"], TRAIL_READ),
    write("cloudtrail:StartLogging", &["cloudtrail:StartLogging"], TRAIL_WRITE),
    write("cloudtrail:UpdateTrail", &["cloudtrail:UpdateTrail"], TRAIL_WRITE),
    read("directconnect:DescribeVirtualInterfaces", &["directconnect:DescribeVirtualInterfaces"], CAUTIOUS),
    read(
        "directconnect:ListVirtualInterfaceTestHistory",
        &["directconnect:ListVirtualInterfaceTestHistory"],
        CAUTIOUS,
    ),
    write("directconnect:StartBgpFailoverTest", &["directconnect:StartBgpFailoverTest"], CAUTIOUS),
    write("directconnect:StopBgpFailoverTest", &["directconnect:StopBgpFailoverTest"], CAUTIOUS),
    write(
        "ec2:AcceptVpcEndpointConnections",
        &["ec2:AcceptVpcEndpointConnections"],
        EC2_ENDPOINT_CONNECTIONS,
    ),
    write("ec2:AssociateAddress", &["ec2:AssociateAddress"], EC2_WRITE),
    write("ec2:AssociateRouteTable", &["ec2:AssociateRouteTable"], EC2_WRITE),
    write("ec2:AssociateTransitGatewayRouteTable", &["ec2:AssociateTransitGatewayRouteTable"], EC2_WRITE),
    write("ec2:AttachInternetGateway", &["ec2:AttachInternetGateway"], EC2_WRITE),
    write("ec2:AttachVpnGateway", &["ec2:AttachVpnGateway"], EC2_WRITE),
    write("ec2:AuthorizeClientVpnIngress", &["ec2:AuthorizeClientVpnIngress"], EC2_CLIENT_VPN),
    write("ec2:AuthorizeSecurityGroupEgress", &["ec2:AuthorizeSecurityGroupEgress"], EC2_WRITE),
    write("ec2:AuthorizeSecurityGroupIngress", &["ec2:AuthorizeSecurityGroupIngress"], EC2_WRITE),
    write(
        "ec2:CreateEgressOnlyInternetGateway",
        &["ec2:CreateEgressOnlyInternetGateway", "ec2:CreateTags"],
        EC2_WRITE,
    ),
    write("ec2:CreateNatGateway", &["ec2:CreateNatGateway", "ec2:CreateTags"], EC2_NAT),
    write("ec2:CreateNetworkAcl", &["ec2:CreateNetworkAcl", "ec2:CreateTags"], EC2_WRITE),
    write("ec2:CreateNetworkAclEntry", &["ec2:CreateNetworkAclEntry"], EC2_WRITE),
    write("ec2:CreateNetworkInsightsPath", &["ec2:CreateNetworkInsightsPath", "ec2:CreateTags"], EC2_WRITE),
    write("ec2:CreateRoute", &["ec2:CreateRoute"], EC2_WRITE),
    write("ec2:CreateRouteTable", &["ec2:CreateRouteTable", "ec2:CreateTags"], EC2_WRITE),
    write("ec2:CreateSecurityGroup", &["ec2:CreateSecurityGroup", "ec2:CreateTags"], EC2_WRITE),
    write("ec2:CreateSnapshots", &["ec2:CreateSnapshots", "ec2:CreateTags"], EC2_WRITE),
    write(
        "ec2:CreateVpcBlockPublicAccessExclusion",
        &["ec2:CreateTags", "ec2:CreateVpcBlockPublicAccessExclusion"],
        EC2_WRITE,
    ),
    write(
        "ec2:CreateVpcEndpoint",
        &[
            "ec2:CreateTags",
            "ec2:CreateVpcEndpoint",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
            // Of an interface endpoint with private names.
            "route53:AssociateVPCWithHostedZone",
        ],
        EC2_ENDPOINT,
    ),
    write("ec2:DeleteEgressOnlyInternetGateway", &["ec2:DeleteEgressOnlyInternetGateway"], EC2_WRITE),
    write("ec2:DeleteNatGateway", &["ec2:DeleteNatGateway"], EC2_NAT),
    write("ec2:DeleteNetworkAcl", &["ec2:DeleteNetworkAcl"], EC2_WRITE),
    write("ec2:DeleteNetworkAclEntry", &["ec2:DeleteNetworkAclEntry"], EC2_WRITE),
    write("ec2:DeleteNetworkInsightsAnalysis", &["ec2:DeleteNetworkInsightsAnalysis"], EC2_WRITE),
    write("ec2:DeleteNetworkInsightsPath", &["ec2:DeleteNetworkInsightsPath"], EC2_WRITE),
    write("ec2:DeleteRoute", &["ec2:DeleteRoute"], EC2_WRITE),
    write("ec2:DeleteRouteTable", &["ec2:DeleteRouteTable"], EC2_WRITE),
    write("ec2:DeleteSecurityGroup", &["ec2:DeleteSecurityGroup"], EC2_WRITE),
    write("ec2:DeleteVpcBlockPublicAccessExclusion", &["ec2:DeleteVpcBlockPublicAccessExclusion"], EC2_WRITE),
    write("ec2:DeleteVpcEndpoints", &["ec2:DeleteVpcEndpoints"], EC2_ENDPOINT),
    read("ec2:DescribeAddresses", &["ec2:DescribeAddresses"], EC2_READ),
    read("ec2:DescribeClientVpnAuthorizationRules", &["ec2:DescribeClientVpnAuthorizationRules"], EC2_READ),
    read("ec2:DescribeClientVpnConnections", &["ec2:DescribeClientVpnConnections"], EC2_READ),
    read("ec2:DescribeClientVpnEndpoints", &["ec2:DescribeClientVpnEndpoints"], EC2_READ),
    read("ec2:DescribeClientVpnTargetNetworks", &["ec2:DescribeClientVpnTargetNetworks"], EC2_READ),
    read("ec2:DescribeEgressOnlyInternetGateways", &["ec2:DescribeEgressOnlyInternetGateways"], EC2_READ),
    read("ec2:DescribeInstanceAttribute", &["ec2:DescribeInstanceAttribute"], EC2_READ),
    read("ec2:DescribeInstanceConnectEndpoints", &["ec2:DescribeInstanceConnectEndpoints"], EC2_READ),
    read("ec2:DescribeInstances", &["ec2:DescribeInstances"], EC2_READ),
    read("ec2:DescribeInternetGateways", &["ec2:DescribeInternetGateways"], EC2_READ),
    read("ec2:DescribeManagedPrefixLists", &["ec2:DescribeManagedPrefixLists"], EC2_READ),
    read("ec2:DescribeNatGateways", &["ec2:DescribeNatGateways"], EC2_READ),
    read("ec2:DescribeNetworkAcls", &["ec2:DescribeNetworkAcls"], EC2_READ),
    read("ec2:DescribeNetworkInsightsAnalyses", &["ec2:DescribeNetworkInsightsAnalyses"], EC2_READ),
    read("ec2:DescribeNetworkInterfaces", &["ec2:DescribeNetworkInterfaces"], EC2_READ),
    read("ec2:DescribeRegions", &["ec2:DescribeRegions"], EC2_READ),
    read("ec2:DescribeRouteTables", &["ec2:DescribeRouteTables"], EC2_READ),
    read("ec2:DescribeSecurityGroups", &["ec2:DescribeSecurityGroups"], EC2_READ),
    read("ec2:DescribeSnapshots", &["ec2:DescribeSnapshots"], EC2_READ),
    read("ec2:DescribeSpotFleetRequests", &["ec2:DescribeSpotFleetRequests"], EC2_READ),
    read("ec2:DescribeSubnets", &["ec2:DescribeSubnets"], EC2_READ),
    read("ec2:DescribeTrafficMirrorSessions", &["ec2:DescribeTrafficMirrorSessions"], EC2_READ),
    read("ec2:DescribeTransitGatewayAttachments", &["ec2:DescribeTransitGatewayAttachments"], EC2_READ),
    read("ec2:DescribeVerifiedAccessEndpoints", &["ec2:DescribeVerifiedAccessEndpoints"], EC2_READ),
    read("ec2:DescribeVolumes", &["ec2:DescribeVolumes"], EC2_READ),
    read(
        "ec2:DescribeVpcBlockPublicAccessExclusions",
        &["ec2:DescribeVpcBlockPublicAccessExclusions"],
        EC2_READ,
    ),
    read("ec2:DescribeVpcBlockPublicAccessOptions", &["ec2:DescribeVpcBlockPublicAccessOptions"], EC2_READ),
    read("ec2:DescribeVpcEndpointAssociations", &["ec2:DescribeVpcEndpointAssociations"], EC2_READ),
    read("ec2:DescribeVpcEndpointConnections", &["ec2:DescribeVpcEndpointConnections"], EC2_READ),
    read(
        "ec2:DescribeVpcEndpointServiceConfigurations",
        &["ec2:DescribeVpcEndpointServiceConfigurations"],
        EC2_READ,
    ),
    read("ec2:DescribeVpcEndpointServices", &["ec2:DescribeVpcEndpointServices"], EC2_READ),
    read("ec2:DescribeVpcEndpoints", &["ec2:DescribeVpcEndpoints"], EC2_READ),
    read("ec2:DescribeVpcPeeringConnections", &["ec2:DescribeVpcPeeringConnections"], EC2_READ),
    read("ec2:DescribeVpcs", &["ec2:DescribeVpcs"], EC2_READ),
    read("ec2:DescribeVpnConnections", &["ec2:DescribeVpnConnections"], EC2_READ),
    read("ec2:DescribeVpnGateways", &["ec2:DescribeVpnGateways"], EC2_READ),
    write("ec2:DetachInternetGateway", &["ec2:DetachInternetGateway"], EC2_WRITE),
    write("ec2:DetachVpnGateway", &["ec2:DetachVpnGateway"], EC2_WRITE),
    write("ec2:DisableSerialConsoleAccess", &["ec2:DisableSerialConsoleAccess"], EC2_WRITE),
    write("ec2:DisableVgwRoutePropagation", &["ec2:DisableVgwRoutePropagation"], EC2_WRITE),
    write("ec2:DisassociateAddress", &["ec2:DisassociateAddress"], EC2_WRITE),
    write("ec2:DisassociateRouteTable", &["ec2:DisassociateRouteTable"], EC2_WRITE),
    write(
        "ec2:DisassociateTransitGatewayRouteTable",
        &["ec2:DisassociateTransitGatewayRouteTable"],
        EC2_WRITE,
    ),
    write("ec2:EnableSerialConsoleAccess", &["ec2:EnableSerialConsoleAccess"], EC2_WRITE),
    write("ec2:EnableVgwRoutePropagation", &["ec2:EnableVgwRoutePropagation"], EC2_WRITE),
    read("ec2:GetConsoleOutput", &["ec2:GetConsoleOutput"], EC2_READ),
    read("ec2:GetConsoleScreenshot", &["ec2:GetConsoleScreenshot"], EC2_READ),
    read("ec2:GetManagedPrefixListEntries", &["ec2:GetManagedPrefixListEntries"], EC2_READ),
    read("ec2:GetSerialConsoleAccessStatus", &["ec2:GetSerialConsoleAccessStatus"], EC2_READ),
    write("ec2:ModifyInstanceAttribute", &["ec2:ModifyInstanceAttribute"], EC2_WRITE),
    write("ec2:ModifyInstanceConnectEndpoint", &["ec2:ModifyInstanceConnectEndpoint"], EC2_WRITE),
    write("ec2:ModifyNetworkInterfaceAttribute", &["ec2:ModifyNetworkInterfaceAttribute"], EC2_MODIFY),
    write("ec2:ModifySpotFleetRequest", &["ec2:ModifySpotFleetRequest"], EC2_WRITE),
    write("ec2:ModifyVpcBlockPublicAccessOptions", &["ec2:ModifyVpcBlockPublicAccessOptions"], EC2_WRITE),
    write("ec2:ModifyVpcEndpoint", &["ec2:ModifyVpcEndpoint"], EC2_ENDPOINT),
    write(
        "ec2:RejectVpcEndpointConnections",
        &["ec2:RejectVpcEndpointConnections"],
        EC2_ENDPOINT_CONNECTIONS,
    ),
    write("ec2:ReplaceNetworkAclAssociation", &["ec2:ReplaceNetworkAclAssociation"], EC2_WRITE),
    write("ec2:ReplaceRouteTableAssociation", &["ec2:ReplaceRouteTableAssociation"], EC2_WRITE),
    write("ec2:RevokeClientVpnIngress", &["ec2:RevokeClientVpnIngress"], EC2_CLIENT_VPN),
    write("ec2:RevokeSecurityGroupEgress", &["ec2:RevokeSecurityGroupEgress"], EC2_WRITE),
    write("ec2:RevokeSecurityGroupIngress", &["ec2:RevokeSecurityGroupIngress"], EC2_WRITE),
    write(
        "ec2:StartNetworkInsightsAnalysis",
        &[
            "ec2:CreateTags",
            "ec2:StartNetworkInsightsAnalysis",
            "tiros:CreateQuery",
            "tiros:GetQueryAnswer",
            "tiros:GetQueryExplanation",
        ],
        EC2_WRITE,
    ),
    write("ec2:TerminateClientVpnConnections", &["ec2:TerminateClientVpnConnections"], EC2_WRITE),
    read("ecs:DescribeServices", &["ecs:DescribeServices"], CAUTIOUS),
    read("ecs:ListClusters", &["ecs:ListClusters"], CAUTIOUS),
    read("ecs:ListServices", &["ecs:ListServices"], CAUTIOUS),
    write("elasticloadbalancingv2:DeregisterTargets", &["elasticloadbalancing:DeregisterTargets"], CAUTIOUS),
    read("elasticloadbalancingv2:DescribeListeners", &["elasticloadbalancing:DescribeListeners"], CAUTIOUS),
    read(
        "elasticloadbalancingv2:DescribeLoadBalancers",
        &["elasticloadbalancing:DescribeLoadBalancers"],
        CAUTIOUS,
    ),
    read("elasticloadbalancingv2:DescribeTags", &["elasticloadbalancing:DescribeTags"], CAUTIOUS),
    read(
        "elasticloadbalancingv2:DescribeTargetGroups",
        &["elasticloadbalancing:DescribeTargetGroups"],
        CAUTIOUS,
    ),
    read(
        "elasticloadbalancingv2:DescribeTargetHealth",
        &["elasticloadbalancing:DescribeTargetHealth"],
        CAUTIOUS,
    ),
    write("elasticloadbalancingv2:RegisterTargets", &["elasticloadbalancing:RegisterTargets"], CAUTIOUS),
    write("elasticloadbalancingv2:SetSecurityGroups", &["elasticloadbalancing:SetSecurityGroups"], CAUTIOUS),
    read("iam:GenerateCredentialReport", &["iam:GenerateCredentialReport"], CAUTIOUS),
    read("iam:GetAccessKeyLastUsed", &["iam:GetAccessKeyLastUsed"], CAUTIOUS),
    read("iam:GetAccountAuthorizationDetails", &["iam:GetAccountAuthorizationDetails"], CAUTIOUS),
    read("iam:GetAccountSummary", &["iam:GetAccountSummary"], CAUTIOUS),
    read("iam:GetCredentialReport", &["iam:GetCredentialReport"], CAUTIOUS),
    read("iam:GetRole", &["iam:GetRole"], CAUTIOUS),
    read("iam:ListAccessKeys", &["iam:ListAccessKeys"], CAUTIOUS),
    read("iam:ListAccountAliases", &["iam:ListAccountAliases"], CAUTIOUS),
    read("iam:ListSSHPublicKeys", &["iam:ListSSHPublicKeys"], CAUTIOUS),
    read("iam:ListServiceSpecificCredentials", &["iam:ListServiceSpecificCredentials"], CAUTIOUS),
    read("iam:SimulatePrincipalPolicy", &["iam:SimulatePrincipalPolicy"], CAUTIOUS),
    write("iam:UpdateAccessKey", &["iam:UpdateAccessKey"], CAUTIOUS),
    write("iam:UpdateSSHPublicKey", &["iam:UpdateSSHPublicKey"], CAUTIOUS),
    write("iam:UpdateServiceSpecificCredential", &["iam:UpdateServiceSpecificCredential"], CAUTIOUS),
    read("rds:DescribeDBClusters", &["rds:DescribeDBClusters"], CAUTIOUS),
    read("rds:DescribeDBInstances", &["rds:DescribeDBInstances"], CAUTIOUS),
    write("rds:ModifyDBCluster", &["rds:ModifyDBCluster", "rds:ModifyDBInstance"], CAUTIOUS),
    write("rds:ModifyDBInstance", &["rds:ModifyDBInstance"], CAUTIOUS),
    write(
        "route53resolver:AssociateFirewallRuleGroup",
        &["ec2:DescribeVpcs", "route53resolver:AssociateFirewallRuleGroup"],
        RESOLVER,
    ),
    write(
        "route53resolver:CreateFirewallDomainList",
        &["route53resolver:CreateFirewallDomainList", "route53resolver:TagResource"],
        RESOLVER,
    ),
    write("route53resolver:CreateFirewallRule", &["route53resolver:CreateFirewallRule"], RESOLVER),
    write(
        "route53resolver:CreateFirewallRuleGroup",
        &["route53resolver:CreateFirewallRuleGroup", "route53resolver:TagResource"],
        RESOLVER,
    ),
    write(
        "route53resolver:DeleteFirewallDomainList",
        &["route53resolver:DeleteFirewallDomainList"],
        RESOLVER,
    ),
    write("route53resolver:DeleteFirewallRule", &["route53resolver:DeleteFirewallRule"], RESOLVER),
    write("route53resolver:DeleteFirewallRuleGroup", &["route53resolver:DeleteFirewallRuleGroup"], RESOLVER),
    write(
        "route53resolver:DisassociateFirewallRuleGroup",
        &["route53resolver:DisassociateFirewallRuleGroup"],
        RESOLVER,
    ),
    read(
        "route53resolver:ListFirewallConfigs",
        &["ec2:DescribeVpcs", "route53resolver:ListFirewallConfigs"],
        RESOLVER,
    ),
    read("route53resolver:ListFirewallDomainLists", &["route53resolver:ListFirewallDomainLists"], RESOLVER),
    read("route53resolver:ListFirewallDomains", &["route53resolver:ListFirewallDomains"], RESOLVER),
    read(
        "route53resolver:ListFirewallRuleGroupAssociations",
        &["route53resolver:ListFirewallRuleGroupAssociations"],
        RESOLVER,
    ),
    read("route53resolver:ListFirewallRuleGroups", &["route53resolver:ListFirewallRuleGroups"], RESOLVER),
    read("route53resolver:ListFirewallRules", &["route53resolver:ListFirewallRules"], RESOLVER),
    read("route53resolver:ListResolverEndpoints", &["route53resolver:ListResolverEndpoints"], RESOLVER),
    read("route53resolver:ListTagsForResource", &["route53resolver:ListTagsForResource"], RESOLVER),
    write("route53resolver:UpdateFirewallDomains", &["route53resolver:UpdateFirewallDomains"], RESOLVER),
    write("s3:CreateBucket", &["s3:CreateBucket", "s3:TagResource"], CAUTIOUS),
    read("s3:GetBucketAcl", &["s3:GetBucketAcl"], CAUTIOUS),
    read("s3:GetBucketPolicy", &["s3:GetBucketPolicy"], CAUTIOUS),
    read("s3:GetBucketPolicyStatus", &["s3:GetBucketPolicyStatus"], CAUTIOUS),
    read("s3:GetBucketVersioning", &["s3:GetBucketVersioning"], CAUTIOUS),
    read("s3:GetPublicAccessBlock", &["s3:GetBucketPublicAccessBlock"], CAUTIOUS),
    read("s3:HeadBucket", &["s3:ListBucket"], CAUTIOUS),
    read("s3:ListBuckets", &["s3:ListAllMyBuckets"], CAUTIOUS),
    write("s3:PutBucketPolicy", &["s3:PutBucketPolicy"], CAUTIOUS),
    write("s3:PutBucketVersioning", &["s3:PutBucketVersioning"], CAUTIOUS),
    write("s3:PutPublicAccessBlock", &["s3:PutBucketPublicAccessBlock"], CAUTIOUS),
    write("s3control:DeletePublicAccessBlock", &["s3:PutAccountPublicAccessBlock"], CAUTIOUS),
    read("s3control:GetPublicAccessBlock", &["s3:GetAccountPublicAccessBlock"], CAUTIOUS),
    write("s3control:PutPublicAccessBlock", &["s3:PutAccountPublicAccessBlock"], CAUTIOUS),
    read("ses:GetSendStatistics", &["ses:GetSendStatistics"], SES),
    read("sesv2:GetAccount", &["ses:GetAccount"], SES),
    read("sesv2:GetConfigurationSet", &["ses:GetConfigurationSet"], SES),
    read("sesv2:GetEmailIdentityPolicies", &["ses:GetEmailIdentityPolicies"], SES),
    read("sesv2:ListConfigurationSets", &["ses:ListConfigurationSets"], SES),
    read("sesv2:ListEmailIdentities", &["ses:ListEmailIdentities"], SES),
    write("sesv2:PutAccountSendingAttributes", &["ses:PutAccountSendingAttributes"], SES),
    write("sesv2:PutConfigurationSetSendingOptions", &["ses:PutConfigurationSetSendingOptions"], SES),
    read("ssm:DescribeSessions", &["ssm:DescribeSessions"], CAUTIOUS),
    write("ssm:TerminateSession", &["ssm:TerminateSession"], CAUTIOUS),
    // Needs no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    read("sts:GetCallerIdentity", &[], CAUTIOUS),
    read(
        "support:DescribeTrustedAdvisorCheckResult",
        &["support:DescribeTrustedAdvisorCheckResult"],
        CAUTIOUS,
    ),
];

/// The table's entry of `service:Operation`.
pub fn find(name: &str) -> Option<&'static Operation> {
    OPERATIONS.binary_search_by(|op| op.name.cmp(name)).ok().map(|at| &OPERATIONS[at])
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
        Some((service @ "route53resolver", _)) => service,
        _ => name,
    }
}

/// `service:Operation` from the SDK's service id and operation name: `S3 Control` is `s3control`.
pub fn name(service: &str, operation: &str) -> String {
    format!("{}:{operation}", service.to_lowercase().replace(' ', ""))
}

/// `service:Operation` of an SDK type such as `aws_sdk_ec2::operation::create_vpc::CreateVpcError`.
pub(crate) fn name_of_type<T>(suffix: &str) -> String {
    let path = std::any::type_name::<T>();
    let service = path.split("::").next().unwrap_or_default().trim_start_matches("aws_sdk_");
    let last = path.rsplit("::").next().unwrap_or_default();
    format!("{service}:{}", last.strip_suffix(suffix).unwrap_or(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_has_no_doubles() {
        assert!(OPERATIONS.windows(2).all(|pair| pair[0].name < pair[1].name));
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
