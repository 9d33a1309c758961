//! The calls of 530.

use std::time::Duration;

use aws_sdk_ec2::types::{Filter, ResourceType, RouteTable as Table, RouteTableAssociation};

use super::made::unrecorded;
use super::{By, GATEWAY, MAIN, ROLE, SUBNET, name};
use crate::account::RouteTable;
use crate::aws::{Aws, AwsError};
use crate::collect::ec2::routes::{PAGE, holds, table as from_aws};
use crate::step::created::{self, ec2_tags};
use crate::step::{StepError, Target, routes};

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

async fn list(aws: &Aws, at: &Target, filters: Vec<Filter>) -> Result<Vec<Table>, AwsError> {
    let look = aws.ec2(at.region_name()).describe_route_tables();
    routes::all(aws, look.set_filters(Some(filters)).max_results(PAGE)).await
}

/// The run's table of a VPC as AWS shows it: by its recorded id, else by the tags of this run.
async fn made(aws: &Aws, at: &Target) -> Result<Option<(String, RouteTable)>, AwsError> {
    if let Some(id) = aws.names().id(&name(&at.id)) {
        return Ok(routes::by_id(aws, at, &id).await?.map(|table| (id, table)));
    }
    let filters = vec![filter("tag:unplug:run", aws.run()), filter("vpc-id", &at.id)];
    let tables = list(aws, at, filters).await?;
    let ours = |table: &RouteTable| table.vpc == at.id && unrecorded(table, aws.run());
    Ok(tables.into_iter().filter_map(from_aws).find(|(_, table)| ours(table)))
}

/// Creates the table where there is none, and takes out whatever leads out of the VPC.
pub(super) async fn close(aws: &Aws, at: &Target) -> Result<(), StepError> {
    let name = name(&at.id);
    let recorded = aws.names().id(&name).is_some();
    let patience = Duration::from_secs(if recorded { 10 } else { 0 });
    let found = match created::shown(aws, patience, || made(aws, at)).await? {
        Some(found) => Some(found),
        None => {
            aws.created(&name, &create(aws, at).await?)?;
            created::shown(aws, Duration::from_secs(60), || made(aws, at)).await?
        }
    };
    let (id, table) = found.ok_or_else(|| StepError::State("the new route table does not show up".into()))?;
    if aws.names().id(&name).is_none() {
        aws.created(&name, &id)?;
    }
    for vgw in &table.propagating {
        stop_propagation(aws, at, &id, vgw).await?;
    }
    for route in table.made() {
        routes::write(aws, &routes::target(at.region_name(), &id, &table, &route.destination), &None).await?;
    }
    match table.routes.iter().find(|route| route.is_endpoint()) {
        Some(route) => {
            let target = &route.target;
            Err(StepError::State(format!("the gateway endpoint {target} was added to {id}: 570 cuts it")))
        }
        None => Ok(()),
    }
}

async fn create(aws: &Aws, at: &Target) -> Result<String, StepError> {
    let name = format!("unplug-{ROLE}-{}", aws.run());
    let tags = ec2_tags(aws, ResourceType::RouteTable, ROLE, &name);
    let create = aws.ec2(at.region_name()).create_route_table().vpc_id(&at.id).tag_specifications(tags);
    let id = create.send().await?.route_table.and_then(|table| table.route_table_id);
    id.ok_or_else(|| StepError::State("AWS gave the new route table no id".into()))
}

pub(super) async fn delete(aws: &Aws, at: &Target) -> Result<(), StepError> {
    let Some((id, _)) = made(aws, at).await? else { return Ok(()) };
    let delete = aws.ec2(at.region_name()).delete_route_table().route_table_id(id);
    match delete.send().await.map_err(AwsError::from) {
        Err(error) if !error.is("InvalidRouteTableID.NotFound") => Err(error.into()),
        _ => Ok(()),
    }
}

/// The association of a target as it is now: every swap gives it another id.
async fn association(aws: &Aws, at: &Target) -> Result<Option<RouteTableAssociation>, AwsError> {
    let filters = match at.kind.as_str() {
        MAIN => vec![filter("vpc-id", &at.id), filter("association.main", "true")],
        GATEWAY => vec![filter("association.gateway-id", &at.id)],
        _ => vec![filter("association.subnet-id", &at.id)],
    };
    let is_it = |association: &RouteTableAssociation| match at.kind.as_str() {
        MAIN => association.main.unwrap_or(false),
        GATEWAY => association.gateway_id.as_ref() == Some(&at.id),
        _ => association.subnet_id.as_ref() == Some(&at.id),
    };
    let mut tables = list(aws, at, filters).await?;
    if at.kind == MAIN {
        tables.retain(|table| table.vpc_id.as_ref() == Some(&at.id));
    }
    let all = tables.into_iter().flat_map(|table| table.associations.unwrap_or_default());
    Ok(all.filter(holds).find(is_it))
}

/// Has a subnet, a gateway, or what follows the main table served by a table.
pub(super) async fn serve(aws: &Aws, at: &Target, by: &By) -> Result<(), StepError> {
    let vpc = at.vpc.as_deref().unwrap_or_default();
    let wanted =
        match by {
            By::Id(id) => Some(id.clone()),
            By::Isolation => {
                let made = aws.names().id(&name(vpc));
                Some(made.ok_or_else(|| {
                    StepError::State(format!("the isolation table of {vpc} was not created"))
                })?)
            }
            By::Main | By::None => None,
            By::Hidden => return Err(StepError::State("its owner does not show the route table".into())),
        };
    let ec2 = aws.ec2(at.region_name());
    match (association(aws, at).await?, wanted) {
        (Some(now), Some(table)) if now.route_table_id.as_ref() == Some(&table) => {}
        (Some(now), Some(table)) => {
            let swap = ec2.replace_route_table_association().route_table_id(table);
            swap.set_association_id(now.route_table_association_id).send().await?;
        }
        (Some(now), None) => {
            let end = ec2.disassociate_route_table();
            end.set_association_id(now.route_table_association_id).send().await?;
        }
        (None, Some(table)) => {
            let begin = ec2.associate_route_table().route_table_id(table);
            let begin = match at.kind.as_str() {
                SUBNET => begin.subnet_id(&at.id),
                GATEWAY => begin.gateway_id(&at.id),
                _ => return Err(StepError::State(format!("{vpc} shows no main route table"))),
            };
            begin.send().await?;
        }
        (None, None) => {}
    }
    Ok(())
}

/// Turns a gateway's propagation into a table on or off.
pub(super) async fn propagate(aws: &Aws, at: &Target, on: bool) -> Result<(), StepError> {
    let (table, vgw) = at.parts();
    let now = routes::by_id(aws, at, table).await?;
    if now.is_some_and(|table| table.propagating.contains(vgw)) == on {
        return Ok(());
    }
    if on {
        let enable = aws.ec2(at.region_name()).enable_vgw_route_propagation();
        enable.route_table_id(table).gateway_id(vgw).send().await?;
        Ok(())
    } else {
        stop_propagation(aws, at, table, vgw).await
    }
}

async fn stop_propagation(aws: &Aws, at: &Target, table: &str, vgw: &str) -> Result<(), StepError> {
    aws.ec2(at.region_name())
        .disable_vgw_route_propagation()
        .route_table_id(table)
        .gateway_id(vgw)
        .send()
        .await?;
    Ok(())
}
