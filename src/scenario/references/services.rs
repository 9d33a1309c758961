//! Endpoints, load balancers, databases and consoles: what they stand on must be there.

use std::collections::{BTreeMap, BTreeSet};

use super::Missing;
use crate::account::{Account, DEFAULT_BEHAVIOR, EdgeFunction, Region};

pub(super) fn services(account: &Account, region: &Region, missing: &mut Missing) {
    endpoints(region, missing);
    balancers(region, missing);
    managed_interfaces(account, region, missing);
    for (arn, database) in region.databases.items() {
        missing.all(arn, "subnet", &database.subnets, &region.subnets);
        missing.all(arn, "group", &database.groups, &region.groups);
    }
    for (name, function) in region.vpc_functions.items().filter_map(|(name, one)| Some((name, one.read()?))) {
        for network in function.versions.values().chain([&function.network]) {
            if !network.vpc.is_empty() {
                missing.check(name, "VPC", &network.vpc, &region.vpcs);
            }
            missing.all(name, "subnet", &network.subnets, &region.subnets);
            missing.all(name, "group", &network.groups, &region.groups);
        }
    }
    for (id, exclusion) in region.vpc_block.read().map(|block| &block.exclusions).into_iter().flatten() {
        let resource = exclusion.resource.rsplit('/').next().unwrap_or_default();
        if resource.starts_with("subnet-") {
            missing.check(id, "subnet", resource, &region.subnets);
        } else {
            missing.check(id, "VPC", resource, &region.vpcs);
        }
    }
    // A machine that is no instance (`mi-`) may have a session as well.
    for (id, session) in region.sessions.items().filter(|(_, session)| session.target.starts_with("i-")) {
        missing.check(id, "instance", &session.target, &region.instances);
    }
    for (id, instance) in region.instances.items() {
        for disk in instance.disks.values() {
            missing.check(id, "volume", &disk.volume, &region.volumes);
        }
    }
    for (id, _) in region.instance_attributes.items() {
        missing.check("an attribute", "instance", id, &region.instances);
    }
    for (id, service) in region.container_services.items() {
        missing.all(id, "subnet", &service.subnets, &region.subnets);
    }
    for (name, canary) in region.canaries.items() {
        if let Some(vpc) = &canary.vpc {
            missing.check(name, "VPC", vpc, &region.vpcs);
        }
    }
    for (id, fleet) in region.spot_fleets.items() {
        missing.all(id, "subnet", &fleet.subnets, &region.subnets);
    }
    if let Some(firewall) = region.dns_firewall.read() {
        let groups = crate::account::Seen::Read(firewall.rule_groups.clone());
        for association in &firewall.associations {
            missing.check(&association.name, "VPC", &association.vpc, &region.vpcs);
            missing.check(&association.name, "rule group", &association.rule_group, &groups);
        }
        missing.all("the DNS firewall", "VPC", &firewall.fail_open, &region.vpcs);
    }
}

/// Health checks that records and other health checks name.
pub(super) fn names(account: &Account, missing: &mut Missing) {
    for (_, zone) in account.zones.items() {
        for (name, set) in
            zone.records.items().flat_map(|(name, sets)| sets.iter().map(move |set| (name, set)))
        {
            if let Some(check) = &set.health_check {
                missing.check(name, "health check", check, &account.health_checks);
            }
        }
    }
    for (id, check) in account.health_checks.items() {
        missing.all(id, "health check", &check.children, &account.health_checks);
    }
}

fn endpoints(region: &Region, missing: &mut Missing) {
    for (id, endpoint) in region.endpoints.items() {
        missing.check(id, "VPC", &endpoint.vpc, &region.vpcs);
        missing.all(id, "subnet", &endpoint.subnets, &region.subnets);
        missing.all(id, "group", &endpoint.groups, &region.groups);
        missing.all(id, "interface", &endpoint.interfaces, &region.interfaces);
    }
    for (id, endpoint) in region.connect_endpoints.items() {
        missing.check(id, "VPC", &endpoint.vpc, &region.vpcs);
        missing.check(id, "subnet", &endpoint.subnet, &region.subnets);
        missing.all(id, "group", &endpoint.groups, &region.groups);
        missing.all(id, "interface", &endpoint.interfaces, &region.interfaces);
    }
    for (id, service) in region.endpoint_services.items() {
        missing.all(id, "load balancer", &service.load_balancers, &region.load_balancers);
    }
}

fn balancers(region: &Region, missing: &mut Missing) {
    for (arn, rule) in region.listener_rules.items() {
        missing.check(arn, "load balancer", &rule.balancer, &region.load_balancers);
        for action in &rule.actions {
            missing.all(arn, "target group", &action.target_groups, &region.target_groups);
        }
    }
    for (arn, balancer) in region.load_balancers.items() {
        missing.check(arn, "VPC", &balancer.vpc, &region.vpcs);
        missing.all(arn, "subnet", &balancer.subnets, &region.subnets);
        missing.all(arn, "group", &balancer.groups, &region.groups);
    }
    for (arn, group) in region.target_groups.items() {
        missing.all(arn, "load balancer", &group.load_balancers, &region.load_balancers);
        for target in group.targets.iter().filter(|_| group.kind == "instance") {
            missing.check(arn, "instance", &target.id, &region.instances);
        }
    }
    for (name, group) in region.scaling_groups.items() {
        missing.all(name, "target group", &group.target_groups, &region.target_groups);
        for instance in group.standby.difference(&group.instances) {
            missing.say(format!("{name} has {instance} in standby, which is not in the group"));
        }
    }
}

/// An interface that AWS runs belongs to something.
fn managed_interfaces(account: &Account, region: &Region, missing: &mut Missing) {
    let nat: BTreeSet<_> = region
        .nat_gateways
        .items()
        .flat_map(|(_, nat)| &nat.addresses)
        .filter_map(|a| a.interface.as_ref())
        .collect();
    let endpoints: BTreeSet<_> =
        region.endpoints.items().flat_map(|(_, endpoint)| &endpoint.interfaces).collect();
    let connect: BTreeSet<_> =
        region.connect_endpoints.items().flat_map(|(_, endpoint)| &endpoint.interfaces).collect();
    for (id, interface) in region.interfaces.items().filter(|(_, i)| i.owner == account.id) {
        let (of, known, read) = match interface.kind.as_str() {
            "nat_gateway" => ("NAT gateway", &nat, region.nat_gateways.read().is_some()),
            "vpc_endpoint" => ("endpoint", &endpoints, region.endpoints.read().is_some()),
            "ec2_instance_connect_endpoint" => {
                ("Instance Connect endpoint", &connect, region.connect_endpoints.read().is_some())
            }
            _ => continue,
        };
        if read && !known.contains(id) {
            missing.say(format!("{id} is an interface of no {of}"));
        }
    }
}

/// CloudFront's distributions name their own origins, and functions of the account.
pub(super) fn distributions(account: &Account, missing: &mut Missing) {
    for (id, distribution) in account.distributions.items() {
        if !distribution.behaviors.contains_key(DEFAULT_BEHAVIOR) {
            missing.say(format!("{id} has no behavior {DEFAULT_BEHAVIOR:?}"));
        }
        for (path, behavior) in &distribution.behaviors {
            if !distribution.origins.contains_key(&behavior.origin) {
                missing.say(format!(
                    "{id} names the origin {:?} for {path}, which is not there",
                    behavior.origin
                ));
            }
            for arn in behavior.functions.values() {
                let none = |all: &BTreeMap<String, EdgeFunction>| !all.values().any(|one| one.arn == *arn);
                if account.edge_functions.read().is_some_and(none) {
                    missing.say(format!("{id} names the function {arn:?}, which is not there"));
                }
            }
        }
    }
}
