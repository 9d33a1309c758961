//! Which route table serves a subnet or a VPC: what the two lenses share. AWS gives an association another
//! id with every swap, so a write reads it.

use aws_sdk_ec2::types::{Filter, RouteTable as Raw, RouteTableAssociation};
use serde::{Deserialize, Serialize};

use super::STEP;
use super::isolation::IsolationTable;
use crate::aws::{Aws, AwsError};
use crate::collect::ec2::routes::{PAGE, holds};
use crate::step::created::of_other_run;
use crate::step::{Look, Names, StepError, Target, Verdict, keep};
use crate::steps::shared::made;
use crate::steps::shared::route::calls;

/// A route table by its id, or the one that the run made for the VPC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Table {
    Id(String),
    Isolation,
}

impl Table {
    pub(super) fn of(id: &str, names: &Names, vpc: &str) -> Table {
        let isolation = made::id::<IsolationTable>(names, vpc);
        if isolation.as_deref() == Some(id) { Table::Isolation } else { Table::Id(id.to_owned()) }
    }

    /// The id to send.
    pub(super) fn id(&self, names: &Names, vpc: &str) -> Result<String, StepError> {
        match self {
            Table::Id(id) => Ok(id.clone()),
            Table::Isolation => made::id::<IsolationTable>(names, vpc)
                .ok_or_else(|| StepError::State(format!("the isolation table of {vpc} was not created"))),
        }
    }

    /// What to do about something that the table serves: `isolated` is the state behind the run's table.
    pub(super) fn contain<S>(&self, look: &Look<'_>, isolated: S) -> Verdict<S> {
        let Table::Id(id) = self else { return Verdict::Already };
        let table = look.region().and_then(|here| here.route_tables.item(id));
        let other = table.and_then(|table| of_other_run(id, &table.tags, &look.case.run));
        match (isolate(look, Some(id), isolated), other) {
            (Verdict::Change(to), Some(why)) => Verdict::Lasting(to, why),
            (verdict, _) => verdict,
        }
    }

    pub(super) fn show(&self) -> String {
        match self {
            Table::Id(id) => id.clone(),
            Table::Isolation => "isolation table".into(),
        }
    }
}

/// Leaves a table that does not lead out of its VPC, and one that carries the path of a kept CIDR.
pub(super) fn isolate<S>(look: &Look<'_>, table: Option<&String>, isolated: S) -> Verdict<S> {
    let known = look.region().and_then(|here| Some((here, here.route_tables.item(table?)?)));
    let Some((here, table)) = known else {
        return Verdict::Refuse("its route table was not read".into());
    };
    if !here.leads_out(table) {
        return Verdict::Already;
    }
    let kept = keep::carried(here, table, &look.case.scope, |_| true);
    Verdict::unless(kept.map(|cidr| keep::refusal(STEP, cidr)), isolated)
}

/// Says that only the owner of a shared VPC or subnet can change its table.
pub(super) fn not_ours<S>(owner: &str) -> Verdict<S> {
    Verdict::Refuse(format!("shared from {owner}: only its owner can change the route table"))
}

pub(super) fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

pub(super) async fn list(aws: &Aws, at: &Target, filters: Vec<Filter>) -> Result<Vec<Raw>, AwsError> {
    let look = aws.ec2(at.region_name()).describe_route_tables();
    calls::all(aws, look.set_filters(Some(filters)).max_results(PAGE)).await
}

/// The association that holds now, of those that the filters show.
pub(super) async fn current(
    aws: &Aws,
    at: &Target,
    filters: Vec<Filter>,
    is_it: impl Fn(&Raw, &RouteTableAssociation) -> bool,
) -> Result<Option<RouteTableAssociation>, AwsError> {
    let tables = list(aws, at, filters).await?;
    Ok(tables.iter().find_map(|table| {
        let mut all = table.associations.iter().flatten();
        all.find(|association| holds(association) && is_it(table, association)).cloned()
    }))
}

/// Has an association lead to another table.
pub(super) async fn swap(
    aws: &Aws,
    at: &Target,
    now: RouteTableAssociation,
    table: String,
) -> Result<(), StepError> {
    if now.route_table_id.as_ref() != Some(&table) {
        let swap = aws.ec2(at.region_name()).replace_route_table_association().route_table_id(table);
        swap.set_association_id(now.route_table_association_id).send().await?;
    }
    Ok(())
}
