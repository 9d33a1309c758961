//! Client VPN: rules first, then who is connected.

use std::time::Duration;

use ipnet::IpNet;

use super::{CLIENT, RULE, STEP, State};
use crate::account::{Account, Authorization, Caller, ClientVpn, Region, Seen, Vpc};
use crate::aws::Aws;
use crate::collect::ec2::client_vpn::authorizations;
use crate::step::{Case, Found, Item, Now, StepError, Target, Verdict};
use crate::steps::routes::{keeps, net};

/// How long a rule on its way is waited for.
const PATIENCE: Duration = Duration::from_mins(5);

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

/// Why a rule or a connection at a transit gateway stays: it leads to more than the VPCs in scope.
fn wider_than_scope(endpoint: &ClientVpn, to: Option<&str>, here: &Region, case: &Case) -> Option<String> {
    let gateway = endpoint.transit_gateway.as_ref().filter(|_| !case.scope.is_whole())?;
    let Some(to) = to else {
        return Some(format!(
            "it goes on to all that is attached to {gateway}: a run on the whole Region ends it"
        ));
    };
    let holds = |own: &String| net(own).zip(net(to)).is_some_and(|(own, to)| own.contains(&to));
    let within = reached(endpoint, here, case).any(|vpc| vpc.cidrs.iter().chain(&vpc.ipv6_cidrs).any(holds));
    (!within).then(|| format!("it lets clients into {to} behind {gateway}: not all of that is in scope"))
}

/// Rules and connections. A connection that is ended while a rule stands comes again.
pub(super) fn items(found: &mut Found, region: &str, here: &Region, case: &Case) {
    let endpoints = here.client_vpns.items().filter(|(_, endpoint)| in_scope(endpoint, here, case));
    for (id, endpoint) in endpoints {
        let placed = |at: Target| match &endpoint.vpc {
            Some(vpc) => Item::new(at.region(region).vpc(vpc)).tags(&endpoint.tags),
            None => Item::new(at.region(region)).tags(&endpoint.tags),
        };
        for rule in &endpoint.authorizations {
            let group = rule.group.as_deref().unwrap_or(EVERYBODY);
            let at = Target::new(RULE, format!("{id}/{group}/{}", rule.cidr));
            found.item(placed(at.label(rule.description.as_deref())));
        }
        for (client, connection) in &endpoint.client_connections {
            let at = Target::new(CLIENT, format!("{id}/{client}")).label(Some(&connection.user));
            let mut item = placed(at);
            item.rank = 2;
            found.item(item);
        }
    }
}

/// Stands for the group of a rule that has none.
const EVERYBODY: &str = "*";

/// Endpoint, group and network of a rule: `endpoint/group/network`.
fn rule(at: &Target) -> (&str, Option<&str>, &str) {
    let mut parts = at.id.splitn(3, '/');
    let mut next = || parts.next().unwrap_or_default();
    let (endpoint, group, cidr) = (next(), next(), next());
    (endpoint, Some(group).filter(|group| *group != EVERYBODY), cidr)
}

fn same(known: &Authorization, at: &Target) -> bool {
    let (_, group, cidr) = rule(at);
    known.cidr == cidr && known.group.as_deref() == group
}

/// The description of a rule that is there; empty where it has none.
fn described(known: &Authorization) -> State {
    State::Authorization(Some(known.description.clone().unwrap_or_default()))
}

pub(super) fn state(at: &Target, here: &Region) -> Now<State> {
    let endpoints = match &here.client_vpns {
        Seen::Read(endpoints) => endpoints,
        Seen::Gap(gap) => return Now::Unknown(gap.clone()),
    };
    let (id, rest) = at.parts();
    let Some(endpoint) = endpoints.get(id) else { return Now::Vanished };
    if at.kind == CLIENT {
        return match endpoint.client_connections.get(rest).map(|client| client.status.as_str()) {
            None => Now::Is(State::Client(false)),
            Some("terminating") => Now::Settling(State::Client(false)),
            Some(_) => Now::Is(State::Client(true)),
        };
    }
    match endpoint.authorizations.iter().find(|known| same(known, at)) {
        None => Now::Is(State::Authorization(None)),
        Some(known) if known.status == "revoking" => Now::Settling(State::Authorization(None)),
        Some(known) if known.status == "authorizing" => Now::Settling(described(known)),
        Some(known) => Now::Is(described(known)),
    }
}

/// Is the user the identity that unplug runs as? A federated user has one name in both places.
fn is_caller(user: &str, caller: &Caller) -> bool {
    let name = caller.arn.rsplit('/').next().filter(|_| caller.user().or(caller.role()).is_some());
    name.is_some_and(|name| name.eq_ignore_ascii_case(user))
}

pub(super) fn contain(
    now: &State,
    at: &Target,
    here: &Region,
    account: &Account,
    case: &Case,
) -> Verdict<State> {
    let Some(endpoint) = here.client_vpns.item(at.parts().0) else {
        return Verdict::Refuse("its endpoint was not read".into());
    };
    if !case.scope.lose_my_path {
        let own = endpoint.client_connections.iter().find(|(_, c)| is_caller(&c.user, &account.caller));
        if let Some((own, _)) = own {
            let why =
                format!("your own connection {own} goes through it: --lose-my-path cuts it all the same");
            return Verdict::Refuse(why);
        }
        if let Some(cidr) = kept(endpoint, case) {
            return Verdict::Refuse(keeps(STEP, &cidr));
        }
    }
    let to = matches!(now, State::Authorization(_)).then(|| rule(at).2);
    if let Some(why) = wider_than_scope(endpoint, to, here, case) {
        return Verdict::Refuse(why);
    }
    match now {
        State::Client(_) => Verdict::Lasting(
            State::Client(false),
            "a connection that was ended stays ended: the client dials in again".into(),
        ),
        _ => Verdict::Change(State::Authorization(None)),
    }
}

/// A kept CIDR among the addresses that clients get.
fn kept(endpoint: &ClientVpn, case: &Case) -> Option<String> {
    let clients: IpNet = endpoint.client_cidr.as_ref()?.parse().ok()?;
    let within = |kept: IpNet| kept.contains(&clients) || clients.contains(&kept);
    case.scope.keep_cidrs.iter().find(|cidr| net(cidr).is_some_and(within)).cloned()
}

/// Revokes the rule, or authorizes it again, once none is on its way in the other direction.
pub(super) async fn authorize(aws: &Aws, at: &Target, to: Option<&str>) -> Result<(), StepError> {
    let (endpoint, group, cidr) = rule(at);
    let ec2 = aws.ec2(at.region_name());
    let waits_for = if to.is_some() { "revoking" } else { "authorizing" };
    let until = aws.clock().now_ms() + u64::try_from(PATIENCE.as_millis()).unwrap_or(u64::MAX);
    let found = loop {
        let rules = authorizations(aws, at.region_name(), endpoint).await?;
        let found = rules.into_iter().find(|known| same(known, at));
        if found.as_ref().is_none_or(|known| known.status != waits_for) {
            break found;
        }
        if aws.clock().now_ms() >= until {
            return Err(StepError::State(format!("the rule is still {waits_for}")));
        }
        aws.clock().wait(Duration::from_secs(3)).await;
    };
    match (to, found) {
        (None, Some(known)) if known.status != "revoking" => {
            let revoke = ec2.revoke_client_vpn_ingress().client_vpn_endpoint_id(endpoint);
            let revoke = revoke.target_network_cidr(cidr).set_access_group_id(group.map(Into::into));
            let all = group.is_none().then_some(true);
            revoke.set_revoke_all_groups(all).send().await?;
        }
        (Some(description), None) => {
            let give = ec2.authorize_client_vpn_ingress().client_vpn_endpoint_id(endpoint);
            let give = give.target_network_cidr(cidr).set_access_group_id(group.map(Into::into));
            let description = Some(description.to_owned()).filter(|text| !text.is_empty());
            let all = group.is_none().then_some(true);
            give.set_authorize_all_groups(all).set_description(description).send().await?;
        }
        _ => {}
    }
    Ok(())
}

pub(super) async fn terminate(aws: &Aws, at: &Target) -> Result<(), StepError> {
    let (endpoint, connection) = at.parts();
    let end = aws.ec2(at.region_name()).terminate_client_vpn_connections();
    end.client_vpn_endpoint_id(endpoint).connection_id(connection).send().await?;
    Ok(())
}
