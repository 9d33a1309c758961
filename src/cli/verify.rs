//! `unplug verify`: does what a run has cut still hold?

use clap::Args;

use super::plan::bug;
use super::session::{Session, failed, shared};
use crate::engine::hold::{self, Held};
use crate::engine::plan::Brief;
use crate::engine::restore;
use crate::engine::store::PLAN;
use crate::failure::{Exit, Failure, usage};
use crate::step::Names;
use crate::view;
use crate::view::people::People;

#[derive(Args)]
pub struct Verify {
    /// The run's id, or the beginning of it
    run: String,
    /// Show each change instead of folding alike ones
    #[arg(long)]
    details: bool,
}

impl Verify {
    pub async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let config = shared(session.config()?);
        let folder = session.store()?.run(&self.run).map_err(|error| failed(&error))?;
        let journal = folder.journal().map_err(|error| failed(&error))?;
        let opened =
            journal.opened().cloned().ok_or_else(|| usage("the journal does not say what the run was"))?;
        let (aws, account) = session.connect().await?;
        if opened.account != account.id {
            let error = format!(
                "the run is of account {}, the credentials belong to {}",
                opened.account,
                account.title()
            );
            return Err(Failure::new(Exit::NotConfirmed, error));
        }
        let plan = folder.load_if_there(PLAN).map_err(|error| failed(&error))?;
        let owed = restore::owed(&journal, plan.as_ref()).map_err(bug)?;
        let names = Names::new(journal.names());
        let brief = Brief {
            run: opened.run.clone(),
            scope: opened.selection.scope.clone(),
            config,
            names,
            next_change: journal.next_change(),
        };
        let people = People::new(session.printer, false, session.json() || session.globals.quiet);
        let steps = &opened.selection.steps;
        let held =
            hold::look(&aws, &account, &brief, steps, owed, &|done, all| people.reading(done, all)).await;
        let held = held.map_err(bug)?;
        if session.json() {
            session.printer.raw(&view::json::pretty(&view::hold::json(&folder.id, &held)));
        } else {
            session.out(&view::hold::lines(&folder.id, &account.title(), &held, self.details));
        }
        Ok(exit(&held))
    }
}

fn exit(held: &Held) -> Exit {
    if held.broken() + held.appeared() > 0 {
        Exit::Partial
    } else if held.gaps() > 0 {
        Exit::Gaps
    } else {
        Exit::Done
    }
}
