//! Client VPN endpoints: their rules go first, then who is connected. A connection that is ended while a
//! rule stands comes again.

use std::time::Duration;

use ipnet::IpNet;

use super::STEP;
use super::client::Client;
use super::rule::Rule;
use crate::account::{Caller, ClientVpn, Region, Vpc};
use crate::step::{Case, Found, Item, Lens as _, Look, Reason, Target, keep};

/// How long a rule or a connection may take.
pub(super) const SETTLES_WITHIN: Duration = Duration::from_mins(10);

pub(super) fn in_scope(endpoint: &ClientVpn, here: &Region, case: &Case) -> bool {
    case.scope.is_whole()
        || endpoint.vpc.as_ref().is_some_and(|vpc| case.scope.has_vpc(here, vpc))
        || reached(endpoint, here, case).next().is_some()
}

/// The VPCs in scope that are attached to the transit gateway of an endpoint.
fn reached<'a>(endpoint: &'a ClientVpn, here: &'a Region, case: &'a Case) -> impl Iterator<Item = &'a Vpc> {
    let attached = here.transit_attachments.items().map(|(_, attachment)| attachment).filter(|attachment| {
        attachment.kind == "vpc" && Some(&attachment.gateway) == endpoint.transit_gateway.as_ref()
    });
    let in_scope = attached.filter(|attachment| case.scope.has_vpc(here, &attachment.resource));
    in_scope.filter_map(|attachment| here.vpcs.item(&attachment.resource))
}

pub(super) fn items(found: &mut Found, region: &str, here: &Region, case: &Case) {
    for (id, endpoint) in here.client_vpns.items().filter(|(_, endpoint)| in_scope(endpoint, here, case)) {
        let placed = |at: Target, rank: u8| {
            let at = Target { vpc: endpoint.vpc.clone(), ..at.region(region) };
            Item { rank, ..Item::new(at).tags(&endpoint.tags) }
        };
        for rule in &endpoint.authorizations {
            let at = Target::new(Rule::KIND, super::rule::id(id, rule)).label(rule.description.as_deref());
            found.item(placed(at, 1));
        }
        for (client, connection) in &endpoint.client_connections {
            let at = Target::new(Client::KIND, format!("{id}/{client}")).label(Some(&connection.user));
            found.item(placed(at, 2));
        }
    }
}

/// The targets of one endpoint, and how many writes to them are in flight at once: AWS takes 10
/// operations at once on an endpoint, whoever asks, and its owner may ask too.
///
/// <https://docs.aws.amazon.com/vpn/latest/clientvpn-admin/limits.html>
pub(super) fn queue(at: &Target) -> (String, usize) {
    (at.parts().0.to_owned(), 5)
}

/// Why a rule, or a connection, of an endpoint stays. `to` is the network that a rule lets clients into.
pub(super) fn obstacle(to: Option<&str>, look: &Look<'_>) -> Option<Reason> {
    let case = look.case;
    let here = look.region();
    let Some((here, endpoint)) =
        here.and_then(|here| Some((here, here.client_vpns.item(look.at.parts().0)?)))
    else {
        return Some("its endpoint was not read".into());
    };
    if !case.scope.lose_my_path {
        let mut clients = endpoint.client_connections.iter();
        if let Some((own, _)) = clients.find(|(_, client)| is_caller(&client.user, &look.account.caller)) {
            let why = "goes through it: --lose-my-path cuts it all the same";
            return Some(format!("your own connection {own} {why}"));
        }
        if let Some(cidr) = kept(endpoint, case) {
            return Some(keep::refusal(STEP, cidr));
        }
    }
    wider_than_scope(endpoint, to, here, case)
}

/// Is the user the identity that unplug runs as? A federated user has one name in both places.
fn is_caller(user: &str, caller: &Caller) -> bool {
    let name = caller.arn.rsplit('/').next().filter(|_| caller.user().or(caller.role()).is_some());
    name.is_some_and(|name| name.eq_ignore_ascii_case(user))
}

/// A kept CIDR among the addresses that clients get.
fn kept<'c>(endpoint: &ClientVpn, case: &'c Case) -> Option<&'c str> {
    let clients: IpNet = endpoint.client_cidr.as_ref()?.parse().ok()?;
    let within = |kept: IpNet| kept.contains(&clients) || clients.contains(&kept);
    let kept = case.scope.keep_cidrs.iter().find(|cidr| keep::net(cidr).is_some_and(within));
    kept.map(String::as_str)
}

/// Why a rule or a connection at a transit gateway stays: it leads to more than the VPCs in scope.
fn wider_than_scope(endpoint: &ClientVpn, to: Option<&str>, here: &Region, case: &Case) -> Option<Reason> {
    let gateway = endpoint.transit_gateway.as_ref().filter(|_| !case.scope.is_whole())?;
    let Some(to) = to else {
        return Some(format!(
            "it goes on to all that is attached to {gateway}: a run on the whole Region ends it"
        ));
    };
    let holds = |own: &String| keep::net(own).zip(keep::net(to)).is_some_and(|(own, to)| own.contains(&to));
    let within = reached(endpoint, here, case).any(|vpc| vpc.cidrs.iter().chain(&vpc.ipv6_cidrs).any(holds));
    (!within).then(|| format!("it lets clients into {to} behind {gateway}: not all of that is in scope"))
}
