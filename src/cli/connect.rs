//! Connecting: the run's own credentials, and those of its actors, each identified before anything else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::confirm::SigningIn;
use super::plan::warn;
use super::session::Session;
use crate::account::{Account, Actor, Caller};
use crate::aws::{Aws, AwsError, Connection, Kind};
use crate::collect;
use crate::engine::plan::Selected;
use crate::failure::{Exit, Failure, usage};
use crate::steps;

impl Session {
    /// Connects with every actor, and says which account the credentials belong to.
    pub async fn connect(&self) -> Result<(Aws, Account), Failure> {
        self.connect_with(|_| true, false).await
    }

    /// Connects for these steps: an actor that none of them needs has no part in the run.
    pub async fn connect_for(&self, chosen: &[Selected]) -> Result<(Aws, Account), Failure> {
        let needs = |selected: &Selected| {
            let step = steps::find(selected.step)?;
            Some(step.needs(&selected.params).iter().filter_map(|section| section.actor()))
        };
        let needed: BTreeSet<Actor> = chosen.iter().filter_map(needs).flatten().collect();
        self.connect_with(|actor| needed.contains(&actor), false).await
    }

    /// Connects for a run that was begun: an actor whose credentials do not work is said and done without. What is
    /// his stays owed.
    pub async fn connect_to_go_on(&self) -> Result<(Aws, Account), Failure> {
        self.connect_with(|_| true, true).await
    }

    async fn connect_with(
        &self,
        wanted: impl Fn(Actor) -> bool,
        forgiving: bool,
    ) -> Result<(Aws, Account), Failure> {
        let to = Connection {
            profile: self.globals.profile.clone(),
            region: self.globals.region.clone(),
            endpoint_url: self.globals.endpoint_url.clone(),
            person: Some(Arc::new(SigningIn(self.printer))),
        };
        let mut aws = Aws::live(&to).await.map_err(|error| Failure {
            hints: error.hints.clone(),
            ..Failure::new(Exit::NoAccess, &error)
        })?;
        // Before the first call: a call that does not go straight to AWS is nothing to learn of afterwards.
        self.warn_once(&aws.notes());
        let mut account = collect::identify(&aws).await.map_err(|error| no_access(&aws, &error))?;
        if let Some(gap) = account.alias.gap() {
            let text = format!("the account's alias is not known ({}: {})", gap.call, gap.detail);
            warn(self.printer, &text);
        }
        for (actor, profile) in self.actors()?.into_iter().filter(|(actor, _)| wanted(*actor)) {
            match self.with_actor(&aws, &account.id, &to, (actor, &profile)).await {
                Ok(None) => {}
                Ok(Some((with, caller))) => {
                    aws = with;
                    account.actors.insert(actor, caller);
                }
                Err(failure) if forgiving => {
                    warn(self.printer, &format!("{}; what is this actor's stays as it is", failure.error));
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok((aws, account))
    }

    /// The profiles of other credentials. What the command line says comes first.
    fn actors(&self) -> Result<BTreeMap<Actor, String>, Failure> {
        let mut actors = self.config()?.config.actors;
        for (actor, profile) in &self.globals.actor {
            let profile = profile.clone().ok_or_else(|| {
                usage(format!("--actor {actor} names no profile; it looks like {actor}=PROFILE"))
            })?;
            actors.insert(*actor, profile);
        }
        Ok(actors)
    }

    /// The handle with an actor's credentials, and whose they are; `None` where they belong to the account itself.
    ///
    /// # Errors
    /// They do not work, or are of no Organization that has this account.
    async fn with_actor(
        &self,
        aws: &Aws,
        account: &str,
        to: &Connection,
        (actor, profile): (Actor, &str),
    ) -> Result<Option<(Aws, Caller)>, Failure> {
        let with = aws.clone().with_profile(to, actor, profile).await.map_err(|error| Failure {
            hints: error.hints.clone(),
            ..Failure::new(Exit::NoAccess, format!("the actor {actor} (profile {profile}): {error}"))
        })?;
        self.warn_once(&with.notes());
        let caller = collect::identify_actor(&with, actor).await.map_err(|error| {
            let failure = no_access(&with, &error);
            Failure { error: format!("the actor {actor} (profile {profile}): {}", failure.error), ..failure }
        })?;
        let theirs = caller.account().unwrap_or_default();
        if theirs == account {
            return Ok(None);
        }
        let who = format!("the actor {actor} ({}, account {theirs})", caller.arn);
        match collect::in_organization(&with, account).await {
            Ok(true) => {}
            Ok(false) => {
                let error =
                    format!("{who} is of no Organization that has account {account}. Nothing was cut.");
                return Err(usage(error).hint("name a profile of this account's own Organization"));
            }
            Err(error) => {
                let text =
                    format!("whether {who} may act for account {account} is not known: {}", error.detail());
                warn(self.printer, &text);
            }
        }
        Ok(Some((with, caller)))
    }
}

fn no_access(aws: &Aws, error: &AwsError) -> Failure {
    let failure =
        Failure::new(Exit::NoAccess, format!("cannot tell which account this is: {}", error.detail()));
    match (error.kind, aws.advice(error)) {
        (Kind::Credentials | Kind::Denied, _) => {
            let failure = failure.hint("the credentials are missing, expired or invalid; try: aws sso login");
            // Credentials of another partition are unknown to this one.
            match aws.global_region() {
                "us-east-1" => failure.hint(
                    "credentials of GovCloud need --region us-gov-west-1, of China --region cn-north-1",
                ),
                _ => failure,
            }
        }
        (_, Some(advice)) => failure.hint(advice),
        (Kind::NoAnswer | Kind::Unusable, None) => failure.hint("is the network, or the endpoint, right?"),
        _ => failure,
    }
}
