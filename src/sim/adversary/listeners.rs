//! Moves on the rules of load balancers' listeners.

use super::moves::{Attempt, Scene};
use super::parts::{Part, each, regions};
use crate::account::ListenerRule;

const RULES: Part<ListenerRule> = Part {
    noun: "elasticloadbalancing:listener-rule",
    of: |here| &here.listener_rules,
    of_mut: |here| &mut here.listener_rules,
};

/// New rules first: their numbers are then free.
pub(super) fn page_rules(scene: &Scene<'_>) -> Vec<Attempt> {
    let mut attempts = vec![];
    for (region, wanted, now) in regions(scene) {
        let Some(old) = wanted.listener_rules.read() else { continue };
        for (arn, _) in now.listener_rules.items().filter(|(arn, _)| !old.contains_key(*arn)) {
            let (region, arn) = (region.clone(), arn.clone());
            let asks = vec![("elasticloadbalancing:DeleteRule", arn.clone())];
            attempts.push(Attempt::new(&arn.clone(), asks, move |account| {
                let here = account.regions.get_mut(&region);
                if let Some(rules) = here.and_then(|here| here.listener_rules.read_mut()) {
                    rules.remove(&arn);
                }
            }));
        }
    }
    attempts.extend(each(scene, &RULES, "elasticloadbalancing:SetRulePriorities", |was, is| {
        is.clone_from(was);
    }));
    attempts
}
