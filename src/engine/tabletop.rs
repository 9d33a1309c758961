//! A facilitated drill in notes and figures.
//!
//! Two clocks run in a drill. The drill's clock is the simulation's: it moves on by what AWS takes, and
//! stands still while the room talks. The wall clock is the machine's: it holds what the room takes, and
//! hardly anything of AWS.

mod score;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::access::facts::Facts;
use crate::access::report::{Acting, Count};
use crate::access::survey;
use crate::account::Account;
use crate::exposure::{self, FarEnd, Tally};
use crate::step::StepId;

pub use score::{Score, Took};

/// A line of the notes of a facilitated drill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// The time on the drill's clock.
    pub drill: Timestamp,
    /// The time on the machine's clock.
    pub wall: Timestamp,
    pub what: What,
}

/// Something that happened at the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum What {
    Began,
    /// An answer to one of unplug's questions, and why. `why` may be empty.
    Decision {
        question: String,
        answer: String,
        why: String,
    },
    /// An inject was met. `number` counts from 1. `done`: what happened in the simulation.
    Inject {
        number: usize,
        moment: String,
        told: String,
        asked: Option<String>,
        answer: String,
        done: Option<String>,
    },
    /// Somebody looked around. `seen`: there was an answer.
    Look {
        words: String,
        seen: bool,
    },
    /// The first change of a step is in effect.
    Cut {
        step: StepId,
    },
    /// What was left open at a moment.
    Left {
        moment: String,
        left: Left,
    },
    Ended,
}

/// Exposure and access that are left at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Left {
    /// Interfaces that can be reached from the internet.
    pub reached: Tally,
    /// Interfaces that can reach the internet.
    pub reaching: Tally,
    /// Identities that can act; `None`: IAM was not read.
    pub acting: Option<Count>,
}

impl Left {
    /// Computes it of an account at a time.
    pub fn of(account: &Account, now: Timestamp) -> Left {
        let summary = exposure::summary(account, &exposure::of(account));
        let internet = |by_place: &std::collections::BTreeMap<FarEnd, Tally>| {
            by_place.get(&FarEnd::Internet).copied().unwrap_or_default()
        };
        let acting = survey(&Facts::of(account, now)).ok();
        Left {
            reached: internet(&summary.reached_from),
            reaching: internet(&summary.reaching),
            acting: acting.map(|report| Acting::of(&report, &report).after),
        }
    }
}
