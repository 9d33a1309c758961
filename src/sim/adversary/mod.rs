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
//! back whatever is not as he found it. Two sorts of him matter: a tool, which reacts within a second, and
//! a person, who reacts within a minute.

mod credential;
mod links;
mod moves;
mod network;
mod own;
mod parts;
mod services;
mod spare;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::Simulation;
use crate::account::{AccessKey, Account, Organization, Principals, Seen};
use credential::Judge;
use moves::{Scene, When};

pub use credential::{Credential, Session, SessionKind};
pub use moves::{MOVES, Move, Source};

/// How long IAM's changes take to spread.
/// <https://www.offensai.com/blog/aws-iam-eventual-consistency-persistence>
pub const SPREADS_IN: Duration = Duration::from_secs(4);

/// Plays without a change of the account by somebody else in between, at the most.
const PLAYS: usize = 40;

/// A thief, with what he holds and what he wants.
#[derive(Clone, Debug)]
pub struct Adversary {
    holds: Vec<Credential>,
    reaction: Duration,
    /// Policies of the Organization: he can neither read nor change them.
    organization: Option<Organization>,
    /// His own account.
    home: String,
    /// The account as he wants it: as he found it, with what he has made since.
    wanted: Option<Arc<Account>>,
    /// The account as it was when anybody looked last.
    seen: Option<Arc<Account>>,
    /// IAM as it was since each of these times, oldest first.
    past: Vec<(u64, Arc<Iam>)>,
    /// When he plays next.
    due: Option<u64>,
    /// Plays since somebody else changed the account.
    plays: usize,
    played: Vec<Played>,
}

/// The parts of the account that spread slowly.
#[derive(Clone, Debug, PartialEq)]
struct Iam {
    principals: Seen<Principals>,
    keys: Seen<std::collections::BTreeMap<String, AccessKey>>,
}

impl Iam {
    fn of(account: &Account) -> Iam {
        Iam { principals: account.principals.clone(), keys: account.access_keys.clone() }
    }

    fn is_of(&self, account: &Account) -> bool {
        self.principals == account.principals && self.keys == account.access_keys
    }
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

/// What a thief is after, one action for each: whether a cut has stopped him is asked of these.
pub const AIMS: [&str; 6] = [
    "ec2:RunInstances",
    "iam:CreateUser",
    "s3:GetObject",
    "secretsmanager:GetSecretValue",
    "ses:SendEmail",
    "cloudtrail:StopLogging",
];

impl Adversary {
    /// A thief with these credentials who reacts after this time.
    pub fn new(holds: Vec<Credential>, reaction: Duration) -> Adversary {
        Adversary {
            holds,
            reaction,
            organization: None,
            home: "999900001111".into(),
            wanted: None,
            seen: None,
            past: vec![],
            due: None,
            plays: 0,
            played: vec![],
        }
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

    /// What he can do with IAM as it has spread by this time: each aim, with each credential that reaches it.
    pub fn reaches(&self, account: &Account, now_ms: u64) -> BTreeSet<(&'static str, String)> {
        let spread = self.spread(account, now_ms);
        let Some(judge) = Judge::new(&spread, timestamp(now_ms), self.organization.as_ref()) else {
            return BTreeSet::new();
        };
        let reached = |credential: &Credential| {
            let may = AIMS.iter().filter(|aim| judge.may(credential, aim, &resource(aim, account)));
            may.map(|aim| (*aim, credential.to_string())).collect::<Vec<_>>()
        };
        self.holds.iter().flat_map(reached).collect()
    }

    /// He comes in: looks around, and makes what he can make before anybody reacts.
    fn arrive(&mut self, account: &mut Account, now_ms: u64) {
        self.past = vec![(0, Arc::new(Iam::of(account)))];
        self.wanted = Some(Arc::new(account.clone()));
        // A session of a role may lead to the next role.
        for _ in 0..3 {
            self.play(account, now_ms, true);
        }
        self.seen = Some(Arc::new(account.clone()));
    }

    /// Takes note of what somebody else has changed.
    pub(super) fn notice(&mut self, account: &Account, now_ms: u64) {
        if self.seen.as_deref() == Some(account) {
            return;
        }
        self.seen = Some(Arc::new(account.clone()));
        self.note_iam(account, now_ms);
        self.plays = 0;
        self.due.get_or_insert(now_ms + millis(self.reaction));
    }

    fn note_iam(&mut self, account: &Account, now_ms: u64) {
        if self.past.last().is_none_or(|(_, last)| !last.is_of(account)) {
            self.past.push((now_ms, Arc::new(Iam::of(account))));
        }
    }

    /// Makes every move that is due by now, each at its own time.
    pub(super) fn catch_up(&mut self, account: &mut Account, now_ms: u64) {
        while let Some(due) = self.due.filter(|due| *due <= now_ms) {
            self.play(account, due, false);
            self.plays += 1;
            self.note_iam(account, due);
            // He tries again until all that he and others changed in IAM is in effect.
            let spreading = self.past.last().is_some_and(|(at, _)| at + millis(SPREADS_IN) >= due);
            self.due = (spreading && self.plays < PLAYS).then(|| due + millis(self.reaction));
            if self.seen.as_deref() != Some(&*account) {
                self.seen = Some(Arc::new(account.clone()));
            }
        }
    }

    /// The account with IAM as it has spread by this time.
    fn spread(&self, account: &Account, now_ms: u64) -> Account {
        let mut spread = account.identity();
        let limit = now_ms.saturating_sub(millis(SPREADS_IN));
        let known = self.past.iter().rev().find(|(at, _)| *at <= limit).or_else(|| self.past.first());
        if let Some((_, iam)) = known {
            spread.principals = iam.principals.clone();
            spread.access_keys = iam.keys.clone();
        }
        spread.log_buckets = account.log_buckets.clone();
        spread.public_buckets = account.public_buckets.clone();
        spread
    }

    /// Makes every move that helps and that he may make at this time.
    fn play(&mut self, account: &mut Account, now_ms: u64, arrives: bool) {
        let Some(mut wanted) = self.wanted.take().map(Arc::unwrap_or_clone) else { return };
        let (spread, at) = (self.spread(account, now_ms), timestamp(now_ms));
        let organization = self.organization.clone();
        if let Some(judge) = Judge::new(&spread, at, organization.as_ref()) {
            let iam_changed = self.past.last().map_or(0, |(at, _)| *at);
            let disturbed = !Iam::of(&wanted).is_of(account)
                || wanted.service_credentials != account.service_credentials
                || wanted.ssh_keys != account.ssh_keys;
            for one in MOVES.iter().filter(|one| match one.when {
                When::Beforehand => true,
                When::IamChanged => disturbed && !arrives,
                When::Changed => !arrives,
            }) {
                for credential in self.holds.clone() {
                    let Some(me) = judge.me(&credential) else { continue };
                    let scene = Scene {
                        wanted: &wanted,
                        now: account,
                        credential: &credential,
                        me: &me,
                        holds: &self.holds,
                        at,
                        iam_changed: timestamp(iam_changed),
                        home: &self.home,
                    };
                    for attempt in (one.attempts)(&scene) {
                        if !attempt.asks.iter().all(|(action, on)| judge.may(&credential, action, on)) {
                            continue;
                        }
                        (attempt.deed)(account);
                        (attempt.deed)(&mut wanted);
                        attempt.gains.into_iter().for_each(|gain| self.gain(gain));
                        let actions = attempt.asks.iter().map(|(action, _)| *action).collect();
                        let with = credential.clone();
                        self.played.push(Played { at, name: one.name, on: attempt.on, with, actions });
                    }
                }
            }
        }
        self.wanted = Some(Arc::new(wanted));
    }

    /// Keeps a credential; a session takes the place of an older one of the same user or role.
    fn gain(&mut self, gained: Credential) {
        let replaces = |held: &Credential| match (held, &gained) {
            (Credential::Session(old), Credential::Session(new)) => old.of == new.of && old.kind == new.kind,
            (held, gained) => held == gained,
        };
        self.holds.retain(|held| !replaces(held));
        self.holds.push(gained);
    }
}

/// A resource on which an aim is asked.
fn resource(aim: &str, account: &Account) -> String {
    let (partition, id) = (account.partition(), &account.id);
    match aim {
        "iam:CreateUser" => format!("arn:{partition}:iam::{id}:user/anybody"),
        "s3:GetObject" => format!("arn:{partition}:s3:::any-bucket/any-object"),
        "secretsmanager:GetSecretValue" => {
            format!("arn:{partition}:secretsmanager:us-east-1:{id}:secret:any")
        }
        "ses:SendEmail" => format!("arn:{partition}:ses:us-east-1:{id}:identity/example.com"),
        "cloudtrail:StopLogging" => format!("arn:{partition}:cloudtrail:us-east-1:{id}:trail/any"),
        "ec2:RunInstances" => format!("arn:{partition}:ec2:us-east-1:{id}:instance/*"),
        _ => "*".to_owned(),
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
        world.adversary = Some(Box::new(adversary));
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
