//! Who is assigned one permission set in this account. Nobody is, after the cut; the role of the set goes with
//! the last assignment, and comes back under another name.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ssoadmin::types::{PrincipalType, TargetType};
use serde::{Deserialize, Serialize};

use super::place::{Place, queue, until_carried_out, until_free};
use super::spared::kept_whole;
use crate::account::{Assignment, Section};
use crate::aws::{Aws, unless_gone};
use crate::collect::Ask;
use crate::collect::identity_center::assigned;
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write, count};

pub(super) struct Assignments;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    assigned: BTreeSet<Assignment>,
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
            Now::of(&set.assignments, |assigned| Now::Is(State { assigned: assigned.clone() }))
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        if now.assigned.is_empty() {
            return Verdict::Already;
        }
        let Some((instance, set)) = super::set(look) else {
            return Verdict::Refuse("the permission set was not read".into());
        };
        Verdict::unless(kept_whole(look, instance, set), State { assigned: BTreeSet::new() })
    }

    fn queue(&self, at: &Target) -> Option<(String, usize)> {
        Some(queue(at))
    }

    /// One assignment after the other, in order: those that are missing first.
    fn passes(&self, from: &State, to: &State) -> Vec<State> {
        let passed = between(&from.assigned, &to.assigned).into_iter();
        passed.map(|assigned| State { assigned }).collect()
    }

    fn show(&self, state: &State) -> String {
        match state.assigned.len() {
            0 => "nobody is assigned".into(),
            number => {
                let groups = state.assigned.iter().filter(|one| one.kind == "GROUP").count();
                format!("{} and {} assigned", count(number - groups, "user"), count(groups, "group"))
            }
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        bring_to(aws, &Place::of(aws, at)?, &to.assigned).await.map(drop)
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

/// Assigns a set to these and to nobody else in this account, each awaited. Returns whether AWS shows it so.
pub(super) async fn bring_to(
    aws: &Aws,
    place: &Place<'_>,
    to: &BTreeSet<Assignment>,
) -> Result<bool, StepError> {
    let shown = || assigned(aws, place.region, (&place.instance, &place.set), &place.account);
    // AWS may still carry out what was accepted before a process died: it is looked at again.
    for _ in 0..ROUNDS {
        let now = shown().await?;
        if now == *to {
            return Ok(true);
        }
        for one in to.difference(&now) {
            assign(aws, place, one).await?;
        }
        for one in now.difference(to) {
            unassign(aws, place, one).await?;
        }
    }
    Ok(shown().await? == *to)
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
