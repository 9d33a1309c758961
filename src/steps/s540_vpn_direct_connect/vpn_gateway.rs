//! The attachment of a virtual private gateway to a VPC: `way = "detach"`. AWS changes the propagation of
//! its routes only while it is attached, so it goes after them.

use std::time::Duration;

use super::keeps;
use super::settled::settled;
use crate::account::{Region, Section, VpnGateway as Known};
use crate::collect::ec2::links::vpn_gateway;
use crate::step::{Case, Item, Lens, Look, Now, StepError, Target, Verdict, Write, fallback};

pub(super) struct VpnGateway;

impl Lens for VpnGateway {
    /// The VPC that it is attached to.
    type State = Option<String>;
    const KIND: &'static str = "vpn-gateway";
    const NEEDS: &'static [Section] = &[Section::VpnGateways];
    const SETTLES_WITHIN: Duration = Duration::from_mins(10);

    fn state(&self, look: &Look<'_>) -> Now<Option<String>> {
        look.in_region(|here| Now::of_item(&here.vpn_gateways, &look.at.id, attachment))
    }

    fn contain(&self, vpc: &Option<String>, look: &Look<'_>) -> Verdict<Option<String>> {
        let Some(here) = look.region() else { return Verdict::Refuse("its Region was not read".into()) };
        if vpc.is_none() {
            return Verdict::Already;
        }
        Verdict::unless(keeps::by_link(Some(&look.at.id), here, look.case), None)
    }

    fn show(&self, vpc: &Option<String>) -> String {
        vpc.as_ref().map_or_else(|| "detached".into(), |vpc| format!("attached to {vpc}"))
    }

    async fn write(&self, write: Write<'_, Option<String>>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        let ec2 = aws.ec2(at.region_name());
        let look = || async {
            let list = ec2.describe_vpn_gateways().vpn_gateway_ids(&at.id).send().await?;
            let gateway = list.vpn_gateways.unwrap_or_default().into_iter().find_map(vpn_gateway);
            Ok(gateway.map(|(_, gateway)| gateway))
        };
        match (settled(aws, look, attachment).await?, to) {
            (None, Some(vpc)) => {
                ec2.attach_vpn_gateway().vpn_gateway_id(&at.id).vpc_id(vpc).send().await?;
            }
            (Some(vpc), None) if from.as_ref() == Some(&vpc) => {
                ec2.detach_vpn_gateway().vpn_gateway_id(&at.id).vpc_id(vpc).send().await?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// Gateways come after their propagation and routes, which AWS changes only while they are attached.
pub(super) fn items<'a>(
    region: &'a str,
    here: &'a Region,
    case: &'a Case,
) -> impl Iterator<Item = Item> + 'a {
    let in_scope = here.vpn_gateways.items().filter(|(_, gateway)| match &gateway.vpc {
        Some(vpc) => case.scope.has_vpc(here, vpc),
        None => case.scope.is_whole(),
    });
    in_scope.map(move |(id, gateway)| {
        let at = Target::new(VpnGateway::KIND, id).region(region).named(&gateway.tags);
        let item = Item::new(Target { vpc: gateway.vpc.clone(), ..at }).tags(&gateway.tags);
        Item { rank: fallback::AFTER_ROUTES, ..item }
    })
}

fn attachment(gateway: &Known) -> Now<Option<String>> {
    match gateway.attachment.as_str() {
        "detaching" => Now::Settling(None),
        "attaching" => Now::Settling(gateway.vpc.clone()),
        _ => Now::Is(gateway.vpc.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attachment_on_its_way_is_where_it_goes() {
        let now = |state: &str| {
            let vpc = Some("vpc-1".into());
            attachment(&Known { vpc, attachment: state.into(), ..Known::default() })
        };
        assert_eq!(now("attached"), Now::Is(Some("vpc-1".into())));
        assert_eq!(now("attaching"), Now::Settling(Some("vpc-1".into())));
        assert_eq!(now("detaching"), Now::Settling(None));
    }
}
