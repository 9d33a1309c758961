//! A permission set made again: its parts first, so that nobody is assigned half a set, then who is assigned it.
//!
//! AWS takes no token with `CreatePermissionSet`. A call that was not answered is found again by the set's name,
//! which is unique within an instance; what is found is taken only where it is a part of what is wanted.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ssoadmin::types::{CustomerManagedPolicyReference, PermissionsBoundary, Tag};

use super::assignments::{CARRIED_OUT_WITHIN, bring_to};
use super::body::Body;
use super::gone;
use super::place::{Place, until_free};
use super::policy::{provision, put};
use crate::account::{PolicyReference, SetBoundary, SetParts};
use crate::aws::{Aws, AwsError, Kind, lists};
use crate::collect::identity_center::{accounts_of, assigned, described, inline_policy, parts, provisioned};
use crate::step::{StepError, Target, alias, created};

/// How long a set that was made may not be shown.
const SHOWS_WITHIN: Duration = Duration::from_secs(60);

/// What putting back takes, in every way of the step.
pub(super) const UNDO: &[&str] = &[
    "sso:AttachCustomerManagedPolicyReferenceToPermissionSet",
    "sso:AttachManagedPolicyToPermissionSet",
    "sso:CreateAccountAssignment",
    "sso:CreatePermissionSet",
    "sso:DeleteInlinePolicyFromPermissionSet",
    "sso:DescribeAccountAssignmentCreationStatus",
    "sso:DescribePermissionSet",
    "sso:DescribePermissionSetProvisioningStatus",
    "sso:GetInlinePolicyForPermissionSet",
    "sso:GetPermissionsBoundaryForPermissionSet",
    "sso:ListAccountAssignments",
    "sso:ListAccountsForProvisionedPermissionSet",
    "sso:ListCustomerManagedPolicyReferencesInPermissionSet",
    "sso:ListManagedPoliciesInPermissionSet",
    "sso:ListPermissionSets",
    "sso:ListPermissionSetsProvisionedToAccount",
    "sso:ListTagsForResource",
    "sso:ProvisionPermissionSet",
    "sso:PutInlinePolicyToPermissionSet",
    "sso:PutPermissionsBoundaryToPermissionSet",
    "sso:TagResource",
];

/// Makes the set, unless it is there, and brings it to what it was.
pub(super) async fn make(aws: &Aws, at: &Target, place: Place<'_>, to: &Body) -> Result<(), StepError> {
    let place = there(aws, at, place, to).await?;
    // AWS says the same of a part that is there already and of a set that it is busy with: it is read again.
    let [mut failed, limits] = until_free(aws, || complete(aws, &place, to)).await?;
    if !limits.is_empty() {
        // They may be all that denies something.
        failed.extend(limits);
        failed.push(("assignments".into(), StepError::State("nobody is assigned it without those".into())));
        return gone::together(failed);
    }
    let assigned = bring_to(aws, at, &place, &to.assigned).await;
    if let Err(error) = assigned {
        if !gone::of_one(&error) {
            return Err(error);
        }
        failed.push(("assignments".into(), error));
    }
    // With the first assignment AWS provisions what the set is then. What came later has to be provisioned.
    let [_, older] = provisioned(aws, place.region, &place.instance, &place.account).await?;
    if to.latest && older.contains(&place.set) {
        match provision::<false>(aws, &place, CARRIED_OUT_WITHIN).await {
            Err(error) if gone::of_one(&error) => failed.push(("provisioning".into(), error)),
            answer => answer?,
        }
    }
    gone::together(failed)
}

/// The place of the set as it is now: under its old ARN, under one that this run gave it, or made just now. What
/// was made is recorded before it is used.
async fn there<'a>(aws: &Aws, at: &Target, place: Place<'a>, to: &Body) -> Result<Place<'a>, StepError> {
    if described(aws, place.region, &place.instance, &place.set).await?.is_some() {
        return Ok(place);
    }
    let arn = match by_name(aws, &place, &to.name).await? {
        Some(arn) => arn,
        None => create(aws, &place, to).await?,
    };
    let id = arn.split_once("permissionSet/").map(|(_, id)| id.to_owned());
    let id = id.ok_or_else(|| StepError::State(format!("AWS gave the set an ARN that is none: {arn}")))?;
    let place = place.of_set(&id);
    // A set of the name that is not what the run makes is nobody's alias.
    if let Some(what) = differs(&read(aws, &place).await?, to) {
        return Err(StepError::State(format!(
            "there is another permission set of the name {}, and {what}: it is left as it is. Rename or delete it, \
             then restore again",
            to.name
        )));
    }
    aws.created(&alias(&at.id), &id)?;
    Ok(place)
}

/// Gives the set the parts that it lacks. Returns what failed of them: see [`give`].
async fn complete(aws: &Aws, place: &Place<'_>, to: &Body) -> Result<[Failures; 2], StepError> {
    let now = read(aws, place).await?;
    if let Some(what) = differs(&now, to) {
        return Err(StepError::State(format!(
            "permission set {} is there, and {what}: somebody has changed it. Put it right by hand, then restore again",
            to.name
        )));
    }
    give(aws, place, &now.body, to).await
}

/// The ARN of the set with this name in the instance.
async fn by_name(aws: &Aws, place: &Place<'_>, name: &str) -> Result<Option<String>, StepError> {
    let list = aws.ssoadmin(place.region).list_permission_sets().instance_arn(&place.instance);
    let all: BTreeSet<String> = lists::all(aws, list.max_results(100), Some).await?;
    for arn in all {
        let set = described(aws, place.region, &place.instance, &arn).await?;
        if set.is_some_and(|set| set.name.as_deref() == Some(name)) {
            return Ok(Some(arn));
        }
    }
    Ok(None)
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html>
async fn create(aws: &Aws, place: &Place<'_>, to: &Body) -> Result<String, StepError> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    let tags: Result<Vec<Tag>, _> = to.parts.tags.iter().map(tag).collect();
    let tags = tags.map_err(|error| StepError::State(error.to_string()))?;
    let create = aws.ssoadmin(place.region).create_permission_set().instance_arn(&place.instance);
    let create = create
        .name(&to.name)
        .set_description(to.parts.description.clone())
        .set_session_duration(to.parts.session_duration.clone())
        .set_relay_state(to.parts.relay_state.clone())
        .set_tags((!tags.is_empty()).then_some(tags));
    let made = match create.send().await.map_err(AwsError::from) {
        Ok(answer) => answer.permission_set.and_then(|set| set.permission_set_arn),
        // An earlier attempt made it, whose answer was lost.
        Err(error) if error.kind == Kind::Conflict => {
            Some(by_name(aws, place, &to.name).await?.ok_or(StepError::Aws(error))?)
        }
        Err(error) => return Err(error.into()),
    };
    made.ok_or_else(|| StepError::State("AWS gave the new permission set no ARN".into()))
}

/// The set as AWS shows it now, with what other accounts have of it.
struct Shown {
    body: Body,
    accounts: BTreeSet<String>,
}

async fn read(aws: &Aws, place: &Place<'_>) -> Result<Shown, StepError> {
    let (region, instance, set) = (place.region, &*place.instance, &*place.set);
    let gone = || StepError::State("the permission set is not shown by AWS yet: restore again".into());
    // One that was made just now may not be shown to everybody.
    let described = created::shown(aws, SHOWS_WITHIN, || described(aws, region, instance, set));
    let described = described.await?.ok_or_else(gone)?;
    let name = described.name.clone().unwrap_or_default();
    let (parts, policy, assigned, accounts) = futures::try_join!(
        parts(aws, region, (instance, set), described),
        inline_policy(aws, region, instance, set),
        assigned(aws, region, (instance, set), &place.account),
        accounts_of(aws, region, instance, set),
    )?;
    let parts = SetParts { tags: created::given_again(&parts.tags), ..parts };
    let others = accounts.into_keys().filter(|id| *id != place.account);
    let body = Body { name, policy, parts, assigned, latest: false, gone: BTreeSet::new() };
    Ok(Shown { body, accounts: others.collect() })
}

/// What a set has that the one that is wanted has not, and that no call of this step takes away. What it lacks,
/// it is given.
fn differs(now: &Shown, to: &Body) -> Option<String> {
    let (is, was) = (&now.body.parts, &to.parts);
    let other = |differs: bool, what: &str| differs.then(|| format!("its {what} is another"));
    let besides = |differs: bool, what: &str| differs.then(|| format!("it has {what} besides"));
    let account = now.accounts.first().map(|id| format!("account {id} has it too"));
    other(is.description != was.description, "description")
        .or_else(|| other(is.session_duration != was.session_duration, "session duration"))
        .or_else(|| other(is.relay_state != was.relay_state, "relay state"))
        .or_else(|| other(is.tags != was.tags, "set of tags"))
        .or_else(|| other(now.body.policy.is_some() && now.body.policy != to.policy, "inline policy"))
        .or_else(|| other(is.boundary.is_some() && is.boundary != was.boundary, "boundary"))
        .or_else(|| besides(!is.managed.is_subset(&was.managed), "policies of AWS"))
        .or_else(|| besides(!is.customer.is_subset(&was.customer), "policies of the account"))
        .or_else(|| besides(!now.body.assigned.is_subset(&to.assigned), "assignments"))
        .or(account)
}

/// What failed, and why.
type Failures = Vec<(String, StepError)>;

/// Sends what the set lacks. A policy that AWS does not take any more keeps none of the others away. Returns the
/// policies that were refused, then the parts that were refused and that may limit the others: the inline policy and
/// the boundary.
async fn give(aws: &Aws, place: &Place<'_>, now: &Body, to: &Body) -> Result<[Failures; 2], StepError> {
    let client = aws.ssoadmin(place.region);
    let (mut failed, mut limits) = (vec![], vec![]);
    for arn in to.parts.managed.difference(&now.parts.managed) {
        let attach = client.attach_managed_policy_to_permission_set().instance_arn(&place.instance);
        let sent = attach.permission_set_arn(&place.set).managed_policy_arn(arn).send().await;
        keep(arn, sent.map_err(StepError::from), &mut failed)?;
    }
    for policy in to.parts.customer.difference(&now.parts.customer) {
        let attach = client.attach_customer_managed_policy_reference_to_permission_set();
        let attach = attach.instance_arn(&place.instance).permission_set_arn(&place.set);
        let sent = attach.customer_managed_policy_reference(reference(policy)?).send().await;
        keep(&format!("{}{}", policy.path, policy.name), sent.map_err(StepError::from), &mut failed)?;
    }
    if now.policy != to.policy {
        keep("its inline policy", put(aws, place, to.policy.clone()).await, &mut limits)?;
    }
    if let Some(boundary) = to.parts.boundary.as_ref().filter(|_| now.parts.boundary.is_none()) {
        let boundary = match boundary {
            SetBoundary::Managed(arn) => PermissionsBoundary::builder().managed_policy_arn(arn),
            SetBoundary::Customer(policy) => {
                PermissionsBoundary::builder().customer_managed_policy_reference(reference(policy)?)
            }
        };
        let put = client.put_permissions_boundary_to_permission_set().instance_arn(&place.instance);
        let sent = put.permission_set_arn(&place.set).permissions_boundary(boundary.build()).send().await;
        keep("its boundary", sent.map_err(StepError::from), &mut limits)?;
    }
    Ok([failed, limits])
}

/// Keeps what was refused of one part.
fn keep<T>(what: &str, sent: Result<T, StepError>, failed: &mut Failures) -> Result<(), StepError> {
    match sent {
        Err(error) if gone::of_one(&error) => failed.push((what.to_owned(), error)),
        answer => drop(answer?),
    }
    Ok(())
}

fn reference(policy: &PolicyReference) -> Result<CustomerManagedPolicyReference, StepError> {
    let built = CustomerManagedPolicyReference::builder().name(&policy.name).path(&policy.path).build();
    built.map_err(|error| StepError::State(error.to_string()))
}
