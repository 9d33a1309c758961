//! A resource that several patterns have in common: asking about it answers "is there any resource for
//! which …".
//!
//! Where all patterns have a `*`, the witness has a mark that no policy contains. A deny that matches the
//! witness therefore matches by a `*` of its own, and so matches everything that the patterns have in
//! common; one that does not match leaves at least the witness. Where patterns overlap in several ways
//! (`b/*` and `*/*` in `b/x` and in `b/x/y`), the shortest and the longest are tried.

use std::collections::HashSet;

use super::pattern::{Token, glob};

/// Stands where any text may stand. AWS allows this letter in no name.
pub const MARK: &str = "\u{1}any\u{1}";

/// States that are tried before the search gives up.
const MOST: usize = 20_000;

/// What the search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Witness {
    Found(String),
    /// The patterns have nothing in common.
    Nothing,
    /// The patterns are too long to tell.
    TooLong,
}

/// A step of the search: the state before it, and what the step adds to the text.
struct Node {
    at: Vec<usize>,
    parent: usize,
    added: Added,
}

#[derive(Clone, Copy)]
enum Added {
    Nothing,
    Byte(u8),
    Mark,
}

/// Which texts are preferred, where patterns have several in common that no `*` joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefer {
    /// A `*` ends where what follows it fits: `b/*` of `b/*` and `*/*`.
    Short,
    /// A `*` goes on as long as it can: `b/*/*` of the same.
    Long,
}

/// A text that matches every pattern.
pub fn of(patterns: &[&[Token]], prefer: Prefer) -> Witness {
    // A `*` alone leaves the others as they are, and most parts of an ARN are the same or have no wildcard.
    let mut others: Vec<&[Token]> = vec![];
    for pattern in patterns.iter().filter(|pattern| pattern[..] != [Token::Any]) {
        if !others.contains(pattern) {
            others.push(pattern);
        }
    }
    match &others[..] {
        [] => Witness::Found(MARK.to_owned()),
        [one] => Witness::Found(filled(one)),
        many => match many.iter().find_map(|pattern| literal(pattern)) {
            Some(text) if many.iter().all(|pattern| glob(pattern, &text, false)) => {
                Witness::Found(String::from_utf8_lossy(&text).into_owned())
            }
            Some(_) => Witness::Nothing,
            None => search(many, prefer),
        },
    }
}

/// A text that matches one pattern.
fn filled(pattern: &[Token]) -> String {
    let mut bytes = vec![];
    for token in pattern {
        match token {
            Token::Byte(byte) => bytes.push(*byte),
            Token::One => bytes.push(b'x'),
            Token::Any => bytes.extend(MARK.bytes()),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The text of a pattern without wildcards.
fn literal(pattern: &[Token]) -> Option<Vec<u8>> {
    let byte = |token: &Token| match token {
        Token::Byte(byte) => Some(*byte),
        Token::Any | Token::One => None,
    };
    pattern.iter().map(byte).collect()
}

fn search(patterns: &[&[Token]], prefer: Prefer) -> Witness {
    let mut nodes = vec![Node { at: vec![0; patterns.len()], parent: 0, added: Added::Nothing }];
    let mut open = vec![0];
    let mut seen = HashSet::new();
    while let Some(current) = open.pop() {
        if nodes.len() > MOST {
            return Witness::TooLong;
        }
        let at = nodes[current].at.clone();
        if !seen.insert(at.clone()) {
            continue;
        }
        if at.iter().zip(patterns).all(|(place, pattern)| *place == pattern.len()) {
            return Witness::Found(text(&nodes, current));
        }
        for (at, added) in steps(&at, patterns, prefer) {
            nodes.push(Node { at, parent: current, added });
            open.push(nodes.len() - 1);
        }
    }
    Witness::Nothing
}

/// The states that follow one, the preferred last.
fn steps(at: &[usize], patterns: &[&[Token]], prefer: Prefer) -> Vec<(Vec<usize>, Added)> {
    let heads: Vec<Option<Token>> =
        at.iter().zip(patterns).map(|(place, pattern)| pattern.get(*place).copied()).collect();
    let all_any = heads.iter().all(|head| *head == Some(Token::Any));
    let mut steps = vec![];
    // A `*` ends. Where all stand at one, the mark is put in before.
    for (one, _) in heads.iter().enumerate().filter(|(_, head)| **head == Some(Token::Any)) {
        let mut next = at.to_vec();
        next[one] += 1;
        steps.push((next, if all_any { Added::Mark } else { Added::Nothing }));
    }
    let byte = heads.iter().find_map(|head| match head {
        Some(Token::Byte(byte)) => Some(*byte),
        _ => None,
    });
    let byte = byte.or_else(|| heads.contains(&Some(Token::One)).then_some(b'x'));
    let takes = |head: &Option<Token>, byte: u8| match head {
        Some(Token::Byte(own)) => *own == byte,
        Some(Token::Any | Token::One) => true,
        None => false,
    };
    if let Some(byte) = byte.filter(|byte| heads.iter().all(|head| takes(head, *byte))) {
        let stays = |head: &Option<Token>| *head == Some(Token::Any);
        let next = at.iter().zip(&heads).map(|(place, head)| place + usize::from(!stays(head))).collect();
        steps.push((next, Added::Byte(byte)));
        if prefer == Prefer::Short {
            // A step that ends a `*` before the same letter comes first.
            let ends = |(one, head): (usize, &Option<Token>)| {
                let after = patterns[one].get(at[one] + 1);
                *head == Some(Token::Any) && after == Some(&Token::Byte(byte))
            };
            if let Some(one) = heads.iter().enumerate().position(ends) {
                let mut next = at.to_vec();
                next[one] += 1;
                steps.push((next, Added::Nothing));
            }
        }
    }
    steps
}

fn text(nodes: &[Node], last: usize) -> String {
    let mut path = vec![];
    let mut current = last;
    while current != 0 {
        path.push(nodes[current].added);
        current = nodes[current].parent;
    }
    let mut bytes = vec![];
    for added in path.into_iter().rev() {
        match added {
            Added::Nothing => {}
            Added::Byte(byte) => bytes.push(byte),
            Added::Mark => bytes.extend(MARK.bytes()),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The witness as a person reads it: `*` for the mark.
pub fn shown(witness: &str) -> String {
    let marked = witness.replace(MARK, "*");
    let mut shown = String::with_capacity(marked.len());
    for letter in marked.chars() {
        if letter != '*' || !shown.ends_with('*') {
            shown.push(letter);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::context::Context;
    use crate::access::pattern::{Pattern, Reading};

    fn tokens(text: &str) -> Vec<Token> {
        let pattern = Pattern::parse(text, Reading { wildcards: true, variables: false });
        pattern.filled(&Context::complete()).unwrap().unwrap()
    }

    #[test]
    fn a_witness_matches_every_pattern() {
        for (patterns, expected) in [
            (&["*", "*/*"][..], Some("*/*")),
            (&["b/*", "*/*"], Some("b/*")),
            (&["b/x", "*/*"], Some("b/x")),
            (&["*-prod/*", "team-*", "*/*"], Some("team-prod/*")),
            (&["a?c", "ab*"], Some("abc")),
            (&["??", "*"], Some("xx")),
            (&["a*", "b*"], None),
            (&["b", "*/*"], None),
            (&["", "*"], Some("")),
        ] {
            let all: Vec<Vec<Token>> = patterns.iter().map(|text| tokens(text)).collect();
            let all: Vec<&[Token]> = all.iter().map(Vec::as_slice).collect();
            match (of(&all, Prefer::Short), expected) {
                (Witness::Found(found), Some(expected)) => {
                    assert_eq!(shown(&found), expected);
                    assert!(all.iter().all(|pattern| glob(pattern, found.as_bytes(), false)));
                }
                (found, expected) => assert_eq!((found, expected), (Witness::Nothing, None), "{patterns:?}"),
            }
        }
    }

    #[test]
    fn patterns_made_to_be_slow_end() {
        let (a, b) = (tokens(&"*a".repeat(400)), tokens(&"*b".repeat(400)));
        assert_ne!(of(&[&a, &b, &a], Prefer::Long), Witness::Nothing);
    }
}
