//! `unplug plan`: look, rehearse, print; cut nothing.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use clap::{ArgAction, Args};

use super::pull::checks;
use super::selection::{SelectionArgs, refuse_missing};
use super::session::{Session, bad_scenario, failed, regions_known, shared};
use super::whereabouts;
use crate::account::Account;
use crate::aws::Clock;
use crate::aws::ledger::Tally;
use crate::engine::acting;
use crate::engine::checks::{actions_in_words, denied_besides, regions_alike};
use crate::engine::events::{Event, Listener};
use crate::engine::exposed;
use crate::engine::fronted;
use crate::engine::lockout;
use crate::engine::names::{look_up, missing, protects_nothing};
use crate::engine::plan::{self, Brief};
use crate::engine::rehearse::{read_and_rehearse, rehearse};
use crate::engine::store;
use crate::failure::{Exit, Failure};
use crate::pipelines::Deployers;
use crate::scenario;
use crate::step::Names;
use crate::view::people::People;
use crate::view::plan::Depth;
use crate::view::{self, Line, Printer, Tone};

#[derive(Args)]
pub struct Plan {
    #[command(flatten)]
    selection: SelectionArgs,
    /// Plan on a recorded account, or a drill's scenario: needs no credentials and no network
    #[arg(long, value_name = "SNAPSHOT|SCENARIO")]
    from: Option<PathBuf>,
    /// Write the plan to a file, for pull --plan
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Do not ask IAM's simulator whether these credentials may make the calls
    #[arg(long)]
    skip_access_check: bool,
    /// Show each step in full; given twice, each change instead of folding alike ones
    #[arg(long, action = ArgAction::Count)]
    details: u8,
}

impl Plan {
    pub async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let loaded = session.config()?;
        let config = shared(&loaded);
        let mut selection = self.selection.resolve(&config)?;
        let mut brief = Brief {
            run: "plan".into(),
            scope: selection.scope.clone(),
            config,
            names: Names::default(),
            next_change: 1,
        };
        let (account, rehearsal, reading, clock, live) = match &self.from {
            Some(file) => {
                let account = snapshot(file)?;
                let missing = missing(&mut selection.scope, &account);
                refuse_missing(&missing, &account, &brief.config)?;
                brief.scope.clone_from(&selection.scope);
                let rehearsal = rehearse(&account, &selection.steps, &brief).await.map_err(bug)?;
                (account, rehearsal, Tally::default(), Clock::Real, None)
            }
            None => {
                let (aws, known) = session.connect_for(&selection.steps).await?;
                regions_known(&known, &selection.scope, &selection.steps)?;
                let missing = Box::pin(look_up(&aws, &known, &mut selection.scope)).await;
                refuse_missing(&missing, &known, &brief.config)?;
                brief.scope.clone_from(&selection.scope);
                let mut ask = brief.ask(&known.id, &selection.steps);
                ask.sections.extend(fronted::needs(&selection.steps));
                ask.sections.extend(exposed::needs(&selection.steps));
                ask.sections.extend(acting::needs(&selection.steps));
                let people = People::new(session.printer, false, session.json() || session.globals.quiet);
                let progress = |done, all| people.reading(done, all, aws.waiting().as_deref());
                let notes = Notes::default();
                let asking = (!self.skip_access_check).then_some(&notes as &dyn Listener);
                let (read, checks) = futures::join!(
                    read_and_rehearse(&aws, &known, &ask, &selection.steps, &brief, &progress),
                    checks(session, &aws, &known, &selection, asking),
                );
                let (account, rehearsal) = read.map_err(bug)?;
                whereabouts::warn(session, &account, &selection);
                regions_alike(&account).iter().for_each(|text| warn(session.printer, text));
                notes.take().iter().for_each(|text| warn(session.printer, text));
                let reading = aws.ledger().tally_since(0);
                denied_besides(&aws, &rehearsal.steps).iter().for_each(|text| warn(session.printer, text));
                (account, rehearsal, reading, aws.clock().clone(), Some(checks?))
            }
        };
        let front = fronted::shift(&account, &rehearsal.after, &selection.steps);
        let exposure = exposed::shift(&account, &rehearsal.after, &selection.steps);
        let now = clock.timestamp();
        let every_key = self.from.is_some() || acting::every_key(&brief.ask(&account.id, &selection.steps));
        let access = acting::shift(&account, &rehearsal.after, &selection.steps, now, every_key);
        let empty = plan::Plan::empty(&account, selection, &clock);
        let (after, deployers) = (rehearsal.after, Deployers::of(&account));
        let plan =
            plan::Plan { steps: rehearsal.steps, front, exposure, access, deployers, reading, ..empty };
        if let Some(file) = &self.out {
            store::save_json(file, &plan).map_err(|error| failed(&error))?;
        }
        if session.json() {
            session.tell_first(&loaded, &plan.selection);
            session.printer.raw(&view::json::pretty(&view::json::plan(&plan)));
        } else {
            let mut more = view::first::configuration(&loaded, &plan.selection);
            more.extend(view::first::spared(&plan));
            more.extend(view::first::reach(&plan.selection));
            let next = self.next(session, &plan);
            session.out(&view::screen::screen(&plan, &account, &more, &next, session.printer.size()));
            for (setting, entry) in protects_nothing(&loaded.config, &account) {
                let place = loaded.config.position(setting, &entry).unwrap_or("the configuration");
                warn(
                    session.printer,
                    &format!("{setting} has {entry:?} ({place}), which fits nothing that was read"),
                );
            }
            if self.details > 0 {
                self.tell_details(session, &plan);
            }
        }
        let ahead = lockout::of([&account, &after], &plan.steps, &plan.selection.steps, &loaded.config, now);
        for loss in ahead.iter().flat_map(|found| &found.losses) {
            warn(session.printer, &format!("pull will refuse this plan: {}", lockout::sentence(loss)));
        }
        if let Some(mut checks) = live {
            checks.strangers(&account).into_iter().for_each(|text| warn(session.printer, &text));
            let lacking = checks.lacking(&plan.steps);
            for (what, actions) in [("cut this", lacking.apply), ("put it back", lacking.undo)] {
                if !actions.is_empty() {
                    warn(
                        session.printer,
                        &format!("these credentials may not {what}: {}", actions_in_words(&actions)),
                    );
                }
            }
        }
        Ok(if plan.gaps() > 0 { Exit::Gaps } else { Exit::Done })
    }
}

impl Plan {
    fn tell_details(&self, session: &Session, plan: &plan::Plan) {
        let depth = if self.details > 1 { Depth::Each } else { Depth::Full };
        session.out(&plan.front.as_ref().map(view::front::details).unwrap_or_default());
        session.out(&plan.exposure.as_ref().map(view::exposure::shift).unwrap_or_default());
        session.out(&plan.access.as_ref().map(view::access::acting).unwrap_or_default());
        for step in &plan.steps {
            session.out(&view::plan::step(step, depth));
        }
    }

    /// The one next command, with the same selection.
    fn next(&self, session: &Session, plan: &plan::Plan) -> Vec<Line> {
        let line = |command: String| Line::new().and(Tone::Bold, format!("next    {command}")).indented(8);
        let details = "each step: --details";
        if plan.changes().next().is_none() {
            return vec![line("nothing to cut: no pull is needed".into()).at_right(Tone::Dim, details)];
        }
        let command = match &self.from {
            None => {
                let profile = session.globals.profile.as_ref();
                let profile = profile.map_or(String::new(), |name| format!(" --profile {name}"));
                format!("unplug pull{}{profile}", self.selection.words())
            }
            Some(file) => {
                let file = file.to_string_lossy();
                let from =
                    if scenario::shipped(&file) || file.ends_with(".toml") { "--scenario" } else { "--from" };
                format!("unplug drill{} {from} {file}", self.drilled(&file))
            }
        };
        vec![line(command).at_right(Tone::Dim, details)]
    }
}

impl Plan {
    /// The selection for a drill, without the instances that a drill takes from its story by itself.
    fn drilled(&self, scenario: &str) -> String {
        let suspects = scenario::load(scenario).map(|scenario| scenario.suspects).unwrap_or_default();
        let mut unnamed = self.selection.clone();
        unnamed.place.instance.clear();
        let mut taken = unnamed.clone();
        if taken.suspect(&suspects).is_ok() && taken.place.instance == self.selection.place.instance {
            return unnamed.words();
        }
        self.selection.words()
    }
}

/// Notes of the checks, kept until nothing else is on the terminal.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Notes {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Listener for Notes {
    fn event(&self, event: &Event<'_>) {
        if let Event::Note { text } = event {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(text.clone());
        }
    }
}

pub fn warn(printer: Printer, text: &str) {
    printer.err(&Line::toned(Tone::Warn, format!("warning: {text}")).indented(9));
}

/// A recorded account, or the account of a scenario: shipped by its name, or a TOML file.
pub fn snapshot(file: &std::path::Path) -> Result<Account, Failure> {
    let name = file.to_string_lossy();
    if scenario::shipped(&name) || file.extension().is_some_and(|end| end == "toml") {
        return Ok(scenario::load(&name).map_err(|error| bad_scenario(&error))?.account);
    }
    store::load_format(file, crate::account::FORMAT)
        .map_err(|error| Failure::new(Exit::Usage, error).hint("unplug snapshot --out FILE records it anew"))
}

/// A state that is not one of its step's is a fault of the program.
pub fn bug(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Failed, error).hint("this is a bug of unplug: please report it with the output of -v")
}
