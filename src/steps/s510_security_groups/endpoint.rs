//! The groups of a VPC endpoint with interfaces. AWS takes 0.3 changes of endpoints a second, so what is
//! missing is added and what is too much removed in one call.

use std::collections::BTreeSet;
use std::time::Duration;

use super::group_ref::{Groups, ids, show};
use super::managed::{self, Resource, Service};
use crate::account::{Endpoint as Known, Section};
use crate::aws::unless_gone;
use crate::step::{Lens, Look, Now, Reach, StepError, Verdict, Write};
use crate::steps::shared::ready::until_ready;

pub(super) struct Endpoint;

/// None where it has no groups, as a gateway endpoint.
pub(super) fn resource<'a>(id: &'a str, known: &'a Known) -> Option<Resource<'a>> {
    let name = known.tags.get("Name").unwrap_or(&known.service);
    (!known.groups.is_empty()).then(|| Resource {
        service: Service::Endpoint,
        id,
        vpc: &known.vpc,
        owner: Some(&known.owner),
        label: Some(name),
        subnets: known.subnets.iter().map(String::as_str).collect(),
        groups: &known.groups,
        settling: known.state == "pending",
        tags: &known.tags,
        refusal: known
            .requester_managed
            .then(|| "made by a service of AWS for itself: only that service changes it".into()),
    })
}

impl Lens for Endpoint {
    type State = Groups;
    const KIND: &'static str = "endpoint";
    const REACH: Reach = Reach::Itself;
    // A group says which run has made it, where something else is found than was left.
    const NEEDS: &'static [Section] = &[Section::Groups, Section::Endpoints];
    const STATES_ONLY: bool = true;
    const SETTLES_WITHIN: Duration = Duration::from_secs(600);

    fn state(&self, look: &Look<'_>) -> Now<Groups> {
        let state = |known: &Known| Resource::state(resource(&look.at.id, known), look.case);
        look.in_region(|here| Now::of_item(&here.endpoints, &look.at.id, state))
    }

    fn contain(&self, groups: &Groups, look: &Look<'_>) -> Verdict<Groups> {
        let id = &look.at.id;
        let known = look.region().and_then(|here| resource(id, here.endpoints.item(id)?));
        managed::contain(known, groups, false, look)
    }

    fn show(&self, groups: &Groups) -> String {
        show(groups)
    }

    async fn write(&self, write: Write<'_, Groups>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let ec2 = aws.ec2(at.region_name());
        let wanted: BTreeSet<String> = ids(aws, at, to)?.into_iter().collect();
        let has: BTreeSet<String> = until_ready(aws, || async {
            let answer = unless_gone(ec2.describe_vpc_endpoints().vpc_endpoint_ids(&at.id).send().await)?;
            let mut endpoints =
                answer.and_then(|answer| answer.vpc_endpoints).unwrap_or_default().into_iter();
            let found = endpoints.find(|found| found.vpc_endpoint_id.as_ref() == Some(&at.id));
            let state = found.as_ref().and_then(|found| found.state());
            let pending = state.is_some_and(|state| state.as_str().eq_ignore_ascii_case("pending"));
            let groups = found.and_then(|found| found.groups).unwrap_or_default();
            Ok((!pending, groups.into_iter().filter_map(|group| group.group_id).collect()))
        })
        .await?;
        let list = |of: &BTreeSet<String>, less: &BTreeSet<String>| {
            let list: Vec<String> = of.difference(less).cloned().collect();
            (!list.is_empty()).then_some(list)
        };
        let (add, remove) = (list(&wanted, &has), list(&has, &wanted));
        if add.is_some() || remove.is_some() {
            let modify = ec2.modify_vpc_endpoint().vpc_endpoint_id(&at.id);
            modify.set_add_security_group_ids(add).set_remove_security_group_ids(remove).send().await?;
        }
        Ok(())
    }
}
