//! Seeds of 410: the drill's company, with users that may send mail in every way.

use serde_json::json;
use unplug::account::{AccessKey, Account, User};
use unplug::step::Scope;

use super::{Seed, company, seed, with};

fn send(more: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Id": more,
        "Statement": [{ "Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": "*" }],
    })
    .to_string()
}

/// `printer` has no room for a policy, `shop-mail` a boundary besides, and `relay` has a policy of unplug's
/// name that denies nothing.
fn senders() -> Account {
    let mut account = company();
    let me = account.id.clone();
    let boundary = format!("arn:aws:iam::{me}:policy/kc-boundary");
    let all = account.principals.read_mut().unwrap();
    let allow = json!({
        "Version": "2012-10-17",
        "Statement": { "Effect": "Allow", "Action": ["ses:*", "s3:*"], "Resource": "*" },
    });
    all.policies.insert(boundary.clone(), allow.to_string());
    let long = "x".repeat(1_850);
    for (name, policy, text, boundary) in [
        ("printer", "mail", send(&long), None),
        ("shop-mail", "mail", send(&long), Some(boundary)),
        ("relay", "unplug-no-mail", send("relay"), None),
    ] {
        let user = User {
            arn: format!("arn:aws:iam::{me}:user/{name}"),
            path: "/".into(),
            inline: [(policy.to_owned(), text)].into(),
            boundary,
            ..User::default()
        };
        all.users.insert(name.into(), user);
        let key = AccessKey { user: name.into(), status: "Active".into(), last_used: None };
        let id = format!("AKIAKC{}EXAMPLE", name.to_uppercase().replace('-', ""));
        account.access_keys.read_mut().unwrap().insert(id, key);
    }
    account
}

pub fn seeds() -> Vec<Seed> {
    let mut caller = senders();
    caller.caller.arn = format!("arn:aws:iam::{}:user/printer", caller.id);
    let keys = ["AKIAKCRELAYEXAMPLE".to_owned()].into();
    let named = Scope { keys, key_users: ["relay".to_owned()].into(), ..Scope::default() };
    vec![
        seed(
            "users that may send mail",
            410,
            senders(),
            Some(|account| {
                // Somebody loosens a deny, gives a user another boundary, and a key expires.
                let all = account.principals.read_mut().unwrap();
                for user in all.users.values_mut() {
                    if let Some(text) = user.inline.get_mut("unplug-no-mail") {
                        *text = text.replace("ses:Send*", "ses:SendEmail");
                    }
                }
                let other = "arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned();
                all.users.get_mut("printer").unwrap().boundary = Some(other);
                for key in account.access_keys.read_mut().unwrap().values_mut() {
                    key.status = "Expired".into();
                }
            }),
        ),
        seed("the caller may send mail too", 410, caller, None),
        Seed {
            scope: named,
            ..with(seed("one sender by its key", 410, senders(), None), "who", "named".into())
        },
    ]
}
