//! Images that a simulated registry really has: their manifests and layers, byte by byte. An account names
//! images by digests, and no content can be made for a given digest.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::account::PublicImage;

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const OLDER: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// Everything, by digest.
static CONTENT: LazyLock<Content> = LazyLock::new(Content::made);

#[derive(Default)]
struct Content {
    blobs: BTreeMap<String, Vec<u8>>,
    images: BTreeMap<String, PublicImage>,
}

/// The images of a repository that the simulation can give out: a list of two manifests that share a
/// layer, those two, and an older image in Docker's form.
pub fn images() -> BTreeMap<String, PublicImage> {
    CONTENT.images.clone()
}

/// The bytes of a manifest, a configuration or a layer.
pub(super) fn of(digest: &str) -> Option<&'static [u8]> {
    CONTENT.blobs.get(digest).map(Vec::as_slice)
}

/// The manifests that a list names; none for what is no list.
pub(super) fn children(digest: &str) -> Vec<String> {
    named(digest, "manifests")
}

/// Is it a configuration or a layer of this image?
pub(super) fn holds(image: &str, digest: &str) -> bool {
    let config = parsed(image)["config"]["digest"] == digest;
    config || named(image, "layers").iter().any(|layer| layer == digest)
}

fn parsed(digest: &str) -> Value {
    of(digest).and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default()
}

fn named(digest: &str, member: &str) -> Vec<String> {
    let parts = parsed(digest)[member].as_array().cloned().unwrap_or_default();
    parts.iter().filter_map(|part| part["digest"].as_str().map(str::to_owned)).collect()
}

impl Content {
    fn made() -> Content {
        let mut content = Content::default();
        let base = content.layer("debian, as of last spring", 400);
        let mut platform = |name: &str| {
            let layers = [base.clone(), content.layer(&format!("the shop for {name}"), 200)];
            let config = json!({ "architecture": name, "os": "linux", "rootfs": { "type": "layers" } });
            let digest = content.image(&config, &layers, MANIFEST, &[]);
            let size = content.blobs[&digest].len();
            let platform = json!({ "architecture": name, "os": "linux" });
            json!({ "mediaType": MANIFEST, "digest": digest, "size": size, "platform": platform })
        };
        let manifests = [platform("amd64"), platform("arm64")];
        let list = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests });
        let list = content.add(list.to_string().into_bytes());
        content.name(list, INDEX, &["1.4", "latest"], 0);
        let layers = [content.layer("the shop, a year ago", 300)];
        content.image(&json!({ "architecture": "amd64", "os": "linux" }), &layers, OLDER, &["1.3"]);
        content
    }

    /// Adds bytes. Returns their digest.
    fn add(&mut self, bytes: Vec<u8>) -> String {
        let hex = format!("{:x}", Sha256::digest(&bytes));
        let digest = format!("sha256:{hex}");
        self.blobs.insert(digest.clone(), bytes);
        digest
    }

    fn layer(&mut self, words: &str, times: usize) -> Value {
        let digest = self.add(format!("{words}\n").repeat(times).into_bytes());
        let size = self.blobs[&digest].len();
        json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest, "size": size })
    }

    fn image(&mut self, config: &Value, layers: &[Value], form: &str, tags: &[&str]) -> String {
        let config = self.add(config.to_string().into_bytes());
        let size = self.blobs[&config].len();
        let kind = match form {
            OLDER => "application/vnd.docker.container.image.v1+json",
            _ => "application/vnd.oci.image.config.v1+json",
        };
        let config = json!({ "mediaType": kind, "digest": config, "size": size });
        let bytes = layers.iter().filter_map(|layer| layer["size"].as_u64()).sum();
        let manifest = json!({ "schemaVersion": 2, "mediaType": form, "config": config, "layers": layers });
        let digest = self.add(manifest.to_string().into_bytes());
        self.name(digest.clone(), form, tags, bytes);
        digest
    }

    fn name(&mut self, digest: String, form: &str, tags: &[&str], bytes: u64) {
        let tags = tags.iter().map(ToString::to_string).collect();
        self.images.insert(digest, PublicImage { tags, bytes, media_type: form.to_owned() });
    }
}
