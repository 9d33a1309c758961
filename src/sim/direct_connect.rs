//! Direct Connect: virtual interfaces, and BGP failover tests, which end by themselves.

use aws_sdk_directconnect::types;
use aws_smithy_types::DateTime;

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::{seen, seen_mut};
use crate::account::{FailoverTest, VirtualInterface};
use crate::aws::operations::directconnect;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<directconnect::DescribeVirtualInterfaces>(describe_virtual_interfaces);
    dispatch.on::<directconnect::ListVirtualInterfaceTestHistory>(list_virtual_interface_test_history);
    dispatch.on::<directconnect::StartBgpFailoverTest>(start_bgp_failover_test);
    dispatch.on::<directconnect::StopBgpFailoverTest>(stop_bgp_failover_test);
}

/// How long BGP takes to go down or to come up.
const BGP_MS: u64 = 3_000;
/// Minutes: what a test lasts unless said, and at most.
const LASTS: (i32, i32) = (180, 4_320);

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
    let wanted = input.virtual_interface_id();
    if let Some(id) = wanted.filter(|id| !all.contains_key(*id)) {
        return Err(refuse("DirectConnectClientException", format!("Virtual interface {id} does not exist")));
    }
    let all = all.iter().filter(|(id, _)| wanted.is_none_or(|wanted| wanted == id.as_str()));
    let all = all.map(|(id, known)| interface(id, known)).collect();
    let (all, next) = cx.page(all, input.next_token(), input.max_results());
    Ok(Out::<directconnect::DescribeVirtualInterfaces>::builder()
        .set_virtual_interfaces(Some(all))
        .set_next_token(next)
        .build())
}

fn interface(id: &str, known: &VirtualInterface) -> types::VirtualInterface {
    let ends_at = |direct: bool| {
        let gateway = known.gateway.clone().filter(|gateway| gateway.starts_with("vgw-") != direct);
        Some(gateway.unwrap_or_default())
    };
    let peers = known.peers.iter().map(|(id, peer)| {
        types::BgpPeer::builder()
            .bgp_peer_id(id)
            .address_family(peer.family.as_str().into())
            .bgp_status(peer.status.as_str().into())
            .build()
    });
    let tags =
        known.tags.iter().filter_map(|(key, value)| types::Tag::builder().key(key).value(value).build().ok());
    types::VirtualInterface::builder()
        .virtual_interface_id(id)
        .owner_account(&known.owner)
        .virtual_interface_name(&known.name)
        .virtual_interface_type(&known.kind)
        .virtual_interface_state(known.state.as_str().into())
        .set_virtual_gateway_id(ends_at(false))
        .set_direct_connect_gateway_id(ends_at(true))
        .set_bgp_peers(Some(peers.collect()))
        .set_tags(Some(tags.collect()))
        .build()
}

fn list_virtual_interface_test_history(
    cx: &mut Cx<'_>,
    input: &In<directconnect::ListVirtualInterfaceTestHistory>,
) -> Said<directconnect::ListVirtualInterfaceTestHistory> {
    expire(cx);
    let interfaces = seen(&region(cx).virtual_interfaces)?.iter();
    let tests = interfaces.filter_map(|(id, known)| Some(test(id, known, known.failover_test.as_ref()?)));
    let tests = tests.collect();
    let (tests, next) = cx.page(tests, input.next_token(), input.max_results());
    Ok(Out::<directconnect::ListVirtualInterfaceTestHistory>::builder()
        .set_virtual_interface_test_history(Some(tests))
        .set_next_token(next)
        .build())
}

fn test(id: &str, known: &VirtualInterface, test: &FailoverTest) -> types::VirtualInterfaceTestHistory {
    types::VirtualInterfaceTestHistory::builder()
        .test_id(format!("test-{id}"))
        .virtual_interface_id(id)
        .owner_account(&known.owner)
        .set_bgp_peers(Some(test.peers.iter().cloned().collect()))
        .set_end_time(ends_ms(test).map(DateTime::from_millis))
        .build()
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
    let minutes = input.test_duration_in_minutes().unwrap_or(LASTS.0);
    if !(1..=LASTS.1).contains(&minutes) {
        let message = format!("Test duration must be between 1 and {} minutes", LASTS.1);
        return Err(refuse("DirectConnectClientException", message));
    }
    let id = input.virtual_interface_id().unwrap_or_default();
    let ends_ms = i64::try_from(cx.world.now_ms).unwrap_or(i64::MAX) + i64::from(minutes) * 60_000;
    let known = own_interface(cx, id)?;
    if known.failover_test.is_some() || known.state != "available" {
        let message = format!("Virtual interface {id} is in state {}", known.state);
        return Err(refuse("DirectConnectClientException", message));
    }
    let peers = match input.bgp_peers() {
        [] => known.peers.keys().cloned().collect(),
        named => named.iter().cloned().collect(),
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
    Ok(Out::<directconnect::StartBgpFailoverTest>::builder().set_virtual_interface_test(started).build())
}

fn stop_bgp_failover_test(
    cx: &mut Cx<'_>,
    input: &In<directconnect::StopBgpFailoverTest>,
) -> Said<directconnect::StopBgpFailoverTest> {
    expire(cx);
    let id = input.virtual_interface_id().unwrap_or_default();
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
    Ok(Out::<directconnect::StopBgpFailoverTest>::builder().virtual_interface_test(stopped).build())
}
