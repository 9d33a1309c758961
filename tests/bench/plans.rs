//! `plan` over fifteen Regions, and the time to the first question of a pull.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use unplug::account::{Account, Section};
use unplug::aws::{Aws, Clock, Timeline};
use unplug::collect;
use unplug::engine::Stop;
use unplug::engine::checks::Checks;
use unplug::engine::confirm::{Answer, DriftAnswer, Operator};
use unplug::engine::events::Silent;
use unplug::engine::exposed;
use unplug::engine::plan::{Brief, Selected, Selection, StepPlan};
use unplug::engine::rehearse::read_and_rehearse;
use unplug::engine::restore::{Drift, Owed};
use unplug::engine::run::{Attended, Run};
use unplug::engine::store::{MemoryDisk, RunLog};
use unplug::playbook;
use unplug::sim::Simulation;
use unplug::step::{Names, StepId};
use unplug::steps::permissions;

use super::accounts;

/// What AWS's nearer Regions take for a small read.
const CALL: Duration = Duration::from_millis(50);

pub fn playbook() -> Vec<Selected> {
    let playbook = playbook::load(playbook::DEFAULT).unwrap();
    let entries = playbook.select(&[], &[]).unwrap();
    entries.into_iter().map(|entry| Selected { step: entry.step, params: entry.params }).collect()
}

pub fn brief() -> Brief {
    Brief {
        run: "bench".into(),
        scope: Default::default(),
        config: Default::default(),
        names: Names::default(),
        next_change: 1,
    }
}

/// What `unplug plan` does: exposure, and what IAM's simulator says of the caller, included.
async fn plan(aws: &Aws) -> usize {
    let steps = playbook();
    let known = collect::identify(aws).await.unwrap();
    let brief = brief();
    let mut ask = brief.ask(&known.id, &steps);
    ask.sections.extend(exposed::needs(&steps));
    let ids: Vec<StepId> = steps.iter().map(|selected| selected.step).collect();
    let actions = permissions::apply(&ids).union(&permissions::undo(&ids)).copied().collect();
    let (read, rights) = futures::join!(
        read_and_rehearse(aws, &known, &ask, &steps, &brief, &|_, _| {}),
        collect::rights(aws, &known, &actions),
    );
    let (account, rehearsal) = read.unwrap();
    assert!(rights.is_ok(), "{rights:?}");
    for section in Section::ALL {
        assert!(section.gaps(&account).is_empty(), "a gap: {:?}", section.gaps(&account));
    }
    assert!(exposed::shift(&account, &rehearsal.after, &steps).is_some());
    rehearsal.steps.iter().map(|step| step.changes.len()).sum()
}

/// Quits at the first question.
struct Quits(Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl Operator for Quits {
    fn cut(&self, _: &StepPlan, _: bool) -> Answer {
        if let Some(asked) = self.0.lock().unwrap().take() {
            asked();
        }
        Answer::Quit
    }

    fn drift(&self, _: &Drift<'_>) -> DriftAnswer {
        DriftAnswer::Quit
    }

    fn risk(&self, _: &Owed, _: &str) -> bool {
        false
    }

    fn go_on_without_copy(&self, _: &str) -> bool {
        true
    }
}

/// What `unplug pull` does with the wire until it asks about the first cut.
async fn first_question(aws: &Aws, asked: Box<dyn FnOnce() + Send>) {
    let known = collect::identify(aws).await.unwrap();
    let log = RunLog::new(Box::new(MemoryDisk::with(vec![])), None, aws.clock().clone());
    let selection = Selection { steps: playbook(), ..Selection::default() };
    let operator = Quits(Mutex::new(Some(asked)));
    let run = Run::begin(aws, known, ("bench".into(), selection), Arc::default(), (log, None)).unwrap();
    let by = Attended { operator: &operator, listener: &Silent, stop: &Stop::default() };
    run.pull(by, Checks::default(), None).await.unwrap();
}

/// One account, measured.
struct Measured {
    calls: usize,
    changes: usize,
    chain_ms: u64,
    plan: Duration,
    plan_at_limits: Duration,
    question_chain_ms: u64,
    question: Duration,
}

/// AWS keeps a credential report for four hours; without one a plan waits until it is made.
#[derive(Clone, Copy, PartialEq)]
enum Report {
    Fresh,
    Missing,
}

fn measure(account: &Account, report: Report) -> Measured {
    let (calls, changes, chain_ms) = on_steps(account, report, |aws| {
        Box::pin(async move {
            let changes = plan(&aws).await;
            (aws.ledger().len(), changes)
        })
    });
    let (_, question_chain_ms, _) = on_steps(account, report, |aws| {
        Box::pin(async move {
            let at = Arc::new(Mutex::new(0));
            let (asked, clock, began) = (at.clone(), aws.clock().clone(), aws.clock().now_ms());
            first_question(&aws, Box::new(move || *asked.lock().unwrap() = clock.now_ms() - began)).await;
            let ms = *at.lock().unwrap();
            (aws.ledger().len(), usize::try_from(ms).unwrap())
        })
    });
    let (plan, _) = for_real(account, report, Aws::simulated);
    let (plan_at_limits, question) = for_real(account, report, Aws::simulated_at_limits);
    let question_chain_ms = question_chain_ms as u64;
    Measured { calls, changes, chain_ms, plan, plan_at_limits, question_chain_ms, question }
}

type Work = std::pin::Pin<Box<dyn Future<Output = (usize, usize)>>>;

/// Runs on a clock that only waits move. Returns what the work returns, and milliseconds.
fn on_steps(account: &Account, report: Report, work: impl Fn(Aws) -> Work) -> (usize, usize, u64) {
    let timeline = Timeline::default();
    let simulation = Simulation::on(account.clone(), Clock::Stepped(timeline.clone()));
    prepare(report, |aws| step_through(&timeline, make_report(aws)), &simulation);
    let aws = Aws::simulated(simulation);
    aws.tap().delay(CALL);
    let began = timeline.elapsed_ms();
    let (calls, result) = step_through(&timeline, work(aws));
    (calls, result, timeline.elapsed_ms() - began)
}

fn prepare(report: Report, make: impl FnOnce(Aws), simulation: &Simulation) {
    if report == Report::Fresh {
        make(Aws::simulated(simulation.clone()));
    }
}

async fn make_report(aws: Aws) {
    aws.iam().generate_credential_report().send().await.unwrap();
    aws.clock().wait(Duration::from_secs(10)).await;
}

/// Runs everything, spawned tasks too, and moves the time on when nothing moves by itself.
pub fn step_through<T>(timeline: &Timeline, work: impl Future<Output = T>) -> T {
    let timeline = timeline.clone();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .on_thread_park(move || {
            timeline.step();
        })
        .build()
        .unwrap();
    runtime.block_on(work)
}

/// On the machine's clock, in the runtime of the command.
fn for_real(account: &Account, report: Report, wire: fn(Simulation) -> Aws) -> (Duration, Duration) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let aws = || {
        let simulation = Simulation::on(account.clone(), Clock::Real);
        let make = |aws| {
            runtime.block_on(make_report_now(aws));
        };
        prepare(report, make, &simulation);
        let aws = wire(simulation);
        aws.tap().delay(CALL);
        aws
    };
    let handle = aws();
    let began = Instant::now();
    runtime.block_on(plan(&handle));
    let plan_took = began.elapsed();
    let handle = aws();
    let at = Arc::new(Mutex::new(Duration::ZERO));
    let asked = at.clone();
    let began = Instant::now();
    runtime.block_on(first_question(&handle, Box::new(move || *asked.lock().unwrap() = began.elapsed())));
    let question = *at.lock().unwrap();
    (plan_took, question)
}

async fn make_report_now(aws: Aws) {
    aws.iam().generate_credential_report().send().await.unwrap();
    aws.clock().wait(Duration::from_millis(2_100)).await;
}

pub fn print() {
    println!("plan and pull over 15 Regions, {} ms a call, the whole playbook\n", CALL.as_millis());
    println!(
        "| account | calls | one after the other | longest chain | plan | plan / chain | plan at AWS's limits | first question: chain | first question at AWS's limits |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let cases = [
        ("empty", accounts::empty(), Report::Fresh),
        ("300 users, 2,000 groups, 40 VPCs", accounts::large(), Report::Fresh),
        ("the same, no credential report yet", accounts::large(), Report::Missing),
    ];
    for (name, account, report) in cases {
        let m = measure(&account, report);
        #[expect(clippy::cast_precision_loss, reason = "milliseconds")]
        let ratio = m.plan.as_secs_f64() * 1_000.0 / m.chain_ms as f64;
        let question = if m.question.is_zero() { "none".to_owned() } else { seconds(m.question) };
        println!(
            "| {name} ({} changes) | {} | {} | {} ({} calls) | {} | {ratio:.2} | {} | {} | {question} |",
            m.changes,
            m.calls,
            seconds(CALL * u32::try_from(m.calls).unwrap()),
            seconds(Duration::from_millis(m.chain_ms)),
            m.chain_ms / u64::try_from(CALL.as_millis()).unwrap(),
            seconds(m.plan),
            seconds(m.plan_at_limits),
            seconds(Duration::from_millis(m.question_chain_ms)),
        );
    }
    println!();
}

fn seconds(duration: Duration) -> String {
    format!("{:.3} s", duration.as_secs_f64())
}
