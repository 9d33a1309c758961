//! A NAT instance: an interface whose source/destination check is off and that a route leads to. With the
//! check on, the host drops every packet that is not addressed to it.

use aws_sdk_ec2::types::AttributeBooleanValue;

use super::STEP;
use crate::account::{Route, Section};
use crate::step::{Lens, Look, Now, StepError, Verdict, Write};
use crate::steps::shared::route;

pub(super) struct Instance;

impl Lens for Instance {
    /// Does it pass on what is not addressed to it?
    type State = bool;
    const KIND: &'static str = "nat-instance";
    const NEEDS: &'static [Section] = &[Section::Interfaces];

    fn state(&self, look: &Look<'_>) -> Now<bool> {
        look.in_region(|here| {
            Now::of_item(&here.interfaces, &look.at.id, |interface| Now::Is(!interface.source_dest_check))
        })
    }

    fn contain(&self, forwards: &bool, look: &Look<'_>) -> Verdict<bool> {
        let id = &look.at.id;
        let Some((here, interface)) = look.region().and_then(|here| Some((here, here.interfaces.item(id)?)))
        else {
            return Verdict::Refuse("it was not read".into());
        };
        if !forwards {
            return Verdict::Already;
        }
        if interface.owner != look.account.id {
            return Verdict::Refuse(format!("belongs to {}", interface.owner));
        }
        if let Some(service) = &interface.managed_by {
            return Verdict::Refuse(format!("{service} manages it: AWS refuses to change it"));
        }
        let led = |route: &Route| route.target == *id && route.is_made();
        let mut tables = here.route_tables.items().filter(|(_, table)| table.vpc == interface.vpc);
        let kept = tables.find_map(|(table, _)| route::kept(STEP, here, table, &look.case.scope, led));
        Verdict::unless(kept, false)
    }

    fn show(&self, forwards: &bool) -> String {
        if *forwards { "forwards (no source/destination check)" } else { "forwards nothing" }.into()
    }

    async fn write(&self, write: Write<'_, bool>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        if from != to {
            let check = AttributeBooleanValue::builder().value(!to).build();
            let modify = aws.ec2(at.region_name()).modify_network_interface_attribute();
            modify.network_interface_id(&at.id).source_dest_check(check).send().await?;
        }
        Ok(())
    }
}
