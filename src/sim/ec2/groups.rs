//! EC2: security groups.

use std::collections::BTreeSet;

use aws_sdk_ec2::types;

use super::{Query, given, region, tags};
use crate::account::{Group, Peer, Rule};
use crate::aws::operations::ec2;
use crate::collect::ec2::groups::{permissions, rules};
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

pub(in crate::sim) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ec2::DescribeSecurityGroups>(describe_security_groups);
    dispatch.on::<ec2::CreateSecurityGroup>(create_security_group);
    dispatch.on::<ec2::DeleteSecurityGroup>(delete_security_group);
    dispatch.on::<ec2::AuthorizeSecurityGroupIngress>(authorize_ingress);
    dispatch.on::<ec2::AuthorizeSecurityGroupEgress>(authorize_egress);
    dispatch.on::<ec2::RevokeSecurityGroupIngress>(revoke_ingress);
    dispatch.on::<ec2::RevokeSecurityGroupEgress>(revoke_egress);
}

fn describe_security_groups(
    cx: &mut Cx<'_>,
    input: &In<ec2::DescribeSecurityGroups>,
) -> Said<ec2::DescribeSecurityGroups> {
    let query = Query {
        filters: input.filters(),
        ids: input.group_ids(),
        not_found: "InvalidGroup.NotFound",
        max: input.max_results(),
    };
    query.check(&["group-id", "group-name", "owner-id", "vpc-id"])?;
    let groups = query.choose(
        cx,
        seen(&region(cx).groups)?,
        |group| &group.tags,
        |id, group, name| match name {
            "group-id" => vec![id.to_owned()],
            "group-name" => vec![group.name.clone()],
            "owner-id" => vec![group.owner.clone()],
            _ => vec![group.vpc.clone()],
        },
    )?;
    let (groups, next) = cx.page(groups, input.next_token(), input.max_results());
    let groups = groups.into_iter().map(|(id, g)| group(id, g)).collect();
    Ok(Out::<ec2::DescribeSecurityGroups>::builder()
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

/// AWS's default quotas: groups of a Region, rules of a group in each direction and family. Both can be
/// raised.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>
const GROUPS: usize = 2_500;
const RULES: usize = 60;

fn create_security_group(
    cx: &mut Cx<'_>,
    input: &In<ec2::CreateSecurityGroup>,
) -> Said<ec2::CreateSecurityGroup> {
    let name = input.group_name().unwrap_or_default();
    let vpc = input.vpc_id().unwrap_or_default();
    let owner = cx.world.account.id.clone();
    if input.description().unwrap_or_default().is_empty() || name.is_empty() {
        return Err(refuse("MissingParameter", "The request must contain a name and a description"));
    }
    if name == "default" {
        return Err(refuse("InvalidGroup.Reserved", "The security group 'default' is reserved"));
    }
    if name.starts_with("sg-") || name.len() > 255 {
        let message = format!("Invalid group name '{name}': at most 255 characters, not starting with sg-");
        return Err(refuse("InvalidParameterValue", message));
    }
    let Some(of) = seen(&region(cx).vpcs)?.get(vpc) else {
        return Err(refuse("InvalidVpcID.NotFound", format!("The vpc ID '{vpc}' does not exist")));
    };
    let ipv6 = !of.ipv6_cidrs.is_empty();
    let groups = seen(&region(cx).groups)?;
    if groups.values().any(|group| group.vpc == vpc && group.name == name && group.owner == owner) {
        let message = format!("The security group '{name}' already exists for VPC '{vpc}'");
        return Err(refuse("InvalidGroup.Duplicate", message));
    }
    let count = 1 + groups.values().filter(|group| group.owner == owner).count();
    cx.counts("security groups".into(), count, GROUPS);
    // A new group lets everything out, by a second rule where the VPC has IPv6.
    let mut egress = BTreeSet::from([Rule::all(Peer::Ipv4("0.0.0.0/0".into()))]);
    if ipv6 {
        egress.insert(Rule::all(Peer::Ipv6("::/0".into())));
    }
    let group = Group {
        name: name.into(),
        description: input.description().unwrap_or_default().into(),
        vpc: vpc.into(),
        owner,
        ingress: BTreeSet::new(),
        egress,
        tags: given(input.tag_specifications())?,
    };
    let id = cx.new_id("sg");
    let tags = tags(&group.tags);
    seen_mut(&mut cx.region_mut().groups)?.insert(id.clone(), group);
    Ok(Out::<ec2::CreateSecurityGroup>::builder().group_id(id).set_tags(Some(tags)).build())
}

/// A group that the caller may change, by id.
fn own_group<'a>(cx: &'a mut Cx<'_>, id: Option<&str>) -> Result<&'a mut Group, Refused> {
    let id = id.unwrap_or_default();
    let (visible, account) = (cx.visible(id), cx.world.account.id.clone());
    match seen_mut(&mut cx.region_mut().groups)?.get_mut(id) {
        Some(group) if visible && group.owner == account => Ok(group),
        _ => Err(refuse("InvalidGroup.NotFound", format!("The security group '{id}' does not exist"))),
    }
}

fn delete_security_group(
    cx: &mut Cx<'_>,
    input: &In<ec2::DeleteSecurityGroup>,
) -> Said<ec2::DeleteSecurityGroup> {
    let id = input.group_id().unwrap_or_default();
    if own_group(cx, Some(id))?.name == "default" {
        let message = format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user");
        return Err(refuse("CannotDelete", message));
    }
    let refers = |rule: &Rule| matches!(&rule.peer, Peer::Group { id: peer, .. } if peer == id);
    let used = seen(&region(cx).interfaces)?.values().any(|interface| interface.groups.contains(id))
        || region(cx).load_balancers.items().any(|(_, lb)| lb.groups.contains(id))
        || region(cx).databases.items().any(|(_, database)| database.groups.contains(id))
        || region(cx).endpoints.items().any(|(_, endpoint)| endpoint.groups.contains(id))
        || region(cx).connect_endpoints.items().any(|(_, endpoint)| endpoint.groups.contains(id))
        || seen(&region(cx).groups)?
            .iter()
            .any(|(other, g)| other != id && g.ingress.iter().chain(&g.egress).any(refers));
    if used {
        return Err(refuse("DependencyViolation", format!("resource {id} has a dependent object")));
    }
    seen_mut(&mut cx.region_mut().groups)?.remove(id);
    Ok(Out::<ec2::DeleteSecurityGroup>::builder().r#return(true).group_id(id).build())
}

#[derive(Clone, Copy)]
enum Side {
    In,
    Out,
}

impl Side {
    fn of(self, group: &mut Group) -> &mut BTreeSet<Rule> {
        match self {
            Side::In => &mut group.ingress,
            Side::Out => &mut group.egress,
        }
    }
}

/// The rules of a call. A group without an owner is the caller's.
fn wanted(cx: &Cx<'_>, permissions: Option<&Vec<types::IpPermission>>) -> Result<BTreeSet<Rule>, Refused> {
    let mut wanted = rules(permissions.cloned());
    if wanted.is_empty() {
        return Err(refuse("MissingParameter", "The request must contain the parameter ipPermissions"));
    }
    if wanted.iter().any(|rule| matches!(&rule.peer, Peer::Group { owner: None, .. })) {
        let owned = |mut rule: Rule| {
            if let Peer::Group { owner, .. } = &mut rule.peer {
                owner.get_or_insert_with(|| cx.world.account.id.clone());
            }
            rule
        };
        wanted = wanted.into_iter().map(owned).collect();
    }
    Ok(wanted)
}

/// Two rules are the same to AWS whatever their descriptions say.
fn same(one: &Rule, other: &Rule) -> bool {
    (&one.protocol, one.ports, &one.peer) == (&other.protocol, other.ports, &other.peer)
}

fn authorize(
    cx: &mut Cx<'_>,
    id: Option<&str>,
    permissions: Option<&Vec<types::IpPermission>>,
    side: Side,
) -> Result<(), Refused> {
    let wanted = wanted(cx, permissions)?;
    let group = own_group(cx, id)?;
    let name = group.name.clone();
    let rules = side.of(group);
    if let Some(rule) = wanted.iter().find(|rule| rules.iter().any(|have| same(rule, have))) {
        let message = format!("the specified rule \"peer: {:?}\" already exists", rule.peer);
        return Err(refuse("InvalidPermission.Duplicate", message));
    }
    rules.extend(wanted);
    let ipv6 = rules.iter().filter(|rule| matches!(rule.peer, Peer::Ipv6(_))).count();
    let count = ipv6.max(rules.len() - ipv6);
    cx.counts(format!("rules of security group {name}"), count, RULES);
    Ok(())
}

/// All or nothing: one rule that is not there refuses the call.
fn revoke(
    cx: &mut Cx<'_>,
    id: Option<&str>,
    permissions: Option<&Vec<types::IpPermission>>,
    side: Side,
) -> Result<(), Refused> {
    let wanted = wanted(cx, permissions)?;
    let rules = side.of(own_group(cx, id)?);
    if wanted.iter().any(|rule| !rules.iter().any(|have| same(rule, have))) {
        let message = "The specified rule does not exist in this security group.";
        return Err(refuse("InvalidPermission.NotFound", message));
    }
    rules.retain(|have| !wanted.iter().any(|rule| same(rule, have)));
    Ok(())
}

fn authorize_ingress(
    cx: &mut Cx<'_>,
    input: &In<ec2::AuthorizeSecurityGroupIngress>,
) -> Said<ec2::AuthorizeSecurityGroupIngress> {
    authorize(cx, input.group_id(), input.ip_permissions.as_ref(), Side::In)?;
    Ok(Out::<ec2::AuthorizeSecurityGroupIngress>::builder().r#return(true).build())
}

fn authorize_egress(
    cx: &mut Cx<'_>,
    input: &In<ec2::AuthorizeSecurityGroupEgress>,
) -> Said<ec2::AuthorizeSecurityGroupEgress> {
    authorize(cx, input.group_id(), input.ip_permissions.as_ref(), Side::Out)?;
    Ok(Out::<ec2::AuthorizeSecurityGroupEgress>::builder().r#return(true).build())
}

fn revoke_ingress(
    cx: &mut Cx<'_>,
    input: &In<ec2::RevokeSecurityGroupIngress>,
) -> Said<ec2::RevokeSecurityGroupIngress> {
    revoke(cx, input.group_id(), input.ip_permissions.as_ref(), Side::In)?;
    Ok(Out::<ec2::RevokeSecurityGroupIngress>::builder().r#return(true).build())
}

fn revoke_egress(
    cx: &mut Cx<'_>,
    input: &In<ec2::RevokeSecurityGroupEgress>,
) -> Said<ec2::RevokeSecurityGroupEgress> {
    revoke(cx, input.group_id(), input.ip_permissions.as_ref(), Side::Out)?;
    Ok(Out::<ec2::RevokeSecurityGroupEgress>::builder().r#return(true).build())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::aws::Aws;
    use crate::aws::ledger::Phase;
    use crate::sim::{Simulation, probe::code, sample};

    #[tokio::test]
    async fn groups_refuse_what_aws_refuses() {
        let aws = Aws::simulated(Simulation::new(sample::account()));
        let _phase = aws.enter(Phase::Apply);
        let ec2 = aws.ec2(sample::REGION);
        let create =
            |name: &str, vpc: &str| ec2.create_security_group().group_name(name).description("d").vpc_id(vpc);
        assert_eq!(code(create("default", "vpc-1").send().await), "InvalidGroup.Reserved");
        assert_eq!(code(create("sg-x", "vpc-1").send().await), "InvalidParameterValue");
        assert_eq!(code(create("web", "vpc-1").send().await), "InvalidGroup.Duplicate");
        assert_eq!(code(create("x", "vpc-9").send().await), "InvalidVpcID.NotFound");
        let made = create("x", "vpc-1").send().await.unwrap();
        let id = made.group_id().unwrap();
        let modify = |eni: &str, sg: &str| {
            ec2.modify_network_interface_attribute().network_interface_id(eni).groups(sg)
        };
        assert_eq!(code(modify("eni-web", id).send().await), "InvalidGroup.NotFound");
        aws.clock().wait(Duration::from_secs(2)).await;
        let list = ec2.describe_security_groups().group_ids(id).send().await.unwrap();
        let egress = list.security_groups()[0].ip_permissions_egress().to_vec();
        assert_eq!(egress.iter().map(|p| p.ip_ranges().len() + p.ipv6_ranges().len()).sum::<usize>(), 2);
        let again = ec2.authorize_security_group_egress().group_id(id);
        let again = again.set_ip_permissions(Some(egress.clone()));
        assert_eq!(code(again.send().await), "InvalidPermission.Duplicate");
        let revoke =
            || ec2.revoke_security_group_egress().group_id(id).set_ip_permissions(Some(egress.clone()));
        assert_eq!(code(revoke().send().await), "none");
        assert_eq!(code(revoke().send().await), "InvalidPermission.NotFound");
        assert_eq!(code(modify("eni-elb", id).send().await), "AuthFailure");
        // AWS does not hold off whoever would cut an EKS cluster: step 510 does.
        assert_eq!(code(modify("eni-eks-api", "sg-web").send().await), "none");
        assert_eq!(code(modify("eni-shared", id).send().await), "InvalidParameter");
        assert_eq!(code(modify("eni-web", id).send().await), "none");
        let delete = |id: &str| ec2.delete_security_group().group_id(id);
        assert_eq!(code(delete(id).send().await), "DependencyViolation");
        assert_eq!(code(delete("sg-ssh").send().await), "DependencyViolation");
        assert_eq!(code(delete("sg-default").send().await), "CannotDelete");
        assert_eq!(code(delete("sg-9").send().await), "InvalidGroup.NotFound");
    }
}
