//! What a zonal NAT gateway is made of, and what differs after it was made again.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::account::{NatAddress, NatGateway, Tags};
use crate::step::{Names, created};

/// All that a zonal NAT gateway is made of, under the ids that it had when the run began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NatBody {
    pub(super) subnet: Option<String>,
    pub(super) connectivity: String,
    pub(super) addresses: BTreeSet<NatAddress>,
    pub(super) tags: Tags,
}

impl NatBody {
    /// As it is between making it again and recording the id of its new interface.
    pub(super) fn without_interfaces(&self) -> NatBody {
        let bare = |address: &NatAddress| NatAddress { interface: None, ..address.clone() };
        NatBody { addresses: self.addresses.iter().map(bare).collect(), ..self.clone() }
    }

    pub(super) fn show(&self) -> String {
        let public = self.addresses.iter().filter_map(|address| address.public_ip.as_deref());
        let public: Vec<&str> = public.collect();
        match (&self.subnet, public.is_empty()) {
            (Some(subnet), false) => format!("{} in {subnet}, {}", self.connectivity, public.join(", ")),
            (Some(subnet), true) => format!("{} in {subnet}", self.connectivity),
            (None, _) => self.connectivity.clone(),
        }
    }

    /// The primary address, if it has one, and the others in order.
    pub(super) fn split(&self) -> (Option<&NatAddress>, Vec<&NatAddress>) {
        let primary = self.addresses.iter().find(|address| address.primary);
        (primary, self.addresses.iter().filter(|address| !address.primary).collect())
    }
}

/// The name under which the address is kept that AWS gave where the old one was taken.
pub(super) fn moved(gateway: &str, private_ip: &str) -> String {
    format!("nat-address/{gateway}/{private_ip}")
}

/// The gateway `id`, which the run made again for `old` or left as it was.
pub(super) fn body(old: &str, id: &str, gateway: &NatGateway, names: &Names) -> NatBody {
    let recreated = old != id;
    let all = names.all();
    let prefix = moved(old, "");
    let was = |ip: &String| {
        let name = all.iter().find(|(name, now)| name.starts_with(&prefix) && *now == ip)?.0;
        name.strip_prefix(&prefix).map(str::to_owned)
    };
    let address = |address: &NatAddress| {
        let interface = address.interface.as_ref().map(|now| (now, names.original(now)));
        NatAddress {
            // Until its id is recorded, a new interface stands for none of before.
            interface: interface.and_then(|(now, was)| (!recreated || *now != was).then_some(was)),
            private_ip: address.private_ip.as_ref().map(|ip| was(ip).unwrap_or_else(|| ip.clone())),
            ..address.clone()
        }
    };
    NatBody {
        subnet: gateway.subnet.clone(),
        connectivity: gateway.connectivity.clone(),
        addresses: gateway.addresses.iter().map(address).collect(),
        tags: created::given_again(&gateway.tags),
    }
}

/// What a gateway made again lacks of the old one, or has besides. It will not change by waiting.
pub(super) fn differing(was: &NatBody, now: &NatBody) -> Option<String> {
    let mut differing = vec![];
    if was.subnet != now.subnet || was.connectivity != now.connectivity {
        differing.push(format!("it is {}", now.show()));
    }
    let places = |body: &NatBody| -> BTreeSet<(Option<String>, Option<String>)> {
        let place = |address: &NatAddress| (address.allocation.clone(), address.private_ip.clone());
        body.addresses.iter().map(place).collect()
    };
    let said = |(allocation, ip): &(Option<String>, Option<String>)| {
        [allocation.as_deref(), ip.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" at ")
    };
    let (was_at, now_at) = (places(was), places(now));
    differing.extend(was_at.difference(&now_at).map(|place| format!("it has no {}", said(place))));
    differing.extend(now_at.difference(&was_at).map(|place| format!("it has {} besides", said(place))));
    let keys: BTreeSet<&String> = was.tags.keys().chain(now.tags.keys()).collect();
    let other = keys.into_iter().filter(|key| was.tags.get(*key) != now.tags.get(*key));
    differing.extend(other.map(|key| format!("its tag {key} is another")));
    (!differing.is_empty()).then(|| differing.join(", "))
}
