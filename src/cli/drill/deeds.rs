//! What an inject does to the simulation: faults on the run's wire, and somebody who puts a cut back.

use std::collections::BTreeSet;
use std::time::Duration;

use super::apart::apart;
use super::table::Table;
use crate::account::Account;
use crate::aws::Aws;
use crate::aws::faults::{Fault, When};
use crate::cli::plan::bug;
use crate::engine::Stop;
use crate::engine::events::Silent;
use crate::engine::plan::Brief;
use crate::engine::restore::{self, Back, Choice, LeavesDrift, Restorer};
use crate::failure::Failure;
use crate::scenario::{Deed, Inject, Moment};
use crate::sim::UserIdentity;
use crate::step::{Names, StepId};
use crate::view::count;

/// What AWS answers to a call with a key that was turned off.
///
/// <https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>
const REVOKED: Fault = Fault::Refuse {
    code: "InvalidClientTokenId",
    message: "The security token included in the request is invalid.",
};

/// What AWS answers to a call that comes too fast.
const THROTTLED: Fault = Fault::Refuse { code: "ThrottlingException", message: "Rate exceeded" };

/// The injects whose deeds are in effect, by their places.
#[derive(Default)]
pub struct Trouble {
    /// The one that had the responder's key revoked.
    pub revoked: Option<usize>,
    lasting: BTreeSet<usize>,
}

impl Trouble {
    pub fn begin(&mut self, number: usize, deed: &Deed) {
        match deed {
            Deed::RevokeKey { .. } => self.revoked = Some(number),
            Deed::ThrottleRegion { .. } | Deed::SlowAws { .. } => {
                self.lasting.insert(number);
            }
            Deed::RevertStep { .. } => {}
        }
    }

    /// Ends what lasts until this moment.
    pub fn end(&mut self, moment: Moment, aws: &Aws, injects: &[Inject]) {
        let before = self.lasting.len();
        self.lasting.retain(|number| injects.get(*number).is_some_and(|one| one.until != Some(moment)));
        if self.lasting.len() != before {
            self.set(aws, injects);
        }
    }

    /// Sets the faults of the wire anew. A call meets the first of them: a revoked key is refused at once.
    pub fn set(&self, aws: &Aws, injects: &[Inject]) {
        let faults = aws.faults();
        faults.clear();
        if self.revoked.is_some() {
            faults.set(When::From(0), REVOKED);
        }
        for deed in self.lasting.iter().filter_map(|number| injects.get(*number)?.does.as_ref()) {
            if let Deed::ThrottleRegion { region, attempts } = deed {
                faults.set(When::Region { name: region.clone(), attempts: *attempts }, THROTTLED);
            }
        }
        for deed in self.lasting.iter().filter_map(|number| injects.get(*number)?.does.as_ref()) {
            if let Deed::SlowAws { each } = deed {
                faults.set(When::From(0), Fault::Slow(*each));
            }
        }
    }
}

/// What was done, for notes and hand-out.
pub fn words(deed: &Deed) -> String {
    match deed {
        Deed::RevokeKey { .. } => "AWS refuses the responder's key".into(),
        Deed::ThrottleRegion { region, attempts } => {
            format!(
                "AWS throttles the first {} of each call in {region}",
                count(*attempts as usize, "attempt")
            )
        }
        Deed::SlowAws { each } => format!("each answer of AWS comes {} later", seconds(*each)),
        Deed::RevertStep { step, by } => format!("{by} puts back what {step} has cut"),
    }
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}

/// Has somebody put back what a step has cut, with calls of their own: unplug's journal knows nothing of
/// it. Returns what came of it.
pub fn revert(table: &Table, step: StepId, by: &str) -> String {
    match reverted(table, step, by) {
        Ok(0) => format!("{by} found nothing of {step} to put back"),
        Ok(changes) => format!("{by} put back {} of {step}", count(changes, "change")),
        Err(failure) => format!("{by} could not put {step} back: {}", failure.error),
    }
}

fn reverted(table: &Table, step: StepId, by: &str) -> Result<usize, Failure> {
    let journal = table.folder.journal().map_err(bug)?;
    let Some(opened) = journal.opened() else { return Ok(0) };
    let owed = restore::owed(&journal, None).map_err(bug)?;
    let brief = Brief::of(opened, &journal, table.config.clone(), None);
    let known = table.simulation.look(Account::identity);
    let somebody = table.simulation.look(|account| UserIdentity::of(account, by));
    let theirs = table.simulation.acting_as(somebody);
    let ends = apart(async || {
        let aws = Aws::simulated(theirs).for_run(&brief.run, Names::new(brief.names.all()), None);
        let restorer = Restorer {
            aws: &aws,
            known: &known,
            brief: &brief,
            record: None,
            operator: &LeavesDrift,
            listener: &Silent,
            stop: &Stop::default(),
        };
        let choice = Choice { steps: Some([step].into()), ..Choice::default() };
        restorer.run(&owed, &choice).await
    })?;
    let ends = ends.map_err(bug)?;
    Ok(ends.iter().filter(|(_, back)| *back == Back::Returned).count())
}
