//! `watch` tells who undid a cut, also when that was before it began and it has cut again since.

use std::time::Duration;

use unplug::aws::Aws;
use unplug::aws::ledger::Phase;
use unplug::collect;
use unplug::engine::culprit::Inquest;
use unplug::engine::journal::Journal;
use unplug::sim::{Simulation, UserIdentity};
use unplug::step::StepId;

use super::harness::Process;
use super::seeds::seeds;

const THIEF: &str = "arn:aws:iam::123456789012:user/thief";

#[tokio::test]
async fn who_undid_a_cut_before_the_watch_is_told_after_it_was_cut_again() {
    let Some(seed) = seeds().into_iter().find(|seed| seed.step == StepId(400)) else { return };
    let simulation = Simulation::new(seed.account.clone());
    let process = Process::start(&simulation);
    process.pull(&seed).await;
    let clock = process.aws.clock().clone();
    let journal = || Journal::parse(&process.disk.all()).unwrap();
    let journal_now = journal();
    let target = journal_now.intents().find(|change| change.target.kind == "ses-sending").unwrap();
    let target = target.target.clone();

    clock.wait(Duration::from_secs(60)).await;
    let thief = UserIdentity {
        arn: THIEF.into(),
        id: "AIDATHIEF".into(),
        key: "AKIATHIEF0000EXAMPLE".into(),
        address: "198.51.100.142".into(),
        agent: "aws-cli/2.15".into(),
    };
    let his = Aws::simulated(simulation.acting_as(thief));
    let phase = his.enter(Phase::Apply);
    let on = his.sesv2(target.region_name()).put_account_sending_attributes();
    on.sending_enabled(true).send().await.unwrap();
    drop(phase);

    clock.wait(Duration::from_secs(60)).await;
    let later = Process::with_journal(&simulation, process.disk.all());
    let own = collect::identify(&later.aws).await.unwrap().caller.arn;
    let mut inquest = Inquest::new(journal().last_at_ms, clock.now_ms());
    let (open, summary) = later.watch_round().await;
    assert!(open.broken() > 0 && summary.done() > 0, "{:?}", summary.ends);
    let early = inquest.ask(&later.aws, &open, &own).await.unwrap();
    assert!(early.found.is_empty(), "CloudTrail is some minutes behind: {early:?}");

    clock.wait(Duration::from_secs(600)).await;
    let (closed, _) = later.watch_round().await;
    assert_eq!(closed.broken(), 0);
    let told = inquest.ask(&later.aws, &closed, &own).await.unwrap();
    let culprit = &told.found[&target];
    assert_eq!((culprit.caller.as_str(), &*culprit.call), (THIEF, "ses:PutAccountSendingAttributes"));
    assert!(
        inquest.ask(&later.aws, &closed, &own).await.is_none(),
        "a target is asked about until it is told"
    );

    // What cut it again wrote the newest line: who asks since then does not find the thief.
    let last = Journal::parse(&later.disk.all()).unwrap().last_at_ms;
    let mut late = Inquest::new(last, clock.now_ms());
    assert!(late.ask(&later.aws, &open, &own).await.unwrap().found.is_empty());
}
