//! What is changed on the sound account, and how the check then ends: whether we could pull, see, come back.

use super::Status::{Failed, Passed, Unknown};
use super::world::{ADMIN, ID, READ, REGION, World, address, gap, zone};
use super::{OwnPath, Status, Unread};
use crate::account::{
    Acl, AclEntry, Actor, Caller, Cause, Group, KmsKey, Leave, Organization, PublicAccessBlock, ReportRow,
    Rights, Role, Secret, Seen,
};
use crate::step::StepId;

/// A member account whose Organization's tree is denied.
fn member() -> Organization {
    Organization {
        management_account: "999988887777".into(),
        tree: Seen::Gap(gap(Cause::Denied)),
        ..Organization::default()
    }
}

pub type Case = (&'static str, &'static str, Status, fn(&mut World));

/// By check: what is different, and the status.
pub const CASES: &[Case] = &[
    ("pull-permissions", "an action is denied", Failed, |world| {
        world.responder(
            r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"ec2:Create*","Resource":"*"}]}"#,
        );
    }),
    ("pull-permissions", "the simulator denies what the policies allow", Failed, |world| {
        world.rights = Some(Rights([("iam:PutUserPolicy".to_owned(), Leave::Denied)].into()));
    }),
    ("pull-permissions", "a condition decides", Unknown, |world| world.responder(CONDITION)),
    ("pull-permissions", "the simulator proves what a condition decides", Passed, |world| {
        world.responder(CONDITION);
        let ids = world.pull.steps.clone();
        let permissions = crate::steps::permissions::read(&ids)
            .into_iter()
            .chain(crate::steps::permissions::apply(&ids))
            .chain(crate::steps::permissions::undo(&ids));
        let allowed = permissions.map(|action| (action.to_owned(), Leave::Allowed));
        world.rights = Some(Rights(allowed.collect()));
    }),
    ("pull-permissions", "EC2 refuses a DryRun", Failed, |world| {
        world.dry_run = Some(Rights([("ec2:CreateNetworkAcl".to_owned(), Leave::Denied)].into()));
    }),
    ("pull-permissions", "IAM was not read", Unknown, |world| {
        world.account.principals = Seen::Gap(gap(Cause::Denied));
    }),
    ("pull-permissions", "a role of another account calls", Unknown, |world| {
        world.account.caller.arn = "arn:aws:sts::999988887777:assumed-role/x/y".into();
    }),
    ("pull-permissions", "allowed for some resources alone", Unknown, |world| {
        world.responder(
            r#"{"Statement":[{"Effect":"Allow","NotAction":"iam:PutUserPolicy","Resource":"*"},
               {"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::444455556666:user/ops-*"}]}"#,
        );
    }),
    ("pull-lockout", "the cut takes a right", Failed, |world| world.pull.losses.push("you lose it".into())),
    ("pull-lockout", "IAM was not read", Unknown, |world| {
        world.account.principals = Seen::Gap(gap(Cause::Denied));
    }),
    ("pull-actors", "the account is in no Organization", Passed, |world| {
        world.account.organization = Seen::Read(None);
    }),
    ("pull-actors", "a member, and nobody who acts", Failed, |world| {
        world.account.organization = Seen::Read(Some(member()));
    }),
    ("pull-actors", "a member, and an actor who sees the Organization", Passed, |world| {
        let organization = Organization { tree: Seen::Read(Default::default()), ..member() };
        world.account.organization = Seen::Read(Some(organization));
        world.account.actors.insert(Actor::Organization, Caller::default());
    }),
    ("pull-actors", "the actor is denied", Unknown, |world| {
        world.account.organization = Seen::Read(Some(member()));
        world.account.actors.insert(Actor::Organization, Caller::default());
    }),
    ("pull-actors", "the actor's account is in no Organization", Unknown, |world| {
        world.account.organization = Seen::Gap(gap(Cause::Refused));
        world.account.actors.insert(Actor::Organization, Caller::default());
    }),
    ("pull-actors", "the management account itself", Passed, |world| {
        world.account.organization = Seen::Read(Some(Organization { management: true, ..member() }));
    }),
    ("pull-own-path", "unplug runs inside", Failed, |world| world.own_path = OwnPath::Cut("inside".into())),
    ("pull-own-path", "it runs in CloudShell", Unknown, |world| {
        world.own_path = OwnPath::Unknown("CloudShell".into());
    }),
    ("pull-break-glass", "nobody is named", Failed, |world| world.config.break_glass.clear()),
    ("pull-break-glass", "the user is gone", Failed, |world| {
        world.people().users.clear();
    }),
    ("pull-break-glass", "the user has no MFA", Failed, |world| {
        world.account.credential_report.read_mut().unwrap().get_mut("break-glass").unwrap().mfa_active =
            false;
    }),
    ("pull-break-glass", "the user cannot sign in", Failed, |world| {
        world
            .account
            .credential_report
            .read_mut()
            .unwrap()
            .get_mut("break-glass")
            .unwrap()
            .password_enabled = false;
    }),
    ("pull-break-glass", "nobody can assume the role", Failed, |world| {
        let role = Role {
            arn: format!("arn:aws:iam::{ID}:role/glass"),
            path: "/".into(),
            trust: r#"{"Statement":[]}"#.into(),
            ..Role::default()
        };
        world.people().roles.insert("glass".into(), role);
        world.config.break_glass.push(format!("arn:aws:iam::{ID}:role/glass"));
    }),
    ("pull-break-glass", "a role that people assume", Passed, |world| {
        world.config.break_glass.push(format!("arn:aws:iam::{ID}:role/responder"));
    }),
    ("pull-break-glass", "the user is newer than the report", Unknown, |world| {
        world.account.credential_report = Seen::Read([].into());
    }),
    ("pull-record", "the folder cannot be written", Failed, |world| {
        world.record.state_error = Some("cannot write".into());
    }),
    ("pull-record", "the copy cannot be written", Failed, |world| {
        world.record.copy = Some("/usb".into());
        world.record.copy_error = Some("cannot write".into());
    }),
    ("pull-sight", "a section is denied", Failed, |world| world.pull.unread.push(unread(Cause::Denied))),
    ("pull-sight", "a call is throttled", Unknown, |world| world.pull.unread.push(unread(Cause::Throttled))),
    ("pull-sight", "the support plan lacks it", Passed, |world| {
        world.pull.unread.push(unread(Cause::NotSubscribed));
    }),
    ("pull-break-glass", "the prepared role is not named", Failed, |world| {
        world.config.break_glass.truncate(1);
    }),
    ("pull-break-glass", "somebody changed who may assume the prepared role", Failed, |world| {
        let trust = &mut world.prepared_role().trust;
        *trust = trust.replace("\"true\"", "\"false\"");
    }),
    ("pull-break-glass", "those who may assume the prepared role have no MFA", Failed, |world| {
        let row = ReportRow { password_enabled: true, ..ReportRow::default() };
        world.user("kim", ADMIN, row);
        world.config.break_glass.push(format!("arn:aws:iam::{ID}:user/kim"));
        world.prepared_role().trust =
            crate::steps::responder::trust(&[format!("arn:aws:iam::{ID}:user/kim")].into());
    }),
    ("pull-break-glass", "only somebody of another account may assume the prepared role", Unknown, |world| {
        let theirs = "arn:aws:iam::999988887777:user/kim".to_owned();
        world.prepared_role().trust = crate::steps::responder::trust(&[theirs].into());
    }),
    ("pull-policies", "there is no role", Failed, |world| {
        world.people().roles.remove(crate::steps::responder::ROLE);
    }),
    ("pull-policies", "one is not attached", Failed, |world| {
        world.prepared_role().attached.pop_first();
    }),
    ("pull-policies", "one is of last year", Failed, |world| {
        let first = world.prepared_role().attached.first().unwrap().clone();
        world.people().policies.insert(first, READ.to_owned());
    }),
    ("pull-policies", "another playbook needs less", Passed, |world| {
        world.pull.steps = vec![StepId(400)];
    }),
    ("pull-policies", "a policy that denies one call", Failed, |world| {
        let deny = r#"{"Statement":[{"Effect":"Deny","Action":"ses:Put*","Resource":"*"}]}"#;
        world.prepared_role().inline.insert("ours".into(), deny.into());
    }),
    ("pull-policies", "a boundary that was not read", Unknown, |world| {
        world.prepared_role().boundary = Some("arn:aws:iam::aws:policy/NotRead".into());
    }),
    ("pull-break-glass", "the prepared role may only read", Failed, |world| {
        let boundary = format!("arn:aws:iam::{ID}:policy/read");
        world.people().policies.insert(boundary.clone(), READ.into());
        world.prepared_role().boundary = Some(boundary);
    }),
    ("pull-policies", "IAM was not read", Unknown, |world| {
        world.account.principals = Seen::Gap(gap(Cause::Denied));
    }),
    ("pull-quotas", "at the quota, and the ACL of the cut is prepared", Passed, |world| {
        acls(world, 200);
        let tag = ("unplug:role".to_owned(), crate::steps::prepared::PURPOSE.to_owned());
        let all = world.here().acls.read_mut().unwrap();
        all.get_mut("acl-7").unwrap().tags = [tag].into();
    }),
    ("pull-quotas", "at the quota, and somebody opened what was prepared", Failed, |world| {
        acls(world, 200);
        let tag = ("unplug:role".to_owned(), crate::steps::prepared::PURPOSE.to_owned());
        let acl = world.here().acls.read_mut().unwrap().get_mut("acl-7").unwrap();
        acl.tags = [tag].into();
        let allow = AclEntry {
            allow: true,
            protocol: "-1".into(),
            cidr: "0.0.0.0/0".into(),
            ports: None,
            icmp: None,
        };
        acl.ingress.insert(1, allow);
    }),
    ("pull-quotas", "a VPC has as many ACLs as AWS allows", Failed, |world| acls(world, 200)),
    ("pull-quotas", "a VPC has one less", Passed, |world| acls(world, 199)),
    ("pull-quotas", "the quota was raised", Unknown, |world| acls(world, 201)),
    ("pull-quotas", "an ACL has no room for a rule", Failed, |world| {
        acls(world, 1);
        let acl = world.here().acls.read_mut().unwrap().values_mut().next().unwrap();
        let deny = AclEntry {
            allow: false,
            protocol: "-1".into(),
            cidr: "198.51.100.0/24".into(),
            ports: None,
            icmp: None,
        };
        acl.ingress = (1..20).map(|number| (number, deny.clone())).collect();
        acl.subnets.insert("subnet-1".into());
    }),
    ("pull-quotas", "no step makes an ACL", Passed, |world| {
        acls(world, 200);
        world.pull.steps = vec![StepId(100)];
    }),
    ("pull-quotas", "the Region is full of groups", Failed, |world| {
        let group = Group { owner: ID.into(), vpc: "vpc-1".into(), ..Group::default() };
        let groups = (0..2_500).map(|number| (format!("sg-{number}"), group.clone()));
        world.here().groups = Seen::Read(groups.collect());
    }),
    ("pull-regions", "one is left out", Failed, |world| {
        world.account.enabled_regions = Seen::Read([REGION.to_owned(), "us-east-1".into()].into());
        world.scope.regions = Some([REGION.to_owned()].into());
    }),
    ("pull-regions", "the configuration names one that is off", Failed, |world| {
        world.config.regions = Some([REGION.to_owned(), "af-south-1".into()].into());
    }),
    ("pull-regions", "which are enabled is not known", Unknown, |world| {
        world.account.enabled_regions = Seen::Gap(gap(Cause::Denied));
    }),
    ("pull-policy-room", "a user is full", Failed, |world| {
        let long = ADMIN.replace("Allow\"", &format!("Allow\",\"Sid\":\"{}\"", "x".repeat(1_900)));
        world.user("full", &long, ReportRow::default());
    }),
    ("pull-policy-room", "IAM was not read", Unknown, |world| {
        world.account.principals = Seen::Gap(gap(Cause::Denied));
    }),
    ("pull-names", "a name lives for a day", Failed, |world| {
        world.account.zones = Seen::Read([("Z1".to_owned(), zone(address(86_400)))].into());
    }),
    ("pull-names", "records were not read", Unknown, |world| {
        world.account.zones.read_mut().unwrap().get_mut("Z1").unwrap().records = Seen::default();
    }),
    ("pull-time", "it takes hours", Failed, |world| world.pull.in_effect = 7_200.0),
    ("pull-time", "something was not read", Unknown, |world| {
        world.pull.unread.push(unread(Cause::Unreachable));
    }),
    ("pull-support", "there is none", Failed, |world| {
        world.account.exposed_keys = Seen::Gap(gap(Cause::NotSubscribed));
    }),
    ("pull-support", "AWS did not answer", Unknown, |world| {
        world.account.exposed_keys = Seen::Gap(gap(Cause::Unreachable));
    }),
    ("see-trail", "there is none", Failed, |world| world.account.trails = Seen::Read([].into())),
    ("see-trail", "it does not log", Failed, |world| world.trail().logging = Seen::Read(false)),
    ("see-trail", "it leaves reads out", Failed, |world| {
        world.trail().all_management_events = Seen::Read(false);
    }),
    ("see-trail", "it logs one Region, and there are two", Failed, |world| {
        world.trail().multi_region = false;
        world.account.enabled_regions = Seen::Read([REGION.to_owned(), "us-east-1".into()].into());
    }),
    ("see-trail", "a Region was not listed", Unknown, |world| {
        world.account.trails_unread = [("us-east-1".to_owned(), gap(Cause::Denied))].into();
    }),
    ("see-delivery", "the bucket refuses", Failed, |world| {
        world.trail().log_delivery_error = Some("AccessDenied".into());
    }),
    ("see-delivery", "the trails were not read", Unknown, |world| {
        world.account.trails = Seen::Gap(gap(Cause::Throttled));
    }),
    ("see-log-bucket", "nothing blocks", Failed, |world| world.account.s3_block = Seen::Read(None)),
    ("see-log-bucket", "the bucket blocks by itself", Passed, |world| {
        world.account.s3_block = Seen::Read(None);
        let bucket = world.account.log_buckets.read_mut().unwrap().get_mut("logs").unwrap();
        bucket.block = Seen::Read(Some(PublicAccessBlock::ALL_ON));
    }),
    ("see-log-bucket", "it is of another account", Unknown, |world| {
        world.account.log_buckets = Seen::Read([].into());
    }),
    ("see-validation", "no digests", Failed, |world| world.trail().validated = false),
    ("see-validation", "the trails were not read", Unknown, |world| {
        world.account.trails = Seen::Gap(gap(Cause::Denied));
    }),
    ("see-flow-logs", "there is none", Failed, |world| world.here().flow_logs = Seen::Read([].into())),
    ("see-flow-logs", "of what is accepted alone", Failed, |world| {
        world.here().flow_logs.read_mut().unwrap().get_mut("fl-1").unwrap().traffic = "ACCEPT".into();
    }),
    ("see-flow-logs", "it cannot deliver", Failed, |world| {
        world.here().flow_logs.read_mut().unwrap().get_mut("fl-1").unwrap().delivery = "FAILED".into();
    }),
    ("see-flow-logs", "not read", Unknown, |world| world.here().flow_logs = Seen::Gap(gap(Cause::Denied))),
    ("back-deletions", "a key goes on Friday", Failed, |world| {
        let key = KmsKey {
            state: "PendingDeletion".into(),
            deletion: Some("2026-11-27T00:00:00Z".into()),
            ..KmsKey::default()
        };
        world.here().kms_keys = Seen::Read([("k".to_owned(), Seen::Read(key))].into());
    }),
    ("back-deletions", "a secret goes", Failed, |world| {
        let secret = Secret { deleted: Some("2026-11-20T00:00:00Z".into()), ..Secret::default() };
        world.here().secrets = Seen::Read([("s".to_owned(), Seen::Read(secret))].into());
    }),
    ("back-deletions", "a key hides itself", Unknown, |world| {
        world.here().kms_keys = Seen::Read([("k".to_owned(), Seen::Gap(gap(Cause::Denied)))].into());
    }),
    ("back-log-versions", "none are kept", Failed, |world| {
        world.account.log_buckets.read_mut().unwrap().get_mut("logs").unwrap().versioning = Seen::Read(false);
    }),
    ("back-log-versions", "it could not be read", Unknown, |world| {
        let bucket = world.account.log_buckets.read_mut().unwrap().get_mut("logs").unwrap();
        bucket.versioning = Seen::Gap(gap(Cause::Denied));
    }),
];

pub const CONDITION: &str = r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*",
    "Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}]}"#;

fn unread(cause: Cause) -> Unread {
    Unread { step: StepId(520), what: "network ACLs".into(), region: Some(REGION.into()), gap: gap(cause) }
}

pub fn acls(world: &mut World, number: usize) {
    let acl = Acl { vpc: "vpc-1".into(), owner: ID.into(), ..Acl::default() };
    world.here().acls = Seen::Read((0..number).map(|n| (format!("acl-{n}"), acl.clone())).collect());
}
