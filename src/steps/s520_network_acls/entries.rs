//! The rules of an ACL at AWS: looking, and one call a rule.

use aws_sdk_ec2::operation::describe_network_acls::builders::DescribeNetworkAclsFluentBuilder as Look;
use aws_sdk_ec2::types::{Filter, IcmpTypeCode, NetworkAcl, PortRange, RuleAction};

use super::body::Call;
use crate::account::Acl;
use crate::aws::{Aws, AwsError, lists, unless_gone};
use crate::collect::ec2::acls::acl as from_aws;
use crate::step::{StepError, Target};

pub(super) fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

fn look(aws: &Aws, at: &Target) -> Look {
    aws.ec2(at.region_name()).describe_network_acls()
}

pub(super) async fn list(aws: &Aws, at: &Target, filters: Vec<Filter>) -> Result<Vec<NetworkAcl>, AwsError> {
    lists::all(aws, look(aws, at).set_filters(Some(filters)).max_results(1_000), Some).await
}

pub(super) async fn by_id(aws: &Aws, at: &Target, id: &str) -> Result<Option<(String, Acl)>, AwsError> {
    let found = lists::all(aws, look(aws, at).network_acl_ids(id), Some).await;
    let found: Vec<NetworkAcl> = unless_gone(found)?.unwrap_or_default();
    Ok(found.into_iter().filter_map(from_aws).find(|(found, _)| found == id))
}

pub(super) async fn send(aws: &Aws, at: &Target, acl: &str, call: Call) -> Result<(), StepError> {
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
                .set_icmp_type_code(
                    entry.icmp.map(|(kind, code)| IcmpTypeCode::builder().r#type(kind).code(code).build()),
                );
            create.send().await?;
            Ok(())
        }
    }
}
