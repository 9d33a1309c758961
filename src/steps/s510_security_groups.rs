//! 510: every network interface into a security group without rules.

mod body;
mod by_hand;
mod connect_endpoint;
mod database;
mod endpoint;
mod find;
mod flush;
mod function;
pub(super) mod group;
mod group_ref;
mod interface;
mod isolation;
mod leaves;
mod load_balancer;
mod managed;
mod owners;
pub(super) mod ready;

use crate::account::{Account, Section};
use crate::step::{
    Case, Choice, Does, Effect, Found, Iam, Lenses, Params, Reversal, Spec, Step, StepId, Stops,
};
use crate::steps::shared::in_use::InUse;
use crate::steps::shared::made::Made;
use connect_endpoint::ConnectEndpoint;
use database::Database;
use endpoint::Endpoint;
use flush::Flush;
use function::Function;
use group::Group;
use interface::Interface;
use isolation::Isolation;
use load_balancer::LoadBalancer;
pub(super) use owners::service;
use ready::Ready;

pub struct SecurityGroups;

const WAY: Choice = Choice {
    name: "way",
    values: &["direct", "two-step"],
    doc: "`direct`: into the group without rules. `two-step`: first into a group that allows \
                  everything, so that AWS stops tracking the connections, and at once into the group \
                  without rules, which then cuts them. Only behind 520 or 590; for interfaces, not for \
                  what a service manages.",
};

const FRONT: Choice = Choice {
    name: "front",
    values: &["cut", "keep"],
    doc: "`cut`: load balancers too. `keep`: they keep their groups, so that visitors see the \
                  page of step 320; their way to targets ends with the targets' groups.",
};

static SPEC: Spec = Spec {
    id: StepId(510),
    slug: "security-groups",
    title: "Security groups: every interface into a group without rules",
    needs: &[
        Section::Vpcs,
        Section::Subnets,
        Section::Instances,
        Section::Interfaces,
        Section::Groups,
        Section::Acls,
        Section::Endpoints,
        Section::ConnectEndpoints,
        Section::VpcBlock,
        // A host that forwards may carry the path of a kept CIDR.
        Section::RouteTables,
        Section::PrefixLists,
        Section::LoadBalancers,
        Section::Databases,
        Section::VpcFunctions,
    ],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &[
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:CreateSecurityGroup",
            "ec2:CreateTags",
            "ec2:DescribeInstanceConnectEndpoints",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcEndpoints",
            "ec2:DescribeVpcs",
            "ec2:ModifyInstanceConnectEndpoint",
            "ec2:ModifyNetworkInterfaceAttribute",
            "ec2:ModifyVpcEndpoint",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupIngress",
            "elasticloadbalancing:SetSecurityGroups",
            "lambda:GetFunctionConfiguration",
            "lambda:UpdateFunctionConfiguration",
            "rds:DescribeDBClusters",
            "rds:DescribeDBInstances",
            "rds:ModifyDBCluster",
            "rds:ModifyDBInstance",
        ],
        undo: &[
            "ec2:DeleteSecurityGroup",
            "ec2:DeleteTags",
            "ec2:DescribeInstanceConnectEndpoints",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcEndpoints",
            "ec2:DescribeVpcs",
            "ec2:ModifyInstanceConnectEndpoint",
            "ec2:ModifyNetworkInterfaceAttribute",
            "ec2:ModifyVpcEndpoint",
            "elasticloadbalancing:SetSecurityGroups",
            "lambda:GetFunctionConfiguration",
            "lambda:UpdateFunctionConfiguration",
            "rds:DescribeDBClusters",
            "rds:DescribeDBInstances",
            "rds:ModifyDBCluster",
            "rds:ModifyDBInstance",
        ],
    },
    params: &[WAY.param(), FRONT.param()],
    does: Does::Cuts(&[Stops::Sites, Stops::Hosts, Stops::OwnWay, Stops::Outbound]),
    cuts: "new connections to and from every interface, hosts of the same subnet included; load \
           balancers, databases, endpoints and functions through the service that manages them",
    leaves: leaves::USUAL,
    breaks: "Hosts no longer reach each other, their databases or the internet, and neither Session \
             Manager nor SSH reaches them.",
    doc: include_str!("s510_security_groups/doc.md"),
};

/// Are interfaces put into a group that allows everything first?
fn two_step(params: &Params) -> bool {
    WAY.is(params, "two-step")
}

fn keeps_front(params: &Params) -> bool {
    FRONT.is(params, "keep")
}

impl Step for SecurityGroups {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn effect(&self, params: &Params) -> Effect {
        Effect { leaves: leaves::of(params), flushes: two_step(params), ..SPEC.effect() }
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            find::find_in(region, here, account, case, &mut found);
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[
            &Made(Group(Isolation)),
            &Made(Group(Flush)),
            &InUse(Group(Ready)),
            &Interface,
            &LoadBalancer,
            &Database,
            &Endpoint,
            &ConnectEndpoint,
            &Function,
        ]
    }
}

#[cfg(test)]
mod function_tests;
#[cfg(test)]
mod managed_tests;
#[cfg(test)]
mod tests;
