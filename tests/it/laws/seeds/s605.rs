//! Seeds of 605: the drill's company, with keys and secrets in every state.

use unplug::account::{Account, Cause, Gap, KmsKey, Secret, Seen};

use super::{Seed, company, seed};

const DUE: &str = "2026-11-27T02:40:11Z";

fn key(state: &str) -> KmsKey {
    KmsKey { state: state.into(), description: "orders".into(), ..KmsKey::default() }
}

fn denied(call: &str) -> Gap {
    let detail = "AccessDenied: the policy of the resource denies it".to_owned();
    Gap { cause: Cause::Denied, call: call.into(), detail }
}

/// Keys by id: two are to be deleted, and their neighbours must stay as they are.
fn keys() -> Vec<(&'static str, KmsKey)> {
    let due = |state| KmsKey { deletion: Some(DUE.into()), ..key(state) };
    vec![
        ("1b5c7f0a-2d4e-4c61-9a38-0f1e2d3c4b5a", due("PendingDeletion")),
        (
            "mrk-4f7d1c2b3a495867a1b2c3d4e5f60718",
            KmsKey { days_after_replicas: Some(7), ..key("PendingReplicaDeletion") },
        ),
        ("2c6d801b-3e5f-4d72-8b49-102f3e4d5c6b", key("Enabled")),
        ("3d7e912c-4f60-4e83-9c5a-21304f5e6d7c", key("Disabled")),
        ("4e8fa23d-5071-4f94-8d6b-324150607e8d", key("PendingImport")),
        ("5f90b34e-6182-40a5-9e7c-435261718f9e", key("Unavailable")),
        ("60a1c45f-7293-41b6-8f8d-5463728290af", KmsKey { managed_by_aws: true, ..key("Enabled") }),
        (
            "71b2d560-83a4-42c7-909e-6574839301b0",
            KmsKey { material_expires: Some("2027-01-01T00:00:00Z".into()), ..key("Enabled") },
        ),
    ]
}

fn arn(account: &Account, name: &str) -> String {
    format!("arn:aws:secretsmanager:us-east-1:{}:secret:{name}-AbCdEf", account.id)
}

fn account() -> Account {
    let mut account = company();
    let secret = |name: &str, deleted: Option<&str>| {
        let tags = [("team".to_owned(), "shop".to_owned())].into();
        let deleted = deleted.map(str::to_owned);
        (arn(&account, name), Seen::Read(Secret { name: name.into(), deleted, tags, ..Secret::default() }))
    };
    let secrets = [
        secret("kc/shop/payment", Some(DUE)),
        secret("kc/shop/mail", None),
        secret("kc/warehouse", Some("2026-12-20T00:00:00Z")),
    ];
    let here = account.regions.get_mut("us-east-1").unwrap();
    here.secrets = Seen::Read(secrets.into());
    here.kms_keys =
        Seen::Read(keys().into_iter().map(|(id, key)| (id.to_owned(), Seen::Read(key))).collect());
    account
}

/// One key and one secret hide from the caller: gaps, and the rest goes on.
fn hidden() -> Account {
    let mut account = account();
    let hidden = arn(&account, "kc/hidden");
    let here = account.regions.get_mut("us-east-1").unwrap();
    let keys = here.kms_keys.read_mut().unwrap();
    keys.insert("82c3e671-94b5-43d8-81af-7685940a12c1".into(), Seen::Gap(denied("kms:DescribeKey")));
    let secrets = here.secrets.read_mut().unwrap();
    secrets.insert(hidden, Seen::Gap(denied("secretsmanager:DescribeSecret")));
    account
}

pub fn seeds() -> Vec<Seed> {
    vec![
        seed("keys and secrets to be deleted", 605, account(), None),
        seed("a key and a secret that hide", 605, hidden(), None),
    ]
}
