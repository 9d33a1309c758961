//! An attacker is shut out in front of load balancers and distributions, over the wire: rules in web ACLs that
//! are there, and web ACLs that are made; boto3 looks, and edits a web ACL meanwhile.

use serde_json::Value;

use super::account::{Declared, Dump, boto, compare, dump};
use super::binary::Machine;
use super::page::{REGION, with_balancer};
use super::server::{Copy, seeded};

const WORDS: [&str; 5] =
    ["block-address", "--block-cidr", "198.51.100.142,2001:db8:bad::/48", "--regions", REGION];

/// Puts a web ACL on the shop's load balancer, with a rule at 0, and one on no load balancer; makes another load
/// balancer without one; and a web ACL for the shop's distribution, whose rules begin at 3.
fn with_web_acls(copy: &Copy, distribution: &str) {
    let code = format!(
        r#"
import os
url = os.environ["URL"]
ec2, elb, waf, cloudfront = (client(url, name) for name in ["ec2", "elbv2", "wafv2", "cloudfront"])
vpc = next(vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"] if vpc["IsDefault"])
subnets = [s["SubnetId"] for s in ec2.describe_subnets()["Subnets"] if s["VpcId"] == vpc][:2]
elb.create_load_balancer(Name="bare", Subnets=subnets, Scheme="internet-facing")
shop = next(b for b in elb.describe_load_balancers()["LoadBalancers"] if b["LoadBalancerName"] == "shop")

def seen(name):
    return {{"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": False, "MetricName": name}}

def managed(priority, name):
    group = {{
        "VendorName": "AWS",
        "Name": name,
        "RuleActionOverrides": [{{"Name": "SizeRestrictions_BODY", "ActionToUse": {{"Count": {{}}}}}}],
    }}
    return {{
        "Name": name,
        "Priority": priority,
        "Statement": {{"ManagedRuleGroupStatement": group}},
        "OverrideAction": {{"None": {{}}}},
        "VisibilityConfig": seen(name),
    }}

def searched(priority):
    match = {{
        "SearchString": b"/wp-login\xff",
        "FieldToMatch": {{"UriPath": {{}}}},
        "TextTransformations": [{{"Priority": 0, "Type": "LOWERCASE"}}],
        "PositionalConstraint": "STARTS_WITH",
    }}
    return {{
        "Name": "login",
        "Priority": priority,
        "Statement": {{"NotStatement": {{"Statement": {{"ByteMatchStatement": match}}}}}},
        "Action": {{"Block": {{"CustomResponse": {{"ResponseCode": 429, "CustomResponseBodyKey": "busy"}}}}}},
        "RuleLabels": [{{"Name": "login"}}],
        "VisibilityConfig": seen("login"),
    }}

def make(name, scope, rules):
    return waf.create_web_acl(
        Name=name,
        Scope=scope,
        DefaultAction={{"Allow": {{"CustomRequestHandling": {{"InsertHeaders": [{{"Name": "a", "Value": "b"}}]}}}}}},
        Description="kept by the shop's team",
        Rules=rules,
        VisibilityConfig=seen(name),
        CustomResponseBodies={{"busy": {{"ContentType": "TEXT_PLAIN", "Content": "later"}}}},
        CaptchaConfig={{"ImmunityTimeProperty": {{"ImmunityTime": 300}}}},
        TokenDomains=["shop.example.com"],
    )["Summary"]["ARN"]

acl = make("shop", "REGIONAL", [searched(0), managed(1, "AWSManagedRulesCommonRuleSet"), managed(7, "AWSManagedRulesSQLiRuleSet")])
waf.associate_web_acl(WebACLArn=acl, ResourceArn=shop["LoadBalancerArn"])
make("unused", "REGIONAL", [])
edge = make("shop-edge", "CLOUDFRONT", [managed(3, "AWSManagedRulesCommonRuleSet")])
found = cloudfront.get_distribution_config(Id={distribution:?})
found["DistributionConfig"]["WebACLId"] = edge
cloudfront.update_distribution(Id={distribution:?}, IfMatch=found["ETag"], DistributionConfig=found["DistributionConfig"])
"#
    );
    assert!(boto(&copy.url(), &code).status().unwrap().success(), "web ACLs");
}

/// Somebody adds a rule to the web ACL of the load balancer, and gives it another description.
fn edit(copy: &Copy) {
    let code = r#"
import os
waf = client(os.environ["URL"], "wafv2")
one = next(a for a in waf.list_web_acls(Scope="REGIONAL")["WebACLs"] if a["Name"] == "shop")
found = waf.get_web_acl(Scope="REGIONAL", Name=one["Name"], Id=one["Id"])
acl = found["WebACL"]
kept = ["DefaultAction", "VisibilityConfig", "CustomResponseBodies", "CaptchaConfig", "TokenDomains"]
rules = [{key: value for key, value in rule.items() if value is not None} for rule in acl["Rules"]]
rate = {
    "Name": "rate",
    "Priority": 50,
    "Statement": {"RateBasedStatement": {"Limit": 2000, "AggregateKeyType": "IP"}},
    "Action": {"Block": {}},
    "VisibilityConfig": {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": False, "MetricName": "rate"},
}
waf.update_web_acl(
    Name=one["Name"],
    Id=one["Id"],
    Scope="REGIONAL",
    Description="written meanwhile",
    LockToken=found["LockToken"],
    Rules=rules + [rate],
    **{key: acl[key] for key in kept},
)
"#;
    assert!(boto(&copy.url(), code).status().unwrap().success(), "an edit");
}

fn acls<'a>(dump: &'a Dump, place: &str) -> &'a serde_json::Map<String, Value> {
    dump.json["web_acls"][place].as_object().expect("web ACLs")
}

/// The names of the rules of a web ACL, in the order in which they are asked, with their numbers.
fn order(acl: &Value) -> Vec<(i64, String)> {
    let rules = acl["Rules"].as_object().expect("rules").values();
    let mut order: Vec<_> = rules
        .map(|rule| (rule["Priority"].as_i64().unwrap(), rule["Name"].as_str().unwrap().to_owned()))
        .collect();
    order.sort();
    order
}

#[test]
fn an_attacker_is_shut_out_of_every_front_and_a_foreign_edit_survives() {
    let (copy, seed) = seeded();
    let shop = seed["front"]["shop"].as_str().unwrap();
    with_balancer(&copy);
    with_web_acls(&copy, shop);
    let before = dump(&copy.url(), &[REGION]);
    let machine = Machine::new(&copy.url());
    machine.sure(&[&["pull"], &WORDS[..]].concat()).ends(0).says_not("differ from the prediction");

    let cut = dump(&copy.url(), &[REGION]);
    let regional = acls(&cut, REGION);
    let numbers = order(&regional["shop"]);
    let [(0, ours), (1, login), (2, common), (7, _)] = &numbers[..] else { panic!("{numbers:?}") };
    assert!(ours.starts_with("unplug-block-"), "{numbers:?}");
    assert_eq!((login.as_str(), common.as_str()), ("login", "AWSManagedRulesCommonRuleSet"));
    let rule = &regional["shop"]["Rules"][ours];
    assert_eq!(rule["Action"], serde_json::json!({ "Block": {} }));
    let named: Vec<&str> = rule["Statement"]["OrStatement"]["Statements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["IPSetReferenceStatement"]["ARN"].as_str().unwrap())
        .collect();
    let sets = cut.json["ip_sets"][REGION].as_object().unwrap();
    assert_eq!((named.len(), sets.len()), (2, 2), "one set for each version of addresses");
    assert!(sets.values().all(|set| named.contains(&set["ARN"].as_str().unwrap())));
    let addresses: Vec<&Value> = sets.values().map(|set| &set["Addresses"][0]).collect();
    assert!(addresses.contains(&&Value::from("198.51.100.142/32")), "{addresses:?}");
    assert_eq!(regional["unused"], acls(&before, REGION)["unused"], "nothing uses it");
    // The load balancer without a web ACL has one now.
    let made = &regional[ours];
    assert_eq!(made["Resources"].as_array().map(Vec::len), Some(1), "{made}");
    assert_eq!(made["DefaultAction"], serde_json::json!({ "Allow": {} }));
    // The distribution's web ACL: 0 was free, so nothing moved.
    let edge = order(&acls(&cut, "global")["shop-edge"]);
    assert!(matches!(&edge[..], [(0, _), (3, _)]), "{edge:?}");
    machine.run(&[&["plan"], &WORDS[..]].concat()).ends(0).says_not("350 CUT");

    edit(&copy);
    machine.run(&["verify", "--latest"]).ends(0);
    machine.sure(&["restore", "--latest"]).ends(0).says_not("DRIFT");
    let after = dump(&copy.url(), &[REGION]);
    let path = |what: &str| Declared::Must(format!("web_acls/{REGION}/shop/{what}"));
    compare(&before, &after, &[path("Description"), path("Rules/rate")]).unwrap();
    assert_eq!(acls(&after, REGION)["shop"]["Description"], "written meanwhile");
}

#[test]
fn a_distribution_without_a_web_acl_gets_one_or_shuts_the_country_out_itself() {
    let (copy, seed) = seeded();
    let shop = seed["front"]["shop"].as_str().unwrap();
    let machine = Machine::new(&copy.url());
    let before = dump(&copy.url(), &[REGION]);
    let words = ["block-address", "--block-country", "KP", "--regions", REGION];
    machine.sure(&[&["pull"], &words[..]].concat()).ends(0).says_not("differ from the prediction");
    let cut = dump(&copy.url(), &[REGION]);
    let made = acls(&cut, "global");
    assert_eq!(made.len(), 1);
    let (name, acl) = made.iter().next().unwrap();
    let geo = &acl["Rules"][name]["Statement"]["GeoMatchStatement"];
    assert_eq!(geo["CountryCodes"], serde_json::json!(["KP"]));
    assert_eq!(cut.json["distributions"]["global"][shop]["WebACLId"], acl["ARN"]);
    machine.sure(&["restore", "--latest"]).ends(0);
    compare(&before, &dump(&copy.url(), &[REGION]), &[]).unwrap();

    let playbook = machine.path("country.toml");
    let text = "title = \"A country\"\nabout = \"Shuts a country out.\"\nrequires = \"address\"\n\n[[step]]\nrun = 350\nwith = { countries = \"restriction\" }\n";
    std::fs::write(&playbook, text).unwrap();
    machine.sure(&["pull", playbook.to_str().unwrap(), "--block-country", "KP", "--regions", REGION]).ends(0);
    let cut = dump(&copy.url(), &[REGION]);
    assert!(acls(&cut, "global").is_empty());
    let geo = &cut.json["distributions"]["global"][shop]["Restrictions"]["GeoRestriction"];
    assert_eq!((&geo["RestrictionType"], &geo["Items"]), (&"blacklist".into(), &serde_json::json!(["KP"])));
    machine.sure(&["restore", "--latest"]).ends(0);
    compare(&before, &dump(&copy.url(), &[REGION]), &[]).unwrap();
}
