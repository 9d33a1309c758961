//! Manifests: which parts an image has.
//!
//! <https://github.com/opencontainers/image-spec/blob/main/manifest.md>
//! <https://distribution.github.io/distribution/spec/manifest-v2-2/>

use serde::Deserialize;

/// The forms of which every part has a digest. Docker's first schema is not among them: its digest leaves
/// out its signatures.
pub(super) const FORMS: [&str; 4] = [
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
];

/// Is it a list of manifests, one for each platform?
pub(super) fn is_list(form: &str) -> bool {
    form == FORMS[0] || form == FORMS[2]
}

/// A part of an image, or a manifest of a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Part {
    pub digest: String,
    /// Bytes.
    pub size: u64,
    #[serde(default)]
    media_type: String,
}

impl Part {
    /// Layers that a vendor forbids to pass on are not in a registry: whoever pulls fetches them from the
    /// vendor.
    fn is_elsewhere(&self) -> bool {
        self.media_type.contains(".foreign.") || self.media_type.contains(".nondistributable.")
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u32,
    config: Option<Part>,
    #[serde(default)]
    layers: Vec<Part>,
    #[serde(default)]
    manifests: Vec<Part>,
}

/// What a manifest names.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// The configuration and the layers.
    pub blobs: Vec<Part>,
    /// Other manifests.
    pub manifests: Vec<Part>,
    /// Digests of layers that are not in the registry.
    pub elsewhere: Vec<String>,
}

/// Reads a manifest.
///
/// # Errors
/// It is none, or one whose parts unplug cannot check; why.
pub(super) fn parts(bytes: &[u8]) -> Result<Parts, String> {
    let manifest: Manifest =
        serde_json::from_slice(bytes).map_err(|error| format!("is no manifest: {error}"))?;
    if manifest.schema_version != 2 {
        return Err(format!("is a manifest of schema {}", manifest.schema_version));
    }
    let all = manifest.config.into_iter().chain(manifest.layers);
    let (elsewhere, blobs): (Vec<Part>, Vec<Part>) = all.partition(Part::is_elsewhere);
    let unknown = |part: &&Part| hex(&part.digest).is_none();
    if let Some(part) = blobs.iter().chain(&manifest.manifests).find(unknown) {
        return Err(format!("names {}, which is no SHA-256", part.digest));
    }
    let elsewhere = elsewhere.into_iter().map(|part| part.digest).collect();
    Ok(Parts { blobs, manifests: manifest.manifests, elsewhere })
}

/// The hexadecimal part of a digest by SHA-256.
pub(super) fn hex(digest: &str) -> Option<&str> {
    let hex = digest.strip_prefix("sha256:")?;
    let fits = hex.len() == 64 && hex.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
    fits.then_some(hex)
}
