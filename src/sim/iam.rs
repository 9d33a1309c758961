//! IAM: principals, keys, the credential report.

pub(super) mod managed;
mod policies;
mod roles;
mod service_credentials;
mod versions;

use aws_sdk_iam::types::{
    AccessKeyLastUsed, AccessKeyMetadata, AttachedPermissionsBoundary, AttachedPolicy, EntityType,
    GroupDetail, InstanceProfile, ManagedPolicyDetail, PolicyDetail, PolicyVersion, ReportFormatType,
    ReportStateType, RoleDetail, StatusType, SummaryKeyType, Tag, UserDetail,
};
use aws_smithy_types::date_time::Format;
use aws_smithy_types::error::operation::BuildError;
use aws_smithy_types::{Blob, DateTime};

use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::{seen, seen_mut};
use crate::account::{AccessKey, Account, IamGroup, PolicyVersions, Principals, ReportRow, Role, Tags, User};
use crate::aws::operations::iam;

/// How long AWS takes to make a credential report.
const REPORT_MS: u64 = 2_000;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<iam::ListAccountAliases>(list_account_aliases);
    dispatch.on::<iam::GetAccountAuthorizationDetails>(get_account_authorization_details);
    dispatch.on::<iam::GetAccountSummary>(get_account_summary);
    dispatch.on::<iam::GetAccountPasswordPolicy>(get_account_password_policy);
    dispatch.on::<iam::GenerateCredentialReport>(generate_credential_report);
    dispatch.on::<iam::GetCredentialReport>(get_credential_report);
    dispatch.on::<iam::ListAccessKeys>(list_access_keys);
    dispatch.on::<iam::GetAccessKeyLastUsed>(get_access_key_last_used);
    dispatch.on::<iam::UpdateAccessKey>(update_access_key);
    policies::register(dispatch);
    roles::register(dispatch);
    versions::register(dispatch);
    service_credentials::register(dispatch);
}

/// The builder of a reply misses a required member: the simulation's own fault, as an answer.
pub(super) fn built<T>(built: Result<T, BuildError>) -> Result<T, Refused> {
    built.map_err(|error| refuse("InternalFailure", error.to_string()))
}

fn list_account_aliases(cx: &mut Cx<'_>, _: &In<iam::ListAccountAliases>) -> Said<iam::ListAccountAliases> {
    let alias = seen(&cx.world.account.alias)?.iter().cloned().collect();
    built(Out::<iam::ListAccountAliases>::builder().set_account_aliases(Some(alias)).build())
}

/// One item of the one list that holds four kinds.
enum Detail {
    User(UserDetail),
    Group(GroupDetail),
    Role(RoleDetail),
    Policy(ManagedPolicyDetail),
}

fn get_account_authorization_details(
    cx: &mut Cx<'_>,
    input: &In<iam::GetAccountAuthorizationDetails>,
) -> Said<iam::GetAccountAuthorizationDetails> {
    let all = seen(&cx.world.account.principals)?;
    let wants = |kind: EntityType| input.filter().is_empty() || input.filter().contains(&kind);
    let mut items = vec![];
    if wants(EntityType::User) {
        items.extend(all.users.iter().map(|(name, user)| Detail::User(user_detail(name, user))));
    }
    if wants(EntityType::Group) {
        items.extend(all.groups.iter().map(|(name, group)| Detail::Group(group_detail(name, group))));
    }
    if wants(EntityType::Role) {
        items.extend(all.roles.iter().map(|(name, role)| Detail::Role(role_detail(name, role))));
    }
    for (kind, of_aws) in [(EntityType::LocalManagedPolicy, false), (EntityType::AwsManagedPolicy, true)] {
        if wants(kind) {
            let policies = all.policies.iter().filter(|(arn, _)| Principals::is_of_aws(arn) == of_aws);
            items.extend(policies.map(|(arn, document)| Detail::Policy(policy_detail(all, arn, document))));
        }
    }
    let (page, next) = cx.page(items, input.marker(), input.max_items().or(Some(100)));
    let mut output =
        Out::<iam::GetAccountAuthorizationDetails>::builder().is_truncated(next.is_some()).set_marker(next);
    for item in page {
        output = match item {
            Detail::User(user) => output.user_detail_list(user),
            Detail::Group(group) => output.group_detail_list(group),
            Detail::Role(role) => output.role_detail_list(role),
            Detail::Policy(policy) => output.policies(policy),
        };
    }
    Ok(output.build())
}

fn user_detail(name: &str, user: &User) -> UserDetail {
    UserDetail::builder()
        .user_name(name)
        .arn(&user.arn)
        .path(&user.path)
        .set_group_list(Some(user.groups.iter().cloned().collect()))
        .set_attached_managed_policies(Some(user.attached.iter().map(|arn| attached(arn)).collect()))
        .set_user_policy_list(Some(user.inline.iter().map(inline).collect()))
        .set_permissions_boundary(user.boundary.as_deref().map(boundary))
        .set_tags(Some(tags(&user.tags)))
        .build()
}

fn role_detail(name: &str, role: &Role) -> RoleDetail {
    RoleDetail::builder()
        .role_name(name)
        .arn(&role.arn)
        .path(&role.path)
        .assume_role_policy_document(encoded(&role.trust))
        .set_instance_profile_list(Some(role.profiles.iter().filter_map(|arn| profile(arn)).collect()))
        .set_attached_managed_policies(Some(role.attached.iter().map(|arn| attached(arn)).collect()))
        .set_role_policy_list(Some(role.inline.iter().map(inline).collect()))
        .set_permissions_boundary(role.boundary.as_deref().map(boundary))
        .set_tags(Some(tags(&role.tags)))
        .build()
}

fn profile(arn: &str) -> Option<InstanceProfile> {
    let name = arn.rsplit('/').next().unwrap_or(arn);
    let profile = InstanceProfile::builder().arn(arn).instance_profile_name(name).path("/");
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let id = format!("AIPA{letters:X>16}");
    profile.instance_profile_id(id).create_date(DateTime::from_secs(0)).set_roles(Some(vec![])).build().ok()
}

fn group_detail(name: &str, group: &IamGroup) -> GroupDetail {
    GroupDetail::builder()
        .group_name(name)
        .arn(&group.arn)
        .path(&group.path)
        .set_attached_managed_policies(Some(group.attached.iter().map(|arn| attached(arn)).collect()))
        .set_group_policy_list(Some(group.inline.iter().map(inline).collect()))
        .build()
}

fn policy_detail(all: &Principals, arn: &str, document: &str) -> ManagedPolicyDetail {
    let version = |id: &str, document: &str, default: bool| {
        let version = PolicyVersion::builder().version_id(id).document(encoded(document));
        version.is_default_version(default).build()
    };
    let versions = match all.versions.get(arn) {
        Some(versions) => versions.clone(),
        // The newest version comes first and need not be the default.
        None if Principals::is_of_aws(arn) => {
            PolicyVersions { default: "v2".into(), others: [("v3".to_owned(), "{}".to_owned())].into() }
        }
        None => PolicyVersions::default(),
    };
    let others = versions.others.iter().rev().map(|(id, document)| version(id, document, false));
    ManagedPolicyDetail::builder()
        .arn(arn)
        .policy_name(arn.rsplit('/').next().unwrap_or(arn))
        .default_version_id(&versions.default)
        .set_policy_version_list(Some(others.chain([version(&versions.default, document, true)]).collect()))
        .build()
}

fn attached(arn: &str) -> AttachedPolicy {
    AttachedPolicy::builder().policy_arn(arn).policy_name(arn.rsplit('/').next().unwrap_or(arn)).build()
}

fn inline((name, document): (&String, &String)) -> PolicyDetail {
    PolicyDetail::builder().policy_name(name).policy_document(encoded(document)).build()
}

fn boundary(arn: &str) -> AttachedPermissionsBoundary {
    AttachedPermissionsBoundary::builder().permissions_boundary_arn(arn).build()
}

fn tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().filter_map(|(key, value)| Tag::builder().key(key).value(value).build().ok()).collect()
}

fn hex(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase()
}

/// Policy documents are percent-encoded (RFC 3986).
pub(super) fn encoded(document: &str) -> String {
    let mut text = String::with_capacity(document.len());
    for byte in document.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.extend(['%', hex(byte >> 4), hex(byte & 15)]);
        }
    }
    text
}

fn get_account_summary(cx: &mut Cx<'_>, _: &In<iam::GetAccountSummary>) -> Said<iam::GetAccountSummary> {
    let flags = seen(&cx.world.account.account_summary)?;
    Ok(Out::<iam::GetAccountSummary>::builder()
        .summary_map(SummaryKeyType::AccountMfaEnabled, i32::from(flags.root_mfa))
        .summary_map(SummaryKeyType::AccountAccessKeysPresent, i32::from(flags.root_access_keys))
        .summary_map(
            SummaryKeyType::AccountSigningCertificatesPresent,
            i32::from(flags.root_signing_certificates),
        )
        .build())
}

fn get_account_password_policy(
    cx: &mut Cx<'_>,
    _: &In<iam::GetAccountPasswordPolicy>,
) -> Said<iam::GetAccountPasswordPolicy> {
    let Some(policy) = seen(&cx.world.account.password_policy)? else {
        let id = &cx.world.account.id;
        return Err(refuse(
            "NoSuchEntity",
            format!("The Password Policy with domain name {id} cannot be found."),
        ));
    };
    let policy = aws_sdk_iam::types::PasswordPolicy::builder()
        .minimum_password_length(policy.minimum_length)
        .set_password_reuse_prevention(policy.remembered)
        .build();
    Ok(Out::<iam::GetAccountPasswordPolicy>::builder().password_policy(policy).build())
}

fn generate_credential_report(
    cx: &mut Cx<'_>,
    _: &In<iam::GenerateCredentialReport>,
) -> Said<iam::GenerateCredentialReport> {
    seen(&cx.world.account.credential_report)?;
    let state = if !cx.world.report_generated {
        cx.world.report_generated = true;
        let ready = cx.world.now_ms + REPORT_MS;
        cx.world.visible_at.insert("credential-report".into(), ready);
        ReportStateType::Started
    } else if cx.visible("credential-report") {
        ReportStateType::Complete
    } else {
        ReportStateType::Inprogress
    };
    Ok(Out::<iam::GenerateCredentialReport>::builder().state(state).build())
}

fn get_credential_report(
    cx: &mut Cx<'_>,
    _: &In<iam::GetCredentialReport>,
) -> Said<iam::GetCredentialReport> {
    let rows = seen(&cx.world.account.credential_report)?;
    if !cx.world.report_generated {
        return Err(refuse("ReportNotPresent", "No report was generated"));
    }
    if !cx.visible("credential-report") {
        return Err(refuse("ReportInProgress", "The report is being generated"));
    }
    let mut csv = String::from(
        "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
         password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,\
         access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,\
         access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,\
         access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,\
         cert_2_active,cert_2_last_rotated\n",
    );
    for (user, row) in rows {
        csv.push_str(&report_line(&cx.world.account, user, row));
    }
    Ok(Out::<iam::GetCredentialReport>::builder()
        .content(Blob::new(csv))
        .report_format(ReportFormatType::TextCsv)
        .build())
}

fn report_line(account: &Account, user: &str, row: &ReportRow) -> String {
    let root = user == "<root_account>";
    // The caller is of the account's partition.
    let partition = account.caller.arn.split(':').nth(1).unwrap_or("aws");
    let who = if root { "root".to_owned() } else { format!("user/{user}") };
    let arn = format!("arn:{partition}:iam::{}:{who}", account.id);
    let password = if root { "not_supported".to_owned() } else { row.password_enabled.to_string() };
    let key = |number: usize| match (row.active_keys_since.get(number), row.active_keys_last_used.get(number))
    {
        (Some(since), used) => {
            let service = row.active_keys_last_used_for.iter().nth(number).map_or("N/A", String::as_str);
            format!("true,{since},{},N/A,{service}", used.map_or("N/A", String::as_str))
        }
        (None, _) => "false,N/A,N/A,N/A,N/A".to_owned(),
    };
    format!(
        "{user},{arn},2020-01-01T00:00:00+00:00,{password},N/A,N/A,N/A,{},{},{},false,N/A,false,N/A\n",
        row.mfa_active,
        key(0),
        key(1)
    )
}

fn list_access_keys(cx: &mut Cx<'_>, input: &In<iam::ListAccessKeys>) -> Said<iam::ListAccessKeys> {
    let account = &cx.world.account;
    let all = seen(&account.access_keys)?;
    let Some(user) = input.user_name().or_else(|| account.caller.user()) else {
        return Err(refuse(
            "ValidationError",
            "Must specify userName when calling with non-User credentials",
        ));
    };
    let known = account.principals.read().is_some_and(|principals| principals.users.contains_key(user));
    if !known && !all.values().any(|key| key.user == user) {
        return Err(refuse("NoSuchEntity", format!("The user with name {user} cannot be found.")));
    }
    let list = all
        .iter()
        .filter(|(_, key)| key.user == user)
        .map(|(id, key)| {
            AccessKeyMetadata::builder()
                .user_name(user)
                .access_key_id(id)
                .status(StatusType::from(key.status.as_str()))
                .build()
        })
        .collect();
    let (page, next) = cx.page(list, input.marker(), input.max_items().or(Some(100)));
    built(
        Out::<iam::ListAccessKeys>::builder()
            .set_access_key_metadata(Some(page))
            .is_truncated(next.is_some())
            .set_marker(next)
            .build(),
    )
}

fn get_access_key_last_used(
    cx: &mut Cx<'_>,
    input: &In<iam::GetAccessKeyLastUsed>,
) -> Said<iam::GetAccessKeyLastUsed> {
    let id = input.access_key_id().unwrap_or_default();
    // Also for a key of another account: AWS does not say whose it is.
    let Some(key) = seen(&cx.world.account.access_keys)?.get(id) else {
        return Err(refuse(
            "AccessDenied",
            format!("not authorized to perform: GetAccessKeyLastUsed on {id}"),
        ));
    };
    Ok(Out::<iam::GetAccessKeyLastUsed>::builder()
        .user_name(&key.user)
        .access_key_last_used(built(used(key))?)
        .build())
}

fn used(key: &AccessKey) -> Result<AccessKeyLastUsed, BuildError> {
    let mut words = key.last_used.as_deref().unwrap_or_default().split(' ');
    let date = words.next().and_then(|date| DateTime::from_str(date, Format::DateTime).ok());
    AccessKeyLastUsed::builder()
        .set_last_used_date(date)
        .service_name(words.next().unwrap_or("N/A"))
        .region(words.next().unwrap_or("N/A"))
        .build()
}

fn update_access_key(cx: &mut Cx<'_>, input: &In<iam::UpdateAccessKey>) -> Said<iam::UpdateAccessKey> {
    let account = &mut cx.world.account;
    let caller = account.caller.user();
    let Some(user) = input.user_name().or(caller).map(str::to_owned) else {
        return Err(refuse(
            "ValidationError",
            "Must specify userName when calling with non-User credentials",
        ));
    };
    let quarantined =
        account.principals.read().zip(caller).is_some_and(|(all, caller)| all.quarantined().contains(caller));
    if quarantined {
        return Err(refuse("AccessDenied", "not authorized: explicit deny in AWSCompromisedKeyQuarantine"));
    }
    let id = input.access_key_id().unwrap_or_default();
    let key = seen_mut(&mut account.access_keys)?.get_mut(id).filter(|key| key.user == user);
    let Some(key) = key else {
        return Err(refuse("NoSuchEntity", format!("The Access Key with id {id} cannot be found.")));
    };
    match input.status() {
        Some(status @ (StatusType::Active | StatusType::Inactive)) => {
            status.as_str().clone_into(&mut key.status);
            Ok(Out::<iam::UpdateAccessKey>::builder().build())
        }
        _ => Err(refuse("InvalidInput", "The status must be Active or Inactive")),
    }
}
