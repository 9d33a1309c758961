//! APIs of API Gateway let calls through again.

use super::moves::{Attempt, Scene};
use super::parts::{Part, each};
use crate::account::{HttpApi, RestApi, Seen};

const REST: Part<Seen<RestApi>> =
    Part { noun: "apigateway:restapis", of: |here| &here.rest_apis, of_mut: |here| &mut here.rest_apis };

const HTTP: Part<Seen<HttpApi>> =
    Part { noun: "apigateway:apis", of: |here| &here.http_apis, of_mut: |here| &mut here.http_apis };

/// IAM knows API Gateway's calls by their methods.
const CHANGE: &str = "apigateway:PATCH";

pub(super) fn throttles(scene: &Scene<'_>) -> Vec<Attempt> {
    let mut attempts = each(scene, &REST, CHANGE, |was, is| {
        let (Some(was), Some(is)) = (was.read(), is.read_mut()) else { return };
        for (name, stage) in &mut is.stages {
            if let Some(was) = was.stages.get(name) {
                stage.throttles.clone_from(&was.throttles);
            }
        }
    });
    attempts.extend(each(scene, &HTTP, CHANGE, |was, is| {
        let (Some(was), Some(is)) = (was.read(), is.read_mut()) else { return };
        for (name, stage) in &mut is.stages {
            if let Some(was) = was.stages.get(name) {
                stage.default.clone_from(&was.default);
                stage.routes.clone_from(&was.routes);
            }
        }
    }));
    attempts
}

pub(super) fn endpoints(scene: &Scene<'_>) -> Vec<Attempt> {
    each(scene, &HTTP, CHANGE, |was, is| {
        if let (Some(was), Some(is)) = (was.read(), is.read_mut()) {
            is.endpoint_off = was.endpoint_off;
        }
    })
}

/// A stage serves its old deployment, whatever policy is drafted.
pub(super) fn deployments(scene: &Scene<'_>) -> Vec<Attempt> {
    each(scene, &REST, CHANGE, |was, is| {
        let (Some(was), Some(is)) = (was.read(), is.read_mut()) else { return };
        for (name, stage) in &mut is.stages {
            if let Some(was) = was.stages.get(name) {
                stage.deployment.clone_from(&was.deployment);
                stage.served_policy.clone_from(&was.served_policy);
            }
        }
    })
}
