//! Event source mappings: what Lambda polls for a function.

use aws_sdk_lambda::types::EventSourceMappingConfiguration;

use super::super::ec2::region;
use super::super::route::{Cx, Dispatch, In, Out, Said, refuse};
use super::super::world::{seen, seen_mut};
use crate::account::EventSource;
use crate::aws::operations::lambda;

/// How long a mapping takes to be enabled or disabled. AWS takes up to some minutes.
const SETTLES_MS: u64 = 20_000;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<lambda::GetEventSourceMapping>(get_event_source_mapping);
    dispatch.on::<lambda::ListEventSourceMappings>(list_event_source_mappings);
    dispatch.on::<lambda::UpdateEventSourceMapping>(update_event_source_mapping);
}

/// A mapping is on its way somewhere.
fn moves(state: &str) -> bool {
    !["Enabled", "Disabled"].contains(&state)
}

/// Has a mapping end some time later what it is doing.
fn go_on(cx: &mut Cx<'_>, id: &str) {
    if cx.world.lambda.moving.insert((cx.region.to_owned(), id.to_owned())) {
        cx.later(SETTLES_MS, id, settle);
    }
}

/// The end of what a mapping was doing.
fn settle(cx: &mut Cx<'_>, id: &str) {
    cx.world.lambda.moving.remove(&(cx.region.to_owned(), id.to_owned()));
    let Ok(all) = seen_mut(&mut cx.region_mut().event_sources) else { return };
    let Some(source) = all.get_mut(id) else { return };
    let end = match source.state.as_str() {
        "Disabling" | "Disabled" => "Disabled",
        "Deleting" => return drop(all.remove(id)),
        _ => "Enabled",
    };
    end.clone_into(&mut source.state);
}

fn list_event_source_mappings(
    cx: &mut Cx<'_>,
    input: &In<lambda::ListEventSourceMappings>,
) -> Said<lambda::ListEventSourceMappings> {
    let all: Vec<(String, EventSource)> =
        seen(&region(cx).event_sources)?.iter().map(|(id, one)| (id.clone(), one.clone())).collect();
    for (id, _) in all.iter().filter(|(_, one)| moves(&one.state)) {
        go_on(cx, id);
    }
    let all = all.iter().map(|(id, one)| mapping(id, one)).collect();
    let (page, next) = cx.page(all, input.marker(), Some(input.max_items().unwrap_or(100).min(100)));
    Ok(Out::<lambda::ListEventSourceMappings>::builder()
        .set_event_source_mappings(Some(page))
        .set_next_marker(next)
        .build())
}

fn get_event_source_mapping(
    cx: &mut Cx<'_>,
    input: &In<lambda::GetEventSourceMapping>,
) -> Said<lambda::GetEventSourceMapping> {
    let id = input.uuid().unwrap_or_default();
    let source = seen(&region(cx).event_sources)?.get(id).cloned();
    let Some(source) = source else {
        return Err(refuse("ResourceNotFoundException", "The resource you requested does not exist."));
    };
    if moves(&source.state) {
        go_on(cx, id);
    }
    Ok(Out::<lambda::GetEventSourceMapping>::builder()
        .uuid(id)
        .function_arn(source.function)
        .set_event_source_arn(source.source)
        .state(source.state)
        .build())
}

fn mapping(id: &str, source: &EventSource) -> EventSourceMappingConfiguration {
    EventSourceMappingConfiguration::builder()
        .uuid(id)
        .function_arn(&source.function)
        .set_event_source_arn(source.source.clone())
        .state(&source.state)
        .build()
}

/// One that is on its way is not taken.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html>
fn update_event_source_mapping(
    cx: &mut Cx<'_>,
    input: &In<lambda::UpdateEventSourceMapping>,
) -> Said<lambda::UpdateEventSourceMapping> {
    let id = input.uuid().unwrap_or_default().to_owned();
    let all = seen_mut(&mut cx.region_mut().event_sources)?;
    let Some(source) = all.get_mut(&id) else {
        return Err(refuse("ResourceNotFoundException", "The resource you requested does not exist."));
    };
    if moves(&source.state) {
        let why = "The operation cannot be performed on an event source mapping that is in transition";
        return Err(refuse("ResourceInUseException", why));
    }
    let state = match (input.enabled(), source.state.as_str()) {
        (Some(true), "Disabled") => "Enabling",
        (Some(false), "Enabled") => "Disabling",
        (_, state) => state,
    };
    let state = state.to_owned();
    source.state.clone_from(&state);
    let output = Out::<lambda::UpdateEventSourceMapping>::builder()
        .uuid(&id)
        .function_arn(&source.function)
        .set_event_source_arn(source.source.clone())
        .state(&state);
    if moves(&state) {
        go_on(cx, &id);
    }
    Ok(output.build())
}
