//! Who undid a cut, as CloudTrail's event history tells: the last call that wrote and names the target.
//!
//! CloudTrail shows a call minutes after it was made, and calls on data never.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::account::Gap;
use crate::aws::Aws;
use crate::collect::events;
use crate::step::Target;
use crate::trace::Event;

/// Pages of one Region that are read at the most: two hundred calls that wrote.
const PAGES: usize = 4;

/// A call that may have undone a cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Culprit {
    /// `iam:UpdateAccessKey`.
    pub call: String,
    /// The ARN of the caller, or the name of a service. Attacker-controlled: escape before printing.
    pub caller: String,
    /// When it was called (RFC 3339).
    pub time: String,
    /// The address that it came from. Attacker-controlled.
    pub address: Option<String>,
}

/// What the event history tells of some targets.
#[derive(Debug, Default)]
pub struct Culprits {
    /// The newest call of somebody else that names the target. A target that is missing is named by no call
    /// that CloudTrail shows by now.
    pub found: BTreeMap<Target, Culprit>,
    /// Regions whose event history could not be read.
    pub unread: BTreeMap<String, Gap>,
}

/// Looks up who wrote to these targets since a time. Calls of `own`, the ARN that this run calls with, are
/// left out where unplug made them.
pub async fn who(aws: &Aws, targets: &BTreeSet<Target>, since: Timestamp, own: &str) -> Culprits {
    let region_of = |target: &Target| target.region.clone().unwrap_or_else(|| aws.global_region().to_owned());
    let regions: BTreeSet<String> = targets.iter().map(region_of).collect();
    let reads = regions.into_iter().map(async |region| {
        let read = events::writes(aws, &region, since, PAGES).await;
        (region, read)
    });
    let mut culprits = Culprits::default();
    let mut records = BTreeMap::new();
    for (region, read) in join_all(reads).await {
        match read {
            Ok(read) => {
                records.insert(region, read);
            }
            Err(gap) => {
                culprits.unread.insert(region, gap);
            }
        }
    }
    for target in targets {
        let newest_first = records.get(&region_of(target)).into_iter().flatten();
        let mut of_others = newest_first.filter(|record| !is_own(Event(record), own));
        if let Some(record) = of_others.find(|record| wrote_to(record, target)) {
            culprits.found.insert(target.clone(), culprit(Event(record)));
        }
    }
    culprits
}

fn culprit(event: Event<'_>) -> Culprit {
    Culprit {
        call: event.call(),
        caller: event.caller().to_owned(),
        time: event.time().to_owned(),
        address: event.address().map(str::to_owned),
    }
}

/// Did unplug make this call? A thief may hold the responder's own credentials, and then calls with another
/// program.
fn is_own(event: Event<'_>, own: &str) -> bool {
    event.caller() == own && event.agent().is_some_and(|agent| agent.contains("unplug"))
}

/// Did the call succeed, and does it name the target? Its id stands alone or at the end of an ARN, and an
/// id of several parts (`rtb-1/10.0.0.0/8`) is named by all of them.
fn wrote_to(record: &Value, target: &Target) -> bool {
    if Event(record).error().is_some() {
        return false;
    }
    let parts = || target.id.split('/').filter(|part| !part.is_empty());
    let (asked, answered) = (&record["requestParameters"], &record["responseElements"]);
    let names = |id: &str| names(asked, id) || names(answered, id);
    names(&target.id) || parts().count() > 1 && parts().all(names)
}

fn names(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) => {
            let rest = text.strip_suffix(id);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(['/', ':']))
        }
        Value::Array(items) => items.iter().any(|item| names(item, id)),
        Value::Object(members) => members.values().any(|member| names(member, id)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::collect;
    use crate::scenario;
    use crate::sim::{Actor, Simulation};

    fn record(asked: &Value) -> Value {
        json!({ "eventSource": "ec2.amazonaws.com", "eventName": "X", "requestParameters": asked })
    }

    #[test]
    fn a_call_names_a_target_by_its_id_by_an_arn_or_by_every_part() {
        let user = Target::new("user", "ben");
        assert!(wrote_to(&record(&json!({ "userName": "ben" })), &user));
        assert!(wrote_to(&record(&json!({ "arn": ["arn:aws:iam::1:user/x/ben"] })), &user));
        assert!(!wrote_to(&record(&json!({ "userName": "ruben" })), &user));
        let route = Target::new("route", "rtb-1/10.0.0.0/8");
        let asked = |table: &str| json!({ "routeTableId": table, "destinationCidrBlock": "10.0.0.0/8" });
        assert!(!wrote_to(&record(&asked("rtb-2")), &route));
        let failed = json!({ "errorCode": "AccessDenied", "requestParameters": { "userName": "ben" } });
        assert!(!wrote_to(&failed, &user));
    }

    /// The thief turns a key on again with a session of its own, and the responder's own calls are not his.
    #[tokio::test]
    async fn who_turned_a_key_on_again_is_told_once_cloudtrail_shows_it() {
        let simulation = Simulation::new(scenario::load(scenario::DEFAULT).unwrap().account);
        let aws = Aws::simulated(simulation.clone());
        let known = collect::identify(&aws).await.unwrap();
        let began = aws.clock().timestamp();
        let thief = Actor {
            arn: format!("arn:aws:iam::{}:user/tanaka", known.id),
            id: "AIDATHIEF".into(),
            key: "AKIATHIEF0000EXAMPLE".into(),
            address: "198.51.100.142".into(),
            agent: "aws-cli/2.15".into(),
        };
        let his = Aws::simulated(simulation.acting_as(thief.clone()));
        let update = his.iam().update_access_key().user_name("ci-deploy");
        let update = update.access_key_id("AKIAKCDEPLOY7EXAMPLE").status("Active".into());
        let _phase = his.enter(crate::aws::ledger::Phase::Apply);
        update.send().await.unwrap();
        let key = Target::new("access-key", "AKIAKCDEPLOY7EXAMPLE");
        let targets: BTreeSet<Target> = [key.clone()].into();
        let early = who(&aws, &targets, began, &known.caller.arn).await;
        assert!(early.found.is_empty() && early.unread.is_empty(), "{early:?}");
        aws.clock().wait(std::time::Duration::from_secs(600)).await;
        let late = who(&aws, &targets, began, &known.caller.arn).await;
        let culprit = &late.found[&key];
        assert_eq!((&*culprit.call, &culprit.caller), ("iam:UpdateAccessKey", &thief.arn));
        assert_eq!(culprit.address.as_deref(), Some("198.51.100.142"));
        let own = who(&aws, &targets, began, &thief.arn).await;
        assert!(!own.found.is_empty(), "the thief's program is not unplug, whoever it calls as");
    }
}
