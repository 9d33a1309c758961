//! IAM Roles Anywhere: trust anchors.

use std::collections::BTreeMap;

use aws_sdk_rolesanywhere::types;

use super::{Ask, without_endpoint};
use crate::account::TrustAnchor;
use crate::aws::{Aws, AwsError, lists};

/// The trust anchors of a Region, by id.
///
/// # Errors
/// The first that AWS answers; a Region whose endpoint does not exist is
/// [`Kind::NotSupported`](crate::aws::Kind::NotSupported).
///
/// <https://docs.aws.amazon.com/rolesanywhere/latest/APIReference/API_ListTrustAnchors.html>
pub(super) async fn trust_anchors(
    aws: &Aws,
    region: &str,
    _: &Ask,
) -> Result<BTreeMap<String, TrustAnchor>, AwsError> {
    let list = aws.rolesanywhere(region).list_trust_anchors();
    lists::all(aws, list, trust_anchor).await.map_err(without_endpoint)
}

fn trust_anchor(anchor: types::TrustAnchorDetail) -> Option<(String, TrustAnchor)> {
    let value = TrustAnchor { name: anchor.name.unwrap_or_default(), enabled: anchor.enabled? };
    Some((anchor.trust_anchor_id?, value))
}
