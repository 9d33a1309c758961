//! What a permission set is made of besides its name and its inline policy.

use std::collections::BTreeSet;

use aws_sdk_ssoadmin::types::{
    CustomerManagedPolicyReference, PermissionSet as Described, PermissionsBoundary,
};

use super::PAGE;
use crate::account::{PolicyReference, SetBoundary, SetParts, Tags};
use crate::aws::{Aws, AwsError, lists, unless_gone};

/// The parts of a permission set that AWS has described.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListManagedPoliciesInPermissionSet.html>
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListCustomerManagedPolicyReferencesInPermissionSet.html>
pub(crate) async fn parts(
    aws: &Aws,
    region: &str,
    (instance, set): (&str, &str),
    described: Described,
) -> Result<SetParts, AwsError> {
    let client = aws.ssoadmin(region);
    let tags = client.list_tags_for_resource().instance_arn(instance).resource_arn(set);
    let tags = lists::all(aws, tags, |tag| Some((tag.key, tag.value)));
    let managed = client.list_managed_policies_in_permission_set().instance_arn(instance);
    let managed = managed.permission_set_arn(set).max_results(PAGE);
    let managed = lists::all(aws, managed, |policy| policy.arn);
    let customer = client.list_customer_managed_policy_references_in_permission_set().instance_arn(instance);
    let customer = customer.permission_set_arn(set).max_results(PAGE);
    let customer = lists::all(aws, customer, |policy| Some(reference(policy)));
    let boundary = boundary(aws, region, instance, set);
    let (tags, managed, customer, boundary): (Tags, BTreeSet<String>, BTreeSet<PolicyReference>, _) =
        futures::try_join!(tags, managed, customer, boundary)?;
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    Ok(SetParts {
        description: some(described.description),
        session_duration: some(described.session_duration),
        relay_state: some(described.relay_state),
        tags,
        managed,
        customer,
        boundary,
    })
}

/// The permissions boundary; `None` where the set has none: AWS answers "not found" then.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_GetPermissionsBoundaryForPermissionSet.html>
async fn boundary(
    aws: &Aws,
    region: &str,
    instance: &str,
    set: &str,
) -> Result<Option<SetBoundary>, AwsError> {
    let ask = aws.ssoadmin(region).get_permissions_boundary_for_permission_set().instance_arn(instance);
    let answer = unless_gone(ask.permission_set_arn(set).send().await)?;
    Ok(answer.and_then(|answer| answer.permissions_boundary).and_then(|boundary| match boundary {
        PermissionsBoundary { managed_policy_arn: Some(arn), .. } => Some(SetBoundary::Managed(arn)),
        PermissionsBoundary { customer_managed_policy_reference: Some(policy), .. } => {
            Some(SetBoundary::Customer(reference(policy)))
        }
        _ => None,
    }))
}

fn reference(policy: CustomerManagedPolicyReference) -> PolicyReference {
    let path = policy.path.filter(|path| !path.is_empty()).unwrap_or_else(|| "/".to_owned());
    PolicyReference { path, name: policy.name }
}
