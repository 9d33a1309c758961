//! The resource policy of a REST API, with `way = "policy"`: it denies everybody. It has no effect before a deployment,
//! which publishes whatever is drafted. Put back, each stage serves its old deployment again, and the old policy is
//! drafted as before.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-create-attach.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::denial::{denial, denies_all};
use super::deploy::{made, name, replace, set_policy};
use super::rest_stage::of_rest_api;
use crate::account::{RestStage, Section, Seen};
use crate::aws::unless_gone;
use crate::collect::{Ask, apis};
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write};

pub(super) struct RestPolicy;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    policy: Policy,
    /// Each stage by name.
    stages: BTreeMap<String, Serves>,
}

/// The policy that is drafted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Policy {
    /// It denies everybody to call anything.
    DeniesAll,
    /// Its text; `None`: there is none.
    Text(Option<String>),
}

/// What a stage serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Serves {
    /// A deployment whose policy denies everybody.
    Denial,
    /// Another one, by its id.
    Deployment(String),
}

impl Lens for RestPolicy {
    type State = State;
    const KIND: &'static str = "rest-api-policy";
    const NEEDS: &'static [Section] = &[Section::RestApis];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.only_api(at.region_name(), &at.id);
        ask.served_policies = true;
    }

    /// AWS takes one deployment in five seconds.
    fn queue(&self, at: &Target) -> Option<(String, usize)> {
        Some((format!("API Gateway's deployments in {}", at.region_name()), 1))
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        of_rest_api(look, &look.at.id, |api| {
            let mut state = State { policy: drafted(api.policy.as_deref()), stages: BTreeMap::new() };
            let ours = look.case.names.id(&name(&look.at.id));
            let mut settling = false;
            // What a stage serves is looked at: that a deployment was accepted does not say that it denies.
            for (name, stage) in &api.stages {
                let Seen::Read(policy) = &stage.served_policy else {
                    return Now::of(&stage.served_policy, |_| Now::Vanished);
                };
                let denies = policy.as_deref().is_some_and(denies_all);
                let is_ours = ours.as_ref() == Some(&stage.deployment);
                settling |= is_ours && !denies;
                let serves = if denies || is_ours { Serves::Denial } else { deployment(stage) };
                state.stages.insert(name.clone(), serves);
            }
            if settling { Now::Settling(state) } else { Now::Is(state) }
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let Some(api) = look.region().and_then(|here| super::rest_api(here, &look.at.id)) else {
            return Verdict::Refuse("it was not read".into());
        };
        let stages = now.stages.keys().map(|name| (name.clone(), Serves::Denial)).collect();
        let shut = State { policy: Policy::DeniesAll, stages };
        if *now == shut {
            return Verdict::Already;
        }
        if let Some((stage, _)) = api.stages.iter().find(|(_, stage)| stage.canary) {
            return Verdict::Refuse(format!(
                "a canary of its stage {stage} serves another deployment, which would go on: promote or delete it \
                 first. Its throttle is 0"
            ));
        }
        Verdict::Change(shut)
    }

    fn passes(&self, from: &State, to: &State) -> Vec<State> {
        let mut between = from.clone();
        let mut states = vec![];
        if to.policy == Policy::DeniesAll {
            between.policy = Policy::DeniesAll;
            states.push(between.clone());
        }
        for (stage, serves) in &to.stages {
            between.stages.insert(stage.clone(), serves.clone());
            states.push(between.clone());
        }
        states
    }

    /// AWS may lay the text of a policy out anew.
    fn arrived(&self, to: &State, now: &State) -> bool {
        let read = |policy: &Policy| match policy {
            Policy::Text(Some(text)) => serde_json::from_str::<Value>(text).ok(),
            Policy::Text(None) | Policy::DeniesAll => None,
        };
        let policy =
            to.policy == now.policy || read(&to.policy).is_some_and(|to| Some(to) == read(&now.policy));
        policy && to.stages == now.stages
    }

    fn show(&self, state: &State) -> String {
        let policy = match &state.policy {
            Policy::DeniesAll => "policy denies everybody",
            Policy::Text(Some(_)) => "policy of its own",
            Policy::Text(None) => "no policy",
        };
        let stages = state.stages.iter().map(|(stage, serves)| match serves {
            Serves::Denial => format!("{stage} denies everybody"),
            Serves::Deployment(id) => format!("{stage} serves deployment {id}"),
        });
        stages.fold(policy.to_owned(), |all, stage| format!("{all}, {stage}"))
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let client = aws.apigateway(at.region_name());
        let found = client.get_rest_api().rest_api_id(&at.id).send().await?;
        let now = drafted(found.policy.map(apis::unescaped).filter(|text| !text.is_empty()).as_deref());
        // Denied before it is deployed; given back after the stages are.
        if to.policy == Policy::DeniesAll && now != Policy::DeniesAll {
            set_policy(aws, at, &denial()).await?;
        }
        let stages = client.get_stages().rest_api_id(&at.id).send().await?.item.unwrap_or_default();
        let serves: BTreeMap<String, String> =
            stages.into_iter().filter_map(|one| Some((one.stage_name?, one.deployment_id?))).collect();
        for (stage, wanted) in
            to.stages.iter().filter(|(stage, to)| write.from.stages.get(*stage) != Some(to))
        {
            // A stage that is gone is not made again.
            let Some(now) = serves.get(stage) else { continue };
            let wanted = match wanted {
                Serves::Denial => made(aws, at).await?,
                Serves::Deployment(id)
                    if aws.names().id(&name(&at.id)).is_none_or(|ours| [&ours, id].contains(&now)) =>
                {
                    id.clone()
                }
                Serves::Deployment(id) => {
                    return Err(StepError::State(format!(
                        "somebody has deployed to {stage} since: it serves {now}, and served {id} before"
                    )));
                }
            };
            if *now != wanted {
                let update = client.update_stage().rest_api_id(&at.id).stage_name(stage);
                update.patch_operations(replace("/deploymentId", &wanted)).send().await?;
            }
        }
        if let Policy::Text(text) = &to.policy {
            if now != to.policy {
                set_policy(aws, at, text.as_deref().unwrap_or_default()).await?;
            }
            if let Some(id) = aws.names().id(&name(&at.id)) {
                // Stages that somebody made since may serve it: AWS refuses then, and it stays.
                let others = serves.iter().filter(|(stage, _)| !to.stages.contains_key(*stage));
                if others.into_iter().all(|(_, serves)| *serves != id) {
                    let delete = client.delete_deployment().rest_api_id(&at.id).deployment_id(id);
                    unless_gone(delete.send().await)?;
                }
            }
        }
        Ok(())
    }
}

fn drafted(policy: Option<&str>) -> Policy {
    match policy {
        Some(text) if denies_all(text) => Policy::DeniesAll,
        text => Policy::Text(text.map(str::to_owned)),
    }
}

fn deployment(stage: &RestStage) -> Serves {
    Serves::Deployment(stage.deployment.clone())
}
