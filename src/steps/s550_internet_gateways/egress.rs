//! An egress-only internet gateway: IPv6, outwards. It cannot be detached: it is deleted, and made again
//! under a new id.

use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};
use serde::{Deserialize, Serialize};

use super::ROUTES;
use crate::account::{Section, Tags};
use crate::aws::{Aws, AwsError, lists};
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write, alias, created};
use crate::steps::shared::route::calls;

pub(super) struct Egress;

/// All that an egress-only gateway is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EgressBody {
    vpc: String,
    tags: Tags,
}

impl Lens for Egress {
    /// `None`: there is no such gateway.
    type State = Option<EgressBody>;
    const KIND: &'static str = "egress-gateway";
    const NEEDS: &'static [Section] = &[Section::EgressGateways];

    fn state(&self, look: &Look<'_>) -> Now<Option<EgressBody>> {
        look.in_region(|here| {
            Now::of(&here.egress_gateways, |all| {
                let gateway = all.get(&look.case.names.current(&look.at.id));
                Now::Is(gateway.map(|gateway| EgressBody {
                    vpc: gateway.vpc.clone(),
                    tags: created::given_again(&gateway.tags),
                }))
            })
        })
    }

    fn contain(&self, now: &Option<EgressBody>, look: &Look<'_>) -> Verdict<Option<EgressBody>> {
        match now {
            Some(_) => Verdict::unless(ROUTES.still_leads(look, &look.case.names.current(&look.at.id)), None),
            None => Verdict::Already,
        }
    }

    fn show(&self, state: &Option<EgressBody>) -> String {
        if state.is_some() { "IPv6 out".into() } else { "none".into() }
    }

    async fn write(&self, write: Write<'_, Option<EgressBody>>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let current = aws.names().current(&at.id);
        match (exists(aws, at, &current).await?, to) {
            (true, None) => delete(aws, at, &current).await,
            (false, Some(body)) => create(aws, at, &current, body).await,
            (true, Some(_)) | (false, None) => Ok(()),
        }
    }
}

async fn exists(aws: &Aws, at: &Target, id: &str) -> Result<bool, AwsError> {
    let list = aws.ec2(at.region_name()).describe_egress_only_internet_gateways().max_results(255);
    let mut pages = lists::Pages::new(aws, list);
    while let Some(page) = pages.next().await? {
        let gateways = page.egress_only_internet_gateways.unwrap_or_default();
        if gateways.iter().any(|gateway| gateway.egress_only_internet_gateway_id.as_deref() == Some(id)) {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn delete(aws: &Aws, at: &Target, id: &str) -> Result<(), StepError> {
    calls::none_lead_to(aws, at, id).await?;
    let delete = aws.ec2(at.region_name()).delete_egress_only_internet_gateway();
    match delete.egress_only_internet_gateway_id(id).send().await.map_err(AwsError::from) {
        Err(error) if !error.is("InvalidGatewayID.NotFound") => Err(error.into()),
        _ => Ok(()),
    }
}

/// A token makes it once: a process that died between the answer and its record is told the same id
/// again.
async fn create(aws: &Aws, at: &Target, current: &str, body: &EgressBody) -> Result<(), StepError> {
    let tags = body.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    let tags = TagSpecification::builder()
        .resource_type(ResourceType::EgressOnlyInternetGateway)
        .set_tags(Some(tags.collect()))
        .build();
    let create = aws
        .ec2(at.region_name())
        .create_egress_only_internet_gateway()
        .vpc_id(&body.vpc)
        .client_token(format!("{}-{current}", aws.run()))
        .set_tag_specifications((!body.tags.is_empty()).then(|| vec![tags]));
    let made = create.send().await?.egress_only_internet_gateway;
    let id = made.and_then(|gateway| gateway.egress_only_internet_gateway_id);
    let id = id.ok_or_else(|| StepError::State("AWS gave the new gateway no id".into()))?;
    Ok(aws.created(&alias(&at.id), &id)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::ledger::Phase;
    use crate::sim::sample::{REGION, tag};
    use crate::sim::sample_network::account;
    use crate::step::Params;
    use crate::steps::shared::testing::{case, simulated};

    #[tokio::test]
    async fn a_gateway_of_a_stack_comes_back_without_the_tags_of_aws() {
        let mut account = account();
        let here = account.regions.get_mut(REGION).unwrap();
        let tables = here.route_tables.read_mut().unwrap().values_mut();
        tables.for_each(|table| table.routes.retain(|route| route.target != "eigw-1"));
        let gateways = here.egress_gateways.read_mut().unwrap();
        let tags = &mut gateways.get_mut("eigw-1").unwrap().tags;
        tags.insert("aws:cloudformation:stack-name".into(), "network".into());
        let case = case(&[("way", "unmap")]);
        let (simulation, aws) = simulated(account, &case);
        let at = Target::new(Egress::KIND, "eigw-1").region(REGION).vpc("vpc-1");
        let now = || Egress.state(&Look::new(&at, &simulation.account(), &case));
        let before = Some(EgressBody { vpc: "vpc-1".into(), tags: tag("Name", "v6") });
        assert_eq!(now(), Now::Is(before.clone()));
        for (phase, from, to) in [(Phase::Apply, &before, &None), (Phase::Restore, &None, &before)] {
            let _phase = aws.enter(phase);
            Egress.write(Write::new(&aws, &at, from, to, &Params::new())).await.unwrap();
            assert_eq!(now(), Now::Is(to.clone()));
        }
    }
}
