//! CloudFront: distributions, and what of them a configuration holds. Functions are in
//! `cloudfront/functions.rs`, access controls and invalidations in `cloudfront/controls.rs`, the change of a distribution in `cloudfront/update.rs`, the forms of the SDK
//! in `cloudfront/forms.rs`.

/// The page of a list that a call asks for, in the form of CloudFront's lists.
macro_rules! page_of {
    ($cx:expr, $input:expr, $all:expr, $list:ident) => {{
        let max = $input.max_items().unwrap_or(MOST_ITEMS).min(MOST_ITEMS);
        let (page, next) = $cx.page($all, $input.marker(), Some(max));
        let list = types::$list::builder()
            .marker($input.marker().unwrap_or_default())
            .max_items(max)
            .is_truncated(next.is_some())
            .set_next_marker(next)
            .quantity(i32::try_from(page.len()).unwrap_or(i32::MAX))
            .set_items((!page.is_empty()).then_some(page));
        built(list.build())?
    }};
}

mod controls;
mod forms;
mod functions;
mod update;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use aws_sdk_cloudfront::types;

use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::{seen, seen_mut};
use crate::account::Distribution;
use crate::aws::operations::cloudfront;
use aws_smithy_types::error::operation::BuildError;

/// How long a change is on its way to the edges.
const DEPLOYED_AFTER_MS: u64 = 180_000;
/// The most that one page holds.
const MOST_ITEMS: i32 = 100;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<cloudfront::ListDistributions>(list_distributions);
    dispatch.on_with_body::<cloudfront::GetDistributionConfig>(get_distribution_config, unknown_elements);
    dispatch.on::<cloudfront::ListTagsForResource>(list_tags_for_resource);
    controls::register(dispatch);
    functions::register(dispatch);
    update::register(dispatch);
}

/// What AWS does not show.
#[derive(Clone, Debug, Default)]
pub(super) struct Hidden {
    /// How often a distribution or a function was written.
    generation: BTreeMap<String, u64>,
    /// When the last change of a distribution is at every edge.
    deployed_at_ms: BTreeMap<String, u64>,
    /// Functions that some edges still use, by distribution.
    leaving: BTreeMap<String, BTreeSet<String>>,
    /// Invalidations by distribution and the caller's reference.
    invalidations: BTreeMap<(String, String), String>,
    /// Invalidations that end at some time.
    ending: BTreeSet<String>,
}

impl Hidden {
    fn written(&mut self, id: &str) {
        *self.generation.entry(id.to_owned()).or_default() += 1;
    }

    /// The version of a resource: another one after each write, and after each change behind AWS's back.
    fn etag(&self, id: &str, content: &str) -> String {
        let mut hasher = DefaultHasher::new();
        (self.generation.get(id), content).hash(&mut hasher);
        format!("E{:013X}", hasher.finish() >> 12)
    }
}

/// A refusal of the SDK's builders: a required member is missing.
fn built<T>(built: Result<T, BuildError>) -> Result<T, Refused> {
    built.map_err(|error| refuse("InvalidArgument", error.to_string()))
}

fn distributions<'a>(cx: &'a Cx<'_>) -> Result<&'a BTreeMap<String, Distribution>, Refused> {
    seen(&cx.world.account.distributions)
}

fn gone(id: &str) -> Refused {
    refuse("NoSuchDistribution", format!("The specified distribution {id} does not exist."))
}

fn find<'a>(cx: &'a Cx<'_>, id: &str) -> Result<&'a Distribution, Refused> {
    distributions(cx)?.get(id).ok_or_else(|| gone(id))
}

/// The version of a distribution's configuration. Tags and progress are no part of one.
fn etag(cx: &Cx<'_>, id: &str, distribution: &Distribution) -> String {
    let config = Distribution { deployed: true, tags: Default::default(), ..distribution.clone() };
    cx.world.cloudfront.etag(id, &format!("{config:?}"))
}

/// A distribution that was being deployed when the account was read ends that at some time.
fn go_on_deploying(cx: &mut Cx<'_>) {
    let open = |(id, one): (&String, &Distribution)| (!one.deployed).then(|| id.clone());
    let open: Vec<String> = distributions(cx).into_iter().flatten().filter_map(open).collect();
    for id in open {
        if !cx.world.cloudfront.deployed_at_ms.contains_key(&id) {
            deploy(cx, &id);
        }
    }
}

/// Begins to bring a change to the edges.
fn deploy(cx: &mut Cx<'_>, id: &str) {
    let at = cx.world.now_ms + DEPLOYED_AFTER_MS;
    cx.world.cloudfront.deployed_at_ms.insert(id.to_owned(), at);
    cx.later(DEPLOYED_AFTER_MS, id, |cx, id| {
        // A later change is on its way.
        if cx.world.cloudfront.deployed_at_ms.get(id).is_some_and(|at| *at > cx.world.now_ms) {
            return;
        }
        cx.world.cloudfront.deployed_at_ms.remove(id);
        cx.world.cloudfront.leaving.remove(id);
        if let Ok(all) = seen_mut(&mut cx.world.account.distributions)
            && let Some(one) = all.get_mut(id)
        {
            one.deployed = true;
        }
    });
}

fn list_distributions(
    cx: &mut Cx<'_>,
    input: &In<cloudfront::ListDistributions>,
) -> Said<cloudfront::ListDistributions> {
    go_on_deploying(cx);
    let cx = &*cx;
    let summary = |(id, one): (&String, &Distribution)| forms::summary(cx, id, one, &etag(cx, id, one));
    let all = distributions(cx)?.iter().map(summary).collect::<Result<Vec<_>, _>>()?;
    let list = page_of!(cx, input, all, DistributionList);
    Ok(Out::<cloudfront::ListDistributions>::builder().distribution_list(list).build())
}

fn get_distribution_config(
    cx: &mut Cx<'_>,
    input: &In<cloudfront::GetDistributionConfig>,
) -> Said<cloudfront::GetDistributionConfig> {
    let id = input.id().unwrap_or_default();
    let one = find(cx, id)?;
    Ok(Out::<cloudfront::GetDistributionConfig>::builder()
        .distribution_config(forms::config(id, one)?)
        .e_tag(etag(cx, id, one))
        .build())
}

/// The elements of a configuration that the SDK does not know, as AWS would send them.
fn unknown_elements(cx: &Cx<'_>, input: &In<cloudfront::GetDistributionConfig>) -> Option<String> {
    let one = find(cx, input.id().unwrap_or_default()).ok().filter(|one| !one.unknown.is_empty())?;
    let element = |path: &String| {
        let start: String = path.split('/').map(|name| format!("<{name}>")).collect();
        let end: String = path.split('/').rev().map(|name| format!("</{name}>")).collect();
        format!("{start}new{end}")
    };
    let elements: String = one.unknown.iter().map(element).collect();
    Some(format!("<DistributionConfig>{elements}</DistributionConfig>"))
}

fn list_tags_for_resource(
    cx: &mut Cx<'_>,
    input: &In<cloudfront::ListTagsForResource>,
) -> Said<cloudfront::ListTagsForResource> {
    let arn = input.resource().unwrap_or_default();
    let all = distributions(cx)?;
    let one = all.iter().find(|(id, _)| forms::arn(cx, id) == arn);
    let (_, one) =
        one.ok_or_else(|| refuse("NoSuchResource", format!("The resource {arn} was not found.")))?;
    let tags = one.tags.iter().map(|(key, value)| built(types::Tag::builder().key(key).value(value).build()));
    let tags = tags.collect::<Result<Vec<_>, _>>()?;
    let tags = types::Tags::builder().set_items(Some(tags)).build();
    Ok(Out::<cloudfront::ListTagsForResource>::builder().tags(tags).build())
}
