//! How he plays: he notices a change, waits for his reaction time, and makes every move that he may make.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::calls::{Caller, identity_of, is_protected};
use super::credential::{Credential, Judge, takes};
use super::moves::{Attempt, Move, Scene, When};
use super::table::MOVES;
use super::{Adversary, PLAYS, Played, Refusal, SPREADS_IN, millis, timestamp};
use crate::account::{AccessKey, Account, Organization, Principals, Seen};

/// The parts of the account that spread slowly.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Iam {
    principals: Seen<Principals>,
    keys: Seen<std::collections::BTreeMap<String, AccessKey>>,
    organization: Seen<Option<Organization>>,
}

impl Iam {
    fn of(account: &Account) -> Iam {
        Iam {
            principals: account.principals.clone(),
            keys: account.access_keys.clone(),
            organization: account.organization.clone(),
        }
    }

    fn is_of(&self, account: &Account) -> bool {
        self.principals == account.principals
            && self.keys == account.access_keys
            && self.organization == account.organization
    }
}

/// A move with one credential, at one time.
struct Turn<'a> {
    name: &'static str,
    judge: &'a Judge<'a>,
    credential: &'a Credential,
    caller: Caller<'a>,
    at: Timestamp,
}

impl Adversary {
    /// He comes in: looks around, and makes what he can make before anybody reacts.
    pub(super) fn arrive(&mut self, account: &mut Account, now_ms: u64) {
        self.past = vec![(0, Arc::new(Iam::of(account)))];
        self.wanted = Some(Arc::new(account.clone()));
        // A session of a role may lead to the next role.
        for _ in 0..3 {
            self.play(account, now_ms, true);
        }
        self.seen = Some(Arc::new(account.clone()));
    }

    /// Takes note of what somebody else has changed.
    pub(in crate::sim) fn notice(&mut self, account: &Account, now_ms: u64) {
        if self.seen.as_deref() == Some(account) {
            return;
        }
        self.seen = Some(Arc::new(account.clone()));
        self.note_iam(account, now_ms);
        self.plays = 0;
        if self.due.is_none() {
            self.answers += 1;
            self.due = Some(now_ms + millis(self.reaction()));
        }
    }

    /// How long he takes to answer the change that he answers now.
    fn reaction(&self) -> Duration {
        let now = self.answers.saturating_sub(1).min(self.reactions.len().saturating_sub(1));
        self.reactions.get(now).copied().unwrap_or_default()
    }

    fn note_iam(&mut self, account: &Account, now_ms: u64) {
        if self.past.last().is_none_or(|(_, last)| !last.is_of(account)) {
            self.past.push((now_ms, Arc::new(Iam::of(account))));
            self.refused.clear();
        }
    }

    /// Makes every move that is due by now, each at its own time.
    pub(in crate::sim) fn catch_up(&mut self, account: &mut Account, now_ms: u64) {
        while let Some(due) = self.due.filter(|due| *due <= now_ms) {
            self.play(account, due, false);
            self.plays += 1;
            self.note_iam(account, due);
            // He tries again until all that he and others changed in IAM is in effect.
            let spreading = self.past.last().is_some_and(|(at, _)| at + millis(SPREADS_IN) >= due);
            self.due = (spreading && self.plays < PLAYS).then(|| due + millis(self.reaction()));
            if self.seen.as_deref() != Some(&*account) {
                self.seen = Some(Arc::new(account.clone()));
            }
        }
    }

    /// The account with IAM as it has spread by this time.
    pub(super) fn spread(&self, account: &Account, now_ms: u64) -> Account {
        let mut spread = account.identity();
        let limit = now_ms.saturating_sub(millis(SPREADS_IN));
        let known = self.past.iter().rev().find(|(at, _)| *at <= limit).or_else(|| self.past.first());
        if let Some((_, iam)) = known {
            spread.principals = iam.principals.clone();
            spread.access_keys = iam.keys.clone();
            spread.organization = iam.organization.clone();
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
        if let Some(judge) = Judge::new(&spread, at, organization.as_ref(), self.last_read.as_ref()) {
            if self.last_read.as_ref().is_none_or(|last| !judge.decides_by(last)) {
                self.last_read = Some(judge.read());
            }
            let iam_changed = self.past.last().map_or(0, |(at, _)| *at);
            let disturbed = !Iam::of(&wanted).is_of(account)
                || wanted.service_credentials != account.service_credentials
                || wanted.ssh_keys != account.ssh_keys;
            for one in self.moves(disturbed, arrives) {
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
                    let attempts = (one.attempts)(&scene);
                    let from = (&*self.from.0, &*self.from.1);
                    let who = identity_of(&credential, (&me, scene.own_arn()), account, from);
                    let caller = Caller { at_ms: now_ms, who, me: &me };
                    let turn = Turn { name: one.name, judge: &judge, credential: &credential, caller, at };
                    attempts
                        .into_iter()
                        .for_each(|attempt| self.attempt(&turn, attempt, account, &mut wanted));
                }
            }
        }
        self.wanted = Some(Arc::new(wanted));
    }

    /// The moves to think of, in the order of the table.
    fn moves(&self, disturbed: bool, arrives: bool) -> Vec<&'static Move> {
        let now = |one: &&Move| match one.when {
            When::Beforehand => true,
            When::IamChanged => disturbed && !arrives,
            When::Changed => !arrives,
        };
        let makes = |one: &&Move| self.only.as_ref().is_none_or(|only| only.contains(one.name));
        MOVES.iter().filter(now).filter(makes).collect()
    }

    /// Makes the attempt, or is refused.
    fn attempt(&mut self, turn: &Turn<'_>, attempt: Attempt, account: &mut Account, wanted: &mut Account) {
        let Turn { name, credential, at, .. } = *turn;
        let denied = |(action, on): &&(&'static str, String)| {
            is_protected(action, on) || !turn.judge.may(credential, action, on)
        };
        if let Some(ask) = attempt.asks.iter().find(denied) {
            if takes(credential, ask.0) && self.is_new_refusal(credential, ask) {
                self.calls.push(turn.caller.refused(ask, &attempt));
                self.refusals.push(Refusal { at, action: ask.0, with: credential.clone() });
            }
            return;
        }
        (attempt.deed)(account);
        (attempt.deed)(wanted);
        self.calls.extend(turn.caller.made(&attempt));
        let actions = attempt.asks.iter().map(|(action, _)| *action).collect();
        self.played.push(Played { at, name, on: attempt.on, with: credential.clone(), actions });
        attempt.gains.into_iter().for_each(|gain| self.gain(gain));
    }

    /// Whether AWS has not refused him this since IAM changed last: he does not try it twice.
    fn is_new_refusal(&mut self, with: &Credential, (action, on): &(&'static str, String)) -> bool {
        self.refused.insert((with.named(), action, on.clone()))
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
