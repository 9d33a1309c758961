//! Which web ACL protects a load balancer or a distribution: the run's, where there was none.

use std::time::Duration;

use aws_sdk_cloudfront::types::DistributionConfig;
use serde::{Deserialize, Serialize};

use super::block::Block;
use super::{acls, web_acl_name};
use crate::account::{Account, Section, waf_name};
use crate::collect::Ask;
use crate::step::{Lens, Look, Now, Reach, Reason, StepError, Target, Verdict, Write};
use crate::steps::shared::distribution::{self, refusal};
use crate::steps::shared::web_acl::arn_of_new;

pub(super) struct AclUse;

/// The name of the web ACL; of AWS WAF Classic its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    web_acl: Option<String>,
}

/// A web ACL of AWS WAF Classic has an id where others have an ARN.
pub(super) fn is_classic(web_acl: &str) -> bool {
    !web_acl.starts_with("arn:")
}

fn of_balancer(look: &Look<'_>) -> Now<State> {
    let known = look.region().and_then(|here| here.load_balancers.item(&look.at.id));
    Now::of(acls(look), |all| {
        let found = all.acls.iter().find(|(_, acl)| acl.balancers.contains(&look.at.id));
        match (known, found) {
            (None, _) => Now::Vanished,
            (_, found) => Now::Is(State { web_acl: found.map(|(arn, _)| waf_name(arn).to_owned()) }),
        }
    })
}

fn of_distribution(look: &Look<'_>) -> Now<State> {
    distribution::now(look, |one| State {
        web_acl: one.web_acl.as_deref().map(|arn| web_acl_name(arn).to_owned()),
    })
}

/// Why AWS or unplug does not put a web ACL on this distribution.
fn of_configuration(id: &str, account: &Account) -> Option<Reason> {
    account.distributions.item(id).and_then(refusal)
}

impl Lens for AclUse {
    type State = State;
    const KIND: &'static str = "web-acl-use";
    const REACH: Reach = Reach::Itself;
    const NEEDS: &'static [Section] =
        &[Section::Distributions, Section::LoadBalancers, Section::WebAcls, Section::EdgeWebAcls];
    const SETTLES_WITHIN: Duration = distribution::SETTLES_WITHIN;
    const STATES_ONLY: bool = true;

    fn narrow(&self, ask: &mut Ask, _: &Target) {
        ask.states_only = true;
        ask.every_web_acl = true;
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        if look.at.region.is_some() { of_balancer(look) } else { of_distribution(look) }
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let Some(block) = Block::of(look.case) else {
            return Verdict::Refuse("no address and no country is named".into());
        };
        let wanted = State { web_acl: Some(block.name()) };
        match &now.web_acl {
            _ if *now == wanted => Verdict::Already,
            None => Verdict::unless(of_configuration(&look.at.id, look.account), wanted),
            Some(other) if look.at.region.is_none() && is_uuid(other) => Verdict::Refuse(format!(
                "its web ACL {other} is one of AWS WAF Classic, which unplug does not change: move it to AWS WAF"
            )),
            Some(other) => Verdict::Refuse(format!("the web ACL {other} protects it")),
        }
    }

    /// Another run, or somebody else, may have put rules into the web ACL that this run made.
    fn hold_back(&self, before: &State, look: &Look<'_>) -> Option<Reason> {
        if before.web_acl.is_some() {
            return None;
        }
        let Now::Is(State { web_acl: Some(name) }) = self.state(look) else { return None };
        let mut all = acls(look).read()?.acls.iter();
        let (_, acl) = all.find(|(arn, _)| waf_name(arn) == name)?;
        let other = acl.rules.iter().find(|rule| rule.name != name)?;
        Some(format!("the rule {} in its web ACL {name} is not this run's: take that out first", other.name))
    }

    fn show(&self, state: &State) -> String {
        state.web_acl.as_ref().map_or_else(|| "no web ACL".into(), |name| format!("the web ACL {name}"))
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        let place = aws.waf_place(at.region.as_deref());
        let arn = match &to.web_acl {
            Some(name) => Some(arn_of_new(aws, &place, name).await?),
            None => None,
        };
        if place.edge {
            return distribution::update(aws, &at.id, |config| put(config, from, arn.as_deref())).await;
        }
        let client = aws.wafv2(&place.region);
        // AWS replaces a web ACL, and takes off whichever is there, without a word.
        let now = client.get_web_acl_for_resource().resource_arn(&at.id).send().await?.web_acl;
        let now = now.map(|acl| acl.name);
        if now == to.web_acl {
            return Ok(());
        }
        if now != from.web_acl {
            let now = now.as_deref().unwrap_or("none");
            return Err(StepError::State(format!("somebody has given it another web ACL meanwhile: {now}")));
        }
        match arn {
            Some(arn) => {
                client.associate_web_acl().web_acl_arn(arn).resource_arn(&at.id).send().await?;
            }
            None => {
                client.disassociate_web_acl().resource_arn(&at.id).send().await?;
            }
        }
        Ok(())
    }
}

/// The form of an id of AWS WAF Classic.
fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

/// Puts the web ACL on a distribution, unless somebody has put on another meanwhile. Says whether anything
/// changed.
fn put(config: &mut DistributionConfig, from: &State, arn: Option<&str>) -> Result<bool, StepError> {
    let now = config.web_acl_id.as_deref().filter(|id| !id.is_empty());
    if now == arn {
        return Ok(false);
    }
    if now.map(web_acl_name) != from.web_acl.as_deref() {
        let now = now.unwrap_or("none");
        return Err(StepError::State(format!("somebody has given it another web ACL meanwhile: {now}")));
    }
    // An empty id takes the web ACL off.
    config.web_acl_id = Some(arn.unwrap_or_default().to_owned());
    Ok(true)
}
