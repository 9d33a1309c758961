//! A route in a route table as a target of its own, for the steps that cut by routes (530, 540, 550,
//! 560, 580): which table serves whom, one route's state, and the calls that take it out and put it
//! back.

use std::collections::BTreeSet;

use aws_sdk_ec2::operation::describe_route_tables::builders::DescribeRouteTablesFluentBuilder as Look;
use aws_sdk_ec2::types::{Filter, RouteTable as Table};
use ipnet::IpNet;

use super::{Names, Now, Scope, StepError, Target};
use crate::account::{Account, Region, Route, RouteTable, Seen};
use crate::aws::{Aws, AwsError, lists, unless_gone};
use crate::collect::ec2::routes::{PAGE, table as from_aws};

/// The kind of these targets.
pub const KIND: &str = "route";

/// A route to a target that the steps name: `None` where there is no such route.
pub type State = Option<String>;

/// The target of a route: its id is the table's and the destination, `rtb-1/0.0.0.0/0`.
pub fn target(region: &str, table: &str, of: &RouteTable, destination: &str) -> Target {
    Target::new(KIND, format!("{table}/{destination}")).region(region).vpc(&of.vpc).named(&of.tags)
}

impl RouteTable {
    /// The routes that somebody made, and that can be deleted one by one. Not those of gateway
    /// endpoints, which belong to the endpoint, nor local ones.
    pub fn made(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter().filter(|route| route.is_made())
    }
}

impl Route {
    /// Somebody made it with `CreateRoute`, and can delete it.
    pub fn is_made(&self) -> bool {
        self.origin == "CreateRoute" && !self.is_endpoint() && !self.is_local()
    }

    /// It belongs to a gateway endpoint: a prefix list that leads to an endpoint.
    pub fn is_endpoint(&self) -> bool {
        self.destination.starts_with("pl-") && self.target.starts_with("vpce-")
    }
}

impl Region {
    /// Who shares a VPC with this account, where it is another's.
    pub fn shared_from(&self, vpc: &str, account: &Account) -> Option<&str> {
        let owner = &*self.vpcs.item(vpc)?.owner;
        (owner != account.id).then_some(owner)
    }

    /// The table that decides where a subnet's traffic goes: its own, else the VPC's main table.
    pub fn effective_table(&self, subnet: &str) -> Option<(&String, &RouteTable)> {
        let vpc = &self.subnets.item(subnet)?.vpc;
        let own = self.route_tables.items().find(|(_, table)| table.subnets.contains(subnet));
        own.or_else(|| self.main_table(vpc))
    }

    /// The table of subnets that have none of their own.
    pub fn main_table(&self, vpc: &str) -> Option<(&String, &RouteTable)> {
        self.route_tables.items().find(|(_, table)| table.main && table.vpc == vpc)
    }

    /// Does a route stay within the table's VPC? One to a subnet through a middlebox does.
    pub fn stays_within(&self, table: &RouteTable, route: &Route) -> bool {
        let inside = |to: IpNet| {
            let vpc = self.vpcs.item(&table.vpc).into_iter();
            let mut own = vpc.flat_map(|vpc| vpc.cidrs.iter().chain(&vpc.ipv6_cidrs));
            own.any(|cidr| cidr.parse::<IpNet>().is_ok_and(|cidr| cidr.contains(&to)))
        };
        route.is_local() || route.destination.parse().is_ok_and(inside)
    }

    /// Does a table lead out of its VPC?
    pub fn leads_out(&self, table: &RouteTable) -> bool {
        !table.propagating.is_empty() || table.routes.iter().any(|route| !self.stays_within(table, route))
    }

    /// The subnets that a table serves, explicitly or as the main table.
    pub fn served_by(&self, table: &str) -> BTreeSet<&String> {
        let served = self.subnets.items().map(|(id, _)| id);
        served.filter(|id| self.effective_table(id).is_some_and(|(of, _)| of == table)).collect()
    }

    /// A subnet that a table serves and that is not in scope: to change the table would cut it too.
    pub fn served_beyond(&self, table: &str, scope: &Scope) -> Option<&String> {
        self.served_by(table).into_iter().find(|subnet| !scope.has_subnet(self, subnet))
    }
}

/// The state of one route, under the ids that its target had when the run began.
pub fn state(at: &Target, here: &Region, names: &Names) -> Now<State> {
    let tables = match &here.route_tables {
        Seen::Read(tables) => tables,
        Seen::Gap(gap) => return Now::Unknown(gap.clone()),
    };
    let (table, destination) = at.parts();
    match tables.get(table) {
        None => Now::Vanished,
        Some(table) => {
            let there = table.made().find(|route| route.destination == destination);
            Now::Is(there.map(|route| names.original(&route.target)))
        }
    }
}

/// Takes the route out, or puts it back. Sends nothing that is already so.
///
/// # Errors
/// When AWS refuses, and when another route has taken the place.
pub async fn write(aws: &Aws, at: &Target, to: &State) -> Result<(), StepError> {
    let (table, destination) = at.parts();
    let now = by_id(aws, at, table).await?;
    let now =
        now.ok_or_else(|| StepError::State(format!("the route table {table} is not there any more")))?;
    let there = now.made().find(|route| route.destination == destination).map(|route| route.target.as_str());
    let wanted = to.as_deref().map(|target| aws.names().current(target));
    match (there, wanted) {
        (None, None) => Ok(()),
        (Some(_), None) => delete(aws, at).await,
        (None, Some(target)) => create(aws, at, &target).await,
        (Some(there), Some(target)) if there == target => Ok(()),
        (Some(there), Some(_)) => Err(StepError::State(format!("a route to {there} has taken its place"))),
    }
}

/// A table as AWS shows it now, all parts of it.
///
/// # Errors
/// When AWS refuses.
pub async fn by_id(aws: &Aws, at: &Target, id: &str) -> Result<Option<RouteTable>, AwsError> {
    let look = aws.ec2(at.region_name()).describe_route_tables().route_table_ids(id);
    let parts = unless_gone(all(aws, look).await)?.unwrap_or_default().into_iter().filter_map(from_aws);
    Ok(parts.filter(|(part, _)| part == id).map(|(_, part)| part).reduce(|mut whole, part| {
        whole.routes.extend(part.routes);
        whole
    }))
}

/// Every table that a look shows, on all its pages.
///
/// # Errors
/// When AWS refuses.
pub async fn all(aws: &Aws, look: Look) -> Result<Vec<Table>, AwsError> {
    lists::all(aws, look, Some).await
}

/// Before a gateway is deleted, no route may lead to it any more: it comes back under another id, and
/// a route left behind would go on naming the old one.
///
/// # Errors
/// When a route of the target's VPC still leads there.
pub async fn none_lead_to(aws: &Aws, at: &Target, gateway: &str) -> Result<(), StepError> {
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
///
/// # Errors
/// When AWS refuses.
pub async fn delete(aws: &Aws, at: &Target) -> Result<(), StepError> {
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
///
/// # Errors
/// When AWS refuses, and for a target that is none of a route.
pub async fn create(aws: &Aws, at: &Target, target: &str) -> Result<(), StepError> {
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
