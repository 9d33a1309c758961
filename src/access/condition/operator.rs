//! The operators of conditions.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

/// An operator as a policy names it: `ForAnyValue:StringNotLikeIfExists`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operator {
    pub set: Option<SetOf>,
    pub test: Test,
    /// `…Not…`: true where none of the policy's values matches.
    pub negated: bool,
    pub if_exists: bool,
}

/// How a key of several values is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SetOf {
    /// Every value of the request must pass; none at all passes.
    All,
    /// One value of the request must pass.
    Any,
}

/// How one value of the request is compared with one of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Test {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    Numeric(Order),
    Date(Order),
    Bool,
    BinaryEquals,
    IpAddress,
    /// `ArnEquals` and `ArnLike` are the same.
    Arn,
    Null,
}

/// The request's value stands so to the policy's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    pub fn holds(self, found: std::cmp::Ordering) -> bool {
        match self {
            Order::Equal => found.is_eq(),
            Order::Less => found.is_lt(),
            Order::LessOrEqual => found.is_le(),
            Order::Greater => found.is_gt(),
            Order::GreaterOrEqual => found.is_ge(),
        }
    }
}

/// Every operator without its prefix and suffix; whether it is negated.
pub const NAMES: [(&str, Test, bool); 27] = [
    ("StringEquals", Test::StringEquals, false),
    ("StringNotEquals", Test::StringEquals, true),
    ("StringEqualsIgnoreCase", Test::StringEqualsIgnoreCase, false),
    ("StringNotEqualsIgnoreCase", Test::StringEqualsIgnoreCase, true),
    ("StringLike", Test::StringLike, false),
    ("StringNotLike", Test::StringLike, true),
    ("NumericEquals", Test::Numeric(Order::Equal), false),
    ("NumericNotEquals", Test::Numeric(Order::Equal), true),
    ("NumericLessThan", Test::Numeric(Order::Less), false),
    ("NumericLessThanEquals", Test::Numeric(Order::LessOrEqual), false),
    ("NumericGreaterThan", Test::Numeric(Order::Greater), false),
    ("NumericGreaterThanEquals", Test::Numeric(Order::GreaterOrEqual), false),
    ("DateEquals", Test::Date(Order::Equal), false),
    ("DateNotEquals", Test::Date(Order::Equal), true),
    ("DateLessThan", Test::Date(Order::Less), false),
    ("DateLessThanEquals", Test::Date(Order::LessOrEqual), false),
    ("DateGreaterThan", Test::Date(Order::Greater), false),
    ("DateGreaterThanEquals", Test::Date(Order::GreaterOrEqual), false),
    ("Bool", Test::Bool, false),
    ("BinaryEquals", Test::BinaryEquals, false),
    ("IpAddress", Test::IpAddress, false),
    ("NotIpAddress", Test::IpAddress, true),
    ("ArnEquals", Test::Arn, false),
    ("ArnLike", Test::Arn, false),
    ("ArnNotEquals", Test::Arn, true),
    ("ArnNotLike", Test::Arn, true),
    ("Null", Test::Null, false),
];

impl Operator {
    /// The operator of this name. `Null` knows no `IfExists`.
    pub fn parse(name: &str) -> Option<Operator> {
        let (set, bare) = match name.split_once(':') {
            Some(("ForAllValues", bare)) => (Some(SetOf::All), bare),
            Some(("ForAnyValue", bare)) => (Some(SetOf::Any), bare),
            Some(_) => return None,
            None => (None, name),
        };
        let (bare, if_exists) = match bare.strip_suffix("IfExists") {
            Some(bare) => (bare, true),
            None => (bare, false),
        };
        let (_, test, negated) = NAMES.iter().find(|(known, ..)| *known == bare)?;
        let null = *test == Test::Null;
        (!null || (!if_exists && set.is_none())).then_some(Operator {
            set,
            test: *test,
            negated: *negated,
            if_exists,
        })
    }
}
