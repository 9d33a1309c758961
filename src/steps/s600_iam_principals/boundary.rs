//! The boundary of a user or role whose inline policies leave no room: AWS's policy that denies everything.
//!
//! A boundary has no size. It must deny: one that allows little does not stop what a resource's policy grants
//! to the user, or to a session of the role.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>

use serde::{Deserialize, Serialize};

use super::holder::Holder;
use crate::account::{Account, Section};
use crate::step::{Lens, Look, Now, StepError, Verdict, Write};

pub(super) struct Boundary<H>(pub H);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// The ARN of the boundary's policy.
    boundary: Option<String>,
}

/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSDenyAll.html>
fn deny_all(account: &Account) -> String {
    format!("arn:{}:iam::aws:policy/AWSDenyAll", account.partition())
}

impl<H: Holder + Send> Lens for Boundary<H> {
    type State = State;
    const KIND: &'static str = H::BOUNDARY_KIND;
    const NEEDS: &'static [Section] = &[Section::Principals];

    fn state(&self, look: &Look<'_>) -> Now<State> {
        Now::of(&look.account.principals, |all| match self.0.find(all, &look.at.id) {
            Some(held) => Now::Is(State { boundary: held.boundary.map(str::to_owned) }),
            None => Now::Vanished,
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let denied = State { boundary: Some(deny_all(look.account)) };
        if *now == denied {
            return Verdict::Already;
        }
        Verdict::unless(self.0.spared(look), denied)
    }

    fn show(&self, state: &State) -> String {
        match &state.boundary {
            Some(arn) => format!("boundary {}", arn.rsplit('/').next().unwrap_or(arn)),
            None => "no boundary".into(),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        self.0.set_boundary(write.aws, &write.at.id, write.to.boundary.as_deref()).await
    }
}
