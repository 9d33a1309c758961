//! `unplug watch`: look at a run's cuts again and again, and cut again what somebody undoes.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;

use super::confirm::{Yes, YesArgs};
use super::pull::{about, stopped};
use super::resume::plan_of;
use super::session::{Session, failed, opened_on, shared};
use super::verify::exit_of;
use super::which::RunArgs;
use crate::aws::Clock;
use crate::engine::checks::signed_out;
use crate::engine::culprit::Inquest;
use crate::engine::hold::{Held, Round, Story};
use crate::engine::run::{Attended, Run};
use crate::engine::store::{FileDisk, JOURNAL, MemoryDisk, RunFolder, RunLog, StoreError};
use crate::failure::{Exit, Failure, usage};
use crate::view::people::People;
use crate::view::{self, Line, Tone, agree, count};

#[derive(Args)]
pub struct Watch {
    #[command(flatten)]
    which: RunArgs,
    #[command(flatten)]
    rounds: RoundArgs,
    /// Cut again what somebody has undone, and what has appeared since; asks once, before the first look
    #[arg(long)]
    reapply: bool,
    #[command(flatten)]
    yes: YesArgs,
    /// Show each change instead of folding alike ones
    #[arg(long)]
    details: bool,
}

/// How long to watch and how often, for watch, for pull --watch and for a drill.
#[derive(Args, Clone, Copy, Default)]
pub struct RoundArgs {
    /// Watch for so long, as 30m or 2h; otherwise until Ctrl-C
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    pub lasts: Option<Duration>,
    /// Time between the end of one look and the beginning of the next
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "30s")]
    pub every: Duration,
}

/// A time as people write it: `90s`, `30m`, `1h 30m`.
fn time(text: &str) -> Result<Duration, String> {
    let parsed: SignedDuration =
        text.parse().map_err(|_| "a time is written as 30s, 30m or 2h".to_owned())?;
    match Duration::try_from(parsed) {
        Ok(time) if !time.is_zero() => Ok(time),
        _ => Err("a time is longer than nothing".to_owned()),
    }
}

impl Watch {
    pub async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let loaded = session.config()?;
        let config = shared(&loaded);
        let store = session.store()?;
        let (folder, aws, account) =
            self.which.run_and_account(session, "watch", |_| Ok(()), |_, _| Ok(true)).await?;
        let journal = folder.journal().map_err(|error| failed(&error))?;
        let opened = opened_on(&journal, &account)?;
        session.tell(&view::first::configuration(&loaded, &opened.selection));
        let lock = if self.reapply {
            let mut about = about(&opened.selection, &account);
            about.insert(0, Line::detail("run", folder.id.clone()));
            let doing = "Cut again whatever is undone or appears, without asking again, in";
            self.yes.confirm_account(&account, session.printer, doing, &about)?;
            Some(session.lock(&store, &account)?)
        } else {
            None
        };
        session.heed_interrupts();
        let (log, journal) = if lock.is_some() {
            let reopen = FileDisk::reopen(&folder.path.join(JOURNAL));
            let (disk, journal) = reopen.map_err(|error: StoreError| failed(&error))?;
            (RunLog::resumed(&journal, Box::new(disk), None, aws.clock().clone()), journal)
        } else {
            // A look writes nothing, and a watch beside a restore must not touch its journal.
            let disk = Box::new(MemoryDisk::default());
            (RunLog::resumed(&journal, disk, None, aws.clock().clone()), journal)
        };
        let plan = plan_of(&folder, &opened, &journal)?;
        let kept = (log.keeping(&folder, None), Some(folder.clone()));
        let mut run = Run::take_up(&aws, account, (&opened, &journal), config, plan, kept).await;
        let watching = Watching {
            session,
            folder: &folder,
            rounds: self.rounds,
            reapply: self.reapply,
            details: self.details,
            each_look: true,
        };
        Ok(watching.watch(&mut run).await?.exit)
    }
}

/// A run under watch.
pub struct Watching<'a> {
    pub session: &'a Session,
    pub folder: &'a RunFolder,
    pub rounds: RoundArgs,
    pub reapply: bool,
    pub details: bool,
    /// Also a look that found all as it was cut, as the last one did, is told.
    pub each_look: bool,
}

/// How a watch ended.
pub struct Watched {
    pub exit: Exit,
    pub rounds: Vec<Round>,
}

/// What the rounds so far have found.
struct Seen {
    inquest: Inquest,
    /// Regions whose event history could not be read: said once.
    history_unread: BTreeSet<String>,
    rounds: Vec<Round>,
    /// The lines of the last round about what does not hold: said again only when they change.
    open: Option<Vec<String>>,
}

impl Seen {
    fn new(inquest: Inquest) -> Seen {
        Seen { inquest, history_unread: BTreeSet::new(), rounds: vec![], open: None }
    }
}

impl Watching<'_> {
    /// Looks, cuts again where that was agreed to, and waits, until the time is over or Ctrl-C. The last
    /// look cuts nothing: its result is the exit code.
    pub async fn watch(&self, run: &mut Run) -> Result<Watched, Failure> {
        let clock = run.aws.clock().clone();
        let begun = clock.now_ms();
        // What was undone before the watch began is of interest too, also while the run still cut.
        let first_line = self.folder.journal().map_err(|error| failed(&error))?.first_at_ms;
        let mut seen = Seen::new(Inquest::new(first_line, begun));
        if !self.session.json() {
            self.session.out(&self.heading());
        }
        loop {
            // Decided before the look, whose result is the end. The first look is never the last one.
            let passed = Duration::from_millis(clock.now_ms().saturating_sub(begun));
            let is_last = !seen.rounds.is_empty() && self.rounds.lasts.is_some_and(|lasts| passed >= lasts);
            let Some(held) = self.session.stop.unless_requested(self.look(run)).await else {
                return Ok(Watched { exit: Exit::Interrupted, rounds: seen.rounds });
            };
            let held = held?;
            seen.rounds.push(held.round(clock.timestamp()));
            self.tell(&clock, &held, &mut seen);
            if let Some(said) = signed_out(&held.account) {
                let error = format!("AWS no longer takes these credentials ({said}): nothing was looked at");
                let hint = format!("sign in again, then: unplug watch {}", self.folder.id);
                return Err(Failure::new(Exit::NoAccess, error).hint(hint));
            }
            self.ask_by_whom(run, &held, &mut seen).await;
            if is_last {
                self.end(&held, &seen);
                return Ok(Watched { exit: exit_of(&held), rounds: seen.rounds });
            }
            if self.reapply && held.broken() + held.appeared() > 0 {
                self.cut_again(run, &held, &mut seen).await?;
            }
            let wait = clock.wait(self.rounds.every);
            if self.session.stop.unless_requested(wait).await.is_none() {
                self.end(&held, &seen);
                return Ok(Watched { exit: Exit::Interrupted, rounds: seen.rounds });
            }
        }
    }

    async fn look(&self, run: &Run) -> Result<Held, Failure> {
        let journal = self.folder.journal().map_err(|error| failed(&error))?;
        let story = Story::new(&journal, Some(&run.plan));
        let people =
            People::new(self.session.printer, false, self.session.json() || self.session.globals.quiet);
        let reading = |done, all| people.reading(done, all, run.aws.waiting().as_deref());
        let held = run.look_again(&journal, &story, &reading).await;
        let held = held.map_err(|error| stopped(error, self.folder))?;
        if held.stands.is_empty() && held.unbegun() == 0 {
            let error = format!(
                "run {} holds nothing that could be undone: it cut nothing, or is put back",
                self.folder.id
            );
            return Err(usage(error));
        }
        Ok(held)
    }

    /// Asks CloudTrail who undid what is open, and says what it tells.
    async fn ask_by_whom(&self, run: &Run, held: &Held, seen: &mut Seen) {
        let asked = seen.inquest.ask(&run.aws, held, &run.known.caller.arn);
        let Some(Some(told)) = self.session.stop.unless_requested(asked).await else { return };
        let unread: Vec<_> =
            told.unread.iter().filter(|(region, _)| seen.history_unread.insert((*region).clone())).collect();
        if self.session.json() {
            if !told.found.is_empty() || !unread.is_empty() {
                self.session.printer.raw(&view::json::compact(&view::hold::culprits_json(&told)));
            }
        } else {
            self.session.out(&view::hold::culprits(&told.found, &unread));
        }
    }

    async fn cut_again(&self, run: &mut Run, held: &Held, seen: &mut Seen) -> Result<(), Failure> {
        let operator = Yes { allow_irreversible: false, printer: self.session.printer };
        let listener = self.session.listener(self.details);
        let by = Attended { operator: &operator, listener: &*listener, stop: &self.session.stop };
        let summary = run.cut_again(by, held).await.map_err(|error| stopped(error, self.folder))?;
        if let Some(round) = seen.rounds.last_mut() {
            (round.cut_again, round.failed) = (summary.done(), summary.not_done());
        }
        Ok(())
    }

    fn heading(&self) -> Vec<Line> {
        let does = if self.reapply { "what is undone or appears is cut again" } else { "nothing is cut" };
        let until =
            self.rounds.lasts.map_or("until Ctrl-C".to_owned(), |lasts| format!("for {}", words(lasts)));
        let text = format!(
            "Watching run {} {until}, {} after each look; {does}",
            self.folder.id,
            words(self.rounds.every)
        );
        vec![Line::toned(Tone::Bold, text)]
    }

    /// Says what this look found: one line, and what does not hold where that is not as last time.
    fn tell(&self, clock: &Clock, held: &Held, seen: &mut Seen) {
        if self.session.json() {
            self.session.printer.raw(&view::json::compact(&view::hold::round_json(&self.folder.id, held)));
            return;
        }
        let open = view::hold::open(held, self.details);
        let said: Vec<String> = open.iter().map(|line| line.render(false, usize::MAX)).collect();
        let is_new = seen.open.as_ref() != Some(&said);
        let holds = held.stands.len() - held.broken();
        let mut text = format!(
            "{}  {holds} of {}",
            clock.timestamp().strftime("%H:%M:%S"),
            agree(held.stands.len(), "change", "holds", "hold")
        );
        for (number, words) in [
            (held.broken(), "not as cut"),
            (held.appeared(), "appeared since"),
            (held.gaps(), "could not be looked at"),
        ] {
            if number > 0 {
                text.push_str(&format!(", {number} {words}"));
            }
        }
        let whole = held.broken() + held.appeared() + held.gaps() == 0;
        let again = if self.each_look { !self.session.globals.quiet } else { !whole };
        if is_new || again {
            self.session.out(&[Line::toned(if whole { Tone::Good } else { Tone::Warn }, text)]);
        }
        if is_new {
            self.session.out(&open);
        }
        seen.open = Some(said);
    }

    /// Says how the watch ended, and what it does not say.
    fn end(&self, held: &Held, seen: &Seen) {
        if self.session.json() {
            return;
        }
        let mut text = format!("Watched: {}", count(seen.rounds.len(), "look"));
        if self.reapply {
            let sum = |of: fn(&Round) -> usize| seen.rounds.iter().map(of).sum::<usize>();
            let (again, failed) = (sum(|round| round.cut_again), sum(|round| round.failed));
            text.push_str(&format!(", {} cut again, {failed} not", count(again, "change")));
        }
        let mut lines = vec![Line::new(), Line::toned(Tone::Bold, text)];
        if held.broken() + held.appeared() > 0 {
            let text = "         The last look found changes undone: who can undo them goes on doing so. What the \
                        Organization denies, nobody in the account can undo.";
            lines.push(Line::toned(Tone::Warn, text).indented(9));
        }
        if held.gaps() > 0 {
            let text = "         What could not be looked at is not known to hold.";
            lines.push(Line::toned(Tone::Warn, text).indented(9));
        }
        if seen.inquest.waiting() > 0 {
            let targets = count(seen.inquest.waiting(), "target");
            let text = format!(
                "         CloudTrail shows no call yet that names {targets}; it is some minutes behind. Later: unplug trace"
            );
            lines.push(Line::plain(text).indented(9));
        }
        lines.push(Line::toned(Tone::Dim, "         It is no longer watched from here on."));
        self.session.out(&lines);
    }
}

/// `30m`, `1h 30m`.
fn words(time: Duration) -> String {
    SignedDuration::try_from(time).map_or_else(|_| format!("{}s", time.as_secs()), |time| format!("{time:#}"))
}
