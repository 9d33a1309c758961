//! The groups of an EC2 Instance Connect endpoint.

use std::collections::BTreeSet;
use std::time::Duration;

use super::group_ref::{Groups, ids, show};
use super::managed::{self, Resource, Service};
use crate::account::{ConnectEndpoint as Known, Section};
use crate::aws::unless_gone;
use crate::step::{Lens, Look, Now, Reach, StepError, Verdict, Write};
use crate::steps::shared::ready::until_ready;

pub(super) struct ConnectEndpoint;

pub(super) fn resource<'a>(id: &'a str, known: &'a Known) -> Resource<'a> {
    Resource {
        service: Service::ConnectEndpoint,
        id,
        vpc: &known.vpc,
        owner: Some(&known.owner),
        label: known.tags.get("Name").map(String::as_str),
        subnets: vec![&known.subnet],
        groups: &known.groups,
        settling: known.state.ends_with("-in-progress"),
        tags: &known.tags,
        refusal: None,
    }
}

impl Lens for ConnectEndpoint {
    type State = Groups;
    const KIND: &'static str = "connect-endpoint";
    const REACH: Reach = Reach::Itself;
    // A group says which run has made it, where something else is found than was left.
    const NEEDS: &'static [Section] = &[Section::Groups, Section::ConnectEndpoints];
    const SETTLES_WITHIN: Duration = Duration::from_secs(600);

    fn state(&self, look: &Look<'_>) -> Now<Groups> {
        let state = |known: &Known| Resource::state(Some(resource(&look.at.id, known)), look.case);
        look.in_region(|here| Now::of_item(&here.connect_endpoints, &look.at.id, state))
    }

    fn contain(&self, groups: &Groups, look: &Look<'_>) -> Verdict<Groups> {
        let id = &look.at.id;
        let known = look.region().and_then(|here| here.connect_endpoints.item(id));
        managed::contain(known.map(|known| resource(id, known)), groups, false, look)
    }

    fn show(&self, groups: &Groups) -> String {
        show(groups)
    }

    async fn write(&self, write: Write<'_, Groups>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let groups = ids(aws, at, to)?;
        let ec2 = aws.ec2(at.region_name());
        let has: BTreeSet<String> = until_ready(aws, || async {
            let look = ec2.describe_instance_connect_endpoints().instance_connect_endpoint_ids(&at.id);
            let answer = unless_gone(look.send().await)?;
            let found = answer.and_then(|answer| answer.instance_connect_endpoints).unwrap_or_default();
            let mut found = found.into_iter();
            let found = found.find(|found| found.instance_connect_endpoint_id.as_ref() == Some(&at.id));
            let state = found.as_ref().and_then(|found| found.state());
            let busy = state.is_some_and(|state| state.as_str().ends_with("-in-progress"));
            let groups = found.and_then(|found| found.security_group_ids).unwrap_or_default();
            Ok((!busy, groups.into_iter().collect()))
        })
        .await?;
        if has != groups.iter().cloned().collect() {
            let modify = ec2.modify_instance_connect_endpoint().instance_connect_endpoint_id(&at.id);
            modify.set_security_group_ids(Some(groups)).send().await?;
        }
        Ok(())
    }
}
