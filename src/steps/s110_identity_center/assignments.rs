//! Who is assigned one permission set in this account. Nobody is, after the cut; the role of the set goes with
//! the last assignment, and comes back under another name.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ssoadmin::types::{PrincipalType, TargetType};
use serde::{Deserialize, Serialize};

use super::gone;
use super::place::{Place, queue, until_carried_out, until_free};
use super::spared::kept_whole;
use crate::account::{Assignment, Section};
use crate::aws::{Aws, unless_gone};
use crate::collect::Ask;
use crate::collect::identity_center::assigned;
use crate::step::{Lens, Look, Now, Reason, StepError, Target, Verdict, Write, count};

pub(super) struct Assignments;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// Those who get in by it.
    assigned: BTreeSet<Assignment>,
    /// Those whom the run has found to be in the directory no more.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    gone: BTreeSet<Assignment>,
}

/// How often a set is looked at and written.
const ROUNDS: usize = 3;
/// How long AWS may be at one assignment.
pub(super) const CARRIED_OUT_WITHIN: Duration = Duration::from_secs(300);

impl Lens for Assignments {
    type State = State;
    const KIND: &'static str = "assignments";
    const NEEDS: &'static [Section] = &[Section::IdentityCenter];
    const SETTLES_WITHIN: Duration = CARRIED_OUT_WITHIN;

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        super::narrow(ask, at);
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        super::state_of(look, &look.at.id, Now::Vanished, |set| {
            let gone = gone::known(&look.case.names, look.at);
            Now::of(&set.assignments, |assigned| Now::Is(State { assigned: assigned - &gone, gone }))
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        if now.assigned.is_empty() {
            return Verdict::Already;
        }
        let Some((instance, set)) = super::set(look) else {
            return Verdict::Refuse("the permission set was not read".into());
        };
        Verdict::unless(
            kept_whole(look, instance, set),
            State { assigned: BTreeSet::new(), gone: now.gone.clone() },
        )
    }

    fn queue(&self, at: &Target) -> Option<(String, usize)> {
        Some(queue(at))
    }

    /// One assignment after the other, in order: those that are missing first. Where some failed, any others may
    /// have been carried out: see [`is_between`].
    fn passes(&self, from: &State, to: &State) -> Vec<State> {
        let passed = between(&from.assigned, &to.assigned).into_iter();
        passed.map(|assigned| State { assigned, gone: BTreeSet::new() }).collect()
    }

    fn is_between(&self, from: &State, to: &State, now: &State) -> bool {
        is_between(&from.assigned, &to.assigned, &now.assigned, &now.gone)
    }

    fn arrived(&self, to: &State, now: &State) -> bool {
        now.assigned == &to.assigned - &now.gone
    }

    fn lacks(&self, to: &State, now: &State) -> Option<Reason> {
        gone::lacks(&to.assigned, &now.gone)
    }

    fn show(&self, state: &State) -> String {
        let who = match state.assigned.len() {
            0 => "nobody is assigned".into(),
            number => {
                let groups = state.assigned.iter().filter(|one| one.kind == "GROUP").count();
                format!("{} and {} assigned", count(number - groups, "user"), count(groups, "group"))
            }
        };
        if state.gone.is_empty() {
            return who;
        }
        format!("{who}; not in the directory any more: {}", gone::words(&state.gone))
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        bring_to(aws, at, &Place::of(aws, at)?, &to.assigned).await.map(drop)
    }
}

/// What is assigned between two states, where one is missing after the other: those that come first, in order,
/// then those that go.
pub(super) fn between(from: &BTreeSet<Assignment>, to: &BTreeSet<Assignment>) -> Vec<BTreeSet<Assignment>> {
    let mut now = from.clone();
    let mut passed = vec![];
    for one in to.difference(from) {
        now.insert(one.clone());
        passed.push(now.clone());
    }
    for one in from.difference(to) {
        now.remove(one);
        passed.push(now.clone());
    }
    passed.pop();
    passed
}

/// May writes between two states have stopped with these assigned? All that both have are, unless they are gone,
/// and none that neither has.
pub(super) fn is_between(
    from: &BTreeSet<Assignment>,
    to: &BTreeSet<Assignment>,
    now: &BTreeSet<Assignment>,
    gone: &BTreeSet<Assignment>,
) -> bool {
    now.is_subset(&(from | to)) && (&(from & to) - gone).is_subset(now)
}

/// Assigns a set to these and to nobody else in this account, each awaited. One that AWS cannot carry out does not
/// keep the others from being tried. Returns who is still listed although the directory does not have them; `None`
/// where AWS shows other assignments than it has carried out.
///
/// # Errors
/// All that failed, but for users and groups that are gone: those are recorded, and not tried again.
pub(super) async fn bring_to(
    aws: &Aws,
    at: &Target,
    place: &Place<'_>,
    to: &BTreeSet<Assignment>,
) -> Result<Option<BTreeSet<Assignment>>, StepError> {
    let mut rounds = 0;
    loop {
        let now = assigned(aws, place.region, (&place.instance, &place.set), &place.account).await?;
        let known = gone::known(aws.names(), at);
        let (wanted, there) = (to - &known, &now - &known);
        if there == wanted {
            return Ok(Some(&now & &known));
        }
        // AWS may still carry out what was accepted before a process died: it is looked at again.
        rounds += 1;
        if rounds > ROUNDS {
            return Ok(None);
        }
        let mut failed = vec![];
        for one in wanted.difference(&there) {
            tried(aws, at, one, assign(aws, place, one).await, &mut failed)?;
        }
        for one in there.difference(&wanted) {
            tried(aws, at, one, unassign(aws, place, one).await, &mut failed)?;
        }
        gone::together(failed)?;
    }
}

/// Keeps what was refused about one user or group, and records one that is gone.
fn tried(
    aws: &Aws,
    at: &Target,
    who: &Assignment,
    answer: Result<(), StepError>,
    failed: &mut Vec<(String, StepError)>,
) -> Result<(), StepError> {
    match answer {
        Ok(()) => Ok(()),
        Err(error) if gone::is_told(&error) => gone::record(aws, at, who),
        Err(error) if gone::of_one(&error) => {
            failed.push((gone::words([who]), error));
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreateAccountAssignment.html>
async fn assign(aws: &Aws, place: &Place<'_>, to: &Assignment) -> Result<(), StepError> {
    let client = aws.ssoadmin(place.region);
    let accepted = until_free(aws, || async {
        let create = client.create_account_assignment().instance_arn(&place.instance);
        let create = create.permission_set_arn(&place.set).target_type(TargetType::AwsAccount);
        let create = create.target_id(&place.account).principal_id(&to.id);
        let create = create.principal_type(PrincipalType::from(to.kind.as_str()));
        Ok(create.send().await?.account_assignment_creation_status)
    });
    let Some(id) = accepted.await?.and_then(|status| status.request_id) else { return Ok(()) };
    until_carried_out(aws, CARRIED_OUT_WITHIN, || async {
        let look = client.describe_account_assignment_creation_status().instance_arn(&place.instance);
        let answer = look.account_assignment_creation_request_id(&id).send().await?;
        let status = answer.account_assignment_creation_status;
        Ok(status.map_or((None, None), |status| (status.status, status.failure_reason)))
    })
    .await
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_DeleteAccountAssignment.html>
async fn unassign(aws: &Aws, place: &Place<'_>, of: &Assignment) -> Result<(), StepError> {
    let client = aws.ssoadmin(place.region);
    let accepted = until_free(aws, || async {
        let delete = client.delete_account_assignment().instance_arn(&place.instance);
        let delete = delete.permission_set_arn(&place.set).target_type(TargetType::AwsAccount);
        let delete = delete.target_id(&place.account).principal_id(&of.id);
        let delete = delete.principal_type(PrincipalType::from(of.kind.as_str()));
        match unless_gone(delete.send().await)? {
            Some(answer) => Ok(answer.account_assignment_deletion_status),
            None => Ok(None),
        }
    });
    let Some(id) = accepted.await?.and_then(|status| status.request_id) else { return Ok(()) };
    until_carried_out(aws, CARRIED_OUT_WITHIN, || async {
        let look = client.describe_account_assignment_deletion_status().instance_arn(&place.instance);
        let answer = look.account_assignment_deletion_request_id(&id).send().await?;
        let status = answer.account_assignment_deletion_status;
        Ok(status.map_or((None, None), |status| (status.status, status.failure_reason)))
    })
    .await
}
