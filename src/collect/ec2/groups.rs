//! Security groups and their rules.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types;

use super::{PAGE, filters, tags};
use crate::account::{Group, Peer, Rule};
use crate::aws::{Aws, AwsError, lists};
use crate::collect::Ask;

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html>
pub(in crate::collect) async fn groups(
    aws: &Aws,
    region: &str,
    ask: &Ask,
) -> Result<BTreeMap<String, Group>, AwsError> {
    let list = aws.ec2(region).describe_security_groups().set_filters(filters(ask)).max_results(PAGE);
    lists::all(aws, list, group).await
}

/// A security group and its id, from AWS's form.
pub(crate) fn group(group: types::SecurityGroup) -> Option<(String, Group)> {
    let value = Group {
        name: group.group_name.unwrap_or_default(),
        description: group.description.unwrap_or_default(),
        vpc: group.vpc_id.unwrap_or_default(),
        owner: group.owner_id.unwrap_or_default(),
        ingress: rules(group.ip_permissions),
        egress: rules(group.ip_permissions_egress),
        tags: tags(group.tags),
    };
    Some((group.group_id?, value))
}

/// One rule for each peer: AWS gathers the peers of the same protocol and ports in one permission.
pub(crate) fn rules(permissions: Option<Vec<types::IpPermission>>) -> BTreeSet<Rule> {
    permissions.unwrap_or_default().into_iter().flat_map(of_permission).collect()
}

fn of_permission(permission: types::IpPermission) -> Vec<Rule> {
    let protocol = permission.ip_protocol.unwrap_or_default();
    let ports = permission.from_port.zip(permission.to_port);
    let ipv4 = permission.ip_ranges.unwrap_or_default().into_iter();
    let ipv6 = permission.ipv6_ranges.unwrap_or_default().into_iter();
    let lists = permission.prefix_list_ids.unwrap_or_default().into_iter();
    let groups = permission.user_id_group_pairs.unwrap_or_default().into_iter();
    ipv4.filter_map(|range| Some((Peer::Ipv4(range.cidr_ip?), range.description)))
        .chain(ipv6.filter_map(|range| Some((Peer::Ipv6(range.cidr_ipv6?), range.description))))
        .chain(lists.filter_map(|list| Some((Peer::PrefixList(list.prefix_list_id?), list.description))))
        .chain(groups.filter_map(|pair| {
            let peer = Peer::Group {
                id: pair.group_id?,
                owner: pair.user_id,
                peering: pair.vpc_peering_connection_id,
            };
            Some((peer, pair.description))
        }))
        .map(|(peer, description)| Rule { protocol: protocol.clone(), ports, peer, description })
        .collect()
}

/// Rules as AWS shows them: the peers of the same protocol and ports in one permission.
pub(crate) fn permissions(rules: &BTreeSet<Rule>) -> Vec<types::IpPermission> {
    let mut gathered: BTreeMap<_, Vec<&Rule>> = BTreeMap::new();
    for rule in rules {
        gathered.entry((&rule.protocol, rule.ports)).or_default().push(rule);
    }
    gathered
        .into_iter()
        .map(|((protocol, ports), rules)| {
            let permission = types::IpPermission::builder()
                .ip_protocol(protocol)
                .set_from_port(ports.map(|(from, _)| from))
                .set_to_port(ports.map(|(_, to)| to));
            rules.into_iter().fold(permission, with_peer).build()
        })
        .collect()
}

fn with_peer(
    permission: types::builders::IpPermissionBuilder,
    rule: &Rule,
) -> types::builders::IpPermissionBuilder {
    let words = rule.description.clone();
    match &rule.peer {
        Peer::Ipv4(cidr) => {
            permission.ip_ranges(types::IpRange::builder().cidr_ip(cidr).set_description(words).build())
        }
        Peer::Ipv6(cidr) => {
            permission.ipv6_ranges(types::Ipv6Range::builder().cidr_ipv6(cidr).set_description(words).build())
        }
        Peer::PrefixList(list) => permission.prefix_list_ids(
            types::PrefixListId::builder().prefix_list_id(list).set_description(words).build(),
        ),
        Peer::Group { id, owner, peering } => permission.user_id_group_pairs(
            types::UserIdGroupPair::builder()
                .group_id(id)
                .set_user_id(owner.clone())
                .set_vpc_peering_connection_id(peering.clone())
                .set_description(words)
                .build(),
        ),
    }
}
