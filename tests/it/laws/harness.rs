//! A pull and a restore on a simulated account, with the journal in memory.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use futures::FutureExt as _;
use unplug::account::Account;
use unplug::aws::Aws;
use unplug::collect;
use unplug::engine::Stop;
use unplug::engine::checks::Checks;
use unplug::engine::confirm::{Answer, Confirmed, DriftAnswer, Operator};
use unplug::engine::error::RunError;
use unplug::engine::events::Silent;
use unplug::engine::hold::{Held, Story};
use unplug::engine::journal::Journal;
use unplug::engine::plan::{Brief, Plan, StepPlan};
use unplug::engine::pull::Summary;
use unplug::engine::rehearse::{Rehearsal, rehearse};
use unplug::engine::restore::{Back, Choice, Drift, Owed, owed};
use unplug::engine::run::{Attended, Run};
use unplug::engine::store::{MemoryDisk, PLAN, RunFolder, RunLog};
use unplug::engine::verify::{Difference, differences};
use unplug::sim::Simulation;
use unplug::step::Names;

use super::seeds::Seed;

/// Says yes to every cut, and leaves what drifted where nothing else is said.
#[derive(Default)]
pub struct SaysYes {
    pub drifts: Mutex<Vec<String>>,
    /// Does not cut what these credentials could not put back.
    pub wants_a_way_back: bool,
    /// Answers every question before a cut so.
    pub declines: Option<Answer>,
    /// Puts back what may destroy something.
    pub takes_risks: bool,
    /// Puts back what drifted.
    pub puts_back: bool,
}

impl Operator for SaysYes {
    #[expect(clippy::disallowed_methods, reason = "tests may confirm")]
    fn cut(&self, plan: &StepPlan, _: bool) -> Answer {
        match self.declines {
            Some(Answer::Quit) => return Answer::Quit,
            Some(_) => return Answer::Skip,
            None => {}
        }
        Answer::Cut(Confirmed::by_operator(plan))
    }

    fn drift(&self, drift: &Drift<'_>) -> DriftAnswer {
        self.drifts.lock().unwrap().push(drift.owed.change.target.id.clone());
        if self.puts_back { DriftAnswer::PutBack } else { DriftAnswer::Leave }
    }

    fn risk(&self, _: &Owed, _: &str) -> bool {
        self.takes_risks
    }

    fn go_on_without_copy(&self, _: &str) -> bool {
        true
    }

    fn cut_without_undo(&self, _: &str) -> bool {
        !self.wants_a_way_back
    }
}

/// The process: its wire to the account, and what it keeps on disk.
pub struct Process {
    pub aws: Aws,
    pub disk: MemoryDisk,
    pub operator: SaysYes,
    pub checks: Checks,
    /// Where the plan and the account are stored; most laws need neither.
    pub folder: Option<RunFolder>,
}

impl Process {
    pub fn start(simulation: &Simulation) -> Process {
        Process::with_journal(simulation, vec![])
    }

    /// A new process that finds these bytes on the disk.
    pub fn with_journal(simulation: &Simulation, bytes: Vec<u8>) -> Process {
        Process {
            aws: Aws::simulated(simulation.clone()),
            disk: MemoryDisk::with(bytes),
            operator: SaysYes::default(),
            checks: Checks::default(),
            folder: None,
        }
    }

    /// Pulls the seed's steps through, as `unplug pull --yes` does.
    pub async fn pull(&self, seed: &Seed) -> Summary {
        self.try_pull(seed).await.unwrap()
    }

    /// The same, where it may fail.
    pub async fn try_pull(&self, seed: &Seed) -> Result<Summary, RunError> {
        let known = collect::identify(&self.aws).await.unwrap();
        let log = self.keeping(RunLog::new(Box::new(self.disk.clone()), None, self.aws.clock().clone()));
        let selection = ("run-1".into(), seed.selection());
        let run = Run::begin(&self.aws, known, selection, Arc::default(), (log, self.folder.clone()))?;
        run.pull(self.by(&Stop::default()), self.checks.clone(), None).await
    }

    /// Evidence goes where people's runs keep it, where there is a folder.
    fn keeping(&self, log: RunLog) -> RunLog {
        match &self.folder {
            Some(folder) => log.keeping(folder, None),
            None => log,
        }
    }

    fn by<'a>(&'a self, stop: &'a Stop) -> Attended<'a> {
        Attended { operator: &self.operator, listener: &Silent, stop }
    }

    /// The run that the journal on the disk tells of.
    async fn take_up(&self, journal: &Journal) -> Run {
        let known = collect::identify(&self.aws).await.unwrap();
        let log = RunLog::resumed(journal, Box::new(self.disk.clone()), None, self.aws.clock().clone());
        let log = self.keeping(log);
        let opened = (journal.opened().unwrap(), journal);
        let kept = (log, self.folder.clone());
        Run::take_up(&self.aws, known, opened, Arc::default(), self.plan_on_disk(), kept).await
    }

    /// Goes on with the pull that the journal tells of, as `unplug resume --yes` does.
    pub async fn resume(&self) -> Summary {
        let journal = Journal::parse(&self.disk.all()).unwrap();
        let run = self.take_up(&journal).await;
        run.resume(self.by(&Stop::default()), self.checks.clone(), &journal).await.unwrap()
    }

    /// Puts back what the journal on the disk says, as `unplug restore --yes` does.
    pub async fn restore(&self) -> Vec<(Owed, Back)> {
        let journal = Journal::parse(&self.disk.all()).unwrap();
        let run = self.take_up(&journal).await;
        let owed = owed(&journal, self.plan_on_disk().as_ref()).unwrap();
        run.restore(self.by(&Stop::default()), &owed, &Choice::default()).await.unwrap()
    }

    /// Looks at the run's cuts once, without cutting.
    pub async fn look_again(&self) -> Held {
        let journal = Journal::parse(&self.disk.all()).unwrap();
        let run = self.take_up(&journal).await;
        let story = Story::new(&journal, Some(&run.plan));
        run.look_again(&journal, &story, &|_, _| {}).await.unwrap()
    }

    /// Looks at the run's cuts once, as a round of `unplug watch` does, and cuts again what `held` shows
    /// to be undone or new. Returns what it found, and how cutting again ended.
    pub async fn watch_round(&self) -> (Held, Summary) {
        let journal = Journal::parse(&self.disk.all()).unwrap();
        let mut run = self.take_up(&journal).await;
        let story = Story::new(&journal, Some(&run.plan));
        let held = run.look_again(&journal, &story, &|_, _| {}).await.unwrap();
        let summary = run.cut_again(self.by(&Stop::default()), &held).await.unwrap();
        (held, summary)
    }

    /// The plan that the run has stored, where it has a folder.
    pub fn plan_on_disk(&self) -> Option<Plan> {
        self.folder.as_ref().and_then(|folder| folder.load_if_there(PLAN).unwrap())
    }

    /// Reads and rehearses, as `unplug plan` does; with the names of the run, or as another run.
    pub async fn plan(&self, seed: &Seed, names: Names) -> Rehearsal {
        let known = collect::identify(&self.aws).await.unwrap();
        let brief = brief(seed, names, 1);
        let ask = brief.ask(&known.id, &seed.steps);
        let account = collect::read(&self.aws, &known, &ask, &|_, _| {}).await;
        rehearse(&account, &seed.steps, &brief).await.unwrap()
    }

    /// The names that the journal on the disk has.
    pub fn names(&self) -> Names {
        Names::new(Journal::parse(&self.disk.all()).unwrap().names())
    }
}

pub fn brief(seed: &Seed, names: Names, next_change: u32) -> Brief {
    Brief { run: "run-1".into(), scope: seed.scope.clone(), config: Arc::default(), names, next_change }
}

/// What differs from before, apart from exactly what the restore said that it keeps.
pub fn not_put_back(
    before: &Account,
    after: &Account,
    names: &Names,
    ends: &[(Owed, Back)],
) -> Vec<Difference> {
    let kept: Vec<&Owed> =
        ends.iter().filter(|(_, back)| matches!(back, Back::Kept(_))).map(|(owed, _)| owed).collect();
    let on_purpose = |difference: &Difference| {
        // What was made and is kept has an id of its own, and says in its tags what it is of.
        let made = |id: &String| difference.predicted.is_null() && difference.found.to_string().contains(id);
        kept.iter()
            .any(|owed| difference.path.contains(&owed.change.target.id) || made(&owed.change.target.id))
            || (!kept.is_empty() && difference.path.contains('@'))
    };
    differences((before, &Names::default()), (after, names))
        .into_iter()
        .filter(|difference| !on_purpose(difference))
        .collect()
}

/// Tries a law on each of these seeds, and fails with the names of all that break it.
pub async fn each(seeds: impl IntoIterator<Item = Seed>, mut law: impl AsyncFnMut(Seed)) {
    let mut broken = vec![];
    for seed in seeds {
        let name = seed.name;
        if AssertUnwindSafe(law(seed)).catch_unwind().await.is_err() {
            broken.push(name);
        }
    }
    assert!(broken.is_empty(), "broken by {broken:?}: each is told above");
}

/// The same, for a law that calls nothing.
pub fn each_pure(seeds: impl IntoIterator<Item = Seed>, mut law: impl FnMut(Seed)) {
    let tried = |seed: Seed| {
        let name = seed.name;
        catch_unwind(AssertUnwindSafe(|| law(seed))).err().map(|_| name)
    };
    let broken: Vec<_> = seeds.into_iter().filter_map(tried).collect();
    assert!(broken.is_empty(), "broken by {broken:?}: each is told above");
}
