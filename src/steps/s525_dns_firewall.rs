//! 525: Amazon's resolver answers no query from a VPC.

mod order;
mod writes;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::{Account, DnsFirewall as Firewall, DnsRule, DnsRuleGroup, Section, Seen, Tags};
use crate::step::created::is_of_run;
use crate::step::{
    Case, Does, Found, Iam, Item, Lens, Lenses, Look, Names, Now, Reason, Reversal, Spec, Step, StepError,
    StepId, Stops, Target, Verdict, Write, count,
};

pub struct DnsFirewall;

/// The run's domain list, its rule group, or the rule group on a VPC. `None`: there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    List(Option<BTreeSet<String>>),
    Group(Option<Rules>),
    Association(Option<Place>),
}

/// Rules by priority.
pub type Rules = BTreeMap<i32, Rule>;

/// A rule; the run's own list is named, not by its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    list: String,
    action: String,
    block_response: Option<String>,
    query_type: Option<String>,
}

/// Where the rule group stands among those of its VPC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    priority: i32,
    protected: bool,
}

const LIST: &str = "dns-block-list";
const GROUP: &str = "dns-block-group";
const VPC: &str = "dns-firewall";

/// What stands for every name. AWS shows names with a dot at the end.
const EVERY_NAME: &str = "*.";
/// What the run's list is called in a state.
const OURS: &str = "@dns-block-list";
/// Of the only rule in its group.
const PRIORITY: i32 = 100;

static SPEC: Spec = Spec {
    id: StepId(525),
    slug: "dns-firewall",
    title: "DNS Firewall: Amazon's resolver answers no query from these VPCs",
    needs: &[Section::Vpcs, Section::Subnets, Section::DnsFirewall],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &[
            "ec2:DescribeVpcs",
            "route53resolver:AssociateFirewallRuleGroup",
            "route53resolver:CreateFirewallDomainList",
            "route53resolver:CreateFirewallRule",
            "route53resolver:CreateFirewallRuleGroup",
            "route53resolver:DeleteFirewallRule",
            "route53resolver:ListFirewallDomainLists",
            "route53resolver:ListFirewallDomains",
            "route53resolver:ListFirewallRuleGroupAssociations",
            "route53resolver:ListFirewallRuleGroups",
            "route53resolver:ListFirewallRules",
            "route53resolver:ListTagsForResource",
            "route53resolver:TagResource",
            "route53resolver:UpdateFirewallDomains",
        ],
        undo: &[
            "route53resolver:DeleteFirewallDomainList",
            "route53resolver:DeleteFirewallRule",
            "route53resolver:DeleteFirewallRuleGroup",
            "route53resolver:DisassociateFirewallRuleGroup",
            "route53resolver:ListFirewallDomainLists",
            "route53resolver:ListFirewallDomains",
            "route53resolver:ListFirewallRuleGroupAssociations",
            "route53resolver:ListFirewallRuleGroups",
            "route53resolver:ListFirewallRules",
            "route53resolver:ListTagsForResource",
        ],
    },
    params: &[],
    does: Does::Cuts(&[Stops::Outbound]),
    cuts: "DNS queries to Amazon's resolver, within seconds: public names, private zones, names of endpoints \
           and instances; and with them data that leaves as DNS queries, which groups and ACLs do not see",
    leaves: "other resolvers by their address, and DNS over HTTPS or TLS, where the network is open; names \
             that a rule group asked before it allows (Firewall Manager's, or one at priority 101); answers \
             that hosts have cached; VPCs set to fail open, while the firewall does not answer; VPCs shared \
             from another account; everything but DNS, which goes by address",
    breaks: "No name resolves for hosts of these VPCs, nor for networks that ask their inbound resolver \
             endpoints: databases, directories and AWS's own APIs by name, Session Manager included.",
    doc: "\
Makes one domain list with the name `*`, and one rule group with one rule that blocks it (answer
NODATA), in each Region, and puts the group on each VPC in scope at the lowest priority that is free.
The lowest is asked first, and the first rule that fits decides. DNS is the exit that 510 and 520 leave
open: groups and ACLs never see queries to Amazon's resolver.

**Limits.** It sees what asks Amazon's resolver (the VPC's second address, 169.254.169.253 and its IPv6
twin), also where Resolver would forward the query to another network. A host that asks another resolver
by address, or over HTTPS, is a matter of 510 to 590. Priorities run from 101 to 9,899: 100 and 9,900 are
refused, and what Firewall Manager sets first comes before. A group that stands before it and allows
names goes on allowing them: it is said in the plan, and left, because somebody else owns it.

**What surprises.** Changes take seconds, not everywhere at once. A VPC takes five rule groups unless
the quota was raised: then AWS refuses a sixth. A VPC that is set to fail open resolves while the firewall
does not answer; unplug says which and leaves the setting. Rule groups that a Route 53 Profile brings to
the VPC do not show among its associations. It blocks private zones and names of instances too. A query
costs money per million.

**Undo.** The group is taken off each VPC, then its rule, the group and the list are deleted.

**By hand.** `dig example.com @169.254.169.253` from a host gives NOERROR and no answer;
`aws route53resolver list-firewall-rule-group-associations --vpc-id VPC` shows `unplug-RUN` first, and
COMPLETE.

<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall.html>",
};

fn list_name(region: &str) -> String {
    format!("{LIST}/{region}")
}

fn group_name(region: &str) -> String {
    format!("{GROUP}/{region}")
}

fn every_name() -> BTreeSet<String> {
    [EVERY_NAME.to_owned()].into()
}

fn block_all() -> Rules {
    let rule = Rule {
        list: OURS.into(),
        action: "BLOCK".into(),
        block_response: Some("NODATA".into()),
        query_type: None,
    };
    [(PRIORITY, rule)].into()
}

impl Step for DnsFirewall {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            let Some(firewall) = here.dns_firewall.read() else { continue };
            let (mut open, mut all) = (0, 0);
            for (id, vpc) in here.vpcs.items().filter(|(id, _)| case.scope.has_vpc(here, id)) {
                let is_open = !order::blocks_all(firewall, id);
                all += usize::from(vpc.owner == account.id);
                open += usize::from(vpc.owner == account.id && is_open);
                if firewall.fail_open.contains(id) {
                    let why = "resolves while the firewall does not answer (fail open)";
                    found.matters(Some(region), format!("{id} {why}"));
                }
                for group in order::before(firewall, id, case.names.id(&group_name(region)).as_deref()) {
                    let why = "lets names through and is asked first";
                    found.matters(Some(region), format!("{id}: rule group {group} {why}"));
                }
                let at = Target::new(VPC, id).region(region).vpc(id).named(&vpc.tags);
                found.item(Item { rank: 2, ..Item::new(at).tags(&vpc.tags) });
            }
            if open > 0 {
                found.item(Item::created(Target::new(LIST, region).region(region)));
                let group = Target::new(GROUP, region).region(region);
                found.item(Item { rank: 1, ..Item::created(group) });
                found.find(Some(region), format!("names are resolved for {open} of {}", count(all, "VPC")));
            } else if all > 0 {
                found.ok(Some(region), format!("a rule group blocks every name for {}", count(all, "VPC")));
            }
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&DnsFirewall]
    }
}

impl Lens for DnsFirewall {
    type State = State;
    const KIND: &'static str = "";
    const NEEDS: &'static [Section] = &[Section::DnsFirewall];
    const SETTLES_WITHIN: Duration = Duration::from_secs(300);

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let Look { at, account, case } = *look;
        let region = at.region_name();
        let firewall = match account.regions.get(region).map(|here| &here.dns_firewall) {
            None => return Now::Vanished,
            Some(Seen::Gap(gap)) => return Now::Unknown(gap.clone()),
            Some(Seen::Read(firewall)) => firewall,
        };
        match at.kind.as_str() {
            LIST => {
                let list = match case.names.id(&list_name(region)) {
                    Some(id) => firewall.domain_lists.get(&id),
                    None => firewall.domain_lists.iter().find_map(|(id, list)| {
                        unrecorded_list(firewall, id, &list.tags, &case.run).then_some(list)
                    }),
                };
                Now::Is(State::List(list.map(|list| list.domains.clone())))
            }
            GROUP => {
                let group = match case.names.id(&group_name(region)) {
                    Some(id) => firewall.rule_groups.get(&id),
                    None => firewall.rule_groups.iter().find_map(|(id, group)| {
                        unrecorded_group(firewall, id, &group.tags, &case.run).then_some(group)
                    }),
                };
                Now::Is(State::Group(group.map(|group| rules(group, region, &case.names))))
            }
            _ => {
                let group = case.names.id(&group_name(region));
                let mut all = firewall.associations.iter();
                let found = all.find(|a| a.vpc == at.id && Some(&a.rule_group) == group.as_ref());
                let place = |priority, protected| State::Association(Some(Place { priority, protected }));
                match found {
                    None => Now::Is(State::Association(None)),
                    Some(found) if found.status == "DELETING" => Now::Settling(State::Association(None)),
                    Some(found) if found.status == "COMPLETE" => {
                        Now::Is(place(found.priority, found.mutation_protection))
                    }
                    Some(found) => Now::Settling(place(found.priority, found.mutation_protection)),
                }
            }
        }
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let Look { at, account, .. } = *look;
        let Some(here) = account.regions.get(at.region_name()) else {
            return Verdict::Refuse("its Region was not read".into());
        };
        let tampered = || "somebody changed what the run made: that stays out".to_owned();
        match now {
            State::List(Some(domains)) if *domains == every_name() => Verdict::Already,
            State::List(None) => Verdict::Change(State::List(Some(every_name()))),
            State::List(Some(_)) => Verdict::Lasting(State::List(Some(every_name())), tampered()),
            State::Group(Some(rules)) if *rules == block_all() => Verdict::Already,
            State::Group(None) => Verdict::Change(State::Group(Some(block_all()))),
            State::Group(Some(_)) => Verdict::Lasting(State::Group(Some(block_all())), tampered()),
            State::Association(Some(_)) => Verdict::Already,
            State::Association(None) => {
                if let Some(owner) = here.shared_from(&at.id, account) {
                    return Verdict::Refuse(format!(
                        "shared from {owner}: only its owner can filter its DNS"
                    ));
                }
                let Some(firewall) = here.dns_firewall.read() else {
                    return Verdict::Refuse("its DNS firewall was not read".into());
                };
                if order::blocks_all(firewall, &at.id) {
                    return Verdict::Already;
                }
                match order::lowest_free(firewall, &at.id) {
                    None => Verdict::Refuse("no priority is free".into()),
                    Some(priority) => {
                        Verdict::Change(State::Association(Some(Place { priority, protected: false })))
                    }
                }
            }
        }
    }

    fn creates(&self, at: &Target) -> Option<String> {
        match at.kind.as_str() {
            LIST => Some(list_name(at.region_name())),
            GROUP => Some(group_name(at.region_name())),
            _ => None,
        }
    }

    fn tagged(&self, look: &Look<'_>) -> Vec<String> {
        let Look { at, account, case } = *look;
        let here = account.regions.get(at.region_name());
        let Some(firewall) = here.and_then(|here| here.dns_firewall.read()) else { return vec![] };
        let ours = |tags: &Tags| is_of_run(tags, &case.run, &at.kind);
        match at.kind.as_str() {
            LIST => firewall
                .domain_lists
                .iter()
                .filter(|(_, list)| ours(&list.tags))
                .map(|(id, _)| id)
                .cloned()
                .collect(),
            _ => firewall
                .rule_groups
                .iter()
                .filter(|(_, group)| ours(&group.tags))
                .map(|(id, _)| id)
                .cloned()
                .collect(),
        }
    }

    fn used_by(&self, look: &Look<'_>) -> Option<Reason> {
        let Look { at, account, case } = *look;
        let firewall = account.regions.get(at.region_name())?.dns_firewall.read()?;
        let id = case.names.id(&self.creates(at)?)?;
        if at.kind == LIST {
            let uses = |group: &DnsRuleGroup| group.rules.values().any(|rule| rule.domain_list == id);
            let (user, _) = firewall.rule_groups.iter().find(|(_, group)| uses(group))?;
            return Some(format!("{id} is still a list of {user}"));
        }
        let user = firewall.associations.iter().find(|of| of.rule_group == id && of.status != "DELETING")?;
        Some(format!("{id} still filters the DNS of {}", user.vpc))
    }

    /// A list is made empty, a group without rules; rules go and come one call at a time.
    fn passes(&self, from: &State, to: &State) -> Vec<State> {
        let mut passes = match (from, to) {
            (State::List(from), State::List(to)) if from.is_none() != to.is_none() => {
                vec![State::List(Some(BTreeSet::new()))]
            }
            (State::Group(from), State::Group(to)) => order::on_the_way(from.as_ref(), to.as_ref())
                .into_iter()
                .map(|rules| State::Group(Some(rules)))
                .collect(),
            _ => vec![],
        };
        passes.retain(|state| state != from && state != to);
        passes
    }

    fn show(&self, state: &State) -> String {
        match state {
            State::List(None) | State::Group(None) => "none".into(),
            State::List(Some(domains)) if *domains == every_name() => "every name".into(),
            State::List(Some(domains)) => count(domains.len(), "name"),
            State::Group(Some(rules)) if *rules == block_all() => "blocks every name".into(),
            State::Group(Some(rules)) => count(rules.len(), "rule"),
            State::Association(None) => "not on the VPC".into(),
            State::Association(Some(place)) => format!("blocks the VPC's DNS, priority {}", place.priority),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        match to {
            State::List(Some(domains)) => writes::fill_list(aws, at, domains).await,
            State::List(None) => writes::delete_list(aws, at).await,
            State::Group(Some(rules)) => writes::fill_group(aws, at, rules).await,
            State::Group(None) => writes::delete_group(aws, at).await,
            State::Association(Some(place)) => writes::associate(aws, at, place).await,
            State::Association(None) => writes::disassociate(aws, at).await,
        }
    }
}

/// A group's rules, its list by name where it is the run's own.
fn rules(group: &DnsRuleGroup, region: &str, names: &Names) -> Rules {
    let ours = names.id(&list_name(region));
    let rule = |rule: &DnsRule| Rule {
        list: match &rule.threat_protection {
            Some(threat) => threat.clone(),
            None if Some(&rule.domain_list) == ours.as_ref() => OURS.into(),
            None => rule.domain_list.clone(),
        },
        action: rule.action.clone(),
        block_response: rule.block_response.clone(),
        query_type: rule.query_type.clone(),
    };
    group.rules.iter().map(|(priority, found)| (*priority, rule(found))).collect()
}

fn unrecorded_list(firewall: &Firewall, id: &str, tags: &Tags, run: &str) -> bool {
    let mut rules = firewall.rule_groups.values().flat_map(|group| group.rules.values());
    is_of_run(tags, run, LIST) && rules.all(|rule| rule.domain_list != id)
}

fn unrecorded_group(firewall: &Firewall, id: &str, tags: &Tags, run: &str) -> bool {
    is_of_run(tags, run, GROUP) && firewall.associations.iter().all(|a| a.rule_group != id)
}

#[cfg(test)]
mod tests;
