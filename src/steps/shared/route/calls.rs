//! The calls that take a route out of its table and put it back.

use aws_sdk_ec2::operation::describe_route_tables::builders::DescribeRouteTablesFluentBuilder as Look;
use aws_sdk_ec2::types::{Filter, RouteTable as Table};

use crate::account::RouteTable;
use crate::aws::{Aws, AwsError, lists, unless_gone};
use crate::collect::ec2::routes::{PAGE, table as from_aws};
use crate::step::{StepError, Target};

/// Takes the route out, or puts it back. Sends nothing that is already so.
pub(in crate::steps) async fn write(aws: &Aws, at: &Target, to: Option<&str>) -> Result<(), StepError> {
    let (table, destination) = at.parts();
    let now = by_id(aws, at, table).await?;
    let now =
        now.ok_or_else(|| StepError::State(format!("the route table {table} is not there any more")))?;
    let there = now.made().find(|route| route.destination == destination).map(|route| route.target.as_str());
    let wanted = to.map(|target| aws.names().current(target));
    match (there, wanted) {
        (None, None) => Ok(()),
        (Some(_), None) => delete(aws, at).await,
        (None, Some(target)) => create(aws, at, &target).await,
        (Some(there), Some(target)) if there == target => Ok(()),
        (Some(there), Some(_)) => Err(StepError::State(format!("a route to {there} has taken its place"))),
    }
}

/// A table as AWS shows it now, all parts of it.
pub(in crate::steps) async fn by_id(
    aws: &Aws,
    at: &Target,
    id: &str,
) -> Result<Option<RouteTable>, AwsError> {
    let look = aws.ec2(at.region_name()).describe_route_tables().route_table_ids(id);
    let parts = unless_gone(all(aws, look).await)?.unwrap_or_default().into_iter().filter_map(from_aws);
    Ok(parts.filter(|(part, _)| part == id).map(|(_, part)| part).reduce(|mut whole, part| {
        whole.routes.extend(part.routes);
        whole
    }))
}

/// Every table that a look shows, on all its pages.
pub(in crate::steps) async fn all(aws: &Aws, look: Look) -> Result<Vec<Table>, AwsError> {
    lists::all(aws, look, Some).await
}

/// Before a gateway is deleted, no route may lead to it any more: it comes back under another id, and
/// a route left behind would go on naming the old one.
pub(in crate::steps) async fn none_lead_to(aws: &Aws, at: &Target, gateway: &str) -> Result<(), StepError> {
    let vpc = at.vpc.as_deref().unwrap_or_default();
    let filter = Filter::builder().name("vpc-id").values(vpc).build();
    let look = aws.ec2(at.region_name()).describe_route_tables().filters(filter).max_results(PAGE);
    let tables = all(aws, look).await?.into_iter().filter_map(from_aws).filter(|(_, table)| table.vpc == vpc);
    let leads = |table: &RouteTable| table.routes.iter().find(|route| route.target == gateway).cloned();
    match tables.into_iter().find_map(|(id, table)| Some((id, leads(&table)?))) {
        None => Ok(()),
        Some((id, route)) => {
            let to = route.destination;
            Err(StepError::State(format!("{id} still leads to {gateway} for {to}, and would not follow it")))
        }
    }
}

/// A destination as AWS takes it: an IPv4 CIDR, an IPv6 CIDR, or a prefix list.
fn destination(destination: &str) -> [Option<String>; 3] {
    let prefix_list = destination.starts_with("pl-");
    let ipv6 = !prefix_list && destination.contains(':');
    let is = |yes: bool| yes.then(|| destination.to_owned());
    [is(!prefix_list && !ipv6), is(ipv6), is(prefix_list)]
}

/// Takes the route out, unless it is gone.
pub(in crate::steps) async fn delete(aws: &Aws, at: &Target) -> Result<(), StepError> {
    let (table, to) = at.parts();
    let [ipv4, ipv6, prefix_list] = destination(to);
    let delete = aws
        .ec2(at.region_name())
        .delete_route()
        .route_table_id(table)
        .set_destination_cidr_block(ipv4)
        .set_destination_ipv6_cidr_block(ipv6)
        .set_destination_prefix_list_id(prefix_list);
    match delete.send().await.map_err(AwsError::from) {
        Err(error) if !error.is("InvalidRoute.NotFound") => Err(error.into()),
        _ => Ok(()),
    }
}

/// Makes the route. Exactly one target goes with it, under the name of its kind.
async fn create(aws: &Aws, at: &Target, target: &str) -> Result<(), StepError> {
    let (table, to) = at.parts();
    let [ipv4, ipv6, prefix_list] = destination(to);
    let create = aws
        .ec2(at.region_name())
        .create_route()
        .route_table_id(table)
        .set_destination_cidr_block(ipv4)
        .set_destination_ipv6_cidr_block(ipv6)
        .set_destination_prefix_list_id(prefix_list);
    let create = match target.split('-').next().unwrap_or_default() {
        "igw" | "vgw" => create.gateway_id(target),
        "nat" => create.nat_gateway_id(target),
        "eigw" => create.egress_only_internet_gateway_id(target),
        "eni" => create.network_interface_id(target),
        "i" => create.instance_id(target),
        "tgw" => create.transit_gateway_id(target),
        "pcx" => create.vpc_peering_connection_id(target),
        "vpce" => create.vpc_endpoint_id(target),
        "cagw" => create.carrier_gateway_id(target),
        "lgw" => create.local_gateway_id(target),
        _ if target.contains(":networkmanager:") => create.core_network_arn(target),
        _ if target.contains(":odb:") => create.odb_network_arn(target),
        _ => return Err(StepError::State(format!("no route can be made to a target such as {target}"))),
    };
    create.send().await?;
    Ok(())
}
