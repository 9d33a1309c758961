//! The account of a company, built from its facts.

use std::collections::{BTreeMap, BTreeSet};

use super::{Balancer, Behind, Company, From, Leads, Paged};
use crate::account::{
    Account, AliasTarget, BackendTarget, Behavior, DEFAULT_BEHAVIOR, Distribution, EdgeFunction,
    FixedResponse, Interface, Listener, ListenerRule, LoadBalancer, Origin, OriginKind, PublicAccessBlock,
    Record, RuleAction, RuleCondition, Seen, TargetGroup, VpcBlock, Zone,
};
use crate::exposure::tests;
use crate::front::page;

const REGION: &str = "eu-test-1";

impl Company {
    pub fn account(&self) -> Account {
        let mut account = tests::account();
        let functions =
            [("unplug-page-1", page::function_of(None).unwrap()), ("header", "// adds a header".into())];
        let function = |(name, code): (&str, String)| {
            let arn = format!("arn:aws:cloudfront::111122223333:function/{name}");
            let ours = name.starts_with(EdgeFunction::OURS).then_some(code);
            (name.to_owned(), EdgeFunction { arn, published: true, live: ours, ..EdgeFunction::default() })
        };
        account.edge_functions = Seen::Read(functions.map(function).into());
        account.distributions =
            Seen::Read((0..self.cdns.len()).map(|n| (format!("E{n}"), self.distribution(n))).collect());
        account.zones = Seen::Read([("Z1".to_owned(), self.zone())].into());
        let block = PublicAccessBlock::ALL_ON;
        account.s3_block = Seen::Read(self.private_buckets.then_some(block));
        let region = account.regions.get_mut(REGION).unwrap();
        if self.blocked {
            let (mode, state) = ("block-bidirectional".into(), "update-complete".into());
            region.vpc_block = Seen::Read(VpcBlock { mode, state, ..VpcBlock::default() });
        }
        let interfaces = region.interfaces.read_mut().unwrap();
        for (id, ip, public, group) in [
            ("eni-open", "10.0.0.21", Some("54.0.0.21"), "sg-web"),
            ("eni-shut", "10.0.0.22", Some("54.0.0.22"), "sg-none"),
            ("eni-target", "10.0.0.23", None, "sg-web"),
            ("eni-cut", "10.0.0.24", None, "sg-none"),
        ] {
            let interface = Interface {
                vpc: "vpc-1".into(),
                subnet: "subnet-pub".into(),
                owner: "111122223333".into(),
                kind: "interface".into(),
                private_ip: Some(ip.into()),
                public_ip: public.map(str::to_owned),
                groups: [group.to_owned()].into(),
                source_dest_check: true,
                ..Interface::default()
            };
            interfaces.insert(id.into(), interface);
        }
        let all = || self.balancers.iter().enumerate();
        region.load_balancers = Seen::Read(all().map(|(n, it)| (arn(n), load_balancer(n, *it))).collect());
        region.target_groups =
            Seen::Read(all().map(|(n, it)| (format!("tg-{n}"), target_group(n, *it))).collect());
        region.listener_rules = Seen::Read(all().flat_map(|(n, it)| rules(n, *it)).collect());
        account
    }

    fn distribution(&self, n: usize) -> Distribution {
        let it = self.cdns[n];
        let ours = |path: &str| match it.page {
            Paged::All => true,
            Paged::OnePath => path != DEFAULT_BEHAVIOR,
            Paged::No => false,
        };
        let behavior = |path: &str| {
            let function = if ours(path) { "unplug-page-1" } else { "header" };
            let arn = format!("arn:aws:cloudfront::111122223333:function/{function}");
            let functions = BTreeMap::from([("viewer-request".to_owned(), arn)]);
            (path.to_owned(), Behavior { origin: "main".into(), functions, ..Behavior::default() })
        };
        let (domain, kind) = match it.origin {
            From::Balancer(n) => (host_of(n), OriginKind::Custom),
            From::Bucket => ("assets.s3.eu-west-1.amazonaws.com".into(), OriginKind::S3),
            From::Elsewhere | From::Group => ("partner.example.net".into(), OriginKind::Custom),
        };
        let id = if matches!(it.origin, From::Group) { "other" } else { "main" };
        let alias = if it.alias { name(n) } else { "old.example.com".into() };
        // A name of its own must not appear beside those of the zone.
        let aliases = if it.alias { [alias].into() } else { BTreeSet::new() };
        Distribution {
            domain: format!("d{n}.cloudfront.net"),
            aliases,
            enabled: it.enabled,
            deployed: true,
            behaviors: [behavior(DEFAULT_BEHAVIOR), behavior("/one")].into(),
            origins: [(id.to_owned(), Origin { domain, kind, access_control: None })].into(),
            ..Distribution::default()
        }
    }

    fn zone(&self) -> Zone {
        let mut records = BTreeMap::<String, BTreeSet<Record>>::new();
        for (n, leads) in self.names.iter().enumerate() {
            let of = records.entry(format!("{}.", name(n))).or_default();
            match leads {
                Leads::Weighted(a, b) => {
                    for (set, leads) in [("a", a), ("b", b)] {
                        let record = Self::record(leads);
                        of.insert(Record { set: Some(set.into()), weight: Some(1), ..record });
                    }
                }
                leads => {
                    of.insert(Self::record(leads));
                }
            }
        }
        Zone { name: "example.com.".into(), records: Seen::Read(records), ..Zone::default() }
    }

    fn record(leads: &Leads) -> Record {
        let alias = |to: String| Record {
            kind: "A".into(),
            alias: Some(AliasTarget { zone: "Z9".into(), name: format!("{to}."), evaluate_health: false }),
            ..Record::default()
        };
        let valued = |kind: &str, value: &str| Record {
            kind: kind.into(),
            ttl: Some(300),
            values: vec![value.to_owned()],
            ..Record::default()
        };
        match leads {
            Leads::Balancer(n) => alias(format!("dualstack.{}", host_of(*n))),
            Leads::Cdn(n) => alias(format!("d{n}.cloudfront.net")),
            Leads::Host(true) => valued("A", "54.0.0.21"),
            Leads::Host(false) => valued("A", "54.0.0.22"),
            Leads::Name(n) => valued("CNAME", &format!("{}.", name(*n))),
            Leads::Elsewhere => valued("A", "203.0.113.9"),
            Leads::Api => alias("d-1.execute-api.eu-west-1.amazonaws.com".into()),
            Leads::Website => alias("s3-website-eu-west-1.amazonaws.com".into()),
            Leads::Weighted(a, _) => Self::record(a),
        }
    }
}

/// Names sort as they are numbered.
fn name(n: usize) -> String {
    format!("n{n}.example.com")
}

fn host_of(n: usize) -> String {
    format!("web-{n}.{REGION}.elb.amazonaws.com")
}

fn arn(n: usize) -> String {
    format!("arn:aws:elasticloadbalancing:{REGION}:111122223333:loadbalancer/app/web-{n}/1")
}

fn load_balancer(n: usize, it: Balancer) -> LoadBalancer {
    let (kind, protocol) = if it.application { ("application", "HTTPS") } else { ("network", "TLS") };
    LoadBalancer {
        name: format!("web-{n}"),
        vpc: "vpc-1".into(),
        kind: kind.into(),
        scheme: if it.internal { "internal" } else { "internet-facing" }.into(),
        ip_address_type: "ipv4".into(),
        dns_name: format!("Web-{n}.{REGION}.elb.amazonaws.com"),
        state: "active".into(),
        subnets: ["subnet-pub".to_owned()].into(),
        groups: [if it.open { "sg-web" } else { "sg-none" }.to_owned()].into(),
        listeners: [Listener { protocol: protocol.into(), port: 443 }].into(),
        ..LoadBalancer::default()
    }
}

fn target_group(n: usize, it: Balancer) -> TargetGroup {
    let (kind, id) = match it.behind {
        Behind::Answers => ("ip", Some("10.0.0.23")),
        Behind::CutOff => ("ip", Some("10.0.0.24")),
        Behind::Empty => ("ip", None),
        Behind::Lambda => ("lambda", Some("arn:aws:lambda:eu-west-1:111122223333:function:site")),
    };
    TargetGroup {
        name: format!("tg-{n}"),
        vpc: "vpc-1".into(),
        protocol: if it.application { "HTTPS" } else { "TCP" }.into(),
        port: Some(443),
        kind: kind.into(),
        load_balancers: [arn(n)].into(),
        targets: id
            .map(|id| BackendTarget { id: id.into(), port: Some(443), zone: None })
            .into_iter()
            .collect(),
        ..TargetGroup::default()
    }
}

fn rules(n: usize, it: Balancer) -> Vec<(String, ListenerRule)> {
    if !it.application {
        return vec![];
    }
    let rule = |priority: Option<u32>, path: Option<&str>, actions: Vec<RuleAction>| {
        let values = |path: &str| [path.to_owned()].into();
        let condition = |path| RuleCondition {
            field: "path-pattern".into(),
            values: values(path),
            ..RuleCondition::default()
        };
        let rule = ListenerRule {
            listener: format!("listener-{n}"),
            balancer: arn(n),
            protocol: "HTTPS".into(),
            port: 443,
            priority,
            conditions: path.map(condition).into_iter().collect(),
            actions,
            ..ListenerRule::default()
        };
        (format!("rule-{n}-{priority:?}"), rule)
    };
    let forward = || RuleAction {
        kind: "forward".into(),
        target_groups: [format!("tg-{n}")].into(),
        ..RuleAction::default()
    };
    let body = page::balancer_of(None).unwrap().to_owned();
    let fixed = FixedResponse { status: "503".into(), content_type: "text/html".into(), body };
    let page = RuleAction { kind: "fixed-response".into(), fixed: Some(fixed), ..RuleAction::default() };
    let path = match it.page {
        Paged::No => None,
        Paged::OnePath => Some("/one"),
        Paged::All => Some("*"),
    };
    let first = path.map(|path| rule(Some(1), Some(path), vec![page]));
    first
        .into_iter()
        .chain([rule(Some(7), Some("/other"), vec![forward()]), rule(None, None, vec![forward()])])
        .collect()
}
