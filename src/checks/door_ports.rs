//! No risky port is open to everybody.

use std::collections::BTreeSet;

use ipnet::IpNet;

use crate::account::{Peer, Region, Rule, Section};
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "door-ports",
    group: Group::Doors,
    title: "No security group opens an administration or database port to everybody",
    severity: Severity::High,
    why: "SSH, RDP and databases on the internet are tried within minutes, with lists of passwords and with \
          new holes alike.",
    fix: "EC2 console, Security Groups, the group, Edit inbound rules; or aws ec2 \
          describe-security-group-rules --region REGION --filters Name=group-id,Values=GROUP, and aws ec2 \
          revoke-security-group-ingress --region REGION --group-id GROUP --security-group-rule-ids RULE; come \
          in by Session Manager instead",
    needs: &[Section::Groups, Section::PrefixLists],
    also: &[],
    mirrors: &["CIS 5.2", "CIS 5.3", "FSBP EC2.19"],
    look,
};

/// The ports that Security Hub calls high-risk.
/// <https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-19>
const RISKY: [i32; 24] = [
    20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333, 5000, 5432, 5500, 5601, 8080,
    8088, 8888, 9200, 9300,
];

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let mut groups = 0;
    for (region, here) in facts.regions() {
        for (id, group) in here.groups.items() {
            groups += 1;
            let open: Vec<&Rule> = group.ingress.iter().filter(|rule| is_everybody(here, rule)).collect();
            let ports: BTreeSet<String> = open.into_iter().filter_map(risky).collect();
            if ports.is_empty() {
                continue;
            }
            let used = here.interfaces.items().filter(|(_, interface)| interface.groups.contains(id)).count();
            let ports = ports.into_iter().collect::<Vec<_>>().join(", ");
            let text = format!("{} ({id}) opens {ports} to everybody, on {used} interfaces", group.name);
            answer.fail(id, Some(region), text);
        }
    }
    answer.said = format!("{groups} groups looked at");
}

/// Is the peer of a rule everybody, or as good as?
fn is_everybody(here: &Region, rule: &Rule) -> bool {
    match &rule.peer {
        Peer::Ipv4(cidr) | Peer::Ipv6(cidr) => wide(cidr),
        Peer::PrefixList(id) => {
            here.prefix_lists.item(id).is_some_and(|list| list.entries.iter().any(|cidr| wide(cidr)))
        }
        Peer::Group { .. } => false,
    }
}

/// Half of all addresses are as good as all of them.
fn wide(cidr: &str) -> bool {
    match cidr.parse() {
        Ok(IpNet::V4(net)) => net.prefix_len() <= 1,
        Ok(IpNet::V6(net)) => net.prefix_len() <= 3,
        Err(_) => false,
    }
}

/// The risky ports that a rule opens, in words.
fn risky(rule: &Rule) -> Option<String> {
    match (rule.protocol.as_str(), rule.ports) {
        ("-1", _) => Some("everything".into()),
        ("tcp" | "6" | "udp" | "17", None) => Some(format!("every {} port", rule.protocol)),
        ("tcp" | "6" | "udp" | "17", Some((first, last))) => {
            let hit: Vec<String> =
                RISKY.iter().filter(|port| (first..=last).contains(port)).map(ToString::to_string).collect();
            match &hit[..] {
                [] => None,
                [port] => Some(format!("{} {port}", rule.protocol)),
                _ => Some(format!("{} {first}-{last}", rule.protocol)),
            }
        }
        _ => None,
    }
}
