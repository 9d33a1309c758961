//! Choosing some steps of a playbook. Its order always holds.

use std::fmt;
use std::str::FromStr;

use super::{Entry, Playbook};
use crate::document::nearest;
use crate::step::StepId;
use crate::steps::STEPS;

/// Steps by number (`510`, all tens of it `51x`, a stage `5xx`) or one by its name (`ses`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    low: u16,
    high: u16,
    text: String,
}

impl Selector {
    pub fn matches(&self, step: StepId) -> bool {
        (self.low..=self.high).contains(&step.0)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Text that selects no steps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} selects no steps; {hint}")]
pub struct BadSelector {
    text: String,
    /// What may be meant, or what can be written.
    hint: String,
}

impl BadSelector {
    fn new(text: &str, slugs: &[&str]) -> BadSelector {
        let like: Vec<&str> =
            slugs.iter().copied().filter(|slug| !text.is_empty() && slug.contains(text)).collect();
        let near = if like.is_empty() { nearest(text, slugs).into_iter().collect() } else { like };
        let hint = if near.is_empty() {
            "write a number (510), ten of them (51x), a stage (5xx) or a name (network-acls)".into()
        } else {
            format!("did you mean {}?", near.join(" or "))
        };
        BadSelector { text: text.into(), hint }
    }
}

impl FromStr for Selector {
    type Err = BadSelector;

    fn from_str(text: &str) -> Result<Selector, BadSelector> {
        let lower = text.trim().to_ascii_lowercase();
        let specs = || STEPS.iter().map(|step| step.spec());
        if let Some(spec) = specs().find(|spec| spec.slug == lower) {
            return Ok(Selector { low: spec.id.0, high: spec.id.0, text: lower });
        }
        let bad = || BadSelector::new(&lower, &specs().map(|spec| spec.slug).collect::<Vec<_>>());
        let digits = lower.trim_end_matches('x');
        if lower.len() != 3 || digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad());
        }
        let low = format!("{digits:0<3}").parse().map_err(|_| bad())?;
        let high = format!("{digits:9<3}").parse().map_err(|_| bad())?;
        Ok(Selector { low, high, text: lower })
    }
}

/// Why a selection was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    #[error("{selector} selects no step of the playbook {playbook}, which has {has}")]
    NoMatch { selector: Selector, playbook: String, has: String },
    #[error("the selection leaves no step of the playbook {playbook}, which has {has}")]
    Nothing { playbook: String, has: String },
}

impl Playbook {
    /// The entries that `steps` selects (all when it is empty) and `skip` does not, in the
    /// playbook's order.
    ///
    /// # Errors
    /// When a selector matches nothing in the playbook, or nothing is left.
    pub fn select(&self, steps: &[Selector], skip: &[Selector]) -> Result<Vec<Entry>, SelectError> {
        for selector in steps.iter().chain(skip) {
            if !self.steps.iter().any(|entry| selector.matches(entry.step)) {
                let (playbook, has) = self.has();
                return Err(SelectError::NoMatch { selector: selector.clone(), playbook, has });
            }
        }
        let within = |selectors: &[Selector], entry: &Entry| selectors.iter().any(|s| s.matches(entry.step));
        let chosen: Vec<Entry> = self
            .steps
            .iter()
            .filter(|entry| (steps.is_empty() || within(steps, entry)) && !within(skip, entry))
            .cloned()
            .collect();
        if chosen.is_empty() {
            let (playbook, has) = self.has();
            return Err(SelectError::Nothing { playbook, has });
        }
        Ok(chosen)
    }

    /// Its name and its steps, for an error.
    fn has(&self) -> (String, String) {
        let steps: Vec<String> = self.steps.iter().map(|entry| entry.step.to_string()).collect();
        (self.name.clone(), steps.join(", "))
    }
}
