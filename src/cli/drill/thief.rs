//! The thief of a scenario in its drill: he acts from the first cut on, and the run is watched.

use std::time::Duration;

use crate::cli::session::Session;
use crate::cli::watch::{RoundArgs, Watched, Watching};
use crate::engine::run::Run;
use crate::engine::store::RunFolder;
use crate::engine::verify::{Difference, compared};
use crate::failure::Failure;
use crate::scenario::Scenario;
use crate::sim::Simulation;
use crate::sim::adversary::Adversary;
use crate::step::Names;
use crate::view;
use crate::view::thief::{Aftermath, Reach, reach};

/// How long the run is watched, on the drill's clock: until CloudTrail has shown who undid a cut.
const ROUNDS: RoundArgs = RoundArgs { lasts: Some(Duration::from_secs(600)), every: Duration::from_secs(30) };

/// A thief in the account of a drill.
pub struct Play {
    simulation: Simulation,
    /// What he reached before the cut.
    before: Reach,
    /// The thief as he was when he left.
    thief: Option<Adversary>,
}

impl Play {
    /// Lets the scenario's thief in, if it has one.
    pub fn begin(scenario: &Scenario, simulation: &Simulation) -> Option<Play> {
        simulation.invite(scenario.adversary.as_ref()?.adversary());
        let play = Play { simulation: simulation.clone(), before: Reach::new(), thief: None };
        Some(Play { before: play.reach(), ..play })
    }

    fn reach(&self) -> Reach {
        let (account, now_ms) = (self.simulation.account(), self.simulation.now_ms());
        let thief = self.simulation.adversary();
        reach(thief.iter().flat_map(|thief| thief.reached(&account, now_ms)))
    }

    /// Watches the run, with or without cutting again, and tells what came of it.
    pub async fn watch(
        &self,
        run: &mut Run,
        (session, folder): (&Session, &RunFolder),
        reapply: bool,
        details: bool,
    ) -> Result<Watched, Failure> {
        run.aws.clock().wait(ROUNDS.every).await;
        let watching = Watching { session, folder, rounds: ROUNDS, reapply, details, each_look: false };
        let watched = watching.watch(run).await?;
        if let Some(thief) = self.simulation.adversary() {
            let (before, after) = (&self.before, &self.reach());
            let aftermath = Aftermath { thief: &thief, rounds: &watched.rounds, before, after };
            if session.json() {
                session.printer.raw(&view::json::compact(&aftermath.json()));
            } else {
                session.out(&aftermath.lines());
            }
        }
        Ok(watched)
    }

    /// Puts the thief out of the account. What he has made stays.
    pub fn leave(&mut self) {
        self.thief = self.simulation.dismiss();
    }

    /// Takes the thief's own changes out of what a restore has left: unplug does not touch what it did not
    /// make.
    pub fn take_his(&self, scenario: &Scenario, left: &mut Vec<Difference>) -> Vec<Difference> {
        let Some(wanted) = self.thief.as_ref().and_then(Adversary::wants) else { return vec![] };
        let none = Names::default();
        let his = compared((&scenario.account, &none), (wanted, &none)).differences;
        let is_his = |difference: &Difference| his.iter().any(|one| one.path == difference.path);
        let (his, others) = std::mem::take(left).into_iter().partition(is_his);
        *left = others;
        his
    }
}
