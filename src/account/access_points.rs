//! Access points of S3: further names of buckets, each with a policy and a Block Public Access of its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::PublicAccessBlock;

/// An access point of S3.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessPoint {
    pub bucket: String,
    /// The account of the bucket, where it is another one.
    pub bucket_account: Option<String>,
    /// The only VPC from which it takes requests; `None`: it takes them from the internet.
    pub vpc: Option<String>,
    /// Does its policy let everybody in? AWS says no of one that takes requests from a VPC alone.
    pub by_policy: bool,
    /// Its own Block Public Access: it is set when the access point is made, and cannot be changed.
    pub block: PublicAccessBlock,
}

/// A Multi-Region Access Point: one name for buckets in several Regions.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPoints.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MultiRegionAccessPoint {
    /// `READY`, `CREATING`, `DELETING` …
    pub status: String,
    /// Its buckets, each with its Region.
    pub buckets: BTreeMap<String, String>,
    /// Does its policy let everybody in?
    pub by_policy: bool,
    /// Its own Block Public Access: it is set when it is made, and cannot be changed.
    pub block: PublicAccessBlock,
}

impl AccessPoint {
    /// Does it let everybody in, as far as its own policy and block say?
    pub fn is_open(&self) -> bool {
        self.by_policy && !self.block.restrict_public_buckets
    }
}

impl MultiRegionAccessPoint {
    /// As [`AccessPoint::is_open`].
    pub fn is_open(&self) -> bool {
        self.by_policy && !self.block.restrict_public_buckets
    }
}
