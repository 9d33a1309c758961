use super::*;
use crate::account::{Caller, Region, Seen};
use crate::steps::shared::testing;

pub(super) fn account(ses: Ses) -> Account {
    let mut account = Account::unread("123456789012", Caller::default());
    account.regions.insert("eu-west-1".into(), Region { ses: Seen::Read(ses), ..Region::default() });
    account
}

pub(super) fn mailing() -> Ses {
    Ses {
        sending: true,
        enforcement: "HEALTHY".into(),
        identities: ["a.example".to_owned()].into(),
        configuration_sets: Seen::Read([("news".to_owned(), true), ("old".to_owned(), false)].into()),
        ..Ses::default()
    }
}

pub(super) fn case(scope: &str) -> Case {
    testing::case(&[("scope", scope)])
}

#[test]
fn a_sandbox_with_an_identity_is_paused_and_an_empty_region_is_not() {
    let case = case("account");
    assert_eq!(SesSending.find(&account(mailing()), &case).items.len(), 1);
    let empty = SesSending.find(&account(Ses { sending: true, ..Ses::default() }), &case);
    assert!(empty.items.is_empty() && empty.findings[0].good);
}

#[test]
fn whoever_else_may_send_is_named() {
    let senders = |who: &[&str]| who.iter().map(ToString::to_string).collect();
    let mut ses = mailing();
    ses.identities.insert("b.example".into());
    ses.senders = Seen::Read(
        [(
            "a.example".to_owned(),
            senders(&["arn:aws:iam::123456789012:user/shop", "123456789012", "999988887777"]),
        )]
        .into(),
    );
    let said = |ses: Ses| -> Vec<String> {
        let found = SesSending.find(&account(ses), &case("account"));
        found.findings.into_iter().skip(1).map(|finding| finding.text).collect()
    };
    let [delegate, unread] = &said(ses)[..] else { panic!("two findings") };
    assert!(delegate.starts_with("999988887777 may send as a.example too"), "{delegate}");
    assert!(unread.contains("1 of its identities was not looked at"), "{unread}");
    let [unread] = &said(mailing())[..] else { panic!("not read is said") };
    assert!(unread.contains("was not read"), "{unread}");
}
