//! Pipelines and remediations of AWS that may put a cut back: named, and left as they are.

use crate::account::pipelines::{PIPELINE, PIPELINES, REMEDIATION};
use crate::account::resources::ResourceType;
use crate::account::{Account, Region, Seen};
use crate::pipelines::{CodePipeline, Deployers};
use crate::step::{Found, count, first_few};

/// How many names a line has before it counts the rest.
const MOST_NAMES: usize = 8;

/// Says which pipelines and which remediations that run by themselves a Region has, or that it has none. What
/// could not be read is a gap.
pub(super) fn of_region(region: &str, here: &Region, account: &Account, found: &mut Found) {
    let (Some(read), Some(all)) = (here.pipelines.read(), Deployers::of(account)) else { return };
    let pipelines: Vec<&CodePipeline> = all.pipelines.iter().filter(|one| one.region == region).collect();
    let remediations: Vec<&str> =
        all.remediations.iter().filter(|one| one.region == region).map(|one| one.rule.as_str()).collect();
    if !pipelines.is_empty() {
        let names = first_few(pipelines.iter().map(|one| named(one)), MOST_NAMES);
        let text = format!(
            "{} of CodePipeline, whose next run may put a cut back: {names}; unplug show RUN --drift-notes says how \
             to hold each",
            count(pipelines.len(), "pipeline")
        );
        found.note(Some(region), text);
    }
    if !remediations.is_empty() {
        let text = format!(
            "{} of AWS Config that runs by itself and may put a cut back: {}; unplug show RUN --drift-notes says how \
             to make each manual",
            count(remediations.len(), "remediation"),
            first_few(&remediations, MOST_NAMES)
        );
        found.note(Some(region), text);
    }
    for of in PIPELINES.iter().filter(|of| read.not_offered.contains(of.name)) {
        let text = format!(
            "could not be looked at: {}: Cloud Control has no such type in this Region (TypeNotFoundException)",
            of.name
        );
        found.note(Some(region), text);
    }
    let is_read = |of: &ResourceType| {
        !read.not_offered.contains(of.name)
            && read.types.get(of.name).is_none_or(|all| Seen::read(all).is_some())
    };
    if pipelines.is_empty() && remediations.is_empty() && is_read(&PIPELINE) && is_read(&REMEDIATION) {
        found.fine(
            Some(region),
            "no pipeline of CodePipeline, no remediation of AWS Config that runs by itself",
        );
    }
}

/// A pipeline with the stacks that it deploys.
fn named(one: &CodePipeline) -> String {
    let stacks: Vec<&str> =
        one.stages.iter().flat_map(|stage| &stage.stacks).map(|(_, name)| &**name).collect();
    if stacks.is_empty() { one.name.clone() } else { format!("{} (stack {})", one.name, stacks.join(", ")) }
}
