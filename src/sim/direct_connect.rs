//! Direct Connect: virtual interfaces, and BGP failover tests, which end by themselves.

use serde_json::{Value, json};

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Refused, Said, refuse};
use super::world::{plain_page, seconds, seen, seen_mut};
use crate::account::{FailoverTest, VirtualInterface};
use crate::aws::plain::services::directconnect;
use crate::aws::plain::{PlainInput, PlainOutput};

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<directconnect::DescribeVirtualInterfaces>(describe_virtual_interfaces);
    dispatch.on::<directconnect::ListVirtualInterfaceTestHistory>(list_virtual_interface_test_history);
    dispatch.on::<directconnect::StartBgpFailoverTest>(start_bgp_failover_test);
    dispatch.on::<directconnect::StopBgpFailoverTest>(stop_bgp_failover_test);
}

/// How long BGP takes to go down or to come up.
const BGP_MS: u64 = 3_000;
/// Minutes: what a test lasts unless said, and at most.
const LASTS: (i64, i64) = (180, 4_320);

/// Ends the tests whose time is up.
fn expire(cx: &mut Cx<'_>) {
    let now = i64::try_from(cx.world.now_ms).unwrap_or(i64::MAX);
    let Some(interfaces) = cx.region_mut().virtual_interfaces.read_mut() else { return };
    for interface in interfaces.values_mut() {
        let end = interface.failover_test.as_ref().and_then(ends_ms);
        if end.is_some_and(|end| end <= now) {
            finish(interface);
            up(interface);
        }
    }
}

fn ends_ms(test: &FailoverTest) -> Option<i64> {
    Some(test.ends_at.as_ref()?.parse::<jiff::Timestamp>().ok()?.as_millisecond())
}

fn finish(interface: &mut VirtualInterface) {
    interface.failover_test = None;
    interface.state = "available".into();
}

fn up(interface: &mut VirtualInterface) {
    interface.peers.values_mut().for_each(|peer| peer.status = "up".into());
}

fn describe_virtual_interfaces(
    cx: &mut Cx<'_>,
    input: &In<directconnect::DescribeVirtualInterfaces>,
) -> Said<directconnect::DescribeVirtualInterfaces> {
    expire(cx);
    let all = seen(&region(cx).virtual_interfaces)?;
    let wanted = input.body["virtualInterfaceId"].as_str();
    if let Some(id) = wanted.filter(|id| !all.contains_key(*id)) {
        return Err(refuse("DirectConnectClientException", format!("Virtual interface {id} does not exist")));
    }
    let all = all.iter().filter(|(id, _)| wanted.is_none_or(|wanted| wanted == id.as_str()));
    let all = all.map(|(id, known)| interface(id, known)).collect();
    Ok(plain_page::<directconnect::DescribeVirtualInterfaces>(cx, all, input, "maxResults"))
}

fn interface(id: &str, known: &VirtualInterface) -> Value {
    let ends_at = |direct: bool| {
        let gateway = known.gateway.as_deref().filter(|gateway| gateway.starts_with("vgw-") != direct);
        gateway.unwrap_or_default()
    };
    let peers = known
        .peers
        .iter()
        .map(|(id, peer)| json!({ "bgpPeerId": id, "addressFamily": peer.family, "bgpStatus": peer.status }));
    let tags = known.tags.iter().map(|(key, value)| json!({ "key": key, "value": value }));
    json!({
        "virtualInterfaceId": id,
        "ownerAccount": known.owner,
        "virtualInterfaceName": known.name,
        "virtualInterfaceType": known.kind,
        "virtualInterfaceState": known.state,
        "virtualGatewayId": ends_at(false),
        "directConnectGatewayId": ends_at(true),
        "bgpPeers": peers.collect::<Vec<_>>(),
        "tags": tags.collect::<Vec<_>>(),
    })
}

fn list_virtual_interface_test_history(
    cx: &mut Cx<'_>,
    input: &In<directconnect::ListVirtualInterfaceTestHistory>,
) -> Said<directconnect::ListVirtualInterfaceTestHistory> {
    expire(cx);
    let interfaces = seen(&region(cx).virtual_interfaces)?.iter();
    let tests = interfaces.filter_map(|(id, known)| Some(test(id, known, known.failover_test.as_ref()?)));
    let tests = tests.collect();
    Ok(plain_page::<directconnect::ListVirtualInterfaceTestHistory>(cx, tests, input, "maxResults"))
}

fn test(id: &str, known: &VirtualInterface, test: &FailoverTest) -> Value {
    json!({
        "testId": format!("test-{id}"),
        "virtualInterfaceId": id,
        "ownerAccount": known.owner,
        "bgpPeers": test.peers,
        "endTime": seconds(test.ends_at.as_deref()),
    })
}

/// The virtual interface that a call is about.
fn named(input: &PlainInput) -> &str {
    input.body["virtualInterfaceId"].as_str().unwrap_or_default()
}

/// A virtual interface of this account, to change, by id.
fn own_interface<'a>(cx: &'a mut Cx<'_>, id: &str) -> Result<&'a mut VirtualInterface, Refused> {
    let account = cx.world.account.id.clone();
    match seen_mut(&mut cx.region_mut().virtual_interfaces)?.get_mut(id) {
        None => Err(refuse("DirectConnectClientException", format!("Virtual interface {id} does not exist"))),
        Some(known) if known.owner != account => Err(refuse(
            "DirectConnectClientException",
            format!("Account {account} does not own virtual interface {id}"),
        )),
        Some(known) => Ok(known),
    }
}

fn start_bgp_failover_test(
    cx: &mut Cx<'_>,
    input: &In<directconnect::StartBgpFailoverTest>,
) -> Said<directconnect::StartBgpFailoverTest> {
    expire(cx);
    let minutes = input.body["testDurationInMinutes"].as_i64().unwrap_or(LASTS.0);
    if !(1..=LASTS.1).contains(&minutes) {
        let message = format!("Test duration must be between 1 and {} minutes", LASTS.1);
        return Err(refuse("DirectConnectClientException", message));
    }
    let id = named(input);
    let ends_ms = i64::try_from(cx.world.now_ms).unwrap_or(i64::MAX) + minutes * 60_000;
    let known = own_interface(cx, id)?;
    if known.failover_test.is_some() || known.state != "available" {
        let message = format!("Virtual interface {id} is in state {}", known.state);
        return Err(refuse("DirectConnectClientException", message));
    }
    let some = input.body["bgpPeers"].as_array().filter(|some| !some.is_empty());
    let peers = match some {
        None => known.peers.keys().cloned().collect(),
        Some(some) => some.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
    };
    let end = jiff::Timestamp::from_millisecond(ends_ms).ok();
    known.failover_test = Some(FailoverTest { peers, ends_at: end.map(|end| end.to_string()) });
    known.state = "testing".into();
    let started = known.failover_test.as_ref().map(|running| test(id, known, running));
    cx.later(BGP_MS, id, |cx, id| {
        let tested = cx.region_mut().virtual_interfaces.read_mut().and_then(|all| all.get_mut(id));
        let Some((known, test)) =
            tested.and_then(|known| known.failover_test.clone().map(|test| (known, test)))
        else {
            return;
        };
        for (id, peer) in &mut known.peers {
            if test.peers.contains(id) {
                peer.status = "down".into();
            }
        }
    });
    Ok(PlainOutput::new(json!({ "virtualInterfaceTest": started })))
}

fn stop_bgp_failover_test(
    cx: &mut Cx<'_>,
    input: &In<directconnect::StopBgpFailoverTest>,
) -> Said<directconnect::StopBgpFailoverTest> {
    expire(cx);
    let id = named(input);
    let known = own_interface(cx, id)?;
    let Some(running) = known.failover_test.clone() else {
        let message = format!("No failover test is running on virtual interface {id}");
        return Err(refuse("DirectConnectClientException", message));
    };
    let stopped = test(id, known, &running);
    finish(known);
    cx.later(BGP_MS, id, |cx, id| {
        let known = cx.region_mut().virtual_interfaces.read_mut().and_then(|all| all.get_mut(id));
        if let Some(known) = known.filter(|known| known.failover_test.is_none()) {
            up(known);
        }
    });
    Ok(PlainOutput::new(json!({ "virtualInterfaceTest": stopped })))
}
