//! Patterns of policies: `*`, `?` and variables.

use super::context::{Context, Filled};
use super::doubt::{Doubt, Sure};

/// One place of a pattern without variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    Byte(u8),
    /// `*`: any text, also none.
    Any,
    /// `?`: one character.
    One,
}

/// One place of a pattern as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Plain(Token),
    /// `${key}` or `${key, 'default'}`; the key in lower case.
    Variable {
        key: String,
        default: Option<String>,
    },
}

/// A text with wildcards and variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    pieces: Vec<Piece>,
    /// The same, where there is no variable.
    plain: Option<Vec<Token>>,
}

/// How a pattern is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// `*` and `?` are wildcards.
    pub wildcards: bool,
    /// `${…}` is a variable: in policies of version 2012-10-17.
    pub variables: bool,
}

impl Pattern {
    pub fn parse(text: &str, reading: Reading) -> Pattern {
        let mut pieces = vec![];
        let mut rest = text;
        while let Some(first) = rest.bytes().next() {
            let variable = if reading.variables { variable(rest) } else { None };
            if let Some((piece, after)) = variable {
                pieces.push(piece);
                rest = after;
                continue;
            }
            let length = rest.chars().next().map_or(1, char::len_utf8);
            match first {
                b'*' if reading.wildcards => pieces.push(Piece::Plain(Token::Any)),
                b'?' if reading.wildcards => pieces.push(Piece::Plain(Token::One)),
                _ => pieces.extend(rest.bytes().take(length).map(|byte| Piece::Plain(Token::Byte(byte)))),
            }
            rest = &rest[length..];
        }
        Pattern::of(pieces)
    }

    pub fn of(pieces: Vec<Piece>) -> Pattern {
        let plain = pieces.iter().map(|piece| match piece {
            Piece::Plain(token) => Some(*token),
            Piece::Variable { .. } => None,
        });
        Pattern { plain: plain.collect(), pieces }
    }

    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The bytes before the first wildcard or variable: every text that matches begins so.
    pub fn start(&self) -> Vec<u8> {
        let byte = |piece: &Piece| match piece {
            Piece::Plain(Token::Byte(byte)) => Some(*byte),
            _ => None,
        };
        self.pieces.iter().map_while(byte).collect()
    }

    /// The keys of its variables, in lower case.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable { key, .. } => Some(key.as_str()),
            Piece::Plain(_) => None,
        })
    }

    /// It matches every text.
    pub fn is_everything(&self) -> bool {
        !self.pieces.is_empty() && self.pieces.iter().all(|piece| *piece == Piece::Plain(Token::Any))
    }

    /// The pattern with its variables filled: `Ok(None)` where one stands for nothing, the key where one
    /// is not known.
    pub fn filled(&self, context: &Context) -> Result<Option<Vec<Token>>, &str> {
        if let Some(plain) = &self.plain {
            return Ok(Some(plain.clone()));
        }
        let mut tokens = vec![];
        for piece in &self.pieces {
            match piece {
                Piece::Plain(token) => tokens.push(*token),
                Piece::Variable { key, default } => match context.fill(key, default.as_deref()) {
                    Filled::Text(text) => tokens.extend(text.bytes().map(Token::Byte)),
                    Filled::Nothing => return Ok(None),
                    Filled::Unknown => return Err(key),
                },
            }
        }
        Ok(Some(tokens))
    }

    /// Whether the text matches; case matters unless `fold`.
    pub fn matches(&self, text: &str, fold: bool, context: &Context) -> Sure<'_> {
        if let Some(plain) = &self.plain {
            return Sure::from(glob(plain, text.as_bytes(), fold));
        }
        match self.filled(context) {
            Ok(Some(tokens)) => Sure::from(glob(&tokens, text.as_bytes(), fold)),
            Ok(None) => Sure::No,
            Err(key) => Sure::Perhaps(Doubt::Key(key)),
        }
    }

    /// Whether the text matches, of a pattern that was parsed without variables.
    pub fn matches_plain(&self, text: &str) -> bool {
        self.plain.as_ref().is_some_and(|plain| glob(plain, text.as_bytes(), false))
    }
}

/// `${…}` at the beginning of the text, and what follows it.
fn variable(text: &str) -> Option<(Piece, &str)> {
    let (inside, after) = text.strip_prefix("${")?.split_once('}')?;
    let piece = match inside {
        // Written so, a character is itself.
        "*" | "?" | "$" => Piece::Plain(Token::Byte(inside.as_bytes().first().copied()?)),
        _ => {
            let (key, default) = match inside.split_once(',') {
                Some((key, default)) => (key, Some(default.trim().strip_prefix('\'')?.strip_suffix('\'')?)),
                None => (inside, None),
            };
            let key = key.trim().to_ascii_lowercase();
            Piece::Variable { key, default: default.map(str::to_owned) }
        }
    };
    Some((piece, after))
}

/// Whether a text matches, going back to the last `*` where it does not: at most length × length steps.
pub fn glob(pattern: &[Token], text: &[u8], fold: bool) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        let step = match pattern.get(p) {
            None if t == text.len() => return true,
            None => None,
            Some(Token::Any) => {
                star = Some((p, t));
                p += 1;
                continue;
            }
            Some(Token::One) => (t < text.len()).then(|| width(text, t)),
            Some(Token::Byte(byte)) => text.get(t).filter(|found| same(*byte, **found, fold)).map(|_| 1),
        };
        match (step, star) {
            (Some(width), _) => {
                p += 1;
                t += width;
            }
            (None, Some((at, from))) if from < text.len() => {
                let next = from + width(text, from);
                star = Some((at, next));
                p = at + 1;
                t = next;
            }
            (None, _) => return false,
        }
    }
}

fn same(a: u8, b: u8, fold: bool) -> bool {
    a == b || fold && a.eq_ignore_ascii_case(&b)
}

/// The bytes of the character that begins here.
fn width(text: &[u8], at: usize) -> usize {
    let next = text.iter().skip(at + 1).take_while(|byte| (**byte & 0xc0) == 0x80).count();
    1 + next
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: Reading = Reading { wildcards: true, variables: true };

    fn matches(pattern: &str, text: &str) -> bool {
        let mut context = Context::complete();
        context.is("aws:username", "an*a");
        Pattern::parse(pattern, BOTH).matches(text, false, &context) == Sure::Yes
    }

    #[test]
    fn wildcards_match_as_iam_does() {
        for (pattern, text) in [
            ("*", ""),
            ("a*c", "abbc"),
            ("a*b*c", "a-b-b-c"),
            ("?é?", "xéy"),
            ("??", "éé"),
            ("${*}${?}${$}", "*?$"),
            ("u/${aws:username}/*", "u/an*a/x"),
            ("u/${AWS:UserName}", "u/an*a"),
            ("${aws:none, 'me'}!", "me!"),
            ("${open", "${open"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("a", ""),
            ("?", ""),
            ("?", "ab"),
            ("a*c", "abd"),
            ("${*}", "x"),
            // What a variable stands for is no pattern.
            ("${aws:username}", "anna"),
            ("${aws:none}", ""),
            ("A", "a"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_long_pattern_ends() {
        let pattern = Pattern::parse(&"*a".repeat(2000), BOTH);
        assert!(!pattern.matches_plain(&"a".repeat(1999)));
    }

    #[test]
    fn a_variable_of_an_unknown_key_is_perhaps() {
        let pattern = Pattern::parse("${aws:x}", BOTH);
        assert_eq!(pattern.matches("", false, &Context::partial()), Sure::Perhaps(Doubt::Key("aws:x")));
    }
}
