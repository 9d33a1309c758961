//! The plan, which a rehearsal returns, and the brief, which it is made from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::change::Change;
use super::journal::{Journal, Opened};
use super::rehearse::needs_of_shield;
use crate::access::report::Acting;
use crate::account::{Account, Actor, Cause, Gap, Section, Seen};
use crate::aws::ledger::Tally;
use crate::aws::{Clock, operations};
use crate::collect::Ask;
use crate::config::Config;
use crate::exposure::Shift;
use crate::front::Front;
use crate::pipelines::Deployers;
use crate::step::{Case, Finding, Names, Params, Reason, Scope, StepId, Target, Width};
use crate::steps;

/// Version of a plan's serialised form.
pub const FORMAT: u32 = 1;

/// The selection of a run: its steps in order, with their parameters, and the places where they act.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    pub playbook: String,
    pub steps: Vec<Selected>,
    pub scope: Scope,
    /// Steps of the playbook that reach beyond the scope, and that nobody named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<StepId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selected {
    pub step: StepId,
    #[serde(default)]
    pub params: Params,
}

/// The outcome of a rehearsal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub format: u32,
    pub account: String,
    pub alias: Option<String>,
    /// Whose credentials are used besides the caller's, and for what.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub actors: BTreeMap<Actor, String>,
    /// RFC 3339, on the clock of the wire that was read.
    pub made_at: String,
    pub selection: Selection,
    pub steps: Vec<StepPlan>,
    /// What can get in and out, before and after, where a step cuts networks.
    #[serde(default)]
    pub exposure: Option<Shift>,
    /// What visitors of public names see, before and after, where a step is of the front door.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub front: Option<Front>,
    /// How many identities can act, before and after, where a step acts on principals.
    #[serde(default)]
    pub access: Option<Seen<Acting>>,
    /// What was read of pipelines and remediations of AWS. `None`: no step of this plan looks at them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployers: Option<Deployers>,
    /// The calls that looking took: at the account, and at what the caller may do.
    pub reading: Tally,
}

/// What one step would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepPlan {
    pub step: StepId,
    pub params: Params,
    pub findings: Vec<Finding>,
    pub changes: Vec<Change>,
    pub already: Vec<Target>,
    pub refused: Vec<Refused>,
    pub gaps: Vec<PlanGap>,
    /// The calls of the cut, and of putting it back.
    pub calls: Tally,
    pub undo_calls: Tally,
    /// Milliseconds that the cut waits until AWS has done what it accepted, as the simulation knows it.
    #[serde(default)]
    pub waits_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    pub target: Target,
    pub why: Reason,
}

/// Something a step needs and that could not be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanGap {
    pub section: Option<Section>,
    pub region: Option<String>,
    pub gap: Gap,
}

impl StepPlan {
    /// The plan of a step that finds nothing.
    pub fn empty(selected: &Selected) -> StepPlan {
        StepPlan {
            step: selected.step,
            params: selected.params.clone(),
            findings: vec![],
            changes: vec![],
            already: vec![],
            refused: vec![],
            gaps: vec![],
            calls: Tally::default(),
            undo_calls: Tally::default(),
            waits_ms: 0,
        }
    }

    /// How long the cut takes.
    pub fn time(&self) -> Time {
        Time::of(&self.calls, self.waits_ms)
    }

    /// Returns what a confirmation is bound to, or `None` where the plan has no JSON form: such a
    /// plan cannot be confirmed.
    pub fn hash(&self) -> Option<String> {
        let bytes = serde_json::to_vec(self).ok()?;
        Some(format!("{:x}", Sha256::digest(bytes)))
    }
}

impl Plan {
    /// A plan of which no step is planned yet.
    pub fn empty(account: &Account, selection: Selection, clock: &Clock) -> Plan {
        Plan {
            format: FORMAT,
            account: account.id.clone(),
            alias: account.alias.read().cloned().flatten(),
            actors: account.actors.iter().map(|(actor, caller)| (*actor, caller.arn.clone())).collect(),
            made_at: clock.timestamp().to_string(),
            selection,
            steps: vec![],
            exposure: None,
            front: None,
            access: None,
            deployers: None,
            reading: Tally::default(),
        }
    }

    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.steps.iter().flat_map(|step| &step.changes)
    }

    /// The highest number of a change.
    pub fn last_change(&self) -> Option<u32> {
        self.changes().map(|change| change.number).max()
    }

    pub fn gaps(&self) -> usize {
        self.steps.iter().map(|step| step.gaps.len()).sum()
    }

    /// The calls of all cuts.
    pub fn calls(&self) -> Tally {
        let mut all = Tally::default();
        self.steps.iter().for_each(|step| all.merge(&step.calls));
        all
    }

    /// Seconds at AWS's limits: the steps run one after the other.
    pub fn seconds(&self) -> f64 {
        self.steps.iter().map(|step| step.calls.seconds_at_limits()).sum()
    }

    /// How long the cut takes: the steps run one after the other.
    pub fn time(&self) -> Time {
        self.steps.iter().map(StepPlan::time).sum()
    }
}

/// How long something takes on AWS, as far as it can be known beforehand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Time {
    /// Seconds in all, without the questions.
    pub seconds: f64,
    /// The part of it that is waiting until AWS has done what it accepted.
    pub waiting: f64,
}

impl Time {
    /// Seconds from a call to its answer: a laptop at home, a Region on another continent.
    const ROUND_TRIP: f64 = 0.3;
    /// Calls of a Region that are under way at once, on average over lists, writes and what waits for them.
    const SIDE_BY_SIDE: f64 = 6.0;

    /// The time of these calls, Regions side by side, and of a wait.
    #[expect(clippy::cast_precision_loss, reason = "calls and milliseconds are far below 2^52")]
    pub fn of(calls: &Tally, waits_ms: u64) -> Time {
        let most = calls.by_region.values().map(|operations| operations.values().sum::<u64>()).max();
        let answers = (most.unwrap_or_default() as f64 / Self::SIDE_BY_SIDE).ceil() * Self::ROUND_TRIP;
        let waiting = waits_ms as f64 / 1_000.0;
        Time { seconds: calls.seconds_at_limits().max(answers) + waiting, waiting }
    }
}

impl std::iter::Sum for Time {
    fn sum<I: Iterator<Item = Time>>(times: I) -> Time {
        times.fold(Time::default(), |all, time| Time {
            seconds: all.seconds + time.seconds,
            waiting: all.waiting + time.waiting,
        })
    }
}

/// Everything that planning needs besides the account.
#[derive(Clone)]
pub struct Brief {
    pub run: String,
    pub scope: Scope,
    pub config: Arc<Config>,
    /// What this run has created so far.
    pub names: Names,
    pub next_change: u32,
}

impl Brief {
    /// The brief of a run that its journal tells of. Changes are numbered after those of the journal and
    /// of the plan.
    pub fn of(opened: &Opened, journal: &Journal, config: Arc<Config>, plan: Option<&Plan>) -> Brief {
        let planned = plan.and_then(Plan::last_change).map_or(0, |last| last + 1);
        Brief {
            run: opened.run.clone(),
            scope: opened.selection.scope.clone(),
            config,
            names: Names::new(journal.names()),
            next_change: journal.next_change().max(planned),
        }
    }

    pub fn case(&self, params: &Params, names: Names) -> Case {
        Case {
            run: self.run.clone(),
            scope: self.scope.clone(),
            params: params.clone(),
            config: self.config.clone(),
            names,
        }
    }

    /// What to read for these steps.
    pub fn ask(&self, account: &str, steps: &[Selected]) -> Ask {
        let mut ask = Ask { regions: self.scope.regions.clone(), ..Ask::default() };
        ask.sections.extend(needs_of_shield(&self.config, steps));
        for selected in steps {
            if let Some(step) = steps::find(selected.step) {
                ask.sections.extend(step.needs(&selected.params));
                step.ask(&mut ask, account, &self.case(&selected.params, self.names.clone()));
            }
        }
        ask
    }
}

/// The mark of a step that cuts more than the places that are named, and what it means.
pub(super) fn beyond(plan: &StepPlan, scope: &Scope) -> Option<String> {
    let width = steps::find(plan.step)?.width(&plan.params);
    let of = if width == Width::Account { "account" } else { "Region" };
    let says = || format!("{}: it acts on the whole {of}, beyond {}", width.mark(), scope.named());
    scope.is_narrower_than(width).then(says)
}

/// Every section that the step needs and that could not be read, and Regions not scanned.
pub(super) fn gaps(needs: &[Section], account: &Account, scope: &Scope) -> Vec<PlanGap> {
    let mut gaps: Vec<PlanGap> = needs
        .iter()
        .flat_map(|section| section.gaps(account).into_iter().map(move |found| (*section, found)))
        .map(|(section, (region, gap))| PlanGap {
            section: Some(section),
            region,
            gap: whose(section, gap, account),
        })
        .collect();
    // A trail, or an Identity Center, of one Region is listed nowhere else: a question about all Regions.
    let everywhere = needs.contains(&Section::Trails)
        || needs.contains(&Section::IdentityCenter)
        || needs.iter().any(|section| section.regional()) && scope.regions.is_none();
    if everywhere && let Some(gap) = account.enabled_regions.gap() {
        let read: Vec<&str> = account.regions.keys().map(String::as_str).collect();
        let only = if read.is_empty() { String::new() } else { format!(", only {} read", read.join(", ")) };
        let detail = format!("which Regions are enabled is not known{only}: {}", gap.detail);
        gaps.push(PlanGap { section: None, region: None, gap: Gap { detail, ..gap.clone() } });
    }
    if needs.iter().any(|section| section.regional()) {
        gaps.extend(not_there(account, scope));
    }
    gaps
}

/// The gap, and where the section belongs to an actor whose credentials the run has not: how to name them, and
/// what they must be allowed.
fn whose(section: Section, gap: Gap, account: &Account) -> Gap {
    let Some(actor) = section.actor().filter(|actor| {
        matches!(gap.cause, Cause::Denied | Cause::Failed) && !account.actors.contains_key(actor)
    }) else {
        return gap;
    };
    let actions = operations::find(&gap.call).map_or(section.reads(), |operation| operation.actions);
    let detail = format!(
        "{}; it takes credentials for {}, which are allowed {}: {}",
        gap.detail,
        actor.does(),
        actions.join(", "),
        actor.how()
    );
    Gap { detail, ..gap }
}

/// Returns a gap for each name of the selection that does not exist. A mistyped name must not look like
/// a clean plan.
fn not_there(account: &Account, scope: &Scope) -> Vec<PlanGap> {
    let gap = |region: Option<&String>, detail: String| PlanGap {
        section: None,
        region: region.cloned(),
        gap: Gap { cause: Cause::NotRead, call: String::new(), detail },
    };
    let mut gaps = vec![];
    if let (Some(named), Some(enabled)) = (&scope.regions, account.enabled_regions.read()) {
        let missing = named.difference(enabled);
        gaps.extend(
            missing.map(|region| gap(Some(region), "no such Region is enabled for this account".into())),
        );
    }
    let seen: BTreeSet<&String> =
        account.regions.values().flat_map(|r| r.vpcs.items()).map(|(id, _)| id).collect();
    let all_read = account.regions.values().all(|region| region.vpcs.read().is_some());
    for vpc in scope.vpcs.iter().flatten().filter(|vpc| all_read && !seen.contains(vpc)) {
        gaps.push(gap(None, format!("{vpc} is in none of the Regions that were read")));
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;

    #[test]
    fn regions_that_are_not_known_are_a_gap_also_where_only_the_log_is_asked_about() {
        let mut account = scenario::load(scenario::DEFAULT).unwrap().account;
        let call = "ec2:DescribeRegions".to_owned();
        account.enabled_regions = Seen::Gap(Gap { cause: Cause::Denied, call, detail: "no".into() });
        let named = Scope { regions: Some(["eu-west-1".to_owned()].into()), ..Scope::default() };
        for (needs, scope, told) in [
            (Section::Vpcs, &Scope::default(), true),
            (Section::Vpcs, &named, false),
            (Section::Trails, &Scope::default(), true),
            (Section::Trails, &named, true),
            (Section::Principals, &Scope::default(), false),
        ] {
            let gaps = gaps(&[needs], &account, scope);
            let said = gaps.iter().any(|gap| gap.gap.call == "ec2:DescribeRegions");
            assert_eq!(said, told, "{needs:?} of {scope:?}: {gaps:?}");
        }
    }

    #[test]
    fn a_region_or_vpc_that_is_not_there_is_a_gap_and_not_a_clean_plan() {
        let account = scenario::load(scenario::DEFAULT).unwrap().account;
        let said = |scope: &Scope| {
            gaps(&[Section::Vpcs], &account, scope).into_iter().map(|gap| gap.gap.detail).collect::<Vec<_>>()
        };
        assert_eq!(said(&Scope::default()), Vec::<String>::new());
        let scope = Scope { regions: Some(["eu-wset-1".to_owned()].into()), ..Scope::default() };
        assert_eq!(said(&scope), ["no such Region is enabled for this account"]);
        let scope = Scope { vpcs: Some(["vpc-typo".to_owned()].into()), ..Scope::default() };
        assert_eq!(said(&scope), ["vpc-typo is in none of the Regions that were read"]);
    }
}
