//! Public names lead to what the account has.

use crate::account::{AliasTarget, Section, dns};
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "door-names",
    group: Group::Doors,
    title: "Public names lead to no distribution and no load balancer that is gone",
    severity: Severity::Medium,
    why: "A name that leads to a distribution or a load balancer which is gone can be taken over by whoever \
          makes one like it, with the company's name and its cookies.",
    fix: "Route 53 console, Hosted zones, delete the record; or aws route53 change-resource-record-sets",
    needs: &[Section::Zones, Section::Distributions, Section::LoadBalancers],
    also: &[],
    mirrors: &[],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let mut names = 0;
    for records in facts.public_records(answer) {
        for (name, sets) in records {
            names += 1;
            for set in sets.iter().filter(|set| set.leads_visitors()) {
                let hosts = set.alias.iter().map(|AliasTarget { name, .. }| name).chain(&set.values);
                for host in hosts.map(|host| dns::host(host)) {
                    match holder(facts, &host) {
                        Holder::Here => {}
                        Holder::NotHere => {
                            let name = dns::host(name);
                            let text = format!("{name} leads to {host}, which this account does not have");
                            answer.fail(name, None, text);
                        }
                        Holder::NotRead => answer.unknown(format!(
                            "whether this account has {host}: Classic Load Balancers are not read"
                        )),
                    }
                }
            }
        }
    }
    answer.said = format!("{names} names looked at");
}

/// Who holds what a name leads to, as far as that can be told.
enum Holder {
    /// This account, or nobody of AWS's: an address, a name of another company.
    Here,
    /// It is a name that AWS gives to a distribution or a load balancer, and nothing here bears it. Another
    /// account may have it; then the name depends on that account.
    NotHere,
    /// It may be a load balancer of the oldest kind, which unplug does not read.
    NotRead,
}

fn holder(facts: &Facts<'_>, host: &str) -> Holder {
    let account = facts.account;
    if host.ends_with(".cloudfront.net") {
        let Some(distributions) = account.distributions.read() else { return Holder::Here };
        let has = distributions.values().any(|one| dns::host(&one.domain) == host);
        return if has { Holder::Here } else { Holder::NotHere };
    }
    if !host.ends_with(".elb.amazonaws.com") && !host.contains(".elb.") {
        return Holder::Here;
    }
    // Of a Region that was not looked at, or not wholly, nothing is known; the section says so.
    let of = account.regions.iter().find(|(name, _)| host.split('.').any(|part| part == name.as_str()));
    let Some(all) = of.and_then(|(_, here)| here.load_balancers.read()) else { return Holder::Here };
    let bare = host.strip_prefix("dualstack.").unwrap_or(host);
    if all.values().any(|one| dns::host(&one.dns_name) == bare) {
        return Holder::Here;
    }
    // NAME.elb.REGION is a Network Load Balancer's; NAME.REGION.elb an Application or a Classic one's.
    if host.contains(".elb.amazonaws.com") { Holder::NotRead } else { Holder::NotHere }
}
