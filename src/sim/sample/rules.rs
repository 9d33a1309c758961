//! The rules of the sample's Application Load Balancer.

use super::services::FRONT;
use super::set;
use crate::account::{FixedResponse, ListenerRule, RuleAction, RuleCondition, Tags};

/// Its listener for HTTPS, whose rules begin at 1.
pub(crate) const SECURE: &str = "arn:aws:elasticloadbalancing:us-east-1:111111111111:listener/app/front/50dc6c495c0c9188/f2f7dc8efc522ab2";
/// Its listener for HTTP, which has the default rule alone.
pub(crate) const PLAIN: &str = "arn:aws:elasticloadbalancing:us-east-1:111111111111:listener/app/front/50dc6c495c0c9188/a2f7dc8efc522ab2";

const WEB: &str = "arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/web/1";

/// The ARN of a rule of the listener for HTTPS.
pub(crate) fn rule_arn(id: &str) -> String {
    format!("{}/{id}", SECURE.replace(":listener/", ":listener-rule/"))
}

fn condition(field: &str, values: &[&str]) -> RuleCondition {
    RuleCondition { field: field.into(), values: set(values), ..RuleCondition::default() }
}

fn forward() -> RuleAction {
    RuleAction { kind: "forward".into(), target_groups: set(&[WEB]), ..RuleAction::default() }
}

fn action(kind: &str) -> RuleAction {
    RuleAction { kind: kind.into(), ..RuleAction::default() }
}

fn rule(priority: Option<u32>, conditions: &[RuleCondition], actions: Vec<RuleAction>) -> ListenerRule {
    ListenerRule {
        listener: SECURE.into(),
        balancer: FRONT.into(),
        protocol: "HTTPS".into(),
        port: 443,
        priority,
        conditions: conditions.iter().cloned().collect(),
        actions,
        tags: Tags::new(),
    }
}

pub(super) fn front() -> Vec<(String, ListenerRule)> {
    let plain = ListenerRule {
        listener: PLAIN.into(),
        protocol: "HTTP".into(),
        port: 80,
        ..rule(None, &[], vec![action("redirect")])
    };
    let header = RuleCondition { header: Some("X-Shop".into()), ..condition("http-header", &["a", "b*"]) };
    let host = RuleCondition {
        expressions: set(&["^shop[0-9]+\\."]),
        values: set(&[]),
        ..condition("host-header", &[])
    };
    let gone = FixedResponse { status: "410".into(), content_type: "text/plain".into(), body: "gone".into() };
    let gone = RuleAction { fixed: Some(gone), ..action("fixed-response") };
    let old = ListenerRule {
        tags: [("team".to_owned(), "front".to_owned())].into(),
        ..rule(Some(2), &[condition("path-pattern", &["/old/*"])], vec![gone])
    };
    vec![
        (format!("{}/0", PLAIN.replace(":listener/", ":listener-rule/")), plain),
        (rule_arn("0"), rule(None, &[], vec![forward()])),
        (
            rule_arn("1"),
            rule(
                Some(1),
                &[condition("path-pattern", &["/admin/*"]), host],
                vec![action("authenticate-oidc"), forward()],
            ),
        ),
        (rule_arn("2"), old),
        (
            rule_arn("3"),
            rule(
                Some(7),
                &[
                    header,
                    condition("query-string", &["=beta", "version=2"]),
                    condition("source-ip", &["192.0.2.0/24"]),
                    condition("http-request-method", &["GET"]),
                ],
                vec![forward()],
            ),
        ),
    ]
}
