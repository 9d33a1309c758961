//! Deletes the images of a repository, by their digests: those that were saved, and no others.
//!
//! <https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_BatchDeleteImage.html>

use std::collections::BTreeSet;

use aws_sdk_ecrpublic::types::{ImageFailure, ImageFailureCode, ImageIdentifier};

use super::manifest;
use crate::account::PublicRepository;
use crate::aws::registry::REGION;
use crate::aws::{Aws, AwsError};
use crate::step::StepError;

/// The most images that one call deletes.
const BATCH: usize = 100;

/// Deletes exactly these images, lists of manifests before the manifests that they name.
pub(super) async fn images(aws: &Aws, name: &str, repository: &PublicRepository) -> Result<(), StepError> {
    let list = |digest: &&String| manifest::is_list(&repository.images[*digest].media_type);
    let (lists, single): (Vec<&String>, Vec<&String>) = repository.images.keys().partition(list);
    let mut left = vec![lists, single];
    loop {
        let mut failed = vec![];
        for some in left.iter().flat_map(|images| images.chunks(BATCH)) {
            failed.extend(batch(aws, name, some).await?);
        }
        if let Some(failure) = failed.iter().find(|failure| !waits(failure) && !gone(failure)) {
            return Err(refused(failure).into());
        }
        // AWS deletes no manifest that a list names, and a list may name lists.
        let waiting: BTreeSet<&str> =
            failed.iter().filter(|failure| waits(failure)).filter_map(digest).collect();
        let all = left.concat();
        let next: Vec<&String> = all.iter().copied().filter(|id| waiting.contains(id.as_str())).collect();
        match failed.iter().find(|failure| waits(failure)) {
            None => return Ok(()),
            Some(failure) if next.len() == all.len() || next.is_empty() => {
                return Err(refused(failure).into());
            }
            Some(_) => left = vec![next],
        }
    }
}

async fn batch(aws: &Aws, name: &str, images: &[&String]) -> Result<Vec<ImageFailure>, StepError> {
    let ids = images.iter().map(|digest| ImageIdentifier::builder().image_digest(*digest).build());
    let delete = aws.ecrpublic(REGION).batch_delete_image().repository_name(name);
    let answer = delete.set_image_ids(Some(ids.collect())).send().await?;
    Ok(answer.failures.unwrap_or_default())
}

fn digest(failure: &ImageFailure) -> Option<&str> {
    failure.image_id.as_ref().and_then(|id| id.image_digest.as_deref())
}

fn waits(failure: &ImageFailure) -> bool {
    failure.failure_code == Some(ImageFailureCode::ImageReferencedByManifestList)
}

fn gone(failure: &ImageFailure) -> bool {
    failure.failure_code == Some(ImageFailureCode::ImageNotFound)
}

fn refused(failure: &ImageFailure) -> AwsError {
    let code = failure.failure_code.as_ref().map(|code| code.as_str().to_owned());
    let said = failure.failure_reason.as_deref().unwrap_or_default();
    let words = format!("{}: {said}", digest(failure).unwrap_or("an image"));
    AwsError::of_item("ecrpublic:BatchDeleteImage", code, &words)
}
