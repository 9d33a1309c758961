use super::leaked_key::LEAKED_KEY;
use super::*;
use crate::account::{
    AccessKey as Known, AccountSummary, Caller, ExposedKey, Principals, ReportRow, Role, Seen, User,
};
use crate::aws::ledger::Phase;
use crate::collect;
use crate::step::{Lens, Look, Now, Scope, Verdict, Write};
use crate::steps::shared::access_key::State;
use crate::steps::shared::testing::{self, simulated};

/// anna's first key is exposed, ben is quarantined, carl is nobody's concern.
fn account(caller: &str, key: Option<&str>) -> Account {
    let caller = Caller { arn: caller.into(), access_key: key.map(str::to_owned), ..Caller::default() };
    let mut account = Account::unread("123456789012", caller);
    let user = |name: &str, policy: Option<&str>| {
        let attached = policy.map(|name| format!("arn:aws:iam::aws:policy/{name}")).into_iter().collect();
        let arn = format!("arn:aws:iam::123456789012:user/{name}");
        (name.to_owned(), User { arn, attached, ..User::default() })
    };
    let users =
        [user("anna", None), user("ben", Some("AWSCompromisedKeyQuarantineV2")), user("carl", None)].into();
    // Another account's people come in by it.
    let trust =
        r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"210987654321"}}}"#;
    let roles = [("responder".to_owned(), Role { trust: trust.into(), ..Role::default() })].into();
    account.principals = Seen::Read(Principals { users, roles, ..Principals::default() });
    let key = |id: &str, user: &str, status: &str| {
        (id.to_owned(), Known { user: user.into(), status: status.into(), last_used: None })
    };
    account.access_keys = Seen::Read(
        [
            key("AKIAANNA1", "anna", "Active"),
            key("AKIAANNA2", "anna", "Active"),
            key("AKIABEN1", "ben", "Active"),
            key("AKIABEN2", "ben", "Inactive"),
            key("AKIACARL1", "carl", "Active"),
        ]
        .into(),
    );
    let row =
        |user: &str| ExposedKey { user: user.into(), fraud_type: "Exposed".into(), ..Default::default() };
    account.exposed_keys =
        Seen::Read([("AKIAANNA1".to_owned(), row("anna")), ("AKIAOLD".to_owned(), row("anna"))].into());
    account.account_summary = Seen::Read(AccountSummary { root_access_keys: true, ..Default::default() });
    let report =
        ReportRow { active_keys_since: vec!["2020-05-01T00:00:00+00:00".into()], ..Default::default() };
    account.credential_report = Seen::Read([("carl".to_owned(), report)].into());
    account
}

const ROLE: &str = "arn:aws:sts::123456789012:assumed-role/responder/me";

fn case(keys: &str, named: &[&str]) -> Case {
    let keys_named = named.iter().map(|key| (*key).to_owned()).collect();
    Case { scope: Scope { keys: keys_named, ..Scope::default() }, ..testing::case(&[("keys", keys)]) }
}

fn verdict(id: &str, account: &Account, case: &Case) -> Verdict<State> {
    let at = Target::new(access_key::KIND, id);
    let Now::Is(now) = LEAKED_KEY.state(&Look::new(&at, account, case)) else { panic!("no key {id}") };
    LEAKED_KEY.contain(&now, &Look::new(&at, account, case))
}

#[test]
fn leaked_quarantined_and_named_keys_go_off_for_good() {
    let (account, case) = (account(ROLE, None), case("exposed", &["AKIACARL1"]));
    for id in ["AKIAANNA1", "AKIABEN1", "AKIACARL1"] {
        assert!(matches!(verdict(id, &account, &case), Verdict::Lasting(off, _) if off.status == "Inactive"));
    }
    assert_eq!(verdict("AKIABEN2", &account, &case), Verdict::Already);
    assert_eq!(verdict("AKIAANNA2", &account, &case), Verdict::Already);
    let found = ExposedKeys.find(&account, &case);
    assert_eq!(found.items.len(), 4);
}

#[test]
fn all_but_mine_comes_back_except_what_leaked() {
    let (account, case) = (account(ROLE, None), case("all-but-mine", &[]));
    assert!(matches!(verdict("AKIACARL1", &account, &case), Verdict::Change(_)));
    assert!(matches!(verdict("AKIAANNA1", &account, &case), Verdict::Lasting(..)));
    assert_eq!(ExposedKeys.find(&account, &case).items.len(), 5);
}

#[test]
fn the_key_behind_the_responders_own_role_session_is_not_cut_with_the_others() {
    let mut account = account(ROLE, Some("ASIA1"));
    let trust = r#"{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
        "Principal":{"AWS":"arn:aws:iam::123456789012:user/carl"}}]}"#;
    account.principals.read_mut().unwrap().roles.get_mut("responder").unwrap().trust = trust.into();
    let all = case("all-but-mine", &[]);
    assert!(matches!(verdict("AKIACARL1", &account, &all), Verdict::Refuse(why) if why.contains("--key")));
    assert!(matches!(verdict("AKIAANNA2", &account, &all), Verdict::Change(_)), "anna cannot assume it");
    // Leaked or named, it goes off.
    assert!(matches!(
        verdict("AKIACARL1", &account, &case("all-but-mine", &["AKIACARL1"])),
        Verdict::Lasting(..)
    ));
    assert!(matches!(verdict("AKIAANNA1", &account, &all), Verdict::Lasting(..)));
    account.principals = Seen::default();
    assert!(matches!(verdict("AKIAANNA2", &account, &all), Verdict::Refuse(_)), "it cannot be proved");
}

#[test]
fn the_key_in_use_is_never_cut() {
    let case = case("all-but-mine", &["AKIACARL1"]);
    let carl = "arn:aws:iam::123456789012:user/carl";
    let refused = |id: &str, account: &Account| matches!(verdict(id, account, &case), Verdict::Refuse(_));
    // The signing key is known: only that one is spared.
    assert!(refused("AKIACARL1", &account(carl, Some("AKIACARL1"))));
    assert!(!refused("AKIACARL1", &account(carl, Some("AKIACARL2"))));
    // A session of the user, or no knowledge at all: nothing of the user's is cut.
    assert!(refused("AKIACARL1", &account(carl, Some("ASIA1"))));
    assert!(refused("AKIACARL1", &account(carl, None)));
    // A quarantined caller could not make the call.
    assert!(refused("AKIACARL1", &account("arn:aws:iam::123456789012:user/ben", Some("AKIABEN1"))));
}

#[test]
fn a_break_glass_user_is_spared_also_when_it_cannot_be_looked_up() {
    let mut account = account(ROLE, None);
    let config = crate::config::Config {
        break_glass: vec!["carl".into()],
        places: [("break_glass: carl".to_owned(), "/x/unplug.toml:3".to_owned())].into(),
        ..Default::default()
    };
    let case = Case { config: std::sync::Arc::new(config), ..case("all-but-mine", &[]) };
    let said = |verdict| matches!(verdict, Verdict::Refuse(why) if why.ends_with("break_glass has \"carl\" (/x/unplug.toml:3)"));
    assert!(said(verdict("AKIACARL1", &account, &case)), "{:?}", verdict("AKIACARL1", &account, &case));
    assert!(matches!(verdict("AKIAANNA1", &account, &case), Verdict::Lasting(..)));
    account.principals = Seen::default();
    assert!(matches!(verdict("AKIAANNA1", &account, &case), Verdict::Refuse(_)));
}

#[test]
fn what_cannot_be_cut_is_said() {
    let found = ExposedKeys.find(&account(ROLE, None), &case("exposed", &["AKIAELSEWHERE"]));
    let texts: Vec<&str> = found.findings.iter().map(|finding| finding.text.as_str()).collect();
    for part in ["AKIAOLD", "AKIAELSEWHERE", "ben is quarantined", "no MFA", "access key", "since 2020-05-01"]
    {
        assert!(texts.iter().any(|text| text.contains(part)), "{part} in {texts:?}");
    }
    let mut blind = account(ROLE, None);
    blind.exposed_keys = Seen::default();
    let found = ExposedKeys.find(&blind, &case("exposed", &[]));
    assert!(found.findings.iter().all(|finding| !finding.text.contains("Trusted Advisor")));
}

#[tokio::test]
async fn a_key_is_turned_off_and_on_again() {
    let (before, case) = (account(ROLE, None), case("exposed", &[]));
    let (simulation, aws) = simulated(before.clone(), &case);
    let at = Target::new(access_key::KIND, "AKIAANNA1").label(Some("anna"));
    let on = State { user: "anna".into(), status: "Active".into() };
    let off = State { user: "anna".into(), status: "Inactive".into() };
    let write = async |from: &State, to: &State| {
        let _phase = aws.enter(Phase::Apply);
        LEAKED_KEY.write(Write::new(&aws, &at, from, to, &case.params)).await.expect("written");
    };
    write(&on, &off).await;
    let mut ask = Ask { sections: [Section::AccessKeys].into(), ..Ask::default() };
    LEAKED_KEY.narrow(&mut ask, &at);
    let cut = collect::read(&aws, &before, &ask, &|_, _| {}).await;
    assert_eq!(cut.access_keys.items().count(), 2);
    assert_eq!(LEAKED_KEY.state(&Look::new(&at, &cut, &case)), Now::Is(off.clone()));
    write(&off, &on).await;
    assert_eq!(simulation.account(), before);
}

#[test]
fn the_last_use_of_a_suspect_key_is_told() {
    let mut account = account(ROLE, None);
    let keys = account.access_keys.read_mut().unwrap();
    for (id, used) in [
        ("AKIAANNA1", "2026-01-03T23:10:00Z s3 eu-west-1"),
        ("AKIABEN1", "2026-01-02T08:00:00Z sts N/A"),
        ("AKIACARL1", "2026-01-01T00:00:00Z ec2 us-east-1"),
    ] {
        keys.get_mut(id).unwrap().last_used = Some(used.into());
    }
    let found = ExposedKeys.find(&account, &case("exposed", &[]));
    let said: Vec<&str> = found
        .findings
        .iter()
        .map(|f| f.text.as_str())
        .filter(|text| text.contains("was last used"))
        .collect();
    assert_eq!(
        said,
        [
            "AKIAANNA1 of anna was last used 2026-01-03T23:10:00Z for s3 in eu-west-1",
            "AKIABEN1 of ben was last used 2026-01-02T08:00:00Z for sts",
        ]
    );
}
