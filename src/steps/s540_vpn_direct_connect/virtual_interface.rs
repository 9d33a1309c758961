//! A BGP failover test on a virtual interface of Direct Connect: AWS holds its BGP down while it runs,
//! and ends it by itself.

use std::time::Duration;

use serde_json::json;

use super::keeps;
use crate::account::{Region, Section, VirtualInterface as Known};
use crate::aws::plain::PlainInput;
use crate::aws::plain::services::directconnect::{StartBgpFailoverTest, StopBgpFailoverTest};
use crate::step::{Case, Item, Lens, Look, Now, Reason, StepError, Target, Verdict, Write};

pub(super) struct VirtualInterface;

/// Minutes: the longest test that AWS runs.
///
/// <https://docs.aws.amazon.com/directconnect/latest/APIReference/API_StartBgpFailoverTest.html>
const LONGEST: u32 = 4_320;

impl Lens for VirtualInterface {
    /// Does a failover test hold BGP down?
    type State = bool;
    const KIND: &'static str = "virtual-interface";
    const NEEDS: &'static [Section] = &[Section::VirtualInterfaces];
    const SETTLES_WITHIN: Duration = Duration::from_mins(10);

    fn state(&self, look: &Look<'_>) -> Now<bool> {
        look.in_region(|here| Now::of_item(&here.virtual_interfaces, &look.at.id, is_tested))
    }

    fn contain(&self, tested: &bool, look: &Look<'_>) -> Verdict<bool> {
        let here = look.region();
        let known = here.and_then(|here| Some((here, here.virtual_interfaces.item(&look.at.id)?)));
        match known {
            None => Verdict::Refuse("its Region was not read".into()),
            Some(_) if *tested => Verdict::Already,
            Some((here, known)) => Verdict::unless(obstacle(known, here, &look.account.id, look.case), true),
        }
    }

    fn show(&self, tested: &bool) -> String {
        match tested {
            true => "BGP down by a failover test: AWS ends it after 72 hours".into(),
            false => "BGP as it is".into(),
        }
    }

    async fn write(&self, write: Write<'_, bool>) -> Result<(), StepError> {
        let (region, id) = (write.at.region_name(), &write.at.id);
        if *write.to {
            let body = json!({ "virtualInterfaceId": id, "testDurationInMinutes": LONGEST });
            write.aws.plain::<StartBgpFailoverTest>(region, PlainInput::new(body)).await?;
        } else {
            let body = json!({ "virtualInterfaceId": id });
            write.aws.plain::<StopBgpFailoverTest>(region, PlainInput::new(body)).await?;
        }
        Ok(())
    }
}

/// Without a place named, all; else those that end at the gateway of a VPC in scope.
pub(super) fn items<'a>(
    region: &'a str,
    here: &'a Region,
    case: &'a Case,
) -> impl Iterator<Item = Item> + 'a {
    here.virtual_interfaces.items().filter_map(move |(id, known)| {
        let gateway = known.gateway.as_ref().and_then(|gateway| here.vpn_gateways.item(gateway));
        let vpc = gateway.and_then(|gateway| gateway.vpc.clone());
        let in_scope = vpc.as_ref().is_some_and(|vpc| case.scope.has_vpc(here, vpc));
        let at = Target::new(VirtualInterface::KIND, id).region(region).label(Some(&known.name));
        let item = Item::new(Target { vpc, ..at }).tags(&known.tags);
        (case.scope.is_whole() || in_scope).then_some(item)
    })
}

/// A test that runs and whose peers are not all down yet is on its way.
fn is_tested(interface: &Known) -> Now<bool> {
    let Some(test) = &interface.failover_test else { return Now::Is(false) };
    let up = |id: &String| interface.peers.get(id).is_some_and(|peer| peer.status == "up");
    if test.peers.iter().any(up) { Now::Settling(true) } else { Now::Is(true) }
}

/// Why no failover test is started on an interface.
fn obstacle(interface: &Known, here: &Region, account: &str, case: &Case) -> Option<Reason> {
    let (owner, state) = (&interface.owner, &interface.state);
    if owner != account {
        return Some(format!("it belongs to {owner}: only its owner can run a failover test on it"));
    }
    if state != "available" {
        return Some(format!(
            "it is {state}: a test needs BGP up, and nothing keeps it from coming up later"
        ));
    }
    keeps::by_link(interface.gateway.as_deref(), here, case)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{BgpPeer, FailoverTest};

    #[test]
    fn a_test_is_in_effect_once_its_peers_are_down() {
        let peer = |status: &str| BgpPeer { status: status.into(), ..BgpPeer::default() };
        let tested = |status: &str| Known {
            peers: [("peer-1".to_owned(), peer(status)), ("peer-2".to_owned(), peer("up"))].into(),
            failover_test: Some(FailoverTest { peers: ["peer-1".to_owned()].into(), ends_at: None }),
            ..Known::default()
        };
        assert_eq!(is_tested(&tested("up")), Now::Settling(true));
        assert_eq!(is_tested(&tested("down")), Now::Is(true), "of another peer the test says nothing");
        assert_eq!(is_tested(&Known::default()), Now::Is(false));
    }
}
