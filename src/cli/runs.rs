//! `unplug runs` and `unplug show`: what was done from this machine.

use clap::Args;

use super::restore::still_owed;
use super::session::{Session, failed};
use super::which::{Recorded, RunArgs};
use crate::engine::journal::{Entry, Journal};
use crate::engine::restore::Owed;
use crate::failure::{Exit, Failure};
use crate::step::{StepId, Target};
use crate::view::json::{compact, pretty};
use crate::view::people::{Said, told};
use crate::view::{Line, Tone, Word};

#[derive(Args)]
pub struct Runs {}

impl Runs {
    pub fn run(self, session: &Session) -> Result<Exit, Failure> {
        let store = session.look()?;
        let runs = store.runs().map_err(|error| failed(&error))?;
        if runs.is_empty() && !session.json() {
            session.out(&[Line::plain(format!("No run is recorded in {}.", store.root().display()))]);
        }
        let mut exit = Exit::Done;
        for folder in runs {
            match folder.journal() {
                Ok(journal) => {
                    let owed = still_owed(&journal)?.iter().filter(|owed| owed.lasting.is_none()).count();
                    let status = status(&journal, owed);
                    let account = journal.opened().map(|opened| opened.account.clone()).unwrap_or_default();
                    let playbook = journal.opened().map(|opened| opened.playbook.clone()).unwrap_or_default();
                    if session.json() {
                        session.printer.raw(&compact(&serde_json::json!({
                            "run": folder.id, "account": account, "playbook": playbook, "status": status, "owed": owed,
                        })));
                    } else {
                        session
                            .out(&[Line::plain(format!("{}  {account}  {playbook}  {status}", folder.id))]);
                    }
                }
                Err(error) => {
                    let line = Line::toned(Tone::Bad, format!("{}  {error}", folder.id)).indented(12);
                    session.out(&[line]);
                    // A run that cannot be read may still owe something.
                    exit = Exit::Gaps;
                }
            }
        }
        Ok(exit)
    }
}

fn status(journal: &Journal, owed: usize) -> String {
    let restored = journal.entries.iter().any(|entry| matches!(entry, Entry::Restored { .. }));
    match (journal.closed(), restored, owed) {
        (_, true, 0) => "put back".into(),
        (_, true, n) => format!("partly put back, {n} owed"),
        (true, false, 0) => "nothing to put back".into(),
        (true, false, n) => format!("cut, {n} owed"),
        (false, false, n) => format!("interrupted, {n} owed"),
    }
}

#[derive(Args)]
pub struct Show {
    #[command(flatten)]
    which: RunArgs,
    /// Show each change instead of folding alike ones
    #[arg(long)]
    details: bool,
}

impl Show {
    pub fn run(self, session: &Session) -> Result<Exit, Failure> {
        let Recorded { folder, is_drill } = self.which.recorded(session, "show")?;
        let journal = folder.journal().map_err(|error| failed(&error))?;
        let owed = still_owed(&journal)?;
        if session.json() {
            session.printer.raw(&pretty(&serde_json::json!({
                "run": folder.id, "drill": is_drill, "opened": journal.opened(), "entries": journal.entries, "owed": owed,
                "last": journal.chain.last(),
            })));
            return Ok(Exit::Done);
        }
        let lasting = owed.iter().filter(|owed| owed.lasting.is_some()).count();
        let heading = if is_drill {
            format!("Drill {}: a simulated account, nothing real was cut", folder.id)
        } else {
            format!("Run {}", folder.id)
        };
        let mut lines = vec![Line::toned(Tone::Bold, heading)];
        if let Some(opened) = journal.opened() {
            lines.push(Line::detail("account", format!("{} by {}", opened.account, opened.caller.arn)));
            lines.push(Line::detail("playbook", format!("{} (unplug {})", opened.playbook, opened.version)));
        }
        lines.push(Line::detail("status", status(&journal, owed.len() - lasting)));
        lines.push(Line::detail("folder", folder.path.display().to_string()));
        lines.push(Line::detail(
            "last",
            format!("line {} of the journal, {}", journal.entries.len(), journal.chain.last()),
        ));
        let mut said: Vec<(StepId, &Target, Word, Said)> = vec![];
        for intent in journal.intents() {
            let Some(step) = crate::steps::find(intent.step) else { continue };
            let shown = |state| step.show(state).unwrap_or_default();
            let (before, after) = (shown(&intent.before), shown(&intent.after));
            let (word, was, text) = match owed.iter().find(|owed| owed.change == intent.change) {
                None => (Word::Back, after, before),
                Some(Owed { lasting: Some(why), .. }) => {
                    (Word::Cut, before, format!("{after}  [stays: {why}]"))
                }
                Some(_) => (Word::Cut, before, after),
            };
            said.push((intent.step, &intent.target, word, Said { was: Some(was), text, hint: None }));
        }
        for step in said.chunk_by(|(a, ..), (b, ..)| a == b) {
            let items: Vec<_> = step.iter().map(|(_, target, word, said)| (*target, *word, said)).collect();
            lines.extend(told(step[0].0, &items, self.details));
        }
        session.out(&lines);
        Ok(Exit::Done)
    }
}
