//! Seeds of 310: the drill's company with a distribution in front of its shop, and distributions that are refused.

use unplug::account::{
    AccessControl, Account, Behavior, Caching, DEFAULT_BEHAVIOR, Distribution, EdgeFunction, ErrorPage,
    Forwarded, PageBucket, PublicAccessBlock, Seen,
};
use unplug::front::prepared;

use super::{Seed, company, seed, with};

/// Changes every distribution whose cache behaviors show the page.
fn each_cut(account: &mut Account, change: impl Fn(&mut Distribution)) {
    for one in account.distributions.read_mut().unwrap().values_mut() {
        let shows = |one: &Distribution| {
            let own = |arn: &String| arn.contains(EdgeFunction::OURS);
            one.behaviors.values().any(|behavior| behavior.functions.values().any(own))
        };
        if shows(one) {
            change(one);
        }
    }
}

/// Neighbours: one that a newer AWS has given a setting, a staging copy, a tenants' one, and one that shows a
/// page of its own already.
fn neighbours() -> Account {
    let mut account = company();
    let all = account.distributions.read_mut().unwrap();
    let shop = all.values().find(|one| one.enabled).unwrap().clone();
    let copy = |change: &dyn Fn(&mut Distribution)| {
        let mut one = Distribution { aliases: [].into(), ..shop.clone() };
        change(&mut one);
        one
    };
    all.insert(
        "E4NEW".into(),
        copy(&|one| one.unknown = ["DefaultCacheBehavior/NewThing".to_owned()].into()),
    );
    all.insert("E5STAGING".into(), copy(&|one| one.staging = true));
    all.insert("E6TENANTS".into(), copy(&|one| one.multi_tenant = true));
    all.insert("E7PRIMARY".into(), copy(&|one| one.continuous_policy = Some("policy-1".into())));
    all.insert("E8OTHER".into(), copy(&|one| one.deployed = false));
    account
}

/// Everything for the page from S3 is there, and behaviors of every kind: with policies, with older settings,
/// one that answers gRPC; errors with pages of their own; a page that a function shows already.
fn prepared_account() -> Account {
    let mut account = neighbours();
    let name = PageBucket::name_of(&account.id);
    let page = prepared::object(None);
    let bucket = PageBucket {
        domain: format!("{name}.s3.us-east-1.amazonaws.com"),
        name,
        region: "us-east-1".into(),
        policy: Some(prepared::policy(&account)),
        block: Some(PublicAccessBlock::ALL_ON),
        enforced: true,
        encryption: Some("AES256".into()),
        pages: [(prepared::key(&page.html), page)].into(),
        ..PageBucket::default()
    };
    account.page_bucket = Seen::Read(Some(bucket));
    let control = AccessControl {
        name: prepared::ACCESS_CONTROL.into(),
        signing: "always".into(),
        protocol: "sigv4".into(),
        kind: "s3".into(),
        ..AccessControl::default()
    };
    account.access_controls = Seen::Read([("EPAGE".to_owned(), control)].into());
    account.invalidations = Seen::Read([].into());
    let all = account.distributions.read_mut().unwrap();
    let shop = all.values_mut().find(|one| one.enabled && !one.behaviors.is_empty()).unwrap();
    let error = |path: Option<&str>, status: Option<&str>, min_ttl| ErrorPage {
        path: path.map(str::to_owned),
        status: status.map(str::to_owned),
        min_ttl: Some(min_ttl),
    };
    shop.error_pages = [
        ("404".to_owned(), error(Some("/404.html"), Some("404"), 300)),
        ("500".to_owned(), error(None, None, 5)),
    ]
    .into();
    let default = shop.behaviors.get_mut(DEFAULT_BEHAVIOR).unwrap();
    default.cache =
        Caching { policy: Some("658327ea-f89d-4fab-a63d-7e88639e58f6".into()), ..Caching::default() };
    default.request_policy = Some("216adef6-5c7f-47e4-b989-5492eafa07d3".into());
    let origin = default.origin.clone();
    let forwarded = Forwarded {
        query_string: true,
        query_keys: ["page".to_owned()].into(),
        cookies: "whitelist".into(),
        cookie_names: ["session".to_owned()].into(),
        headers: ["Host".to_owned(), "Origin".to_owned()].into(),
    };
    let older = Caching {
        policy: None,
        forwarded: Some(forwarded),
        min_ttl: Some(0),
        default_ttl: Some(3_600),
        max_ttl: Some(86_400),
    };
    shop.behaviors
        .insert("/old/*".into(), Behavior { origin: origin.clone(), cache: older, ..Behavior::default() });
    let other = all.get_mut("E8OTHER").unwrap();
    other.behaviors.insert("/rpc/*".into(), Behavior { origin, grpc: true, ..Behavior::default() });
    account
}

/// Changes every distribution that shows the page from S3.
fn each_from_s3(account: &mut Account, change: impl Fn(&mut Distribution)) {
    let all = account.distributions.read_mut().unwrap().values_mut();
    all.filter(|one| one.origins.contains_key("unplug-page")).for_each(change);
}

pub fn seeds() -> Vec<Seed> {
    let tampered = Seed {
        tamper: Some(|account| {
            for one in account.edge_functions.read_mut().unwrap().values_mut() {
                if one.draft.is_some() {
                    one.draft = Some("function handler(event) { return event.request; }".into());
                    one.live.clone_from(&one.draft);
                }
            }
        }),
        ..seed(
            "distributions with functions of their own",
            310,
            company(),
            Some(|account| {
                // Somebody takes the page out of one cache behavior.
                each_cut(account, |one| {
                    one.behaviors.get_mut(DEFAULT_BEHAVIOR).unwrap().functions.clear();
                });
            }),
        )
    };
    let by_name = serde_json::json!(["www.kettle-and-crane.example"]);
    let from_s3 = Seed {
        tamper: Some(|account| {
            // A thief lets one path through again, and the other errors.
            each_from_s3(account, |one| {
                let path = one.behaviors.keys().find(|path| *path != DEFAULT_BEHAVIOR).cloned();
                if let Some(path) = path {
                    one.behaviors.get_mut(&path).unwrap().functions =
                        [("viewer-request".to_owned(), "arn:aws:cloudfront::1:function/x".to_owned())].into();
                }
                one.error_pages.remove("404");
            });
        }),
        ..seed(
            "the page from S3 where it is ready",
            310,
            prepared_account(),
            Some(|account| {
                // Somebody takes the page's errors away.
                each_from_s3(account, |one| one.error_pages.clear());
            }),
        )
    };
    let s3 = serde_json::json!("s3");
    let function = serde_json::json!("function");
    vec![
        from_s3,
        with(seed("the page from S3 alone", 310, prepared_account(), None), "via", s3),
        with(seed("the function although S3 is ready", 310, prepared_account(), None), "via", function),
        tampered,
        seed("distributions that are refused, beside others", 310, neighbours(), None),
        with(seed("one distribution by a domain name", 310, neighbours(), None), "distributions", by_name),
    ]
}
