//! Which route table serves which subnet, and which routes somebody made and can delete.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::{Account, Region, Route, RouteTable, Scope};

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
