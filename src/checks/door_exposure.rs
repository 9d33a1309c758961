//! Nothing but load balancers is reached from the internet.

use crate::checks::{Answer, Check, Facts, Group, Severity};
use crate::exposure::{self, Direction, FarEnd, PathKind};

pub const CHECK: Check = Check {
    id: "door-exposure",
    group: Group::Doors,
    title: "No host is reached from the internet directly",
    severity: Severity::Medium,
    why: "A host with an address of its own has every hole of what runs on it on the internet; behind a load \
          balancer a page can answer in its place.",
    fix: "unplug exposure ENI shows the way hop by hop; aws ec2 disassociate-address, or a subnet without a \
          route to the internet gateway",
    needs: exposure::NEEDS,
    also: &[],
    mirrors: &["FSBP EC2.9"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let exposure = facts.exposure();
    for ((region, id), ways) in &exposure.interfaces {
        let direct = ways.iter().filter(|way| {
            way.direction == Direction::In
                && way.place == FarEnd::Internet
                && way.path.kind != PathKind::LoadBalancer
                && !way.open.is_empty()
        });
        let doubts: Vec<bool> = direct.map(|way| way.open.doubt.any()).collect();
        let name = |id: &str| {
            let interface = facts.account.regions.get(region).and_then(|here| here.interfaces.item(id));
            let host = interface.and_then(|interface| interface.instance.as_deref());
            host.map_or_else(|| id.to_owned(), |host| format!("{id} of {host}"))
        };
        if doubts.iter().any(|doubt| !doubt) {
            answer.fail(id, Some(region), format!("{} is reached from the internet", name(id)));
        } else if !doubts.is_empty() {
            answer.unknown(format!("whether {} in {region} is reached from the internet", name(id)));
        }
    }
    if let n @ 2.. = answer.findings.len() {
        answer.headline = format!("{n} interfaces are reached from the internet directly");
    }
    answer.said = format!("{} looked at", exposure.interfaces.len());
}
