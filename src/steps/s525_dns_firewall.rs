//! 525: Amazon's resolver answers no query from a VPC.

mod association;
mod group;
mod list;
mod order;
mod request;
mod rules;

use crate::account::{Account, Section};
use crate::step::{
    Case, Does, Found, Iam, Item, Lens as _, Lenses, Reversal, Spec, Step, StepId, Stops, Target, count,
};
use crate::steps::shared::made::{Made, Resource as _, id};
use association::Association;
use group::Group;
use list::List;

pub struct DnsFirewall;

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
    doc: include_str!("s525_dns_firewall/doc.md"),
};

impl Step for DnsFirewall {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            let Some(firewall) = here.dns_firewall.read() else { continue };
            let ours = id::<Group>(&case.names, region);
            let (mut open, mut all) = (0, 0);
            for (id, vpc) in here.vpcs.items().filter(|(id, _)| case.scope.has_vpc(here, id)) {
                let is_open = !order::blocks_all(firewall, id);
                all += usize::from(vpc.owner == account.id);
                open += usize::from(vpc.owner == account.id && is_open);
                if firewall.fail_open.contains(id) {
                    let why = "resolves while the firewall does not answer (fail open)";
                    found.matters(Some(region), format!("{id} {why}"));
                }
                for group in order::before(firewall, id, ours.as_deref()) {
                    let why = "lets names through and is asked first";
                    found.matters(Some(region), format!("{id}: rule group {group} {why}"));
                }
                let at = Target::new(Association::KIND, id).region(region).vpc(id).named(&vpc.tags);
                found.item(Item { rank: 2, ..Item::new(at).within(&vpc.tags) });
            }
            if open > 0 {
                found.item(Item::created(Target::new(List::KIND, region).region(region)));
                let group = Target::new(Group::KIND, region).region(region);
                found.item(Item { rank: 1, ..Item::created(group) });
                found.note(Some(region), format!("names are resolved for {open} of {}", count(all, "VPC")));
            } else if all > 0 {
                found.fine(Some(region), format!("a rule group blocks every name for {}", count(all, "VPC")));
            }
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&Made(List), &Made(Group), &Association]
    }
}

#[cfg(test)]
mod tests;
