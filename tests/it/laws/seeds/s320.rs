//! Seeds of 320: listeners with and without rules, one that a page of another run answers, load
//! balancers that show no page.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use unplug::account::{
    Account, Caller, FixedResponse, Listener, ListenerRule, LoadBalancer, Region, RuleAction, RuleCondition,
    Seen, Tags, Vpc,
};
use unplug::front::page;

use super::{Seed, seed, with};

const ME: &str = "111111111111";
const ELB: &str = "arn:aws:elasticloadbalancing:us-east-1:111111111111";

fn balancer(name: &str, kind: &str, scheme: &str, listeners: &[(&str, i32)]) -> LoadBalancer {
    LoadBalancer {
        name: name.into(),
        vpc: "vpc-1".into(),
        kind: kind.into(),
        scheme: scheme.into(),
        ip_address_type: "ipv4".into(),
        dns_name: format!("{name}-1.us-east-1.elb.amazonaws.com"),
        state: "active".into(),
        listeners: listeners
            .iter()
            .map(|(protocol, port)| Listener { protocol: (*protocol).into(), port: *port })
            .collect(),
        tags: [("team".to_owned(), name.to_owned())].into(),
        ..LoadBalancer::default()
    }
}

fn path(path: &str) -> BTreeSet<RuleCondition> {
    let values = [path.to_owned()].into();
    [RuleCondition { field: "path-pattern".into(), values, ..RuleCondition::default() }].into()
}

fn action(kind: &str) -> RuleAction {
    RuleAction { kind: kind.into(), ..RuleAction::default() }
}

fn answers(status: &str, body: &str) -> Vec<RuleAction> {
    let content_type = if body.starts_with('<') { "text/html" } else { "text/plain" };
    let fixed = FixedResponse { status: status.into(), content_type: content_type.into(), body: body.into() };
    vec![RuleAction { fixed: Some(fixed), ..action("fixed-response") }]
}

/// One rule of a listener, with its ARN.
fn rule(
    (balancer, protocol, port): (&str, &str, i32),
    priority: Option<u32>,
    conditions: BTreeSet<RuleCondition>,
    actions: Vec<RuleAction>,
) -> (String, ListenerRule) {
    let listener = format!("{balancer}/{port:016}");
    let value = ListenerRule {
        listener: format!("{ELB}:listener/{listener}"),
        balancer: format!("{ELB}:loadbalancer/{balancer}"),
        protocol: protocol.into(),
        port,
        priority,
        conditions,
        actions,
        tags: Tags::new(),
    };
    (format!("{ELB}:listener-rule/{listener}/{:016}", priority.unwrap_or_default()), value)
}

fn account() -> Account {
    let caller = Caller { arn: format!("arn:aws:iam::{ME}:user/oncall"), ..Caller::default() };
    let mut account = Account::unread(ME, caller);
    account.alias = Seen::Read(None);
    account.enabled_regions = Seen::Read(["us-east-1".to_owned()].into());
    let vpc = Vpc { owner: ME.into(), cidrs: ["10.0.0.0/16".to_owned()].into(), ..Vpc::default() };
    let (shop, shown, inside) = ("app/shop/1", "app/shown/2", "app/inside/3");
    let balancers = [
        (shop, balancer("shop", "application", "internet-facing", &[("HTTP", 80), ("HTTPS", 443)])),
        (shown, balancer("shown", "application", "internet-facing", &[("HTTP", 80)])),
        (inside, balancer("inside", "application", "internal", &[("HTTP", 8080)])),
        ("net/stock/4", balancer("stock", "network", "internet-facing", &[("TCP", 8443)])),
    ];
    let balancers = balancers.map(|(id, known)| (format!("{ELB}:loadbalancer/{id}"), known));
    let secure = (shop, "HTTPS", 443);
    let forward = || vec![action("forward")];
    let (old_id, mut old) = rule(secure, Some(2), path("/old/*"), answers("410", "gone"));
    old.tags = [("team".to_owned(), "shop".to_owned())].into();
    let page = answers("503", page::balancer_of(None).unwrap());
    let rules = [
        rule((shop, "HTTP", 80), None, BTreeSet::new(), vec![action("redirect")]),
        rule(secure, Some(1), path("/office/*"), vec![action("authenticate-oidc"), action("forward")]),
        (old_id, old),
        // Its number is the last of a run when the others have moved.
        rule(secure, Some(4), path("/beta/*"), forward()),
        rule(secure, None, BTreeSet::new(), forward()),
        rule((shown, "HTTP", 80), Some(3), path("*"), page),
        rule((shown, "HTTP", 80), None, BTreeSet::new(), forward()),
        rule((inside, "HTTP", 8080), None, BTreeSet::new(), forward()),
    ];
    let region = Region {
        vpcs: Seen::Read([("vpc-1".to_owned(), vpc)].into()),
        load_balancers: Seen::Read(balancers.into()),
        listener_rules: Seen::Read(rules.into()),
        ..Region::empty()
    };
    account.regions.insert("us-east-1".into(), region);
    account
}

fn rules(account: &mut Account) -> &mut BTreeMap<String, ListenerRule> {
    account.regions.get_mut("us-east-1").unwrap().listener_rules.read_mut().unwrap()
}

/// Somebody puts the shop's second rule before its first.
fn reordered(account: &mut Account) {
    for rule in rules(account).values_mut().filter(|rule| rule.balancer.ends_with("app/shop/1")) {
        rule.priority = match rule.priority {
            Some(2) => Some(3),
            Some(3) => Some(2),
            other => other,
        };
    }
}

/// A thief moves the page behind the shop's rules, and lets it answer one path alone.
fn outdone(account: &mut Account) {
    for rule in rules(account).values_mut().filter(|rule| rule.tags.contains_key("unplug:run")) {
        rule.priority = Some(900);
        rule.conditions = path("/nothing");
    }
}

/// The seeds of step 320.
pub fn seeds() -> Vec<Seed> {
    let mut shop = seed("listeners with rules and without", 320, account(), Some(reordered));
    shop.tamper = Some(outdone);
    let all = seed("internal load balancers too", 320, account(), None);
    vec![shop, with(all, "which", json!("all"))]
}
