//! Web ACLs as AWS sends them.

use super::*;
use crate::account::Caller;
use crate::aws::scripted::{Script, scripted};

const ARN: &str = "arn:aws:wafv2:eu-west-1:111111111111:regional/webacl/shop/1234";
const SET: &str = "arn:aws:wafv2:eu-west-1:111111111111:regional/ipset/unplug-block-v6-1/5678";

fn rule(name: &str, priority: i32, action: &str, statement: &str) -> String {
    format!(
        r#"{{"Name":"{name}","Priority":{priority},{action},"Statement":{{{statement}}},"VisibilityConfig":
        {{"SampledRequestsEnabled":true,"CloudWatchMetricsEnabled":true,"MetricName":"{name}"}}}}"#
    )
}

fn answer(target: &str) -> String {
    let block = r#""Action":{"Block":{}}"#;
    match target {
        "ListWebACLs" => {
            format!(r#"{{"WebACLs":[{{"Name":"shop","Id":"1234","ARN":"{ARN}","LockToken":"t"}}]}}"#)
        }
        "GetWebACL" => {
            let set = format!(r#""IPSetReferenceStatement":{{"ARN":"{SET}"}}"#);
            let by_header = format!(
                r#""IPSetReferenceStatement":{{"ARN":"{SET}","IPSetForwardedIPConfig":{{"HeaderName":
                "X-Forwarded-For","FallbackBehavior":"MATCH","Position":"ANY"}}}}"#
            );
            let geo = r#""GeoMatchStatement":{"CountryCodes":["KP","SY"]}"#;
            let or = format!(r#""OrStatement":{{"Statements":[{{{set}}},{{{geo}}}]}}"#);
            let group = r#""ManagedRuleGroupStatement":{"VendorName":"AWS","Name":"Common"}"#;
            let rules = [
                rule("group", 9, r#""OverrideAction":{"None":{}}"#, group),
                rule("block", 0, block, &or),
                rule("header", 2, r#""Action":{"Count":{}}"#, &by_header),
            ];
            format!(
                r#"{{"LockToken":"t","WebACL":{{"Name":"shop","Id":"1234","ARN":"{ARN}","Capacity":702,
                "DefaultAction":{{"Block":{{}}}},"Description":"","RetrofittedByFirewallManager":true,
                "Rules":[{}],"VisibilityConfig":{{"SampledRequestsEnabled":true,
                "CloudWatchMetricsEnabled":true,"MetricName":"shop"}}}}}}"#,
                rules.join(",")
            )
        }
        "ListResourcesForWebACL" => {
            r#"{"ResourceArns":["arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/a/1"]}"#.into()
        }
        "ListIPSets" => format!(
            r#"{{"IPSets":[{{"Name":"unplug-block-v6-1","Id":"5678","ARN":"{SET}","LockToken":"t"}},
            {{"Name":"partners","Id":"9","ARN":"arn:x/ipset/partners/9","LockToken":"t"}}]}}"#
        ),
        _ => format!(
            r#"{{"LockToken":"t","IPSet":{{"Name":"unplug-block-v6-1","Id":"5678","ARN":"{SET}",
            "IPAddressVersion":"IPV6","Addresses":["2001:0db8:0bad:0000:0000:0000:0000:0000/48"]}}}}"#
        ),
    }
}

#[tokio::test]
async fn a_web_acl_is_read_with_what_it_protects_and_addresses_are_short() {
    let aws = scripted(|asked| {
        let names = ["ListWebACLs", "GetWebACL", "ListResourcesForWebACL", "ListIPSets", "GetIPSet"];
        let is = |name: &&&str| asked.text.contains(&format!("AWSWAF_20190729.{name}\n"));
        let name = names.iter().find(is).unwrap_or_else(|| panic!("{}", asked.text));
        Script::says(200, answer(name))
    });
    let ask = Ask::default();
    let found = web_acls(&aws, "eu-west-1", &ask).await.unwrap();
    let acl = &found.acls[ARN];
    assert_eq!((acl.default_action.as_str(), acl.capacity, acl.firewall_manager), ("block", 702, true));
    assert_eq!((acl.balancers.len(), &acl.unknown), (1, &BTreeSet::new()));
    let rules: Vec<(&str, i32, &str)> =
        acl.rules.iter().map(|rule| (rule.name.as_str(), rule.priority, rule.action.as_str())).collect();
    assert_eq!(rules, [("block", 0, "block"), ("header", 2, "count"), ("group", 9, "group")]);
    let countries = ["KP", "SY"].map(str::to_owned).into();
    let set = Matches::IpSet("unplug-block-v6-1".into());
    assert_eq!(acl.rules[0].matches, Matches::AnyOf(vec![set, Matches::Countries(countries)]));
    assert_eq!(acl.rules[1].matches, Matches::Other("ip-set by header unplug-block-v6-1".into()));
    assert_eq!(acl.rules[2].matches, Matches::Other("managed-rule-group AWS/Common".into()));
    let [(name, set)] = &found.ip_sets.iter().collect::<Vec<_>>()[..] else { panic!("{found:?}") };
    assert_eq!((name.as_str(), set.ipv6), ("unplug-block-v6-1", true), "sets of others are not read");
    assert_eq!(set.addresses, ["2001:db8:bad::/48".to_owned()].into());
}

#[tokio::test]
async fn a_list_that_is_refused_is_a_gap_and_not_an_account_without_web_acls() {
    let aws = scripted(|_| Script::says(400, r#"{"__type":"AccessDeniedException","Message":"no"}"#));
    let known = Account::unread("111111111111", Caller::default());
    let found = edge_web_acls(&aws, &known, &Ask::default()).await;
    assert_eq!(found.gap().map(|gap| gap.cause), Some(crate::account::Cause::Denied));
}
