//! The table of plain services and operations, sorted by service and name.
//!
//! A row has `needs` where the IAM actions are others than the operation's own, a method and a path where
//! the service speaks REST, and `pages` where it answers in pages: the member with the items, the members that
//! each item has, what asks for a page, what names the next one.

use crate::aws::operations::{CAUTIOUS, Operation, Rate, read, write};

// Security Hub: https://docs.aws.amazon.com/securityhub/1.0/APIReference/Welcome.html
const FINDINGS_READ: Rate = Rate::new(6.0, 3.0);
const FINDINGS_IMPORT: Rate = Rate::new(30.0, 10.0);
// ACM: copies of its table of limits say one ListCertificates and ten DescribeCertificate a second.
// https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html
const ACM_LIST: Rate = Rate::new(1.0, 1.0);
const ACM_DESCRIBE: Rate = Rate::new(10.0, 10.0);

macro_rules! plain {
    ($($(#[$doc:meta])* $service:ident $id:literal at $host:literal $place:ident $protocol:ident $(($target:literal))? {
        $($kind:ident $rate:ident $name:ident $(: $method:ident $path:literal)?
            $(, pages $items:literal $(of [$($member:literal),*])? by $asks:literal $says:literal)?
            $(, needs [$($action:literal),* $(,)?])?;
    )* })*) => {
        /// Sorted by name.
        pub const PLAIN: &[Operation] = &[$($(
            $kind(
                concat!(stringify!($service), ":", stringify!($name)),
                plain!(@actions $service $name $([$($action),*])?),
                $rate,
            ),
        )*)*];

        $(
            $(#[$doc])*
            pub mod $service {
                use crate::aws::operations::OperationTypes;
                use crate::aws::plain::{
                    Paging, Place, PlainError, PlainInput, PlainOperation, PlainOutput, Protocol, Service,
                };

                static SERVICE: Service = Service {
                    name: stringify!($service),
                    id: $id,
                    host: $host,
                    signing: $host,
                    protocol: Protocol::$protocol $(($target))?,
                    place: Place::$place,
                };

                $(
                    #[doc = concat!("`", stringify!($service), ":", stringify!($name), "`.")]
                    pub struct $name;

                    impl OperationTypes for $name {
                        type Input = PlainInput;
                        type Output = PlainOutput;
                        type Error = PlainError;
                        const NAME: &'static str = concat!(stringify!($service), ":", stringify!($name));
                    }

                    impl PlainOperation for $name {
                        fn service() -> &'static Service {
                            &SERVICE
                        }
                        const METHOD: &'static str = plain!(@method $($method)?);
                        const PATH: &'static str = plain!(@path $($path)?);
                        const PAGES: Option<Paging> = plain!(@pages $($items [$($($member),*)?] $asks $says)?);
                    }
                )*
            }
        )*
    };
    (@actions $service:ident $name:ident) => {
        &[concat!(stringify!($service), ":", stringify!($name))]
    };
    (@actions $service:ident $name:ident [$($action:literal),*]) => {
        &[$($action),*]
    };
    (@method) => { "POST" };
    (@method $method:ident) => { stringify!($method) };
    (@path) => { "/" };
    (@path $path:literal) => { $path };
    (@pages) => { None };
    (@pages $items:literal [$($member:literal),*] $asks:literal $says:literal) => {
        Some(Paging { items: $items, each: &[$($member),*], asks: $asks, says: $says })
    };
}

plain! {
    /// IAM Access Analyzer.
    accessanalyzer "AccessAnalyzer" at "access-analyzer" Regional Rest {
        read CAUTIOUS ListAnalyzers: GET "/analyzer", pages "analyzers" by "nextToken" "nextToken",
            needs ["access-analyzer:ListAnalyzers"];
    }
    /// AWS Account Management.
    account "Account" at "account" Global Rest {
        read CAUTIOUS GetAlternateContact: POST "/getAlternateContact";
    }
    /// AWS Certificate Manager.
    acm "ACM" at "acm" Regional Json11("CertificateManager") {
        read ACM_DESCRIBE DescribeCertificate;
        read ACM_LIST ListCertificates,
            pages "CertificateSummaryList" of ["CertificateArn"] by "NextToken" "NextToken";
    }
    /// AWS Backup.
    backup "Backup" at "backup" Regional Rest {
        read CAUTIOUS DescribeRecoveryPoint: GET "/backup-vaults/{}/recovery-points/{}";
        read CAUTIOUS ListProtectedResources: GET "/resources/", pages "Results" by "nextToken" "NextToken";
        write CAUTIOUS UpdateRecoveryPointLifecycle: POST "/backup-vaults/{}/recovery-points/{}";
    }
    /// Amazon CloudWatch Logs.
    cloudwatchlogs "CloudWatch Logs" at "logs" Regional Json11("Logs_20140328") {
        write CAUTIOUS DeleteRetentionPolicy, needs ["logs:DeleteRetentionPolicy"];
        read CAUTIOUS DescribeDeliveries, pages "deliveries" by "nextToken" "nextToken",
            needs ["logs:DescribeDeliveries"];
        read CAUTIOUS DescribeDeliverySources, pages "deliverySources" by "nextToken" "nextToken",
            needs ["logs:DescribeDeliverySources"];
        read CAUTIOUS DescribeLogGroups, pages "logGroups" of ["logGroupName"] by "nextToken" "nextToken",
            needs ["logs:DescribeLogGroups"];
    }
    /// AWS Config.
    config "Config Service" at "config" Regional Json11("StarlingDoveService") {
        read CAUTIOUS DescribeConfigurationRecorderStatus;
        read CAUTIOUS DescribeConfigurationRecorders;
    }
    /// AWS Direct Connect.
    directconnect "Direct Connect" at "directconnect" Regional Json11("OvertureService") {
        read CAUTIOUS DescribeVirtualInterfaces,
            pages "virtualInterfaces" of ["virtualInterfaceId"] by "nextToken" "nextToken";
        read CAUTIOUS ListVirtualInterfaceTestHistory,
            pages "virtualInterfaceTestHistory" by "nextToken" "nextToken";
        write CAUTIOUS StartBgpFailoverTest;
        write CAUTIOUS StopBgpFailoverTest;
    }
    /// Amazon ECS.
    ecs "ECS" at "ecs" Regional Json11("AmazonEC2ContainerServiceV20141113") {
        read CAUTIOUS DescribeServices;
        read CAUTIOUS ListClusters, pages "clusterArns" by "nextToken" "nextToken";
        read CAUTIOUS ListServices, pages "serviceArns" by "nextToken" "nextToken";
    }
    /// Amazon EventBridge.
    eventbridge "EventBridge" at "events" Regional Json11("AWSEvents") {
        read CAUTIOUS ListEventBuses, pages "EventBuses" of ["Name"] by "NextToken" "NextToken",
            needs ["events:ListEventBuses"];
        read CAUTIOUS ListRules, pages "Rules" of ["Arn", "Name", "State"] by "NextToken" "NextToken",
            needs ["events:ListRules"];
        read CAUTIOUS ListTargetsByRule, pages "Targets" of ["Arn"] by "NextToken" "NextToken",
            needs ["events:ListTargetsByRule"];
    }
    /// AWS Health.
    health "Health" at "health" Global Json11("AWSHealth_20160804") {
        read CAUTIOUS DescribeEvents, pages "events" by "nextToken" "nextToken";
    }
    /// AWS Security Hub.
    securityhub "SecurityHub" at "securityhub" Regional Rest {
        write FINDINGS_IMPORT BatchImportFindings: POST "/findings/import";
        read FINDINGS_READ GetFindings: POST "/findings", pages "Findings" by "NextToken" "NextToken";
    }
    /// Service Quotas.
    servicequotas "Service Quotas" at "servicequotas" Regional Json11("ServiceQuotasV20190624") {
        read CAUTIOUS ListServiceQuotas, pages "Quotas" by "NextToken" "NextToken";
    }
    /// AWS Systems Manager.
    ssm "SSM" at "ssm" Regional Json11("AmazonSSM") {
        read CAUTIOUS DescribeSessions, pages "Sessions" of ["SessionId"] by "NextToken" "NextToken";
        write CAUTIOUS TerminateSession;
    }
}
