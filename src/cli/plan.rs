//! `unplug plan`: look, rehearse, print; cut nothing.

use std::path::PathBuf;

use clap::Args;

use super::pull::checks;
use super::selection::SelectionArgs;
use super::session::{Session, failed, shared};
use super::whereabouts;
use crate::account::Account;
use crate::account::collect;
use crate::aws::Clock;
use crate::aws::ledger::Tally;
use crate::engine::checks::named;
use crate::engine::events::{Event, Listener};
use crate::engine::exposed;
use crate::engine::plan::{self, Brief, Selection};
use crate::engine::rehearse::rehearse;
use crate::engine::store;
use crate::failure::{Exit, Failure, usage};
use crate::scenario;
use crate::step::{BadState, Names};
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
    /// Show each change instead of folding alike ones
    #[arg(long)]
    details: bool,
}

impl Plan {
    pub async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let config = shared(session.config()?);
        let selection = self.selection.resolve(&config)?;
        let brief = Brief {
            run: "plan".into(),
            scope: selection.scope.clone(),
            config,
            names: Names::default(),
            next_change: 1,
        };
        let mut live = None;
        let (account, reading, clock) = match &self.from {
            Some(file) => (snapshot(file)?, Tally::default(), Clock::Real),
            None => {
                let (aws, known) = session.connect().await?;
                whereabouts::warn(session, &aws, &known, &selection).await;
                let mut ask = brief.ask(&known.id, &selection.steps);
                ask.sections.extend(exposed::needs(&selection.steps));
                let people = People::new(session.printer, false, session.json() || session.globals.quiet);
                let account = collect::read(&aws, &known, &ask, &|done, all| people.reading(done, all)).await;
                let read = (account, aws.ledger().tally_since(0), aws.clock().clone());
                let warnings = Warnings(session.printer);
                let ask = (!self.skip_access_check).then_some(&warnings as &dyn Listener);
                live = Some(checks(session, &aws, &known, &selection, ask).await?);
                read
            }
        };
        let plan = make(&account, selection, &brief, reading, &clock).await.map_err(bug)?;
        if let Some(file) = &self.out {
            store::save_json(file, &plan).map_err(|error| failed(&error))?;
        }
        if session.json() {
            session.printer.raw(&view::json::pretty(&view::json::plan(&plan)));
        } else {
            session.out(&view::plan::heading(&plan, &account));
            session.out(&[view::plan::overview(&plan)]);
            session.out(&plan.exposure.as_ref().map(view::exposure::shift).unwrap_or_default());
            let depth = if self.details { Depth::Each } else { Depth::Brief };
            for step in &plan.steps {
                session.out(&view::plan::step(step, depth));
            }
            session.out(&view::plan::footer(&plan, depth));
        }
        if let Some(mut checks) = live {
            checks.strangers(&account).into_iter().for_each(|text| warn(session.printer, &text));
            let lacking = checks.lacking(&plan.steps);
            for (what, actions) in [("cut this", lacking.apply), ("put it back", lacking.undo)] {
                if !actions.is_empty() {
                    warn(session.printer, &format!("these credentials may not {what}: {}", named(&actions)));
                }
            }
        }
        Ok(if plan.gaps() > 0 { Exit::Gaps } else { Exit::Done })
    }
}

/// Notes of the checks, on stderr: a plan's own output is data.
struct Warnings(Printer);

impl Listener for Warnings {
    fn event(&self, event: &Event<'_>) {
        if let Event::Note { text } = event {
            warn(self.0, text);
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
        return Ok(scenario::load(&name).map_err(usage)?.account);
    }
    store::load_format(file, crate::account::FORMAT)
        .map_err(|error| Failure::new(Exit::Usage, error).hint("unplug snapshot --out FILE records it anew"))
}

/// The plan of a selection on an account as read.
pub async fn make(
    account: &Account,
    selection: Selection,
    brief: &Brief,
    reading: Tally,
    clock: &Clock,
) -> Result<plan::Plan, BadState> {
    let rehearsal = rehearse(account, &selection.steps, brief).await?;
    let exposure = exposed::shift(account, &rehearsal.after, &selection.steps);
    Ok(plan::Plan {
        format: plan::FORMAT,
        account: account.id.clone(),
        alias: account.alias.read().cloned().flatten(),
        made_at: clock.timestamp().to_string(),
        selection,
        steps: rehearsal.steps,
        exposure,
        reading,
    })
}

/// A state that is not one of its step's is a fault of the program.
pub fn bug(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Failed, error).hint("this is a bug of unplug: please report it with the output of -v")
}
