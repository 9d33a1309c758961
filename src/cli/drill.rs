//! `unplug drill`: the whole path on a simulated company. Nothing leaves the machine.

mod thief;

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::confirm::{Prompts, Yes, enter, person, yes_or_no};
use super::plan::{bug, snapshot};
use super::pull::{cannot_begin, new_log, stopped};
use super::restore::failed_midway;
use super::selection::{SelectionArgs, refuse_missing};
use super::session::{Session, bad_scenario, drill_id, failed, shared};
use crate::aws::Aws;
use crate::collect;
use crate::engine::acting;
use crate::engine::checks::Checks;
use crate::engine::confirm::Operator;
use crate::engine::fronted;
use crate::engine::names::missing;
use crate::engine::plan::Selected;
use crate::engine::pull::Summary;
use crate::engine::restore::{self, Back, Choice, Owed};
use crate::engine::run::{Attended, Run};
use crate::engine::verify::Difference;
use crate::failure::{Exit, Failure};
use crate::front::{self, Front};
use crate::scenario::{self, About, Question, Scenario, Suspects};
use crate::sim::Simulation;
use crate::view;
use crate::view::{Line, Tone, agree, count, paragraphs, short};
use thief::Play;

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
        let store = session.opened(&session.state_dir()?.join("drills"))?;
        session.heed_interrupts();
        if !session.json() {
            session.out(&story(&scenario));
        }
        session.tell_first(&loaded, &selection);

        let simulation = Simulation::new(scenario.account.clone());
        let mut play = Play::begin(&scenario, &simulation);
        let aws = Aws::simulated(simulation.clone());
        let account = collect::identify(&aws).await.map_err(bug)?;
        let run = drill_id(aws.clock());
        let folder = store.create_run(&run).map_err(|error| failed(&error))?;
        let log = new_log(&aws, &folder, None)?;
        let kept = (log, Some(folder.clone()));
        let (known, steps) = (account.clone(), selection.steps.clone());
        let run = Run::begin(&aws, account, (run, selection), config, kept);
        let mut run = run.map_err(cannot_begin)?;
        let part = !run.brief.scope.is_whole();
        let operator: Box<dyn Operator> = if asked {
            Box::new(Prompts::new(session, &known, &steps))
        } else {
            Box::new(Yes { allow_irreversible: true, printer: session.printer })
        };
        let listener = session.listener(self.details);
        let by = Attended { operator: &*operator, listener: &*listener, stop: &session.stop };
        let summary = run.pull(by, Checks::default(), None).await.map_err(|error| stopped(error, &folder))?;
        if !session.json() {
            session.out(&view::summary(&summary, &folder.id, true));
        }
        if session.interrupted() {
            return Ok(not_put_back(session, Exit::Interrupted));
        }
        if let Some(play) = play.as_ref().filter(|_| summary.done() > 0 && summary.stopped.is_none()) {
            let reapply = if asked { yes_or_no(session.printer, WATCH, true) } else { Some(true) };
            let Some(reapply) = reapply else { return Ok(not_put_back(session, Exit::Interrupted)) };
            run = run.taken_up_again(&folder).map_err(|error| failed(&error))?;
            let watched = play.watch(&mut run, (session, &folder), reapply, self.details).await?;
            if watched.exit == Exit::Interrupted {
                return Ok(not_put_back(session, Exit::Interrupted));
            }
        }
        tell_access(session, &scenario, &simulation, &steps);
        let during = fronted::shift(&scenario.account, &simulation.account(), &steps);
        if asked {
            match yes_or_no(session.printer, "Put everything back now?", true) {
                Some(true) => {}
                Some(false) => {
                    let exit = not_put_back(session, Exit::Partial);
                    talk(session, &scenario, part, asked);
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
        tell_front(session, during.as_ref(), &scenario, &simulation);
        let his = play.map(|play| play.take_his(&scenario, &mut left)).unwrap_or_default();
        if !session.json() {
            session.out(&ending(&ends, &left));
            session.out(&of_thief(&his));
            session.out(&[Line::toned(Tone::Dim, format!("Recorded: unplug show {}", folder.id))]);
            talk(session, &scenario, part, asked);
        }
        Ok(exit(session, &summary, &ends, &left))
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
            adversary: None,
            account: snapshot(file)?,
            ..load(scenario::DEFAULT)?
        })
    }
}

fn not_put_back(session: &Session, exit: Exit) -> Exit {
    let text = "Not put back. The simulated account ends here: the next drill starts afresh.";
    if !session.json() {
        session.out(&[Line::new(), Line::plain(text)]);
    }
    exit
}

fn story(scenario: &Scenario) -> Vec<Line> {
    let mut lines = vec![Line::toned(Tone::Bold, format!("Drill: {}", scenario.title))];
    lines.extend(paragraphs(&scenario.story).into_iter().map(Line::plain));
    lines.push(Line::toned(Tone::Dim, "A simulated account: nothing leaves this machine."));
    lines
}

/// Says who could act before the cut and who can act now, where a step acts on principals.
fn tell_access(session: &Session, scenario: &Scenario, simulation: &Simulation, steps: &[Selected]) {
    let now = simulation.clock().timestamp();
    let acting = acting::shift(&scenario.account, &simulation.account(), steps, now, true);
    let Some(acting) = acting else { return };
    if session.json() {
        let event = serde_json::json!({ "event": "access", "acting": acting });
        session.printer.raw(&view::json::compact(&event));
    } else {
        session.out(&view::access::acted(&acting));
    }
}

/// Says what visitors of each public name saw before the cut, during it and after the restore, where a step
/// is of the front door.
fn tell_front(session: &Session, during: Option<&Front>, scenario: &Scenario, simulation: &Simulation) {
    let Some(during) = during else { return };
    let restored = front::shift(&scenario.account, &simulation.account());
    if session.json() {
        let event = serde_json::json!({ "event": "visitors", "during": during, "restored": restored });
        session.printer.raw(&view::json::compact(&event));
    } else {
        session.out(&view::front::times(during, &restored));
    }
}

/// The changes that the thief has made himself, which stay.
fn of_thief(his: &[Difference]) -> Vec<Line> {
    if his.is_empty() {
        return vec![];
    }
    let text = format!(
        "What the thief changed stays as it is: {}, to be undone by hand.",
        count(his.len(), "value")
    );
    let mut lines = vec![Line::toned(Tone::Warn, text)];
    for difference in his {
        let what = match (&difference.predicted, &difference.found) {
            (Value::Null, _) => "made",
            (_, Value::Null) => "deleted",
            _ => "changed",
        };
        lines.push(Line::detail("thief", format!("{}: {what}", difference.path)));
    }
    lines
}

fn ending(ends: &[(Owed, Back)], left: &[Difference]) -> Vec<Line> {
    let kept = ends.iter().filter(|(_, back)| matches!(back, Back::Kept(_))).count();
    let open = ends.iter().filter(|(_, back)| !back.settled()).count();
    let mut lines = vec![Line::new()];
    if open == 0 && left.is_empty() {
        lines.push(match kept {
            0 => Line::toned(Tone::Good, "All is put back."),
            _ => Line::toned(
                Tone::Good,
                format!(
                    "All that may come back is back; {} on purpose: see STAY above.",
                    agree(kept, "change", "stays", "stay")
                ),
            ),
        });
        return lines;
    }
    let text = format!("NOT put back: {}, {}.", count(open, "change"), count(left.len(), "difference"));
    lines.push(Line::toned(Tone::Bad, text));
    for difference in left {
        let text = format!(
            "{}: was {}, is {}",
            difference.path,
            short(&difference.predicted),
            short(&difference.found)
        );
        lines.push(Line::detail("differs", text));
    }
    lines
}

/// The questions first, to be talked about; then what good answers cover, when somebody asks for it.
fn talk(session: &Session, scenario: &Scenario, part: bool, asked: bool) {
    let of = if part { About::Part } else { About::Account };
    let fits = |question: &&Question| question.about.is_none_or(|about| about == of);
    let questions: Vec<&Question> = scenario.questions.iter().filter(fits).collect();
    if questions.is_empty() {
        return;
    }
    let numbered = |number: usize, text: &str, tone| {
        let paragraphs = paragraphs(text);
        let lines = paragraphs.iter().enumerate().map(move |(at, paragraph)| {
            let head = if at == 0 { format!("{}. ", number + 1) } else { "   ".to_owned() };
            Line::toned(tone, format!("{head}{paragraph}")).indented(3)
        });
        lines.collect::<Vec<_>>()
    };
    session.out(&[Line::new(), Line::toned(Tone::Bold, "Talk about it")]);
    for (number, question) in questions.iter().enumerate() {
        session.out(&numbered(number, &question.ask, Tone::Plain));
    }
    if asked && enter(session.printer, "Enter shows what good answers cover").is_none() {
        return;
    }
    session.out(&[Line::new(), Line::toned(Tone::Bold, "What good answers cover")]);
    for (number, question) in questions.iter().enumerate() {
        session.out(&numbered(number, &question.answer, Tone::Plain));
    }
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
