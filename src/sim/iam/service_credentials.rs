//! Credentials that work for single services.

use aws_sdk_iam::types::{ServiceSpecificCredentialMetadata, SshPublicKeyMetadata, StatusType};
use aws_smithy_types::DateTime;

use super::built;
use crate::account::Account;
use crate::aws::operations::iam;
use crate::sim::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use crate::sim::world::{seen, seen_mut};

/// When each credential was made: 2020-01-01, in seconds.
const MADE: i64 = 1_577_836_800;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<iam::ListServiceSpecificCredentials>(list_service_specific_credentials);
    dispatch.on::<iam::ListSSHPublicKeys>(list_ssh_public_keys);
    dispatch.on::<iam::UpdateServiceSpecificCredential>(update_service_specific_credential);
    dispatch.on::<iam::UpdateSSHPublicKey>(update_ssh_public_key);
}

/// The user that is named, or the one who calls.
fn user<'a>(account: &'a Account, named: Option<&'a str>) -> Result<&'a str, Refused> {
    let lacking = "Must specify userName when calling with non-User credentials";
    let user = named.or_else(|| account.caller.user()).ok_or_else(|| refuse("ValidationError", lacking))?;
    let gone = account.principals.read().is_some_and(|all| !all.users.contains_key(user));
    if gone { Err(no_user(user)) } else { Ok(user) }
}

fn no_user(user: &str) -> Refused {
    refuse("NoSuchEntity", format!("The user with name {user} cannot be found."))
}

/// The status that is asked for; AWS alone lets one expire.
fn status(wanted: Option<&StatusType>) -> Result<String, Refused> {
    match wanted {
        Some(status @ (StatusType::Active | StatusType::Inactive)) => Ok(status.as_str().to_owned()),
        _ => Err(refuse("ValidationError", "The status must be Active or Inactive")),
    }
}

fn list_service_specific_credentials(
    cx: &mut Cx<'_>,
    input: &In<iam::ListServiceSpecificCredentials>,
) -> Said<iam::ListServiceSpecificCredentials> {
    let account = &cx.world.account;
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
    let (page, next) = cx.page(metadata, input.marker(), input.max_items().or(Some(100)));
    Ok(Out::<iam::ListServiceSpecificCredentials>::builder()
        .set_service_specific_credentials(Some(page))
        .is_truncated(next.is_some())
        .set_marker(next)
        .build())
}

fn list_ssh_public_keys(cx: &mut Cx<'_>, input: &In<iam::ListSSHPublicKeys>) -> Said<iam::ListSSHPublicKeys> {
    let account = &cx.world.account;
    let all = seen(&account.ssh_keys)?;
    let user = user(account, input.user_name())?;
    let metadata = all.iter().filter(|(_, key)| key.user == user).map(|(id, key)| {
        let metadata = SshPublicKeyMetadata::builder().ssh_public_key_id(id).user_name(&key.user);
        let status = StatusType::from(key.status.as_str());
        built(metadata.status(status).upload_date(DateTime::from_secs(MADE)).build())
    });
    let metadata = metadata.collect::<Result<Vec<_>, _>>()?;
    let (page, next) = cx.page(metadata, input.marker(), input.max_items().or(Some(100)));
    Ok(Out::<iam::ListSSHPublicKeys>::builder()
        .set_ssh_public_keys(Some(page))
        .is_truncated(next.is_some())
        .set_marker(next)
        .build())
}

fn update_service_specific_credential(
    cx: &mut Cx<'_>,
    input: &In<iam::UpdateServiceSpecificCredential>,
) -> Said<iam::UpdateServiceSpecificCredential> {
    let account = &mut cx.world.account;
    let user = user(account, input.user_name())?.to_owned();
    let id = input.service_specific_credential_id().unwrap_or_default();
    let one = seen_mut(&mut account.service_credentials)?.get_mut(id).filter(|one| one.user == user);
    let Some(one) = one else {
        return Err(refuse("NoSuchEntity", format!("No such credential {id} exists")));
    };
    one.status = status(input.status())?;
    Ok(Out::<iam::UpdateServiceSpecificCredential>::builder().build())
}

fn update_ssh_public_key(
    cx: &mut Cx<'_>,
    input: &In<iam::UpdateSSHPublicKey>,
) -> Said<iam::UpdateSSHPublicKey> {
    let account = &mut cx.world.account;
    let user = user(account, input.user_name())?.to_owned();
    let id = input.ssh_public_key_id().unwrap_or_default();
    let key = seen_mut(&mut account.ssh_keys)?.get_mut(id).filter(|key| key.user == user);
    let Some(key) = key else {
        return Err(refuse("NoSuchEntity", format!("The Public Key with id {id} cannot be found.")));
    };
    key.status = status(input.status())?;
    Ok(Out::<iam::UpdateSSHPublicKey>::builder().build())
}
