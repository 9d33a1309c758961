//! Rules of EventBridge that carry security alerts.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use serde_json::{Value, json};

use super::{Ask, without_endpoint};
use crate::account::AlertRule;
use crate::aws::plain::PlainInput;
use crate::aws::plain::services::eventbridge;
use crate::aws::{Aws, AwsError, lists};

/// The services whose events are alerts, as a rule's pattern names them.
///
/// <https://docs.aws.amazon.com/eventbridge/latest/ref/event-delivery-level.html>
const SOURCES: &[&str] = &[
    "aws.access-analyzer",
    "aws.cloudwatch",
    "aws.config",
    "aws.guardduty",
    "aws.health",
    "aws.inspector",
    "aws.inspector2",
    "aws.macie",
    "aws.securityhub",
    "aws.signin",
    "aws.trustedadvisor",
];

/// Beginnings of what alerts call themselves, for a pattern without a source.
const KINDS: &[&str] = &["GuardDuty ", "Security Hub ", "Macie ", "Inspector", "Access Analyzer "];

/// Rules by ARN, of every event bus, that are on and match alerts, with what they invoke.
///
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListRules.html>
pub(super) async fn alert_rules(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, AlertRule>, AwsError> {
    let all = PlainInput::new(json!({ "Limit": 100 }));
    let list = aws.plain_list::<eventbridge::ListEventBuses>(region, all);
    let named = |item: Value, member: &str| item[member].as_str().map(str::to_owned);
    let buses: Vec<String> =
        lists::all(aws, list, |bus| named(bus, "Name")).await.map_err(without_endpoint)?;
    let of_bus = async |bus: &String| -> Result<Vec<(String, AlertRule)>, AwsError> {
        let input = PlainInput::new(json!({ "EventBusName": bus, "Limit": 100 }));
        let list = aws.plain_list::<eventbridge::ListRules>(region, input);
        let rules: Vec<(String, AlertRule)> = lists::all(aws, list, |rule| alert_rule(&rule)).await?;
        let with_targets = rules.into_iter().map(async |(arn, rule)| {
            let input = PlainInput::new(json!({ "EventBusName": bus, "Rule": rule.name, "Limit": 100 }));
            let list = aws.plain_list::<eventbridge::ListTargetsByRule>(region, input);
            let targets = lists::all(aws, list, |target| named(target, "Arn")).await?;
            Ok::<_, AwsError>((arn, AlertRule { targets, ..rule }))
        });
        try_join_all(with_targets).await
    };
    Ok(try_join_all(buses.iter().map(of_bus)).await?.into_iter().flatten().collect())
}

fn alert_rule(rule: &Value) -> Option<(String, AlertRule)> {
    let off = rule["State"] == "DISABLED";
    let about = rule["EventPattern"].as_str().map(alerts).unwrap_or_default();
    if off || about.is_empty() {
        return None;
    }
    let name = rule["Name"].as_str()?.to_owned();
    Some((rule["Arn"].as_str()?.to_owned(), AlertRule { name, about, targets: BTreeSet::new() }))
}

/// What of a pattern matches alerts. A pattern that cannot be read matches nothing: AWS takes none.
fn alerts(pattern: &str) -> BTreeSet<String> {
    let Ok(pattern) = serde_json::from_str::<Value>(pattern) else { return BTreeSet::new() };
    let (mut about, mut narrowed) = (BTreeSet::new(), false);
    below(&pattern, "source", &mut |matcher| {
        narrowed = true;
        about.extend(SOURCES.iter().filter(|source| matches(matcher, source)).map(|one| (*one).to_owned()));
    });
    if !narrowed {
        below(&pattern, "detail-type", &mut |matcher| {
            let named = text_of(matcher).filter(|text| KINDS.iter().any(|kind| text.starts_with(kind)));
            about.extend(named.map(str::to_owned));
        });
    }
    about
}

/// Every matcher of a field at the top of a pattern, also within `$or`.
fn below(pattern: &Value, field: &str, take: &mut impl FnMut(&Value)) {
    for matcher in pattern.get(field).and_then(Value::as_array).into_iter().flatten() {
        take(matcher);
    }
    for part in pattern.get("$or").and_then(Value::as_array).into_iter().flatten() {
        below(part, field, take);
    }
}

/// Does a matcher of a pattern match this source? One of a kind that is not known does: a rule too many is
/// looked at, and none too few.
///
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>
fn matches(matcher: &Value, source: &str) -> bool {
    match matcher {
        Value::String(text) => text == source,
        Value::Object(operator) => match operator.iter().next().map(|(name, value)| (name.as_str(), value)) {
            Some(("prefix", Value::String(start))) => source.starts_with(start.as_str()),
            Some(("suffix", Value::String(end))) => source.ends_with(end.as_str()),
            Some(("wildcard", Value::String(glob))) => {
                source.starts_with(glob.split('*').next().unwrap_or_default())
            }
            Some(("equals-ignore-case", Value::String(text))) => text.eq_ignore_ascii_case(source),
            Some(("exists", Value::Bool(exists))) => *exists,
            _ => true,
        },
        _ => false,
    }
}

fn text_of(matcher: &Value) -> Option<&str> {
    match matcher {
        Value::String(text) => Some(text),
        Value::Object(operator) => operator.get("prefix")?.as_str(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(pattern: &str) -> Vec<String> {
        alerts(pattern).into_iter().collect()
    }

    #[test]
    fn a_pattern_says_whose_alerts_it_matches() {
        assert_eq!(about(r#"{"source":["aws.guardduty","aws.ec2"]}"#), ["aws.guardduty"]);
        assert_eq!(about(r#"{"source":[{"prefix":"aws.ins"}]}"#), ["aws.inspector", "aws.inspector2"]);
        assert_eq!(about(r#"{"source":[{"wildcard":"aws.mac*"}]}"#), ["aws.macie"]);
        assert_eq!(about(r#"{"$or":[{"source":["aws.ec2"]},{"source":["aws.health"]}]}"#), ["aws.health"]);
        assert_eq!(about(r#"{"detail-type":["GuardDuty Finding"]}"#), ["GuardDuty Finding"]);
        assert_eq!(about(r#"{"source":[{"anything-but":["aws.ec2"]}]}"#).len(), SOURCES.len());
    }

    #[test]
    fn a_pattern_without_alerts_says_nothing() {
        assert_eq!(about(r#"{"source":["my.shop"],"detail-type":["GuardDuty Finding"]}"#), [""; 0]);
        assert_eq!(about(r#"{"detail-type":["Order placed"]}"#), [""; 0]);
        assert_eq!(about("no JSON"), [""; 0]);
    }
}
