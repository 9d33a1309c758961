//! 570: nothing passes a VPC endpoint any more.

mod body;
mod way;
mod writes;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::{Account, Endpoint, Region, Section, Seen};
use crate::step::{
    Case, Does, Effect, Found, Iam, Item, Lens, Lenses, Look, Now, Param, ParamKind, Params, Reversal, Spec,
    Step, StepError, StepId, Stops, Target, Verdict, Write, count,
};

use body::{Body, Policy};
use way::Way;

pub struct VpcEndpoints;

/// What of an endpoint a way changes, and nothing else: another step may change the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Policy(Policy),
    /// Route tables of a gateway endpoint.
    Tables(BTreeSet<String>),
    /// `None`: there is none. Boxed, because it is everything that AWS takes to make it again.
    Whole(Option<Box<Body>>),
}

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
    params: &[Param {
        name: "way",
        kind: ParamKind::Choice(&["policy", "detach", "delete"]),
        doc: "`policy` puts a policy that denies everything on each endpoint; `detach` takes gateway \
              endpoints out of their route tables, once 530 holds for these; `delete` deletes the endpoints",
    }],
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

const ENDPOINT: &str = "vpc-endpoint";

impl Step for VpcEndpoints {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn effect(&self, params: &Params) -> Effect {
        Way::of(params).effect(&SPEC)
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            let (mut passing, mut kinds) = (0, BTreeSet::new());
            let way = Way::of(&case.params);
            let all = here.endpoints.items().filter(|(_, e)| case.scope.has_vpc(here, &e.vpc));
            let all = all.filter(|(_, endpoint)| way != Way::Detach || endpoint.kind == "Gateway");
            for (id, endpoint) in all {
                if is_dead(endpoint) {
                    let state = &endpoint.state;
                    found.find(Some(region), format!("{id} is {state}: nothing passes it, and it is left"));
                    continue;
                }
                if Policy::of(endpoint, &case.names) != Policy::DenyAll {
                    passing += 1;
                    kinds.insert(endpoint.service.rsplit('.').next().unwrap_or_default().to_owned());
                }
                found.item(item(region, here, id, endpoint));
            }
            if passing > 0 {
                let kinds = kinds.into_iter().collect::<Vec<_>>().join(", ");
                found.find(Some(region), format!("calls pass {}: {kinds}", count(passing, "endpoint")));
            }
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&VpcEndpoints]
    }
}

impl Lens for VpcEndpoints {
    type State = State;
    const KIND: &'static str = "";
    const NEEDS: &'static [Section] = &[Section::Interfaces, Section::Endpoints];

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let Look { at, account, case } = *look;
        let Some(here) = account.regions.get(at.region_name()) else { return Now::Vanished };
        let endpoints = match &here.endpoints {
            Seen::Read(endpoints) => endpoints,
            Seen::Gap(gap) => return Now::Unknown(gap.clone()),
        };
        let way = Way::of(&case.params);
        let endpoint = match endpoints.get(&case.names.current(&at.id)) {
            None if way == Way::Delete => return Now::Is(State::Whole(None)),
            None => return Now::Vanished,
            Some(endpoint) if endpoint.state == "deleting" && way != Way::Delete => return Now::Vanished,
            Some(endpoint) => endpoint,
        };
        match way {
            Way::Policy => Now::Is(State::Policy(Policy::of(endpoint, &case.names))),
            Way::Detach => Now::Is(State::Tables(body::named(&endpoint.route_tables, &case.names))),
            Way::Delete if endpoint.state == "deleting" => Now::Settling(State::Whole(None)),
            Way::Delete => {
                let interfaces = match &here.interfaces {
                    Seen::Read(interfaces) => interfaces,
                    Seen::Gap(gap) if !endpoint.interfaces.is_empty() => return Now::Unknown(gap.clone()),
                    Seen::Gap(_) => &Default::default(),
                };
                let whole = State::Whole(Some(Box::new(Body::of(endpoint, interfaces, &case.names))));
                if endpoint.state == "pending" { Now::Settling(whole) } else { Now::Is(whole) }
            }
        }
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let Look { at, account, case } = *look;
        let Some(here) = account.regions.get(at.region_name()) else {
            return Verdict::Refuse("its Region was not read".into());
        };
        let wanted = match now {
            State::Policy(Policy::DenyAll) | State::Whole(None) => return Verdict::Already,
            State::Tables(tables) if tables.is_empty() => return Verdict::Already,
            // Nothing passes it, and it keeps its id.
            State::Whole(Some(body)) if body.is_closed() => return Verdict::Already,
            State::Policy(_) => State::Policy(Policy::DenyAll),
            State::Tables(_) => State::Tables(BTreeSet::new()),
            State::Whole(Some(_)) => State::Whole(None),
        };
        let id = case.names.current(&at.id);
        let Some(endpoint) = here.endpoints.item(&id) else {
            return Verdict::Refuse("it is not there any more".into());
        };
        match Way::of(&case.params).obstacle(&id, endpoint, here, (&account.id, &case.scope)) {
            Some(why) => Verdict::Refuse(why),
            None => Verdict::Change(wanted),
        }
    }

    /// Made or deleted, an interface endpoint takes minutes.
    const SETTLES_WITHIN: Duration = Duration::from_secs(600);

    fn show(&self, state: &State) -> String {
        match state {
            State::Policy(Policy::DenyAll) => "denies everything".into(),
            State::Policy(Policy::FullAccess) => "full access".into(),
            State::Policy(Policy::Own(text)) => format!("a policy of {} characters", text.chars().count()),
            State::Tables(tables) if tables.is_empty() => "in no route table".into(),
            State::Tables(tables) => {
                format!("in {}", tables.iter().cloned().collect::<Vec<_>>().join(", "))
            }
            State::Whole(None) => "no endpoint".into(),
            State::Whole(Some(body)) => format!("an endpoint for {}", body.service()),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        match to {
            State::Policy(policy) => writes::set_policy(aws, at, policy).await,
            State::Tables(tables) => writes::set_tables(aws, at, tables).await,
            State::Whole(None) => writes::delete(aws, at).await,
            State::Whole(Some(body)) => writes::create(aws, at, body).await,
        }
    }
}

/// Nothing passes these, whatever their policy says.
fn is_dead(endpoint: &Endpoint) -> bool {
    matches!(endpoint.state.as_str(), "rejected" | "failed" | "expired" | "pendingacceptance" | "deleting")
}

fn item(region: &str, here: &Region, id: &str, endpoint: &Endpoint) -> Item {
    let name = endpoint.tags.get("Name").unwrap_or(&endpoint.service);
    let at = Target::new(ENDPOINT, id).region(region).vpc(&endpoint.vpc).label(Some(name));
    let item = Item::new(at).tags(&endpoint.tags);
    match here.vpcs.item(&endpoint.vpc) {
        Some(vpc) => item.tags(&vpc.tags),
        None => item,
    }
}

#[cfg(test)]
mod tests;
