//! `unplug check` over 17 Regions, and 34,326 findings of Security Hub as one page.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use unplug::account::hub::{Folding, by_control};
use unplug::account::{Account, HubFindings, Scope, Seen};
use unplug::aws::{Aws, Clock, Timeline};
use unplug::checks::{self, Facts, Record};
use unplug::collect;
use unplug::config::Config;
use unplug::engine::plan::Selection;
use unplug::engine::ready;
use unplug::engine::rehearse::read_and_rehearse;
use unplug::sim::Simulation;

use super::accounts;
use super::plans::{brief, playbook, step_through};

const CALL: Duration = Duration::from_millis(50);
const REGIONS: usize = 17;

/// What `unplug check` does: everything that the playbook and the checks need, the rehearsal, every check.
async fn check(aws: &Aws) -> usize {
    let steps = playbook();
    let known = collect::identify(aws).await.unwrap();
    let brief = brief();
    let mut ask = brief.ask(&known.id, &steps);
    ask.sections.extend(checks::needs());
    (ask.all_keys, ask.every_zone, ask.bucket_policies, ask.every_bucket_policy) = (true, true, true, true);
    let read = read_and_rehearse(aws, &known, &ask, &steps, &brief, &|_, _| {}).await;
    let (account, rehearsal) = read.unwrap();
    let (config, scope, record) = (Config::default(), Scope::default(), Record::default());
    let selection = Selection { steps, ..Selection::default() };
    let now = aws.clock().timestamp();
    let pull = ready::pull(&account, &rehearsal, &selection, &config, now);
    checks::run(&Facts::new(&account, &config, now, &scope, &pull, &record)).checks.len()
}

/// The empty account, in so many Regions.
fn account() -> Account {
    let mut account = accounts::empty();
    account.security_contact = Seen::Read(None);
    account.health_notices = Seen::Read([].into());
    account.edge_logs = Seen::Read([].into());
    let one = account.regions.values().next().unwrap().clone();
    for number in 0.. {
        if account.regions.len() >= REGIONS {
            break;
        }
        account.regions.insert(format!("xx-bench-{number}"), one.clone());
    }
    account.enabled_regions = Seen::Read(account.regions.keys().cloned().collect());
    account
}

/// A finding in AWS's format.
fn finding(number: usize) -> Value {
    let severity = ["CRITICAL", "HIGH", "MEDIUM", "LOW"][number % 4];
    json!({
        "Id": format!("arn:aws:securityhub:eu-west-1:444455556666:finding/{number}"),
        "AwsAccountId": format!("{:012}", number % 9),
        "Region": "eu-west-1",
        "Title": format!("EC2.{} should hold", number % 180),
        "Severity": { "Label": severity },
        "Compliance": { "Status": "FAILED", "SecurityControlId": format!("EC2.{}", number % 180) },
        "Workflow": { "Status": "NEW" },
        "RecordState": "ACTIVE",
        "Resources": [{ "Type": "AwsEc2Instance", "Id": format!("i-{number}"), "Region": "eu-west-1" }],
    })
}

fn folded(all: &[Value]) -> HubFindings {
    let mut folding = Folding::default();
    all.iter().for_each(|one| folding.add(one));
    folding.folded(false)
}

pub fn print() {
    println!(
        "check over {REGIONS} Regions, {} ms a call, the whole playbook and every check\n",
        CALL.as_millis()
    );
    println!("| calls | longest chain | check | check / chain |\n|---|---|---|---|");
    let timeline = Timeline::default();
    let aws = Aws::simulated(Simulation::on(account(), Clock::Stepped(timeline.clone())));
    aws.tap().delay(CALL);
    let began = timeline.elapsed_ms();
    step_through(&timeline, check(&aws));
    let (chain, calls) = (Duration::from_millis(timeline.elapsed_ms() - began), aws.ledger().len());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let aws = Aws::simulated(Simulation::on(account(), Clock::Real));
    aws.tap().delay(CALL);
    let began = Instant::now();
    runtime.block_on(check(&aws));
    let took = began.elapsed();
    let ratio = took.as_secs_f64() / chain.as_secs_f64();
    let links = chain.as_millis() / CALL.as_millis();
    println!(
        "| {calls} | {:.3} s ({links} calls) | {:.3} s | {ratio:.2} |\n",
        chain.as_secs_f64(),
        took.as_secs_f64()
    );

    let all: Vec<Value> = (0..34_326).map(finding).collect();
    let began = Instant::now();
    let folded = folded(&all);
    let controls = by_control([&folded]).len();
    println!(
        "34,326 findings of Security Hub: {controls} controls in {:.3} s\n",
        began.elapsed().as_secs_f64()
    );
}
