//! The law of the kept CIDR: whatever step cuts in whatever way, what gets to and from a CIDR that
//! `--keep-cidr` names still gets there, because the step lets it through or refuses the target.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use unplug::account::Account;
use unplug::exposure::{self, Direction, Family, FarEnd, Pass, PathKind};
use unplug::sim::Simulation;
use unplug::step::{ParamKind, Params, Scope, StepId};
use unplug::steps::STEPS;

use super::harness::Process;
use super::seeds::{self, Seed, kept};

/// Steps and ways that take no path between addresses away: they hold machines, names and calls.
const CUT_NO_PATH: [(u16, &str); 5] = [
    (502, "what it makes is used by nobody yet"),
    (505, "a host that is not replaced is where it was"),
    (525, "names, not addresses"),
    (570, "policy: a call is refused, packets get to the endpoint"),
    (570, "detach: a gateway endpoint leads to a service, not to a CIDR of a responder"),
];

/// The ways of a step: every combination of its choices.
fn ways(step: u16) -> Vec<Params> {
    let mut ways = vec![Params::new()];
    for param in unplug::steps::find(StepId(step)).unwrap().spec().params {
        let ParamKind::Choice(choices) = param.kind else { continue };
        ways = ways
            .iter()
            .flat_map(|way| {
                choices.iter().map(|choice| {
                    let mut way = way.clone();
                    way.insert(param.name.into(), Value::from(*choice));
                    way
                })
            })
            .collect();
    }
    ways
}

fn named(step: u16, params: &Params) -> String {
    let params: Vec<String> = params.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    format!("{step} {}", params.join(", "))
}

/// A seed that runs one step in one way. `way = "host"` of 520 needs a host by name.
fn run(step: u16, params: &Params, keep: Option<&str>) -> Seed {
    let mut seed = seeds::seed("kept", step, kept::account(), None);
    seed.steps[0].params = params.clone();
    let host = params.get("way") == Some(&json!("host"));
    seed.scope = Scope {
        instances: host.then(|| "i-10.0.2.5".to_owned()).into_iter().collect(),
        keep_cidrs: keep.map(str::to_owned).into_iter().collect(),
        ..Scope::default()
    };
    seed
}

type Key = (String, String, Direction, Family, FarEnd, String);

/// The flows between each interface and the CIDR: by what path, and what passes.
fn flows(account: &Account) -> BTreeMap<Key, Pass> {
    let mut flows = BTreeMap::new();
    for ((region, interface), ways) in exposure::of(account).interfaces {
        // A balancer or an endpoint speaks for somebody else: what is behind it is no path of the CIDR.
        let speaks = [PathKind::LoadBalancer, PathKind::EndpointService, PathKind::ClientVpn];
        let known = account.regions[&region].interfaces.item(&interface);
        // An endpoint's interface is asked, and asks nobody.
        let asks = known.is_none_or(|known| known.kind != "vpc_endpoint");
        let ways = ways.iter().filter(|way| asks || way.direction == Direction::In);
        for way in ways.filter(|w| w.place != FarEnd::Service && !speaks.contains(&w.path.kind)) {
            let path = format!("{:?}", way.path);
            let key = (region.clone(), interface.clone(), way.direction, way.family, way.place, path);
            flows.insert(key, way.open.clone());
        }
    }
    flows
}

/// The first and last address of a CIDR, as a flow counts them.
fn range(cidr: &str) -> (Family, u128, u128) {
    match cidr.parse::<ipnet::IpNet>().unwrap() {
        ipnet::IpNet::V4(net) => {
            (Family::Ipv4, u128::from(u32::from(net.network())), u128::from(u32::from(net.broadcast())))
        }
        ipnet::IpNet::V6(net) => (Family::Ipv6, u128::from(net.network()), u128::from(net.broadcast())),
    }
}

/// What got to or from the CIDR before, and does not any more.
fn lost(before: &Account, after: &Account, cidr: &str) -> Vec<String> {
    let (family, low, high) = range(cidr);
    let after = flows(after);
    let gone = |(key, pass): &(Key, Pass)| {
        let left = after.get(key).map_or_else(|| pass.clone(), |now| pass.minus(now));
        key.3 == family && left.pieces().iter().any(|piece| piece.0 <= high && low <= piece.1)
    };
    flows(before).into_iter().filter(gone).map(|(key, _)| format!("{key:?}")).collect()
}

#[tokio::test]
async fn a_kept_cidr_keeps_its_paths_in_every_step_and_way() {
    let (mut broken, mut idle) = (vec![], vec![]);
    let steps = STEPS.iter().map(|step| step.spec()).filter(|spec| {
        spec.id.stage() == 5 && !spec.iam.apply.is_empty() && seeds::only().is_none_or(|only| only == spec.id)
    });
    for StepId(step) in steps.map(|spec| spec.id) {
        for params in ways(step) {
            let before = kept::account();
            let without = Simulation::new(before.clone());
            Process::start(&without).pull(&run(step, &params, None)).await;
            let mut cuts = false;
            for (cidr, by) in kept::KEPT {
                cuts |= !lost(&before, &without.account(), cidr).is_empty();
                let with = Simulation::new(before.clone());
                Process::start(&with).pull(&run(step, &params, Some(cidr))).await;
                for path in lost(&before, &with.account(), cidr) {
                    broken.push(format!("{}, {cidr} ({by}): {path}", named(step, &params)));
                }
            }
            let way = params.get("way").and_then(Value::as_str).unwrap_or_default();
            let idle_by_design =
                CUT_NO_PATH.iter().any(|(id, why)| *id == step && (step != 570 || why.starts_with(way)));
            if cuts == idle_by_design {
                idle.push(format!("{}: cuts a path: {cuts}", named(step, &params)));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert_eq!(
        idle,
        Vec::<String>::new(),
        "the account has no path that the step cuts, or the list is wrong"
    );
}
