//! 540: VPN, Direct Connect and Client VPN carry nothing any more.

mod client_vpn;
mod findings;
mod gateways;

use serde::{Deserialize, Serialize};
use std::time::Duration;

use super::routes;
use crate::account::{Account, Region, Route, Section, Seen, VirtualInterface};
use crate::step::{
    Case, Does, Effect, Found, Iam, Item, Lens, Lenses, Look, Now, Param, ParamKind, Params, Reversal, Spec,
    Step, StepError, StepId, Stops, Target, Verdict, Write, fallback, text,
};

pub struct VpnDirectConnect;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Where the route leads; `None`: there is none.
    Route(Option<String>),
    /// Does the gateway propagate its routes into the table?
    Propagation(bool),
    /// Does a failover test hold BGP down?
    FailoverTest(bool),
    /// A rule of a Client VPN endpoint with its description; `None`: there is none.
    Authorization(Option<String>),
    /// Is the client connected?
    Client(bool),
    /// The VPC that a gateway is attached to.
    Attachment(Option<String>),
    /// The route table that a transit attachment is associated with.
    Association(Option<String>),
}

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

const PROPAGATION: &str = "propagation";
const INTERFACE: &str = "virtual-interface";
const RULE: &str = "client-vpn-rule";
const CLIENT: &str = "client-vpn-connection";
const GATEWAY: &str = "vpn-gateway";
const TRANSIT: &str = "transit-attachment";

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
            for (id, known) in here.virtual_interfaces.items().filter(|(_, v)| in_scope(v, here, case)) {
                let at = Target::new(INTERFACE, id).region(region).label(Some(&known.name));
                let gateway = known.gateway.as_ref().and_then(|gateway| here.vpn_gateways.item(gateway));
                let at = Target { vpc: gateway.and_then(|gateway| gateway.vpc.clone()), ..at };
                found.item(Item::new(at).tags(&known.tags));
            }
            client_vpn::items(&mut found, region, here, case);
            if detaches(&case.params) {
                gateways::items(&mut found, region, here, case);
            }
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&VpnDirectConnect]
    }
}

impl Lens for VpnDirectConnect {
    type State = State;
    const KIND: &'static str = "";
    const NEEDS: &'static [Section] = &[
        Section::RouteTables,
        Section::VpnGateways,
        Section::ClientVpns,
        Section::VirtualInterfaces,
        Section::TransitAttachments,
    ];

    fn needs(&self, at: &Target) -> &'static [Section] {
        match at.kind.as_str() {
            routes::KIND | PROPAGATION => &[Section::RouteTables],
            INTERFACE => &[Section::VirtualInterfaces],
            GATEWAY => &[Section::VpnGateways],
            TRANSIT => &[Section::TransitAttachments],
            _ => &[Section::ClientVpns],
        }
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let Look { at, account, .. } = *look;
        let Some(here) = account.regions.get(at.region_name()) else { return Now::Vanished };
        match at.kind.as_str() {
            routes::KIND => match routes::table(at, account) {
                Ok(table) => Now::Is(State::Route(routes::target(table, at))),
                Err(now) => now,
            },
            PROPAGATION => match routes::table(at, account) {
                Ok(table) => Now::Is(State::Propagation(table.propagating.contains(at.parts().1))),
                Err(now) => now,
            },
            INTERFACE => match &here.virtual_interfaces {
                Seen::Read(interfaces) => interfaces.get(&at.id).map_or(Now::Vanished, failover),
                Seen::Gap(gap) => Now::Unknown(gap.clone()),
            },
            GATEWAY => gateways::attachment(at, here),
            TRANSIT => gateways::association(at, here),
            _ => client_vpn::state(at, here),
        }
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let Look { at, account, case } = *look;
        let Some(here) = account.regions.get(at.region_name()) else {
            return Verdict::Refuse("its Region was not read".into());
        };
        match now {
            State::Route(None)
            | State::Propagation(false)
            | State::FailoverTest(true)
            | State::Authorization(None)
            | State::Client(false)
            | State::Attachment(None) => Verdict::Already,
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
            State::FailoverTest(false) => match refusal(at, here, account, case) {
                Some(why) => Verdict::Refuse(why),
                None => Verdict::Change(State::FailoverTest(true)),
            },
            State::Authorization(Some(_)) | State::Client(true) => {
                client_vpn::contain(now, at, here, account, case)
            }
            State::Attachment(Some(_)) | State::Association(_) => {
                gateways::contain(now, at, here, account, case)
            }
        }
    }

    /// Gateways, rules and associations take minutes.
    const SETTLES_WITHIN: Duration = Duration::from_mins(10);

    /// AWS takes 10 operations at once on one Client VPN endpoint, whoever asks; its owner may ask too.
    ///
    /// <https://docs.aws.amazon.com/vpn/latest/clientvpn-admin/limits.html>
    fn queue(&self, at: &Target) -> Option<(String, usize)> {
        matches!(at.kind.as_str(), RULE | CLIENT).then(|| (at.parts().0.to_owned(), 5))
    }

    fn show(&self, state: &State) -> String {
        match state {
            State::Route(None) => "no route".into(),
            State::Route(Some(target)) => format!("to {target}"),
            State::Propagation(true) => "propagates".into(),
            State::Propagation(false) => "does not propagate".into(),
            State::FailoverTest(false) => "BGP as it is".into(),
            State::FailoverTest(true) => "BGP down by a failover test: AWS ends it after 72 hours".into(),
            State::Authorization(Some(_)) => "lets clients through".into(),
            State::Authorization(None) => "revoked".into(),
            State::Client(true) => "connected".into(),
            State::Client(false) => "ended".into(),
            State::Attachment(Some(vpc)) => format!("attached to {vpc}"),
            State::Attachment(None) => "detached".into(),
            State::Association(Some(table)) => format!("associated with {table}"),
            State::Association(None) => "associated with no route table".into(),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        let connect = aws.directconnect(at.region_name());
        match to {
            State::Route(target) => routes::write(aws, at, target.as_deref()).await,
            State::Propagation(on) => gateways::propagate(aws, at, *on).await,
            State::FailoverTest(true) => {
                let test = connect.start_bgp_failover_test().virtual_interface_id(&at.id);
                test.test_duration_in_minutes(LONGEST).send().await?;
                Ok(())
            }
            State::FailoverTest(false) => {
                connect.stop_bgp_failover_test().virtual_interface_id(&at.id).send().await?;
                Ok(())
            }
            State::Authorization(rule) => client_vpn::authorize(aws, at, rule.as_deref()).await,
            State::Client(false) => client_vpn::terminate(aws, at).await,
            State::Client(true) => Err(StepError::State("a client dials in by itself".into())),
            State::Attachment(vpc) => gateways::attach(aws, at, from, vpc.as_deref()).await,
            State::Association(table) => gateways::associate(aws, at, table.as_deref()).await,
        }
    }
}

/// Minutes: the longest test that AWS runs.
///
/// <https://docs.aws.amazon.com/directconnect/latest/APIReference/API_StartBgpFailoverTest.html>
const LONGEST: i32 = 4_320;

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

/// Without a place named, all; else those that end at the gateway of a VPC in scope.
fn in_scope(interface: &VirtualInterface, here: &Region, case: &Case) -> bool {
    let gateway = interface.gateway.as_ref().and_then(|gateway| here.vpn_gateways.item(gateway));
    case.scope.is_whole()
        || gateway.and_then(|gateway| gateway.vpc.as_ref()).is_some_and(|vpc| case.scope.has_vpc(here, vpc))
}

/// A test that runs and whose peers are not all down yet is on its way.
fn failover(interface: &VirtualInterface) -> Now<State> {
    let Some(test) = &interface.failover_test else { return Now::Is(State::FailoverTest(false)) };
    let up = |id: &String| interface.peers.get(id).is_some_and(|peer| peer.status == "up");
    if test.peers.iter().any(up) {
        Now::Settling(State::FailoverTest(true))
    } else {
        Now::Is(State::FailoverTest(true))
    }
}

/// Why no failover test is started on an interface.
fn refusal(at: &Target, here: &Region, account: &Account, case: &Case) -> Option<String> {
    let interface = here.virtual_interfaces.item(&at.id)?;
    if interface.owner != account.id {
        let owner = &interface.owner;
        return Some(format!("it belongs to {owner}: only its owner can run a failover test on it"));
    }
    if interface.state != "available" {
        let state = &interface.state;
        return Some(format!(
            "it is {state}: a test needs BGP up, and nothing keeps it from coming up later"
        ));
    }
    gateways::kept(interface.gateway.as_deref(), here, case).map(|cidr| routes::keeps(STEP, &cidr))
}

#[cfg(test)]
mod tests;
