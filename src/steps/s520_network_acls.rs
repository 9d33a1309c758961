//! 520: every subnet behind a network ACL that lets nothing through.

mod body;
pub(super) mod created;
mod edited;
mod effect;
mod hosts;
mod passage;
mod purposes;
pub(super) mod ready;
mod subnet;
mod subnets;

use crate::account::{Account, Section};
use crate::step::{
    Case, Choice, Does, Effect, Found, Iam, Lenses, Params, Reversal, Spec, Step, StepId, Stops,
};
use crate::steps::shared::in_use::InUse;
use crate::steps::shared::made::Made;
use created::Created;
use edited::Edited;
use purposes::{Front, Isolation, Passage};
use ready::Ready;
use subnet::Subnet;

pub struct NetworkAcls;

const WAY: Choice = Choice {
    name: "way",
    values: &["subnets", "host"],
    doc: "host: the instances in scope are denied in the ACLs of the other subnets of their VPC; their \
                  neighbours keep working",
};

const FRONT: Choice = Choice {
    name: "front",
    values: &["cut", "keep"],
    doc: "keep: subnets of load balancers let clients in on the listener ports, so that the page \
                  of step 320 can be seen; what else stands in these subnets is then up to 510",
};

static SPEC: Spec = Spec {
    id: StepId(520),
    slug: "network-acls",
    title: "Network ACLs: every subnet behind an ACL that lets nothing through",
    needs: &[
        Section::Vpcs,
        Section::Subnets,
        Section::Instances,
        Section::Interfaces,
        Section::Acls,
        Section::LoadBalancers,
    ],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &[
            "ec2:CreateNetworkAcl",
            "ec2:CreateNetworkAclEntry",
            "ec2:CreateTags",
            "ec2:DeleteNetworkAclEntry",
            "ec2:DescribeNetworkAcls",
            "ec2:ReplaceNetworkAclAssociation",
        ],
        undo: &[
            "ec2:DeleteNetworkAcl",
            "ec2:DeleteNetworkAclEntry",
            "ec2:DeleteTags",
            "ec2:DescribeNetworkAcls",
            "ec2:ReplaceNetworkAclAssociation",
        ],
    },
    params: &[WAY.param(), FRONT.param()],
    does: Does::Cuts(&[Stops::Sites, Stops::Hosts, Stops::Links, Stops::OwnWay, Stops::Outbound]),
    cuts: "all traffic that enters or leaves each subnet, new and established: the internet, other \
           subnets, VPN, peering, endpoints",
    leaves: effect::USUAL,
    breaks: "Everything in these VPCs stops: load balancers, databases, NAT and VPN for other subnets, \
             and your own way in, Session Manager included.",
    doc: include_str!("s520_network_acls/doc.md"),
};

impl Step for NetworkAcls {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn effect(&self, params: &Params) -> Effect {
        effect::of(params)
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            if WAY.is(&case.params, "host") {
                hosts::find(&mut found, region, here, case);
            } else {
                subnets::find(&mut found, region, here, account, case);
            }
        }
        let names_hosts = !case.scope.instances.is_empty() || !case.scope.tags.is_empty();
        if WAY.is(&case.params, "host") && !names_hosts {
            found.matters(
                None,
                "way = \"host\" is for instances whose subnet is not in scope: name them by --instance",
            );
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[
            &Made(Created(Isolation)),
            &Made(Created(Front)),
            &Made(Created(Passage)),
            &InUse(Created(Ready)),
            &Subnet,
            &Edited,
        ]
    }
}

#[cfg(test)]
mod tests;
