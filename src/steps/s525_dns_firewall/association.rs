//! The run's rule group on a VPC, at the lowest priority that is free: that one is asked first.

use std::time::Duration;

use aws_sdk_route53resolver::types::{
    FirewallRuleGroupAssociation, FirewallRuleGroupAssociationStatus as Status,
};
use serde::{Deserialize, Serialize};

use super::group::Group;
use super::order;
use super::request::{self, again, request_id, title};
use crate::account::Section;
use crate::aws::{Aws, AwsError, lists, unless_gone};
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write};
use crate::steps::shared::made;

pub(super) struct Association;

/// The position of the rule group among the groups of its VPC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Slot {
    pub(super) priority: i32,
    pub(super) protected: bool,
}

impl Lens for Association {
    /// `None`: the run's group is not on the VPC.
    type State = Option<Slot>;
    const KIND: &'static str = "dns-firewall";
    const NEEDS: &'static [Section] = &[Section::DnsFirewall];
    const SETTLES_WITHIN: Duration = request::SETTLES_WITHIN;

    fn state(&self, look: &Look<'_>) -> Now<Option<Slot>> {
        let group = made::id::<Group>(&look.case.names, look.at.region_name());
        look.in_region(|here| {
            Now::of(&here.dns_firewall, |firewall| {
                let mut all = firewall.associations.iter();
                let found = all.find(|on| on.vpc == look.at.id && Some(&on.rule_group) == group.as_ref());
                let Some(found) = found else { return Now::Is(None) };
                let place = Slot { priority: found.priority, protected: found.mutation_protection };
                match found.status.as_str() {
                    "DELETING" => Now::Settling(None),
                    "COMPLETE" => Now::Is(Some(place)),
                    _ => Now::Settling(Some(place)),
                }
            })
        })
    }

    fn contain(&self, now: &Option<Slot>, look: &Look<'_>) -> Verdict<Option<Slot>> {
        let Look { at, account, .. } = *look;
        let Some(here) = look.region() else { return Verdict::Refuse("its Region was not read".into()) };
        if now.is_some() {
            return Verdict::Already;
        }
        if let Some(owner) = here.shared_from(&at.id, account) {
            return Verdict::Refuse(format!("shared from {owner}: only its owner can filter its DNS"));
        }
        let Some(firewall) = here.dns_firewall.read() else {
            return Verdict::Refuse("its DNS firewall was not read".into());
        };
        if order::blocks_all(firewall, &at.id) {
            return Verdict::Already;
        }
        match order::lowest_free(firewall, &at.id) {
            None => Verdict::Refuse("no priority is free".into()),
            Some(priority) => Verdict::Change(Some(Slot { priority, protected: false })),
        }
    }

    fn show(&self, state: &Option<Slot>) -> String {
        match state {
            None => "not on the VPC".into(),
            Some(place) => format!("blocks the VPC's DNS, priority {}", place.priority),
        }
    }

    async fn write(&self, write: Write<'_, Option<Slot>>) -> Result<(), StepError> {
        match (write.from, write.to) {
            // Somebody has moved the group behind others, which would be asked first.
            (Some(moved), Some(place)) if moved != place => {
                disassociate(write.aws, write.at).await?;
                associate(write.aws, write.at, place).await
            }
            (_, Some(place)) => associate(write.aws, write.at, place).await,
            (_, None) => disassociate(write.aws, write.at).await,
        }
    }
}

/// The run's rule group on a VPC; its association's id is another one each time.
async fn association(
    aws: &Aws,
    at: &Target,
    group: &str,
) -> Result<Option<FirewallRuleGroupAssociation>, AwsError> {
    let list = aws.resolver(at.region_name()).list_firewall_rule_group_associations();
    let list = list.vpc_id(&at.id).firewall_rule_group_id(group);
    let mut pages = lists::Pages::new(aws, list);
    while let Some(page) = pages.next().await? {
        let mut found = page.firewall_rule_group_associations.unwrap_or_default().into_iter();
        let found = found.find(|each| {
            each.vpc_id.as_ref() == Some(&at.id) && each.firewall_rule_group_id.as_deref() == Some(group)
        });
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

async fn associate(aws: &Aws, at: &Target, place: &Slot) -> Result<(), StepError> {
    let group = made::id::<Group>(aws.names(), at.region_name());
    let group = group.ok_or_else(|| StepError::State("the rule group of its Region was not made".into()))?;
    let began = aws.clock().now_ms();
    // One that is leaving has to be gone before it can come again.
    while let Some(found) = association(aws, at, &group).await? {
        if found.status != Some(Status::Deleting) {
            return Ok(());
        }
        if !again(aws, began).await {
            return Err(StepError::State(format!("AWS is still taking the group off {}", at.id)));
        }
    }
    let associate = aws
        .resolver(at.region_name())
        .associate_firewall_rule_group()
        .creator_request_id(request_id(aws, &at.id))
        .firewall_rule_group_id(group)
        .vpc_id(&at.id)
        .priority(place.priority)
        .name(title(aws));
    associate.send().await?;
    Ok(())
}

async fn disassociate(aws: &Aws, at: &Target) -> Result<(), StepError> {
    let Some(group) = made::id::<Group>(aws.names(), at.region_name()) else { return Ok(()) };
    let began = aws.clock().now_ms();
    loop {
        let Some(found) = association(aws, at, &group).await? else { return Ok(()) };
        if found.status == Some(Status::Deleting) {
            return Ok(());
        }
        let disassociate = aws.resolver(at.region_name()).disassociate_firewall_rule_group();
        let disassociate = disassociate.set_firewall_rule_group_association_id(found.id);
        match unless_gone(disassociate.send().await) {
            Ok(_) => return Ok(()),
            // Refused because AWS is still putting it on.
            Err(error) if error.is("ConflictException") && again(aws, began).await => {}
            Err(error) => return Err(error.into()),
        }
    }
}
