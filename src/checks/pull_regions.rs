//! A pull reaches every enabled Region.

use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "pull-regions",
    group: Group::Pull,
    title: "A pull reaches every Region that is enabled",
    severity: Severity::Medium,
    why: "Thieves start instances in Regions that nobody uses. A Region that is enabled and left out of the \
          playbook or of unplug.toml is neither looked at nor cut.",
    fix: "take regions out of unplug.toml, so that every enabled Region is cut",
    needs: &[],
    also: &[],
    mirrors: &[],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let enabled = match facts.account.enabled_regions.as_result() {
        Ok(enabled) => enabled,
        Err(gap) => return answer.gap("the list of enabled Regions", gap),
    };
    for region in enabled.iter().filter(|region| !facts.scope.has_region(region)) {
        answer.fail(region, Some(region), format!("{region} is enabled, and this does not reach it"));
    }
    let unknown = facts.config.regions.iter().flatten().filter(|region| !enabled.contains(*region));
    for region in unknown {
        let text = format!("{region} stands in unplug.toml, and is not enabled");
        answer.fail(region, Some(region), text);
    }
    answer.said = format!("{} enabled, all in reach", enabled.len());
}
