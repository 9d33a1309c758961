use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::account::{
    HeldPolicy, KeyGrant, Replication, ReplicationRule, ResourceShare, Sharer, SharingBlock, SharingBlocks,
};
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

const QUEUE: &str = "https://sqs.us-east-1.amazonaws.com/111111111111/orders";
const TOPIC: &str = "arn:aws:sns:us-east-1:111111111111:alerts";
const SECRET: &str = "arn:aws:secretsmanager:us-east-1:111111111111:secret:payment-a1b2c3";
const KEY: &str = "arn:aws:kms:us-east-1:111111111111:key/k-1";
const SHARE: &str = "arn:aws:ram:us-east-1:111111111111:resource-share/a";

fn allow(principal: &Value) -> Value {
    json!({ "Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*" })
}

/// One of each, with the same statements in its policy, and a share with these.
fn opened(statements: &[Value], with: &[(&str, bool)]) -> Account {
    let mut account = account();
    account.bucket_replications = Seen::Read(BTreeMap::new());
    let here = account.regions.get_mut(sample::REGION).unwrap();
    let held = |id: &str, name: &str| {
        // As AWS lays it out: no state is the same text by chance.
        let text = serde_json::to_string_pretty(&json!({ "Statement": statements })).unwrap();
        let tags = sample::tag("team", "shop");
        let held = HeldPolicy { name: name.into(), policy: Some(text), tags };
        Seen::Read([(id.to_owned(), Seen::Read(held))].into())
    };
    here.queue_policies = held(QUEUE, "orders");
    here.topic_policies = held(TOPIC, "alerts");
    here.secret_policies = held(SECRET, "payment");
    here.key_policies = held(KEY, "k-1");
    here.key_grants = Seen::Read(BTreeMap::new());
    let with = with
        .iter()
        .map(|(who, external)| ((*who).to_owned(), Sharer { external: *external, leaving: false }));
    let share = ResourceShare {
        name: "network".into(),
        with: with.collect(),
        resources: set(&["arn:aws:ec2:us-east-1:111111111111:transit-gateway/tgw-1"]),
        ..ResourceShare::default()
    };
    here.resource_shares = Seen::Read([(SHARE.to_owned(), share)].into());
    account
}

fn root() -> Value {
    allow(&json!({ "AWS": format!("arn:aws:iam::{}:root", sample::ME) }))
}

/// What is left of each policy's statements; `None`: no policy, a default or a refusal.
fn left(verdict: &Verdict<Value>) -> Option<Value> {
    let Verdict::Change(to) = verdict else { return None };
    Some(serde_json::from_str::<Value>(to.as_str()?).unwrap()["Statement"].clone())
}

#[test]
fn policies_lose_unknown_accounts_alone() {
    let account = opened(&[root(), allow(&json!({ "AWS": [BACKUP, THIEF] })), allow(&json!("*"))], &[]);
    let wanted = json!([root(), allow(&json!({ "AWS": [BACKUP] }))]);
    for id in [QUEUE, TOPIC, SECRET] {
        assert_eq!(left(&verdict(&account, &knowing(&[BACKUP]), id).1), Some(wanted.clone()), "{id}");
    }
    let key = left(&verdict(&account, &knowing(&[BACKUP]), KEY).1).unwrap();
    assert_eq!(key[2]["Principal"], root()["Principal"], "everybody of a key's policy becomes its account");
    let all = opened(&[root()], &[]);
    for id in [QUEUE, TOPIC, SECRET, KEY] {
        assert_eq!(verdict(&all, &case(&[]), id).1, Verdict::Already, "{id}");
    }
}

#[test]
fn a_policy_of_which_nothing_is_left_goes_or_is_the_default_or_stays() {
    let account = opened(&[allow(&json!({ "AWS": THIEF }))], &[]);
    let of = |id| verdict(&account, &case(&[]), id).1;
    assert_eq!(of(QUEUE), Verdict::Change(Value::Null));
    assert_eq!(of(SECRET), Verdict::Change(Value::Null));
    let topic = left(&of(TOPIC)).unwrap();
    assert_eq!(topic[0]["Condition"]["StringEquals"]["AWS:SourceOwner"], sample::ME);
    assert!(matches!(of(KEY), Verdict::Refuse(why) if why.contains("nobody could manage the key")));
    let mut broken = account.clone();
    let here = broken.regions.get_mut(sample::REGION).unwrap();
    let queues = here.queue_policies.read_mut().unwrap();
    queues.get_mut(QUEUE).and_then(Seen::read_mut).unwrap().policy = Some("{".into());
    assert!(matches!(verdict(&broken, &case(&[]), QUEUE).1, Verdict::Refuse(why) if why.contains("no JSON")));
}

#[test]
fn two_texts_are_the_same_where_they_say_the_same() {
    let text = |text: &str| Some(text.to_owned());
    let statement = allow(&json!({ "AWS": [THIEF, BACKUP] }));
    let other = allow(&json!({ "AWS": [BACKUP, THIEF] }));
    let laid_out = serde_json::to_string_pretty(&json!({ "Statement": other })).unwrap();
    assert!(policies::same(&text(&json!({ "Statement": [statement] }).to_string()), &text(&laid_out)));
    assert!(!policies::same(&text(&laid_out), &text(&json!({ "Statement": [root()] }).to_string())));
    assert!(!policies::same(&None, &text(&laid_out)) && policies::same(&None, &None));
    assert!(policies::same(&text("no JSON"), &text("no JSON")));
}

#[test]
fn a_policy_is_shown_by_whom_it_allows() {
    let shown = |statements: Value| policies::show(&Some(json!({ "Statement": statements }).to_string()));
    let role = format!("arn:aws:iam::{THIEF}:role/x");
    let both = allow(&json!({ "AWS": [role, BACKUP], "Service": "s3.amazonaws.com" }));
    assert_eq!(shown(json!([both])), "allows 333333333333, 999999999999 role/x, s3.amazonaws.com");
    let mut some = allow(&json!("*"));
    some["Condition"] = json!({ "Bool": { "aws:SecureTransport": "true" } });
    assert_eq!(shown(some), "allows everybody on a condition");
    assert_eq!(shown(json!([{ "Effect": "Deny", "Principal": "*" }])), "allows nobody");
    assert_eq!(policies::show(&None), "no policy");
}

#[test]
fn a_share_with_the_organization_stays_and_one_outside_goes() {
    let account = opened(&[], &[(THIEF, true), (BACKUP, true), ("222222222222", false)]);
    let (now, wanted) = verdict(&account, &knowing(&[BACKUP]), SHARE);
    assert_eq!((now, wanted), (json!([THIEF]), Verdict::Change(json!([]))));
    let said = SharedCopies.find(&account, &knowing(&[BACKUP])).findings;
    let about = |words: &str| said.iter().any(|finding| finding.text.contains(words));
    assert!(about("lets 999999999999 use arn:aws:ec2"), "{said:?}");
    assert!(about("lets 222222222222 of the organization use"), "{said:?}");
    let mut promoted = account.clone();
    let here = promoted.regions.get_mut(sample::REGION).unwrap();
    here.resource_shares.read_mut().unwrap().get_mut(SHARE).unwrap().from_policy = true;
    let refused = verdict(&promoted, &knowing(&[BACKUP]), SHARE).1;
    assert!(matches!(refused, Verdict::Refuse(why) if why.contains("policy of the resource")));
}

#[test]
fn grants_replication_and_doubtful_conditions_are_named_and_not_changed() {
    let mut behind = allow(&json!("*"));
    behind["Condition"] = json!({ "StringEquals": { "aws:SourceVpce": "vpce-1" } });
    let mut account = opened(&[behind], &[]);
    let rule = |bucket: &str, owner: Option<&str>, is_own| ReplicationRule {
        id: "copy".into(),
        bucket: bucket.into(),
        account: owner.map(Into::into),
        is_own,
    };
    let rules =
        vec![rule("theirs", Some(THIEF), false), rule("unknown", None, false), rule("own", None, true)];
    let replication = Replication { region: sample::REGION.into(), rules };
    account.bucket_replications = Seen::Read([("shop".to_owned(), Seen::Read(replication))].into());
    let here = account.regions.get_mut(sample::REGION).unwrap();
    let grant =
        |who: &str| KeyGrant { grantee: format!("arn:aws:iam::{who}:role/x"), operations: set(&["Decrypt"]) };
    let grants = [("g-1".to_owned(), grant(THIEF)), ("g-2".to_owned(), grant(BACKUP))];
    here.key_grants = Seen::Read([(KEY.to_owned(), Seen::Read(grants.into()))].into());
    let case = knowing(&[BACKUP]);
    assert_eq!(verdict(&account, &case, QUEUE).1, Verdict::Already);
    let said = SharedCopies.find(&account, &case).findings;
    let count = |words: &str| said.iter().filter(|finding| finding.text.contains(words)).count();
    assert_eq!(count("aws kms revoke-grant --region us-east-1 --key-id arn:aws:kms"), 1, "{said:?}");
    assert_eq!(count("delete-bucket-replication --bucket shop"), 2, "{said:?}");
    assert_eq!(count("everybody by aws:SourceVpce vpce-1"), 4, "{said:?}");
}

#[tokio::test]
async fn policies_and_shares_there_and_back_again() {
    let statements = [root(), allow(&json!({ "AWS": [BACKUP, THIEF] })), allow(&json!("*"))];
    let mut account = opened(&statements, &[(THIEF, true), (BACKUP, true)]);
    let here = account.regions.get_mut(sample::REGION).unwrap();
    for copies in [&mut here.shared_snapshots, &mut here.shared_images, &mut here.shared_database_snapshots] {
        copies.read_mut().unwrap().clear();
    }
    here.sharing_blocks = Seen::default();
    let case = knowing(&[BACKUP]);
    assert_eq!(testing::changed(&SharedCopies, &account, &case).len(), 5);
    testing::there_and_back(&SharedCopies, account, &case).await;
    // Nothing is left of these.
    let alone = opened(&[allow(&json!({ "AWS": THIEF }))], &[(THIEF, true)]);
    let (_, aws) = simulated(alone.clone(), &case);
    let read = collected(&SharedCopies, &aws).await;
    let (was, is) = (&alone.regions[sample::REGION], &read.regions[sample::REGION]);
    assert_eq!((&was.queue_policies, &was.key_policies), (&is.queue_policies, &is.key_policies));
    assert_eq!((&was.topic_policies, &was.secret_policies), (&is.topic_policies, &is.secret_policies));
    assert_eq!((&was.resource_shares, &was.key_grants), (&is.resource_shares, &is.key_grants));
}
