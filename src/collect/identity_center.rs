//! IAM Identity Center: its instances in every Region, their permission sets, and who the caller is there.
//!
//! ```text
//! every Region  ListInstances ─▶ instances by ARN, each with its primary Region
//! primary       sets provisioned to this account (latest version, older version) ─▶ each: name, inline policy,
//!               and its parts where somebody asks
//! identity store, where the caller has a session of Identity Center: the user of the session's name
//! ```

mod parts;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_identitystore::types::{AlternateIdentifier, UniqueAttribute};
use aws_sdk_ssoadmin::types::{
    InstanceMetadata, PermissionSet as Described, ProvisioningStatus, RegionStatus,
};
use aws_smithy_types::Document;
use futures::future::join_all;

use super::{Ask, each_seen, only_in, seen, without_endpoint};
use crate::account::{Account, Actor, Assignment, IdentityCenter, PermissionSet, Seen, SignInInstance};
use crate::aws::{Aws, AwsError, lists, unless_gone};

pub(crate) use parts::parts;

/// The largest page of its lists.
const PAGE: i32 = 100;

/// Reads Identity Center in every enabled Region, whatever the scope: an instance is of one Region and signs
/// people in to the whole account.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListInstances.html>
pub(super) async fn identity_center(aws: &Aws, known: &Account, ask: &Ask) -> Seen<IdentityCenter> {
    let regions: BTreeSet<String> = match (&ask.only_permission_sets, &known.enabled_regions) {
        (Some(only), _) => only.iter().map(|(region, _)| region.clone()).collect(),
        (None, Seen::Read(regions)) if !regions.is_empty() => regions.clone(),
        (None, _) => ask.regions.iter().flatten().cloned().chain([aws.home_region()]).collect(),
    };
    let mut center = IdentityCenter::default();
    let lists = join_all(regions.iter().map(|region| instances(aws, region))).await;
    for (region, list) in regions.iter().zip(lists) {
        match seen(list.map_err(without_endpoint)) {
            Seen::Read(list) => list.into_iter().for_each(|one| add(&mut center, region, one)),
            Seen::Gap(gap) => drop(center.unread.insert(region.clone(), gap)),
        }
    }
    if center.unread.len() == regions.len() {
        return center.unread.into_values().next().map_or_else(Seen::default, Seen::Gap);
    }
    let details = center.instances.iter().map(|(arn, instance)| async move {
        futures::join!(permission_sets(aws, known, ask, arn, instance), caller(aws, known, ask, instance))
    });
    let details = join_all(details).await;
    for (instance, (sets, caller)) in center.instances.values_mut().zip(details) {
        (instance.permission_sets, instance.caller) = (sets, caller);
    }
    Seen::Read(center)
}

async fn instances(aws: &Aws, region: &str) -> Result<Vec<InstanceMetadata>, AwsError> {
    lists::all(aws, aws.ssoadmin(region).list_instances().max_results(PAGE), Some).await
}

/// Adds an instance as one Region shows it. The Regions to which it is replicated show it too, by the same ARN.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/multi-region-iam-identity-center.html>
fn add(center: &mut IdentityCenter, region: &str, one: InstanceMetadata) {
    let Some(arn) = one.instance_arn else { return };
    let replicas = one
        .regions
        .unwrap_or_default()
        .into_iter()
        .filter(|of| !of.is_primary_region && of.status.as_ref() == Some(&RegionStatus::Active));
    center.instances.entry(arn).or_insert_with(|| SignInInstance {
        owner: one.owner_account_id.unwrap_or_default(),
        primary_region: one.primary_region.unwrap_or_else(|| region.to_owned()),
        replicas: replicas.filter_map(|of| of.region_name).collect(),
        store: one.identity_store_id.unwrap_or_default(),
        ..SignInInstance::default()
    });
}

/// Reads the permission sets of an instance. AWS answers this to the owner of the instance, and to the account
/// that the owner has delegated Identity Center to.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/delegated-admin.html>
async fn permission_sets(
    aws: &Aws,
    known: &Account,
    ask: &Ask,
    arn: &str,
    instance: &SignInInstance,
) -> Seen<BTreeMap<String, Seen<PermissionSet>>> {
    let client = aws.ssoadmin(&instance.primary_region);
    let all = async {
        if ask.only_permission_sets.is_some() || !ask.assignments {
            return Ok(BTreeSet::new());
        }
        lists::all(aws, client.list_permission_sets().instance_arn(arn).max_results(PAGE), Some).await
    };
    let here = provisioned(aws, &instance.primary_region, arn, &known.id);
    let ([latest, older], all): ([BTreeSet<String>; 2], BTreeSet<String>) =
        match seen(futures::try_join!(here, all)) {
            Seen::Read(read) => read,
            Seen::Gap(gap) => return Seen::Gap(gap),
        };
    let start = start(arn);
    let wanted: BTreeSet<String> = match only_in(ask.only_permission_sets.as_ref(), &instance.primary_region)
    {
        Some(only) => {
            let own = |id: &&String| arn.ends_with(&format!("/{}", id.split('/').next().unwrap_or(id)));
            let now = |id| ask.made_again.get(id).unwrap_or(id);
            only.filter(own).map(|id| format!("{start}{}", now(id))).collect()
        }
        None => latest.iter().chain(&older).chain(&all).cloned().collect(),
    };
    let sets = wanted.into_iter().map(async |set| {
        let here = if latest.contains(&set) { Some(true) } else { older.contains(&set).then_some(false) };
        let read = permission_set(aws, known, ask, (arn, instance), (&set, here)).await;
        (set.strip_prefix(&start).unwrap_or(&set).to_owned(), read)
    });
    seen(each_seen(join_all(sets).await))
}

/// The ARNs of the permission sets that are provisioned to an account: in their latest version, and in an older
/// one.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListPermissionSetsProvisionedToAccount.html>
pub(crate) async fn provisioned(
    aws: &Aws,
    region: &str,
    instance: &str,
    account: &str,
) -> Result<[BTreeSet<String>; 2], AwsError> {
    let client = aws.ssoadmin(region);
    let with = |status: ProvisioningStatus| {
        let list = client.list_permission_sets_provisioned_to_account().instance_arn(instance);
        let list = list.account_id(account).provisioning_status(status).max_results(PAGE);
        lists::all::<_, String, BTreeSet<String>>(aws, list, Some)
    };
    let (latest, older) = futures::try_join!(
        with(ProvisioningStatus::LatestPermissionSetProvisioned),
        with(ProvisioningStatus::LatestPermissionSetNotProvisioned)
    )?;
    Ok([latest, older])
}

/// What an ARN of a permission set begins with, for an instance's ARN.
fn start(instance: &str) -> String {
    let partition = instance.split(':').nth(1).unwrap_or("aws");
    format!("arn:{partition}:sso:::permissionSet/")
}

async fn permission_set(
    aws: &Aws,
    known: &Account,
    ask: &Ask,
    (arn, instance): (&str, &SignInInstance),
    (set, latest_here): (&str, Option<bool>),
) -> Result<Option<PermissionSet>, AwsError> {
    let described = described(aws, &instance.primary_region, arn, set);
    let policy = inline_policy(aws, &instance.primary_region, arn, set);
    let (described, policy) = futures::join!(described, policy);
    let Some(described) = described? else { return Ok(None) };
    let policy = policy?;
    let name = described.name.clone().unwrap_or_default();
    let (mut accounts, mut assignments, mut of_set) = (Seen::default(), Seen::default(), Seen::default());
    // A set that is in the management account as well cannot be changed from any other account.
    if ask.permission_set_accounts || instance.owner != known.holder(Actor::Organization) {
        accounts = seen(accounts_of(aws, &instance.primary_region, arn, set).await);
    }
    if ask.assignments {
        assignments = seen(assigned(aws, &instance.primary_region, (arn, set), &known.id).await);
    }
    if ask.permission_set_parts {
        of_set = seen(parts(aws, &instance.primary_region, (arn, set), described).await);
    }
    Ok(Some(PermissionSet { name, policy, latest_here, accounts, assignments, parts: of_set }))
}

/// A permission set as AWS describes it, with a name; `None` where there is none.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_DescribePermissionSet.html>
pub(crate) async fn described(
    aws: &Aws,
    region: &str,
    instance: &str,
    set: &str,
) -> Result<Option<Described>, AwsError> {
    let ask = aws.ssoadmin(region).describe_permission_set().instance_arn(instance).permission_set_arn(set);
    let Some(answer) = unless_gone(ask.send().await)? else { return Ok(None) };
    let lacks = || AwsError::unusable("ssoadmin:DescribePermissionSet", "it lacks Name");
    answer.permission_set.filter(|set| set.name.is_some()).map(Some).ok_or_else(lacks)
}

/// The inline policy of a permission set, `None` where it has none: AWS answers an empty text then.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_GetInlinePolicyForPermissionSet.html>
pub(crate) async fn inline_policy(
    aws: &Aws,
    region: &str,
    instance: &str,
    set: &str,
) -> Result<Option<String>, AwsError> {
    let client = aws.ssoadmin(region);
    let ask = client.get_inline_policy_for_permission_set().instance_arn(instance).permission_set_arn(set);
    Ok(ask.send().await?.inline_policy.filter(|text| !text.is_empty()))
}

/// The accounts that have a permission set, and whether its latest version.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListAccountsForProvisionedPermissionSet.html>
pub(crate) async fn accounts_of(
    aws: &Aws,
    region: &str,
    instance: &str,
    set: &str,
) -> Result<BTreeMap<String, bool>, AwsError> {
    let client = aws.ssoadmin(region);
    let with = |status: ProvisioningStatus, latest: bool| {
        let list = client.list_accounts_for_provisioned_permission_set().instance_arn(instance);
        let list = list.permission_set_arn(set).provisioning_status(status).max_results(PAGE);
        lists::all::<_, _, Vec<(String, bool)>>(aws, list, move |account| Some((account, latest)))
    };
    let (latest, older) = futures::try_join!(
        with(ProvisioningStatus::LatestPermissionSetProvisioned, true),
        with(ProvisioningStatus::LatestPermissionSetNotProvisioned, false)
    )?;
    // An account in both answers was provisioned between them.
    Ok(older.into_iter().chain(latest).collect())
}

/// Who is assigned a permission set in an account.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListAccountAssignments.html>
pub(crate) async fn assigned(
    aws: &Aws,
    region: &str,
    (instance, set): (&str, &str),
    account: &str,
) -> Result<BTreeSet<Assignment>, AwsError> {
    let list = aws.ssoadmin(region).list_account_assignments().instance_arn(instance);
    let list = list.permission_set_arn(set).account_id(account).max_results(PAGE);
    lists::all(aws, list, |one| {
        Some(Assignment { kind: one.principal_type?.as_str().to_owned(), id: one.principal_id? })
    })
    .await
}

/// The user id of the caller in the instance's identity store: the name of a session of Identity Center is the
/// user's. Whoever has no such session is not looked up.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_GetUserId.html>
async fn caller(aws: &Aws, known: &Account, ask: &Ask, instance: &SignInInstance) -> Seen<Option<String>> {
    let Some((_, user)) = known.sign_in() else { return Seen::Read(None) };
    if ask.only_permission_sets.is_some() {
        return Seen::default();
    }
    let name = UniqueAttribute::builder()
        .attribute_path("userName")
        .attribute_value(Document::String(user.to_owned()));
    let name = match name.build() {
        Ok(name) => AlternateIdentifier::UniqueAttribute(name),
        Err(error) => return seen(Err(AwsError::unusable("identitystore:GetUserId", &error.to_string()))),
    };
    let client = aws.identitystore(&instance.primary_region);
    let answer =
        client.get_user_id().identity_store_id(&instance.store).alternate_identifier(name).send().await;
    seen(unless_gone(answer).map(|user| user.map(|user| user.user_id)))
}
