//! 550: internet gateways detached where AWS lets them go.

mod find;
mod keeps;
mod writes;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::account::{Account, Address, NatAddress, NatGateway, Region, Section, Seen, Tags};
use crate::step::{
    Case, Does, Effect, Found, Iam, Lens, Lenses, Look, Now, Param, ParamKind, Params, Reversal, Spec, Step,
    StepError, StepId, Stops, Target, Verdict, Write, count, created, routes, text,
};

pub struct InternetGateways;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The VPC that an internet gateway is attached to.
    Attached(Option<String>),
    /// Where an Elastic IP address leads.
    Mapped(Option<Place>),
    /// `None`: there is no such egress-only gateway.
    Egress(Option<Egress>),
    Route(routes::State),
    /// A VPC without a gateway.
    Closed,
}

/// An address of an interface.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    interface: String,
    private_ip: Option<String>,
}

/// All that an egress-only gateway is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Egress {
    vpc: String,
    tags: Tags,
}

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

static SPEC: Spec = Spec {
    id: StepId(550),
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
    params: &[Param {
        name: "way",
        kind: ParamKind::Choice(&["detach", "unmap"]),
        doc: "`detach`: a gateway is detached where no public address is mapped. `unmap`: Elastic IP \
              addresses of the account's own interfaces are taken off first, and egress-only gateways are \
              deleted.",
    }],
    does: Does::Cuts(&[Stops::Sites, Stops::Outbound]),
    cuts: "IPv4 and IPv6 between a VPC and the internet, both ways, wherever its gateway is detached",
    leaves: leaves!("; egress-only gateways, so IPv6 outwards"),
    breaks: "Nothing in these VPCs is reached from the internet or reaches it; with `unmap` also in VPCs \
             whose gateway stays, for the hosts whose Elastic IP address is taken off.",
    doc: "\
Detaches the internet gateway of each VPC in which no public IPv4 address is mapped. AWS refuses
everywhere else with `DependencyViolation`: it counts instances, load balancers, NAT gateways, Fargate
tasks and every other interface, whoever made it. So on most VPCs that are in use this step only says
what holds the gateway; 590 and 530 are what cuts there. IPv6 addresses are not counted.

An egress-only gateway cannot be detached, only deleted. By default it is named and left: 530 and 590
hold it.

**`way = \"unmap\"`** first takes Elastic IP addresses off the account's own interfaces; they stay
allocated. Two kinds stay mapped: addresses of interfaces that a service runs (AWS answers
`AuthFailure`), and public addresses that AWS assigned by itself, which cannot be given back without
stopping the instance. Where any is left, the gateway stays. Egress-only gateways are deleted, after the
routes that lead to them.

**`--keep-cidr`**: what carries the path of a kept CIDR is refused, unless `--lose-my-path` is given: an
Elastic IP address whose subnet answers it by the gateway, an egress-only gateway, and for IPv6 the gateway.

**What surprises.** An instance with a single interface that was launched with a public address gets a
new one, by itself, minutes after its Elastic IP address is taken off; then AWS refuses to detach.
Routes to a detached gateway stay and read `blackhole`. Unmapping leaves DNS names and allow-lists that
name the address without anybody behind them, until restore.

**Undo.** The gateway is attached again, and its routes come alive. Each Elastic IP address goes back to
the interface and private address that it had. An egress-only gateway is made again with its tags,
under a new id, and the routes that led to the old one are made again to the new one.

**By hand.** `aws ec2 describe-internet-gateways` shows no attachment; `aws ec2
describe-network-interfaces --filters Name=vpc-id,Values=VPC --query
'NetworkInterfaces[?Association].[NetworkInterfaceId,Association.PublicIp]'` shows what holds one.

<https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html>",
};

const GATEWAY: &str = "internet-gateway";
const ADDRESS: &str = "address";
const EGRESS: &str = "egress-gateway";
const VPC: &str = "vpc";

impl Step for InternetGateways {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn effect(&self, params: &Params) -> Effect {
        match text(params, "way", "detach") {
            "unmap" => Effect { leaves: leaves!(""), ..SPEC.effect() },
            _ => SPEC.effect(),
        }
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        find::find(account, case)
    }

    fn lenses(&self) -> Lenses {
        &[&InternetGateways]
    }
}

impl Lens for InternetGateways {
    type State = State;
    const KIND: &'static str = "";
    const NEEDS: &'static [Section] =
        &[Section::RouteTables, Section::InternetGateways, Section::EgressGateways, Section::Addresses];

    fn needs(&self, at: &Target) -> &'static [Section] {
        match at.kind.as_str() {
            GATEWAY => &[Section::InternetGateways],
            ADDRESS => &[Section::Addresses],
            EGRESS => &[Section::EgressGateways],
            _ => &[Section::RouteTables],
        }
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let Look { at, account, case } = *look;
        let Some(here) = account.regions.get(at.region_name()) else { return Now::Vanished };
        match at.kind.as_str() {
            GATEWAY => match &here.internet_gateways {
                Seen::Gap(gap) => Now::Unknown(gap.clone()),
                Seen::Read(all) => {
                    all.get(&at.id).map_or(Now::Vanished, |g| Now::Is(State::Attached(g.vpc.clone())))
                }
            },
            ADDRESS => match &here.addresses {
                Seen::Gap(gap) => Now::Unknown(gap.clone()),
                Seen::Read(all) => {
                    all.get(&at.id).map_or(Now::Vanished, |a| Now::Is(State::Mapped(place(a))))
                }
            },
            EGRESS => match &here.egress_gateways {
                Seen::Gap(gap) => Now::Unknown(gap.clone()),
                Seen::Read(all) => {
                    Now::Is(State::Egress(all.get(&case.names.current(&at.id)).map(|gateway| Egress {
                        vpc: gateway.vpc.clone(),
                        tags: created::given_again(&gateway.tags),
                    })))
                }
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
            State::Attached(Some(vpc)) => contain_gateway(vpc, at, here, account, case),
            State::Mapped(Some(_)) => match here.addresses.item(&at.id) {
                None => Verdict::Refuse("it is not there any more".into()),
                Some(address) => match stays(address, here, account, case) {
                    Some(why) => Verdict::Refuse(why),
                    None => Verdict::Change(State::Mapped(None)),
                },
            },
            State::Closed => match here.shared_from(&at.id, account) {
                Some(owner) => {
                    Verdict::Refuse(format!("shared from {owner}: only its owner can detach its gateway"))
                }
                None => Verdict::Already,
            },
            State::Egress(Some(_)) => {
                let gateway = case.names.current(&at.id);
                match keeps::through(here, at.vpc.as_deref(), case, |route| route.target == gateway) {
                    Some(why) => Verdict::Refuse(why),
                    None => Verdict::Change(State::Egress(None)),
                }
            }
            State::Route(Some(_)) => {
                let (table, to) = at.parts();
                match keeps::by_table(here, table, case, |route| route.destination == to && route.is_made()) {
                    Some(why) => Verdict::Refuse(why),
                    None => Verdict::Change(State::Route(None)),
                }
            }
            // A service's address may lead to no interface that AWS shows, and is in use all the same.
            State::Mapped(None) => match here.addresses.item(&at.id).filter(|a| a.managed_by.is_some()) {
                Some(address) => Verdict::Refuse(holder(address, here, account).unwrap_or_default()),
                None => Verdict::Already,
            },
            State::Attached(None) | State::Egress(None) | State::Route(None) => Verdict::Already,
        }
    }

    fn show(&self, state: &State) -> String {
        match state {
            State::Attached(Some(vpc)) => format!("attached to {vpc}"),
            State::Attached(None) => "detached".into(),
            State::Mapped(Some(Place { interface, private_ip: Some(ip) })) => format!("{interface} {ip}"),
            State::Mapped(Some(place)) => place.interface.clone(),
            State::Mapped(None) => "not associated".into(),
            State::Egress(Some(_)) => "IPv6 out".into(),
            State::Egress(None) => "none".into(),
            State::Route(Some(target)) => format!("route to {target}"),
            State::Route(None) => "no route".into(),
            State::Closed => "no gateway to the internet".into(),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        match (from, to) {
            (_, State::Attached(vpc)) => writes::attach(aws, at, vpc.as_deref()).await,
            (_, State::Mapped(place)) => writes::map(aws, at, place.as_ref()).await,
            (_, State::Egress(gateway)) => writes::egress(aws, at, gateway.as_ref()).await,
            (_, State::Route(route)) => routes::write(aws, at, route).await,
            (_, State::Closed) => Ok(()),
        }
    }
}

fn place(address: &Address) -> Option<Place> {
    let interface = address.interface.clone()?;
    Some(Place { interface, private_ip: address.private_ip.clone() })
}

/// Why an address cannot be taken off its interface.
fn holder(address: &Address, here: &Region, account: &Account) -> Option<String> {
    if let Some(service) = &address.managed_by {
        return Some(match service.as_str() {
            "rnat" => "a regional NAT gateway manages the address: 560 cuts the routes to it".into(),
            service => format!("{service} manages the address"),
        });
    }
    let id = address.interface.as_ref()?;
    let Some(interface) = here.interfaces.item(id) else {
        let theirs = address.interface_owner.as_ref().filter(|owner| **owner != account.id)?;
        return Some(format!("it leads to an interface of {theirs}"));
    };
    match &interface.managed_by {
        Some(service) => Some(format!("{service} manages {id}: AWS refuses to take its address off")),
        None if interface.owner != account.id => Some(format!("{id} belongs to {}", interface.owner)),
        None => None,
    }
}

fn contain_gateway(vpc: &str, at: &Target, here: &Region, account: &Account, case: &Case) -> Verdict<State> {
    if let Some(owner) = here.internet_gateways.item(&at.id).map(|g| &g.owner).filter(|o| **o != account.id) {
        return Verdict::Refuse(format!("belongs to {owner}"));
    }
    if !case.scope.has_vpc(here, vpc) {
        return Verdict::Refuse(format!("only a part of {vpc} is in scope, and it serves all of it"));
    }
    if here.interfaces.read().is_none() {
        return Verdict::Refuse("its interfaces could not be read: nobody knows what is mapped".into());
    }
    let mut stay = mapped(here, vpc);
    if case.param("way", "detach") == "unmap" {
        let off = here.addresses.items().filter(|(_, a)| a.interface.is_some());
        for (_, address) in off.filter(|(_, address)| stays(address, here, account, case).is_none()) {
            stay.remove(&address.public_ip);
        }
    }
    if !stay.is_empty() {
        let mapped = count(stay.len(), "public address");
        return Verdict::Refuse(format!("AWS refuses: {mapped} mapped; 590 and 530 hold it"));
    }
    // With no IPv4 address mapped the gateway carries IPv6 alone.
    match keeps::ipv6(here, vpc, case, |route| route.target == at.id) {
        Some(why) => Verdict::Refuse(why),
        None => Verdict::Change(State::Attached(None)),
    }
}

/// Why an address is not taken off: AWS refuses, or a kept CIDR comes and goes by it.
fn stays(address: &Address, here: &Region, account: &Account, case: &Case) -> Option<String> {
    holder(address, here, account).or_else(|| keeps::by_address(here, address, case))
}

/// The public addresses that are mapped in a VPC, whoever's interface they lead to. Those of a regional
/// NAT gateway may lead to none that AWS shows.
fn mapped(here: &Region, vpc: &str) -> BTreeSet<String> {
    let interfaces = here.interfaces.items().filter(|(_, interface)| interface.vpc == vpc);
    let on_interfaces =
        interfaces.flat_map(|(_, i)| i.public_ip.iter().chain(i.secondary.values().flatten()));
    let of_nat = nat_addresses(here, vpc).filter_map(|address| address.public_ip.as_ref());
    on_interfaces.chain(of_nat).cloned().collect()
}

/// The addresses of the regional NAT gateways of a VPC.
fn nat_addresses<'a>(here: &'a Region, vpc: &'a str) -> impl Iterator<Item = &'a NatAddress> {
    let gateways = here.nat_gateways.items().map(|(_, gateway)| gateway);
    let regional = |gateway: &NatGateway| gateway.availability == "regional" && gateway.state != "failed";
    gateways.filter(move |gateway| gateway.vpc == vpc && regional(gateway)).flat_map(|g| &g.addresses)
}

#[cfg(test)]
mod tests;
