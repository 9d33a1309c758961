//! A secret of Secrets Manager, and whom its policy lets read it.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html>

use super::policies::{Emptied, Holder, Policies};
use crate::account::{Region, Section};
use crate::aws::Aws;
use crate::step::{Look, StepError, Target};

pub(super) struct SharedSecret;

impl Holder for SharedSecret {
    const KIND: &'static str = "secret-policy";
    const NEEDS: &'static [Section] = &[Section::SecretPolicies];

    fn policies(here: &Region) -> &Policies {
        &here.secret_policies
    }

    fn emptied(_: &Look<'_>) -> Emptied {
        Emptied::NoPolicy
    }

    async fn write(aws: &Aws, at: &Target, text: Option<&str>) -> Result<(), StepError> {
        let manager = aws.secrets(at.region_name());
        match text {
            Some(text) => {
                manager.put_resource_policy().secret_id(&at.id).resource_policy(text).send().await?;
            }
            None => drop(manager.delete_resource_policy().secret_id(&at.id).send().await?),
        }
        Ok(())
    }
}
