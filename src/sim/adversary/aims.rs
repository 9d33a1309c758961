//! What a thief is after, and with what he reaches it.

use std::collections::BTreeSet;

use super::credential::{Credential, Judge};
use super::{Adversary, timestamp};
use crate::account::Account;

/// What a thief is after, one action for each, and in words: whether a cut has stopped him is asked of these.
pub const AIMS: [(&str, &str); 6] = [
    ("ec2:RunInstances", "start instances"),
    ("iam:CreateUser", "make users"),
    ("s3:GetObject", "read buckets"),
    ("secretsmanager:GetSecretValue", "read secrets"),
    ("ses:SendEmail", "send mail"),
    ("cloudtrail:StopLogging", "stop the log"),
];

impl Adversary {
    /// What he can do with IAM as it has spread by this time: each aim, with each kind of credential that
    /// reaches it.
    pub fn reaches(&self, account: &Account, now_ms: u64) -> BTreeSet<(&'static str, String)> {
        let reached = self.reached(account, now_ms).into_iter();
        reached.map(|(aim, credential)| (aim, credential.to_string())).collect()
    }

    /// As [`Adversary::reaches`], with the credentials themselves.
    pub fn reached(&self, account: &Account, now_ms: u64) -> Vec<(&'static str, &Credential)> {
        let spread = self.spread(account, now_ms);
        let Some(judge) =
            Judge::new(&spread, timestamp(now_ms), self.organization.as_ref(), self.last_read.as_ref())
        else {
            return vec![];
        };
        let mut reached = vec![];
        for credential in &self.holds {
            let aims = AIMS.iter().map(|(aim, _)| *aim);
            let aims = aims.filter(|aim| judge.may(credential, aim, &resource(aim, account)));
            reached.extend(aims.map(|aim| (aim, credential)));
        }
        reached
    }
}

/// A resource on which an aim is asked.
fn resource(aim: &str, account: &Account) -> String {
    let (partition, id) = (account.partition(), &account.id);
    match aim {
        "iam:CreateUser" => format!("arn:{partition}:iam::{id}:user/anybody"),
        "s3:GetObject" => format!("arn:{partition}:s3:::any-bucket/any-object"),
        "secretsmanager:GetSecretValue" => {
            format!("arn:{partition}:secretsmanager:us-east-1:{id}:secret:any")
        }
        "ses:SendEmail" => format!("arn:{partition}:ses:us-east-1:{id}:identity/example.com"),
        "cloudtrail:StopLogging" => format!("arn:{partition}:cloudtrail:us-east-1:{id}:trail/any"),
        "ec2:RunInstances" => format!("arn:{partition}:ec2:us-east-1:{id}:instance/*"),
        _ => "*".to_owned(),
    }
}
