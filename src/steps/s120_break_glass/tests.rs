use serde_json::json;

use super::*;
use crate::account::{Caller, PolicyVersions, Principals, Role as KnownRole, Seen, User};
use crate::config::Config;
use crate::step::Verdict;
use crate::steps::shared::testing::{case as plain, plan, there_and_back, verdicts};

const KIM: &str = "arn:aws:iam::123456789012:user/kim";
const ROLE_ARN: &str = "arn:aws:iam::123456789012:role/unplug-break-glass";
const FIRST: &str = "arn:aws:iam::123456789012:policy/unplug-responder-1";

fn account() -> Account {
    let caller = Caller { arn: "arn:aws:iam::123456789012:user/oncall".into(), ..Caller::default() };
    let mut account = Account::unread("123456789012", caller);
    let user = User { arn: KIM.into(), path: "/".into(), ..User::default() };
    let users = [("kim".to_owned(), user)].into();
    account.principals = Seen::Read(Principals { users, ..Principals::default() });
    account
}

/// An account with the role, and its one policy with this text.
fn prepared(text: &str) -> Account {
    let mut account = account();
    let all = account.principals.read_mut().unwrap();
    let role = KnownRole {
        arn: ROLE_ARN.into(),
        path: "/".into(),
        trust: responder::trust(&[KIM.to_owned()].into()),
        attached: [FIRST.to_owned()].into(),
        ..KnownRole::default()
    };
    all.roles.insert(responder::ROLE.into(), role);
    all.policies.insert(FIRST.into(), text.into());
    account
}

fn case(trust: &[&str], steps: &[&str]) -> Case {
    let params = Params::from([("trust".to_owned(), json!(trust)), ("steps".to_owned(), json!(steps))]);
    Case { params, ..plain(&[]) }
}

fn said(account: &Account, case: &Case) -> Vec<String> {
    let found = BreakGlass.find(account, case).findings.into_iter();
    found.filter(|one| one.matters).map(|one| one.text).collect()
}

#[test]
fn nothing_is_made_where_nobody_is_named() {
    assert_eq!(plan(&BreakGlass, &account(), &case(&[], &[])), vec![]);
    assert!(said(&account(), &case(&[], &[]))[0].contains("--trust ARN"));
}

#[test]
fn who_is_not_there_or_is_a_session_is_refused_and_nothing_is_made() {
    for wrong in [
        "kim",
        "arn:aws:iam::123456789012:user/*",
        "arn:aws:iam::123456789012:user/nobody",
        "arn:aws:iam::123456789012:group/admins",
        "arn:aws:sts::123456789012:assumed-role/ops/kim",
        "*",
    ] {
        let all = verdicts(&BreakGlass, &account(), &case(&[KIM, wrong], &["400"]));
        assert!(matches!(&all[..], [(_, _, Verdict::Refuse(_))]), "{wrong}: {all:?}");
    }
    let theirs = case(&["arn:aws:iam::210987654321:user/kim"], &["400"]);
    assert_eq!(plan(&BreakGlass, &account(), &theirs).len(), 3, "somebody of another account");
}

#[tokio::test]
async fn a_role_its_policies_and_what_joins_them_come_and_go() {
    let every = case(&[KIM], &[]);
    let kinds: Vec<String> =
        plan(&BreakGlass, &account(), &every).into_iter().map(|(at, ..)| at.kind).collect();
    let policies = kinds.iter().filter(|kind| *kind == "responder-policy").count();
    assert!((2..=10).contains(&policies), "{kinds:?}");
    assert_eq!(kinds.len(), 1 + 2 * policies);
    there_and_back(&BreakGlass, account(), &every).await;
}

#[tokio::test]
async fn another_text_is_a_new_version_and_the_old_one_comes_back() {
    let one = case(&[], &["400"]);
    let old = prepared(r#"{"Version":"2012-10-17","Statement":[]}"#);
    let changes = plan(&BreakGlass, &old, &one);
    assert_eq!(changes.iter().map(|(at, ..)| at.id.as_str()).collect::<Vec<_>>(), [FIRST]);
    there_and_back(&BreakGlass, old.clone(), &one).await;
    let wanted = responder::policies(&old, &one.params, &one.config);
    let same = |text: &str| plan(&BreakGlass, &prepared(text), &one);
    assert_eq!(same(&wanted[FIRST].replace(",\"", ", \"")), vec![], "white space is no other text");
}

#[test]
fn with_five_versions_it_names_the_oldest_and_touches_none() {
    let mut account = prepared("{}");
    let versions = PolicyVersions {
        default: "v12".into(),
        others: ["v8", "v9", "v10", "v11"].map(|id| (id.to_owned(), format!("{{\"Id\":\"{id}\"}}"))).into(),
    };
    account.principals.read_mut().unwrap().versions.insert(FIRST.into(), versions);
    let all = verdicts(&BreakGlass, &account, &case(&[], &["400"]));
    let policy = all.into_iter().find(|(at, ..)| at.id == FIRST).unwrap();
    let Verdict::Refuse(why) = policy.2 else { panic!("{policy:?}") };
    assert!(why.contains("--version-id v8"), "{why}");
}

#[test]
fn what_a_cut_would_take_is_said() {
    let one = case(&[KIM], &["400"]);
    let text = said(&account(), &one).join("\n");
    assert!(text.contains(&format!("break_glass = [{ROLE_ARN:?}]")), "{text}");
    assert!(text.contains(&format!("{KIM} may assume the role, and a cut denies it that")), "{text}");
    let break_glass = vec![ROLE_ARN.to_owned(), KIM.to_owned()];
    let config = std::sync::Arc::new(Config { break_glass, ..Config::default() });
    assert_eq!(said(&account(), &Case { config, ..one }), [""; 0]);
}

#[test]
fn a_policy_that_is_not_needed_any_more_is_detached() {
    let mut account = prepared("{}");
    let more = FIRST.replace("-1", "-7");
    let all = account.principals.read_mut().unwrap();
    all.policies.insert(more.clone(), "{}".into());
    let role = all.roles.get_mut(responder::ROLE).unwrap();
    role.attached.extend([more.clone(), "arn:aws:iam::123456789012:policy/unplug-responder-x".into()]);
    let one = case(&[], &["400"]);
    let changes = plan(&BreakGlass, &account, &one);
    let detached = changes.iter().find(|(at, ..)| at.id.ends_with(&more)).unwrap();
    assert_eq!(detached.2, json!(false));
    assert_eq!(changes.len(), 2, "and the new text: {changes:?}");
}

#[test]
fn the_template_is_recognised_in_another_form_and_nothing_else_is() {
    let trust = responder::trust(&[KIM.to_owned()].into());
    assert_eq!(responder::trusted(&trust), Some([KIM.to_owned()].into()));
    let one = trust.replace(&format!("[{KIM:?}]"), &format!("{KIM:?}"));
    assert_ne!(one, trust);
    assert_eq!(responder::trusted(&one), Some([KIM.to_owned()].into()));
    for other in [
        trust.replace("\"true\"", "\"false\""),
        trust.replace("sts:AssumeRole", "sts:*"),
        trust.replace("}],", "},{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"sts:AssumeRole\"}],"),
        "{}".to_owned(),
    ] {
        assert_eq!(responder::trusted(&other), None, "{other}");
    }
}

/// Whoever made the role, or changed it, is given nothing.
#[test]
fn a_role_that_lets_in_others_gets_no_policy_until_somebody_is_named() {
    let mut account = prepared("{}");
    let role = account.principals.read_mut().unwrap().roles.get_mut(responder::ROLE).unwrap();
    role.trust = r#"{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
        "Principal":{"AWS":"arn:aws:iam::999988887777:root"}}]}"#
        .into();
    let all = verdicts(&BreakGlass, &account, &case(&[], &["400"]));
    let [(at, _, Verdict::Refuse(why))] = &all[..] else { panic!("{all:?}") };
    assert!(at.id == responder::ROLE && why.contains("999988887777:root"), "{why}");
    let named = plan(&BreakGlass, &account, &case(&[KIM], &["400"]));
    assert_eq!(named[0].0.id, responder::ROLE);
}

#[test]
fn what_may_deny_the_role_something_is_said() {
    let mut account = prepared("{}");
    let role = account.principals.read_mut().unwrap().roles.get_mut(responder::ROLE).unwrap();
    role.boundary = Some("arn:aws:iam::aws:policy/ReadOnlyAccess".into());
    role.inline.insert("theirs".into(), "{}".into());
    let text = said(&account, &case(&[], &["400"])).join("\n");
    for part in ["ReadOnlyAccess", "deny it something: theirs", &format!("may assume it, with MFA: {KIM}")] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
