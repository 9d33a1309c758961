//! `unplug drill`: the whole path on a simulated company. Nothing leaves the machine.

mod apart;
mod break_glass;
mod deeds;
mod facilitate;
mod looks;
mod notes;
mod table;
mod thief;
mod told;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::confirm::{Prompts, Yes, person, yes_or_no};
use super::plan::{bug, snapshot};
use super::pull::{cannot_begin, new_log, stopped};
use super::restore::failed_midway;
use super::selection::{SelectionArgs, refuse_missing};
use super::session::{Session, bad_scenario, drill_id, failed, shared};
use crate::account::Account;
use crate::aws::Aws;
use crate::collect;
use crate::engine::checks::Checks;
use crate::engine::confirm::Operator;
use crate::engine::events::Listener;
use crate::engine::fronted;
use crate::engine::names::missing;
use crate::engine::plan::Selected;
use crate::engine::pull::Summary;
use crate::engine::restore::{self, Back, Choice, Owed};
use crate::engine::run::{Attended, Run};
use crate::engine::store::RunFolder;
use crate::engine::verify::Difference;
use crate::failure::{Exit, Failure, usage};
use crate::scenario::{self, Inject, Moment, Question, Scenario, Suspects};
use crate::sim::Simulation;
use crate::view;
use crate::view::{Line, Tone};
use facilitate::{Facilitated, Hearing};
use table::Table;
use thief::Play;
use told::{ending, of_thief, questions, story, talk, tell_access, tell_front};

#[derive(Args)]
pub struct Drill {
    /// The company: a scenario's name, or a file
    #[arg(long, value_name = "NAME|FILE", default_value = scenario::DEFAULT, conflicts_with = "from")]
    scenario: String,
    /// Drill on a recorded account instead (unplug snapshot)
    #[arg(long, value_name = "SNAPSHOT")]
    from: Option<PathBuf>,
    #[command(flatten)]
    selection: SelectionArgs,
    /// The same as the playbook alone: drill fastest
    #[arg(long = "playbook", value_name = "NAME|FILE", conflicts_with = "playbook", hide = true)]
    by_option: Option<String>,
    /// Answer yes to every question; without a terminal a drill does that anyway
    #[arg(long)]
    auto: bool,
    /// Show each change instead of folding alike ones
    #[arg(long)]
    details: bool,
    /// Hold it as a tabletop: the scenario's injects, looks around, reasons, a score and a hand-out
    #[arg(long)]
    facilitate: bool,
    /// More injects for --facilitate
    #[arg(long, value_name = "FILE", requires = "facilitate")]
    inject: Option<PathBuf>,
}

/// Asked where a thief is at work.
const WATCH: &str = "A thief is in the account. Watch for 10 minutes, and cut again what he undoes?";

/// What a restore must wait for on AWS.
const FIRST: &str = "The thief leaves the simulation here. On AWS, delete what he made before you put back: \
                     his users and roles get their rights again.";

impl Drill {
    pub async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let loaded = session.config()?;
        let config = shared(&loaded);
        let scenario = self.scenario()?;
        let mut choice = self.selection.clone();
        if let Some(playbook) = &self.by_option {
            choice.playbook.clone_from(playbook);
        }
        choice.suspect(&scenario.suspects)?;
        let mut selection = choice.resolve(&config)?;
        let missing = missing(&mut selection.scope, &scenario.account);
        refuse_missing(&missing, &scenario.account, &config)?;
        let asked = !self.auto && person();
        let injects = self.injects(&scenario)?;
        let store = session.opened(&session.state_dir()?.join("drills"))?;
        session.heed_interrupts();
        if !session.json() {
            session.out(&story(&scenario));
        }
        session.tell_first(&loaded, &selection);

        let simulation = Simulation::new(scenario.account.clone());
        let play = Play::begin(&scenario, &simulation);
        let aws = Aws::simulated(simulation.clone());
        let account = collect::identify(&aws).await.map_err(bug)?;
        let run = drill_id(aws.clock());
        let folder = store.create_run(&run).map_err(|error| failed(&error))?;
        let log = new_log(&aws, &folder, None)?;
        let kept = (log, Some(folder.clone()));
        let (known, steps) = (account.clone(), selection.steps.clone());
        let run = Run::begin(&aws, account, (run, selection), config.clone(), kept);
        let run = run.map_err(cannot_begin)?;
        let part = !run.brief.scope.is_whole();
        let questions = questions(&scenario, part);
        let table = match injects {
            Some(injects) => {
                let told = (injects, scenario.suspects.clone());
                Some(Table::begin(session, (&run.aws, &simulation), &folder, &config, told)?)
            }
            None => None,
        };
        let stage = Stage {
            session,
            scenario: &scenario,
            simulation: &simulation,
            folder: &folder,
            known: &known,
            steps: &steps,
            questions: &questions,
            asked,
            details: self.details,
            table: table.as_ref(),
        };
        let ended = Box::pin(stage.hold(run, play)).await;
        match &table {
            Some(table) => table.close(session, &scenario, &questions).and(ended),
            None => ended,
        }
    }

    /// The injects of a facilitated drill, which needs people; `None` where it is none.
    fn injects(&self, scenario: &Scenario) -> Result<Option<Vec<Inject>>, Failure> {
        if !self.facilitate {
            return Ok(None);
        }
        if self.auto {
            return Err(usage("a facilitated drill needs people who answer: --facilitate without --auto"));
        }
        if !person() {
            let error = "there is no terminal to answer at: a facilitated drill needs people";
            return Err(
                Failure::new(Exit::NotConfirmed, error).hint("without --facilitate a drill answers itself")
            );
        }
        let mut injects = scenario.injects.clone();
        if let Some(file) = &self.inject {
            let more = scenario::injects(&file.to_string_lossy(), &scenario.account);
            injects.extend(more.map_err(|error| bad_scenario(&error))?);
        }
        Ok(Some(injects))
    }

    /// The scenario that is named, or a recorded account as one without a story.
    fn scenario(&self) -> Result<Scenario, Failure> {
        let load = |name: &str| scenario::load(name).map_err(|error| bad_scenario(&error));
        let Some(file) = &self.from else { return load(&self.scenario) };
        Ok(Scenario {
            title: "A recorded account".into(),
            story: String::new(),
            questions: vec![],
            suspects: Suspects::default(),
            injects: vec![],
            adversary: None,
            account: snapshot(file)?,
            ..load(scenario::DEFAULT)?
        })
    }
}

/// A drill under way.
struct Stage<'a> {
    session: &'a Session,
    scenario: &'a Scenario,
    simulation: &'a Simulation,
    folder: &'a RunFolder,
    /// The account's identity.
    known: &'a Account,
    steps: &'a [Selected],
    questions: &'a [&'a Question],
    asked: bool,
    details: bool,
    /// The table of a facilitated drill.
    table: Option<&'a Arc<Table>>,
}

impl Stage<'_> {
    fn operator(&self) -> Box<dyn Operator> {
        if !self.asked {
            return Box::new(Yes { allow_irreversible: true, printer: self.session.printer });
        }
        let prompts = Prompts::new(self.session, self.known, self.steps);
        match self.table {
            Some(table) => {
                Box::new(Facilitated { prompts: prompts.hearing(table.aside()), table: table.clone() })
            }
            None => Box::new(prompts),
        }
    }

    fn listener(&self) -> Box<dyn Listener> {
        let shows = self.session.listener(self.details);
        match self.table {
            Some(table) => Box::new(Hearing { shows, table: table.clone() }),
            None => shows,
        }
    }

    /// A question of the drill itself, whose default is yes. `None` when they pressed Ctrl-C.
    fn yes(&self, question: &str) -> Option<bool> {
        match self.table {
            Some(table) => table.yes_or_no(question, true),
            None => yes_or_no(self.session.printer, question, true),
        }
    }

    /// Cuts, with the injects of a facilitated drill.
    async fn pull(&self, by: Attended<'_>, run: Run) -> Result<(Run, Summary), Failure> {
        if let Some(table) = self.table {
            let steps: Vec<u16> = self.steps.iter().map(|selected| selected.step.0).collect();
            table.welcome(self.session, &steps);
            table.at(Moment::Beginning);
        }
        let summary = run.pull(by, Checks::default(), None).await;
        let summary = summary.map_err(|error| stopped(error, self.folder))?;
        if !self.session.json() {
            self.session.out(&view::summary(&summary, &self.folder.id, true));
        }
        let Some(table) = self.table else { return Ok((run, summary)) };
        let (run, summary) = table.go_on(self.session, by, (run, summary)).await?;
        table.pulled();
        Ok((table.before_more(self.session, run).await?, summary))
    }

    /// From the first question to the end.
    async fn hold(&self, run: Run, mut play: Option<Play>) -> Result<Exit, Failure> {
        let (session, folder, simulation) = (self.session, self.folder, self.simulation);
        let (scenario, steps, asked) = (self.scenario, self.steps, self.asked);
        let (operator, listener) = (self.operator(), self.listener());
        let by = Attended { operator: &*operator, listener: &*listener, stop: &session.stop };
        let (mut run, summary) = self.pull(by, run).await?;
        if session.interrupted() {
            return Ok(not_put_back(session, Exit::Interrupted));
        }
        let refused = self.table.is_some_and(|table| table.is_revoked());
        let watched = summary.done() > 0 && summary.stopped.is_none() && !refused;
        if let Some(play) = play.as_ref().filter(|_| watched) {
            let reapply = if asked { self.yes(WATCH) } else { Some(true) };
            let Some(reapply) = reapply else { return Ok(not_put_back(session, Exit::Interrupted)) };
            run = run.taken_up_again(folder).map_err(|error| failed(&error))?;
            let watched = play.watch(&mut run, (session, folder), reapply, self.details).await?;
            if watched.exit == Exit::Interrupted {
                return Ok(not_put_back(session, Exit::Interrupted));
            }
        }
        tell_access(session, scenario, simulation, steps);
        let during = fronted::shift(&scenario.account, &simulation.account(), steps);
        if let Some(table) = self.table {
            table.measure("before the restore");
            table.at(Moment::BeforeRestore);
            run = table.before_more(session, run).await?;
        }
        if asked {
            match self.yes("Put everything back now?") {
                Some(true) => {}
                Some(false) => {
                    let exit = not_put_back(session, Exit::Partial);
                    talk(session, self.questions, asked);
                    return Ok(exit);
                }
                None => return Ok(not_put_back(session, Exit::Interrupted)),
            }
        }
        // A drill that was quit is put back all the same, once that is agreed.
        let stop = crate::engine::Stop::default();
        let journal = folder.journal().map_err(|error| failed(&error))?;
        let owed = restore::owed(&journal, None).map_err(bug)?;
        if !session.json() {
            session.out(&[Line::new(), Line::toned(Tone::Bold, "Putting back, newest first")]);
        }
        if let Some(play) = &mut play {
            play.leave();
            session.tell(&[Line::toned(Tone::Warn, FIRST)]);
        }
        let by = Attended { stop: &stop, ..by };
        let ends = run.restore(by, &owed, &Choice::default()).await.map_err(failed_midway)?;
        // The simulated account is known whole: what a snapshot lacks, nobody knows before or after.
        let mut left =
            restore::left_over(&scenario.account, &simulation.account(), &ends, run.aws.names()).differences;
        tell_front(session, during.as_ref(), scenario, simulation);
        let his = play.map(|play| play.take_his(scenario, &mut left)).unwrap_or_default();
        if !session.json() {
            session.out(&ending(&ends, &left));
            session.out(&of_thief(&his));
            session.out(&[Line::toned(Tone::Dim, format!("Recorded: unplug show {}", folder.id))]);
            talk(session, self.questions, asked);
        }
        Ok(exit(session, &summary, &ends, &left))
    }
}

fn not_put_back(session: &Session, exit: Exit) -> Exit {
    let text = "Not put back. The simulated account ends here: the next drill starts afresh.";
    if !session.json() {
        session.out(&[Line::new(), Line::plain(text)]);
    }
    exit
}

fn exit(session: &Session, summary: &Summary, ends: &[(Owed, Back)], left: &[Difference]) -> Exit {
    if session.interrupted() {
        return Exit::Interrupted;
    }
    let open = ends.iter().any(|(_, back)| !back.settled());
    if open || !left.is_empty() || summary.not_done() > 0 {
        Exit::Partial
    } else if summary.gaps > 0 {
        Exit::Gaps
    } else {
        Exit::Done
    }
}
