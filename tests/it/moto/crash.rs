//! Killed with SIGKILL at any moment: then restored, or gone on with and restored.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use unplug::account::denial;

use super::account::{Declared, Dump, compare, dump};
use super::binary::Machine;
use super::network::lacking;
use super::proxy::{At, Fate, Moment, Proxy};
use super::server::seeded;

/// Most of a run is waiting for the proxy.
const AT_ONCE: usize = 16;
const ROUNDS: usize = 50;

/// Runs the jobs side by side; fails with what the first ones that failed said.
fn all(jobs: usize, job: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(vec![]);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(jobs) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, SeqCst);
                    if number >= jobs {
                        return;
                    }
                    if let Err(why) = catch_unwind(AssertUnwindSafe(|| job(number))) {
                        let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
                        failed.lock().unwrap().push(format!("{number}: {why}"));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {jobs} failed\n{}", failed.len(), failed.join("\n\n"));
}

/// Numbers that nobody chose, and that a failure can be tried again with.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// What is cut, where, and what may stay changed.
struct Pull {
    words: Vec<&'static str>,
    regions: &'static [&'static str],
    declared: Vec<Declared>,
    delay: Duration,
    before: Dump,
}

struct Killed {
    killed: bool,
    /// The numbers of the requests that were writes.
    writes: Vec<usize>,
    requests: usize,
    /// The time from the first write to the last.
    window: Duration,
}

impl Killed {
    /// The number of the request that was the first write.
    fn first(&self) -> usize {
        self.writes.first().copied().unwrap_or(1)
    }
}

impl Pull {
    fn new(
        words: &[&'static str],
        regions: &'static [&'static str],
        declared: &[Declared],
        delay: Duration,
    ) -> Pull {
        let before = dump(&seeded().0.url(), regions);
        let words = [&["pull"], words].concat();
        Pull { words, regions, declared: declared.to_vec(), delay, before }
    }

    /// Pulls through a rule that may kill it, puts it back, and looks.
    fn killed(&self, rule: Option<(At, Fate)>, resume: bool) -> Killed {
        let (copy, _) = seeded();
        let rules: Vec<_> = rule.into_iter().chain(lacking()).collect();
        let proxy = Proxy::start(copy.port, self.delay, &rules);
        let machine = Machine::new(&proxy.url());
        let child = machine.start(&self.words);
        proxy.client(&child);
        Machine::wait(&child);
        proxy.settle();
        let log = proxy.log();
        let at: Vec<Duration> = log.iter().filter(|seen| seen.write).map(|seen| seen.at).collect();
        let seen = Killed {
            killed: proxy.killed(),
            writes: (1..).zip(&log).filter(|(_, seen)| seen.write).map(|(number, _)| number).collect(),
            requests: log.len(),
            window: at
                .last()
                .zip(at.first())
                .map_or(Duration::ZERO, |(last, first)| last.saturating_sub(*first)),
        };
        // Behind the proxy, without its delay.
        let quick = Proxy::start(copy.port, Duration::ZERO, &lacking());
        let machine = machine.through(&quick.url());
        if machine.runs().iter().all(|run| !run.join("journal.jsonl").exists()) {
            assert!(!log.iter().any(|seen| seen.write && seen.done), "a write before the journal began");
        } else {
            self.put_back(&machine, resume);
        }
        compare(&self.before, &dump(&copy.url(), self.regions), &self.declared)
            .unwrap_or_else(|why| panic!("{rule:?} resume={resume}\n{why}"));
        seen
    }

    fn put_back(&self, machine: &Machine, resume: bool) {
        let (folder, id) = machine.latest();
        let journal = std::fs::read_to_string(folder.join("journal.jsonl")).unwrap();
        // Killed before the first line was whole: nothing was sent, and there is nothing to put back.
        if !journal.contains('\n') {
            return;
        }
        if resume && !journal.contains("\"complete\":true") {
            let went_on = machine.sure(&["resume", &id]);
            assert!(matches!(went_on.code, Some(0 | 4)), "resume {id}: {went_on:#?}");
            let mut words = self.words.clone();
            words[0] = "plan";
            words.push("--json");
            let plan = machine.run(&words).json();
            assert_eq!(
                plan["changes"],
                serde_json::json!([]),
                "after resume {id} there is still to cut\n{went_on:#?}\n{journal}"
            );
        }
        machine.sure(&["restore", &id]).ends(0);
    }
}

#[test]
fn killed_at_any_moment_it_can_be_put_back_or_gone_on_with() {
    let (_, seed) = seeded();
    let key = seed["keys"]["alice"][0].as_str().unwrap();
    let words = [
        "--steps",
        "100,505,510,520,610",
        "--regions",
        "us-east-1",
        "--vpc",
        seed["shop"]["vpc"].as_str().unwrap(),
        "--key",
        key,
    ];
    let declared = [Declared::May(format!("keys/global/{key}"))];
    let pull = Pull::new(&words, &["us-east-1"], &declared, Duration::from_millis(100));
    let began = Instant::now();
    let whole = pull.killed(None, false);
    assert!(!whole.killed && whole.writes.len() > 15, "{} writes", whole.writes.len());
    let took = began.elapsed();
    let random = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    let between = AtomicUsize::new(0);
    all(ROUNDS, |round| {
        let mut chance = Chance(u64::from(random) + 7_919 * round as u64);
        chance.below(2);
        let moment = if chance.below(2) == 0 { Moment::Before } else { Moment::After };
        let anywhere = At::Request(1 + chance.below(whole.requests));
        let at = match round % 10 {
            // Reading before the first write, and after the last, included.
            0 => anywhere,
            1..4 => At::AfterFirstWrite(whole.window * u32::try_from(chance.below(95)).unwrap() / 100),
            4..7 => At::Request(whole.first() + chance.below((whole.requests - whole.first()) / 2)),
            _ => At::Write(1 + chance.below(whole.writes.len() - 1)),
        };
        let seen = pull.killed(Some((at, Fate::Kill(moment))), round % 2 == 0);
        if seen.killed && (1..whole.writes.len()).contains(&seen.writes.len()) {
            between.fetch_add(1, SeqCst);
        }
    });
    let between = between.into_inner();
    println!(
        "{ROUNDS} kills, {between} between the first and the last of {} writes; one whole pull and restore \
         took {took:?} ({:?} from the first write to the last), all {:?}",
        whole.writes.len(),
        whole.window,
        began.elapsed()
    );
    assert!(between >= 40, "only {between} of {ROUNDS} between the first and the last write");
}

/// Kills a pull at each of these moments; then puts back or goes on.
fn at_each(pull: &Pull, whole: &Killed, kills: &[(At, Moment)]) {
    let began = Instant::now();
    all(kills.len(), |number| {
        let (at, moment) = kills[number];
        pull.killed(Some((at, Fate::Kill(moment))), number % 3 == 0);
    });
    println!("killed {} times in {} requests: {:?}", kills.len(), whole.requests, began.elapsed());
}

#[test]
fn killed_at_every_request_it_can_be_put_back() {
    let (_, seed) = seeded();
    let vpc = seed["workers"]["vpc"].as_str().unwrap();
    let words = ["--steps", "510,610", "--regions", "eu-west-1", "--vpc", vpc];
    let pull = Pull::new(&words, &["eu-west-1"], &[], Duration::ZERO);
    let whole = pull.killed(None, false);
    let at = |number| [Moment::Before, Moment::After].map(|moment| (At::Request(number), moment));
    at_each(&pull, &whole, &(1..=whole.requests).flat_map(at).collect::<Vec<_>>());
}

#[test]
fn identities_killed_around_every_write_can_be_put_back() {
    let (_, seed) = seeded();
    let key = seed["keys"]["alice"][0].as_str().unwrap();
    let words = ["--steps", "100,410,600,620", "--regions", "us-east-1", "--key", key];
    // A restore leaves a deny for the sessions from before the cut.
    let own = |kind: &str, list: &str| Declared::May(format!("{kind}/global/*/{list}/{}", denial::NAME));
    let declared = [
        Declared::May(format!("keys/global/{key}")),
        own("users", "UserPolicyList"),
        own("roles", "RolePolicyList"),
    ];
    let pull = Pull::new(&words, &["us-east-1"], &declared, Duration::ZERO);
    let whole = pull.killed(None, false);
    // Before the next request the journal knows of the write. Between two reads nothing else changes.
    let around = |write: &usize| {
        [(*write, Moment::Before), (*write, Moment::After), (write + 1, Moment::Before)]
            .map(|(number, moment)| (At::Request(number), moment))
    };
    at_each(&pull, &whole, &whole.writes.iter().flat_map(around).collect::<Vec<_>>());
}
