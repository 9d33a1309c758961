//! Which web ACLs get the rule, where one is made, and who is left out: load balancers by Region, and
//! distributions.

use std::collections::{BTreeMap, BTreeSet};

use super::acl_order::{AclOrder, id as order_id, run_from_zero};
use super::acl_rule::AclRule;
use super::acl_use::{AclUse, is_classic};
use super::block::Block;
use super::geo::Geo;
use super::ip_set::AddressSet;
use super::made_acl::MadeAcl;
use super::{COUNTRIES, web_acl_name};
use crate::account::{Account, Distribution, LoadBalancer, Region, Tags, WebAcl, WebAcls, waf_name};
use crate::aws::partition;
use crate::step::{Case, Found, Item, Lens, Target, count};
use crate::steps::shared::distribution;
use crate::steps::shared::web_acl::refusal;

pub(super) fn find(account: &Account, case: &Case, found: &mut Found) {
    let Some(block) = Block::of(case) else { return };
    for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
        balancers((region, here), &block, case, found);
    }
    edges(account, &block, case, found);
}

/// A load balancer or a distribution without a web ACL.
struct Bare<'a> {
    id: &'a str,
    name: &'a str,
    tags: &'a Tags,
    /// Its lens refuses to put a web ACL on it.
    refused: bool,
}

impl<'a> Bare<'a> {
    fn balancer(arn: &'a str, one: &'a LoadBalancer) -> Bare<'a> {
        Bare { id: arn, name: &one.name, tags: &one.tags, refused: false }
    }

    fn distribution(id: &'a str, one: &'a Distribution) -> Bare<'a> {
        let refused = one.web_acl.as_deref().is_some_and(is_classic) || distribution::refusal(one).is_some();
        Bare { id, name: name(one), tags: &one.tags, refused }
    }
}

/// What one scope of AWS WAF gets.
struct Front<'a> {
    region: Option<&'a str>,
    block: &'a Block,
    /// Web ACLs that get the rule, by ARN, with the tags of what they protect.
    protecting: BTreeMap<String, Vec<&'a Tags>>,
    /// What gets the run's own web ACL.
    bare: Vec<Bare<'a>>,
}

impl<'a> Front<'a> {
    fn new(region: Option<&'a str>, block: &'a Block) -> Front<'a> {
        Front { region, block, protecting: BTreeMap::new(), bare: vec![] }
    }

    fn target<L: Lens>(&self, id: impl Into<String>) -> Target {
        let at = Target::new(L::KIND, id);
        match self.region {
            Some(region) => at.region(region),
            None => at,
        }
    }

    /// Adds the targets, in the order in which they are written: IP sets, what makes room for the rule and the
    /// web ACL that is made, the rules and the uses.
    fn items(&self, all: &WebAcls, found: &mut Found) {
        let makes = self.bare.iter().any(|one| !one.refused);
        let known = self.protecting.keys().filter_map(|arn| all.acls.get(arn));
        let writes = known.into_iter().any(|acl| refusal(acl, self.block.units()).is_none());
        // What nothing would use is not made.
        if makes || writes {
            for (name, _) in self.block.sets() {
                found.item(Item::created(self.target::<AddressSet>(name)));
            }
        }
        let ours = self.block.name();
        for (arn, tags) in &self.protecting {
            let Some(acl) = all.acls.get(arn) else { continue };
            let label = waf_name(arn);
            let tagged = |item: Item| tags.iter().fold(item, |item, tags| item.tags(tags));
            let first = run_from_zero(acl, &ours);
            // Its order is no matter where it gets no rule.
            if first > 0 && refusal(acl, self.block.units()).is_none() && !has_rule(acl, &ours) {
                let at = self.target::<AclOrder>(order_id(arn, first)).label(Some(label));
                found.item(tagged(Item::new(at)));
            }
            let at = self.target::<AclRule>(arn).label(Some(label));
            found.item(tagged(Item { rank: 2, ..Item::new(at) }));
        }
        if makes {
            found.item(Item { rank: 1, ..Item::created(self.target::<MadeAcl>(ours)) });
        }
        for one in &self.bare {
            let at = self.target::<AclUse>(one.id).label(Some(one.name));
            found.item(Item { rank: 2, ..Item::new(at).tags(one.tags) });
        }
    }
}

/// Has the web ACL the rule, as its first?
fn has_rule(acl: &WebAcl, ours: &str) -> bool {
    acl.rules.first().is_some_and(|rule| rule.name == ours)
}

/// The Application Load Balancers of a Region.
fn balancers((region, here): (&str, &Region), block: &Block, case: &Case, found: &mut Found) {
    let Some(all) = here.web_acls.read() else { return };
    let mut front = Front::new(Some(region), block);
    let (mut internal, mut other) = (BTreeSet::new(), 0);
    let mut beyond = BTreeSet::new();
    let in_scope = |balancer: &LoadBalancer| case.scope.has_vpc(here, &balancer.vpc);
    for (arn, balancer) in here.load_balancers.items().filter(|(_, one)| in_scope(one)) {
        if balancer.kind != "application" {
            other += usize::from(balancer.scheme == "internet-facing" && balancer.kind == "network");
            continue;
        }
        controlled(region, balancer, found);
        match all.acls.iter().find(|(_, acl)| acl.balancers.contains(arn)) {
            Some((acl_arn, _)) if waf_name(acl_arn) == block.name() => {
                front.bare.push(Bare::balancer(arn, balancer));
            }
            // A web ACL is one for all that it protects.
            Some((acl_arn, acl)) => {
                let known = |other: &&String| here.load_balancers.item(*other).is_some_and(in_scope);
                if acl.balancers.iter().all(|other| known(&other)) {
                    front.protecting.entry(acl_arn.clone()).or_default().push(&balancer.tags);
                } else {
                    beyond.insert(waf_name(acl_arn));
                }
            }
            None if balancer.scheme == "internet-facing" => {
                front.bare.push(Bare::balancer(arn, balancer));
            }
            None => {
                internal.insert(&*balancer.name);
            }
        }
    }
    front.items(all, found);
    if !beyond.is_empty() {
        let names = list(&beyond);
        found.matters(
            Some(region),
            format!("left alone, because they also protect load balancers out of scope: web ACLs {names}"),
        );
    }
    if !internal.is_empty() {
        let many = count(internal.len(), "internal load balancer");
        found.note(
            Some(region),
            format!("{many} without a web ACL left as before: {}. No visitor reaches them", list(&internal)),
        );
    }
    if other > 0 && !block.countries.is_empty() {
        let many = count(other, "Network Load Balancer");
        found.matters(
            Some(region),
            format!("{many} answer every country: AWS WAF does not look at what they pass on"),
        );
    }
}

/// Says which controller in a Kubernetes cluster may take the web ACL off again: it sets what its ingress says.
///
/// <https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/#addons>
fn controlled(region: &str, balancer: &LoadBalancer, found: &mut Found) {
    if let Some(cluster) = balancer.tags.get("elbv2.k8s.aws/cluster") {
        found.matters(
            Some(region),
            format!(
                "{}: the load balancer controller of the Kubernetes cluster {cluster} may take a web ACL off again: \
                 watch the cut",
                balancer.name
            ),
        );
    }
}

fn list<'a>(names: impl IntoIterator<Item = &'a &'a str>) -> String {
    names.into_iter().copied().collect::<Vec<_>>().join(", ")
}

/// The name under which people know a distribution.
fn name(one: &Distribution) -> &str {
    one.aliases.first().unwrap_or(&one.domain)
}

/// The distributions. They belong to no VPC, and their web ACLs live in one Region.
fn edges(account: &Account, block: &Block, case: &Case, found: &mut Found) {
    let enabled: Vec<(&String, &Distribution)> =
        account.distributions.items().filter(|(_, one)| one.enabled).collect();
    if enabled.is_empty() {
        return;
    }
    let home = account.regions.keys().next().map_or("us-east-1", String::as_str);
    let home = partition::of(home).global;
    let many = count(enabled.len(), "distribution");
    if !case.scope.is_whole() {
        found.matters(None, format!("CloudFront is in no VPC: {many} left as before"));
        return;
    }
    if !case.scope.has_region(home) {
        found.matters(
            None,
            format!("{many} left as before: CloudFront's web ACLs are in {home}, name that too"),
        );
        return;
    }
    let Some(all) = account.edge_web_acls.read() else { return };
    let mut front = Front::new(None, block);
    let mut restricted = vec![];
    let by_restriction = COUNTRIES.is(&case.params, "restriction") && block.cidrs.is_empty();
    for (id, one) in enabled {
        let bare = Bare::distribution(id, one);
        match &one.web_acl {
            None if by_restriction => restricted.push(bare),
            None => front.bare.push(bare),
            Some(arn) if is_classic(arn) || web_acl_name(arn) == block.name() => front.bare.push(bare),
            Some(arn) if all.acls.contains_key(arn) => {
                front.protecting.entry(arn.clone()).or_default().push(&one.tags);
            }
            Some(arn) => found.matters(
                None,
                format!("{id} ({}) left as before: its web ACL was not found: {arn}", name(one)),
            ),
        }
    }
    front.items(all, found);
    for one in &restricted {
        let at = Target::new(Geo::KIND, one.id).label(Some(one.name));
        found.item(Item { rank: 2, ..Item::new(at).tags(one.tags) });
    }
    says(&front, &restricted, found);
}

/// Says which way is used, and what it costs or leaves.
fn says(front: &Front<'_>, restricted: &[Bare<'_>], found: &mut Found) {
    if !restricted.is_empty() {
        let many = count(restricted.len(), "distribution");
        found.note(
            None,
            format!(
                "{many} without a web ACL: CloudFront's geographic restriction shuts the countries out. What a \
                 viewer's cache holds stays, and so do their requests through another country"
            ),
        );
    }
    let made_for = front.bare.iter().filter(|one| !one.refused).count();
    if made_for > 0 {
        let many = count(made_for, "distribution");
        found.note(
            None,
            format!(
                "{many} without a web ACL: {} is made for them. AWS charges for a web ACL, a rule and each request",
                front.block.name()
            ),
        );
    }
}
