//! Direct Connect virtual interfaces, and the failover tests that run on them.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_directconnect::types;

use super::Ask;
use crate::account::{BgpPeer, FailoverTest, Tags, VirtualInterface};
use crate::aws::{Aws, AwsError, lists};

/// AWS gives no more on a page, whatever is asked for.
const PAGE: i32 = 100;

/// Virtual interfaces: those of this account, and those that it hosts for others on its connections.
/// BGP keys and router configurations are in the list and are dropped unread.
///
/// <https://docs.aws.amazon.com/directconnect/latest/APIReference/API_DescribeVirtualInterfaces.html>
pub(super) async fn virtual_interfaces(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, VirtualInterface>, AwsError> {
    let list = aws.directconnect(region).describe_virtual_interfaces().max_results(PAGE);
    let mut interfaces: BTreeMap<String, VirtualInterface> = lists::all(aws, list, interface).await?;
    if !interfaces.is_empty() {
        for (id, test) in running(aws, region).await? {
            if let Some(interface) = interfaces.get_mut(&id) {
                interface.failover_test = Some(test);
            }
        }
    }
    Ok(interfaces)
}

fn interface(interface: types::VirtualInterface) -> Option<(String, VirtualInterface)> {
    use types::VirtualInterfaceState::Deleted;
    if interface.virtual_interface_state == Some(Deleted) {
        return None;
    }
    // The gateway that it does not end at is there as an empty text.
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let value = VirtualInterface {
        owner: interface.owner_account.unwrap_or_default(),
        name: interface.virtual_interface_name.unwrap_or_default(),
        kind: interface.virtual_interface_type.unwrap_or_default(),
        gateway: given(interface.virtual_gateway_id).or(given(interface.direct_connect_gateway_id)),
        state: interface.virtual_interface_state.map(|s| s.as_str().to_owned()).unwrap_or_default(),
        peers: interface.bgp_peers.unwrap_or_default().into_iter().filter_map(peer).collect(),
        failover_test: None,
        tags: tags(interface.tags),
    };
    Some((interface.virtual_interface_id?, value))
}

fn peer(peer: types::BgpPeer) -> Option<(String, BgpPeer)> {
    let value = BgpPeer {
        family: peer.address_family.map(|family| family.as_str().to_owned()).unwrap_or_default(),
        status: peer.bgp_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
    };
    Some((peer.bgp_peer_id?, value))
}

fn tags(tags: Option<Vec<types::Tag>>) -> Tags {
    tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value.unwrap_or_default())).collect()
}

/// The tests that run now, by interface. AWS keeps the ended ones in the same list, and documents
/// no words for the status: the times decide, and a test that was stopped ended when it was.
///
/// <https://docs.aws.amazon.com/directconnect/latest/APIReference/API_VirtualInterfaceTestHistory.html>
async fn running(aws: &Aws, region: &str) -> Result<BTreeMap<String, FailoverTest>, AwsError> {
    let now_ms = i64::try_from(aws.clock().now_ms()).unwrap_or(i64::MAX);
    let list = aws.directconnect(region).list_virtual_interface_test_history().max_results(PAGE);
    lists::all(aws, list, |test| running_test(test, now_ms)).await
}

fn running_test(test: types::VirtualInterfaceTestHistory, now_ms: i64) -> Option<(String, FailoverTest)> {
    let planned = || {
        let minutes = u64::try_from(test.test_duration_in_minutes?).ok()?;
        let lasts = i64::try_from(Duration::from_secs(minutes * 60).as_millis()).ok()?;
        Some(test.start_time?.to_millis().ok()? + lasts)
    };
    let ends_ms = test.end_time.and_then(|end| end.to_millis().ok()).or_else(planned);
    if ends_ms.is_some_and(|end| end <= now_ms) {
        return None;
    }
    let ends_at = ends_ms.and_then(|end| jiff::Timestamp::from_millisecond(end).ok());
    let value = FailoverTest {
        peers: test.bgp_peers.unwrap_or_default().into_iter().collect(),
        ends_at: ends_at.map(|end| end.to_string()),
    };
    Some((test.virtual_interface_id?, value))
}
