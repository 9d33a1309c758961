//! Side doors: what goes past groups, ACLs and routes, or needs only a way out.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::area::{Area, Net};
use super::inside::{Between, asks};
use super::sets::Family;
use super::{Direction, Exposure, FarEnd, PathKind, Seat, Way, is_host, seats, services};
use crate::account::{Account, DnsFirewall, Interface, Section};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DoorKind {
    /// Tunnels from the internet, opened by IAM; groups of the endpoint do not stop what comes in.
    ConnectEndpoint,
    /// A shell by the agent, which dials out.
    SessionManager,
    /// Needs no network at all.
    SerialConsole,
    /// The VPC's resolver answers whatever groups and ACLs say: names can carry data out.
    Resolver,
    /// Credentials from the instance metadata service.
    Metadata,
    /// S3 and `DynamoDB` through a gateway endpoint: data can leave to a foreign bucket.
    GatewayEndpoint,
}

/// A side door that is open, or may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Door {
    pub kind: DoorKind,
    pub region: String,
    /// The endpoint, the VPC, or the Region again.
    pub at: String,
    /// Interfaces behind it; of the resolver too.
    pub interfaces: usize,
    /// The section that decides it could not be read.
    pub unknown: bool,
}

/// The side doors of an account.
pub fn doors(account: &Account, exposure: &Exposure) -> Vec<Door> {
    let net = Net::new(account, true);
    let mut doors = vec![];
    for area in net.areas.values() {
        let mut here = Here { net: &net, area, exposure, doors: vec![] };
        here.connect_endpoints();
        here.session_manager();
        here.consoles();
        here.resolvers();
        here.gateway_endpoints();
        doors.extend(here.doors);
    }
    doors
}

struct Here<'a, 'n> {
    net: &'a Net<'n>,
    area: &'a Area<'n>,
    exposure: &'a Exposure,
    doors: Vec<Door>,
}

impl<'n> Here<'_, 'n> {
    fn add(&mut self, kind: DoorKind, at: &str, interfaces: usize, unknown: bool) {
        let region = self.area.name.to_owned();
        if interfaces > 0 {
            self.doors.push(Door { kind, region, at: at.to_owned(), interfaces, unknown });
        }
    }

    fn hosts(&self) -> impl Iterator<Item = (&'n String, &'n Interface)> + use<'n> {
        self.area.region.interfaces.items().filter(|(_, interface)| interface.instance.is_some())
    }

    fn ways(&self, id: &str) -> &[Way] {
        let key = (self.area.name.to_owned(), id.to_owned());
        self.exposure.interfaces.get(&key).map_or(&[], |ways| ways)
    }

    fn connect_endpoints(&mut self) {
        let region = self.area.region;
        if region.connect_endpoints.read().is_none() {
            let all = self.hosts().count();
            return self.add(DoorKind::ConnectEndpoint, Section::ConnectEndpoints.title(), all, true);
        }
        for (id, endpoint) in region.connect_endpoints.items() {
            if endpoint.state.starts_with("delete-complete") || endpoint.state == "create-failed" {
                continue;
            }
            let interfaces: Vec<&Interface> =
                endpoint.interfaces.iter().filter_map(|id| region.interfaces.item(id)).collect();
            let addresses = self.area.addresses(&interfaces, &endpoint.subnet, Family::Ipv4);
            let between = Between { subnet: &endpoint.subnet, groups: &endpoint.groups, addresses };
            let (mut open, mut unknown) = (0, false);
            for (_, host) in self.hosts().filter(|(_, host)| host.vpc == endpoint.vpc) {
                let asked = seats(host, Family::Ipv4).into_iter().map(|(address, public)| {
                    let (vpc, subnet, groups) = (&*host.vpc, &*host.subnet, &host.groups);
                    let seat = Seat { vpc, subnet, groups, family: Family::Ipv4, address, public };
                    asks(self.net, self.area, &between, &seat)
                });
                let tcp = services::whole(services::TCP);
                let found: Vec<bool> = asked
                    .filter(|(services, _)| services.meets(&tcp))
                    .map(|(_, doubt)| doubt.any())
                    .collect();
                open += usize::from(!found.is_empty());
                unknown |= !found.is_empty() && found.iter().all(|doubt| *doubt);
            }
            self.add(DoorKind::ConnectEndpoint, id, open, unknown);
        }
    }

    /// The agent needs TCP 443 to the internet, or the service's endpoint.
    fn session_manager(&mut self) {
        let https = services::ports(services::TCP, 443, 443);
        let ssm = |way: &Way| {
            way.path.kind == PathKind::Endpoint
                && self.area.region.endpoints.item(&way.path.id).is_none_or(|e| e.service.contains(".ssm"))
        };
        let (mut open, mut unknown) = (0, 0);
        for (id, _) in self.hosts() {
            let out = self.ways(id).iter().filter(|way| {
                way.direction == Direction::Out
                    && (way.place == FarEnd::Internet || ssm(way))
                    && way.open.services().meets(&https)
            });
            let doubts: Vec<bool> = out.map(|way| way.open.doubt.any()).collect();
            open += usize::from(!doubts.is_empty());
            unknown += usize::from(!doubts.is_empty() && doubts.iter().all(|doubt| *doubt));
        }
        let region = self.area.name;
        self.add(DoorKind::SessionManager, region, open, open > 0 && open == unknown);
    }

    fn consoles(&mut self) {
        let region = self.area.name;
        let hosts = self.hosts().count();
        match self.area.region.serial_console.read() {
            Some(false) => {}
            on => self.add(DoorKind::SerialConsole, region, hosts, on.is_none()),
        }
        self.add(DoorKind::Metadata, region, hosts, false);
    }

    fn resolvers(&mut self) {
        let mut by_vpc = BTreeMap::<&str, usize>::new();
        for (_, interface) in self.area.region.interfaces.items().filter(|(_, one)| is_host(one)) {
            *by_vpc.entry(&interface.vpc).or_default() += 1;
        }
        for (vpc, interfaces) in by_vpc {
            match self.area.region.dns_firewall.read() {
                Some(firewall) if blocks_all(firewall, vpc) => {}
                firewall => self.add(DoorKind::Resolver, vpc, interfaces, firewall.is_none()),
            }
        }
    }

    fn gateway_endpoints(&mut self) {
        let region = self.area.region;
        for (id, endpoint) in region.endpoints.items().filter(|(_, endpoint)| endpoint.kind == "Gateway") {
            let uses =
                |way: &Way| way.path.kind == PathKind::Endpoint && way.path.id == *id && !way.open.is_empty();
            let members = region.interfaces.items().filter(|(_, interface)| interface.vpc == endpoint.vpc);
            let open = members.filter(|(id, _)| self.ways(id).iter().any(uses)).count();
            self.add(DoorKind::GatewayEndpoint, id, open, false);
        }
    }
}

/// Is every name refused to this VPC, with nothing let through before?
fn blocks_all(firewall: &DnsFirewall, vpc: &str) -> bool {
    if firewall.fail_open.contains(vpc) {
        return false;
    }
    let mut associations: Vec<_> =
        firewall.associations.iter().filter(|a| a.vpc == vpc && a.status != "DELETING").collect();
    associations.sort_by_key(|association| association.priority);
    for association in associations {
        // A group that is not known may let names through before ours is asked.
        let Some(group) = firewall.rule_groups.get(&association.rule_group) else { return false };
        for rule in group.rules.values() {
            let every = firewall.domain_lists.get(&rule.domain_list).map(|list| &list.domains);
            let every = every.is_some_and(|domains: &BTreeSet<String>| {
                domains.iter().any(|domain| matches!(&**domain, "*" | "*."))
            });
            match &*rule.action {
                "BLOCK" if every && association.status == "COMPLETE" => return true,
                "BLOCK" => {}
                _ => return false,
            }
        }
    }
    false
}
