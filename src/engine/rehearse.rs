//! Planning by rehearsal: every chosen step runs on a simulated copy of the account, and what that
//! leaves behind is the plan.
//!
//! Regions share nothing that a regional step looks at, and many steps look at nothing that another
//! changes: these parts are rehearsed side by side, each on a copy of what it looks at, as soon as that
//! is read, and put together step by step.

mod groups;
mod shield;
mod slice;
#[cfg(test)]
mod tests;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use groups::{Group, Reach};
use tokio::task::JoinHandle;

pub use groups::SHARED;
pub use shield::needs as needs_of_shield;

use super::plan::{Brief, Selected, StepPlan, beyond, gaps};
use crate::account::{Account, Section};
use crate::aws::Aws;
use crate::collect::{self, Ask, Progress};
use crate::step::{BadState, Finding, Names};
use crate::steps;

/// A rehearsal: the plan, and the account as it would be.
pub struct Rehearsal {
    pub steps: Vec<StepPlan>,
    pub after: Account,
    pub names: Names,
}

/// Runs the steps on a copy of the account.
///
/// # Errors
/// When a state is not one of its step's: a fault of the program.
pub async fn rehearse(account: &Account, chosen: &[Selected], brief: &Brief) -> Result<Rehearsal, BadState> {
    Rehearsing::new(chosen, brief).finish(account).await
}

/// Rehearses in one piece, without parallelism. It is the reference: a law compares [`rehearse`] with
/// it.
///
/// # Errors
/// As [`rehearse`].
pub async fn rehearse_in_one_piece(
    account: &Account,
    chosen: &[Selected],
    brief: &Brief,
) -> Result<Rehearsal, BadState> {
    let groups = groups::one_group(chosen);
    Rehearsing { groups, ..Rehearsing::new(chosen, brief) }.finish(account).await
}

/// Reads what is asked for and runs the steps on a copy of it: on each slice as soon as it is read.
///
/// # Errors
/// As [`rehearse`].
pub async fn read_and_rehearse(
    aws: &Aws,
    known: &Account,
    ask: &Ask,
    chosen: &[Selected],
    brief: &Brief,
    progress: Progress<'_>,
) -> Result<(Account, Rehearsal), BadState> {
    let mut rehearsing = Rehearsing::new(chosen, brief);
    let mut on_section = |account: &Account, region: &str| rehearsing.section_read(account, region);
    let account = collect::read_telling(aws, known, ask, progress, &mut on_section).await;
    let rehearsal = rehearsing.finish(&account).await?;
    Ok((account, rehearsal))
}

/// A rehearsal under way. It begins with each slice of the account as soon as the slice is read.
struct Rehearsing {
    chosen: Vec<Selected>,
    brief: Brief,
    groups: Vec<Group>,
    /// The tasks that have begun, by group and Region. A group that reads the account has no Region.
    begun: BTreeMap<(usize, Option<String>), Task>,
}

type Task = JoinHandle<Result<Rehearsal, BadState>>;

impl Rehearsing {
    fn new(chosen: &[Selected], brief: &Brief) -> Rehearsing {
        let mut groups = groups::groups(chosen);
        for group in &mut groups {
            // Read, and changed by none of them: it ties no groups together.
            group.needs.extend(shield::needs(&brief.config, &group.steps));
        }
        Rehearsing { chosen: chosen.to_vec(), brief: brief.clone(), groups, begun: BTreeMap::new() }
    }

    /// Begins the groups of a Region whose sections are all read by now.
    fn section_read(&mut self, account: &Account, region: &str) {
        for at in 0..self.groups.len() {
            let group = &self.groups[at];
            if group.reach() == Reach::Region && group.ready(account, region) {
                self.begin(at, account, Some(region));
            }
        }
    }

    /// Begins a group on the slice of the account that it reads, unless it has begun.
    fn begin(&mut self, at: usize, account: &Account, region: Option<&str>) {
        let Entry::Vacant(place) = self.begun.entry((at, region.map(str::to_owned))) else { return };
        let group = &self.groups[at];
        let all = group.reach() == Reach::Both;
        let slice = account.part(&group.needs, |name| region.map_or(all, |only| only == name));
        // Each slice has a number of its own, so that no two slices create the same id.
        let regions = account.regions.len() + 1;
        let here = region.map_or(0, |name| 1 + account.regions.keys().take_while(|r| *r != name).count());
        let (number, steps, brief) = (at * regions + here, group.steps.clone(), self.brief.clone());
        place.insert(tokio::spawn(async move { slice::rehearse(number, slice, &steps, &brief).await }));
    }

    /// Rehearses the rest, now that all of the account is read.
    async fn finish(mut self, account: &Account) -> Result<Rehearsal, BadState> {
        for at in 0..self.groups.len() {
            match self.groups[at].reach() {
                Reach::Account | Reach::Both => self.begin(at, account, None),
                Reach::Region => {
                    account.regions.keys().for_each(|region| self.begin(at, account, Some(region)));
                }
            }
        }
        let looked_at: BTreeSet<Section> = self.groups.iter().flat_map(|g| g.needs.clone()).collect();
        let known = self.chosen.iter().filter(|selected| steps::find(selected.step).is_some());
        let mut whole = Rehearsal {
            steps: known.map(StepPlan::empty).collect(),
            after: account.identity(),
            names: Names::new(self.brief.names.all()),
        };
        for task in std::mem::take(&mut self.begun).into_values() {
            whole.join(done(task).await?, account);
        }
        let others = Section::ALL.iter().filter(|section| !looked_at.contains(section)).copied().collect();
        whole.after.fill_from(account.part(&others, |_| true));
        let mut number = self.brief.next_change;
        for plan in &mut whole.steps {
            let needs = steps::find(plan.step).map_or(&[][..], |step| step.needs(&plan.params));
            plan.gaps.splice(0..0, gaps(needs, account, &self.brief.scope));
            if let Some(text) = beyond(plan, &self.brief.scope) {
                plan.findings.insert(0, Finding { good: false, matters: true, region: None, text });
            }
            plan.changes.sort_by(|a, b| (a.rank, &a.target).cmp(&(b.rank, &b.target)));
            for change in &mut plan.changes {
                change.number = number;
                number += 1;
            }
        }
        Ok(whole)
    }
}

async fn done(task: Task) -> Result<Rehearsal, BadState> {
    task.await
        .unwrap_or_else(|error| Err(BadState { about: "the rehearsal".into(), error: error.to_string() }))
}

impl Rehearsal {
    /// Adds the rehearsal of one slice of this account.
    fn join(&mut self, mut part: Rehearsal, before: &Account) {
        for (name, id) in part.names.all() {
            self.names.set(&name, &id);
        }
        for other in part.steps {
            let Some(mine) = self.steps.iter_mut().find(|mine| mine.step == other.step) else { continue };
            // A finding without a Region may come from every slice.
            let new = |finding: &Finding| finding.region.is_some() || !mine.findings.contains(finding);
            let fresh: Vec<_> = other.findings.into_iter().filter(new).collect();
            mine.findings.extend(fresh);
            mine.changes.extend(other.changes);
            mine.already.extend(other.already);
            mine.refused.extend(other.refused);
            mine.gaps.extend(other.gaps);
            mine.calls.merge(&other.calls);
            mine.undo_calls.merge(&other.undo_calls);
            // Regions are cut side by side.
            mine.waits_ms = mine.waits_ms.max(other.waits_ms);
        }
        for (name, region) in std::mem::take(&mut part.after.regions) {
            let Some(before) = before.regions.get(&name) else { continue };
            // Several slices may have read a section. At most one of them changed it.
            self.after.regions.entry(name).or_default().take_changes(region, before);
        }
        self.after.fill_from(part.after);
    }
}
