//! Seeds of 670: a REST API with throttles of every kind, HTTP and WebSocket APIs, their custom domains.

use std::collections::BTreeMap;

use unplug::account::{
    Account, ApiDomain, ApiStage, Caller, HttpApi, Region, RestApi, RestStage, RouteSettings, Seen, Tags,
    Throttle,
};

use super::{Seed, seed, with};

const ME: &str = "123456789012";
const REGION: &str = "us-east-1";
const SHOP: &str = "shop1a2b3c";

fn read<T, const N: usize>(all: [(&str, T); N]) -> Seen<BTreeMap<String, Seen<T>>> {
    Seen::Read(all.into_iter().map(|(id, one)| (id.to_owned(), Seen::Read(one))).collect())
}

fn tags() -> Tags {
    [("team".to_owned(), "shop".to_owned())].into()
}

fn rest(stages: Vec<(&str, RestStage)>) -> RestApi {
    RestApi {
        name: "shop".into(),
        policy: Some(r#"{"Statement":[],"Version":"2012-10-17"}"#.into()),
        stages: stages.into_iter().map(|(name, stage)| (name.to_owned(), stage)).collect(),
        tags: tags(),
        ..RestApi::default()
    }
}

fn stage(deployment: &str, throttles: &[(&str, Throttle)]) -> RestStage {
    RestStage {
        deployment: deployment.into(),
        throttles: throttles.iter().map(|(method, throttle)| ((*method).to_owned(), *throttle)).collect(),
        served_policy: Seen::Read(None),
        tags: tags(),
        ..RestStage::default()
    }
}

fn settings(throttle: Throttle) -> RouteSettings {
    RouteSettings { throttle, metrics: Some(false), ..RouteSettings::default() }
}

fn http(protocol: &str, stages: Vec<(&str, ApiStage)>) -> HttpApi {
    HttpApi {
        name: protocol.to_lowercase(),
        protocol: protocol.into(),
        stages: stages.into_iter().map(|(name, stage)| (name.to_owned(), stage)).collect(),
        tags: tags(),
        ..HttpApi::default()
    }
}

/// An account with these REST APIs, and with HTTP and WebSocket APIs where `others` says so.
fn account(shop: RestApi, others: bool) -> Account {
    let caller = Caller { arn: format!("arn:aws:iam::{ME}:user/oncall"), ..Caller::default() };
    let mut account = Account::unread(ME, caller);
    account.alias = Seen::Read(None);
    account.enabled_regions = Seen::Read([REGION.to_owned()].into());
    let live = ApiStage {
        auto_deploy: true,
        default: settings(Throttle::default()),
        routes: [
            ("GET /pets".to_owned(), settings(Throttle::new(50, 25.0))),
            ("POST /pets".to_owned(), settings(Throttle::default())),
        ]
        .into(),
        published: Seen::Read(true),
        ..ApiStage::default()
    };
    let socket = ApiStage {
        default: RouteSettings {
            trace: Some(true),
            logging: Some("ERROR".into()),
            ..settings(Throttle::new(100, 50.5))
        },
        ..ApiStage::default()
    };
    let domain = |kind: &str, api: &str| ApiDomain {
        kind: kind.into(),
        apis: [api.to_owned()].into(),
        ..ApiDomain::default()
    };
    let domains = [
        ("api.example.com".to_owned(), domain("REGIONAL", "http1a2b3c")),
        ("shop.example.com".to_owned(), domain("EDGE", SHOP)),
    ];
    let here = Region {
        rest_apis: read([(SHOP, shop)]),
        http_apis: if others {
            read([
                ("http1a2b3c", http("HTTP", vec![("$default", live)])),
                ("sock1a2b3c", http("WEBSOCKET", vec![("live", socket)])),
            ])
        } else {
            read([])
        },
        api_domains: Seen::Read(if others { domains.into() } else { BTreeMap::new() }),
        ..Region::default()
    };
    account.regions.insert(REGION.into(), here);
    account
}

/// Somebody gives a stage another throttle.
fn drift(account: &mut Account) {
    let here = account.regions.get_mut(REGION).unwrap();
    let api = here.rest_apis.read_mut().unwrap().get_mut(SHOP).unwrap().read_mut().unwrap();
    api.stages.get_mut("prod").unwrap().throttles.insert("*/*".into(), Throttle::new(7, 7.0));
}

pub fn seeds() -> Vec<Seed> {
    let own = [("*/*", Throttle::new(5_000, 10_000.0)), ("~1pets/GET", Throttle::new(-1, -1.0))];
    let plain = rest(vec![("dev", stage("dep111", &[])), ("prod", stage("dep222", &own))]);
    let denied = rest(vec![("dev", stage("dep111", &[])), ("prod", stage("dep222", &[]))]);
    vec![
        seed("APIs of every kind", 670, account(plain, true), Some(drift)),
        with(seed("REST APIs by their policies", 670, account(denied, false), None), "way", "policy".into()),
    ]
}
