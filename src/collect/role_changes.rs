//! When roles were changed last, by CloudTrail's event history of their names. IAM is recorded in one Region of
//! the partition, and `LookupEvents` takes one name a call and two calls a second.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use futures::future::join_all;

use super::readers::Work;
use super::{Ask, each_seen, events, seen};
use crate::account::{Account, LastChange, RoleChange, Section};
use crate::aws::{Aws, AwsError};
use crate::trace::Event;

/// Pages of fifty events that are read of one role: calls that read it are among them.
const MOST_PAGES: usize = 4;

/// Chooses roles, by name, once users, roles and the Organization are read. The default chooses none.
#[derive(Clone, Default)]
pub struct RolesOf(Option<Arc<Choose>>);

type Choose = dyn Fn(&Account) -> BTreeSet<String> + Send + Sync;

impl RolesOf {
    pub fn new(choose: impl Fn(&Account) -> BTreeSet<String> + Send + Sync + 'static) -> RolesOf {
        RolesOf(Some(Arc::new(choose)))
    }

    fn choose(&self, account: &Account) -> BTreeSet<String> {
        self.0.as_ref().map(|choose| choose(account)).unwrap_or_default()
    }
}

impl fmt::Debug for RolesOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "RolesOf(..)" } else { "RolesOf(none)" })
    }
}

/// Is everything read that says of which roles?
pub(super) fn ready(ask: &Ask, account: &Account) -> bool {
    let open = |section: Section, unread: bool| ask.sections.contains(&section) && unread;
    !open(Section::Principals, account.principals.is_not_read())
        && !open(Section::Organization, account.organization.is_not_read())
}

/// Reads the last change of each role that is chosen by what was read.
pub(super) fn of_roles<'a>(aws: &'a Aws, ask: &Ask, account: &Account) -> Work<'a> {
    let roles = ask.changes_of.choose(account);
    Box::pin(async move {
        let read = join_all(roles.into_iter().map(|role| async move {
            let change = last_change(aws, &role).await;
            (role, change.map(Some))
        }));
        let changes = seen(each_seen(read.await));
        (None, Box::new(move |account: &mut Account| account.role_changes = changes) as Box<_>)
    })
}

async fn last_change(aws: &Aws, role: &str) -> Result<LastChange, AwsError> {
    let (records, more) = events::of_resource(aws, aws.global_region(), role, MOST_PAGES).await?;
    let change = records.iter().map(Event).find(|event| changes(*event, role));
    Ok(LastChange {
        cut_short: change.is_none() && more,
        change: change.map(|event| RoleChange {
            name: event.name().to_owned(),
            at: event.time().to_owned(),
            by: event.caller().to_owned(),
        }),
    })
}

/// Did the call change the role? One that AWS refused did not.
fn changes(event: Event<'_>, role: &str) -> bool {
    event.service() == "iam"
        && !event.reads()
        && event.error().is_none()
        && event.asked("roleName") == Some(role)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_of_a_role_is_told_from_what_reads_it_what_was_refused_and_what_is_another_s() {
        let record = |name: &str, role: &str| json!({ "eventSource": "iam.amazonaws.com", "eventName": name, "requestParameters": { "roleName": role } });
        let mut refused = record("UpdateAssumeRolePolicy", "web");
        refused["errorCode"] = "AccessDenied".into();
        let mut assumed = record("AssumeRole", "web");
        assumed["eventSource"] = "sts.amazonaws.com".into();
        for (record, changed) in [
            (record("UpdateAssumeRolePolicy", "web"), true),
            (record("PutRolePolicy", "web"), true),
            (record("GetRole", "web"), false),
            (record("PutRolePolicy", "other"), false),
            (refused, false),
            (assumed, false),
        ] {
            assert_eq!(changes(Event(&record), "web"), changed, "{record}");
        }
    }
}
