//! A permission set with a statement in its inline policy that denies everything, provisioned to this account,
//! or to every account that has the set.
//!
//! ```text
//! inline policy  PutInlinePolicyToPermissionSet   the set, in no account yet
//! provision      ProvisionPermissionSet ─▶ DescribePermissionSetProvisioningStatus … SUCCEEDED
//! in effect      the role AWSReservedSSO_… of this account holds the statement: open sessions too
//! ```

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::place::{Place, queue, until_free};
use super::policy::{provision, set_denies, unfit};
use super::spared::spared;
use super::statement::{Denies, Reach};
use crate::account::identity_center::INLINE;
use crate::account::{PermissionSet, Role, Section};
use crate::collect::Ask;
use crate::collect::identity_center::provisioned;
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write};

/// The lens of one permission set. `EVERYWHERE`: in every account that it is provisioned to.
pub(super) struct Deny<const EVERYWHERE: bool>;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// What the statement of unplug's name denies; `None` where the policy has none. The rest of the policy is
    /// no part of the state: whoever changes it meanwhile keeps the change.
    denies: Option<Denies>,
    /// The accounts have this version of the policy.
    provisioned: bool,
}

impl<const EVERYWHERE: bool> Deny<EVERYWHERE> {
    fn reach(account: &str) -> Reach<'_> {
        if EVERYWHERE { Reach::Everywhere } else { Reach::Account(account) }
    }
}

impl<const EVERYWHERE: bool> Lens for Deny<EVERYWHERE> {
    type State = State;
    const KIND: &'static str = if EVERYWHERE { "permission-set-everywhere" } else { "permission-set" };
    const NEEDS: &'static [Section] = &[Section::IdentityCenter, Section::Principals];
    // AWS updates one role of an account at a time; everywhere may be thousands of accounts.
    const SETTLES_WITHIN: Duration = Duration::from_secs(if EVERYWHERE { 1_800 } else { 300 });

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        super::narrow(ask, at);
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        super::state_of(look, &look.at.id, Now::Vanished, |set| {
            let latest = match latest::<EVERYWHERE>(set) {
                Ok(latest) => latest,
                Err(unknown) => return unknown,
            };
            Now::of(&look.account.principals, |_| state::<EVERYWHERE>(set, latest, look))
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let Some((instance, set)) = super::set(look) else {
            return Verdict::Refuse("the permission set was not read".into());
        };
        let wanted = match spared::<EVERYWHERE>(look, instance, set) {
            Ok(spared) => State { denies: Some(Denies::AllBut(spared)), provisioned: true },
            Err(why) => return Verdict::Refuse(why),
        };
        if *now == wanted {
            return Verdict::Already;
        }
        if EVERYWHERE && now.denies.is_none() && !now.provisioned {
            return Verdict::Refuse(
                "somebody has changed it and not provisioned the change to every account: provisioned with the deny, \
                 it would be in effect there. Provision it first, or cut this account alone"
                    .into(),
            );
        }
        let reach = Self::reach(&look.account.id);
        Verdict::unless(unfit(set.policy.as_deref(), reach, wanted.denies.as_ref()), wanted)
    }

    fn queue(&self, at: &Target) -> Option<(String, usize)> {
        Some(queue(at))
    }

    fn passes(&self, from: &State, to: &State) -> Vec<State> {
        // The policy is written, and not provisioned; or AWS carries out what was accepted before.
        let written = (from.denies != to.denies).then(|| State { provisioned: false, ..to.clone() });
        let carried_out = (!from.provisioned).then(|| State { provisioned: true, ..from.clone() });
        written.into_iter().chain(carried_out).collect()
    }

    fn arrived(&self, to: &State, now: &State) -> bool {
        // What is provisioned stays so.
        now == to || (now.denies == to.denies && now.provisioned)
    }

    fn show(&self, state: &State) -> String {
        let what = match &state.denies {
            None => "not denied".to_owned(),
            Some(Denies::AllBut(spared)) if spared.is_empty() => "denied everything".to_owned(),
            Some(Denies::AllBut(spared)) => {
                let spared: Vec<&str> = spared.iter().map(String::as_str).collect();
                format!("denied everything but to user {}", spared.join(", "))
            }
            Some(Denies::Other(_)) => "another statement of unplug's name".to_owned(),
        };
        if state.provisioned { what } else { format!("{what}, not provisioned") }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let place = Place::of(aws, at)?;
        let reach = Self::reach(&place.account);
        until_free(aws, || set_denies(aws, &place, reach, to.denies.as_ref())).await?;
        if !EVERYWHERE {
            // Provisioned to an account that does not have it, a set gets a role there.
            let here = provisioned(aws, place.region, &place.instance, &place.account).await?;
            if !here.iter().any(|sets| sets.contains(&place.set)) {
                return Ok(());
            }
        }
        provision::<EVERYWHERE>(aws, &place, Self::SETTLES_WITHIN).await
    }
}

/// Do the accounts that the cut is for have the set's latest version?
fn latest<const EVERYWHERE: bool>(set: &PermissionSet) -> Result<bool, Now<State>> {
    if EVERYWHERE {
        let accounts = set.accounts.as_result().map_err(|gap| Now::Unknown(gap.clone()))?;
        return Ok(accounts.values().all(|latest| *latest));
    }
    // A set that somebody has taken from the account meanwhile has no role there that could be denied.
    Ok(set.latest_here.unwrap_or(true))
}

/// The state by the set, and by the role that it has in this account: the role alone shows whether a policy
/// that was never provisioned is the cut's or somebody else's.
fn state<const EVERYWHERE: bool>(set: &PermissionSet, latest: bool, look: &Look<'_>) -> Now<State> {
    let reach = Deny::<EVERYWHERE>::reach(&look.account.id);
    let denies = reach.parts(set.policy.as_deref()).denies;
    let shows = |role: &Role| reach.parts(role.inline.get(INLINE).map(String::as_str)).denies == denies;
    // Two instances may each have a set of the name: its role is the one that shows the same, if one does.
    let mut roles = look.account.roles_of_set(&set.name).map(|(_, role)| shows(role)).peekable();
    let has_role = roles.peek().is_some();
    let differs = has_role && !roles.any(|shows| shows);
    let is = |provisioned| State { denies: denies.clone(), provisioned };
    match (latest, differs) {
        // Provisioned, and IAM does not show it yet; or on its way.
        (true, true) => Now::Settling(is(true)),
        (true, false) => Now::Is(is(true)),
        // Somebody has changed something else of the set, and not provisioned it. Of the roles of other accounts
        // nothing is known.
        (false, false) if !EVERYWHERE && has_role => Now::Is(is(true)),
        (false, _) => Now::Settling(is(false)),
    }
}
