//! AWS Cloud Control: it lists resources of other services and reads one of them.

use aws_sdk_cloudcontrol::types::ResourceDescription;
use serde_json::{Map, Value, json};

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::{code, seen};
use crate::account::resources::{self, OfType, Properties, ResourceType};
use crate::account::{Cause, Seen};
use crate::aws::operations::cloudcontrol;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<cloudcontrol::GetResource>(get_resource);
    dispatch.on::<cloudcontrol::ListResources>(list_resources);
}

/// The type with this name, and its resources in the Region of the call.
fn of_type(cx: &Cx<'_>, name: Option<&str>) -> Result<(&'static ResourceType, Option<OfType>), Refused> {
    let name = name.unwrap_or_default();
    let unknown = || refuse("TypeNotFoundException", format!("The type '{name}' cannot be found."));
    let (of, section) = resources::find(name, region(cx)).ok_or_else(unknown)?;
    let section = seen(section)?;
    if section.not_offered.contains(name) || of.only_in.is_some_and(|only| only != cx.region) {
        return Err(unknown());
    }
    match section.types.get(name) {
        None => Ok((of, None)),
        Some(Seen::Read(all)) => Ok((of, Some(all.clone()))),
        Some(Seen::Gap(gap)) if gap.cause == Cause::NotSupported => {
            Err(refuse("UnsupportedActionException", gap.detail.clone()))
        }
        // AWS has no code of its own for what the service behind it denied.
        Some(Seen::Gap(gap)) if gap.cause == Cause::Denied => {
            Err(refuse("GeneralServiceException", format!("not authorized: {}", gap.detail)))
        }
        Some(Seen::Gap(gap)) => Err(refuse(code(gap.cause), gap.detail.clone())),
    }
}

/// Names alone where the resources of the type are asked for one by one, as of the list of most services.
fn list_resources(
    cx: &mut Cx<'_>,
    input: &In<cloudcontrol::ListResources>,
) -> Said<cloudcontrol::ListResources> {
    let (of, all) = of_type(cx, input.type_name())?;
    if of.model.is_some() && input.resource_model() != of.model {
        return Err(refuse("InvalidRequestException", "Missing or invalid ResourceModel property"));
    }
    let described = |(id, one): (&String, &Seen<Properties>)| {
        let whole = one.read().filter(|_| of.get.is_empty());
        described(id, &whole.cloned().unwrap_or_default())
    };
    let all = all.iter().flatten().map(described).collect();
    let (page, next) = cx.page(all, input.next_token(), None);
    Ok(Out::<cloudcontrol::ListResources>::builder()
        .type_name(of.name)
        .set_resource_descriptions(Some(page))
        .set_next_token(next)
        .build())
}

fn get_resource(cx: &mut Cx<'_>, input: &In<cloudcontrol::GetResource>) -> Said<cloudcontrol::GetResource> {
    let (of, all) = of_type(cx, input.type_name())?;
    let id = input.identifier().unwrap_or_default();
    let missing = || {
        let text = format!("Resource of type '{}' with identifier '{id}' was not found.", of.name);
        refuse("ResourceNotFoundException", text)
    };
    let properties = seen(all.as_ref().and_then(|all| all.get(id)).ok_or_else(missing)?)?;
    Ok(Out::<cloudcontrol::GetResource>::builder()
        .type_name(of.name)
        .resource_description(described(id, properties))
        .build())
}

fn described(id: &str, properties: &Properties) -> ResourceDescription {
    ResourceDescription::builder().identifier(id).properties(json(properties).to_string()).build()
}

/// The properties as AWS writes them: an object in an object for each part of a pointer.
fn json(properties: &Properties) -> Value {
    let mut root = Value::Object(Map::new());
    for (pointer, text) in properties {
        let mut at = &mut root;
        for part in pointer.trim_start_matches('/').split('/') {
            at = match part.parse().ok().filter(|place| *place < MOST_PLACES) {
                Some(place) => place_of(at, place),
                None => {
                    if !at.is_object() {
                        *at = json!({});
                    }
                    &mut at[part]
                }
            };
        }
        *at = match text.as_str() {
            "true" => json!(true),
            "false" => json!(false),
            text => json!(text),
        };
    }
    root
}

/// A number in a pointer is a place of a list up to here.
const MOST_PLACES: usize = 1_000;

/// A place of a list, which grows to it.
fn place_of(list: &mut Value, place: usize) -> &mut Value {
    if !list.is_array() {
        *list = json!([]);
    }
    let Value::Array(items) = list else { unreachable!("it was made a list") };
    if items.len() <= place {
        items.resize(place + 1, Value::Null);
    }
    &mut items[place]
}
