//! Does an account hold together? What it refers to must be there.

mod links;
mod organization;
mod services;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::account::{Account, Peer, Principals, Region, Seen};

/// What the account refers to and does not have, one sentence each. What was not read refers to
/// nothing and lacks nothing.
pub fn dangling(account: &Account) -> Vec<String> {
    let mut missing = Missing { found: vec![], at: String::new() };
    for (name, region) in &account.regions {
        missing.at = format!("{name} ");
        if account.enabled_regions.read().is_some_and(|enabled| !enabled.contains(name)) {
            missing.found.push(format!("{name} is not among the enabled Regions"));
        }
        network(region, &mut missing);
        interfaces(region, &mut missing);
        groups(account, region, &mut missing);
        acls(region, &mut missing);
        scaling_groups(region, &mut missing);
        links::links(account, region, &mut missing);
        services::services(account, region, &mut missing);
    }
    missing.at = String::new();
    if let Some((vpc, first, second)) = account.vpc_of_two_regions() {
        missing.say(format!("{vpc} is in {first} and in {second}: an id is of one Region"));
    }
    identity(account, &mut missing);
    organization::organization(account, &mut missing);
    services::distributions(account, &mut missing);
    services::names(account, &mut missing);
    missing.found
}

/// Collects sentences.
struct Missing {
    found: Vec<String>,
    /// The Region in hand, with a space.
    at: String,
}

impl Missing {
    fn say(&mut self, mut sentence: String) {
        sentence.insert_str(0, &self.at);
        self.found.push(sentence);
    }

    fn check<V>(&mut self, who: &str, what: &str, id: &str, known: &Seen<BTreeMap<String, V>>) {
        if known.read().is_some_and(|known| !known.contains_key(id)) {
            self.say(format!("{who} names the {what} {id:?}, which is not there"));
        }
    }

    fn all<V>(&mut self, who: &str, what: &str, ids: &BTreeSet<String>, known: &Seen<BTreeMap<String, V>>) {
        for id in ids {
            self.check(who, what, id, known);
        }
    }

    fn same(&mut self, who: &str, what: &str, vpc: &str, of: Option<&String>) {
        if let Some(other) = of.filter(|other| *other != vpc) {
            self.say(format!("{who} is in {vpc}, its {what} in {other}"));
        }
    }
}

fn network(region: &Region, missing: &mut Missing) {
    for (id, subnet) in region.subnets.items() {
        missing.check(id, "VPC", &subnet.vpc, &region.vpcs);
    }
    for (id, instance) in region.instances.items() {
        missing.check(id, "VPC", &instance.vpc, &region.vpcs);
        missing.check(id, "subnet", &instance.subnet, &region.subnets);
        missing.same(id, "subnet", &instance.vpc, region.subnets.item(&instance.subnet).map(|s| &s.vpc));
        let no_interface = |interfaces: &BTreeMap<_, crate::account::Interface>| {
            !interfaces.values().any(|interface| interface.instance.as_ref() == Some(id))
        };
        if region.interfaces.read().is_some_and(no_interface) {
            missing.say(format!("{id} has no interface"));
        }
    }
}

fn interfaces(region: &Region, missing: &mut Missing) {
    let mut addresses: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for (id, interface) in region.interfaces.items() {
        missing.check(id, "VPC", &interface.vpc, &region.vpcs);
        missing.check(id, "subnet", &interface.subnet, &region.subnets);
        missing.same(id, "subnet", &interface.vpc, region.subnets.item(&interface.subnet).map(|s| &s.vpc));
        for group in &interface.groups {
            missing.check(id, "group", group, &region.groups);
            missing.same(id, "group", &interface.vpc, region.groups.item(group).map(|g| &g.vpc));
        }
        if let Some(instance) = &interface.instance {
            missing.check(id, "instance", instance, &region.instances);
        }
        let address = interface.private_ip.as_deref().map(|ip| (interface.vpc.as_str(), ip));
        if let Some(other) = address.and_then(|address| addresses.insert(address, id)) {
            missing.say(format!("{id} has the private address of {other}"));
        }
    }
}

fn groups(account: &Account, region: &Region, missing: &mut Missing) {
    for (id, group) in region.groups.items() {
        missing.check(id, "VPC", &group.vpc, &region.vpcs);
        for rule in group.ingress.iter().chain(&group.egress) {
            match &rule.peer {
                Peer::PrefixList(list) => missing.check(id, "prefix list", list, &region.prefix_lists),
                Peer::Group { id: peer, owner, peering: None }
                    if owner.as_ref().is_none_or(|owner| *owner == account.id) =>
                {
                    missing.check(id, "group", peer, &region.groups);
                }
                _ => {}
            }
        }
    }
    for (id, vpc) in region.vpcs.items() {
        let default = |groups: &BTreeMap<_, crate::account::Group>| {
            groups.values().any(|group| group.vpc == *id && group.name == "default")
        };
        // A participant does not see the groups of a shared VPC's owner.
        let own = vpc.owner == account.id;
        if own && region.groups.read().is_some_and(|groups| !default(groups)) {
            missing.say(format!("{id} has no default group"));
        }
    }
}

fn acls(region: &Region, missing: &mut Missing) {
    let mut by_subnet: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, acl) in region.acls.items() {
        missing.check(id, "VPC", &acl.vpc, &region.vpcs);
        for subnet in &acl.subnets {
            missing.check(id, "subnet", subnet, &region.subnets);
            missing.same(id, "subnet", &acl.vpc, region.subnets.item(subnet).map(|s| &s.vpc));
            by_subnet.entry(subnet).or_default().push(id);
        }
    }
    let Some(acls) = region.acls.read() else { return };
    for (id, _) in region.subnets.items() {
        match by_subnet.get(id.as_str()).map_or(&[][..], Vec::as_slice) {
            [_] => {}
            [] => missing.say(format!("{id} has no network ACL")),
            several => {
                let several = several.join(", ");
                missing.say(format!("{id} has several network ACLs: {several}"));
            }
        }
    }
    for (id, _) in region.vpcs.items() {
        let defaults = acls.values().filter(|acl| acl.vpc == *id && acl.is_default).count();
        if defaults != 1 {
            missing.say(format!("{id} has {defaults} default network ACLs"));
        }
    }
}

fn scaling_groups(region: &Region, missing: &mut Missing) {
    for (name, group) in region.scaling_groups.items() {
        for subnet in &group.subnets {
            missing.check(name, "subnet", subnet, &region.subnets);
        }
        for instance in &group.instances {
            missing.check(name, "instance", instance, &region.instances);
        }
    }
}

fn identity(account: &Account, missing: &mut Missing) {
    let users = match &account.principals {
        Seen::Read(principals) => {
            attached(principals, missing);
            Seen::Read(principals.users.clone())
        }
        Seen::Gap(gap) => Seen::Gap(gap.clone()),
    };
    for (id, key) in account.access_keys.items() {
        missing.check(id, "user", &key.user, &users);
    }
    for (id, credential) in account.service_credentials.items() {
        missing.check(id, "user", &credential.user, &users);
    }
    for (id, key) in account.ssh_keys.items() {
        missing.check(id, "user", &key.user, &users);
    }
    for (arn, trail) in account.trails.items() {
        // An organization's trail writes to another account's bucket.
        if !trail.organization {
            missing.check(arn, "log bucket", &trail.bucket, &account.log_buckets);
        }
        if account.enabled_regions.read().is_some_and(|enabled| !enabled.contains(&trail.home_region)) {
            missing
                .found
                .push(format!("{arn} names the Region {:?}, which is not enabled", trail.home_region));
        }
    }
    if let (Some(role), Some(principals)) = (account.caller.role(), account.principals.read())
        && !principals.roles.contains_key(role)
    {
        missing.found.push(format!("the caller names the role {role:?}, which is not there"));
    }
    if let Some(user) = account.caller.user() {
        missing.check("the caller", "user", user, &users);
    }
}

/// Groups of users, and customer policies (AWS's own need not be listed).
fn attached(principals: &Principals, missing: &mut Missing) {
    let groups = Seen::Read(principals.groups.clone());
    let policies = Seen::Read(principals.policies.clone());
    let of_users = principals.users.iter().map(|(name, user)| (name, &user.attached));
    let of_roles = principals.roles.iter().map(|(name, role)| (name, &role.attached));
    let of_groups = principals.groups.iter().map(|(name, group)| (name, &group.attached));
    for (name, attached) in of_users.chain(of_roles).chain(of_groups) {
        for policy in attached.iter().filter(|arn| !arn.contains(":iam::aws:")) {
            missing.check(name, "policy", policy, &policies);
        }
    }
    for (name, user) in &principals.users {
        for group in &user.groups {
            missing.check(name, "IAM group", group, &groups);
        }
    }
}
