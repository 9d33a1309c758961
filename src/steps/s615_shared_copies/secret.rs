//! A secret of Secrets Manager, and whom its policy lets read it.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html>

use super::grantees;
use super::policies::{self, Emptied, Text};
use crate::account::Section;
use crate::collect::Ask;
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write};

pub(super) struct SharedSecret;

impl Lens for SharedSecret {
    type State = Text;
    const KIND: &'static str = "secret-policy";
    const NEEDS: &'static [Section] = &[Section::SecretPolicies];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        grantees::narrow(ask, at);
    }

    fn state(&self, look: &Look<'_>) -> Now<Text> {
        policies::state(look, |here| &here.secret_policies)
    }

    fn contain(&self, now: &Text, look: &Look<'_>) -> Verdict<Text> {
        policies::contain(now, look, false, Emptied::NoPolicy)
    }

    fn arrived(&self, to: &Text, now: &Text) -> bool {
        policies::same(to, now)
    }

    fn show(&self, state: &Text) -> String {
        policies::show(state)
    }

    async fn write(&self, write: Write<'_, Text>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let manager = aws.secrets(at.region_name());
        match to {
            Some(text) => {
                manager.put_resource_policy().secret_id(&at.id).resource_policy(text).send().await?;
            }
            None => drop(manager.delete_resource_policy().secret_id(&at.id).send().await?),
        }
        Ok(())
    }
}
