//! ECR Public: repositories and images, and the registry that gives them out.

mod content;
mod pulls;

use aws_sdk_ecrpublic::types;

use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::{seen, seen_mut};
use crate::account::{PublicRepository, Seen};
use crate::aws::operations::ecrpublic;
pub use content::images as sample_images;

/// What the registry takes as proof of who asks.
const TOKEN: &str = "QVdTOnNpbXVsYXRlZA==";
/// The most images that one call deletes.
const BATCH: usize = 100;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<ecrpublic::BatchDeleteImage>(batch_delete_image);
    dispatch.on::<ecrpublic::DeleteRepository>(delete_repository);
    dispatch.on::<ecrpublic::DescribeImages>(describe_images);
    dispatch.on::<ecrpublic::DescribeRepositories>(describe_repositories);
    dispatch.on::<ecrpublic::GetAuthorizationToken>(get_authorization_token);
    dispatch.on::<ecrpublic::GetRepositoryCatalogData>(get_repository_catalog_data);
    dispatch.on::<ecrpublic::GetRepositoryPolicy>(get_repository_policy);
    dispatch.on::<ecrpublic::ListTagsForResource>(list_tags_for_resource);
    pulls::register(dispatch);
}

fn no_repository(name: &str) -> Refused {
    let words = format!("The repository with name '{name}' does not exist in the registry");
    refuse("RepositoryNotFoundException", words)
}

/// A repository by name, or its gap.
fn repository<'a>(cx: &'a Cx<'_>, name: Option<&str>) -> Result<&'a PublicRepository, Refused> {
    let name = name.unwrap_or_default();
    let all = seen(&cx.world.account.public_repositories)?;
    seen(all.get(name).ok_or_else(|| no_repository(name))?)
}

fn repository_mut<'a>(cx: &'a mut Cx<'_>, name: &str) -> Result<&'a mut PublicRepository, Refused> {
    let all = seen_mut(&mut cx.world.account.public_repositories)?;
    seen_mut(all.get_mut(name).ok_or_else(|| no_repository(name))?)
}

fn described(cx: &Cx<'_>, name: &str, repository: &Seen<PublicRepository>) -> types::Repository {
    let account = &cx.world.account.id;
    // One that hides from the other calls is in the list all the same.
    let arn = format!("arn:aws:ecr-public::{account}:repository/{name}");
    let found = repository.read();
    types::Repository::builder()
        .repository_name(name)
        .registry_id(account)
        .repository_arn(found.map_or(arn, |found| found.arn.clone()))
        .repository_uri(found.map_or(format!("public.ecr.aws/a1b2c3d4/{name}"), |found| found.uri.clone()))
        .build()
}

fn describe_repositories(
    cx: &mut Cx<'_>,
    input: &In<ecrpublic::DescribeRepositories>,
) -> Said<ecrpublic::DescribeRepositories> {
    limits(input.max_results())?;
    let all = seen(&cx.world.account.public_repositories)?;
    let names = input.repository_names();
    if let Some(missing) = names.iter().find(|name| !all.contains_key(*name)) {
        return Err(no_repository(missing));
    }
    let wanted = all.iter().filter(|(name, _)| names.is_empty() || names.contains(name));
    let found = wanted.map(|(name, repository)| described(cx, name, repository)).collect();
    let (page, next) = cx.page(found, input.next_token(), input.max_results().or(Some(100)));
    Ok(Out::<ecrpublic::DescribeRepositories>::builder()
        .set_repositories(Some(page))
        .set_next_token(next)
        .build())
}

fn limits(most: Option<i32>) -> Result<(), Refused> {
    match most {
        Some(most) if !(1..=1_000).contains(&most) => {
            Err(refuse("InvalidParameterException", "maxResults must be between 1 and 1000"))
        }
        _ => Ok(()),
    }
}

fn describe_images(
    cx: &mut Cx<'_>,
    input: &In<ecrpublic::DescribeImages>,
) -> Said<ecrpublic::DescribeImages> {
    limits(input.max_results())?;
    let images = &repository(cx, input.repository_name())?.images;
    let details = images.iter().map(|(digest, image)| {
        let bytes = Some(i64::try_from(image.bytes).unwrap_or(i64::MAX)).filter(|bytes| *bytes > 0);
        let tags: Vec<String> = image.tags.iter().cloned().collect();
        types::ImageDetail::builder()
            .image_digest(digest)
            .set_image_tags(Some(tags).filter(|tags| !tags.is_empty()))
            .set_image_size_in_bytes(bytes)
            .image_manifest_media_type(&image.media_type)
            .build()
    });
    let details = details.collect();
    let (page, next) = cx.page(details, input.next_token(), input.max_results().or(Some(100)));
    Ok(Out::<ecrpublic::DescribeImages>::builder().set_image_details(Some(page)).set_next_token(next).build())
}

#[expect(clippy::unnecessary_wraps, reason = "every simulated operation may refuse")]
fn get_authorization_token(
    _: &mut Cx<'_>,
    _: &In<ecrpublic::GetAuthorizationToken>,
) -> Said<ecrpublic::GetAuthorizationToken> {
    let data = types::AuthorizationData::builder().authorization_token(TOKEN).build();
    Ok(Out::<ecrpublic::GetAuthorizationToken>::builder().authorization_data(data).build())
}

fn get_repository_policy(
    cx: &mut Cx<'_>,
    input: &In<ecrpublic::GetRepositoryPolicy>,
) -> Said<ecrpublic::GetRepositoryPolicy> {
    let Some(policy) = &repository(cx, input.repository_name())?.policy else {
        return Err(refuse("RepositoryPolicyNotFoundException", "Repository policy does not exist"));
    };
    Ok(Out::<ecrpublic::GetRepositoryPolicy>::builder().policy_text(policy).build())
}

fn get_repository_catalog_data(
    cx: &mut Cx<'_>,
    input: &In<ecrpublic::GetRepositoryCatalogData>,
) -> Said<ecrpublic::GetRepositoryCatalogData> {
    let Some(data) = &repository(cx, input.repository_name())?.catalog else {
        return Err(refuse("RepositoryCatalogDataNotFoundException", "The repository has no catalog data"));
    };
    let list = |all: &std::collections::BTreeSet<String>| {
        Some(all.iter().cloned().collect::<Vec<_>>()).filter(|all| !all.is_empty())
    };
    let data = types::RepositoryCatalogData::builder()
        .set_description(data.description.clone())
        .set_about_text(data.about.clone())
        .set_usage_text(data.usage.clone())
        .set_architectures(list(&data.architectures))
        .set_operating_systems(list(&data.operating_systems))
        .set_logo_url(data.logo_url.clone())
        .build();
    Ok(Out::<ecrpublic::GetRepositoryCatalogData>::builder().catalog_data(data).build())
}

fn list_tags_for_resource(
    cx: &mut Cx<'_>,
    input: &In<ecrpublic::ListTagsForResource>,
) -> Said<ecrpublic::ListTagsForResource> {
    let arn = input.resource_arn().unwrap_or_default();
    let (_, name) = arn.split_once("repository/").unwrap_or_default();
    let tags = repository(cx, Some(name))?.tags.iter();
    let tags = tags.map(|(key, value)| types::Tag::builder().key(key).value(value).build()).collect();
    Ok(Out::<ecrpublic::ListTagsForResource>::builder().set_tags(Some(tags)).build())
}

/// Deletes image by image, and says of each that it did not delete why.
fn batch_delete_image(
    cx: &mut Cx<'_>,
    input: &In<ecrpublic::BatchDeleteImage>,
) -> Said<ecrpublic::BatchDeleteImage> {
    let ids = input.image_ids();
    if ids.is_empty() || ids.len() > BATCH {
        return Err(refuse("InvalidParameterException", "imageIds must have between 1 and 100 members"));
    }
    let repository = repository_mut(cx, input.repository_name().unwrap_or_default())?;
    let (mut deleted, mut failures) = (vec![], vec![]);
    for id in ids {
        let digest = id.image_digest().unwrap_or_default();
        let listed = repository.images.keys().any(|list| content::children(list).iter().any(|c| c == digest));
        let failed = match repository.images.contains_key(digest) {
            false => Some(types::ImageFailureCode::ImageNotFound),
            true if listed => Some(types::ImageFailureCode::ImageReferencedByManifestList),
            true => None,
        };
        match failed {
            Some(code) => {
                let failure = types::ImageFailure::builder().image_id(id.clone()).failure_code(code);
                failures.push(failure.failure_reason("Requested image was not deleted").build());
            }
            None => {
                repository.images.remove(digest);
                deleted.push(id.clone());
            }
        }
    }
    Ok(Out::<ecrpublic::BatchDeleteImage>::builder()
        .set_image_ids(Some(deleted))
        .set_failures(Some(failures))
        .build())
}

fn delete_repository(
    cx: &mut Cx<'_>,
    input: &In<ecrpublic::DeleteRepository>,
) -> Said<ecrpublic::DeleteRepository> {
    let name = input.repository_name().unwrap_or_default();
    if !repository(cx, Some(name))?.images.is_empty() && input.force() != Some(true) {
        let words =
            format!("The repository with name '{name}' cannot be deleted because it still contains images");
        return Err(refuse("RepositoryNotEmptyException", words));
    }
    let gone = seen_mut(&mut cx.world.account.public_repositories)?.remove(name);
    let gone = gone.map(|gone| described(cx, name, &gone));
    Ok(Out::<ecrpublic::DeleteRepository>::builder().set_repository(gone).build())
}
