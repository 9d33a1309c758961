use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, FixedResponseActionConfig, PathPatternConditionConfig, RuleCondition,
    RulePriorityPair,
};

use crate::account::ListenerRule;
use crate::aws::ledger::Phase;
use crate::aws::{Aws, AwsError};
use crate::collect::load_balancers::rules::of_listener;
use crate::sim::sample::{LINK, SECURE, rule_arn};
use crate::sim::{Simulation, sample};

fn account() -> (Simulation, Aws) {
    let simulation = Simulation::new(sample::with_services());
    let aws = Aws::simulated(simulation.clone());
    (simulation, aws)
}

fn code<T, E>(answer: Result<T, E>) -> String
where
    AwsError: From<E>,
{
    answer.err().and_then(|error| AwsError::from(error).code).unwrap_or_default()
}

fn every_path() -> RuleCondition {
    let config = PathPatternConditionConfig::builder().values("*").build();
    RuleCondition::builder().field("path-pattern").path_pattern_config(config).build()
}

fn answer(status: &str, body: &str) -> Action {
    let fixed = FixedResponseActionConfig::builder().status_code(status).content_type("text/html");
    Action::builder()
        .r#type(ActionTypeEnum::FixedResponse)
        .fixed_response_config(fixed.message_body(body).build())
        .build()
}

#[tokio::test]
async fn a_rule_is_made_where_its_number_is_free_and_its_answer_is_one() {
    let (_, aws) = account();
    let _phase = aws.enter(Phase::Apply);
    let client = aws.elbv2(sample::REGION);
    let create = |listener: &str, priority: i32, action: Action| {
        client.create_rule().listener_arn(listener).priority(priority).actions(action)
    };
    let link = format!("{}/0000000000000000", LINK.replace(":loadbalancer/", ":listener/"));
    for (listener, priority, action, expected) in [
        ("arn:none", 1, answer("503", "x"), "ListenerNotFound"),
        (&*link, 1, answer("503", "x"), "UnsupportedProtocol"),
        (SECURE, 0, answer("503", "x"), "ValidationError"),
        (SECURE, 50_001, answer("503", "x"), "ValidationError"),
        (SECURE, 1, answer("503", "x"), "PriorityInUse"),
        (SECURE, 3, answer("302", "x"), "ValidationError"),
        (SECURE, 3, answer("503", &"x".repeat(1_025)), "ValidationError"),
    ] {
        let call = create(listener, priority, action).conditions(every_path());
        assert_eq!(code(call.send().await), expected, "{listener} {priority}");
    }
    assert_eq!(code(create(SECURE, 3, answer("503", "x")).send().await), "ValidationError");
    let made = create(SECURE, 3, answer("503", &"停".repeat(1_024))).conditions(every_path());
    assert!(made.send().await.is_ok());
}

#[tokio::test]
async fn priorities_are_set_by_the_order_that_results() {
    let (simulation, aws) = account();
    let _phase = aws.enter(Phase::Apply);
    let set = |pairs: &[(&str, i32)]| {
        let pair = |(id, priority): &(&str, i32)| {
            RulePriorityPair::builder().rule_arn(rule_arn(id)).priority(*priority).build()
        };
        aws.elbv2(sample::REGION)
            .set_rule_priorities()
            .set_rule_priorities(Some(pairs.iter().map(pair).collect()))
            .send()
    };
    let numbers = || {
        let account = simulation.account();
        let rules = account.regions[sample::REGION].listener_rules.read().unwrap().clone();
        ["1", "2", "3"].map(|id| rules[&rule_arn(id)].priority.unwrap())
    };
    assert_eq!(code(set(&[("1", 2)]).await), "PriorityInUse");
    assert_eq!(code(set(&[("0", 9)]).await), "OperationNotPermitted");
    assert_eq!(code(set(&[("9", 9)]).await), "RuleNotFound");
    assert_eq!(code(set(&[("1", 0)]).await), "ValidationError");
    assert_eq!(numbers(), [1, 2, 7]);
    set(&[("1", 2), ("2", 3)]).await.unwrap();
    assert_eq!(numbers(), [2, 3, 7]);
}

#[tokio::test]
async fn the_default_rule_stays_and_another_goes() {
    let (_, aws) = account();
    let _phase = aws.enter(Phase::Apply);
    let client = aws.elbv2(sample::REGION);
    let delete = |id: &str| client.delete_rule().rule_arn(rule_arn(id)).send();
    assert_eq!(code(delete("0").await), "OperationNotPermitted");
    assert_eq!(code(delete("9").await), "RuleNotFound");
    delete("2").await.unwrap();
    let left = of_listener(&aws, sample::REGION, SECURE).await.unwrap();
    let left: Vec<Option<u32>> = left.values().map(|rule: &ListenerRule| rule.priority).collect();
    assert_eq!(left, [None, Some(1), Some(7)]);
}
