use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::account::{ApiDomain, ApiStage, Caller, Cause, Gap, RestStage, RouteSettings, Seen, Throttle};
use crate::aws::ledger::Phase;
use crate::collect;
use crate::step::{Look, Now, Verdict, Write};
use crate::steps::shared::testing::{self, case, changed, collected, simulated, there_and_back};

const REGION: &str = "eu-west-1";
const POLICY: &[(&str, &str)] = &[("way", "policy")];

fn rest(stages: &[(&str, RestStage)]) -> RestApi {
    let stages = stages.iter().map(|(name, stage)| ((*name).to_owned(), stage.clone()));
    RestApi { name: "shop".into(), stages: stages.collect(), ..RestApi::default() }
}

fn stage(throttles: &[(&str, Throttle)]) -> RestStage {
    RestStage {
        deployment: "dep1".into(),
        throttles: throttles.iter().map(|(method, one)| ((*method).to_owned(), *one)).collect(),
        served_policy: Seen::Read(None),
        ..RestStage::default()
    }
}

fn http(change: impl FnOnce(&mut ApiStage)) -> HttpApi {
    let mut stage = ApiStage { auto_deploy: true, published: Seen::Read(true), ..ApiStage::default() };
    stage.default.metrics = Some(false);
    change(&mut stage);
    let stages = [("$default".to_owned(), stage)].into();
    HttpApi { name: "pets".into(), protocol: "HTTP".into(), stages, ..HttpApi::default() }
}

fn account(rest: &[(&str, RestApi)], http: &[(&str, HttpApi)]) -> Account {
    let caller = Caller { arn: "arn:aws:iam::123456789012:user/oncall".into(), ..Caller::default() };
    let mut account = Account::unread("123456789012", caller);
    account.alias = Seen::Read(None);
    account.enabled_regions = Seen::Read([REGION.to_owned()].into());
    let here = Region {
        rest_apis: Seen::Read(
            rest.iter().map(|(id, api)| ((*id).to_owned(), Seen::Read(api.clone()))).collect(),
        ),
        http_apis: Seen::Read(
            http.iter().map(|(id, api)| ((*id).to_owned(), Seen::Read(api.clone()))).collect(),
        ),
        api_domains: Seen::Read(BTreeMap::new()),
        ..Region::default()
    };
    account.regions.insert(REGION.into(), here);
    account
}

fn refused(account: &Account, params: &[(&str, &str)]) -> Vec<(String, String)> {
    let all = testing::verdicts(&ApiGateway, account, &case(params)).into_iter();
    let why = |(at, _, verdict): (Target, Value, Verdict<Value>)| match verdict {
        Verdict::Refuse(why) => Some((at.id, why)),
        _ => None,
    };
    all.filter_map(why).collect()
}

fn said(account: &Account, params: &[(&str, &str)]) -> Vec<String> {
    let found = ApiGateway.find(account, &case(params));
    found.findings.into_iter().map(|finding| finding.text).collect()
}

/// The operations that a pull of everything sends, each as often as it is sent.
async fn sent(account: Account, params: &[(&str, &str)]) -> Vec<String> {
    let case = case(params);
    let (_, aws) = simulated(account.clone(), &case);
    let _phase = aws.enter(Phase::Apply);
    let step: &dyn Step = &ApiGateway;
    for (at, from, to) in testing::plan(&ApiGateway, &account, &case) {
        step.lens(&at).write(Write::new(&aws, &at, &from, &to, &case.params)).await.unwrap();
    }
    aws.ledger().calls().into_iter().map(|call| call.operation).collect()
}

#[test]
fn every_override_is_shut_because_each_wins() {
    let own = stage(&[("*/*", Throttle::new(10, 5.0)), ("~1pets/GET", Throttle::new(-1, -1.0))]);
    let plan = testing::plan(&ApiGateway, &account(&[("a1", rest(&[("prod", own)]))], &[]), &case(&[]));
    let shut = serde_json::json!({ "burst": 0, "rate": 0.0 });
    let wanted = serde_json::json!({ "throttles": { "*/*": shut, "~1pets/GET": shut } });
    assert_eq!(plan.len(), 1);
    assert_eq!(plan[0].2, wanted);
    // One that is shut for all methods, and open for one, is open.
    let open = stage(&[("*/*", Throttle::SHUT), ("~1pets/GET", Throttle::new(1, 1.0))]);
    assert_eq!(
        changed(&ApiGateway, &account(&[("a1", rest(&[("prod", open)]))], &[]), &case(&[])),
        ["a1/prod"]
    );
}

#[tokio::test]
async fn stages_get_back_what_they_had() {
    let many: Vec<(String, Throttle)> =
        (0..90).map(|n| (format!("~1pets~1{n}/GET"), Throttle::new(n, 1.5))).collect();
    let many: Vec<(&str, Throttle)> = many.iter().map(|(method, one)| (method.as_str(), *one)).collect();
    let shop = rest(&[("dev", stage(&[])), ("prod", stage(&many))]);
    let routes = |stage: &mut ApiStage| {
        let settings = |throttle| RouteSettings { throttle, metrics: Some(true), ..RouteSettings::default() };
        stage.routes.insert("GET /pets".into(), settings(Throttle::new(5, 2.5)));
        stage.routes.insert("POST /pets".into(), settings(Throttle::default()));
    };
    there_and_back(&ApiGateway, account(&[("a1", shop)], &[("b1", http(routes))]), &case(&[])).await;
}

/// What was drafted and not deployed is not published by the default way, whatever is in the account.
#[tokio::test]
async fn the_default_way_makes_no_deployment_and_publishes_no_draft() {
    let shop = rest(&[("prod", stage(&[]))]);
    let drafted = http(|stage| stage.published = Seen::Read(false));
    let by_hand = http(|stage| stage.auto_deploy = false);
    let before = account(&[("a1", shop)], &[("b1", drafted), ("b2", by_hand)]);
    let kept = refused(&before, &[]);
    assert_eq!(kept.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["b1", "b2"]);
    assert!(kept[0].1.contains("the change would publish it"), "{kept:?}");
    assert!(kept[1].1.contains("none of its stages deploys by itself"), "{kept:?}");
    let sent = sent(before.clone(), &[]).await;
    for operation in ["apigateway:CreateDeployment", "apigateway:UpdateRestApi", "apigatewayv2:UpdateApi"] {
        assert!(!sent.iter().any(|one| one == operation), "{operation}");
    }
    assert!(
        said(&before, &[])
            .iter()
            .any(|text| text.contains("default endpoints that stay on") && text.contains("a1 (shop)"))
    );
}

#[test]
fn an_endpoint_whose_stage_could_not_be_compared_stays_on() {
    let gap = Gap { cause: Cause::Denied, call: "apigatewayv2:ExportApi".into(), detail: "denied".into() };
    let unread = http(|stage| stage.published = Seen::Gap(gap));
    let before = account(&[], &[("b1", unread.clone())]);
    assert!(refused(&before, &[])[0].1.contains("might publish a draft"));
    assert!(Section::HttpApis.gaps(&before)[0].1.detail.contains("stage $default of API b1"));
    // Turning it on again would deploy as well.
    let off = HttpApi { endpoint_off: true, ..unread };
    let (at, case) = (Target::new(Endpoint::KIND, "b1").region(REGION), case(&[]));
    let after = account(&[], &[("b1", off)]);
    let step: &dyn Step = &ApiGateway;
    let held = step.lens(&at).hold_back(&"on".into(), &Look::new(&at, &after, &case)).unwrap();
    assert!(held.is_some_and(|why| why.contains("could not be compared")));
}

#[test]
fn what_api_gateway_manages_is_named_and_left() {
    let quick = http(|stage| stage.managed = true);
    let of_another = HttpApi { managed: true, ..http(|_| {}) };
    let kept = refused(&account(&[], &[("b1", quick), ("b2", of_another)]), &[]);
    let ids: Vec<&str> = kept.iter().map(|(id, _)| id.as_str()).collect();
    // The endpoint of an API whose stage is managed can be turned off.
    assert_eq!(ids, ["b1/$default", "b2/$default", "b2"]);
    assert!(kept[0].1.contains("quick create"), "{kept:?}");
}

#[test]
fn private_apis_custom_domains_and_what_a_deployment_publishes_are_said() {
    let private = RestApi { private: true, ..rest(&[("prod", stage(&[]))]) };
    let mut before = account(&[("a1", private)], &[]);
    let domain = ApiDomain { kind: "EDGE".into(), apis: ["a1".to_owned()].into(), rules: false };
    before.regions.get_mut(REGION).unwrap().api_domains =
        Seen::Read([("api.example.com".to_owned(), domain)].into());
    let texts = said(&before, &[]).join("\n");
    assert!(texts.contains("private APIs") && texts.contains("570"), "{texts}");
    assert!(texts.contains("custom domain api.example.com leads to a1"), "{texts}");
    assert!(!texts.contains("stay on"), "{texts}");
    let found = ApiGateway.find(&before, &case(POLICY)).findings;
    assert!(
        found.iter().any(|one| one.matters && one.text.contains("deploys 1 REST API: whatever was drafted"))
    );
}

/// The policy is drafted, deployed to each stage, and taken back with the old deployments.
#[tokio::test]
async fn a_rest_api_denies_everybody_and_serves_its_old_deployments_again() {
    let shop = RestApi {
        policy: Some(r#"{"Statement":[],"Version":"2012-10-17"}"#.into()),
        ..rest(&[("dev", stage(&[])), ("prod", RestStage { deployment: "dep2".into(), ..stage(&[]) })])
    };
    let case = case(POLICY);
    let (simulation, aws) = simulated(account(&[("a1", shop)], &[]), &case);
    let before = simulation.account();
    let changes: Vec<_> = testing::plan(&ApiGateway, &before, &case)
        .into_iter()
        .filter(|(at, ..)| at.kind == RestPolicy::KIND)
        .collect();
    let [(at, from, to)] = &changes[..] else { panic!("{changes:?}") };
    let step: &dyn Step = &ApiGateway;
    for _ in 0..2 {
        let _phase = aws.enter(Phase::Apply);
        step.lens(at).write(Write::new(&aws, at, from, to, &case.params)).await.unwrap();
    }
    let made =
        aws.ledger().calls().iter().filter(|call| call.operation == "apigateway:CreateDeployment").count();
    assert_eq!(made, 1, "one deployment serves every stage");
    let during = simulation.account();
    assert_eq!(step.lens(at).state(&Look::new(at, &during, &case)), Now::Is(to.clone()));
    let api = during.regions[REGION].rest_apis.item("a1").unwrap().read().unwrap();
    for stage in api.stages.values() {
        assert!(stage.served_policy.read().unwrap().as_deref().is_some_and(|text| text.contains("Deny")));
    }
    // Another run finds nothing to do: it reads what the stages serve.
    let other = testing::case(POLICY);
    assert!(!changed(&ApiGateway, &during, &other).contains(&"a1".to_owned()));
    for _ in 0..2 {
        let _phase = aws.enter(Phase::Restore);
        step.lens(at).write(Write::new(&aws, at, to, from, &case.params)).await.unwrap();
    }
    assert_eq!(simulation.account(), before);
}

/// A draft that denies is no denial: the stage serves what was deployed before.
#[test]
fn a_policy_that_is_only_drafted_counts_for_nothing_and_a_canary_is_refused() {
    let deny = r#"{"Statement":{"Action":"execute-api:Invoke","Effect":"Deny","Principal":"*","Resource":"execute-api:/*"}}"#;
    let drafted = RestApi { policy: Some(deny.into()), ..rest(&[("prod", stage(&[]))]) };
    let mut served = drafted.clone();
    let denies = |served: &mut RestApi| {
        served.stages.get_mut("prod").unwrap().served_policy = Seen::Read(Some(deny.into()));
    };
    denies(&mut served);
    let changes = |api: &RestApi| changed(&ApiGateway, &account(&[("a1", api.clone())], &[]), &case(POLICY));
    assert_eq!(changes(&drafted), ["a1/prod", "a1"]);
    assert_eq!(changes(&served), ["a1/prod"]);
    let mut canary = drafted;
    canary.stages.get_mut("prod").unwrap().canary = true;
    let kept = refused(&account(&[("a1", canary)], &[]), POLICY);
    assert!(kept.len() == 1 && kept[0].1.contains("canary"), "{kept:?}");
}

/// AWS may keep a default throttle that is left out: one as wide as the account's own counts as none.
#[test]
fn a_throttle_as_wide_as_the_accounts_counts_as_none() {
    let step: &dyn Step = &ApiGateway;
    let at = Target::new(ApiStages::KIND, "b1/$default").region(REGION);
    let state = |throttle: Throttle| {
        let api = http(|stage| stage.default.throttle = throttle);
        let (account, case) = (account(&[], &[("b1", api)]), case(&[]));
        match step.lens(&at).state(&Look::new(&at, &account, &case)) {
            Now::Is(state) => state,
            other => panic!("{other:?}"),
        }
    };
    let none = state(Throttle::default());
    let arrived = |now: Throttle| step.lens(&at).arrived(&none, &state(now));
    assert!(arrived(Throttle::default()) && arrived(Throttle::new(5_000, 10_000.0)));
    assert!(!arrived(Throttle::SHUT) && !arrived(Throttle::new(50, 10_000.0)));
    let shut = state(Throttle::SHUT);
    assert!(!step.lens(&at).arrived(&shut, &state(Throttle::new(5_000, 10_000.0))));
}

#[tokio::test]
async fn what_is_read_is_what_is_there() {
    let shop = RestApi {
        policy: Some(r#"{"Statement":[],"Version":"2012-10-17"}"#.into()),
        private: true,
        ..rest(&[("dev", stage(&[("*/*", Throttle::new(5, 0.5))])), ("prod", stage(&[]))])
    };
    let mut before =
        account(&[("a1", shop), ("a2", rest(&[]))], &[("b1", http(|_| {})), ("b2", http(|_| {}))]);
    let hidden = Gap { cause: Cause::Denied, call: "apigateway:GetStages".into(), detail: "denied".into() };
    let domain = |kind: &str, rules: bool| ApiDomain {
        kind: kind.into(),
        apis: ["a1".to_owned(), "b1".to_owned()].into(),
        rules,
    };
    let here = before.regions.get_mut(REGION).unwrap();
    here.rest_apis.read_mut().unwrap().insert("a3".into(), Seen::Gap(hidden));
    here.api_domains = Seen::Read(
        [
            ("api.example.com".to_owned(), domain("REGIONAL", true)),
            ("edge.example.com".to_owned(), domain("EDGE", false)),
            ("private.example.com+x1".to_owned(), domain("PRIVATE", false)),
        ]
        .into(),
    );
    let (simulation, aws) = simulated(before.clone(), &case(&[]));
    let known = collect::identify(&aws).await.unwrap();
    let ask = Ask { sections: SPEC.needs.iter().copied().collect(), served_policies: true, ..Ask::default() };
    for one_a_page in [false, true] {
        if one_a_page {
            simulation.one_item_a_page();
        }
        let read = collect::read(&aws, &known, &ask, &|_, _| {}).await;
        let (read, here) = (&read.regions[REGION], &before.regions[REGION]);
        assert!(read.rest_apis.item("a3").unwrap().gap().is_some());
        for id in ["a1", "a2"] {
            assert_eq!(read.rest_apis.item(id), here.rest_apis.item(id));
        }
        assert_eq!(read.http_apis, here.http_apis);
        assert_eq!(read.api_domains, here.api_domains);
    }
    // What nobody asked for is not read: the default way asks for no policy that a stage serves.
    let read = collected(&ApiGateway, &aws).await;
    let shop = read.regions[REGION].rest_apis.item("a1").unwrap().read().unwrap();
    assert!(shop.stages["prod"].served_policy.is_not_read());
}

#[tokio::test]
async fn a_second_look_asks_for_its_api_only() {
    let shop = rest(&[("prod", stage(&[]))]);
    let before = account(&[("a1", shop.clone()), ("a2", shop)], &[]);
    let (_, aws) = simulated(before.clone(), &case(&[]));
    let mut ask = Ask { sections: [Section::RestApis].into(), ..Ask::default() };
    RestStages.narrow(&mut ask, &Target::new(RestStages::KIND, "a1/prod").region(REGION));
    let read = collect::read(&aws, &before, &ask, &|_, _| {}).await;
    assert_eq!(read.regions[REGION].rest_apis.items().map(|(id, _)| id).collect::<Vec<_>>(), ["a1"]);
    assert!(aws.ledger().calls().iter().all(|call| call.operation != "apigateway:GetRestApis"));
}
