//! The calls of step 520.

use std::time::Duration;

use aws_sdk_ec2::operation::describe_network_acls::builders::DescribeNetworkAclsFluentBuilder as Look;
use aws_sdk_ec2::types::{Filter, NetworkAcl, PortRange, ResourceType, RuleAction};

use super::body::{Body, Call};
use super::{AclRef, name, role};
use crate::account::Acl;
use crate::aws::{Aws, AwsError, lists, unless_gone};
use crate::collect::ec2::acls::acl as from_aws;
use crate::step::created::{self, ec2_tags};
use crate::step::{StepError, Target};

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

/// Created by this run, and not recorded: the run ended in between, so no subnet has it yet. Tags
/// find it and prove nothing, because a thief can set them: its rules are put right before use.
pub(super) fn unrecorded(acl: &Acl, run: &str, kind: &str) -> bool {
    created::is_of_run(&acl.tags, run, role(kind)) && acl.subnets.is_empty() && !acl.is_default
}

fn look(aws: &Aws, at: &Target) -> Look {
    aws.ec2(at.region_name()).describe_network_acls()
}

async fn list(aws: &Aws, at: &Target, filters: Vec<Filter>) -> Result<Vec<NetworkAcl>, AwsError> {
    lists::all(aws, look(aws, at).set_filters(Some(filters)).max_results(1_000), Some).await
}

async fn by_id(aws: &Aws, at: &Target, id: &str) -> Result<Option<(String, Acl)>, AwsError> {
    let found = lists::all(aws, look(aws, at).network_acl_ids(id), Some).await;
    let found: Vec<NetworkAcl> = unless_gone(found)?.unwrap_or_default();
    Ok(found.into_iter().filter_map(from_aws).find(|(found, _)| found == id))
}

/// The run's ACL of a VPC as AWS shows it: by its recorded id, else by the tags of this run.
async fn made(aws: &Aws, at: &Target) -> Result<Option<(String, Acl)>, AwsError> {
    if let Some(id) = aws.names().id(&name(&at.kind, &at.id)) {
        return by_id(aws, at, &id).await;
    }
    let filters = vec![filter("tag:unplug:run", aws.run()), filter("vpc-id", &at.id)];
    let acls = list(aws, at, filters).await?;
    let ours = |acl: &Acl| acl.vpc == at.id && unrecorded(acl, aws.run(), &at.kind);
    Ok(acls.into_iter().filter_map(from_aws).find(|(_, acl)| ours(acl)))
}

/// Creates the ACL where there is none, and gives it exactly these rules, whoever wrote others.
pub(super) async fn make(aws: &Aws, at: &Target, to: &Body) -> Result<(), StepError> {
    let name = name(&at.kind, &at.id);
    let recorded = aws.names().id(&name).is_some();
    let patience = Duration::from_secs(if recorded { 10 } else { 0 });
    let found = match created::shown(aws, patience, || made(aws, at)).await? {
        Some(found) => Some(found),
        None => {
            aws.created(&name, &create(aws, at).await?)?;
            created::shown(aws, Duration::from_secs(60), || made(aws, at)).await?
        }
    };
    let (id, acl) = found.ok_or_else(|| StepError::State("the new ACL does not show up".into()))?;
    if aws.names().id(&name).is_none() {
        aws.created(&name, &id)?;
    }
    for call in Body::of(&acl).calls(to) {
        send(aws, at, &id, call).await?;
    }
    Ok(())
}

/// Changes the rules that differ between the two bodies, and no others: somebody may have added
/// one since.
pub(super) async fn edit(aws: &Aws, at: &Target, from: &Body, to: &Body) -> Result<(), StepError> {
    let found = by_id(aws, at, &at.id).await?;
    let (id, acl) = found.ok_or_else(|| StepError::State(format!("{} is not there any more", at.id)))?;
    let now = Body::of(&acl);
    for call in from.calls(to) {
        let there = |egress, number| now.get(egress, number);
        let done = match &call {
            Call::Delete(egress, number) => there(*egress, *number) == to.get(*egress, *number),
            Call::Create(egress, number, entry) => there(*egress, *number) == Some(entry),
        };
        if !done {
            send(aws, at, &id, call).await?;
        }
    }
    Ok(())
}

async fn send(aws: &Aws, at: &Target, acl: &str, call: Call) -> Result<(), StepError> {
    let ec2 = aws.ec2(at.region_name());
    match call {
        Call::Delete(egress, number) => {
            let entry = ec2.delete_network_acl_entry().network_acl_id(acl).rule_number(number).egress(egress);
            match entry.send().await.map_err(AwsError::from) {
                Err(error) if !error.is("InvalidNetworkAclEntry.NotFound") => Err(error.into()),
                _ => Ok(()),
            }
        }
        Call::Create(egress, number, entry) => {
            let ipv6 = entry.cidr.contains(':');
            let action = if entry.allow { RuleAction::Allow } else { RuleAction::Deny };
            let ports = entry.ports.map(|(from, to)| PortRange::builder().from(from).to(to).build());
            let create = ec2
                .create_network_acl_entry()
                .network_acl_id(acl)
                .rule_number(number)
                .egress(egress)
                .rule_action(action)
                .protocol(entry.protocol)
                .set_cidr_block((!ipv6).then(|| entry.cidr.clone()))
                .set_ipv6_cidr_block(ipv6.then_some(entry.cidr))
                .set_port_range(ports)
                .set_icmp_type_code(entry.icmp.map(|(kind, code)| {
                    aws_sdk_ec2::types::IcmpTypeCode::builder().r#type(kind).code(code).build()
                }));
            create.send().await?;
            Ok(())
        }
    }
}

async fn create(aws: &Aws, at: &Target) -> Result<String, StepError> {
    let role = role(&at.kind);
    let name = format!("unplug-{role}-{}", aws.run());
    let tags = ec2_tags(aws, ResourceType::NetworkAcl, role, &name);
    let create = aws.ec2(at.region_name()).create_network_acl().vpc_id(&at.id).tag_specifications(tags);
    let id = create.send().await?.network_acl.and_then(|acl| acl.network_acl_id);
    id.ok_or_else(|| StepError::State("AWS gave the new ACL no id".into()))
}

pub(super) async fn delete(aws: &Aws, at: &Target) -> Result<(), StepError> {
    let Some((id, _)) = made(aws, at).await? else { return Ok(()) };
    let delete = aws.ec2(at.region_name()).delete_network_acl().network_acl_id(id);
    match delete.send().await.map_err(AwsError::from) {
        Err(error) if !error.is("InvalidNetworkAclID.NotFound") => Err(error.into()),
        _ => Ok(()),
    }
}

/// Swaps the subnet's association, whose id is read now: every swap gives it another one.
pub(super) async fn associate(aws: &Aws, at: &Target, to: &AclRef) -> Result<(), StepError> {
    let vpc = at.vpc.as_deref().unwrap_or_default();
    let id = match to {
        AclRef::Id(id) => id.clone(),
        AclRef::Hidden => return Err(StepError::State("its owner does not show the ACL".into())),
        AclRef::Isolation | AclRef::Front | AclRef::Passage => {
            let name = name(to.kind(), vpc);
            let id = aws.names().id(&name);
            id.ok_or_else(|| StepError::State(format!("the ACL {name} was not created")))?
        }
    };
    let acls = list(aws, at, vec![filter("association.subnet-id", &at.id)]).await?;
    let mut associations = acls.into_iter().flat_map(|acl| acl.associations.unwrap_or_default());
    let current = associations.find(|a| a.subnet_id.as_ref() == Some(&at.id));
    let current =
        current.ok_or_else(|| StepError::State(format!("{} has no ACL that can be seen", at.id)))?;
    if current.network_acl_id.as_ref() != Some(&id) {
        let swap = aws.ec2(at.region_name()).replace_network_acl_association().network_acl_id(id);
        swap.set_association_id(current.network_acl_association_id).send().await?;
    }
    Ok(())
}
