//! Interfaces that EC2 does not let their account change: whose they are, and what would.

use super::by_hand;
use super::function;
use super::managed::Resource;
use super::managed::Service::{self, ConnectEndpoint, Database, Endpoint, Function, LoadBalancer};
use crate::account::{Database as KnownDatabase, Gap, Interface, Region, Seen};

/// Who changes the groups of an interface.
#[derive(Debug, PartialEq)]
pub(super) enum Owned {
    /// EC2 does.
    Free,
    /// These resources, by service and id, each with its own call. Databases of the same groups and
    /// subnets cannot be told apart by an interface: then it is any of them. Functions share one.
    By(Vec<(Service, String)>),
    /// Nothing that this step calls; why.
    Refused(String),
}

/// A kind of interface, how its description starts, whose it is, and the call that changes it.
struct Owner {
    kind: &'static str,
    starts: &'static str,
    name: &'static str,
    /// Empty: it has no security group at all.
    call: &'static str,
    /// The service whose call this step sends for it.
    service: Option<Service>,
    /// Why this step does not send the call; empty where it does, and where the call says enough.
    but: &'static str,
}

impl Owner {
    fn fits(&self, interface: &Interface) -> bool {
        (self.kind.is_empty() || self.kind == interface.kind)
            && interface.description.starts_with(self.starts)
    }
}

const fn owner(kind: &'static str, starts: &'static str, name: &'static str, call: &'static str) -> Owner {
    Owner { kind, starts, name, call, service: None, but: "" }
}

const fn ours(
    kind: &'static str,
    starts: &'static str,
    name: &'static str,
    call: &'static str,
    service: Service,
) -> Owner {
    Owner { kind, starts, name, call, service: Some(service), but: "" }
}

/// One whose call this step does not send.
const fn by_hand(starts: &'static str, name: &'static str, call: &'static str, but: &'static str) -> Owner {
    Owner { kind: "", starts, name, call, service: None, but }
}

const SET: &str = "elasticloadbalancing:SetSecurityGroups";

/// The first that fits. No text fits any description, or any kind. AWS writes the description of an
/// interface that it manages, and nobody can change it.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/requester-managed-eni.html>
const OWNERS: &[Owner] = &[
    owner("nat_gateway", "", "a NAT gateway", ""),
    owner("", "Interface for NAT Gateway", "a NAT gateway", ""),
    owner("transit_gateway", "", "a transit gateway", ""),
    owner("gateway_load_balancer_endpoint", "", "a Gateway Load Balancer endpoint", ""),
    ours("gateway_load_balancer", "", "a Gateway Load Balancer", "", LoadBalancer),
    ours("", "ELB gwy/", "a Gateway Load Balancer", "", LoadBalancer),
    ours("", "ELB app/", "an Application Load Balancer", SET, LoadBalancer),
    ours("network_load_balancer", "", "a Network Load Balancer", SET, LoadBalancer),
    ours("", "ELB net/", "a Network Load Balancer", SET, LoadBalancer),
    by_hand(
        "ELB ",
        "a Classic Load Balancer",
        "elasticloadbalancing:ApplySecurityGroupsToLoadBalancer",
        "this version does not read Classic Load Balancers, which it would have to put back",
    ),
    ours(
        "",
        "EC2 Instance Connect Endpoint",
        "an Instance Connect endpoint",
        "ec2:ModifyInstanceConnectEndpoint",
        ConnectEndpoint,
    ),
    ours("vpc_endpoint", "", "a VPC endpoint", "ec2:ModifyVpcEndpoint", Endpoint),
    ours("", "VPC Endpoint Interface", "a VPC endpoint", "ec2:ModifyVpcEndpoint", Endpoint),
    ours("lambda", "", "a Lambda function", "lambda:UpdateFunctionConfiguration", Function),
    ours("", "AWS Lambda VPC ENI", "a Lambda function", "lambda:UpdateFunctionConfiguration", Function),
    ours("", RDS, "RDS", "rds:ModifyDBInstance or rds:ModifyDBCluster", Database),
    by_hand("RDS Proxy", "an RDS proxy", "rds:ModifyDBProxy", "this version changes no proxies"),
    Owner { kind: "efs", ..MOUNT_TARGET },
    Owner { starts: "EFS mount target", ..MOUNT_TARGET },
    by_hand(
        "ElastiCache",
        "ElastiCache",
        "elasticache:ModifyReplicationGroup or ModifyCacheCluster",
        "now it happens only with ApplyImmediately, together with every other change that waits",
    ),
    by_hand(
        "RedshiftNetworkInterface",
        "Redshift",
        "redshift:ModifyCluster",
        "this version does not read clusters of Redshift, which it would have to put back",
    ),
    by_hand(
        "ES ",
        "OpenSearch",
        "es:UpdateDomainConfig",
        "it copies the domain to new nodes and ends the old ones",
    ),
    owner("", "Amazon EKS", "an EKS cluster", "eks:UpdateClusterConfig"),
    owner(
        "",
        "Created By Amazon Workspaces",
        "a WorkSpaces desktop",
        "ec2:ModifyNetworkInterfaceAttribute by hand",
    ),
    owner("", "ClientVPN Endpoint", "a Client VPN endpoint", "ec2:ModifyClientVpnEndpoint"),
    owner("branch", "", "an ECS task or EKS pod", "the service's network configuration or the pod's policy"),
    owner("trunk", "", "ECS or EKS", "the service's network configuration or the pod's policy"),
];

const MOUNT_TARGET: Owner = by_hand(
    "",
    "an EFS mount target",
    "elasticfilesystem:ModifyMountTargetSecurityGroups",
    "this version does not read mount targets of EFS, which it would have to put back",
);

/// An interface of a task is described by the ARN of its attachment, in the partition's own letters.
const TASK: Owner = by_hand("", "an ECS task", "ecs:UpdateService, for new tasks only,", ENDS_TASKS);

/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html>
const ENDS_TASKS: &str = "it replaces every task of the service, and the evidence in them ends";

fn is_of_a_task(description: &str) -> bool {
    let mut parts = description.split(':');
    parts.next() == Some("arn") && parts.next().is_some() && parts.next() == Some("ecs")
}

/// RDS says no more of an interface than this.
const RDS: &str = "RDSNetworkInterface";

/// Who changes this interface's groups.
pub(super) fn of(id: &str, interface: &Interface, here: &Region) -> Owned {
    let plain = matches!(interface.kind.as_str(), "interface" | "efa" | "efa-only" | "");
    if plain && interface.managed_by.is_none() {
        return Owned::Free;
    }
    // What an endpoint says of its interfaces counts for more than what they say of themselves.
    let listed = listed(id, here);
    if !listed.is_empty() {
        return Owned::By(listed);
    }
    let by = interface.managed_by.as_deref().filter(|by| !by.is_empty()).unwrap_or(&interface.kind);
    let task = is_of_a_task(&interface.description).then_some(&TASK);
    let Some(owner) = task.or_else(|| OWNERS.iter().find(|owner| owner.fits(interface))) else {
        return Owned::Refused(format!("managed by {by}: change its groups where that service keeps them"));
    };
    let found = match owner.service {
        Some(LoadBalancer) => sought(&here.load_balancers, "load balancers", load_balancer(interface, here)),
        Some(Database) => sought(&here.databases, "databases", databases(interface, here)),
        Some(Endpoint) => sought(&here.endpoints, "VPC endpoints", vec![]),
        Some(ConnectEndpoint) => sought(&here.connect_endpoints, "Instance Connect endpoints", vec![]),
        Some(Function) => {
            return match function::users(interface, here) {
                Ok(names) => Owned::By(names.into_iter().map(|name| (Function, name)).collect()),
                Err(why) => Owned::Refused(why),
            };
        }
        None => Err(String::new()),
    };
    match (found, owner) {
        (Ok(found), _) => Owned::By(found),
        (Err(_), Owner { name, call: "", .. }) => {
            Owned::Refused(format!("belongs to {name}, which has no security group: 520 and 530 cut it"))
        }
        (Err(why), Owner { name, call, but: "", .. }) => {
            Owned::Refused(format!("managed by {name}{why}: {call} changes its groups"))
        }
        (Err(why), Owner { name, call, but, .. }) => {
            let command = by_hand::command(interface);
            Owned::Refused(format!(
                "managed by {name}{why}: {call} changes its groups, by hand: {but}{command}"
            ))
        }
    }
}

/// Names the service that keeps an interface in a VPC, and reaches inside by it. Those of gateways and
/// of what has a list of its own (load balancers, endpoints, databases) have no name here. Whoever may call
/// a function reaches inside by it, whatever its groups let in.
pub(in crate::steps) fn service(interface: &Interface) -> Option<String> {
    let plain = matches!(interface.kind.as_str(), "interface" | "efa" | "efa-only" | "");
    let by = interface.managed_by.as_deref();
    if plain && by.is_none() {
        return None;
    }
    if is_of_a_task(&interface.description) {
        return Some(TASK.name.into());
    }
    match OWNERS.iter().find(|owner| owner.fits(interface)) {
        Some(owner) => {
            let has_list = owner.service.is_some_and(|service| service != Function);
            let listed = owner.call.is_empty() || has_list || owner.name.contains("VPN");
            (!listed).then(|| owner.name.into())
        }
        // AWS writes into the description what it is: `Route 53 Resolver: rslvr-in-…`.
        None if interface.description.is_empty() => Some(by.unwrap_or(&interface.kind).into()),
        None => Some(interface.description.split([':', '-']).next().unwrap_or_default().trim().into()),
    }
}

/// What was found, or why nothing was: "could not look" is not "not there".
fn sought<T>(
    section: &Seen<T>,
    what: &str,
    found: Vec<(Service, String)>,
) -> Result<Vec<(Service, String)>, String> {
    match section {
        Seen::Gap(Gap { cause, .. }) => {
            Err(format!(", and the {what} could not be read ({})", cause.words()))
        }
        Seen::Read(_) if found.is_empty() => Err(format!(", which is not among the {what} of this account")),
        Seen::Read(_) => Ok(found),
    }
}

fn listed(id: &str, here: &Region) -> Vec<(Service, String)> {
    let endpoints = here.endpoints.items().filter(|(_, endpoint)| endpoint.interfaces.contains(id));
    let connect = here.connect_endpoints.items().filter(|(_, endpoint)| endpoint.interfaces.contains(id));
    endpoints
        .map(|(owner, _)| (Endpoint, owner.clone()))
        .chain(connect.map(|(owner, _)| (ConnectEndpoint, owner.clone())))
        .collect()
}

/// `ELB app/front/50dc6c495c0c9188` is the end of an ARN.
fn load_balancer(interface: &Interface, here: &Region) -> Vec<(Service, String)> {
    let Some(rest) = interface.description.strip_prefix("ELB ") else { return vec![] };
    let named = |arn: &&String| arn.split_once(":loadbalancer/").is_some_and(|(_, end)| end == rest);
    let arns = here.load_balancers.items().map(|(arn, _)| arn);
    arns.filter(named).map(|arn| (LoadBalancer, arn.clone())).collect()
}

/// The databases whose interface this may be: those of its subnet and its groups.
fn databases(interface: &Interface, here: &Region) -> Vec<(Service, String)> {
    let near = |database: &&KnownDatabase| {
        database.cluster.is_none()
            && database.vpc == interface.vpc
            && database.subnets.contains(&interface.subnet)
    };
    let of = |fits: &dyn Fn(&KnownDatabase) -> bool| -> Vec<(Service, String)> {
        let all = here.databases.items().filter(|(_, database)| near(database) && fits(database));
        all.map(|(arn, _)| (Database, arn.clone())).collect()
    };
    let same = of(&|database| database.groups == interface.groups);
    // While a change is under way the database says the new groups, the interface the old ones.
    if same.is_empty() { of(&|database| database.groups_changing) } else { same }
}

/// The interfaces of a resource that a service manages.
pub(super) fn interfaces<'a>(resource: &Resource<'_>, here: &'a Region) -> Vec<(&'a String, &'a Interface)> {
    let its = |(id, interface): &(&String, &Interface)| match of(id, interface, here) {
        Owned::By(owners) => {
            owners.iter().any(|(service, id)| *service == resource.service && id == resource.id)
        }
        _ => false,
    };
    here.interfaces.items().filter(its).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Cause, LoadBalancer as KnownBalancer};

    fn interface(kind: &str, managed_by: Option<&str>, description: &str) -> Interface {
        Interface {
            kind: kind.into(),
            managed_by: managed_by.map(Into::into),
            description: description.into(),
            ..Interface::default()
        }
    }

    fn why(kind: &str, managed_by: Option<&str>, description: &str) -> String {
        match of("eni-1", &interface(kind, managed_by, description), &Region::empty()) {
            Owned::Refused(why) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_owner_is_named_with_the_call_that_would_change_it() {
        assert!(
            why("interface", Some("amazon-elb"), "ELB app/front/1").contains("Application Load Balancer")
        );
        assert!(why("interface", Some("amazon-elb"), "ELB old").contains("ApplySecurityGroups"));
        assert!(why("nat_gateway", Some("1"), "").contains("no security group"));
        assert!(why("branch", None, "").contains("EKS"));
        let eks = why("interface", Some("AROAZYXWVUTSRQPONMLKJ:AmazonEKS"), "Amazon EKS shop");
        assert_eq!(eks, "managed by an EKS cluster: eks:UpdateClusterConfig changes its groups");
        for partition in ["aws", "aws-cn", "aws-us-gov"] {
            let task = format!("arn:{partition}:ecs:cn-north-1:111122223333:attachment/0c3e9a52");
            assert!(why("interface", Some("1"), &task).contains("an ECS task"), "{partition}");
        }
        assert!(why("interface", Some("new.amazonaws.com"), "").contains("new.amazonaws.com"));
        assert!(why("quicksight", None, "").contains("quicksight"));
    }

    #[test]
    fn what_is_left_to_the_hand_says_why_and_with_which_call() {
        let task = "arn:aws:ecs:us-east-1:111122223333:attachment/0c3e9a52";
        for (description, call, but) in [
            (task, "ecs:UpdateService", "replaces every task"),
            ("ElastiCache sessions", "elasticache:ModifyReplicationGroup", "ApplyImmediately"),
            ("RedshiftNetworkInterface", "redshift:ModifyCluster", "does not read clusters"),
            ("ES shop", "es:UpdateDomainConfig", "new nodes"),
            ("RDS Proxy", "rds:ModifyDBProxy", "no proxies"),
            ("ELB old", "elasticloadbalancing:ApplySecurityGroupsToLoadBalancer", "does not read"),
            (
                "EFS mount target for fs-1",
                "elasticfilesystem:ModifyMountTargetSecurityGroups",
                "does not read",
            ),
        ] {
            let why = why("interface", Some("amazon-aws"), description);
            assert!(why.contains(call) && why.contains("by hand: ") && why.contains(but), "{why}");
        }
    }

    #[test]
    fn classic_balancers_and_mount_targets_have_the_whole_command() {
        let balancer = why("interface", Some("amazon-elb"), "ELB shop-old");
        let command =
            "aws elb apply-security-groups-to-load-balancer --load-balancer-name shop-old --security-groups";
        assert!(balancer.contains(command), "{balancer}");
        let target = why("efs", None, "EFS mount target for fs-1 (fsmt-0a1b2c3d)");
        let command =
            "aws efs modify-mount-target-security-groups --mount-target-id fsmt-0a1b2c3d --security-groups";
        assert!(target.contains(command), "{target}");
        assert!(why("efs", None, "EFS mount target for fs-1").contains("--mount-target-id MOUNT-TARGET"));
    }

    #[test]
    fn what_ec2_can_change_is_not_refused() {
        let faked = interface("interface", None, "ELB app/faked by a description");
        assert_eq!(of("eni-1", &faked, &Region::empty()), Owned::Free);
        assert_eq!(of("eni-1", &interface("efa", None, ""), &Region::empty()), Owned::Free);
    }

    #[test]
    fn not_read_is_said_and_is_not_the_same_as_not_there() {
        let front = interface("interface", Some("amazon-elb"), "ELB app/front/1");
        let gap = Gap { cause: Cause::Denied, call: String::new(), detail: String::new() };
        let unread = Region { load_balancers: Seen::Gap(gap), ..Region::empty() };
        let Owned::Refused(why) = of("eni-1", &front, &unread) else { panic!("refused") };
        assert!(why.contains("could not be read (permission denied)"), "{why}");
        let Owned::Refused(why) = of("eni-1", &front, &Region::empty()) else { panic!("refused") };
        assert!(why.contains("not among the load balancers"), "{why}");
        let arn = "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/front/1".to_owned();
        let read = Seen::Read([(arn.clone(), KnownBalancer::default())].into());
        let here = Region { load_balancers: read, ..Region::empty() };
        assert_eq!(of("eni-1", &front, &here), Owned::By(vec![(LoadBalancer, arn)]));
    }
}
