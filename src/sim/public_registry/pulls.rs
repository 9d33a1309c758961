//! The registry itself: manifests and layers, as `public.ecr.aws` gives them out.

use super::super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::{TOKEN, content};
use crate::account::{PublicImage, PublicRepository};
use crate::aws::registry::{GetBlob, GetManifest, HOST, Token};

/// Where the registry sends to for a layer.
const LAYERS: &str = "https://layers.example.com/";

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<GetBlob>(get_blob);
    dispatch.on::<GetManifest>(get_manifest);
}

/// AWS answers 400 with this code, and not 401.
///
/// <https://github.com/aws/containers-roadmap/issues/2835>
fn signed_in(token: Option<&Token>) -> Result<(), Refused> {
    match token {
        Some(token) if *token == Token::new(TOKEN) => Ok(()),
        _ => Err(refuse("DENIED", "Your Authorization Token is invalid.")),
    }
}

/// The repository that an address is of, and what the address names of it.
fn asked<'a>(cx: &'a Cx<'_>, path: &str, what: &str) -> Result<(&'a PublicRepository, String), Refused> {
    let unknown = || refuse("NAME_UNKNOWN", "The repository does not exist in the registry");
    let (repository, digest) = path.split_once(what).ok_or_else(unknown)?;
    let uri = format!("{HOST}/{repository}");
    let mut all = cx.world.account.public_repositories.items().filter_map(|(_, found)| found.read());
    let found = all.find(|found| found.uri == uri).ok_or_else(unknown)?;
    Ok((found, digest.split('?').next().unwrap_or(digest).to_owned()))
}

fn get_manifest(cx: &mut Cx<'_>, input: &In<GetManifest>) -> Said<GetManifest> {
    signed_in(Some(&input.token))?;
    let path = input.url.strip_prefix("https://public.ecr.aws/v2/").unwrap_or_default();
    let (repository, digest) = asked(cx, path, "/manifests/")?;
    let unknown = || refuse("MANIFEST_UNKNOWN", "Requested image not found");
    let image = repository.images.get(&digest).ok_or_else(unknown)?;
    let bytes = content::of(&digest).map_or_else(|| made_up(image), <[u8]>::to_vec);
    Ok(Out::<GetManifest> { bytes })
}

/// A manifest for an image of which the simulation knows the name alone: a plan counts one layer for it.
fn made_up(image: &PublicImage) -> Vec<u8> {
    if image.media_type.contains("index") || image.media_type.contains("list") {
        return br#"{"schemaVersion":2,"manifests":[]}"#.to_vec();
    }
    let part = |name: char| format!(r#"{{"digest":"sha256:{}","size":1}}"#, name.to_string().repeat(64));
    format!(r#"{{"schemaVersion":2,"config":{},"layers":[{}]}}"#, part('0'), part('1')).into_bytes()
}

fn get_blob(cx: &mut Cx<'_>, input: &In<GetBlob>) -> Said<GetBlob> {
    let unknown = || refuse("BLOB_UNKNOWN", "The layer does not exist in the repository");
    let Some(place) = input.url.strip_prefix(LAYERS) else {
        signed_in(input.token.as_ref())?;
        let path = input.url.strip_prefix("https://public.ecr.aws/v2/").unwrap_or_default();
        asked(cx, path, "/blobs/")?;
        return Ok(Out::<GetBlob>::Elsewhere(format!("{LAYERS}{path}?Expires=1")));
    };
    if input.token.is_some() {
        return Err(refuse("InvalidArgument", "Only one auth mechanism allowed"));
    }
    let (repository, digest) = asked(cx, place, "/blobs/")?;
    let held = || repository.images.keys().any(|image| content::holds(image, &digest));
    let bytes: &[u8] = match content::of(&digest) {
        Some(bytes) if held() => bytes,
        Some(_) => return Err(unknown()),
        None => b"-",
    };
    let (first, last) = input.range;
    let within = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
    let part = &bytes[within(first)..within(last.saturating_add(1))];
    Ok(Out::<GetBlob>::Bytes { bytes: part.to_vec(), from: first })
}
