//! Seeds of 350's web ACLs: load balancers and distributions with and without one, and web ACLs that are left
//! alone.

use std::collections::{BTreeMap, BTreeSet};

use unplug::account::{
    Account, Behavior, Caller, DEFAULT_BEHAVIOR, Distribution, GeoKind, GeoRestriction, IpSet, LoadBalancer,
    Matches, Origin, Region, Seen, Vpc, WebAcl, WebAcls, WebRule,
};
use unplug::step::Scope;

use super::{Drift, Seed, seed, with};

const ME: &str = "111111111111";

/// The ARN of a web ACL; `scope` is `regional` or `global`.
fn arn(scope: &str, name: &str) -> String {
    format!(
        "arn:aws:wafv2:us-east-1:{ME}:{scope}/webacl/{name}/0a1b2c3d-0000-4000-8000-00000000{:04}",
        name.len()
    )
}

fn balancer_arn(name: &str) -> String {
    format!("arn:aws:elasticloadbalancing:us-east-1:{ME}:loadbalancer/app/{name}/{:016}", name.len())
}

fn rule(priority: i32, name: &str, action: &str, matches: Matches) -> WebRule {
    WebRule { name: name.into(), priority, action: action.into(), matches }
}

fn managed(priority: i32, group: &str) -> WebRule {
    rule(priority, group, "group", Matches::Other(format!("managed-rule-group AWS/{group}")))
}

fn offices(priority: i32) -> WebRule {
    rule(priority, "offices", "allow", Matches::Other("label-match office".into()))
}

fn acl(rules: Vec<WebRule>, balancers: &[&str]) -> WebAcl {
    WebAcl {
        default_action: "allow".into(),
        capacity: 725,
        rules,
        balancers: balancers.iter().map(|name| balancer_arn(name)).collect(),
        ..WebAcl::default()
    }
}

fn balancer(name: &str, scheme: &str) -> (String, LoadBalancer) {
    let balancer = LoadBalancer {
        name: name.into(),
        vpc: "vpc-1".into(),
        kind: "application".into(),
        scheme: scheme.into(),
        ip_address_type: "ipv4".into(),
        dns_name: format!("{name}-1.us-east-1.elb.amazonaws.com"),
        state: "active".into(),
        ..LoadBalancer::default()
    };
    (balancer_arn(name), balancer)
}

fn distribution(alias: &str, web_acl: Option<&str>) -> Distribution {
    let origin = Origin { domain: format!("origin.{alias}"), ..Origin::default() };
    Distribution {
        domain: format!("d{}.cloudfront.net", alias.len()),
        aliases: [alias.to_owned()].into(),
        enabled: true,
        deployed: true,
        behaviors: [(DEFAULT_BEHAVIOR.to_owned(), Behavior { origin: "shop".into(), ..Behavior::default() })]
            .into(),
        origins: [("shop".to_owned(), origin)].into(),
        web_acl: web_acl.map(Into::into),
        ..Distribution::default()
    }
}

/// Load balancers and distributions with a web ACL of every kind, and without one.
fn account() -> Account {
    let caller = Caller { arn: format!("arn:aws:iam::{ME}:user/oncall"), ..Caller::default() };
    let mut account = Account::unread(ME, caller);
    account.alias = Seen::Read(None);
    account.enabled_regions = Seen::Read(["us-east-1".to_owned()].into());
    let regional = |name: &str, acl: WebAcl| (arn("regional", name), acl);
    let acls = BTreeMap::from([
        // Rules at 0 and 1 must move, the one at 4 stays.
        regional(
            "shop",
            acl(vec![offices(0), managed(1, "CommonRules"), managed(4, "BotControl")], &["shop"]),
        ),
        regional("unused", acl(vec![offices(0)], &[])),
        regional("managed-by-fms", WebAcl { firewall_manager: true, ..acl(vec![], &["central"]) }),
    ]);
    let vpc = Vpc { owner: ME.into(), cidrs: ["10.0.0.0/16".to_owned()].into(), ..Vpc::default() };
    let region = Region {
        vpcs: Seen::Read([("vpc-1".to_owned(), vpc)].into()),
        load_balancers: Seen::Read(
            [
                balancer("shop", "internet-facing"),
                balancer("central", "internet-facing"),
                balancer("bare", "internet-facing"),
                balancer("inside", "internal"),
            ]
            .into(),
        ),
        web_acls: Seen::Read(WebAcls { acls, ip_sets: BTreeMap::new() }),
        ..Region::empty()
    };
    account.regions.insert("us-east-1".into(), region);
    let edge = |name: &str, acl: WebAcl| (arn("global", name), acl);
    account.edge_web_acls = Seen::Read(WebAcls {
        acls: BTreeMap::from([
            // 0 is free: nothing moves.
            edge("site", acl(vec![managed(1, "CommonRules")], &[])),
            edge("newer", WebAcl { unknown: ["Rules/NewThing".to_owned()].into(), ..acl(vec![], &[]) }),
            edge("full", WebAcl { capacity: 5_000, ..acl(vec![], &[]) }),
        ]),
        ip_sets: BTreeMap::new(),
    });
    let site = arn("global", "site");
    account.distributions = Seen::Read(BTreeMap::from([
        ("E1SITE".to_owned(), distribution("www.example.com", Some(&site))),
        ("E2SITE".to_owned(), distribution("shop.example.com", Some(&site))),
        ("E3BARE".to_owned(), distribution("bare.example.com", None)),
        ("E4NEWER".to_owned(), distribution("newer.example.com", Some(&arn("global", "newer")))),
        ("E5FULL".to_owned(), distribution("full.example.com", Some(&arn("global", "full")))),
        (
            "E6CLASSIC".to_owned(),
            distribution("classic.example.com", Some("473e64fd-f30b-4765-81a0-62ad96dd167a")),
        ),
        ("E7OFF".to_owned(), Distribution { enabled: false, ..distribution("off.example.com", None) }),
        ("E8STAGING".to_owned(), Distribution { staging: true, ..distribution("staging.example.com", None) }),
    ]));
    account
}

/// The same with an IP set of an earlier run, whose addresses somebody has changed.
fn with_old_set() -> Account {
    let mut account = account();
    let set = IpSet { ipv6: false, addresses: set(&["192.0.2.9/32"]) };
    let here = account.regions.get_mut("us-east-1").unwrap();
    here.web_acls.read_mut().unwrap().ip_sets.insert("unplug-block-v4-f598f84b".into(), set);
    account
}

/// The same distributions without web ACLs: one answers everybody, one some countries, one all but some.
fn restricted() -> Account {
    let mut account = account();
    let geo = |kind, countries: &[&str]| GeoRestriction { kind, countries: set(countries) };
    let with = |alias: &str, geo| Distribution { geo, ..distribution(alias, None) };
    account.distributions = Seen::Read(BTreeMap::from([
        ("E1ALL".to_owned(), with("all.example.com", geo(GeoKind::None, &[]))),
        ("E2SOME".to_owned(), with("some.example.com", geo(GeoKind::Allowed, &["JP", "KP", "US"]))),
        ("E3NOT".to_owned(), with("not.example.com", geo(GeoKind::Blocked, &["CU"]))),
        ("E4ONLY".to_owned(), with("only.example.com", geo(GeoKind::Allowed, &["KP"]))),
        ("E5DONE".to_owned(), with("done.example.com", geo(GeoKind::Blocked, &["KP", "SY"]))),
    ]));
    account
}

fn set(items: &[&str]) -> BTreeSet<String> {
    items.iter().map(ToString::to_string).collect()
}

fn blocking(name: &'static str, account: Account, scope: Scope, drift: Option<Drift>) -> Seed {
    Seed { scope, ..seed(name, 350, account, drift) }
}

/// Every web ACL of the account.
fn each_acl(account: &mut Account, change: impl Fn(&mut WebAcl)) {
    let regional = account.regions.values_mut().filter_map(|here| here.web_acls.read_mut());
    for all in regional.chain(account.edge_web_acls.read_mut()) {
        all.acls.values_mut().for_each(&change);
    }
}

fn is_block(rule: &WebRule) -> bool {
    rule.name.starts_with("unplug-block-")
}

/// Somebody lets the attacker's requests be counted only.
fn counted(account: &mut Account) {
    each_acl(account, |acl| {
        if !acl.balancers.is_empty() && acl.rules.len() > 1 {
            acl.rules.iter_mut().filter(|rule| is_block(rule)).for_each(|rule| rule.action = "count".into());
        }
    });
}

/// A thief takes the block out of the web ACLs that the run made.
fn emptied(account: &mut Account) {
    each_acl(account, |acl| {
        if acl.rules.len() == 1 && acl.rules.iter().all(is_block) {
            acl.rules.retain(|rule| !is_block(rule));
            acl.capacity = 0;
        }
    });
}

pub fn seeds() -> Vec<Seed> {
    let addresses =
        Scope { block_cidrs: set(&["198.51.100.142/32", "2001:db8:bad::/48"]), ..Scope::default() };
    let both = Scope { block_countries: set(&["KP", "SY"]), ..addresses.clone() };
    let countries = Scope { block_countries: set(&["KP", "SY"]), ..Scope::default() };
    let mut fronts = blocking("web ACLs of every kind", account(), addresses, Some(counted));
    fronts.tamper = Some(emptied);
    vec![
        fronts,
        blocking("addresses and countries in web ACLs", with_old_set(), both, None),
        with(
            blocking("countries by CloudFront itself", restricted(), countries, None),
            "countries",
            serde_json::json!("restriction"),
        ),
    ]
}
