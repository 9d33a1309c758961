//! 530: every subnet behind a route table that leads nowhere but within its VPC.

mod find;
mod leaves;
mod made;
mod writes;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::account::{Account, Region, Route, RouteTable, Section, Seen};
use crate::step::created::of_other_run;
use crate::step::{
    Case, Does, Effect, Found, Iam, Lens, Lenses, Look, Now, Param, ParamKind, Params, Reason, Reversal,
    Spec, Step, StepError, StepId, Stops, Target, Verdict, Write, count, keep, routes, text,
};

pub struct RouteTables;

/// What a target is like: the isolation table of a VPC, the table that serves something, or one
/// route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// `None`: there is none.
    Table(Option<Body>),
    /// Of a subnet, of a gateway, or of the subnets that have no table of their own.
    Served(By),
    Route(routes::State),
    /// Does a virtual private gateway propagate its routes into a table?
    Propagation(bool),
    /// A table without a way out.
    Closed,
}

/// What the isolation table has besides the local routes that every table has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    routes: BTreeSet<Route>,
    propagating: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    Id(String),
    /// The VPC's main table, because the subnet has none of its own.
    Main,
    /// The one that this run created for the VPC.
    Isolation,
    /// One that the subnet's owner does not let us see.
    Hidden,
    None,
}

static SPEC: Spec = Spec {
    id: StepId(530),
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
    params: &[Param {
        name: "way",
        kind: ParamKind::Choice(&["swap", "delete"]),
        doc: "`swap`: subnets and the main association go to a new table with local routes only. `delete`: \
              each route out of the VPC is deleted where it is, and propagation is turned off.",
    }],
    does: Does::Cuts(&[Stops::Sites, Stops::Links, Stops::OwnWay, Stops::Outbound]),
    cuts: "every way out of the VPC that a route table gives: internet gateway, NAT, VPN, Direct Connect, \
           peering, transit gateway, gateway endpoints; IPv4 and IPv6",
    leaves: leaves::SWAP,
    breaks: "Nothing in these subnets reaches anything outside the VPC, nor answers it: load balancers, \
             NAT for other subnets, VPN, and your own way in, Session Manager included.",
    doc: include_str!("s530_route_tables/doc.md"),
};

const CREATED: &str = "isolation-table";
/// The role in the tags of the table that the run makes.
const ROLE: &str = "isolation";
const SUBNET: &str = "subnet";
/// Of a VPC: the table of the subnets that have none of their own.
const MAIN: &str = "main-table";
/// Of an internet or virtual private gateway: the table for what comes in. Nothing cuts it any more;
/// journals of runs that did are put back.
const GATEWAY: &str = "edge";
/// Of a gateway's propagation into a table: `rtb-1/vgw-1`.
const PROPAGATION: &str = "propagation";
const TABLE: &str = "route-table";

fn name(vpc: &str) -> String {
    format!("{CREATED}/{vpc}")
}

impl Step for RouteTables {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn effect(&self, params: &Params) -> Effect {
        let deletes = text(params, "way", "swap") == "delete";
        Effect { leaves: if deletes { leaves::DELETE } else { SPEC.leaves }, ..SPEC.effect() }
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        find::find(self, account, case)
    }

    fn lenses(&self) -> Lenses {
        &[&RouteTables]
    }
}

impl Lens for RouteTables {
    type State = State;
    const KIND: &'static str = "";
    const NEEDS: &'static [Section] = &[Section::Subnets, Section::RouteTables];

    fn needs(&self, at: &Target) -> &'static [Section] {
        match at.kind.as_str() {
            SUBNET => &[Section::Subnets, Section::RouteTables],
            _ => &[Section::RouteTables],
        }
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let Look { at, account, case } = *look;
        let Some(here) = account.regions.get(at.region_name()) else { return Now::Vanished };
        let tables = match &here.route_tables {
            Seen::Read(tables) => tables,
            Seen::Gap(gap) => return Now::Unknown(gap.clone()),
        };
        let isolation = case.names.id(&name(at.vpc.as_deref().unwrap_or_default()));
        let by =
            |id: &String| if Some(id) == isolation.as_ref() { By::Isolation } else { By::Id(id.clone()) };
        match at.kind.as_str() {
            CREATED => {
                Now::Is(State::Table(made::isolation_table(here, &at.id, case).map(|(_, table)| body(table))))
            }
            MAIN => match here.main_table(&at.id) {
                Some((id, _)) => Now::Is(State::Served(by(id))),
                None => Now::Vanished,
            },
            GATEWAY => {
                let table = tables.iter().find(|(_, table)| table.gateways.contains(&at.id));
                Now::Is(State::Served(table.map_or(By::None, |(id, _)| by(id))))
            }
            SUBNET => match tables.iter().find(|(_, table)| table.subnets.contains(&at.id)) {
                Some((id, _)) => Now::Is(State::Served(by(id))),
                None => followed(here, at, account),
            },
            PROPAGATION => match at.id.split_once('/').and_then(|(id, vgw)| Some((tables.get(id)?, vgw))) {
                Some((table, vgw)) => Now::Is(State::Propagation(table.propagating.contains(vgw))),
                None => Now::Vanished,
            },
            TABLE => Now::Is(State::Closed),
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
            State::Table(None) => Verdict::Change(State::Table(Some(Body::default()))),
            State::Table(Some(body)) if *body == Body::default() => Verdict::Already,
            State::Table(Some(_)) => Verdict::Lasting(
                State::Table(Some(Body::default())),
                "somebody added routes to the isolation table: they stay out".into(),
            ),
            State::Served(by) => contain_served(by, at, here, account, case),
            State::Route(_) | State::Propagation(_) => contain_route(now, at, here, case),
            State::Closed => Verdict::Already,
        }
    }

    fn creates(&self, at: &Target) -> Option<String> {
        (at.kind == CREATED).then(|| name(&at.id))
    }

    fn tagged(&self, look: &Look<'_>) -> Vec<String> {
        let Look { at, account, case } = *look;
        made::tagged(at, account, case)
    }

    fn used_by(&self, look: &Look<'_>) -> Option<Reason> {
        let Look { at, account, case } = *look;
        made::used_by(at, account, case)
    }

    /// Propagation ends and routes go one call at a time.
    fn passes(&self, from: &State, to: &State) -> Vec<State> {
        let (State::Table(Some(from)), State::Table(Some(_))) = (from, to) else { return vec![] };
        let mut rest = from.clone();
        let mut passes = vec![];
        while let Some(vgw) = rest.propagating.pop_first() {
            rest.routes.retain(|route| route.target != vgw || route.is_made());
            passes.push(State::Table(Some(rest.clone())));
        }
        let made: Vec<Route> = rest.routes.iter().filter(|route| route.is_made()).cloned().collect();
        for route in made {
            rest.routes.remove(&route);
            passes.push(State::Table(Some(rest.clone())));
        }
        passes.retain(|state| *state != State::Table(Some(Body::default())));
        passes
    }

    fn show(&self, state: &State) -> String {
        match state {
            State::Table(None) | State::Served(By::None) => "none".into(),
            State::Table(Some(body)) if *body == Body::default() => "a table with local routes only".into(),
            State::Table(Some(body)) => format!("a table with {} out", count(body.routes.len(), "route")),
            State::Served(By::Id(id)) => id.clone(),
            State::Served(By::Main) => "the VPC's main table".into(),
            State::Served(By::Isolation) => "isolation table".into(),
            State::Served(By::Hidden) => "a table that its owner does not show".into(),
            State::Route(None) => "no route".into(),
            State::Route(Some(target)) => format!("route to {target}"),
            State::Propagation(true) => "propagated".into(),
            State::Propagation(false) => "not propagated".into(),
            State::Closed => "local routes only".into(),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        match to {
            State::Table(Some(_)) => writes::close(aws, at).await,
            State::Table(None) => writes::delete(aws, at).await,
            State::Served(by) => writes::serve(aws, at, by).await,
            State::Route(route) => routes::write(aws, at, route).await,
            State::Propagation(on) => writes::propagate(aws, at, *on).await,
            State::Closed => Ok(()),
        }
    }
}

fn body(table: &RouteTable) -> Body {
    let out = table.routes.iter().filter(|route| !route.is_local());
    Body { routes: out.cloned().collect(), propagating: table.propagating.clone() }
}

/// A subnet without a table of its own.
fn followed(here: &Region, at: &Target, account: &Account) -> Now<State> {
    let subnets = match &here.subnets {
        Seen::Read(subnets) => subnets,
        Seen::Gap(gap) => return Now::Unknown(gap.clone()),
    };
    match subnets.get(&at.id) {
        Some(subnet) if here.main_table(&subnet.vpc).is_some() => Now::Is(State::Served(By::Main)),
        Some(subnet) if subnet.owner != account.id => Now::Is(State::Served(By::Hidden)),
        _ => Now::Vanished,
    }
}

fn contain_served(by: &By, at: &Target, here: &Region, account: &Account, case: &Case) -> Verdict<State> {
    let vpc = at.vpc.as_deref().unwrap_or_default();
    let owner = match at.kind.as_str() {
        SUBNET => here.subnets.item(&at.id).map(|subnet| &subnet.owner),
        _ => here.vpcs.item(vpc).map(|vpc| &vpc.owner),
    };
    if let Some(owner) = owner.filter(|owner| **owner != account.id) {
        return Verdict::Refuse(format!("shared from {owner}: only its owner can change the route table"));
    }
    let table = match by {
        By::Isolation | By::None => return Verdict::Already,
        By::Hidden => return Verdict::Refuse("its owner does not show the route table".into()),
        By::Id(_) if at.kind == GATEWAY => return Verdict::Already,
        By::Id(id) => here.route_tables.item(id),
        By::Main => here.main_table(vpc).map(|(_, table)| table),
    };
    match table {
        None => Verdict::Refuse("its route table was not read".into()),
        Some(table) if !here.leads_out(table) => Verdict::Already,
        Some(table) => match keep::carried(here, table, &case.scope, |_| true) {
            Some(cidr) => Verdict::Refuse(keep::refusal(SPEC.id, cidr)),
            None => {
                let isolated = State::Served(By::Isolation);
                let By::Id(id) = by else { return Verdict::Change(isolated) };
                match of_other_run(id, &table.tags, &case.run) {
                    Some(why) => Verdict::Lasting(isolated, why),
                    None => Verdict::Change(isolated),
                }
            }
        },
    }
}

/// A route or a propagation that goes where it is.
fn contain_route(now: &State, at: &Target, here: &Region, case: &Case) -> Verdict<State> {
    let (id, what) = at.parts();
    let Some(table) = here.route_tables.item(id) else {
        return Verdict::Refuse("its route table was not read".into());
    };
    if *now == State::Propagation(false) {
        return Verdict::Already;
    }
    let propagation = *now == State::Propagation(true);
    let is_it = |route: &Route| {
        if propagation {
            route.target == what && !route.is_made()
        } else {
            route.destination == what && route.is_made()
        }
    };
    if *now == State::Route(None) {
        let there = table.routes.iter().find(|route| route.destination == what);
        return match there {
            Some(route) if route.is_endpoint() => {
                Verdict::Refuse(format!("it belongs to the gateway endpoint {}: 570 cuts it", route.target))
            }
            Some(route) if route.origin == "Advertisement" => Verdict::Refuse(
                "a Route Server advertises it: it ends with the Route Server's propagation to this table"
                    .into(),
            ),
            _ => Verdict::Already,
        };
    }
    if let Some(subnet) = here.served_beyond(id, &case.scope) {
        return Verdict::Refuse(format!("{id} also serves {subnet}, which is not in scope"));
    }
    if !propagation && table.made().any(|route| is_it(route) && route.blackhole) {
        return Verdict::Already;
    }
    match keep::carried(here, table, &case.scope, is_it) {
        Some(cidr) => Verdict::Refuse(keep::refusal(SPEC.id, cidr)),
        None if propagation => Verdict::Change(State::Propagation(false)),
        None => Verdict::Change(State::Route(None)),
    }
}

#[cfg(test)]
mod tests;
