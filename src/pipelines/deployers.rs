//! What AWS tells of its own pipelines and remediations, as far as they were read.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::account::pipelines::{PIPELINE, REMEDIATION};
use crate::account::resources::ResourceType;
use crate::account::{Account, Cause, OfType, Properties, Region, Section, Seen};

/// What was read of `CodePipeline` and of AWS Config's remediations, and what could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployers {
    pub pipelines: Vec<CodePipeline>,
    /// Those that run by themselves.
    pub remediations: Vec<Remediation>,
    pub unread: Vec<Unread>,
}

/// A pipeline of `CodePipeline`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodePipeline {
    pub name: String,
    pub region: String,
    /// In their order. The first one fetches the source.
    pub stages: Vec<Stage>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    pub name: String,
    /// What its actions use: `CloudFormation`, `CodeBuild`, `ECS` …
    pub providers: BTreeSet<String>,
    /// The stacks that it deploys: Region and name.
    pub stacks: BTreeSet<(String, String)>,
}

/// A remediation of AWS Config that runs by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remediation {
    pub rule: String,
    pub region: String,
    /// The SSM document that it runs.
    pub document: String,
}

/// Something that was asked for and could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unread {
    pub region: Option<String>,
    pub why: String,
}

impl Deployers {
    /// What the account shows of them. `None` where nobody looked.
    pub fn of(account: &Account) -> Option<Deployers> {
        let looked = account
            .regions
            .iter()
            .filter(|(_, here)| here.pipelines.gap().is_none_or(|gap| gap.cause != Cause::NotRead));
        let looked: Vec<(&String, &Region)> = looked.collect();
        if looked.is_empty() {
            return None;
        }
        let mut found = Deployers::default();
        for (region, here) in looked {
            for (name, properties) in all(here, &PIPELINE) {
                found.pipelines.push(CodePipeline::of(region, name, properties));
            }
            for (rule, properties) in all(here, &REMEDIATION) {
                let text = |at: &str| properties.get(at).cloned().unwrap_or_default();
                // A remediation is run by a person where AWS does not say that it runs by itself.
                if text("/Automatic") == "true" {
                    let (rule, region) = (rule.clone(), region.clone());
                    found.remediations.push(Remediation { rule, region, document: text("/TargetId") });
                }
            }
        }
        let gaps = Section::Pipelines.missing(account).into_iter();
        found.unread = gaps
            .map(|(region, gap)| {
                let by = if gap.call.is_empty() { String::new() } else { format!(" {}", gap.call) };
                let detail = if gap.detail.is_empty() { String::new() } else { format!(": {}", gap.detail) };
                Unread { region, why: format!("{}{by}{detail}", gap.cause.words()) }
            })
            .collect();
        Some(found)
    }

    /// The pipelines with the stages of each that deploy a stack.
    pub fn deploying<'d>(
        &'d self,
        region: &'d str,
        stack: &'d str,
    ) -> impl Iterator<Item = (&'d CodePipeline, &'d Stage)> {
        let wanted = (region.to_owned(), stack.to_owned());
        let stages = self.pipelines.iter().flat_map(|one| one.stages.iter().map(move |stage| (one, stage)));
        stages.filter(move |(_, stage)| stage.stacks.contains(&wanted))
    }
}

fn all<'r>(here: &'r Region, of: &ResourceType) -> impl Iterator<Item = (&'r String, &'r Properties)> {
    let of_type: Option<&OfType> = here.pipelines.read().and_then(|read| read.types.get(of.name)?.read());
    of_type.into_iter().flatten().filter_map(|(id, one)| Some((id, Seen::read(one)?)))
}

impl CodePipeline {
    /// A pipeline of its properties: `/Stages/2/Actions/0/Configuration/StackName`.
    fn of(region: &str, name: &str, properties: &Properties) -> CodePipeline {
        let mut stages = BTreeMap::<usize, Stage>::new();
        for (pointer, value) in properties {
            let parts: Vec<&str> = pointer.split('/').collect();
            let ["", "Stages", at, rest @ ..] = &parts[..] else { continue };
            let Ok(at) = at.parse() else { continue };
            let stage = stages.entry(at).or_default();
            match rest {
                ["Name"] => stage.name.clone_from(value),
                ["Actions", _, "ActionTypeId", "Provider"] => drop(stage.providers.insert(value.clone())),
                ["Actions", action, "Configuration", "StackName"] => {
                    // An action may deploy to another Region.
                    let there = properties.get(&format!("/Stages/{}/Actions/{action}/Region", parts[2]));
                    let there = there.map_or(region, String::as_str);
                    stage.stacks.insert((there.to_owned(), value.clone()));
                }
                _ => {}
            }
        }
        let stages = stages.into_values().collect();
        CodePipeline { name: name.to_owned(), region: region.to_owned(), stages }
    }

    /// The first stage after the source: held there, nothing is deployed.
    pub fn second_stage(&self) -> Option<&Stage> {
        self.stages.get(1)
    }
}
