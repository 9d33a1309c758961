//! Seeds of 615: snapshots and images, shared with everybody, with known and with unknown accounts.

use serde_json::json;
use unplug::account::{Account, Cause, Gap, Seen, SharedCopy, SharingBlock, SharingBlocks};

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
    account
}

/// Somebody lets one more account in.
fn shared_again(account: &mut Account) {
    let here = account.regions.get_mut(REGION).unwrap();
    if let Some(Seen::Read(copy)) = here.shared_snapshots.read_mut().unwrap().get_mut("snap-stolen") {
        copy.shared_with.insert("888888888888".into());
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
    let call = "ec2:DescribeSnapshotAttribute".to_owned();
    let hidden = Seen::Gap(Gap { cause: Cause::Denied, call, detail });
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
