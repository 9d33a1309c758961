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

use super::routes;
use crate::account::{Account, Region, Route, Section};
use crate::step::{
    Case, Does, Effect, Found, Iam, Item, Lens, Lenses, Look, Now, Param, ParamKind, Params, Reversal, Spec,
    Step, StepError, StepId, Stops, Target, Verdict, Write, fallback, text,
};
use client::Client;
use rule::Rule;
use serde::{Deserialize, Serialize};
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
            "ec2:DescribeTransitGatewayAttachments",
            "ec2:DescribeVpnGateways",
            "ec2:EnableVgwRoutePropagation",
        ],
    },
    params: &[Param {
        name: "way",
        kind: ParamKind::Choice(&["routes", "detach"]),
        doc: "`routes`: the routes to virtual private gateways, and their propagation. `detach`: besides, \
              the gateways are detached from their VPCs, and transit attachments of this account's own \
              transit gateways lose their route table.",
    }],
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

fn detaches(params: &Params) -> bool {
    text(params, "way", "routes") == "detach"
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
            routes::items(region, here, &case.scope, leads).for_each(|item| found.item(item));
            propagations(region, here, case).for_each(|item| found.item(item));
            interfaces(region, here, case).for_each(|item| found.item(item));
            client_vpn::items(&mut found, region, here, case);
            if detaches(&case.params) {
                gateways(region, here, case).for_each(|item| found.item(item));
                attachments(region, here, case).for_each(|item| found.item(item));
            }
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&VirtualInterface, &Rule, &Client, &VpnGateway, &TransitAttachment, &VpnDirectConnect]
    }
}

fn interfaces<'a>(region: &'a str, here: &'a Region, case: &'a Case) -> impl Iterator<Item = Item> + 'a {
    let in_scope =
        here.virtual_interfaces.items().filter(|(_, v)| virtual_interface::in_scope(v, here, case));
    in_scope.map(move |(id, known)| {
        let at = Target::new(VirtualInterface::KIND, id).region(region).label(Some(&known.name));
        Item::new(Target { vpc: virtual_interface::vpc(known, here).cloned(), ..at }).tags(&known.tags)
    })
}

/// Gateways come after their propagation and routes, which AWS changes only while they are attached.
fn gateways<'a>(region: &'a str, here: &'a Region, case: &'a Case) -> impl Iterator<Item = Item> + 'a {
    let in_scope = here.vpn_gateways.items().filter(|(_, gateway)| match &gateway.vpc {
        Some(vpc) => case.scope.has_vpc(here, vpc),
        None => case.scope.is_whole(),
    });
    in_scope.map(move |(id, gateway)| {
        let at = Target::new(VpnGateway::KIND, id).region(region).named(&gateway.tags);
        let item = Item::new(Target { vpc: gateway.vpc.clone(), ..at }).tags(&gateway.tags);
        Item { rank: fallback::AFTER_ROUTES, ..item }
    })
}

fn attachments<'a>(region: &'a str, here: &'a Region, case: &'a Case) -> impl Iterator<Item = Item> + 'a {
    let in_scope = here.transit_attachments.items().filter(|(_, attachment)| {
        case.scope.is_whole() || (attachment.kind == "vpc" && case.scope.has_vpc(here, &attachment.resource))
    });
    in_scope.map(move |(id, attachment)| {
        let at = Target::new(TransitAttachment::KIND, id).region(region).named(&attachment.tags);
        Item::new(at).tags(&attachment.tags)
    })
}

const PROPAGATION: &str = "propagation";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Route(Option<String>),
    Propagation(bool),
}

// Routes and propagation, until the shared lenses are there.
impl Lens for VpnDirectConnect {
    type State = State;
    const KIND: &'static str = "";
    const NEEDS: &'static [Section] = &[Section::RouteTables];

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let Look { at, account, .. } = *look;
        let table = match routes::table(at, account) {
            Ok(table) => table,
            Err(now) => return now,
        };
        Now::Is(match at.kind.as_str() {
            routes::KIND => State::Route(routes::target(table, at)),
            _ => State::Propagation(table.propagating.contains(at.parts().1)),
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let Look { at, account, case } = *look;
        match now {
            State::Route(None) | State::Propagation(false) => Verdict::Already,
            State::Route(Some(to)) => {
                let led = |route: &Route| route.target == *to && route.destination == at.parts().1;
                routes::contain((STEP, leads), at, account, case, led, State::Route(None))
            }
            State::Propagation(true) => {
                let led = |route: &Route| {
                    route.target == at.parts().1 && route.origin == "EnableVgwRoutePropagation"
                };
                routes::contain((STEP, leads), at, account, case, led, State::Propagation(false))
            }
        }
    }

    fn show(&self, state: &State) -> String {
        match state {
            State::Route(None) => "no route".into(),
            State::Route(Some(target)) => format!("to {target}"),
            State::Propagation(true) => "propagates".into(),
            State::Propagation(false) => "does not propagate".into(),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let (table, gateway) = at.parts();
        let ec2 = aws.ec2(at.region_name());
        match to {
            State::Route(target) => routes::write(aws, at, target.as_deref()).await?,
            State::Propagation(true) => {
                let enable = ec2.enable_vgw_route_propagation().route_table_id(table).gateway_id(gateway);
                enable.send().await?;
            }
            State::Propagation(false) => {
                let disable = ec2.disable_vgw_route_propagation().route_table_id(table).gateway_id(gateway);
                disable.send().await?;
            }
        }
        Ok(())
    }
}

/// Every table of a VPC in scope with every gateway that propagates into it or is attached to the VPC.
fn propagations<'a>(region: &'a str, here: &'a Region, case: &'a Case) -> impl Iterator<Item = Item> + 'a {
    let tables = here.route_tables.items().filter(|(_, table)| case.scope.has_vpc(here, &table.vpc));
    tables.flat_map(move |(id, table)| {
        let attached = here.vpn_gateways.items().filter(|(_, g)| g.vpc.as_ref() == Some(&table.vpc));
        let gateways: std::collections::BTreeSet<&String> =
            attached.map(|(gateway, _)| gateway).chain(&table.propagating).collect();
        gateways.into_iter().map(move |gateway| {
            let at = Target::new(PROPAGATION, format!("{id}/{gateway}")).region(region).vpc(&table.vpc);
            let item = routes::tagged(Item::new(at), here, table);
            Item { rank: fallback::rank_of_propagation(here, table, gateway), ..item }
        })
    })
}

#[cfg(test)]
mod tests;
