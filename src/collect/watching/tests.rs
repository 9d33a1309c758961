//! What the checks read by the plain client: as the simulation has it, page by page, and where AWS says no.

use super::super::{Ask, read};
use crate::account::hub::{HubGroup, HubSeverity};
use crate::account::{
    Account, Analyzer, Cause, HealthNotice, HubFindings, Recorder, Section, SecurityContact, Seen,
};
use crate::aws::Aws;
use crate::aws::faults::{Fault, When};
use crate::sim::{Simulation, sample};

const SECTIONS: [Section; 9] = [
    Section::SecurityContact,
    Section::HealthNotices,
    Section::EdgeLogs,
    Section::Recorders,
    Section::Analyzers,
    Section::BalancerLogs,
    Section::Quotas,
    Section::HubFindings,
    Section::Backups,
];

fn group(severity: HubSeverity, control: &str) -> HubGroup {
    HubGroup {
        severity,
        control: control.into(),
        kind: "AwsEcrContainerImage".into(),
        account: sample::ME.into(),
        region: sample::REGION.into(),
        title: format!("{control} should hold"),
        others: 2,
        images: [("sha256:abc".to_owned(), 3)].into(),
    }
}

fn map<T>(items: impl IntoIterator<Item = (&'static str, T)>) -> Seen<std::collections::BTreeMap<String, T>> {
    Seen::Read(items.into_iter().map(|(id, item)| (id.to_owned(), item)).collect())
}

/// The sample, with something in each of the sections.
fn account() -> Account {
    let mut account = sample::with_services();
    account.security_contact =
        Seen::Read(Some(SecurityContact { name: "Security".into(), email: "s@example.com".into() }));
    account.health_notices = map(["1", "2"].map(|id| {
        let notice = HealthNotice {
            service: "RISK".into(),
            code: "AWS_RISK_CREDENTIALS_EXPOSED".into(),
            category: "accountNotification".into(),
            region: if id == "1" { String::new() } else { "eu-west-1".into() },
            status: "open".into(),
        };
        (id, notice)
    }));
    account.edge_logs = Seen::Read(["arn:aws:cloudfront::111111111111:distribution/E1".to_owned()].into());
    for (region, here) in &mut account.regions {
        let busy = region == sample::REGION;
        let recorder = Recorder { recording: busy, last_status: "Success".into(), everything: true };
        here.recorders = map([("default", recorder)]);
        let analyzer = |kind: &str| Analyzer { kind: kind.into(), status: "ACTIVE".into() };
        here.analyzers = map([("a", analyzer("ACCOUNT")), ("b", analyzer("ACCOUNT_UNUSED_ACCESS"))]);
        here.balancer_logs = map(busy.then_some((sample::FRONT, true)));
        here.quotas = map([("L-B4A6D682", 300), ("L-E79EC296", 2_500)]);
        let findings = HubFindings {
            groups: vec![group(HubSeverity::Critical, "ECR.1"), group(HubSeverity::Low, "ECR.3")],
            suppressed: 4,
            not_evaluated: [("S3.2".to_owned(), 2)].into(),
            ..HubFindings::default()
        };
        let off = HubFindings { off: true, ..HubFindings::default() };
        here.hub_findings = Seen::Read(if busy { findings } else { off });
        here.backups = map([("arn:aws:rds:us-east-1:111111111111:db:a", "2026-11-21T05:00:00Z".to_owned())]);
    }
    account
}

fn ask() -> Ask {
    Ask { sections: SECTIONS.into(), ..Ask::default() }
}

#[tokio::test]
async fn what_is_read_is_what_there_is_also_page_by_page() {
    let account = account();
    let all: std::collections::BTreeSet<Section> = SECTIONS.into();
    for one_item_a_page in [false, true] {
        let simulation = Simulation::new(account.clone());
        if one_item_a_page {
            simulation.one_item_a_page();
        }
        let read = read(&Aws::simulated(simulation), &account, &ask(), &|_, _| {}).await;
        assert_eq!(read.part(&all, |_| true), account.part(&all, |_| true));
    }
}

#[tokio::test]
async fn nobody_to_write_to_is_no_gap_and_a_support_plan_without_health_is_one() {
    let mut account = account();
    account.security_contact = Seen::Read(None);
    let aws = Aws::simulated(Simulation::new(account.clone()));
    let name = "health:DescribeEvents".to_owned();
    let refused = Fault::Refuse { code: "SubscriptionRequiredException", message: "no plan" };
    aws.faults().set(When::Operation { name, times: 100 }, refused);
    let read = read(&aws, &account, &ask(), &|_, _| {}).await;
    assert_eq!(read.security_contact, Seen::Read(None));
    assert_eq!(read.health_notices.gap().map(|gap| gap.cause), Some(Cause::NotSubscribed));
    let actions = Section::HealthNotices.reads();
    assert_eq!(actions, ["health:DescribeEvents"]);
}
