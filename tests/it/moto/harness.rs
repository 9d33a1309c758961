//! Does the harness hold? Each of its parts, without the binary.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::account::{Declared, boto, compare, dump};
use super::proxy::{At, Fate, Moment, Proxy};
use super::server::seeded;

const REGIONS: &[&str] = &["us-east-1", "eu-west-1", "ap-northeast-1"];

const TWO_WRITES: &str = r#"
import os
ec2 = client(os.environ["URL"], "ec2")
vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
for name in ["one", "two"]:
    ec2.create_security_group(GroupName=name, Description="d", VpcId=vpc)
"#;

fn groups_named(dump: &super::account::Dump) -> usize {
    let groups = dump.json["groups"]["us-east-1"].as_object().unwrap();
    groups.values().filter(|group| ["one", "two"].contains(&group["GroupName"].as_str().unwrap())).count()
}

#[test]
fn a_copy_changes_alone_and_a_comparison_finds_it() {
    let (untouched, _) = seeded();
    let (copy, seed) = seeded();
    let before = dump(&copy.url(), REGIONS);
    let key = seed["keys"]["alice"][0].as_str().unwrap();
    let code = format!(
        "client({:?}, 'iam').update_access_key(UserName='alice', AccessKeyId={key:?}, Status='Inactive')",
        copy.url()
    );
    assert!(boto(&copy.url(), &code).status().unwrap().success());
    let after = dump(&copy.url(), REGIONS);
    let path = format!("keys/global/{key}");
    let found = compare(&before, &after, &[]).unwrap_err();
    assert!(found.contains(&format!("DIFFERS {path}/Status\n  - \"Active\"\n  + \"Inactive\"")), "{found}");
    compare(&before, &after, &[Declared::May(path.clone())]).unwrap();
    compare(&before, &after, &[Declared::Must(path.clone())]).unwrap();
    compare(&before, &dump(&untouched.url(), REGIONS), &[]).unwrap();
    compare(&before, &before, &[Declared::Must(path)]).unwrap_err();
}

#[test]
fn the_seed_has_what_the_tests_are_about() {
    let (copy, seed) = seeded();
    let account = dump(&copy.url(), REGIONS).json;
    let managed = seed["shop"]["managed"][0].as_str().unwrap();
    let interfaces = &account["interfaces"]["us-east-1"];
    assert_eq!(interfaces[managed]["InterfaceType"], "nat_gateway");
    assert!(interfaces.as_object().unwrap().values().any(|eni| eni["Groups"].as_array().unwrap().len() == 3));
    assert_eq!(
        account["scaling_groups"]["us-east-1"]["shop-workers"]["SuspendedProcesses"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let trail = &account["trails"]["eu-west-1"][seed["trail"].as_str().unwrap()];
    assert_eq!(
        (&trail["status"]["IsLogging"], &trail["trail"]["IsMultiRegionTrail"]),
        (&false.into(), &false.into())
    );
    assert_eq!(account["keys"]["global"].as_object().unwrap().len(), 5);
}

#[test]
fn the_proxy_delays_and_counts() {
    let (copy, _) = seeded();
    let proxy = Proxy::start(copy.port, Duration::from_millis(200), &[]);
    let start = Instant::now();
    assert!(boto(&proxy.url(), TWO_WRITES).status().unwrap().success());
    assert!(start.elapsed() > Duration::from_millis(600));
    let log = proxy.log();
    let names: Vec<_> = log.iter().map(|seen| (seen.operation.as_str(), seen.write, seen.done)).collect();
    assert_eq!(
        names,
        [
            ("ec2:DescribeVpcs", false, true),
            ("ec2:CreateSecurityGroup", true, true),
            ("ec2:CreateSecurityGroup", true, true)
        ]
    );
}

/// Runs two writes through a rule; how many took effect, did the client end well, was it killed.
fn two_writes(at: At, fate: Fate) -> (usize, bool, bool) {
    let (copy, _) = seeded();
    let proxy = Proxy::start(copy.port, Duration::from_millis(20), &[(at, fate)]);
    let child = Arc::new(Mutex::new(boto(&proxy.url(), TWO_WRITES).spawn().unwrap()));
    proxy.client(&child);
    let ended = super::proxy::ended(&child);
    proxy.settle();
    (groups_named(&dump(&copy.url(), &["us-east-1"])), ended.success(), proxy.killed())
}

#[test]
fn the_proxy_kills_before_and_after() {
    assert_eq!(two_writes(At::Write(2), Fate::Kill(Moment::Before)), (1, false, true));
    assert_eq!(two_writes(At::Write(2), Fate::Kill(Moment::After)), (2, false, true));
    assert_eq!(two_writes(At::Request(1), Fate::Kill(Moment::After)), (0, false, true));
    let never = At::AfterFirstWrite(Duration::from_secs(3));
    assert_eq!(two_writes(never, Fate::Kill(Moment::Before)), (2, true, false));
}

#[test]
fn the_proxy_drops_and_throttles() {
    assert_eq!(two_writes(At::Write(2), Fate::Drop(Moment::Before)), (1, false, false));
    assert_eq!(two_writes(At::Write(2), Fate::Drop(Moment::After)), (2, false, false));
    assert_eq!(two_writes(At::Operation("ec2:CreateSecurityGroup", 2), Fate::Throttle), (1, false, false));
}

#[test]
fn a_dump_says_what_it_leaves_out() {
    let help = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/dump.py")).unwrap();
    let omitted = help.split("OMITTED = {").nth(1).unwrap().split('}').next().unwrap();
    let words = help.split("\"\"\"").nth(1).unwrap();
    for name in omitted.split('"').skip(1).step_by(2) {
        assert!(words.contains(name), "{name} is left out without a word");
    }
}
