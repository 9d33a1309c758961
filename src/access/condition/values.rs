//! Values of conditions: one of the request compared with one of the policy.

use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;

use super::operator::{Order, Test};
use crate::access::arn::{ArnPattern, PARTS};
use crate::access::context::Context;
use crate::access::doubt::{Doubt, Sure};
use crate::access::pattern::{Pattern, Reading};

/// A value of a policy, read as its operator asks.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    Text(Pattern),
    Number(f64),
    Moment(Timestamp),
    Flag(bool),
    Net(IpNet),
    Arn(ArnPattern),
    /// Not what the operator compares.
    Unclear(String),
}

impl Operand {
    /// Reads a value. Variables stand in texts and ARNs only.
    pub fn parse(test: Test, text: &str, variables: bool) -> Operand {
        let read = match test {
            Test::StringEquals | Test::StringEqualsIgnoreCase => {
                Some(Operand::Text(Pattern::parse(text, Reading { wildcards: false, variables })))
            }
            Test::StringLike => {
                Some(Operand::Text(Pattern::parse(text, Reading { wildcards: true, variables })))
            }
            Test::BinaryEquals => {
                Some(Operand::Text(Pattern::parse(text, Reading { wildcards: false, variables: false })))
            }
            Test::Numeric(_) => number(text).map(Operand::Number),
            Test::Date(_) => moment(text).map(Operand::Moment),
            Test::Bool | Test::Null => flag(text).map(Operand::Flag),
            Test::IpAddress => net(text).map(Operand::Net),
            Test::Arn => arn(text, variables),
        };
        read.unwrap_or_else(|| Operand::Unclear(text.to_owned()))
    }

    /// Whether a value of the request matches. A value that is none of the operator's kind matches nothing.
    pub fn matches(&self, test: Test, value: &str, context: &Context) -> Sure<'_> {
        let ordered = |order: Order, found: Option<std::cmp::Ordering>| {
            Sure::from(found.is_some_and(|found| order.holds(found)))
        };
        match (self, test) {
            (Operand::Unclear(text), _) => Sure::Perhaps(Doubt::Unclear(text)),
            (Operand::Text(pattern), _) => {
                pattern.matches(value, test == Test::StringEqualsIgnoreCase, context)
            }
            (Operand::Number(wanted), Test::Numeric(order)) => {
                ordered(order, number(value).and_then(|found| found.partial_cmp(wanted)))
            }
            (Operand::Moment(wanted), Test::Date(order)) => {
                ordered(order, moment(value).map(|found| found.cmp(wanted)))
            }
            (Operand::Flag(wanted), _) => Sure::from(flag(value) == Some(*wanted)),
            (Operand::Net(net), _) => {
                Sure::from(value.parse::<IpAddr>().is_ok_and(|address| net.contains(&address)))
            }
            (Operand::Arn(pattern), _) if is_arn(value) => pattern.matches(value, context),
            _ => Sure::No,
        }
    }

    /// Whether a moment of which only a span is known matches.
    pub fn matches_span<'p>(
        &'p self,
        test: Test,
        from: Timestamp,
        until: Timestamp,
        key: &'p str,
    ) -> Sure<'p> {
        let (Operand::Moment(wanted), Test::Date(order)) = (self, test) else {
            return Sure::Perhaps(Doubt::Key(key));
        };
        let ends = (order.holds(from.cmp(wanted)), order.holds(until.cmp(wanted)));
        match (order, ends) {
            // A moment within the span may be equal although neither end is.
            (Order::Equal, _) if from < *wanted && *wanted < until => Sure::Perhaps(Doubt::Key(key)),
            (_, (true, true)) => Sure::Yes,
            (_, (false, false)) => Sure::No,
            _ => Sure::Perhaps(Doubt::Key(key)),
        }
    }
}

fn is_arn(text: &str) -> bool {
    text.starts_with("arn:") && text.splitn(PARTS, ':').count() == PARTS
}

/// An ARN operator compares six parts; what has fewer is not said to match.
fn arn(text: &str, variables: bool) -> Option<Operand> {
    let pattern = ArnPattern::parse(text, variables);
    pattern.whole.then_some(Operand::Arn(pattern))
}

/// An integer or a decimal number; `1e5`, `inf` and `NaN` are none.
pub fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    plain.then(|| text.parse().ok()).flatten()
}

/// `true` or `false`, in any case.
fn flag(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// An address alone is a network of one.
fn net(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// A moment in a form of ISO 8601, or as seconds since 1970.
pub fn moment(text: &str) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse::<i64>()
        && text.len() > 4
    {
        return Timestamp::from_second(seconds).ok();
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    let day = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    day.parse::<civil::Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp())
}
