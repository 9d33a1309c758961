//! The registry of ECR Public: manifests and layers, by the OCI distribution API. AWS's own API has no
//! operation that gives them out.
//!
//! ```text
//! GetAuthorizationToken ──▶ token
//! GET public.ecr.aws/v2/ALIAS/NAME/manifests/DIGEST, with the token  ──▶ the manifest
//! GET public.ecr.aws/v2/ALIAS/NAME/blobs/DIGEST, with the token      ──▶ 307, to a signed address
//! GET that address, without the token, a range at a time             ──▶ a part of the layer
//! ```
//!
//! The calls pass the same wire as the SDK's: ledger, budget, faults, proxy, simulation.
//!
//! <https://docs.aws.amazon.com/AmazonECR/latest/public/public-registry-auth.html>
//! <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>

mod calls;

use std::fmt;

pub use calls::{
    GetBlob, GetBlobError, GetBlobInput, GetBlobOutput, GetManifest, GetManifestError, GetManifestInput,
    GetManifestOutput,
};

use super::{Aws, AwsError};

/// The only Region in which ECR Public's API is used.
///
/// <https://docs.aws.amazon.com/general/latest/gr/ecr-public.html>
pub const REGION: &str = "us-east-1";
/// The one host that gets the token.
pub const HOST: &str = "public.ecr.aws";

/// A token of the registry, valid for 12 hours. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    pub fn new(token: impl Into<String>) -> Token {
        Token(token.into())
    }

    /// The value of the header `Authorization`. AWS's registry takes the token as it is, as a bearer's.
    fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// One repository of the registry, with a token to read it.
pub struct Repository<'a> {
    aws: &'a Aws,
    /// `https://public.ecr.aws/v2/ALIAS/NAME`.
    url: String,
    token: Token,
}

impl Aws {
    /// Signs in to read a repository, by its URI.
    ///
    /// # Errors
    /// AWS's, and a URI of another host than ECR Public's: no token is sent there.
    pub async fn public_repository(&self, uri: &str) -> Result<Repository<'_>, AwsError> {
        const OPERATION: &str = "ecrpublic:GetAuthorizationToken";
        let path = uri.strip_prefix(HOST).and_then(|rest| rest.strip_prefix('/'));
        let path = path.filter(|path| path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c)));
        let Some(path) = path else {
            return Err(AwsError::unusable(OPERATION, &format!("{uri} is no repository of {HOST}")));
        };
        let answer = self.ecrpublic(REGION).get_authorization_token().send().await?;
        let token = answer.authorization_data.and_then(|data| data.authorization_token);
        let token = token.ok_or_else(|| AwsError::unusable(OPERATION, "it lacks authorizationToken"))?;
        Ok(Repository { aws: self, url: format!("https://{HOST}/v2/{path}"), token: Token(token) })
    }
}

impl Repository<'_> {
    /// Reads a manifest as it was pushed, byte by byte.
    ///
    /// # Errors
    /// The registry's.
    pub async fn manifest(&self, digest: &str) -> Result<Vec<u8>, AwsError> {
        let url = format!("{}/manifests/{digest}", self.url);
        let input = GetManifestInput { url, token: self.token.clone() };
        Ok(calls::get_manifest(self.aws, input).await?.bytes)
    }

    /// Begins to read a blob: a layer, or the configuration of an image.
    pub fn blob(&self, digest: &str) -> Blob<'_> {
        Blob { repository: self, url: format!("{}/blobs/{digest}", self.url), place: None }
    }
}

/// A blob while it is read. It remembers where the registry keeps it.
pub struct Blob<'a> {
    repository: &'a Repository<'a>,
    url: String,
    /// A signed address, which is valid for some minutes.
    place: Option<String>,
}

impl Blob<'_> {
    /// Reads the bytes from `at` on, at most `most` of them, and at least one.
    ///
    /// # Errors
    /// The registry's; an answer that holds other bytes than those asked for.
    pub async fn part(&mut self, at: u64, most: u64) -> Result<Vec<u8>, AwsError> {
        let range = (at, at + most.max(1) - 1);
        if let Some(place) = &self.place {
            match self.get(place.clone(), range, false).await {
                Ok(GetBlobOutput::Bytes { bytes, from }) => return cut(bytes, from, at, most),
                Ok(GetBlobOutput::Elsewhere(_)) => {}
                // It is valid for some minutes: a large layer takes longer.
                Err(error) if error.code.as_deref() == Some(calls::EXPIRED) => {}
                Err(error) => return Err(error),
            }
        }
        match self.get(self.url.clone(), range, true).await? {
            GetBlobOutput::Bytes { bytes, from } => cut(bytes, from, at, most),
            GetBlobOutput::Elsewhere(place) if place.starts_with("https://") => {
                let part = self.get(place.clone(), range, false).await?;
                self.place = Some(place);
                match part {
                    GetBlobOutput::Bytes { bytes, from } => cut(bytes, from, at, most),
                    GetBlobOutput::Elsewhere(_) => Err(unusable("it was sent from place to place")),
                }
            }
            GetBlobOutput::Elsewhere(_) => Err(unusable("it was sent to a place without TLS")),
        }
    }

    async fn get(&self, url: String, range: (u64, u64), signed_in: bool) -> Result<GetBlobOutput, AwsError> {
        let token = signed_in.then(|| self.repository.token.clone());
        Ok(calls::get_blob(self.repository.aws, GetBlobInput { url, token, range }).await?)
    }
}

/// The bytes from `at` on of an answer that begins at `from`: a server may answer with more than the range.
fn cut(mut bytes: Vec<u8>, from: u64, at: u64, most: u64) -> Result<Vec<u8>, AwsError> {
    let skip = at.checked_sub(from).and_then(|skip| usize::try_from(skip).ok());
    let Some(skip) = skip.filter(|skip| *skip < bytes.len()) else {
        return Err(unusable(&format!("it does not hold byte {at}")));
    };
    bytes.drain(..skip);
    bytes.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Ok(bytes)
}

fn unusable(why: &str) -> AwsError {
    AwsError::unusable("registry:GetBlob", why)
}

#[cfg(test)]
mod tests;
