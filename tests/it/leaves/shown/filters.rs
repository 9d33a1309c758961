//! 510, 520 and 590: what groups, ACLs and the block do not stop.

use unplug::account::{
    Account, BackendTarget, FunctionNetwork, Interface, Seen, Subnet, TargetGroup, VpcFunction,
};
use unplug::exposure::between;
use unplug::step::Scope;

use super::super::cut::{Cut, here};
use super::{again, closed, copy, later, open, with};

/// 590 holds already: two steps are done behind it.
pub fn behind_block_public_access(account: &mut Account) {
    let block = here(account).vpc_block.read_mut().unwrap();
    block.mode = "block-bidirectional".into();
    block.state = "update-complete".into();
}

pub fn kept_cidrs_stay_open(cut: &Cut) {
    let scope = Scope { keep_cidrs: ["10.30.0.7/32".to_owned()].into(), ..Scope::default() };
    let kept = again(cut, cut.before.clone(), scope).left(None);
    for way in ["in on-premises vgw-home v4 eni-app", "out on-premises vgw-home v4 eni-app"] {
        closed(&cut.left(None), way);
        open(&kept, way);
    }
    closed(&kept, "out internet nat-public v4 eni-app");
}

pub fn nat_gateways_are_refused(cut: &Cut) {
    for interface in ["eni-of-nat-public", "eni-of-nat-private"] {
        assert!(cut.refusal(interface).contains("has no security group"));
    }
}

/// An interface of each, as AWS describes them.
pub fn what_a_service_alone_changes_stays_open(cut: &Cut) {
    let described = [
        ("eni-files", "EFS mount target for fs-1", "10.0.0.72", "amazon-aws"),
        ("eni-cache", "ElastiCache orders", "10.0.0.73", "amazon-elasticache"),
        ("eni-classic", "ELB old", "10.0.0.74", "amazon-elb"),
        ("eni-eks-api", "Amazon EKS shop", "10.0.0.75", "AROAZYXWVUTSRQPONMLKJ:AmazonEKS"),
        ("eni-desktop", "Created By Amazon Workspaces for AWS Account ID 1", "10.0.0.76", "333344445555"),
    ];
    let cut = with(cut, |account| {
        for (id, description, ip, service) in described {
            copy(account, "eni-web", id, ip);
            let interface = here(account).interfaces.read_mut().unwrap().get_mut(id).unwrap();
            interface.description = description.into();
            interface.managed_by = Some(service.into());
            interface.public_ip = None;
        }
    });
    for (id, ..) in described {
        cut.refusal(id);
        open(&cut.left(None), &format!("in on-premises cvpn-app v4 {id}"));
        assert_eq!(between(&cut.after, "eni-web", id), None, "the host itself is cut");
    }
}

/// A function of which a version is published: `$LATEST` moves to another interface, the version stays.
pub fn published_versions_stay_open(cut: &Cut) {
    let cut = with(cut, |account| {
        copy(account, "eni-web", "eni-function", "10.0.0.71");
        let here = here(account);
        let interface = here.interfaces.read_mut().unwrap().get_mut("eni-function").unwrap();
        interface.kind = "lambda".into();
        interface.managed_by = Some("amazon-aws".into());
        interface.public_ip = None;
        let network = FunctionNetwork {
            vpc: interface.vpc.clone(),
            subnets: [interface.subnet.clone()].into(),
            groups: interface.groups.clone(),
            ipv6: false,
        };
        let function = VpcFunction {
            network: network.clone(),
            update: "Successful".into(),
            versions: [("1".to_owned(), network)].into(),
            ..VpcFunction::default()
        };
        here.vpc_functions = Seen::Read([("report".to_owned(), Seen::Read(function))].into());
    });
    let groups = |id: &str| {
        let here = &cut.after.regions["eu-west-1"];
        here.interfaces.item(id).unwrap().groups.clone()
    };
    assert_eq!(
        groups("eni-function"),
        cut.before.regions["eu-west-1"].interfaces.item("eni-web").unwrap().groups
    );
    open(&cut.left(None), "in on-premises cvpn-app v4 eni-function");
    let report = cut.after.regions["eu-west-1"].vpc_functions.item("report").unwrap().read().unwrap();
    assert_ne!(report.network.groups, report.versions["1"].groups, "the unpublished version is cut");
}

/// A function and an address of another network behind the load balancer: neither is an interface.
pub fn targets_outside_keep_their_front(cut: &Cut) {
    let front = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/app/shop/1";
    let cut = with(cut, |account| {
        for (kind, id) in
            [("lambda", "arn:aws:lambda:eu-west-1:111111111111:function:page"), ("ip", "10.30.0.9")]
        {
            let group = TargetGroup {
                name: kind.into(),
                vpc: "vpc-home".into(),
                protocol: "HTTPS".into(),
                port: Some(443),
                kind: kind.into(),
                load_balancers: [front.to_owned()].into(),
                targets: [BackendTarget { id: id.into(), ..BackendTarget::default() }].into(),
                ..TargetGroup::default()
            };
            let all = here(account).target_groups.read_mut().unwrap();
            all.insert(
                format!("arn:aws:elasticloadbalancing:eu-west-1:111111111111:targetgroup/{kind}/1"),
                group,
            );
        }
    });
    let region = |account: &Account| account.regions["eu-west-1"].clone();
    let (before, after) = (region(&cut.before), region(&cut.after));
    assert_eq!(before.load_balancers, after.load_balancers, "it listens, and keeps its groups");
    assert_eq!(before.target_groups, after.target_groups);
    open(&cut.left(None), "in internet igw-home v4 eni-of-shop");
}

pub fn hosts_of_a_subnet_reach_each_other_alone(cut: &Cut) {
    assert!(between(&cut.after, "eni-web", "eni-nat").is_some(), "both in subnet-front");
    assert!(between(&cut.before, "eni-web", "eni-app").is_some());
    assert_eq!(between(&cut.after, "eni-web", "eni-app"), None, "in another subnet");
}

pub fn neighbors_reach_the_host(cut: &Cut) {
    let cut = with(cut, |account| {
        copy(account, "eni-app", "eni-neighbor", "10.0.1.11");
        copy(account, "eni-web", "eni-stranger", "10.0.2.11");
        let stranger = here(account).interfaces.read_mut().unwrap().get_mut("eni-stranger").unwrap();
        stranger.subnet = "subnet-data".into();
        stranger.public_ip = None;
    });
    assert!(between(&cut.after, "eni-neighbor", "eni-app").is_some());
    assert_eq!(between(&cut.after, "eni-stranger", "eni-app"), None, "of another subnet");
    assert!(between(&cut.after, "eni-stranger", "eni-neighbor").is_some(), "the neighbors keep working");
}

/// AWS puts it on the VPC's default ACL, which nothing has changed.
pub fn a_new_subnet_has_the_default_acl(cut: &Cut) {
    let added = |account: &mut Account| {
        let subnet = Subnet {
            vpc: "vpc-home".into(),
            owner: "111111111111".into(),
            zone: "eu-west-1c".into(),
            cidr: "10.0.9.0/24".into(),
            ..Subnet::default()
        };
        let region = here(account);
        region.subnets.read_mut().unwrap().insert("subnet-new".into(), subnet);
        let acls = region.acls.read_mut().unwrap();
        let default = acls.values_mut().find(|acl| acl.vpc == "vpc-home" && acl.is_default).unwrap();
        default.subnets.insert("subnet-new".into());
        copy(account, "eni-web", "eni-new", "10.0.9.10");
        let interface = here(account).interfaces.read_mut().unwrap().get_mut("eni-new").unwrap();
        interface.subnet = "subnet-new".into();
        interface.public_ip = Some("203.0.113.99".into());
    };
    let later = later(cut, added);
    open(&later, "in internet igw-home v4 eni-new");
    open(&later, "out internet igw-home v4 eni-new");
}

pub fn clients_reach_listener_ports_alone(cut: &Cut) {
    let exposure = unplug::exposure::of(&cut.after);
    let ways = &exposure.interfaces[&("eu-west-1".to_owned(), "eni-nat".to_owned())];
    let said: Vec<String> = ways
        .iter()
        .filter(|way| way.path.id == "igw-home" && !way.open.is_empty())
        .map(unplug::exposure::words)
        .collect();
    assert!(!said.is_empty() && said.iter().all(|words| words.starts_with("tcp 443 ")), "{said:?}");
}

/// The entries of the cut name the addresses that the host had.
pub fn an_address_got_later_is_open(cut: &Cut) {
    assert_eq!(between(&cut.after, "eni-web", "eni-app"), None);
    let mut account = cut.after.clone();
    let host = here(&mut account).interfaces.read_mut().unwrap().get_mut("eni-app").unwrap();
    host.secondary.insert("10.0.1.77".into(), None);
    assert!(between(&account, "eni-web", "eni-app").is_some());
}

/// A Verified Access endpoint is an interface of the VPC, and asks its hosts from there.
pub fn what_stands_in_the_vpc_reaches_its_hosts(cut: &Cut) {
    let mut account = cut.after.clone();
    copy(&mut account, "eni-of-shop", "eni-of-verified-access", "10.0.0.75");
    let endpoint =
        here(&mut account).interfaces.read_mut().unwrap().get_mut("eni-of-verified-access").unwrap();
    *endpoint =
        Interface { description: "Verified Access endpoint".into(), public_ip: None, ..endpoint.clone() };
    assert_eq!(between(&account, "eni-of-verified-access", "eni-app").as_deref(), Some("tcp 443"));
    let block = account.regions["eu-west-1"].vpc_block.read().unwrap();
    assert_eq!(block.mode, "block-bidirectional");
}
