//! Every code that the simulation refuses with is one that AWS answers.

use std::collections::BTreeSet;

use super::python::models;
use super::sources::{after, functions};

/// A code, and the page or model that names it.
struct Known {
    service: &'static str,
    code: &'static str,
    source: &'static str,
}

const fn known(service: &'static str, code: &'static str, source: &'static str) -> Known {
    Known { service, code, source }
}

// EC2's model names no errors; this page names all of them.
const EC2: &str = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html";
/// The operation's page; its codes are listed nowhere, and follow the form of EC2's others.
const BLOCK: &str =
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcBlockPublicAccessExclusion.html";
/// The same of the Reachability Analyzer.
const ANALYZER: &str =
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteNetworkInsightsPath.html";
const ELB: &str = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/CommonErrors.html";
const RDS: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/CommonErrors.html";
const ROUTE53: &str = "https://github.com/go-acme/lego/issues/716";
const S3: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html";
const S3_BLOCK: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetPublicAccessBlock.html";
/// What an account answers whose block a policy of its Organization sets.
const S3_MANAGED: &str =
    "https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_PutPublicAccessBlock.html";
const HEAD: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html";
const IAM: &str = "https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html";
const SCALING: &str = "https://docs.aws.amazon.com/autoscaling/ec2/APIReference/CommonErrors.html";
// As others saw it; AWS documents `ValidationError` in general and nothing for this operation.
const SUPPORT: &str = "https://github.com/FINRAOS/aphelion/issues/28";

// Codes that AWS's page does not have, as Terraform met them.
const TERRAFORM: &str =
    "https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/errors.go";
/// Codes of `CreateVpcEndpoint`, which writes ids in another way.
const CONTROLLER: &str = "https://github.com/aws-controllers-k8s/ec2-controller/blob/0117e4c38eb89fe5593af6f3003c4ae66a7537e7/generator.yaml";
const SSM: &str = "https://docs.aws.amazon.com/systems-manager/latest/APIReference/CommonErrors.html";

const SUPPORT_COMMON: &str = "https://docs.aws.amazon.com/awssupport/latest/APIReference/CommonErrors.html";

/// Codes that the models do not have. Sorted.
const KNOWN: &[Known] = &[
    known("autoscaling", "ValidationError", SCALING),
    known("ec2", "AnalysisExistsForNetworkInsightsPath", ANALYZER),
    known("ec2", "AuthFailure", EC2),
    known("ec2", "CannotDelete", EC2),
    known("ec2", "DependencyViolation", EC2),
    known("ec2", "FilterLimitExceeded", EC2),
    known("ec2", "Gateway.NotAttached", EC2),
    known("ec2", "IncorrectInstanceState", EC2),
    known("ec2", "IncorrectState", EC2),
    known("ec2", "InvalidAMIID.NotFound", EC2),
    known("ec2", "InvalidAllocationID.NotFound", EC2),
    known("ec2", "InvalidAssociation.NotFound", TERRAFORM),
    known("ec2", "InvalidAssociationID.NotFound", EC2),
    known("ec2", "InvalidClientVpnConnection.IdNotFound", EC2),
    known("ec2", "InvalidClientVpnDuplicateAuthorizationRule", EC2),
    known("ec2", "InvalidClientVpnEndpointAuthorizationRuleNotFound", EC2),
    known("ec2", "InvalidClientVpnEndpointId.NotFound", TERRAFORM),
    known("ec2", "InvalidFlowLogId.NotFound", EC2),
    known("ec2", "InvalidGatewayID.NotFound", EC2),
    known("ec2", "InvalidGroup.Duplicate", EC2),
    known("ec2", "InvalidGroup.NotFound", EC2),
    known("ec2", "InvalidGroup.Reserved", EC2),
    known("ec2", "InvalidIPAddress.InUse", EC2),
    known("ec2", "InvalidInstanceAttributeValue", EC2),
    known("ec2", "InvalidInstanceConnectEndpointId.NotFound", EC2),
    known("ec2", "InvalidInstanceID.NotFound", EC2),
    known("ec2", "InvalidInternetGatewayID.NotFound", EC2),
    known("ec2", "InvalidNetworkAclEntry.NotFound", EC2),
    known("ec2", "InvalidNetworkAclID.NotFound", EC2),
    known("ec2", "InvalidNetworkInsightsAnalysisId.NotFound", ANALYZER),
    known("ec2", "InvalidNetworkInsightsPathId.NotFound", ANALYZER),
    known("ec2", "InvalidNetworkInterfaceID.NotFound", EC2),
    known("ec2", "InvalidParameter", EC2),
    known("ec2", "InvalidParameterCombination", EC2),
    known("ec2", "InvalidParameterValue", EC2),
    known("ec2", "InvalidPermission.Duplicate", EC2),
    known("ec2", "InvalidPermission.NotFound", EC2),
    known("ec2", "InvalidPolicyDocument", EC2),
    known("ec2", "InvalidPrefixListID.NotFound", EC2),
    known("ec2", "InvalidRoute.NotFound", EC2),
    known("ec2", "InvalidRouteTableID.NotFound", EC2),
    known("ec2", "InvalidRouteTableId.NotFound", EC2),
    known("ec2", "InvalidServiceName", TERRAFORM),
    known("ec2", "InvalidSnapshot.NotFound", EC2),
    known("ec2", "InvalidSpotFleetRequestConfig", EC2),
    known("ec2", "InvalidSpotFleetRequestId.NotFound", EC2),
    known("ec2", "InvalidSubnetID.NotFound", EC2),
    known("ec2", "InvalidSubnetId.NotFound", TERRAFORM),
    known("ec2", "InvalidTransitGatewayAttachmentID.NotFound", TERRAFORM),
    known("ec2", "InvalidVolume.NotFound", EC2),
    known("ec2", "InvalidVpcBlockPublicAccessExclusionId.NotFound", BLOCK),
    known("ec2", "InvalidVpcEndpointId.NotFound", EC2),
    known("ec2", "InvalidVpcEndpointServiceId.NotFound", EC2),
    known("ec2", "InvalidVpcID.NotFound", EC2),
    known("ec2", "InvalidVpcId.NotFound", CONTROLLER),
    known("ec2", "InvalidVpcPeeringConnectionID.NotFound", EC2),
    known("ec2", "InvalidVpnConnectionID.NotFound", EC2),
    known("ec2", "InvalidVpnGatewayAttachment.NotFound", EC2),
    known("ec2", "InvalidVpnGatewayID.NotFound", EC2),
    known("ec2", "InvalidVpnGatewayState", EC2),
    known("ec2", "MissingParameter", EC2),
    known("ec2", "NatGatewayNotFound", EC2),
    known("ec2", "NetworkAclEntryAlreadyExists", EC2),
    known("ec2", "NetworkAclEntryLimitExceeded", EC2),
    known("ec2", "OperationNotPermitted", EC2),
    known("ec2", "Resource.AlreadyAssociated", EC2),
    known("ec2", "ResourceAlreadyExcluded", BLOCK),
    known("ec2", "RouteAlreadyExists", EC2),
    known("ec2", "SecurityGroupsPerInterfaceLimitExceeded", EC2),
    known("ec2", "UnauthorizedOperation", EC2),
    known("ec2", "UnsupportedOperation", EC2),
    known("ec2", "VpnGatewayAttachmentLimitExceeded", EC2),
    known("elasticloadbalancingv2", "ValidationError", ELB),
    known("iam", "AccessDenied", IAM),
    known("iam", "InternalFailure", IAM),
    known("iam", "ValidationError", IAM),
    known("rds", "InvalidParameterCombination", RDS),
    known("rds", "InvalidParameterValue", RDS),
    known("route53", "AccessDenied", ROUTE53),
    known("s3", "AccessDenied", S3),
    known("s3", "IllegalLocationConstraintException", S3),
    known("s3", "InvalidBucketName", S3),
    known("s3", "InvalidLocationConstraint", S3),
    known("s3", "MalformedPolicy", S3),
    known("s3", "MalformedXML", S3),
    known("s3", "NoSuchBucketPolicy", S3),
    known("s3", "NoSuchLifecycleConfiguration", S3),
    known("s3", "NoSuchPublicAccessBlockConfiguration", S3_BLOCK),
    // HEAD has no body: the SDK makes the code from the status.
    known("s3", "NotFound", HEAD),
    known("s3", "PermanentRedirect", S3),
    known("s3", "ReplicationConfigurationNotFoundError", S3),
    known("s3control", "AccessDenied", S3_MANAGED),
    known("ssm", "ValidationException", SSM),
    known("support", "InvalidParameterValueException", SUPPORT),
    known("support", "UnknownOperationException", SUPPORT_COMMON),
];

fn refused(body: &str) -> BTreeSet<String> {
    let mut codes = after(body, "refuse(");
    codes.extend(after(body, "not_found:"));
    codes
}

#[test]
fn every_code_is_one_that_the_service_answers() {
    let mut seen = BTreeSet::new();
    for function in functions() {
        for code in refused(&function.body) {
            // A list that takes no ids has no code for one that is missing.
            if code.is_empty() {
                continue;
            }
            seen.insert(code.clone());
            let modelled = function.services.iter().any(|s| models().errors[s.as_str()].contains(&code));
            let listed =
                KNOWN.iter().any(|k| function.services.iter().any(|s| s == k.service) && k.code == code);
            assert!(
                modelled || listed,
                "{code} is neither in the model of {:?} nor in the table",
                function.services
            );
        }
    }
    assert!(seen.len() > 40, "the sources were not understood: {seen:?}");
    for known in KNOWN {
        assert!(seen.contains(known.code), "{} is in the table, and nothing refuses with it", known.code);
    }
}

/// Of services whose models name errors by operation, each operation answers its own only.
#[test]
fn an_operation_refuses_with_its_own_codes() {
    for function in functions() {
        let Some(operation) = &function.operation else { continue };
        let (service, _) = operation.split_once(':').unwrap();
        // The models of EC2, S3 and Auto Scaling name next to no errors.
        if ["ec2", "s3", "s3control", "autoscaling"].contains(&service) {
            continue;
        }
        for code in refused(&function.body) {
            let modelled = models().operations[operation].errors.contains(&code);
            let common = KNOWN.iter().any(|k| k.service == service && k.code == code);
            assert!(modelled || common, "{operation} does not answer {code}");
        }
    }
}

#[test]
fn the_table_is_sorted_and_names_its_sources() {
    assert!(KNOWN.windows(2).all(|pair| (pair[0].service, pair[0].code) < (pair[1].service, pair[1].code)));
    for known in KNOWN {
        let page = ["https://docs.aws.amazon.com/", "https://github.com/"];
        assert!(page.iter().any(|start| known.source.starts_with(start)), "{}", known.code);
    }
}
