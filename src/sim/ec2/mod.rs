//! EC2 and VPC: what every list and every call of theirs has in common.

pub(crate) mod acls;
pub(crate) mod addresses;
pub(crate) mod client_vpn;
pub(crate) mod connect_endpoints;
pub(crate) mod endpoint_services;
pub(crate) mod endpoints;
pub(crate) mod evidence;
pub(crate) mod fleets;
pub(crate) mod gateways;
pub(crate) mod groups;
pub(crate) mod insights;
pub(crate) mod interfaces;
pub(crate) mod links;
pub(crate) mod nat;
pub(crate) mod network;
pub(crate) mod prefix_lists;
pub(crate) mod propagation;
pub(crate) mod readiness;
pub(crate) mod route_associations;
pub(crate) mod routes;
pub(crate) mod sharing;
pub(crate) mod tags;
pub(crate) mod transit;
pub(crate) mod vpc_block;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aws_sdk_ec2::types;

use super::route::{Cx, Refused, refuse};
use crate::account::{Region, Tags};

static NOTHING: LazyLock<Region> = LazyLock::new(Region::default);

/// The Region of this call, as it was read.
pub(in crate::sim) fn region<'a>(cx: &'a Cx<'_>) -> &'a Region {
    cx.world.account.regions.get(cx.region).unwrap_or(&NOTHING)
}

/// What a list is asked for.
pub(in crate::sim) struct Query<'a> {
    pub filters: &'a [types::Filter],
    pub ids: &'a [String],
    /// The code for an id that is not there.
    pub not_found: &'static str,
    pub max: Option<i32>,
}

impl Query<'_> {
    /// Refuses what AWS refuses before it looks.
    pub fn check(&self, known: &[&str]) -> Result<(), Refused> {
        if self.max.is_some_and(|max| !(5..=1_000).contains(&max)) {
            return Err(refuse("InvalidParameterValue", "MaxResults must be between 5 and 1000"));
        }
        if self.max.is_some() && !self.ids.is_empty() {
            return Err(refuse(
                "InvalidParameterCombination",
                "The parameters ids and maxResults cannot be used together",
            ));
        }
        for filter in self.filters {
            let name = filter.name().unwrap_or_default();
            if !known.contains(&name) && !name.starts_with("tag:") {
                return Err(refuse("InvalidParameterValue", format!("The filter '{name}' is invalid")));
            }
            match filter.values().len() {
                0 => {
                    return Err(refuse(
                        "InvalidParameterValue",
                        format!("The filter '{name}' has no values"),
                    ));
                }
                1..=200 => {}
                _ => return Err(refuse("FilterLimitExceeded", "A call takes at most 200 filter values")),
            }
        }
        Ok(())
    }

    /// The items that are asked for. One id that is not there fails the whole call.
    pub fn choose<'a, T>(
        &self,
        cx: &Cx<'_>,
        all: &'a BTreeMap<String, T>,
        tags: impl Fn(&'a T) -> &'a Tags,
        values: impl Fn(&'a str, &'a T, &str) -> Vec<String>,
    ) -> Result<Vec<(&'a String, &'a T)>, Refused> {
        for id in self.ids {
            if !all.contains_key(id) || !cx.visible(id) {
                return Err(refuse(self.not_found, format!("The ID '{id}' does not exist")));
            }
        }
        let kept = |id: &'a String, item: &'a T| {
            cx.world.ignores_filters
                || self.filters.iter().all(|filter| {
                    let name = filter.name().unwrap_or_default();
                    let have = match name.strip_prefix("tag:") {
                        Some(key) => tags(item).get(key).cloned().into_iter().collect(),
                        None => values(id, item, name),
                    };
                    filter.values().iter().any(|wanted| have.iter().any(|have| like(wanted, have)))
                })
        };
        Ok(all
            .iter()
            .filter(|(id, item)| {
                (self.ids.is_empty() || self.ids.contains(id)) && cx.visible(id) && kept(id, item)
            })
            .collect())
    }
}

/// Refuses a page size that the list does not take.
pub(in crate::sim) fn page_size(
    max: Option<i32>,
    sizes: std::ops::RangeInclusive<i32>,
) -> Result<(), Refused> {
    if max.is_none_or(|max| sizes.contains(&max)) {
        return Ok(());
    }
    let message = format!("MaxResults must be between {} and {}", sizes.start(), sizes.end());
    Err(refuse("InvalidParameterValue", message))
}

/// Only its owner changes a VPC, or what belongs to it; a participant sees it.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-sharing.html>
pub(in crate::sim) fn not_yours() -> Refused {
    refuse("UnauthorizedOperation", "You are not authorized to perform this operation.")
}

/// A filter's value may hold `*` for any text; a name without it matches itself.
fn like(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(head) else { return false };
    (0..=text.len()).any(|at| text.get(at..).is_some_and(|tail| like(rest, tail)))
}

pub(in crate::sim) fn tags(tags: &Tags) -> Vec<types::Tag> {
    tags.iter().map(|(key, value)| types::Tag::builder().key(key).value(value).build()).collect()
}

/// The tags that a create call gives.
pub(in crate::sim) fn given(specifications: &[types::TagSpecification]) -> Result<Tags, Refused> {
    let tags = specifications.iter().flat_map(types::TagSpecification::tags);
    let tag = |tag: &types::Tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned()));
    let tags: Tags = tags.filter_map(tag).collect();
    if tags.keys().any(|key| key.to_lowercase().starts_with("aws:")) {
        let message = "Tag keys starting with 'aws:' are reserved for internal use";
        return Err(refuse("InvalidParameterValue", message));
    }
    Ok(tags)
}
