//! Killed with SIGKILL at any moment: then restored, or gone on with and restored.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use unplug::account::denial;

use super::account::{Declared, Dump, compare, dump};
use super::binary::Machine;
use super::network::lacking;
use super::page;
use super::proxy::{At, Fate, Moment, Proxy};
use super::server::{Copy, seeded};
use super::stores;

/// A run waits for the proxy, and for the time that AWS takes. More at once starve each other: a call that gets
/// no answer in time is a gap in the plan.
const AT_ONCE: usize = 6;
const ROUNDS: usize = 15;

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
    /// The account before the pull: each kill has a copy of it.
    origin: Copy,
    before: Dump,
}

struct Killed {
    killed: bool,
    /// The numbers of the requests that were writes.
    writes: Vec<usize>,
    /// The numbers of the writes that were the first or the last of their operation.
    ends: BTreeSet<usize>,
    /// The numbers of the requests that were the first of their operation.
    firsts: Vec<usize>,
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
        Pull::with(words, regions, declared, delay, |_| {})
    }

    /// On an account with something more.
    fn with(
        words: &[&'static str],
        regions: &'static [&'static str],
        declared: &[Declared],
        delay: Duration,
        prepare: fn(&Copy),
    ) -> Pull {
        let (origin, _) = seeded();
        prepare(&origin);
        let before = dump(&origin.url(), regions);
        let words = [&["pull"], words].concat();
        // What the original has answered a copy need not work out again.
        let proxy = Proxy::start(origin.port, Duration::ZERO, &lacking());
        let plan = [&["plan"], &words[1..]].concat();
        Machine::new(&proxy.url()).run(&plan);
        Pull { words, regions, declared: declared.to_vec(), delay, origin, before }
    }

    /// Pulls through a rule that may kill it, puts it back, and looks.
    fn killed(&self, rule: Option<(At, Fate)>, resume: bool) -> Killed {
        let copy = self.origin.copy();
        let rules: Vec<_> = rule.into_iter().chain(lacking()).collect();
        let proxy = Proxy::start(copy.port, self.delay, &rules);
        let machine = Machine::new(&proxy.url());
        let child = machine.start(&self.words);
        proxy.client(&child);
        Machine::wait(&child);
        proxy.settle();
        let log = proxy.log();
        let at: Vec<Duration> = log.iter().filter(|seen| seen.write).map(|seen| seen.at).collect();
        let writes = || (1..).zip(&log).filter(|(_, seen)| seen.write);
        let mut ends: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
        for (number, seen) in writes() {
            ends.entry(&seen.operation).or_insert([number; 2])[1] = number;
        }
        let mut met = BTreeSet::new();
        let firsts = (1..).zip(&log).filter(|(_, seen)| met.insert(seen.operation.clone()));
        let seen = Killed {
            killed: proxy.killed(),
            firsts: firsts.map(|(number, _)| number).collect(),
            writes: writes().map(|(number, _)| number).collect(),
            ends: ends.into_values().flatten().collect(),
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
    assert!(between >= ROUNDS * 4 / 5, "only {between} of {ROUNDS} between the first and the last write");
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

/// Kills a pull before and after the first and the last write of each operation, and before the request that
/// follows it: by then the journal knows of the write. Between two reads nothing else changes. With
/// `UNPLUG_KILLS=all` each write is tried.
fn around_writes(pull: &Pull, whole: &Killed) {
    let around = |write: &usize| {
        [(*write, Moment::Before), (*write, Moment::After), (write + 1, Moment::Before)]
            .map(|(number, moment)| (At::Request(number), moment))
    };
    let kills: Vec<_> = match std::env::var_os("UNPLUG_KILLS") {
        Some(_) => whole.writes.iter().flat_map(around).collect(),
        None => whole.ends.iter().flat_map(around).collect(),
    };
    at_each(pull, whole, &kills);
}

#[test]
fn killed_at_each_kind_of_request_it_can_be_put_back() {
    let (_, seed) = seeded();
    let vpc = seed["workers"]["vpc"].as_str().unwrap();
    let words = ["--steps", "510,610", "--regions", "eu-west-1", "--vpc", vpc];
    let pull = Pull::new(&words, &["eu-west-1"], &[], Duration::ZERO);
    let whole = pull.killed(None, false);
    around_writes(&pull, &whole);
    // Before the first write there is nothing to put back, whichever read it dies at.
    let later = whole.firsts.iter().filter(|number| **number == 1 || **number > whole.first());
    let at = |number: &usize| [Moment::Before, Moment::After].map(|moment| (At::Request(*number), moment));
    at_each(&pull, &whole, &later.flat_map(at).collect::<Vec<_>>());
}

#[test]
fn the_front_door_killed_around_every_write_can_be_put_back() {
    let pull = Pull::new(&["--steps", "310"], &["us-east-1"], &[], Duration::ZERO);
    let whole = pull.killed(None, false);
    assert_eq!(whole.writes.len(), 3, "a function made and published, and a distribution");
    around_writes(&pull, &whole);
}

/// Makes what the page from S3 is shown from.
fn prepared(copy: &Copy) {
    super::prepare::machine(&copy.url()).sure(&["prepare"]).ends(0);
}

#[test]
fn what_is_made_ahead_killed_around_every_write_can_be_put_back() {
    let pull = Pull::new(&["prepare", "--steps", "305"], &["us-east-1"], &[], Duration::ZERO);
    let whole = pull.killed(None, false);
    assert!(whole.writes.len() >= 8, "{:?}", whole.writes);
    around_writes(&pull, &whole);
}

#[test]
fn the_page_from_s3_killed_around_every_write_can_be_put_back() {
    let pull = Pull::with(&["--steps", "310"], &["us-east-1"], &[], Duration::ZERO, prepared);
    let whole = pull.killed(None, false);
    assert_eq!(whole.writes.len(), 2, "a distribution and its invalidation");
    around_writes(&pull, &whole);
}

#[test]
fn a_page_killed_around_every_write_can_be_put_back() {
    let words = ["--steps", "320", "--regions", page::REGION];
    let pull = Pull::with(&words, &[page::REGION], &[], Duration::ZERO, page::with_balancer);
    let whole = pull.killed(None, false);
    assert!(whole.writes.len() > 2, "{:?}", whole.writes);
    around_writes(&pull, &whole);
}

#[test]
fn databases_and_copies_killed_around_every_write_can_be_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let steps = [
        (650, "", stores::with_databases as fn(&Copy)),
        (615, stores::KNOWN, stores::with_copies as fn(&Copy)),
    ];
    for (step, with, prepare) in steps {
        let file: &'static str = Box::leak(stores::playbook(folder.path(), step, with).into_boxed_str());
        let words = [file, "--regions", stores::REGION];
        let pull = Pull::with(&words, &[stores::REGION], &[], Duration::ZERO, prepare);
        let whole = pull.killed(None, false);
        assert_eq!(whole.writes.len(), 3, "{step}: {:?}", whole.writes);
        around_writes(&pull, &whole);
    }
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
    around_writes(&pull, &whole);
}

#[test]
fn names_killed_around_every_write_can_be_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = super::dns::playbook(folder.path().to_owned());
    let file: &'static str = Box::leak(file.to_string_lossy().into_owned().into_boxed_str());
    let pull = Pull::new(&[file], &["us-east-1"], &[], Duration::ZERO);
    let whole = pull.killed(None, false);
    assert_eq!(whole.writes.len(), 1, "one batch a zone");
    around_writes(&pull, &whole);
}

#[test]
fn functions_killed_around_every_write_run_again() {
    let with = super::functions::with_functions;
    let pull = Pull::with(&super::functions::WORDS, &["us-east-1"], &[], Duration::ZERO, with);
    let whole = pull.killed(None, false);
    assert_eq!(whole.writes.len(), 4, "an event source, two functions, a URL");
    around_writes(&pull, &whole);
}

#[test]
fn denied_addresses_killed_around_every_write_can_be_let_in_again() {
    let pull = Pull::new(&super::block::WORDS, &["us-east-1"], &[], Duration::ZERO);
    let whole = pull.killed(None, false);
    around_writes(&pull, &whole);
}
