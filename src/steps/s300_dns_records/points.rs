//! What a name points at, by its own record. Which names of it show what after a plan is `front`'s.

use std::collections::BTreeSet;

use super::Points;
use crate::account::dns::host;
use crate::account::{Account, Record};

/// A kind of place that names point at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Point {
    CloudFront,
    Balancer,
    Api,
    Website,
    /// The public address of an interface of this account.
    Interface,
    /// Another name of a zone here.
    Name,
    /// An address that is not among those that were read.
    Address,
    Host,
}

impl Point {
    pub(super) fn words(self) -> &'static str {
        match self {
            Point::CloudFront => "names at CloudFront",
            Point::Balancer => "names at load balancers",
            Point::Api => "names at API Gateway",
            Point::Website => "names at websites of S3",
            Point::Interface => "names at addresses of this account's interfaces",
            Point::Name => "names that follow another name here",
            Point::Address => "names at addresses of no interface that was read",
            Point::Host => "names at hosts elsewhere",
        }
    }

    /// Can what the name points at be cut in this account?
    pub(super) fn is_here(self) -> bool {
        !matches!(self, Point::Address | Point::Host)
    }
}

/// The names of public zones that lead visitors somewhere, by what they point at.
pub(super) fn of(account: &Account) -> Points {
    let interfaces = account.regions.values().flat_map(|here| here.interfaces.items());
    let addresses: BTreeSet<&str> = interfaces
        .flat_map(|(_, interface)| {
            let second = interface.secondary.values().flatten();
            interface.public_ip.iter().chain(second).chain(&interface.ipv6).map(String::as_str)
        })
        .collect();
    let public = || account.zones.items().filter(|(_, zone)| !zone.private);
    let names: BTreeSet<String> =
        public().flat_map(|(_, zone)| zone.records.items().map(|(name, _)| host(name))).collect();
    let mut points = Points::new();
    for (name, sets) in public().flat_map(|(_, zone)| zone.records.items()) {
        // `_dmarc`, `_acme-challenge`: no visitor asks for them.
        if name.starts_with('_') {
            continue;
        }
        for set in sets.iter().filter(|set| set.leads_visitors()) {
            for point in of_record(set, &addresses, &names) {
                points.entry(point).or_default().insert(host(name));
            }
        }
    }
    points
}

fn of_record(set: &Record, addresses: &BTreeSet<&str>, names: &BTreeSet<String>) -> Vec<Point> {
    if let Some(alias) = &set.alias {
        return vec![of_host(&host(&alias.name), names)];
    }
    let of_value = |value: &String| match set.kind.as_str() {
        "CNAME" => Some(of_host(&host(value), names)),
        "A" | "AAAA" if addresses.contains(value.as_str()) => Some(Point::Interface),
        "A" | "AAAA" => Some(Point::Address),
        _ => None,
    };
    set.values.iter().filter_map(of_value).collect()
}

fn of_host(name: &str, names: &BTreeSet<String>) -> Point {
    match name {
        _ if names.contains(name) => Point::Name,
        _ if name.ends_with(".cloudfront.net") || name.ends_with(".cloudfront.cn") => Point::CloudFront,
        _ if name.contains(".execute-api.") => Point::Api,
        _ if name.contains("s3-website") => Point::Website,
        _ if name.contains(".elb.") && name.contains(".amazonaws.") => Point::Balancer,
        _ => Point::Host,
    }
}
