use std::collections::BTreeMap;

use super::Trace;
use crate::account::{Account, Cause, Events, Gap, Seen};
use crate::scenario;
use crate::step::{Case, Found, Names, Params, Scope, Step as _};

const KEY: &str = "AKIAKCDEPLOY7EXAMPLE";

fn case(keys: &[&str]) -> Case {
    let scope = Scope { keys: keys.iter().map(ToString::to_string).collect(), ..Scope::default() };
    let (params, names) = (Params::default(), Names::default());
    Case { run: "run-1".into(), scope, params, config: Default::default(), names }
}

fn account() -> Account {
    scenario::load(scenario::DEFAULT).unwrap().account
}

fn texts(found: &Found) -> Vec<&str> {
    found.findings.iter().map(|finding| &*finding.text).collect()
}

fn matters<'f>(found: &'f Found, part: &str) -> Vec<&'f str> {
    let of = found.findings.iter().filter(|finding| finding.matters && finding.text.contains(part));
    of.map(|finding| &*finding.text).collect()
}

#[test]
fn without_a_suspect_nothing_is_looked_for() {
    let mut account = account();
    account.exposed_keys = Seen::Read(BTreeMap::new());
    account.principals = Seen::Read(Default::default());
    account.events = Seen::Read(Events::default());
    let found = Trace.find(&account, &case(&[]));
    assert_eq!(texts(&found).len(), 1);
    assert!(texts(&found)[0].contains("no event was read"), "{:?}", found.findings);
    account.exposed_keys =
        Seen::Gap(Gap { cause: Cause::NotSubscribed, call: String::new(), detail: String::new() });
    let found = Trace.find(&account, &case(&[]));
    assert!(texts(&found)[0].contains("could not be read (needs a support plan)"), "{:?}", found.findings);
}

#[test]
fn an_exposed_key_is_traced_and_what_it_made_is_named() {
    let found = Trace.find(&account(), &case(&[]));
    let all = texts(&found);
    let of_key = all.iter().find(|text| text.starts_with(KEY)).unwrap();
    assert!(
        of_key.contains("of ci-deploy: 19 calls") && of_key.contains("4 changed something, 4 denied"),
        "{of_key}"
    );
    assert!(all.contains(&"from 198.51.100.142 (16), 192.0.2.44 (3)"), "{all:?}");
    let fleet = all.iter().find(|text| text.contains("Spot fleet sfr-5d1f6a0e")).unwrap();
    assert!(fleet.ends_with("by ec2:RequestSpotFleet; step 505 acts on it"), "{fleet:?}");
    assert_eq!(matters(&found, "suspects made what is not cut by this: key pair (1); by hand").len(), 1);
    assert!(all.iter().any(|text| text.starts_with("denied: iam:ListUsers, iam:CreateUser")), "{all:?}");
    assert!(
        all.iter().any(|text| text.contains("AKIAKCNEWS2TQEXAMPLE") && text.contains("proves nothing")),
        "{all:?}"
    );
}

#[test]
fn a_key_that_was_not_asked_for_is_no_key_without_events() {
    let mut account = account();
    account.events.read_mut().unwrap().of = Some([KEY.to_owned()].into());
    let found = Trace.find(&account, &case(&["AKIAKCBACKUP4EXAMPLE"]));
    assert_eq!(matters(&found, "AKIAKCBACKUP4EXAMPLE: its events were not asked for").len(), 1);
}

#[test]
fn a_region_that_could_not_be_read_matters() {
    let mut account = account();
    let gap = Gap { cause: Cause::Throttled, call: "cloudtrail:LookupEvents".into(), detail: "slow".into() };
    account.events.read_mut().unwrap().unread.insert("us-east-1".into(), gap);
    let found = Trace.find(&account, &case(&[]));
    assert_eq!(matters(&found, "us-east-1: events not read: throttled").len(), 1);
}

#[test]
fn what_a_thief_made_is_named_with_the_option_that_cuts_it() {
    let account = scenario::load("leaked-key").unwrap().account;
    let found = Trace.find(&account, &case(&[]));
    for part in [
        "user svc-backup-reader, 2026-11-21T22:17:12Z by iam:CreateUser; add --principal arn:aws:iam::555566667777:user/svc-backup-reader (step 600)",
        "access key AKIALLBACKR02EXAMPLE (svc-backup-reader)",
        "role OrgAuditAccess (trusts arn:aws:iam::999900001111:root)",
        "Lambda layer node-metrics",
        "ASIALLNIGHT03EXAMPLE came from AKIALLBUILD01EXAMPLE",
        "ASIALLOUTSD04EXAMPLE came from",
    ] {
        assert!(texts(&found).iter().any(|text| text.contains(part)), "{part}: {:?}", texts(&found));
    }
    let before_yes = matters(&found, "suspects made what is not cut by this");
    let keys = "add --key AKIALLBACKR02EXAMPLE --principal arn:aws:iam::555566667777:role/OrgAuditAccess,";
    assert!(before_yes[0].contains(keys), "{before_yes:?}");
}
