//! Who calls the simulated account.

use serde_json::{Value, json};

use super::adversary::letters;
use crate::account::{Account, Caller};

/// Who makes a call, as CloudTrail names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserIdentity {
    /// The ARN of the user, the role session or the root user.
    pub arn: String,
    /// The unique id (`AIDA…`, `AROA…:session`).
    pub id: String,
    /// The access key that signs.
    pub key: String,
    pub address: String,
    pub agent: String,
}

impl UserIdentity {
    /// The responder that a scenario names, or that of his actor.
    pub(super) fn of_caller(caller: &Caller) -> UserIdentity {
        UserIdentity {
            arn: caller.arn.clone(),
            id: caller.user_id.clone(),
            key: "AKIASIMULATED0000000".into(),
            address: "203.0.113.9".into(),
            agent: concat!("unplug/", env!("CARGO_PKG_VERSION")).into(),
        }
    }

    /// A user, a session of a role, or the root user, by the ARN of the user, the role or the root.
    pub fn of(account: &Account, arn: &str) -> UserIdentity {
        let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
        let (kind, path) = resource.split_once('/').unwrap_or((resource, ""));
        let name = path.rsplit('/').next().unwrap_or_default();
        let (partition, id) = (account.partition(), &account.id);
        let (arn, unique) = match kind {
            "user" => (arn.to_owned(), format!("AIDA{}", letters(name, 16))),
            "role" => (
                format!("arn:{partition}:sts::{id}:assumed-role/{name}/on-call"),
                format!("AROA{}:on-call", letters(name, 16)),
            ),
            _ => (format!("arn:{partition}:iam::{id}:root"), id.clone()),
        };
        let key = format!("ASIA{}", letters(if name.is_empty() { "root" } else { name }, 16));
        UserIdentity { arn, id: unique, key, address: "203.0.113.9".into(), agent: "aws-cli/2.15".into() }
    }

    /// The `userIdentity` of somebody's events in an account.
    ///
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>
    pub(super) fn identity(&self, home: &str) -> Value {
        let parts: Vec<&str> = self.arn.splitn(6, ':').collect();
        let (partition, account) = (parts.get(1).unwrap_or(&"aws"), parts.get(4).unwrap_or(&""));
        let resource = parts.get(5).copied().unwrap_or_default();
        // Of somebody of another account no more is told.
        if *account != home && resource == "root" {
            return json!({ "type": "AWSAccount", "principalId": self.id, "accountId": account });
        }
        let (kind, name) = resource.split_once('/').unwrap_or((resource, ""));
        let mut identity = json!({
            "principalId": self.id, "arn": self.arn, "accountId": account, "accessKeyId": self.key,
        });
        match kind {
            "assumed-role" => {
                let role = name.split('/').next().unwrap_or_default();
                let id = self.id.split(':').next().unwrap_or_default();
                identity["type"] = "AssumedRole".into();
                identity["sessionContext"] = json!({
                    "sessionIssuer": {
                        "type": "Role", "principalId": id, "accountId": account, "userName": role,
                        "arn": format!("arn:{partition}:iam::{account}:role/{role}"),
                    },
                });
            }
            "federated-user" => identity["type"] = "FederatedUser".into(),
            "user" => {
                identity["type"] = "IAMUser".into();
                identity["userName"] = name.rsplit('/').next().unwrap_or_default().into();
            }
            _ => identity["type"] = "Root".into(),
        }
        identity
    }
}
