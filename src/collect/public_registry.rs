//! Repositories of ECR Public, with what they hold.

use std::collections::BTreeMap;

use aws_sdk_ecrpublic::types;
use futures::future::join_all;

use super::{Ask, each_seen, seen};
use crate::account::{Account, CatalogData, PublicImage, PublicRepository, Seen, Tags};
use crate::aws::registry::REGION;
use crate::aws::{Aws, AwsError, Kind, lists, unless_gone};

/// The largest page.
const PAGE: i32 = 1_000;

/// Repositories by name. Partitions other than AWS's own have no ECR Public.
///
/// <https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_DescribeRepositories.html>
pub(super) async fn public_repositories(
    aws: &Aws,
    known: &Account,
    _: &Ask,
) -> Seen<BTreeMap<String, Seen<PublicRepository>>> {
    if known.partition() != "aws" {
        return Seen::Read(BTreeMap::new());
    }
    seen(repositories(aws).await)
}

async fn repositories(aws: &Aws) -> Result<BTreeMap<String, Seen<PublicRepository>>, AwsError> {
    let list = aws.ecrpublic(REGION).describe_repositories().max_results(PAGE);
    let found: Vec<types::Repository> = lists::all(aws, list, Some).await?;
    let repositories = found.into_iter().map(async |found| {
        let name = found.repository_name.clone().unwrap_or_default();
        let read = inside(aws, &name, found).await;
        // It may be deleted between the list and the look.
        let gone = read.as_ref().is_err_and(|error| error.is("RepositoryNotFoundException"));
        (name, if gone { Ok(None) } else { read.map(Some) })
    });
    each_seen(join_all(repositories).await)
}

/// One repository as it is now; `None` where it is gone.
///
/// # Errors
/// AWS's.
pub(crate) async fn repository(aws: &Aws, name: &str) -> Result<Option<PublicRepository>, AwsError> {
    let list = aws.ecrpublic(REGION).describe_repositories().repository_names(name);
    let found: Vec<types::Repository> = match lists::all(aws, list, Some).await {
        Err(error) if error.kind == Kind::Gone => return Ok(None),
        found => found?,
    };
    match found.into_iter().find(|found| found.repository_name.as_deref() == Some(name)) {
        Some(found) => unless_gone(inside(aws, name, found).await),
        None => Ok(None),
    }
}

async fn inside(aws: &Aws, name: &str, found: types::Repository) -> Result<PublicRepository, AwsError> {
    let arn = found.repository_arn.unwrap_or_default();
    Ok(PublicRepository {
        policy: policy(aws, name).await?,
        catalog: catalog(aws, name).await?,
        tags: tags(aws, &arn).await?,
        images: images(aws, name).await?,
        uri: found.repository_uri.unwrap_or_default(),
        arn,
    })
}

/// Images by digest. Those without a tag are named too.
async fn images(aws: &Aws, name: &str) -> Result<BTreeMap<String, PublicImage>, AwsError> {
    let list = aws.ecrpublic(REGION).describe_images().repository_name(name).max_results(PAGE);
    lists::all(aws, list, |image| {
        let value = PublicImage {
            tags: image.image_tags.unwrap_or_default().into_iter().collect(),
            bytes: image.image_size_in_bytes.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or_default(),
            media_type: image.image_manifest_media_type.unwrap_or_default(),
        };
        Some((image.image_digest?, value))
    })
    .await
}

async fn policy(aws: &Aws, name: &str) -> Result<Option<String>, AwsError> {
    let answer = aws.ecrpublic(REGION).get_repository_policy().repository_name(name).send().await;
    match answer.map_err(AwsError::from) {
        Ok(answer) => Ok(answer.policy_text),
        Err(error) if error.is("RepositoryPolicyNotFoundException") => Ok(None),
        Err(error) => Err(error),
    }
}

async fn catalog(aws: &Aws, name: &str) -> Result<Option<CatalogData>, AwsError> {
    let answer = aws.ecrpublic(REGION).get_repository_catalog_data().repository_name(name).send().await;
    let data = match answer.map_err(AwsError::from) {
        Ok(answer) => answer.catalog_data,
        Err(error) if error.is("RepositoryCatalogDataNotFoundException") => None,
        Err(error) => return Err(error),
    };
    let data = data.map(|data| CatalogData {
        description: data.description,
        about: data.about_text,
        usage: data.usage_text,
        architectures: data.architectures.unwrap_or_default().into_iter().collect(),
        operating_systems: data.operating_systems.unwrap_or_default().into_iter().collect(),
        logo_url: data.logo_url,
    });
    Ok(data.filter(|data| *data != CatalogData::default()))
}

async fn tags(aws: &Aws, arn: &str) -> Result<Tags, AwsError> {
    let answer = aws.ecrpublic(REGION).list_tags_for_resource().resource_arn(arn).send().await?;
    let tags = answer.tags.unwrap_or_default().into_iter();
    Ok(tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect())
}
