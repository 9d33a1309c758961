//! The listeners that get the page, and what shows none.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::page_rule::PageRule;
use super::rule_order::RuleOrder;
use super::{BALANCERS, WHICH, page_rule, rule_order};
use crate::account::{Account, ListenerRule, LoadBalancer, Region};
use crate::front::page;
use crate::step::{Case, Found, Item, Lens as _, Target, count};
use crate::steps::shared::made::Resource as _;

pub(super) fn find(account: &Account, case: &Case) -> Found {
    let mut found = Found::default();
    let mut named = named(case);
    for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
        let (mut internal, mut silent) = (vec![], vec![]);
        for (arn, balancer) in here.load_balancers.items() {
            let is_named = named.remove(arn.as_str()) | named.remove(balancer.name.as_str());
            let is_chosen = is_named || !case.params.contains_key(BALANCERS);
            if !is_chosen || !case.scope.has_vpc(here, &balancer.vpc) {
                continue;
            }
            match &*balancer.kind {
                "application"
                    if balancer.scheme == "internal" && !is_named && !WHICH.is(&case.params, "all") =>
                {
                    internal.push(&*balancer.name);
                }
                "application" => listeners(&mut found, (region, here), (arn, balancer), case),
                kind if balancer.scheme == "internet-facing" || is_named => {
                    silent.push(format!("{} ({kind})", balancer.name));
                }
                // No visitor reaches it.
                _ => {}
            }
        }
        if !internal.is_empty() {
            let many = count(internal.len(), "internal load balancer");
            let names = internal.join(", ");
            found.note(
                Some(region),
                format!("{many} left as before: {names}. which = \"all\" takes internal ones too"),
            );
        }
        if !silent.is_empty() {
            let names = silent.join(", ");
            let why = "AWS gives this kind of load balancer no answer of its own; 510, 520 and 590 cut it";
            found.matters(Some(region), format!("no page at {names}: {why}"));
        }
    }
    for name in named {
        found.matters(None, format!("no load balancer in scope has the name or ARN {name}"));
    }
    if let Err(why) = page::balancer_of(case.scope.page.as_deref()) {
        found.matters(None, format!("the page cannot be shown: {why}"));
    }
    found
}

/// The load balancers that the playbook names.
fn named(case: &Case) -> BTreeSet<&str> {
    let list = case.params.get(BALANCERS).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The targets of one load balancer: for each listener the order of its rules, and the page.
fn listeners(
    found: &mut Found,
    (region, here): (&str, &Region),
    (arn, balancer): (&str, &LoadBalancer),
    case: &Case,
) {
    let mut listeners = BTreeMap::<&str, Vec<(&String, &ListenerRule)>>::new();
    for (id, rule) in here.listener_rules.items().filter(|(_, rule)| rule.balancer == arn) {
        listeners.entry(&rule.listener).or_default().push((id, rule));
    }
    if let Some(controller) = controller(balancer) {
        let why = "and may delete a rule that is not its own: watch the cut";
        found.matters(Some(region), format!("{}: {controller} manages its rules, {why}", balancer.name));
    }
    let vpc = here.vpcs.item(&balancer.vpc).map(|vpc| &vpc.tags);
    for (listener, rules) in listeners {
        let facts =
            rules.first().map(|(_, rule)| format!("{} {}:{}", balancer.name, rule.protocol, rule.port));
        let label = facts.unwrap_or_default();
        let theirs = rule_order::others(rules.iter().copied(), listener, case);
        if let Some((id, _)) = theirs.first().filter(|(_, rule)| page_rule::is_shown_by(rule, case)) {
            found.fine(Some(region), format!("{label} answers with this page already, by {id}"));
            continue;
        }
        let item = |kind: &str, id: String, rank: u8| {
            let at = Target::new(kind, id).region(region).vpc(&balancer.vpc).label(Some(&label));
            let item = Item { rank, ..Item::new(at) }.tags(&balancer.tags);
            vpc.map_or(item.clone(), |tags| item.within(tags))
        };
        let in_the_way = rule_order::run_from_one(&theirs);
        if in_the_way > 0 && page::balancer_of(case.scope.page.as_deref()).is_ok() {
            found.item(item(RuleOrder::KIND, rule_order::id(listener, in_the_way), 0));
        }
        found.item(item(PageRule::KIND, listener.to_owned(), 1));
    }
}

/// The controller in a Kubernetes cluster that made the load balancer, by the tags that it sets.
///
/// <https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/#resource-tags>
fn controller(balancer: &LoadBalancer) -> Option<String> {
    let cluster = balancer.tags.get("elbv2.k8s.aws/cluster")?;
    Some(format!("the load balancer controller of the Kubernetes cluster {cluster}"))
}
