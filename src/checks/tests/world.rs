//! A sound account, with all that checks look at besides.

use jiff::Timestamp;

use crate::account::resources::ResourceType;
use crate::account::watchers::{BACKUP_PLAN, DETECTOR, GRAPH, HUB, LOCKED, VAULT};
use crate::account::{
    Account, AccountSummary, Analyzer, Caller, Cause, Database, DatabaseTraits, FlowLog, Gap, Group,
    Instance, LogBucket, PasswordPolicy, Peer, Principals, PublicAccessBlock, PublicBucket, Recorder, Region,
    ReportRow, Resources, Rights, Role, Rule, Scope, Section, SecurityContact, Seen, SharedCopy, Subnet,
    Trail, User, Vpc, Zone, dns,
};
use crate::checks::{Facts, OwnPath, Pull, Record, Report, run};
use crate::config::Config;
use crate::step::StepId;
use crate::steps::{STEPS, responder};

pub const ID: &str = "444455556666";
pub const REGION: &str = "eu-west-1";
pub const BALANCER: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:444455556666:loadbalancer/app/front/50dc6c495c0c9188";
pub const DATABASE: &str = "arn:aws:rds:eu-west-1:444455556666:db:orders";
pub const READ: &str = r#"{"Statement":[{"Effect":"Allow","Action":"ec2:Describe*","Resource":"*"}]}"#;
pub const ADMIN: &str = r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const TRUST: &str = r#"{"Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::444455556666:saml-provider/sso"},"Action":"sts:AssumeRoleWithSAML"}]}"#;

pub struct World {
    pub account: Account,
    pub config: Config,
    pub scope: Scope,
    pub pull: Pull,
    pub record: Record,
    pub rights: Option<Rights>,
    pub dry_run: Option<Rights>,
    pub own_path: OwnPath,
}

pub fn gap(cause: Cause) -> Gap {
    Gap { cause, call: "aws:Call".into(), detail: "said AWS".into() }
}

impl World {
    pub fn sound() -> World {
        let arn = format!("arn:aws:sts::{ID}:assumed-role/responder/akari");
        let mut account = Account::unread(ID, Caller { arn, ..Caller::default() });
        account.alias = Seen::Read(None);
        account.enabled_regions = Seen::Read([REGION.to_owned()].into());
        account.access_keys = Seen::Read([].into());
        account.credential_report = Seen::Read(
            [(
                "break-glass".to_owned(),
                ReportRow { password_enabled: true, mfa_active: true, ..ReportRow::default() },
            )]
            .into(),
        );
        account.account_summary = Seen::Read(AccountSummary { root_mfa: true, ..AccountSummary::default() });
        let passwords = PasswordPolicy { minimum_length: 14, remembered: Some(24) };
        account.password_policy = Seen::Read(Some(passwords));
        account.exposed_keys = Seen::Read([].into());
        account.organization = Seen::Read(None);
        account.s3_block = Seen::Read(Some(PublicAccessBlock::ALL_ON));
        account.public_buckets = Seen::Read([].into());
        account.distributions = Seen::Read([].into());
        account.edge_functions = Seen::Read([].into());
        account.health_checks = Seen::Read([].into());
        account.health_notices = Seen::Read([].into());
        account.edge_logs = Seen::Read([].into());
        let contact = SecurityContact { name: "Security".into(), email: "security@example.com".into() };
        account.security_contact = Seen::Read(Some(contact));
        account.trails =
            Seen::Read([(format!("arn:aws:cloudtrail:{REGION}:{ID}:trail/main"), trail())].into());
        account.log_buckets = Seen::Read(
            [(
                "logs".to_owned(),
                LogBucket {
                    region: REGION.into(),
                    policy: Seen::Read(None),
                    versioning: Seen::Read(true),
                    block: Seen::Read(None),
                },
            )]
            .into(),
        );
        account.zones = Seen::Read([("Z1".to_owned(), zone(address(300)))].into());
        account.regions.insert(REGION.into(), region());
        let mut world = World {
            account,
            config: Config {
                break_glass: vec![
                    format!("arn:aws:iam::{ID}:user/break-glass"),
                    format!("arn:aws:iam::{ID}:role/{}", responder::ROLE),
                ],
                ..Config::default()
            },
            scope: Scope::default(),
            pull: Pull {
                playbook: "pull-the-plug".into(),
                steps: STEPS.iter().map(|step| step.spec().id).collect(),
                changes: 90,
                calls: 312,
                seconds: 41.0,
                in_effect: 360.0,
                slowest: Some((StepId(590), 300.0)),
                losses: vec![],
                unread: vec![],
            },
            record: Record { state: "/state".into(), ..Record::default() },
            rights: None,
            dry_run: None,
            own_path: OwnPath::Open,
        };
        world.responder(ADMIN);
        world
    }

    /// Gives the responder's role this policy.
    pub fn responder(&mut self, policy: &str) {
        let role = Role {
            arn: format!("arn:aws:iam::{ID}:role/responder"),
            path: "/".into(),
            trust: TRUST.into(),
            inline: [("work".to_owned(), policy.to_owned())].into(),
            ..Role::default()
        };
        let user = User {
            arn: format!("arn:aws:iam::{ID}:user/break-glass"),
            path: "/".into(),
            inline: [("all".to_owned(), ADMIN.to_owned())].into(),
            ..User::default()
        };
        self.account.principals = Seen::Read(Principals {
            users: [("break-glass".to_owned(), user)].into(),
            roles: [("responder".to_owned(), role)].into(),
            ..Principals::default()
        });
        self.prepared();
    }

    /// What `unplug prepare` makes for the responder.
    fn prepared(&mut self) {
        let policies = responder::of_steps(&self.account, &self.pull.steps, &self.config);
        let role = Role {
            arn: responder::role_arn(&self.account),
            path: "/".into(),
            trust: responder::trust(&[format!("arn:aws:iam::{ID}:user/break-glass")].into()),
            attached: policies.keys().cloned().collect(),
            ..Role::default()
        };
        self.people().roles.insert(responder::ROLE.into(), role);
        self.people().policies.extend(policies);
    }

    pub fn prepared_role(&mut self) -> &mut Role {
        self.people().roles.get_mut(responder::ROLE).unwrap()
    }

    pub fn here(&mut self) -> &mut Region {
        self.account.regions.get_mut(REGION).unwrap()
    }

    pub fn people(&mut self) -> &mut Principals {
        self.account.principals.read_mut().unwrap()
    }

    pub fn trail(&mut self) -> &mut Trail {
        self.account.trails.read_mut().unwrap().values_mut().next().unwrap()
    }

    /// Adds a user with this row in the credential report.
    pub fn user(&mut self, name: &str, policy: &str, row: ReportRow) {
        let arn = format!("arn:aws:iam::{ID}:user/{name}");
        let inline = [("own".to_owned(), policy.to_owned())].into();
        self.people().users.insert(name.into(), User { arn, path: "/".into(), inline, ..User::default() });
        self.account.credential_report.read_mut().unwrap().insert(name.into(), row);
    }

    pub fn public_bucket(&mut self, name: &str) {
        let bucket = PublicBucket { region: REGION.into(), by_policy: true, ..PublicBucket::default() };
        self.account.public_buckets.read_mut().unwrap().insert(name.into(), bucket);
    }

    /// Adds a default group or another one that lets everybody in to a port.
    pub fn group(&mut self, name: &str, owner: &str, ports: Option<(i32, i32)>, cidr: &str) {
        let peer = if cidr.contains(':') { Peer::Ipv6(cidr.into()) } else { Peer::Ipv4(cidr.into()) };
        let rule = Rule { protocol: "tcp".into(), ports, peer, description: None };
        let group = Group {
            name: name.into(),
            vpc: "vpc-1".into(),
            owner: owner.into(),
            ingress: [rule].into(),
            ..Group::default()
        };
        self.here().groups.read_mut().unwrap().insert(format!("sg-{name}"), group);
    }

    /// Forgets a section, as if nobody had read it.
    pub fn forget(&mut self, section: Section) {
        let all: std::collections::BTreeSet<Section> =
            Section::ALL.iter().copied().filter(|other| *other != section).collect();
        self.account = self.account.part(&all, |_| true);
    }

    pub fn with<T>(&self, ask: impl FnOnce(&Facts<'_>) -> T) -> T {
        // The drill's Sunday.
        let now: Timestamp = "2026-11-22T03:12:00Z".parse().unwrap();
        let mut facts = Facts::new(&self.account, &self.config, now, &self.scope, &self.pull, &self.record);
        facts.rights = self.rights.as_ref();
        facts.dry_run = self.dry_run.as_ref();
        facts.own_path = self.own_path.clone();
        ask(&facts)
    }

    pub fn report(&self) -> Report {
        self.with(run)
    }
}

fn trail() -> Trail {
    Trail {
        name: "main".into(),
        home_region: REGION.into(),
        bucket: "logs".into(),
        log_role: Some(format!("arn:aws:iam::{ID}:role/trail")),
        multi_region: true,
        validated: true,
        global_events: true,
        logging: Seen::Read(true),
        all_management_events: Seen::Read(true),
        ..Trail::default()
    }
}

/// A public zone with one name.
pub fn zone(record: dns::Record) -> Zone {
    Zone {
        name: "example.com.".into(),
        records: Seen::Read([("www.example.com.".to_owned(), [record].into())].into()),
        ..Zone::default()
    }
}

pub fn address(ttl: i64) -> dns::Record {
    dns::Record {
        kind: "A".into(),
        ttl: Some(ttl),
        values: vec!["198.51.100.7".into()],
        ..dns::Record::default()
    }
}

/// One VPC with a closed default group and a host inside.
fn region() -> Region {
    let mut here = Region::empty();
    let vpc = Vpc { owner: ID.into(), cidrs: ["10.0.0.0/16".to_owned()].into(), ..Vpc::default() };
    here.vpcs = Seen::Read([("vpc-1".to_owned(), vpc)].into());
    let subnet =
        Subnet { vpc: "vpc-1".into(), owner: ID.into(), cidr: "10.0.0.0/24".into(), ..Subnet::default() };
    here.subnets = Seen::Read([("subnet-1".to_owned(), subnet)].into());
    let group = Group { name: "default".into(), vpc: "vpc-1".into(), owner: ID.into(), ..Group::default() };
    let log = FlowLog { resource: "vpc-1".into(), traffic: "ALL".into(), ..FlowLog::default() };
    here.flow_logs = Seen::Read([("fl-1".to_owned(), log)].into());
    here.ebs_encryption = Seen::Read(true);
    let recorder = Recorder { recording: true, last_status: "Success".into(), everything: true };
    here.recorders = Seen::Read([("default".to_owned(), recorder)].into());
    let analyzer = Analyzer { kind: "ACCOUNT".into(), status: "ACTIVE".into() };
    here.analyzers = Seen::Read([("account".to_owned(), analyzer)].into());
    here.balancer_logs = Seen::Read([(BALANCER.to_owned(), true)].into());
    here.backups = Seen::Read([(DATABASE.to_owned(), "2026-11-21T05:00:00Z".to_owned())].into());
    let orders = Database {
        name: "orders".into(),
        kind: "instance".into(),
        backup_days: Some(7),
        traits: DatabaseTraits { deletion_protection: true, ..DatabaseTraits::default() },
        ..Database::default()
    };
    here.databases = Seen::Read([(DATABASE.to_owned(), orders)].into());
    let copy = SharedCopy { name: "nightly".into(), ..SharedCopy::default() };
    here.shared_snapshots = Seen::Read([("snap-1".to_owned(), Seen::Read(copy))].into());
    let of = |of: &ResourceType, properties: &[(&str, &str)]| {
        let properties = properties.iter().map(|(at, text)| ((*at).to_owned(), (*text).to_owned())).collect();
        (of.name.to_owned(), Seen::Read([("one".to_owned(), Seen::Read(properties))].into()))
    };
    let types = [
        of(&BACKUP_PLAN, &[]),
        of(&VAULT, &[(LOCKED, "14")]),
        of(&DETECTOR, &[("/Enable", "true")]),
        of(&HUB, &[]),
        of(&GRAPH, &[]),
    ];
    here.watchers = Seen::Read(Resources { types: types.into(), ..Resources::default() });
    let instance = Instance { vpc: "vpc-1".into(), metadata: "required".into(), ..Instance::default() };
    here.instances = Seen::Read([("i-1".to_owned(), instance)].into());
    here.groups = Seen::Read([("sg-default".to_owned(), group)].into());
    here
}
