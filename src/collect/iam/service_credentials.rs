//! Credentials that work for single services: passwords and API keys, and SSH keys for `CodeCommit`.

use std::collections::BTreeMap;

use aws_sdk_iam::types::{ServiceSpecificCredentialMetadata, SshPublicKeyMetadata};

use super::super::{Ask, seen};
use super::of_users;
use crate::account::{Principals, Seen, ServiceCredential, SshKey};
use crate::aws::{Aws, AwsError, lists};

/// The passwords and API keys of every user, for every service. Without `AllUsers` AWS answers for the
/// caller alone.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListServiceSpecificCredentials.html>
pub(super) async fn read(aws: &Aws) -> Result<BTreeMap<String, ServiceCredential>, AwsError> {
    let list = aws.iam().list_service_specific_credentials().all_users(true).max_items(1_000);
    let credential = |one: ServiceSpecificCredentialMetadata| {
        let status = one.status.as_str().to_owned();
        let credential = ServiceCredential { user: one.user_name, service: one.service_name, status };
        Some((one.service_specific_credential_id, credential))
    };
    lists::all(aws, list, credential).await
}

/// The SSH keys of every user, or in a second look of those that are asked for. AWS lists them user by
/// user; without the list of users it is not known who has any.
pub(super) async fn ssh_keys(
    aws: &Aws,
    principals: &Seen<Principals>,
    ask: &Ask,
) -> Seen<BTreeMap<String, SshKey>> {
    match (&ask.users, principals) {
        (Some(users), _) => seen(of_users(users.iter(), |user| ssh_keys_of(aws, user)).await),
        (None, Seen::Read(all)) => seen(of_users(all.users.keys(), |user| ssh_keys_of(aws, user)).await),
        (None, Seen::Gap(gap)) => Seen::Gap(gap.clone()),
    }
}

async fn ssh_keys_of(aws: &Aws, user: &str) -> Result<Vec<(String, SshKey)>, AwsError> {
    let list = aws.iam().list_ssh_public_keys().user_name(user).max_items(1_000);
    let key = |key: SshPublicKeyMetadata| {
        let status = key.status.as_str().to_owned();
        Some((key.ssh_public_key_id, SshKey { user: user.to_owned(), status }))
    };
    lists::all(aws, list, key).await
}
