//! EC2: network ACLs.

use aws_sdk_ec2::operation as op;
use aws_sdk_ec2::types;

use super::World;
use super::ec2_network::{Query, here, tags};
use super::route::{At, Routes};
use super::world::seen;
use crate::account::collect::ec2_acls::IMPLICIT;
use crate::account::{Acl, AclEntry, Region};

pub(super) fn routes(routes: &mut Routes) {
    routes.on(describe_network_acls);
}

fn describe_network_acls(
    at: &mut At<'_>,
    input: &op::describe_network_acls::DescribeNetworkAclsInput,
) -> Result<
    op::describe_network_acls::DescribeNetworkAclsOutput,
    op::describe_network_acls::DescribeNetworkAclsError,
> {
    let query = Query {
        filters: input.filters(),
        ids: input.network_acl_ids(),
        not_found: "InvalidNetworkAclID.NotFound",
        max: input.max_results(),
    };
    query.check(&["association.subnet-id", "default", "network-acl-id", "owner-id", "vpc-id"])?;
    let acls = query.choose(
        at,
        seen(&here(at).acls)?,
        |acl| &acl.tags,
        |id, acl, name| match name {
            "association.subnet-id" => acl.subnets.iter().cloned().collect(),
            "default" => vec![acl.is_default.to_string()],
            "network-acl-id" => vec![id.to_owned()],
            "owner-id" => vec![acl.owner.clone()],
            _ => vec![acl.vpc.clone()],
        },
    )?;
    let acls = acls.into_iter().map(|(id, a)| acl(id, a, at.world, here(at))).collect();
    let (acls, next) = at.page(acls, input.next_token(), input.max_results());
    Ok(op::describe_network_acls::DescribeNetworkAclsOutput::builder()
        .set_network_acls(Some(acls))
        .set_next_token(next)
        .build())
}

/// The id of a subnet's association: another one after each replacement.
fn association(world: &World, subnet: &str) -> String {
    let generation = world.acl_generation.get(subnet).copied().unwrap_or_default();
    format!("aclassoc-{generation:04x}{}", subnet.trim_start_matches("subnet-"))
}

fn acl(id: &str, acl: &Acl, world: &World, region: &Region) -> types::NetworkAcl {
    let associations = acl.subnets.iter().map(|subnet| {
        types::NetworkAclAssociation::builder()
            .network_acl_association_id(association(world, subnet))
            .network_acl_id(id)
            .subnet_id(subnet)
            .build()
    });
    let entries = [(false, &acl.ingress), (true, &acl.egress)].into_iter().flat_map(|(egress, entries)| {
        let written = entries.iter().map(move |(number, e)| entry(*number, egress, e));
        written.chain(implicit(egress, region.vpcs.item(&acl.vpc).is_some_and(|v| !v.ipv6_cidrs.is_empty())))
    });
    types::NetworkAcl::builder()
        .network_acl_id(id)
        .vpc_id(&acl.vpc)
        .owner_id(&acl.owner)
        .is_default(acl.is_default)
        .set_associations(Some(associations.collect()))
        .set_entries(Some(entries.collect()))
        .set_tags(Some(tags(&acl.tags)))
        .build()
}

/// The denies at the end of every ACL, which AWS shows and nobody can change.
fn implicit(egress: bool, ipv6: bool) -> impl Iterator<Item = types::NetworkAclEntry> {
    let deny = |cidr: &str| AclEntry {
        allow: false,
        protocol: "-1".into(),
        cidr: cidr.into(),
        ports: None,
        icmp: None,
    };
    let ipv4 = entry(IMPLICIT, egress, &deny("0.0.0.0/0"));
    [ipv4].into_iter().chain(ipv6.then(|| entry(IMPLICIT + 1, egress, &deny("::/0"))))
}

fn entry(number: i32, egress: bool, entry: &AclEntry) -> types::NetworkAclEntry {
    let action = if entry.allow { types::RuleAction::Allow } else { types::RuleAction::Deny };
    let ipv6 = entry.cidr.contains(':');
    types::NetworkAclEntry::builder()
        .rule_number(number)
        .egress(egress)
        .rule_action(action)
        .protocol(&entry.protocol)
        .set_cidr_block((!ipv6).then(|| entry.cidr.clone()))
        .set_ipv6_cidr_block(ipv6.then(|| entry.cidr.clone()))
        .set_port_range(entry.ports.map(|(from, to)| types::PortRange::builder().from(from).to(to).build()))
        .set_icmp_type_code(
            entry.icmp.map(|(kind, code)| types::IcmpTypeCode::builder().r#type(kind).code(code).build()),
        )
        .build()
}
