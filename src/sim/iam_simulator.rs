//! IAM's policy simulator, answered by the evaluator of `access`.
//!
//! AWS's simulator knows less than a real call is decided by, and so does this one:
//! - It asks the principal's own policies, those of its groups, and its boundary. Policies of resources and
//!   of the session, and those of VPC endpoints, are not asked. Service control policies with global
//!   condition keys cannot be simulated by AWS; here none is asked.
//! - A condition key whose value is not given is absent. So a deny that applies where the key is absent
//!   (`BoolIfExists` on `aws:MultiFactorAuthPresent`, `StringNotEquals` on `aws:RequestedRegion`) is an
//!   explicit deny, even where the real call carries the key. `MissingContextValues` names the key.
//! - Without resources it asks about `*`. A statement for named resources does not apply to that: it is as
//!   if the statement were not there.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html>

mod source;

use std::collections::BTreeSet;

use aws_sdk_iam::types::{
    EvaluationResult, PermissionsBoundaryDecisionDetail, PolicyEvaluationDecisionType, PolicySourceType,
    ResourceSpecificResult, Role, Statement,
};
use aws_smithy_types::DateTime;

use source::Simulated;

use super::iam::built;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::seen;
use crate::access::context::{Context, Held, Value};
use crate::access::decide::{Decision, Layers, Request};
use crate::access::doubt::Sure;
use crate::access::explain::{Line, explain};
use crate::access::layer::{Layer, Part};
use crate::access::policy::Effect;
use crate::access::source::Asked;
use crate::aws::operations::iam;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<iam::GetRole>(get_role_of);
    dispatch.on::<iam::SimulatePrincipalPolicy>(simulate_principal_policy);
}

fn get_role_of(cx: &mut Cx<'_>, input: &In<iam::GetRole>) -> Said<iam::GetRole> {
    let name = input.role_name().unwrap_or_default();
    let Some(role) = seen(&cx.world.account.principals)?.roles.get(name) else {
        return Err(refuse("NoSuchEntity", format!("The role with name {name} cannot be found.")));
    };
    let role = Role::builder()
        .role_name(name)
        .role_id(format!("AROA{name}"))
        .arn(&role.arn)
        .path(&role.path)
        .create_date(DateTime::from_secs(0));
    Ok(Out::<iam::GetRole>::builder().role(built(role.build())?).build())
}

fn simulate_principal_policy(
    cx: &mut Cx<'_>,
    input: &In<iam::SimulatePrincipalPolicy>,
) -> Said<iam::SimulatePrincipalPolicy> {
    if input.action_names().is_empty() || input.action_names().len() > 100 {
        return Err(refuse("InvalidInput", "between 1 and 100 actions"));
    }
    let others = [
        ("ResourcePolicy", input.resource_policy().is_some()),
        ("ResourceOwner", input.resource_owner().is_some()),
        ("CallerArn", input.caller_arn().is_some()),
        ("ResourceHandlingOption", input.resource_handling_option().is_some()),
        ("PolicyExclusionList", !input.policy_exclusion_list().is_empty()),
    ];
    if let Some((name, _)) = others.iter().find(|(_, given)| *given) {
        return Err(refuse("InternalFailure", format!("not simulated: {name}")));
    }
    let arn = input.policy_source_arn().unwrap_or_default();
    let Some(mut simulated) = Simulated::of(seen(&cx.world.account.principals)?, arn) else {
        return Err(refuse("NoSuchEntity", format!("Invalid Entity Arn: {arn} does not exist.")));
    };
    simulated.add(input.policy_input_list(), input.permissions_boundary_policy_input_list());
    let mut context = Context::complete();
    for entry in input.context_entries() {
        context.set(
            entry.context_key_name().unwrap_or_default(),
            Value::Is(entry.context_key_values().to_vec()),
        );
    }
    let asker = Asker { simulated: &simulated, context: &context };
    let mut results = vec![];
    for action in input.action_names() {
        results.push(asker.result(action, input.resource_arns())?);
    }
    let (page, next) = cx.page(results, input.marker(), input.max_items().or(Some(100)));
    Ok(Out::<iam::SimulatePrincipalPolicy>::builder()
        .set_evaluation_results(Some(page))
        .is_truncated(next.is_some())
        .set_marker(next)
        .build())
}

struct Asker<'s> {
    simulated: &'s Simulated,
    context: &'s Context,
}

/// The decision about one action on one resource.
struct Verdict {
    decision: PolicyEvaluationDecisionType,
    matched: Vec<Statement>,
    missing: BTreeSet<String>,
    /// `None` for a principal without a boundary.
    within_boundary: Option<bool>,
}

impl Asker<'_> {
    /// The decision about an action: on each resource, and the strictest of them.
    fn result(&self, action: &str, resources: &[String]) -> Result<EvaluationResult, Refused> {
        let result = EvaluationResult::builder().eval_action_name(action).eval_resource_name("*");
        if resources.iter().all(|resource| resource == "*") {
            let verdict = self.verdict(action, "*")?;
            let result = result
                .eval_decision(verdict.decision)
                .set_matched_statements(Some(verdict.matched))
                .set_missing_context_values(Some(verdict.missing.into_iter().collect()))
                .set_permissions_boundary_decision_detail(verdict.within_boundary.map(boundary_detail));
            return built(result.build());
        }
        let verdicts = resources.iter().map(|resource| Ok((resource, self.verdict(action, resource)?)));
        let verdicts: Vec<(&String, Verdict)> = verdicts.collect::<Result<_, Refused>>()?;
        let strictest = verdicts.iter().map(|(_, verdict)| &verdict.decision).min_by_key(|one| match one {
            PolicyEvaluationDecisionType::ExplicitDeny => 0,
            PolicyEvaluationDecisionType::Allowed => 2,
            _ => 1,
        });
        let strictest = strictest.cloned().unwrap_or(PolicyEvaluationDecisionType::ImplicitDeny);
        let within = verdicts.iter().filter_map(|(_, verdict)| verdict.within_boundary);
        let within = within.reduce(|one, other| one && other).map(boundary_detail);
        let matched = verdicts.iter().filter(|(_, verdict)| verdict.decision == strictest);
        let mut union: Vec<Statement> = vec![];
        for statement in matched.flat_map(|(_, verdict)| &verdict.matched) {
            if !union.contains(statement) {
                union.push(statement.clone());
            }
        }
        let mut each = vec![];
        for (resource, verdict) in verdicts {
            let one = ResourceSpecificResult::builder()
                .eval_resource_name(resource)
                .eval_resource_decision(verdict.decision)
                .set_matched_statements(Some(verdict.matched))
                .set_missing_context_values(Some(verdict.missing.into_iter().collect()))
                .set_permissions_boundary_decision_detail(verdict.within_boundary.map(boundary_detail));
            each.push(built(one.build())?);
        }
        let result = result
            .eval_decision(strictest)
            .set_matched_statements(Some(union))
            .set_permissions_boundary_decision_detail(within)
            .set_resource_specific_results(Some(each));
        built(result.build())
    }

    fn verdict(&self, action: &str, resource: &str) -> Result<Verdict, Refused> {
        let (decision, lines) = self.ask(action, resource, &self.simulated.layers());
        let within_boundary = match &self.simulated.boundary {
            None => None,
            Some(boundary) => {
                let alone = Layers { identity: vec![boundary], ..Layers::default() };
                let (decision, _) = self.ask(action, resource, &alone);
                Some(known(&decision)? == PolicyEvaluationDecisionType::Allowed)
            }
        };
        let decision = known(&decision)?;
        let wanted = match decision {
            PolicyEvaluationDecisionType::Allowed => Some(Effect::Allow),
            PolicyEvaluationDecisionType::ExplicitDeny => Some(Effect::Deny),
            _ => None,
        };
        let decides = |line: &&Line<'_>| {
            line.layer == Layer::Identity && line.applies == Sure::Yes && Some(line.effect) == wanted
        };
        let matched = lines.iter().filter(decides).map(|line| {
            Statement::builder()
                .source_policy_id(&line.source.name)
                .source_policy_type(PolicySourceType::from("IAM Policy"))
                .build()
        });
        let matched = matched.collect();
        Ok(Verdict { decision, matched, missing: self.missing(&lines), within_boundary })
    }

    fn ask<'p>(&self, action: &str, resource: &str, layers: &Layers<'p>) -> (Decision<'p>, Vec<Line<'p>>) {
        let request = Request {
            principal: &self.simulated.principal,
            action: &Asked::new(action),
            resource,
            context: self.context,
        };
        explain(&request, layers)
    }

    /// The keys that the statements for this request ask for and that no value was given for, as the policies
    /// spell them.
    fn missing(&self, lines: &[Line<'_>]) -> BTreeSet<String> {
        let relevant = lines.iter().filter(|line| line.applies != Sure::No || line.part == Part::Condition);
        let statements = relevant.filter_map(|line| {
            let number = line.place?.number;
            line.source.policy()?.statements.get(number)
        });
        let keys = statements.flat_map(|statement| statement.keys());
        let absent = keys.filter(|key| self.context.get(key) == Held::Absent);
        absent.map(|key| self.simulated.spelled(key).to_owned()).collect()
    }
}

fn boundary_detail(allows: bool) -> PermissionsBoundaryDecisionDetail {
    PermissionsBoundaryDecisionDetail::builder().allowed_by_permissions_boundary(allows).build()
}

/// The decision in AWS's words. AWS has every text and understands it: a doubt is this simulation's own.
fn known(decision: &Decision<'_>) -> Result<PolicyEvaluationDecisionType, Refused> {
    match decision {
        Decision::Allowed(_) => Ok(PolicyEvaluationDecisionType::Allowed),
        Decision::Denied(_) => Ok(PolicyEvaluationDecisionType::ExplicitDeny),
        Decision::NotAllowed(_) => Ok(PolicyEvaluationDecisionType::ImplicitDeny),
        Decision::Perhaps(doubt) => Err(refuse("InternalFailure", format!("not simulated: {doubt}"))),
    }
}

#[cfg(test)]
mod tests;
