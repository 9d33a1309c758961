//! What one layer of policies says to a request.

use std::fmt;

use super::decide::Request;
use super::doubt::{Doubt, Sure};
use super::policy::{Effect, Statement};
use super::principal::{Covered, Form};
use super::source::{Body, Source};

/// Where a policy stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    Identity,
    Boundary,
    Session,
    ServiceControl,
    ResourceControl,
    Resource,
}

impl Layer {
    /// What a person calls it.
    pub fn words(self) -> &'static str {
        match self {
            Layer::Identity => "identity policies",
            Layer::Boundary => "permissions boundary",
            Layer::Session => "session policy",
            Layer::ServiceControl => "service control policies",
            Layer::ResourceControl => "resource control policies",
            Layer::Resource => "resource policy",
        }
    }
}

/// A statement, found again by a reader.
#[derive(Clone, Copy, Debug)]
pub struct Where<'p> {
    pub layer: Layer,
    pub source: &'p Source,
    /// The statement's place in the policy, from 0.
    pub number: usize,
}

impl PartialEq for Where<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.layer == other.layer && std::ptr::eq(self.source, other.source) && self.number == other.number
    }
}

impl Where<'_> {
    pub fn sid(&self) -> Option<&str> {
        self.source.policy()?.statements.get(self.number)?.sid.as_deref()
    }
}

impl fmt::Display for Where<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, statement {}", self.source.name, self.number + 1)?;
        self.sid().map_or(Ok(()), |sid| write!(f, " ({sid})"))
    }
}

/// What the statements of a layer say together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LayerAnswer<'p> {
    /// By the form in which the principal is named; in layers without principals as itself.
    pub allows: Covered<'p>,
    pub allowed_by: Option<Where<'p>>,
    pub denies: Sure<'p>,
    pub denied_by: Option<Where<'p>>,
}

/// The part of a statement that decides whether it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Principal,
    Resource,
    Condition,
    /// All parts, or a part that is not understood.
    Whole,
}

/// Whether a statement that covers the action applies to the request: by form of the principal, and the
/// part that decides.
pub(super) fn applies<'p>(
    statement: &'p Statement,
    layer: Layer,
    request: &Request<'_>,
    bounded: bool,
) -> (Covered<'p>, Part) {
    let mut covered = match &statement.principals {
        Some(principals) if layer == Layer::Resource => principals.cover(request.principal, bounded),
        // An RCP names everybody; other layers name nobody.
        Some(_) if layer == Layer::ResourceControl => as_itself(Sure::Yes),
        None if layer != Layer::Resource => as_itself(Sure::Yes),
        Some(_) => as_itself(Sure::Perhaps(Doubt::Unclear("Principal"))),
        None => as_itself(Sure::Perhaps(Doubt::Unclear("no Principal"))),
    };
    if covered.any() == Sure::No {
        return (covered, Part::Principal);
    }
    let resource = match &statement.resources {
        Some(resources) => resources.cover(request.resource, request.context),
        // A trust policy speaks of its role.
        None if layer == Layer::Resource => Sure::Yes,
        None => Sure::Perhaps(Doubt::Unclear("no Resource")),
    };
    if resource == Sure::No {
        return (Covered::default(), Part::Resource);
    }
    let conditions = statement.conditions_hold(request.context);
    if conditions == Sure::No {
        return (Covered::default(), Part::Condition);
    }
    let part = match (covered.any(), resource, conditions) {
        (Sure::Perhaps(_), ..) => Part::Principal,
        (_, Sure::Perhaps(_), _) => Part::Resource,
        (_, _, Sure::Perhaps(_)) => Part::Condition,
        _ => Part::Whole,
    };
    covered.limit(resource.and(conditions).and(statement.clear()));
    (covered, part)
}

fn as_itself(sure: Sure<'_>) -> Covered<'_> {
    let mut covered = Covered::default();
    covered.add(Form::Itself, sure);
    covered
}

/// Asks every statement of a layer.
pub(super) fn ask<'p>(
    request: &Request<'_>,
    layer: Layer,
    sources: &[&'p Source],
    bounded: bool,
) -> LayerAnswer<'p> {
    let mut answer = LayerAnswer::default();
    for &source in sources {
        let indexed = match &source.body {
            Body::Read(indexed) => indexed,
            Body::Unread(_) => {
                let doubt = Sure::Perhaps(Doubt::Unread(&source.name));
                answer.allows.join(&as_itself(doubt));
                answer.denies = answer.denies.or(doubt);
                continue;
            }
        };
        for number in indexed.covering(request.action).iter().map(|number| usize::from(*number)) {
            let Some(statement) = indexed.policy.statements.get(number) else { continue };
            let (covered, _) = applies(statement, layer, request, bounded);
            let whole = covered.any();
            let place = Some(Where { layer, source, number });
            if statement.effect != Effect::Deny {
                answer.allows.join(&covered);
                if whole == Sure::Yes && answer.allowed_by.is_none() {
                    answer.allowed_by = place;
                }
            }
            if statement.effect != Effect::Allow {
                answer.denies = answer.denies.or(whole);
                if whole == Sure::Yes && answer.denied_by.is_none() {
                    answer.denied_by = place;
                }
            }
        }
    }
    answer
}
