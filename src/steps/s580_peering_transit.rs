//! 580: peerings, transit gateways, `PrivateLink` services and the side doors into hosts.

mod doors;

use serde::{Deserialize, Serialize};

use super::routes;
use crate::account::{Account, Region, Section, Seen};
use crate::step::{
    Case, Does, Found, Iam, Item, Lens, Lenses, Look, Now, Reversal, Spec, Step, StepError, StepId, Stops,
    Target, Verdict, Write,
};

pub struct PeeringTransit;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Where the route leads; `None`: there is none.
    Route(Option<String>),
    /// The state of an endpoint's connection to a service of this account.
    Connection(String),
    /// Is the serial console on?
    SerialConsole(bool),
    /// Is the session open?
    Session(bool),
}

const STEP: StepId = StepId(580);

static SPEC: Spec = Spec {
    id: STEP,
    slug: "peering-transit",
    title: "Peerings, transit gateways, endpoint services and side doors: closed",
    needs: &[
        Section::Vpcs,
        Section::Subnets,
        Section::Instances,
        Section::RouteTables,
        // A route may lead to a prefix list: what is in it?
        Section::PrefixLists,
        Section::TransitAttachments,
        Section::Peerings,
        Section::EndpointServices,
        Section::ConnectEndpoints,
        Section::SerialConsole,
        Section::Sessions,
    ],
    reversal: Reversal::Partial("sessions that were ended stay ended; all else is put back"),
    iam: Iam {
        apply: &[
            "ec2:DeleteRoute",
            "ec2:DisableSerialConsoleAccess",
            "ec2:RejectVpcEndpointConnections",
            "ssm:TerminateSession",
        ],
        undo: &["ec2:AcceptVpcEndpointConnections", "ec2:CreateRoute", "ec2:EnableSerialConsoleAccess"],
    },
    params: &[],
    does: Does::Cuts(&[Stops::Links, Stops::OwnWay]),
    cuts: "answers to peered VPCs, transit gateways and Cloud WAN; other accounts' endpoints to your \
           services; the serial console; open Session Manager sessions",
    leaves: concat!(
        "packets that come in from a peering or a transit gateway and need no answer, as long as the \
             other side routes them here; new Session Manager sessions, and tunnels through EC2 Instance \
             Connect endpoints, for whoever IAM lets open them; new connections to your endpoint services \
             where they need no acceptance; routes to public addresses that a wider route would take over \
             (cut that first: 530); route tables that serve no subnet; subnets shared from another account; \
             every other way: the internet, NAT, VPN, endpoints, DNS",
        unjudged!()
    ),
    breaks: "VPCs in this and other accounts lose each other, customers lose your endpoint services, and \
             people at work in a session are thrown out.",
    doc: "\
Deletes the routes to peerings, transit gateways and Cloud WAN core networks from every route table
that serves a subnet, one call each. Rejects the connections of endpoints to the services that this
account offers by `PrivateLink`. Turns the EC2 serial console off in each Region. Ends Session Manager
sessions, except your own: one that was opened by the identity that unplug runs as. That it is spared
here does not keep it alive: 510, 520, 530 or 570 before may have cut the agent's way out, and it with that.

**Limits.** Routes are this side's half: what the other side sends still comes in, and is not answered.
510 and 520 stop it. A peering or an attachment is not deleted, because the other account would have to
accept it again. A rejected endpoint may connect again by itself where the service accepts everybody
(`AcceptanceRequired` off). A session that was ended can be opened again by whoever IAM lets: cut
the agent's way out (510, 570), or the identity by hand (deny it `ssm:StartSession`; no step does it yet).
EC2 Instance Connect endpoints open tunnels from the internet into a VPC: 510 closes them by their
security group; opening a tunnel is an IAM permission, `ec2-instance-connect:OpenTunnel`.

A route to public addresses whose packets would take a wider route out instead is refused: 530 first.

**What surprises.** The serial console works without any network and ignores groups and ACLs. It is a
setting of the whole Region: with `--vpc` and the like it is left and said. An organization can hold it
by a declarative policy; AWS then refuses the change. A connection that waits for acceptance lets nothing
through and is left: a restore could only accept it. AWS answers 200 for connections that it did not
reject, and says so item by item.

**Undo.** Routes are made again to where they led, rejected connections are accepted again, the serial
console is turned on where it was on. Sessions stay ended.

**By hand.** `aws ec2 describe-vpc-endpoint-connections`, `aws ec2 get-serial-console-access-status`,
`aws ssm describe-sessions --state Active`, and in `aws ec2 describe-route-tables` no route to `pcx-` or
`tgw-`.

<https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-routing.html>
<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configure-access-to-serial-console.html>",
};

const CONNECTION: &str = "endpoint-connection";
const CONSOLE: &str = "serial-console";
const SESSION: &str = "session";

/// Another VPC, here or in another account, by peering, transit gateway or Cloud WAN.
fn leads(target: &str) -> bool {
    target.starts_with("pcx-")
        || target.starts_with("tgw-")
        || (target.starts_with("arn:") && target.contains(":networkmanager:"))
}

impl Step for PeeringTransit {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        let regions = account.regions.iter().filter(|(name, _)| case.scope.has_region(name));
        for (region, here) in regions {
            doors::findings(&mut found, region, here, case);
            routes::items(region, here, &case.scope, leads).for_each(|item| found.item(item));
            let whole = case.scope.is_whole();
            for (id, service) in here.endpoint_services.items().filter(|_| whole) {
                for (endpoint, connection) in &service.connections {
                    let at = Target::new(CONNECTION, format!("{id}/{endpoint}")).region(region);
                    found.item(Item::new(at.label(Some(&connection.owner))).tags(&service.tags));
                }
            }
            if whole && here.serial_console.read().is_some() {
                found.item(Item::new(Target::new(CONSOLE, CONSOLE).region(region)));
            }
            for (id, session) in here.sessions.items().filter(|(_, s)| in_scope(&s.target, here, case)) {
                let at = Target::new(SESSION, id).region(region).label(Some(&session.target));
                let instance = here.instances.item(&session.target);
                let at = Target { vpc: instance.map(|host| host.vpc.clone()), ..at };
                found.item(instance.into_iter().fold(Item::new(at), |item, host| item.tags(&host.tags)));
            }
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&PeeringTransit]
    }
}

impl Lens for PeeringTransit {
    type State = State;
    const KIND: &'static str = "";
    const NEEDS: &'static [Section] =
        &[Section::RouteTables, Section::EndpointServices, Section::SerialConsole, Section::Sessions];

    fn needs(&self, at: &Target) -> &'static [Section] {
        match at.kind.as_str() {
            routes::KIND => &[Section::RouteTables],
            CONNECTION => &[Section::EndpointServices],
            CONSOLE => &[Section::SerialConsole],
            _ => &[Section::Sessions],
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
            CONNECTION => doors::connection(at, here),
            CONSOLE => match &here.serial_console {
                Seen::Read(on) => Now::Is(State::SerialConsole(*on)),
                Seen::Gap(gap) => Now::Unknown(gap.clone()),
            },
            _ => doors::session(at, here),
        }
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let Look { at, account, case } = *look;
        match now {
            State::Route(Some(to)) => {
                let led =
                    |route: &crate::account::Route| route.target == *to && route.destination == at.parts().1;
                routes::contain((STEP, leads), at, account, case, led, State::Route(None))
            }
            State::Connection(state) if state == "available" => {
                Verdict::Change(State::Connection("rejected".into()))
            }
            // A connection that waits for acceptance, was rejected or is on its way out lets nothing
            // through.
            State::Route(None)
            | State::Connection(_)
            | State::SerialConsole(false)
            | State::Session(false) => Verdict::Already,
            State::SerialConsole(true) => Verdict::Change(State::SerialConsole(false)),
            State::Session(true) => {
                let sessions = account.regions.get(at.region_name()).map(|here| &here.sessions);
                let session = sessions.and_then(|sessions| sessions.item(&at.id));
                if session.is_some_and(|s| s.owner == account.caller.arn) && !case.scope.lose_my_path {
                    let why = "it is your own: spared here, but its way is not by 510, 520, 530 and 570; \
                               --lose-my-path ends it";
                    return Verdict::Refuse(why.into());
                }
                Verdict::Lasting(State::Session(false), "a session that was ended stays ended".into())
            }
        }
    }

    fn show(&self, state: &State) -> String {
        match state {
            State::Route(None) => "no route".into(),
            State::Route(Some(target)) => format!("route to {target}"),
            State::Connection(state) => state.clone(),
            State::SerialConsole(true) => "on".into(),
            State::SerialConsole(false) => "off".into(),
            State::Session(true) => "open".into(),
            State::Session(false) => "ended".into(),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let ec2 = aws.ec2(at.region_name());
        match to {
            State::Route(target) => routes::write(aws, at, target.as_deref()).await?,
            State::Connection(state) => doors::turn(aws, at, state == "available").await?,
            State::SerialConsole(true) => drop(ec2.enable_serial_console_access().send().await?),
            State::SerialConsole(false) => drop(ec2.disable_serial_console_access().send().await?),
            State::Session(false) => {
                drop(aws.ssm(at.region_name()).terminate_session().session_id(&at.id).send().await?);
            }
            State::Session(true) => {
                return Err(StepError::State("a session that was ended cannot be opened again".into()));
            }
        }
        Ok(())
    }
}

/// Is the host of a session in scope? Hosts that are no instances belong to no VPC.
fn in_scope(host: &str, here: &Region, case: &Case) -> bool {
    case.scope.is_whole() || case.scope.has_instance(here, host)
}

#[cfg(test)]
mod tests;
