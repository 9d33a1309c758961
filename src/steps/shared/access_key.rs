//! One access key of a user, and its status.
//!
//! AWS has no call that gives a secret back, so a key is turned off and never deleted.

use aws_sdk_iam::types::StatusType;
use serde::{Deserialize, Serialize};

use crate::account::Section;
use crate::collect::Ask;
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write};

/// The kind of a key's targets.
pub(in crate::steps) const KIND: &str = "access-key";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::steps) struct State {
    pub user: String,
    /// `Active`, `Inactive` or `Expired`.
    pub status: String,
}

/// Which keys a step turns off.
pub(in crate::steps) trait KeyRule: Sync + 'static {
    /// Pure: the verdict on a key that is on; `off` is its state once it is turned off.
    fn judge(&self, off: State, look: &Look<'_>) -> Verdict<State>;
}

/// The lens of a key, with the rule of its step.
pub(in crate::steps) struct AccessKey<R>(pub R);

impl<R: KeyRule> Lens for AccessKey<R> {
    type State = State;
    const KIND: &'static str = KIND;
    const ID_SAYS_KIND: bool = true;
    const NEEDS: &'static [Section] = &[Section::AccessKeys];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.users.get_or_insert_default().extend(at.label.clone());
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        Now::of_item(&look.account.access_keys, &look.at.id, |key| {
            Now::Is(State { user: key.user.clone(), status: key.status.clone() })
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        if now.status != StatusType::Active.as_str() {
            return Verdict::Already;
        }
        self.0.judge(State { user: now.user.clone(), status: StatusType::Inactive.as_str().into() }, look)
    }

    fn show(&self, state: &State) -> String {
        state.status.to_lowercase()
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        // The user's name is mandatory for a caller with temporary credentials.
        aws.iam()
            .update_access_key()
            .user_name(&to.user)
            .access_key_id(&at.id)
            .status(StatusType::from(to.status.as_str()))
            .send()
            .await?;
        Ok(())
    }
}
