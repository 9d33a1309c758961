//! APIs of API Gateway, their stages and throttles, and their custom domains; per Region.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Seen, Tags};

/// How many requests are let through. A member that is not set leaves it to the next wider throttle.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Throttle {
    /// Requests at once. REST APIs say -1 for "not set".
    pub burst: Option<i32>,
    /// Requests a second. REST APIs say -1 for "not set".
    pub rate: Option<f64>,
}

impl Throttle {
    /// Nothing is let through.
    pub const SHUT: Throttle = Throttle { burst: Some(0), rate: Some(0.0) };

    pub fn new(burst: i32, rate: f64) -> Throttle {
        Throttle { burst: Some(burst), rate: Some(rate) }
    }
}

/// A REST API of API Gateway, as it is drafted, and what its stages serve.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RestApi {
    pub name: String,
    /// It is reached through endpoints of VPCs only.
    pub private: bool,
    /// The default endpoint (`execute-api`) is drafted to be off.
    pub endpoint_off: bool,
    /// The resource policy that is drafted, as text; `None`: it has none.
    pub policy: Option<String>,
    /// By name.
    pub stages: BTreeMap<String, RestStage>,
    pub tags: Tags,
}

/// A stage of a REST API.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RestStage {
    /// Id of the deployment that it serves.
    pub deployment: String,
    /// A part of the calls goes to another deployment.
    pub canary: bool,
    /// Throttles by `path/METHOD` as AWS spells it; `*/*`: of each method that has none of its own.
    pub throttles: BTreeMap<String, Throttle>,
    /// The resource policy of the deployment that it serves; read where it was asked for.
    pub served_policy: Seen<Option<String>>,
    pub tags: Tags,
}

/// An HTTP or WebSocket API of API Gateway.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpApi {
    pub name: String,
    /// `HTTP` or `WEBSOCKET`.
    pub protocol: String,
    /// The default endpoint (`execute-api`) is off.
    pub endpoint_off: bool,
    /// Another service made it: API Gateway lets nobody change it.
    pub managed: bool,
    /// By name.
    pub stages: BTreeMap<String, ApiStage>,
    pub tags: Tags,
}

/// A stage of an HTTP or WebSocket API.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiStage {
    /// API Gateway made it with its API ("quick create"), and lets nobody change it.
    pub managed: bool,
    /// Each change of the API is deployed to it by API Gateway.
    pub auto_deploy: bool,
    /// The settings of routes that have none of their own.
    pub default: RouteSettings,
    /// The settings of single routes, by route key: `GET /pets`.
    pub routes: BTreeMap<String, RouteSettings>,
    /// Does it serve what is drafted? Read of stages of HTTP APIs that deploy by themselves.
    pub published: Seen<bool>,
    pub tags: Tags,
}

/// The settings of one route, or of those without their own. What is not set is `None`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RouteSettings {
    pub throttle: Throttle,
    /// Detailed metrics.
    pub metrics: Option<bool>,
    /// Whole requests are logged; of WebSocket APIs.
    pub trace: Option<bool>,
    /// `OFF`, `ERROR` or `INFO`; of WebSocket APIs.
    pub logging: Option<String>,
}

/// A custom domain of API Gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiDomain {
    /// `REGIONAL`, `EDGE` or `PRIVATE`.
    pub kind: String,
    /// Ids of the APIs that its mappings lead to.
    pub apis: BTreeSet<String>,
    /// Routing rules lead to APIs besides, and are not read.
    pub rules: bool,
}
