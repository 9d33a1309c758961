//! Functions of Lambda run again.

use super::moves::{Attempt, Scene};
use super::parts::{Part, each};
use crate::account::{EventSource, Function, Seen};

const FUNCTIONS: Part<Seen<Function>> =
    Part { noun: "lambda:function", of: |here| &here.functions, of_mut: |here| &mut here.functions };

const SOURCES: Part<EventSource> = Part {
    noun: "lambda:event-source-mapping",
    of: |here| &here.event_sources,
    of_mut: |here| &mut here.event_sources,
};

pub(super) fn concurrency(scene: &Scene<'_>) -> Vec<Attempt> {
    each(scene, &FUNCTIONS, "lambda:PutFunctionConcurrency", |was, is| {
        if let (Some(was), Some(is)) = (was.read(), is.read_mut()) {
            is.reserved = was.reserved;
            is.provisioned.clone_from(&was.provisioned);
        }
    })
}

pub(super) fn urls(scene: &Scene<'_>) -> Vec<Attempt> {
    each(scene, &FUNCTIONS, "lambda:UpdateFunctionUrlConfig", |was, is| {
        if let (Some(was), Some(is)) = (was.read(), is.read_mut()) {
            is.urls.clone_from(&was.urls);
        }
    })
}

pub(super) fn sources(scene: &Scene<'_>) -> Vec<Attempt> {
    each(scene, &SOURCES, "lambda:UpdateEventSourceMapping", |was, is| is.state.clone_from(&was.state))
}
