use serde_json::json;

use super::*;
use crate::account::{GeoLocation, Seen};
use crate::scenario;
use crate::step::{Now, Verdict};
use crate::steps::shared::testing::{changed, collected, plan, simulated, there_and_back, verdicts};

const ZONE: &str = "Z0KCSHOPEXAMPLE01";

fn account() -> Account {
    scenario::load(scenario::DEFAULT).unwrap().account
}

fn case(names: &[&str], to: &str) -> Case {
    let mut case = crate::steps::shared::testing::case(&[("to", to)]);
    case.params.insert("names".into(), json!(names));
    case
}

fn zone(account: &mut Account) -> &mut Zone {
    account.zones.read_mut().unwrap().get_mut(ZONE).unwrap()
}

/// Why the plan refuses the whole zone.
fn refusal(account: &Account, case: &Case) -> String {
    match verdicts(&DnsSwitch, account, case).remove(0).2 {
        Verdict::Refuse(why) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn records_of_every_routing_are_switched_and_come_back_exactly() {
    let mut account = account();
    let plain = |value: &str| Record {
        kind: "A".into(),
        ttl: Some(60),
        values: vec![value.into()],
        ..Record::default()
    };
    let geo = |set: &str, country: &str| Record {
        set: Some(set.into()),
        geo: Some(GeoLocation { country: Some(country.into()), ..GeoLocation::default() }),
        ..plain("192.0.2.7")
    };
    let Seen::Read(records) = &mut zone(&mut account).records else { panic!() };
    records.insert("geo.kettle-and-crane.example.".into(), [geo("rest", "*"), geo("jp", "JP")].into());
    let both = Record { kind: "HTTPS".into(), values: vec!["1 . alpn=h2".into()], ..plain("") };
    records.insert("svc.kettle-and-crane.example.".into(), [plain("192.0.2.8"), both].into());
    let names = ["api", "geo", "search", "svc", "www"].map(|name| format!("{name}.kettle-and-crane.example"));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let sorry = "kettle-and-crane.status-page.example";
    for to in ["192.0.2.1", "2001:db8::1", sorry, "kc-shop-1502873314.eu-west-1.elb.amazonaws.com"] {
        there_and_back(&DnsSwitch, account.clone(), &case(&names, to)).await;
    }
}

#[test]
fn the_zones_own_name_becomes_an_alias_to_a_distribution_and_keeps_its_mail() {
    let case = case(&["kettle-and-crane.example"], "192.0.2.1");
    let account = account();
    let (_, before, after) = plan(&DnsSwitch, &account, &case).remove(0);
    assert_eq!(before["names"]["kettle-and-crane.example"].as_array().unwrap().len(), 2);
    let wanted = json!([{ "kind": "A", "ttl": 60, "values": ["192.0.2.1"] }]);
    assert_eq!(after["names"]["kettle-and-crane.example"], wanted);
}

#[test]
fn what_cannot_be_put_back_or_would_not_work_stays_with_its_reason() {
    let shop = "www.kettle-and-crane.example";
    let apex = "kettle-and-crane.example";
    let other = "maintenance.example.net";
    for (names, to, why) in [
        (vec![apex], other, "its zone's own name"),
        (vec![shop], "", "`to` is missing"),
        (vec![shop], "shop", "neither an address"),
        (vec![shop], shop, "among the names"),
        (vec![shop, "api.kettle-and-crane.example"], "api.kettle-and-crane.example", "lead to itself"),
        (vec!["_5e1f0a7c33b04d0e.kettle-and-crane.example"], other, "ACM renews"),
        (vec![shop], "d3kctrial2example.cloudfront.net", "disabled"),
        (
            vec!["office.kettle-and-crane.example"],
            "d2kcshop5example.cloudfront.net",
            "among its domain names",
        ),
        (vec![shop], "kc-stock-7a1f0c92be33d480.elb.eu-west-1.amazonaws.com", "internal"),
    ] {
        let said = refusal(&account(), &case(&names, to));
        assert!(said.contains(why), "{to}: {said}");
    }
    let with = |change: fn(&mut Record)| {
        let mut account = account();
        let Seen::Read(records) = &mut zone(&mut account).records else { panic!() };
        let sets = records.get_mut("www.kettle-and-crane.example.").unwrap();
        let mut record = sets.pop_first().unwrap();
        change(&mut record);
        sets.insert(record);
        refusal(&account, &case(&["www.kettle-and-crane.example"], other))
    };
    assert!(with(|record| record.traffic_policy = Some("tp".into())).contains("traffic policy"));
    assert!(
        with(|record| {
            record.unknown.insert("AZAffinity".into());
        })
        .contains("AZAffinity")
    );
    let mut account = account();
    zone(&mut account).linked_service = Some("servicediscovery.amazonaws.com".into());
    assert!(refusal(&account, &case(&[shop], other)).contains("servicediscovery"));
}

#[test]
fn one_name_that_stays_keeps_no_other_from_being_switched() {
    let case = case(&["kettle-and-crane.example", "www.kettle-and-crane.example"], "maintenance.example.net");
    let (_, before, after) = plan(&DnsSwitch, &account(), &case).remove(0);
    assert_eq!(before["names"]["kettle-and-crane.example"], after["names"]["kettle-and-crane.example"]);
    assert_eq!(after["names"]["www.kettle-and-crane.example"][0]["values"][0], "maintenance.example.net");
    let found = DnsSwitch.find(&account(), &case);
    let said: Vec<&str> = found.findings.iter().filter(|f| f.matters).map(|f| f.text.as_str()).collect();
    assert!(said[0].starts_with("kettle-and-crane.example stays: it is its zone's own name"), "{said:?}");
    assert!(said[1].ends_with("for up to 86400 seconds"), "{said:?}");
}

#[test]
fn a_name_without_a_record_or_a_zone_is_said() {
    let names = ["shop.example.org", "none.kettle-and-crane.example"];
    let found = DnsSwitch.find(&account(), &case(&names, "192.0.2.1"));
    assert!(found.items.is_empty());
    let said: Vec<&str> = found.findings.iter().map(|finding| finding.text.as_str()).collect();
    assert!(said[0].contains("none.kettle-and-crane.example stays: zone"), "{said:?}");
    assert!(said[1].contains("shop.example.org stays: no public zone"), "{said:?}");
    assert!(changed(&DnsSwitch, &account(), &case(&[], "192.0.2.1")).is_empty());
}

#[tokio::test]
async fn what_somebody_changes_between_the_look_and_the_write_stays() {
    let case = case(&["www.kettle-and-crane.example"], "192.0.2.1");
    let (simulation, aws) = simulated(account(), &case);
    let read = collected(&DnsSwitch, &aws).await;
    let (at, before, after) = plan(&DnsSwitch, &read, &case).remove(0);
    simulation.meddle(|account| {
        let Seen::Read(records) = &mut zone(account).records else { panic!() };
        let other =
            Record { kind: "A".into(), ttl: Some(5), values: vec!["192.0.2.66".into()], ..Record::default() };
        records.insert("www.kettle-and-crane.example.".into(), [other].into());
    });
    let _writing = aws.enter(crate::aws::ledger::Phase::Apply);
    let write = crate::step::Write::new(&aws, &at, &before, &after, &case.params);
    let error = DnsSwitch.lenses()[0].write(write).await.unwrap_err();
    assert!(error.to_string().contains("has changed meanwhile"), "{error}");
    assert_eq!(aws.ledger().calls().iter().filter(|call| call.operation.contains("Change")).count(), 0);
}

#[test]
fn a_state_is_shown_in_one_line() {
    let case = case(&["search.kettle-and-crane.example", "www.kettle-and-crane.example"], "192.0.2.1");
    let (_, before, after) = plan(&DnsSwitch, &account(), &case).remove(0);
    let lens = DnsSwitch.lenses()[0];
    assert_eq!(
        lens.show(&before).unwrap(),
        "search.kettle-and-crane.example 2 weighted A; \
         www.kettle-and-crane.example CNAME d2kcshop5example.cloudfront.net for 86400 s"
    );
    assert!(lens.show(&after).unwrap().starts_with("search.kettle-and-crane.example A 192.0.2.1 for 60 s;"));
    let at = Target::new(ZoneRecords::KIND, "Z9");
    let gone = lens.state(&crate::step::Look::new(&at, &account(), &case));
    assert_eq!(gone, Now::Vanished);
}
