//! 530: every subnet behind a route table that leads nowhere but within its VPC.

mod association;
mod closed;
mod find;
mod isolation;
mod leaves;
mod main_table;
mod subnet;

use super::shared::made::Made;
use super::shared::route::{Propagation, Route};
use crate::account::{Account, Section};
use crate::step::{
    Case, Choice, Does, Effect, Found, Iam, Lenses, Params, Reversal, Spec, Step, StepId, Stops,
};
use closed::ClosedTable;
use isolation::IsolationTable;
use main_table::MainTable;
use subnet::Subnet;

pub struct RouteTables;

const STEP: StepId = StepId(530);

const WAY: Choice = Choice {
    name: "way",
    values: &["swap", "delete"],
    doc: "`swap`: subnets and the main association go to a new table with local routes only. `delete`: \
              each route out of the VPC is deleted where it is, and propagation is turned off.",
};

static SPEC: Spec = Spec {
    id: STEP,
    slug: "route-tables",
    title: "Route tables: every subnet behind a table that leads nowhere",
    needs: &[
        Section::Vpcs,
        Section::Subnets,
        // A scope of instances or tags is found by them.
        Section::Instances,
        Section::Interfaces,
        Section::RouteTables,
        // A route may lead to a prefix list: is a kept CIDR in it?
        Section::PrefixLists,
    ],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &[
            "ec2:AssociateRouteTable",
            "ec2:CreateRouteTable",
            "ec2:CreateTags",
            "ec2:DeleteRoute",
            "ec2:DescribeRouteTables",
            "ec2:DisableVgwRoutePropagation",
            "ec2:ReplaceRouteTableAssociation",
        ],
        undo: &[
            "ec2:CreateRoute",
            "ec2:DeleteRouteTable",
            "ec2:DescribeRouteTables",
            "ec2:DisassociateRouteTable",
            "ec2:EnableVgwRoutePropagation",
            "ec2:ReplaceRouteTableAssociation",
        ],
    },
    params: &[WAY.param()],
    does: Does::Cuts(&[Stops::Sites, Stops::Links, Stops::OwnWay, Stops::Outbound]),
    cuts: "every way out of the VPC that a route table gives: internet gateway, NAT, VPN, Direct Connect, \
           peering, transit gateway, gateway endpoints; IPv4 and IPv6",
    leaves: leaves::SWAP,
    breaks: "Nothing in these subnets reaches anything outside the VPC, nor answers it: load balancers, \
             NAT for other subnets, VPN, and your own way in, Session Manager included.",
    doc: include_str!("s530_route_tables/doc.md"),
};

/// `way = "delete"`: all routes, wherever they lead.
const ROUTES: Route = Route::new(STEP, |_| true);

impl Step for RouteTables {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn effect(&self, params: &Params) -> Effect {
        Effect { leaves: if deletes(params) { leaves::DELETE } else { SPEC.leaves }, ..SPEC.effect() }
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        find::find(account, case)
    }

    fn lenses(&self) -> Lenses {
        &[&Made(IsolationTable), &Subnet, &MainTable, &ROUTES, &Propagation(ROUTES), &ClosedTable]
    }
}

fn deletes(params: &Params) -> bool {
    WAY.is(params, "delete")
}

#[cfg(test)]
mod tests;
