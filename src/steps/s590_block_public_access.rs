//! 590: VPC Block Public Access on, both ways, Region by Region, with nothing left out.

mod exclusion;
mod mode;
mod turn;

use std::collections::BTreeSet;

use crate::account::{Account, Section, Vpc, VpcBlock};
use crate::step::ranges::is_public;
use crate::step::{
    Case, Choice, Does, Found, Iam, Item, Lens as _, Lenses, Params, Reason, Reversal, Spec, Step, StepId,
    Stops, Target, Width, count,
};
use exclusion::{Exclusion, is_hole};
use mode::{BOTH_WAYS, Mode, in_effect};

pub struct BlockPublicAccess;

const REGION_WIDE: Choice = Choice {
    name: "region-wide",
    values: &["no", "yes"],
    doc: "`yes` sets the block although the run names VPCs, subnets or instances: it cuts every other \
              VPC of the Region too",
};

static SPEC: Spec = Spec {
    id: StepId(590),
    slug: "block-public-access",
    title: "VPC Block Public Access: no internet gateway passes anything, either way",
    needs: &[Section::Vpcs, Section::Subnets, Section::VpcBlock],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &[
            "ec2:DeleteVpcBlockPublicAccessExclusion",
            "ec2:DescribeVpcBlockPublicAccessExclusions",
            "ec2:DescribeVpcBlockPublicAccessOptions",
            "ec2:ModifyVpcBlockPublicAccessOptions",
        ],
        undo: &[
            "ec2:CreateTags",
            "ec2:CreateVpcBlockPublicAccessExclusion",
            "ec2:DescribeVpcBlockPublicAccessExclusions",
            "ec2:DescribeVpcBlockPublicAccessOptions",
            "ec2:ModifyVpcBlockPublicAccessOptions",
        ],
    },
    params: &[REGION_WIDE.param()],
    does: Does::Cuts(&[Stops::Sites, Stops::OwnWay, Stops::Outbound]),
    cuts: "everything between the internet and this account's VPCs in the Region: internet gateways and \
           egress-only ones, NAT gateways, internet-facing load balancers, Global Accelerator, CloudFront's \
           VPC origins, public Direct Connect interfaces",
    leaves: concat!(
        "site-to-site VPN, Client VPN, transit gateways, Cloud WAN, private Direct Connect, peering, \
             Verified Access and Outposts' local gateways; VPC endpoints, and through them services of AWS; \
             customers of your endpoint services; DNS queries to Amazon's resolver, instance metadata; \
             Instance Connect endpoints, Session Manager over endpoints, the serial console; VPCs and \
             subnets that other accounts own and share",
        unjudged!()
    ),
    breaks: "Every VPC of the Region is off the internet both ways: sites behind load balancers time out, \
             updates, partners' APIs and webhooks fail, and so does your own way in over the internet.",
    doc: include_str!("s590_block_public_access/doc.md"),
};

impl Step for BlockPublicAccess {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn width(&self, params: &Params) -> Width {
        if REGION_WIDE.is(params, "yes") { Width::Region } else { Width::Place }
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            let own = |vpc: &&Vpc| vpc.owner == account.id;
            let vpcs: Vec<_> = here.vpcs.items().map(|(_, vpc)| vpc).filter(own).collect();
            let Some(block) = here.vpc_block.read() else { continue };
            if here.vpcs.read().is_some() && vpcs.is_empty() {
                continue;
            }
            let open = block.exclusions.values().filter(|exclusion| is_hole(exclusion)).count();
            match (block.mode.as_str(), open) {
                (mode, _) if mode != "off" && !in_effect(block) => {
                    let state = &block.state;
                    found.note(
                        Some(region),
                        format!("{mode} is set and not in effect yet ({state}): look again"),
                    );
                }
                (BOTH_WAYS, 0) => {
                    found.fine(Some(region), "the Region is blocked both ways, nothing left out");
                }
                (BOTH_WAYS, _) => {
                    found.note(Some(region), format!("the block leaves out {}", count(open, "exclusion")));
                }
                ("block-ingress", _) => {
                    found.note(Some(region), "the Region is blocked inwards only: data can still leave");
                }
                _ => found.note(Some(region), format!("nothing is blocked for {}", count(vpcs.len(), "VPC"))),
            }
            let at = Target::new(Mode::KIND, region).region(region);
            // It cuts them all: one that is protected protects the Region.
            found.item(vpcs.iter().fold(Item::new(at), |item, vpc| item.within(&vpc.tags)));
            for (id, exclusion) in block.exclusions.iter().filter(|(_, e)| is_hole(e)) {
                found.items.extend(exclusion::item(region, here, id, exclusion, case));
            }
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&Mode, &Exclusion]
    }
}

fn is_wide(case: &Case) -> bool {
    case.scope.is_whole() || REGION_WIDE.is(&case.params, "yes")
}

/// Why the block must not be set, or the exclusion not removed.
fn obstacle(block: &VpcBlock, case: &Case) -> Option<Reason> {
    if block.mode != BOTH_WAYS && !is_wide(case) {
        return Some("it would cut every VPC of the Region: set region-wide = \"yes\" if it should".into());
    }
    // What is no range is taken for one that comes over an internet gateway.
    let comes_in = |cidr: &&str| cidr.parse().map_or(true, is_public);
    let mine: BTreeSet<&str> = case.scope.keep_cidrs.iter().map(String::as_str).filter(comes_in).collect();
    (!mine.is_empty() && !case.scope.lose_my_path).then(|| {
        let mine: Vec<&str> = mine.into_iter().collect();
        format!("it would cut the path of {} too: --lose-my-path if it should", mine.join(", "))
    })
}

#[cfg(test)]
mod tests;
