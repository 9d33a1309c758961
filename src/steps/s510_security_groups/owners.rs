//! Interfaces that EC2 does not let their account change: whose they are, and what would.

use crate::account::Interface;

/// A kind of interface, how its description starts, whose it is, and the call that changes it.
struct Owner {
    kind: &'static str,
    starts: &'static str,
    name: &'static str,
    /// Empty: it has no security group at all.
    call: &'static str,
}

const fn owner(kind: &'static str, starts: &'static str, name: &'static str, call: &'static str) -> Owner {
    Owner { kind, starts, name, call }
}

/// The first that fits. No text fits any description, or any kind.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/requester-managed-eni.html>
const OWNERS: &[Owner] = &[
    owner("nat_gateway", "", "a NAT gateway", ""),
    owner("", "Interface for NAT Gateway", "a NAT gateway", ""),
    owner("transit_gateway", "", "a transit gateway", ""),
    owner("gateway_load_balancer", "", "a Gateway Load Balancer", ""),
    owner("gateway_load_balancer_endpoint", "", "a Gateway Load Balancer endpoint", ""),
    owner("", "ELB app/", "an Application Load Balancer", "elasticloadbalancing:SetSecurityGroups"),
    owner("network_load_balancer", "", "a Network Load Balancer", "elasticloadbalancing:SetSecurityGroups"),
    owner("", "ELB net/", "a Network Load Balancer", "elasticloadbalancing:SetSecurityGroups"),
    owner(
        "",
        "ELB ",
        "a Classic Load Balancer",
        "elasticloadbalancing:ApplySecurityGroupsToLoadBalancer",
    ),
    owner("", "EC2 Instance Connect Endpoint", "an Instance Connect endpoint", "ec2:ModifyInstanceConnectEndpoint"),
    owner("vpc_endpoint", "", "a VPC endpoint", "ec2:ModifyVpcEndpoint"),
    owner("", "VPC Endpoint Interface", "a VPC endpoint", "ec2:ModifyVpcEndpoint"),
    owner("lambda", "", "a Lambda function", "lambda:UpdateFunctionConfiguration"),
    owner("", "AWS Lambda VPC ENI", "a Lambda function", "lambda:UpdateFunctionConfiguration"),
    owner("", "RDSNetworkInterface", "RDS", "rds:ModifyDBInstance or rds:ModifyDBCluster"),
    owner("", "RDS Proxy", "an RDS proxy", "rds:ModifyDBProxy"),
    owner("efs", "", "an EFS mount target", "elasticfilesystem:ModifyMountTargetSecurityGroups"),
    owner("", "EFS mount target", "an EFS mount target", "elasticfilesystem:ModifyMountTargetSecurityGroups"),
    owner("", "ElastiCache", "ElastiCache", "elasticache:ModifyReplicationGroup or ModifyCacheCluster"),
    owner("", "RedshiftNetworkInterface", "Redshift", "redshift:ModifyCluster"),
    owner("", "ES ", "OpenSearch", "es:UpdateDomainConfig"),
    owner("", "Amazon EKS", "an EKS cluster", "eks:UpdateClusterConfig"),
    owner("", "arn:aws:ecs:", "an ECS task", "ecs:UpdateService, for new tasks only"),
    owner("", "ClientVPN Endpoint", "a Client VPN endpoint", "ec2:ModifyClientVpnEndpoint"),
    owner("branch", "", "an ECS task or EKS pod", "the service's network configuration or the pod's policy"),
    owner("trunk", "", "ECS or EKS", "the service's network configuration or the pod's policy"),
];

/// Why this interface's groups cannot be changed by EC2; `None` when they can.
pub(super) fn refusal(interface: &Interface) -> Option<String> {
    let plain = matches!(interface.kind.as_str(), "interface" | "efa" | "efa-only" | "");
    if plain && interface.managed_by.is_none() {
        return None;
    }
    let fits = |owner: &&Owner| {
        (owner.kind.is_empty() || owner.kind == interface.kind)
            && interface.description.starts_with(owner.starts)
    };
    let by = interface.managed_by.as_deref().filter(|by| !by.is_empty()).unwrap_or(&interface.kind);
    Some(match OWNERS.iter().find(fits) {
        Some(Owner { name, call: "", .. }) => {
            format!("belongs to {name}, which has no security group: 520 and 530 cut it")
        }
        Some(Owner { name, call, .. }) => {
            format!("managed by {name}: {call} changes its groups, which the next version does")
        }
        None => format!("managed by {by}: only that service changes its groups"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(kind: &str, managed_by: Option<&str>, description: &str) -> String {
        let interface = Interface {
            kind: kind.into(),
            managed_by: managed_by.map(Into::into),
            description: description.into(),
            ..Interface::default()
        };
        refusal(&interface).unwrap_or_default()
    }

    #[test]
    fn the_owner_is_named_with_the_call_that_would_change_it() {
        assert!(why("interface", Some("amazon-elb"), "ELB app/front/1").contains("Application Load Balancer"));
        assert!(why("interface", Some("amazon-elb"), "ELB old").contains("ApplySecurityGroups"));
        assert!(why("nat_gateway", Some("1"), "").contains("no security group"));
        assert!(why("branch", None, "").contains("EKS"));
        assert!(why("interface", Some("new.amazonaws.com"), "").contains("new.amazonaws.com"));
        assert!(why("quicksight", None, "").contains("quicksight"));
    }

    #[test]
    fn what_ec2_can_change_is_not_refused() {
        assert_eq!(why("interface", None, "ELB app/faked by a description"), "");
        assert_eq!(why("efa", None, ""), "");
    }
}
