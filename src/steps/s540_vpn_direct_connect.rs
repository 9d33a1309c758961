//! 540: VPN, Direct Connect and Client VPN carry nothing any more.

mod client;
mod client_vpn;
mod findings;
mod keeps;
mod rule;
mod settled;
mod transit;
mod virtual_interface;
mod vpn_gateway;

use std::collections::BTreeSet;

use super::shared::route::{self, Propagation, Route, propagation};
use crate::account::{Account, Region, Section};
use crate::step::{
    Case, Choice, Does, Effect, Found, Iam, Item, Lenses, Params, Reversal, Spec, Step, StepId, Stops,
};
use client::Client;
use rule::Rule;
use transit::TransitAttachment;
use virtual_interface::VirtualInterface;
use vpn_gateway::VpnGateway;

pub struct VpnDirectConnect;

const STEP: StepId = StepId(540);

/// What every way of the step leaves, and what it does besides.
macro_rules! leaves {
    ($more:literal) => {
        concat!(
            "virtual interfaces of other accounts, those that are down now, and every one of them after 72 \
             hours, when AWS ends the test by itself; routes to public addresses that a wider route would take \
             over (cut that first: 530); ",
            $more,
            "subnets shared from another account; every way that is no VPN or Direct Connect",
            unjudged!()
        )
    };
}

const WAY: Choice = Choice {
    name: "way",
    values: &["routes", "detach"],
    doc: "`routes`: the routes to virtual private gateways, and their propagation. `detach`: besides, \
              the gateways are detached from their VPCs, and transit attachments of this account's own \
              transit gateways lose their route table.",
};

static SPEC: Spec = Spec {
    id: STEP,
    slug: "vpn-direct-connect",
    title: "VPN, Direct Connect and Client VPN: nothing gets through",
    needs: &[
        Section::Vpcs,
        Section::Subnets,
        Section::RouteTables,
        // A route may lead to a prefix list: what is in it?
        Section::PrefixLists,
        Section::VpnGateways,
        Section::VpnConnections,
        Section::ClientVpns,
        Section::VirtualInterfaces,
        Section::TransitAttachments,
    ],
    reversal: Reversal::Partial("Client VPN connections that were ended stay ended: clients dial in again"),
    iam: Iam {
        apply: &[
            "directconnect:StartBgpFailoverTest",
            "ec2:DeleteRoute",
            "ec2:DescribeClientVpnAuthorizationRules",
            "ec2:DescribeRouteTables",
            "ec2:DescribeTransitGatewayAttachments",
            "ec2:DescribeVpnGateways",
            "ec2:DetachVpnGateway",
            "ec2:DisableVgwRoutePropagation",
            "ec2:DisassociateTransitGatewayRouteTable",
            "ec2:RevokeClientVpnIngress",
            "ec2:TerminateClientVpnConnections",
        ],
        undo: &[
            "directconnect:StopBgpFailoverTest",
            "ec2:AssociateTransitGatewayRouteTable",
            "ec2:AttachVpnGateway",
            "ec2:AuthorizeClientVpnIngress",
            "ec2:CreateRoute",
            "ec2:DescribeClientVpnAuthorizationRules",
            "ec2:DescribeRouteTables",
            "ec2:DescribeTransitGatewayAttachments",
            "ec2:DescribeVpnGateways",
            "ec2:EnableVgwRoutePropagation",
        ],
    },
    params: &[WAY.param()],
    does: Does::Cuts(&[Stops::Links]),
    cuts: "answers to on-premises networks by VPN and Direct Connect; BGP of the account's own virtual \
           interfaces, for 72 hours; Client VPN, new and established",
    leaves: concat!(
        "packets from a VPN that need no answer, because the tunnel and the gateway stay; links that end at a \
         transit gateway (VPN, concentrators and network functions) or a Cloud WAN (580 cuts the routes to \
         them); ",
        leaves!("route tables that serve no subnet; ")
    ),
    breaks: "Offices and data centers lose the VPCs and whatever authenticates or resolves names there; \
             remote workers on Client VPN are cut off.",
    doc: include_str!("s540_vpn_direct_connect/doc.md"),
};

/// On-premises, by VPN or Direct Connect.
fn leads(target: &str) -> bool {
    target.starts_with("vgw-")
}

/// The routes to these.
const ROUTES: Route = Route::new(STEP, leads);

fn detaches(params: &Params) -> bool {
    WAY.is(params, "detach")
}

impl Step for VpnDirectConnect {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn effect(&self, params: &Params) -> Effect {
        if !detaches(params) {
            return SPEC.effect();
        }
        Effect {
            cuts: "everything between the VPCs and on-premises networks by VPN and Direct Connect, in both \
                   directions; BGP of the account's own virtual interfaces, for 72 hours; what transit \
                   attachments send; Client VPN, new and established",
            leaves: concat!(
                "packets that reach a transit attachment by routes which other attachments still have, and need \
                 no answer; attachments to other accounts' transit gateways, and links that end at a Cloud WAN \
                 (580 cuts the routes to them); ",
                leaves!("")
            ),
            reversal: Reversal::Partial(
                "gateways and transit attachments are put back and BGP takes minutes to come up; Client VPN \
                 connections that were ended stay ended",
            ),
            ..SPEC.effect()
        }
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        let regions = account.regions.iter().filter(|(name, _)| case.scope.has_region(name));
        for (region, here) in regions {
            findings::say(&mut found, region, here, case);
            ROUTES.items(region, here, &case.scope).for_each(|item| found.item(item));
            propagations(region, here, case).for_each(|item| found.item(item));
            virtual_interface::items(region, here, case).for_each(|item| found.item(item));
            client_vpn::items(&mut found, region, here, case);
            if detaches(&case.params) {
                vpn_gateway::items(region, here, case).for_each(|item| found.item(item));
                transit::items(region, here, case).for_each(|item| found.item(item));
            }
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&ROUTES, &Propagation(ROUTES), &VirtualInterface, &Rule, &Client, &VpnGateway, &TransitAttachment]
    }
}

/// The propagation of every gateway that propagates into a table in scope, or is attached to its VPC.
fn propagations<'a>(region: &'a str, here: &'a Region, case: &'a Case) -> impl Iterator<Item = Item> + 'a {
    route::tables(here, &case.scope).flat_map(move |(id, table)| {
        let attached = here.vpn_gateways.items().filter(|(_, g)| g.vpc.as_ref() == Some(&table.vpc));
        let gateways: BTreeSet<&String> =
            attached.map(|(gateway, _)| gateway).chain(&table.propagating).collect();
        gateways.into_iter().map(move |gateway| propagation::item(region, here, (id, table), gateway))
    })
}

#[cfg(test)]
mod tests;
