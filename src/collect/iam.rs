//! IAM and Trusted Advisor: principals, keys, and what says that a key leaked.

mod principals;
mod report;
mod service_credentials;

pub(crate) use principals::decoded;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{AccessKeyLastUsed, AccessKeyMetadata, SummaryKeyType};
use aws_smithy_types::date_time::Format;
use futures::future::join_all;

use super::{Ask, seen};
use crate::access::{self, powers::Power};
use crate::account::{
    AccessKey, Account, AccountSummary, Caller, ExposedKey, PasswordPolicy, Principals, Section, Seen,
};
use crate::aws::{Aws, AwsError, Kind, lists};

/// Trusted Advisor's check "Exposed Access Keys".
const EXPOSED_KEYS_CHECK: &str = "12Fnkpl8Y5";

/// Reads the sections that are asked for. The keys depend on two others, which are then read too (but
/// for what Trusted Advisor says where only the keys of users that may send mail are asked for): where one of those is a gap, the keys that can be found without it are still read, and the gap
/// stands in its own section.
pub(super) async fn read(aws: &Aws, known: &Account, ask: &Ask) -> Account {
    let wants = |section: Section| ask.sections.contains(&section);
    let keys_of_suspects = wants(Section::AccessKeys) && ask.users.is_none();
    let ssh_keys_of_all = wants(Section::SshKeys) && ask.users.is_none();
    let (principals, exposed, credential_report, summary, passwords, service_credentials, named) = futures::join!(
        when(wants(Section::Principals) || keys_of_suspects || ssh_keys_of_all, principals::read(aws)),
        when(wants(Section::ExposedKeys) || (keys_of_suspects && !ask.mail_users), exposed_keys(aws)),
        when(wants(Section::CredentialReport), report::read(aws)),
        when(wants(Section::AccountSummary), account_summary(aws)),
        when(wants(Section::PasswordPolicy), password_policy(aws)),
        when(wants(Section::ServiceCredentials), service_credentials::read(aws)),
        when(keys_of_suspects, owners(aws, &ask.keys)),
    );
    let mut part = known.identity();
    put(&mut part.principals, principals);
    put(&mut part.exposed_keys, exposed);
    put(&mut part.credential_report, credential_report);
    put(&mut part.account_summary, summary);
    put(&mut part.password_policy, passwords);
    put(&mut part.service_credentials, service_credentials);
    if wants(Section::SshKeys) {
        part.ssh_keys = service_credentials::ssh_keys(aws, &part.principals, ask).await;
    }
    if let (true, Some(users)) = (wants(Section::AccessKeys), &ask.users) {
        // A second look at keys that are already known: their last use is not asked for again.
        part.access_keys = seen(keys_of(aws, users).await);
    } else if keys_of_suspects {
        let mut owners = named.unwrap_or_default();
        if ask.mail_users {
            owners.extend(mail_users(&part));
        }
        let suspects = Suspects {
            principals: part.principals.read(),
            exposed: part.exposed_keys.read(),
            named: &ask.keys,
            owners,
            caller: &known.caller,
        };
        part.access_keys = seen(read_keys(aws, suspects, ask.all_keys).await);
    }
    part.part(&ask.sections, |_| false)
}

fn put<T>(place: &mut Seen<T>, read: Option<Result<T, AwsError>>) {
    if let Some(read) = read {
        *place = seen(read);
    }
}

async fn when<T>(wanted: bool, read: impl Future<Output = T>) -> Option<T> {
    if wanted { Some(read.await) } else { None }
}

/// The keys of whoever owns these keys; of every user, where one of them is of nobody that AWS names.
/// A gap where it cannot be proved that one is of no user.
pub async fn named_keys(
    aws: &Aws,
    known: &Account,
    keys: &BTreeSet<String>,
) -> Seen<BTreeMap<String, AccessKey>> {
    let all_in = |read: &BTreeMap<String, AccessKey>| keys.iter().all(|key| read.contains_key(key));
    if let Ok(read) = keys_of(aws, &owners(aws, keys).await).await
        && all_in(&read)
    {
        return Seen::Read(read);
    }
    let sections = [Section::Principals, Section::AccessKeys].into();
    let ask = Ask { sections, all_keys: true, ..Ask::default() };
    let part = Box::pin(read(aws, known, &ask)).await;
    match (part.principals, part.access_keys) {
        (Seen::Gap(users), Seen::Read(read)) if !all_in(&read) => Seen::Gap(users),
        (_, keys) => keys,
    }
}

/// Where to look for keys that may have to be cut.
struct Suspects<'a> {
    principals: Option<&'a Principals>,
    exposed: Option<&'a BTreeMap<String, ExposedKey>>,
    /// Keys that the operator names, and the users that AWS calls their owners.
    named: &'a BTreeSet<String>,
    owners: BTreeSet<String>,
    caller: &'a Caller,
}

async fn read_keys(
    aws: &Aws,
    suspects: Suspects<'_>,
    all: bool,
) -> Result<BTreeMap<String, AccessKey>, AwsError> {
    let mut users = suspects.owners;
    users.extend(suspects.exposed.into_iter().flatten().map(|(_, key)| key.user.clone()));
    users.extend(suspects.caller.user().map(str::to_owned));
    users.extend(suspects.principals.into_iter().flat_map(Principals::quarantined).map(str::to_owned));
    let mut keys = keys_of(aws, &users).await?;
    // Only the keys of every user prove that a key is not of this account.
    let is_open = all || suspects.named.iter().any(|key| !keys.contains_key(key));
    if let (true, Some(principals)) = (is_open, suspects.principals) {
        let others = principals.users.keys().filter(|user| !users.contains(*user)).cloned().collect();
        keys.extend(keys_of(aws, &others).await?);
    }
    let uses = join_all(keys.keys().map(|id| last_used(aws, id))).await;
    for (key, used) in keys.values_mut().zip(uses) {
        key.last_used = used;
    }
    Ok(keys)
}

/// The keys of these users. A user that is not there has none: a row of Trusted Advisor may be
/// hours old, and may speak of root, which is no user.
async fn keys_of(aws: &Aws, users: &BTreeSet<String>) -> Result<BTreeMap<String, AccessKey>, AwsError> {
    of_users(users.iter().filter(|user| is_user_name(user)), |user| keys_of_one(aws, user)).await
}

/// What each of these users has. A user that is not there has nothing.
async fn of_users<'a, T, L>(
    users: impl Iterator<Item = &'a String>,
    list: impl Fn(&'a str) -> L,
) -> Result<BTreeMap<String, T>, AwsError>
where
    L: Future<Output = Result<Vec<(String, T)>, AwsError>>,
{
    let mut all = BTreeMap::new();
    for list in join_all(users.map(|user| list(user))).await {
        match list {
            Ok(list) => all.extend(list),
            Err(error) if error.kind == Kind::Gone => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

async fn keys_of_one(aws: &Aws, user: &str) -> Result<Vec<(String, AccessKey)>, AwsError> {
    let list = aws.iam().list_access_keys().user_name(user).max_items(1_000);
    let key = |key: AccessKeyMetadata| {
        let status = key.status?.as_str().to_owned();
        Some((key.access_key_id?, AccessKey { user: user.to_owned(), status, last_used: None }))
    };
    lists::all(aws, list, key).await
}

/// IAM refuses the whole call for a name with other characters (`<root_account>`).
fn is_user_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c))
}

/// Date, service and Region; nothing where AWS knows of no use or would not say. It only helps a
/// reader: nothing is decided by it.
async fn last_used(aws: &Aws, key: &str) -> Option<String> {
    let answer = aws.iam().get_access_key_last_used().access_key_id(key).send().await.ok()?;
    describe(&answer.access_key_last_used?)
}

fn describe(used: &AccessKeyLastUsed) -> Option<String> {
    let date = used.last_used_date?.fmt(Format::DateTime).ok()?;
    Some(format!("{date} {} {}", used.service_name, used.region))
}

/// The users that AWS calls the owners of these keys. Of a key that is not among theirs nothing is
/// known: "access denied" is both "not allowed to ask" and "a key of another account", and an answer
/// that makes no sense is neither.
async fn owners(aws: &Aws, keys: &BTreeSet<String>) -> BTreeSet<String> {
    let iam = aws.iam();
    let answers = join_all(keys.iter().map(|key| iam.get_access_key_last_used().access_key_id(key).send()));
    answers.await.into_iter().filter_map(|answer| answer.ok()?.user_name).collect()
}

/// The users that may send mail by their own policies, and those whose keys were last used for SES. Nobody
/// of what was not read: the gap stands in its own section.
fn mail_users(account: &Account) -> BTreeSet<String> {
    let rights = access::own_rights(account, Power::SendMail, access::MAIL_ACTIONS).unwrap_or_default();
    // One whose right was taken away by a cut still has the keys that were cut with it.
    let is_cut = |user: &String| {
        let all = account.principals.read();
        all.and_then(|all| all.users.get(user))
            .is_some_and(|user| user.inline.contains_key(access::MAIL_DENY))
    };
    let may = rights.into_iter().filter(|(user, right)| right.granted || is_cut(user));
    let used = account.credential_report.items();
    let used = used.filter(|(_, row)| row.active_keys_last_used_for.contains("ses"));
    may.map(|(user, _)| user).chain(used.map(|(user, _)| user.clone())).collect()
}

async fn account_summary(aws: &Aws) -> Result<AccountSummary, AwsError> {
    let map = aws.iam().get_account_summary().send().await?.summary_map.unwrap_or_default();
    let flag = |key: SummaryKeyType| {
        let lacking = || AwsError::unusable("iam:GetAccountSummary", &format!("it lacks {}", key.as_str()));
        map.get(&key).map(|value| *value > 0).ok_or_else(lacking)
    };
    Ok(AccountSummary {
        root_mfa: flag(SummaryKeyType::AccountMfaEnabled)?,
        root_access_keys: flag(SummaryKeyType::AccountAccessKeysPresent)?,
        root_signing_certificates: flag(SummaryKeyType::AccountSigningCertificatesPresent)?,
    })
}

/// The password policy, or `None` when none was ever set: AWS answers that with an error.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountPasswordPolicy.html>
async fn password_policy(aws: &Aws) -> Result<Option<PasswordPolicy>, AwsError> {
    let lacking = |what: &str| AwsError::unusable("iam:GetAccountPasswordPolicy", what);
    match aws.iam().get_account_password_policy().send().await.map_err(AwsError::from) {
        Ok(answer) => {
            let policy = answer.password_policy.ok_or_else(|| lacking("it has no policy"))?;
            let minimum_length = policy.minimum_password_length.ok_or_else(|| lacking("it has no length"))?;
            Ok(Some(PasswordPolicy { minimum_length, remembered: policy.password_reuse_prevention }))
        }
        Err(error) if error.is("NoSuchEntity") => Ok(None),
        Err(error) => Err(error),
    }
}

/// Only rows with status `error` are exposed keys. A row that somebody suppressed in the console
/// counts: the thief could have done that. `not_available` means that nothing is known.
///
/// <https://docs.aws.amazon.com/awssupport/latest/user/security-checks.html>
async fn exposed_keys(aws: &Aws) -> Result<BTreeMap<String, ExposedKey>, AwsError> {
    let check = aws.support().describe_trusted_advisor_check_result().check_id(EXPOSED_KEYS_CHECK);
    let lacking = |what: &str| AwsError::unusable("support:DescribeTrustedAdvisorCheckResult", what);
    let result = check.send().await?.result.ok_or_else(|| lacking("it has no result"))?;
    let exposed = result.flagged_resources.into_iter().filter(|row| row.status == "error");
    let exposed = exposed.map(|row| {
        // Key, user, fraud type, case, time updated, location, deadline, usage.
        let mut columns = row.metadata.into_iter().map(Option::unwrap_or_default);
        let key = columns.next().filter(|key| !key.is_empty());
        let mut next = || columns.next().unwrap_or_default();
        let (user, fraud_type, case_id, _, location) = (next(), next(), next(), next(), next());
        let value = ExposedKey { user, fraud_type, case_id, location };
        key.map(|key| (key, value)).ok_or_else(|| lacking("an exposed key lacks its id"))
    });
    exposed.collect()
}

#[cfg(test)]
#[path = "iam/tests.rs"]
mod tests;
