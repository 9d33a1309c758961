//! What appears between the plan and the cut is offered once more, after the cut, under a question of its own.

use std::sync::{Arc, Mutex};

use serde_json::json;
use unplug::account::denial::{self, Denial};
use unplug::account::{Role, User};
use unplug::aws::Aws;
use unplug::collect;
use unplug::engine::Stop;
use unplug::engine::apply::Outcome;
use unplug::engine::checks::Checks;
use unplug::engine::confirm::{Answer, Confirmed, DriftAnswer, Operator};
use unplug::engine::events::Silent;
use unplug::engine::plan::StepPlan;
use unplug::engine::restore::{Drift, Owed};
use unplug::engine::run::{Attended, Run};
use unplug::engine::store::{MemoryDisk, RunLog};
use unplug::sim::Simulation;

use super::seeds::{company, seed};

/// Says yes. While it is asked for the first time, a thief makes a user and a role.
struct ThiefAtWork {
    simulation: Simulation,
    /// Each question: whether it is of a second pass, and the targets.
    asked: Mutex<Vec<(bool, Vec<String>)>>,
}

impl Operator for ThiefAtWork {
    #[expect(clippy::disallowed_methods, reason = "tests may confirm")]
    fn cut(&self, plan: &StepPlan, second_pass: bool) -> Answer {
        let targets = plan.changes.iter().map(|change| change.target.id.clone()).collect();
        let mut asked = self.asked.lock().unwrap();
        if asked.is_empty() {
            self.simulation.meddle(mint);
        }
        asked.push((second_pass, targets));
        Answer::Cut(Confirmed::by_operator(plan))
    }

    fn drift(&self, _: &Drift<'_>) -> DriftAnswer {
        DriftAnswer::Leave
    }

    fn risk(&self, _: &Owed, _: &str) -> bool {
        false
    }

    fn go_on_without_copy(&self, _: &str) -> bool {
        false
    }

    fn cut_without_undo(&self, _: &str) -> bool {
        false
    }
}

fn mint(account: &mut unplug::account::Account) {
    let arn = |of: &str| format!("arn:aws:iam::{}:{of}", account.id);
    let trust = json!({ "Statement": [{
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": { "AWS": "arn:aws:iam::111122223333:root" },
    }]});
    let user = User { arn: arn("user/minted"), path: "/".into(), ..User::default() };
    let role =
        Role { arn: arn("role/way-back"), path: "/".into(), trust: trust.to_string(), ..Role::default() };
    let all = account.principals.read_mut().unwrap();
    all.users.insert("minted".into(), user);
    all.roles.insert("way-back".into(), role);
}

#[tokio::test]
async fn users_and_roles_that_appear_before_the_cut_of_600_are_offered_in_the_second_pass() {
    let seed = seed("users and roles appear", 600, company(), None);
    let simulation = Simulation::new(seed.account.clone());
    let operator = ThiefAtWork { simulation: simulation.clone(), asked: Mutex::default() };
    let aws = Aws::simulated(simulation.clone());
    let known = collect::identify(&aws).await.unwrap();
    let log = RunLog::new(Box::new(MemoryDisk::default()), None, aws.clock().clone());
    let run =
        Run::begin(&aws, known, ("run-1".into(), seed.selection()), Arc::default(), (log, None)).unwrap();
    let stop = Stop::default();
    let by = Attended { operator: &operator, listener: &Silent, stop: &stop };
    let summary = run.pull(by, Checks::default(), None).await.unwrap();

    let asked = operator.asked.into_inner().unwrap();
    let [(false, first), (true, second)] = &asked[..] else { panic!("{asked:?}") };
    let minted = ["minted".to_owned(), "way-back".to_owned()];
    assert!(minted.iter().all(|name| !first.contains(name)), "{first:?}");
    assert_eq!(*second, ["way-back", "minted"], "what appeared, and nothing else");
    assert_eq!(summary.ends.len(), first.len() + second.len());
    assert!(summary.ends.iter().all(|(_, outcome)| *outcome == Outcome::Done), "{:?}", summary.ends);
    let after = simulation.account();
    let all = after.principals.read().unwrap();
    for inline in [&all.users["minted"].inline, &all.roles["way-back"].inline] {
        assert_eq!(denial::read(&inline[denial::NAME]), Some(Denial::Everything));
    }
}
