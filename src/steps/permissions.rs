//! IAM policies from the steps' own declarations. The laws hold them equal to the calls made.

use std::collections::BTreeSet;

use crate::account::{Actor, Section};
use crate::config::Config;
use crate::step::StepId;
use crate::step::policy::{SIGN_IN_ROLES, Statement};
use crate::steps;

/// Actions that every verb on a live account needs, whatever the steps.
pub const IDENTITY: &[&str] = &["ec2:DescribeRegions", "iam:ListAccountAliases"];

/// Permissions for the check before a cut, by IAM's simulator. Without them plan and pull go on, and say
/// that they could not check.
pub const RIGHTS: &[&str] = &["iam:GetRole", "iam:SimulatePrincipalPolicy"];

/// Permissions of an actor besides what the steps call with its credentials: whether it is of the account's
/// Organization, and whether it may make the calls of a pull.
pub const ACTOR: &[&str] = &["iam:GetRole", "iam:SimulatePrincipalPolicy", "organizations:DescribeAccount"];

/// What plan and snapshot need for these steps, and what every read-back needs.
pub fn read(chosen: &[StepId]) -> BTreeSet<&'static str> {
    let needs = chosen.iter().filter_map(|id| steps::find(*id)).flat_map(|step| step.spec().needs);
    needs.flat_map(|needed| needed.reads()).chain(IDENTITY).copied().collect()
}

/// What a plan needs besides, to show what can get in and out where a step cuts networks. Without
/// them it says what it could not look at.
pub fn exposure(chosen: &[StepId]) -> BTreeSet<&'static str> {
    let needs = if chosen.iter().any(|id| steps::shows_exposure(*id)) { crate::exposure::NEEDS } else { &[] };
    let read = read(chosen);
    needs.iter().flat_map(|needed| needed.reads()).copied().filter(|action| !read.contains(action)).collect()
}

/// What a plan needs besides, to show what visitors of public names see where a step is of the front door.
/// Without them it says what it could not look at.
pub fn front(chosen: &[StepId]) -> BTreeSet<&'static str> {
    let needs = if chosen.iter().any(|id| steps::shows_front(*id)) { crate::front::NEEDS } else { &[] };
    let exposure = if needs.is_empty() { &[] } else { crate::exposure::NEEDS };
    let (read, shown) = (read(chosen), self::exposure(chosen));
    let all = needs.iter().chain(exposure).flat_map(|needed| needed.reads()).copied();
    all.filter(|action| !read.contains(action) && !shown.contains(action)).collect()
}

/// The sections from which a plan counts who can act.
pub const ACTING: &[Section] = &[Section::Principals, Section::AccessKeys, Section::CredentialReport];

/// What a plan needs besides, to count who can act where a step acts on principals. Without them it says
/// what it could not look at.
pub fn access(chosen: &[StepId]) -> BTreeSet<&'static str> {
    let acts = |id: &StepId| steps::find(*id).is_some_and(|step| step.spec().iam.changes_principals());
    let needs = if chosen.iter().any(acts) { ACTING } else { &[] };
    let (read, shown) =
        (read(chosen), exposure(chosen).into_iter().chain(front(chosen)).collect::<BTreeSet<_>>());
    let all = needs.iter().flat_map(|needed| needed.reads()).copied();
    all.filter(|action| !read.contains(action) && !shown.contains(action)).collect()
}

/// What a plan needs, in parts: reading, asking whether the caller may, the exposure and access besides.
pub fn reading(chosen: &[StepId]) -> [Statement; 5] {
    [
        ("UnplugRead", read(chosen)),
        ("UnplugAskBeforehand", RIGHTS.iter().copied().collect()),
        ("UnplugExposure", exposure(chosen)),
        ("UnplugFront", front(chosen)),
        ("UnplugAccess", access(chosen)),
    ]
}

/// What the writes of a pull need.
pub fn apply(chosen: &[StepId]) -> BTreeSet<&'static str> {
    chosen.iter().filter_map(|id| steps::find(*id)).flat_map(|step| step.spec().iam.apply).copied().collect()
}

/// What the writes of a restore need.
pub fn undo(chosen: &[StepId]) -> BTreeSet<&'static str> {
    chosen.iter().filter_map(|id| steps::find(*id)).flat_map(|step| step.spec().iam.undo).copied().collect()
}

/// What AWS does for the writes of these steps with the caller's rights, on the roles of IAM Identity Center alone.
/// It stands last: what another part allows is allowed on these roles too.
pub fn on_behalf(chosen: &[StepId]) -> Statement {
    let steps = chosen.iter().filter_map(|id| steps::find(*id));
    (SIGN_IN_ROLES, steps.flat_map(|step| step.on_behalf()).copied().collect())
}

/// What a run needs, in parts: to plan, to cut, to put back.
pub fn of_run(chosen: &[StepId]) -> Vec<Statement> {
    let mut parts: Vec<Statement> = reading(chosen).into();
    parts.push(("UnplugApply", apply(chosen)));
    parts.push(("UnplugRestore", undo(chosen)));
    parts.push(on_behalf(chosen));
    parts
}

/// Leaves out what an actor of the configuration signs.
pub fn own(mut parts: Vec<Statement>, config: &Config) -> Vec<Statement> {
    for (_, actions) in &mut parts {
        actions
            .retain(|action| Actor::of_call(action).is_none_or(|actor| !config.actors.contains_key(&actor)));
    }
    // Whoever signs the calls of Identity Center is whose rights AWS uses.
    let signed = config.actors.contains_key(&Actor::Organization);
    parts.retain(|(name, actions)| !(actions.is_empty() || signed && *name == SIGN_IN_ROLES));
    parts
}

/// What `verify --reachability-analyzer` needs besides reading. Tiros is the analyzer's own service.
///
/// <https://docs.aws.amazon.com/vpc/latest/reachability/identity-access-management.html>
pub const ANALYZER: &[&str] = &[
    "ec2:CreateNetworkInsightsPath",
    "ec2:CreateTags",
    "ec2:DeleteNetworkInsightsAnalysis",
    "ec2:DeleteNetworkInsightsPath",
    "ec2:DescribeNetworkInsightsAnalyses",
    "ec2:StartNetworkInsightsAnalysis",
    "tiros:CreateQuery",
    "tiros:GetQueryAnswer",
    "tiros:GetQueryExplanation",
];
