//! Certificates of ACM that something uses, per Region. CloudFront's are in us-east-1.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// A certificate that something uses (`acm:DescribeCertificate`), never its private key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Certificate {
    /// The names that it is for: `shop.example.com`, `*.example.com`.
    pub names: BTreeSet<String>,
    /// `ISSUED`, `EXPIRED`, `REVOKED`, `INACTIVE` …
    pub status: String,
    /// `AMAZON_ISSUED`, `PRIVATE`, or `IMPORTED`, which ACM does not renew.
    pub kind: String,
    /// When it runs out.
    pub not_after: Option<String>,
    /// It runs out within thirty days of the reading.
    pub ends_soon: bool,
    /// ARNs of what uses it.
    pub in_use_by: BTreeSet<String>,
    /// ACM renews it by itself, as long as its names can be validated.
    pub renews: bool,
    /// How far the last renewal is: `PENDING_AUTO_RENEWAL`, `PENDING_VALIDATION`, `SUCCESS`, `FAILED`.
    pub renewal: Option<String>,
    /// How ACM makes sure that each name is the owner's, by name.
    pub validation: BTreeMap<String, Validation>,
}

/// How ACM validates one name of a certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Validation {
    /// `DNS`, `EMAIL` or `HTTP`.
    pub method: String,
    /// The CNAME that must stay in the zone, by `DNS`.
    pub record: Option<String>,
}
