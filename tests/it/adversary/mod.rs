//! The thief against every step: which cut he undoes or escapes, which holds when `watch` cuts again, and
//! which holds behind step 700. `docs/adversary.md` is what this prints:
//! `UPDATE=1 cargo test --test it adversary::` writes it anew.

mod drill;
mod page;
mod thief;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use unplug::engine::hold::{Held, Stand};
use unplug::sim::Simulation;
use unplug::sim::adversary::{Adversary, MOVES};
use unplug::step::{Params, StepId};
use unplug::steps::STEPS;

use super::laws::harness::Process;
use super::laws::seeds::{self, Seed, seeds};
use thief::{Cut, Thief};

/// A program that looks every second, as OFFENSAI's.
const TOOL: Duration = Duration::from_secs(1);
/// Somebody at a console, who looks at it every minute.
const PERSON: Duration = Duration::from_secs(60);
/// `watch`'s default time between two looks.
const EVERY: Duration = Duration::from_secs(30);
const ROUNDS: usize = 6;
/// When the thief has made his moves, and all has spread.
const SETTLED: Duration = Duration::from_secs(300);

/// Kinds of targets that a thief with every right does not undo, and why.
const HOLDS: [(&str, &str); 29] = [
    ("access-control", MADE),
    ("acl-in-use", MADE),
    ("boundary-policy", MADE),
    ("console", "a copy of it is on the responder's machine"),
    ("dns-block-group", MADE),
    ("dns-block-list", MADE),
    ("egress-gateway", DELETED),
    ("flush-group", MADE),
    ("front-acl", MADE),
    ("group-in-use", MADE),
    ("ip-set", MADE),
    ("isolation-acl", MADE),
    ("isolation-group", MADE),
    ("isolation-table", MADE),
    ("nat-gateway", DELETED),
    ("organization-attachment", OUTSIDE),
    ("organization-parent", OUTSIDE),
    ("organization-policy", OUTSIDE),
    ("organization-policy-type", OUTSIDE),
    ("page-bucket", MADE),
    ("page-function", MADE),
    ("page-object", MADE),
    ("prepared-acl", MADE),
    ("prepared-group", MADE),
    ("role-boundary", OTHERS),
    ("session", DELETED),
    ("user-boundary", OTHERS),
    ("vpc-endpoint", DELETED),
    ("web-acl", MADE),
];
const OTHERS: &str =
    "in these accounts nobody that he holds is without room for an inline policy: he frees his own first";
const OUTSIDE: &str = "it is the Organization's: nobody in the account can change it";
const MADE: &str =
    "made for the cut or ahead of it: he moves out of it, and changes it only where he may not";
const DELETED: &str = "deleted or ended: what he makes in its place has an id of its own, and counts as new";

/// How a cut stands at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Holds,
    /// By these moves.
    Undone(Vec<&'static str>),
    /// It stands, and he does all the same what it should stop, with these credentials.
    Escaped(BTreeSet<String>),
}

/// What came out for one way of a step.
#[derive(Clone, Debug)]
pub struct Row {
    pub step: StepId,
    pub params: Params,
    /// A person and a tool, without and with watch.
    pub alone: [End; 2],
    pub watched: [End; 2],
    /// A tool, where 700 was pulled before: with its template `people`, and with `everything` where that does not
    /// hold.
    pub guarded: [End; 2],
}

/// A seed with a thief in it.
struct Trial {
    seed: Seed,
    thief: Thief,
    cut: Cut,
}

impl Trial {
    async fn of(seed: &Seed) -> Trial {
        let (seed, thief) = thief::placed(seed).await;
        let cut = thief::cut(&seed, &thief, SETTLED).await;
        Trial { seed, thief, cut }
    }

    /// Pulls with the thief in the account, and lets everything settle.
    async fn pulled(&self, adversary: Adversary) -> (Simulation, Process) {
        let simulation = Simulation::new(self.seed.account.clone());
        simulation.invite(adversary);
        let process = Process::start(&simulation);
        process.pull(&self.seed).await;
        (simulation, process)
    }

    async fn alone(&self, adversary: Adversary) -> (End, Held) {
        let (simulation, process) = self.pulled(adversary).await;
        thief::pass(&simulation, &process, SETTLED).await;
        thief::assert_recorded(&simulation);
        let held = process.look_again().await;
        (self.end(&simulation, open(&held)), held)
    }

    /// Watched: what is undone is cut again each round, and he takes it back again.
    async fn watched(&self, adversary: Adversary) -> End {
        let (simulation, process) = self.pulled(adversary).await;
        let mut open_rounds = vec![];
        for _ in 0..ROUNDS {
            thief::pass(&simulation, &process, EVERY).await;
            let (held, _) = process.watch_round().await;
            open_rounds.push(open(&held));
        }
        thief::pass(&simulation, &process, EVERY).await;
        // A person's move comes every second or third round.
        self.end(&simulation, open_rounds.iter().rev().take(ROUNDS / 2).any(|open| *open))
    }

    /// With a tool in the account, and step 700 in effect before the step is pulled.
    async fn guarded(&self, template: &str) -> End {
        let guard = thief::guard(&self.seed, template);
        let simulation = Simulation::new(guard.account.clone());
        simulation.invite(self.thief.adversary(TOOL));
        let process = Process::start(&simulation);
        let denied = process.pull(&guard).await;
        assert!(denied.done() > 0, "{}: 700 cut nothing", guard.name);
        thief::pass(&simulation, &process, EVERY).await;
        let process = Process::start(&simulation);
        process.pull(&self.seed).await;
        thief::pass(&simulation, &process, SETTLED).await;
        let held = process.look_again().await;
        self.end(&simulation, open(&held))
    }

    fn end(&self, simulation: &Simulation, open: bool) -> End {
        let adversary = simulation.adversary().unwrap();
        if open {
            return End::Undone(moves(&adversary));
        }
        let reached = thief::reaches(simulation, &adversary);
        let by = reached.into_iter().filter(|(aim, _)| self.cut.aims.contains(aim)).map(|(_, with)| with);
        let by: BTreeSet<String> = by.collect();
        if by.is_empty() { End::Holds } else { End::Escaped(by) }
    }
}

/// Something of the run is not as it was cut, or something new would be cut.
fn open(held: &Held) -> bool {
    let open = |stand: &Stand| !matches!(stand, Stand::Holds | Stand::Settling | Stand::Gap(_));
    held.stands.iter().any(|(_, stand)| open(stand)) || held.appeared() > 0
}

/// The moves that he made after the cut, each once, in the order of the table.
fn moves(adversary: &Adversary) -> Vec<&'static str> {
    let played: BTreeSet<&str> = adversary.played().iter().map(|played| played.name).collect();
    let after = MOVES.iter().filter(|one| !one.is_made_beforehand());
    after.map(|one| one.name).filter(|name| played.contains(name)).collect()
}

/// What came out for one seed, and the kinds of targets that the tool undid, or did not.
async fn row(seed: &Seed) -> (Row, BTreeMap<String, bool>) {
    let trial = Trial::of(seed).await;
    let thief = |reaction| trial.thief.adversary(reaction);
    let (tool, held) = trial.alone(thief(TOOL)).await;
    let mut undone = BTreeMap::new();
    for (owed, stand) in &held.stands {
        *undone.entry(owed.change.target.kind.clone()).or_default() |= *stand != Stand::Holds;
    }
    let row = Row {
        step: seed.step,
        params: params(seed),
        alone: [trial.alone(thief(PERSON)).await.0, tool],
        watched: [trial.watched(thief(PERSON)).await, trial.watched(thief(TOOL)).await],
        guarded: match trial.guarded("people").await {
            End::Holds => [End::Holds, End::Holds],
            open => [open, trial.guarded("everything").await],
        },
    };
    (row, undone)
}

impl End {
    /// The worse of two, for two seeds of one way.
    fn and(self, other: End) -> End {
        match (self, other) {
            (End::Undone(one), End::Undone(other)) => {
                let both = MOVES.iter().map(|a_move| a_move.name);
                End::Undone(both.filter(|name| one.contains(name) || other.contains(name)).collect())
            }
            (End::Undone(one), _) | (_, End::Undone(one)) => End::Undone(one),
            (End::Escaped(one), End::Escaped(other)) => End::Escaped(one.union(&other).cloned().collect()),
            (End::Escaped(one), End::Holds) | (End::Holds, End::Escaped(one)) => End::Escaped(one),
            (End::Holds, End::Holds) => End::Holds,
        }
    }
}

impl Row {
    fn and(self, other: Row) -> Row {
        let both = |[a, b]: [End; 2], [c, d]: [End; 2]| [a.and(c), b.and(d)];
        Row {
            alone: both(self.alone, other.alone),
            watched: both(self.watched, other.watched),
            guarded: both(self.guarded, other.guarded),
            ..self
        }
    }
}

fn params(seed: &Seed) -> Params {
    let own = seed.steps.iter().find(|selected| selected.step == seed.step);
    own.map(|selected| selected.params.clone()).unwrap_or_default()
}

#[tokio::test]
async fn every_step_has_met_the_adversary() {
    let mut rows: BTreeMap<(StepId, String), Row> = BTreeMap::new();
    let mut kinds: BTreeMap<String, bool> = BTreeMap::new();
    for seed in seeds().into_iter().filter(|seed| !seed.looks()) {
        let (row, undone) = row(&seed).await;
        let way = (seed.step, page::way(&row.params));
        let row = match rows.remove(&way) {
            Some(other) => other.and(row),
            None => row,
        };
        rows.insert(way, row);
        for (kind, undone) in undone {
            *kinds.entry(kind).or_default() |= undone;
        }
    }
    for step in STEPS.iter().filter(|step| seeds::only().is_none_or(|only| only == step.spec().id)) {
        let spec = step.spec();
        let tried = rows.keys().any(|(id, _)| *id == spec.id);
        assert_eq!(tried, !spec.iam.apply.is_empty(), "step {}", spec.id);
    }
    let rows: Vec<Row> = rows.into_values().collect();
    if seeds::only().is_none() {
        super::papers::generated("docs/adversary.md", &page::page(&rows, &HOLDS));
        // A thief with every right undoes what he likes. Where he does not, the moves have forgotten a
        // part of the account: a new step's, perhaps.
        let held: Vec<&str> = kinds.iter().filter(|(_, undone)| !**undone).map(|(kind, _)| &**kind).collect();
        let known: Vec<&str> = HOLDS.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(held, known, "kinds of targets that no move of src/sim/adversary undoes");
    }
}
