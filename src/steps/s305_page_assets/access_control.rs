//! The origin access control with which CloudFront signs what it asks the page's bucket.
//!
//! It is no `Made<R>`: its name is the run's to choose and one of an account, so that no id can be lost.

use aws_sdk_cloudfront::types::{
    OriginAccessControlConfig, OriginAccessControlOriginTypes, OriginAccessControlSigningBehaviors,
    OriginAccessControlSigningProtocols,
};
use serde::{Deserialize, Serialize};

use crate::account::{AccessControl, Distribution, Section};
use crate::aws::{Aws, AwsError, lists, unless_gone};
use crate::step::{Lens, Look, Now, Reason, StepError, Verdict, Write};

pub(super) struct SigningControl;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signs {
    /// `always`, `never`, `no-override`
    when: String,
    protocol: String,
    /// The kind of origin.
    origin: String,
}

impl Signs {
    fn of(control: &AccessControl) -> Signs {
        let AccessControl { signing, protocol, kind, .. } = control.clone();
        Signs { when: signing, protocol, origin: kind }
    }

    fn wanted() -> Signs {
        Signs { when: "always".into(), protocol: "sigv4".into(), origin: "s3".into() }
    }
}

/// The access control of the target's name, with its id.
fn found<'a>(look: &Look<'a>) -> Option<(&'a String, &'a AccessControl)> {
    look.account.access_controls.items().find(|(_, one)| one.name == look.at.id)
}

impl Lens for SigningControl {
    /// `None`: there is none of this name.
    type State = Option<Signs>;
    const KIND: &'static str = "access-control";
    const NEEDS: &'static [Section] = &[Section::AccessControls];
    const DANGER_NEEDS: &'static [Section] = &[Section::Distributions];
    const STATES_ONLY: bool = true;

    fn state(&self, look: &Look<'_>) -> Now<Option<Signs>> {
        Now::of(&look.account.access_controls, |_| Now::Is(found(look).map(|(_, one)| Signs::of(one))))
    }

    fn contain(&self, now: &Option<Signs>, _: &Look<'_>) -> Verdict<Option<Signs>> {
        match now {
            None => Verdict::Change(Some(Signs::wanted())),
            Some(now) if *now == Signs::wanted() => Verdict::Already,
            Some(_) => Verdict::Refuse(
                "an access control of this name is there, and signs otherwise: rename or delete it".into(),
            ),
        }
    }

    fn used_by(&self, look: &Look<'_>) -> Option<Reason> {
        let (control, _) = found(look)?;
        let uses = |one: &Distribution| {
            one.origins.values().any(|origin| origin.access_control.as_ref() == Some(control))
        };
        let (id, _) = look.account.distributions.items().find(|(_, one)| uses(one))?;
        Some(format!("{id} still uses it"))
    }

    fn show(&self, state: &Option<Signs>) -> String {
        let Some(signs) = state else { return "none".into() };
        format!("signs for {} ({}, {})", signs.origin, signs.when, signs.protocol)
    }

    async fn write(&self, write: Write<'_, Option<Signs>>) -> Result<(), StepError> {
        let (aws, name) = (write.aws, &write.at.id);
        let there = id(aws, name).await?;
        match (write.to, there) {
            (Some(_), Some(id)) => Ok(aws.created(Self::KIND, &id)?),
            (Some(signs), None) => Box::pin(create(aws, name, signs)).await,
            (None, Some(id)) => Box::pin(delete(aws, &id)).await,
            (None, None) => Ok(()),
        }
    }
}

/// The id of the access control of this name.
async fn id(aws: &Aws, name: &str) -> Result<Option<String>, AwsError> {
    let list = aws.cloudfront().list_origin_access_controls();
    let ids: Vec<String> = lists::all(aws, list, |one| (one.name == name).then_some(one.id)).await?;
    Ok(ids.into_iter().next())
}

async fn create(aws: &Aws, name: &str, signs: &Signs) -> Result<(), StepError> {
    let config = OriginAccessControlConfig::builder()
        .name(name)
        .description("Maintenance page. Made by unplug; safe to delete when no distribution uses it")
        .signing_behavior(OriginAccessControlSigningBehaviors::from(signs.when.as_str()))
        .signing_protocol(OriginAccessControlSigningProtocols::from(signs.protocol.as_str()))
        .origin_access_control_origin_type(OriginAccessControlOriginTypes::from(signs.origin.as_str()))
        .build()
        .map_err(|error| StepError::State(error.to_string()))?;
    let create = aws.cloudfront().create_origin_access_control().origin_access_control_config(config);
    let made = create.send().await?.origin_access_control;
    let id = made.map(|made| made.id).filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| StepError::State("AWS gave the access control no id".into()))?;
    Ok(aws.created(SigningControl::KIND, &id)?)
}

async fn delete(aws: &Aws, id: &str) -> Result<(), StepError> {
    let answer = aws.cloudfront().get_origin_access_control().id(id).send().await;
    let Some(answer) = unless_gone(answer)? else { return Ok(()) };
    let delete = aws.cloudfront().delete_origin_access_control().id(id).set_if_match(answer.e_tag);
    unless_gone(delete.send().await)?;
    Ok(())
}
