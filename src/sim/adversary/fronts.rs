//! Moves on web ACLs of AWS WAF, and on what they protect.

use std::collections::BTreeSet;

use super::moves::{Attempt, Scene, both};
use super::parts::regions;
use crate::account::{Account, WebAcls};

/// Web ACLs whose rules are not those of before, and load balancers that a new one protects.
pub(super) fn web_acls(scene: &Scene<'_>) -> Vec<Attempt> {
    let mut attempts = vec![];
    for (region, wanted, now) in regions(scene) {
        if let Some((wanted, now)) = both(&wanted.web_acls, &now.web_acls) {
            attempts.extend(rules(Some(region), wanted, now));
            attempts.extend(uses(region, wanted, now));
        }
    }
    if let Some((wanted, now)) = both(&scene.wanted.edge_web_acls, &scene.now.edge_web_acls) {
        attempts.extend(rules(None, wanted, now));
    }
    attempts
}

/// The web ACLs of a Region, or those for CloudFront.
fn part<'a>(account: &'a mut Account, region: Option<&String>) -> Option<&'a mut WebAcls> {
    match region {
        None => account.edge_web_acls.read_mut(),
        Some(region) => account.regions.get_mut(region)?.web_acls.read_mut(),
    }
}

fn rules(region: Option<&String>, wanted: &WebAcls, now: &WebAcls) -> Vec<Attempt> {
    let other = wanted.acls.iter().filter(|(arn, was)| {
        now.acls
            .get(*arn)
            .is_some_and(|is| (&is.rules, &is.default_action) != (&was.rules, &was.default_action))
    });
    let attempt = |(arn, was): (&String, &crate::account::WebAcl)| {
        let (region, arn, was) = (region.cloned(), arn.clone(), was.clone());
        Attempt::new(&arn.clone(), vec![("wafv2:UpdateWebACL", arn.clone())], move |account| {
            if let Some(acl) = part(account, region.as_ref()).and_then(|all| all.acls.get_mut(&arn)) {
                acl.rules.clone_from(&was.rules);
                acl.default_action.clone_from(&was.default_action);
                acl.capacity = was.capacity;
            }
        })
    };
    other.map(attempt).collect()
}

fn uses(region: &str, wanted: &WebAcls, now: &WebAcls) -> Vec<Attempt> {
    let protected = |all: &WebAcls| -> BTreeSet<String> {
        all.acls.values().flat_map(|acl| acl.balancers.iter().cloned()).collect()
    };
    let new: Vec<String> = protected(now).difference(&protected(wanted)).cloned().collect();
    let attempt = |balancer: String| {
        let (region, asks) = (region.to_owned(), vec![("wafv2:DisassociateWebACL", balancer.clone())]);
        Attempt::new(&balancer.clone(), asks, move |account| {
            for acl in part(account, Some(&region)).into_iter().flat_map(|all| all.acls.values_mut()) {
                acl.balancers.remove(&balancer);
            }
        })
    };
    new.into_iter().map(attempt).collect()
}
