//! What is changed on the sound account, and how the check then ends: which doors are open, who hears.

use super::Status::{Failed, Passed, Unknown};
use super::cases::{CONDITION, Case};
use super::world::{ADMIN, ID, World, address, gap, zone};
use crate::account::{
    AccountSummary, Acl, AclEntry, AliasTarget, Cause, Distribution, Exclusion, ExposedKey, Interface,
    InternetGateway, Peer, PrefixList, PublicAccessBlock, ReportRow, Role, Route, RouteTable, Rule, Seen,
    dns,
};

/// By check: what is different, and the status.
pub const DOORS: &[Case] = &[
    ("door-exposed-keys", "one is on GitHub", Failed, |world| {
        let key = ExposedKey { user: "ci".into(), ..ExposedKey::default() };
        world.account.exposed_keys = Seen::Read([("AKIA1".to_owned(), key)].into());
    }),
    ("door-exposed-keys", "a user is in quarantine", Failed, |world| {
        world.user("mailer", ADMIN, ReportRow::default());
        let user = world.people().users.get_mut("mailer").unwrap();
        user.attached.insert("arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3".into());
    }),
    ("door-exposed-keys", "AWS did not answer", Unknown, |world| {
        world.account.exposed_keys = Seen::Gap(gap(Cause::Denied));
    }),
    ("door-root-keys", "there is one", Failed, |world| {
        let summary = AccountSummary { root_mfa: true, root_access_keys: true, ..AccountSummary::default() };
        world.account.account_summary = Seen::Read(summary);
    }),
    ("door-root-keys", "not read", Unknown, |world| {
        world.account.account_summary = Seen::Gap(gap(Cause::Denied));
    }),
    ("door-root-mfa", "there is none", Failed, |world| {
        world.account.account_summary = Seen::Read(AccountSummary::default());
    }),
    ("door-root-mfa", "not read", Unknown, |world| {
        world.account.account_summary = Seen::Gap(gap(Cause::Denied));
    }),
    ("door-console-mfa", "a password alone", Failed, |world| {
        world.user("tanaka", "{}", ReportRow { password_enabled: true, ..ReportRow::default() });
    }),
    ("door-console-mfa", "no report", Unknown, |world| {
        world.account.credential_report = Seen::Gap(gap(Cause::Failed));
    }),
    ("door-old-keys", "91 days", Failed, |world| world.user("ci", "{}", key("2026-08-23T03:00:00Z", "N/A"))),
    ("door-old-keys", "90 days", Passed, |world| world.user("ci", "{}", key("2026-08-24T03:12:00Z", "N/A"))),
    ("door-old-keys", "a date that is none", Unknown, |world| world.user("ci", "{}", key("soon", "N/A"))),
    ("door-unused-keys", "used long ago", Failed, |world| {
        world.user("ci", "{}", key("2020-01-01T00:00:00Z", "2026-08-01T00:00:00Z"));
    }),
    ("door-unused-keys", "never used, and old", Failed, |world| {
        world.user("ci", "{}", key("2020-01-01T00:00:00Z", "N/A"));
    }),
    ("door-unused-keys", "new and not used yet", Passed, |world| {
        world.user("ci", "{}", key("2026-11-20T00:00:00Z", "N/A"));
    }),
    ("door-unused-keys", "the report does not say", Unknown, |world| {
        world.user("ci", "{}", key("2026-11-20T00:00:00Z", "?"));
    }),
    ("door-outsiders", "another account may assume an administrator", Failed, |world| {
        outsider(world, r#""Condition":{}"#);
    }),
    ("door-outsiders", "a condition decides", Unknown, |world| {
        outsider(world, r#""Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#);
    }),
    ("door-administrators", "another one", Failed, |world| {
        world.user("tanaka", ADMIN, ReportRow { password_enabled: true, ..ReportRow::default() });
    }),
    ("door-administrators", "a condition decides", Unknown, |world| {
        world.user("tanaka", CONDITION, ReportRow { password_enabled: true, ..ReportRow::default() });
    }),
    ("door-ports", "SSH for everybody", Failed, |world| world.group("ssh", ID, Some((22, 22)), "0.0.0.0/0")),
    ("door-ports", "every port over IPv6", Failed, |world| world.group("all", ID, None, "::/0")),
    ("door-ports", "half of the internet", Failed, |world| {
        world.group("half", ID, Some((0, 1_024)), "128.0.0.0/1");
    }),
    ("door-ports", "a prefix list of everybody", Failed, |world| {
        world.group("list", ID, Some((3389, 3389)), "0.0.0.0/0");
        let list = PrefixList { entries: ["0.0.0.0/0".to_owned()].into(), ..PrefixList::default() };
        world.here().prefix_lists = Seen::Read([("pl-1".to_owned(), list)].into());
        let group = world.here().groups.read_mut().unwrap().get_mut("sg-list").unwrap();
        let peer = Peer::PrefixList("pl-1".into());
        group.ingress =
            [Rule { protocol: "tcp".into(), ports: Some((3389, 3389)), peer, description: None }].into();
    }),
    ("door-ports", "HTTPS for everybody", Passed, |world| {
        world.group("web", ID, Some((443, 443)), "0.0.0.0/0");
    }),
    ("door-ports", "SSH for the office", Passed, |world| {
        world.group("ssh", ID, Some((22, 22)), "203.0.113.0/24");
    }),
    ("door-ports", "not read", Unknown, |world| world.here().groups = Seen::Gap(gap(Cause::Denied))),
    ("door-default-groups", "one has rules", Failed, |world| world.group("default", ID, None, "10.0.0.0/8")),
    ("door-default-groups", "that of a shared VPC", Passed, |world| {
        world.group("default", ID, None, "10.0.0.0/8");
        world.here().groups.read_mut().unwrap().get_mut("sg-default").unwrap().owner = "999988887777".into();
    }),
    ("door-default-groups", "not read", Unknown, |world| {
        world.here().groups = Seen::Gap(gap(Cause::Throttled));
    }),
    ("door-exposure", "a host has an address", Failed, exposed),
    ("door-exposure", "its ACLs were not read", Unknown, |world| {
        exposed(world);
        world.here().acls = Seen::Gap(gap(Cause::Denied));
    }),
    ("door-names", "the distribution is gone", Failed, |world| {
        let record = dns::Record {
            alias: Some(AliasTarget { name: "d111.cloudfront.net.".into(), ..AliasTarget::default() }),
            ttl: None,
            values: vec![],
            ..address(60)
        };
        world.account.zones = Seen::Read([("Z1".to_owned(), zone(record))].into());
    }),
    ("door-names", "the distribution is there", Passed, |world| {
        let record =
            dns::Record { kind: "CNAME".into(), values: vec!["D111.cloudfront.net".into()], ..address(60) };
        world.account.zones = Seen::Read([("Z1".to_owned(), zone(record))].into());
        let distribution = Distribution { domain: "d111.cloudfront.net".into(), ..Distribution::default() };
        world.account.distributions = Seen::Read([("E1".to_owned(), distribution)].into());
    }),
    ("door-names", "the load balancer is gone", Failed, |world| {
        let gone = "old-1.elb.eu-west-1.amazonaws.com".to_owned();
        let record = dns::Record { kind: "CNAME".into(), values: vec![gone], ..address(60) };
        world.account.zones = Seen::Read([("Z1".to_owned(), zone(record))].into());
    }),
    ("door-names", "a load balancer of which kind is not known is gone", Unknown, |world| {
        let gone = "old-1.eu-west-1.elb.amazonaws.com".to_owned();
        let record = dns::Record { kind: "CNAME".into(), values: vec![gone], ..address(60) };
        world.account.zones = Seen::Read([("Z1".to_owned(), zone(record))].into());
    }),
    ("door-names", "distributions were not read", Unknown, |world| {
        world.account.distributions = Seen::Gap(gap(Cause::Denied));
    }),
    ("door-s3-block", "never set", Failed, |world| world.account.s3_block = Seen::Read(None)),
    ("door-s3-block", "one switch is off", Failed, |world| {
        let block = PublicAccessBlock { block_public_policy: false, ..PublicAccessBlock::ALL_ON };
        world.account.s3_block = Seen::Read(Some(block));
    }),
    ("door-s3-block", "not read", Unknown, |world| world.account.s3_block = Seen::Gap(gap(Cause::Denied))),
    ("door-s3-public", "one is open", Failed, |world| world.public_bucket("open")),
    ("door-s3-public", "a policy could not be read", Unknown, |world| {
        world.public_bucket("closed");
        let bucket = world.account.public_buckets.read_mut().unwrap().get_mut("closed").unwrap();
        bucket.by_policy = false;
        bucket.policy = Seen::Gap(gap(Cause::Denied));
    }),
    ("door-metadata", "IMDSv1", Failed, |world| {
        world.here().instances.read_mut().unwrap().get_mut("i-1").unwrap().metadata = "optional".into();
    }),
    ("door-metadata", "the service is off", Passed, |world| {
        world.here().instances.read_mut().unwrap().get_mut("i-1").unwrap().metadata = "off".into();
    }),
    ("door-metadata", "an older snapshot", Unknown, |world| {
        world.here().instances.read_mut().unwrap().get_mut("i-1").unwrap().metadata = String::new();
    }),
    ("door-ebs-encryption", "it is off", Failed, |world| world.here().ebs_encryption = Seen::Read(false)),
    ("door-ebs-encryption", "not read", Unknown, |world| {
        world.here().ebs_encryption = Seen::Gap(gap(Cause::Denied));
    }),
    ("door-password-policy", "none was set", Failed, |world| {
        world.account.password_policy = Seen::Read(None);
    }),
    ("door-password-policy", "8 characters", Failed, |world| {
        world.account.password_policy.read_mut().unwrap().as_mut().unwrap().minimum_length = 8;
    }),
    ("door-password-policy", "the last one may come again", Failed, |world| {
        world.account.password_policy.read_mut().unwrap().as_mut().unwrap().remembered = None;
    }),
    ("door-password-policy", "not read", Unknown, |world| {
        world.account.password_policy = Seen::Gap(gap(Cause::Denied));
    }),
    ("door-serial-console", "it is on", Failed, |world| world.here().serial_console = Seen::Read(true)),
    ("door-serial-console", "not read", Unknown, |world| {
        world.here().serial_console = Seen::Gap(gap(Cause::Denied));
    }),
    ("door-vpc-block", "an exclusion", Failed, |world| {
        let exclusion = Exclusion { state: "create-complete".into(), ..Exclusion::default() };
        world.here().vpc_block.read_mut().unwrap().exclusions.insert("x-1".into(), exclusion);
    }),
    ("door-vpc-block", "one that is gone", Passed, |world| {
        let exclusion = Exclusion { state: "delete-complete".into(), ..Exclusion::default() };
        world.here().vpc_block.read_mut().unwrap().exclusions.insert("x-1".into(), exclusion);
    }),
    ("door-vpc-block", "not read", Unknown, |world| {
        world.here().vpc_block = Seen::Gap(gap(Cause::NotSupported));
    }),
    ("hear-cloudwatch", "no trail does", Failed, |world| world.trail().log_role = None),
    ("hear-cloudwatch", "not read", Unknown, |world| world.account.trails = Seen::Gap(gap(Cause::Denied))),
];

fn key(since: &str, used: &str) -> ReportRow {
    ReportRow {
        active_keys_since: vec![since.into()],
        active_keys_last_used: vec![used.into()],
        ..ReportRow::default()
    }
}

/// A role that another account may assume, where the condition holds.
fn outsider(world: &mut World, condition: &str) {
    let role = Role {
        arn: format!("arn:aws:iam::{ID}:role/partner"),
        path: "/".into(),
        trust: format!(
            r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::222233334444:root"}},"Action":"sts:AssumeRole",{condition}}}]}}"#
        ),
        inline: [("all".to_owned(), ADMIN.to_owned())].into(),
        ..Role::default()
    };
    world.people().roles.insert("partner".into(), role);
}

/// A host with an address, a route to the internet and a group that lets everybody in.
fn exposed(world: &mut World) {
    world.group("web", ID, Some((443, 443)), "0.0.0.0/0");
    let everywhere =
        AclEntry { allow: true, protocol: "-1".into(), cidr: "0.0.0.0/0".into(), ports: None, icmp: None };
    let here = world.here();
    let interface = Interface {
        vpc: "vpc-1".into(),
        subnet: "subnet-1".into(),
        owner: ID.into(),
        kind: "interface".into(),
        groups: ["sg-web".to_owned()].into(),
        instance: Some("i-1".into()),
        private_ip: Some("10.0.0.5".into()),
        public_ip: Some("198.51.100.7".into()),
        source_dest_check: true,
        ..Interface::default()
    };
    here.interfaces = Seen::Read([("eni-1".to_owned(), interface)].into());
    let gateway =
        InternetGateway { vpc: Some("vpc-1".into()), owner: ID.into(), ..InternetGateway::default() };
    here.internet_gateways = Seen::Read([("igw-1".to_owned(), gateway)].into());
    let route = |destination: &str, target: &str| Route {
        destination: destination.into(),
        target: target.into(),
        origin: "CreateRoute".into(),
        blackhole: false,
    };
    let table = RouteTable {
        vpc: "vpc-1".into(),
        owner: ID.into(),
        main: true,
        routes: [route("10.0.0.0/16", "local"), route("0.0.0.0/0", "igw-1")].into(),
        ..RouteTable::default()
    };
    here.route_tables = Seen::Read([("rtb-1".to_owned(), table)].into());
    let acl = Acl {
        vpc: "vpc-1".into(),
        owner: ID.into(),
        is_default: true,
        ingress: [(100, everywhere.clone())].into(),
        egress: [(100, everywhere)].into(),
        subnets: ["subnet-1".to_owned()].into(),
        ..Acl::default()
    };
    here.acls = Seen::Read([("acl-1".to_owned(), acl)].into());
}
