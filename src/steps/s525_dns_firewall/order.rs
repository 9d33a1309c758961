//! In which order a VPC's rule groups are asked, and what comes of it.

use crate::account::{DnsAssociation, DnsFirewall, DnsRuleGroup};

/// Priorities that this account may give: both ends of AWS's range are reserved.
///
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_AssociateFirewallRuleGroup.html>,
/// and <https://github.com/hashicorp/terraform-provider-aws/issues/43694>
const PRIORITIES: std::ops::RangeInclusive<i32> = 101..=9_899;

/// What a rule group does with a name that no rule before it has decided.
#[derive(Clone, Copy, PartialEq)]
enum Decides {
    /// Every name is blocked here.
    Blocks,
    /// Some names get through, or nobody may look.
    LetsThrough,
    /// What it does not block, the next group decides.
    Passes,
}

/// The associations of a VPC, the one asked first at the head.
fn asked<'a>(firewall: &'a DnsFirewall, vpc: &str) -> Vec<&'a DnsAssociation> {
    let mut asked: Vec<_> =
        firewall.associations.iter().filter(|a| a.vpc == vpc && a.status != "DELETING").collect();
    asked.sort_by_key(|association| association.priority);
    asked
}

fn decides(firewall: &DnsFirewall, group: Option<&DnsRuleGroup>) -> Decides {
    // The rules of a group that another account shares cannot be read.
    let Some(group) = group.filter(|group| !group.rules.is_empty()) else { return Decides::LetsThrough };
    for rule in group.rules.values() {
        if rule.action != "BLOCK" {
            return Decides::LetsThrough;
        }
        let names = firewall.domain_lists.get(&rule.domain_list).map(|list| &list.domains);
        let every = names.is_some_and(|names| names.contains("*.") || names.contains("*"));
        if every && rule.query_type.is_none() {
            return Decides::Blocks;
        }
    }
    Decides::Passes
}

/// Is every name blocked, by the first group that could? What comes before the run's own place lets
/// through what it lets through, with the run's group or without.
pub(super) fn blocks_all(firewall: &DnsFirewall, vpc: &str) -> bool {
    let place = lowest_free(firewall, vpc).unwrap_or_default();
    for association in asked(firewall, vpc) {
        match decides(firewall, firewall.rule_groups.get(&association.rule_group)) {
            Decides::Blocks => return association.status == "COMPLETE",
            Decides::LetsThrough if association.priority > place => return false,
            Decides::LetsThrough | Decides::Passes => {}
        }
    }
    false
}

/// Rule groups that let names through, and will be asked before the run's own.
pub(super) fn before(firewall: &DnsFirewall, vpc: &str, ours: Option<&str>) -> Vec<String> {
    let mine = asked(firewall, vpc).into_iter().find(|a| Some(a.rule_group.as_str()) == ours);
    let priority = mine.map(|a| a.priority).or_else(|| lowest_free(firewall, vpc)).unwrap_or_default();
    let first = asked(firewall, vpc).into_iter().filter(|a| a.priority < priority);
    first
        .filter(|a| decides(firewall, firewall.rule_groups.get(&a.rule_group)) == Decides::LetsThrough)
        .map(|a| a.rule_group.clone())
        .collect()
}

/// The priority that is asked as early as this account may.
pub(super) fn lowest_free(firewall: &DnsFirewall, vpc: &str) -> Option<i32> {
    let taken: Vec<i32> = firewall.associations.iter().filter(|a| a.vpc == vpc).map(|a| a.priority).collect();
    PRIORITIES.into_iter().find(|priority| !taken.contains(priority))
}
