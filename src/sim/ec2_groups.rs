//! EC2: security groups.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::operation as op;
use aws_sdk_ec2::types;

use super::ec2_network::{Query, here, tags};
use super::route::{At, Routes};
use super::world::seen;
use crate::account::{Group, Peer, Rule};

pub(super) fn routes(routes: &mut Routes) {
    routes.on(describe_security_groups);
}

fn describe_security_groups(
    at: &mut At<'_>,
    input: &op::describe_security_groups::DescribeSecurityGroupsInput,
) -> Result<
    op::describe_security_groups::DescribeSecurityGroupsOutput,
    op::describe_security_groups::DescribeSecurityGroupsError,
> {
    let query = Query {
        filters: input.filters(),
        ids: input.group_ids(),
        not_found: "InvalidGroup.NotFound",
        max: input.max_results(),
    };
    query.check(&["group-id", "group-name", "owner-id", "vpc-id"])?;
    let groups = query.choose(
        at,
        seen(&here(at).groups)?,
        |group| &group.tags,
        |id, group, name| match name {
            "group-id" => vec![id.to_owned()],
            "group-name" => vec![group.name.clone()],
            "owner-id" => vec![group.owner.clone()],
            _ => vec![group.vpc.clone()],
        },
    )?;
    let groups = groups.into_iter().map(|(id, g)| group(id, g)).collect();
    let (groups, next) = at.page(groups, input.next_token(), input.max_results());
    Ok(op::describe_security_groups::DescribeSecurityGroupsOutput::builder()
        .set_security_groups(Some(groups))
        .set_next_token(next)
        .build())
}

fn group(id: &str, group: &Group) -> types::SecurityGroup {
    types::SecurityGroup::builder()
        .group_id(id)
        .group_name(&group.name)
        .description(&group.description)
        .vpc_id(&group.vpc)
        .owner_id(&group.owner)
        .set_ip_permissions(Some(permissions(&group.ingress)))
        .set_ip_permissions_egress(Some(permissions(&group.egress)))
        .set_tags(Some(tags(&group.tags)))
        .build()
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
