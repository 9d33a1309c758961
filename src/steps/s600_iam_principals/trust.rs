//! The trust policy of a role, with nobody left in it.
//!
//! Without an Allow nobody can assume the role, of whatever account, and no service. Sessions that are there
//! live on: the inline policy ends those.

use serde::{Deserialize, Serialize};

use super::spared;
use crate::account::Section;
use crate::account::policy::meaning;
use crate::step::{Lens, Look, Now, StepError, Verdict, Write};

pub(super) struct Trust;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    Own(String),
    Closed,
}

const CLOSED: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"UnplugClosed","Effect":"Deny","Principal":{"AWS":"*"},"Action":["sts:AssumeRole","sts:AssumeRoleWithSAML","sts:AssumeRoleWithWebIdentity"]}]}"#;

impl Lens for Trust {
    type State = State;
    const KIND: &'static str = "role-trust";
    const NEEDS: &'static [Section] = &[Section::Principals];

    fn state(&self, look: &Look<'_>) -> Now<State> {
        Now::of(&look.account.principals, |all| match all.roles.get(&look.at.id) {
            Some(role) if meaning(&role.trust) == meaning(CLOSED) => Now::Is(State::Closed),
            Some(role) => Now::Is(State::Own(role.trust.clone())),
            None => Now::Vanished,
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let State::Own(text) = now else { return Verdict::Already };
        let why = spared::role(look).or_else(|| {
            let id = spared::deleted(text)?;
            Some(format!(
                "its trust policy names {id}, which was deleted: AWS would not take that text back. Its sessions \
                 are denied all the same"
            ))
        });
        Verdict::unless(why, State::Closed)
    }

    fn show(&self, state: &State) -> String {
        match state {
            State::Own(_) => "its trust policy".into(),
            State::Closed => "nobody can assume it".into(),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let text = match write.to {
            State::Own(text) => text,
            State::Closed => CLOSED,
        };
        let update = write.aws.iam().update_assume_role_policy().role_name(&write.at.id);
        update.policy_document(text).send().await?;
        Ok(())
    }
}
