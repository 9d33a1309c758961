//! A policy document, read.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>

use super::arn::ArnPattern;
use super::condition::Condition;
use super::context::Context;
use super::doubt::{Doubt, Sure};
use super::pattern::Pattern;
use super::principal::Principals;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    pub statements: Vec<Statement>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Allow,
    Deny,
    /// Neither word: it may be either.
    Unclear,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub sid: Option<String>,
    pub effect: Effect,
    /// `None` in an identity policy.
    pub principals: Option<Principals>,
    /// `None` where the statement has neither `Action` nor `NotAction`.
    pub actions: Option<Actions>,
    /// `None` where the statement has neither `Resource` nor `NotResource`.
    pub resources: Option<Resources>,
    pub conditions: Vec<Condition>,
    /// Parts that are not understood: the statement applies perhaps, where the rest of it does.
    pub unclear: Vec<String>,
}

/// `Action`, or `NotAction`.
#[derive(Clone, Debug, PartialEq)]
pub struct Actions {
    pub not: bool,
    /// In lower case: AWS compares actions without case.
    pub patterns: Vec<Pattern>,
}

/// `Resource`, or `NotResource`.
#[derive(Clone, Debug, PartialEq)]
pub struct Resources {
    pub not: bool,
    pub patterns: Vec<ArnPattern>,
}

impl Actions {
    /// Whether the element covers an action given in lower case.
    pub fn cover(&self, action: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches_plain(action)) != self.not
    }
}

impl Resources {
    pub fn cover(&self, arn: &str, context: &Context) -> Sure<'_> {
        let named = Sure::any(self.patterns.iter().map(|pattern| pattern.matches(arn, context)));
        if self.not { named.opposite() } else { named }
    }
}

impl Statement {
    /// Whether the statement covers an action given in lower case; perhaps where it names none.
    pub fn covers_action(&self, action: &str) -> bool {
        self.actions.as_ref().is_none_or(|actions| actions.cover(action))
    }

    /// It denies its actions everywhere and whatever the request, in an identity policy.
    pub fn denies_everything(&self) -> bool {
        let resources = self.resources.as_ref().filter(|resources| !resources.not);
        self.effect == Effect::Deny
            && self.principals.is_none()
            && self.conditions.is_empty()
            && self.unclear.is_empty()
            && resources.is_some_and(|resources| resources.patterns.iter().any(ArnPattern::is_everything))
    }

    /// Whether what is not understood leaves a doubt.
    pub fn clear(&self) -> Sure<'_> {
        match self.unclear.first() {
            Some(part) => Sure::Perhaps(Doubt::Unclear(part)),
            None => Sure::Yes,
        }
    }

    /// Whether every condition holds.
    pub fn conditions_hold(&self, context: &Context) -> Sure<'_> {
        Sure::all(self.conditions.iter().map(|condition| condition.holds(context)))
    }

    /// The context keys that decide whether the statement applies, in lower case.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let resources =
            self.resources.iter().flat_map(|resources| &resources.patterns).flat_map(ArnPattern::keys);
        self.conditions.iter().flat_map(Condition::keys).chain(resources)
    }
}
