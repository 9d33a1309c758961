use std::collections::BTreeMap;

use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum};

use super::*;
use crate::account::{IamGroup, Principals, Seen, User};
use crate::aws::Aws;
use crate::sim::{Simulation, sample};

const ANNA: &str = "arn:aws:iam::123456789012:user/anna";
const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/limit";

/// Anna's own policies, those of a group of hers, and a boundary.
fn aws(own: &[&str], group: &str, boundary: Option<&str>) -> Aws {
    let inline = |texts: &[&str]| {
        let named = texts.iter().enumerate();
        named.map(|(n, text)| (format!("p{n}"), (*text).to_owned())).collect::<BTreeMap<_, _>>()
    };
    let attached = ["arn:aws:iam::aws:policy/PowerUserAccess".to_owned()].into();
    let anna = User {
        arn: ANNA.into(),
        groups: ["ops".to_owned()].into(),
        inline: inline(own),
        boundary: boundary.map(|_| BOUNDARY.to_owned()),
        ..User::default()
    };
    let power = User { arn: ANNA.replace("anna", "power"), attached, ..User::default() };
    let ops = IamGroup { inline: inline(&[group]), ..IamGroup::default() };
    let mut account = sample::account();
    account.principals = Seen::Read(Principals {
        users: [("anna".to_owned(), anna), ("power".to_owned(), power)].into(),
        groups: [("ops".to_owned(), ops)].into(),
        policies: boundary.map(|text| (BOUNDARY.to_owned(), text.to_owned())).into_iter().collect(),
        ..Principals::default()
    });
    Aws::simulated(Simulation::new(account))
}

async fn ask(aws: &Aws, action: &str) -> EvaluationResult {
    let asked = aws.iam().simulate_principal_policy().policy_source_arn(ANNA).action_names(action);
    asked.send().await.unwrap().evaluation_results.unwrap_or_default().remove(0)
}

fn words(result: &EvaluationResult) -> (&str, Vec<&str>, Option<bool>) {
    let matched = result.matched_statements().iter().filter_map(|one| one.source_policy_id());
    let within = result.permissions_boundary_decision_detail();
    let within = within.map(PermissionsBoundaryDecisionDetail::allowed_by_permissions_boundary);
    (result.eval_decision.as_str(), matched.collect(), within)
}

const GROUP: &str = r#"{"Statement":[{"Effect":"Allow","NotAction":"iam:*","Resource":"*"},
    {"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::mine/*"}]}"#;
const DENY: &str = r#"{"Statement":{"Effect":"Deny","Action":"ec2:Delete*","Resource":"*"}}"#;

#[tokio::test]
async fn own_policies_groups_and_boundary_decide_together() {
    let limit = r#"{"Statement":{"Effect":"Allow","Action":["ec2:*","iam:*"],"Resource":"*"}}"#;
    let aws = aws(&[DENY], GROUP, Some(limit));
    for (action, expected) in [
        ("ec2:CreateTags", ("allowed", vec!["group_ops_p0"], Some(true))),
        ("ec2:DeleteVpc", ("explicitDeny", vec!["user_anna_p0"], Some(true))),
        ("ses:SendEmail", ("implicitDeny", vec![], Some(false))),
        ("iam:CreateUser", ("implicitDeny", vec![], Some(true))),
    ] {
        assert_eq!(words(&ask(&aws, action).await), expected, "{action}");
    }
}

/// Without a value for the key, a deny for whoever signed in without MFA denies everybody.
#[tokio::test]
async fn a_deny_that_an_absent_key_fulfils_is_explicit_and_names_the_key() {
    let mfa = r#"{"Statement":{"Effect":"Deny","Action":"ec2:*","Resource":"*",
        "Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}}"#;
    let aws = aws(&[mfa], GROUP, None);
    let denied = ask(&aws, "ec2:CreateTags").await;
    assert_eq!(words(&denied), ("explicitDeny", vec!["user_anna_p0"], None));
    assert_eq!(denied.missing_context_values(), ["aws:MultiFactorAuthPresent"]);
    let given = ContextEntry::builder()
        .context_key_name("aws:MultiFactorAuthPresent")
        .context_key_type(ContextKeyTypeEnum::Boolean)
        .context_key_values("true");
    let asked = aws.iam().simulate_principal_policy().policy_source_arn(ANNA).action_names("ec2:CreateTags");
    let known = asked.context_entries(given.build()).send().await.unwrap();
    let known = &known.evaluation_results()[0];
    assert_eq!(words(known), ("allowed", vec!["group_ops_p0"], None));
    assert!(known.missing_context_values().is_empty());
}

#[tokio::test]
async fn each_resource_has_its_own_decision_and_the_strictest_stands_above() {
    let deny = r#"{"Statement":{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::mine/secret*"}}"#;
    let aws = aws(
        &[deny],
        r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::mine/*"}]}"#,
        None,
    );
    let resources = ["arn:aws:s3:::mine/a", "arn:aws:s3:::mine/secret1", "arn:aws:s3:::other/a"];
    let asked = aws.iam().simulate_principal_policy().policy_source_arn(ANNA).action_names("s3:GetObject");
    let asked = asked.set_resource_arns(Some(resources.map(str::to_owned).to_vec()));
    let answer = asked.send().await.unwrap();
    let result = &answer.evaluation_results()[0];
    assert_eq!(words(result), ("explicitDeny", vec!["user_anna_p0"], None));
    let each: Vec<&str> =
        result.resource_specific_results().iter().map(|one| one.eval_resource_decision.as_str()).collect();
    assert_eq!(each, ["allowed", "explicitDeny", "implicitDeny"]);
    // Asked about every resource, no statement for named ones applies.
    assert_eq!(words(&ask(&aws, "s3:GetObject").await), ("implicitDeny", vec![], None));
}

#[tokio::test]
async fn aws_own_policies_are_known_and_what_is_not_known_is_refused() {
    let aws = aws(&[], r#"{"Statement":[{"Effect":"Maybe","Action":"s3:*","Resource":"*"}]}"#, None);
    let ask = |arn: String, action: &str| {
        aws.iam().simulate_principal_policy().policy_source_arn(arn).action_names(action).send()
    };
    let power = ask(ANNA.replace("anna", "power"), "ec2:CreateTags").await.unwrap();
    assert_eq!(words(&power.evaluation_results()[0]), ("allowed", vec!["PowerUserAccess"], None));
    let unclear = format!("{:?}", ask(ANNA.to_owned(), "s3:GetObject").await.unwrap_err());
    assert!(unclear.contains("not simulated: not understood: Effect"), "{unclear}");
    let gone = format!("{:?}", ask(format!("{ANNA}x"), "s3:GetObject").await.unwrap_err());
    assert!(gone.contains("NoSuchEntity"), "{gone}");
}
