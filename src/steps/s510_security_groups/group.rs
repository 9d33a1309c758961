//! The groups that a run creates: making, correcting and deleting them.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ec2::types::{Filter, ResourceType};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{FLUSH, ISOLATION, name};
use crate::account::{Group, Peer, Region, Rule};
use crate::aws::{Aws, AwsError, lists, unless_gone};
use crate::collect::ec2::groups::{group as from_aws, permissions};
use crate::step::created::{self, ec2_tags};
use crate::step::{Case, StepError, Target, count};

/// The rules of a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    pub(super) ingress: BTreeSet<Rule>,
    pub(super) egress: BTreeSet<Rule>,
}

impl From<&Group> for Body {
    fn from(group: &Group) -> Body {
        Body { ingress: group.ingress.clone(), egress: group.egress.clone() }
    }
}

/// The rules that a group of this run must have: none but those for the CIDRs that are kept.
pub(super) fn wanted(kind: &str, case: &Case) -> Body {
    let rules: BTreeSet<Rule> = if kind == FLUSH {
        [Rule::all(Peer::Ipv4("0.0.0.0/0".into())), Rule::all(Peer::Ipv6("::/0".into()))].into()
    } else {
        case.scope.keep_cidrs.iter().map(|cidr| Rule::all(peer(cidr))).collect()
    };
    Body { ingress: rules.clone(), egress: rules }
}

/// As AWS writes it back: without the bits of a host, an address alone with its length.
fn peer(cidr: &str) -> Peer {
    let net = cidr.parse::<IpNet>().or_else(|_| cidr.parse().map(|address: std::net::IpAddr| address.into()));
    match net {
        Ok(IpNet::V4(net)) => Peer::Ipv4(net.trunc().to_string()),
        Ok(IpNet::V6(net)) => Peer::Ipv6(net.trunc().to_string()),
        // The arguments are checked where they are read: AWS refuses what comes here.
        Err(_) if cidr.contains(':') => Peer::Ipv6(cidr.to_owned()),
        Err(_) => Peer::Ipv4(cidr.to_owned()),
    }
}

/// A group of this run as a person reads it.
pub(super) fn show(body: &Body) -> String {
    let cidr = |rule: &Rule| match &rule.peer {
        Peer::Ipv4(cidr) | Peer::Ipv6(cidr) if *rule == Rule::all(rule.peer.clone()) => Some(cidr.clone()),
        _ => None,
    };
    let cidrs: Option<Vec<String>> = body.ingress.iter().map(cidr).collect();
    match cidrs.filter(|_| body.ingress == body.egress) {
        Some(cidrs) if cidrs.is_empty() => "a group without rules".into(),
        Some(cidrs) if cidrs == ["0.0.0.0/0", "::/0"] => "a group that allows everything".into(),
        Some(cidrs) => format!("isolation group, open to {}", cidrs.join(", ")),
        None => format!("a group with {} in, {} out", count(body.ingress.len(), "rule"), body.egress.len()),
    }
}

fn role(kind: &str) -> &'static str {
    if kind == ISOLATION { "isolation" } else { "flush" }
}

/// Says what has this group, or names it in a rule of another group.
pub(super) fn user(id: &str, here: &Region) -> Option<String> {
    fn having<'a, T: 'a>(
        id: &str,
        mut items: impl Iterator<Item = (&'a String, &'a T)>,
        groups: impl Fn(&T) -> &BTreeSet<String>,
    ) -> Option<String> {
        items.find(|(_, item)| groups(item).contains(id)).map(|(name, _)| name.clone())
    }
    let names = |group: &Group| {
        let mut rules = group.ingress.iter().chain(&group.egress);
        rules.any(|rule| matches!(&rule.peer, Peer::Group { id: peer, .. } if peer == id))
    };
    having(id, here.interfaces.items(), |item| &item.groups)
        .or_else(|| having(id, here.endpoints.items(), |item| &item.groups))
        .or_else(|| having(id, here.connect_endpoints.items(), |item| &item.groups))
        .or_else(|| having(id, here.load_balancers.items(), |item| &item.groups))
        .or_else(|| having(id, here.databases.items(), |item| &item.groups))
        .or_else(|| {
            let mut others = here.groups.items().filter(|(other, _)| *other != id);
            others.find(|(_, group)| names(group)).map(|(other, _)| format!("the rules of {other}"))
        })
        .map(|user| format!("{id} is still a group of {user}"))
}

/// Created by this run, and not recorded: the run ended in between. Tags find it and prove nothing,
/// because a thief can set them: its rules are corrected before use.
pub(super) fn unrecorded(group: &Group, run: &str, kind: &str) -> bool {
    created::is_of_run(&group.tags, run, role(kind)) && group.name != "default"
}

/// What happens to the rules, in this order: what must go, then what is missing.
pub(super) fn passes(from: Option<&Body>, to: &Body) -> Vec<Body> {
    let ipv4 = Rule::all(Peer::Ipv4("0.0.0.0/0".into()));
    let ipv6 = Rule::all(Peer::Ipv6("::/0".into()));
    // A new group lets everything out; how, depends on the VPC.
    let fresh =
        [BTreeSet::from([ipv4.clone()]), BTreeSet::from([ipv4, ipv6.clone()]), BTreeSet::from([ipv6])];
    let starts: Vec<Body> = match from {
        Some(from) => vec![from.clone()],
        None => fresh.map(|egress| Body { ingress: BTreeSet::new(), egress }).into(),
    };
    let mut passes = vec![];
    for mut body in starts {
        let mut stops = vec![body.clone()];
        body.egress.retain(|rule| to.egress.contains(rule));
        stops.push(body.clone());
        body.ingress.retain(|rule| to.ingress.contains(rule));
        stops.push(body.clone());
        body.egress.clone_from(&to.egress);
        stops.push(body);
        for stop in stops {
            if Some(&stop) != from && stop != *to && !passes.contains(&stop) {
                passes.push(stop);
            }
        }
    }
    passes
}

/// The run's group as AWS shows it: by its recorded id, else by the tags of this run.
async fn made(aws: &Aws, at: &Target) -> Result<Option<(String, Group)>, AwsError> {
    let filter = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
    let recorded = aws.names().id(&name(&at.kind, &at.id));
    let list = aws.ec2(at.region_name()).describe_security_groups();
    let list = match &recorded {
        Some(id) => list.group_ids(id),
        None => list
            .filters(filter("tag:unplug:run", aws.run()))
            .filters(filter("vpc-id", &at.id))
            .max_results(1_000),
    };
    let ours = |id: &String, group: &Group| match &recorded {
        Some(recorded) => id == recorded,
        None => group.vpc == at.id && unrecorded(group, aws.run(), &at.kind),
    };
    let mut pages = lists::Pages::new(aws, list);
    while let Some(page) = unless_gone(pages.next().await)?.flatten() {
        let groups = page.security_groups.unwrap_or_default().into_iter().filter_map(from_aws);
        if let Some(found) = groups.into_iter().find(|(id, group)| ours(id, group)) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Creates the group where there is none, and gives it exactly these rules.
pub(super) async fn make(aws: &Aws, at: &Target, to: &Body) -> Result<(), StepError> {
    let name = name(&at.kind, &at.id);
    let recorded = aws.names().id(&name).is_some();
    let patience = Duration::from_secs(if recorded { 10 } else { 0 });
    let found = match created::shown(aws, patience, || made(aws, at)).await? {
        Some(found) => Some(found),
        None => create(aws, at, &name).await?,
    };
    let (id, group) = found.ok_or_else(|| StepError::State("the new group does not show up".into()))?;
    if aws.names().id(&name).is_none() {
        aws.created(&name, &id)?;
    }
    correct(aws, at, &id, &group, to).await
}

async fn create(aws: &Aws, at: &Target, name: &str) -> Result<Option<(String, Group)>, StepError> {
    let group_name = format!("unplug-{}-{}", role(&at.kind), aws.run());
    let tags = ec2_tags(aws, ResourceType::SecurityGroup, role(&at.kind), &group_name);
    let create = aws
        .ec2(at.region_name())
        .create_security_group()
        .vpc_id(&at.id)
        .group_name(&group_name)
        .description(format!("unplug run {}: see unplug restore", aws.run()))
        .tag_specifications(tags);
    match create.send().await.map_err(AwsError::from) {
        Ok(answer) => {
            let id =
                answer.group_id.ok_or_else(|| StepError::State("AWS gave the new group no id".into()))?;
            aws.created(name, &id)?;
            Ok(created::shown(aws, Duration::from_secs(60), || made(aws, at)).await?)
        }
        // This run made it a moment ago and ended before it was recorded: it shows up soon.
        Err(error) if error.is("InvalidGroup.Duplicate") => {
            let found = created::shown(aws, Duration::from_secs(10), || made(aws, at)).await?;
            if found.is_none() { Err(error.into()) } else { Ok(found) }
        }
        Err(error) => Err(error.into()),
    }
}

/// Revokes what the group has too much, then authorizes what it lacks. In the order of [`passes`].
async fn correct(aws: &Aws, at: &Target, id: &str, now: &Group, to: &Body) -> Result<(), StepError> {
    let ec2 = aws.ec2(at.region_name());
    let less = |have: &BTreeSet<Rule>, keep: &BTreeSet<Rule>| {
        let rules: BTreeSet<Rule> = have.difference(keep).cloned().collect();
        (!rules.is_empty()).then(|| permissions(&rules))
    };
    if let Some(rules) = less(&now.egress, &to.egress) {
        ec2.revoke_security_group_egress().group_id(id).set_ip_permissions(Some(rules)).send().await?;
    }
    if let Some(rules) = less(&now.ingress, &to.ingress) {
        ec2.revoke_security_group_ingress().group_id(id).set_ip_permissions(Some(rules)).send().await?;
    }
    if let Some(rules) = less(&to.egress, &now.egress) {
        ec2.authorize_security_group_egress().group_id(id).set_ip_permissions(Some(rules)).send().await?;
    }
    if let Some(rules) = less(&to.ingress, &now.ingress) {
        ec2.authorize_security_group_ingress().group_id(id).set_ip_permissions(Some(rules)).send().await?;
    }
    Ok(())
}

pub(super) async fn delete(aws: &Aws, at: &Target) -> Result<(), StepError> {
    let Some((id, _)) = made(aws, at).await? else { return Ok(()) };
    let delete = aws.ec2(at.region_name()).delete_security_group().group_id(id);
    match delete.send().await.map_err(AwsError::from) {
        Err(error) if !error.is("InvalidGroup.NotFound") => Err(error.into()),
        _ => Ok(()),
    }
}
