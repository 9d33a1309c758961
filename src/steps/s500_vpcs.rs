//! 500: which VPCs there are, and every way in and out of each. Nothing is changed.

#[cfg(test)]
mod tests;
mod unjudged;
mod ways;

use std::collections::BTreeSet;

use crate::account::{Account, Region, Section, Vpc};
use crate::step::{Case, Does, Found, Iam, Reversal, Spec, Step, StepId, count};

pub struct Vpcs;

static SPEC: Spec = Spec {
    id: StepId(500),
    slug: "vpcs",
    title: "VPCs: what there is, and every way in and out",
    needs: &[
        Section::Vpcs,
        Section::Subnets,
        // A scope of instances or tags is found by them.
        Section::Instances,
        Section::Interfaces,
        Section::InternetGateways,
        Section::EgressGateways,
        Section::NatGateways,
        Section::VpnGateways,
        Section::VpnConnections,
        Section::ClientVpns,
        Section::VirtualInterfaces,
        Section::TransitAttachments,
        Section::Peerings,
        Section::Endpoints,
        Section::EndpointServices,
        Section::ConnectEndpoints,
        Section::LoadBalancers,
        Section::RouteTables,
        Section::SideDoors,
    ],
    reversal: Reversal::Full,
    iam: Iam { apply: &[], undo: &[] },
    params: &[],
    does: Does::Looks,
    cuts: "nothing: it looks",
    leaves: "everything as it is",
    breaks: "Nothing stops.",
    doc: include_str!("s500_vpcs/doc.md"),
};

impl Step for Vpcs {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            let touched = case.scope.touched_vpcs(here);
            for (id, vpc) in here.vpcs.items().filter(|(id, _)| touched.contains(*id)) {
                found.note(Some(region), line(id, vpc, here, account));
            }
            if case.scope.is_whole() {
                let ways = ways::of_the_region(here);
                if !ways.is_empty() {
                    found.note(Some(region), format!("in no VPC: {}", ways.join("; ")));
                }
            }
        }
        found
    }
}

fn line(id: &str, vpc: &Vpc, here: &Region, account: &Account) -> String {
    let subnets: Vec<_> = here.subnets.items().filter(|(_, subnet)| subnet.vpc == id).collect();
    let owners: BTreeSet<&String> =
        subnets.iter().map(|(_, s)| &s.owner).chain([&vpc.owner]).filter(|o| **o != account.id).collect();
    let interfaces: Vec<_> = here.interfaces.items().filter(|(_, i)| i.vpc == id).collect();
    let public = interfaces
        .iter()
        .filter(|(_, i)| i.public_ip.is_some() || i.secondary.values().any(Option::is_some))
        .count();
    let ipv6 = interfaces.iter().filter(|(_, i)| !i.ipv6.is_empty()).count();
    let mut text = id.to_owned();
    if let Some(name) = vpc.tags.get("Name") {
        text += &format!(" ({name})");
    }
    if !owners.is_empty() {
        let owners = owners.into_iter().cloned().collect::<Vec<_>>().join(", ");
        text += &format!(", shared from {owners}");
    }
    text += &format!(": {}, {}", count(subnets.len(), "subnet"), count(interfaces.len(), "interface"));
    for (with, what) in [(public, "a public IPv4 address"), (ipv6, "IPv6")] {
        if with > 0 {
            text += &format!(", {with} with {what}");
        }
    }
    match ways::of_vpc(id, here).join("; ") {
        none if none.is_empty() => text += "; no gateway or link was found",
        ways => text += &format!("; {ways}"),
    }
    match unjudged::of_vpc(id, here).join("; ") {
        none if none.is_empty() => text,
        ways => format!("{text}; not judged: {ways}"),
    }
}
