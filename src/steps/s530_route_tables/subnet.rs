//! Which route table serves a subnet: its own, or the main table of its VPC while it has none.

use serde::{Deserialize, Serialize};

use super::association::{Table, current, filter, isolate, not_ours, swap};
use crate::account::{Region, Section};
use crate::step::{Lens, Look, Now, Reach, StepError, Verdict, Write};

pub(super) struct Subnet;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Served {
    /// By a table of its own.
    By(Table),
    /// By the VPC's main table.
    Main,
    /// By a table that the subnet's owner does not let us see.
    Hidden,
}

impl Lens for Subnet {
    type State = Served;
    const KIND: &'static str = "subnet";
    const REACH: Reach = Reach::Subnet;
    const ID_SAYS_KIND: bool = true;
    const NEEDS: &'static [Section] = &[Section::Subnets, Section::RouteTables];

    fn state(&self, look: &Look<'_>) -> Now<Served> {
        let id = &look.at.id;
        let vpc = look.at.vpc.as_deref().unwrap_or_default();
        look.in_region(|here| {
            Now::of(&here.route_tables, |tables| match tables.iter().find(|(_, t)| t.subnets.contains(id)) {
                Some((table, _)) => Now::Is(Served::By(Table::of(table, &look.case.names, vpc))),
                None => follows(here, look),
            })
        })
    }

    fn contain(&self, now: &Served, look: &Look<'_>) -> Verdict<Served> {
        let Some(here) = look.region() else { return Verdict::Refuse("its Region was not read".into()) };
        let subnet = here.subnets.item(&look.at.id);
        if let Some(subnet) = subnet.filter(|subnet| subnet.owner != look.account.id) {
            return not_ours(&subnet.owner);
        }
        let isolated = Served::By(Table::Isolation);
        match now {
            Served::By(table) => table.contain(look, isolated),
            Served::Main => {
                let main = here.main_table(look.at.vpc.as_deref().unwrap_or_default());
                isolate(look, main.map(|(id, _)| id), isolated)
            }
            Served::Hidden => Verdict::Refuse("its owner does not show the route table".into()),
        }
    }

    fn show(&self, state: &Served) -> String {
        match state {
            Served::By(table) => table.show(),
            Served::Main => "the VPC's main table".into(),
            Served::Hidden => "a table that its owner does not show".into(),
        }
    }

    async fn write(&self, write: Write<'_, Served>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let vpc = at.vpc.as_deref().unwrap_or_default();
        let wanted = match to {
            Served::By(table) => Some(table.id(aws.names(), vpc)?),
            Served::Main => None,
            Served::Hidden => {
                return Err(StepError::State("its owner does not show the route table".into()));
            }
        };
        let filters = vec![filter("association.subnet-id", &at.id)];
        let now = current(aws, at, filters, |_, a| a.subnet_id.as_ref() == Some(&at.id)).await?;
        let ec2 = aws.ec2(at.region_name());
        match (now, wanted) {
            (Some(now), Some(table)) => swap(aws, at, now, table).await?,
            (Some(now), None) => {
                let end = ec2.disassociate_route_table();
                end.set_association_id(now.route_table_association_id).send().await?;
            }
            (None, Some(table)) => {
                ec2.associate_route_table().route_table_id(table).subnet_id(&at.id).send().await?;
            }
            (None, None) => {}
        }
        Ok(())
    }
}

/// A subnet without a table of its own.
fn follows(here: &Region, look: &Look<'_>) -> Now<Served> {
    Now::of_item(&here.subnets, &look.at.id, |subnet| match here.main_table(&subnet.vpc) {
        Some(_) => Now::Is(Served::Main),
        None if subnet.owner != look.account.id => Now::Is(Served::Hidden),
        None => Now::Vanished,
    })
}
