//! An IP set with the blocked addresses of one version, in one scope of AWS WAF: a Region's, or CloudFront's.
//!
//! Its name is unique there and holds a hash of its addresses, so it is found by that.

use aws_sdk_wafv2::types::IpAddressVersion;

use super::block::{Block, set_words};
use crate::account::{IpSet, Section};
use crate::aws::{Aws, AwsError, WafPlace, unless_gone};
use crate::collect::Ask;
use crate::collect::web_acls::our_ip_sets;
use crate::step::{Lens, Look, Now, Reach, Reason, StepError, Target, Verdict, Write};

use super::acls;

pub(super) struct AddressSet;

impl Lens for AddressSet {
    type State = Option<IpSet>;
    const KIND: &'static str = "ip-set";
    const REACH: Reach = Reach::Itself;
    const NEEDS: &'static [Section] = &[Section::EdgeWebAcls, Section::WebAcls];

    fn narrow(&self, ask: &mut Ask, _: &Target) {
        ask.every_web_acl = true;
    }

    fn state(&self, look: &Look<'_>) -> Now<Self::State> {
        Now::of(acls(look), |all| Now::Is(all.ip_sets.get(&look.at.id).cloned()))
    }

    fn contain(&self, now: &Self::State, look: &Look<'_>) -> Verdict<Self::State> {
        let sets = Block::of(look.case).map(|block| block.sets()).unwrap_or_default();
        let Some((_, wanted)) = sets.into_iter().find(|(name, _)| *name == look.at.id) else {
            return Verdict::Refuse("none of its addresses is named".into());
        };
        match now {
            Some(now) if *now == wanted => Verdict::Already,
            None => Verdict::Change(Some(wanted)),
            Some(_) => Verdict::Lasting(
                Some(wanted),
                "somebody changed the IP set that unplug made: what they wrote stays out".into(),
            ),
        }
    }

    fn used_by(&self, look: &Look<'_>) -> Option<Reason> {
        let name = &look.at.id;
        let uses = |rules: &[crate::account::WebRule]| rules.iter().any(|rule| rule.matches.names_set(name));
        let (arn, _) = acls(look).read()?.acls.iter().find(|(_, acl)| uses(&acl.rules))?;
        Some(format!("a rule of the web ACL {} still uses it", crate::account::waf_name(arn)))
    }

    fn show(&self, state: &Self::State) -> String {
        state.as_ref().map_or_else(|| "none".into(), set_words)
    }

    async fn write(&self, write: Write<'_, Self::State>) -> Result<(), StepError> {
        let (aws, name) = (write.aws, &write.at.id);
        let place = aws.waf_place(write.at.region.as_deref());
        match write.to {
            Some(set) => make(aws, &place, name, set).await,
            None => delete(aws, &place, name).await,
        }
    }
}

/// The id and the lock token of the set, where there is one.
async fn find(aws: &Aws, place: &WafPlace, name: &str) -> Result<Option<(String, String)>, AwsError> {
    let known = our_ip_sets(aws, place).await?;
    let found = known.into_iter().find(|one| one.name() == Some(name));
    Ok(found.and_then(|one| Some((one.id?, one.lock_token?))))
}

/// Makes the set, or gives it these addresses.
async fn make(aws: &Aws, place: &WafPlace, name: &str, set: &IpSet) -> Result<(), StepError> {
    let client = aws.wafv2(&place.region);
    let addresses: Vec<String> = set.addresses.iter().cloned().collect();
    match find(aws, place, name).await? {
        None => {
            let version = if set.ipv6 { IpAddressVersion::Ipv6 } else { IpAddressVersion::Ipv4 };
            let create = client.create_ip_set().name(name).scope(place.scope()).ip_address_version(version);
            create.description(super::MADE_BY).set_addresses(Some(addresses)).send().await?;
        }
        // AWS takes no description that it does not get again.
        Some((id, token)) => {
            let update = client.update_ip_set().name(name).id(id).scope(place.scope()).lock_token(token);
            update.description(super::MADE_BY).set_addresses(Some(addresses)).send().await?;
        }
    }
    Ok(())
}

async fn delete(aws: &Aws, place: &WafPlace, name: &str) -> Result<(), StepError> {
    let Some((id, token)) = find(aws, place, name).await? else { return Ok(()) };
    let delete = aws.wafv2(&place.region).delete_ip_set().name(name).id(id).scope(place.scope());
    unless_gone(delete.lock_token(token).send().await)?;
    Ok(())
}
