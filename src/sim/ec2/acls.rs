//! EC2: network ACLs.

use aws_sdk_ec2::types;

use super::{Query, given, region, tags};
use crate::account::{Acl, AclEntry, Region};
use crate::aws::operations::ec2;
use crate::collect::ec2::acls::IMPLICIT;
use crate::sim::World;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::DescribeNetworkAcls>(describe_network_acls);
    dispatch.on::<ec2::CreateNetworkAcl>(create_network_acl);
    dispatch.on::<ec2::CreateNetworkAclEntry>(create_network_acl_entry);
    dispatch.on::<ec2::DeleteNetworkAcl>(delete_network_acl);
    dispatch.on::<ec2::DeleteNetworkAclEntry>(delete_network_acl_entry);
    dispatch.on::<ec2::ReplaceNetworkAclAssociation>(replace_network_acl_association);
}

fn describe_network_acls(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeNetworkAcls>,
) -> Said<ec2::DescribeNetworkAcls> {
    let query = Query {
        filters: input.filters(),
        ids: input.network_acl_ids(),
        not_found: "InvalidNetworkAclID.NotFound",
        max: input.max_results(),
    };
    query.check(&["association.subnet-id", "default", "network-acl-id", "owner-id", "vpc-id"])?;
    let acls = query.choose(
        cx,
        seen(&region(cx).acls)?,
        |acl| &acl.tags,
        |id, acl, name| match name {
            "association.subnet-id" => acl.subnets.iter().cloned().collect(),
            "default" => vec![acl.is_default.to_string()],
            "network-acl-id" => vec![id.to_owned()],
            "owner-id" => vec![acl.owner.clone()],
            _ => vec![acl.vpc.clone()],
        },
    )?;
    let (acls, next) = cx.page(acls, input.next_token(), input.max_results());
    let acls = acls.into_iter().map(|(id, a)| acl(id, a, cx.world, region(cx))).collect();
    Ok(Out::<ec2::DescribeNetworkAcls>::builder().set_network_acls(Some(acls)).set_next_token(next).build())
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

/// AWS's default quota of ACLs in a VPC. It can be raised.
const ACLS: usize = 200;

fn create_network_acl(cx: &mut Cx<'_>, input: &In<ec2::CreateNetworkAcl>) -> Said<ec2::CreateNetworkAcl> {
    let vpc = input.vpc_id().unwrap_or_default();
    let owner = cx.world.account.id.clone();
    match seen(&region(cx).vpcs)?.get(vpc) {
        None => return Err(refuse("InvalidVpcID.NotFound", format!("The vpc ID '{vpc}' does not exist"))),
        Some(of) if of.owner != owner => return Err(not_yours()),
        Some(_) => {}
    }
    let count = 1 + seen(&region(cx).acls)?.values().filter(|acl| acl.vpc == vpc).count();
    cx.counts(format!("network ACLs of {vpc}"), count, ACLS);
    // A new ACL holds the implicit denies and nothing else: it lets nothing through.
    let new = Acl {
        vpc: vpc.into(),
        owner,
        is_default: false,
        tags: given(input.tag_specifications())?,
        ..Acl::default()
    };
    let id = cx.new_id("acl");
    let answer = acl(&id, &new, cx.world, region(cx));
    seen_mut(&mut cx.region_mut().acls)?.insert(id, new);
    Ok(Out::<ec2::CreateNetworkAcl>::builder().network_acl(answer).build())
}

/// Only the owner of a VPC or subnet changes its ACLs; a participant sees them.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-sharing.html>
fn not_yours() -> Refused {
    refuse("UnauthorizedOperation", "You are not authorized to perform this operation.")
}

/// An ACL that the caller may change, by id.
fn own_acl<'a>(cx: &'a mut Cx<'_>, id: &str) -> Result<&'a mut Acl, Refused> {
    let (visible, account) = (cx.visible(id), cx.world.account.id.clone());
    match seen_mut(&mut cx.region_mut().acls)?.get_mut(id).filter(|_| visible) {
        None => {
            Err(refuse("InvalidNetworkAclID.NotFound", format!("The networkAcl ID '{id}' does not exist")))
        }
        Some(acl) if acl.owner != account => Err(not_yours()),
        Some(acl) => Ok(acl),
    }
}

fn delete_network_acl(cx: &mut Cx<'_>, input: &In<ec2::DeleteNetworkAcl>) -> Said<ec2::DeleteNetworkAcl> {
    let id = input.network_acl_id().unwrap_or_default();
    let acl = own_acl(cx, id)?;
    if acl.is_default {
        return Err(refuse("InvalidParameterValue", format!("cannot delete default network ACL {id}")));
    }
    if !acl.subnets.is_empty() {
        let message = format!("The networkAcl '{id}' has dependencies and cannot be deleted.");
        return Err(refuse("DependencyViolation", message));
    }
    seen_mut(&mut cx.region_mut().acls)?.remove(id);
    Ok(Out::<ec2::DeleteNetworkAcl>::builder().build())
}

fn delete_network_acl_entry(
    cx: &mut Cx<'_>,
    input: &In<ec2::DeleteNetworkAclEntry>,
) -> Said<ec2::DeleteNetworkAclEntry> {
    let acl = own_acl(cx, input.network_acl_id().unwrap_or_default())?;
    let number = input.rule_number().unwrap_or_default();
    if number >= IMPLICIT {
        return Err(refuse("InvalidParameterValue", format!("cannot delete rule {number}")));
    }
    let entries = if input.egress().unwrap_or(false) { &mut acl.egress } else { &mut acl.ingress };
    if entries.remove(&number).is_none() {
        let message = format!("The network acl entry with rule number {number} does not exist");
        return Err(refuse("InvalidNetworkAclEntry.NotFound", message));
    }
    Ok(Out::<ec2::DeleteNetworkAclEntry>::builder().build())
}

/// Rules of an ACL in one direction and of one family: AWS's default quota, and what it can be raised to.
/// The deny that AWS ends every ACL with is one of them.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>
const RULES: usize = 20;
const RULES_RAISED: usize = 40;

fn create_network_acl_entry(
    cx: &mut Cx<'_>,
    input: &In<ec2::CreateNetworkAclEntry>,
) -> Said<ec2::CreateNetworkAclEntry> {
    let id = input.network_acl_id().unwrap_or_default();
    let acl = own_acl(cx, id)?;
    let number = input.rule_number().unwrap_or_default();
    if !(1..IMPLICIT).contains(&number) {
        return Err(refuse("InvalidParameterValue", format!("The rule number '{number}' is not valid")));
    }
    let Some(cidr) = input.cidr_block().or(input.ipv6_cidr_block()) else {
        return Err(refuse("MissingParameter", "Either 'cidrBlock' or 'ipv6CidrBlock' should be provided."));
    };
    let protocol = input.protocol().unwrap_or_default();
    let ports = input.port_range().and_then(|range| range.from().zip(range.to()));
    if ["6", "17"].contains(&protocol) && ports.is_none() {
        return Err(refuse("MissingParameter", "The request must contain the parameter portRange"));
    }
    // AWS keeps the canonical form: 10.0.0.7/24 becomes 10.0.0.0/24.
    let Ok(cidr) = cidr.parse::<ipnet::IpNet>().map(|cidr| cidr.trunc().to_string()) else {
        return Err(refuse("InvalidParameterValue", format!("Value ({cidr}) is not a valid CIDR block")));
    };
    let entries = if input.egress().unwrap_or(false) { &mut acl.egress } else { &mut acl.ingress };
    if entries.contains_key(&number) {
        let message = format!("The network acl entry identified by {number} already exists.");
        return Err(refuse("NetworkAclEntryAlreadyExists", message));
    }
    let ipv6 = cidr.contains(':');
    let count = 2 + entries.values().filter(|entry| entry.cidr.contains(':') == ipv6).count();
    if count > RULES_RAISED {
        let message = "The maximum number of network acl entries has been reached.";
        return Err(refuse("NetworkAclEntryLimitExceeded", message));
    }
    let entry = AclEntry {
        allow: input.rule_action() == Some(&types::RuleAction::Allow),
        protocol: protocol.to_owned(),
        cidr,
        ports,
        icmp: input.icmp_type_code().and_then(|icmp| icmp.r#type().zip(icmp.code())),
    };
    entries.insert(number, entry);
    let name = acl.tags.get("Name").map_or(id, String::as_str).to_owned();
    let family = if ipv6 { "IPv6" } else { "IPv4" };
    let way = if input.egress().unwrap_or(false) { "outbound" } else { "inbound" };
    cx.counts(format!("{way} {family} rules of network ACL {name}"), count, RULES);
    Ok(Out::<ec2::CreateNetworkAclEntry>::builder().build())
}

fn replace_network_acl_association(
    cx: &mut Cx<'_>,
    input: &In<ec2::ReplaceNetworkAclAssociation>,
) -> Said<ec2::ReplaceNetworkAclAssociation> {
    let wanted = input.association_id().unwrap_or_default();
    let to = input.network_acl_id().unwrap_or_default();
    let found = seen(&region(cx).acls)?
        .iter()
        .flat_map(|(id, acl)| acl.subnets.iter().map(move |subnet| (id, acl, subnet)))
        .find(|(_, _, subnet)| association(cx.world, subnet) == wanted);
    let Some((from, old, subnet)) = found.map(|(id, acl, subnet)| (id.clone(), acl, subnet.clone())) else {
        let message = format!("The association ID '{wanted}' does not exist");
        return Err(refuse("InvalidAssociationID.NotFound", message));
    };
    let (vpc, account) = (old.vpc.clone(), &cx.world.account.id);
    if seen(&region(cx).subnets)?.get(&subnet).is_some_and(|subnet| subnet.owner != *account) {
        return Err(not_yours());
    }
    if own_acl(cx, to)?.vpc != vpc {
        let message = format!("networkAcl {to} and subnet {subnet} belong to different networks");
        return Err(refuse("InvalidParameterValue", message));
    }
    let acls = seen_mut(&mut cx.region_mut().acls)?;
    if let Some(acl) = acls.get_mut(&from) {
        acl.subnets.remove(&subnet);
    }
    if let Some(acl) = acls.get_mut(to) {
        acl.subnets.insert(subnet.clone());
    }
    // The old association id is dead from here on.
    *cx.world.acl_generation.entry(subnet.clone()).or_default() += 1;
    Ok(Out::<ec2::ReplaceNetworkAclAssociation>::builder()
        .new_association_id(association(cx.world, &subnet))
        .build())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::aws::Aws;
    use crate::aws::ledger::Phase;
    use crate::sim::{Simulation, probe::code, sample};

    #[tokio::test]
    async fn a_rule_is_put_in_canonical_form_and_its_number_is_taken_once() {
        let simulation = Simulation::new(sample::account());
        let aws = Aws::simulated(simulation.clone());
        let _phase = aws.enter(Phase::Apply);
        let deny = |number: i32, cidr: &str| {
            aws.ec2(sample::REGION)
                .create_network_acl_entry()
                .network_acl_id("acl-open")
                .rule_number(number)
                .rule_action(super::types::RuleAction::Deny)
                .protocol("-1")
                .egress(true)
                .cidr_block(cidr)
                .send()
        };
        assert_eq!(code(deny(1, "10.0.0.7/24").await), "none");
        assert_eq!(code(deny(1, "10.0.0.0/24").await), "NetworkAclEntryAlreadyExists");
        assert_eq!(code(deny(32_767, "10.0.0.0/24").await), "InvalidParameterValue");
        assert_eq!(code(deny(2, "10.0.0.0").await), "InvalidParameterValue");
        for number in 2..18 {
            assert_eq!(code(deny(number, "10.0.0.0/24").await), "none");
        }
        assert_eq!(simulation.take_above_defaults(), [], "18, the one there was, and the deny at the end");
        for number in 18..39 {
            assert_eq!(code(deny(number, "10.0.0.0/24").await), "none", "a raised quota takes it");
        }
        let noted = simulation.take_above_defaults();
        assert!(noted[0].1.contains("40 with this step's, and AWS's default quota is 20"), "{noted:?}");
        assert_eq!(code(deny(99, "10.0.0.0/24").await), "NetworkAclEntryLimitExceeded");
        let acls = simulation.account().regions.remove(sample::REGION).unwrap().acls;
        assert_eq!(acls.item("acl-open").unwrap().egress[&1].cidr, "10.0.0.0/24");
    }

    #[tokio::test]
    async fn an_association_is_replaced_once_and_its_id_dies() {
        let aws = Aws::simulated(Simulation::new(sample::account()));
        let _phase = aws.enter(Phase::Apply);
        let ec2 = aws.ec2(sample::REGION);
        let made = ec2.create_network_acl().vpc_id("vpc-1").send().await.unwrap();
        let acl = made.network_acl().unwrap().network_acl_id().unwrap();
        let list = ec2.describe_network_acls().network_acl_ids("acl-open").send().await.unwrap();
        let old = list.network_acls()[0].associations()[0].network_acl_association_id().unwrap();
        let replace =
            |acl: &str| ec2.replace_network_acl_association().association_id(old).network_acl_id(acl);
        assert_eq!(code(replace(acl).send().await), "InvalidNetworkAclID.NotFound");
        aws.clock().wait(Duration::from_secs(2)).await;
        assert_eq!(code(replace("acl-theirs").send().await), "UnauthorizedOperation");
        assert_eq!(code(replace(acl).send().await), "none");
        assert_eq!(code(replace(acl).send().await), "InvalidAssociationID.NotFound");
        assert_eq!(code(ec2.delete_network_acl().network_acl_id(acl).send().await), "DependencyViolation");
        let default = ec2.delete_network_acl().network_acl_id("acl-open");
        assert_eq!(code(default.send().await), "InvalidParameterValue");
        let theirs = ec2.create_network_acl().vpc_id("vpc-2");
        assert_eq!(code(theirs.send().await), "UnauthorizedOperation");
    }
}
