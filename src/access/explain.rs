//! A decision, statement by statement.

use std::fmt;

use super::decide::{Decision, Layers, Request, decide};
use super::doubt::Sure;
use super::layer::{Layer, Part, Where, applies};
use super::policy::Effect;
use super::source::{Body, Source};

/// One statement that covers the action, and whether it applies.
#[derive(Clone, Debug)]
pub struct Line<'p> {
    pub layer: Layer,
    pub source: &'p Source,
    /// The statement's place; `None` for a policy that could not be read.
    pub place: Option<Where<'p>>,
    pub effect: Effect,
    pub applies: Sure<'p>,
    /// The part that decides whether it applies.
    pub part: Part,
}

/// The decision, and every statement that covers the action.
pub fn explain<'p>(request: &Request<'_>, layers: &Layers<'p>) -> (Decision<'p>, Vec<Line<'p>>) {
    let mut lines = vec![];
    let bounded = layers.boundary.is_some();
    let mut add = |layer: Layer, sources: &[&'p Source]| {
        for source in sources {
            lines.extend(of_source(request, layer, source, bounded));
        }
    };
    for level in &layers.service_control {
        add(Layer::ServiceControl, level);
    }
    for level in &layers.resource_control {
        add(Layer::ResourceControl, level);
    }
    add(Layer::Resource, layers.resource.policy.as_slice());
    add(Layer::Identity, &layers.identity);
    add(Layer::Boundary, layers.boundary.as_slice());
    add(Layer::Session, layers.session.as_deref().unwrap_or_default());
    (decide(request, layers), lines)
}

fn of_source<'p>(request: &Request<'_>, layer: Layer, source: &'p Source, bounded: bool) -> Vec<Line<'p>> {
    let Body::Read(indexed) = &source.body else {
        let applies = Sure::Perhaps(super::doubt::Doubt::Unread(&source.name));
        return vec![Line {
            layer,
            source,
            place: None,
            effect: Effect::Unclear,
            applies,
            part: Part::Whole,
        }];
    };
    let numbers = indexed.covering(request.action);
    let line = |number: usize| {
        let statement = indexed.policy.statements.get(number)?;
        let (covered, part) = applies(statement, layer, request, bounded);
        let place = Some(Where { layer, source, number });
        Some(Line { layer, source, place, effect: statement.effect, applies: covered.any(), part })
    };
    numbers.iter().filter_map(|number| line(usize::from(*number))).collect()
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.effect {
            Effect::Allow => "allows",
            Effect::Deny => "denies",
            Effect::Unclear => "allows or denies",
        };
        match self.place {
            Some(place) => write!(f, "{}: {place} ", self.layer.words())?,
            None => write!(f, "{}: {} ", self.layer.words(), self.source.name)?,
        }
        match (self.applies, self.part) {
            (Sure::Yes, _) => f.write_str(word),
            (Sure::Perhaps(doubt), _) => write!(f, "perhaps {word}: {doubt}"),
            (Sure::No, Part::Principal) => f.write_str("names another principal"),
            (Sure::No, Part::Resource) => f.write_str("names another resource"),
            (Sure::No, _) => f.write_str("has a condition that does not hold"),
        }
    }
}
