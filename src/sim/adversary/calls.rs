//! A move as CloudTrail records it: one event for each call, with the credential that signed it.

use serde_json::{Map, Value, json};

use super::credential::{Credential, Me, Session};
use super::moves::Attempt;
use crate::account::Account;
use crate::sim::UserIdentity;

/// The name of the sessions of roles that he makes.
const SESSION_NAME: &str = "cli";

/// A call that a thief made.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Call {
    pub at_ms: u64,
    /// `iam:DeleteUserPolicy`
    pub action: &'static str,
    /// `None`: the Region of the partition's global services.
    pub region: Option<String>,
    pub who: UserIdentity,
    pub asked: Value,
    /// AWS's answer, or the code and the message of its refusal.
    pub outcome: Result<Value, (String, String)>,
}

/// Whether AWS keeps the role to itself: no policy allows anybody to change it.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html>
pub(super) fn is_protected(action: &str, resource: &str) -> bool {
    const CHANGES: [&str; 6] = ["Attach", "Delete", "Detach", "Put", "Tag", "Update"];
    let name = action.strip_prefix("iam:").filter(|name| CHANGES.iter().any(|verb| name.starts_with(verb)));
    let of_aws = [":role/aws-reserved/", ":role/aws-service-role/"];
    name.is_some() && of_aws.iter().any(|start| resource.contains(start))
}

/// Who calls, and when.
pub(super) struct Caller<'a> {
    pub at_ms: u64,
    pub who: UserIdentity,
    pub me: &'a Me,
}

impl Caller<'_> {
    /// The calls of an attempt that AWS took.
    pub fn made(&self, attempt: &Attempt) -> Vec<Call> {
        let call = |(action, resource): &(&'static str, String)| {
            let outcome = Ok(answered(action, resource, attempt));
            self.call(action, resource, attempt, outcome)
        };
        attempt.asks.iter().map(call).collect()
    }

    /// The call of an attempt that AWS refused.
    pub fn refused(&self, (action, resource): &(&'static str, String), attempt: &Attempt) -> Call {
        if is_protected(action, resource) {
            let role = resource.rsplit('/').next().unwrap_or_default();
            let why = format!(
                "Cannot perform the operation on the protected role '{role}' - this role is only modifiable by AWS"
            );
            return self.call(
                action,
                resource,
                attempt,
                Err(("UnmodifiableEntityException".to_owned(), why)),
            );
        }
        let code = if action.starts_with("ec2:") { "Client.UnauthorizedOperation" } else { "AccessDenied" };
        let arn = &self.who.arn;
        let why = format!("User: {arn} is not authorized to perform: {action} on resource: {resource}");
        self.call(action, resource, attempt, Err((code.to_owned(), why)))
    }

    fn call(
        &self,
        action: &'static str,
        resource: &str,
        attempt: &Attempt,
        outcome: Result<Value, (String, String)>,
    ) -> Call {
        let of_resource = resource.split(':').nth(3).filter(|region| !region.is_empty()).map(str::to_owned);
        Call {
            at_ms: self.at_ms,
            action,
            region: attempt.region.clone().or(of_resource),
            who: self.who.clone(),
            asked: asked(action, resource, &attempt.on, self.me),
            outcome,
        }
    }
}

/// Who a credential calls as. `arn`: of his user.
pub(super) fn identity_of(
    credential: &Credential,
    (me, arn): (&Me, Option<&str>),
    account: &Account,
    (address, agent): (&str, &str),
) -> UserIdentity {
    let (partition, id) = (account.partition(), &account.id);
    let session = match credential {
        Credential::Instance { id, .. } => id,
        Credential::Function { name, .. } => name,
        _ => SESSION_NAME,
    };
    let (arn, unique) = match (me, credential) {
        (Me::User(name), _) => {
            let arn = arn.map_or_else(|| format!("arn:{partition}:iam::{id}:user/{name}"), str::to_owned);
            (arn, format!("AIDA{}", letters(name, 16)))
        }
        (Me::Role(name), _) => (
            format!("arn:{partition}:sts::{id}:assumed-role/{name}/{session}"),
            format!("AROA{}:{session}", letters(name, 16)),
        ),
        (Me::Outsider, Credential::Account(home)) => {
            (format!("arn:{partition}:iam::{home}:root"), format!("AIDA{}", letters("outside", 16)))
        }
        (Me::Root | Me::Outsider, _) => (format!("arn:{partition}:iam::{id}:root"), id.clone()),
    };
    let key = match credential {
        Credential::Key(id) => id.clone(),
        Credential::Session(session) => session_key(session),
        Credential::Password(name) | Credential::Account(name) => format!("ASIA{}", letters(name, 16)),
        Credential::Instance { role, .. } | Credential::Function { role, .. } => {
            format!("ASIA{}", letters(role, 16))
        }
        Credential::Root => format!("ASIA{}", letters("root", 16)),
    };
    UserIdentity { arn, id: unique, key, address: address.to_owned(), agent: agent.to_owned() }
}

/// The id of a session's key: of its user's or role's name and the second in which it was made.
fn session_key(session: &Session) -> String {
    format!("ASIA{}{:04}", letters(&session.of, 12), session.issued.as_second().rem_euclid(10_000))
}

/// The letters and digits of a name, as many as ids of AWS have.
pub(in crate::sim) fn letters(name: &str, width: usize) -> String {
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{:X<width$.width$}", letters.to_ascii_uppercase())
}

/// The parameters of a call. IAM's, STS's and EC2's are CloudTrail's own; other services' name the resource
/// by its ARN.
fn asked(action: &str, resource: &str, on: &str, me: &Me) -> Value {
    let mut asked = Map::new();
    let named = named(action, resource);
    let name = named.as_ref().map_or("", |(_, name)| name).to_owned();
    asked.extend(named.map(|(member, name)| (member, name.into())));
    if let Some(member) = second(action).filter(|_| on != name) {
        asked.insert(member.into(), on.into());
    }
    match (action, me) {
        ("iam:AddUserToGroup" | "iam:RemoveUserFromGroup", Me::User(user)) => {
            asked.insert("userName".into(), user.clone().into());
        }
        ("sts:AssumeRole", _) => {
            asked.insert("roleSessionName".into(), SESSION_NAME.into());
        }
        ("iam:UpdateAccessKey" | "iam:UpdateServiceSpecificCredential" | "iam:UpdateSSHPublicKey", _) => {
            asked.insert("status".into(), "Active".into());
        }
        _ => {}
    }
    if asked.is_empty() { Value::Null } else { Value::Object(asked) }
}

/// The parameter that names the resource, and its name.
fn named(action: &str, resource: &str) -> Option<(String, String)> {
    let mut parts = resource.splitn(6, ':').skip(2);
    let (service, id) = (parts.next()?, parts.nth(2)?);
    let (kind, name) = id.split_once('/').unwrap_or(("", id));
    let last = name.rsplit('/').next().unwrap_or(name);
    let (member, name) = match (service, kind) {
        _ if action == "sts:AssumeRole" => ("roleArn".to_owned(), resource),
        ("iam", "policy") => ("policyArn".to_owned(), resource),
        ("iam", kind) => (format!("{kind}Name"), last),
        ("s3", _) => ("bucketName".to_owned(), id),
        ("ec2", kind) => (format!("{}Id", camel(kind)), last),
        _ => ("resourceArn".to_owned(), resource),
    };
    (name != "*").then(|| (member, name.to_owned()))
}

/// The parameter that names what the call is done to, where that is another thing than the resource.
fn second(action: &str) -> Option<&'static str> {
    Some(match action {
        "iam:DeleteUserPolicy" | "iam:DeleteRolePolicy" | "iam:PutUserPolicy" | "iam:PutRolePolicy" => {
            "policyName"
        }
        "iam:AttachUserPolicy" | "iam:AttachRolePolicy" | "iam:DetachUserPolicy" | "iam:DetachRolePolicy" => {
            "policyArn"
        }
        "iam:UpdateAccessKey" => "accessKeyId",
        "iam:UpdateServiceSpecificCredential" => "serviceSpecificCredentialId",
        "iam:UpdateSSHPublicKey" => "sSHPublicKeyId",
        _ => return None,
    })
}

/// What AWS answers of what was made.
fn answered(action: &str, resource: &str, attempt: &Attempt) -> Value {
    let name = resource.rsplit('/').next().unwrap_or(resource);
    let gained = |gain: &Credential| match (action, gain) {
        ("iam:CreateAccessKey", Credential::Key(id)) => {
            Some(json!({ "accessKey": { "userName": name, "accessKeyId": id, "status": "Active" } }))
        }
        ("sts:AssumeRole" | "sts:GetSessionToken", Credential::Session(session)) => Some(json!({
            "credentials": { "accessKeyId": session_key(session), "expiration": session.ends.to_string() },
        })),
        _ => None,
    };
    match action {
        "iam:CreateUser" => json!({ "user": { "userName": name, "arn": resource } }),
        "iam:CreateRole" => json!({ "role": { "roleName": name, "arn": resource } }),
        _ => attempt.gains.iter().find_map(gained).unwrap_or(Value::Null),
    }
}

/// `network-interface` → `networkInterface`.
fn camel(kind: &str) -> String {
    let mut words = kind.split('-');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}
