//! AWS WAF, simulated: what is read is what the account has, and what AWS refuses is refused.

use aws_sdk_wafv2::types::{AllowAction, DefaultAction, IpAddressVersion, Scope, VisibilityConfig};

use crate::account::{Account, IpSet, Matches, Section, Seen, WebAcl, WebAcls, WebRule};
use crate::aws::ledger::Phase;
use crate::aws::{Aws, AwsError};
use crate::collect::{self, Ask};
use crate::sim::{Simulation, sample};

const ARN: &str = "arn:aws:wafv2:us-east-1:111111111111:regional/webacl/shop/1234";

/// Rules of every kind, each with another action.
fn rules() -> Vec<WebRule> {
    let countries = ["KP", "SY"].map(str::to_owned);
    let set = || Matches::IpSet("unplug-block-v6-1".into());
    let other = |words: &str| Matches::Other(words.into());
    let all = [
        set(),
        Matches::Countries(countries.clone().into()),
        Matches::AnyOf(vec![set(), Matches::Countries(countries.into())]),
        other("ip-set by header unplug-block-v6-1"),
        other("countries by header KP SY"),
        other("rule-group ours"),
        other("managed-rule-group AWS/AWSManagedRulesCommonRuleSet"),
        other("label-match office"),
        other("and"),
        other("asn-match"),
        other("byte-match"),
        other("not"),
        other("rate-based"),
        other("regex-match"),
        other("regex-pattern-set"),
        other("size-constraint"),
        other("sqli-match"),
        other("xss-match"),
        other("other"),
    ];
    let actions = ["block", "allow", "count", "captcha", "challenge", "group"];
    let rule = |(priority, matches): (i32, Matches)| {
        let action = actions.iter().cycle().nth(usize::try_from(priority).unwrap()).unwrap();
        WebRule { name: format!("rule-{priority}"), priority, action: (*action).into(), matches }
    };
    (0..).zip(all).map(rule).collect()
}

fn account() -> Account {
    let mut account = sample::account();
    let acl = WebAcl { default_action: "block".into(), rules: rules(), capacity: 900, ..WebAcl::default() };
    let set = IpSet { ipv6: true, addresses: ["2001:db8:bad::/48".to_owned()].into() };
    let all = WebAcls {
        acls: [(ARN.to_owned(), acl)].into(),
        ip_sets: [("unplug-block-v6-1".to_owned(), set)].into(),
    };
    account.edge_web_acls = Seen::Read(WebAcls::default());
    for (name, here) in &mut account.regions {
        here.web_acls = Seen::Read(if name == sample::REGION { all.clone() } else { WebAcls::default() });
    }
    account
}

#[tokio::test]
async fn every_kind_of_rule_is_read_as_it_is() {
    let account = account();
    let aws = Aws::simulated(Simulation::new(account.clone()));
    let ask = Ask { sections: [Section::WebAcls, Section::EdgeWebAcls].into(), ..Ask::default() };
    let read = collect::read(&aws, &account, &ask, &|_, _| {}).await;
    assert_eq!(read.edge_web_acls, account.edge_web_acls);
    for (name, here) in &account.regions {
        assert_eq!(read.regions[name].web_acls, here.web_acls, "{name}");
    }
}

#[tokio::test]
async fn every_kind_of_rule_is_the_same_when_it_was_sent_back() {
    let simulation = Simulation::new(account());
    let aws = Aws::simulated(simulation.clone());
    let _writing = aws.enter(Phase::Apply);
    let place = aws.waf_place(Some(sample::REGION));
    let mut whole = aws.whole_web_acl(&place, ARN).await.unwrap();
    whole.acl.rules.as_mut().unwrap()[0].priority = 77;
    aws.web_acl_update(&place, whole.acl.clone(), &whole.lock_token).send().await.unwrap();
    let mut wanted = rules();
    wanted[0].priority = 77;
    wanted.sort_by_key(|rule| rule.priority);
    let now = simulation.account().regions[sample::REGION].web_acls.read().unwrap().acls[ARN].clone();
    assert_eq!((now.rules, now.capacity), (wanted, 900));
    // The token is of the version before.
    let stale = aws.web_acl_update(&place, whole.acl, &whole.lock_token).send().await;
    assert!(AwsError::from(stale.unwrap_err()).is("WAFOptimisticLockException"));
}

#[tokio::test]
async fn what_aws_refuses_is_refused() {
    let aws = Aws::simulated(Simulation::new(account()));
    let _writing = aws.enter(Phase::Apply);
    let waf = aws.wafv2(sample::REGION);
    let set = |name: &str, address: &str| {
        let set = waf.create_ip_set().name(name).scope(Scope::Regional).addresses(address);
        set.ip_address_version(IpAddressVersion::Ipv4).send()
    };
    let refused = |error: AwsError, code: &str| assert!(error.is(code), "{error:?} is not {code}");
    refused(set("all", "0.0.0.0/0").await.unwrap_err().into(), "WAFInvalidParameterException");
    refused(set("six", "2001:db8::/32").await.unwrap_err().into(), "WAFInvalidParameterException");
    refused(set("unplug-block-v6-1", "192.0.2.1/32").await.unwrap_err().into(), "WAFDuplicateItemException");
    let sets = waf.list_ip_sets().scope(Scope::Regional).send().await.unwrap();
    let used = sets.ip_sets().first().unwrap().clone();
    let delete = waf.delete_ip_set().set_name(used.name).set_id(used.id).scope(Scope::Regional);
    let error = delete.set_lock_token(used.lock_token).send().await.unwrap_err();
    refused(error.into(), "WAFAssociatedItemException");
    let allow = DefaultAction::builder().allow(AllowAction::builder().build()).build();
    let seen = VisibilityConfig::builder().sampled_requests_enabled(true).metric_name("shop");
    let create = waf.create_web_acl().name("shop").scope(Scope::Regional).default_action(allow);
    let create = create.visibility_config(seen.cloud_watch_metrics_enabled(true).build().unwrap());
    refused(create.send().await.unwrap_err().into(), "WAFDuplicateItemException");
    // CloudFront's are in us-east-1 alone.
    let elsewhere = aws.wafv2("eu-west-1").list_web_acls().scope(Scope::Cloudfront).send().await;
    refused(elsewhere.unwrap_err().into(), "WAFInvalidParameterException");
}
