//! Network ACLs and the subnets they are associated with.

use std::collections::BTreeMap;

use aws_sdk_ec2::types;

use super::{PAGE, filters, tags};
use crate::account::{Acl, AclEntry};
use crate::aws::{Aws, AwsError, lists};
use crate::collect::Ask;

/// The first number of the entries that AWS adds to every ACL and nobody can change: deny
/// everything, 32767 for IPv4 and 32768 for IPv6.
pub(crate) const IMPLICIT: i32 = 32_767;

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkAcls.html>
pub(in crate::collect) async fn acls(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, Acl>, AwsError> {
    let list = aws.ec2(region).describe_network_acls().set_filters(filters(ask)).max_results(PAGE);
    lists::all(aws, list, acl).await
}

/// A network ACL and its id, from AWS's form.
pub(crate) fn acl(acl: types::NetworkAcl) -> Option<(String, Acl)> {
    let mut value = Acl {
        vpc: acl.vpc_id.unwrap_or_default(),
        owner: acl.owner_id.unwrap_or_default(),
        is_default: acl.is_default.unwrap_or(false),
        ingress: BTreeMap::new(),
        egress: BTreeMap::new(),
        subnets: acl.associations.unwrap_or_default().into_iter().filter_map(|a| a.subnet_id).collect(),
        tags: tags(acl.tags),
    };
    for entry in acl.entries.unwrap_or_default() {
        let Some(number) = entry.rule_number.filter(|number| *number < IMPLICIT) else { continue };
        let egress = entry.egress.unwrap_or(false);
        let side = if egress { &mut value.egress } else { &mut value.ingress };
        side.insert(number, of_entry(entry));
    }
    Some((acl.network_acl_id?, value))
}

fn of_entry(entry: types::NetworkAclEntry) -> AclEntry {
    AclEntry {
        allow: entry.rule_action == Some(types::RuleAction::Allow),
        protocol: entry.protocol.unwrap_or_default(),
        cidr: entry.cidr_block.or(entry.ipv6_cidr_block).unwrap_or_default(),
        ports: entry.port_range.and_then(|range| range.from.zip(range.to)),
        icmp: entry.icmp_type_code.and_then(|icmp| icmp.r#type.zip(icmp.code)),
    }
}
