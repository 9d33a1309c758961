use super::*;
use crate::account::{Caller, Role, Seen, User};
use crate::aws::ledger::Phase;
use crate::collect::{Ask, identify, read};
use crate::step::{Lens, Now, Verdict, Write};
use crate::steps::shared::testing::{case, simulated};

const DENY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
const ALL: &str = "arn:aws:iam::aws:policy/AWSDenyAll";

struct Users;
struct Roles;

macro_rules! denial {
    ($denial:ty, $holder:expr) => {
        impl Denial for $denial {
            const HOLDER: Holder = $holder;
            const INLINE: &'static str = "inline";
            const BOUNDARY: &'static str = "boundary";
            const POLICY: &'static str = "unplug-test";
            const WORDS: &'static str = "everything";

            fn document(&self, _: &Look<'_>) -> String {
                DENY.into()
            }

            fn boundary(&self, _: &Look<'_>) -> Result<String, Reason> {
                Ok(ALL.into())
            }

            fn spared(&self, look: &Look<'_>) -> Option<Reason> {
                (look.at.id == "safe").then(|| "it is spared".into())
            }
        }
    };
}

denial!(Users, Holder::User);
denial!(Roles, Holder::Role);

/// `free` has room; `full` has inline policies of as many characters as AWS takes, and a boundary.
fn account() -> Account {
    let filler =
        |most: usize| format!(r#"{{"Statement":[],{}"Id":"{}"}}"#, " ".repeat(40), "x".repeat(most - 23));
    let inline = |most| [("p".to_owned(), filler(most))].into();
    let mut all = Principals::default();
    let old = Some("arn:aws:iam::123456789012:policy/old".to_owned());
    all.policies.insert(old.clone().unwrap(), DENY.into());
    for name in ["free", "safe"] {
        all.users.insert(name.into(), User { arn: user(name), ..User::default() });
        all.roles.insert(name.into(), Role { arn: role(name), ..Role::default() });
    }
    let full = User { arn: user("full"), inline: inline(2_048), boundary: old.clone(), ..User::default() };
    all.users.insert("full".into(), full);
    let full = Role { arn: role("full"), inline: inline(10_240), boundary: old, ..Role::default() };
    all.roles.insert("full".into(), full);
    let mut account = Account::unread("123456789012", Caller { arn: user("me"), ..Caller::default() });
    account.principals = Seen::Read(all);
    account
}

fn user(name: &str) -> String {
    format!("arn:aws:iam::123456789012:user/{name}")
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::123456789012:role/{name}")
}

#[test]
fn white_space_does_not_count_and_a_policy_of_the_same_name_makes_way() {
    let policies =
        BTreeMap::from([("p".to_owned(), format!("{} \n{}", "x".repeat(1_000), "x".repeat(1_000)))]);
    assert!(Holder::User.has_room(&policies, "new", &"y".repeat(48)));
    assert!(!Holder::User.has_room(&policies, "new", &"y".repeat(49)));
    assert!(Holder::User.has_room(&policies, "p", &"y".repeat(2_048)));
    assert!(Holder::Role.has_room(&policies, "new", &"y".repeat(8_240)));
    assert!(!Holder::Role.has_room(&policies, "new", &"y".repeat(8_241)));
}

#[test]
fn a_user_without_room_gets_a_boundary_and_a_spared_one_nothing() {
    let (account, case) = (account(), case(&[]));
    assert_eq!(Users.target("free", &account, &case).kind, "inline");
    assert_eq!(Users.target("full", &account, &case).kind, "boundary");
    assert_eq!(Roles.target("full", &account, &case).kind, "boundary");
    let at = Users.target("safe", &account, &case);
    let look = Look::new(&at, &account, &case);
    assert!(matches!(Inline(Users).contain(&None, &look), Verdict::Refuse(_)));
    assert!(matches!(Boundary(Users).contain(&None, &look), Verdict::Refuse(_)));
}

#[test]
fn what_denies_is_already_so_in_whatever_form() {
    let (account, case) = (account(), case(&[]));
    let at = Users.target("free", &account, &case);
    let look = Look::new(&at, &account, &case);
    let other_form =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Resource":["*"],"Action":["*"]}}"#;
    assert_eq!(Inline(Users).contain(&Some(other_form.into()), &look), Verdict::Already);
    let tampered = Inline(Users).contain(&Some("{}".into()), &look);
    assert!(matches!(tampered, Verdict::Change(Some(text)) if text == DENY));
    assert_eq!(Boundary(Users).contain(&Some(ALL.into()), &look), Verdict::Already);
}

/// Cuts, looks, puts back, each write twice as after a timeout.
async fn there_and_back<L: Lens<State = Option<String>>>(lens: L, at: Target) {
    let (before, case) = (account(), case(&[]));
    let (simulation, aws) = simulated(before.clone(), &case);
    let Now::Is(from) = lens.state(&Look::new(&at, &before, &case)) else { panic!("no state") };
    let Verdict::Change(to) = lens.contain(&from, &Look::new(&at, &before, &case)) else { panic!("no cut") };
    let write = async |from: &Option<String>, to: &Option<String>| {
        let _phase = aws.enter(Phase::Apply);
        for _ in 0..2 {
            lens.write(Write::new(&aws, &at, from, to, &case.params)).await.expect("written");
        }
    };
    write(&from, &to).await;
    let known = identify(&aws).await.unwrap();
    let ask = Ask { sections: [crate::account::Section::Principals].into(), ..Ask::default() };
    let cut = read(&aws, &known, &ask, &|_, _| {}).await;
    assert_eq!(lens.state(&Look::new(&at, &cut, &case)), Now::Is(to.clone()));
    write(&to, &from).await;
    assert_eq!(simulation.account(), before);
}

#[tokio::test]
async fn a_deny_comes_and_goes_and_the_old_boundary_comes_back() {
    let (account, case) = (account(), case(&[]));
    there_and_back(Inline(Users), Users.target("free", &account, &case)).await;
    there_and_back(Inline(Roles), Roles.target("free", &account, &case)).await;
    there_and_back(Boundary(Users), Users.target("full", &account, &case)).await;
    there_and_back(Boundary(Roles), Roles.target("full", &account, &case)).await;
    there_and_back(Boundary(Users), Target::new("boundary", "free")).await;
    there_and_back(Boundary(Roles), Target::new("boundary", "free")).await;
}
