//! An authorization rule of a Client VPN endpoint: which clients it lets into which network. AWS takes
//! minutes to revoke one, and refuses to give it back meanwhile.

use std::time::Duration;

use super::client_vpn;
use crate::account::{Authorization, Section};
use crate::aws::Aws;
use crate::collect::ec2::client_vpn::authorizations;
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write};

pub(super) struct Rule;

/// How long a rule on its way is waited for.
const PATIENCE: Duration = Duration::from_mins(5);

/// Stands for the group of a rule that has none.
const EVERYBODY: &str = "*";

/// The id of a target: `endpoint/group/network`.
pub(super) fn id(endpoint: &str, rule: &Authorization) -> String {
    format!("{endpoint}/{}/{}", rule.group.as_deref().unwrap_or(EVERYBODY), rule.cidr)
}

/// Endpoint, group and network of a target.
fn parts(at: &Target) -> (&str, Option<&str>, &str) {
    let mut parts = at.id.splitn(3, '/');
    let mut next = || parts.next().unwrap_or_default();
    let (endpoint, group, cidr) = (next(), next(), next());
    (endpoint, Some(group).filter(|group| *group != EVERYBODY), cidr)
}

fn is_at(known: &Authorization, at: &Target) -> bool {
    let (_, group, cidr) = parts(at);
    known.cidr == cidr && known.group.as_deref() == group
}

impl Lens for Rule {
    /// The description of a rule that is there, empty where it has none; `None`: there is no such rule.
    type State = Option<String>;
    const KIND: &'static str = "client-vpn-rule";
    const NEEDS: &'static [Section] = &[Section::ClientVpns];
    const SETTLES_WITHIN: Duration = client_vpn::SETTLES_WITHIN;

    fn state(&self, look: &Look<'_>) -> Now<Option<String>> {
        look.in_region(|here| {
            Now::of_item(&here.client_vpns, parts(look.at).0, |endpoint| {
                let Some(known) = endpoint.authorizations.iter().find(|known| is_at(known, look.at)) else {
                    return Now::Is(None);
                };
                let description = known.description.clone().unwrap_or_default();
                match known.status.as_str() {
                    "revoking" => Now::Settling(None),
                    "authorizing" => Now::Settling(Some(description)),
                    _ => Now::Is(Some(description)),
                }
            })
        })
    }

    fn contain(&self, now: &Option<String>, look: &Look<'_>) -> Verdict<Option<String>> {
        if now.is_none() {
            return Verdict::Already;
        }
        Verdict::unless(client_vpn::obstacle(Some(parts(look.at).2), look), None)
    }

    fn queue(&self, at: &Target) -> Option<(String, usize)> {
        Some(client_vpn::queue(at))
    }

    fn show(&self, state: &Option<String>) -> String {
        if state.is_some() { "lets clients through".into() } else { "revoked".into() }
    }

    async fn write(&self, write: Write<'_, Option<String>>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let (endpoint, group, cidr) = parts(at);
        let ec2 = aws.ec2(at.region_name());
        let all = group.is_none().then_some(true);
        let group = group.map(Into::into);
        match (to, settled(aws, at, to.is_some()).await?) {
            (None, Some(known)) if known.status != "revoking" => {
                let revoke = ec2.revoke_client_vpn_ingress().client_vpn_endpoint_id(endpoint);
                let revoke = revoke.target_network_cidr(cidr).set_access_group_id(group);
                revoke.set_revoke_all_groups(all).send().await?;
            }
            (Some(description), None) => {
                let give = ec2.authorize_client_vpn_ingress().client_vpn_endpoint_id(endpoint);
                let give = give.target_network_cidr(cidr).set_access_group_id(group);
                let description = Some(description.clone()).filter(|text| !text.is_empty());
                give.set_authorize_all_groups(all).set_description(description).send().await?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// Returns the rule once AWS no longer moves it the other way than the write does.
async fn settled(aws: &Aws, at: &Target, gives: bool) -> Result<Option<Authorization>, StepError> {
    let waits_for = if gives { "revoking" } else { "authorizing" };
    let until = aws.clock().now_ms() + u64::try_from(PATIENCE.as_millis()).unwrap_or(u64::MAX);
    loop {
        let rules = authorizations(aws, at.region_name(), parts(at).0).await?;
        let found = rules.into_iter().find(|known| is_at(known, at));
        if found.as_ref().is_none_or(|known| known.status != waits_for) {
            return Ok(found);
        }
        if aws.clock().now_ms() >= until {
            return Err(StepError::State(format!("the rule is still {waits_for}")));
        }
        aws.clock().wait(Duration::from_secs(3)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_for_everybody_is_another_than_one_for_a_group() {
        let rule = |group: Option<&str>| Authorization {
            cidr: "10.0.0.0/8".into(),
            group: group.map(Into::into),
            ..Authorization::default()
        };
        let (everybody, staff) = (rule(None), rule(Some("staff")));
        let at = |rule: &Authorization| Target::new(Rule::KIND, id("cvpn-1", rule));
        assert_eq!(at(&staff).id, "cvpn-1/staff/10.0.0.0/8");
        assert!(is_at(&staff, &at(&staff)) && is_at(&everybody, &at(&everybody)));
        assert!(!is_at(&everybody, &at(&staff)) && !is_at(&staff, &at(&everybody)));
    }

    #[test]
    fn few_writes_go_to_one_endpoint_at_once() {
        let at = Target::new(Rule::KIND, "cvpn-1/*/10.0.0.0/8");
        assert_eq!(Rule.queue(&at), Some(("cvpn-1".into(), 5)));
    }
}
