//! Sections that a pull could not read, before a cut or after it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Pull;
use crate::account::{Account, Section};
use crate::engine::apply::signed_out;
use crate::engine::checks;
use crate::engine::plan::{PlanGap, Selected, gaps};
use crate::step::StepId;
use crate::steps;

/// Something that a step needs and that could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unseen {
    pub step: StepId,
    pub section: Option<Section>,
    pub region: Option<String>,
    /// The text of a gap that has no section; else empty.
    pub detail: String,
}

impl Unseen {
    pub(super) fn new(step: StepId, gap: &PlanGap) -> Unseen {
        let detail = if gap.section.is_some() { String::new() } else { gap.gap.detail.clone() };
        Unseen { step, section: gap.section, region: gap.region.clone(), detail }
    }
}

impl Pull<'_> {
    /// Returns the gaps in the sections that these steps need.
    pub(super) fn gaps_in(&self, account: &Account, steps: &[Selected]) -> BTreeSet<Unseen> {
        let needs = steps.iter().filter_map(|selected| {
            steps::find(selected.step).map(|step| (selected.step, step.needs(&selected.params)))
        });
        needs
            .flat_map(|(step, needs)| {
                let gaps = gaps(needs, account, &self.brief.scope);
                gaps.into_iter().map(move |gap| Unseen::new(step, &gap))
            })
            .collect()
    }

    /// Stops where AWS takes the credentials no longer: a run that goes on would find nothing to
    /// cut, and would seem to have ended.
    pub(super) fn still_signed_in(&self, account: &Account) {
        if let Some(said) = checks::signed_out(account) {
            self.stop.request(&signed_out(&said));
        }
    }
}
