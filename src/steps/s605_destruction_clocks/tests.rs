use super::clock::Clock;
use super::*;
use crate::account::{Caller, Cause, DeletionCalls, Gap, KmsKey, Region, Secret};
use crate::aws::ledger::Phase;
use crate::collect::{self, Ask};
use crate::step::{Lens, Look, Now, Scope, Target, Verdict, Write};
use crate::steps::shared::testing::{self, changed, collected, simulated};

mod rules;

const REGION: &str = "eu-west-1";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:pay-AbCdEf";
const DUE: &str = "2026-12-05T10:00:00Z";

fn key(state: &str, deletion: Option<&str>) -> Seen<KmsKey> {
    Seen::Read(KmsKey { state: state.into(), deletion: deletion.map(str::to_owned), ..KmsKey::default() })
}

fn denied() -> Gap {
    Gap { cause: Cause::Denied, call: "kms:DescribeKey".into(), detail: "by the key's policy".into() }
}

fn account(keys: &[(&str, Seen<KmsKey>)], deleted: Option<&str>) -> Account {
    let caller = Caller { arn: "arn:aws:iam::123456789012:user/oncall".into(), ..Caller::default() };
    let mut account = Account::unread("123456789012", caller);
    account.alias = Seen::Read(None);
    account.enabled_regions = Seen::Read([REGION.to_owned()].into());
    let keys = keys.iter().map(|(id, key)| ((*id).to_owned(), key.clone())).collect();
    let secret = Secret { name: "pay".into(), deleted: deleted.map(str::to_owned), ..Secret::default() };
    let secrets: BTreeMap<_, _> = [(SECRET.to_owned(), Seen::Read(secret))].into();
    let here = Region {
        kms_keys: Seen::Read(keys),
        secrets: Seen::Read(secrets),
        deletion_calls: Seen::Read(DeletionCalls::default()),
        log_groups: Seen::Read(BTreeMap::new()),
        recovery_points: Seen::Read(BTreeMap::new()),
        databases: Seen::Read(BTreeMap::new()),
        ..Region::default()
    };
    account.bucket_lifecycles = Seen::Read(BTreeMap::new());
    account.regions.insert(REGION.into(), here);
    account
}

fn keys() -> Vec<(&'static str, Seen<KmsKey>)> {
    let managed = KmsKey { state: "Enabled".into(), managed_by_aws: true, ..KmsKey::default() };
    vec![
        ("due", key("PendingDeletion", Some(DUE))),
        ("mrk-primary", key("PendingReplicaDeletion", None)),
        ("on", key("Enabled", None)),
        ("off", key("Disabled", None)),
        ("aws", Seen::Read(managed)),
    ]
}

fn texts(account: &Account) -> Vec<String> {
    let found = DestructionClocks.find(account, &testing::case(&[]));
    found.findings.into_iter().map(|finding| finding.text).collect()
}

#[test]
fn what_is_scheduled_is_cancelled_for_good_and_the_rest_is_so_already() {
    let case = testing::case(&[]);
    let account = account(&keys(), Some(DUE));
    assert_eq!(changed(&DestructionClocks, &account, &case), ["due", "mrk-primary", SECRET]);
    let verdicts = testing::verdicts(&DestructionClocks, &account, &case);
    for (at, _, verdict) in &verdicts {
        match verdict {
            Verdict::Lasting(_, why) => assert!(why.ends_with("unplug never schedules a deletion"), "{why}"),
            Verdict::Already => assert!(["on", "off"].contains(&&*at.id), "{at}"),
            other => panic!("{at}: {other:?}"),
        }
    }
    assert_eq!(verdicts.len(), 5, "a key that AWS manages is no target");
}

#[test]
fn the_reason_that_a_key_stays_has_the_command_that_enables_it() {
    let at = Target::new(Key::KIND, "due").region(REGION);
    let account = account(&keys(), None);
    let case = testing::case(&[]);
    let look = Look::new(&at, &account, &case);
    let Now::Is(now) = Key.state(&look) else { panic!("no key") };
    let Verdict::Lasting(Clock::Stopped, why) = Key.contain(&now, &look) else { panic!("not lasting") };
    assert!(why.contains("aws kms enable-key --region eu-west-1 --key-id due"), "{why}");
    assert_eq!(Key.show(&now), "pending deletion on 2026-12-05");
}

#[test]
fn a_key_that_hides_is_a_gap_and_nothing_is_called_fine() {
    let mut keys = vec![("on", key("Enabled", None))];
    assert_eq!(texts(&account(&keys, None)), ["no key and no secret is scheduled for deletion"]);
    keys.push(("hidden", Seen::Gap(denied())));
    let account = account(&keys, None);
    assert_eq!(texts(&account), [""; 0]);
    let gaps = Section::KmsKeys.gaps(&account);
    assert!(
        matches!(&gaps[..], [(Some(_), gap)] if gap.detail == "key hidden: by the key's policy"),
        "{gaps:?}"
    );
    let at = Target::new(Key::KIND, "hidden").region(REGION);
    let case = testing::case(&[]);
    assert!(matches!(Key.state(&Look::new(&at, &account, &case)), Now::Unknown(_)));
}

#[test]
fn what_no_call_of_the_step_repairs_is_said() {
    let expires = KmsKey {
        state: "Enabled".into(),
        material_expires: Some("2027-01-01T00:00:00Z".into()),
        ..KmsKey::default()
    };
    let keys = [
        ("empty", key("PendingImport", None)),
        ("far", key("Unavailable", None)),
        ("imported", Seen::Read(expires)),
    ];
    let said = texts(&account(&keys, None)).join("\n");
    for part in ["empty has no key material", "far is unavailable", "AWS deletes on 2027-01-01"] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

#[test]
fn a_region_out_of_scope_is_left() {
    let account = account(&keys(), Some(DUE));
    let scope = Scope { regions: Some(["us-east-1".to_owned()].into()), ..Scope::default() };
    let case = Case { scope, ..testing::case(&[]) };
    assert!(DestructionClocks.find(&account, &case).items.is_empty());
}

#[tokio::test]
async fn a_deletion_is_cancelled_and_no_write_schedules_it_again() {
    let case = testing::case(&[]);
    let before = account(&keys(), Some(DUE));
    let (simulation, aws) = simulated(before.clone(), &case);
    let changes = testing::plan(&DestructionClocks, &before, &case);
    let step: &dyn Step = &DestructionClocks;
    {
        let _phase = aws.enter(Phase::Apply);
        for (at, from, to) in &changes {
            step.lens(at).write(Write::new(&aws, at, from, to, &case.params)).await.expect("cancelled");
            let back = step.lens(at).write(Write::new(&aws, at, to, from, &case.params)).await;
            assert_eq!(back.unwrap_err().to_string(), "unplug never schedules a deletion");
            // A second call, as after a lost answer, is refused by AWS: what is read back decides.
            let again = step.lens(at).write(Write::new(&aws, at, from, to, &case.params)).await;
            let code = again.unwrap_err().aws().and_then(|error| error.code.clone());
            let refused = ["KMSInvalidStateException", "InvalidRequestException"].map(str::to_owned);
            assert!(code.is_some_and(|code| refused.contains(&code)));
        }
    }
    let here = &simulation.account().regions[REGION];
    for id in ["due", "mrk-primary"] {
        assert_eq!(here.kms_keys.item(id), Some(&key("Disabled", None)), "{id}");
    }
    assert!(here.secrets.item(SECRET).and_then(Seen::read).is_some_and(|secret| secret.deleted.is_none()));
    // Put back, it is held: also where somebody names it with --reactivate.
    let after = collected(step, &aws).await;
    for (at, from, _) in &changes {
        let held = step.lens(at).hold_back(from, &Look::new(at, &after, &case)).unwrap();
        assert!(held.is_some_and(|why| why.ends_with("unplug never schedules a deletion")), "{at}");
    }
}

#[tokio::test]
async fn a_second_look_asks_for_its_targets_only() {
    let case = testing::case(&[]);
    let before = account(&keys(), Some(DUE));
    let (_, aws) = simulated(before.clone(), &case);
    let mut ask = Ask { sections: [Section::KmsKeys, Section::Secrets].into(), ..Ask::default() };
    Key.narrow(&mut ask, &Target::new(Key::KIND, "due").region(REGION));
    StoredSecret.narrow(&mut ask, &Target::new(StoredSecret::KIND, SECRET).region(REGION));
    let read = collect::read(&aws, &before, &ask, &|_, _| {}).await;
    let here = &read.regions[REGION];
    assert_eq!(here.kms_keys.items().map(|(id, _)| id).collect::<Vec<_>>(), ["due"]);
    assert_eq!(here.secrets.items().count(), 1);
    let calls: Vec<String> = aws.ledger().calls().into_iter().map(|call| call.operation).collect();
    assert_eq!(calls.len(), 2, "{calls:?}");
    assert!(calls.iter().all(|call| call.contains(":Describe")), "{calls:?}");
}

#[tokio::test]
async fn what_is_read_is_what_is_there() {
    let case = testing::case(&[]);
    let before = account(&keys(), Some(DUE));
    let (simulation, aws) = simulated(before.clone(), &case);
    for one_a_page in [false, true] {
        if one_a_page {
            simulation.one_item_a_page();
        }
        let read = collected(&DestructionClocks, &aws).await;
        assert_eq!(read.regions[REGION], before.regions[REGION]);
    }
}
