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
    /// Indexes a policy by actions in lower case, sorted.
    pub fn new(policy: Policy, actions: &[String]) -> Indexed {
        let mut by_action: Vec<Vec<u16>> = vec![vec![]; actions.len()];
        for (number, statement) in (0..=u16::MAX).zip(&policy.statements) {
            for place in covered(statement, actions) {
                by_action[place].push(number);
            }
        }
        let by_action = by_action.into_iter().map(Vec::into_boxed_slice).collect();
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

/// The places of the actions that a statement covers. Only those are compared that begin as a pattern does.
fn covered(statement: &Statement, actions: &[String]) -> Vec<usize> {
    let Some(element) = &statement.actions else { return (0..actions.len()).collect() };
    let mut covers = vec![element.not; actions.len()];
    for pattern in &element.patterns {
        let start = pattern.start();
        let from = actions.partition_point(|action| action.as_bytes() < &start[..]);
        for place in from..actions.len() {
            if !actions[place].as_bytes().starts_with(&start) {
                break;
            }
            if covers[place] == element.not && pattern.matches_plain(&actions[place]) {
                covers[place] = !element.not;
            }
        }
    }
    covers.iter().enumerate().filter(|(_, covers)| **covers).map(|(place, _)| place).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::powers;

    #[test]
    fn the_index_says_what_asking_each_statement_says() {
        let actions = powers::actions();
        let text = r#"{"Statement":[{"Effect":"Allow","Action":"*"},{"Effect":"Allow","Action":"IAM:Create*"},
         {"Effect":"Allow","NotAction":["iam:*","s3:Get*","ec2:RunInstances"]},{"Effect":"Allow","Action":"?am:*User*"},
         {"Effect":"Allow","Action":["s3:GetObject","s3:Get*","sts:AssumeRole*"]},{"Effect":"Allow","Action":"z:*"},
         {"Effect":"Allow"},{"Effect":"Allow","Action":"iam:createuser"},{"Effect":"Allow","NotAction":"*"}]}"#;
        let indexed = Indexed::new(parse::policy(text).unwrap(), &actions);
        for (number, action) in actions.iter().enumerate() {
            let by_index = indexed.covering(&Asked::numbered(action, number));
            assert_eq!(by_index, indexed.covering(&Asked::new(action)), "{action}");
        }
    }
}
