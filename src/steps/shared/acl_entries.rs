//! The rules of an ACL: how many AWS takes, looking at them, and one call a rule.

use std::collections::BTreeMap;

use aws_sdk_ec2::operation::describe_network_acls::builders::DescribeNetworkAclsFluentBuilder as Look;
use aws_sdk_ec2::types::{Filter, IcmpTypeCode, NetworkAcl, PortRange, RuleAction};

use crate::account::{Acl, AclEntry};
use crate::aws::{Aws, AwsError, lists, unless_gone};
use crate::collect::ec2::acls::acl as from_aws;
use crate::step::{Reason, StepError, Target};

/// The most rules that one direction of an ACL takes of one family. AWS raises its quota of 20 to 40 at
/// most, and counts the deny that it ends every ACL with. A plan says where a step goes above 20.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>
const MOST: usize = 39;
/// The same where nobody had the quota raised.
pub(crate) const USUAL: usize = 19;

/// The protocol of a rule about all of them.
pub(crate) const ALL: &str = "-1";

/// One call: out of an ACL or into it. `true` is egress.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Call {
    Delete(bool, i32),
    Create(bool, i32, AclEntry),
}

/// A rule that allows these packets.
pub(crate) fn allow(protocol: &str, cidr: &str, ports: Option<(i32, i32)>) -> AclEntry {
    AclEntry { allow: true, protocol: protocol.into(), cidr: cidr.into(), ports, icmp: None }
}

/// A rule that denies every packet of a CIDR.
pub(crate) fn deny(cidr: &str) -> AclEntry {
    AclEntry { allow: false, ..allow(ALL, cidr, None) }
}

/// Says which family has more rules in a direction than AWS ever takes.
pub(crate) fn too_many(side: &BTreeMap<i32, AclEntry>, way: &str) -> Option<Reason> {
    more_than(MOST, side, way)
}

/// Says which family has more rules in a direction than this.
pub(crate) fn more_than(most: usize, side: &BTreeMap<i32, AclEntry>, way: &str) -> Option<Reason> {
    let (ipv6, ipv4): (Vec<_>, Vec<_>) = side.values().partition(|entry| entry.cidr.contains(':'));
    let (family, rules) = [("IPv4", ipv4.len()), ("IPv6", ipv6.len())].into_iter().max_by_key(|(_, n)| *n)?;
    let why = || format!("it would need {rules} {way} {family} rules, and AWS takes {most} beside its own");
    (rules > most).then(why)
}

pub(crate) fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

fn look(aws: &Aws, at: &Target) -> Look {
    aws.ec2(at.region_name()).describe_network_acls()
}

pub(crate) async fn list(aws: &Aws, at: &Target, filters: Vec<Filter>) -> Result<Vec<NetworkAcl>, AwsError> {
    lists::all(aws, look(aws, at).set_filters(Some(filters)).max_results(1_000), Some).await
}

pub(crate) async fn by_id(aws: &Aws, at: &Target, id: &str) -> Result<Option<(String, Acl)>, AwsError> {
    let found = lists::all(aws, look(aws, at).network_acl_ids(id), Some).await;
    let found: Vec<NetworkAcl> = unless_gone(found)?.unwrap_or_default();
    Ok(found.into_iter().filter_map(from_aws).find(|(found, _)| found == id))
}

pub(crate) async fn send(aws: &Aws, at: &Target, acl: &str, call: Call) -> Result<(), StepError> {
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
