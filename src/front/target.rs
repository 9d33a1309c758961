//! Where a name leads: a distribution, a load balancer, an interface of this account, or elsewhere.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::account::{Account, Interface};

/// What a name leads to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// By its id.
    Distribution(String),
    Balancer {
        region: String,
        arn: String,
    },
    Interface {
        region: String,
        id: String,
    },
    /// An API of API Gateway, by its host.
    Api(String),
    /// A website of S3: the bucket.
    Website(String),
    /// An address that no interface of this account has.
    Address(String),
    /// A host that is not of this account.
    Host(String),
    /// It could not be read whether it is of this account: why.
    Unread(String),
}

impl Target {
    /// A few words for a person.
    pub fn words(&self) -> String {
        match self {
            Target::Distribution(id) => format!("distribution {id}"),
            Target::Balancer { arn, .. } => {
                let name = arn.rsplit("loadbalancer/").next().unwrap_or(arn);
                format!("load balancer {}", name.split('/').nth(1).unwrap_or(name))
            }
            Target::Interface { id, .. } => format!("interface {id}"),
            Target::Api(host) => format!("API {host}"),
            Target::Website(bucket) => format!("website of bucket {bucket}"),
            Target::Address(address) => format!("address {address}, of no interface here"),
            Target::Host(host) => format!("{host}, not of this account"),
            Target::Unread(why) => why.clone(),
        }
    }
}

/// The hosts and addresses of an account.
pub struct Hosts<'a> {
    account: &'a Account,
    by_host: HashMap<String, Target>,
    by_address: HashMap<IpAddr, Target>,
}

impl<'a> Hosts<'a> {
    pub fn new(account: &'a Account) -> Hosts<'a> {
        let (mut by_host, mut by_address) = (HashMap::new(), HashMap::new());
        for (id, distribution) in account.distributions.items() {
            by_host.insert(distribution.domain.to_ascii_lowercase(), Target::Distribution(id.clone()));
        }
        for (region, here) in &account.regions {
            let mut by_nodes = BTreeMap::new();
            for (arn, balancer) in here.load_balancers.items() {
                let target = Target::Balancer { region: region.clone(), arn: arn.clone() };
                by_nodes.insert(arn.rsplit("loadbalancer/").next().unwrap_or(arn), target.clone());
                by_host.insert(balancer.dns_name.to_ascii_lowercase(), target);
            }
            for (id, interface) in here.interfaces.items() {
                // The node of a load balancer stands for the whole of it.
                let of_balancer =
                    interface.description.strip_prefix("ELB ").and_then(|name| by_nodes.get(name));
                let own = || Target::Interface { region: region.clone(), id: id.clone() };
                let target = of_balancer.cloned().unwrap_or_else(own);
                by_address.extend(public_addresses(interface).map(|address| (address, target.clone())));
            }
        }
        Hosts { account, by_host, by_address }
    }

    /// The target that has an address.
    pub fn address(&self, text: &str) -> Target {
        let Ok(address) = text.parse::<IpAddr>() else { return Target::Address(text.to_owned()) };
        if let Some(target) = self.by_address.get(&address) {
            return target.clone();
        }
        let unread = |what: &str, region: &str| {
            Target::Unread(format!("whether {text} is of this account: {what} of {region} were not read"))
        };
        let gap = self.account.regions.iter().find(|(_, here)| here.interfaces.read().is_none());
        match gap {
            Some((region, _)) => unread("interfaces", region),
            None => Target::Address(text.to_owned()),
        }
    }

    /// The target that a host leads to: lower case, without a dot at its end. `name` is the name that is
    /// asked for: a website of S3 serves the bucket of that name.
    pub fn host(&self, name: &str, host: &str) -> Target {
        let plain = host.strip_prefix("dualstack.").unwrap_or(host);
        if let Some(target) = self.by_host.get(plain) {
            return target.clone();
        }
        let whether = |what: String| Target::Unread(format!("whether {host} is of this account: {what}"));
        if host.ends_with(".cloudfront.net") || host.ends_with(".cloudfront.cn") {
            return match self.account.distributions.read() {
                Some(_) => Target::Host(host.to_owned()),
                None => whether("CloudFront's distributions were not read".into()),
            };
        }
        if let Some(region) = region_of_balancer(plain) {
            let here = self.account.regions.get(region);
            return match here.and_then(|here| here.load_balancers.read()) {
                Some(_) => Target::Host(host.to_owned()),
                None => whether(format!("load balancers of {region} were not read")),
            };
        }
        if host.contains(".execute-api.") {
            return Target::Api(host.to_owned());
        }
        if let Some(at) = host.find("s3-website") {
            let bucket = host[..at].trim_end_matches('.');
            return Target::Website(if bucket.is_empty() { name } else { bucket }.to_owned());
        }
        Target::Host(host.to_owned())
    }
}

/// The Region in the name of a load balancer: `web-1.eu-west-1.elb.amazonaws.com`, and of network ones
/// `tcp-1.elb.eu-west-1.amazonaws.com`.
fn region_of_balancer(host: &str) -> Option<&str> {
    let labels: Vec<&str> = host.split('.').collect();
    let at = labels.iter().position(|label| *label == "elb")?;
    if !labels[at + 1..].contains(&"amazonaws") {
        return None;
    }
    match labels[at + 1] {
        "amazonaws" => labels.get(at.checked_sub(1)?).copied(),
        region => Some(region),
    }
}

fn public_addresses(interface: &Interface) -> impl Iterator<Item = IpAddr> {
    let secondary = interface.secondary.values().flatten();
    let all = interface.public_ip.iter().chain(secondary).chain(&interface.ipv6);
    all.filter_map(|address| address.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_balancers_name_say_the_region() {
        for (host, region) in [
            ("web-1234.eu-west-1.elb.amazonaws.com", Some("eu-west-1")),
            ("tcp-1234.elb.eu-west-1.amazonaws.com", Some("eu-west-1")),
            ("web-1234.cn-north-1.elb.amazonaws.com.cn", Some("cn-north-1")),
            ("elb.example.com", None),
            ("shop.example.com", None),
        ] {
            assert_eq!(region_of_balancer(host), region, "{host}");
        }
    }
}
