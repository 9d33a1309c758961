//! A user's public SSH key, which `CodeCommit` takes.

use aws_sdk_iam::types::StatusType;

use super::State;
use crate::account::Section;
use crate::collect::Ask;
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write};

pub(super) struct SshPublicKey;

impl Lens for SshPublicKey {
    type State = State;
    const KIND: &'static str = "ssh-key";
    const NEEDS: &'static [Section] = &[Section::SshKeys];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.users.get_or_insert_default().extend(at.label.clone());
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        Now::of_item(&look.account.ssh_keys, &look.at.id, |one| {
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
        let update = write.aws.iam().update_ssh_public_key().user_name(&write.to.user);
        let status = StatusType::from(write.to.status.as_str());
        update.ssh_public_key_id(&write.at.id).status(status).send().await?;
        Ok(())
    }
}
