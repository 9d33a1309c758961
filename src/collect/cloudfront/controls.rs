//! CloudFront's origin access controls and identities, and the invalidations of single distributions.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudfront::types;
use futures::TryStreamExt as _;
use futures::stream::{self, StreamExt as _};

use super::super::{Ask, seen};
use super::{AT_ONCE, PAGE, without_endpoint};
use crate::account::{AccessControl, Account, Seen};
use crate::aws::{Aws, AwsError, lists, unless_gone};

/// Reads origin access controls by id.
///
/// <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListOriginAccessControls.html>
pub(in crate::collect) async fn access_controls(
    aws: &Aws,
    _: &Account,
    _: &Ask,
) -> Seen<BTreeMap<String, AccessControl>> {
    let list = aws.cloudfront().list_origin_access_controls().max_items(PAGE);
    let all = lists::all(aws, list, |one| Some(access_control(one))).await;
    seen(all.map_err(without_endpoint))
}

fn access_control(one: types::OriginAccessControlSummary) -> (String, AccessControl) {
    let control = AccessControl {
        name: one.name,
        description: one.description,
        signing: one.signing_behavior.as_str().to_owned(),
        protocol: one.signing_protocol.as_str().to_owned(),
        kind: one.origin_access_control_origin_type.as_str().to_owned(),
    };
    (one.id, control)
}

/// Reads the ids of the account's origin access identities.
///
/// <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListCloudFrontOriginAccessIdentities.html>
pub(in crate::collect) async fn origin_access_identities(
    aws: &Aws,
    _: &Account,
    _: &Ask,
) -> Seen<BTreeSet<String>> {
    let list = aws.cloudfront().list_cloud_front_origin_access_identities().max_items(PAGE);
    let all = lists::all(aws, list, |one| Some(one.id)).await;
    seen(all.map_err(without_endpoint))
}

/// Reads which invalidations are completed, of the distributions that are asked for.
///
/// <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListInvalidations.html>
pub(in crate::collect) async fn invalidations(
    aws: &Aws,
    _: &Account,
    ask: &Ask,
) -> Seen<BTreeMap<String, BTreeMap<String, bool>>> {
    let ids: Vec<String> = ask.invalidations.iter().cloned().collect();
    let looks = stream::iter(ids).map(async |id| {
        let list = aws.cloudfront().list_invalidations().distribution_id(&id).max_items(PAGE);
        let all = lists::all(aws, list, |one| Some((one.id, one.status == "Completed"))).await;
        Ok::<_, AwsError>(unless_gone(all)?.map(|all: BTreeMap<String, bool>| (id, all)))
    });
    let looked: Result<Vec<_>, AwsError> = looks.buffer_unordered(AT_ONCE).try_collect().await;
    seen(looked.map(|all| all.into_iter().flatten().filter(|(_, all)| !all.is_empty()).collect()))
}
