//! Users and groups that the run has found to be in the directory no more. An assignment outlives them: AWS goes
//! on listing it, and carries out neither its deletion nor its creation.
//!
//! <https://github.com/hashicorp/terraform-provider-aws/issues/19341>
//! <https://github.com/61418/aws-sso-util/issues/93>

use std::collections::BTreeSet;

use crate::account::Assignment;
use crate::aws::{Aws, Kind};
use crate::step::{Names, Reason, StepError, Target, first_few};

/// What the name begins with under which the run records it: a restore, days later, knows it too.
const GONE: &str = "not-in-directory/";

/// How many are named.
const SHOWN: usize = 8;

fn start(at: &Target) -> String {
    format!("{GONE}{}/", at.id)
}

/// Returns those whom the run has found gone when it wrote the assignments of a permission set.
pub(super) fn known(names: &Names, at: &Target) -> BTreeSet<Assignment> {
    let start = start(at);
    let who = |name: &String| {
        let (kind, id) = name.strip_prefix(&start)?.split_once('/')?;
        Some(Assignment { kind: kind.to_owned(), id: id.to_owned() })
    };
    names.all().keys().filter_map(who).collect()
}

pub(super) fn record(aws: &Aws, at: &Target, who: &Assignment) -> Result<(), StepError> {
    let Assignment { kind, id } = who;
    Ok(aws.created(&format!("{}{kind}/{id}", start(at)), &format!("{kind} {id}"))?)
}

/// Did AWS accept a request and fail because the directory does not have the user or group?
pub(super) fn is_told(error: &StepError) -> bool {
    matches!(error, StepError::State(why) if why.contains("was not found in directory"))
}

/// Is it a refusal of this one request? The next may then be taken. Whoever is not allowed to make a call, or gets
/// no answer, is told so at once, and sends it all again.
pub(super) fn of_one(error: &StepError) -> bool {
    error.aws().is_none_or(|aws| {
        let of_all = [Kind::Denied, Kind::Credentials, Kind::Throttled, Kind::Conflict].contains(&aws.kind);
        !of_all && !aws.maybe_applied
    })
}

/// All that failed, in one error: the error itself where it is one.
pub(super) fn together(mut failed: Vec<(String, StepError)>) -> Result<(), StepError> {
    match failed.len() {
        0 => Ok(()),
        1 => failed.pop().map_or(Ok(()), |(_, error)| Err(error)),
        number => {
            let each = failed.iter().map(|(what, error)| format!("{what} ({error})"));
            let each = each.collect::<Vec<_>>().join("; ");
            Err(StepError::State(format!("{number} failed, all others were tried: {each}")))
        }
    }
}

/// `USER 1, GROUP 2`
pub(super) fn words<'a>(all: impl IntoIterator<Item = &'a Assignment>) -> String {
    let each: Vec<String> = all.into_iter().map(|one| format!("{} {}", one.kind, one.id)).collect();
    first_few(&each, SHOWN)
}

/// What is not as it was or as it was to be, because somebody is gone.
pub(super) fn lacks(to: &BTreeSet<Assignment>, gone: &BTreeSet<Assignment>) -> Option<Reason> {
    let lost: Vec<&Assignment> = to.intersection(gone).collect();
    if !lost.is_empty() {
        return Some(format!(
            "not in the directory any more, so that AWS cannot assign them again: {}. All others are back",
            words(lost)
        ));
    }
    (!gone.is_empty()).then(|| {
        format!(
            "not in the directory any more: {}. Nobody signs in by such an assignment; AWS did not remove it and may \
             go on listing it",
            words(gone)
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::IdentityCenter;
    use super::super::tests::{account, id, parts, set};
    use super::*;
    use crate::account::{Account, Seen};
    use crate::aws::ledger::Phase;
    use crate::sim::Simulation;
    use crate::step::{Case, Look, Now, Step, Write};
    use crate::steps::shared::testing::{case, collected_by, plan, simulated};

    /// Three users, of whom the second is deleted in a test.
    fn assigned() -> Account {
        let mut account = account();
        for name in ["Admins", "Ops"] {
            let set = set(&mut account, name);
            let user = |id: &str| Assignment { kind: "USER".into(), id: id.into() };
            set.assignments = Seen::Read(["u-2", "u-3", "u-4"].map(user).into());
            set.accounts = Seen::Read([(super::super::tests::ME.to_owned(), true)].into());
            set.parts = Seen::Read(parts());
        }
        let guard = format!("arn:aws:iam::{}:policy/teams/Guard", super::super::tests::ME);
        account.principals.read_mut().unwrap().policies.insert(guard, "{}".into());
        account
    }

    struct Cut {
        simulation: Simulation,
        aws: Aws,
        case: Case,
        at: Target,
        from: Value,
        to: Value,
    }

    impl Cut {
        fn new(way: &str) -> Cut {
            let case = case(&[("way", way)]);
            let (simulation, aws) = simulated(assigned(), &case);
            let (at, from, to) = plan(&IdentityCenter, &assigned(), &case).remove(0);
            assert_eq!(at.id, id("Admins"));
            Cut { simulation, aws, case, at, from, to }
        }

        async fn write(&self, phase: Phase) -> Result<(), StepError> {
            let (from, to) =
                if phase == Phase::Apply { (&self.from, &self.to) } else { (&self.to, &self.from) };
            let _phase = self.aws.enter(phase);
            let lens = (&IdentityCenter as &dyn Step).lens(&self.at);
            lens.write(Write::new(&self.aws, &self.at, from, to, &self.case.params)).await
        }

        async fn now(&self) -> Value {
            let account = collected_by(&IdentityCenter, &self.aws, &self.case).await;
            let look = Look::new(&self.at, &account, &self.case);
            match (&IdentityCenter as &dyn Step).lens(&self.at).state(&look) {
                Now::Is(now) => now,
                other => panic!("{other:?}"),
            }
        }

        fn listed(&self) -> Vec<String> {
            let mut account = self.simulation.account();
            let center = account.identity_center.read_mut().unwrap();
            let all = center.instances.values().flat_map(|one| one.permission_sets.items());
            let admins = all.filter_map(|(_, set)| set.read()).find(|set| set.name == "Admins").unwrap();
            admins.assignments.read().unwrap().iter().map(|one| one.id.clone()).collect()
        }
    }

    #[tokio::test]
    async fn an_assignment_of_a_deleted_user_keeps_nobody_else_in_when_cutting() {
        for way in ["unassign", "delete"] {
            let cut = Cut::new(way);
            cut.simulation.delete_for_identity_center("u-3");
            cut.write(Phase::Apply).await.unwrap();
            assert_eq!(cut.listed(), ["u-3"], "{way}: AWS lists it, and nobody else");
            let (lens, now) = ((&IdentityCenter as &dyn Step).lens(&cut.at), cut.now().await);
            assert!(lens.arrived(&cut.to, &now), "{way}: {now}");
            assert!(lens.lacks(&cut.to, &now).unwrap().contains("USER u-3"), "{way}");
            // Nothing is planned again.
            let account = collected_by(&IdentityCenter, &cut.aws, &cut.case).await;
            assert_eq!(plan(&IdentityCenter, &account, &cut.case), vec![], "{way}");
            cut.write(Phase::Restore).await.unwrap();
            assert_eq!(cut.listed(), ["u-2", "u-3", "u-4"], "{way}");
            assert!(lens.arrived(&cut.from, &cut.now().await), "{way}");
        }
    }

    #[tokio::test]
    async fn a_user_who_was_deleted_meanwhile_is_named_and_all_others_get_back_in() {
        for way in ["unassign", "delete"] {
            let cut = Cut::new(way);
            cut.write(Phase::Apply).await.unwrap();
            cut.simulation.delete_for_identity_center("u-3");
            cut.write(Phase::Restore).await.unwrap();
            assert_eq!(cut.listed(), ["u-2", "u-4"], "{way}");
            let (lens, now) = ((&IdentityCenter as &dyn Step).lens(&cut.at), cut.now().await);
            assert!(lens.arrived(&cut.from, &now), "{way}: it is not owed for ever: {now}");
            assert!(lens.lacks(&cut.from, &now).unwrap().contains("cannot assign them again: USER u-3"));
        }
    }

    #[tokio::test]
    async fn a_policy_that_cannot_be_attached_any_more_keeps_nobody_out_and_is_told() {
        let cut = Cut::new("delete");
        cut.write(Phase::Apply).await.unwrap();
        let policy = "arn:aws:iam::aws:policy/ReadOnlyAccess";
        cut.simulation.delete_for_identity_center(policy);
        let error = cut.write(Phase::Restore).await.unwrap_err();
        assert_eq!(error.aws().map(|error| error.kind), Some(Kind::Gone), "{error}");
        assert_eq!(cut.listed(), ["u-2", "u-3", "u-4"]);
        let (lens, now) = ((&IdentityCenter as &dyn Step).lens(&cut.at), cut.now().await);
        assert_eq!(now.pointer("/parts/boundary"), cut.from.pointer("/parts/boundary"), "the rest is there");
        assert!(!lens.arrived(&cut.from, &now));
        assert!(lens.is_between(&cut.to, &cut.from, &now).unwrap(), "{now}");
    }

    #[test]
    fn any_subset_may_be_left_by_a_failure_in_the_middle() {
        let cut = Cut::new("unassign");
        let lens = (&IdentityCenter as &dyn Step).lens(&cut.at);
        let mut now = cut.from.clone();
        now["assigned"].as_array_mut().unwrap().remove(1);
        assert!(lens.is_between(&cut.from, &cut.to, &now).unwrap());
        assert!(lens.is_between(&cut.to, &cut.from, &now).unwrap());
        now["assigned"].as_array_mut().unwrap()[0]["id"] = "u-9".into();
        assert!(!lens.is_between(&cut.from, &cut.to, &now).unwrap());
    }

    #[test]
    fn several_failures_are_told_together() {
        let of = |why: &str| (why.to_owned(), StepError::State(format!("no {why}")));
        let error = together(vec![of("a"), of("b")]).unwrap_err().to_string();
        assert!(error.contains("a (no a)") && error.contains("b (no b)"), "{error}");
    }
}
