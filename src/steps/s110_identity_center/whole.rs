//! A permission set as a whole, for `way = "delete"`. It is made again under a new ARN, and AWS makes its role
//! again under another name.
//!
//! ```text
//! cut      DeleteAccountAssignment, each ─▶ SUCCEEDED, the role goes with the last ─▶ DeletePermissionSet
//! restore  found by its name, or CreatePermissionSet ─▶ its parts ─▶ CreateAccountAssignment, each ─▶ SUCCEEDED
//! ```

use std::collections::BTreeSet;
use std::time::Duration;

use super::assignments::{CARRIED_OUT_WITHIN, bring_to};
use super::body::Body;
use super::gone;
use super::making;
use super::place::{Place, queue, until_free};
use super::spared::{kept_whole, of_an_actor};
use crate::account::{PermissionSet, Section};
use crate::aws::{Aws, unless_gone};
use crate::collect::Ask;
use crate::collect::identity_center::accounts_of;
use crate::step::{Lens, Look, Now, Reason, StepError, Target, Verdict, Write, count, first_few};

pub(super) struct Whole;

impl Lens for Whole {
    /// `None`: there is no such set. Boxed, because it is everything that AWS takes to make it again.
    type State = Option<Box<Body>>;
    const KIND: &'static str = "whole-permission-set";
    const NEEDS: &'static [Section] = &[Section::IdentityCenter];
    const SETTLES_WITHIN: Duration = CARRIED_OUT_WITHIN;

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        super::narrow(ask, at);
    }

    fn state(&self, look: &Look<'_>) -> Now<Self::State> {
        let id = look.case.names.current(&look.at.id);
        super::state_of(look, &id, Now::Is(None), |set| Body::of(set, gone::known(&look.case.names, look.at)))
    }

    fn contain(&self, now: &Self::State, look: &Look<'_>) -> Verdict<Self::State> {
        let Some(body) = now else { return Verdict::Already };
        let Some((instance, set)) = super::set(look) else {
            return Verdict::Refuse("the permission set was not read".into());
        };
        let elsewhere = match others(set, &look.account.id) {
            Ok(others) => others,
            Err(why) => return Verdict::Refuse(why),
        };
        // It lets nobody into this account. One whose last assignments AWS cannot remove, it does not delete.
        if body.assigned.is_empty() && (set.latest_here.is_none() || !body.gone.is_empty()) {
            return Verdict::Already;
        }
        let why = kept_whole(look, instance, set).or_else(|| of_an_actor(look, set));
        Verdict::unless(why.or_else(|| shared(&elsewhere)), None)
    }

    fn queue(&self, at: &Target) -> Option<(String, usize)> {
        Some(queue(at))
    }

    fn passes(&self, from: &Self::State, to: &Self::State) -> Vec<Self::State> {
        let whole = from.as_ref().or(to.as_ref());
        whole.into_iter().flat_map(|body| body.passes()).map(|body| Some(Box::new(body))).collect()
    }

    fn is_between(&self, from: &Self::State, to: &Self::State, now: &Self::State) -> bool {
        let whole = from.as_ref().or(to.as_ref());
        matches!((whole, now), (Some(whole), Some(now)) if now.is_part_of(whole))
    }

    fn arrived(&self, to: &Self::State, now: &Self::State) -> bool {
        match (to, now) {
            (Some(to), Some(now)) => now.is_at(to),
            // AWS deletes no set that it lists an assignment of, though nobody signs in by it.
            (None, Some(now)) => now.assigned.is_empty() && !now.gone.is_empty(),
            _ => to == now,
        }
    }

    fn lacks(&self, to: &Self::State, now: &Self::State) -> Option<Reason> {
        let now = now.as_ref()?;
        match to {
            Some(to) => gone::lacks(&to.assigned, &now.gone),
            None => Some(format!(
                "not deleted, because AWS goes on listing the assignments of whom the directory does not have any more: \
                 {}. Nobody is assigned it besides, and nobody signs in by it. Delete it by hand when AWS lists none",
                gone::words(&now.gone)
            )),
        }
    }

    fn show(&self, state: &Self::State) -> String {
        state.as_ref().map_or_else(|| "deleted".into(), |body| body.show())
    }

    async fn write(&self, write: Write<'_, Self::State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let place = Place::of(aws, at)?.of_set(&aws.names().current(&at.id));
        match to {
            None => delete(aws, at, &place).await,
            Some(body) => making::make(aws, at, place, body).await,
        }
    }
}

/// The other accounts that have the set.
fn others(set: &PermissionSet, own: &str) -> Result<BTreeSet<String>, Reason> {
    let accounts = set.accounts.as_result().map_err(|gap| {
        format!(
            "which other accounts have it is not known ({}): deleted, it would be gone there",
            gap.cause.words()
        )
    })?;
    Ok(accounts.keys().filter(|id| *id != own).cloned().collect())
}

fn shared(others: &BTreeSet<String>) -> Option<Reason> {
    let accounts = count(others.len(), "other account");
    let sentence = format!(
        "{accounts} have it too ({}): deleted, it would be gone there. The way \"unassign\" takes it from this \
         account alone",
        first_few(others, 3)
    );
    (!others.is_empty()).then(|| sentence.replacen("1 other account have", "1 other account has", 1))
}

/// Takes the set from everybody in this account, waits for each, and deletes it. AWS deletes no set that an
/// account has.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_DeletePermissionSet.html>
async fn delete(aws: &Aws, at: &Target, place: &Place<'_>) -> Result<(), StepError> {
    let accounts = accounts_of(aws, place.region, &place.instance, &place.set).await;
    let Some(accounts) = unless_gone(accounts)? else { return Ok(()) };
    // Somebody may have assigned it elsewhere since it was planned.
    if let Some(other) = accounts.keys().find(|id| **id != place.account) {
        return Err(StepError::State(format!("account {other} has it by now: nothing was sent")));
    }
    match bring_to(aws, at, place, &BTreeSet::new()).await? {
        Some(gone) if gone.is_empty() => {}
        Some(_) => return Ok(()),
        None => {
            return Err(StepError::State(
                "AWS still shows somebody who is assigned it: it was not deleted".into(),
            ));
        }
    }
    let client = aws.ssoadmin(place.region);
    until_free(aws, || async {
        let delete = client.delete_permission_set().instance_arn(&place.instance);
        unless_gone(delete.permission_set_arn(&place.set).send().await)?;
        Ok(())
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::IdentityCenter;
    use super::super::tests::{ME, OWNER, account, id, parts, set, why};
    use super::*;
    use crate::account::{Account, Assignment, HeldPolicy, Role, Seen};
    use crate::aws::ledger::Phase;
    use crate::config::Config;
    use crate::step::{Case, Step};
    use crate::steps::shared::testing::{case, changed, plan, simulated};

    fn deleting() -> Case {
        case(&[("way", "delete")])
    }

    /// Admins with every part, and Ops, with which somebody has signed in.
    fn whole() -> Account {
        let mut account = account();
        for name in ["Admins", "Ops"] {
            let set = set(&mut account, name);
            set.accounts = Seen::Read([(ME.to_owned(), true)].into());
            set.assignments = Seen::Read([Assignment { kind: "GROUP".into(), id: "g-1".into() }].into());
            set.parts = Seen::Read(parts());
        }
        let principals = account.principals.read_mut().unwrap();
        principals.policies.insert(format!("arn:aws:iam::{ME}:policy/teams/Guard"), "{}".into());
        account
    }

    #[test]
    fn a_set_that_another_account_has_and_the_responders_own_stay() {
        let mut account = whole();
        assert_eq!(changed(&IdentityCenter, &account, &deleting()), [id("Admins")]);
        assert!(why(&account, &deleting(), "Ops").starts_with("it is yours"));
        let config = Config { break_glass: vec!["AWSReservedSSO_Admins_*".into()], ..Config::default() };
        let glass = Case { config: Arc::new(config), ..deleting() };
        assert!(why(&account, &glass, "Admins").starts_with("spared: "));
        set(&mut account, "Admins").accounts = Seen::Read([ME, OWNER].map(|id| (id.to_owned(), true)).into());
        let said = why(&account, &deleting(), "Admins");
        assert!(said.contains("1 other account has it too (999999999999)"), "{said}");
        assert!(said.contains("\"unassign\""), "{said}");
        set(&mut account, "Admins").accounts = Seen::default();
        assert!(why(&account, &deleting(), "Admins").contains("which other accounts have it is not known"));
    }

    #[test]
    fn a_plan_names_what_knows_the_old_role() {
        let mut account = whole();
        let arn = account.roles_of_set("Admins").next().unwrap().1.arn.clone();
        let trust = format!(r#"{{"Statement":[{{"Principal":{{"AWS":"{arn}"}}}}]}}"#);
        let deploy = Role { trust: trust.clone(), ..Role::default() };
        account.principals.read_mut().unwrap().roles.insert("deploy".into(), deploy);
        let key = HeldPolicy { policy: Some(trust), ..HeldPolicy::default() };
        let here = account.regions.get_mut("eu-west-1").unwrap();
        here.key_policies = Seen::Read([("arn:key".to_owned(), Seen::Read(key))].into());
        let found = IdentityCenter.find(&account, &deleting());
        let said: Vec<&str> =
            found.findings.iter().filter(|one| one.matters).map(|one| one.text.as_str()).collect();
        let [whose, said] = said[..] else { panic!("{said:?}") };
        assert!(whose.contains("rights of whoever calls"), "{whose}");
        assert!(said.contains("the trust policy of role deploy, key arn:key"), "{said}");
        assert!(found.findings.iter().any(|one| one.text.contains("aws-auth")), "{found:?}");
    }

    #[tokio::test]
    async fn a_set_of_the_same_name_that_somebody_made_meanwhile_is_left_as_it_is() {
        let (before, case) = (whole(), deleting());
        let (simulation, aws) = simulated(before.clone(), &case);
        let changes = plan(&IdentityCenter, &before, &case);
        let (at, from, to) = &changes[0];
        let lens = (&IdentityCenter as &dyn Step).lens(at);
        {
            let _phase = aws.enter(Phase::Apply);
            lens.write(Write::new(&aws, at, from, to, &case.params)).await.unwrap();
        }
        assert!(simulation.account().roles_of_set("Admins").next().is_none());
        let theirs = |account: &mut Account| {
            let mut set = set(account, "Ops").clone();
            set.name = "Admins".into();
            let sets = account.identity_center.read_mut().unwrap().instances.values_mut().next();
            let sets = sets.unwrap().permission_sets.read_mut().unwrap();
            set.parts.read_mut().unwrap().managed.insert("arn:aws:iam::aws:policy/More".into());
            sets.insert(id("Theirs"), Seen::Read(set));
        };
        simulation.meddle(theirs);
        let _phase = aws.enter(Phase::Restore);
        let error = lens.write(Write::new(&aws, at, to, from, &case.params)).await.unwrap_err();
        let error = error.to_string();
        assert!(error.contains("another permission set of the name Admins"), "{error}");
        assert!(error.contains("policies of AWS besides"), "{error}");
        assert_eq!(aws.names().current(&at.id), at.id);
    }
}
