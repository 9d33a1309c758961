//! What the responder must know of a distribution before yes.

use super::VIEWER_REQUEST;
use super::way::Way;
use crate::account::Distribution;
use crate::step::{Found, count};

/// Says what is taken off, and who sees something else than the page.
pub(super) fn matters(id: &str, one: &Distribution, way: Way, found: &mut Found) {
    let replaced = one.behaviors.values().filter(|behavior| behavior.functions.contains_key(VIEWER_REQUEST));
    let replaced = replaced.count();
    if replaced > 0 {
        found.note(
            None,
            format!(
                "{id}: a function of its own runs on requests in {}: the page takes its place",
                behaviors(replaced)
            ),
        );
    }
    let lambdas = one.behaviors.values();
    let lambdas = lambdas.filter(|one| one.lambdas.keys().any(|event| way.takes_off(event))).count();
    if lambdas > 0 {
        let words = behaviors(lambdas);
        found.matters(
            None,
            format!(
                "{id}: Lambda@Edge runs in {words}: it is taken off, and the restore needs \
                 lambda:GetFunction, lambda:EnableReplication* and iam:CreateServiceLinkedRole besides to put it back"
            ),
        );
    }
    if one.behaviors.values().any(|behavior| behavior.signed) {
        found.note(
            None,
            format!(
                "{id}: some requests must be signed: those without a valid signature get CloudFront's 403"
            ),
        );
    }
}

fn behaviors(number: usize) -> String {
    count(number, "cache behavior")
}
