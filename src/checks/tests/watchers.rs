//! What is changed on the sound account, and how the check then ends: who watches, and what is backed up.

use super::Status::{Failed, Passed, Unknown};
use super::cases::Case;
use super::world::{BALANCER, DATABASE, World, gap};
use crate::account::hub::{HubGroup, HubSeverity};
use crate::account::resources::ResourceType;
use crate::account::watchers::{BACKUP_PLAN, DETECTOR, GRAPH, HUB, HUB_V2, VAULT};
use crate::account::{
    Analyzer, Cause, Database, Distribution, EVERYBODY, HealthNotice, HubFindings, Recorder, Resources, Seen,
    SharedCopy,
};

fn here(world: &mut World) -> &mut Resources {
    world.here().watchers.read_mut().unwrap()
}

fn without(world: &mut World, of: &ResourceType) {
    here(world).types.remove(of.name);
}

fn denied(world: &mut World, of: &ResourceType) {
    here(world).types.insert(of.name.to_owned(), Seen::Gap(gap(Cause::Denied)));
}

fn recorder(world: &mut World, recorder: Option<Recorder>) {
    world.here().recorders =
        Seen::Read(recorder.map(|one| ("default".to_owned(), one)).into_iter().collect());
}

fn analyzer(world: &mut World, kind: &str, status: &str) {
    let one = Analyzer { kind: kind.into(), status: status.into() };
    world.here().analyzers = Seen::Read([("one".to_owned(), one)].into());
}

fn distribution(world: &mut World, logged: bool) {
    let one = Distribution { enabled: true, logged, ..Distribution::default() };
    world.account.distributions = Seen::Read([("E1".to_owned(), one)].into());
}

fn database(world: &mut World) -> &mut Database {
    world.here().databases.read_mut().unwrap().get_mut(DATABASE).unwrap()
}

fn notice(world: &mut World, service: &str, code: &str) {
    let one = HealthNotice {
        service: service.into(),
        code: code.into(),
        status: "open".into(),
        ..HealthNotice::default()
    };
    world.account.health_notices = Seen::Read([("arn:aws:health:::event/1".to_owned(), one)].into());
}

fn found(world: &mut World, severity: HubSeverity) {
    let group = HubGroup {
        severity,
        control: "S3.2".into(),
        kind: "AwsS3Bucket".into(),
        account: "444455556666".into(),
        region: "eu-west-1".into(),
        title: "S3 buckets should block public read access".into(),
        others: 12,
        images: [].into(),
    };
    let findings = HubFindings { groups: vec![group], ..HubFindings::default() };
    world.here().hub_findings = Seen::Read(findings);
}

fn snapshot(world: &mut World, copy: Seen<SharedCopy>) {
    world.here().shared_snapshots = Seen::Read([("snap-1".to_owned(), copy)].into());
}

fn public(name: &str) -> SharedCopy {
    SharedCopy { name: name.into(), shared_with: [EVERYBODY.to_owned()].into(), ..SharedCopy::default() }
}

/// By check: what is different, and the status.
pub const WATCHERS: &[Case] = &[
    ("see-guardduty", "there is no detector", Failed, |world| without(world, &DETECTOR)),
    ("see-guardduty", "the detector is off", Failed, |world| {
        let off = Seen::Read([("/Enable".to_owned(), "false".to_owned())].into());
        let all = Seen::Read([("one".to_owned(), off)].into());
        here(world).types.insert(DETECTOR.name.to_owned(), all);
    }),
    ("see-guardduty", "it may not be listed", Unknown, |world| denied(world, &DETECTOR)),
    ("see-guardduty", "the Region does not have the type", Unknown, |world| {
        without(world, &DETECTOR);
        here(world).not_offered.insert(DETECTOR.name.to_owned());
    }),
    ("see-detective", "there is no graph", Failed, |world| without(world, &GRAPH)),
    ("see-detective", "they may not be listed", Unknown, |world| denied(world, &GRAPH)),
    ("see-detective", "the Region does not have the type", Unknown, |world| {
        without(world, &GRAPH);
        here(world).not_offered.insert(GRAPH.name.to_owned());
    }),
    ("hear-security-hub", "it is off", Failed, |world| without(world, &HUB)),
    ("hear-security-hub", "the new one alone is on", Passed, |world| {
        let hub = here(world).types.remove(HUB.name).unwrap();
        here(world).types.insert(HUB_V2.name.to_owned(), hub);
    }),
    ("hear-security-hub", "it may not be described", Unknown, |world| denied(world, &HUB)),
    ("back-plans", "there is none", Failed, |world| without(world, &BACKUP_PLAN)),
    ("back-plans", "they may not be listed", Unknown, |world| denied(world, &BACKUP_PLAN)),
    ("back-vault-lock", "no vault is locked", Failed, |world| {
        let all = Seen::Read([("Default".to_owned(), Seen::Read([].into()))].into());
        here(world).types.insert(VAULT.name.to_owned(), all);
    }),
    ("back-vault-lock", "there is no vault", Failed, |world| without(world, &VAULT)),
    ("back-vault-lock", "they may not be listed", Unknown, |world| denied(world, &VAULT)),
    ("see-config", "there is no recorder", Failed, |world| recorder(world, None)),
    ("see-config", "the recorder is stopped", Failed, |world| recorder(world, Some(Recorder::default()))),
    ("see-config", "it cannot deliver", Failed, |world| {
        let last_status = "Failure".to_owned();
        recorder(world, Some(Recorder { recording: true, last_status, everything: true }));
    }),
    ("see-config", "it may not be described", Unknown, |world| {
        world.here().recorders = Seen::Gap(gap(Cause::Denied));
    }),
    ("see-analyzer", "there is none", Failed, |world| world.here().analyzers = Seen::Read([].into())),
    ("see-analyzer", "it looks for unused access", Failed, |world| {
        analyzer(world, "ACCOUNT_UNUSED_ACCESS", "ACTIVE");
    }),
    ("see-analyzer", "it is disabled", Failed, |world| analyzer(world, "ACCOUNT", "DISABLED")),
    ("see-analyzer", "it may not be listed", Unknown, |world| {
        world.here().analyzers = Seen::Gap(gap(Cause::Denied));
    }),
    ("see-access-logs", "a load balancer writes none", Failed, |world| {
        world.here().balancer_logs = Seen::Read([(BALANCER.to_owned(), false)].into());
    }),
    ("see-access-logs", "a distribution writes none", Failed, |world| distribution(world, false)),
    ("see-access-logs", "a distribution writes them", Passed, |world| distribution(world, true)),
    ("see-access-logs", "CloudWatch Logs delivers them", Passed, |world| {
        distribution(world, false);
        let arn = "arn:aws:cloudfront::444455556666:distribution/E1".to_owned();
        world.account.edge_logs = Seen::Read([arn].into());
    }),
    ("see-access-logs", "whether they are delivered is not known", Unknown, |world| {
        distribution(world, false);
        world.account.edge_logs = Seen::Gap(gap(Cause::Denied));
    }),
    ("back-databases", "one makes no backups", Failed, |world| database(world).backup_days = Some(0)),
    ("back-databases", "one keeps them for a day", Failed, |world| database(world).backup_days = Some(1)),
    ("back-databases", "one may be deleted", Failed, |world| {
        database(world).traits.deletion_protection = false;
    }),
    ("back-databases", "a member of a cluster has none of its own", Passed, |world| {
        database(world).cluster = Some("users".into());
        database(world).backup_days = Some(0);
    }),
    ("back-databases", "an older snapshot does not say", Unknown, |world| database(world).backup_days = None),
    ("back-recent", "nothing was kept", Failed, |world| world.here().backups = Seen::Read([].into())),
    ("back-recent", "the newest is of last week", Failed, |world| {
        let moment = "2026-11-15T05:00:00Z".to_owned();
        world.here().backups = Seen::Read([(DATABASE.to_owned(), moment)].into());
    }),
    ("back-recent", "there is no plan", Passed, |world| {
        without(world, &BACKUP_PLAN);
        world.here().backups = Seen::Read([].into());
    }),
    ("back-recent", "it may not be listed", Unknown, |world| {
        world.here().backups = Seen::Gap(gap(Cause::Denied));
    }),
    ("door-public-copies", "a snapshot is public", Failed, |world| {
        snapshot(world, Seen::Read(public("nightly")));
    }),
    ("door-public-copies", "an image is public", Failed, |world| {
        let image = ("ami-1".to_owned(), Seen::Read(public("golden")));
        world.here().shared_images = Seen::Read([image].into());
    }),
    ("door-public-copies", "the Region's block hides it", Passed, |world| {
        snapshot(world, Seen::Read(public("nightly")));
        world.here().sharing_blocks.read_mut().unwrap().snapshots.state = "block-all-sharing".into();
    }),
    ("door-public-copies", "with whom it is shared is denied", Unknown, |world| {
        snapshot(world, Seen::Gap(gap(Cause::Denied)));
    }),
    ("hear-contact", "none is set", Failed, |world| world.account.security_contact = Seen::Read(None)),
    ("hear-contact", "it may not be read", Unknown, |world| {
        world.account.security_contact = Seen::Gap(gap(Cause::Denied));
    }),
    ("hear-health", "a key was found in public", Failed, |world| {
        notice(world, "RISK", "AWS_RISK_CREDENTIALS_EXPOSED");
    }),
    ("hear-health", "a host is retired", Passed, |world| {
        notice(world, "EC2", "AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED");
    }),
    ("hear-health", "the support plan lacks it", Unknown, |world| {
        world.account.health_notices = Seen::Gap(gap(Cause::NotSubscribed));
    }),
    ("hear-findings", "a critical one is open", Failed, |world| found(world, HubSeverity::Critical)),
    ("hear-findings", "the worst is of medium severity", Passed, |world| found(world, HubSeverity::Medium)),
    ("hear-findings", "there are more than were read", Unknown, |world| {
        found(world, HubSeverity::Low);
        world.here().hub_findings.read_mut().unwrap().cut_off = true;
    }),
    ("hear-findings", "Security Hub is off", Unknown, |world| {
        world.here().hub_findings = Seen::Read(HubFindings { off: true, ..HubFindings::default() });
    }),
    ("hear-findings", "they may not be read", Unknown, |world| {
        world.here().hub_findings = Seen::Gap(gap(Cause::Denied));
    }),
    ("pull-quotas", "Service Quotas has a lower quota than AWS's default", Failed, |world| {
        super::cases::acls(world, 50);
        world.here().quotas = Seen::Read([("L-B4A6D682".to_owned(), 50)].into());
    }),
    ("pull-quotas", "Service Quotas knows to what the quota was raised", Passed, |world| {
        super::cases::acls(world, 201);
        world.here().quotas = Seen::Read([("L-B4A6D682".to_owned(), 300)].into());
    }),
    ("pull-quotas", "Service Quotas does not answer", Passed, |world| {
        super::cases::acls(world, 50);
        world.here().quotas = Seen::Gap(gap(Cause::NotSupported));
    }),
];
