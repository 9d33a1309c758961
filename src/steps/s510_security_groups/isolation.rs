//! The group that isolates what is in it: no rules but those for the CIDRs that are kept.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

use super::group::Purpose;
use crate::account::{Peer, Rule};
use crate::step::Case;

pub(super) struct Isolation;

impl Purpose for Isolation {
    const KIND: &'static str = "isolation-group";
    const ROLE: &'static str = "isolation";

    fn lets_through(&self, case: &Case) -> BTreeSet<Rule> {
        case.scope.keep_cidrs.iter().map(|cidr| Rule::all(peer(cidr))).collect()
    }
}

/// As AWS writes it back: without the bits of a host, an address alone with its length.
fn peer(cidr: &str) -> Peer {
    let net = cidr.parse::<IpNet>().or_else(|_| cidr.parse().map(|address: IpAddr| address.into()));
    match net {
        Ok(IpNet::V4(net)) => Peer::Ipv4(net.trunc().to_string()),
        Ok(IpNet::V6(net)) => Peer::Ipv6(net.trunc().to_string()),
        // The arguments are checked where they are read: AWS refuses what comes here.
        Err(_) if cidr.contains(':') => Peer::Ipv6(cidr.to_owned()),
        Err(_) => Peer::Ipv4(cidr.to_owned()),
    }
}
