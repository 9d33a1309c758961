//! Repositories of ECR Public: whatever is in them anybody may pull.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Tags;

/// A public repository (`ecr-public:DescribeRepositories`), with what it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PublicRepository {
    pub arn: String,
    /// `public.ecr.aws/ALIAS/NAME`.
    pub uri: String,
    /// The repository policy as it was written: who besides the account may push and manage. `None`: nobody.
    pub policy: Option<String>,
    pub catalog: Option<CatalogData>,
    pub tags: Tags,
    /// Images by digest, those without a tag included.
    pub images: BTreeMap<String, PublicImage>,
}

impl PublicRepository {
    /// What AWS counts as the sizes of its images, in bytes. Layers that images share count more than once.
    pub fn bytes(&self) -> u64 {
        self.images.values().map(|image| image.bytes).sum()
    }
}

/// An image of a public repository (`ecr-public:DescribeImages`): a manifest, or a list of manifests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PublicImage {
    pub tags: BTreeSet<String>,
    /// AWS's `imageSizeInBytes`. A list of manifests has none: 0.
    pub bytes: u64,
    /// The media type of the manifest.
    pub media_type: String,
}

/// What the public gallery shows of a repository (`ecr-public:GetRepositoryCatalogData`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CatalogData {
    pub description: Option<String>,
    pub about: Option<String>,
    pub usage: Option<String>,
    pub architectures: BTreeSet<String>,
    pub operating_systems: BTreeSet<String>,
    /// Where AWS shows the logo. The picture itself is not read.
    pub logo_url: Option<String>,
}
