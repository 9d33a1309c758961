//! One access key of a user, and its status.
//!
//! AWS has no call that gives a secret back, so a key is turned off and never deleted.

use aws_sdk_iam::types::StatusType;
use serde::{Deserialize, Serialize};

use super::{all_but_mine, session, suspicion};
use crate::account::{Account, Section};
use crate::collect::Ask;
use crate::step::{Case, Lens, Look, Now, Reason, StepError, Target, Verdict, Write};
use crate::steps::shared::spared::break_glass;

pub(super) struct AccessKey;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    pub user: String,
    /// `Active`, `Inactive` or `Expired`.
    pub status: String,
}

const WAY_BACK: &str = "stays off after a restore; the way back is unplug restore RUN --reactivate KEY";

impl Lens for AccessKey {
    type State = State;
    const KIND: &'static str = "access-key";
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
        let Look { at, account, case } = *look;
        if now.status != StatusType::Active.as_str() {
            return Verdict::Already;
        }
        let off = State { user: now.user.clone(), status: StatusType::Inactive.as_str().into() };
        let suspicion = suspicion(&at.id, &now.user, account, case);
        if suspicion.is_none() && !all_but_mine(case) {
            return Verdict::Already;
        }
        if let Some(why) = spared(&at.id, &now.user, account, case) {
            return Verdict::Refuse(why);
        }
        match (suspicion, session::behind(&at.id, &now.user, account)) {
            // A leaked key goes off, whatever session was made from it.
            (Some(why), _) => Verdict::Lasting(off, format!("{why}: {WAY_BACK}")),
            (None, Some(why)) => Verdict::Refuse(why),
            (None, None) => Verdict::Change(off),
        }
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

/// Why a key must not be cut.
fn spared(id: &str, user: &str, account: &Account, case: &Case) -> Option<Reason> {
    let caller = &account.caller;
    let signing = caller.access_key.as_deref();
    if signing == Some(id) {
        return Some("it signs unplug's own calls; use other credentials to cut it".into());
    }
    // A session's key (ASIA…) does not say from which long-term key it was made.
    if caller.user() == Some(user) && !signing.is_some_and(|key| key.starts_with("AKIA")) {
        return Some("it is yours, and it cannot be proved that it is not the one in use".into());
    }
    let principals = account.principals.read();
    if caller.user().is_some_and(|me| principals.is_some_and(|all| all.quarantined().contains(me))) {
        return Some(
            "AWS has quarantined you: the quarantine denies this call; use other credentials".into(),
        );
    }
    break_glass(user, account, case)
}
