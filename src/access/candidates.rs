//! The resources that allows name, and what they have in common.

use super::arn::{ArnPattern, PARTS};
use super::context::Context;
use super::pattern::{Pattern, Piece, Reading, Token};
use super::policy::{Effect, Statement};
use super::source::{Asked, Body, Source};
use super::witness::{self, Prefer, Witness};

/// The parts of an ARN, as patterns.
pub(super) type Parts = Vec<Vec<Token>>;

/// An ARN's parts without variables.
pub(super) fn tokens(text: &str) -> Parts {
    let part = |text: &str| {
        let pattern = Pattern::parse(text, Reading { wildcards: true, variables: false });
        let plain = pattern.pieces().iter().filter_map(|piece| match piece {
            Piece::Plain(token) => Some(*token),
            Piece::Variable { .. } => None,
        });
        plain.collect()
    };
    text.splitn(PARTS, ':').map(part).collect()
}

/// An ARN that the template and every one of the patterns match.
pub(super) fn common(template: &[Vec<Token>], patterns: &[&Parts], prefer: Prefer) -> Witness {
    let mut found = vec![];
    for (place, own) in template.iter().enumerate() {
        let mut all: Vec<&[Token]> = vec![own];
        all.extend(patterns.iter().filter_map(|parts| parts.get(place)).map(Vec::as_slice));
        match witness::of(&all, prefer) {
            Witness::Found(text) => found.push(text),
            other => return other,
        }
    }
    Witness::Found(found.join(":"))
}

/// The resources that the allows of these policies name; `None` among them for all resources.
pub(super) fn named<'b>(sources: &[&'b Source], asked: &Asked<'_>) -> Vec<Option<&'b ArnPattern>> {
    let mut all: Vec<Option<&ArnPattern>> = vec![];
    let mut add = |pattern: Option<&'b ArnPattern>| {
        if !all.contains(&pattern) {
            all.push(pattern);
        }
    };
    for source in sources {
        let Body::Read(indexed) = &source.body else {
            add(None);
            continue;
        };
        for number in indexed.covering(asked).iter() {
            let Some(statement) = indexed.policy.statements.get(usize::from(*number)) else { continue };
            if statement.effect == Effect::Deny {
                continue;
            }
            match statement.resources.as_ref().filter(|resources| !resources.not) {
                // `*`, or no ARN: any resource may be meant.
                Some(resources) => {
                    resources.patterns.iter().for_each(|one| add(one.parts().is_some().then_some(one)));
                }
                None => add(None),
            }
        }
    }
    all
}

/// What a pattern covers with its variables filled.
pub(super) enum Extent {
    /// A variable has no value.
    Nothing,
    /// All resources, or any: a variable is not known.
    Anything,
    Some(Parts),
}

pub(super) fn filled(pattern: Option<&ArnPattern>, context: &Context) -> Extent {
    let Some(parts) = pattern.and_then(ArnPattern::parts) else { return Extent::Anything };
    match parts.iter().map(|part| part.filled(context)).collect() {
        Ok(Some(parts)) => Extent::Some(parts),
        Ok(None) => Extent::Nothing,
        Err(_) => Extent::Anything,
    }
}

/// Whether one of these policies denies the action everywhere, whatever the request.
pub(super) fn denied_everywhere(sources: &[&Source], asked: &Asked<'_>) -> bool {
    sources.iter().any(|source| {
        let Body::Read(indexed) = &source.body else { return false };
        let covering = indexed.covering(asked);
        let mut statements = covering.iter().filter_map(|n| indexed.policy.statements.get(usize::from(*n)));
        statements.any(Statement::denies_everything)
    })
}

/// Each way, with each of the layer's resources besides.
pub(super) fn longer<'p>(ways: &[Vec<&'p Parts>], layer: &'p [Option<Parts>]) -> Vec<Vec<&'p Parts>> {
    let one = |way: &Vec<&'p Parts>, parts: &'p Option<Parts>| way.iter().copied().chain(parts).collect();
    ways.iter().flat_map(|way| layer.iter().map(move |parts| one(way, parts))).collect()
}
