//! The chain: which credentials came from a suspect, by which call.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Event, Suspect, made};

/// Credentials that one trace follows, at the most. Each costs a call in every Region.
pub const MOST: usize = 200;

/// A credential or principal that came from a suspect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// From which suspect; `None` for one that was named.
    pub from: Option<Suspect>,
    /// The record of the call that made it.
    pub event: Option<usize>,
    /// When that was: what the same principal did before is not the suspect's.
    pub made: Option<String>,
}

/// The suspects, and whom they made, by the records read so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    pub links: BTreeMap<Suspect, Link>,
    /// Credentials that came from a suspect and are not followed: more than `MOST`.
    pub dropped: BTreeSet<Suspect>,
}

impl Chain {
    /// Follows the chain through these records.
    pub fn of(records: &[Value], named: &BTreeSet<Suspect>) -> Chain {
        let first = |suspect: &Suspect| (suspect.clone(), Link { from: None, event: None, made: None });
        let mut chain = Chain { links: named.iter().map(first).collect(), ..Chain::default() };
        let mut open: Vec<Suspect> = named.iter().cloned().collect();
        while let Some(suspect) = open.pop() {
            for (number, record) in records.iter().enumerate() {
                let event = Event(record);
                let of_role = takes_role(event, &suspect);
                let late = |link: &Link| link.made.as_deref().is_none_or(|made| event.time() >= made);
                let own = suspect.did(event) || of_role;
                if event.error().is_some() || !own || !chain.links.get(&suspect).is_some_and(late) {
                    continue;
                }
                for next in comes_from(event, of_role && !suspect.did(event)) {
                    if chain.links.contains_key(&next) {
                        continue;
                    }
                    if chain.links.len() >= MOST {
                        chain.dropped.insert(next);
                        continue;
                    }
                    let made = Some(event.time().to_owned());
                    let link = Link { from: Some(suspect.clone()), event: Some(number), made };
                    chain.links.insert(next.clone(), link);
                    open.push(next);
                }
            }
        }
        chain
    }

    /// The suspect of the chain whose event this is: a key before a principal, a principal before an
    /// address.
    pub fn whose(&self, event: Event<'_>) -> Option<&Suspect> {
        let late = |link: &Link| link.made.as_deref().is_none_or(|made| event.time() >= made);
        self.links.iter().find(|(suspect, link)| suspect.did(event) && late(link)).map(|(suspect, _)| suspect)
    }
}

/// Did this call take the role that is suspect?
fn takes_role(event: Event<'_>, suspect: &Suspect) -> bool {
    let Suspect::Principal(arn) = suspect else { return false };
    event.service() == "sts" && event.asked("roleArn") == Some(arn)
}

/// The credentials and principals that a call made. A call that took a role on somebody else's behalf
/// made the session alone.
fn comes_from(event: Event<'_>, session_only: bool) -> Vec<Suspect> {
    let mut found = vec![];
    if event.service() == "sts"
        && let Some(key) = event.answered("credentials/accessKeyId")
    {
        found.push(Suspect::Key(key.to_owned()));
    }
    if session_only {
        return found;
    }
    for made in made::of(event, 0) {
        match made.kind {
            "access key" | "access key turned on" => found.push(Suspect::Key(made.id)),
            "user" | "role" | "trust" | "console password" => {
                found.extend(made.offer.map(|offer| Suspect::Principal(offer.value)));
            }
            _ => {}
        }
    }
    found
}
