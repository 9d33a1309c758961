//! `unplug runs` and `unplug show`: what was done from this machine.

use clap::Args;

use super::restore::{is_preparation, still_owed};
use super::session::{Session, failed};
use super::which::{Recorded, RunArgs};
use crate::engine::change::Change;
use crate::engine::drift_notes::of_run;
use crate::engine::journal::{Done, Entry, Journal};
use crate::engine::restore::Owed;
use crate::engine::store::RunFolder;
use crate::failure::{Exit, Failure};
use crate::step::{StepId, Target};
use crate::view::json::{compact, pretty};
use crate::view::people::{Remark, lines_for};
use crate::view::{self, Line, Tone, Word, count};

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
                    let tally = RunTally::of(&journal)?;
                    let status = status(&journal, &tally);
                    let account = journal.opened().map(|opened| opened.account.clone()).unwrap_or_default();
                    let playbook = journal.opened().map(|opened| opened.playbook.clone()).unwrap_or_default();
                    if session.json() {
                        session.printer.raw(&compact(&serde_json::json!({
                            "run": folder.id, "account": account, "playbook": playbook, "status": status,
                            "owed": tally.owed, "failed": tally.failed, "unknown": tally.unknown,
                            "ends_by_itself": ends_first(&journal),
                        })));
                    } else {
                        let ends = ends_first(&journal).map(|day| format!(", AWS undoes some on {day}"));
                        let ends = ends.unwrap_or_default();
                        let text = format!("{}  {account}  {playbook}  {status}{ends}", folder.id);
                        session.out(&[Line::plain(text).indented(folder.id.len() + 2)]);
                    }
                }
                Err(_) if folder.never_began() => {
                    let status = "ended before it began: nothing was cut";
                    if session.json() {
                        session.printer.raw(&compact(&serde_json::json!({
                            "run": folder.id, "account": "", "playbook": "", "status": status,
                            "owed": 0, "failed": 0, "unknown": 0, "ends_by_itself": null,
                        })));
                    } else {
                        session.out(&[Line::plain(format!("{}  {status}", folder.id))]);
                    }
                }
                Err(error) => {
                    let text = format!("{}  BROKEN, and may still owe something: {error}", folder.id);
                    if session.json() {
                        session.printer.raw(&compact(&serde_json::json!({
                            "run": folder.id, "status": "broken", "error": error.to_string(),
                        })));
                    } else {
                        session.out(&[Line::toned(Tone::Bad, text).indented(12)]);
                    }
                    // A run that cannot be read may still owe something.
                    exit = Exit::Gaps;
                }
            }
        }
        Ok(exit)
    }
}

/// How the changes of a run ended, counted.
#[derive(Clone, Copy, Debug, Default)]
struct RunTally {
    /// In effect, or not known, and not put back.
    owed: usize,
    /// Of those owed: not known whether they took effect.
    unknown: usize,
    failed: usize,
    vanished: usize,
}

impl RunTally {
    fn of(journal: &Journal) -> Result<RunTally, Failure> {
        let owed = still_owed(journal)?;
        let owed: Vec<&Owed> = owed.iter().filter(|owed| owed.change.lasting.is_none()).collect();
        let outcomes = journal.outcomes();
        let ended = |done: Done| outcomes.values().filter(|(result, _)| *result == done).count();
        let known = |owed: &&&Owed| matches!(outcomes.get(&owed.change.number), Some((Done::Applied, _)));
        Ok(RunTally {
            owed: owed.len(),
            unknown: owed.iter().filter(|owed| !known(owed)).count(),
            failed: ended(Done::NotApplied),
            vanished: ended(Done::Vanished),
        })
    }
}

/// The day on which AWS ends the first of a run's cuts by itself, in UTC; `None` where it ends none.
fn ends_first(journal: &Journal) -> Option<String> {
    journal.ends_by_itself().values().min().and_then(|at_ms| day(*at_ms))
}

/// The day of a time in milliseconds since the Unix epoch, in UTC.
fn day(at_ms: u64) -> Option<String> {
    let at = jiff::Timestamp::from_millisecond(i64::try_from(at_ms).ok()?).ok()?;
    Some(at.to_string().split('T').next()?.to_owned())
}

/// How a run stands: what it still owes, and what of it failed.
fn status(journal: &Journal, tally: &RunTally) -> String {
    let restored = journal.entries.iter().any(|entry| matches!(entry, Entry::Restored { .. }));
    let mut parts = vec![match (journal.closed(), restored, tally.owed) {
        (_, true, 0) => "put back".into(),
        (_, true, n) => format!("partly put back, {n} owed"),
        (true, false, 0) => "nothing to put back".into(),
        (true, false, n) if is_preparation(journal) => format!("made ready, {n} to take back"),
        (true, false, n) => format!("cut, {n} owed"),
        (false, false, n) => format!("interrupted, {n} owed"),
    }];
    let more = [(tally.unknown, "unknown"), (tally.failed, "failed"), (tally.vanished, "vanished")];
    parts.extend(more.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")));
    parts.join(", ")
}

#[derive(Args)]
pub struct Show {
    #[command(flatten)]
    which: RunArgs,
    /// Show each change instead of folding alike ones
    #[arg(long)]
    details: bool,
    /// Say of each stack, pipeline and group what to import, ignore or pause, so that the next deployment does not
    /// undo the cuts, and what to do after a restore
    #[arg(long)]
    drift_notes: bool,
}

impl Show {
    pub fn run(self, session: &Session) -> Result<Exit, Failure> {
        let Recorded { folder, is_drill } = self.which.recorded(session, "show")?;
        let journal = folder.journal().map_err(|error| failed(&error))?;
        if self.drift_notes {
            return Ok(drift_notes(session, &folder, &journal));
        }
        let owed = still_owed(&journal)?;
        if session.json() {
            session.printer.raw(&pretty(&serde_json::json!({
                "run": folder.id, "drill": is_drill, "opened": journal.opened(), "entries": journal.entries, "owed": owed,
                "last": journal.chain.last(),
            })));
            return Ok(Exit::Done);
        }
        let heading = if is_drill {
            format!("Drill {}: a simulated account, nothing real was cut", folder.id)
        } else {
            format!("Run {}", folder.id)
        };
        let mut lines = vec![Line::toned(Tone::Bold, heading)];
        if let Some(opened) = journal.opened() {
            lines.push(Line::detail("account", format!("{} by {}", opened.account, opened.caller.arn)));
            lines.push(Line::detail("book", format!("{} (unplug {})", opened.playbook, opened.version)));
        }
        lines.push(Line::detail("status", status(&journal, &RunTally::of(&journal)?)));
        lines.push(Line::detail("folder", folder.path.display().to_string()));
        lines.push(Line::detail(
            "last",
            format!("line {} of the journal, {}", journal.entries.len(), journal.chain.last()),
        ));
        let ends = journal.ends_by_itself();
        let (outcomes, returned, again) = (journal.outcomes(), journal.returned(), journal.cut_again());
        let mut remarks: Vec<(StepId, &Target, Word, Remark)> = vec![];
        for intent in journal.intents() {
            let Some(step) = crate::steps::find(intent.step) else { continue };
            let lens = step.lens(&intent.target);
            let shown = |state| lens.show(state).unwrap_or_else(|error| error.to_string());
            let (before, after) = (shown(&intent.before), shown(&intent.after));
            let outcome = outcomes.get(&intent.number).copied();
            let put_back = returned.contains(&intent.number);
            let (word, was, mut text) = ended(intent, outcome, put_back, before, after);
            if let Some(times) = again.get(&intent.number) {
                text.push_str(&format!("  [undone by somebody and cut again, {}]", count(*times, "time")));
            }
            if let Some(day) = ends.get(&intent.number).and_then(|at_ms| day(*at_ms)) {
                text.push_str(&format!("  [AWS ends this by itself on {day}]"));
            }
            remarks.push((intent.step, &intent.target, word, Remark { was, text, hint: None }));
        }
        for step in remarks.chunk_by(|(a, ..), (b, ..)| a == b) {
            let items: Vec<_> =
                step.iter().map(|(_, target, word, remark)| (*target, *word, remark)).collect();
            lines.extend(lines_for(step[0].0, &items, self.details));
        }
        if !is_drill {
            lines.extend(next(&journal, &folder.id, &RunTally::of(&journal)?));
        }
        session.out(&lines);
        Ok(Exit::Done)
    }
}

/// Says who would put the run's cuts back, and what to do about it. Needs no account and no network.
fn drift_notes(session: &Session, folder: &RunFolder, journal: &Journal) -> Exit {
    // The journal tells who owns each cut; a plan that is lost had more on AWS's own pipelines.
    let plan = journal.opened().and_then(|opened| folder.plan(opened).ok().flatten());
    let notes = of_run(&folder.id, journal, plan.as_ref());
    let exit = if notes.unread.is_empty() { Exit::Done } else { Exit::Gaps };
    if session.json() {
        session.printer.raw(&pretty(&serde_json::json!({ "run": folder.id, "drift_notes": notes })));
        return exit;
    }
    let heading = format!("Run {}: who would put its cuts back", folder.id);
    session.out(&[vec![Line::toned(Tone::Bold, heading)], view::pipelines::notes(&notes)].concat());
    exit
}

/// What can be done with the run now.
fn next(journal: &Journal, run: &str, tally: &RunTally) -> Vec<Line> {
    let open = !journal.closed() && journal.returned().is_empty();
    let go_on = open.then(|| format!("Go on:    unplug resume {run}"));
    let put_back = (tally.owed > 0).then(|| format!("Put back: unplug restore {run}"));
    let verify = (tally.owed > 0).then(|| format!("Verify:   unplug verify {run}"));
    let lines: Vec<Line> = [go_on, put_back, verify].into_iter().flatten().map(Line::plain).collect();
    if lines.is_empty() { lines } else { [vec![Line::new()], lines].concat() }
}

/// How one change ended, as the journal tells it: by what was read back, never by what was meant.
fn ended(
    intent: &Change,
    outcome: Option<(Done, Option<&str>)>,
    put_back: bool,
    before: String,
    after: String,
) -> (Word, Option<String>, String) {
    let done = Word::of(intent.step);
    let because = |error: Option<&str>| error.map(|error| format!(": {error}")).unwrap_or_default();
    match outcome {
        Some((Done::NotApplied, error)) => (Word::Failed, None, format!("not cut{}", because(error))),
        Some((Done::Vanished, _)) => (Word::Drift, None, "was not there any more".into()),
        _ if put_back => (Word::Back, Some(after), before),
        Some((Done::Applied, _)) => match &intent.lasting {
            Some(why) => (done, Some(before), format!("{after}  [stays: {why}]")),
            None => (done, Some(before), after),
        },
        Some((Done::Kept, error)) => (Word::Keep, None, format!("left{}", because(error))),
        Some((Done::Half | Done::Unknown, error)) => {
            (Word::Unknown, None, format!("was {before}, to be {after}{}", because(error)))
        }
        None => {
            (Word::Unknown, None, format!("was {before}, to be {after}: the run ended before AWS answered"))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::journal::Chain;

    fn intent(number: u32) -> Change {
        let target = Target::new("block-public-access", format!("region-{number}"));
        Change::for_test(number, 590, target, json!("off"), json!("block-bidirectional"))
    }

    fn journal(outcomes: &[Option<Done>]) -> Journal {
        let mut entries = vec![];
        for (change, outcome) in (1..).zip(outcomes) {
            entries.push(Entry::Intent(Box::new(intent(change))));
            let error = Some("LimitExceeded".to_owned());
            entries.extend(outcome.map(|result| Entry::Outcome { change, result, error }));
        }
        entries.push(Entry::Closed { complete: true, why: None, planned: 9 });
        let mut chain = Chain::default();
        let lines = entries.iter().map(|entry| chain.line("2026-01-01T03:00:00Z", entry).unwrap());
        Journal::parse(&lines.collect::<Vec<_>>().concat()).unwrap()
    }

    #[test]
    fn a_run_is_told_by_its_outcomes_and_not_by_its_intents() {
        let status = |outcomes: &[Option<Done>]| {
            let journal = journal(outcomes);
            status(&journal, &RunTally::of(&journal).unwrap())
        };
        assert_eq!(status(&[Some(Done::Applied)]), "cut, 1 owed");
        assert_eq!(status(&[Some(Done::NotApplied); 3]), "nothing to put back, 3 failed");
        let mixed = [Some(Done::Applied), Some(Done::Unknown), None, Some(Done::Vanished)];
        assert_eq!(status(&mixed), "cut, 3 owed, 2 unknown, 1 vanished");
    }

    #[test]
    fn a_cut_that_aws_ends_by_itself_has_its_day() {
        let target = Target::new("database-power", "arn:aws:rds:eu-west-1:111111111111:db:orders");
        let stop = Change::for_test(1, 650, target, json!("running"), json!("stopped"));
        let entries = [
            Entry::Intent(Box::new(stop)),
            Entry::Outcome { change: 1, result: Done::Applied, error: None },
            Entry::Returned { change: 1, result: Done::Applied, error: None },
        ];
        let ends = |entries: &[Entry]| {
            let mut chain = Chain::default();
            let lines = entries.iter().map(|entry| chain.line("2026-01-01T03:00:00Z", entry).unwrap());
            ends_first(&Journal::parse(&lines.collect::<Vec<_>>().concat()).unwrap())
        };
        assert_eq!(ends(&entries[..1]).as_deref(), Some("2026-01-08"), "the run ended before AWS answered");
        assert_eq!(ends(&entries[..2]).as_deref(), Some("2026-01-08"));
        assert_eq!(ends(&entries), None, "it was put back");
        assert_eq!(ends_first(&journal(&[Some(Done::Applied)])), None, "590 lasts");
    }

    #[test]
    fn a_change_is_shown_as_it_ended() {
        let shown = |outcome, put_back| {
            let (word, _, text) = ended(&intent(1), outcome, put_back, "off".into(), "on".into());
            (word, text)
        };
        let why = Some("LimitExceeded");
        assert_eq!(
            shown(Some((Done::NotApplied, why)), false),
            (Word::Failed, "not cut: LimitExceeded".into())
        );
        assert_eq!(shown(Some((Done::NotApplied, why)), true).0, Word::Failed);
        assert_eq!(shown(Some((Done::Unknown, why)), false).0, Word::Unknown);
        assert_eq!(shown(None, false).0, Word::Unknown);
        assert_eq!(shown(Some((Done::Vanished, why)), false).0, Word::Drift);
        assert_eq!(shown(Some((Done::Applied, None)), false), (Word::Cut, "on".into()));
        assert_eq!(shown(Some((Done::Applied, None)), true), (Word::Back, "off".into()));
        let evidence = Change { step: StepId(210), lasting: Some("evidence".into()), ..intent(1) };
        let (word, ..) = ended(&evidence, Some((Done::Applied, None)), false, "no".into(), "yes".into());
        assert_eq!(word, Word::Save);
    }

    #[test]
    fn a_run_that_owes_something_says_how_to_put_it_back() {
        let said = |outcomes: &[Option<Done>]| {
            let journal = journal(outcomes);
            let lines = next(&journal, "R", &RunTally::of(&journal).unwrap());
            lines.iter().map(Line::text).collect::<Vec<_>>()
        };
        let [_, back, verify] = &said(&[Some(Done::Applied)])[..] else { panic!("three lines") };
        assert_eq!((&**back, &**verify), ("Put back: unplug restore R", "Verify:   unplug verify R"));
        assert_eq!(said(&[Some(Done::NotApplied)]), Vec::<String>::new());
    }
}
