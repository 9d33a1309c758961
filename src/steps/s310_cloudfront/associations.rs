//! The functions that a cache behavior runs, in a configuration of the SDK.

use aws_sdk_cloudfront::types::{
    EventType, FunctionAssociation, FunctionAssociations, LambdaFunctionAssociation,
    LambdaFunctionAssociations,
};
use aws_smithy_types::error::operation::BuildError;

use crate::account::{Account, EdgeLambda};
use crate::step::{Reason, StepError};

/// Gives a cache behavior this function on viewers' requests, or none. Says whether that changed anything.
pub(super) fn functions(
    all: &mut Option<FunctionAssociations>,
    request: Option<&str>,
) -> Result<bool, StepError> {
    let before = all.as_ref().map(|all| all.items().to_vec()).unwrap_or_default();
    let mut items = before.clone();
    items.retain(|one| one.event_type != EventType::ViewerRequest);
    if let Some(arn) = request {
        let association =
            FunctionAssociation::builder().function_arn(arn).event_type(EventType::ViewerRequest);
        items.push(association.build().map_err(|error| incomplete(&error))?);
    }
    if same(&before, &items) {
        return Ok(false);
    }
    let list = FunctionAssociations::builder().quantity(number(items.len())).set_items(some(items));
    *all = Some(list.build().map_err(|error| incomplete(&error))?);
    Ok(true)
}

/// Gives a cache behavior these Lambda@Edge functions by event, and none other on the events that are `mine`.
/// Says whether that changed anything.
pub(super) fn lambdas(
    all: &mut Option<LambdaFunctionAssociations>,
    mine: impl Fn(&str) -> bool,
    wanted: &[(&str, &EdgeLambda)],
) -> Result<bool, StepError> {
    let before = all.as_ref().map(|all| all.items().to_vec()).unwrap_or_default();
    let mut items = before.clone();
    items.retain(|one| !mine(one.event_type.as_str()));
    for (event, lambda) in wanted {
        let association = LambdaFunctionAssociation::builder()
            .lambda_function_arn(&lambda.arn)
            .event_type(EventType::from(*event))
            .include_body(lambda.body);
        items.push(association.build().map_err(|error| incomplete(&error))?);
    }
    if same(&before, &items) {
        return Ok(false);
    }
    let list = LambdaFunctionAssociations::builder().quantity(number(items.len())).set_items(some(items));
    *all = Some(list.build().map_err(|error| incomplete(&error))?);
    Ok(true)
}

/// Why a configuration with these functions cannot be put back: AWS refuses one that is not published.
pub(super) fn unpublished<'a>(arns: impl Iterator<Item = &'a str>, account: &Account) -> Option<Reason> {
    let known = account.edge_functions.read()?;
    let mut arns = arns.collect::<Vec<_>>();
    arns.retain(|arn| !known.values().any(|one| one.arn == *arn && one.published));
    let gone = arns.into_iter().min()?;
    Some(format!("{gone} ran on its requests before, and is not published any more: publish it first"))
}

/// The same associations, in any order.
fn same<T: PartialEq>(one: &[T], other: &[T]) -> bool {
    one.len() == other.len() && one.iter().all(|item| other.contains(item))
}

/// A list of CloudFront that is not given where it is empty.
pub(super) fn some<T>(items: Vec<T>) -> Option<Vec<T>> {
    (!items.is_empty()).then_some(items)
}

pub(super) fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

pub(super) fn incomplete(error: &BuildError) -> StepError {
    StepError::State(error.to_string())
}
