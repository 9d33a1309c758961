//! The inline policy of a user or role that denies everything.
//!
//! A restore writes another text over it in the same call: sessions that were made before the restore stay
//! denied. A policy of that text alone counts as no policy: [`denial`] tells the two apart.

use serde::{Deserialize, Serialize};

use super::holder::Holder;
use crate::account::Section;
use crate::account::denial::{self, Denial};
use crate::step::{Lens, Look, Now, StepError, Verdict, Write};

pub(super) struct DenyAll<H>(pub H);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    /// No policy of this name, or one that denies sessions older than a restore.
    Open,
    Denied,
    /// A policy of this name with a text that is not unplug's.
    Other(String),
}

impl<H: Holder + Send> Lens for DenyAll<H> {
    type State = State;
    const KIND: &'static str = H::KIND;
    const NEEDS: &'static [Section] = &[Section::Principals];

    fn state(&self, look: &Look<'_>) -> Now<State> {
        Now::of(&look.account.principals, |all| {
            let Some(held) = self.0.find(all, &look.at.id) else { return Now::Vanished };
            Now::Is(match held.inline.get(denial::NAME).map(|text| (denial::read(text), text)) {
                None | Some((Some(Denial::Sessions(_)), _)) => State::Open,
                Some((Some(Denial::Everything), _)) => State::Denied,
                Some((None, text)) => State::Other(text.clone()),
            })
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        match now {
            State::Denied => Verdict::Already,
            State::Open | State::Other(_) => Verdict::unless(self.0.spared(look), State::Denied),
        }
    }

    fn show(&self, state: &State) -> String {
        match state {
            State::Open => "may act".into(),
            State::Denied => "denied everything".into(),
            State::Other(_) => format!("another policy named {}", denial::NAME),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let cut_off = denial::cut_off(aws.clock().timestamp());
        let text = match to {
            State::Denied => denial::everything(cut_off),
            State::Open => denial::sessions(cut_off),
            State::Other(text) => text.clone(),
        };
        self.0.put_policy(aws, &at.id, &text).await
    }
}
