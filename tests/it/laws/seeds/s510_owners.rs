//! Seeds of 510 for what other services keep in a VPC: functions of Lambda.

use unplug::account::{Account, FunctionNetwork, Interface, Region, Seen, VpcFunction};

use super::s510::{REGION, managed, network};
use super::s520::{account, map, set};
use super::{Seed, seed};

fn function(name: &str, subnets: &[&str], groups: &[&str]) -> VpcFunction {
    VpcFunction {
        arn: format!("arn:aws:lambda:us-east-1:111111111111:function:{name}"),
        network: FunctionNetwork {
            vpc: "vpc-1".into(),
            subnets: set(subnets),
            groups: set(groups),
            ipv6: name == "thumbs",
        },
        update: "Successful".into(),
        tags: [("team".to_owned(), "shop".to_owned())].into(),
        ..VpcFunction::default()
    }
}

/// Functions that share an interface, one with a published version, one that is being changed when the
/// account is read, one without a way already, and one that AWS does not change.
fn computing() -> Region {
    let orders = function("orders", &["subnet-a", "subnet-b"], &["sg-web"]);
    let old = FunctionNetwork { subnets: set(&["subnet-b"]), ..orders.network.clone() };
    let functions = [
        ("orders", VpcFunction { versions: [("1".to_owned(), old.clone())].into(), ..orders }),
        ("thumbs", function("thumbs", &["subnet-a"], &["sg-web"])),
        (
            "busy",
            VpcFunction {
                update: "InProgress".into(),
                ..function("busy", &["subnet-a"], &["sg-web", "sg-closed"])
            },
        ),
        ("closed", function("closed", &["subnet-a"], &["sg-closed"])),
        (
            "instances",
            VpcFunction { on_instances: true, ..function("instances", &["subnet-b"], &["sg-web"]) },
        ),
        // Only its published version is in the VPC.
        (
            "gone-out",
            VpcFunction {
                network: FunctionNetwork::default(),
                versions: [("7".to_owned(), old)].into(),
                ..function("gone-out", &[], &[])
            },
        ),
    ];
    let interface = |subnet: &str, groups: &[&str]| Interface {
        kind: "lambda".into(),
        ..managed(subnet, groups, "AWS Lambda VPC ENI-orders-5a1f414c")
    };
    Region {
        vpc_functions: map(functions.map(|(name, function)| (name, Seen::Read(function)))),
        interfaces: map([
            ("eni-fn-a", interface("subnet-a", &["sg-web"])),
            ("eni-fn-b", interface("subnet-b", &["sg-web"])),
            ("eni-fn-busy", interface("subnet-a", &["sg-web", "sg-closed"])),
            ("eni-fn-closed", interface("subnet-a", &["sg-closed"])),
        ]),
        ..network()
    }
}

/// Somebody gives a function a group of their own.
fn function_given_another_group(account: &mut Account) {
    let here = account.regions.get_mut(REGION).unwrap();
    let functions = here.vpc_functions.read_mut().unwrap();
    functions.get_mut("orders").unwrap().read_mut().unwrap().network.groups = set(&["sg-web", "sg-theirs"]);
}

pub fn seeds() -> Vec<Seed> {
    vec![seed("functions' groups", 510, account(computing()), Some(function_given_another_group))]
}
