//! 560: the ways out by NAT.

mod body;
mod find;
mod gateway;
mod instance;
mod made_again;
mod vpc;

use super::shared::route::Route;
use crate::account::{Account, Section};
use crate::step::{
    Case, Choice, Does, Effect, Found, Iam, Lenses, Look, Params, Reversal, Spec, Step, StepId, Stops,
};
use gateway::Gateway;
use instance::Instance;
use vpc::ClosedVpc;

pub struct Nat;

const STEP: StepId = StepId(560);

macro_rules! leaves {
    ($gateways:literal) => {
        concat!(
            "every other way in and out; routes to public addresses that a wider route would take over (cut \
             that first: 530), and private addresses that it does take over; a NAT instance's own traffic; ",
            $gateways,
            "; NAT of a VPC that a transit gateway leads to; NAT of VPCs shared from another account",
            unjudged!()
        )
    };
}

const WAY: Choice = Choice {
    name: "way",
    values: &["routes", "delete"],
    doc: "`routes`: the routes to NAT gateways are deleted. `delete`: then the gateways too; their \
              Elastic IP addresses stay allocated.",
};

static SPEC: Spec = Spec {
    id: STEP,
    slug: "nat",
    title: "NAT: no route leads to a NAT gateway, no instance forwards",
    needs: &[
        Section::Vpcs,
        Section::Subnets,
        Section::Instances,
        Section::Interfaces,
        Section::RouteTables,
        // A route may lead to a prefix list: what is in it?
        Section::PrefixLists,
        Section::NatGateways,
        // What making a gateway again depends on: a rehearsed restore refuses as AWS does.
        Section::InternetGateways,
        Section::Addresses,
    ],
    reversal: Reversal::Partial(
        "a NAT gateway that `way = \"delete\"` deletes comes back under a new id, with the same Elastic IP \
         addresses; all else is put back",
    ),
    iam: Iam {
        apply: &[
            "ec2:DeleteNatGateway",
            "ec2:DeleteRoute",
            "ec2:DescribeNatGateways",
            "ec2:DescribeRouteTables",
            "ec2:ModifyNetworkInterfaceAttribute",
        ],
        undo: &[
            "ec2:CreateNatGateway",
            "ec2:CreateRoute",
            "ec2:CreateTags",
            "ec2:DescribeNatGateways",
            "ec2:DescribeRouteTables",
            "ec2:ModifyNetworkInterfaceAttribute",
        ],
    },
    params: &[WAY.param()],
    does: Does::Cuts(&[Stops::Outbound]),
    cuts: "connections out by a NAT gateway, public or private, new and established; forwarding by NAT \
           instances",
    leaves: leaves!("the NAT gateways, and route tables that serve no subnet"),
    breaks: "Private subnets lose the internet: updates, registries, AWS's APIs without an endpoint, \
             partners that allow the NAT's address; Session Manager too, where it has no endpoint.",
    doc: include_str!("s560_nat/doc.md"),
};

/// The routes to NAT gateways.
const ROUTES: Route = Route::new(STEP, |target| target.starts_with("nat-")).deleting(is_deleted);

/// Does the step delete this gateway? The addresses that AWS gave a regional one cannot be had again.
fn is_deleted(look: &Look<'_>, gateway: &str) -> bool {
    let known = look.region().and_then(|here| here.nat_gateways.item(gateway));
    deletes(&look.case.params) && known.is_some_and(|gateway| gateway.availability != "regional")
}

fn deletes(params: &Params) -> bool {
    WAY.is(params, "delete")
}

impl Step for Nat {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn effect(&self, params: &Params) -> Effect {
        if deletes(params) {
            Effect { leaves: leaves!("regional NAT gateways themselves"), ..SPEC.effect() }
        } else {
            SPEC.effect()
        }
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        find::find(account, case)
    }

    fn lenses(&self) -> Lenses {
        &[&ROUTES, &Instance, &Gateway, &ClosedVpc]
    }
}

#[cfg(test)]
mod tests;
