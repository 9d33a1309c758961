//! `unplug check`: could the plug be pulled today? Looks and rehearses; changes nothing.

mod import;

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;

use super::confirm::YesArgs;
use super::plan::{bug, snapshot};
use super::pull::checks as asked_beforehand;
use super::selection::{SelectionArgs, refuse_missing};
use super::session::{Session, failed, regions_known, shared};
use super::whereabouts;
use crate::account::{Account, Rights};
use crate::aws::{Aws, Clock};
use crate::checks::compare::compare;
use crate::checks::{self, Facts, Record, Report, Severity, report};
use crate::config::Config;
use crate::engine::dry_run;
use crate::engine::events::{Event, Listener};
use crate::engine::names::{look_up, missing};
use crate::engine::plan::{Brief, Selection};
use crate::engine::ready;
use crate::engine::rehearse::{Rehearsal, read_and_rehearse, rehearse};
use crate::engine::store::{self, Store};
use crate::failure::{Exit, Failure, usage};
use crate::scenario::{self, Scenario};
use crate::step::Names;
use crate::view;
use crate::view::checks::Depth;
use crate::view::people::People;

#[derive(Args)]
pub struct Check {
    #[command(flatten)]
    selection: SelectionArgs,
    /// Check a drill's company instead: a scenario's name, or a file
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "from")]
    scenario: Option<String>,
    /// Check a recorded account (unplug snapshot): needs no credentials and no network
    #[arg(long, value_name = "SNAPSHOT")]
    from: Option<PathBuf>,
    /// End with 1 where a check failed that matters at least so much
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t = FailOn::High)]
    fail_on: FailOn,
    /// How to print it; --json is the same as json
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
    /// Say what got better and worse since this report (check --json)
    #[arg(long, value_name = "OLD.json")]
    compare: Option<PathBuf>,
    /// Also try whether a run's journal could be written into this folder
    #[arg(long, value_name = "DIR")]
    copy_to: Option<PathBuf>,
    /// Do not ask IAM's simulator, or EC2 by DryRun, whether these credentials may make the calls
    #[arg(long)]
    skip_access_check: bool,
    /// Show every finding, and why each check matters
    #[arg(long)]
    details: bool,
    /// Put the findings into Security Hub, in the Region of each. Asks first
    #[arg(long, conflicts_with_all = ["scenario", "from"])]
    import_findings: bool,
    #[command(flatten)]
    yes: YesArgs,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum FailOn {
    Low,
    Medium,
    High,
    Critical,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    #[default]
    Table,
    /// The report, as --compare reads it
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Findings of Security Hub, for aws securityhub batch-import-findings
    Asff,
}

impl From<FailOn> for Severity {
    fn from(given: FailOn) -> Severity {
        match given {
            FailOn::Low => Severity::Low,
            FailOn::Medium => Severity::Medium,
            FailOn::High => Severity::High,
            FailOn::Critical => Severity::Critical,
        }
    }
}

/// An account that was looked at, with the rehearsed cut.
struct Looked {
    account: Account,
    rehearsal: Rehearsal,
    now: Timestamp,
    rights: Option<Rights>,
    dry_run: Option<Rights>,
    /// What was asked; `None` of a file or a scenario.
    aws: Option<Aws>,
}

impl Check {
    pub async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let format = self.format(session)?;
        let loaded = session.config()?;
        let config = shared(&loaded);
        refuse_unknown(&config)?;
        let old = self.compare.as_deref().map(older).transpose()?;
        let scenario = self.scenario.as_deref().map(scenario::load).transpose();
        let scenario = scenario.map_err(|error| super::session::bad_scenario(&error))?;
        let mut selection = self.selection(&config, scenario.as_ref())?;
        let record = self.record(session)?;
        let looked = Box::pin(self.look(session, &mut selection, scenario, config.clone())).await?;
        let Looked { account, rehearsal, now, rights, dry_run, aws } = &looked;
        let pull = ready::pull(account, rehearsal, &selection, &config, *now);
        let mut facts = Facts::new(account, &config, *now, &selection.scope, &pull, &record);
        facts.rights = rights.as_ref();
        facts.dry_run = dry_run.as_ref();
        facts.live = aws.is_some();
        facts.own_path = whereabouts::own_path(account, &selection);
        let mut report = checks::run(&facts);
        if let Some(old) = old {
            if old.account != report.account {
                let error =
                    format!("the older report is of account {}, this is {}", old.account, report.account);
                return Err(usage(error).hint("compare reports of one account"));
            }
            report.since = Some(compare(&old, &report));
        }
        match format {
            Format::Json => session.printer.raw(&view::json::pretty(&report)),
            Format::Sarif => session.printer.raw(&view::json::pretty(&view::checks::sarif(&report))),
            Format::Asff => session.printer.raw(&view::json::pretty(&view::checks::asff(&report, account))),
            Format::Table => {
                let place = view::screen::place(&selection.scope, account);
                let columns = session.printer.size().columns;
                let depth = if self.details { Depth::Details } else { Depth::Screen { columns } };
                session.out(&view::checks::screen(&report, account, &place, depth));
            }
        }
        let ended = exit(&report, self.fail_on.into());
        match aws.as_ref().filter(|_| self.import_findings) {
            Some(aws) => Ok(import::run(session, aws, &report, account, &self.yes).await?.unwrap_or(ended)),
            None => Ok(ended),
        }
    }

    fn format(&self, session: &Session) -> Result<Format, Failure> {
        match self.format {
            Format::Table | Format::Json if session.json() => Ok(Format::Json),
            _ if session.json() => Err(usage("--json and --format say two things").hint("give one of them")),
            format => Ok(format),
        }
    }

    fn selection(&self, config: &Config, scenario: Option<&Scenario>) -> Result<Selection, Failure> {
        let mut chosen = self.selection.clone();
        if let Some(scenario) = scenario {
            chosen.suspect(&scenario.suspects)?;
        }
        chosen.resolve(config)
    }

    /// Tries the folders of the record. Nothing but the folders themselves is left behind.
    fn record(&self, session: &Session) -> Result<Record, Failure> {
        let state = session.state_dir()?;
        let tried = |dir: &Path| Store::open(dir).err().map(|error| error.to_string());
        Ok(Record {
            state: state.display().to_string(),
            state_error: tried(&state),
            copy: self.copy_to.as_ref().map(|dir| dir.display().to_string()),
            copy_error: self.copy_to.as_deref().and_then(tried),
        })
    }

    async fn look(
        &self,
        session: &Session,
        selection: &mut Selection,
        scenario: Option<Scenario>,
        config: std::sync::Arc<Config>,
    ) -> Result<Looked, Failure> {
        let mut brief = Brief {
            run: "check".into(),
            scope: selection.scope.clone(),
            config,
            names: Names::default(),
            next_change: 1,
        };
        let recorded = match (scenario, &self.from) {
            (Some(scenario), _) => Some((scenario.account, Clock::simulated().timestamp())),
            (None, Some(file)) => Some((snapshot(file)?, Clock::Real.timestamp())),
            (None, None) => None,
        };
        if let Some((account, now)) = recorded {
            refuse_missing(&missing(&mut selection.scope, &account), &account, &brief.config)?;
            brief.scope.clone_from(&selection.scope);
            let rehearsal = rehearse(&account, &selection.steps, &brief).await.map_err(bug)?;
            return Ok(Looked { account, rehearsal, now, rights: None, dry_run: None, aws: None });
        }
        let (aws, known) = session.connect().await?;
        regions_known(&known, &selection.scope, &selection.steps)?;
        refuse_missing(&look_up(&aws, &known, &mut selection.scope).await, &known, &brief.config)?;
        brief.scope.clone_from(&selection.scope);
        let mut ask = brief.ask(&known.id, &selection.steps);
        ask.sections.extend(checks::needs());
        ask.all_keys = true;
        ask.every_zone = true;
        ask.bucket_policies = true;
        ask.every_bucket_policy = true;
        let people = People::new(session.printer, false, session.json() || session.globals.quiet);
        let progress = |done, all| people.reading(done, all, aws.waiting().as_deref());
        let asking = (!self.skip_access_check).then_some(&Unsaid as &dyn Listener);
        let (read, beforehand) = futures::join!(
            read_and_rehearse(&aws, &known, &ask, &selection.steps, &brief, &progress),
            asked_beforehand(session, &aws, &known, selection, asking),
        );
        let (account, rehearsal) = read.map_err(bug)?;
        let (now, rights) = (aws.clock().timestamp(), beforehand?.rights);
        let dry_run = if self.skip_access_check { None } else { dry_run::ask(&aws, &account).await };
        Ok(Looked { account, rehearsal, now, rights, dry_run, aws: Some(aws) })
    }
}

/// What the simulator said is in the report.
struct Unsaid;

impl Listener for Unsaid {
    fn event(&self, _event: &Event<'_>) {}
}

/// Also a check that failed for less may have something that it could not look at. A failed check first: "could not see" is no excuse for what was seen.
fn exit(report: &Report, fail_on: Severity) -> Exit {
    if report.failed_at(fail_on).next().is_some() {
        Exit::Failed
    } else if report.checks.iter().any(|one| !one.unread.is_empty()) {
        Exit::Gaps
    } else {
        Exit::Done
    }
}

fn older(file: &Path) -> Result<Report, Failure> {
    store::load_format(file, report::FORMAT).map_err(|error| {
        let failure = failed(&error);
        Failure { exit: Exit::Usage, ..failure }.hint("unplug check --json > OLD.json makes one")
    })
}

/// An exception for a check that is not there would look as if something were accepted.
fn refuse_unknown(config: &Config) -> Result<(), Failure> {
    let Some(first) = checks::unknown_checks(&config.exceptions).into_iter().next() else { return Ok(()) };
    let ids: Vec<&str> = checks::CHECKS.iter().map(|check| check.id).collect();
    let near = crate::document::nearest(&first.check, &ids);
    let error = format!("{}: there is no check {:?}", first.place, first.check);
    let failure = usage(error).hint("docs/checks.md lists them");
    Err(match near {
        Some(near) => failure.hint(format!("do you mean {near}?")),
        None => failure,
    })
}
