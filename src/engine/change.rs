//! A change: one target, its state before and its state after. A plan lists it, a confirmation is about
//! it, a journal announces it, a run carries it out, and a restore owes it. It is the same value in all.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::pipelines::Owners;
use crate::step::{BadState, Params, Reason, Step, StepId, Target};

/// One target, its state before, its state after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Unique in the run. A journal calls it `change`.
    #[serde(alias = "change")]
    pub number: u32,
    pub step: StepId,
    /// Changes of a lower rank are made first, and put back last.
    pub rank: u8,
    pub target: Target,
    pub before: Value,
    pub after: Value,
    /// The two states in words, for whoever reads a plan or a journal without this program.
    #[serde(default)]
    pub shown: (String, String),
    /// Why a restore must leave it, when it must.
    pub lasting: Option<Reason>,
    /// The parameters of its step, where a playbook or the command line gave any.
    #[serde(default, skip_serializing_if = "Params::is_empty")]
    pub params: Params,
    /// Who would put it back. Null where no tags of the target were looked at, and in older journals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owners: Owners,
}

impl Change {
    /// Returns the change with its states in words made from the states themselves: a journal's first
    /// form had no words.
    ///
    /// # Errors
    /// When a state is not one of its step's.
    pub fn worded(&self, step: &dyn Step) -> Result<Change, BadState> {
        let lens = step.lens(&self.target);
        let shown = (lens.show(&self.before)?, lens.show(&self.after)?);
        Ok(Change { shown, ..self.clone() })
    }
}

#[cfg(test)]
impl Change {
    /// A change of a target from one state to another, with nothing else to say.
    pub fn for_test(number: u32, step: u16, target: Target, before: Value, after: Value) -> Change {
        Change {
            number,
            step: StepId(step),
            rank: 1,
            target,
            before,
            after,
            shown: ("as it was".into(), "cut".into()),
            lasting: None,
            params: Params::new(),
            owners: None,
        }
    }
}
