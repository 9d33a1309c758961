//! Roles that go on although nobody named them: without them services, logs and AWS's own administration stop.

use super::Exemptions;
use crate::access::responders::role_may_send;
use crate::access::trust::{ENTER, Trusted};
use crate::account::{Account, Principals};
use crate::step::{count, first_few};
use crate::steps::shared::people;

/// Actions that open a role, or give it more rights, in lower case.
const OPEN_ROLES: [&str; 7] = [
    "iam:attachrolepolicy",
    "iam:createpolicyversion",
    "iam:createrole",
    "iam:deleterolepolicy",
    "iam:putrolepolicy",
    "iam:setdefaultpolicyversion",
    "iam:updateassumerolepolicy",
];

/// Whose role has this name, where AWS gives such names.
///
/// <https://docs.aws.amazon.com/controltower/latest/userguide/roles-how.html>
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-prereqs-self-managed.html>
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html>
fn of_aws(name: &str) -> Option<&'static str> {
    match name {
        "AWSControlTowerExecution" => Some("AWS Control Tower"),
        "AWSCloudFormationStackSetExecutionRole" => Some("StackSets"),
        "OrganizationAccountAccessRole" => Some("the Organization's administrators"),
        _ if name.starts_with("stacksets-exec-") => Some("StackSets"),
        _ => None,
    }
}

/// Does the trust policy let in this account and nobody else?
fn only(trusted: &Trusted, management: &str) -> bool {
    let alone = Trusted { others: [management.to_owned()].into(), ..Trusted::default() };
    *trusted == alone
}

/// Whom a trust policy lets in, for a person.
pub(in crate::steps::s700_organization) fn words(trust: &str, account: &str) -> String {
    let trusted = Trusted::of(trust, account, ENTER);
    let mut all: Vec<String> = vec![];
    all.extend(trusted.everybody.as_ref().map(|_| "everybody".to_owned()));
    all.extend(trusted.account.then(|| "whoever of this account may assume roles".to_owned()));
    all.extend(trusted.federated.then(|| "an identity provider".to_owned()));
    all.extend(trusted.users.iter().map(|user| format!("user {user}")));
    all.extend(trusted.roles.iter().map(|role| format!("role {role}")));
    all.extend(trusted.others.iter().map(|other| format!("account {other}")));
    all.extend(trusted.services);
    if all.is_empty() { "nobody".into() } else { first_few(all, 4) }
}

/// Adds the roles that services, AWS Control Tower, `StackSets` and the Organization's administrators need.
pub(super) fn add(found: &mut Exemptions, all: &Principals, account: &Account) {
    let organization = account.organization.read().and_then(Option::as_ref);
    let management = organization.map(|one| one.management_account.as_str()).filter(|id| !id.is_empty());
    let mut openers = vec![];
    for (name, role) in &all.roles {
        // AWS lets no service control policy bind a service-linked role; those of Identity Center are people's.
        if found.own.contains_key(&role.arn) || role.path.starts_with("/aws-") {
            continue;
        }
        let trusted = Trusted::of(&role.trust, &account.id, ENTER);
        if let Some(whose) = of_aws(name) {
            match management {
                Some(id) if only(&trusted, id) => {
                    let why = format!("it is for {whose}, and lets in nobody but the management account");
                    found.add_unless_pattern(&role.arn, why, account);
                }
                _ => found.warnings.push(format!(
                    "role {name} does not go on: it has a name of {whose}, and lets in {}",
                    words(&role.trust, &account.id)
                )),
            }
            continue;
        }
        if trusted.services.is_empty() || people::can_assume(name, all, &account.id) {
            continue;
        }
        if OPEN_ROLES.iter().any(|action| role_may_send(all, name, action)) {
            openers.push(name);
        } else {
            found.add_unless_pattern(&role.arn, "only services assume it".into(), account);
        }
    }
    if !openers.is_empty() {
        found.warnings.push(format!(
            "{} that only services assume may change roles, and whoever has such credentials could let himself in: \
             denied too, {}. `exempt` names those that must go on",
            count(openers.len(), "role"),
            first_few(openers, 3)
        ));
    }
}
