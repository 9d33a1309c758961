//! The bucket with the maintenance page, which `unplug prepare` makes before an incident.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::PublicAccessBlock;

/// The bucket of that name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PageBucket {
    pub name: String,
    pub region: String,
    /// Its host in its own Region: the global name may be answered with redirects for a day.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html>
    pub domain: String,
    /// It is another account's, or nobody of this account sees whose: then nothing else is known of it.
    pub foreign: bool,
    /// As plain JSON.
    pub policy: Option<String>,
    pub block: Option<PublicAccessBlock>,
    /// Are access control lists off (`BucketOwnerEnforced`)?
    pub enforced: bool,
    /// How new objects are encrypted: `AES256`, `aws:kms`; none where the bucket has no default.
    pub encryption: Option<String>,
    /// Its pages by key.
    pub pages: BTreeMap<String, PageObject>,
    /// Keys of pages of which older versions or delete markers are left.
    pub older: BTreeSet<String>,
    /// Keys of what else is in it, older versions included; some where there are many.
    pub others: BTreeSet<String>,
}

impl PageBucket {
    /// What its name begins with; the account's id follows.
    pub const OURS: &'static str = "unplug-page-";
    /// What the keys of pages begin with.
    pub const PAGES: &'static str = "unplug-page-";

    /// The name of an account's bucket.
    pub fn name_of(account: &str) -> String {
        format!("{}{account}", PageBucket::OURS)
    }
}

/// A page, as it is kept in the bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PageObject {
    pub html: String,
    pub content_type: String,
    pub cache_control: String,
}
