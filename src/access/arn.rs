//! ARNs: a pattern of one is compared part by part, so that a `*` does not reach over a colon.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>

use super::context::Context;
use super::doubt::{Doubt, Sure};
use super::pattern::{Pattern, Piece, Reading, Token};

/// `arn`, partition, service, Region, account, resource.
pub const PARTS: usize = 6;

/// What `Resource` or an ARN operator names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArnPattern {
    pub text: String,
    form: Form,
    /// It is written with all six parts.
    pub whole: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    /// `*`
    Everything,
    Parts(Vec<Pattern>),
    /// Neither: a text without colons.
    Unclear,
}

impl ArnPattern {
    pub fn parse(text: &str, variables: bool) -> ArnPattern {
        let whole = Pattern::parse(text, Reading { wildcards: true, variables });
        let mut parts = split(whole.pieces());
        let written = parts.len();
        let form = if whole.is_everything() {
            Form::Everything
        } else if written == 1 {
            Form::Unclear
        } else {
            // AWS completes an ARN that ends early with wildcards.
            while parts.len() < PARTS {
                parts.push(Pattern::of(vec![Piece::Plain(Token::Any)]));
            }
            Form::Parts(parts)
        };
        ArnPattern { text: text.to_owned(), form, whole: written == PARTS }
    }

    /// The parts; none of `*` and of what is no ARN.
    pub fn parts(&self) -> Option<&[Pattern]> {
        match &self.form {
            Form::Parts(parts) => Some(parts),
            _ => None,
        }
    }

    /// The parts, to change them.
    #[cfg(test)]
    pub fn parts_mut(&mut self) -> &mut [Pattern] {
        match &mut self.form {
            Form::Parts(parts) => parts,
            _ => &mut [],
        }
    }

    /// The keys of its variables, in lower case.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.parts().into_iter().flatten().flat_map(Pattern::keys)
    }

    pub fn is_everything(&self) -> bool {
        self.form == Form::Everything
    }

    /// Whether an ARN matches. `*` as the resource of a request stands for actions that know no resource:
    /// only `*` matches it.
    pub fn matches(&self, arn: &str, context: &Context) -> Sure<'_> {
        match &self.form {
            Form::Everything => Sure::Yes,
            Form::Unclear => Sure::Perhaps(Doubt::Unclear(&self.text)),
            Form::Parts(parts) => {
                let mut named = arn.splitn(PARTS, ':');
                let mut found = Sure::Yes;
                for part in parts {
                    let Some(text) = named.next() else { return Sure::No };
                    found = found.and(part.matches(text, false, context));
                    if found == Sure::No {
                        break;
                    }
                }
                found
            }
        }
    }
}

fn split(pieces: &[Piece]) -> Vec<Pattern> {
    let colon = |piece: &Piece| *piece == Piece::Plain(Token::Byte(b':'));
    pieces.splitn(PARTS, colon).map(|part| Pattern::of(part.to_vec())).collect()
}

/// The account that an ARN names, if it names one.
pub fn account(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| !account.is_empty())
}

/// The part after the account: `user/ops/anna`.
pub fn resource(arn: &str) -> &str {
    arn.splitn(PARTS, ':').nth(PARTS - 1).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, arn: &str) -> Sure<'static> {
        let pattern = Box::leak(Box::new(ArnPattern::parse(pattern, true)));
        pattern.matches(arn, &Context::complete())
    }

    #[test]
    fn a_wildcard_stays_within_its_part() {
        for (pattern, arn, expected) in [
            ("*", "*", true),
            ("*", "arn:aws:s3:::b", true),
            ("arn:aws:s3:::b*", "arn:aws:s3:::b/x/y", true),
            ("arn:aws:s3:::B", "arn:aws:s3:::b", false),
            ("arn:aws:logs:*:*:*", "arn:aws:logs:eu-west-1:1:log-group:a:*", true),
            ("arn:aws:logs:*:log-group:a", "arn:aws:logs:eu-west-1:1:log-group:a", false),
            ("arn:aws:sqs", "arn:aws:sqs:eu-west-1:1:queue", true),
            ("arn:aws:sqs:*", "arn:aws:sqs:eu-west-1:1:queue", true),
            ("arn:*:*:*:*:*", "*", false),
            ("arn:aws:iam::1?:root", "arn:aws:iam::12:root", true),
        ] {
            assert_eq!(matches(pattern, arn), Sure::from(expected), "{pattern} {arn}");
        }
        assert!(matches!(matches("bucket*", "arn:aws:s3:::bucket"), Sure::Perhaps(_)));
    }
}
