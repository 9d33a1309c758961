//! Who undid a cut, as CloudTrail's event history tells: the last call that wrote and names the target.
//!
//! The call that turns a switch of a whole Region names nothing: its name and its Region tell. A call that
//! writes something which the run has made names it by the id that AWS gave.
//!
//! CloudTrail shows a call minutes after it was made, and calls on data never.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::hold::{Held, Stand};
use crate::account::{Gap, waf_id};
use crate::aws::Aws;
use crate::aws::names::Names;
use crate::collect::events;
use crate::step::Target;
use crate::steps::STEPS;
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
        let traces = Traces::of(target, aws.names());
        if let Some(record) = of_others.find(|record| traces.are_in(record)) {
            culprits.found.insert(target.clone(), culprit(Event(record)));
        }
    }
    culprits
}

/// How long CloudTrail is asked who undid a change: it shows a call within minutes, as a rule.
const ASKED_FOR_MS: u64 = 20 * 60_000;

/// The targets of which a watch asks, look after look, who changed them.
#[derive(Debug)]
pub struct Inquest {
    since: Timestamp,
    /// Targets of which CloudTrail has not shown yet who changed them, and when that was first seen.
    waiting: BTreeMap<Target, u64>,
    /// Targets that are open since the last look: an old one is not asked about again.
    known_open: BTreeSet<Target>,
}

impl Inquest {
    /// Begins with a watch. What was undone before it is of interest too, from the time of the run's first
    /// line on: a thief acts while the run still cuts.
    pub fn new(first_line_ms: u64, now_ms: u64) -> Inquest {
        let since = i64::try_from(first_line_ms.min(now_ms)).ok();
        let since = since.and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or_default();
        Inquest { since, waiting: BTreeMap::new(), known_open: BTreeSet::new() }
    }

    /// Asks CloudTrail who changed what this and earlier looks found open. `None`: nothing is to be asked.
    pub async fn ask(&mut self, aws: &Aws, held: &Held, own: &str) -> Option<Culprits> {
        let now_ms = aws.clock().now_ms();
        let open = held
            .stands
            .iter()
            .filter(|(owed, stand)| stand.undone(&owed.change).is_some() || matches!(stand, Stand::Vanished));
        let appeared = held.since.iter().flat_map(|plan| &plan.changes).map(|change| &change.target);
        let open: BTreeSet<Target> =
            open.map(|(owed, _)| &owed.change.target).chain(appeared).cloned().collect();
        for target in open.difference(&self.known_open) {
            self.waiting.entry(target.clone()).or_insert(now_ms);
        }
        self.known_open = open;
        self.waiting.retain(|_, since| now_ms.saturating_sub(*since) <= ASKED_FOR_MS);
        let targets: BTreeSet<Target> = self.waiting.keys().cloned().collect();
        if targets.is_empty() {
            return None;
        }
        let told = who(aws, &targets, self.since, own).await;
        self.waiting.retain(|target, _| !told.found.contains_key(target));
        Some(told)
    }

    /// How many targets CloudTrail has shown no call for yet.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
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

/// What a call that wrote to a target shows of it.
struct Traces {
    /// Calls that write the target without naming it. Where there are any, no other call does.
    switched_by: &'static [&'static str],
    /// The ids by which a call may name the target.
    ids: Vec<String>,
}

impl Traces {
    fn of(target: &Target, names: &Names) -> Traces {
        let lenses = STEPS.iter().flat_map(|step| step.lenses().iter());
        let lens = lenses.copied().find(|lens| lens.kind() == target.kind);
        let made = lens.and_then(|lens| lens.creates(target)).and_then(|name| names.id(&name));
        let ids = match made {
            Some(made) => vec![made],
            None => vec![target.id.clone(), names.current(&target.id)],
        };
        let ids = ids.into_iter().flat_map(parts_of_arn).collect();
        Traces { switched_by: lens.map_or(&[], |lens| lens.switched_by()), ids }
    }

    /// Did the call succeed, and does it name the target? An id stands alone or at the end of an ARN, and an
    /// id of several parts (`rtb-1/10.0.0.0/8`) is named by all of them.
    fn are_in(&self, record: &Value) -> bool {
        let event = Event(record);
        if event.error().is_some() {
            return false;
        }
        if !self.switched_by.is_empty() {
            return self.switched_by.contains(&event.call().as_str());
        }
        let (asked, answered) = (&record["requestParameters"], &record["responseElements"]);
        let named = |id: &str| names(asked, id) || names(answered, id);
        self.ids.iter().any(|id| {
            let parts = || id.split('/').filter(|part| !part.is_empty());
            named(id) || parts().count() > 1 && parts().all(named)
        })
    }
}

/// The id, and the one by which a call on AWS WAF names what has this ARN: its last part. What follows a `#` is
/// no part of an id of AWS.
fn parts_of_arn(id: String) -> Vec<String> {
    let arn = id.split('#').next().unwrap_or_default().to_owned();
    let last = arn.contains(":wafv2:").then(|| waf_id(&arn).to_owned());
    [Some(id), last, Some(arn)].into_iter().flatten().collect()
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
    use crate::aws::names::alias;
    use crate::collect;
    use crate::scenario;
    use crate::sim::{Simulation, UserIdentity};

    fn record(asked: &Value) -> Value {
        json!({ "eventSource": "ec2.amazonaws.com", "eventName": "X", "requestParameters": asked })
    }

    #[test]
    fn a_call_names_a_target_by_its_id_by_an_arn_or_by_every_part() {
        let wrote_to = |record: &Value, target: &Target| Traces::of(target, &Names::default()).are_in(record);
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

    #[test]
    fn a_call_names_what_a_run_made_by_the_id_that_aws_gave() {
        let group = Target::new("isolation-group", "vpc-1").region("eu-west-1").vpc("vpc-1");
        let names = Names::default();
        names.set("isolation-group/vpc-1", "sg-9");
        names.set(&alias("nat-1"), "nat-2");
        let traces = Traces::of(&group, &names);
        assert!(traces.are_in(&record(&json!({ "groupId": "sg-9" }))));
        assert!(!traces.are_in(&record(&json!({ "vpcId": "vpc-1" }))));
        let gateway = Traces::of(&Target::new("nat-gateway", "nat-1"), &names);
        assert!(gateway.are_in(&record(&json!({ "natGatewayId": "nat-2" }))));
    }

    /// Who has turned a switch of a whole Region is told by the call's name and its Region.
    #[tokio::test]
    async fn who_turned_the_switch_of_a_region_is_told_by_the_call() {
        let simulation = Simulation::new(scenario::load(scenario::DEFAULT).unwrap().account);
        let aws = Aws::simulated(simulation.clone());
        let known = collect::identify(&aws).await.unwrap();
        let began = aws.clock().timestamp();
        let thief = thief(&known.id);
        let his = Aws::simulated(simulation.acting_as(thief.clone()));
        let _phase = his.enter(crate::aws::ledger::Phase::Apply);
        let (here, other) = ("eu-west-1", "ap-northeast-1");
        let ses = his.sesv2(here);
        ses.put_account_sending_attributes().sending_enabled(true).send().await.unwrap();
        let mode = his.ec2(here).modify_vpc_block_public_access_options();
        mode.internet_gateway_block_mode("off".into()).send().await.unwrap();
        his.ec2(here).enable_serial_console_access().send().await.unwrap();
        his.s3control(his.global_region())
            .delete_public_access_block()
            .account_id(&known.id)
            .send()
            .await
            .unwrap();
        aws.clock().wait(std::time::Duration::from_secs(600)).await;
        let kinds = [
            ("ses-sending", here, "ses:PutAccountSendingAttributes"),
            ("block-public-access", here, "ec2:ModifyVpcBlockPublicAccessOptions"),
            ("serial-console", "serial-console", "ec2:EnableSerialConsoleAccess"),
        ];
        let mut targets: BTreeSet<Target> =
            kinds.iter().map(|(kind, id, _)| Target::new(kind, *id).region(here)).collect();
        let elsewhere = Target::new("ses-sending", other).region(other);
        let block = Target::new("s3-account-block", &known.id);
        targets.extend([elsewhere.clone(), block.clone()]);
        let told = who(&aws, &targets, began, &known.caller.arn).await;
        assert!(told.unread.is_empty(), "{told:?}");
        for (kind, id, call) in kinds {
            let culprit = &told.found[&Target::new(kind, id).region(here)];
            assert_eq!((culprit.call.as_str(), &culprit.caller), (call, &thief.arn));
        }
        assert_eq!(told.found[&block].call, "s3:DeleteAccountPublicAccessBlock");
        assert!(!told.found.contains_key(&elsewhere), "nobody wrote there");
    }

    fn thief(account: &str) -> UserIdentity {
        UserIdentity {
            arn: format!("arn:aws:iam::{account}:user/tanaka"),
            id: "AIDATHIEF".into(),
            key: "AKIATHIEF0000EXAMPLE".into(),
            address: "198.51.100.142".into(),
            agent: "aws-cli/2.15".into(),
        }
    }

    /// The thief turns a key on again with a session of its own, and the responder's own calls are not his.
    #[tokio::test]
    async fn who_turned_a_key_on_again_is_told_once_cloudtrail_shows_it() {
        let simulation = Simulation::new(scenario::load(scenario::DEFAULT).unwrap().account);
        let aws = Aws::simulated(simulation.clone());
        let known = collect::identify(&aws).await.unwrap();
        let began = aws.clock().timestamp();
        let thief = thief(&known.id);
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
