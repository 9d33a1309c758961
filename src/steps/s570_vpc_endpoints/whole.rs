//! An endpoint as a whole: deleted, and made again under a new id. The call that deletes answers 200 and
//! lists what failed; made or deleted, an interface endpoint takes minutes.

use std::time::Duration;

use super::body::EndpointBody;
use super::modify::current;
use super::{again, obstacle};
use crate::account::{Endpoint as Known, Region, Route, Scope, Section, Seen};
use crate::aws::Aws;
use crate::step::{Lens, Look, Now, Reason, StepError, Target, Verdict, Write, keep};

pub(super) struct Endpoint;

impl Lens for Endpoint {
    /// `None`: there is none. Boxed, because it is everything that AWS takes to make it again.
    type State = Option<Box<EndpointBody>>;
    const KIND: &'static str = "vpc-endpoint";
    const NEEDS: &'static [Section] = &[Section::Interfaces, Section::Endpoints];
    const SETTLES_WITHIN: Duration = Duration::from_secs(600);

    fn state(&self, look: &Look<'_>) -> Now<Self::State> {
        let names = &look.case.names;
        look.in_region(|here| {
            Now::of(&here.endpoints, |all| {
                let Some(endpoint) = all.get(&names.current(&look.at.id)) else { return Now::Is(None) };
                if endpoint.state == "deleting" {
                    return Now::Settling(None);
                }
                let interfaces = match &here.interfaces {
                    Seen::Read(interfaces) => interfaces,
                    Seen::Gap(gap) if !endpoint.interfaces.is_empty() => return Now::Unknown(gap.clone()),
                    Seen::Gap(_) => &Default::default(),
                };
                let whole = Some(Box::new(EndpointBody::of(endpoint, interfaces, names)));
                if endpoint.state == "pending" { Now::Settling(whole) } else { Now::Is(whole) }
            })
        })
    }

    fn contain(&self, now: &Self::State, look: &Look<'_>) -> Verdict<Self::State> {
        let Some(here) = look.region() else { return Verdict::Refuse("its Region was not read".into()) };
        // Where nothing passes it, it keeps its id.
        if now.as_ref().is_none_or(|body| body.is_closed()) {
            return Verdict::Already;
        }
        let id = look.case.names.current(&look.at.id);
        let Some(endpoint) = here.endpoints.item(&id) else {
            return Verdict::Refuse("it is not there any more".into());
        };
        let led = || {
            let eni = endpoint.interfaces.iter().find(|eni| is_target(here, eni))?;
            Some(format!(
                "its interface {eni} is the target of a route, which {id} made again would not have"
            ))
        };
        let why = obstacle(endpoint, &look.account.id).or_else(led);
        match why.or_else(|| kept(endpoint, here, &look.case.scope)) {
            Some(why) => Verdict::Refuse(why),
            None => Verdict::Change(None),
        }
    }

    fn show(&self, state: &Self::State) -> String {
        match state {
            None => "no endpoint".into(),
            Some(body) => format!("an endpoint for {}", body.service()),
        }
    }

    async fn write(&self, write: Write<'_, Self::State>) -> Result<(), StepError> {
        match write.to {
            None => delete(write.aws, write.at).await,
            Some(body) => again::create(write.aws, write.at, body).await,
        }
    }
}

async fn delete(aws: &Aws, at: &Target) -> Result<(), StepError> {
    if current(aws, at).await?.is_none_or(|endpoint| endpoint.state == "deleting") {
        return Ok(());
    }
    let id = aws.names().current(&at.id);
    let answer = aws.ec2(at.region_name()).delete_vpc_endpoints().vpc_endpoint_ids(&id).send().await?;
    let failed = answer.unsuccessful.unwrap_or_default().into_iter().find_map(|item| item.error);
    match failed {
        None => Ok(()),
        Some(error) if error.code().is_some_and(|code| code.ends_with(".NotFound")) => Ok(()),
        Some(error) => {
            let (code, message) = (error.code().unwrap_or("error"), error.message().unwrap_or_default());
            Err(StepError::State(format!("ec2:DeleteVpcEndpoints: {code}: {message}")))
        }
    }
}

/// Why the interfaces of an endpoint stay: a kept CIDR gets to them, from the VPC itself or by a link.
fn kept(endpoint: &Known, here: &Region, scope: &Scope) -> Option<Reason> {
    if endpoint.kind != "Interface" || scope.lose_my_path {
        return None;
    }
    let own =
        here.vpcs.item(&endpoint.vpc).into_iter().flat_map(|vpc| vpc.cidrs.iter().chain(&vpc.ipv6_cidrs));
    let own: Vec<_> = own.filter_map(|cidr| keep::net(cidr)).collect();
    let within = |cidr: &&String| {
        let kept = keep::net(cidr);
        kept.is_some_and(|kept| own.iter().any(|own| own.contains(&kept) || kept.contains(own)))
    };
    // Its addresses are private ones of IPv4: the internet gets to them by IPv6 alone.
    let links = |ipv6: bool| {
        move |route: &Route| {
            let out = ["igw-", "nat-", "eigw-", "eni-"];
            !out.iter().any(|to| route.target.starts_with(to)) || (ipv6 && route.target.starts_with("igw-"))
        }
    };
    let linked = |cidr: &&String| {
        let alone = Scope { keep_cidrs: [(*cidr).clone()].into(), ..Scope::default() };
        let mut tables = endpoint.subnets.iter().filter_map(|subnet| here.effective_table(subnet));
        tables.any(|(_, table)| keep::carried(here, table, &alone, links(cidr.contains(':'))).is_some())
    };
    let cidr = scope.keep_cidrs.iter().find(|cidr| within(cidr) || linked(cidr))?;
    Some(keep::refusal(super::SPEC.id, cidr))
}

fn is_target(here: &Region, interface: &str) -> bool {
    here.route_tables.items().any(|(_, table)| table.routes.iter().any(|route| route.target == interface))
}
