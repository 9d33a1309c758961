//! Seeds of 300, which only looks, and of 330: names of the drill's company lead to another place.

use std::collections::BTreeMap;

use serde_json::json;
use unplug::account::{Account, LoadBalancer, Record, Seen, Zone};

use super::{Seed, company, seed};

const ZONE: &str = "Z0KCSHOPEXAMPLE01";

fn zone<'a>(account: &'a mut Account, id: &str) -> &'a mut Zone {
    account.zones.read_mut().unwrap().get_mut(id).unwrap()
}

fn address(value: &str) -> Record {
    Record { kind: "A".into(), ttl: Some(300), values: vec![value.into()], ..Record::default() }
}

/// Somebody gives the name of the searches another server.
fn repoint(account: &mut Account) {
    let Seen::Read(records) = &mut zone(account, ZONE).records else { return };
    records.insert("search.kettle-and-crane.example.".into(), [address("192.0.2.66")].into());
}

fn switch(seed: Seed, names: &[&str], to: &str) -> Seed {
    let mut seed = seed;
    for step in &mut seed.steps {
        step.params = BTreeMap::from([("names".to_owned(), json!(names)), ("to".to_owned(), to.into())]);
    }
    seed
}

const BALANCER: &str =
    "arn:aws:elasticloadbalancing:us-east-1:444455556666:loadbalancer/app/sorry/50dc6c495c0c9188";
const BALANCER_NAME: &str = "sorry-1502873314.us-east-1.elb.amazonaws.com";

/// The company with a load balancer that the names can lead to.
fn with_a_balancer() -> Account {
    let mut account = company();
    let balancer = LoadBalancer {
        name: "sorry".into(),
        kind: "application".into(),
        scheme: "internet-facing".into(),
        ip_address_type: "dualstack".into(),
        dns_name: BALANCER_NAME.into(),
        zone: "Z35SXDOTRQ7X7K".into(),
        state: "active".into(),
        ..LoadBalancer::default()
    };
    let here = account.regions.get_mut("us-east-1").unwrap();
    here.load_balancers.read_mut().unwrap().insert(BALANCER.into(), balancer);
    account
}

/// A second zone, and in both of them neighbours of the names that are switched.
fn two_zones() -> Account {
    let plain = |kind: &str, value: &str| Record { kind: kind.into(), ..address(value) };
    let own = [plain("A", "192.0.2.10"), plain("NS", "ns-1.example."), plain("SOA", "a b 1 2 3 4 5")];
    let records = BTreeMap::from([
        ("example.net.".to_owned(), own.into()),
        ("a.example.net.".to_owned(), [address("192.0.2.11")].into()),
        ("b.example.net.".to_owned(), [address("192.0.2.12")].into()),
    ]);
    let other = Zone { name: "example.net.".into(), records: Seen::Read(records), ..Zone::default() };
    let mut account = company();
    account.zones.read_mut().unwrap().insert("Z0OTHER".into(), other);
    account
}

pub fn seeds() -> Vec<Seed> {
    vec![
        seed("names to look at", 300, company(), None),
        switch(
            seed("names of every routing", 330, with_a_balancer(), Some(repoint)),
            &[
                "api.kettle-and-crane.example",
                "kettle-and-crane.example",
                "search.kettle-and-crane.example",
                "www.kettle-and-crane.example",
            ],
            BALANCER_NAME,
        ),
        switch(
            seed("names of two zones", 330, two_zones(), Some(repoint)),
            &["a.example.net", "search.kettle-and-crane.example", "www.kettle-and-crane.example"],
            "maintenance.example.org",
        ),
    ]
}
