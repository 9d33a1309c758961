//! 560: the ways out by NAT.

mod find;
mod gateway;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::{Account, Region, Route, Section, Seen};
use crate::aws::Aws;
use crate::step::{
    Case, Does, Effect, Found, Iam, Lens, Lenses, Look, Now, Param, ParamKind, Params, Reason, Reversal,
    Spec, Step, StepError, StepId, Stops, Target, Verdict, Write, fallback, keep, routes, text,
};

pub use gateway::Body;

pub struct Nat;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Route(routes::State),
    /// Does an instance pass on what is not addressed to it?
    Forwarding(bool),
    /// `None`: there is no such NAT gateway any more.
    Gateway(Option<Body>),
    /// A VPC without a way out by NAT.
    Closed,
}

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

static SPEC: Spec = Spec {
    id: StepId(560),
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
    params: &[Param {
        name: "way",
        kind: ParamKind::Choice(&["routes", "delete"]),
        doc: "`routes`: the routes to NAT gateways are deleted. `delete`: then the gateways too; their \
              Elastic IP addresses stay allocated.",
    }],
    does: Does::Cuts(&[Stops::Outbound]),
    cuts: "connections out by a NAT gateway, public or private, new and established; forwarding by NAT \
           instances",
    leaves: leaves!("the NAT gateways, and route tables that serve no subnet"),
    breaks: "Private subnets lose the internet: updates, registries, AWS's APIs without an endpoint, \
             partners that allow the NAT's address; Session Manager too, where it has no endpoint.",
    doc: "\
A NAT gateway has no switch and no security group. Deletes each route to one from the tables that serve
subnets in scope; a table that 530 took out of use is left as it is. A table that also serves a subnet
out of scope is refused.

A **NAT instance** is taken to be an interface whose source/destination check is off *and* that a route
leads to; either alone is common with firewalls and containers. Its check is turned on: it forwards
nothing any more, and is otherwise left alone.

**`way = \"delete\"`** deletes each NAT gateway after every route to it, in whatever table. Its Elastic IP
addresses stay allocated, so that partners' allow-lists hold. A gateway is kept while a route still
leads to it: on restore that route would name an id that is gone. Regional NAT gateways are refused: the
addresses that AWS gave them cannot be had again.

**`--keep-cidr`**: a route to NAT that carries the path of a kept CIDR is refused, and so is what it leads to,
unless `--lose-my-path` is given.

**What surprises.** Packets whose route is deleted take the next wider one in the same table. Where that
leads to an internet gateway, the route to NAT is refused until 530 has cut the other.
Deleting and making a NAT gateway take minutes each; AWS allows one such call a second.

**Undo.** Routes are made again, and checks turned off again. A deleted gateway is made again in its
subnet with its Elastic IP addresses, private addresses and tags, under a new id; where its primary
private address was taken meanwhile, AWS picks another. Then each route to it is made again, to the new
id. It needs the VPC's internet gateway: when 550 detached that, put 550 back first.

**By hand.** `aws ec2 describe-route-tables --query
'RouteTables[].Routes[?NatGatewayId].[NatGatewayId,State]'` shows none that serves a subnet; CloudWatch's
`ActiveConnectionCount` of the gateway goes to 0.

<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html>",
};

const GATEWAY: &str = "nat-gateway";
const INSTANCE: &str = "nat-instance";
const VPC: &str = "vpc";

impl Step for Nat {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn effect(&self, params: &Params) -> Effect {
        match text(params, "way", "routes") {
            "delete" => Effect { leaves: leaves!("regional NAT gateways themselves"), ..SPEC.effect() },
            _ => SPEC.effect(),
        }
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        find::find(account, case)
    }

    fn lenses(&self) -> Lenses {
        &[&Nat]
    }
}

impl Lens for Nat {
    type State = State;
    const KIND: &'static str = "";
    const NEEDS: &'static [Section] = &[Section::Interfaces, Section::RouteTables, Section::NatGateways];
    const SETTLES_WITHIN: Duration = Duration::from_secs(600);

    fn needs(&self, at: &Target) -> &'static [Section] {
        match at.kind.as_str() {
            GATEWAY => &[Section::NatGateways],
            INSTANCE => &[Section::Interfaces],
            _ => &[Section::RouteTables],
        }
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let Look { at, account, case } = *look;
        let Some(here) = account.regions.get(at.region_name()) else { return Now::Vanished };
        match at.kind.as_str() {
            GATEWAY => gateway::state(at, here, &case.names),
            INSTANCE => match &here.interfaces {
                Seen::Gap(gap) => Now::Unknown(gap.clone()),
                Seen::Read(all) => all
                    .get(&at.id)
                    .map_or(Now::Vanished, |i| Now::Is(State::Forwarding(!i.source_dest_check))),
            },
            VPC => Now::Is(State::Closed),
            _ => match routes::state(at, here, &case.names) {
                Now::Is(route) => Now::Is(State::Route(route)),
                Now::Settling(route) => Now::Settling(State::Route(route)),
                Now::Vanished => Now::Vanished,
                Now::Unknown(gap) => Now::Unknown(gap),
            },
        }
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let Look { at, account, case } = *look;
        let Some(here) = account.regions.get(at.region_name()) else {
            return Verdict::Refuse("its Region was not read".into());
        };
        match now {
            State::Route(Some(target)) => contain_route(at, target, here, case),
            State::Forwarding(true) => contain_instance(at, here, account, case),
            State::Gateway(Some(_)) => contain_gateway(at, here, case),
            State::Closed => match here.shared_from(&at.id, account) {
                Some(owner) => Verdict::Refuse(format!(
                    "shared from {owner}: only its owner can change its routes to NAT"
                )),
                None => Verdict::Already,
            },
            State::Route(None) | State::Forwarding(false) | State::Gateway(None) => Verdict::Already,
        }
    }

    /// A gateway that was made again has its new interface's id recorded after its own.
    fn passes(&self, _: &State, to: &State) -> Vec<State> {
        match to {
            State::Gateway(Some(body)) => vec![State::Gateway(Some(body.without_interfaces()))],
            _ => vec![],
        }
    }

    fn show(&self, state: &State) -> String {
        match state {
            State::Route(Some(target)) => format!("route to {target}"),
            State::Route(None) => "no route".into(),
            State::Forwarding(true) => "forwards (no source/destination check)".into(),
            State::Forwarding(false) => "forwards nothing".into(),
            State::Gateway(Some(body)) => body.show(),
            State::Gateway(None) => "deleted".into(),
            State::Closed => "no way out by NAT".into(),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        match to {
            State::Route(route) => routes::write(aws, at, route).await,
            State::Forwarding(on) if from != to => forward(aws, at, *on).await,
            State::Gateway(Some(body)) => gateway::make(aws, at, body).await,
            State::Gateway(None) => gateway::delete(aws, at).await,
            State::Forwarding(_) | State::Closed => Ok(()),
        }
    }
}

async fn forward(aws: &Aws, at: &Target, on: bool) -> Result<(), StepError> {
    use aws_sdk_ec2::types::AttributeBooleanValue;
    let modify = aws.ec2(at.region_name()).modify_network_interface_attribute().network_interface_id(&at.id);
    modify.source_dest_check(AttributeBooleanValue::builder().value(!on).build()).send().await?;
    Ok(())
}

fn contain_route(at: &Target, target: &str, here: &Region, case: &Case) -> Verdict<State> {
    let (table, to) = at.parts();
    if let Some(subnet) = here.served_beyond(table, &case.scope) {
        return Verdict::Refuse(format!("{table} also serves {subnet}, which is not in scope"));
    }
    let gateway = here.nat_gateways.item(&case.names.current(target));
    // A gateway that goes takes every route to it along, whomever the table serves.
    let goes =
        case.param("way", "routes") == "delete" && gateway.is_some_and(|g| g.availability != "regional");
    let serves = !here.served_by(table).is_empty();
    let main = here.route_tables.item(table).is_some_and(|table| table.main);
    if !(serves || main || goes) {
        return Verdict::Already;
    }
    match keeps(here, table, case, |route| route.destination == to && route.is_made())
        .or_else(|| detour(here, at))
    {
        Some(why) => Verdict::Refuse(why),
        None => Verdict::Change(State::Route(None)),
    }
}

/// Why a way out by NAT stays: a table that serves a subnet leads a kept CIDR's packets there.
fn keeps(here: &Region, table: &str, case: &Case, which: impl Fn(&Route) -> bool) -> Option<Reason> {
    let known = here.route_tables.item(table).filter(|_| !here.served_by(table).is_empty())?;
    keep::carried(here, known, &case.scope, which).map(|cidr| keep::refusal(SPEC.id, cidr))
}

/// Packets of a host with a public address of its own would go out without NAT.
fn detour(here: &Region, at: &Target) -> Option<Reason> {
    let (table, to) = at.parts();
    let table = here.route_tables.item(table)?;
    let route = table.made().find(|route| route.destination == to)?;
    fallback::detour(here, table, route, |other| other.target.starts_with("nat-"))
}

fn contain_instance(at: &Target, here: &Region, account: &Account, case: &Case) -> Verdict<State> {
    match here.interfaces.item(&at.id) {
        Some(interface) if interface.owner != account.id => {
            Verdict::Refuse(format!("belongs to {}", interface.owner))
        }
        Some(interface) => match &interface.managed_by {
            Some(service) => Verdict::Refuse(format!("{service} manages it: AWS refuses to change it")),
            None => {
                let led = |route: &Route| route.target == at.id && route.is_made();
                let mut tables = find::own(here, &interface.vpc);
                match tables.find_map(|(table, _)| keeps(here, table, case, led)) {
                    Some(why) => Verdict::Refuse(why),
                    None => Verdict::Change(State::Forwarding(false)),
                }
            }
        },
        None => Verdict::Refuse("it was not read".into()),
    }
}

fn contain_gateway(at: &Target, here: &Region, case: &Case) -> Verdict<State> {
    let Some(gateway) = here.nat_gateways.item(&case.names.current(&at.id)) else {
        return Verdict::Already;
    };
    if gateway.availability == "regional" {
        return Verdict::Refuse(
            "a regional NAT gateway's own addresses cannot be had again: only its routes are cut".into(),
        );
    }
    if gateway.state == "pending" {
        return Verdict::Refuse("it is being made: wait until it is available".into());
    }
    let led = find::led_to(here, &at.id, &case.names);
    if let Some((table, subnet)) =
        led.iter().find_map(|(table, _)| Some((table, here.served_beyond(table, &case.scope)?)))
    {
        return Verdict::Refuse(format!("{table} leads to it for {subnet}, which is not in scope"));
    }
    let gateway = case.names.current(&at.id);
    let led_there = |route: &Route| route.target == gateway;
    if let Some(why) = led.iter().find_map(|(table, _)| keeps(here, table, case, led_there)) {
        return Verdict::Refuse(why);
    }
    let stays = led.iter().find_map(|(table, route)| {
        let at = Target::new(routes::KIND, format!("{table}/{}", route.destination));
        detour(here, &at).map(|why| format!("{table} leads to it for {}: {why}", route.destination))
    });
    stays.map_or(Verdict::Change(State::Gateway(None)), Verdict::Refuse)
}

#[cfg(test)]
mod tests;
