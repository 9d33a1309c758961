//! Every kind of door that Cloud Control lists. Actions and properties are those of the types' schemas.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>

use super::{Door, Open, Sign};
use crate::account::resources::ResourceType;

const TRUE: Sign = Sign::Is("true");

/// A type that each Region lists, and that is not asked for one by one.
const fn listed(
    name: &'static str,
    kept: &'static [&'static str],
    list: &'static [&'static str],
) -> ResourceType {
    ResourceType { name, asked: &[], kept, only_in: None, model: None, list, get: &[], off: &[] }
}

/// A type whose resources are asked for one by one, where the list does not say what must be known.
const fn asked(
    name: &'static str,
    asked: &'static [&'static str],
    kept: &'static [&'static str],
    list: &'static [&'static str],
    get: &'static [&'static str],
) -> ResourceType {
    ResourceType { name, asked, kept, only_in: None, model: None, list, get, off: &[] }
}

/// Sorted by type.
pub static DOORS: &[Door] = &[
    Door {
        of: asked(
            "AWS::AmazonMQ::Broker",
            &["/PubliclyAccessible"],
            &["/BrokerName"],
            &["mq:ListBrokers"],
            &["mq:DescribeBroker"],
        ),
        noun: "Amazon MQ broker",
        name: "/BrokerName",
        open: Open::Where(&[("/PubliclyAccessible", TRUE)]),
        more: None,
        by_hand: "a broker stays public for its life: take its security groups' rules, or its users",
    },
    Door {
        of: listed(
            "AWS::Amplify::App",
            &["/Name"],
            &["amplify:GetApp", "amplify:ListApps", "amplify:ListTagsForResource"],
        ),
        noun: "Amplify app",
        name: "/Name",
        open: Open::Always,
        more: None,
        by_hand: "aws amplify update-branch --enable-basic-auth, or delete its branches",
    },
    Door {
        of: asked(
            "AWS::AppRunner::Service",
            &["/NetworkConfiguration/IngressConfiguration/IsPubliclyAccessible"],
            &["/ServiceName", "/ServiceUrl"],
            &["apprunner:ListServices"],
            &["apprunner:DescribeService"],
        ),
        noun: "App Runner service",
        name: "/ServiceName",
        open: Open::Where(&[("/NetworkConfiguration/IngressConfiguration/IsPubliclyAccessible", TRUE)]),
        more: Some(("/ServiceUrl", "at")),
        by_hand: "aws apprunner pause-service --service-arn ARN",
    },
    Door {
        of: listed("AWS::AppSync::Api", &["/Name"], &["appsync:ListApis"]),
        noun: "AppSync event API",
        name: "/Name",
        open: Open::Always,
        more: None,
        by_hand: "a web ACL of AWS WAF that blocks everything",
    },
    Door {
        of: asked(
            "AWS::AppSync::GraphQLApi",
            &["/Visibility"],
            &["/Name", "/AuthenticationType"],
            &["appsync:ListGraphqlApis"],
            &[
                "appsync:GetGraphqlApi",
                "appsync:GetGraphqlApiEnvironmentVariables",
                "appsync:ListTagsForResource",
            ],
        ),
        noun: "AppSync GraphQL API",
        name: "/Name",
        // GLOBAL where nothing is said.
        open: Open::Unless("/Visibility", &["PRIVATE"]),
        more: Some(("/AuthenticationType", "for whoever has")),
        by_hand: "a web ACL of AWS WAF that blocks everything: a public API stays public",
    },
    Door {
        of: asked(
            "AWS::BedrockAgentCore::Gateway",
            &["/AuthorizerType"],
            &["/Name"],
            &["bedrock-agentcore:ListGateways"],
            &["bedrock-agentcore:GetGateway", "bedrock-agentcore:ListTagsForResource"],
        ),
        noun: "Bedrock AgentCore gateway",
        name: "/Name",
        open: Open::Always,
        more: Some(("/AuthorizerType", "authorizer")),
        by_hand: "delete its targets: aws bedrock-agentcore-control delete-gateway-target",
    },
    Door {
        of: asked(
            "AWS::Cognito::IdentityPool",
            &["/AllowUnauthenticatedIdentities"],
            &["/IdentityPoolName"],
            &["cognito-identity:ListIdentityPools"],
            &["cognito-identity:DescribeIdentityPool", "cognito-identity:ListTagsForResource"],
        ),
        noun: "Cognito identity pool",
        name: "/IdentityPoolName",
        open: Open::Where(&[("/AllowUnauthenticatedIdentities", TRUE)]),
        more: None,
        by_hand: "console, guest access: off. Guests get credentials of a role (update-identity-pool resets what it \
                  is not given)",
    },
    Door {
        of: asked(
            "AWS::Cognito::UserPool",
            &["/AdminCreateUserConfig/AllowAdminCreateUserOnly"],
            &["/UserPoolName"],
            &["cognito-idp:ListUserPools"],
            &["cognito-idp:DescribeUserPool", "cognito-idp:GetUserPoolMfaConfig"],
        ),
        noun: "Cognito user pool",
        name: "/UserPoolName",
        open: Open::Where(&[("/AdminCreateUserConfig/AllowAdminCreateUserOnly", Sign::Is("false"))]),
        more: None,
        by_hand: "console, sign-up: self-registration off (update-user-pool resets what it is not given)",
    },
    Door {
        of: listed("AWS::DSQL::Cluster", &[], &["dsql:ListClusters", "dsql:ListTagsForResource"]),
        noun: "Aurora DSQL cluster",
        name: "",
        open: Open::Always,
        more: None,
        by_hand: "a resource policy that denies dsql:DbConnect outside your VPC endpoint; IAM decides who connects",
    },
    Door {
        of: asked(
            "AWS::EKS::Cluster",
            &["/ResourcesVpcConfig/EndpointPublicAccess"],
            &["/ResourcesVpcConfig/PublicAccessCidrs"],
            &["eks:ListClusters"],
            &["eks:DescribeCluster"],
        ),
        noun: "EKS cluster",
        name: "",
        open: Open::Where(&[("/ResourcesVpcConfig/EndpointPublicAccess", TRUE)]),
        more: Some(("/ResourcesVpcConfig/PublicAccessCidrs", "from")),
        by_hand: "aws eks update-cluster-config --name NAME --resources-vpc-config \
                  endpointPublicAccess=false,endpointPrivateAccess=true",
    },
    Door {
        of: ResourceType {
            only_in: Some("us-west-2"),
            ..asked(
                "AWS::GlobalAccelerator::Accelerator",
                &["/Enabled"],
                &["/Name"],
                &["globalaccelerator:ListAccelerators"],
                &[
                    "globalaccelerator:DescribeAccelerator",
                    "globalaccelerator:DescribeAcceleratorAttributes",
                    "globalaccelerator:ListTagsForResource",
                ],
            )
        },
        noun: "Global Accelerator accelerator",
        name: "/Name",
        open: Open::Where(&[("/Enabled", TRUE)]),
        more: None,
        by_hand: "aws globalaccelerator update-accelerator --region us-west-2 --accelerator-arn ARN --no-enabled",
    },
    Door {
        of: asked(
            "AWS::Lightsail::Bucket",
            &["/AccessRules/GetObject", "/AccessRules/AllowPublicOverrides"],
            &[],
            &["lightsail:GetBuckets"],
            &["lightsail:GetBuckets"],
        ),
        noun: "Lightsail bucket",
        name: "",
        open: Open::Where(&[
            ("/AccessRules/GetObject", Sign::Is("public")),
            ("/AccessRules/AllowPublicOverrides", TRUE),
        ]),
        more: None,
        by_hand: "aws lightsail update-bucket --bucket-name NAME --access-rules \
                  getObject=private,allowPublicOverrides=false",
    },
    Door {
        of: asked(
            "AWS::Lightsail::Container",
            &["/IsDisabled"],
            &["/Url"],
            &["lightsail:GetContainerServices"],
            &["lightsail:GetContainerServices"],
        ),
        noun: "Lightsail container service",
        name: "",
        open: Open::Unless("/IsDisabled", &["true"]),
        more: Some(("/Url", "at")),
        by_hand: "aws lightsail update-container-service --service-name NAME --is-disabled",
    },
    Door {
        of: asked(
            "AWS::Lightsail::Database",
            &["/PubliclyAccessible"],
            &[],
            &["lightsail:GetRelationalDatabases"],
            &["lightsail:GetRelationalDatabase", "lightsail:GetRelationalDatabases"],
        ),
        noun: "Lightsail database",
        name: "",
        open: Open::Where(&[("/PubliclyAccessible", TRUE)]),
        more: None,
        by_hand: "aws lightsail update-relational-database --relational-database-name NAME --no-publicly-accessible",
    },
    Door {
        of: ResourceType {
            only_in: Some("us-east-1"),
            ..asked(
                "AWS::Lightsail::Distribution",
                &["/IsEnabled"],
                &[],
                &["lightsail:GetDistributions"],
                &["lightsail:GetDistributions"],
            )
        },
        noun: "Lightsail distribution",
        name: "",
        open: Open::Unless("/IsEnabled", &["false"]),
        more: None,
        by_hand: "aws lightsail update-distribution --region us-east-1 --distribution-name NAME --no-is-enabled",
    },
    Door {
        of: listed("AWS::Lightsail::Instance", &["/PublicIpAddress"], &["lightsail:GetInstances"]),
        noun: "Lightsail instance",
        name: "",
        open: Open::Always,
        more: Some(("/PublicIpAddress", "at")),
        by_hand: "aws lightsail stop-instance --instance-name NAME, or close-instance-public-ports",
    },
    Door {
        of: listed("AWS::Lightsail::LoadBalancer", &[], &["lightsail:GetLoadBalancers"]),
        noun: "Lightsail load balancer",
        name: "",
        open: Open::Always,
        more: None,
        by_hand: "aws lightsail detach-instances-from-load-balancer",
    },
    Door {
        of: asked(
            "AWS::MSK::Cluster",
            &["/BrokerNodeGroupInfo/ConnectivityInfo/PublicAccess/Type"],
            &["/ClusterName"],
            &["kafka:ListClusters"],
            &["kafka:DescribeCluster"],
        ),
        noun: "MSK cluster",
        name: "/ClusterName",
        open: Open::Where(&[(
            "/BrokerNodeGroupInfo/ConnectivityInfo/PublicAccess/Type",
            Sign::Is("SERVICE_PROVIDED_EIPS"),
        )]),
        more: None,
        by_hand: "aws kafka update-connectivity --connectivity-info {\"PublicAccess\":{\"Type\":\"DISABLED\"}}",
    },
    Door {
        of: asked(
            "AWS::MWAA::Environment",
            &["/WebserverAccessMode"],
            &["/WebserverUrl"],
            &["airflow:ListEnvironments"],
            &["airflow:GetEnvironment"],
        ),
        noun: "MWAA environment",
        name: "",
        open: Open::Where(&[("/WebserverAccessMode", Sign::Is("PUBLIC_ONLY"))]),
        more: Some(("/WebserverUrl", "at")),
        by_hand: "aws mwaa update-environment --name NAME --webserver-access-mode PRIVATE_ONLY",
    },
    Door {
        of: asked(
            "AWS::NeptuneGraph::Graph",
            &["/PublicConnectivity"],
            &["/GraphName"],
            &["neptune-graph:GetGraph", "neptune-graph:ListGraphs", "neptune-graph:ListTagsForResource"],
            &["neptune-graph:GetGraph", "neptune-graph:ListTagsForResource"],
        ),
        noun: "Neptune Analytics graph",
        name: "/GraphName",
        open: Open::Where(&[("/PublicConnectivity", TRUE)]),
        more: None,
        by_hand: "aws neptune-graph update-graph --graph-identifier ID --no-public-connectivity",
    },
    Door {
        of: ResourceType {
            model: Some(r#"{"Type":"network"}"#),
            ..asked(
                "AWS::OpenSearchServerless::SecurityPolicy",
                &["/Policy"],
                &["/Name"],
                &["aoss:ListSecurityPolicies"],
                &["aoss:GetSecurityPolicy", "kms:DescribeKey"],
            )
        },
        noun: "OpenSearch Serverless network policy",
        name: "/Name",
        open: Open::Where(&[("/Policy", Sign::Grants("AllowFromPublic"))]),
        more: None,
        by_hand: "aws opensearchserverless update-security-policy --type network with AllowFromPublic false",
    },
    Door {
        of: asked(
            "AWS::RDS::DBShardGroup",
            &["/PubliclyAccessible"],
            &[],
            &["rds:DescribeDBShardGroups", "rds:ListTagsForResource"],
            &["rds:DescribeDBShardGroups", "rds:ListTagsForResource"],
        ),
        noun: "Aurora Limitless shard group",
        name: "",
        open: Open::Where(&[("/PubliclyAccessible", TRUE)]),
        more: None,
        by_hand: "it stays public for its life: take the rules of its cluster's security groups (510)",
    },
    Door {
        of: asked(
            "AWS::Redshift::Cluster",
            &["/PubliclyAccessible"],
            &[],
            &["redshift:DescribeClusters", "redshift:DescribeTags"],
            &[
                "redshift:DescribeClusterDbRevisions",
                "redshift:DescribeClusters",
                "redshift:DescribeLoggingStatus",
                "redshift:DescribeSnapshotCopyGrants",
                "redshift:DescribeTags",
                "redshift:GetResourcePolicy",
            ],
        ),
        noun: "Redshift cluster",
        name: "",
        open: Open::Where(&[("/PubliclyAccessible", TRUE)]),
        more: None,
        by_hand: "aws redshift modify-cluster --cluster-identifier NAME --no-publicly-accessible",
    },
    Door {
        of: asked(
            "AWS::RedshiftServerless::Workgroup",
            &["/Workgroup/PubliclyAccessible"],
            &[],
            WORKGROUPS,
            WORKGROUP,
        ),
        noun: "Redshift Serverless workgroup",
        name: "",
        open: Open::Where(&[("/Workgroup/PubliclyAccessible", TRUE)]),
        more: None,
        by_hand: "aws redshift-serverless update-workgroup --workgroup-name NAME --no-publicly-accessible",
    },
    Door {
        of: listed(
            "AWS::SageMaker::Domain",
            &["/DomainName", "/AuthMode"],
            &["sagemaker:ListDomains", "sagemaker:ListTags"],
        ),
        noun: "SageMaker domain",
        name: "/DomainName",
        open: Open::Always,
        more: Some(("/AuthMode", "sign-in by")),
        by_hand: "aws sagemaker delete-app for each running app; IAM decides who opens one",
    },
    Door {
        of: asked(
            "AWS::Timestream::InfluxDBCluster",
            &["/PubliclyAccessible"],
            &["/Name"],
            &["timestream-influxdb:ListDbClusters"],
            &["timestream-influxdb:GetDbCluster", "timestream-influxdb:ListTagsForResource"],
        ),
        noun: "InfluxDB cluster",
        name: "/Name",
        open: Open::Where(&[("/PubliclyAccessible", TRUE)]),
        more: None,
        by_hand: "it stays public for its life: take the rules of its security groups",
    },
    Door {
        of: asked(
            "AWS::Timestream::InfluxDBInstance",
            &["/PubliclyAccessible"],
            &["/Name"],
            &["timestream-influxdb:ListDbInstances"],
            &["timestream-influxdb:GetDbInstance", "timestream-influxdb:ListTagsForResource"],
        ),
        noun: "InfluxDB instance",
        name: "/Name",
        open: Open::Where(&[("/PubliclyAccessible", TRUE)]),
        more: None,
        by_hand: "it stays public for its life: take the rules of its security groups",
    },
    Door {
        of: asked(
            "AWS::Transfer::Server",
            &["/EndpointType"],
            &["/ServerId", "/EndpointDetails/AddressAllocationIds", "/Protocols"],
            &["transfer:ListServers"],
            &["ec2:DescribeVpcEndpoints", "transfer:DescribeServer"],
        ),
        noun: "Transfer Family server",
        name: "/ServerId",
        open: Open::Where(&[
            ("/EndpointType", Sign::Is("PUBLIC")),
            // Elastic IP addresses of an endpoint in a VPC.
            ("/EndpointDetails/AddressAllocationIds", Sign::There),
        ]),
        more: Some(("/Protocols", "by")),
        by_hand: "aws transfer stop-server --server-id ID",
    },
];

const WORKGROUPS: &[&str] = &[
    "ec2:DescribeAccountAttributes",
    "ec2:DescribeAddresses",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcAttribute",
    "redshift-serverless:ListTagsForResource",
    "redshift-serverless:ListWorkgroups",
];

// What a list takes of EC2, it takes for one too.
const WORKGROUP: &[&str] = &["redshift-serverless:GetWorkgroup"];
