//! A user's password or API key for one service.

use aws_sdk_iam::types::StatusType;

use super::State;
use crate::account::Section;
use crate::step::{Lens, Look, Now, StepError, Verdict, Write};

pub(super) struct Password;

impl Lens for Password {
    type State = State;
    const KIND: &'static str = "service-credential";
    const NEEDS: &'static [Section] = &[Section::ServiceCredentials];

    fn state(&self, look: &Look<'_>) -> Now<State> {
        Now::of_item(&look.account.service_credentials, &look.at.id, |one| {
            Now::Is(State { user: one.user.clone(), status: one.status.clone() })
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        now.contain(look)
    }

    fn show(&self, state: &State) -> String {
        state.status.to_lowercase()
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        // The user's name is mandatory for a caller with temporary credentials.
        let update = write.aws.iam().update_service_specific_credential().user_name(&write.to.user);
        let status = StatusType::from(write.to.status.as_str());
        update.service_specific_credential_id(&write.at.id).status(status).send().await?;
        Ok(())
    }
}
