//! A resource that a run makes for itself: a group, an ACL, a route table, a domain list.
//!
//! ```text
//!   look by the recorded id, else by the run's tags
//!     ├─ found ──────────────────────────────────────────▶ correct ▶ used by the rank that follows
//!     └─ none ▶ create ▶ record its id ▶ wait until shown ─┘
//!                      ✝ a run that dies here leaves what only its tags find
//! ```
//!
//! Tags prove nothing, because a thief can set them: the content is put right before use, whoever wrote
//! it, and watched afterwards.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::account::{Gap, Section, Tags};
use crate::aws::{Aws, AwsError, Kind};
use crate::collect::Ask;
use crate::step::created::{ROLE, is_of_run, shown};
use crate::step::{Lens, Look, Names, Now, Reach, Reason, StepError, Target, Verdict, Write};

/// How long a resource whose id is recorded may take to show up before another one is made.
const RECORDED_SHOWS_WITHIN: Duration = Duration::from_secs(10);
/// How long a new one may take.
const NEW_SHOWS_WITHIN: Duration = Duration::from_secs(60);

/// One kind of resource that a run makes. Its target's id is what it is made for: a VPC, a Region.
pub(in crate::steps) trait Resource: Sync + 'static {
    /// It, as the account has it.
    type Found: Send + Sync + 'static;

    /// What it holds, and what is put right.
    type Body: Serialize + DeserializeOwned + PartialEq + Clone + fmt::Debug + Send + Sync;

    /// See [`Lens::KIND`].
    const KIND: &'static str;

    /// The value of the tag that says what it is for.
    const ROLE: &'static str;

    /// What AWS calls it, for messages.
    const NOUN: &'static str;

    /// See [`Lens::NEEDS`]. Whatever may use it is among them, or in [`Resource::DANGER_NEEDS`].
    const NEEDS: &'static [Section];

    /// See [`Lens::DANGER_NEEDS`].
    const DANGER_NEEDS: &'static [Section] = &[];

    /// See [`Lens::SETTLES_WITHIN`].
    const SETTLES_WITHIN: Duration = Duration::from_secs(180);

    /// The code with which AWS refuses to create a second one of the same name.
    const DUPLICATE: Option<&'static str> = None;

    /// See [`Lens::STATES_ONLY`].
    const STATES_ONLY: bool = false;

    /// Whether one that another run has made serves as well: what is prepared, and not made for a cut.
    const ANY_RUN: bool = false;

    /// Pure: everything of its kind that was read where the target is; `None`: the target's Region was not read.
    fn all<'a>(&self, look: &Look<'a>) -> Option<Result<&'a BTreeMap<String, Self::Found>, &'a Gap>>;

    fn tags<'a>(&self, found: &'a Self::Found) -> &'a Tags;

    /// See [`Lens::narrow`].
    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.states_only |= Self::STATES_ONLY;
        if let Some(vpc) = &at.vpc {
            ask.vpcs.get_or_insert_default().insert(vpc.clone());
        }
    }

    /// Pure: is it where the target is, and of a sort that a run can have made?
    fn is_at(&self, found: &Self::Found, at: &Target) -> bool;

    /// Pure: is it as a run leaves it whose record of the id was lost? Nothing uses it yet, and it is
    /// this account's. A write knows the resource alone.
    fn is_unused(&self, _id: &str, _found: &Self::Found, _look: Option<&Look<'_>>) -> bool {
        true
    }

    /// Pure: what it holds, with the run's other resources by name.
    fn body(&self, found: &Self::Found, at: &Target, names: &Names) -> Self::Body;

    /// Pure: what it must hold.
    fn wanted(&self, look: &Look<'_>) -> Self::Body;

    /// Pure: why AWS would not take that.
    fn obstacle(&self, _wanted: &Self::Body, _look: &Look<'_>) -> Option<Reason> {
        None
    }

    /// Pure: what still uses it.
    fn user(&self, id: &str, look: &Look<'_>) -> Option<Reason>;

    /// Pure: what it may hold while it is made, put right or deleted.
    fn passes(&self, from: Option<&Self::Body>, to: Option<&Self::Body>) -> Vec<Self::Body>;

    /// Pure: a body as a person reads it.
    fn show(&self, body: &Self::Body) -> String;

    /// Asks AWS for one by its id, or for all that may be the run's. More may come back.
    fn list(
        &self,
        aws: &Aws,
        at: &Target,
        id: Option<&str>,
    ) -> impl Future<Output = Result<Vec<(String, Self::Found)>, AwsError>> + Send;

    /// Makes it with the run's tags, and returns its id. What AWS does not take with the call that
    /// makes it, `correct` adds.
    fn create(
        &self,
        aws: &Aws,
        at: &Target,
        body: &Self::Body,
    ) -> impl Future<Output = Result<Option<String>, StepError>> + Send;

    /// Takes out what it has too much, then adds what it lacks: in the order of `passes`.
    fn correct(
        &self,
        aws: &Aws,
        at: &Target,
        found: (&str, &Self::Found),
        to: &Self::Body,
    ) -> impl Future<Output = Result<(), StepError>> + Send;

    fn delete(
        &self,
        aws: &Aws,
        at: &Target,
        found: (&str, &Self::Found),
    ) -> impl Future<Output = Result<(), StepError>> + Send;
}

/// The name under which the id of a resource of this kind is recorded.
pub(in crate::steps) fn name<R: Resource>(made_for: &str) -> String {
    format!("{}/{made_for}", R::KIND)
}

/// The id of the run's resource, where it was made.
pub(in crate::steps) fn id<R: Resource>(names: &Names, made_for: &str) -> Option<String> {
    names.id(&name::<R>(made_for))
}

/// Everything of its kind where the target is, or what a lens says where that was not read.
pub(super) fn everything<'a, R: Resource, S>(
    resource: &R,
    look: &Look<'a>,
) -> Result<&'a BTreeMap<String, R::Found>, Now<S>> {
    match resource.all(look) {
        Some(Ok(all)) => Ok(all),
        Some(Err(gap)) => Err(Now::Unknown(gap.clone())),
        None => Err(Now::Vanished),
    }
}

/// The lens of a resource that a run makes. `None` is that there is none.
pub(in crate::steps) struct Made<R>(pub R);

impl<R: Resource> Lens for Made<R> {
    type State = Option<R::Body>;
    const KIND: &'static str = R::KIND;
    const REACH: Reach = Reach::Itself;
    const NEEDS: &'static [Section] = R::NEEDS;
    const DANGER_NEEDS: &'static [Section] = R::DANGER_NEEDS;
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
        let found = match id::<R>(&case.names, &at.id) {
            Some(id) => all.get(&id),
            None => {
                let serves = |(id, found): &(&String, &R::Found)| {
                    self.is_tagged(found, at, &case.run) && self.0.is_unused(id, found, Some(look))
                };
                let all = all.iter().filter(serves).map(|(id, found)| (id.as_str(), found));
                self.first(all, at, &case.names, Some(&self.0.wanted(look))).map(|(_, found)| found)
            }
        };
        Now::Is(found.map(|found| self.0.body(found, at, &case.names)))
    }

    fn contain(&self, now: &Self::State, look: &Look<'_>) -> Verdict<Self::State> {
        if self.0.all(look).is_none() {
            return Verdict::Refuse("its Region was not read".into());
        }
        let wanted = self.0.wanted(look);
        match (now, self.0.obstacle(&wanted, look)) {
            (Some(now), _) if *now == wanted => Verdict::Already,
            (_, Some(why)) => Verdict::Refuse(why),
            (None, None) => Verdict::Change(Some(wanted)),
            (Some(_), None) => {
                let whose = if R::ANY_RUN { "was prepared" } else { "this run made" };
                let noun = R::NOUN;
                let why = format!("somebody changed the {noun} that {whose}: what they wrote stays out");
                Verdict::Lasting(Some(wanted), why)
            }
        }
    }

    fn creates(&self, at: &Target) -> Option<String> {
        Some(name::<R>(&at.id))
    }

    fn tagged(&self, look: &Look<'_>) -> Vec<String> {
        let Look { at, case, .. } = look;
        let all = self.0.all(look).and_then(Result::ok).into_iter().flatten();
        all.filter(|(_, found)| self.is_own(found, at, &case.run)).map(|(id, _)| id.clone()).collect()
    }

    fn used_by(&self, look: &Look<'_>) -> Option<Reason> {
        self.0.user(&id::<R>(&look.case.names, &look.at.id)?, look)
    }

    fn passes(&self, from: &Self::State, to: &Self::State) -> Vec<Self::State> {
        let passes = self.0.passes(from.as_ref(), to.as_ref()).into_iter().map(Some);
        passes.filter(|state| state != from && state != to).collect()
    }

    fn show(&self, state: &Self::State) -> String {
        state.as_ref().map_or_else(|| "none".into(), |body| self.0.show(body))
    }

    async fn write(&self, write: Write<'_, Self::State>) -> Result<(), StepError> {
        match write.to {
            Some(body) => self.make(write.aws, write.at, body).await,
            None => self.delete(write.aws, write.at).await,
        }
    }
}

impl<R: Resource> Made<R> {
    /// Do the tags say that it is this run's?
    fn is_own(&self, found: &R::Found, at: &Target, run: &str) -> bool {
        self.0.is_at(found, at) && is_of_run(self.0.tags(found), run, R::ROLE)
    }

    /// Do the tags say that it serves?
    fn is_tagged(&self, found: &R::Found, at: &Target, run: &str) -> bool {
        let tags = self.0.tags(found);
        let serves =
            R::ANY_RUN && self.0.is_at(found, at) && tags.get(ROLE).is_some_and(|role| role == R::ROLE);
        serves || self.is_own(found, at, run)
    }

    /// Of several that would serve the one that holds what it must, else the first by its id.
    fn first<'a>(
        &self,
        all: impl Iterator<Item = (&'a str, &'a R::Found)>,
        at: &Target,
        names: &Names,
        wanted: Option<&R::Body>,
    ) -> Option<(&'a str, &'a R::Found)> {
        all.min_by_key(|(id, found)| (wanted != Some(&self.0.body(found, at, names)), *id))
    }

    /// The run's resource as AWS shows it: by its recorded id, else by the tags of this run.
    async fn look(
        &self,
        aws: &Aws,
        at: &Target,
        wanted: Option<&R::Body>,
    ) -> Result<Option<(String, R::Found)>, AwsError> {
        let recorded = id::<R>(aws.names(), &at.id);
        let mut all = self.0.list(aws, at, recorded.as_deref()).await?;
        all.retain(|(id, found)| match &recorded {
            Some(recorded) => id == recorded,
            None => self.is_tagged(found, at, aws.run()) && self.0.is_unused(id, found, None),
        });
        let pairs = all.iter().map(|(id, found)| (id.as_str(), found));
        let first = self.first(pairs, at, aws.names(), wanted).map(|(id, _)| id.to_owned());
        Ok(all.into_iter().find(|(id, _)| Some(id) == first.as_ref()))
    }

    /// Makes it where there is none, and gives it exactly this body, whoever wrote another.
    async fn make(&self, aws: &Aws, at: &Target, body: &R::Body) -> Result<(), StepError> {
        let name = name::<R>(&at.id);
        let recorded = aws.names().id(&name).is_some();
        let patience = if recorded { RECORDED_SHOWS_WITHIN } else { Duration::ZERO };
        let found = match shown(aws, patience, || self.look(aws, at, Some(body))).await? {
            Some(found) => Some(found),
            None => self.create(aws, at, body, &name).await?,
        };
        let noun = R::NOUN;
        let (id, found) =
            found.ok_or_else(|| StepError::State(format!("the new {noun} does not show up")))?;
        if aws.names().id(&name).is_none() {
            aws.created(&name, &id)?;
        }
        self.0.correct(aws, at, (&id, &found), body).await
    }

    async fn create(
        &self,
        aws: &Aws,
        at: &Target,
        body: &R::Body,
        name: &str,
    ) -> Result<Option<(String, R::Found)>, StepError> {
        match self.0.create(aws, at, body).await {
            Ok(id) => {
                let noun = R::NOUN;
                let id = id.ok_or_else(|| StepError::State(format!("AWS gave the new {noun} no id")))?;
                aws.created(name, &id)?;
                Ok(shown(aws, NEW_SHOWS_WITHIN, || self.look(aws, at, Some(body))).await?)
            }
            // This run made it a moment ago and ended before it was recorded: it shows up soon.
            Err(StepError::Aws(error)) if R::DUPLICATE.is_some_and(|code| error.is(code)) => {
                let found = shown(aws, RECORDED_SHOWS_WITHIN, || self.look(aws, at, Some(body))).await?;
                if found.is_none() { Err(error.into()) } else { Ok(found) }
            }
            Err(error) => Err(error),
        }
    }

    async fn delete(&self, aws: &Aws, at: &Target) -> Result<(), StepError> {
        let Some((id, found)) = self.look(aws, at, None).await? else { return Ok(()) };
        // One that another run has prepared is that run's to take away.
        if aws.names().id(&name::<R>(&at.id)).is_none() && !self.is_own(&found, at, aws.run()) {
            return Ok(());
        }
        match self.0.delete(aws, at, (&id, &found)).await {
            Err(StepError::Aws(error)) if error.kind == Kind::Gone => Ok(()),
            done => done,
        }
    }
}
