use super::*;
use crate::account::{HealthCheck, Seen};
use crate::scenario;
use crate::steps::shared::testing::case;

fn account() -> Account {
    scenario::load(scenario::DEFAULT).unwrap().account
}

/// Everything that is said; what matters begins with an exclamation mark.
fn said(account: &Account) -> Vec<String> {
    let mark = |matters| if matters { "! " } else { "" };
    let findings = DnsRecords.find(account, &case(&[])).findings;
    findings.into_iter().map(|finding| format!("{}{}", mark(finding.matters), finding.text)).collect()
}

#[test]
fn names_are_listed_by_what_they_point_at() {
    let said = said(&account());
    for line in [
        "1 public zone, 16 records; resolvers keep an answer for up to 86400 seconds",
        "1 private zone not looked into: they answer inside VPCs only",
        "names at CloudFront: kettle-and-crane.example, www.kettle-and-crane.example",
        "names at load balancers: api.kettle-and-crane.example",
        "names at websites of S3: api.kettle-and-crane.example",
        "names at addresses of this account's interfaces: office.kettle-and-crane.example, \
         search.kettle-and-crane.example",
        "names at addresses of no interface that was read: search.kettle-and-crane.example",
        "names at hosts elsewhere: status.kettle-and-crane.example",
        "delegated to other name servers, and not seen here: events.kettle-and-crane.example",
    ] {
        assert!(said.iter().any(|found| found == line), "{line}\n{said:#?}");
    }
}

#[test]
fn who_is_paged_is_said_before_yes() {
    let said = said(&account());
    for line in [
        "health check 0c1f7a52-8b7e-4a57-9e0e-3f1f5f0a9d11 turns red when that is cut, or shows a page: it asks \
         api.kettle-and-crane.example/health",
        "health check 7d90b6a4-1a5f-4a50-8f0e-0a8b1d6c2e22 turns red when that is cut, or shows a page: it counts \
         0c1f7a52-8b7e-4a57-9e0e-3f1f5f0a9d11",
        "! fail over to their other records when their health checks turn red: api.kettle-and-crane.example",
        "! 1 canary runs (kc-buy-a-teapot): one that asks a site that is cut turns red, and pages somebody",
    ] {
        assert!(said.iter().any(|found| found == line), "{line}\n{said:#?}");
    }
}

#[test]
fn checks_that_are_off_or_ask_elsewhere_stay_green() {
    let mut account = account();
    let checks = account.health_checks.read_mut().unwrap();
    checks.values_mut().for_each(|check| check.disabled = true);
    let elsewhere = HealthCheck { host: Some("example.org".into()), ..HealthCheck::default() };
    checks.insert("elsewhere".into(), elsewhere);
    assert!(!said(&account).iter().any(|line| line.contains("turn red") || line.contains("turns red when")));
}

#[test]
fn what_was_not_read_is_no_count_of_nothing() {
    let mut account = account();
    account.zones = Seen::default();
    assert!(!said(&account).iter().any(|line| line.contains("zone")));
}
