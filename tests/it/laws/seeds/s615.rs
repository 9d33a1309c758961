//! Seeds of 615: snapshots, images, shares and what has a policy, open to everybody, to known and to unknown accounts.

use serde_json::{Value, json};
use unplug::account::{
    Account, Cause, Gap, HeldPolicy, KeyGrant, Region, Replication, ReplicationRule, ResourceShare, Seen,
    SharedCopy, Sharer, SharingBlock, SharingBlocks,
};

use super::s530::{ME, REGION, map, network, set};
use super::{Seed, seed, with};

const KNOWN: &str = "333333333333";
const THIEF: &str = "999999999999";
const UNIT: &str = "arn:aws:organizations::444444444444:ou/o-exampleorgid/ou-ab12-11111111";
const ORDERS: &str = "arn:aws:rds:us-east-1:111111111111:snapshot:orders-before-upgrade";

fn copy(of: &str, with: &[&str]) -> Seen<SharedCopy> {
    Seen::Read(SharedCopy {
        name: format!("of {of}"),
        of: of.into(),
        encrypted: false,
        shared_with: set(with),
        tags: [("team".to_owned(), "shop".to_owned())].into(),
    })
}

fn encrypted(of: &str, with: &[&str]) -> Seen<SharedCopy> {
    let Seen::Read(copy) = copy(of, with) else { unreachable!() };
    Seen::Read(SharedCopy { encrypted: true, ..copy })
}

const PAYMENT: &str = "arn:aws:secretsmanager:us-east-1:111111111111:secret:payment-a1b2c3";
const KEY: &str = "arn:aws:kms:us-east-1:111111111111:key/11111111-1111-4111-8111-111111111111";

fn held(name: &str, statements: &[Value]) -> Seen<HeldPolicy> {
    let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let tags = [("team".to_owned(), "shop".to_owned())].into();
    Seen::Read(HeldPolicy { name: name.into(), policy: Some(policy), tags })
}

fn allow(principal: Value) -> Value {
    json!({ "Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*" })
}

/// Queues, topics, secrets, keys and resource shares.
fn opened(here: &mut Region) {
    let own = || allow(json!({ "AWS": format!("arn:aws:iam::{ME}:root") }));
    let (everybody, mixed) = (|| allow(json!("*")), || allow(json!({ "AWS": [KNOWN, THIEF] })));
    let none = Seen::Read(HeldPolicy { name: "plain".into(), ..HeldPolicy::default() });
    let mut behind = everybody();
    behind["Condition"] = json!({ "StringEquals": { "aws:SourceVpce": "vpce-0123456789abcdef0" } });
    here.queue_policies = map([
        ("https://sqs.us-east-1.amazonaws.com/111111111111/orders", held("orders", &[own(), everybody()])),
        ("https://sqs.us-east-1.amazonaws.com/111111111111/open", held("open", &[everybody()])),
        ("https://sqs.us-east-1.amazonaws.com/111111111111/behind", held("behind", &[behind])),
        ("https://sqs.us-east-1.amazonaws.com/111111111111/plain", none),
    ]);
    here.topic_policies = map([
        ("arn:aws:sns:us-east-1:111111111111:alerts", held("alerts", &[own(), mixed()])),
        ("arn:aws:sns:us-east-1:111111111111:open", held("open", &[everybody()])),
    ]);
    here.secret_policies = map([
        (PAYMENT, held("payment", &[mixed()])),
        (
            "arn:aws:secretsmanager:us-east-1:111111111111:secret:mail-a1b2c3",
            held("mail", &[allow(json!({ "AWS": THIEF }))]),
        ),
    ]);
    here.key_policies = map([
        (KEY, held("11111111-1111-4111-8111-111111111111", &[own(), mixed()])),
        (
            "arn:aws:kms:us-east-1:111111111111:key/22222222-2222-4222-8222-222222222222",
            held("22222222-2222-4222-8222-222222222222", &[everybody()]),
        ),
    ]);
    let grantee = format!("arn:aws:iam::{THIEF}:role/reader");
    let grant = KeyGrant { grantee, operations: set(&["Decrypt"]) };
    here.key_grants =
        map([(KEY, Seen::Read([("0c237476b39f8bc44e45212e08498fbe".to_owned(), grant)].into()))]);
    let share = |with: &[(&str, bool)]| ResourceShare {
        name: "network".into(),
        with: with
            .iter()
            .map(|(who, external)| ((*who).to_owned(), Sharer { external: *external, leaving: false }))
            .collect(),
        resources: set(&["arn:aws:ec2:us-east-1:111111111111:transit-gateway/tgw-1"]),
        ..ResourceShare::default()
    };
    here.resource_shares = map([
        ("arn:aws:ram:us-east-1:111111111111:resource-share/a", share(&[(THIEF, true), (KNOWN, true)])),
        ("arn:aws:ram:us-east-1:111111111111:resource-share/b", share(&[("222222222222", false)])),
    ]);
}

fn account() -> Account {
    let mut account = network([]);
    let here = account.regions.get_mut(REGION).unwrap();
    here.shared_snapshots = map([
        ("snap-public", copy("vol-1", &["all", KNOWN])),
        ("snap-stolen", encrypted("vol-2", &[THIEF])),
        ("snap-known", copy("vol-3", &[KNOWN])),
        ("snap-own", copy("vol-4", &[ME])),
        ("snap-private", copy("vol-5", &[])),
    ]);
    here.shared_images = map([
        ("ami-public", copy("i-1", &["all"])),
        ("ami-unit", copy("i-1", &[UNIT, THIEF])),
        ("ami-private", encrypted("", &[])),
    ]);
    here.shared_database_snapshots = map([
        (ORDERS, copy("orders", &["all", THIEF])),
        ("arn:aws:rds:us-east-1:111111111111:snapshot:private", copy("orders", &[])),
        ("arn:aws:rds:us-east-1:111111111111:cluster-snapshot:users", encrypted("users", &[KNOWN, THIEF])),
    ]);
    opened(here);
    let rule =
        ReplicationRule { id: "copy".into(), bucket: "elsewhere".into(), account: None, is_own: false };
    let replication = Replication { region: REGION.into(), rules: vec![rule] };
    account.bucket_replications = map([("shop-orders", Seen::Read(replication))]);
    account
}

/// Somebody lets one more account in.
fn shared_again(account: &mut Account) {
    let here = account.regions.get_mut(REGION).unwrap();
    if let Some(Seen::Read(copy)) = here.shared_snapshots.read_mut().unwrap().get_mut("snap-stolen") {
        copy.shared_with.insert("888888888888".into());
    }
    if let Some(Seen::Read(held)) = here.secret_policies.read_mut().unwrap().get_mut(PAYMENT) {
        let statement = allow(json!({ "AWS": format!("arn:aws:iam::{ME}:role/app") }));
        held.policy = Some(json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string());
    }
}

/// A Region with blocks on, one that a policy sets, and copies that hide.
fn blocked() -> Account {
    let mut account = account();
    let here = account.regions.get_mut(REGION).unwrap();
    here.sharing_blocks = Seen::Read(SharingBlocks {
        snapshots: SharingBlock { state: "block-new-sharing".into(), ..SharingBlock::default() },
        images: SharingBlock { managed_by: "declarative-policy".into(), ..SharingBlock::default() },
    });
    // Public ones could not be shared again while a block is on.
    for copies in [&mut here.shared_snapshots, &mut here.shared_images, &mut here.shared_database_snapshots] {
        for copy in copies.read_mut().unwrap().values_mut().filter_map(Seen::read_mut) {
            copy.shared_with.remove("all");
        }
    }
    let detail = "AccessDenied: the policy denies it".to_owned();
    let gap = |call: &str| Gap { cause: Cause::Denied, call: call.to_owned(), detail: detail.clone() };
    let queue = "https://sqs.us-east-1.amazonaws.com/111111111111/hidden".to_owned();
    here.queue_policies.read_mut().unwrap().insert(queue, Seen::Gap(gap("sqs:GetQueueAttributes")));
    let hidden = Seen::Gap(gap("ec2:DescribeSnapshotAttribute"));
    here.shared_snapshots.read_mut().unwrap().insert("snap-hidden".into(), hidden);
    account
}

/// The seeds of step 615.
pub fn seeds() -> Vec<Seed> {
    let known = |seed| with(seed, "known_accounts", json!([KNOWN]));
    vec![
        known(seed("snapshots and images shared", 615, account(), Some(shared_again))),
        seed("copies that hide, blocks that are set", 615, blocked(), None),
    ]
}
