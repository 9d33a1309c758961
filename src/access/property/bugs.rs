//! Faults that the property test seeds, one at a time, to see that it catches them. Each changes what the
//! evaluator gets to see, so that it decides as an evaluator with the fault would; the evaluator itself
//! has no part in it.

use super::Parsed;
use crate::access::condition::{Condition, Operand, Operator, Order, SetOf, Test};
use crate::access::pattern::{Pattern, Piece, Token};
use crate::access::policy::{Effect, Policy, Statement};
use crate::access::principal::Named;

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    DenyIgnored,
    LastStatement,
    NotAction,
    NotResource,
    NotPrincipal,
    /// Only the first value of a condition counts.
    FirstValue,
    /// Only the first condition of a statement counts.
    FirstCondition,
    FirstResource,
    FirstPrincipal,
    IfExists,
    Negation,
    ForAnyIsForAll,
    ForAllIsForAny,
    LessOrEqualIsLess,
    GreaterIsGreaterOrEqual,
    EqualsIsLessOrEqual,
    IgnoreCase,
    /// `*` stands for itself in `StringLike`.
    Star,
    /// `?` stands for itself, everywhere.
    QuestionMark,
    VariableIsText,
    DefaultIgnored,
    /// What a negated comparison finds is turned only for keys that are there.
    NegatedAbsent,
    NullTurned,
    BoundaryIgnored,
    SessionPolicyIgnored,
    FirstLevelOfScps,
    RcpsIgnored,
    ResourcePolicyIgnored,
    /// Another account's resource is taken for one of this account.
    OtherAccount,
    /// A trust policy need not allow.
    TrustNotNeeded,
    /// A grant to a role counts as one to its session.
    RoleIsSession,
    /// A grant to the account counts as one to everybody.
    AccountIsEverybody,
    /// Actions are compared with case.
    ActionCase,
    UnknownIsAbsent,
    AbsentIsUnknown,
}

impl Bug {
    pub const ALL: [Bug; 35] = [
        Bug::DenyIgnored,
        Bug::LastStatement,
        Bug::NotAction,
        Bug::NotResource,
        Bug::NotPrincipal,
        Bug::FirstValue,
        Bug::FirstCondition,
        Bug::FirstResource,
        Bug::FirstPrincipal,
        Bug::IfExists,
        Bug::Negation,
        Bug::ForAnyIsForAll,
        Bug::ForAllIsForAny,
        Bug::LessOrEqualIsLess,
        Bug::GreaterIsGreaterOrEqual,
        Bug::EqualsIsLessOrEqual,
        Bug::IgnoreCase,
        Bug::Star,
        Bug::QuestionMark,
        Bug::VariableIsText,
        Bug::DefaultIgnored,
        Bug::NegatedAbsent,
        Bug::NullTurned,
        Bug::BoundaryIgnored,
        Bug::SessionPolicyIgnored,
        Bug::FirstLevelOfScps,
        Bug::RcpsIgnored,
        Bug::ResourcePolicyIgnored,
        Bug::OtherAccount,
        Bug::TrustNotNeeded,
        Bug::RoleIsSession,
        Bug::AccountIsEverybody,
        Bug::ActionCase,
        Bug::UnknownIsAbsent,
        Bug::AbsentIsUnknown,
    ];

    /// Puts the fault in.
    pub fn seed(self, parsed: &mut Parsed) {
        match self {
            Bug::BoundaryIgnored => parsed.boundary = None,
            Bug::SessionPolicyIgnored => parsed.session = None,
            Bug::FirstLevelOfScps => parsed.service_control.truncate(1),
            Bug::RcpsIgnored => parsed.resource_control.clear(),
            Bug::ResourcePolicyIgnored => parsed.resource_policy = None,
            Bug::OtherAccount => parsed.elsewhere = false,
            Bug::TrustNotNeeded => parsed.must_allow = false,
            Bug::ActionCase => parsed.action = parsed.action.to_ascii_uppercase(),
            Bug::UnknownIsAbsent => parsed.unknown.clear(),
            Bug::AbsentIsUnknown => parsed.absent_is_unknown = true,
            _ => parsed.policies().for_each(|policy| self.policy(policy)),
        }
    }

    fn policy(self, policy: &mut Policy) {
        match self {
            Bug::DenyIgnored => policy.statements.retain(|statement| statement.effect != Effect::Deny),
            Bug::LastStatement => policy.statements.truncate(policy.statements.len().max(2) - 1),
            _ => policy.statements.iter_mut().for_each(|statement| self.statement(statement)),
        }
    }

    fn statement(self, statement: &mut Statement) {
        match self {
            Bug::NotAction => statement.actions.as_mut().unwrap().not = false,
            Bug::NotResource => statement.resources.as_mut().unwrap().not = false,
            Bug::FirstResource => statement.resources.as_mut().unwrap().patterns.truncate(1),
            Bug::FirstCondition => statement.conditions.truncate(1),
            _ => {}
        }
        if let Some(principals) = &mut statement.principals {
            match self {
                Bug::NotPrincipal => principals.not = false,
                Bug::FirstPrincipal => principals.list.truncate(1),
                _ => principals.list.iter_mut().for_each(|named| self.named(named)),
            }
        }
        let arns = statement.resources.iter_mut().flat_map(|resources| &mut resources.patterns);
        arns.for_each(|pattern| pattern.parts_mut().iter_mut().for_each(|part| self.pattern(part)));
        statement.conditions.iter_mut().for_each(|condition| self.condition(condition));
    }

    fn named(self, named: &mut Named) {
        match (self, &named) {
            (Bug::RoleIsSession, Named::Arn(arn)) if arn == super::random::ROLE => {
                *named = Named::Arn(super::random::SESSION.into());
            }
            (Bug::AccountIsEverybody, Named::Account(_)) => *named = Named::Everybody,
            _ => {}
        }
    }

    fn condition(self, condition: &mut Condition) {
        let Operator { set, test, negated, if_exists } = &mut condition.operator;
        match self {
            Bug::FirstValue => condition.values.truncate(1),
            Bug::IfExists => *if_exists = false,
            Bug::Negation => *negated = false,
            Bug::ForAnyIsForAll if *set == Some(SetOf::Any) => *set = Some(SetOf::All),
            Bug::ForAllIsForAny if *set == Some(SetOf::All) => *set = Some(SetOf::Any),
            Bug::IgnoreCase if *test == Test::StringEqualsIgnoreCase => *test = Test::StringEquals,
            Bug::NegatedAbsent if *negated && set.is_none() => *set = Some(SetOf::Any),
            _ => {}
        }
        if let Test::Numeric(order) | Test::Date(order) = test {
            *order = match (self, *order) {
                (Bug::LessOrEqualIsLess, Order::LessOrEqual) => Order::Less,
                (Bug::GreaterIsGreaterOrEqual, Order::Greater) => Order::GreaterOrEqual,
                (Bug::EqualsIsLessOrEqual, Order::Equal) => Order::LessOrEqual,
                (_, order) => order,
            };
        }
        for operand in &mut condition.values {
            match operand {
                Operand::Flag(flag) if self == Bug::NullTurned && *test == Test::Null => *flag = !*flag,
                Operand::Text(pattern) => self.pattern(pattern),
                _ => {}
            }
        }
    }

    fn pattern(self, pattern: &mut Pattern) {
        let letters =
            |text: &str| text.bytes().map(|byte| Piece::Plain(Token::Byte(byte))).collect::<Vec<Piece>>();
        let pieces = pattern.pieces().iter().flat_map(|piece| match (self, piece) {
            (Bug::Star, Piece::Plain(Token::Any)) => letters("*"),
            (Bug::QuestionMark, Piece::Plain(Token::One)) => letters("?"),
            (Bug::VariableIsText, Piece::Variable { key, .. }) => letters(&format!("${{{key}}}")),
            (Bug::DefaultIgnored, Piece::Variable { key, .. }) => {
                vec![Piece::Variable { key: key.clone(), default: None }]
            }
            (_, piece) => vec![piece.clone()],
        });
        *pattern = Pattern::of(pieces.collect());
    }
}
