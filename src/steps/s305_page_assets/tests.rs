use super::bucket_body::Body;
use super::*;
use crate::account::{AccessControl, Caller, Origin, OriginKind, PageObject, Seen};
use crate::step::{Lens, Look, Now, Verdict};
use crate::steps::shared::testing;

const NAME: &str = "unplug-page-123456789012";

fn account() -> Account {
    let caller = Caller { arn: "arn:aws:iam::123456789012:user/oncall".into(), ..Caller::default() };
    let mut account = Account::unread("123456789012", caller);
    account.page_bucket = Seen::Read(None);
    account.access_controls = Seen::Read([].into());
    account.distributions = Seen::Read([].into());
    account.edge_functions = Seen::Read([].into());
    account
}

/// An account whose bucket is as it is made, but for the page in it.
fn with_bucket(change: impl FnOnce(&mut PageBucket)) -> Account {
    let mut account = account();
    let body = Body::wanted(&account);
    let mut bucket = PageBucket {
        name: NAME.into(),
        region: "eu-west-1".into(),
        domain: format!("{NAME}.s3.eu-west-1.amazonaws.com"),
        policy: body.policy,
        block: Some(crate::account::PublicAccessBlock::ALL_ON),
        enforced: true,
        encryption: body.encryption,
        ..PageBucket::default()
    };
    change(&mut bucket);
    account.page_bucket = Seen::Read(Some(bucket));
    account
}

fn case() -> Case {
    testing::case(&[])
}

fn target(kind: &str, account: &Account) -> Target {
    let found = PageAssets.find(account, &case()).items.into_iter();
    found.map(|item| item.at).find(|at| at.kind == kind).unwrap()
}

fn verdict<L: Lens>(lens: &L, account: &Account) -> Verdict<L::State> {
    let (at, case) = (target(L::KIND, account), case());
    let look = Look::new(&at, account, &case);
    let Now::Is(now) = lens.state(&look) else { panic!("no state") };
    lens.contain(&now, &look)
}

fn refused<L: Lens>(lens: &L, account: &Account) -> String {
    match verdict(lens, account) {
        Verdict::Refuse(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn everything_is_made_where_nothing_is_there_and_a_function_without_any_distribution() {
    let found = PageAssets.find(&account(), &case());
    let kinds: Vec<&str> = found.items.iter().map(|item| item.at.kind.as_str()).collect();
    assert_eq!(kinds, ["page-bucket", "page-object", "access-control", "page-function"]);
    assert_eq!(found.items[0].at.id, NAME);
    assert_eq!(found.items[0].at.region_name(), "us-east-1");
    assert!(matches!(verdict(&Bucket, &account()), Verdict::Change(Some(_))));
    assert!(matches!(verdict(&SigningControl, &account()), Verdict::Change(Some(_))));
}

#[test]
fn a_bucket_that_is_as_it_is_made_is_used_in_its_own_region() {
    let account = with_bucket(|_| ());
    assert_eq!(verdict(&Bucket, &account), Verdict::Already);
    assert_eq!(target(Page::KIND, &account).region_name(), "eu-west-1");
    assert!(matches!(verdict(&Page, &account), Verdict::Change(_)));
}

#[test]
fn a_bucket_of_somebody_else_or_of_another_use_is_refused_with_the_page() {
    for (account, words) in [
        (with_bucket(|bucket| bucket.foreign = true), "is another account's"),
        (with_bucket(|bucket| bucket.policy = Some("{}".into())), "has a policy of its own"),
        (with_bucket(|bucket| bucket.others = ["a.txt".to_owned()].into()), "holds other objects (a.txt)"),
    ] {
        let why = refused(&Bucket, &account);
        assert!(why.contains(words), "{why}");
        assert_eq!(refused(&Page, &account), why);
    }
}

#[test]
fn a_bucket_that_a_run_left_half_made_is_finished() {
    let half = with_bucket(|bucket| bucket.policy = None);
    assert!(matches!(verdict(&Bucket, &half), Verdict::Lasting(..)));
    let wanted = Some(Body::wanted(&half));
    let passes = Bucket.passes(&None, &wanted);
    assert!(passes.contains(&Some(Body { policy: None, ..Body::wanted(&half) })));
    assert!(passes.contains(&Some(Body::new(false))));
}

#[test]
fn what_a_distribution_uses_and_a_bucket_with_anything_in_it_are_not_deleted() {
    let mut account = with_bucket(|bucket| bucket.others = ["a.txt".to_owned()].into());
    let control = AccessControl { name: prepared::ACCESS_CONTROL.into(), ..AccessControl::default() };
    account.access_controls = Seen::Read([("EC".to_owned(), control)].into());
    let case = case();
    let used = |account: &Account| {
        let (bucket, control) = (target(Bucket::KIND, account), target(SigningControl::KIND, account));
        let bucket = Bucket.used_by(&Look::new(&bucket, account, &case));
        (bucket, SigningControl.used_by(&Look::new(&control, account, &case)))
    };
    let (bucket, control) = used(&account);
    assert!(bucket.unwrap().contains("still holds a.txt") && control.is_none());
    let origin = Origin {
        domain: format!("{NAME}.s3.eu-west-1.amazonaws.com"),
        kind: OriginKind::S3,
        access_control: Some("EC".into()),
    };
    let shown = crate::account::ErrorPage {
        path: Some(format!("/{}", prepared::key(&prepared::object(None).html))),
        ..crate::account::ErrorPage::default()
    };
    let one = crate::account::Distribution {
        origins: [("page".to_owned(), origin)].into(),
        error_pages: [("403".to_owned(), shown)].into(),
        ..crate::account::Distribution::default()
    };
    account.distributions = Seen::Read([("E1".to_owned(), one)].into());
    let (bucket, control) = used(&account);
    assert!(bucket.unwrap().contains("E1 still has it") && control.unwrap().contains("E1 still uses it"));
    let page = target(Page::KIND, &account);
    assert_eq!(Page.used_by(&Look::new(&page, &account, &case)).unwrap(), "E1 still shows it");
}

#[test]
fn an_access_control_that_signs_otherwise_is_refused() {
    let mut account = account();
    let control = AccessControl {
        name: prepared::ACCESS_CONTROL.into(),
        signing: "never".into(),
        protocol: "sigv4".into(),
        kind: "s3".into(),
        ..AccessControl::default()
    };
    account.access_controls = Seen::Read([("EC".to_owned(), control)].into());
    assert!(refused(&SigningControl, &account).contains("signs otherwise"));
}

#[test]
fn a_page_that_somebody_has_changed_is_put_right_and_stays_so() {
    let key = prepared::key(&prepared::object(None).html);
    let other = PageObject { html: "<p>pay here".into(), ..prepared::object(None) };
    let account = with_bucket(|bucket| drop(bucket.pages.insert(key, other)));
    assert!(matches!(verdict(&Page, &account), Verdict::Lasting(..)));
}
