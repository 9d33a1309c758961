//! The owners of a resource by its tags.

use std::collections::BTreeSet;

use super::{Kind, Owner};
use crate::account::Tags;

/// Written by AWS, and by nobody else.
const STACK: &str = "aws:cloudformation:stack-name";
const STACK_ID: &str = "aws:cloudformation:stack-id";
const LOGICAL_ID: &str = "aws:cloudformation:logical-id";
const SCALING_GROUP: &str = "aws:autoscaling:groupName";
const EKS: &str = "aws:eks:cluster-name";

/// Keys of a cluster's name that controllers and tools set, as everybody may.
const CLUSTER_KEYS: [&str; 4] = [
    "eks:cluster-name",
    "elbv2.k8s.aws/cluster",
    "alpha.eksctl.io/cluster-name",
    "cluster.k8s.amazonaws.com/name",
];

/// Keys whose value says what made a resource: without `-`, `_`, `:` and capitals.
const MADE_BY: [&str; 11] = [
    "managedby",
    "manager",
    "managed",
    "createdby",
    "createdwith",
    "deployedby",
    "provisionedby",
    "provisioner",
    "iac",
    "iactool",
    "hcconfigascode",
];

/// Returns who owns a resource in a Region, by its tags. Tags alone are looked at: an owner that sets none
/// is not found.
pub fn owners(tags: &Tags, region: Option<&str>) -> BTreeSet<Owner> {
    let by_aws = |kind: Kind, key: &str, part: Option<&String>, region: Option<&str>| {
        let name = tags.get(key)?;
        Some(Owner {
            kind,
            name: name.clone(),
            region: region.map(Into::into),
            part: part.cloned(),
            tag: format!("{key}={name}"),
            by_aws: true,
        })
    };
    let of_stack = tags.get(STACK_ID).and_then(|arn| arn.split(':').nth(3)).filter(|name| !name.is_empty());
    let stack = by_aws(stack_kind(tags), STACK, tags.get(LOGICAL_ID), of_stack.or(region));
    let is_stack = stack.is_some();
    let mut found: BTreeSet<Owner> = stack.into_iter().collect();
    found.extend(by_aws(Kind::ScalingGroup, SCALING_GROUP, None, region));
    found.extend(by_aws(Kind::Kubernetes, EKS, None, region));
    for (key, value) in tags {
        let Some((kind, cluster)) = claim(key, value) else { continue };
        // CDK deploys by a stack, which says more.
        if kind == Kind::Cdk && is_stack {
            continue;
        }
        let name = cluster.map_or_else(|| workspace(kind, tags), str::to_owned);
        if found.iter().any(|owner| owner.kind == kind && owner.name == name) {
            continue;
        }
        let region = region.filter(|_| kind == Kind::Kubernetes).map(Into::into);
        found.insert(Owner { kind, name, region, part: None, tag: format!("{key}={value}"), by_aws: false });
    }
    found
}

fn stack_kind(tags: &Tags) -> Kind {
    match tags.get(STACK).map(String::as_str).unwrap_or_default() {
        name if name.starts_with("StackSet-AWSControlTower") => Kind::ControlTower,
        name if name.starts_with("StackSet-") => Kind::StackSet,
        _ => Kind::Stack,
    }
}

/// The owner that a tag claims, which anybody may have set, and the cluster that it names.
fn claim<'t>(key: &'t str, value: &'t str) -> Option<(Kind, Option<&'t str>)> {
    let (key_low, value_low) = (key.to_lowercase(), value.to_lowercase());
    if key_low.starts_with("aws:") {
        return None;
    }
    if CLUSTER_KEYS.contains(&key) {
        return Some((Kind::Kubernetes, Some(value)));
    }
    if let Some(cluster) = key.strip_prefix("kubernetes.io/cluster/") {
        // A cluster uses what is "shared", and does not keep it.
        return (value_low == "owned").then_some((Kind::Kubernetes, Some(cluster)));
    }
    if key_low.starts_with("aws-cdk:") {
        return Some((Kind::Cdk, None));
    }
    if key_low == "pulumi:stack" || key_low == "pulumi:project" {
        return Some((Kind::Pulumi, None));
    }
    let plain: String = key_low.chars().filter(|c| c.is_alphanumeric()).collect();
    if MADE_BY.contains(&plain.as_str()) {
        return of_tool(&value_low).map(|kind| (kind, None));
    }
    let denied = ["", "false", "no", "0", "none"].contains(&value_low.trim());
    let names_it = plain.contains("terraform") || plain.contains("opentofu") || plain == "hcrepo";
    (names_it && !denied).then_some((Kind::Terraform, None))
}

/// The tool that a value names: `Terraform`, `managed by terraform`.
fn of_tool(value: &str) -> Option<Kind> {
    let tools = [
        ("terraform", Kind::Terraform),
        ("tofu", Kind::Terraform),
        ("terragrunt", Kind::Terraform),
        ("pulumi", Kind::Pulumi),
        ("cdk", Kind::Cdk),
    ];
    tools.iter().find(|(word, _)| value.contains(word)).map(|(_, kind)| *kind)
}

/// The workspace, stack or repository that another tag names. Empty where none does.
fn workspace(kind: Kind, tags: &Tags) -> String {
    let named = |fits: &dyn Fn(&str) -> bool| {
        tags.iter().find(|(key, _)| fits(&key.to_lowercase())).map(|(_, value)| value.clone())
    };
    let found = match kind {
        Kind::Pulumi => {
            let project = tags.get("pulumi:project").filter(|name| !name.is_empty());
            let stack = tags.get("pulumi:stack").filter(|name| !name.is_empty());
            let both = [project, stack].into_iter().flatten().cloned().collect::<Vec<_>>();
            (!both.is_empty()).then(|| both.join("/"))
        }
        Kind::Terraform => named(&|key| key.contains("workspace"))
            .or_else(|| named(&|key| key == "hc-repo" || key.contains("terraform") && key.contains("repo"))),
        _ => None,
    };
    found.unwrap_or_default()
}
