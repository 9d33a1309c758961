//! CloudFront: distributions and the functions that run in front of their caches. Global.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Tags;

/// The key of a distribution's default cache behavior among the others, as AWS's console names it. No path
/// pattern can hold a space or a parenthesis.
pub const DEFAULT_BEHAVIOR: &str = "Default (*)";

/// A distribution (`cloudfront:ListDistributions`, `cloudfront:GetDistributionConfig`). Its ETag and the time
/// of its last change are not here: AWS moves them with every write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Distribution {
    /// `d111111abcdef8.cloudfront.net`
    pub domain: String,
    /// Alternate domain names: what visitors ask for.
    pub aliases: BTreeSet<String>,
    /// A distribution that is not enabled answers nobody.
    pub enabled: bool,
    /// Has every edge the last change? CloudFront says `InProgress` for some minutes after each.
    pub deployed: bool,
    pub comment: String,
    /// Cache behaviors by path pattern; the default one by [`DEFAULT_BEHAVIOR`].
    pub behaviors: BTreeMap<String, Behavior>,
    /// Origins by their id within the distribution.
    pub origins: BTreeMap<String, Origin>,
    /// The certificate for the aliases: an ARN of ACM, or the id of a certificate in IAM.
    pub certificate: Option<String>,
    /// ARN of the web ACL; of AWS WAF Classic its id.
    pub web_acl: Option<String>,
    pub geo: GeoRestriction,
    /// What visitors get instead of an origin's error, by its status.
    pub error_pages: BTreeMap<String, ErrorPage>,
    /// A staging distribution, which gets a part of its primary's visitors.
    pub staging: bool,
    /// The continuous deployment policy, which sends a part of the visitors to a staging distribution.
    pub continuous_policy: Option<String>,
    /// Its visitors come by tenants, which have the domain names (`ConnectionMode` is `tenant-only`).
    pub multi_tenant: bool,
    /// It writes access logs into a bucket, or sends them in real time. Logs that CloudWatch Logs delivers
    /// are in [`Account::edge_logs`](super::Account::edge_logs).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub logged: bool,
    /// Elements of its configuration that this version of the SDK does not know, by path
    /// (`DefaultCacheBehavior/NewThing`): who sends the configuration back deletes them.
    pub unknown: BTreeSet<String>,
    pub tags: Tags,
}

/// How a distribution answers requests for some paths.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Behavior {
    /// The id of its origin, or of its origin group.
    pub origin: String,
    /// ARNs of CloudFront Functions by event: `viewer-request`, `viewer-response`.
    pub functions: BTreeMap<String, String>,
    /// Lambda@Edge functions by event: the same two, `origin-request` and `origin-response`.
    pub lambdas: BTreeMap<String, EdgeLambda>,
    /// Are requests without a valid signature refused?
    pub signed: bool,
    /// What it caches by, and for how long.
    pub cache: Caching,
    /// The id of the origin request policy: what it forwards to the origin besides.
    pub request_policy: Option<String>,
    /// Does it answer gRPC?
    pub grpc: bool,
    /// The id of the configuration by which it encrypts fields of what visitors send.
    pub encrypts_fields: Option<String>,
}

/// What a cache behavior caches by, and for how long: a policy, or the older settings in its place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Caching {
    /// The id of a cache policy.
    pub policy: Option<String>,
    /// What is forwarded to the origin, and is part of the cache's key. Only without a policy.
    pub forwarded: Option<Forwarded>,
    /// In seconds, as the other two. Only without a policy.
    pub min_ttl: Option<i64>,
    pub default_ttl: Option<i64>,
    pub max_ttl: Option<i64>,
}

/// What a cache behavior without policies forwards to the origin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Forwarded {
    pub query_string: bool,
    /// Those alone are part of the cache's key; none: all.
    pub query_keys: BTreeSet<String>,
    /// `none`, `all`, `whitelist`.
    pub cookies: String,
    /// Where `cookies` is `whitelist`.
    pub cookie_names: BTreeSet<String>,
    pub headers: BTreeSet<String>,
}

/// The association of a Lambda@Edge function.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EdgeLambda {
    /// With its version.
    pub arn: String,
    /// Does it get the request's body?
    pub body: bool,
}

/// Where a distribution fetches from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Origin {
    pub domain: String,
    pub kind: OriginKind,
    /// The id of the origin access control with which CloudFront signs its requests.
    pub access_control: Option<String>,
}

/// What kind of origin it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OriginKind {
    /// A host that is reached over the internet; an S3 website too.
    #[default]
    Custom,
    S3,
    /// A host in a VPC, which no internet gateway needs to lead to.
    Vpc,
}

/// From which countries a distribution answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GeoRestriction {
    pub kind: GeoKind,
    /// ISO 3166-1 alpha-2.
    pub countries: BTreeSet<String>,
}

/// What the countries of a [`GeoRestriction`] mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GeoKind {
    #[default]
    None,
    /// These alone are answered.
    Allowed,
    /// These are refused.
    Blocked,
}

/// What visitors get instead of an error of the origin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ErrorPage {
    /// `None`: the error itself, kept for `min_ttl` seconds.
    pub path: Option<String>,
    /// The status with which the page comes.
    pub status: Option<String>,
    pub min_ttl: Option<i64>,
}

/// A CloudFront Function (`cloudfront:ListFunctions`), by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EdgeFunction {
    pub arn: String,
    /// `cloudfront-js-1.0`, `cloudfront-js-2.0`
    pub runtime: String,
    /// Has it a LIVE stage? Only then a distribution can use it.
    pub published: bool,
    /// The code of its DEVELOPMENT stage. Read of functions alone that unplug makes.
    pub draft: Option<String>,
    /// The code of its LIVE stage. Read of functions alone that unplug makes.
    pub live: Option<String>,
}

impl EdgeFunction {
    /// What the names of functions begin with that unplug makes.
    pub const OURS: &'static str = "unplug-page-";
}

/// An origin access control (`cloudfront:ListOriginAccessControls`): how CloudFront signs what it asks an
/// origin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessControl {
    pub name: String,
    pub description: String,
    /// `always`, `never`, `no-override`
    pub signing: String,
    /// `sigv4`
    pub protocol: String,
    /// `s3`, `lambda` …
    pub kind: String,
}
