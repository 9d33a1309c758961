//! The CloudFront Function that answers every request with the maintenance page.
//!
//! Its name holds a hash of its code, so that one that was made before an incident is found and used, and
//! another page has another name.

use aws_sdk_cloudfront::primitives::Blob;
use aws_sdk_cloudfront::types::{FunctionConfig, FunctionRuntime, FunctionStage};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::account::{Account, EdgeFunction, Section};
use crate::aws::{Aws, AwsError, unless_gone};
use crate::front::page::{self, Unfit};
use crate::step::{Case, Lens, Look, Now, Reach, Reason, StepError, Verdict, Write};

pub(in crate::steps) struct PageFunction;

/// Distributions that one function may serve.
///
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html>
const DISTRIBUTIONS_OF_ONE: usize = 100;

/// A function of this name, with its code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::steps) enum State {
    Absent,
    /// Created: no distribution can use it yet.
    Draft {
        code: String,
    },
    /// Published.
    Live {
        code: String,
    },
}

/// The name of a function with this code; the number is 1 for the first hundred distributions.
fn name(code: &str, number: usize) -> String {
    let hash: String = Sha256::digest(code).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let more = if number > 1 { format!("-{number}") } else { String::new() };
    format!("{}{hash}{more}", EdgeFunction::OURS)
}

/// The code of the page that this run shows.
pub(in crate::steps) fn code(case: &Case) -> Result<String, Unfit> {
    page::function_of(case.scope.page.as_deref())
}

/// The name of the function that serves a distribution: the first hundred by id have the first.
///
/// # Errors
/// The page does not fit into a function.
pub(in crate::steps) fn of_distribution(id: &str, account: &Account, case: &Case) -> Result<String, Unfit> {
    let before = account.distributions.items().take_while(|(other, _)| other.as_str() < id).count();
    Ok(name(&code(case)?, before / DISTRIBUTIONS_OF_ONE + 1))
}

/// The ARN of a function of this account.
pub(in crate::steps) fn arn(name: &str, account: &Account) -> String {
    format!("arn:{}:cloudfront::{}:function/{name}", account.partition(), account.id)
}

/// Is it the ARN of a page's function with this code, whatever its number?
pub(in crate::steps) fn is_page(arn: &str, code: &str) -> bool {
    let found = arn.rsplit('/').next().unwrap_or_default();
    let first = name(code, 1);
    found.strip_prefix(&first).is_some_and(|more| more.is_empty() || more.starts_with('-'))
}

impl Lens for PageFunction {
    type State = State;
    const KIND: &'static str = "page-function";
    const NEEDS: &'static [Section] = &[Section::Distributions, Section::EdgeFunctions];
    const STATES_ONLY: bool = true;
    const REACH: Reach = Reach::Itself;
    const ID_SAYS_KIND: bool = true;

    fn state(&self, look: &Look<'_>) -> Now<State> {
        Now::of(&look.account.edge_functions, |all| {
            Now::Is(match all.get(&look.at.id) {
                None => State::Absent,
                Some(EdgeFunction { published: true, live, .. }) => {
                    State::Live { code: live.clone().unwrap_or_default() }
                }
                Some(one) => State::Draft { code: one.draft.clone().unwrap_or_default() },
            })
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let wanted = match code(look.case) {
            Ok(code) => State::Live { code },
            Err(unfit) => return Verdict::Refuse(format!("the page cannot be shown: {unfit}")),
        };
        match now {
            now if *now == wanted => Verdict::Already,
            State::Absent => Verdict::Change(wanted),
            State::Draft { .. } => Verdict::Lasting(
                wanted,
                "a run that did not end has left it unpublished: AWS does not take a publication back".into(),
            ),
            State::Live { .. } => Verdict::Lasting(
                wanted,
                "somebody gave the page's function another code: what they wrote stays out".into(),
            ),
        }
    }

    fn used_by(&self, look: &Look<'_>) -> Option<Reason> {
        let arn = arn(&look.at.id, look.account);
        let uses = |one: &crate::account::Distribution| {
            one.behaviors.values().any(|behavior| behavior.functions.values().any(|used| *used == arn))
        };
        let (id, _) = look.account.distributions.items().find(|(_, one)| uses(one))?;
        Some(format!("{id} still uses it"))
    }

    fn passes(&self, from: &State, to: &State) -> Vec<State> {
        match (from, to) {
            (State::Absent, State::Live { code }) => vec![State::Draft { code: code.clone() }],
            _ => vec![],
        }
    }

    fn show(&self, state: &State) -> String {
        match state {
            State::Absent => "none".into(),
            State::Draft { code } => format!("made, not published ({} bytes)", code.len()),
            State::Live { code } => format!("answers 503 with the page ({} bytes)", code.len()),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let (aws, name) = (write.aws, &write.at.id);
        match write.to {
            State::Live { code } => publish(aws, name, code).await,
            State::Absent => delete(aws, name).await,
            State::Draft { .. } => {
                Err(StepError::State("AWS does not take the publication of a function back".into()))
            }
        }
    }
}

/// The version of a stage, for a write; `None` where there is no such function or stage.
async fn version(aws: &Aws, name: &str, stage: FunctionStage) -> Result<Option<String>, AwsError> {
    let answer = aws.cloudfront().describe_function().name(name).stage(stage).send().await;
    let Some(answer) = unless_gone(answer)? else { return Ok(None) };
    let lacking = || AwsError::unusable("cloudfront:DescribeFunction", "it lacks ETag");
    answer.e_tag.map(Some).ok_or_else(lacking)
}

/// Has the function this code in a stage?
async fn has(aws: &Aws, name: &str, stage: FunctionStage, code: &str) -> Result<bool, AwsError> {
    let answer = aws.cloudfront().get_function().name(name).stage(stage).send().await;
    let found = unless_gone(answer)?.and_then(|answer| answer.function_code);
    Ok(found.is_some_and(|found| found.as_ref() == code.as_bytes()))
}

/// Makes the function or gives it this code, and publishes it.
async fn publish(aws: &Aws, name: &str, code: &str) -> Result<(), StepError> {
    let version = match version(aws, name, FunctionStage::Development).await? {
        None => create(aws, name, code).await?,
        Some(version) if has(aws, name, FunctionStage::Development, code).await? => version,
        Some(version) => {
            let update = aws.cloudfront().update_function().name(name).if_match(version);
            let update = update.function_config(config()?).function_code(Blob::new(code));
            update.send().await?;
            // AWS's model names the header of the new version ETtag: the version is asked for.
            self::version(aws, name, FunctionStage::Development).await?.ok_or_else(no_version)?
        }
    };
    if !has(aws, name, FunctionStage::Live, code).await? {
        aws.cloudfront().publish_function().name(name).if_match(version).send().await?;
    }
    Ok(())
}

async fn create(aws: &Aws, name: &str, code: &str) -> Result<String, StepError> {
    let create = aws.cloudfront().create_function().name(name);
    let answer = create.function_config(config()?).function_code(Blob::new(code)).send().await?;
    answer.e_tag.ok_or_else(no_version)
}

fn no_version() -> StepError {
    StepError::State("AWS gave the function no version".into())
}

fn config() -> Result<FunctionConfig, StepError> {
    let config = FunctionConfig::builder()
        .comment("Maintenance page. Made by unplug; safe to delete when no distribution uses it")
        .runtime(FunctionRuntime::CloudfrontJs20);
    config.build().map_err(|error| StepError::State(error.to_string()))
}

async fn delete(aws: &Aws, name: &str) -> Result<(), StepError> {
    let Some(version) = version(aws, name, FunctionStage::Development).await? else { return Ok(()) };
    let answer = aws.cloudfront().delete_function().name(name).if_match(version).send().await;
    unless_gone(answer)?;
    Ok(())
}
