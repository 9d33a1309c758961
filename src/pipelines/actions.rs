//! What to do about a pipeline, as sentences and commands.

mod aws;
mod tools;

use super::notes::{Action, Deed, Group};
use super::{Kind, shell};

/// What to do before the next deployment, and after the cuts are put back.
type Actions = (Vec<Action>, Vec<Action>);

pub(super) fn of(group: &Group<'_>) -> Actions {
    let (before, mut after) = match group.kind {
        Kind::Stack => aws::stack(group),
        Kind::StackSet => aws::stack_set(group),
        Kind::ControlTower => aws::control_tower(group),
        Kind::ScalingGroup => aws::scaling_group(group),
        Kind::CodePipeline => aws::code_pipeline(group),
        Kind::Remediation => aws::remediation(group),
        Kind::Cdk => tools::cdk(group),
        Kind::Terraform => tools::terraform(group),
        Kind::Pulumi => tools::pulumi(group),
        Kind::Kubernetes => tools::kubernetes(group),
    };
    // What was made again has another id, and its owner still holds the old one.
    for target in group.targets {
        let Some(new) = &target.cut.new_id else { continue };
        let called = target.part.as_ref().map(|part| format!(", {part} in it")).unwrap_or_default();
        let text =
            format!("{} {} is {new} now{called}. {}", target.cut.kind, target.cut.id, import(group.kind));
        after.push(said(Deed::Import, text));
    }
    (before, after)
}

/// How a tool is told of a new id.
fn import(kind: Kind) -> &'static str {
    match kind {
        Kind::Stack | Kind::StackSet | Kind::ControlTower | Kind::Cdk => {
            "Give it DeletionPolicy Retain in the template and update, take it out of the template and update, then \
             bring the new one in: aws cloudformation create-change-set --change-set-type IMPORT \
             --resources-to-import …"
        }
        Kind::Terraform => "terraform state rm ADDRESS, then terraform import ADDRESS and the new id",
        Kind::Pulumi => "pulumi state delete URN, then pulumi import TYPE NAME and the new id",
        _ => "Put the new id where its configuration has the old one",
    }
}

/// Something to do without a command.
fn said(deed: Deed, text: impl Into<String>) -> Action {
    Action { deed, text: text.into(), command: None }
}

/// Something to do by a command. Where a name cannot stand in it, that is said instead.
fn run(deed: Deed, text: &str, command: Option<String>) -> Action {
    let text = match &command {
        Some(_) => text.to_owned(),
        None => format!("{text} (its name holds what must not stand in a command: do it in the console)"),
    };
    Action { deed, text, command }
}

/// A command of the AWS CLI with options and their values. `None`: a value cannot stand in it.
fn aws_cli(words: &str, options: &[(&str, &str)]) -> Option<String> {
    options.iter().try_fold(format!("aws {words}"), |command, (option, value)| {
        Some(format!("{command} --{option} {}", shell::word(value)?))
    })
}

/// The option with the Region, where there is one.
fn in_region<'a>(group: &Group<'a>, options: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    options.iter().copied().chain(group.region.map(|region| ("region", region))).collect()
}
