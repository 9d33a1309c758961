//! Resources of many services by AWS Cloud Control: one call lists a type, another reads one resource.
//!
//! <https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_ListResources.html>

use std::collections::BTreeMap;

use aws_sdk_cloudcontrol::types::ResourceDescription;
use futures::StreamExt as _;
use serde_json::Value;

use super::{Ask, seen, without_endpoint};
use crate::account::Seen;
use crate::account::other_doors::DOORS;
use crate::account::pipelines::PIPELINES;
use crate::account::resources::{OfType, Properties, ResourceType, Resources};
use crate::account::watchers::WATCHERS;
use crate::aws::{Aws, AwsError, Kind, lists, unless_gone};

/// Types listed at once in a Region, and resources of one type asked for at once.
const AT_ONCE: usize = 5;
/// Resources of one type in one Region that are asked for one by one. Of the rest it is known that they are
/// there.
const MOST_ASKED: usize = 100;

/// Reads the doors that no step closes.
///
/// # Errors
/// The first that AWS answers, where it answered so to every type, or takes the credentials no longer.
pub(super) async fn other_doors(aws: &Aws, region: &str, _: &Ask) -> Result<Resources, AwsError> {
    let types = DOORS.iter().map(|door| &door.of).collect();
    resources(aws, region, types).await
}

/// Reads what watches the account and keeps its backups.
///
/// # Errors
/// As [`other_doors`].
pub(super) async fn watchers(aws: &Aws, region: &str, _: &Ask) -> Result<Resources, AwsError> {
    resources(aws, region, WATCHERS.to_vec()).await
}

/// Reads the pipelines that deploy, and the remediations that may put a cut back.
///
/// # Errors
/// As [`other_doors`].
pub(super) async fn pipelines(aws: &Aws, region: &str, _: &Ask) -> Result<Resources, AwsError> {
    resources(aws, region, PIPELINES.to_vec()).await
}

/// What AWS says of a type in a Region.
enum Listed {
    There(OfType),
    NotOffered,
}

async fn resources(
    aws: &Aws,
    region: &str,
    mut types: Vec<&'static ResourceType>,
) -> Result<Resources, AwsError> {
    types.retain(|of| of.only_in.is_none_or(|only| only == region));
    let each: Vec<_> = types.into_iter().map(async |of| (of.name, of_type(aws, region, of).await)).collect();
    let mut answers: Vec<_> = futures::stream::iter(each).buffer_unordered(AT_ONCE).collect().await;
    // A session that expires on the way matters more than a type that is denied.
    let is_expired = |answer: &Result<_, AwsError>| {
        answer.as_ref().is_err_and(|error: &AwsError| error.kind == Kind::Credentials)
    };
    answers.sort_by_key(|(name, answer)| (!is_expired(answer), *name));
    let none_read = answers.iter().all(|(_, answer)| answer.is_err());
    let mut found = Resources::default();
    for (name, answer) in answers {
        match answer {
            Err(error) if none_read || error.kind == Kind::Credentials => return Err(error),
            Err(error) => drop(found.types.insert(name.to_owned(), seen(Err(error)))),
            Ok(Listed::NotOffered) => drop(found.not_offered.insert(name.to_owned())),
            Ok(Listed::There(all)) if all.is_empty() => {}
            Ok(Listed::There(all)) => drop(found.types.insert(name.to_owned(), Seen::Read(all))),
        }
    }
    Ok(found)
}

async fn of_type(aws: &Aws, region: &str, of: &'static ResourceType) -> Result<Listed, AwsError> {
    aws.takes_also(of.list);
    // AWS does not heed MaxResults.
    let list = aws.cloudcontrol(region).list_resources().type_name(of.name);
    let list = list.set_resource_model(of.model.map(Into::into));
    let listed: Result<BTreeMap<String, Properties>, AwsError> =
        lists::all(aws, list, |one| Some((one.identifier.clone()?, kept(of, &one)))).await;
    let listed = match listed {
        Ok(listed) => listed,
        Err(error) if error.is("TypeNotFoundException") => return Ok(Listed::NotOffered),
        Err(error) if of.off.iter().any(|words| error.detail().contains(words)) => BTreeMap::new(),
        Err(error) => return Err(meant(error)),
    };
    let mut found = OfType::new();
    let mut untold = vec![];
    for (id, properties) in listed {
        if of.is_told(&properties) {
            found.insert(id, Seen::Read(properties));
        } else if untold.len() < MOST_ASKED {
            untold.push(id);
        } else {
            found.insert(id, Seen::default());
        }
    }
    let each = futures::stream::iter(untold).map(async |id| {
        let answer = one(aws, region, of, &id).await;
        (id, answer)
    });
    let asked: Vec<_> = each.buffer_unordered(AT_ONCE).collect().await;
    for (id, answer) in asked {
        match answer {
            Ok(Some(properties)) => drop(found.insert(id, Seen::Read(properties))),
            Ok(None) => {}
            Err(error) if error.kind == Kind::Credentials => return Err(error),
            Err(error) => drop(found.insert(id, seen(Err(error)))),
        }
    }
    Ok(Listed::There(found))
}

/// One resource; `None` where it is gone.
async fn one(
    aws: &Aws,
    region: &str,
    of: &'static ResourceType,
    id: &str,
) -> Result<Option<Properties>, AwsError> {
    aws.takes_also(of.get);
    let answer = aws.cloudcontrol(region).get_resource().type_name(of.name).identifier(id).send().await;
    let Some(answer) = unless_gone(answer).map_err(meant)? else { return Ok(None) };
    let described = answer.resource_description.filter(|one| one.properties.is_some());
    match described {
        Some(described) => Ok(Some(kept(of, &described))),
        None => Err(AwsError::unusable("cloudcontrol:GetResource", "it lacks Properties")),
    }
}

/// What is kept of a resource. Properties that are no JSON are none: it is then asked for by itself, or not
/// known.
fn kept(of: &ResourceType, described: &ResourceDescription) -> Properties {
    let text = described.properties.as_deref().unwrap_or_default();
    let Ok(properties) = serde_json::from_str::<Value>(text) else { return Properties::new() };
    let places = of.pointers().flat_map(|at| each_place(&properties, at));
    places.filter_map(|at| words(properties.pointer(&at)?).map(|text| (at, text))).collect()
}

/// The pointers that a pointer with `*` stands for: one for each place of the lists in it.
fn each_place(properties: &Value, pointer: &str) -> Vec<String> {
    let mut places = vec![String::new()];
    for part in pointer.split('/').skip(1) {
        let of = |place: &String| match (part, properties.pointer(place)) {
            ("*", Some(Value::Array(items))) => (0..items.len()).map(|at| format!("{place}/{at}")).collect(),
            ("*", _) => vec![],
            _ => vec![format!("{place}/{part}")],
        };
        places = places.iter().flat_map(of).collect();
    }
    places
}

/// A property as text; `None` where it is empty. Objects are kept as JSON.
fn words(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().filter_map(words).collect::<Vec<_>>().join(", "),
        Value::Object(members) if members.is_empty() => return None,
        other => other.to_string(),
    };
    (!text.is_empty()).then_some(text)
}

/// What a failure means. Cloud Control passes on what the service behind it answers, a denial under one code
/// or another: `AccessDeniedException`, `GeneralServiceException`, `AuthorizationError`.
fn meant(error: AwsError) -> AwsError {
    let mut error = without_endpoint(error);
    let said = error.message.to_lowercase();
    let denied = ["not authorized", "accessdenied", "access denied", "authorizationerror"];
    match error.kind {
        Kind::Credentials | Kind::Throttled | Kind::NoAnswer | Kind::NotSupported | Kind::Denied => {}
        _ if denied.iter().any(|words| said.contains(words)) => error.kind = Kind::Denied,
        _ if error.is("UnsupportedActionException") => error.kind = Kind::NotSupported,
        _ if NO_ANSWER.iter().any(|code| error.is(code)) => error.kind = Kind::NoAnswer,
        _ => {}
    }
    error
}

/// Codes with which Cloud Control says that its handler, or what the handler asks, did not answer.
const NO_ANSWER: [&str; 4] = [
    "HandlerInternalFailureException",
    "NetworkFailureException",
    "NotStabilizedException",
    "ServiceInternalErrorException",
];

#[cfg(test)]
mod tests;
