//! Bad input: a clear error, the documented exit code, and nothing is cut.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::account::{boto, compare, dump};
use super::binary::{Machine, Said, journal};
use super::proxy::{At, Fate, Proxy};
use super::server::seeded;

const SMALL: [&str; 4] = ["--steps", "505,610", "--regions", "us-east-1"];

fn pull(more: &[&'static str]) -> Vec<&'static str> {
    [&["pull"], &SMALL[..], more].concat()
}

/// A pull of bad input: how it ended, and that no write arrived.
fn refused(rules: &[(At, Fate)], run: impl Fn(&Machine) -> Said) -> Said {
    let (copy, _) = seeded();
    let proxy = Proxy::start(copy.port, Duration::ZERO, rules);
    let said = run(&Machine::new(&proxy.url()));
    assert!(proxy.log().iter().all(|seen| !seen.write), "{:?}", proxy.log());
    said
}

#[test]
fn without_credentials() {
    let said = refused(&[], |machine| {
        let words = pull(&["--yes", "--account", "123456789012"]);
        let mut command = machine.command(&words);
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        Said::of(command.output().unwrap())
    });
    said.ends(7).says("credentials").says("unplug drill");
}

#[test]
fn expired_credentials() {
    let expired = (At::Each("sts:GetCallerIdentity"), Fate::Refuse("ExpiredToken"));
    refused(&[expired], |machine| machine.sure(&pull(&[])))
        .ends(7)
        .says("ExpiredToken")
        .says("aws sso login");
}

#[test]
fn another_account() {
    let said = refused(&[], |machine| machine.run(&pull(&["--yes", "--account", "999999999999"])));
    said.ends(5).says("not to 999999999999");
    refused(&[], |machine| machine.run(&pull(&[]))).ends(5).says("--yes --account 123456789012");
}

#[test]
fn a_plan_file_of_another_account() {
    let said = refused(&[], |machine| {
        machine.run(&[&["plan", "--out", "plan.json"], &SMALL[..]].concat()).ends(0);
        let plan = machine.path("plan.json");
        let text = fs::read_to_string(&plan).unwrap();
        fs::write(&plan, text.replacen("123456789012", "999999999999", 1)).unwrap();
        machine.sure(&["pull", "--plan", "plan.json"])
    });
    said.ends(5).says("the plan is of account 999999999999");
}

#[test]
fn a_playbook_with_a_typo() {
    let said = refused(&[], |machine| {
        fs::write(machine.path("mine.toml"), "title = \"Mine\"\n\n[[step]]\nrun = 610\nwhyy = \"?\"\n")
            .unwrap();
        machine.sure(&["pull", "mine.toml"])
    });
    said.ends(2).says("whyy").says("why").says("5");
}

#[test]
fn a_state_folder_that_cannot_be_written() {
    let said = refused(&[], |machine| {
        fs::write(machine.state(), "a file in its place").unwrap();
        machine.sure(&pull(&[]))
    });
    said.ends(1).says("a run that cannot be recorded does not begin");
}

#[test]
fn an_edited_journal() {
    let (copy, _) = seeded();
    let proxy = Proxy::start(copy.port, Duration::ZERO, &[]);
    let machine = Machine::new(&proxy.url());
    machine.sure(&pull(&[])).ends(0);
    let (run, _) = machine.latest();
    let text = fs::read_to_string(run.join("journal.jsonl")).unwrap();
    fs::write(run.join("journal.jsonl"), text.replacen("shop-web", "shop-wet", 1)).unwrap();
    let writes = || proxy.log().iter().filter(|seen| seen.write).count();
    let before = writes();
    let (_, id) = machine.latest();
    machine.sure(&["restore", &id]).ends(1).says("it was edited, dropped or reordered").says("--copy-to");
    machine.sure(&["restore", "--latest"]).ends(1).says("it was edited, dropped or reordered");
    assert_eq!(writes(), before);
}

#[test]
fn a_stale_plan() {
    let (copy, _) = seeded();
    let machine = Machine::new(&copy.url());
    machine.run(&[&["plan", "--out", "plan.json"], &SMALL[..]].concat()).ends(0);
    let scaling = format!("client({:?}, 'autoscaling')", copy.url());
    let change = format!(
        "a = {scaling}\na.suspend_processes(AutoScalingGroupName='shop-web', ScalingProcesses=['Launch'])\n\
         a.create_auto_scaling_group(AutoScalingGroupName='new-one', LaunchConfigurationName='shop-web-launch', \
         MinSize=0, MaxSize=1, AvailabilityZones=['us-east-1a'])"
    );
    assert!(boto(&copy.url(), &change).status().unwrap().success());
    let changed = dump(&copy.url(), &["us-east-1"]);
    let said = machine.sure(&["pull", "--plan", "plan.json", "--json"]).ends(3);
    let events: Vec<Value> = said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| events.iter().filter(|event| event["event"] == kind).cloned().collect::<Vec<_>>();
    let stale = of("stale");
    assert_eq!(stale.len(), 1, "{stale:?}");
    assert_eq!(stale[0]["change"]["target"]["id"], "shop-web");
    assert_eq!(of("second-pass").len(), 1, "{}", said.out);
    let cut: Vec<String> =
        of("cut").iter().map(|event| event["change"]["target"]["id"].to_string()).collect();
    // A yes to the file is none to what is new or changed, which is shown in the second pass.
    assert_eq!(cut[0], "\"shop-workers\"");
    let unseen = ["\"new-one\"", "\"shop-web\""];
    assert!(!cut.iter().any(|id| unseen.contains(&id.as_str())), "{cut:?}");
    machine.sure(&["restore", "--latest"]).ends(0);
    compare(&changed, &dump(&copy.url(), &["us-east-1"]), &[]).unwrap();
}

#[test]
fn a_second_run_at_the_same_time() {
    let (copy, _) = seeded();
    let proxy = Proxy::start(copy.port, Duration::from_millis(400), &[]);
    let machine = Machine::new(&proxy.url());
    let child = machine.start(&pull(&[]));
    until(|| proxy.log().iter().any(|seen| seen.write));
    machine.sure(&pull(&[])).ends(6).says("another unplug works on this account");
    machine.sure(&["restore", "--latest"]).ends(6);
    assert_eq!(Machine::wait(&child), Some(0));
    machine.sure(&["restore", "--latest"]).ends(0);
}

#[test]
fn ctrl_c_finishes_what_is_in_flight() {
    let (copy, seed) = seeded();
    let before = dump(&copy.url(), &["us-east-1"]);
    let proxy = Proxy::start(copy.port, Duration::from_millis(200), &[]);
    let machine = Machine::new(&proxy.url());
    let vpc = seed["shop"]["vpc"].as_str().unwrap();
    let words = ["pull", "--steps", "505,510,520,610", "--regions", "us-east-1", "--vpc", vpc];
    let child =
        machine.command(&[&words[..], &["--yes", "--account", "123456789012"]].concat()).spawn().unwrap();
    until(|| proxy.log().iter().any(|seen| seen.operation == "ec2:ModifyNetworkInterfaceAttribute"));
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let said = Said::of(child.wait_with_output().unwrap());
    let (run, id) = machine.latest();
    said.ends(130)
        .says("Stopping: finishing what is in flight")
        .says(&format!("unplug restore {id}"))
        .says("resume");
    let entries: Vec<Value> = journal(&run).into_iter().map(|line| line["entry"].clone()).collect();
    let numbers = |kind: &str| {
        let found = entries.iter().filter_map(|entry| entry[kind]["change"].as_u64());
        found.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(numbers("intent"), numbers("outcome"), "each write that was begun is recorded");
    assert!(
        entries.iter().all(|entry| entry["outcome"].is_null() || entry["outcome"]["result"] == "applied")
    );
    assert!(!proxy.log().iter().any(|seen| seen.operation == "ec2:ReplaceNetworkAclAssociation"));
    let elsewhere =
        |seen: &super::proxy::Seen| seen.operation.starts_with("ec2:") && seen.region != "us-east-1";
    assert!(!proxy.log().iter().any(elsewhere), "--regions holds for every call");
    let machine = machine.through(&copy.url());
    machine.sure(&["restore", "--latest"]).ends(0);
    compare(&before, &dump(&copy.url(), &["us-east-1"]), &[]).unwrap();
}

#[test]
fn the_copy_is_the_journal_and_restores() {
    let (copy, _) = seeded();
    let before = dump(&copy.url(), &["us-east-1"]);
    let machine = Machine::new(&copy.url());
    machine.sure(&pull(&["--copy-to", "copy"])).ends(0);
    let (run, id) = machine.latest();
    let mirrored = machine.path("copy/runs").join(&id);
    let bytes = |folder: &std::path::Path| fs::read(folder.join("journal.jsonl")).unwrap();
    assert_eq!(bytes(&run), bytes(&mirrored));
    // The laptop is lost, and its state with it.
    fs::remove_dir_all(machine.state()).unwrap();
    machine.sure(&["restore", "--run-dir", mirrored.to_str().unwrap()]).ends(0);
    compare(&before, &dump(&copy.url(), &["us-east-1"]), &[]).unwrap();
    machine.sure(&["restore", "--run-dir", mirrored.to_str().unwrap()]).ends(0).says("owes nothing");
}

fn until(happened: impl Fn() -> bool) {
    let deadline = Instant::now() + super::proxy::PATIENCE;
    while !happened() {
        assert!(Instant::now() < deadline, "it does not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}
