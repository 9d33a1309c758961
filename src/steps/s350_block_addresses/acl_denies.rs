//! The rules of a network ACL that deny the blocked addresses, in and out. Only these come and go: somebody
//! may change other rules meanwhile.

use super::denies::{Denies, is_deny};
use crate::account::{Acl, Region, Section};
use crate::step::keep::net;
use crate::step::{Lens, Look, Now, Reach, Reason, StepError, Verdict, Write};
use crate::steps::shared::acl_entries::{Call, by_id, send};

pub(super) struct AclDenies;

impl Lens for AclDenies {
    type State = Denies;
    const KIND: &'static str = "acl-denies";
    const REACH: Reach = Reach::Itself;
    const ID_SAYS_KIND: bool = true;
    const NEEDS: &'static [Section] = &[Section::Vpcs, Section::Acls];

    fn state(&self, look: &Look<'_>) -> Now<Denies> {
        let blocked = &look.case.scope.block_cidrs;
        look.in_region(|here| Now::of_item(&here.acls, &look.at.id, |acl| Now::Is(Denies::of(acl, blocked))))
    }

    fn contain(&self, now: &Denies, look: &Look<'_>) -> Verdict<Denies> {
        let Look { at, account, case } = *look;
        let Some(here) = look.region() else { return Verdict::Refuse("its Region was not read".into()) };
        let acl = match here.acls.item(&at.id) {
            None => return Verdict::Refuse("it is not there any more".into()),
            Some(acl) if acl.owner != account.id => {
                return Verdict::Refuse(format!(
                    "shared from {}: only its owner can change the ACL",
                    acl.owner
                ));
            }
            Some(acl) => acl,
        };
        if let Some(why) = own_addresses(here, acl, case.scope.block_cidrs.iter()) {
            return Verdict::Refuse(why);
        }
        match now.denying(acl, &case.scope.block_cidrs) {
            Err(why) => Verdict::Refuse(why),
            Ok(to) if to == *now => Verdict::Already,
            Ok(to) => Verdict::Change(to),
        }
    }

    /// Rules come and go one call at a time.
    fn passes(&self, from: &Denies, to: &Denies) -> Vec<Denies> {
        from.path(to)
    }

    fn show(&self, denies: &Denies) -> String {
        denies.words()
    }

    async fn write(&self, write: Write<'_, Denies>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        let found = by_id(aws, at, &at.id).await?;
        let (id, acl) = found.ok_or_else(|| StepError::State(format!("{} is not there any more", at.id)))?;
        for call in from.calls(to) {
            let there = |egress: bool, number: &i32| {
                if egress { acl.egress.get(number) } else { acl.ingress.get(number) }
            };
            match &call {
                Call::Create(egress, number, entry) => match there(*egress, number) {
                    None => send(aws, at, &id, call).await?,
                    Some(same) if same == entry => {}
                    Some(_) => {
                        let why = format!("somebody has taken rule {number} meanwhile: plan again");
                        return Err(StepError::State(why));
                    }
                },
                // A rule that somebody else has written under the number stays.
                Call::Delete(egress, number) => {
                    let side = if *egress { &from.egress } else { &from.ingress };
                    let cidr = side.get(number).map(|deny| deny.cidr.as_str()).unwrap_or_default();
                    if there(*egress, number).is_some_and(|entry| is_deny(entry, cidr)) {
                        send(aws, at, &id, call).await?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Why an ACL is left alone whose own VPC has a blocked address: its subnets would lose each other.
fn own_addresses<'a>(
    here: &Region,
    acl: &Acl,
    mut blocked: impl Iterator<Item = &'a String>,
) -> Option<Reason> {
    let vpc = here.vpcs.item(&acl.vpc)?;
    let inside = |cidr: &&String| {
        let Some(blocked) = net(cidr) else { return false };
        let own = vpc.cidrs.iter().chain(&vpc.ipv6_cidrs).filter_map(|own| net(own));
        own.into_iter().any(|own| own.contains(&blocked) || blocked.contains(&own))
    };
    let cidr = blocked.find(inside)?;
    Some(format!("{cidr} has addresses of {} itself: isolate the host (quarantine-instance)", acl.vpc))
}
