//! Checks beside the plan: runs of other machines, and rights that the caller lacks.

use std::collections::BTreeSet;

use super::plan::StepPlan;
use super::strangers::strangers;
use crate::account::{Account, Cause, Gap, Rights, Section};
use crate::aws::Aws;
use crate::aws::ledger::Tally;
use crate::aws::{is_credentials_code, operations};
use crate::step::StepId;

/// What a pull checks before it asks. Empty in a drill: nothing is asked of anybody.
#[derive(Clone, Debug, Default)]
pub struct Checks {
    /// The runs that this machine has a record of.
    pub known_runs: Option<BTreeSet<String>>,
    /// What IAM's simulator said.
    pub rights: Option<Rights>,
    /// Runs of other machines that were reported already.
    reported: BTreeSet<String>,
}

/// Actions that the caller lacks, with the steps that need them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lacking {
    pub apply: BTreeSet<(StepId, String)>,
    pub undo: BTreeSet<(StepId, String)>,
}

/// A sentence on reads that AWS has denied and that no gap of these plans names, if there are any:
/// something may be planned otherwise for want of them.
pub fn denied_besides(aws: &Aws, plans: &[StepPlan]) -> Option<String> {
    let named: BTreeSet<&str> =
        plans.iter().flat_map(|plan| &plan.gaps).map(|gap| gap.gap.call.as_str()).collect();
    // Whether it may be asked is said where it is asked.
    let said = |operation: &String| named.contains(operation.as_str()) || operation == SIMULATOR;
    let denied: Vec<String> = aws.ledger().denied_reads().into_iter().filter(|op| !said(op)).collect();
    let actions: BTreeSet<&str> =
        denied.iter().filter_map(|op| operations::find(op)).flat_map(|op| op.actions).copied().collect();
    let actions: Vec<&str> = actions.into_iter().collect();
    (!denied.is_empty()).then(|| {
        format!("AWS denied besides: {}. To see all, allow {}", denied.join(", "), actions.join(", "))
    })
}

const SIMULATOR: &str = "iam:SimulatePrincipalPolicy";

impl Checks {
    pub fn new(known_runs: BTreeSet<String>, rights: Option<Rights>) -> Checks {
        Checks { known_runs: Some(known_runs), rights, reported: BTreeSet::new() }
    }

    /// Sentences on runs that this machine does not know, each once.
    pub fn strangers(&mut self, account: &Account) -> Vec<String> {
        let Some(known) = &self.known_runs else { return vec![] };
        let found = strangers(account, known).into_iter();
        found.filter(|found| self.reported.insert(found.run.clone())).map(|found| found.sentence()).collect()
    }

    /// Returns the actions of these plans that the caller may not do.
    pub fn lacking(&self, plans: &[StepPlan]) -> Lacking {
        let Some(rights) = &self.rights else { return Lacking::default() };
        let denied = |of: fn(&StepPlan) -> &Tally| {
            let plans = plans.iter().filter(|plan| !plan.changes.is_empty());
            plans
                .flat_map(|plan| {
                    let denied = rights.denied(actions(of(plan)));
                    denied.into_iter().map(|action| (plan.step, action))
                })
                .collect::<BTreeSet<_>>()
        };
        Lacking { apply: denied(|plan| &plan.calls), undo: denied(|plan| &plan.undo_calls) }
    }

    /// Sentences on runs that this machine does not know and on reads that were denied, each once.
    pub fn notes(&mut self, aws: &Aws, account: &Account, plans: &[StepPlan]) -> Vec<String> {
        let mut notes = self.strangers(account);
        notes.extend(denied_besides(aws, plans).filter(|text| self.reported.insert(text.clone())));
        notes
    }

    /// Returns the actions that nobody was asked about yet. A person answers once.
    pub fn not_asked(&mut self, lacking: &BTreeSet<(StepId, String)>) -> BTreeSet<(StepId, String)> {
        lacking.iter().filter(|(_, action)| self.reported.insert(action.clone())).cloned().collect()
    }
}

/// Returns AWS's answer to a read that it refused because the credentials have expired.
pub fn signed_out(account: &Account) -> Option<String> {
    let expired = |gap: &Gap| {
        let code = gap.detail.split(':').next().unwrap_or_default();
        (gap.cause == Cause::Credentials || is_credentials_code(code)).then(|| code.to_owned())
    };
    account
        .enabled_regions
        .gap()
        .and_then(expired)
        .or_else(|| Section::ALL.iter().flat_map(|s| s.gaps(account)).find_map(|(_, gap)| expired(&gap)))
}

/// An endpoint that answers for every Region alike: what is cut in one would be cut again in the next,
/// and what is made for it twice would have one name.
pub fn regions_alike(account: &Account) -> Option<String> {
    let (vpc, first, second) = account.vpc_of_two_regions()?;
    Some(format!(
        "this endpoint shows {vpc} in {first} and in {second}: it does not tell Regions apart. Name one: \
         --regions {first}"
    ))
}

/// The actions that these calls need.
fn actions(calls: &Tally) -> BTreeSet<&'static str> {
    calls
        .by_operation()
        .keys()
        .filter_map(|name| operations::find(name))
        .flat_map(|operation| operation.actions.iter().copied())
        .collect()
}

/// `iam:UpdateAccessKey (100), ec2:CreateTags (510, 520)`.
pub fn actions_in_words(lacking: &BTreeSet<(StepId, String)>) -> String {
    let mut by_action = std::collections::BTreeMap::<&str, Vec<String>>::new();
    for (step, action) in lacking {
        by_action.entry(action).or_default().push(step.to_string());
    }
    let named = by_action.into_iter().map(|(action, steps)| format!("{action} ({})", steps.join(", ")));
    named.collect::<Vec<_>>().join(", ")
}
