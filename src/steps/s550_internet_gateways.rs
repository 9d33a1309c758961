//! 550: internet gateways detached where AWS lets them go.

mod attachment;
mod egress;
mod find;
mod keeps;
mod mapping;
mod vpc;

use super::shared::route::Route;
use crate::account::{Account, Section};
use crate::step::{
    Case, Choice, Does, Effect, Found, Iam, Lenses, Params, Reversal, Spec, Step, StepId, Stops,
};
use attachment::Attachment;
use egress::Egress;
use mapping::Mapping;
use vpc::ClosedVpc;

pub struct InternetGateways;

macro_rules! leaves {
    ($egress:literal) => {
        concat!(
            "every VPC in which a public address stays mapped: AWS refuses to detach its gateway; VPCs \
             shared from another account",
            $egress,
            "; every way that needs no internet gateway of its VPC: transit gateways (to NAT in another VPC \
             too), peering, VPN, Direct Connect, Client VPN, endpoints, DNS, the serial console",
            unjudged!()
        )
    };
}

const STEP: StepId = StepId(550);

const WAY: Choice = Choice {
    name: "way",
    values: &["detach", "unmap"],
    doc: "`detach`: a gateway is detached where no public address is mapped. `unmap`: Elastic IP \
              addresses of the account's own interfaces are taken off first, and egress-only gateways are \
              deleted.",
};

static SPEC: Spec = Spec {
    id: STEP,
    slug: "internet-gateways",
    title: "Internet gateways: detached where nothing is mapped",
    needs: &[
        Section::Vpcs,
        Section::Subnets,
        Section::Instances,
        Section::Interfaces,
        Section::RouteTables,
        // A route may lead to a prefix list: is a kept CIDR in it?
        Section::PrefixLists,
        Section::InternetGateways,
        Section::EgressGateways,
        // A regional NAT gateway holds addresses that no interface may show.
        Section::NatGateways,
        Section::Addresses,
    ],
    reversal: Reversal::Partial(
        "an egress-only gateway that `way = \"unmap\"` deletes comes back under a new id; all else is put back",
    ),
    iam: Iam {
        apply: &[
            "ec2:DeleteEgressOnlyInternetGateway",
            "ec2:DeleteRoute",
            "ec2:DescribeAddresses",
            "ec2:DescribeEgressOnlyInternetGateways",
            "ec2:DescribeInternetGateways",
            "ec2:DescribeRouteTables",
            "ec2:DetachInternetGateway",
            "ec2:DisassociateAddress",
        ],
        undo: &[
            "ec2:AssociateAddress",
            "ec2:AttachInternetGateway",
            "ec2:CreateEgressOnlyInternetGateway",
            "ec2:CreateRoute",
            "ec2:CreateTags",
            "ec2:DescribeAddresses",
            "ec2:DescribeEgressOnlyInternetGateways",
            "ec2:DescribeInternetGateways",
            "ec2:DescribeRouteTables",
        ],
    },
    params: &[WAY.param()],
    does: Does::Cuts(&[Stops::Sites, Stops::Outbound]),
    cuts: "IPv4 and IPv6 between a VPC and the internet, both ways, wherever its gateway is detached",
    leaves: leaves!("; egress-only gateways, so IPv6 outwards"),
    breaks: "Nothing in these VPCs is reached from the internet or reaches it; with `unmap` also in VPCs \
             whose gateway stays, for the hosts whose Elastic IP address is taken off.",
    doc: include_str!("s550_internet_gateways/doc.md"),
};

/// The routes to egress-only gateways. They are found where the gateway is deleted.
const ROUTES: Route = Route::new(STEP, |target| target.starts_with("eigw-")).deleting(|_, _| true);

/// Are Elastic IP addresses taken off, and egress-only gateways deleted?
fn unmaps(params: &Params) -> bool {
    WAY.is(params, "unmap")
}

impl Step for InternetGateways {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn effect(&self, params: &Params) -> Effect {
        if unmaps(params) { Effect { leaves: leaves!(""), ..SPEC.effect() } } else { SPEC.effect() }
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        find::find(account, case)
    }

    fn lenses(&self) -> Lenses {
        &[&Attachment, &Mapping, &Egress, &ROUTES, &ClosedVpc]
    }
}

#[cfg(test)]
mod tests;
