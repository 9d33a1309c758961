//! A thief in the simulated account: holds credentials, sees what changes, and takes it back.
//!
//! ```text
//!   a call changes the account ─▶ he notices after his reaction time ─▶ for each move, each credential:
//!        may it?  access/ decides, on IAM as it was 4 s ago ─▶ yes: the account changes, perhaps he gains
//!                                                               a credential
//! ```
//!
//! IAM is eventually consistent: a deny that was just written, a key that was just turned off and a user
//! that was just made take some seconds to be in effect everywhere. In those seconds the thief still acts.
//! OFFENSAI measured about 4 s.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>
//!
//! He changes the account directly, as [`Simulation::meddle`] does, and knows nothing of steps: he takes
//! back whatever is not as he found it. CloudTrail records each of his calls, also those that are refused,
//! with the credential that signed it. Two sorts of him matter: a tool, which reacts within a second, and
//! a person, who reacts within a minute. He follows the simulation's clock, and nothing is left to chance.

mod aims;
mod apis;
mod calls;
mod credential;
mod fronts;
mod functions;
mod links;
mod listeners;
mod moves;
mod network;
mod own;
mod parts;
mod play;
mod services;
mod sign_ins;
mod spare;
mod stores;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::Simulation;
use crate::account::{Account, Organization};
use credential::LastRead;
use play::Iam;

pub use aims::AIMS;
pub(super) use calls::{Call, letters};
pub use credential::{Credential, Session, SessionKind};
pub use moves::{Move, Source};
pub use table::MOVES;

/// How long IAM's changes take to spread.
/// <https://www.offensai.com/blog/aws-iam-eventual-consistency-persistence>
pub const SPREADS_IN: Duration = Duration::from_secs(4);

/// Plays without a change of the account by somebody else in between, at the most.
const PLAYS: usize = 40;

/// A thief, with what he holds and what he wants.
#[derive(Clone, Debug)]
pub struct Adversary {
    holds: Vec<Credential>,
    /// How long he takes to answer the first change, the second …; the last of them from then on.
    reactions: Vec<Duration>,
    /// How many changes he has begun to answer.
    answers: usize,
    /// The names of the moves that he makes; `None`: every move.
    only: Option<BTreeSet<String>>,
    /// Where he calls from, and with which program.
    from: (String, String),
    /// Policies of the Organization in place of the account's own: he can neither read nor change them.
    organization: Option<Organization>,
    /// His own account.
    home: String,
    /// The account as he wants it: as he found it, with what he has made since.
    wanted: Option<Arc<Account>>,
    /// The account as it was when anybody looked last.
    seen: Option<Arc<Account>>,
    /// IAM as it was since each of these times, oldest first.
    past: Vec<(u64, Arc<Iam>)>,
    /// IAM as he read it last.
    last_read: Option<LastRead>,
    /// When he plays next.
    due: Option<u64>,
    /// Plays since somebody else changed the account.
    plays: usize,
    played: Vec<Played>,
    refusals: Vec<Refusal>,
    /// What AWS has refused him since IAM changed last: credential, action and resource.
    refused: BTreeSet<(String, &'static str, String)>,
    /// Calls that CloudTrail has not recorded yet.
    calls: Vec<Call>,
}

/// A move that he made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    pub at: Timestamp,
    /// The move's name.
    pub name: &'static str,
    /// What it was done to.
    pub on: String,
    /// With which credential.
    pub with: Credential,
    pub actions: Vec<&'static str>,
}

/// A call that AWS refused him.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub at: Timestamp,
    pub action: &'static str,
    pub with: Credential,
}

impl Adversary {
    /// A thief with these credentials who reacts after this time.
    pub fn new(holds: Vec<Credential>, reaction: Duration) -> Adversary {
        Adversary {
            holds,
            reactions: vec![reaction],
            answers: 0,
            only: None,
            from: ("198.51.100.142".into(), "aws-cli/2.15".into()),
            organization: None,
            home: "999900001111".into(),
            wanted: None,
            seen: None,
            past: vec![],
            last_read: None,
            due: None,
            plays: 0,
            played: vec![],
            refusals: vec![],
            refused: BTreeSet::new(),
            calls: vec![],
        }
    }

    /// The same who takes so long to answer the first change, the second …; the last of them from then on.
    #[must_use]
    pub fn answering_after(mut self, reactions: Vec<Duration>) -> Adversary {
        self.reactions = reactions;
        self
    }

    /// The same who makes no other moves than these.
    #[must_use]
    pub fn making_only(mut self, names: BTreeSet<String>) -> Adversary {
        self.only = Some(names);
        self
    }

    /// The same with an account of his own, an address and a program.
    #[must_use]
    pub fn coming_from(mut self, account: &str, address: &str, agent: &str) -> Adversary {
        account.clone_into(&mut self.home);
        self.from = (address.to_owned(), agent.to_owned());
        self
    }

    /// The same in an account that these policies of the Organization bind.
    #[must_use]
    pub fn under(mut self, organization: Organization) -> Adversary {
        self.organization = Some(organization);
        self
    }

    pub fn holds(&self) -> &[Credential] {
        &self.holds
    }

    /// Every move that he has made, oldest first.
    pub fn played(&self) -> &[Played] {
        &self.played
    }

    /// Every call that AWS has refused him, oldest first: the same one once until IAM changes.
    pub fn refusals(&self) -> &[Refusal] {
        &self.refusals
    }

    /// The account as he wants it: as he found it, with what he has made and changed since.
    pub fn wants(&self) -> Option<&Account> {
        self.wanted.as_deref()
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn timestamp(ms: u64) -> Timestamp {
    i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(Timestamp::MAX)
}

impl Simulation {
    /// Lets a thief in: he looks around, and from now on reacts to what changes.
    pub fn invite(&self, mut adversary: Adversary) {
        let now = self.clock.now_ms();
        let mut world = self.world();
        adversary.arrive(&mut world.account, now);
        adversary.calls.drain(..).for_each(|call| world.record_call(call));
        world.adversary = Some(Box::new(adversary));
    }

    /// Puts the thief out: nobody acts any more but who calls. What he has made stays.
    pub fn dismiss(&self) -> Option<Adversary> {
        self.world().adversary.take().map(|adversary| *adversary)
    }

    /// Lets the thief make the moves that are due by now.
    pub fn let_adversary_play(&self) {
        let now = self.clock.now_ms();
        self.world().adversary_plays(now);
    }

    /// The time on the simulated clock, in milliseconds since the Unix epoch.
    pub fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    /// The thief as he is now.
    pub fn adversary(&self) -> Option<Adversary> {
        self.world().adversary.as_deref().cloned()
    }
}

impl super::World {
    /// Lets the thief see what has changed and make the moves that are due.
    pub(super) fn adversary_plays(&mut self, now_ms: u64) {
        if let Some(mut adversary) = self.adversary.take() {
            adversary.notice(&self.account, now_ms);
            adversary.catch_up(&mut self.account, now_ms);
            adversary.calls.drain(..).for_each(|call| self.record_call(call));
            self.adversary = Some(adversary);
        }
    }

    /// Lets the thief see what a call has changed.
    pub(super) fn adversary_notices(&mut self) {
        if let Some(adversary) = &mut self.adversary {
            adversary.notice(&self.account, self.now_ms);
        }
    }
}
