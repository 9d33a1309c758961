//! Going on with another credential: AWS refuses the responder's key, and the run has stopped.
//!
//! It goes on as `unplug resume` does. The calls are then those of the other credential, also in the
//! simulated CloudTrail.

use super::table::Table;
use crate::access::facts::Facts;
use crate::access::survey;
use crate::aws::Aws;
use crate::cli::plan::bug;
use crate::cli::pull::stopped;
use crate::cli::resume::plan_of;
use crate::cli::session::{Session, failed};
use crate::collect;
use crate::engine::checks::Checks;
use crate::engine::pull::Summary;
use crate::engine::run::{Attended, Run};
use crate::failure::Failure;
use crate::sim::UserIdentity;
use crate::view;
use crate::view::{Line, Tone};

/// Why a pull stopped that somebody had enough of.
const QUIT: &str = "quit";

impl Table {
    /// Offers another credential as long as the pull stops because AWS refuses the one it has.
    ///
    /// # Errors
    /// When the run's folder cannot be read, or the run cannot go on.
    pub async fn go_on(
        &self,
        session: &Session,
        by: Attended<'_>,
        (mut run, mut summary): (Run, Summary),
    ) -> Result<(Run, Summary), Failure> {
        let refused = |summary: &Summary| summary.stopped.as_deref().is_some_and(|why| why != QUIT);
        while refused(&summary) && self.is_revoked() && !self.is_interrupted() {
            let Some(aws) = self.bring(session) else { break };
            run = self.taken_over(&aws, run).await?;
            by.stop.lift();
            let journal = self.folder.journal().map_err(|error| failed(&error))?;
            let again = run.resume(by, Checks::default(), &journal).await;
            let mut again = again.map_err(|error| stopped(error, &self.folder))?;
            // What the refused key could not do was tried again.
            again.ends.extend(summary.ends.into_iter().filter(|(_, outcome)| outcome.holds()));
            again.skipped.extend(summary.skipped);
            again.began |= summary.began;
            summary = again;
            if !session.json() {
                session.out(&view::summary(&summary, &self.folder.id, true));
            }
        }
        Ok((run, summary))
    }

    /// Offers another credential before what comes next, where AWS refuses the one that there is.
    ///
    /// # Errors
    /// As [`Table::go_on`].
    pub async fn before_more(&self, session: &Session, run: Run) -> Result<Run, Failure> {
        if !self.is_revoked() || self.is_interrupted() {
            return Ok(run);
        }
        let Some(aws) = self.bring(session) else { return Ok(run) };
        self.taken_over(&aws, run).await
    }

    /// Asks whether to bring a credential. Returns the wire that calls with it.
    fn bring(&self, session: &Session) -> Option<Aws> {
        let account = self.simulation.account();
        let mut who = self.break_glass();
        session.tell(&[Line::new(), Line::toned(Tone::Bad, "AWS refuses the responder's key.")]);
        if let Some(arn) = who.take() {
            let report = survey(&Facts::of(&account, self.simulation.clock().timestamp()));
            let can_act = report.is_ok_and(|report| report.find(&arn).is_some_and(|one| one.has_any_power()));
            if can_act {
                who = Some(arn);
            } else {
                let text = format!(
                    "{arn} can do nothing any more: this run has cut it, because unplug.toml does not name it \
                     (break_glass). Root is left: no policy of the account stops it."
                );
                session.tell(&[Line::toned(Tone::Bad, text)]);
                who = Some(format!("arn:{}:iam::{}:root", account.partition(), account.id));
            }
        }
        let question = match &who {
            Some(arn) => format!("Bring the credential of {arn}, and go on?"),
            None => "Bring a new key of the same responder, and go on?".to_owned(),
        };
        if self.yes_or_no(&question, true) != Some(true) {
            return None;
        }
        let simulation = match &who {
            Some(arn) => self.simulation.acting_as(UserIdentity::of(&account, arn)),
            None => self.simulation.clone(),
        };
        Some(Aws::simulated(simulation))
    }

    /// The same run with another credential, as its journal and its folder tell it.
    async fn taken_over(&self, aws: &Aws, run: Run) -> Result<Run, Failure> {
        let known = collect::identify(aws).await.map_err(bug)?;
        let journal = self.folder.journal().map_err(|error| failed(&error))?;
        let Some(opened) = journal.opened() else { return Ok(run) };
        let plan = plan_of(&self.folder, opened, &journal)?;
        let kept = (run.log, run.folder);
        self.hand_over(aws);
        Ok(Run::take_up(aws, known, (opened, &journal), run.brief.config, plan, kept).await)
    }
}
