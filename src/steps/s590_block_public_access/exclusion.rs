//! One exclusion from the block: a VPC or subnet that it leaves out. Made again it has a new id.

use std::time::Duration;

use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};
use serde::{Deserialize, Serialize};

use super::obstacle;
use super::turn::{Sent, in_turn};
use crate::account::{Exclusion as Known, Region, Section, Tags};
use crate::aws::{Aws, unless_gone};
use crate::collect::ec2::vpc_block;
use crate::step::{Case, Item, Lens, Look, Now, Reason, StepError, Target, Verdict, Write, alias, created};

pub(super) struct Exclusion;

/// What an exclusion is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExclusionBody {
    /// ARN of the VPC or subnet.
    resource: String,
    mode: String,
    tags: Tags,
}

/// An exclusion that a declarative policy disabled leaves nothing open.
pub(super) fn is_hole(exclusion: &Known) -> bool {
    !exclusion.state.starts_with("disable-") && exclusion.state != "delete-in-progress"
}

impl Lens for Exclusion {
    /// `None`: there is none.
    type State = Option<ExclusionBody>;
    const KIND: &'static str = "exclusion";
    const NEEDS: &'static [Section] = &[Section::VpcBlock];
    const SETTLES_WITHIN: Duration = Duration::from_secs(300);

    fn state(&self, look: &Look<'_>) -> Now<Option<ExclusionBody>> {
        let id = look.case.names.current(&look.at.id);
        look.in_region(|here| {
            Now::of(&here.vpc_block, |block| match block.exclusions.get(&id) {
                None => Now::Is(None),
                Some(known) if known.state == "delete-in-progress" => Now::Settling(None),
                Some(known) if known.state.ends_with("-in-progress") => Now::Settling(Some(body(known))),
                Some(known) => Now::Is(Some(body(known))),
            })
        })
    }

    fn contain(&self, now: &Option<ExclusionBody>, look: &Look<'_>) -> Verdict<Option<ExclusionBody>> {
        let Some(block) = look.region().and_then(|here| here.vpc_block.read()) else {
            return Verdict::Refuse("its Region was not read".into());
        };
        if now.is_none() {
            return Verdict::Already;
        }
        obstacle(block, look.case).map_or(Verdict::Change(None), Verdict::Refuse)
    }

    fn hold_back(&self, before: &Option<ExclusionBody>, look: &Look<'_>) -> Option<Reason> {
        let allowed = &look.region()?.vpc_block.read()?.exclusions_allowed;
        (before.is_some() && allowed == "not-allowed")
            .then(|| "the organization's declarative policy allows no exclusions now".into())
    }

    fn show(&self, state: &Option<ExclusionBody>) -> String {
        match state {
            None => "no exclusion".into(),
            Some(body) => format!("left out of the block: {}", body.mode),
        }
    }

    async fn write(&self, write: Write<'_, Option<ExclusionBody>>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        in_turn(aws, at, || async {
            match to {
                None => delete(aws, at).await,
                Some(body) => create(aws, at, body).await,
            }
        })
        .await
    }
}

async fn delete(aws: &Aws, at: &Target) -> Result<Sent, StepError> {
    let id = aws.names().current(&at.id);
    let exclusions = vpc_block::now(aws, at.region_name()).await?.exclusions;
    if exclusions.get(&id).is_some_and(|known| known.state != "delete-in-progress") {
        let delete = aws.ec2(at.region_name()).delete_vpc_block_public_access_exclusion().exclusion_id(id);
        unless_gone(delete.send().await)?;
    }
    Ok(Sent::Yes)
}

/// Makes the exclusion again, under a new id. One resource has one exclusion: a run that died
/// between making and recording it finds it by that.
async fn create(aws: &Aws, at: &Target, to: &ExclusionBody) -> Result<Sent, StepError> {
    let region = at.region_name();
    let exclusions = vpc_block::now(aws, region).await?.exclusions;
    let there = exclusions.iter().find(|(_, exclusion)| exclusion.resource == to.resource);
    let id = match there {
        // It has to be gone before another one can be made.
        Some((_, exclusion)) if exclusion.state == "delete-in-progress" => return Ok(Sent::Busy),
        Some((id, exclusion)) if body(exclusion) == *to => id.clone(),
        Some((id, exclusion)) => {
            let why = format!("{id} leaves the same resource out in another way: {}", exclusion.mode);
            return Err(StepError::State(why));
        }
        None => {
            let (kind, of) = resource(&to.resource);
            let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
            let tags = TagSpecification::builder()
                .resource_type(ResourceType::VpcBlockPublicAccessExclusion)
                .set_tags(Some(to.tags.iter().map(tag).collect()))
                .build();
            let create = aws.ec2(region).create_vpc_block_public_access_exclusion();
            let create = create.internet_gateway_exclusion_mode(to.mode.as_str().into());
            let create = create.set_tag_specifications((!to.tags.is_empty()).then(|| vec![tags]));
            let create = if kind == "vpc" { create.vpc_id(of) } else { create.subnet_id(of) };
            let made = create.send().await?.vpc_block_public_access_exclusion;
            let id = made.and_then(|made| made.exclusion_id);
            id.ok_or_else(|| StepError::State("AWS gave the new exclusion no id".into()))?
        }
    };
    if id != at.id && aws.names().current(&at.id) != id {
        aws.created(&alias(&at.id), &id)?;
    }
    Ok(Sent::Yes)
}

fn body(exclusion: &Known) -> ExclusionBody {
    ExclusionBody {
        resource: exclusion.resource.clone(),
        mode: exclusion.mode.clone(),
        tags: created::given_again(&exclusion.tags),
    }
}

/// The kind and id at the end of an ARN: `subnet`, `subnet-1`.
fn resource(arn: &str) -> (&str, &str) {
    arn.rsplit(':').next().and_then(|last| last.split_once('/')).unwrap_or(("", arn))
}

/// An exclusion, where the block is for the Region or what it leaves out is in scope.
pub(super) fn item(region: &str, here: &Region, id: &str, exclusion: &Known, case: &Case) -> Option<Item> {
    let (kind, of) = resource(&exclusion.resource);
    let vpc = if kind == "vpc" { Some(of) } else { here.subnets.item(of).map(|s| s.vpc.as_str()) };
    let named = match kind {
        "vpc" => case.scope.has_vpc(here, of),
        _ => case.scope.has_subnet(here, of),
    };
    if !named && !super::is_wide(case) {
        return None;
    }
    let at = Target::new(Exclusion::KIND, id).region(region).label(Some(of));
    let known = vpc.and_then(|vpc| here.vpcs.item(vpc)).map(|vpc| &vpc.tags);
    let subnet = here.subnets.item(of).map(|subnet| &subnet.tags);
    let item = Item::new(match vpc {
        Some(vpc) => at.vpc(vpc),
        None => at,
    });
    let within = [known, subnet].into_iter().flatten();
    Some(within.fold(item.tags(&exclusion.tags), |item, tags| item.within(tags)))
}
