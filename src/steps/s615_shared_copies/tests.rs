use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::account::{SharingBlock, SharingBlocks};
use crate::aws::ledger::Phase;
use crate::sim::sample;
use crate::step::{Look, Now, Verdict, Write};
use crate::steps::shared::testing::{self, case, collected, simulated};

const THIEF: &str = "999999999999";
const BACKUP: &str = "333333333333";

fn set(with: &[&str]) -> BTreeSet<String> {
    with.iter().map(ToString::to_string).collect()
}

fn copies(all: &[(&str, &[&str])]) -> Copies {
    let copy =
        |with: &[&str]| SharedCopy { of: "vol-1".into(), shared_with: set(with), ..SharedCopy::default() };
    Seen::Read(all.iter().map(|(id, with)| ((*id).to_owned(), Seen::Read(copy(with)))).collect())
}

fn account() -> Account {
    let mut account = sample::account();
    account.regions.retain(|name, _| name == sample::REGION);
    account.enabled_regions = Seen::Read([sample::REGION.to_owned()].into());
    let here = account.regions.get_mut(sample::REGION).unwrap();
    here.shared_snapshots =
        copies(&[("snap-1", &["all", THIEF, BACKUP]), ("snap-2", &[]), ("snap-3", &[sample::ME])]);
    here.shared_images =
        copies(&[("ami-1", &["arn:aws:organizations::1:organization/o-1"]), ("ami-2", &["all"])]);
    here.shared_database_snapshots = copies(&[
        ("arn:aws:rds:us-east-1:111111111111:snapshot:a", &["all"]),
        ("arn:aws:rds:us-east-1:111111111111:cluster-snapshot:b", &[THIEF, BACKUP]),
    ]);
    here.sharing_blocks = Seen::Read(SharingBlocks::default());
    account
}

fn knowing(known: &[&str]) -> Case {
    let mut case = case(&[]);
    case.params.insert(KNOWN.into(), json!(known));
    case
}

fn verdict(account: &Account, case: &Case, id: &str) -> (Value, Verdict<Value>) {
    let all = testing::verdicts(&SharedCopies, account, case);
    let found = all.into_iter().find(|(at, ..)| at.id == id);
    found.map(|(_, now, verdict)| (now, verdict)).unwrap()
}

#[test]
fn everybody_and_unknown_accounts_lose_their_permission_and_known_ones_keep_theirs() {
    let (account, case) = (account(), knowing(&[BACKUP]));
    let nobody = || Verdict::Change(json!([]));
    assert_eq!(verdict(&account, &case, "snap-1"), (json!([THIEF, "all"]), nobody()));
    assert_eq!(verdict(&account, &case, "snap-2").1, Verdict::Already);
    assert_eq!(verdict(&account, &case, "snap-3").1, Verdict::Already, "this account itself");
    assert_eq!(verdict(&account, &case, "ami-1").1, nobody());
    let organization = knowing(&["arn:aws:organizations::1:organization/o-1"]);
    assert_eq!(verdict(&account, &organization, "ami-1").1, Verdict::Already);
    let said = SharedCopies.find(&account, &case).findings;
    let public = said.iter().find(|finding| finding.text.contains("snap-1")).unwrap();
    assert!(public.matters && public.text.contains("everybody") && !public.text.contains(BACKUP));
}

#[test]
fn a_name_that_is_no_account_is_said() {
    let said = SharedCopies.find(&account(), &knowing(&["backup", BACKUP])).findings;
    assert_eq!(said.iter().filter(|finding| finding.text.contains("\"backup\"")).count(), 1);
}

#[test]
fn a_block_that_a_policy_sets_is_its_own() {
    let mut account = account();
    let here = account.regions.get_mut(sample::REGION).unwrap();
    let policy = |state: &str| SharingBlock { state: state.into(), managed_by: "declarative-policy".into() };
    here.sharing_blocks =
        Seen::Read(SharingBlocks { snapshots: policy("block-all-sharing"), images: policy("unblocked") });
    let case = case(&[]);
    assert_eq!(verdict(&account, &case, "us-east-1/snapshots").1, Verdict::Already);
    let (_, images) = verdict(&account, &case, "us-east-1/images");
    assert!(matches!(images, Verdict::Refuse(why) if why.contains("declarative policy")));
}

#[test]
fn what_was_public_is_held_back_while_a_block_is_on() {
    let mut account = account();
    let at = Target::new(VolumeSnapshot::KIND, "snap-1").region(sample::REGION);
    let case = case(&[]);
    let (public, shared) = (set(&["all"]), set(&[THIEF]));
    assert_eq!(VolumeSnapshot.hold_back(&public, &Look::new(&at, &account, &case)), None);
    let here = account.regions.get_mut(sample::REGION).unwrap();
    here.sharing_blocks.read_mut().unwrap().snapshots.state = "block-all-sharing".into();
    let look = Look::new(&at, &account, &case);
    assert!(VolumeSnapshot.hold_back(&public, &look).unwrap().contains("block-all-sharing"));
    assert_eq!(VolumeSnapshot.hold_back(&shared, &look), None);
}

#[test]
fn a_restore_gives_back_what_was_taken_and_leaves_what_others_added() {
    let (before, none) = (set(&["all", THIEF]), set(&[]));
    let now = set(&["888888888888"]);
    assert_eq!(grantees::difference(&before, &now, &now), (vec![THIEF.into(), "all".into()], vec![]));
    let both = set(&["888888888888", THIEF, "all"]);
    assert!(grantees::arrived(&before, &both));
    assert!(!grantees::arrived(&none, &now), "shared again after the cut");
    assert_eq!(grantees::difference(&none, &before, &set(&["all", BACKUP])), (vec![], vec!["all".into()]));
}

#[tokio::test]
async fn there_and_back_again() {
    // The block of images takes four minutes here.
    let (account, case) = (account(), knowing(&[BACKUP]));
    let (_, aws) = simulated(account, &case);
    let before = collected(&SharedCopies, &aws).await;
    let changes = testing::plan(&SharedCopies, &before, &case);
    assert_eq!(changes.len(), 7);
    let step: &dyn Step = &SharedCopies;
    {
        let _phase = aws.enter(Phase::Apply);
        for (at, from, to) in &changes {
            for _ in 0..2 {
                step.lens(at).write(Write::new(&aws, at, from, to, &case.params)).await.unwrap();
            }
        }
    }
    let during = collected(&SharedCopies, &aws).await;
    let images = Target::new(Block::KIND, "us-east-1/images").region(sample::REGION);
    let state = |account: &Account, at: &Target| step.lens(at).state(&Look::new(at, account, &case));
    assert_eq!(state(&during, &images), Now::Is(json!("unblocked")), "accepted is not in effect");
    aws.clock().wait(Duration::from_secs(300)).await;
    let during = collected(&SharedCopies, &aws).await;
    for (at, _, to) in &changes {
        assert_eq!(state(&during, at), Now::Is(to.clone()), "{at}");
    }
    let _phase = aws.enter(Phase::Restore);
    for (at, from, to) in changes.iter().rev() {
        step.lens(at).write(Write::new(&aws, at, to, from, &case.params)).await.unwrap();
        aws.clock().wait(Duration::from_secs(300)).await;
    }
    assert_eq!(collected(&SharedCopies, &aws).await, before);
}

#[tokio::test]
async fn one_item_a_page_reads_the_same() {
    let case = case(&[]);
    let (simulation, aws) = simulated(account(), &case);
    let whole = collected(&SharedCopies, &aws).await;
    simulation.one_item_a_page();
    assert_eq!(collected(&SharedCopies, &aws).await, whole);
    let here = &whole.regions[sample::REGION];
    assert_eq!(here.shared_snapshots, account().regions[sample::REGION].shared_snapshots);
    assert_eq!(here.shared_database_snapshots.read().map(BTreeMap::len), Some(2));
}
