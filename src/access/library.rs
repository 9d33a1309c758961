//! Policies of an account, each text read once.

use std::collections::HashMap;
use std::sync::Arc;

use super::known;
use super::parse;
use super::source::{Body, Indexed, Source};
use crate::account::Seen;

/// A policy's place in the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(u32);

/// Every policy that applies to somebody.
#[derive(Debug)]
pub struct Library {
    sources: Vec<Source>,
    /// In lower case: the actions by which policies are indexed.
    actions: Vec<String>,
    by_text: HashMap<String, Body>,
    by_arn: HashMap<String, Id>,
}

impl Library {
    pub fn new(actions: Vec<String>) -> Library {
        Library { sources: vec![], actions, by_text: HashMap::new(), by_arn: HashMap::new() }
    }

    pub fn get(&self, id: Id) -> Option<&Source> {
        self.sources.get(id.0 as usize)
    }

    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The actions by which policies are indexed, in lower case.
    pub fn actions(&self) -> &[String] {
        &self.actions
    }

    /// Takes in a policy that stands in one place.
    pub fn add(&mut self, name: String, text: &str) -> Id {
        let body = self.read(text);
        self.push(Source { name, body })
    }

    /// Takes in a policy that may not have been read.
    pub fn add_seen(&mut self, name: String, text: &Seen<String>) -> Id {
        match text {
            Seen::Read(text) => self.add(name, text),
            Seen::Gap(gap) => self.push(Source { name, body: Body::Unread(gap.cause.words().to_owned()) }),
        }
    }

    /// Takes in a managed policy: the text that was read, or what AWS's policy of this name always says.
    pub fn managed(&mut self, arn: &str, text: Option<&str>) -> Id {
        if let Some(id) = self.by_arn.get(arn) {
            return *id;
        }
        let id = match text.or_else(|| known::text(arn)) {
            Some(text) => self.add(arn.to_owned(), text),
            None => self.push(Source { name: arn.to_owned(), body: Body::Unread("not read".into()) }),
        };
        self.by_arn.insert(arn.to_owned(), id);
        id
    }

    fn push(&mut self, source: Source) -> Id {
        let id = Id(u32::try_from(self.sources.len()).unwrap_or(u32::MAX));
        self.sources.push(source);
        id
    }

    fn read(&mut self, text: &str) -> Body {
        if let Some(known) = self.by_text.get(text) {
            return known.clone();
        }
        let body = match parse::policy(text) {
            Ok(policy) => Body::Read(Arc::new(Indexed::new(policy, &self.actions))),
            Err(why) => Body::Unread(why),
        };
        self.by_text.insert(text.to_owned(), body.clone());
        body
    }
}
