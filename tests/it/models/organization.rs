//! The calls to AWS Organizations: what is read of one, and every change that a containment makes there.

use std::sync::{Arc, Mutex};

use unplug::account::organization::{DECLARATIVE_EC2, SERVICE_CONTROL};
use unplug::account::{
    Account, Organization, OrganizationAccount, OrganizationPolicy, OrganizationTree, Section, Seen,
};
use unplug::aws::Aws;
use unplug::aws::ledger::Phase;
use unplug::aws::tap::Sent;
use unplug::collect::{self, Ask};
use unplug::scenario;
use unplug::sim::Simulation;

const ROOT: &str = "r-5a3b";
const DENY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;

/// An account that is directly below the root.
fn account() -> Account {
    let mut account = scenario::load(scenario::DEFAULT).unwrap().account;
    let levels = [ROOT.to_owned(), account.id.clone()];
    let full = "p-FullAWSAccess".to_owned();
    let on_each = |ids: &[String]| {
        let ids = Seen::Read(ids.iter().cloned().collect());
        levels.iter().map(|level| (level.clone(), ids.clone())).collect()
    };
    let own = OrganizationPolicy {
        name: "FullAWSAccess".into(),
        kind: SERVICE_CONTROL.into(),
        aws_managed: true,
        content: Seen::Read(DENY.replace("Deny", "Allow")),
        ..OrganizationPolicy::default()
    };
    let shop = OrganizationAccount { name: "shop".into(), status: "ACTIVE".into(), parent: ROOT.into() };
    let tree = OrganizationTree {
        root: ROOT.into(),
        policy_types: [SERVICE_CONTROL, DECLARATIVE_EC2].map(|kind| (kind.into(), "ENABLED".into())).into(),
        levels: levels.to_vec(),
        units: Seen::Read([].into()),
        accounts: Seen::Read([(account.id.clone(), shop)].into()),
        attached: [
            (SERVICE_CONTROL.to_owned(), on_each(std::slice::from_ref(&full))),
            (DECLARATIVE_EC2.to_owned(), on_each(&[])),
        ]
        .into(),
        policies: Seen::Read([(full, own)].into()),
        effective_policies: [(DECLARATIVE_EC2.to_owned(), Seen::Read(None))].into(),
    };
    account.organization = Seen::Read(Some(Organization {
        id: "o-5a3b5a3b5a".into(),
        management_account: "999999999999".into(),
        management: false,
        feature_set: "ALL".into(),
        tree: Seen::Read(tree),
    }));
    account
}

/// Sends every call, and takes back every change.
pub async fn calls(sent: &Arc<Mutex<Vec<Sent>>>) {
    let account = account();
    let simulation = Simulation::new(account.clone());
    let aws = Aws::simulated(simulation.clone());
    let seen = sent.clone();
    aws.tap().witness(move |request| seen.lock().unwrap().push(request));
    let _writing = aws.enter(Phase::Apply);
    let organizations = aws.organizations();
    let unit = organizations.create_organizational_unit().parent_id(ROOT).name("unplug-run-1").send();
    let unit = unit.await.unwrap().organizational_unit.unwrap().id.unwrap();
    let policy = organizations.create_policy().name("unplug-run-1").description("a cut").content(DENY);
    let policy = policy.r#type(SERVICE_CONTROL.into()).send().await.unwrap();
    let policy = policy.policy.unwrap().policy_summary.unwrap().id.unwrap();
    organizations.update_policy().policy_id(&policy).content(DENY).send().await.unwrap();
    organizations.attach_policy().policy_id(&policy).target_id(&unit).send().await.unwrap();
    let go = |from: &str, to: &str| {
        let go = organizations.move_account().account_id(&account.id);
        go.source_parent_id(from).destination_parent_id(to).send()
    };
    go(ROOT, &unit).await.unwrap();
    assert!(collect::in_organization(&aws, &account.id).await.unwrap());
    let ask = Ask { sections: [Section::Organization].into(), ..Ask::default() };
    let read = collect::read(&aws, &account, &ask, &|_, _| {}).await;
    assert_eq!(read.organization, simulation.account().organization);
    go(&unit, ROOT).await.unwrap();
    organizations.detach_policy().policy_id(&policy).target_id(&unit).send().await.unwrap();
    organizations.delete_policy().policy_id(&policy).send().await.unwrap();
    organizations.delete_organizational_unit().organizational_unit_id(&unit).send().await.unwrap();
    let kind = || "S3_POLICY".into();
    organizations.enable_policy_type().root_id(ROOT).policy_type(kind()).send().await.unwrap();
    organizations.disable_policy_type().root_id(ROOT).policy_type(kind()).send().await.unwrap();
    assert_eq!(simulation.account(), account);
}
