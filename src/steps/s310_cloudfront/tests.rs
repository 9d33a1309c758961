use std::collections::BTreeMap;

use super::distribution::{State, Viewers};
use super::page_origin::PageOrigin;
use super::*;
use crate::account::{
    AccessControl, Behavior, Caller, DEFAULT_BEHAVIOR, EdgeFunction, PageBucket, PublicAccessBlock, Seen,
};
use crate::front::prepared;
use crate::step::{Lens, Look, Now, Scope, Verdict};
use crate::steps::shared::testing;

fn account() -> Account {
    let caller = Caller { arn: "arn:aws:iam::123456789012:user/oncall".into(), ..Caller::default() };
    let mut account = Account::unread("123456789012", caller);
    let shop = Distribution {
        domain: "d1.cloudfront.net".into(),
        aliases: ["www.example.com".to_owned()].into(),
        enabled: true,
        deployed: true,
        behaviors: [
            (DEFAULT_BEHAVIOR.to_owned(), Behavior::default()),
            ("/images/*".to_owned(), Behavior::default()),
        ]
        .into(),
        ..Distribution::default()
    };
    let off = Distribution { enabled: false, aliases: [].into(), ..shop.clone() };
    account.distributions = Seen::Read([("E1".to_owned(), shop), ("E2".to_owned(), off)].into());
    account.edge_functions = Seen::Read(BTreeMap::new());
    account
}

fn case() -> Case {
    testing::case(&[])
}

fn only(name: &str) -> Case {
    Case { params: [(DISTRIBUTIONS.to_owned(), serde_json::json!([name]))].into(), ..case() }
}

fn verdict(account: &Account, case: &Case) -> Verdict<State> {
    let at = Target::new(Viewers::KIND, "E1");
    let look = Look::new(&at, account, case);
    let Now::Is(now) = Viewers.state(&look) else { panic!("no state") };
    Viewers.contain(&now, &look)
}

fn refused(change: impl FnOnce(&mut Distribution)) -> String {
    let mut account = account();
    change(account.distributions.read_mut().unwrap().get_mut("E1").unwrap());
    let Verdict::Refuse(why) = verdict(&account, &case()) else { panic!("it is cut") };
    why
}

#[test]
fn enabled_distributions_are_found_with_one_function_for_all() {
    let found = CloudFront.find(&account(), &case());
    let ids: Vec<&str> = found.items.iter().map(|item| item.at.id.as_str()).collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    assert!(ids[0] == "E1" && ids[1].starts_with(EdgeFunction::OURS), "{ids:?}");
    assert!(found.items[1].created);
    assert!(found.findings[0].text.starts_with("E2 (d1.cloudfront.net) is disabled"));
}

#[test]
fn a_distribution_is_named_by_its_id_or_a_domain_name() {
    for name in ["E1", "www.example.com", "WWW.example.com.", "d1.cloudfront.net"] {
        assert!(
            CloudFront.find(&account(), &only(name)).items.iter().any(|item| item.at.id == "E1"),
            "{name}"
        );
    }
    let found = CloudFront.find(&account(), &only("shop.example.com"));
    assert!(found.items.is_empty() && found.findings[0].matters, "{found:?}");
}

#[test]
fn what_an_update_would_break_is_refused() {
    assert!(refused(|one| one.staging = true).contains("staging distribution"));
    assert!(refused(|one| one.continuous_policy = Some("p-1".into())).contains("continuous deployment p-1"));
    assert!(refused(|one| one.multi_tenant = true).contains("tenants"));
    let why = refused(|one| one.unknown = ["DefaultCacheBehavior/NewThing".to_owned()].into());
    assert!(why.contains("has DefaultCacheBehavior/NewThing, which this version"), "{why}");
}

#[test]
fn another_page_is_another_function_and_the_same_page_is_already_there() {
    let mut account = account();
    let own = Case { scope: Scope { page: Some("<p>back soon".into()), ..Scope::default() }, ..case() };
    let name = page_function::of_distribution("E1", &account, &case()).unwrap();
    assert_ne!(name, page_function::of_distribution("E1", &account, &own).unwrap());
    let arn = page_function::arn(&name, &account);
    for behavior in account.distributions.read_mut().unwrap().get_mut("E1").unwrap().behaviors.values_mut() {
        behavior.functions.insert(VIEWER_REQUEST.into(), arn.clone());
    }
    assert_eq!(verdict(&account, &case()), Verdict::Already);
    assert!(matches!(verdict(&account, &own), Verdict::Change(_)));
}

#[test]
fn the_hundred_and_first_distribution_has_a_function_of_its_own() {
    let mut account = account();
    let all = account.distributions.read_mut().unwrap();
    let one = all["E1"].clone();
    all.extend((0..120).map(|number| (format!("D{number:03}"), one.clone())));
    let name = |id| page_function::of_distribution(id, &account, &case()).unwrap();
    assert_eq!(name("D000"), name("D099"));
    assert_eq!(name("D100"), format!("{}-2", name("D000")));
    let functions = CloudFront.find(&account, &case()).items.into_iter().filter(|item| item.created);
    assert_eq!(functions.count(), 2);
}

#[test]
fn a_function_that_is_gone_holds_the_distribution_back() {
    let mut account = account();
    let arn = page_function::arn("own", &account);
    let own = EdgeFunction { arn: arn.clone(), published: true, ..EdgeFunction::default() };
    account.edge_functions = Seen::Read([("own".to_owned(), own)].into());
    let one = account.distributions.read_mut().unwrap().get_mut("E1").unwrap();
    one.behaviors.get_mut("/images/*").unwrap().functions.insert(VIEWER_REQUEST.into(), arn);
    let at = Target::new(Viewers::KIND, "E1");
    let case = case();
    let before = match Viewers.state(&Look::new(&at, &account, &case)) {
        Now::Is(before) => before,
        other => panic!("{other:?}"),
    };
    assert_eq!(Viewers.hold_back(&before, &Look::new(&at, &account, &case)), None);
    account.edge_functions = Seen::Read(BTreeMap::new());
    let why = Viewers.hold_back(&before, &Look::new(&at, &account, &case)).unwrap();
    assert!(why.contains("function/own ran on its requests before"), "{why}");
}

#[test]
fn a_behavior_that_is_gone_cannot_come_back_and_a_new_one_must_show_the_page() {
    let account = account();
    let case = case();
    let Verdict::Change(cut) = verdict(&account, &case) else { panic!("it is not cut") };
    let at = Target::new(Viewers::KIND, "E1");
    let state = |account: &Account| match Viewers.state(&Look::new(&at, account, &case)) {
        Now::Is(state) => state,
        other => panic!("{other:?}"),
    };
    let before = state(&account);
    let with = |change: &dyn Fn(&mut BTreeMap<String, Behavior>)| {
        let mut account = account.clone();
        change(&mut account.distributions.read_mut().unwrap().get_mut("E1").unwrap().behaviors);
        state(&account)
    };
    let fewer = with(&|all| drop(all.remove("/images/*")));
    let more = with(&|all| drop(all.insert("/new/*".into(), Behavior::default())));
    assert!(Viewers.arrived(&before, &fewer) && Viewers.arrived(&before, &more));
    assert!(!Viewers.arrived(&cut, &before) && !Viewers.arrived(&before, &cut));
    let page = page_function::arn(&page_function::of_distribution("E1", &account, &case).unwrap(), &account);
    let shown = |all: &mut BTreeMap<String, Behavior>| {
        for behavior in all.values_mut() {
            behavior.functions.insert(VIEWER_REQUEST.into(), page.clone());
        }
    };
    assert!(Viewers.arrived(
        &cut,
        &with(&|all| {
            all.insert("/new/*".into(), Behavior::default());
            shown(all);
        })
    ));
    assert!(!Viewers.arrived(
        &cut,
        &with(&|all| {
            shown(all);
            all.insert("/new/*".into(), Behavior::default());
        })
    ));
}

/// An account where everything for the page from S3 is there.
fn prepared_account() -> Account {
    let mut account = account();
    let page = prepared::object(None);
    let name = PageBucket::name_of(&account.id);
    let bucket = PageBucket {
        domain: format!("{name}.s3.eu-west-1.amazonaws.com"),
        name,
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
    account.access_controls = Seen::Read([("EC".to_owned(), control)].into());
    account
}

fn via(way: &str) -> Case {
    Case { params: [("via".to_owned(), way.into())].into(), ..case() }
}

fn kinds(account: &Account, case: &Case) -> Vec<String> {
    let found = CloudFront.find(account, case).items.into_iter();
    found.filter(|item| !item.created).map(|item| format!("{} {}", item.at.kind, item.at.id)).collect()
}

#[test]
fn the_page_comes_from_s3_where_everything_is_there_and_by_the_function_elsewhere() {
    let (bare, ready) = (account(), prepared_account());
    assert_eq!(kinds(&bare, &case()), ["distribution E1"]);
    assert_eq!(kinds(&ready, &case()), ["distribution-origin E1", "invalidation E1/*"]);
    assert_eq!(kinds(&ready, &via("function")), ["distribution E1"]);
    let said = |account: &Account| {
        let found = CloudFront.find(account, &case()).findings.into_iter();
        found.map(|finding| finding.text).collect::<Vec<_>>().join("; ")
    };
    assert!(said(&ready).contains("the page comes from S3: it is ready in unplug-page-123456789012"));
    let mut lacking = ready.clone();
    lacking.page_bucket = Seen::Read(None);
    let words =
        "by a function, because there is no bucket unplug-page-123456789012 (unplug prepare makes it ahead)";
    assert!(said(&lacking).contains(words), "{}", said(&lacking));
    assert!(said(&bare).contains("because the page's bucket could not be read"), "{}", said(&bare));
}

#[test]
fn s3_by_name_is_refused_where_it_is_not_ready_or_does_not_fit() {
    let refusal = |account: &Account| {
        let (at, case) = (Target::new(PageOrigin::KIND, "E1"), via("s3"));
        let look = Look::new(&at, account, &case);
        let Now::Is(now) = PageOrigin.state(&look) else { panic!("no state") };
        match PageOrigin.contain(&now, &look) {
            Verdict::Refuse(why) => why,
            other => panic!("{other:?}"),
        }
    };
    let mut bare = prepared_account();
    bare.page_bucket.read_mut().unwrap().as_mut().unwrap().pages.clear();
    assert!(
        refusal(&bare).contains("does not hold this page. unplug prepare makes it"),
        "{}",
        refusal(&bare)
    );
    let mut unread = prepared_account();
    unread.page_bucket = Seen::default();
    assert!(refusal(&unread).contains("it is not known whether"), "{}", refusal(&unread));
    let mut grpc = prepared_account();
    let all = grpc.distributions.read_mut().unwrap();
    all.get_mut("E1").unwrap().behaviors.get_mut("/images/*").unwrap().grpc = true;
    assert!(refusal(&grpc).contains("/images/* answers gRPC"));
    assert_eq!(kinds(&grpc, &case()), ["distribution E1"], "the function takes it by itself");
}

#[test]
fn what_shows_the_page_by_the_function_goes_on_so() {
    let mut account = prepared_account();
    let name = page_function::of_distribution("E1", &account, &case()).unwrap();
    let arn = page_function::arn(&name, &account);
    for behavior in account.distributions.read_mut().unwrap().get_mut("E1").unwrap().behaviors.values_mut() {
        behavior.functions.insert(VIEWER_REQUEST.into(), arn.clone());
    }
    assert_eq!(kinds(&account, &case()), ["distribution E1"]);
}
