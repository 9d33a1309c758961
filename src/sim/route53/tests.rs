use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_route53::Client;
use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch};

use crate::account::{
    Account, AliasTarget, Canary, CidrRouting, GeoLocation, GeoProximity, HealthCheck, Record, Section, Seen,
    Zone,
};
use crate::aws::Aws;
use crate::aws::ledger::Phase;
use crate::collect::{self, Ask, route53::record};
use crate::sim::{Simulation, probe::code, sample};

const ZONE: &str = "Z1EXAMPLE";

fn plain(kind: &str, values: &[&str]) -> Record {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    Record { kind: kind.into(), ttl: Some(300), values, ..Record::default() }
}

fn one_of(set: &str, record: Record) -> Record {
    Record { set: Some(set.into()), ..record }
}

/// A record of every routing.
fn records() -> BTreeMap<String, BTreeSet<Record>> {
    let address = || plain("A", &["192.0.2.1"]);
    let alias = AliasTarget {
        zone: "Z2FDTNDATAQYW2".into(),
        name: "d1.cloudfront.net.".into(),
        evaluate_health: false,
    };
    let all: [(&str, Vec<Record>); 12] = [
        ("example.com.", vec![plain("NS", &["ns-1.awsdns-1.com."]), plain("SOA", &["a b 1 2 3 4 5"])]),
        ("alias.example.com.", vec![Record { kind: "A".into(), alias: Some(alias), ..Record::default() }]),
        ("\\052.example.com.", vec![plain("CNAME", &["www.example.com"])]),
        (
            "weighted.example.com.",
            vec![
                one_of("a", Record { weight: Some(10), ..address() }),
                one_of("b", Record { weight: Some(0), health_check: Some("hc-1".into()), ..address() }),
            ],
        ),
        (
            "latency.example.com.",
            vec![one_of("a", Record { latency_region: Some("eu-west-1".into()), ..address() })],
        ),
        (
            "geo.example.com.",
            vec![one_of(
                "a",
                Record {
                    geo: Some(GeoLocation { country: Some("*".into()), ..GeoLocation::default() }),
                    ..address()
                },
            )],
        ),
        (
            "near.example.com.",
            vec![one_of(
                "a",
                Record {
                    proximity: Some(GeoProximity {
                        coordinates: Some(("35.68".into(), "139.69".into())),
                        bias: Some(-10),
                        ..GeoProximity::default()
                    }),
                    ..address()
                },
            )],
        ),
        (
            "cidr.example.com.",
            vec![one_of(
                "a",
                Record {
                    cidr: Some(CidrRouting { collection: "c".into(), location: "*".into() }),
                    ..address()
                },
            )],
        ),
        (
            "failover.example.com.",
            vec![one_of("a", Record { failover: Some("PRIMARY".into()), ..address() })],
        ),
        ("multi.example.com.", vec![one_of("a", Record { multi_value: Some(true), ..address() })]),
        ("policy.example.com.", vec![Record { traffic_policy: Some("tp-1".into()), ..address() }]),
        (
            "new.example.com.",
            vec![
                Record { unknown: ["AZAffinity/Zone".into(), "Newer".into()].into(), ..address() },
                plain("AAAA", &["2001:db8::1"]),
            ],
        ),
    ];
    all.into_iter().map(|(name, sets)| (name.to_owned(), sets.into_iter().collect())).collect()
}

fn account() -> Account {
    let mut account = sample::account();
    let zone = |name: &str, private| Zone { name: name.into(), private, ..Zone::default() };
    let public = Zone { records: Seen::Read(records()), ..zone("example.com.", false) };
    let cloud_map = Zone {
        linked_service: Some("servicediscovery.amazonaws.com".into()),
        records: Seen::Read(BTreeMap::new()),
        ..zone("svc.example.com.", false)
    };
    account.zones = Seen::Read(
        [(ZONE.to_owned(), public), ("Z2".into(), cloud_map), ("Z3".into(), zone("internal.", true))].into(),
    );
    let check =
        HealthCheck { kind: "HTTPS".into(), host: Some("example.com".into()), ..HealthCheck::default() };
    let follows = HealthCheck {
        kind: "CLOUDWATCH_METRIC".into(),
        alarm: Some(("us-east-1".into(), "errors".into())),
        ..HealthCheck::default()
    };
    account.health_checks = Seen::Read([("hc-1".to_owned(), check), ("hc-2".to_owned(), follows)].into());
    for here in account.regions.values_mut() {
        let canary =
            Canary { state: "RUNNING".into(), schedule: "rate(5 minutes)".into(), vpc: Some("vpc-1".into()) };
        here.canaries = Seen::Read([("shop".to_owned(), canary)].into());
    }
    account
}

async fn collected(simulation: &Simulation, ask: &Ask) -> Account {
    let aws = Aws::simulated(simulation.clone());
    let known = collect::identify(&aws).await.unwrap();
    collect::read(&aws, &known, ask, &|_, _| {}).await
}

fn ask() -> Ask {
    let sections = [Section::Zones, Section::HealthChecks, Section::Canaries];
    Ask { sections: sections.into(), ..Ask::default() }
}

#[tokio::test]
async fn what_is_read_is_what_is_there() {
    let simulation = Simulation::new(account());
    for one_item_a_page in [false, true] {
        if one_item_a_page {
            simulation.one_item_a_page();
        }
        let read = collected(&simulation, &ask()).await;
        assert_eq!(read.zones, account().zones);
        assert_eq!(read.health_checks, account().health_checks);
        assert_eq!(read.regions[sample::REGION].canaries, account().regions[sample::REGION].canaries);
    }
}

#[tokio::test]
async fn records_of_names_are_read_without_the_rest_of_their_zone() {
    let simulation = Simulation::new(account());
    let names = ["weighted.example.com".to_owned(), "*.example.com".to_owned()];
    let ask = Ask { only_zones: Some([ZONE.to_owned()].into()), names: names.into(), ..ask() };
    let read = collected(&simulation, &ask).await;
    let zones = read.zones.read().unwrap();
    assert!(zones["Z2"].records.is_not_read(), "other zones are listed alone");
    let records = zones[ZONE].records.read().unwrap();
    assert_eq!(records.keys().collect::<Vec<_>>(), ["\\052.example.com.", "weighted.example.com."]);
    assert_eq!(records["weighted.example.com."].len(), 2);
}

#[tokio::test]
async fn a_zone_whose_records_are_denied_is_a_gap_of_its_own() {
    let simulation = Simulation::new(account());
    simulation.meddle(|account| {
        let gap = crate::account::Gap {
            cause: crate::account::Cause::Denied,
            call: String::new(),
            detail: String::new(),
        };
        account.zones.read_mut().unwrap().get_mut("Z2").unwrap().records = Seen::Gap(gap);
    });
    let read = collected(&simulation, &ask()).await;
    let gaps = Section::Zones.gaps(&read);
    assert_eq!(gaps.len(), 1);
    assert!(gaps[0].1.detail.starts_with("zone Z2 (svc.example.com):"), "{}", gaps[0].1.detail);
}

/// Sends a batch and returns the change's id, or AWS's code and words.
async fn batch(
    route53: &Client,
    zone: &str,
    changes: &[(ChangeAction, &str, Record)],
) -> Result<String, String> {
    let changes = changes.iter().map(|(action, name, of)| {
        let set = record::set(name, of).unwrap();
        Change::builder().action(action.clone()).resource_record_set(set).build().unwrap()
    });
    let batch = ChangeBatch::builder().set_changes(Some(changes.collect())).build().unwrap();
    let sent = route53.change_resource_record_sets().hosted_zone_id(zone).change_batch(batch).send().await;
    match sent {
        Ok(answer) => Ok(answer.change_info.unwrap().id),
        Err(error) => {
            let words = crate::aws::AwsError::from(error);
            Err(words.detail())
        }
    }
}

#[tokio::test]
async fn a_batch_is_refused_as_a_whole_for_what_route_53_refuses() {
    use ChangeAction::{Create, Delete, Upsert};
    let simulation = Simulation::new(account());
    let aws = Aws::simulated(simulation.clone());
    let _writing = aws.enter(Phase::Apply);
    let route53 = aws.route53();
    let address = || plain("A", &["192.0.2.9"]);
    let cases = [
        ("Z9", vec![(Create, "a.example.com", address())], "NoSuchHostedZone"),
        ("Z2", vec![(Create, "a.svc.example.com", address())], "AccessDenied"),
        (ZONE, vec![(Create, "example.org", address())], "is not permitted in zone"),
        (ZONE, vec![(Create, "*.example.com", plain("CNAME", &["x"]))], "already exists"),
        (ZONE, vec![(Create, "*.example.com", address())], "conflicts with other records"),
        (ZONE, vec![(Create, "example.com", plain("CNAME", &["x"]))], "not permitted at apex"),
        (ZONE, vec![(Create, "weighted.example.com", address())], "other RRSets exist"),
        (ZONE, vec![(Delete, "gone.example.com", address())], "was not found"),
        (ZONE, vec![(Delete, "*.example.com", plain("CNAME", &["other"]))], "do not match"),
        (ZONE, vec![(Delete, "example.com", plain("NS", &["ns-1.awsdns-1.com."]))], "at least one NS"),
        (ZONE, vec![(Create, "a.example.com", plain("A", &["shop"]))], "Invalid Resource Record"),
        (ZONE, vec![(Create, "a.example.com", Record { ttl: None, ..address() })], "Expected exactly one"),
        (ZONE, vec![(Upsert, "a.example.com", address()); 501], "limit of 1000"),
        (
            ZONE,
            vec![(Create, "a.example.com", plain("TXT", &["x".repeat(32_001).as_str()]))],
            "limit of 32000",
        ),
    ];
    for (zone, changes, why) in cases {
        let error = batch(&route53, zone, &changes).await.unwrap_err();
        assert!(error.contains(why), "{why}: {error}");
    }
    let fine = (Create, "fine.example.com", address());
    let wrong = (Delete, "gone.example.com", address());
    batch(&route53, ZONE, &[fine, wrong]).await.unwrap_err();
    assert_eq!(simulation.account(), account(), "nothing of a refused batch is done");
}

#[tokio::test]
async fn a_batch_is_pending_for_a_while_and_the_zone_takes_no_other_at_once() {
    use ChangeAction::{Create, Delete};
    let simulation = Simulation::new(account());
    let aws = Aws::simulated(simulation.clone());
    let _writing = aws.enter(Phase::Apply);
    let route53 = aws.route53();
    let switch = [
        (Delete, "*.example.com", plain("CNAME", &["www.example.com"])),
        (Create, "*.example.com", plain("A", &["192.0.2.9"])),
    ];
    let id = batch(&route53, ZONE, &switch).await.unwrap();
    let status = async || route53.get_change().id(&id).send().await.unwrap().change_info.unwrap().status;
    assert_eq!(status().await.as_str(), "PENDING");
    simulation.clock().wait(std::time::Duration::from_secs(60)).await;
    assert_eq!(status().await.as_str(), "INSYNC");
    assert_eq!(code(route53.get_change().id("C0").send().await), "NoSuchChange");
}

/// Every member of a set, as the SDK sends it, is one that the account keeps; and the other way round.
#[tokio::test]
async fn the_members_that_are_kept_are_those_that_are_sent() {
    let full = Record {
        kind: "A".into(),
        set: Some("a".into()),
        ttl: Some(1),
        values: vec!["192.0.2.1".into()],
        alias: Some(AliasTarget::default()),
        weight: Some(1),
        latency_region: Some("eu-west-1".into()),
        geo: Some(GeoLocation {
            continent: Some("EU".into()),
            country: Some("DE".into()),
            subdivision: Some("BE".into()),
        }),
        proximity: Some(GeoProximity {
            region: Some("eu-west-1".into()),
            local_zone_group: Some("z".into()),
            coordinates: Some(("1".into(), "2".into())),
            bias: Some(1),
        }),
        cidr: Some(CidrRouting { collection: "c".into(), location: "l".into() }),
        failover: Some("PRIMARY".into()),
        multi_value: Some(true),
        health_check: Some("h".into()),
        traffic_policy: Some("t".into()),
        unknown: BTreeSet::new(),
    };
    let aws = Aws::simulated(Simulation::new(account()));
    let _writing = aws.enter(Phase::Apply);
    let bodies = std::sync::Arc::new(std::sync::Mutex::new(vec![]));
    let seen = bodies.clone();
    aws.tap().witness(move |sent| seen.lock().unwrap().push(sent.body));
    let sent = [(ChangeAction::Create, "full.example.com", full)];
    let _refused = batch(&aws.route53(), ZONE, &sent).await;
    let body = bodies.lock().unwrap().pop().unwrap();
    assert_eq!(crate::aws::lists::records::lost(&body), [BTreeSet::new()]);
    let text = String::from_utf8(body).unwrap();
    for path in crate::aws::lists::records::KEPT {
        assert!(text.contains(&format!("<{}>", path.rsplit('/').next().unwrap())), "{path} is not sent");
    }
}
