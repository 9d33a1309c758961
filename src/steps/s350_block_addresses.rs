//! 350: addresses and countries that the operator names are shut out: in the network ACLs, and in front of
//! CloudFront and load balancers.

mod acl_denies;
mod acl_order;
mod acl_rule;
mod acl_use;
mod block;
mod denies;
mod find;
mod fronts;
mod geo;
mod ip_set;
mod made_acl;

use crate::account::{Account, Cause, Gap, Section, Seen, WebAcls, waf_name};
use crate::step::{
    Case, Choice, Does, Found, Iam, Lenses, Look, Reversal, Spec, Step, StepError, StepId, Stops,
};
use acl_denies::AclDenies;
use acl_order::AclOrder;
use acl_rule::AclRule;
use acl_use::AclUse;
use geo::Geo;
use ip_set::AddressSet;
use made_acl::MadeAcl;

pub struct BlockAddresses;

const COUNTRIES: Choice = Choice {
    name: "countries",
    values: &["web-acl", "restriction"],
    doc: "How a distribution without a web ACL shuts out countries. `web-acl`: one is made for it, as for \
          addresses; AWS charges for it. `restriction`: CloudFront's own geographic restriction, without a web \
          ACL and without a charge, where only countries are named. A distribution that has a web ACL gets a rule \
          in it either way.",
};

static SPEC: Spec = Spec {
    id: StepId(350),
    slug: "block-addresses",
    title: "Addresses and countries that you name: shut out by network ACLs, CloudFront and load balancers",
    needs: &[
        Section::Vpcs,
        Section::Subnets,
        Section::Instances,
        Section::Interfaces,
        Section::Acls,
        Section::LoadBalancers,
        Section::WebAcls,
        Section::Distributions,
        Section::EdgeWebAcls,
    ],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &[
            "cloudfront:GetDistributionConfig",
            "cloudfront:UpdateDistribution",
            "ec2:CreateNetworkAclEntry",
            "ec2:DescribeNetworkAcls",
            "elasticloadbalancing:CreateWebACLAssociation",
            "elasticloadbalancing:GetLoadBalancerWebACL",
            "elasticloadbalancing:SetWebAcl",
            "wafv2:AssociateWebACL",
            "wafv2:CreateIPSet",
            "wafv2:CreateWebACL",
            "wafv2:GetWebACL",
            "wafv2:GetWebACLForResource",
            "wafv2:ListIPSets",
            "wafv2:ListWebACLs",
            "wafv2:UpdateIPSet",
            "wafv2:UpdateWebACL",
        ],
        undo: &[
            "cloudfront:GetDistributionConfig",
            "cloudfront:UpdateDistribution",
            "ec2:DeleteNetworkAclEntry",
            "ec2:DescribeNetworkAcls",
            "elasticloadbalancing:DeleteWebACLAssociation",
            "elasticloadbalancing:GetLoadBalancerWebACL",
            "elasticloadbalancing:SetWebAcl",
            "wafv2:DeleteIPSet",
            "wafv2:DeleteWebACL",
            "wafv2:DisassociateWebACL",
            "wafv2:GetWebACL",
            "wafv2:GetWebACLForResource",
            "wafv2:ListIPSets",
            "wafv2:ListWebACLs",
            "wafv2:UpdateWebACL",
        ],
    },
    params: &[COUNTRIES.param()],
    does: Does::Cuts(&[Stops::Named]),
    cuts: "all traffic between the subnets and the addresses that --block-cidr names, in and out, new and \
           established; every new request from these addresses, and from the countries that --block-country names, \
           to distributions and Application Load Balancers: they answer 403",
    leaves: "everybody else, and the same attacker from another address or country; visitors behind a proxy or a \
             VPN, because AWS sees the proxy's address and not theirs; whoever calls AWS itself with a key or a \
             session (100, 600); what is reached without these subnets and web ACLs: public buckets, API Gateway, \
             functions, Network Load Balancers for countries; WebSocket connections that are open; tenants of a \
             distribution with a web ACL of their own; subnets shared from another account, and VPCs, load balancers \
             and distributions that are made later",
    breaks: "Whoever shares these addresses or countries with the attacker is cut off too.",
    doc: include_str!("s350_block_addresses/doc.md"),
};

/// What AWS shows of whatever the step makes, for a colleague who finds it.
const MADE_BY: &str = "Made by unplug. Safe to delete when nothing uses it";

/// How a change of a web ACL ends: did it change anything?
type AclWrite = Result<bool, StepError>;

static UNREAD: Seen<WebAcls> =
    Seen::Gap(Gap { cause: Cause::NotRead, call: String::new(), detail: String::new() });

/// The web ACLs of a target's Region; without a Region, those for CloudFront.
fn acls<'a>(look: &Look<'a>) -> &'a Seen<WebAcls> {
    match &look.at.region {
        None => &look.account.edge_web_acls,
        Some(_) => look.region().map_or(&UNREAD, |here| &here.web_acls),
    }
}

/// The name of a web ACL by its ARN. One of AWS WAF Classic has an id alone.
fn web_acl_name(arn: &str) -> &str {
    if acl_use::is_classic(arn) { arn } else { waf_name(arn) }
}

impl Step for BlockAddresses {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        find::whom(account, case, &mut found);
        if !case.scope.block_cidrs.is_empty() {
            for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
                find::acls(region, here, case, &mut found);
            }
        }
        fronts::find(account, case, &mut found);
        found
    }

    fn lenses(&self) -> Lenses {
        &[&AclDenies, &AddressSet, &AclOrder, &AclRule, &MadeAcl, &AclUse, &Geo]
    }
}

#[cfg(test)]
mod tests;
