//! What Application Load Balancers do with a request: the rules of their listeners; per Region.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Tags;

/// A rule of an HTTP or HTTPS listener, by its ARN.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListenerRule {
    /// ARN of the listener.
    pub listener: String,
    /// ARN of the load balancer.
    pub balancer: String,
    /// `HTTP` or `HTTPS`. Empty where states alone were read.
    pub protocol: String,
    /// 0 where states alone were read.
    pub port: i32,
    /// The lowest number is asked first. `None`: the default rule, which is asked last.
    pub priority: Option<u32>,
    /// All of them must hold.
    pub conditions: BTreeSet<RuleCondition>,
    pub actions: Vec<RuleAction>,
    /// Read of rules with a fixed response alone: a run makes no other.
    pub tags: Tags,
}

/// What a request must have.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleCondition {
    /// `host-header`, `path-pattern`, `http-header`, `http-request-method`, `query-string`, `source-ip`.
    pub field: String,
    /// The name of the header, of `http-header`.
    pub header: Option<String>,
    /// One of these, with `*` and `?`. Of `query-string`: `key=value`, the key may be empty.
    pub values: BTreeSet<String>,
    /// Or one of these regular expressions.
    pub expressions: BTreeSet<String>,
}

/// What is done with a request. Of an action that signs people in nothing but its kind is kept: AWS
/// never returns its secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleAction {
    /// `forward`, `fixed-response`, `redirect`, `authenticate-oidc`, `authenticate-cognito`,
    /// `jwt-validation`.
    pub kind: String,
    /// ARNs of the target groups of `forward`.
    pub target_groups: BTreeSet<String>,
    pub fixed: Option<FixedResponse>,
}

/// The answer of a load balancer itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FixedResponse {
    /// `503`.
    pub status: String,
    /// `text/html`.
    pub content_type: String,
    pub body: String,
}

impl ListenerRule {
    /// Does the rule take every request? It does without conditions, and where each asks for nothing.
    pub fn takes_all(&self) -> bool {
        let any = |condition: &RuleCondition| {
            matches!(&*condition.field, "path-pattern" | "host-header") && condition.values.contains("*")
        };
        self.conditions.iter().all(any)
    }

    /// The answer, where the load balancer itself gives it.
    pub fn fixed_response(&self) -> Option<&FixedResponse> {
        match &*self.actions {
            [RuleAction { fixed: Some(fixed), .. }] => Some(fixed),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(field: &str, values: &[&str]) -> RuleCondition {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        RuleCondition { field: field.into(), values, ..RuleCondition::default() }
    }

    #[test]
    fn a_rule_takes_all_where_no_condition_asks_for_anything() {
        let with = |conditions: &[RuleCondition]| ListenerRule {
            conditions: conditions.iter().cloned().collect(),
            ..ListenerRule::default()
        };
        assert!(with(&[]).takes_all());
        assert!(with(&[condition("path-pattern", &["/a", "*"])]).takes_all());
        // AWS takes a path of at least one character, and every path begins with one.
        assert!(!with(&[condition("path-pattern", &["/a"])]).takes_all());
        assert!(
            !with(&[condition("path-pattern", &["*"]), condition("source-ip", &["0.0.0.0/0"])]).takes_all()
        );
        assert!(!with(&[condition("http-request-method", &["*"])]).takes_all());
    }
}
