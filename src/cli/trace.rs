//! `unplug trace`: what a suspect did and made, by CloudTrail's event history.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use clap::Args;
use futures::future::{Either, select};

use super::plan::bug;
use super::session::{Session, bad_scenario, drill_id, every_region, failed, run_id};
use crate::account::{Account, Events, Seen};
use crate::aws::Aws;
use crate::collect::events::{History, read, regions};
use crate::collect::identify;
use crate::engine::store::{EVIDENCE, RunFolder};
use crate::failure::{Exit, Failure, usage};
use crate::scenario;
use crate::sim::Simulation;
use crate::trace::{DAYS, Report, Suspect};
use crate::view;
use crate::view::people::People;
use crate::view::{Line, Tone, count};

#[derive(Args)]
pub struct Trace {
    /// Access keys, of users or of sessions
    #[arg(long, value_name = "ID", value_delimiter = ',', num_args = 1.., value_parser = Suspect::key)]
    key: Vec<Suspect>,
    /// Users, roles, sessions of a role, federated users or root, by ARN
    #[arg(long, value_name = "ARN", value_delimiter = ',', num_args = 1.., value_parser = Suspect::principal)]
    principal: Vec<Suspect>,
    /// Addresses: every event of the time is read for them
    #[arg(long, value_name = "IP", value_delimiter = ',', num_args = 1.., value_parser = Suspect::address)]
    address: Vec<Suspect>,
    /// How far back: 12h, 7d, at most 90d
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = back)]
    since: Duration,
    /// Only these Regions; otherwise every enabled one
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    regions: Vec<String>,
    /// Keep the events in this run's folder instead of one of their own
    #[arg(long, value_name = "RUN", conflicts_with = "from")]
    run: Option<String>,
    /// Trace in the account of a drill's scenario: needs no credentials and no network
    #[arg(long, value_name = "SCENARIO")]
    from: Option<PathBuf>,
}

/// Reads `12h` or `7d`.
fn back(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text} is no time: write 12h or 7d");
    let (number, hours) = match (text.strip_suffix('d'), text.strip_suffix('h')) {
        (Some(days), _) => (days, 24),
        (None, Some(hours)) => (hours, 1),
        _ => return Err(wrong()),
    };
    let hours = number.parse::<u64>().ok().and_then(|number| number.checked_mul(hours)).ok_or_else(wrong)?;
    match hours {
        0 => Err(wrong()),
        1.. if hours > u64::from(DAYS) * 24 => {
            Err(format!("CloudTrail's event history goes back {DAYS} days"))
        }
        _ => Ok(Duration::from_secs(hours * 3_600)),
    }
}

impl Trace {
    pub async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let suspects: BTreeSet<Suspect> =
            self.key.iter().chain(&self.principal).chain(&self.address).cloned().collect();
        if suspects.is_empty() {
            return Err(
                usage("nobody to trace is named").hint("name one with --key, --principal or --address")
            );
        }
        let (aws, mut known) = self.connect(session).await?;
        every_region(&known, !self.regions.is_empty())?;
        let all = regions(&aws, &known);
        let left_out = self.narrow(&mut known, &all)?;
        let folder = self.folder(session, &aws)?;
        let since = i64::try_from(self.since.as_secs()).ok().and_then(|seconds| {
            aws.clock().timestamp().checked_sub(jiff::SignedDuration::from_secs(seconds)).ok()
        });
        let history = History { since, ..History::default() };
        let lookups = suspects.iter().map(|s| s.lookups().len() + s.origin_lookups().len()).sum();
        let from = since.map(|since| since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default();
        let there = regions(&aws, &known).len();
        let quiet = session.json() || session.globals.quiet;
        let told = view::trace::beforehand(there, lookups, &from, !self.address.is_empty());
        if !quiet {
            told.iter().for_each(|line| session.printer.err(line));
        }
        let events = traced(session, &aws, &known, &history, &suspects).await;
        let mut report = Report::of(&events, &suspects);
        if !left_out.is_empty() {
            report
                .unseen
                .push(format!("not looked at, because --regions leaves them out: {}", left_out.join(", ")));
        }
        let kept = keep(&folder, &report, &Report::evidence(&events, &suspects))?;
        if session.json() {
            let report = serde_json::to_value(&report).map_err(bug)?;
            let whole = serde_json::json!({ "report": report, "evidence": folder.path.join(EVIDENCE).join(EVENTS), "calls": aws.ledger().len() });
            session.printer.raw(&view::json::pretty(&whole));
        } else {
            session.out(&view::trace::report(&report, session.printer.size().columns));
            let text = format!(
                "{} kept in {}",
                count(kept, "event"),
                folder.path.join(EVIDENCE).join(EVENTS).display()
            );
            session.out(&[Line::toned(Tone::Dim, text)]);
        }
        Ok(if report.unseen.is_empty() { Exit::Done } else { Exit::Gaps })
    }

    async fn connect(&self, session: &Session) -> Result<(Aws, Account), Failure> {
        let Some(file) = &self.from else { return session.connect_for(&[]).await };
        let scenario = scenario::load(&file.to_string_lossy()).map_err(|error| bad_scenario(&error))?;
        let aws = Aws::simulated(Simulation::new(scenario.account));
        let known = identify(&aws).await.map_err(bug)?;
        Ok((aws, known))
    }

    /// Takes the Regions that are named, and returns the others.
    fn narrow(&self, known: &mut Account, all: &BTreeSet<String>) -> Result<Vec<String>, Failure> {
        if self.regions.is_empty() {
            return Ok(vec![]);
        }
        let named: BTreeSet<String> = self.regions.iter().cloned().collect();
        let enabled = known.enabled_regions.read().cloned();
        if let Some(unknown) = enabled.as_ref().and_then(|enabled| named.difference(enabled).next()) {
            return Err(usage(format!("the account has no Region {unknown}"))
                .hint(format!("enabled: {}", all.iter().cloned().collect::<Vec<_>>().join(", "))));
        }
        let left_out = all.difference(&named).cloned().collect();
        known.enabled_regions = Seen::Read(named);
        Ok(left_out)
    }

    /// Where the events are kept: in a run's folder, or in one of their own.
    fn folder(&self, session: &Session, aws: &Aws) -> Result<RunFolder, Failure> {
        if let Some(run) = &self.run {
            return session.store()?.run(run).map_err(|error| failed(&error));
        }
        let store = session.opened(&session.state_dir()?.join("traces"))?;
        let id = if self.from.is_some() { drill_id(aws.clock()) } else { run_id(aws.clock()) };
        store.create_run(&format!("trace-{id}")).map_err(|error| failed(&error))
    }
}

/// The file of evidence: one record of CloudTrail a line.
const EVENTS: &str = "cloudtrail-events.jsonl";

/// Reads the events, and says each second how far it is.
async fn traced(
    session: &Session,
    aws: &Aws,
    known: &Account,
    history: &History,
    suspects: &BTreeSet<Suspect>,
) -> Events {
    let quiet = session.json() || session.globals.quiet;
    let people = People::new(session.printer, false, quiet);
    let follows = |new: &BTreeSet<Suspect>| {
        let came: Vec<String> = new.difference(suspects).map(ToString::to_string).collect();
        if !came.is_empty() && !quiet {
            people.clear();
            let text = format!("following {}: {}", count(came.len(), "credential"), came.join(", "));
            session.printer.err(&Line::toned(Tone::Dim, text).indented(4));
        }
    };
    let mut reading = pin!(read(aws, known, history, suspects.clone(), &follows));
    let events = loop {
        match select(reading.as_mut(), pin!(aws.clock().tick())).await {
            Either::Left((events, _)) => break events,
            Either::Right(_) => people.tracing(aws.ledger().len(), aws.waiting().as_deref()),
        }
    };
    people.clear();
    events
}

/// Puts the evidence and the report into the folder. Returns the number of events.
fn keep(folder: &RunFolder, report: &Report, evidence: &[&serde_json::Value]) -> Result<usize, Failure> {
    let lines: Vec<String> = evidence.iter().map(|record| view::json::compact(*record)).collect();
    let text = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    folder.keep(EVENTS, text.as_bytes()).map_err(|error| failed(&error))?;
    folder.save("trace.json", report).map_err(|error| failed(&error))?;
    Ok(lines.len())
}

#[cfg(test)]
mod tests {
    use super::back;

    #[test]
    fn a_time_is_read_in_hours_and_days_and_never_beyond_the_history() {
        let hours = |text| back(text).map(|time| time.as_secs() / 3_600).ok();
        assert_eq!((hours("12h"), hours("7d"), hours("90d")), (Some(12), Some(168), Some(2_160)));
        for wrong in ["", "7", "d", "0d", "-1d", "7w", "1.5d", "99999999999999999999d"] {
            assert_eq!(hours(wrong), None, "{wrong}");
        }
        assert!(back("91d").unwrap_err().contains("goes back 90 days"));
    }
}
