//! The route table that the run makes in a VPC: it holds local routes only, so it leads nowhere out.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::ResourceType;
use serde::{Deserialize, Serialize};

use super::association::{filter, list};
use crate::account::{Gap, Route, RouteTable, Section, Tags};
use crate::aws::{Aws, AwsError};
use crate::collect::ec2::routes::table as from_aws;
use crate::step::created::ec2_tags;
use crate::step::{Look, Names, Reason, StepError, Target, count};
use crate::steps::shared::made::Resource;
use crate::steps::shared::route::{self, calls, propagation};

pub(super) struct IsolationTable;

/// What a table has besides its local routes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableBody {
    pub(super) routes: BTreeSet<Route>,
    pub(super) propagating: BTreeSet<String>,
}

impl Resource for IsolationTable {
    type Found = RouteTable;
    type Body = TableBody;
    const KIND: &'static str = "isolation-table";
    const ROLE: &'static str = "isolation";
    const NOUN: &'static str = "route table";
    const NEEDS: &'static [Section] = &[Section::RouteTables];

    fn all<'a>(&self, look: &Look<'a>) -> Option<Result<&'a BTreeMap<String, RouteTable>, &'a Gap>> {
        look.region().map(|here| here.route_tables.as_result())
    }

    fn tags<'a>(&self, found: &'a RouteTable) -> &'a Tags {
        &found.tags
    }

    fn is_at(&self, found: &RouteTable, at: &Target) -> bool {
        found.vpc == at.id
    }

    fn is_unused(&self, _: &str, found: &RouteTable, _: Option<&Look<'_>>) -> bool {
        found.subnets.is_empty() && found.gateways.is_empty() && !found.main
    }

    fn body(&self, found: &RouteTable, _: &Target, _: &Names) -> TableBody {
        let out = found.routes.iter().filter(|route| !route.is_local());
        TableBody { routes: out.cloned().collect(), propagating: found.propagating.clone() }
    }

    fn wanted(&self, _: &Look<'_>) -> TableBody {
        TableBody::default()
    }

    fn user(&self, id: &str, look: &Look<'_>) -> Option<Reason> {
        let here = look.region()?;
        let table = here.route_tables.item(id)?;
        if table.main {
            return Some(format!("{id} is still the main table of {}", table.vpc));
        }
        let user = table.subnets.iter().chain(&table.gateways).next()?;
        Some(format!("{id} is still the table of {user}"))
    }

    /// Propagation ends and routes go one call at a time.
    fn passes(&self, from: Option<&TableBody>, to: Option<&TableBody>) -> Vec<TableBody> {
        let (Some(from), Some(_)) = (from, to) else { return vec![] };
        let mut rest = from.clone();
        let mut passes = vec![];
        while let Some(gateway) = rest.propagating.pop_first() {
            rest.routes.retain(|route| route.target != gateway || route.is_made());
            passes.push(rest.clone());
        }
        let made: Vec<Route> = rest.routes.iter().filter(|route| route.is_made()).cloned().collect();
        for route in made {
            rest.routes.remove(&route);
            passes.push(rest.clone());
        }
        passes
    }

    fn show(&self, body: &TableBody) -> String {
        if *body == TableBody::default() {
            return "a table with local routes only".into();
        }
        format!("a table with {} out", count(body.routes.len(), "route"))
    }

    async fn list(
        &self,
        aws: &Aws,
        at: &Target,
        id: Option<&str>,
    ) -> Result<Vec<(String, RouteTable)>, AwsError> {
        if let Some(id) = id {
            return Ok(calls::by_id(aws, at, id)
                .await?
                .map(|table| (id.to_owned(), table))
                .into_iter()
                .collect());
        }
        let filters = vec![filter("tag:unplug:run", aws.run()), filter("vpc-id", &at.id)];
        Ok(list(aws, at, filters).await?.into_iter().filter_map(from_aws).collect())
    }

    async fn create(&self, aws: &Aws, at: &Target, _: &Self::Body) -> Result<Option<String>, StepError> {
        let name = format!("unplug-{}-{}", Self::ROLE, aws.run());
        let tags = ec2_tags(aws, ResourceType::RouteTable, Self::ROLE, &name);
        let create = aws.ec2(at.region_name()).create_route_table().vpc_id(&at.id).tag_specifications(tags);
        Ok(create.send().await?.route_table.and_then(|table| table.route_table_id))
    }

    async fn correct(
        &self,
        aws: &Aws,
        at: &Target,
        (id, table): (&str, &RouteTable),
        _: &TableBody,
    ) -> Result<(), StepError> {
        for gateway in &table.propagating {
            propagation::stop(aws, at.region_name(), id, gateway).await?;
        }
        for route in table.made() {
            let at = route::target(at.region_name(), id, table, &route.destination);
            calls::delete(aws, &at).await?;
        }
        match table.routes.iter().find(|route| route.is_endpoint()) {
            Some(route) => {
                let target = &route.target;
                Err(StepError::State(format!("the gateway endpoint {target} was added to {id}: 570 cuts it")))
            }
            None => Ok(()),
        }
    }

    async fn delete(&self, aws: &Aws, at: &Target, (id, _): (&str, &RouteTable)) -> Result<(), StepError> {
        aws.ec2(at.region_name()).delete_route_table().route_table_id(id).send().await?;
        Ok(())
    }
}
