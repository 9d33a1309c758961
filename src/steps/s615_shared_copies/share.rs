//! A resource share of AWS RAM, and the accounts outside the organization that it is shared with.
//!
//! Those inside the organization stay: shared subnets and transit gateways are how a company is wired.
//!
//! <https://docs.aws.amazon.com/ram/latest/APIReference/API_DisassociateResourceShare.html>

use super::grantees::{self, Unknown};
use crate::access::arn;
use crate::account::{ResourceShare, Section};
use crate::collect::Ask;
use crate::collect::shares::principals;
use crate::step::{Case, Lens, Look, Now, StepError, Target, Verdict, Write};

pub(super) struct Share;

impl Lens for Share {
    /// Those outside whom nobody knows.
    type State = Unknown;
    const KIND: &'static str = "resource-share";
    const NEEDS: &'static [Section] = &[Section::ResourceShares];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        grantees::narrow(ask, at);
    }

    fn state(&self, look: &Look<'_>) -> Now<Unknown> {
        look.in_region(|here| {
            Now::of_item(&here.resource_shares, &look.at.id, |share| {
                let with = outside(share, &look.account.id, look.case);
                let leaving = share.with.values().any(|sharer| sharer.leaving);
                if leaving { Now::Settling(with) } else { Now::Is(with) }
            })
        })
    }

    fn contain(&self, now: &Unknown, look: &Look<'_>) -> Verdict<Unknown> {
        let share = look.region().and_then(|here| here.resource_shares.item(&look.at.id));
        if !now.is_empty() && share.is_some_and(|share| share.from_policy) {
            return Verdict::Refuse(
                "RAM made it of a resource's own policy, and lets nobody change it: the policy of the resource has \
                 to go (aws ram list-resources --resource-owner SELF names it)"
                    .into(),
            );
        }
        grantees::contain(now)
    }

    fn arrived(&self, to: &Unknown, now: &Unknown) -> bool {
        grantees::arrived(to, now)
    }

    fn show(&self, state: &Unknown) -> String {
        match state.len() {
            0 => "shared with nobody unknown outside".into(),
            _ => format!("shared with {}", grantees::show(state)),
        }
    }

    async fn write(&self, write: Write<'_, Unknown>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        let ram = aws.ram(at.region_name());
        let Some(has) = principals(aws, at.region_name(), &at.id).await? else { return Ok(()) };
        // Who is on the way out is neither in nor to be taken out again.
        let has = has.into_iter().filter(|(_, sharer)| !sharer.leaving).map(|(who, _)| who).collect();
        let (add, remove) = grantees::difference(to, from, &has);
        if !add.is_empty() {
            let associate = ram.associate_resource_share().resource_share_arn(&at.id);
            associate.set_principals(Some(add)).send().await?;
        }
        if !remove.is_empty() {
            let disassociate = ram.disassociate_resource_share().resource_share_arn(&at.id);
            disassociate.set_principals(Some(remove)).send().await?;
        }
        Ok(())
    }
}

/// Accounts outside the organization, and roles and users of theirs, whom nobody knows.
pub(super) fn outside(share: &ResourceShare, own: &str, case: &Case) -> Unknown {
    let named = |who: &str| grantees::known(case).any(|known| known == who);
    let is_unknown = |who: &str| match arn::account(who) {
        Some(account) => account != own && !named(account) && !named(who),
        // A service of AWS is named by its host.
        None => who != own && !named(who) && !who.contains('.'),
    };
    let here = share.with.iter().filter(|(_, sharer)| sharer.external && !sharer.leaving);
    here.filter(|(who, _)| is_unknown(who)).map(|(who, _)| who.clone()).collect()
}
