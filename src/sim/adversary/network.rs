//! Moves on the network's filters and routes: groups, ACLs, route tables.

use std::collections::BTreeSet;

use super::moves::{Attempt, Scene};
use super::parts::{Part, arn, each, regions};
use crate::account::{
    Acl, AclEntry, ConnectEndpoint, Database, Endpoint, Interface, LoadBalancer, Peer, RouteTable, Rule,
    Seen, VpcFunction,
};

const ANYWHERE: &str = "0.0.0.0/0";

const INTERFACES: Part<Interface> =
    Part { noun: "ec2:network-interface", of: |here| &here.interfaces, of_mut: |here| &mut here.interfaces };
const BALANCERS: Part<LoadBalancer> = Part {
    noun: "elasticloadbalancing:loadbalancer",
    of: |here| &here.load_balancers,
    of_mut: |here| &mut here.load_balancers,
};
const DATABASES: Part<Database> =
    Part { noun: "rds:db", of: |here| &here.databases, of_mut: |here| &mut here.databases };
const ENDPOINTS: Part<Endpoint> =
    Part { noun: "ec2:vpc-endpoint", of: |here| &here.endpoints, of_mut: |here| &mut here.endpoints };
const CONNECT: Part<ConnectEndpoint> = Part {
    noun: "ec2:instance-connect-endpoint",
    of: |here| &here.connect_endpoints,
    of_mut: |here| &mut here.connect_endpoints,
};
const FUNCTIONS: Part<Seen<VpcFunction>> =
    Part { noun: "lambda:function", of: |here| &here.vpc_functions, of_mut: |here| &mut here.vpc_functions };

pub(super) fn groups(scene: &Scene<'_>) -> Vec<Attempt> {
    let mut attempts = each(scene, &INTERFACES, "ec2:ModifyNetworkInterfaceAttribute", |was, is| {
        is.groups.clone_from(&was.groups);
        is.source_dest_check = was.source_dest_check;
    });
    attempts.extend(each(scene, &BALANCERS, "elasticloadbalancing:SetSecurityGroups", |was, is| {
        is.groups.clone_from(&was.groups);
    }));
    attempts.extend(each(scene, &DATABASES, "rds:ModifyDBInstance", |was, is| {
        is.groups.clone_from(&was.groups);
    }));
    attempts.extend(each(scene, &ENDPOINTS, "ec2:ModifyVpcEndpoint", |was, is| {
        is.groups.clone_from(&was.groups);
    }));
    attempts.extend(each(scene, &CONNECT, "ec2:ModifyInstanceConnectEndpoint", |was, is| {
        is.groups.clone_from(&was.groups);
    }));
    attempts.extend(each(scene, &FUNCTIONS, "lambda:UpdateFunctionConfiguration", |was, is| {
        if let (Some(was), Some(is)) = (was.read(), is.read_mut()) {
            is.network.groups.clone_from(&was.network.groups);
        }
    }));
    attempts
}

/// Rules for a group that is new and that an interface of his is still in.
pub(super) fn open_groups(scene: &Scene<'_>) -> Vec<Attempt> {
    let mut attempts = vec![];
    for (region, wanted, now) in regions(scene) {
        let old = |interface: &String| wanted.interfaces.item(interface);
        let moved =
            now.interfaces.items().filter(|(id, is)| old(id).is_some_and(|was| was.groups != is.groups));
        let used: BTreeSet<&String> = moved.flat_map(|(_, is)| &is.groups).collect();
        for id in used.into_iter().filter(|id| wanted.groups.item(*id).is_none()) {
            if now.groups.item(id).is_none_or(|group| !group.is_closed()) {
                continue;
            }
            let arn = arn(scene, region, "ec2:security-group", id);
            let actions = ["ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress"];
            let (region, id) = (region.clone(), id.clone());
            let asks = actions.map(|action| (action, arn.clone())).to_vec();
            attempts.push(Attempt::new(&id.clone(), asks, move |account| {
                let groups = account.regions.get_mut(&region).and_then(|here| here.groups.read_mut());
                if let Some(group) = groups.and_then(|groups| groups.get_mut(&id)) {
                    let all = Rule::all(Peer::Ipv4(ANYWHERE.into()));
                    group.ingress.insert(all.clone());
                    group.egress.insert(all);
                }
            }));
        }
    }
    attempts
}

/// Each subnet back to its old ACL; entries of a changed ACL as they were; an allow in a new one that he
/// may not leave.
pub(super) fn acls(scene: &Scene<'_>) -> Vec<Attempt> {
    let part: Part<Acl> =
        Part { noun: "ec2:network-acl", of: |here| &here.acls, of_mut: |here| &mut here.acls };
    let mut attempts = vec![];
    for (region, wanted, now) in regions(scene) {
        for (id, was) in wanted.acls.items() {
            let Some(is) = now.acls.item(id) else { continue };
            for subnet in was.subnets.difference(&is.subnets) {
                let asks = vec![("ec2:ReplaceNetworkAclAssociation", arn(scene, region, part.noun, id))];
                let (region, id, subnet) = (region.clone(), id.clone(), subnet.clone());
                attempts.push(Attempt::new(&subnet.clone(), asks, move |account| {
                    let Some(Seen::Read(all)) = account.regions.get_mut(&region).map(|here| &mut here.acls)
                    else {
                        return;
                    };
                    for (name, acl) in all {
                        acl.subnets.remove(&subnet);
                        if *name == id {
                            acl.subnets.insert(subnet.clone());
                        }
                    }
                }));
            }
        }
    }
    attempts.extend(each(scene, &part, "ec2:DeleteNetworkAclEntry", |was, is| {
        is.ingress.clone_from(&was.ingress);
        is.egress.clone_from(&was.egress);
    }));
    attempts.extend(open_acls(scene));
    attempts
}

fn open_acls(scene: &Scene<'_>) -> Vec<Attempt> {
    let mut attempts = vec![];
    for (region, wanted, now) in regions(scene) {
        let new = now.acls.items().filter(|(id, acl)| {
            wanted.acls.read().is_some_and(|all| !all.contains_key(*id)) && !acl.subnets.is_empty()
        });
        for (id, _) in new.filter(|(_, acl)| acl.denies_all()) {
            let asks = vec![("ec2:CreateNetworkAclEntry", arn(scene, region, "ec2:network-acl", id))];
            let (region, id, stays) = (region.clone(), id.clone(), scene.now.id.clone());
            attempts.push(Attempt::new(&id.clone(), asks, move |account| {
                // A subnet that has gone back to its old ACL needs none.
                let acls = account.regions.get_mut(&region).and_then(|here| here.acls.read_mut());
                let acl = acls.and_then(|all| all.get_mut(&id));
                if let Some(acl) = acl.filter(|acl| !acl.subnets.is_empty() && acl.owner == stays) {
                    let entry = AclEntry {
                        allow: true,
                        protocol: "-1".into(),
                        cidr: ANYWHERE.into(),
                        ports: None,
                        icmp: None,
                    };
                    acl.ingress.insert(1, entry.clone());
                    acl.egress.insert(1, entry);
                }
            }));
        }
    }
    attempts
}

/// Each subnet, gateway and VPC back to its old table; routes and propagation as they were.
pub(super) fn route_tables(scene: &Scene<'_>) -> Vec<Attempt> {
    let mut attempts = vec![];
    for (region, wanted, now) in regions(scene) {
        let (Some(old), Some(new)) = (wanted.route_tables.read(), now.route_tables.read()) else { continue };
        for (id, is) in new {
            let was = old.get(id);
            let differs = |was: &RouteTable| {
                (&was.subnets, &was.gateways, was.main) != (&is.subnets, &is.gateways, is.main)
            };
            if was.is_some_and(differs) {
                attempts.push(associations(scene, region, id, old));
            }
            if was.is_some_and(|was| was.propagating != is.propagating) {
                let action = "ec2:EnableVgwRoutePropagation";
                attempts.extend(was.map(|was| {
                    table(scene, (region, id), action, was, |was, is| {
                        is.propagating.clone_from(&was.propagating);
                    })
                }));
            }
            if was.is_some_and(|was| was.routes != is.routes) {
                attempts.extend(was.map(|was| {
                    table(scene, (region, id), "ec2:CreateRoute", was, |was, is| {
                        is.routes.clone_from(&was.routes);
                    })
                }));
            }
        }
    }
    attempts
}

fn table(
    scene: &Scene<'_>,
    (region, id): (&String, &String),
    action: &'static str,
    was: &RouteTable,
    take: fn(&RouteTable, &mut RouteTable),
) -> Attempt {
    let asks = vec![(action, arn(scene, region, "ec2:route-table", id))];
    let (region, id, was) = (region.clone(), id.clone(), was.clone());
    Attempt::new(&id.clone(), asks, move |account| {
        let tables = account.regions.get_mut(&region).and_then(|here| here.route_tables.read_mut());
        if let Some(table) = tables.and_then(|tables| tables.get_mut(&id)) {
            take(&was, table);
        }
    })
}

/// Gives one table what it had: whatever has that now loses it.
fn associations(
    scene: &Scene<'_>,
    region: &str,
    id: &str,
    old: &std::collections::BTreeMap<String, RouteTable>,
) -> Attempt {
    let actions = ["ec2:ReplaceRouteTableAssociation", "ec2:AssociateRouteTable"];
    let arn = arn(scene, region, "ec2:route-table", id);
    let (region, old) = (region.to_owned(), old.clone());
    Attempt::new(id, actions.map(|action| (action, arn.clone())).to_vec(), move |account| {
        let Some(tables) = account.regions.get_mut(&region).and_then(|here| here.route_tables.read_mut())
        else {
            return;
        };
        for (name, table) in tables.iter_mut() {
            let none = RouteTable::default();
            let was = old.get(name).unwrap_or(&none);
            table.subnets.clone_from(&was.subnets);
            table.gateways.clone_from(&was.gateways);
            table.main = was.main;
        }
    })
}
