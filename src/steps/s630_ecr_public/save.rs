//! Saves a repository to the run's folder, as an OCI image layout, and reads back every file of it.
//!
//! ```text
//! evidence/ecr-public/NAME/
//!   oci-layout  index.json           the layout: which manifests, with which tags
//!   blobs/sha256/HEX                 manifests, configurations, layers, by their digests
//!   repository.json                  URI, digests, tags of images, layers that are not in the registry
//!   policy.json  catalog-data.json  tags.json   as the AWS CLI takes them
//! ```
//!
//! <https://github.com/opencontainers/image-spec/blob/main/image-layout.md>

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::manifest::{self, Part};
use crate::account::{PublicImage, PublicRepository};
use crate::aws::registry::Repository;
use crate::aws::{Aws, Digest};
use crate::step::StepError;

/// Bytes of a layer that are read at once: 4 MiB.
const PART: u64 = 4 << 20;
/// Layers that are read side by side.
const AT_ONCE: usize = 4;

/// Where a repository is saved, within the evidence. No name of AWS's has two underscores.
pub(super) fn folder(name: &str) -> String {
    format!("ecr-public/{}", name.replace('/', "__"))
}

/// Saves everything of a repository. When this returns, each file was read back from the disk, and each
/// blob has the digest that names it.
///
/// # Errors
/// The first part that could not be read, written or read back. Nothing was deleted.
pub(super) async fn repository(aws: &Aws, name: &str, found: &PublicRepository) -> Result<(), StepError> {
    let save = Save { aws, folder: folder(name) };
    let mut layout = Layout::default();
    if !found.images.is_empty() {
        let registry = aws.public_repository(&found.uri).await?;
        save.manifests(&registry, found, &mut layout).await?;
        let blobs: Vec<&Part> = layout.blobs.values().collect();
        for some in blobs.chunks(AT_ONCE) {
            let reads = some.iter().map(|part| save.blob(&registry, part, PART));
            futures::future::try_join_all(reads).await?;
        }
    }
    save.settings(name, found, &layout)
}

/// What is saved of the images.
#[derive(Default)]
struct Layout {
    manifests: BTreeSet<String>,
    /// Configurations and layers by digest.
    blobs: BTreeMap<String, Part>,
    elsewhere: BTreeSet<String>,
}

pub(super) struct Save<'a> {
    pub aws: &'a Aws,
    pub folder: String,
}

impl Save<'_> {
    /// Saves the manifests of every image, and those that lists name.
    async fn manifests(
        &self,
        registry: &Repository<'_>,
        found: &PublicRepository,
        layout: &mut Layout,
    ) -> Result<(), StepError> {
        let mut open: Vec<String> = found.images.keys().cloned().collect();
        while let Some(digest) = open.pop() {
            if layout.manifests.contains(&digest) {
                continue;
            }
            let bytes = registry.manifest(&digest).await?;
            self.keep(&self.place(&digest)?, &bytes)?;
            self.check(&digest, bytes.len() as u64)?;
            let parts = manifest::parts(&bytes).map_err(|why| not_saved(&format!("{digest} {why}")))?;
            open.extend(parts.manifests.into_iter().map(|part| part.digest));
            layout.blobs.extend(parts.blobs.into_iter().map(|part| (part.digest.clone(), part)));
            layout.elsewhere.extend(parts.elsewhere);
            layout.manifests.insert(digest);
        }
        Ok(())
    }

    /// Saves a configuration or a layer, part by part. What a run has saved before it was interrupted is
    /// read back, and not fetched again.
    pub(super) async fn blob(
        &self,
        registry: &Repository<'_>,
        part: &Part,
        most: u64,
    ) -> Result<(), StepError> {
        let place = self.place(&part.digest)?;
        let hex = manifest::hex(&part.digest).unwrap_or_default();
        let whole = Digest { sha256: hex.to_owned(), bytes: part.size };
        if self.aws.kept_digest(&place)? == Some(whole) {
            return Ok(());
        }
        let (mut blob, mut at) = (registry.blob(&part.digest), 0);
        if part.size == 0 {
            self.aws.keep_part(&place, 0, &[])?;
        }
        while at < part.size {
            let bytes = blob.part(at, most.min(part.size - at)).await?;
            self.aws.keep_part(&place, at, &bytes)?;
            at += bytes.len() as u64;
        }
        self.aws.keep_whole(&place)?;
        self.check(&part.digest, part.size)
    }

    /// Saves what is no image.
    fn settings(&self, name: &str, found: &PublicRepository, layout: &Layout) -> Result<(), StepError> {
        let at = |file: &str| format!("{}/{file}", self.folder);
        if let Some(policy) = &found.policy {
            self.keep(&at("policy.json"), policy.as_bytes())?;
        }
        if let Some(data) = &found.catalog {
            // The AWS CLI takes no member without a value.
            let given = |text: &Option<String>| text.clone().map(Value::from);
            let list = |all: &BTreeSet<String>| Some(json!(all)).filter(|_| !all.is_empty());
            let members = [
                ("description", given(&data.description)),
                ("aboutText", given(&data.about)),
                ("usageText", given(&data.usage)),
                ("architectures", list(&data.architectures)),
                ("operatingSystems", list(&data.operating_systems)),
            ];
            let members = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
            self.json(&at("catalog-data.json"), &Value::Object(members.collect()))?;
        }
        let tags: Vec<Value> =
            found.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
        self.json(&at("tags.json"), &tags.into())?;
        let images = images(self.aws.kept(&at("repository.json"))?.as_deref(), found);
        let logo = found.catalog.as_ref().and_then(|data| data.logo_url.as_ref());
        let about = json!({
            "name": name, "uri": found.uri, "arn": found.arn, "logoUrl": logo, "images": images,
            "layersElsewhere": layout.elsewhere,
        });
        self.json(&at("repository.json"), &about)?;
        let mut sizes = BTreeMap::new();
        for digest in images.keys() {
            let kept = self.aws.kept_digest(&self.place(digest)?)?;
            sizes.extend(kept.map(|kept| (digest.clone(), kept.bytes)));
        }
        self.json(&at("index.json"), &index(&images, &sizes))?;
        self.json(&at("oci-layout"), &json!({ "imageLayoutVersion": "1.0.0" }))
    }

    fn json(&self, file: &str, value: &Value) -> Result<(), StepError> {
        let text = serde_json::to_vec_pretty(value).map_err(|error| StepError::State(error.to_string()))?;
        self.keep(file, &text)
    }

    /// Keeps a small file, and reads it back.
    fn keep(&self, file: &str, content: &[u8]) -> Result<(), StepError> {
        self.aws.keep(file, content)?;
        let found = self.aws.kept(file)?;
        // A rehearsal keeps nothing, and nothing comes of its deletions.
        if self.aws.keeps() && found.as_deref() != Some(content) {
            return Err(not_saved(&format!("{file} was not read back as it was written")));
        }
        Ok(())
    }

    /// Reads back a blob: is it what its digest says?
    fn check(&self, digest: &str, bytes: u64) -> Result<(), StepError> {
        match self.aws.kept_digest(&self.place(digest)?)? {
            None if !self.aws.keeps() => Ok(()),
            None => Err(not_saved(&format!("{digest} is not on the disk"))),
            Some(found) if manifest::hex(digest) == Some(&found.sha256) && found.bytes == bytes => Ok(()),
            Some(Digest { sha256, bytes: found }) => Err(not_saved(&format!(
                "{digest} of {bytes} bytes was read back as sha256:{sha256} of {found} bytes"
            ))),
        }
    }

    fn place(&self, digest: &str) -> Result<String, StepError> {
        let hex = manifest::hex(digest).ok_or_else(|| not_saved(&format!("{digest} is no SHA-256")))?;
        Ok(format!("{}/blobs/sha256/{hex}", self.folder))
    }
}

fn not_saved(why: &str) -> StepError {
    StepError::State(format!("not saved, so nothing is deleted: {why}"))
}

/// The images that an interrupted run has saved before, and those that are there now. A tag is where it is
/// now.
fn images(before: Option<&[u8]>, found: &PublicRepository) -> BTreeMap<String, PublicImage> {
    #[derive(serde::Deserialize)]
    struct Before {
        images: BTreeMap<String, PublicImage>,
    }
    let before = before.and_then(|text| serde_json::from_slice::<Before>(text).ok());
    let mut all = before.map(|before| before.images).unwrap_or_default();
    for (digest, image) in &found.images {
        all.values_mut().for_each(|other| other.tags.retain(|tag| !image.tags.contains(tag)));
        all.insert(digest.clone(), image.clone());
    }
    all
}

/// The index of the layout: each manifest once for each of its tags, or once without one. A size is that of
/// the manifest.
fn index(images: &BTreeMap<String, PublicImage>, sizes: &BTreeMap<String, u64>) -> Value {
    let mut manifests = vec![];
    for (digest, image) in images {
        let entry = json!({ "mediaType": image.media_type, "digest": digest, "size": sizes.get(digest) });
        if image.tags.is_empty() {
            manifests.push(entry.clone());
        }
        for tag in &image.tags {
            let mut entry = entry.clone();
            entry["annotations"] = json!({ "org.opencontainers.image.ref.name": tag });
            manifests.push(entry);
        }
    }
    json!({ "schemaVersion": 2, "mediaType": manifest::FORMS[2], "manifests": manifests })
}
