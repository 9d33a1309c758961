//! A policy with its name, ready to be asked.

use std::borrow::Cow;
use std::sync::Arc;

use super::parse;
use super::policy::{Policy, Statement};

/// A policy as it stands somewhere: its name, and what was read of it.
#[derive(Clone, Debug)]
pub struct Source {
    /// What it is called: the ARN of a managed policy, or `inline NAME of user anna`.
    pub name: String,
    pub body: Body,
}

#[derive(Clone, Debug)]
pub enum Body {
    Read(Arc<Indexed>),
    /// It could not be read, and why: it may allow and deny anything.
    Unread(String),
}

impl Source {
    pub fn parse(name: impl Into<String>, text: &str) -> Source {
        let body = match parse::policy(text) {
            Ok(policy) => Body::Read(Arc::new(Indexed::new(policy, &[]))),
            Err(why) => Body::Unread(why),
        };
        Source { name: name.into(), body }
    }

    pub fn policy(&self) -> Option<&Policy> {
        match &self.body {
            Body::Read(indexed) => Some(&indexed.policy),
            Body::Unread(_) => None,
        }
    }
}

/// A policy, with the statements that cover each action of a fixed list.
#[derive(Clone, Debug)]
pub struct Indexed {
    pub policy: Policy,
    by_action: Vec<Box<[u16]>>,
    /// A condition or variable asks when the session was made, or whether with MFA.
    pub(super) asks_of_session: bool,
}

/// Keys whose values depend on the credentials with which a principal comes.
const OF_SESSION: [&str; 3] = ["aws:tokenissuetime", "aws:multifactorauthpresent", "aws:multifactorauthage"];

impl Indexed {
    /// Indexes a policy by actions in lower case.
    pub fn new(policy: Policy, actions: &[String]) -> Indexed {
        let by_action = actions.iter().map(|action| covering(&policy, action)).collect();
        let asks = |statement: &Statement| statement.keys().any(|key| OF_SESSION.contains(&key));
        let asks_of_session = policy.statements.iter().any(asks);
        Indexed { policy, by_action, asks_of_session }
    }

    /// The numbers of the statements that cover an action.
    pub fn covering(&self, action: &Asked<'_>) -> Cow<'_, [u16]> {
        match action.number.and_then(|number| self.by_action.get(number)) {
            Some(known) => Cow::Borrowed(known),
            None => Cow::Owned(covering(&self.policy, &action.name).into_vec()),
        }
    }
}

fn covering(policy: &Policy, action: &str) -> Box<[u16]> {
    let covers = |(number, statement): (usize, &Statement)| {
        statement.covers_action(action).then(|| u16::try_from(number).ok()).flatten()
    };
    policy.statements.iter().enumerate().filter_map(covers).collect()
}

/// The action of a request.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// In lower case.
    pub name: Cow<'a, str>,
    /// Its place in the list by which the policies are indexed.
    pub number: Option<usize>,
}

impl<'a> Asked<'a> {
    pub fn new(action: &str) -> Asked<'a> {
        Asked { name: Cow::Owned(action.to_ascii_lowercase()), number: None }
    }

    /// The action at this place of the list by which the policies are indexed, in lower case.
    pub fn numbered(name: &'a str, number: usize) -> Asked<'a> {
        Asked { name: Cow::Borrowed(name), number: Some(number) }
    }
}
