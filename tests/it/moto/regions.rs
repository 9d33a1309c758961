//! Without the list of Regions no verb covers less than it says: it refuses, or says what it lacks and
//! does not end with 0.

use std::time::Duration;

use super::account::{compare, dump};
use super::binary::Machine;
use super::proxy::{At, Fate, Proxy};
use super::server::seeded;

const REGION: &str = "us-east-1";
const DENIED: (At, Fate) = (At::Each("ec2:DescribeRegions"), Fate::Refuse("UnauthorizedOperation"));

#[test]
fn what_means_every_region_is_refused_where_they_are_not_known() {
    let (copy, _) = seeded();
    let proxy = Proxy::start(copy.port, Duration::ZERO, &[DENIED]);
    let machine = Machine::new(&proxy.url());
    for words in [&["plan"][..], &["exposure"], &["snapshot", "--out", "account.json"]] {
        machine
            .run(words)
            .ends(7)
            .says("cannot tell which Regions this account uses (ec2:DescribeRegions: ")
            .says("--regions eu-west-1,us-east-1")
            .says("\"Action\":[\"ec2:DescribeRegions\"]");
    }
    for words in [&["pull"][..], &["pull", "--steps", "505"]] {
        machine.sure(words).ends(7).says("cannot tell which Regions").says("Nothing was cut");
    }
    // The log is a question about all Regions, also where one is named.
    machine.run(&["plan", "--steps", "200", "--regions", REGION]).ends(4).says("ec2:DescribeRegions");
    machine.run(&["plan", "--steps", "505", "--regions", REGION]).ends(0);
    assert!(proxy.log().iter().all(|seen| !seen.write), "{:?}", proxy.log());
    assert_eq!(machine.runs().len(), 0, "no run was begun");
}

#[test]
fn a_run_of_every_region_is_looked_at_gone_on_with_and_put_back_without_the_list() {
    let (copy, _) = seeded();
    let before = dump(&copy.url(), &[REGION]);
    // The session expires at the first write: the run can be gone on with.
    let expires = (At::Write(1), Fate::Refuse("ExpiredToken"));
    let first = Proxy::start(copy.port, Duration::ZERO, &[expires]);
    let machine = Machine::new(&first.url());
    let pulled = machine.sure(&["pull", "--steps", "505"]);
    assert_ne!(pulled.code, Some(0), "{pulled:?}");
    let (_, run) = machine.latest();

    let proxy = Proxy::start(copy.port, Duration::ZERO, &[DENIED]);
    let machine = machine.through(&proxy.url());
    machine
        .sure(&["resume", &run])
        .ends(4)
        .says("505 GAP     Regions or targets not read: permission denied (ec2:DescribeRegions: ")
        .says("505 GAP     something could not be read after the cut: which Regions are enabled")
        .says("so what was cut there is not proven")
        .says("1 could not be looked at");
    machine
        .run(&["verify", &run])
        .ends(4)
        .says("Regions or targets not read: permission denied (ec2:DescribeRegions: ")
        .says("What could not be looked at is not known to be safe");
    // What a run has cut has its Region in the journal: nothing that it owes is missed.
    machine.sure(&["restore", &run]).ends(0).says("Put back: 2;").says_not("still owed");
    compare(&before, &dump(&copy.url(), &[REGION]), &[]).unwrap();
}
