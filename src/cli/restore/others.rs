//! What is not in the journal of the run that is put back: other runs, and an end that was lost.

use super::super::confirm::{person, yes_or_no};
use super::super::plan::{bug, warn};
use super::super::session::failed;
use super::{Desk, DueRun};
use std::collections::BTreeSet;

use crate::account::Account;
use crate::collect;
use crate::engine::journal::{Done, Entry, Journal, Opened};
use crate::engine::restore::{self, Back, Choice, Owed};
use crate::engine::run::Run;
use crate::engine::store::{ACCOUNT, RunFolder, StoreError};
use crate::engine::verify::Compared;
use crate::failure::{Exit, Failure, usage};
use crate::steps;
use crate::view::{Line, Tone, count, short};

impl Desk<'_> {
    /// The newer runs that still hold some of the same targets, newest first: what they saw as
    /// "before" is this run's cut, so they go first. A person is asked; `--yes` is told the order.
    pub(super) fn newer(&self, due: &DueRun, choice: &Choice) -> Result<Vec<RunFolder>, Failure> {
        let mine: BTreeSet<_> =
            due.owed.iter().filter(|o| !o.again && choice.takes(o)).map(|owed| &owed.change.target).collect();
        let mut found = vec![];
        for run in self.store.runs().map_err(|error| failed(&error))?.into_iter().rev() {
            if run.id <= due.folder.id {
                break;
            }
            if run.never_began() {
                continue;
            }
            let journal = match run.journal() {
                Ok(journal) => journal,
                Err(error) => {
                    self.without(&run, &error)?;
                    continue;
                }
            };
            if journal.opened().is_some_and(|opened| opened.account == self.account.id) {
                let theirs = restore::owed(&journal, None).map_err(bug)?;
                let same = |owed: &&Owed| {
                    !owed.again && mine.contains(&owed.change.target) && owed.change.lasting.is_none()
                };
                let same = theirs.iter().filter(same).count();
                if same > 0 {
                    let holds = format!("run {} is newer and holds {} too", run.id, count(same, "target"));
                    found.push((run, holds));
                }
            }
        }
        if found.is_empty() {
            return Ok(vec![]);
        }
        let order = found.iter().map(|(run, _)| &run.id).chain([&due.folder.id]);
        let order = order.map(|id| format!("unplug restore {id}")).collect::<Vec<_>>().join(", then ");
        let said = found.iter().map(|(_, holds)| holds.as_str()).collect::<Vec<_>>().join("; ");
        if self.yes.yes || !person() {
            return Err(usage(said).hint(format!("newest first: {order}")));
        }
        self.session.printer.err(&Line::toned(Tone::Warn, format!("{said}.")));
        match yes_or_no(self.session.printer, "Put back all of them, newest first?", false) {
            Some(true) => Ok(found.into_iter().map(|(run, _)| run).collect()),
            _ => Err(Failure::new(Exit::NotConfirmed, "nothing was changed")
                .hint(format!("newest first: {order}"))),
        }
    }

    /// Goes on without a newer run that cannot be read, when that is agreed. What it changed would
    /// show as drift, and drift is never overwritten without a question.
    fn without(&self, run: &RunFolder, error: &StoreError) -> Result<(), Failure> {
        let text =
            format!("run {} is newer and cannot be read: {error}. It may hold the same targets.", run.id);
        self.session.printer.err(&Line::toned(Tone::Warn, text));
        let printer = self.session.printer;
        if self.yes.yes || !person() || yes_or_no(printer, "Go on without it?", false) == Some(true) {
            return Ok(());
        }
        Err(Failure::new(Exit::NotConfirmed, "nothing was changed"))
    }

    /// Names the other runs of the account that still owe something: what was said of one run says
    /// nothing of the account.
    pub(super) fn others(&self, run: &str) -> Result<(), Failure> {
        for other in self.store.runs().map_err(|error| failed(&error))? {
            if other.id == run || other.never_began() {
                continue;
            }
            let said = match other.journal() {
                Ok(journal) if journal.opened().is_none_or(|opened| opened.account != self.account.id) => {
                    continue;
                }
                Ok(journal) if !still_owes(&other, &journal)? => continue,
                Ok(_) => format!("Run {} still owes something: unplug restore {0}", other.id),
                Err(error) => format!("Run {} cannot be read: {error}. It may still owe something", other.id),
            };
            warn(self.session.printer, &said);
        }
        Ok(())
    }

    /// Compares the account with what was read before the run, where what the run cut may be recorded
    /// nowhere. Without that either, it says so.
    pub(super) async fn compare(
        &self,
        folder: &RunFolder,
        opened: &Opened,
        ends: &[(Owed, Back)],
        run: &Run,
    ) -> Result<Exit, Failure> {
        let session = self.session;
        let lost = "the journal may have lost its end, and no plan tells what else the run cut";
        let before: Option<Account> = folder.load_if_there(ACCOUNT).map_err(|error| failed(&error))?;
        let Some(before) = before.filter(|before| before.id == self.account.id) else {
            warn(
                session.printer,
                &format!("{lost}. Nor is there an {ACCOUNT} to compare with: look by hand"),
            );
            return Ok(Exit::Partial);
        };
        let ask = run.brief.ask(&self.account.id, &opened.selection.steps);
        let now = collect::read(&run.aws, &self.account, &ask, &|_, _| {}).await;
        let left = restore::left_over(&before, &now, ends, run.aws.names());
        let exit = match (left.differences.is_empty(), left.unread.is_empty()) {
            (true, true) => Exit::Done,
            (true, false) => Exit::Gaps,
            (false, _) => Exit::Partial,
        };
        if session.json() {
            session.printer.raw(&crate::view::json::compact(&serde_json::json!({
                "event": "compared", "run": folder.id, "differences": left.differences, "unread": left.unread,
            })));
            return Ok(exit);
        }
        if left == Compared::default() {
            session.out(&[Line::plain(format!(
                "{lost}: but everything that was read before the run is as it was then."
            ))]);
            return Ok(exit);
        }
        warn(session.printer, &format!("{lost}. What differs from before the run, whoever changed it:"));
        for difference in &left.differences {
            let (was, is) = (short(&difference.predicted), short(&difference.found));
            session.out(&[Line::detail("differs", format!("{}: was {was}, is {is}", difference.path))]);
        }
        for path in &left.unread {
            session.out(&[Line::detail("not read", path.clone())]);
        }
        Ok(exit)
    }
}

/// What a run still owes by its journal, for `runs` and `show`. What was read back as not cut, and
/// what vanished before it was cut, is nothing to put back.
pub fn still_owed(journal: &Journal) -> Result<Vec<Owed>, Failure> {
    let outcomes = journal.outcomes();
    let certain = |owed: &Owed| {
        matches!(outcomes.get(&owed.change.number), Some((Done::NotApplied | Done::Vanished, _)))
    };
    let owed = restore::owed(journal, None).map_err(bug)?;
    Ok(owed.into_iter().filter(|owed| !owed.again && !certain(owed)).collect())
}

/// Has a restore of this run something to look at? Also where the end of its journal may be lost.
pub(super) fn still_owes(run: &RunFolder, journal: &Journal) -> Result<bool, Failure> {
    // What was made ahead is there to stay, until somebody names its run.
    if is_preparation(journal) {
        return Ok(false);
    }
    if still_owed(journal)?.iter().any(|owed| owed.change.lasting.is_none()) {
        return Ok(true);
    }
    let Some(opened) = journal.opened() else { return Ok(true) };
    let restored = journal.entries.iter().any(|entry| matches!(entry, Entry::Restored { owed: 0 }));
    Ok(match run.plan(opened) {
        Ok(Some(plan)) => {
            !restore::owed(journal, Some(&plan)).map_err(bug)?.iter().all(|owed| owed.again || owed.announced)
        }
        Ok(None) | Err(_) => !restored && run.may_hide_changes(journal),
    })
}

/// Did the run make things ready, and cut nothing?
pub fn is_preparation(journal: &Journal) -> bool {
    let steps = journal.opened().map(|opened| &opened.selection.steps);
    steps.is_some_and(|steps| !steps.is_empty() && steps.iter().all(|one| steps::prepares(one.step)))
}
