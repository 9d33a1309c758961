//! What an ACL says, what it should say, and the calls from one to the other.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::account::{Acl, AclEntry, LoadBalancer, Vpc};
use crate::step::{Reason, count};
use crate::steps::shared::acl_entries::{ALL, Call, USUAL, allow, deny, more_than, too_many};

/// Protocol numbers.
const TCP: &str = "6";
const UDP: &str = "17";

/// Ports that clients take for their side. Below them is what servers listen on.
const EPHEMERAL: (i32, i32) = (1_024, 65_535);

/// What an ACL says; without the denies that every ACL ends with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::steps) struct AclBody {
    pub(super) ingress: BTreeMap<i32, AclEntry>,
    pub(super) egress: BTreeMap<i32, AclEntry>,
}

impl AclBody {
    pub fn of(acl: &Acl) -> AclBody {
        AclBody { ingress: acl.ingress.clone(), egress: acl.egress.clone() }
    }

    /// Lets through exactly these CIDRs, in and out. An ACL keeps no state: all ports both ways.
    pub fn isolation(keep: &BTreeSet<String>) -> AclBody {
        let mut body = AclBody::default();
        for cidr in keep {
            body.push(false, allow(ALL, cidr, None));
            body.push(true, allow(ALL, cidr, None));
        }
        body
    }

    /// Lets through these CIDRs, and then the subnets whose packets to them are passed on.
    pub fn passage(keep: &BTreeSet<String>, clients: &BTreeSet<String>) -> AclBody {
        let mut body = AclBody::isolation(keep);
        for cidr in clients.difference(keep) {
            body.push(false, allow(ALL, cidr, None));
            body.push(true, allow(ALL, cidr, None));
        }
        body
    }

    /// Lets clients reach the listeners of load balancers, and lets the answers out, but not to
    /// the VPC itself, where the targets are.
    pub fn front(
        vpc: &Vpc,
        balancers: &[&LoadBalancer],
        keep: &BTreeSet<String>,
        passed_on: &BTreeSet<String>,
    ) -> AclBody {
        let mut body = AclBody::passage(keep, passed_on);
        let anywhere: &[&str] =
            if vpc.ipv6_cidrs.is_empty() { &["0.0.0.0/0"] } else { &["0.0.0.0/0", "::/0"] };
        let listeners: BTreeSet<(&str, i32)> = balancers
            .iter()
            .flat_map(|balancer| &balancer.listeners)
            .flat_map(|listener| {
                let protocols: &[&str] = match listener.protocol.as_str() {
                    "UDP" => &[UDP],
                    "TCP_UDP" => &[TCP, UDP],
                    "GENEVE" => &[],
                    _ => &[TCP],
                };
                protocols.iter().map(move |protocol| (*protocol, listener.port))
            })
            .collect();
        for cidr in vpc.cidrs.iter().chain(&vpc.ipv6_cidrs) {
            body.push(true, deny(cidr));
        }
        for cidr in anywhere {
            for (protocol, port) in &listeners {
                body.push(false, allow(protocol, cidr, Some((*port, *port))));
            }
            let protocols: BTreeSet<&str> = listeners.iter().map(|(protocol, _)| *protocol).collect();
            for protocol in protocols {
                body.push(true, allow(protocol, cidr, Some(EPHEMERAL)));
            }
        }
        body
    }

    /// With a deny of each host, in and out, before the first rule that allows anything.
    ///
    /// # Errors
    /// When there is no room for them: no free number, or too many rules.
    pub fn denying(&self, hosts: &BTreeSet<String>) -> Result<AclBody, Reason> {
        let mut body = self.clone();
        for egress in [false, true] {
            let side = body.side(egress);
            let way = if egress { "outbound" } else { "inbound" };
            let Some(first) = side.iter().find(|(_, entry)| entry.allow).map(|(number, _)| *number) else {
                continue;
            };
            let denied = |cidr: &String| {
                side.range(..first).any(|(_, entry)| entry.protocol == ALL && entry.cidr == *cidr)
            };
            let missing: Vec<&String> = hosts.iter().filter(|cidr| !denied(cidr)).collect();
            let free: Vec<i32> = (1..first).filter(|number| !side.contains_key(number)).collect();
            if free.len() < missing.len() {
                return Err(format!(
                    "no room for {} before its first allow, {way} rule {first}: renumber it by hand",
                    count(missing.len(), "rule")
                ));
            }
            let new: Vec<_> = free.into_iter().zip(missing.into_iter().map(|cidr| deny(cidr))).collect();
            side.extend(new);
            if let Some(too_many) = too_many(side, way) {
                return Err(too_many);
            }
        }
        Ok(body)
    }

    /// Why AWS would not take so many rules, whatever the account's quota is.
    pub fn too_long(&self) -> Option<Reason> {
        too_many(&self.ingress, "inbound").or_else(|| too_many(&self.egress, "outbound"))
    }

    /// Why this ACL might come out without its last rules: it has more than AWS's default quota allows.
    pub fn above_default(&self) -> Option<Reason> {
        let sides = [(&self.ingress, "inbound"), (&self.egress, "outbound")];
        sides.into_iter().find_map(|(side, way)| more_than(USUAL, side, way))
    }

    pub fn denies_all(&self) -> bool {
        !self.entries().any(|(_, _, entry)| entry.allow)
    }

    /// Allows nothing that the other does not allow in the same words.
    pub fn within(&self, other: &AclBody) -> bool {
        let among = |side: &BTreeMap<i32, AclEntry>, entry: &AclEntry| side.values().any(|e| e == entry);
        self.entries()
            .filter(|(_, _, entry)| entry.allow)
            .all(|(egress, _, entry)| among(if egress { &other.egress } else { &other.ingress }, entry))
    }

    /// Every rule: is it egress, its number, itself.
    pub fn entries(&self) -> impl Iterator<Item = (bool, i32, &AclEntry)> {
        let ingress = self.ingress.iter().map(|(number, entry)| (false, *number, entry));
        ingress.chain(self.egress.iter().map(|(number, entry)| (true, *number, entry)))
    }

    /// The calls that make this body the other. What goes, goes first: an ACL that lets through too
    /// little for a moment is better than one that lets through too much.
    pub fn calls(&self, to: &AclBody) -> Vec<Call> {
        let gone = self.entries().filter(|(egress, number, entry)| to.get(*egress, *number) != Some(*entry));
        let new = to.entries().filter(|(egress, number, entry)| self.get(*egress, *number) != Some(*entry));
        let gone = gone.map(|(egress, number, _)| Call::Delete(egress, number));
        gone.chain(new.map(|(egress, number, entry)| Call::Create(egress, number, entry.clone()))).collect()
    }

    /// The bodies that those calls leave behind, but for the last.
    pub fn path(&self, to: &AclBody) -> Vec<AclBody> {
        let mut now = self.clone();
        let mut path: Vec<AclBody> = self
            .calls(to)
            .into_iter()
            .map(|call| {
                now.take(call);
                now.clone()
            })
            .collect();
        path.pop();
        path
    }

    fn take(&mut self, call: Call) {
        match call {
            Call::Delete(egress, number) => self.side(egress).remove(&number),
            Call::Create(egress, number, entry) => self.side(egress).insert(number, entry),
        };
    }

    pub fn get(&self, egress: bool, number: i32) -> Option<&AclEntry> {
        if egress { self.egress.get(&number) } else { self.ingress.get(&number) }
    }

    fn side(&mut self, egress: bool) -> &mut BTreeMap<i32, AclEntry> {
        if egress { &mut self.egress } else { &mut self.ingress }
    }

    /// Adds a rule after the others, with room between.
    fn push(&mut self, egress: bool, entry: AclEntry) {
        let side = self.side(egress);
        let number = side.last_key_value().map_or(100, |(last, _)| last + 10);
        side.insert(number, entry);
    }

    /// In a few words, for the diff.
    pub fn words(&self) -> String {
        if self.denies_all() {
            return "an ACL that lets nothing through".into();
        }
        let allowed: BTreeSet<&str> =
            self.ingress.values().filter(|entry| entry.allow).map(|entry| entry.cidr.as_str()).collect();
        let all = self.entries().all(|(_, _, entry)| entry.allow && entry.protocol == ALL);
        let ports: BTreeSet<i32> =
            self.ingress.values().filter_map(|entry| entry.ports.map(|(from, _)| from)).collect();
        let listed = |items: Vec<String>| items.join(", ");
        let anywhere = allowed.iter().any(|cidr| cidr.ends_with("/0"));
        if all && !anywhere && allowed.len() <= 4 && self.ingress.len() == self.egress.len() {
            return format!(
                "an ACL open to {} alone",
                listed(allowed.into_iter().map(str::to_owned).collect())
            );
        }
        let ports = ports.iter().map(ToString::to_string).collect::<Vec<_>>();
        let rules = self.ingress.len() + self.egress.len();
        if ports.is_empty() || ports.len() > 6 {
            return format!("an ACL with {rules} rule{}", if rules == 1 { "" } else { "s" });
        }
        format!("an ACL with {}, in on ports {}", count(rules, "rule"), listed(ports))
    }
}
