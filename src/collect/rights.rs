//! May the caller make these calls? Asked of IAM's own simulator, before anything is cut.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{EvaluationResult, PolicyEvaluationDecisionType};
use futures::future::try_join_all;

use crate::account::{Account, Actor, Caller, Leave, Rights};
use crate::aws::{Aws, AwsError, lists};

/// What decides where an organization's policy says no.
const ORGANIZATION: &str = "the organization's service control policies";

/// Actions a call, at most.
const AT_ONCE: usize = 100;

/// Asks for every resource, because which ones will be cut is not known to a policy's author either.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>
///
/// # Errors
/// Why it could not be asked, in words: no IAM principal calls, or AWS did not answer it.
pub async fn rights(aws: &Aws, known: &Account, actions: &BTreeSet<&str>) -> Result<Rights, String> {
    let signer = |action: &&str| Actor::of_call(action).filter(|actor| known.actors.contains_key(actor));
    let own = actions.iter().copied().filter(|action| signer(action).is_none()).collect();
    let mut rights = of_one(aws, None, &known.caller, own).await?;
    for (actor, caller) in &known.actors {
        let theirs: Vec<&str> =
            actions.iter().copied().filter(|action| signer(action) == Some(*actor)).collect();
        match of_one(&aws.acting_as(*actor), Some(*actor), caller, theirs.clone()).await {
            Ok(more) => rights.extend(more),
            Err(why) => {
                let why = format!(
                    "the rights of the actor {actor}, which IAM's simulator was not asked about ({why})"
                );
                let unproven = Leave::Unproven([why].into());
                rights.extend(theirs.into_iter().map(|action| (action.to_owned(), unproven.clone())));
            }
        }
    }
    Ok(Rights(rights))
}

/// The answers about one caller, by action.
async fn of_one(
    aws: &Aws,
    actor: Option<Actor>,
    caller: &Caller,
    actions: Vec<&str>,
) -> Result<BTreeMap<String, Leave>, String> {
    if actions.is_empty() {
        return Ok(BTreeMap::new());
    }
    let source = source(aws, caller).await?;
    let asked = try_join_all(actions.chunks(AT_ONCE).map(|some| simulate(aws, &source, some))).await;
    let mut rights = BTreeMap::new();
    for result in asked.map_err(|error| error.detail())?.into_iter().flatten() {
        rights.insert(result.eval_action_name.clone(), leave(&result));
    }
    // What has just been done may be done, whatever the simulator says.
    for action in aws.ledger().proven(actor) {
        rights.entry(action).and_modify(|leave| *leave = Leave::Allowed);
    }
    Ok(rights)
}

/// The user or role whose policies count: never the session's ARN, which lacks the role's path.
async fn source(aws: &Aws, caller: &Caller) -> Result<String, String> {
    if caller.is_root() {
        return Err("root calls, and IAM's simulator does not take root".into());
    }
    if let Some(role) = caller.role() {
        let answer = aws.iam().get_role().role_name(role).send().await.map_err(AwsError::from);
        let role = answer.map_err(|error| error.detail())?.role;
        return role.map(|role| role.arn).ok_or_else(|| "AWS gave the caller's role no ARN".into());
    }
    match caller.user() {
        Some(_) if caller.arn.contains(":iam:") => Ok(caller.arn.clone()),
        _ => Err(format!("{} is neither a user nor a role of this account", caller.arn)),
    }
}

async fn simulate(aws: &Aws, source: &str, actions: &[&str]) -> Result<Vec<EvaluationResult>, AwsError> {
    let ask = aws.iam().simulate_principal_policy().policy_source_arn(source);
    let ask = ask.set_action_names(Some(actions.iter().map(|action| (*action).to_owned()).collect()));
    lists::all(aws, ask.max_items(1_000), Some).await
}

fn leave(result: &EvaluationResult) -> Leave {
    let by_organization = result.organizations_decision_detail();
    match result.eval_decision() {
        PolicyEvaluationDecisionType::Allowed => Leave::Allowed,
        // The simulator does not know the conditions of the organization's policies: a Region that is
        // denied with an exception is denied to it.
        _ if by_organization.is_some_and(|detail| !detail.allowed_by_organizations()) => {
            Leave::Unproven([ORGANIZATION.to_owned()].into())
        }
        // What a condition on an unknown key decides is not decided: a deny for sessions without MFA denies
        // everything to the simulator, which is not told whether there was MFA.
        PolicyEvaluationDecisionType::ImplicitDeny | PolicyEvaluationDecisionType::ExplicitDeny
            if !result.missing_context_values().is_empty() =>
        {
            Leave::Unproven(result.missing_context_values().iter().cloned().collect())
        }
        PolicyEvaluationDecisionType::ImplicitDeny | PolicyEvaluationDecisionType::ExplicitDeny => {
            Leave::Denied
        }
        other => Leave::Unproven([other.as_str().to_owned()].into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Principals, Role, Seen, User};
    use crate::sim::{Simulation, sample};

    const ALLOW: &str = r#"{"Statement":[
        {"Effect":"Allow","Action":["ec2:*","iam:UpdateAccessKey"],"Resource":"*"},
        {"Effect":"Deny","Action":"ec2:Delete*","Resource":"*"},
        {"Effect":"Allow","Action":"s3:Put*","Resource":"*","Condition":{"Bool":{"aws:ViaAWSService":"true"}}},
        {"Effect":"Allow","Action":"rds:*","Resource":"*"},
        {"Effect":"Deny","Action":"rds:*","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}},
        {"Effect":"Allow","Action":"ses:*","Resource":"arn:aws:ses:eu-west-1:123456789012:identity/a"}]}"#;

    async fn asked(arn: &str, one_a_page: bool) -> (Result<Rights, String>, Vec<String>) {
        let mut account = sample::account();
        arn.clone_into(&mut account.caller.arn);
        let inline = BTreeMap::from([("work".to_owned(), ALLOW.to_owned())]);
        let role = Role {
            arn: "arn:aws:iam::123456789012:role/teams/responder".into(),
            path: "/teams/".into(),
            inline: inline.clone(),
            ..Role::default()
        };
        let user = User { arn: "arn:aws:iam::123456789012:user/akari".into(), inline, ..User::default() };
        account.principals = Seen::Read(Principals {
            users: [("akari".to_owned(), user)].into(),
            roles: [("responder".to_owned(), role)].into(),
            ..Principals::default()
        });
        let simulation = Simulation::new(account.clone());
        if one_a_page {
            simulation.one_item_a_page();
        }
        let aws = Aws::simulated(simulation);
        let actions = [
            "ec2:CreateTags",
            "ec2:DeleteNetworkAcl",
            "iam:UpdateAccessKey",
            "rds:X",
            "s3:PutX",
            "ses:PutX",
            "sns:X",
        ];
        let rights = rights(&aws, &account, &actions.into()).await;
        (rights, aws.ledger().calls().into_iter().map(|call| call.operation).collect())
    }

    #[tokio::test]
    async fn a_role_is_asked_about_by_its_own_arn_and_a_condition_decides_nothing() {
        let session = "arn:aws:sts::123456789012:assumed-role/responder/akari";
        for one_a_page in [false, true] {
            let (rights, calls) = asked(session, one_a_page).await;
            let rights = rights.unwrap();
            assert_eq!(calls[0], "iam:GetRole");
            let denied = rights.denied(rights.0.keys().map(String::as_str));
            assert_eq!(denied.into_iter().collect::<Vec<_>>(), ["ec2:DeleteNetworkAcl", "ses:PutX", "sns:X"]);
            assert_eq!(rights.0["ec2:CreateTags"], Leave::Allowed);
            assert_eq!(rights.unproven(), (2, ["aws:MultiFactorAuthPresent", "aws:ViaAWSService"].into()));
            assert!(rights.denied(["never:Asked"]).is_empty());
        }
        let (rights, calls) = asked("arn:aws:iam::123456789012:user/akari", false).await;
        assert!(rights.is_ok() && calls == ["iam:SimulatePrincipalPolicy"]);
    }

    #[tokio::test]
    async fn what_cannot_be_asked_is_said() {
        for (arn, words) in [
            ("arn:aws:iam::123456789012:root", "root"),
            ("arn:aws:sts::123456789012:federated-user/x", "neither a user nor a role"),
            ("arn:aws:sts::123456789012:user/moto", "neither a user nor a role"),
            ("arn:aws:sts::123456789012:assumed-role/gone/x", "gone"),
        ] {
            let (rights, _) = asked(arn, false).await;
            assert!(rights.as_ref().is_err_and(|why| why.contains(words)), "{arn}: {rights:?}");
        }
    }
}
