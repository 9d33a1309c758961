//! What services keep in the sample's first VPC: load balancers, databases, endpoints.

use super::{ME, REGION, interface, map, set, tag};
use crate::account::{
    Account, BackendTarget, ConnectEndpoint, Database, Endpoint, FunctionNetwork, Interface, Listener,
    LoadBalancer, Region, Seen, Tags, TargetGroup, VpcBlock, VpcFunction,
};

pub(crate) const FRONT: &str =
    "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/app/front/50dc6c495c0c9188";
pub(crate) const LINK: &str =
    "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/net/link/60dc6c495c0c9188";
pub(crate) const BARE: &str =
    "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/net/bare/70dc6c495c0c9188";
pub(crate) const INSPECT: &str =
    "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/gwy/inspect/80dc6c495c0c9188";
pub(crate) const ORDERS: &str = "arn:aws:rds:us-east-1:111111111111:db:orders";
pub(crate) const STOPPED: &str = "arn:aws:rds:us-east-1:111111111111:db:stopped";
pub(crate) const USERS: &str = "arn:aws:rds:us-east-1:111111111111:cluster:users";

/// The sample with them.
pub(crate) fn with_services() -> Account {
    let mut account = super::account();
    for here in account.regions.values_mut() {
        here.load_balancers = map([]);
        here.listener_rules = map([]);
        here.target_groups = map([]);
        here.databases = map([]);
        here.database_proxies = map([]);
        here.connect_endpoints = map([]);
        here.endpoints = map([]);
        here.vpc_functions = map([]);
        here.vpc_block = Seen::Read(VpcBlock::default());
    }
    let Some(here) = account.regions.get_mut(REGION) else { return account };
    balancers(here);
    here.listener_rules = Seen::Read(super::rules::front().into_iter().collect());
    targets(here);
    databases(here);
    endpoints(here);
    functions(here);
    interfaces(here);
    account
}

fn balancers(here: &mut Region) {
    let balancer = |name: &str, kind: &str, groups: &[&str], listeners: &[(&str, i32)]| LoadBalancer {
        name: name.into(),
        vpc: "vpc-1".into(),
        kind: kind.into(),
        scheme: if kind == "gateway" { "" } else { "internet-facing" }.into(),
        ip_address_type: "dualstack".into(),
        dns_name: format!("{name}.example.com"),
        state: "active".into(),
        subnets: set(&["subnet-1a", "subnet-1b"]),
        groups: set(groups),
        listeners: listeners
            .iter()
            .map(|(protocol, port)| Listener { protocol: (*protocol).into(), port: *port })
            .collect(),
        tags: tag("team", name),
        ..LoadBalancer::default()
    };
    let link = balancer("link", "network", &["sg-ssh"], &[("TCP", 22)]);
    here.load_balancers = map([
        (FRONT, balancer("front", "application", &["sg-web"], &[("HTTP", 80), ("HTTPS", 443)])),
        (LINK, LoadBalancer { private_link_unfiltered: true, ..link }),
        (BARE, LoadBalancer { tags: Tags::new(), ..balancer("bare", "network", &[], &[("UDP", 53)]) }),
        (INSPECT, balancer("inspect", "gateway", &[], &[("GENEVE", 6081)])),
    ]);
}

fn targets(here: &mut Region) {
    let target = |id: &str, port: Option<i32>, zone: Option<&str>| BackendTarget {
        id: id.into(),
        port,
        zone: zone.map(Into::into),
    };
    here.target_groups = map([
        (
            "arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/web/1",
            TargetGroup {
                name: "web".into(),
                vpc: "vpc-1".into(),
                protocol: "HTTP".into(),
                port: Some(8080),
                kind: "ip".into(),
                load_balancers: set(&[FRONT]),
                targets: [target("10.0.1.5", Some(8080), Some("us-east-1a")), target("10.0.1.6", None, None)]
                    .into(),
                tags: tag("team", "web"),
                ..TargetGroup::default()
            },
        ),
        (
            "arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/page/2",
            TargetGroup { name: "page".into(), kind: "lambda".into(), ..TargetGroup::default() },
        ),
    ]);
}

fn databases(here: &mut Region) {
    let database = |name: &str, kind: &str, cluster: Option<&str>, groups: &[&str]| Database {
        name: name.into(),
        kind: kind.into(),
        vpc: "vpc-1".into(),
        subnets: set(&["subnet-1a", "subnet-1b"]),
        engine: if cluster.is_some() || kind == "cluster" { "aurora-mysql" } else { "postgres" }.into(),
        status: "available".into(),
        cluster: cluster.map(Into::into),
        groups: set(groups),
        groups_changing: false,
        public: name == "orders",
        port: Some(5432),
        tags: tag("Name", name),
        ..Database::default()
    };
    let stopped = database("stopped", "instance", None, &["sg-default"]);
    here.databases = map([
        (ORDERS, database("orders", "instance", None, &["sg-web", "sg-ssh"])),
        (
            STOPPED,
            Database {
                status: "stopped".into(),
                port: None,
                restarts: Some("2026-12-01T00:00:00Z".into()),
                ..stopped
            },
        ),
        (USERS, database("users", "cluster", None, &["sg-web"])),
        (
            "arn:aws:rds:us-east-1:111111111111:db:users-1",
            database("users-1", "instance", Some("users"), &["sg-web"]),
        ),
        (
            "arn:aws:rds:us-east-1:111111111111:db:users-2",
            database("users-2", "instance", Some("users"), &["sg-web"]),
        ),
    ]);
}

fn endpoints(here: &mut Region) {
    here.connect_endpoints = map([(
        "eice-1",
        ConnectEndpoint {
            vpc: "vpc-1".into(),
            subnet: "subnet-1a".into(),
            owner: ME.into(),
            groups: set(&["sg-ssh"]),
            interfaces: set(&["eni-eice"]),
            state: "complete".into(),
            preserve_client_ip: true,
            tags: tag("Name", "door"),
        },
    )]);
    let endpoint = |kind: &str, groups: &[&str], interfaces: &[&str]| Endpoint {
        vpc: "vpc-1".into(),
        owner: ME.into(),
        kind: kind.into(),
        service: "com.amazonaws.us-east-1.ssm".into(),
        state: "available".into(),
        subnets: set(if interfaces.is_empty() { &[] } else { &["subnet-1a"] }),
        groups: set(groups),
        interfaces: set(interfaces),
        takes_policy: Some(true),
        ..Endpoint::default()
    };
    let hidden = endpoint("Interface", &["sg-web"], &["eni-hidden"]);
    here.endpoints = map([
        ("vpce-ssm", endpoint("Interface", &["sg-web", "sg-ssh"], &["eni-ssm"])),
        ("vpce-s3", endpoint("Gateway", &[], &[])),
        ("vpce-hidden", Endpoint { requester_managed: true, ..hidden }),
    ]);
}

/// `report` has a published version with its groups, `resize` none.
fn functions(here: &mut Region) {
    let network = |groups: &[&str]| FunctionNetwork {
        vpc: "vpc-1".into(),
        subnets: set(&["subnet-1a"]),
        groups: set(groups),
        ipv6: true,
    };
    let function = |name: &str, groups: &[&str], versions: &[&str]| {
        Seen::Read(VpcFunction {
            arn: format!("arn:aws:lambda:{REGION}:{ME}:function:{name}"),
            network: network(groups),
            update: "Successful".into(),
            versions: versions.iter().map(|version| ((*version).to_owned(), network(groups))).collect(),
            on_instances: false,
            tags: tag("team", name),
        })
    };
    here.vpc_functions = map([
        ("report", function("report", &["sg-web"], &["1"])),
        ("resize", function("resize", &["sg-ssh"], &[])),
    ]);
}

fn interfaces(here: &mut Region) {
    let managed = |subnet: &str, by: &str, description: &str, groups: &[&str]| Interface {
        managed_by: Some(by.into()),
        description: description.into(),
        ..interface("vpc-1", subnet, groups)
    };
    let network = |description: &str, groups: &[&str]| Interface {
        kind: "network_load_balancer".into(),
        ..managed("subnet-1b", "amazon-elb", description, groups)
    };
    let function = |groups: &[&str]| Interface {
        kind: "lambda".into(),
        ..managed("subnet-1a", "amazon-aws", "AWS Lambda VPC ENI-report-1f414cf6", groups)
    };
    let more = [
        ("eni-report", function(&["sg-web"])),
        ("eni-resize", function(&["sg-ssh"])),
        ("eni-front-2", managed("subnet-1a", "amazon-elb", "ELB app/front/50dc6c495c0c9188", &["sg-web"])),
        ("eni-link", network("ELB net/link/60dc6c495c0c9188", &["sg-ssh"])),
        ("eni-bare", network("ELB net/bare/70dc6c495c0c9188", &[])),
        ("eni-orders", managed("subnet-1a", "amazon-rds", "RDSNetworkInterface", &["sg-web", "sg-ssh"])),
        ("eni-users-1", managed("subnet-1a", "amazon-rds", "RDSNetworkInterface", &["sg-web"])),
        ("eni-users-2", managed("subnet-1b", "amazon-rds", "RDSNetworkInterface", &["sg-web"])),
        ("eni-ssm", managed("subnet-1a", "2", "VPC Endpoint Interface vpce-ssm", &["sg-web", "sg-ssh"])),
        ("eni-hidden", managed("subnet-1a", "2", "VPC Endpoint Interface vpce-hidden", &["sg-web"])),
        ("eni-eice", managed("subnet-1a", "1", "EC2 Instance Connect Endpoint managed", &["sg-ssh"])),
        ("eni-cache", managed("subnet-1a", "amazon-elasticache", "ElastiCache sessions", &["sg-web"])),
    ];
    if let Some(interfaces) = here.interfaces.read_mut() {
        interfaces.extend(more.clone().map(|(id, interface)| (id.to_owned(), interface)));
    }
}
