//! When roles were changed last, by CloudTrail's event history of the calls that change roles.
//!
//! IAM is recorded in one Region of the partition, and `LookupEvents` takes one attribute a call and two calls a
//! second. The calls are looked up by their names ([`LastChange::NAMES`]) and not by the names of the roles: whoever
//! may read a role can put hundreds of reads above a change of it. A lookup by name lists changes alone, and takes as
//! many calls however many roles there are: six seconds where each name fits on a page, a minute at the most.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use futures::future::join_all;
use serde_json::Value;

use super::readers::Work;
use super::{Ask, each_seen, events, seen};
use crate::account::{Account, LastChange, RoleChange, Section};
use crate::aws::{Aws, AwsError, Kind};
use crate::trace::Event;

/// Pages of fifty calls that are read of one name, newest first: five seconds at AWS's two calls a second.
const MOST_PAGES: usize = 10;

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
        let changes = seen(each_seen(last_changes(aws, roles).await));
        (None, Box::new(move |account: &mut Account| account.role_changes = changes) as Box<_>)
    })
}

/// What calls of several names tell of roles.
#[derive(Default)]
struct Told {
    /// The newest change of each role.
    newest: BTreeMap<String, RoleChange>,
    /// The latest of the times before which some calls were not read.
    since: Option<String>,
}

impl Told {
    /// Adds the calls of one name. `unread_before`: older ones of it were not read.
    fn add(&mut self, records: &[Value], roles: &BTreeSet<String>, unread_before: Option<String>) {
        self.since = self.since.take().max(unread_before);
        for event in records.iter().map(Event) {
            let Some(role) = event.asked("roleName").filter(|role| roles.contains(*role)) else { continue };
            let is_newest = self.newest.get(role).is_none_or(|known| known.at.as_str() < event.time());
            if changes(event) && is_newest {
                let change = RoleChange {
                    name: event.name().to_owned(),
                    at: event.time().to_owned(),
                    by: event.caller().to_owned(),
                };
                self.newest.insert(role.to_owned(), change);
            }
        }
    }
}

type Answers = Vec<(String, Result<Option<LastChange>, AwsError>)>;

/// The last change of each role. Where the calls of one name could not be read, a role without a change among the
/// others is not known to be unchanged.
async fn last_changes(aws: &Aws, roles: BTreeSet<String>) -> Answers {
    if roles.is_empty() {
        return vec![];
    }
    let region = aws.global_region();
    let looks = LastChange::NAMES.map(|name| events::named(aws, region, name, None, MOST_PAGES));
    let (mut told, mut failed) = (Told::default(), None::<AwsError>);
    for read in join_all(looks).await {
        match read {
            Ok((records, cut_short)) => {
                let oldest = || records.last().map_or_else(|| now(aws), |last| Event(last).time().to_owned());
                told.add(&records, &roles, cut_short.then(oldest));
            }
            Err(error) if failed.is_none() || error.kind == Kind::Credentials => failed = Some(error),
            Err(_) => {}
        }
    }
    let Told { mut newest, since } = told;
    let answer = |role: String| {
        let change = newest.remove(&role);
        let answer = match &failed {
            Some(error) if change.is_none() || error.kind == Kind::Credentials => Err(error.clone()),
            _ => Ok(Some(LastChange { change, since: since.clone() })),
        };
        (role, answer)
    };
    roles.into_iter().map(answer).collect()
}

fn now(aws: &Aws) -> String {
    aws.clock().timestamp().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Did the call change a role? One that AWS refused did not.
fn changes(event: Event<'_>) -> bool {
    event.service() == "iam" && !event.reads() && event.error().is_none()
}

#[cfg(test)]
mod tests;
