//! EC2: Instance Connect endpoints, and the change of their groups, which takes a while.

use std::collections::BTreeSet;

use aws_sdk_ec2::types;

use super::{Query, page_size, region, tags};
use crate::account::ConnectEndpoint;
use crate::aws::operations::ec2;
use crate::sim::route::{Cx, Dispatch, In, Out, Said, refuse};
use crate::sim::world::{seen, seen_mut};

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::DescribeInstanceConnectEndpoints>(describe_instance_connect_endpoints);
    dispatch.on::<ec2::ModifyInstanceConnectEndpoint>(modify_instance_connect_endpoint);
}

/// How long an update takes.
const SETTLES_MS: u64 = 4_000;

fn describe_instance_connect_endpoints(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeInstanceConnectEndpoints>,
) -> Said<ec2::DescribeInstanceConnectEndpoints> {
    let query = Query {
        filters: input.filters(),
        ids: input.instance_connect_endpoint_ids(),
        not_found: "InvalidInstanceConnectEndpointId.NotFound",
        max: None,
    };
    page_size(input.max_results(), 1..=50)?;
    query.check(&["instance-connect-endpoint-id", "state", "subnet-id", "vpc-id"])?;
    let endpoints = query.choose(
        cx,
        seen(&region(cx).connect_endpoints)?,
        |endpoint| &endpoint.tags,
        |id, endpoint, name| match name {
            "instance-connect-endpoint-id" => vec![id.to_owned()],
            "state" => vec![state(endpoint)],
            "subnet-id" => vec![endpoint.subnet.clone()],
            _ => vec![endpoint.vpc.clone()],
        },
    )?;
    let (endpoints, next) = cx.page(endpoints, input.next_token(), input.max_results());
    let endpoints = endpoints.into_iter().map(|(id, e)| endpoint(id, e)).collect();
    Ok(Out::<ec2::DescribeInstanceConnectEndpoints>::builder()
        .set_instance_connect_endpoints(Some(endpoints))
        .set_next_token(next)
        .build())
}

fn state(endpoint: &ConnectEndpoint) -> String {
    if endpoint.state == "complete" { "update-complete".into() } else { endpoint.state.clone() }
}

fn endpoint(id: &str, endpoint: &ConnectEndpoint) -> types::Ec2InstanceConnectEndpoint {
    types::Ec2InstanceConnectEndpoint::builder()
        .instance_connect_endpoint_id(id)
        .vpc_id(&endpoint.vpc)
        .subnet_id(&endpoint.subnet)
        .owner_id(&endpoint.owner)
        .set_security_group_ids(Some(endpoint.groups.iter().cloned().collect()))
        .set_network_interface_ids(Some(endpoint.interfaces.iter().cloned().collect()))
        .state(state(endpoint).as_str().into())
        .preserve_client_ip(endpoint.preserve_client_ip)
        .set_tags(Some(tags(&endpoint.tags)))
        .build()
}

fn modify_instance_connect_endpoint(
    cx: &mut Cx<'_>,
    input: &In<ec2::ModifyInstanceConnectEndpoint>,
) -> Said<ec2::ModifyInstanceConnectEndpoint> {
    let id = input.instance_connect_endpoint_id().unwrap_or_default();
    let Some(now) = seen(&region(cx).connect_endpoints)?.get(id) else {
        let message = format!("The instance connect endpoint ID '{id}' does not exist");
        return Err(refuse("InvalidInstanceConnectEndpointId.NotFound", message));
    };
    if now.state != "complete" {
        return Err(refuse("IncorrectState", format!("{id} is in the state {}", now.state)));
    }
    let groups = input.security_group_ids();
    if groups.is_empty() {
        return Err(refuse("MissingParameter", "The request must contain the parameter SecurityGroupId"));
    }
    let known = seen(&region(cx).groups)?;
    for group in groups {
        match known.get(group).filter(|_| cx.visible(group)) {
            Some(found) if found.vpc == now.vpc => {}
            Some(_) => {
                let message = "You have specified two resources that belong to different networks.";
                return Err(refuse("InvalidParameter", message));
            }
            None => {
                let message = format!("The security group '{group}' does not exist");
                return Err(refuse("InvalidGroup.NotFound", message));
            }
        }
    }
    let groups: BTreeSet<String> = groups.iter().cloned().collect();
    if let Some(endpoint) = seen_mut(&mut cx.region_mut().connect_endpoints)?.get_mut(id) {
        endpoint.groups = groups;
        endpoint.state = "update-in-progress".into();
    }
    cx.later(SETTLES_MS, id, settle);
    Ok(Out::<ec2::ModifyInstanceConnectEndpoint>::builder().r#return(true).build())
}

/// The update is over, its interfaces have the groups.
fn settle(cx: &mut Cx<'_>, id: &str) {
    let here = cx.region_mut();
    let Some(endpoint) = here.connect_endpoints.read_mut().and_then(|all| all.get_mut(id)) else { return };
    endpoint.state = "complete".into();
    for interface in &endpoint.interfaces {
        if let Some(interface) = here.interfaces.read_mut().and_then(|all| all.get_mut(interface)) {
            interface.groups.clone_from(&endpoint.groups);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::aws::ledger::Phase;
    use crate::aws::{Aws, AwsError};
    use crate::sim::{Simulation, sample};

    #[tokio::test]
    async fn an_update_takes_a_while_and_refuses_another() {
        let simulation = Simulation::new(sample::with_services());
        let aws = Aws::simulated(simulation.clone());
        let _phase = aws.enter(Phase::Apply);
        let ec2 = aws.ec2(sample::REGION);
        let modify = |id: &str, group: &str| {
            ec2.modify_instance_connect_endpoint().instance_connect_endpoint_id(id).security_group_ids(group)
        };
        let code = |error: AwsError| error.code.unwrap_or_default();
        let refused = |result: Result<_, _>| code(AwsError::from(result.err().unwrap()));
        assert_eq!(
            refused(modify("eice-9", "sg-web").send().await),
            "InvalidInstanceConnectEndpointId.NotFound"
        );
        assert_eq!(refused(modify("eice-1", "sg-none").send().await), "InvalidGroup.NotFound");
        assert_eq!(refused(modify("eice-1", "sg-shared").send().await), "InvalidParameter");
        modify("eice-1", "sg-web").send().await.unwrap();
        assert_eq!(refused(modify("eice-1", "sg-web").send().await), "IncorrectState");
        aws.clock().wait(Duration::from_secs(10)).await;
        let list = ec2.describe_instance_connect_endpoints().send().await.unwrap();
        assert_eq!(list.instance_connect_endpoints()[0].state().unwrap().as_str(), "update-complete");
        simulation.look(|account| {
            let interface = account.regions[sample::REGION].interfaces.item("eni-eice").unwrap();
            assert_eq!(interface.groups, ["sg-web".to_owned()].into());
        });
    }
}
