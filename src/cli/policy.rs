//! `unplug policy`: the exact IAM policy for what a playbook does, in documents that IAM takes.

use std::collections::BTreeSet;

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::selection::SelectionArgs;
use super::session::Session;
use crate::account::Actor;
use crate::checks;
use crate::config::Config;
use crate::failure::{Exit, Failure, usage};
use crate::step::policy::{Holder, SIGN_IN_ROLES, Statement, TooLong, documents, size};
use crate::steps::permissions;
use crate::view::{Line, count, policy};

#[derive(Args)]
pub struct Policy {
    #[command(flatten)]
    selection: SelectionArgs,
    /// What the policy is for
    #[arg(long, value_enum, default_value_t, value_name = "PHASE")]
    phase: Phase,
    /// Where it will be attached: IAM limits the size
    #[arg(long = "for", value_enum, default_value_t, value_name = "HOLDER")]
    holder: For,
    /// What prints it
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Only this document, where one is not enough
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..))]
    part: Option<u16>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Phase {
    /// plan, snapshot
    Read,
    /// pull, without reading
    Apply,
    /// restore, without reading
    Restore,
    /// verify --reachability-analyzer, without reading; not part of all
    Analyzer,
    /// check, and check --import-findings; not part of all
    Check,
    #[default]
    All,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum For {
    /// Managed policies: 6,144 characters each, as many as it takes
    #[default]
    Managed,
    /// One inline policy of a role: 10,240 characters
    Role,
    /// One inline policy of a user: 2,048 characters
    User,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The document itself; a list of them where there are several
    #[default]
    Json,
    /// Terraform resources
    Terraform,
    #[expect(clippy::doc_markdown, reason = "people read this in the help")]
    /// A CloudFormation template, JSON
    Cloudformation,
}

impl Policy {
    pub fn run(self, session: &Session) -> Result<Exit, Failure> {
        let config = session.config()?.config;
        let selection = self.selection.resolve_anywhere(&config)?;
        let steps: Vec<_> = selection.steps.iter().map(|selected| selected.step).collect();
        let takes = |phase| self.phase == phase || self.phase == Phase::All;
        let mut parts: Vec<Statement> = vec![];
        if takes(Phase::Read) || self.phase == Phase::Check {
            parts.extend(permissions::reading(&steps));
        }
        if takes(Phase::Apply) {
            parts.push(("UnplugApply", permissions::apply(&steps)));
        }
        if takes(Phase::Restore) {
            parts.push(("UnplugRestore", permissions::undo(&steps)));
        }
        if takes(Phase::Apply) || takes(Phase::Restore) {
            parts.push(permissions::on_behalf(&steps));
        }
        if self.phase == Phase::Analyzer {
            parts.push(("UnplugAnalyzer", permissions::ANALYZER.iter().copied().collect()));
        }
        if self.phase == Phase::Check {
            let looks: BTreeSet<&str> =
                checks::needs().iter().flat_map(|section| section.reads()).copied().collect();
            parts.push(("UnplugCheck", looks));
            parts.push(("UnplugImportFindings", ["securityhub:BatchImportFindings"].into()));
        }
        let parts = whose(parts, session, &config)?;
        let holder = match self.holder {
            For::Managed => Holder::Managed,
            For::Role => Holder::Role,
            For::User => Holder::User,
        };
        let documents = documents(&parts, holder).map_err(|TooLong { size, limit }| {
            usage(format!(
                "the inline policies of a {} hold {limit} characters together, and this takes {size}",
                who(holder)
            ))
            .hint("--for managed prints policies that can be attached; --steps and --phase take less")
        })?;
        let named = self.chosen(named(documents))?;
        let text = match self.format {
            Format::Json => {
                policy::plain(&named.iter().map(|(_, document)| document.clone()).collect::<Vec<_>>())
            }
            Format::Terraform => policy::terraform(&named, holder),
            Format::Cloudformation => policy::cloudformation(&named, holder),
        };
        session.printer.raw(&text);
        for line in self.how_to_attach(&named, holder) {
            session.printer.err(&line);
        }
        Ok(Exit::Done)
    }

    /// The document that `--part` names, or all.
    fn chosen(&self, all: Vec<(String, Value)>) -> Result<Vec<(String, Value)>, Failure> {
        let Some(part) = self.part else { return Ok(all) };
        let count = count(all.len(), "document");
        let one = all.into_iter().nth(usize::from(part) - 1);
        one.map(|one| vec![one]).ok_or_else(|| usage(format!("there is no part {part}: it is {count}")))
    }

    /// The commands that attach what was printed. They go to stderr: what is on stdout is one document
    /// that a tool can read.
    fn how_to_attach(&self, named: &[(String, Value)], holder: Holder) -> Vec<Line> {
        let limit = holder.limit();
        let sizes = named.iter().map(|(name, text)| format!("{name}: {} of {limit} characters", size(text)));
        let mut lines: Vec<String> = sizes.collect();
        match self.format {
            Format::Terraform => {
                lines.push(format!("terraform apply -var unplug_{0}={1}", who(holder), capital(holder)));
            }
            Format::Cloudformation => lines.push(format!(
                "aws cloudformation deploy --stack-name unplug --template-file FILE --capabilities \
                 CAPABILITY_NAMED_IAM --parameter-overrides {}={}",
                if holder == Holder::User { "User" } else { "Role" },
                capital(holder)
            )),
            Format::Json => {
                lines.push(match named {
                    [(name, _)] => format!("save it as {name}.json, then:"),
                    _ => "save each by itself (--part 1 > unplug-1.json, and so on), then:".into(),
                });
                lines.extend(named.iter().flat_map(|(name, _)| commands(name, holder)));
            }
        }
        lines.into_iter().map(Line::plain).collect()
    }
}

/// The actions of the actor that `--actor` names; otherwise what is left for the run's own credentials, where
/// `unplug.toml` has actors for the rest.
fn whose(parts: Vec<Statement>, session: &Session, config: &Config) -> Result<Vec<Statement>, Failure> {
    let wanted: Vec<Actor> = session.globals.actor.iter().map(|(actor, _)| *actor).collect();
    if wanted.is_empty() {
        return Ok(permissions::own(parts, config));
    }
    let takes = |action: &str| Actor::of_call(action).is_some_and(|actor| wanted.contains(&actor));
    let mut parts: Vec<Statement> = parts
        .into_iter()
        .map(|(name, actions)| {
            let his = name == SIGN_IN_ROLES && wanted.contains(&Actor::Organization);
            (name, actions.into_iter().filter(|action| his || takes(action)).collect())
        })
        .collect();
    parts.retain(|(_, actions): &Statement| !actions.is_empty());
    if let [first, ..] = &wanted[..] {
        if parts.is_empty() {
            return Err(usage(format!("no step of this selection needs the actor {first}")));
        }
        parts.insert(0, ("UnplugActor", permissions::ACTOR.iter().copied().collect()));
    }
    Ok(parts)
}

/// The documents with their names: `unplug`, or `unplug-1`, `unplug-2` …
fn named(documents: Vec<Value>) -> Vec<(String, Value)> {
    let several = documents.len() > 1;
    let name = |number: usize| if several { format!("unplug-{}", number + 1) } else { "unplug".to_owned() };
    documents.into_iter().enumerate().map(|(number, document)| (name(number), document)).collect()
}

fn commands(name: &str, holder: Holder) -> Vec<String> {
    let file = format!("--policy-name {name} --policy-document file://{name}.json");
    match holder {
        Holder::Managed => vec![
            format!("aws iam create-policy {file}"),
            "aws iam attach-role-policy --role-name ROLE --policy-arn ARN (that the first prints)".into(),
        ],
        Holder::Role => vec![format!("aws iam put-role-policy --role-name ROLE {file}")],
        Holder::User => vec![format!("aws iam put-user-policy --user-name USER {file}")],
    }
}

fn who(holder: Holder) -> &'static str {
    if holder == Holder::User { "user" } else { "role" }
}

fn capital(holder: Holder) -> &'static str {
    if holder == Holder::User { "USER" } else { "ROLE" }
}
