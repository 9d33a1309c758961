//! Calls with other credentials than the run's own, through the same wire.
//!
//! [`Actor::of_call`] says which services an actor's credentials are for. Without such credentials the run's
//! own are tried: they may belong to the account in question themselves.
//!
//! Ledger, clock, faults and phases are those of the run: one run, one record. A call says in the ledger whose
//! credentials it used, and each actor has a budget of its own, as AWS counts by account.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_types::SdkConfig;

use super::settings::Settings;
use super::{Aws, Clients};
use crate::account::{Actor, Caller, Chain};

/// The credentials of one actor.
#[derive(Clone)]
pub(super) struct Hand {
    pub sdk: SdkConfig,
    pub access_key: Option<String>,
    pub chain: Chain,
    /// What its profile says; a simulation has none.
    pub settings: Option<Arc<Settings>>,
}

pub(super) type Hands = BTreeMap<Actor, Hand>;

impl Aws {
    /// The same handle, with the credentials of an actor besides.
    #[must_use]
    pub(super) fn with_hand(mut self, actor: Actor, hand: Hand) -> Aws {
        let mut hands = (*self.hands).clone();
        hands.insert(actor, hand);
        self.hands = Arc::new(hands);
        self.clients = Clients::default();
        self
    }

    /// The same handle, with the actors of a simulated account: their calls are answered as theirs.
    #[must_use]
    pub(crate) fn with_simulated(self, actors: BTreeMap<Actor, Caller>) -> Aws {
        actors.into_iter().fold(self, |aws, (actor, caller)| {
            let sdk = aws.shared.sdk.clone();
            aws.with_hand(
                actor,
                Hand { sdk, access_key: caller.access_key, chain: caller.chain, settings: None },
            )
        })
    }

    /// The same handle without the credentials of an actor: what is his is asked of the run's own.
    #[must_use]
    pub fn without(&self, actor: Actor) -> Aws {
        let mut hands = (*self.hands).clone();
        hands.remove(&actor);
        Aws { hands: Arc::new(hands), ..self.clone() }
    }

    /// Are there credentials of this actor?
    pub fn has(&self, actor: Actor) -> bool {
        self.hands.contains_key(&actor)
    }

    /// A handle whose every call is made with the actor's credentials; with the run's own where it has none.
    #[must_use]
    pub fn acting_as(&self, actor: Actor) -> Aws {
        match self.hands.get(&actor) {
            Some(hand) => Aws {
                acting: Some(actor),
                access_key: hand.access_key.clone(),
                chain: hand.chain.clone(),
                ..self.clone()
            },
            None => self.clone(),
        }
    }

    /// Whose credentials sign a call to a service that belongs to `owner`; `None`: the run's own.
    pub(super) fn signs_for(&self, owner: Option<Actor>) -> Option<Actor> {
        self.acting.or(owner.filter(|actor| self.has(*actor)))
    }

    /// The configuration of whoever signs.
    pub(super) fn sdk(&self, signer: Option<Actor>) -> &SdkConfig {
        signer.and_then(|actor| self.hands.get(&actor)).map_or(&self.shared.sdk, |hand| &hand.sdk)
    }
}
