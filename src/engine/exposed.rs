//! The exposure before and after a cut, where a plan cuts networks.

use super::events::Event;
use super::plan::Selected;
use super::pull::Pull;
use super::rehearse::Rehearsal;
use crate::account::{Account, Section};
use crate::collect::Ask;
use crate::exposure::{self, Shift};
use crate::steps;

/// The sections that exposure takes, if one of these steps cuts networks. A gap in them is said with
/// the exposure, and is none of a step.
pub fn needs(chosen: &[Selected]) -> &'static [Section] {
    if cuts_networks(chosen) { exposure::NEEDS } else { &[] }
}

/// The exposure before and after a rehearsal, where a step cuts networks.
pub fn shift(account: &Account, after: &Account, chosen: &[Selected]) -> Option<Shift> {
    cuts_networks(chosen).then(|| exposure::shift(account, after, flushes(chosen)))
}

fn flushes(chosen: &[Selected]) -> bool {
    let effect = |selected: &Selected| Some(steps::find(selected.step)?.effect(&selected.params));
    chosen.iter().filter_map(effect).any(|effect| effect.flushes)
}

fn cuts_networks(chosen: &[Selected]) -> bool {
    chosen.iter().any(|selected| steps::shows_exposure(selected.step))
}

impl Pull<'_> {
    pub(super) fn ask_for_exposure(&self, ask: &mut Ask, stage: &[Selected]) {
        if self.listener.reads_plans() {
            ask.sections.extend(needs(stage));
        }
    }

    /// Before the first question of a stage: what can get in and out now, and after it.
    pub(super) fn show_exposure(&mut self, account: &Account, rehearsal: &Rehearsal, stage: &[Selected]) {
        if self.listener.reads_plans()
            && let Some(shift) = shift(account, &rehearsal.after, stage)
        {
            self.listener.event(&Event::Exposure { shift: &shift });
            self.plan.exposure = Some(shift);
        }
    }
}
