//! The law of no detour: a cut opens nothing on its way that was closed before it, and a restore
//! nothing that is closed after it. Looked at after every call that changes the account.

use std::collections::BTreeMap;

use unplug::account::{Account, Interface, Region};
use unplug::exposure::{self, Direction, Family, FarEnd, Pass, Way};
use unplug::sim::Simulation;

use super::harness::{Process, each};
use super::seeds::seeds;

type Key = (String, String, String);

/// What gets between each interface and the outside, by interface and way.
fn reach(account: &Account) -> BTreeMap<Key, Pass> {
    let mut account = account.clone();
    account.regions.values_mut().for_each(add_probes);
    let mut reach = BTreeMap::new();
    for ((region, interface), ways) in exposure::of(&account).interfaces {
        for way in ways.iter() {
            let Way { place, direction, family, path, open, sent } = way;
            let (place, direction, family): (&FarEnd, &Direction, &Family) = (place, direction, family);
            let name = format!("{direction:?} {family:?} {place:?} {path:?}");
            reach.insert((region.clone(), interface.clone(), name), open.or(sent));
        }
    }
    reach
}

/// A host in every subnet that no group guards: what routes, ACLs and gateways alone let through.
fn add_probes(region: &mut Region) {
    let subnets: Vec<_> = region.subnets.items().map(|(id, subnet)| (id.clone(), subnet.clone())).collect();
    let Some(interfaces) = region.interfaces.read_mut() else { return };
    for (id, subnet) in subnets {
        let first = |cidr: &String| cidr.split('/').next().map(str::to_owned);
        let probe = Interface {
            vpc: subnet.vpc.clone(),
            subnet: id.clone(),
            kind: "interface".into(),
            private_ip: first(&subnet.cidr),
            public_ip: Some("198.51.100.250".into()),
            ipv6: subnet.ipv6_cidr.iter().filter_map(first).collect(),
            source_dest_check: true,
            ..Interface::default()
        };
        interfaces.insert(format!("eni-probe-{id}"), probe);
    }
}

/// What some moment lets through that is closed at the open end: before a cut, after a restore.
fn detours(moments: &[Account], open: &Account) -> Vec<String> {
    let open = reach(open);
    let mut found = vec![];
    for (number, moment) in moments.iter().enumerate() {
        for (key, pass) in reach(moment) {
            if !open.get(&key).is_some_and(|open| pass.minus(open).is_empty()) {
                found.push(format!("after change {number}: {key:?}"));
            }
        }
    }
    found
}

#[tokio::test]
async fn law_12_neither_a_cut_nor_a_restore_opens_a_path_on_the_way() {
    each(seeds().into_iter().filter(|seed| seed.step.stage() == 5 && !seed.looks()), async |seed| {
        let simulation = Simulation::new(seed.account.clone());
        let process = Process::start(&simulation);
        simulation.remember();
        process.pull(&seed).await;
        let cut = simulation.history();
        assert!(cut.len() > 1, "{}", seed.name);
        assert_eq!(detours(&cut, &cut[0]), Vec::<String>::new(), "{}: cut", seed.name);
        process.restore().await;
        let back = simulation.history();
        assert_eq!(detours(&back, &back[back.len() - 1]), Vec::<String>::new(), "{}: restore", seed.name);
    })
    .await;
}
