use super::*;
use crate::account::{AccessKey as Key, Caller, Principals, Seen, User};
use crate::config::Config;
use crate::step::{Look, Reason, Verdict};
use crate::steps::shared::access_key::State;
use crate::steps::shared::testing;

const SEND: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ses:SendRawEmail","Resource":"*"}]}"#;
const ALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const OLD: &str = "arn:aws:iam::123456789012:policy/old";
const ROLE: &str = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Ops_1/me";

fn arn(name: &str) -> String {
    format!("arn:aws:iam::123456789012:user/{name}")
}

/// `smtp` may only send; `admin` may do everything; `full` has no room for a policy, and `tight` a boundary
/// besides; `reader` may not send, and used its key for SES.
pub(super) fn account(caller: &str) -> Account {
    let mut account = Account::unread("123456789012", Caller { arn: caller.into(), ..Caller::default() });
    let mut all = Principals::default();
    let inline = |text: &str| [("own".to_owned(), text.to_owned())].into();
    let filled = format!(r#"{{"Id":"{}",{}"#, "x".repeat(1_900), &ALL[1..]);
    for (name, text, boundary) in [
        ("smtp", SEND, None),
        ("admin", ALL, None),
        ("full", &*filled, None),
        ("tight", &*filled, Some(OLD.to_owned())),
        ("reader", &*SEND.replace("ses:SendRawEmail", "s3:GetObject"), None),
    ] {
        let user =
            User { arn: arn(name), path: "/".into(), inline: inline(text), boundary, ..User::default() };
        all.users.insert(name.into(), user);
    }
    all.policies.insert(OLD.into(), ALL.replace("\"*\",\"Resource\"", "[\"s3:*\",\"ses:*\"],\"Resource\""));
    account.principals = Seen::Read(all);
    let key = |user: &str, service: &str| {
        let last_used = Some(format!("2026-01-01T00:00:00Z {service} eu-west-1"));
        (
            format!("AKIA{}", user.to_uppercase()),
            Key { user: user.into(), status: "Active".into(), last_used },
        )
    };
    let keys = [key("smtp", "N/A"), key("admin", "ec2"), key("full", "ses"), key("reader", "ses")];
    account.access_keys = Seen::Read(keys.into());
    account.credential_report = Seen::Read(BTreeMap::new());
    account
}

fn case(break_glass: &[&str]) -> Case {
    let break_glass = break_glass.iter().map(|name| arn(name)).collect();
    let config = std::sync::Arc::new(Config { break_glass, ..Config::default() });
    Case { config, ..testing::case(&[]) }
}

fn changed(account: &Account, case: &Case) -> Vec<String> {
    testing::plan(&SmtpUsers, account, case)
        .into_iter()
        .map(|(at, ..)| format!("{} {}", at.kind, at.id))
        .collect()
}

fn kept(account: &Account, case: &Case) -> Vec<(String, Reason)> {
    let refused = |(at, _, verdict): (Target, _, Verdict<_>)| match verdict {
        Verdict::Refuse(why) => Some((at.id, why)),
        _ => None,
    };
    testing::verdicts(&SmtpUsers, account, case).into_iter().filter_map(refused).collect()
}

#[test]
fn who_may_send_is_denied_it_and_only_keys_that_send_go_off() {
    assert_eq!(
        changed(&account(ROLE), &case(&[])),
        [
            "boundary-policy full",
            "boundary-policy tight",
            "user admin",
            "user-boundary full",
            "user smtp",
            "user-boundary tight",
            "access-key AKIAFULL",
            "access-key AKIAREADER",
            "access-key AKIASMTP",
        ]
    );
}

#[test]
fn a_boundary_allows_what_the_old_one_allowed_and_no_mail() {
    let (account, case) = (account(ROLE), case(&[]));
    let text = |user: &str| {
        let at = Target::new(BoundaryPolicy::KIND, user);
        boundary_policy::boundary_text(&Look::new(&at, &account, &case)).unwrap()
    };
    assert!(mail_deny::denies(&text("full")) && text("full").contains(r#""Action":"*""#));
    assert!(mail_deny::denies(&text("tight")) && text("tight").contains(r#"["s3:*","ses:*"]"#));
    let mut unread = account.clone();
    unread.principals.read_mut().unwrap().policies.clear();
    let kept = kept(&unread, &case);
    assert!(kept.iter().any(|(id, why)| id == "tight" && why.contains("was not read")), "{kept:?}");
}

#[test]
fn the_caller_and_break_glass_users_may_go_on_sending() {
    let mut account = account(&arn("smtp"));
    account.caller.access_key = Some("AKIASMTP".into());
    let kept = kept(&account, &case(&["full"]));
    let ids: Vec<&str> = kept.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["full", "full", "smtp", "AKIAFULL", "AKIASMTP"], "{kept:?}");
    assert!(!changed(&account, &case(&["full"])).iter().any(|id| id.ends_with("full")));
}

#[test]
fn the_key_behind_the_callers_session_stays_and_its_user_is_denied_mail() {
    let mut account = account("arn:aws:sts::123456789012:assumed-role/responder/me");
    let trust = r#"{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
        "Principal":{"AWS":"arn:aws:iam::123456789012:user/smtp"}}]}"#;
    let role = crate::account::Role { trust: trust.into(), ..Default::default() };
    account.principals.read_mut().unwrap().roles.insert("responder".into(), role);
    account.access_keys.read_mut().unwrap().get_mut("AKIASMTP").unwrap().last_used =
        Some("2026-01-01T00:00:00Z ses eu-west-1".into());
    let kept = kept(&account, &case(&[]));
    assert!(matches!(&kept[..], [(id, why)] if id == "AKIASMTP" && why.contains("responder")), "{kept:?}");
    assert!(changed(&account, &case(&[])).contains(&"user smtp".to_owned()));
}

#[test]
fn the_user_whose_key_is_known_to_have_made_the_session_is_spared() {
    let mut account = account("arn:aws:sts::123456789012:assumed-role/responder/me");
    let key = crate::account::Link::Key { id: "AKIASMTP".into(), user: Some("smtp".into()) };
    account.caller.chain = crate::account::Chain { links: vec![key], whole: true };
    let kept = kept(&account, &case(&[]));
    let why = |id: &str| kept.iter().find(|(kept, _)| kept == id).map(|(_, why)| why.as_str());
    assert!(why("smtp").is_some_and(|why| why.starts_with("your session was made")), "{kept:?}");
    assert!(why("AKIASMTP").is_some_and(|why| why.starts_with("your session was made")), "{kept:?}");
}

#[test]
fn a_leaked_key_stays_off_after_a_restore() {
    let named = crate::step::Scope { keys: ["AKIASMTP".to_owned()].into(), ..Default::default() };
    let case = Case { scope: named, ..case(&[]) };
    let verdicts = testing::verdicts(&SmtpUsers, &account(ROLE), &case);
    let lasting: Vec<&str> = verdicts
        .iter()
        .filter(|(.., verdict)| matches!(verdict, Verdict::Lasting(..)))
        .map(|(at, ..)| at.id.as_str())
        .collect();
    assert_eq!(lasting, ["AKIASMTP"]);
    let off = State { user: "smtp".into(), status: "Inactive".into() };
    assert!(
        verdicts.iter().any(|(.., v)| matches!(v, Verdict::Lasting(to, _) if *to == serde_json::json!(off)))
    );
}

#[test]
fn nothing_there_is_said_only_where_everything_was_read() {
    let mut account = account(ROLE);
    account.principals.read_mut().unwrap().users.retain(|name, _| name == "reader");
    assert!(SmtpUsers.find(&account, &case(&[])).findings[0].good);
    let gap = crate::account::Gap {
        cause: crate::account::Cause::Denied,
        call: "iam:GetCredentialReport".into(),
        detail: String::new(),
    };
    account.credential_report = Seen::Gap(gap);
    assert!(SmtpUsers.find(&account, &case(&[])).findings.is_empty());
    account.principals = Seen::default();
    assert!(SmtpUsers.find(&account, &case(&[])).items.is_empty());
}

#[tokio::test]
async fn everything_comes_back_and_a_second_plan_finds_nothing() {
    testing::there_and_back(&SmtpUsers, account(ROLE), &case(&[])).await;
}

#[test]
fn only_those_that_are_named_are_denied_mail() {
    let account = account(ROLE);
    let scope = |of: &str| crate::step::Scope { key_users: [of.to_owned()].into(), ..Default::default() };
    let named = Case { params: [("who".to_owned(), "named".into())].into(), ..case(&[]) };
    let of = |user: &str| changed(&account, &Case { scope: scope(user), ..named.clone() });
    assert_eq!(of("smtp"), ["user smtp", "access-key AKIASMTP"]);
    assert_eq!(of("reader"), ["access-key AKIAREADER"], "its key was last used for SES");
    assert_eq!(changed(&account, &named), [""; 0]);
    let said = SmtpUsers.find(&account, &named).findings;
    assert!(said.iter().any(|finding| finding.matters && finding.text.contains("--key")));
}
