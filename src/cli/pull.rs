//! `unplug pull`: cut, stage by stage, each step confirmed.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use super::confirm::YesArgs;
use super::plan::bug;
use super::planned::OnlyPlanned;
use super::probe;
use super::selection::{SelectionArgs, refuse_missing};
use super::session::{Session, failed, not_begun, regions_known, run_id, shared};
use super::watch::{RoundArgs, Watching};
use super::whereabouts;
use crate::access::lockout::Loss;
use crate::account::{Account, WORTH};
use crate::aws::Aws;
use crate::collect::{self, Ask};
use crate::engine::apply::Outcome;
use crate::engine::change::Change;
use crate::engine::checks::{Checks, actions_in_words};
use crate::engine::confirm::Operator;
use crate::engine::error::RunError;
use crate::engine::events::{Event, Listener};
use crate::engine::lockout;
use crate::engine::names::look_up;
use crate::engine::plan::{self, Selection};
use crate::engine::pull::Summary;
use crate::engine::run::{Attended, Run};
use crate::engine::store::{self, Disk, FileDisk, JOURNAL, RunFolder, RunLog, Store};
use crate::failure::{Exit, Failure};
use crate::step::StepId;
use crate::steps::{permissions, shows_front};
use crate::view::{self, Line, Tone, count, list, screen};

/// What a plan file says already: said beside it, it would be heard by nobody.
const NOT_WITH_A_PLAN: [&str; 12] = [
    "playbook",
    "steps",
    "skip",
    "regions",
    "vpc",
    "subnet",
    "instance",
    "tag",
    "keep_cidr",
    "block_cidr",
    "block_country",
    "key",
];

#[derive(Args)]
pub struct Pull {
    #[command(flatten)]
    selection: SelectionArgs,
    /// Cut only what this plan file holds (plan --out); what has changed since, or is new, is shown, and cut
    /// only where a person says so
    #[arg(long, value_name = "FILE", conflicts_with_all = NOT_WITH_A_PLAN)]
    plan: Option<PathBuf>,
    #[command(flatten)]
    cut: CutArgs,
    /// Afterwards watch the run, and cut again what somebody undoes, without asking again
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    rounds: RoundArgs,
    /// Also write the run's journal into this folder (a laptop can be lost)
    #[arg(long, value_name = "DIR")]
    copy_to: Option<PathBuf>,
}

/// How to cut, for pull and resume.
#[derive(Args)]
pub struct CutArgs {
    #[command(flatten)]
    pub yes: YesArgs,
    /// With --yes: also cut what cannot be undone
    #[arg(long, requires = "yes")]
    allow_irreversible: bool,
    /// Do not ask IAM's simulator beforehand whether these credentials may make the calls
    #[arg(long)]
    skip_access_check: bool,
    /// Do not ask the public names over HTTPS afterwards, where a step of the front door (3xx) was cut
    #[arg(long)]
    no_probe: bool,
    /// Show each change instead of folding alike ones
    #[arg(long)]
    details: bool,
}

impl CutArgs {
    /// Those of a verb that takes nothing away: what it makes can be undone, and no visitor sees it.
    pub fn without_cuts(yes: YesArgs, skip_access_check: bool, details: bool) -> CutArgs {
        CutArgs { yes, allow_irreversible: false, skip_access_check, no_probe: true, details }
    }
}

impl Pull {
    pub async fn run(self, session: &Session) -> Result<Exit, Failure> {
        Box::pin(self.run_as(session, "Pull the plug on")).await
    }

    /// The steps of a playbook, cut as a pull cuts them.
    pub fn of(selection: SelectionArgs, cut: CutArgs, copy_to: Option<PathBuf>) -> Pull {
        Pull { selection, plan: None, cut, watch: false, rounds: RoundArgs::default(), copy_to }
    }

    /// Runs with these words before the account in the first question.
    pub async fn run_as(self, session: &Session, doing: &str) -> Result<Exit, Failure> {
        let loaded = session.config()?;
        let config = shared(&loaded);
        let agreed = self.plan.as_deref().map(plan_file).transpose()?;
        let mut selection = match &agreed {
            Some(plan) => plan.selection.clone(),
            None => self.selection.resolve(&config)?,
        };
        // Where the plan was made says nothing about where it is carried out.
        selection.scope.lose_my_path |= self.selection.place.lose_my_path;
        let store = session.store()?;
        let (aws, account) = session.connect_for(&selection.steps).await?;
        if let Some(plan) = agreed.as_ref().filter(|plan| plan.account != account.id) {
            let error = format!(
                "the plan is of account {}, the credentials belong to {}",
                plan.account,
                account.title()
            );
            return Err(Failure::new(Exit::NotConfirmed, error).hint("nothing was cut"));
        }
        regions_known(&account, &selection.scope, &selection.steps)?;
        let missing = Box::pin(look_up(&aws, &account, &mut selection.scope)).await;
        refuse_missing(&missing, &account, &config)?;
        session.tell_first(&loaded, &selection);
        whereabouts::check(session, &aws, &account, &selection).await?;
        if self.cut.yes.yes {
            session.tell(&screen::actors(&account));
        }
        let about = about(&selection, &account);
        self.cut.yes.confirm_account(&account, session.printer, doing, &about)?;
        let _lock = session.lock(&store, &account)?;
        session.heed_interrupts();

        let run = run_id(aws.clock());
        // The copy first: where it cannot be made, no run without a journal is left behind.
        let copy = self.copy_to.as_deref().map(|dir| copy_folder(session, dir, &run)).transpose()?;
        let folder = store.create_run(&run).map_err(|error| not_begun(&error))?;
        let log = new_log(&aws, &folder, copy.as_ref())?;
        let kept = (log, Some(folder.clone()));
        let run = Run::begin(&aws, account, (run, selection), config, kept);
        let run = run.map_err(cannot_begin)?;
        let mut pulling = Pulling::new(session, &self.cut, run, folder);
        if agreed.is_some() && self.cut.yes.yes {
            let operator = pulling.operator;
            pulling.operator = Box::new(OnlyPlanned { operator, printer: session.printer });
        }
        let checks = pulling.checks().await?;
        let summary = pulling.run.pull(pulling.by(), checks, agreed).await;
        let summary = summary.map_err(|error| stopped(error, &pulling.folder))?;
        let exit = pulling.end(&summary)?;
        pulling.ask_names(&summary).await;
        if !self.watch || !summary.began || session.stop.requested() {
            return Ok(exit);
        }
        let details = self.cut.details;
        let Pulling { run, folder, .. } = pulling;
        let mut run = run.taken_up_again(&folder).map_err(|error| failed(&error))?;
        let (rounds, folder) = (self.rounds, &folder);
        let watching = Watching { session, folder, rounds, reapply: true, details, each_look: true };
        Ok(watching.watch(&mut run).await?.exit)
    }
}

/// What the first question is about: which steps, and where.
pub fn about(selection: &Selection, account: &Account) -> Vec<Line> {
    let steps = &selection.steps;
    let span = match (steps.first(), steps.last()) {
        (Some(first), Some(last)) if steps.len() > 1 => format!(", {} to {}", first.step, last.step),
        (Some(only), _) => format!(", {}", only.step),
        _ => String::new(),
    };
    let enabled = account.enabled_regions.read().into_iter().flatten().map(String::as_str);
    let regions: Vec<&str> = enabled.filter(|region| selection.scope.has_region(region)).collect();
    let mut lines = vec![
        Line::detail("book", format!("{}: {}{span}", selection.playbook, count(steps.len(), "step"))),
        Line::detail("where", screen::place(&selection.scope, account)),
    ];
    if !regions.is_empty() {
        lines.push(Line::detail("Regions", list(&regions, 8)));
    }
    lines
}

/// What a pull and a resume share once they are under way.
pub struct Pulling<'a> {
    session: &'a Session,
    cut: &'a CutArgs,
    pub run: Run,
    pub folder: RunFolder,
    operator: Box<dyn Operator>,
    listener: Box<dyn Listener>,
}

impl<'a> Pulling<'a> {
    pub fn new(session: &'a Session, cut: &'a CutArgs, run: Run, folder: RunFolder) -> Pulling<'a> {
        let (allow, steps) = (cut.allow_irreversible, &run.plan.selection.steps);
        Pulling {
            operator: cut.yes.operator(session, &run.known, allow, steps),
            listener: session.listener(cut.details),
            session,
            cut,
            run,
            folder,
        }
    }

    pub fn by(&self) -> Attended<'_> {
        Attended { operator: &*self.operator, listener: &*self.listener, stop: &self.session.stop }
    }

    /// What can be checked before the first cut.
    pub async fn checks(&self) -> Result<Checks, Failure> {
        let ask = (!self.cut.skip_access_check).then_some(&*self.listener);
        let run = &self.run;
        let mut checks = checks(self.session, &run.aws, &run.known, &run.plan.selection, ask).await?;
        checks.known_runs.get_or_insert_default().insert(self.folder.id.clone());
        Ok(checks)
    }

    /// Asks the public names once, where a step of the front door was cut. What they say changes no exit code:
    /// CloudFront and resolvers take minutes.
    pub async fn ask_names(&self, summary: &Summary) {
        let cut = |(change, outcome): &(Change, Outcome)| shows_front(change.step) && outcome.holds();
        if self.cut.no_probe || self.session.stop.requested() || !summary.ends.iter().any(cut) {
            return;
        }
        let run = &self.run;
        let account = if run.aws.is_aws() {
            let ask = Ask { sections: probe::needs(), ..Ask::default() };
            collect::read(&run.aws, &run.known, &ask, &|_, _| ()).await
        } else {
            run.known.clone()
        };
        let looks = probe::ask(self.session, &run.aws, &account, run.brief.scope.page.as_deref()).await;
        if !looks.is_empty() {
            probe::tell(self.session, &looks);
        }
    }

    /// Prints how it ended, and turns that into the exit code.
    pub fn end(&self, summary: &Summary) -> Result<Exit, Failure> {
        if self.session.json() {
            self.session.printer.raw(&crate::view::json::compact(&serde_json::json!({
                "event": "ended", "run": self.folder.id, "done": summary.done(), "not_done": summary.not_done(),
                "refused": summary.refused, "gaps": summary.gaps, "skipped": summary.skipped,
                "stopped": summary.stopped, "journal": self.run.log.last_hash(),
            })));
        } else {
            self.session.out(&view::summary(summary, &self.folder.id, false));
            let hash = self.run.log.last_hash();
            let text = format!("     Journal:  {} (last line {})", self.folder.path.display(), &hash[..16]);
            self.session.printer.out(&Line::toned(Tone::Dim, text).indented(15));
        }
        if !summary.locked_out.is_empty() && summary.ends.is_empty() {
            return Err(locked_out(&summary.locked_out));
        }
        if !summary.denied.is_empty() && summary.ends.is_empty() {
            return Err(no_rights(&summary.denied));
        }
        if let Some(why) = self.run.log.failed() {
            return Err(Failure::new(Exit::Failed, why)
                .hint(format!("what was cut is recorded up to there: unplug restore {}", self.folder.id)));
        }
        Ok(exit(summary, self.session.interrupted()))
    }
}

/// Asks beforehand what the caller may do, and says what the answer is worth.
pub async fn checks(
    session: &Session,
    aws: &Aws,
    account: &Account,
    selection: &Selection,
    ask: Option<&dyn Listener>,
) -> Result<Checks, Failure> {
    let known_runs = Store::known_runs(&session.state_dir()?);
    let Some(listener) = ask else { return Ok(Checks::new(known_runs, None)) };
    let note = |text: String| listener.event(&Event::Note { text });
    let steps: Vec<StepId> = selection.steps.iter().map(|selected| selected.step).collect();
    let (apply, undo) = (permissions::apply(&steps), permissions::undo(&steps));
    let rights = match collect::rights(aws, account, &apply.union(&undo).copied().collect()).await {
        Ok(rights) => rights,
        Err(why) => {
            note(format!("could not check beforehand whether these credentials may make the calls: {why}"));
            return Ok(Checks::new(known_runs, None));
        }
    };
    let denied = rights.denied(apply);
    if !denied.is_empty() {
        let denied = denied.into_iter().collect::<Vec<_>>().join(", ");
        note(format!(
            "these credentials lack {denied}: a step that turns out to need it is not cut ({WORTH})"
        ));
    }
    if let (n @ 1.., keys) = rights.unproven() {
        let keys = keys.into_iter().collect::<Vec<_>>().join(", ");
        note(format!(
            "{} depend on conditions that could not be checked beforehand: {keys}",
            count(n, "permission")
        ));
    }
    Ok(Checks::new(known_runs, Some(rights)))
}

/// Nothing was cut, because the responder could not have gone on.
fn locked_out(losses: &[Loss]) -> Failure {
    let error = "this plan would lock you out. Nothing was cut.";
    let failure = Failure {
        details: losses.iter().map(lockout::sentence).collect(),
        ..Failure::new(Exit::NoAccess, error)
    };
    failure
        .hint("call with other credentials, or leave out what cuts these")
        .hint("unplug access PRINCIPAL explains what it can do now")
}

/// Nothing was cut, because the caller could not have made the calls.
fn no_rights(denied: &BTreeSet<(StepId, String)>) -> Failure {
    let steps: BTreeSet<String> = denied.iter().map(|(step, _)| step.to_string()).collect();
    let actions: BTreeSet<&str> = denied.iter().map(|(_, action)| action.as_str()).collect();
    let statement = serde_json::json!({ "Effect": "Allow", "Action": actions, "Resource": "*" });
    let error = format!(
        "these credentials may not make the plan's calls: {}. Nothing was cut.",
        actions_in_words(denied)
    );
    Failure::new(Exit::NoAccess, error)
        .hint(format!("allow: {statement}"))
        .hint(format!("or leave those steps out: --skip {}", steps.into_iter().collect::<Vec<_>>().join(",")))
        .hint(format!("or try all the same: --skip-access-check. So it is {WORTH}"))
}

pub fn exit(summary: &Summary, interrupted: bool) -> Exit {
    if interrupted {
        Exit::Interrupted
    } else if summary.not_done() > 0 || summary.stopped.is_some() || !summary.skipped.is_empty() {
        Exit::Partial
    } else if summary.gaps > 0 {
        Exit::Gaps
    } else {
        Exit::Done
    }
}

pub fn plan_file(file: &std::path::Path) -> Result<plan::Plan, Failure> {
    store::load_format(file, plan::FORMAT)
        .map_err(|error| Failure::new(Exit::Usage, error).hint("unplug plan --out FILE makes it anew"))
}

/// The folder of the copy: made before anything is cut, so that a wrong path is said at once.
pub fn copy_folder(session: &Session, dir: &std::path::Path, run: &str) -> Result<RunFolder, Failure> {
    let store = Store::open(dir).map_err(|error| not_begun(&error))?;
    session.warn_once(store.warnings());
    store.create_run(run).map_err(|error| not_begun(&error))
}

/// A new journal in the run's folder, and in the copy's.
pub fn new_log(aws: &Aws, folder: &RunFolder, copy: Option<&RunFolder>) -> Result<RunLog, Failure> {
    let disk = |folder: &RunFolder| -> Result<Box<dyn Disk>, Failure> {
        Ok(Box::new(FileDisk::create(&folder.path.join(JOURNAL)).map_err(|error| not_begun(&error))?))
    };
    let log = RunLog::new(disk(folder)?, copy.map(disk).transpose()?, aws.clock().clone());
    Ok(log.keeping(folder, copy))
}

/// Why a run could not begin.
pub fn cannot_begin(error: RunError) -> Failure {
    match error {
        RunError::Store(error) => not_begun(&error),
        error => Failure::new(Exit::Failed, format!("{error}. Nothing was cut.")),
    }
}

pub fn stopped(error: RunError, folder: &RunFolder) -> Failure {
    match error {
        RunError::State(error) => bug(error),
        error => Failure::new(Exit::Failed, error).hint(format!(
            "nothing more was cut; what was cut: unplug show {0}, unplug restore {0}",
            folder.id
        )),
    }
}
