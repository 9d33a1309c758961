//! Direct Connect virtual interfaces, and the failover tests that run on them.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Ask, moment, text, texts};
use crate::account::{BgpPeer, FailoverTest, VirtualInterface};
use crate::aws::plain::PlainInput;
use crate::aws::plain::services::directconnect;
use crate::aws::{Aws, AwsError, lists};

/// AWS gives no more on a page, whatever is asked for.
const PAGE: u32 = 100;

/// Virtual interfaces: those of this account, and those that it hosts for others on its connections.
/// BGP keys and router configurations are in the list and are dropped unread.
///
/// <https://docs.aws.amazon.com/directconnect/latest/APIReference/API_DescribeVirtualInterfaces.html>
pub(super) async fn virtual_interfaces(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, VirtualInterface>, AwsError> {
    let input = PlainInput::new(json!({ "maxResults": PAGE }));
    let list = aws.plain_list::<directconnect::DescribeVirtualInterfaces>(region, input);
    let mut interfaces: BTreeMap<String, VirtualInterface> =
        lists::all(aws, list, |one| interface(&one)).await?;
    if !interfaces.is_empty() {
        for (id, test) in running(aws, region).await? {
            if let Some(interface) = interfaces.get_mut(&id) {
                interface.failover_test = Some(test);
            }
        }
    }
    Ok(interfaces)
}

fn interface(interface: &Value) -> Option<(String, VirtualInterface)> {
    if interface["virtualInterfaceState"] == "deleted" {
        return None;
    }
    // The gateway that it does not end at is there as an empty text.
    let given = |member: &str| Some(text(&interface[member])).filter(|text| !text.is_empty());
    let all = |member: &str| interface[member].as_array().into_iter().flatten();
    let value = VirtualInterface {
        owner: text(&interface["ownerAccount"]),
        name: text(&interface["virtualInterfaceName"]),
        kind: text(&interface["virtualInterfaceType"]),
        gateway: given("virtualGatewayId").or_else(|| given("directConnectGatewayId")),
        state: text(&interface["virtualInterfaceState"]),
        peers: all("bgpPeers").filter_map(peer).collect(),
        failover_test: None,
        tags: all("tags").map(|tag| (text(&tag["key"]), text(&tag["value"]))).collect(),
    };
    Some((interface["virtualInterfaceId"].as_str()?.to_owned(), value))
}

fn peer(peer: &Value) -> Option<(String, BgpPeer)> {
    let value = BgpPeer { family: text(&peer["addressFamily"]), status: text(&peer["bgpStatus"]) };
    Some((peer["bgpPeerId"].as_str()?.to_owned(), value))
}

/// The tests that run now, by interface. AWS keeps the ended ones in the same list, and documents
/// no words for the status: the times decide, and a test that was stopped ended when it was.
///
/// <https://docs.aws.amazon.com/directconnect/latest/APIReference/API_VirtualInterfaceTestHistory.html>
async fn running(aws: &Aws, region: &str) -> Result<BTreeMap<String, FailoverTest>, AwsError> {
    let now = aws.clock().timestamp();
    let input = PlainInput::new(json!({ "maxResults": PAGE }));
    let list = aws.plain_list::<directconnect::ListVirtualInterfaceTestHistory>(region, input);
    lists::all(aws, list, |test| running_test(&test, now)).await
}

fn running_test(test: &Value, now: Timestamp) -> Option<(String, FailoverTest)> {
    let planned = || {
        let minutes = test["testDurationInMinutes"].as_u64()?;
        moment(&test["startTime"])?.checked_add(Duration::from_secs(minutes * 60)).ok()
    };
    let ends = moment(&test["endTime"]).or_else(planned);
    if ends.is_some_and(|end| end <= now) {
        return None;
    }
    let value =
        FailoverTest { peers: texts(&test["bgpPeers"]).collect(), ends_at: ends.map(|end| end.to_string()) };
    Some((test["virtualInterfaceId"].as_str()?.to_owned(), value))
}
