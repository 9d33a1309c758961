//! CloudTrail's record of who called what, as far as it was read.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Gap;

/// Events of CloudTrail's event history: management events of the last 90 days, in every Region that
/// could be read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Events {
    /// CloudTrail's own records, newest first, without session tokens.
    ///
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
    pub records: Vec<Value>,
    /// Whose events were asked for: access keys, ARNs of principals, addresses. `None`: everybody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<BTreeSet<String>>,
    /// From when on (RFC 3339); `None`: as far as CloudTrail goes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Regions whose events could not be read, or not to the end.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unread: BTreeMap<String, Gap>,
    /// Lists that were not read to their end, because there was more than the plan waits for: whose,
    /// and in which Region.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub cut_short: BTreeSet<(String, String)>,
}
