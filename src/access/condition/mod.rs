//! Conditions: one operator, one key, the policy's values.
//!
//! Values of one condition are joined by OR (by NOR under a negated operator), conditions of a statement
//! by AND.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>

pub mod operator;
#[cfg(test)]
mod tests;
mod values;

pub use operator::{Operator, Order, SetOf, Test};
pub use values::{Operand, moment};

use super::context::{Context, Held};
use super::doubt::{Doubt, Sure};

/// One line of a `Condition` block.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    pub operator: Operator,
    /// In lower case.
    pub key: String,
    pub values: Vec<Operand>,
}

impl Condition {
    pub fn holds(&self, context: &Context) -> Sure<'_> {
        let held = context.get(&self.key);
        let Operator { set, test, negated, if_exists } = self.operator;
        if test == Test::Null {
            return self.is_null(&held);
        }
        match held {
            Held::Unknown => Sure::Perhaps(Doubt::Key(&self.key)),
            // A key that the request does not carry: a negated comparison is true, another false.
            Held::Absent => Sure::from(match set {
                _ if if_exists => true,
                Some(SetOf::All) => true,
                Some(SetOf::Any) => false,
                None => negated,
            }),
            Held::Between(from, until) => {
                let matched = self.values.iter().map(|v| v.matches_span(test, from, until, &self.key));
                turned(Sure::any(matched), negated)
            }
            Held::Values(found) => {
                let passes = |value: &String| {
                    let matched = self.values.iter().map(|operand| operand.matches(test, value, context));
                    turned(Sure::any(matched), negated)
                };
                match (set, found) {
                    (None, [one]) => passes(one),
                    (None, _) => Sure::Perhaps(Doubt::SeveralValues(&self.key)),
                    (Some(SetOf::All), _) => Sure::all(found.iter().map(passes)),
                    (Some(SetOf::Any), _) => Sure::any(found.iter().map(passes)),
                }
            }
        }
    }

    /// The keys that decide: its own, and those of variables in its values. In lower case.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let variables = self.values.iter().flat_map(|operand| -> Vec<&str> {
            match operand {
                Operand::Text(pattern) => pattern.keys().collect(),
                Operand::Arn(pattern) => pattern.keys().collect(),
                _ => vec![],
            }
        });
        std::iter::once(self.key.as_str()).chain(variables)
    }

    /// `Null`: true where the request does not carry the key, false where it does.
    fn is_null(&self, held: &Held<'_>) -> Sure<'_> {
        let absent = match held {
            Held::Unknown => return Sure::Perhaps(Doubt::Key(&self.key)),
            Held::Absent => true,
            Held::Values(_) | Held::Between(..) => false,
        };
        Sure::any(self.values.iter().map(|operand| match operand {
            Operand::Flag(wanted) => Sure::from(*wanted == absent),
            Operand::Unclear(text) => Sure::Perhaps(Doubt::Unclear(text)),
            _ => Sure::No,
        }))
    }
}

fn turned(found: Sure<'_>, negated: bool) -> Sure<'_> {
    if negated { found.opposite() } else { found }
}
