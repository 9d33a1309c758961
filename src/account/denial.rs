//! The inline policies with which unplug takes every right from a user or a role.
//!
//! ```text
//! cut      unplug-deny-all = [ deny everything, deny sessions older than the cut ]
//! restore  unplug-deny-all = [ deny sessions older than the restore ]        (one call, no gap between)
//! sweep    gone, once no session can be that old any more
//! ```

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::policy::meaning;

/// The name of the inline policy.
pub const NAME: &str = "unplug-deny-all";

/// How far ahead of now a cut-off lies: until a policy has spread, sessions are still made that it must
/// deny.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html>
pub const AHEAD: SignedDuration = SignedDuration::from_secs(30);

/// The longest life of a session: a user's `GetSessionToken` or `GetFederationToken`.
///
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>
pub const LONGEST_SESSION: SignedDuration = SignedDuration::from_hours(36);

/// What an inline policy of unplug's name denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    Everything,
    /// Every session made before this moment.
    Sessions(Timestamp),
}

/// The policy that denies everything. It names sessions older than the cut-off besides, so that one call
/// can leave that statement alone behind a restore.
pub fn everything(cut_off: Timestamp) -> String {
    let all = json!({ "Sid": "UnplugDenyAll", "Effect": "Deny", "Action": "*", "Resource": "*" });
    document(&[all, statement(cut_off)])
}

/// The policy that denies sessions made before the cut-off. A long-term key has no such moment: it is not
/// denied.
pub fn sessions(cut_off: Timestamp) -> String {
    document(&[statement(cut_off)])
}

/// The cut-off of a policy that is written now, in whole seconds.
pub fn cut_off(now: Timestamp) -> Timestamp {
    let ahead = now.checked_add(AHEAD).unwrap_or(now);
    Timestamp::from_second(ahead.as_second()).unwrap_or(ahead)
}

fn document(statements: &[Value]) -> String {
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

fn statement(cut_off: Timestamp) -> Value {
    json!({
        "Sid": "UnplugDenyOlderSessions",
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": { "DateLessThan": { "aws:TokenIssueTime": cut_off.to_string() } },
    })
}

/// Returns what a policy of unplug's name denies; `None` where its text is not one that unplug writes.
pub fn read(text: &str) -> Option<Denial> {
    let policy: Value = serde_json::from_str(text).ok()?;
    // In whatever order: AWS may give the statements back in another.
    let moment = |one: &Value| one.pointer("/Condition/DateLessThan/aws:TokenIssueTime").cloned();
    let moment = policy["Statement"].as_array()?.iter().find_map(moment)?;
    let moment: Timestamp = moment.as_str()?.parse().ok()?;
    let same = |written: String| meaning(&written) == meaning(text);
    if same(everything(moment)) {
        Some(Denial::Everything)
    } else if same(sessions(moment)) {
        Some(Denial::Sessions(moment))
    } else {
        None
    }
}

/// The text of a state in which everything is denied: it stands for that policy with whatever cut-off.
pub fn canonical() -> String {
    everything(Timestamp::UNIX_EPOCH)
}

/// The name of the inline policy on a role that denies the sessions of single instances.
pub const INSTANCES: &str = "unplug-deny-instances";

/// The instances that a policy of that name denies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instances {
    pub arns: BTreeSet<String>,
    /// Only sessions made before this moment: a restore leaves that.
    pub before: Option<Timestamp>,
}

impl Instances {
    /// The policy's text. The metadata service gives the role's credentials the instance's ARN, and a session
    /// name that is its id.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
    pub fn text(&self) -> String {
        let ids = self.arns.iter().map(|arn| format!("*:{}", arn.rsplit('/').next().unwrap_or(arn)));
        let ids: Vec<String> = ids.collect();
        let statement = |sid: &str, condition: Value| {
            let mut condition = condition;
            if let (Some(moment), Some(tests)) = (self.before, condition.as_object_mut()) {
                let made = json!({ "aws:TokenIssueTime": moment.to_string() });
                tests.insert("DateLessThan".into(), made);
            }
            json!({ "Sid": sid, "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition })
        };
        document(&[
            statement("UnplugDenyInstances", json!({ "ArnEquals": { "ec2:SourceInstanceARN": self.arns } })),
            statement("UnplugDenySessionNames", json!({ "StringLike": { "aws:userid": ids } })),
        ])
    }

    /// Returns what a policy of unplug's name says; `None` where its text is not one that unplug writes.
    pub fn read(text: &str) -> Option<Instances> {
        let policy: Value = serde_json::from_str(text).ok()?;
        let condition = policy["Statement"]
            .as_array()?
            .iter()
            .find_map(|one| one.pointer("/Condition/ArnEquals").map(|_| &one["Condition"]))?;
        let arns = match &condition["ArnEquals"]["ec2:SourceInstanceARN"] {
            Value::Array(arns) => arns.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Value::String(arn) => [arn.clone()].into(),
            _ => return None,
        };
        let before = match condition.pointer("/DateLessThan/aws:TokenIssueTime") {
            Some(moment) => Some(moment.as_str()?.parse().ok()?),
            None => None,
        };
        let read = Instances { arns, before };
        (meaning(&read.text()) == meaning(text)).then_some(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn what_unplug_writes_is_read_again_in_whatever_form() {
        let moment = at("2026-11-22T03:12:30Z");
        assert_eq!(read(&everything(moment)), Some(Denial::Everything));
        assert_eq!(read(&sessions(moment)), Some(Denial::Sessions(moment)));
        let spaced =
            serde_json::to_string_pretty(&serde_json::from_str::<Value>(&sessions(moment)).unwrap()).unwrap();
        assert_eq!(read(&spaced), Some(Denial::Sessions(moment)));
        let mut turned: Value = serde_json::from_str(&everything(moment)).unwrap();
        turned["Statement"].as_array_mut().unwrap().reverse();
        assert_eq!(read(&turned.to_string()), Some(Denial::Everything));
    }

    #[test]
    fn a_policy_that_somebody_changed_is_not_unplugs() {
        let text = everything(at("2026-11-22T03:12:30Z"));
        for (from, to) in [
            (r#""Action":"*""#, r#""Action":"s3:*""#),
            (r#""Effect":"Deny""#, r#""Effect":"Allow""#),
            ("DateLessThan", "DateGreaterThan"),
            (r#""Resource":"*""#, r#""NotResource":"*""#),
        ] {
            assert_eq!(read(&text.replacen(from, to, 1)), None, "{from}");
        }
        for text in ["", "{}", "no JSON", r#"{"Statement":[]}"#, r#"{"Statement":{"Effect":"Deny"}}"#] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_policy_for_instances_is_read_again_and_another_is_not() {
        let arns = ["arn:aws:ec2:eu-west-1:123456789012:instance/i-1".to_owned()];
        for before in [None, Some(at("2026-11-22T03:12:30Z"))] {
            let written = Instances { arns: arns.clone().into(), before };
            assert_eq!(Instances::read(&written.text()), Some(written.clone()));
            assert_eq!(Instances::read(&written.text().replace("*:i-1", "*:i-2")), None);
            assert_eq!(Instances::read(&written.text().replace("Deny\"", "Allow\"")), None);
        }
        assert_eq!(Instances::read(&everything(at("2026-11-22T03:12:30Z"))), None);
    }

    #[test]
    fn a_cut_off_lies_half_a_minute_ahead_in_whole_seconds() {
        assert_eq!(cut_off(at("2026-11-22T03:12:00.75Z")), at("2026-11-22T03:12:30Z"));
        assert!(sessions(cut_off(at("2026-11-22T03:12:00.75Z"))).contains("\"2026-11-22T03:12:30Z\""));
        assert_eq!(canonical().len(), everything(at("2026-11-22T03:12:30Z")).len(), "room is counted by it");
    }
}
