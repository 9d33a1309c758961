//! 570: nothing passes a VPC endpoint any more.

mod again;
mod body;
mod modify;
mod named;
mod policy;
mod tables;
mod way;
mod whole;

use std::collections::BTreeSet;

use crate::account::{Account, Endpoint as Known, Region, Section};
use crate::step::{
    Case, Choice, Does, Effect, Found, Iam, Item, Lenses, Params, Reason, Reversal, Spec, Step, StepId,
    Stops, Target, count,
};
use policy::{EndpointPolicy, Policy};
use tables::EndpointTables;
use way::EndpointWay;
use whole::Endpoint;

pub struct VpcEndpoints;

const WAY: Choice = Choice {
    name: "way",
    values: &["policy", "detach", "delete"],
    doc: "`policy` puts a policy that denies everything on each endpoint; `detach` takes gateway \
              endpoints out of their route tables, once 530 holds for these; `delete` deletes the endpoints",
};

static SPEC: Spec = Spec {
    id: StepId(570),
    slug: "vpc-endpoints",
    title: "VPC endpoints: no call to a service of AWS passes them",
    needs: &[
        Section::Vpcs,
        Section::Subnets,
        Section::Interfaces,
        Section::RouteTables,
        // A route may lead to a prefix list: is a kept CIDR in it?
        Section::PrefixLists,
        Section::Endpoints,
    ],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &["ec2:DeleteVpcEndpoints", "ec2:DescribeVpcEndpoints", "ec2:ModifyVpcEndpoint"],
        undo: &[
            "ec2:CreateTags",
            "ec2:CreateVpcEndpoint",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcEndpoints",
            "ec2:DescribeVpcs",
            "ec2:ModifyVpcEndpoint",
            "route53:AssociateVPCWithHostedZone",
        ],
    },
    params: &[WAY.param()],
    does: Does::Cuts(&[Stops::OwnWay, Stops::Outbound]),
    cuts: "calls to services of AWS through interface and gateway endpoints, from these VPCs and from \
           networks that reach them; new calls within minutes, which no state shows",
    leaves: concat!(
        "endpoints whose service takes no policy: PrivateLink services of other accounts, Gateway Load \
         Balancer, resource, service network and tunnel endpoints; endpoints that a service made for itself; \
         for some minutes calls that the old policy allows; the interfaces of interface endpoints and their \
         private names, still reachable; every other way, calls to AWS over the internet included",
        unjudged!()
    ),
    breaks: "Hosts without a way to the internet lose S3, DynamoDB, Session Manager, logs and metrics, ECR, \
             Secrets Manager and KMS: what you want to see of them has to be out before.",
    doc: include_str!("s570_vpc_endpoints/doc.md"),
};

impl Step for VpcEndpoints {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn effect(&self, params: &Params) -> Effect {
        EndpointWay::of(params).effect(&SPEC)
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            let (mut passing, mut kinds) = (0, BTreeSet::new());
            let way = EndpointWay::of(&case.params);
            let all = here.endpoints.items().filter(|(_, e)| case.scope.has_vpc(here, &e.vpc));
            let all = all.filter(|(_, endpoint)| way != EndpointWay::Detach || endpoint.kind == "Gateway");
            for (id, endpoint) in all {
                if is_dead(endpoint) {
                    let state = &endpoint.state;
                    found.note(Some(region), format!("{id} is {state}: nothing passes it, and it is left"));
                    continue;
                }
                if Policy::of(endpoint, &case.names) != Policy::DenyAll {
                    passing += 1;
                    kinds.insert(endpoint.service.rsplit('.').next().unwrap_or_default().to_owned());
                }
                found.item(item(way, region, here, (id, endpoint)));
            }
            if passing > 0 {
                let kinds = kinds.into_iter().collect::<Vec<_>>().join(", ");
                found.note(Some(region), format!("calls pass {}: {kinds}", count(passing, "endpoint")));
            }
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&EndpointPolicy, &EndpointTables, &Endpoint]
    }
}

/// Why an endpoint cannot be changed in any way.
fn obstacle(endpoint: &Known, account: &str) -> Option<Reason> {
    if endpoint.owner != account {
        return Some(format!("it belongs to {}: only that account changes it", endpoint.owner));
    }
    if endpoint.requester_managed {
        let service = &endpoint.service;
        return Some(format!("a service of AWS made it for itself ({service}): change it there"));
    }
    match endpoint.kind.as_str() {
        "Gateway" | "Interface" => {}
        "GatewayLoadBalancer" => {
            return Some("it leads to inspection appliances and takes no policy: 530 cuts its routes".into());
        }
        kind => return Some(format!("a {kind} endpoint takes no policy: 510 and 520 cut it")),
    }
    None
}

/// Nothing passes these, whatever their policy says.
fn is_dead(endpoint: &Known) -> bool {
    matches!(endpoint.state.as_str(), "rejected" | "failed" | "expired" | "pendingacceptance" | "deleting")
}

fn item(way: EndpointWay, region: &str, here: &Region, (id, endpoint): (&str, &Known)) -> Item {
    let name = endpoint.tags.get("Name").unwrap_or(&endpoint.service);
    let at = Target::new(way.kind(), id).region(region).vpc(&endpoint.vpc).label(Some(name));
    let item = Item::new(at).tags(&endpoint.tags);
    match here.vpcs.item(&endpoint.vpc) {
        Some(vpc) => item.within(&vpc.tags),
        None => item,
    }
}

#[cfg(test)]
mod tests;
