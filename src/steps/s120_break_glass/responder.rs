//! The break-glass role as it should be: who may assume it, and the policies that it has. Pure; the
//! readiness checks compare the account with it.
//!
//! The role is found by its name, and its name proves nothing: a thief may make a role of this name, or
//! change this one. No step spares it for its name. `break_glass` in `unplug.toml` spares it, and the
//! checks hold its trust policy against the template.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::account::{Account, policy::meaning};
use crate::config::Config;
use crate::step::policy::{Holder, SIGN_IN_ROLES, Statement, documents};
use crate::step::{Params, Reason, StepId, texts};
use crate::steps::{self, permissions};

/// The name of the role.
pub const ROLE: &str = "unplug-break-glass";
/// The beginning of the names of its policies, before their number.
const POLICY: &str = "unplug-responder-";

/// The parameter with those who may assume the role.
pub const TRUST: &str = "trust";
/// The parameter with the steps whose permissions it gets.
pub const STEPS: &str = "steps";

pub fn role_arn(account: &Account) -> String {
    format!("arn:{}:iam::{}:role/{ROLE}", account.partition(), account.id)
}

fn policy_arn(account: &Account, number: &str) -> String {
    format!("arn:{}:iam::{}:policy/{POLICY}{number}", account.partition(), account.id)
}

/// Is it the ARN of one of the role's policies, of however many?
pub fn is_ours(arn: &str, account: &Account) -> bool {
    let number = arn.strip_prefix(&policy_arn(account, ""));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The ARNs that a playbook or the command line names.
pub fn named(params: &Params) -> BTreeSet<String> {
    texts(params, TRUST).map(str::to_owned).collect()
}

/// Returns the trust policy: these principals may assume the role, with MFA.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html>
pub fn trust(principals: &BTreeSet<String>) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "UnplugBreakGlass",
            "Effect": "Allow",
            "Principal": { "AWS": principals },
            "Action": "sts:AssumeRole",
            "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "true" } },
        }],
    })
    .to_string()
}

/// Returns who may assume the role, where its trust policy says what [`trust`] says and nothing else.
pub fn trusted(text: &str) -> Option<BTreeSet<String>> {
    let policy: Value = serde_json::from_str(text).ok()?;
    let statement = match &policy["Statement"] {
        Value::Array(all) => all.first()?,
        one => one,
    };
    let principals: BTreeSet<String> = match &statement["Principal"]["AWS"] {
        Value::String(one) => [one.clone()].into(),
        Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => return None,
    };
    (meaning(text) == meaning(&trust(&principals))).then_some(principals)
}

/// Why a role that is there is given nothing.
pub(super) fn other_trust(text: &str) -> Reason {
    format!(
        "its trust policy is not one that unplug prepare writes; name who may assume it: --trust ARN. It says {text}"
    )
}

/// Returns why a text is not the ARN of somebody who may assume the role, whatever the account.
pub fn malformed(arn: &str) -> Option<Reason> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, _, service, region, of, who] = parts[..] else { return Some(format!("{arn} is no ARN")) };
    if service == "sts" {
        return Some(format!("{arn} is a session: name the user behind it"));
    }
    let is_account = of.len() == 12 && of.bytes().all(|byte| byte.is_ascii_digit());
    let is_somebody = who == "root" || who.starts_with("user/") || who.starts_with("role/");
    if parts[0] != "arn" || service != "iam" || !region.is_empty() || !is_account || !is_somebody {
        return Some(format!("{arn} is not the ARN of a user, a role or an account's root"));
    }
    if arn.contains('*') {
        return Some(format!("{arn}: name each by itself, not with *"));
    }
    None
}

/// Returns why an ARN is not one of somebody who may assume the role.
pub fn unfit(arn: &str, account: &Account) -> Option<Reason> {
    if let Some(why) = malformed(arn) {
        return Some(why);
    }
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, _, _, _, of, who] = parts[..] else { return None };
    let all = account.principals.read()?;
    let users = all.users.values().map(|user| &user.arn);
    let mut known = users.chain(all.roles.values().map(|role| &role.arn));
    (of == account.id && who != "root" && !known.any(|known| known == arn))
        .then(|| format!("{arn} is nobody of this account: AWS takes no trust policy that names it"))
}

/// The steps that are named, and those that a playbook names and that are not there.
fn chosen(params: &Params) -> (Vec<StepId>, Vec<String>) {
    let given: Vec<&str> = texts(params, STEPS).collect();
    if given.is_empty() {
        let all = steps::STEPS.iter().map(|step| step.spec().id).filter(|id| !steps::prepares(*id));
        return (all.collect(), vec![]);
    }
    let step = |text: &&str| text.parse().ok().map(StepId).filter(|id| steps::find(*id).is_some());
    let unknown = given.iter().filter(|text| step(text).is_none()).map(|text| (*text).to_owned());
    (given.iter().filter_map(step).collect(), unknown.collect())
}

pub(super) fn unknown_steps(params: &Params) -> Vec<String> {
    chosen(params).1
}

/// Returns the policies that the role should have, by ARN: the documents that `unplug policy` prints.
pub fn policies(account: &Account, params: &Params, config: &Config) -> BTreeMap<String, String> {
    of_steps(account, &chosen(params).0, config)
}

/// What its policies allow for all resources, for these steps: the calls of a run.
pub fn actions(steps: &[StepId], config: &Config) -> BTreeSet<&'static str> {
    let parts: Vec<Statement> = permissions::own(permissions::of_run(steps), config);
    let of_calls = parts.into_iter().filter(|(name, _)| *name != SIGN_IN_ROLES);
    of_calls.flat_map(|(_, actions)| actions).collect()
}

/// Returns the policies of [`policies`] for these steps.
pub fn of_steps(account: &Account, steps: &[StepId], config: &Config) -> BTreeMap<String, String> {
    let parts: Vec<Statement> = permissions::own(permissions::of_run(steps), config);
    // Managed policies are as many as it takes.
    let all = documents(&parts, Holder::Managed).unwrap_or_default();
    let numbered = all.into_iter().enumerate();
    numbered.map(|(at, one)| (policy_arn(account, &(at + 1).to_string()), one.to_string())).collect()
}
