//! Credentials that work for single services.

use aws_sdk_iam::operation::{
    list_service_specific_credentials as list, list_ssh_public_keys as ssh_keys,
    update_service_specific_credential as update, update_ssh_public_key as update_ssh,
};
use aws_sdk_iam::types::{ServiceSpecificCredentialMetadata, SshPublicKeyMetadata, StatusType};
use aws_smithy_runtime_api::client::result::CreateUnhandledError;
use aws_smithy_types::DateTime;

use super::built;
use crate::account::Account;
use crate::sim::route::{At, Routes, refuse};
use crate::sim::world::{seen, seen_mut};

/// When each credential was made: 2020-01-01, in seconds.
const MADE: i64 = 1_577_836_800;

pub(super) fn routes(routes: &mut Routes) {
    routes.on(list_service_specific_credentials);
    routes.on(list_ssh_public_keys);
    routes.on(update_service_specific_credential);
    routes.on(update_ssh_public_key);
}

/// The user that is named, or the one who calls.
fn user<'a, E: CreateUnhandledError>(account: &'a Account, named: Option<&'a str>) -> Result<&'a str, E> {
    let lacking = "Must specify userName when calling with non-User credentials";
    let user = named.or_else(|| account.caller.user()).ok_or_else(|| refuse("ValidationError", lacking))?;
    let gone = account.principals.read().is_some_and(|all| !all.users.contains_key(user));
    if gone { Err(no_user(user)) } else { Ok(user) }
}

fn no_user<E: CreateUnhandledError>(user: &str) -> E {
    refuse("NoSuchEntity", format!("The user with name {user} cannot be found."))
}

/// The status that is asked for; AWS alone lets one expire.
fn status<E: CreateUnhandledError>(wanted: Option<&StatusType>) -> Result<String, E> {
    match wanted {
        Some(status @ (StatusType::Active | StatusType::Inactive)) => Ok(status.as_str().to_owned()),
        _ => Err(refuse("ValidationError", "The status must be Active or Inactive")),
    }
}

fn list_service_specific_credentials(
    at: &mut At<'_>,
    input: &list::ListServiceSpecificCredentialsInput,
) -> Result<list::ListServiceSpecificCredentialsOutput, list::ListServiceSpecificCredentialsError> {
    let account = &at.world.account;
    let all = seen(&account.service_credentials)?;
    let of = match (input.all_users(), input.user_name()) {
        (Some(true), Some(_)) => {
            return Err(refuse("ValidationError", "AllUsers and UserName cannot be given together"));
        }
        (Some(true), None) => None,
        (_, named) => Some(user(account, named)?),
    };
    let wanted = all.iter().filter(|(_, one)| {
        of.is_none_or(|user| one.user == user)
            && input.service_name().is_none_or(|service| one.service == service)
    });
    let metadata = wanted.map(|(id, one)| {
        let metadata = ServiceSpecificCredentialMetadata::builder()
            .service_specific_credential_id(id)
            .service_user_name(format!("{}-at-{}", one.user, account.id))
            .service_name(&one.service)
            .user_name(&one.user)
            .status(StatusType::from(one.status.as_str()))
            .create_date(DateTime::from_secs(MADE));
        built(metadata.build())
    });
    let metadata = metadata.collect::<Result<Vec<_>, _>>()?;
    let (page, next) = at.page(metadata, input.marker(), input.max_items().or(Some(100)));
    Ok(list::ListServiceSpecificCredentialsOutput::builder()
        .set_service_specific_credentials(Some(page))
        .is_truncated(next.is_some())
        .set_marker(next)
        .build())
}

fn list_ssh_public_keys(
    at: &mut At<'_>,
    input: &ssh_keys::ListSshPublicKeysInput,
) -> Result<ssh_keys::ListSshPublicKeysOutput, ssh_keys::ListSSHPublicKeysError> {
    let account = &at.world.account;
    let all = seen(&account.ssh_keys)?;
    let user = user(account, input.user_name())?;
    let metadata = all.iter().filter(|(_, key)| key.user == user).map(|(id, key)| {
        let metadata = SshPublicKeyMetadata::builder().ssh_public_key_id(id).user_name(&key.user);
        let status = StatusType::from(key.status.as_str());
        built(metadata.status(status).upload_date(DateTime::from_secs(MADE)).build())
    });
    let metadata = metadata.collect::<Result<Vec<_>, _>>()?;
    let (page, next) = at.page(metadata, input.marker(), input.max_items().or(Some(100)));
    Ok(ssh_keys::ListSshPublicKeysOutput::builder()
        .set_ssh_public_keys(Some(page))
        .is_truncated(next.is_some())
        .set_marker(next)
        .build())
}

fn update_service_specific_credential(
    at: &mut At<'_>,
    input: &update::UpdateServiceSpecificCredentialInput,
) -> Result<update::UpdateServiceSpecificCredentialOutput, update::UpdateServiceSpecificCredentialError> {
    let account = &mut at.world.account;
    let user = user(account, input.user_name())?.to_owned();
    let id = input.service_specific_credential_id().unwrap_or_default();
    let one = seen_mut(&mut account.service_credentials)?.get_mut(id).filter(|one| one.user == user);
    let Some(one) = one else {
        return Err(refuse("NoSuchEntity", format!("No such credential {id} exists")));
    };
    one.status = status(input.status())?;
    Ok(update::UpdateServiceSpecificCredentialOutput::builder().build())
}

fn update_ssh_public_key(
    at: &mut At<'_>,
    input: &update_ssh::UpdateSshPublicKeyInput,
) -> Result<update_ssh::UpdateSshPublicKeyOutput, update_ssh::UpdateSSHPublicKeyError> {
    let account = &mut at.world.account;
    let user = user(account, input.user_name())?.to_owned();
    let id = input.ssh_public_key_id().unwrap_or_default();
    let key = seen_mut(&mut account.ssh_keys)?.get_mut(id).filter(|key| key.user == user);
    let Some(key) = key else {
        return Err(refuse("NoSuchEntity", format!("The Public Key with id {id} cannot be found.")));
    };
    key.status = status(input.status())?;
    Ok(update_ssh::UpdateSshPublicKeyOutput::builder().build())
}
