//! 580: peerings, transit gateways, `PrivateLink` services and the side doors into hosts.

mod connection;
mod console;
mod findings;
mod session;

use super::shared::route::Route;
use crate::account::{Account, Section};
use crate::step::{Case, Does, Found, Iam, Item, Lens, Lenses, Reversal, Spec, Step, StepId, Stops, Target};
use connection::Connection;
use console::SerialConsole;
use session::Session;

pub struct PeeringTransit;

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
            "ec2:DescribeRouteTables",
            "ec2:DisableSerialConsoleAccess",
            "ec2:RejectVpcEndpointConnections",
            "ssm:TerminateSession",
        ],
        undo: &[
            "ec2:AcceptVpcEndpointConnections",
            "ec2:CreateRoute",
            "ec2:DescribeRouteTables",
            "ec2:EnableSerialConsoleAccess",
        ],
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
    doc: include_str!("s580_peering_transit/doc.md"),
};

/// Another VPC, here or in another account, by peering, transit gateway or Cloud WAN.
fn leads(target: &str) -> bool {
    target.starts_with("pcx-")
        || target.starts_with("tgw-")
        || (target.starts_with("arn:") && target.contains(":networkmanager:"))
}

/// The routes to these.
const ROUTES: Route = Route::new(STEP, leads);

impl Step for PeeringTransit {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        let regions = account.regions.iter().filter(|(name, _)| case.scope.has_region(name));
        for (region, here) in regions {
            findings::say(&mut found, region, here, case);
            ROUTES.items(region, here, &case.scope).for_each(|item| found.item(item));
            connection::items(region, here, case).for_each(|item| found.item(item));
            if case.scope.is_whole() && here.serial_console.read().is_some() {
                found.item(Item::new(Target::new(SerialConsole::KIND, SerialConsole::KIND).region(region)));
            }
            session::items(region, here, case).for_each(|item| found.item(item));
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&ROUTES, &Connection, &SerialConsole, &Session]
    }
}

#[cfg(test)]
mod tests;
