//! IAM Roles Anywhere: trust anchors.

use aws_sdk_rolesanywhere::types;

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Out, Refused, Said, refuse};
use super::world::{seen, seen_mut};
use crate::account::TrustAnchor;
use crate::aws::operations::rolesanywhere;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<rolesanywhere::DisableTrustAnchor>(disable_trust_anchor);
    dispatch.on::<rolesanywhere::EnableTrustAnchor>(enable_trust_anchor);
    dispatch.on::<rolesanywhere::ListTrustAnchors>(list_trust_anchors);
}

fn list_trust_anchors(
    cx: &mut Cx<'_>,
    input: &In<rolesanywhere::ListTrustAnchors>,
) -> Said<rolesanywhere::ListTrustAnchors> {
    let anchors = seen(&region(cx).trust_anchors)?.iter();
    let anchors = anchors.map(|(id, anchor)| detail(cx, id, anchor)).collect();
    let (anchors, next) = cx.page(anchors, input.next_token(), input.page_size());
    Ok(Out::<rolesanywhere::ListTrustAnchors>::builder()
        .set_trust_anchors(Some(anchors))
        .set_next_token(next)
        .build())
}

fn detail(cx: &Cx<'_>, id: &str, anchor: &TrustAnchor) -> types::TrustAnchorDetail {
    let account = &cx.world.account;
    let arn =
        format!("arn:{}:rolesanywhere:{}:{}:trust-anchor/{id}", account.partition(), cx.region, account.id);
    types::TrustAnchorDetail::builder()
        .trust_anchor_id(id)
        .trust_anchor_arn(arn)
        .name(&anchor.name)
        .enabled(anchor.enabled)
        .build()
}

fn disable_trust_anchor(
    cx: &mut Cx<'_>,
    input: &In<rolesanywhere::DisableTrustAnchor>,
) -> Said<rolesanywhere::DisableTrustAnchor> {
    let anchor = set(cx, input.trust_anchor_id(), false)?;
    Ok(Out::<rolesanywhere::DisableTrustAnchor>::builder().trust_anchor(anchor).build())
}

fn enable_trust_anchor(
    cx: &mut Cx<'_>,
    input: &In<rolesanywhere::EnableTrustAnchor>,
) -> Said<rolesanywhere::EnableTrustAnchor> {
    let anchor = set(cx, input.trust_anchor_id(), true)?;
    Ok(Out::<rolesanywhere::EnableTrustAnchor>::builder().trust_anchor(anchor).build())
}

/// Disabling one that is disabled is no error.
fn set(cx: &mut Cx<'_>, id: Option<&str>, enabled: bool) -> Result<types::TrustAnchorDetail, Refused> {
    let id = id.unwrap_or_default();
    if id.len() != 36 {
        return Err(refuse("ValidationException", "trustAnchorId is no UUID"));
    }
    let anchors = seen_mut(&mut cx.region_mut().trust_anchors)?;
    let Some(anchor) = anchors.get_mut(id) else {
        return Err(refuse("ResourceNotFoundException", format!("TrustAnchor with id {id} not found")));
    };
    anchor.enabled = enabled;
    let anchor = anchor.clone();
    Ok(detail(cx, id, &anchor))
}
