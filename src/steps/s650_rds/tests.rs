use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::account::{DatabaseTraits, Scope};
use crate::aws::ledger::Phase;
use crate::sim::sample::{self, with_services};
use crate::step::{Now, Verdict, Write};
use crate::steps::shared::testing::{self, case, collected, simulated, there_and_back};

const ORDERS: &str = "arn:aws:rds:us-east-1:111111111111:db:orders";
const USERS: &str = "arn:aws:rds:us-east-1:111111111111:cluster:users";

fn account(change: impl FnOnce(&mut Database)) -> Account {
    let mut account = with_services();
    let here = account.regions.get_mut(sample::REGION).unwrap();
    change(here.databases.read_mut().unwrap().get_mut(ORDERS).unwrap());
    account
}

/// The verdict on one target: on the address of the database, or on its running.
fn verdict(account: &Account, params: &[(&str, &str)], kind: &str, name: &str) -> Option<Verdict<Value>> {
    let all = testing::verdicts(&Rds, account, &case(params));
    let of = |at: &Target| at.kind == kind && at.label.as_deref() == Some(name);
    all.into_iter().find(|(at, ..)| of(at)).map(|(_, _, verdict)| verdict)
}

fn refusal(verdict: Option<Verdict<Value>>) -> String {
    match verdict {
        Some(Verdict::Refuse(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_public_becomes_private_and_waiting_changes_are_never_done_early() {
    let address = |account: &Account| verdict(account, &[], "database-address", "orders");
    assert_eq!(address(&account(|_| {})), Some(Verdict::Change(json!("private"))));
    assert_eq!(address(&account(|d| d.public = false)), Some(Verdict::Already));
    assert_eq!(
        address(&account(|d| d.status = "backing-up".into())),
        Some(Verdict::Change(json!("private")))
    );
    assert_eq!(address(&account(|d| d.status = "deleting".into())), None);
    let waits = account(|d| d.pending = ["class".to_owned(), "engine version".to_owned()].into());
    assert!(refusal(address(&waits)).contains("(class, engine version)"));
    for status in ["stopped", "stopping", "failed", "inaccessible-encryption-credentials"] {
        assert!(refusal(address(&account(|d| d.status = status.into()))).contains(status));
    }
}

#[test]
fn an_address_is_held_back_while_other_changes_wait() {
    let case = case(&[]);
    let at = Target::new(PublicAccess::KIND, ORDERS).region(sample::REGION);
    let held = |account: &Account| {
        use crate::step::Lens as _;
        PublicAccess.hold_back(&public_access::Access::Public, &Look::new(&at, account, &case))
    };
    assert_eq!(held(&account(|d| d.public = false)), None);
    assert!(held(&account(|d| d.pending = ["port".to_owned()].into())).unwrap().contains("port"));
    assert!(held(&account(|d| d.status = "stopped".into())).is_some());
}

#[test]
fn a_multi_az_cluster_is_refused_and_its_instances_are_not_asked() {
    let mut account = with_services();
    let here = account.regions.get_mut(sample::REGION).unwrap();
    for database in here.databases.read_mut().unwrap().values_mut().filter(|d| d.name.starts_with("users")) {
        database.engine = "mysql".into();
        database.public = true;
    }
    assert!(refusal(verdict(&account, &[], "database-address", "users")).contains("510"));
    assert_eq!(verdict(&account, &[], "database-address", "users-1"), None);
    let stop = [("way", "stop")];
    assert!(refusal(verdict(&account, &stop, "database-power", "users")).contains("Multi-AZ"));
}

#[test]
fn what_aws_does_not_stop_is_refused_by_name() {
    let stop = |change: &dyn Fn(&mut Database)| {
        verdict(&account(|database| change(database)), &[("way", "stop")], "database-power", "orders")
    };
    let with = |traits: DatabaseTraits| stop(&|database| database.traits = traits.clone());
    let plain = DatabaseTraits::default;
    assert_eq!(stop(&|_| {}), Some(Verdict::Change(json!("stopped"))));
    assert_eq!(stop(&|d| d.status = "modifying".into()), Some(Verdict::Change(json!("stopped"))));
    assert_eq!(with(DatabaseTraits { multi_az: true, ..plain() }), Some(Verdict::Change(json!("stopped"))));
    for (traits, word) in [
        (DatabaseTraits { source: Some("main".into()), ..plain() }, "replicates from main"),
        (DatabaseTraits { replicas: ["copy".to_owned()].into(), ..plain() }, "copy"),
        (DatabaseTraits { global: Some("world".into()), ..plain() }, "world"),
        (DatabaseTraits { mode: Some("serverless".into()), ..plain() }, "Serverless v1"),
    ] {
        assert!(refusal(with(traits)).contains(word), "{word}");
    }
    let windows = stop(&|d| {
        d.engine = "sqlserver-ee".into();
        d.traits.multi_az = true;
    });
    assert!(refusal(windows).contains("SQL Server"));
    assert!(refusal(stop(&|d| d.engine = "custom-oracle-ee".into())).contains("Custom"));
    assert!(refusal(stop(&|d| d.pending = ["port".to_owned()].into())).contains("port"));
    assert!(refusal(stop(&|d| d.status = "storage-optimization".into())).contains("storage-optimization"));
}

#[test]
fn a_database_that_is_only_in_part_in_scope_is_refused() {
    let mut case = case(&[]);
    case.scope = Scope { subnets: ["subnet-1a".to_owned()].into(), ..Scope::default() };
    let all = testing::verdicts(&Rds, &with_services(), &case);
    assert!(!all.is_empty());
    let refused =
        |verdict: &Verdict<Value>| matches!(verdict, Verdict::Refuse(why) if why.contains("1 of its 2"));
    assert!(all.iter().all(|(_, _, verdict)| *verdict == Verdict::Already || refused(verdict)), "{all:?}");
    assert!(all.iter().any(|(_, _, verdict)| refused(verdict)));
}

#[tokio::test]
async fn there_and_back_again() {
    // The first address that the simulation gives out: AWS gives another one each time.
    let account = || {
        let mut account = account(|_| {});
        let here = account.regions.get_mut(sample::REGION).unwrap();
        let interface = here.interfaces.read_mut().unwrap().get_mut("eni-orders").unwrap();
        interface.public_ip = Some("198.51.100.1".into());
        account
    };
    there_and_back(&Rds, account(), &case(&[])).await;
    there_and_back(&Rds, account(), &case(&[("way", "stop")])).await;
}

/// A change that somebody else asked for since the plan waits: nothing is sent.
#[tokio::test]
async fn a_change_that_came_to_wait_meanwhile_stops_the_write() {
    let case = case(&[]);
    let (simulation, aws) = simulated(with_services(), &case);
    let before = collected(&Rds, &aws).await;
    let changes = testing::plan(&Rds, &before, &case);
    let (at, from, to) = changes.iter().find(|(at, ..)| at.id == ORDERS).unwrap();
    simulation.meddle(|account| {
        let here = account.regions.get_mut(sample::REGION).unwrap();
        let orders = here.databases.read_mut().unwrap().get_mut(ORDERS).unwrap();
        orders.pending = ["engine version".to_owned()].into();
    });
    let _phase = aws.enter(Phase::Apply);
    let step: &dyn Step = &Rds;
    let error = step.lens(at).write(Write::new(&aws, at, from, to, &case.params)).await.unwrap_err();
    assert!(error.to_string().contains("engine version"), "{error}");
    let sent = aws.ledger().calls().into_iter().any(|call| call.operation == "rds:ModifyDBInstance");
    assert!(!sent);
}

/// What AWS starts by itself after seven days is as it was: nothing is owed for it.
#[tokio::test]
async fn aws_starts_a_stopped_database_after_seven_days() {
    let case = case(&[("way", "stop")]);
    let (_, aws) = simulated(with_services(), &case);
    let before = collected(&Rds, &aws).await;
    let at = Target::new(Power::KIND, USERS).region(sample::REGION);
    let step: &dyn Step = &Rds;
    let state = |account: &Account| step.lens(&at).state(&Look::new(&at, account, &case));
    let (running, stopped) = (json!("running"), json!("stopped"));
    assert_eq!(state(&before), Now::Is(running.clone()));
    {
        let _phase = aws.enter(Phase::Apply);
        let write = Write::new(&aws, &at, &running, &stopped, &case.params);
        step.lens(&at).write(write).await.unwrap();
    }
    assert_eq!(state(&collected(&Rds, &aws).await), Now::Settling(stopped.clone()));
    aws.clock().wait(Duration::from_secs(200)).await;
    let during = collected(&Rds, &aws).await;
    assert_eq!(state(&during), Now::Is(stopped.clone()));
    let said = Rds.find(&during, &case).findings;
    assert!(said.iter().any(|finding| finding.text.contains("users is stopped: AWS starts it by itself on")));
    let lasts = step.lens(&at).lasts(&stopped).unwrap();
    aws.clock().wait(lasts + Duration::from_secs(200)).await;
    collected(&Rds, &aws).await;
    aws.clock().wait(Duration::from_secs(200)).await;
    assert_eq!(state(&collected(&Rds, &aws).await), Now::Is(running));
}
