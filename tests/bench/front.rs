//! `plan` of the names and what is in front of the sites: 200 zones with 5,000 records, 100 distributions.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use unplug::account::dns::absolute;
use unplug::account::{
    Account, AliasTarget, Behavior, DEFAULT_BEHAVIOR, Distribution, Origin, Record, Seen, Zone,
};
use unplug::aws::{Aws, Clock, Timeline};
use unplug::collect;
use unplug::engine::plan::Selected;
use unplug::engine::rehearse::read_and_rehearse;
use unplug::sim::Simulation;
use unplug::step::{Params, StepId};

use super::accounts;
use super::plans::{brief, step_through};

/// What AWS's nearer Regions take for a small read.
const CALL: Duration = Duration::from_millis(50);
const RECORDS_A_ZONE: usize = 25;

/// So many zones with 25 records each, and half as many distributions.
fn account(zones: usize) -> Account {
    let mut account = accounts::empty();
    account.zones = Seen::Read((0..zones).map(|number| (format!("Z{number:05}"), zone(number))).collect());
    let distributions = (0..zones / 2).map(|number| (format!("E{number:05}"), distribution(number)));
    account.distributions = Seen::Read(distributions.collect());
    account.edge_functions = Seen::Read(BTreeMap::new());
    account
}

fn record(kind: &str, value: String) -> Record {
    Record { kind: kind.into(), ttl: Some(300), values: vec![value], ..Record::default() }
}

fn zone(number: usize) -> Zone {
    let name = format!("zone-{number}.example.");
    let of_zone = [record("NS", "ns-1.example.".into()), record("SOA", "a b 1 2 3 4 5".into())];
    let to = AliasTarget {
        zone: "Z2FDTNDATAQYW2".into(),
        name: format!("d{:05}.cloudfront.net.", number / 2),
        evaluate_health: false,
    };
    let alias = Record { kind: "A".into(), alias: Some(to), ..Record::default() };
    let mut records: BTreeMap<String, BTreeSet<Record>> =
        [(name.clone(), of_zone.into()), (format!("www.{name}"), [alias].into())].into();
    for host in 3..RECORDS_A_ZONE {
        let address = format!("192.0.2.{}", host + 1);
        records.insert(absolute(&format!("host-{host}.{name}")), [record("A", address)].into());
    }
    Zone { name, records: Seen::Read(records), ..Zone::default() }
}

fn distribution(number: usize) -> Distribution {
    let origin = Origin { domain: format!("origin-{number}.example.net"), ..Origin::default() };
    let behavior = Behavior { origin: "site".into(), ..Behavior::default() };
    Distribution {
        domain: format!("d{number:05}.cloudfront.net"),
        aliases: [format!("www.zone-{}.example", number * 2)].into(),
        enabled: true,
        deployed: true,
        behaviors: [(DEFAULT_BEHAVIOR.to_owned(), behavior)].into(),
        origins: [("site".to_owned(), origin)].into(),
        ..Distribution::default()
    }
}

/// 300 and 310, and 330 for one name of each zone.
fn steps(zones: usize) -> Vec<Selected> {
    let names: Vec<String> = (0..zones).map(|number| format!("host-3.zone-{number}.example")).collect();
    let switch = [("names".to_owned(), names.into()), ("to".to_owned(), "192.0.2.99".into())];
    [(300, Params::new()), (310, Params::new()), (330, switch.into())]
        .map(|(step, params)| Selected { step: StepId(step), params })
        .into()
}

/// Plans on a clock that only waits move. Returns calls, changes and milliseconds.
fn plan(account: &Account, zones: usize, wire: fn(Simulation) -> Aws) -> (usize, usize, u64) {
    let timeline = Timeline::default();
    let aws = wire(Simulation::on(account.clone(), Clock::Stepped(timeline.clone())));
    aws.tap().delay(CALL);
    let steps = steps(zones);
    let changes = step_through(&timeline, async {
        let known = collect::identify(&aws).await.unwrap();
        let brief = brief();
        let ask = brief.ask(&known.id, &steps);
        let (_, rehearsal) = read_and_rehearse(&aws, &known, &ask, &steps, &brief, &|_, _| {}).await.unwrap();
        rehearsal.steps.iter().map(|step| step.changes.len()).sum()
    });
    (aws.ledger().len(), changes, timeline.elapsed_ms())
}

pub fn print() {
    println!("plan of 300, 310 and 330, {} ms a call\n", CALL.as_millis());
    println!("| zones | records | distributions | changes | calls | longest chain | at AWS's limits |");
    println!("|---|---|---|---|---|---|---|");
    for zones in [50, 100, 200] {
        let account = account(zones);
        let (calls, changes, chain_ms) = plan(&account, zones, Aws::simulated);
        let (_, _, limited_ms) = plan(&account, zones, Aws::simulated_at_limits);
        println!(
            "| {zones} | {} | {} | {changes} | {calls} | {} | {} |",
            zones * RECORDS_A_ZONE,
            zones / 2,
            seconds(chain_ms),
            seconds(limited_ms)
        );
    }
    println!();
}

fn seconds(ms: u64) -> String {
    format!("{:.1} s", Duration::from_millis(ms).as_secs_f64())
}
