//! A resource that was prepared in peacetime, while a run uses it.
//!
//! ```text
//!   prepared, without a rule ─▶ a rule that came meanwhile goes ▶ its id is recorded ▶ tag: used by this run
//!                                                                       └─ what uses it is written after it
//! ```
//!
//! As with [`Made`](super::made::Made), the content is what counts: it is put right before use, and a run
//! that opens it again is said and mended. A restore takes the tag, and leaves the resource where it was.

use std::time::Duration;

use aws_sdk_ec2::types::Tag;
use serde::{Deserialize, Serialize};

use super::made::{Resource, everything};
use super::prepared::{is_tagged, used_by};
use crate::account::{Section, Tags};
use crate::aws::{Aws, unless_gone};
use crate::collect::Ask;
use crate::step::{Lens, Look, Names, Now, Reach, StepError, Target, USED, Verdict, Write};

/// A resource that can be prepared.
pub(in crate::steps) trait Prepared: Resource {
    /// The kind of its targets while a run uses it. Their id is what it was made for.
    const IN_USE: &'static str;
}

/// The lens of a prepared resource that a run uses.
pub(in crate::steps) struct InUse<R>(pub R);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::steps) struct State<B> {
    body: B,
    /// It has the tag of this run.
    used: bool,
}

/// The name under which its id is recorded.
fn name<R: Prepared>(made_for: &str) -> String {
    format!("{USED}{}/{made_for}", R::IN_USE)
}

/// The id of the prepared resource that the run uses.
pub(in crate::steps) fn id<R: Prepared>(names: &Names, made_for: &str) -> Option<String> {
    names.id(&name::<R>(made_for))
}

fn is_used(tags: &Tags, run: &str) -> bool {
    tags.contains_key(&used_by(run))
}

impl<R: Prepared> InUse<R> {
    /// The recorded one, else the one with the run's tag, else one that holds what it must.
    fn choose<'a>(
        &self,
        all: impl Iterator<Item = (&'a String, &'a R::Found)> + Clone,
        at: &Target,
        (names, run): (&Names, &str),
        is_fit: impl Fn(&str, &R::Found) -> bool,
    ) -> Option<(&'a String, &'a R::Found)> {
        if let Some(id) = id::<R>(names, &at.id) {
            return all.clone().find(|(found, _)| **found == id);
        }
        let mut tagged = all.filter(|(_, one)| self.0.is_at(one, at) && is_tagged(self.0.tags(one)));
        let used = tagged.clone().find(|(_, one)| is_used(self.0.tags(one), run));
        used.or_else(|| tagged.find(|(id, one)| is_fit(id, one)))
    }

    async fn look(
        &self,
        aws: &Aws,
        at: &Target,
        body: &R::Body,
    ) -> Result<Option<(String, R::Found)>, StepError> {
        let recorded = id::<R>(aws.names(), &at.id);
        let all = self.0.list(aws, at, recorded.as_deref()).await?;
        let is_fit = |_: &str, one: &R::Found| self.0.body(one, at, aws.names()) == *body;
        let pairs = all.iter().map(|(id, one)| (id, one));
        let chosen = self.choose(pairs, at, (aws.names(), aws.run()), is_fit).map(|(id, _)| id.clone());
        Ok(all.into_iter().find(|(id, _)| Some(id) == chosen.as_ref()))
    }
}

impl<R: Prepared> Lens for InUse<R> {
    type State = State<R::Body>;
    const KIND: &'static str = R::IN_USE;
    const REACH: Reach = Reach::Itself;
    const NEEDS: &'static [Section] = R::NEEDS;
    const SETTLES_WITHIN: Duration = R::SETTLES_WITHIN;
    const STATES_ONLY: bool = R::STATES_ONLY;

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        self.0.narrow(ask, at);
    }

    fn state(&self, look: &Look<'_>) -> Now<Self::State> {
        let Look { at, case, .. } = look;
        let all = match everything(&self.0, look) {
            Ok(all) => all,
            Err(now) => return now,
        };
        let wanted = self.0.wanted(look);
        let is_fit = |id: &str, one: &R::Found| {
            self.0.is_unused(id, one, Some(look)) && self.0.body(one, at, &case.names) == wanted
        };
        match self.choose(all.iter(), at, (&case.names, &case.run), is_fit) {
            Some((_, one)) => Now::Is(State {
                body: self.0.body(one, at, &case.names),
                used: is_used(self.0.tags(one), &case.run),
            }),
            None => Now::Vanished,
        }
    }

    fn contain(&self, now: &Self::State, look: &Look<'_>) -> Verdict<Self::State> {
        let wanted = State { body: self.0.wanted(look), used: true };
        match now {
            now if *now == wanted => Verdict::Already,
            State { body, .. } if *body == wanted.body => Verdict::Change(wanted),
            _ => Verdict::Lasting(
                wanted,
                format!("somebody changed the {} that was prepared: what they wrote stays out", R::NOUN),
            ),
        }
    }

    fn creates(&self, at: &Target) -> Option<String> {
        Some(name::<R>(&at.id))
    }

    fn tagged(&self, look: &Look<'_>) -> Vec<String> {
        let Look { at, case, .. } = look;
        let all = self.0.all(look).and_then(Result::ok).into_iter().flatten();
        let ours = |one: &R::Found| self.0.is_at(one, at) && is_used(self.0.tags(one), &case.run);
        all.filter(|(_, one)| ours(one)).map(|(id, _)| id.clone()).collect()
    }

    fn passes(&self, from: &Self::State, to: &Self::State) -> Vec<Self::State> {
        let bodies = self.0.passes(Some(&from.body), Some(&to.body)).into_iter().chain([to.body.clone()]);
        let states = bodies.map(|body| State { body, used: from.used });
        states.filter(|state| state != from && state != to).collect()
    }

    fn show(&self, state: &Self::State) -> String {
        let use_of = if state.used { "used by this run" } else { "prepared" };
        format!("{}, {use_of}", self.0.show(&state.body))
    }

    async fn write(&self, write: Write<'_, Self::State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let noun = R::NOUN;
        let found = Box::pin(self.look(aws, at, &to.body)).await?;
        let Some((id, found)) = found else {
            return Err(StepError::State(format!("the prepared {noun} is not there any more")));
        };
        Box::pin(self.0.correct(aws, at, (&id, &found), &to.body)).await?;
        if self::id::<R>(aws.names(), &at.id).is_none() {
            aws.created(&name::<R>(&at.id), &id)?;
        }
        let ec2 = aws.ec2(at.region_name());
        let tag = Tag::builder().key(used_by(aws.run()));
        match (to.used, is_used(self.0.tags(&found), aws.run())) {
            (true, false) => {
                let value = aws.caller().map(crate::step::created::value).unwrap_or_default();
                ec2.create_tags().resources(&id).tags(tag.value(value).build()).send().await?;
            }
            (false, true) => {
                unless_gone(ec2.delete_tags().resources(&id).tags(tag.build()).send().await)?;
            }
            _ => {}
        }
        Ok(())
    }
}
