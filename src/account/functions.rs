//! Functions of Lambda, what invokes them, and the rules of EventBridge that carry alerts; per Region.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Interface, Tags};

/// A function of Lambda, never its code or its environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Function {
    pub arn: String,
    /// ARN of the role that its code has.
    pub role: String,
    /// Reserved concurrency (`lambda:GetFunctionConcurrency`): 0 stops every invocation; `None`: it has none.
    pub reserved: Option<i32>,
    /// Provisioned concurrency that was asked for, by version or alias.
    pub provisioned: BTreeMap<String, Provisioned>,
    /// How its URLs authorise callers, `NONE` or `AWS_IAM`, by alias; the unqualified one by `""`.
    pub urls: BTreeMap<String, String>,
    /// Its resource policies as AWS has them, by alias; that of the function itself by `""`. Those of
    /// versions are not read.
    pub policies: BTreeMap<String, String>,
    /// It runs on instances of a capacity provider (Lambda Managed Instances).
    pub on_instances: bool,
    /// The function of which it is a replica at an edge.
    pub replica_of: Option<String>,
    pub tags: Tags,
}

/// Provisioned concurrency of one version or alias.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Provisioned {
    pub executions: i32,
    /// `IN_PROGRESS`, `READY` or `FAILED`.
    pub status: String,
}

/// A function of Lambda that reaches into a VPC, by its unpublished version or by a published one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VpcFunction {
    pub arn: String,
    /// Of the unpublished version, `$LATEST`: in no VPC where only published versions are in one.
    pub network: FunctionNetwork,
    /// How its last change ended: `Successful`, `InProgress` or `Failed`. While it is in progress, and where
    /// it failed, invocations go on with the network of before.
    pub update: String,
    /// Of the published versions that are in a VPC, by number. AWS never changes them.
    pub versions: BTreeMap<String, FunctionNetwork>,
    /// It runs on instances of a capacity provider (Lambda Managed Instances).
    pub on_instances: bool,
    pub tags: Tags,
}

/// The network of a version of a function.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FunctionNetwork {
    /// Empty: it is in no VPC.
    pub vpc: String,
    pub subnets: BTreeSet<String>,
    pub groups: BTreeSet<String>,
    /// It may send IPv6 to subnets of both families.
    pub ipv6: bool,
}

impl FunctionNetwork {
    /// Is this the subnet and are these the groups of an interface that it uses? Lambda makes one for each
    /// subnet and set of groups, and all functions with these share it.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html>
    pub fn uses(&self, interface: &Interface) -> bool {
        self.subnets.contains(&interface.subnet) && self.groups == interface.groups
    }
}

/// An event source mapping of Lambda: a queue, stream or topic that Lambda polls for a function.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EventSource {
    /// ARN of the function, or of one of its versions or aliases.
    pub function: String,
    /// ARN of the source; `None` of a Kafka that AWS does not run.
    pub source: Option<String>,
    /// `Creating`, `Enabling`, `Enabled`, `Disabling`, `Disabled`, `Updating` or `Deleting`.
    pub state: String,
}

/// A rule of EventBridge that carries security alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlertRule {
    pub name: String,
    /// What of its pattern says so: `aws.guardduty`.
    pub about: BTreeSet<String>,
    /// ARNs of what it invokes.
    pub targets: BTreeSet<String>,
}

/// The name of a function in its ARN, and in the ARN of a version or alias.
///
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html>
pub fn name_of(arn: &str) -> &str {
    arn.split(':').nth(6).unwrap_or(arn)
}

/// The ARN of a version or alias of a function; of the function's own where that is `""`.
pub fn qualified(arn: &str, qualifier: &str) -> String {
    if qualifier.is_empty() { arn.to_owned() } else { format!("{arn}:{qualifier}") }
}

/// The version or alias at the end of an ARN; `""` of the function's own.
pub fn qualifier_of(arn: &str) -> &str {
    arn.split(':').nth(7).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_one_subnet_and_the_same_groups_use_one_interface() {
        let set = |items: &[&str]| items.iter().map(ToString::to_string).collect();
        let network = FunctionNetwork {
            subnets: set(&["subnet-1", "subnet-2"]),
            groups: set(&["sg-1"]),
            ..FunctionNetwork::default()
        };
        let interface = |subnet: &str, groups: &[&str]| Interface {
            subnet: subnet.into(),
            groups: set(groups),
            ..Interface::default()
        };
        assert!(network.uses(&interface("subnet-2", &["sg-1"])));
        assert!(!network.uses(&interface("subnet-3", &["sg-1"])));
        assert!(!network.uses(&interface("subnet-2", &["sg-1", "sg-2"])));
    }

    #[test]
    fn an_arn_has_a_name_and_perhaps_a_qualifier() {
        let own = "arn:aws:lambda:eu-west-1:123456789012:function:orders";
        assert_eq!((name_of(own), qualifier_of(own)), ("orders", ""));
        let live = format!("{own}:live");
        assert_eq!((name_of(&live), qualifier_of(&live)), ("orders", "live"));
        assert_eq!((qualified(own, ""), qualified(own, "live")), (own.to_owned(), live));
    }
}
