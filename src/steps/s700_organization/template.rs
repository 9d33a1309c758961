//! The documents of the four policies. Pure, and without white space: AWS counts it.
//!
//! | policy | denies | goes on |
//! |---|---|---|
//! | service control | everything, to every principal of the account, root included | [`Exemptions::own`] |
//! | resource control | the account's data, to everybody outside the account | services, [`of_aws`], [`Exemptions::foreign`] |
//!
//! A deny names who goes on, and never who is meant: what a thief makes tomorrow is denied too. A key that a
//! request lacks makes `…NotEquals` hold, so that such a request is denied.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::exempt::{Exemptions, exemptions};
use super::kinds::PolicyKind;
use super::of_aws;
use crate::account::Account;
use crate::step::{Case, Reason};

/// What outsiders are denied. `sts` is not among them: whom a role lets in from outside becomes a principal of
/// the account, which the service control policy binds, and the responder may come in that way. Nor are services
/// that deliver logs across accounts or sign users in to applications.
///
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html#rcp-supported-services>
const DATA: [&str; 6] = ["dynamodb:*", "ecr:*", "kms:*", "s3:*", "secretsmanager:*", "sqs:*"];

/// The document of a policy of this kind for this account. `standing`: that of the run's policy, where it is made.
///
/// # Errors
/// It cannot be written, or AWS would not take it: why.
pub(super) fn document(
    kind: PolicyKind,
    account: &Account,
    case: &Case,
    standing: Option<&Value>,
) -> Result<Value, Reason> {
    let document = match kind {
        PolicyKind::ServiceControl => {
            let exempt = exemptions(account, case);
            if let Some(why) = &exempt.unfit {
                return Err(why.clone());
            }
            service_control(&match standing.and_then(exempt_in) {
                Some(standing) => exempt.behind(&standing),
                None => exempt,
            })
        }
        PolicyKind::ResourceControl => resource_control(&exemptions(account, case), account, standing),
        PolicyKind::VpcBlock => vpc_block(),
        PolicyKind::S3Block => s3_block(),
    };
    let size = size(&document);
    if size > kind.longest() {
        let exempt = exemptions(account, case);
        let (number, fewer) = match kind {
            PolicyKind::ResourceControl => (exempt.foreign.len(), "name fewer with `exempt`"),
            _ => (exempt.own.len(), "template = \"everything\" names fewer, and stops what they do"),
        };
        return Err(format!(
            "it would have {size} characters, and AWS takes {}: {number} principals go on. {fewer}",
            kind.longest(),
        ));
    }
    Ok(document)
}

/// The characters that AWS counts.
fn size(document: &Value) -> usize {
    document.to_string().chars().count()
}

/// Denies everything to every principal of the account but these.
fn service_control(exempt: &Exemptions) -> Value {
    let mut deny = json!({ "Sid": "UnplugDenyAll", "Effect": "Deny", "Action": "*", "Resource": "*" });
    if !exempt.own.is_empty() {
        deny["Condition"] = json!({ "ArnNotEquals": { "aws:PrincipalArn": arns(&exempt.own) } });
    }
    json!({ "Version": "2012-10-17", "Statement": [deny] })
}

/// The principals that a service control policy of this step lets go on.
fn exempt_in(document: &Value) -> Option<BTreeSet<String>> {
    let arns = document.pointer("/Statement/0/Condition/ArnNotEquals/aws:PrincipalArn")?.as_array()?;
    Some(arns.iter().filter_map(|arn| arn.as_str().map(str::to_owned)).collect())
}

/// Denies the account's data to everybody outside it but services and those that are named. Origin access identities
/// are named together, or not at all where not all of them fit. `standing`: that of the run's policy, which gets no
/// identity that a thief made later.
fn resource_control(exempt: &Exemptions, account: &Account, standing: Option<&Value>) -> Value {
    let mut identities = of_aws::identities(account);
    if let Some(standing) = standing.map(identities_in) {
        identities.retain(|arn| standing.contains(arn));
    }
    let whole = outsiders(exempt, account, &identities);
    if size(&whole) <= PolicyKind::ResourceControl.longest() {
        return whole;
    }
    outsiders(exempt, account, &BTreeSet::new())
}

/// One deny with three conditions, which have to hold together. The ARN of an origin access identity has no account's
/// id, so it is compared as text: AWS does not say whether its operators for ARNs take it.
fn outsiders(exempt: &Exemptions, account: &Account, identities: &BTreeSet<String>) -> Value {
    let accounts: Vec<&str> = [account.id.as_str()].into_iter().chain(of_aws::log_writers(account)).collect();
    let mut condition = json!({
        "StringNotEqualsIfExists": { "aws:PrincipalAccount": accounts },
        "BoolIfExists": { "aws:PrincipalIsAWSService": "false" },
    });
    if !identities.is_empty() {
        condition["StringNotEqualsIfExists"]["aws:PrincipalArn"] = json!(identities);
    }
    if !exempt.foreign.is_empty() {
        condition["ArnNotEqualsIfExists"] = json!({ "aws:PrincipalArn": arns(&exempt.foreign) });
    }
    let deny = json!({
        "Sid": "UnplugDenyOutsiders", "Effect": "Deny", "Principal": "*", "Action": DATA, "Resource": "*",
        "Condition": condition,
    });
    json!({ "Version": "2012-10-17", "Statement": [deny] })
}

/// The origin access identities that a resource control policy of this step lets go on.
pub(super) fn identities_in(document: &Value) -> BTreeSet<String> {
    let arns = document.pointer("/Statement/0/Condition/StringNotEqualsIfExists/aws:PrincipalArn");
    let arns = arns.and_then(Value::as_array).into_iter().flatten();
    arns.filter_map(|arn| arn.as_str().map(str::to_owned)).collect()
}

fn arns(exempt: &BTreeMap<String, Reason>) -> Vec<&String> {
    exempt.keys().collect()
}

/// Blocks internet gateways both ways and allows no exclusions. Here the words have underscores, in EC2's own
/// calls hyphens.
///
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_declarative_syntax.html>
fn vpc_block() -> Value {
    let block = json!({
        "mode": { "@@assign": "block_bidirectional" },
        "exclusions_allowed": { "@@assign": "disabled" },
    });
    json!({ "ec2_attributes": { "vpc_block_public_access": { "internet_gateway_block": block } } })
}

/// Turns on all four switches of S3's block, above the account's own.
///
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_s3_syntax.html>
fn s3_block() -> Value {
    json!({ "s3_attributes": { "public_access_block_configuration": { "@@assign": "all" } } })
}

/// A document as it is compared: what is no JSON stays as it is written.
pub(super) fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}
