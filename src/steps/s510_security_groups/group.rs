//! A security group that the run makes in a VPC: its rules, and how it is made, corrected and deleted.
//! What it is for is its purpose: to isolate, or to flush.
//!
//! A new group lets everything out, twice in a VPC with IPv6: those rules are revoked before it is used.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{Filter, ResourceType};

use super::body::GroupBody;
use crate::account::{Gap, Group as Found, Peer, Region, Rule, Section, Tags, VpcFunction};
use crate::aws::{Aws, AwsError, lists, unless_gone};
use crate::collect::ec2::groups::{group as from_aws, permissions};
use crate::step::created::ec2_tags;
use crate::step::{Case, Look, Names, Reason, StepError, Target};
use crate::steps::shared::made::Resource;

/// What a group is made for.
pub(in crate::steps) trait Purpose: Sync + 'static {
    const KIND: &'static str;
    const ROLE: &'static str;
    /// The name of a group that is prepared: one in a VPC, whichever run makes it.
    const NAME: Option<&'static str> = None;

    /// Pure: all traffic of these, in and out, and no other.
    fn lets_through(&self, case: &Case) -> BTreeSet<Rule>;

    /// Pure: why AWS would not make it.
    fn obstacle(&self, _look: &Look<'_>) -> Option<Reason> {
        None
    }
}

pub(in crate::steps) struct Group<P>(pub(in crate::steps) P);

/// Groups, and whatever wears one.
const WITH_USERS: &[Section] = &[
    Section::Interfaces,
    Section::Groups,
    Section::Endpoints,
    Section::ConnectEndpoints,
    Section::LoadBalancers,
    Section::Databases,
    Section::VpcFunctions,
];

impl<P: Purpose> Resource for Group<P> {
    type Found = Found;
    type Body = GroupBody;
    const KIND: &'static str = P::KIND;
    const ROLE: &'static str = P::ROLE;
    const NOUN: &'static str = "group";
    const DUPLICATE: Option<&'static str> = Some("InvalidGroup.Duplicate");
    // Who uses what is prepared is read as a plan reads it.
    const STATES_ONLY: bool = P::NAME.is_none();
    const ANY_RUN: bool = P::NAME.is_some();
    // Nothing uses what is prepared: only a restore looks who does by then.
    const NEEDS: &'static [Section] = if P::NAME.is_some() { &[Section::Groups] } else { WITH_USERS };
    const DANGER_NEEDS: &'static [Section] = if P::NAME.is_some() { WITH_USERS } else { &[] };

    fn all<'a>(&self, look: &Look<'a>) -> Option<Result<&'a BTreeMap<String, Found>, &'a Gap>> {
        look.region().map(|here| here.groups.as_result())
    }

    fn tags<'a>(&self, found: &'a Found) -> &'a Tags {
        &found.tags
    }

    fn is_at(&self, found: &Found, at: &Target) -> bool {
        found.vpc == at.id && found.name != "default" && P::NAME.is_none_or(|name| found.name == name)
    }

    fn is_unused(&self, _: &str, found: &Found, look: Option<&Look<'_>>) -> bool {
        look.is_none_or(|look| found.owner == look.account.id)
    }

    fn body(&self, found: &Found, _: &Target, _: &Names) -> GroupBody {
        GroupBody { ingress: found.ingress.clone(), egress: found.egress.clone() }
    }

    fn wanted(&self, look: &Look<'_>) -> GroupBody {
        GroupBody::of(&self.0, look.case)
    }

    fn obstacle(&self, _: &GroupBody, look: &Look<'_>) -> Option<Reason> {
        self.0.obstacle(look)
    }

    fn user(&self, id: &str, look: &Look<'_>) -> Option<Reason> {
        let here = look.region()?;
        let user = user(id, here)?;
        Some(format!("{id} is still a group of {user}"))
    }

    /// What must go, then what is missing.
    fn passes(&self, from: Option<&GroupBody>, to: Option<&GroupBody>) -> Vec<GroupBody> {
        to.map_or_else(Vec::new, |to| GroupBody::on_the_way(from, to))
    }

    fn show(&self, body: &GroupBody) -> String {
        body.words()
    }

    async fn list(&self, aws: &Aws, at: &Target, id: Option<&str>) -> Result<Vec<(String, Found)>, AwsError> {
        let filter = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
        let list = aws.ec2(at.region_name()).describe_security_groups();
        let tag = match P::NAME {
            Some(_) => filter("tag:unplug:role", P::ROLE),
            None => filter("tag:unplug:run", aws.run()),
        };
        let list = match id {
            Some(id) => list.group_ids(id),
            None => list.filters(tag).filters(filter("vpc-id", &at.id)).max_results(1_000),
        };
        Ok(unless_gone(lists::all(aws, list, from_aws).await)?.unwrap_or_default())
    }

    async fn create(&self, aws: &Aws, at: &Target, _: &Self::Body) -> Result<Option<String>, StepError> {
        let name = P::NAME.map_or_else(|| format!("unplug-{}-{}", P::ROLE, aws.run()), str::to_owned);
        let create = aws
            .ec2(at.region_name())
            .create_security_group()
            .vpc_id(&at.id)
            .group_name(&name)
            .description(format!("unplug run {}: see unplug restore", aws.run()))
            .tag_specifications(ec2_tags(aws, ResourceType::SecurityGroup, P::ROLE, &name));
        Ok(create.send().await?.group_id)
    }

    async fn correct(
        &self,
        aws: &Aws,
        at: &Target,
        (id, now): (&str, &Found),
        to: &GroupBody,
    ) -> Result<(), StepError> {
        let ec2 = aws.ec2(at.region_name());
        let less = |have: &BTreeSet<Rule>, keep: &BTreeSet<Rule>| {
            let rules: BTreeSet<Rule> = have.difference(keep).cloned().collect();
            (!rules.is_empty()).then(|| Some(permissions(&rules)))
        };
        if let Some(rules) = less(&now.egress, &to.egress) {
            ec2.revoke_security_group_egress().group_id(id).set_ip_permissions(rules).send().await?;
        }
        if let Some(rules) = less(&now.ingress, &to.ingress) {
            ec2.revoke_security_group_ingress().group_id(id).set_ip_permissions(rules).send().await?;
        }
        if let Some(rules) = less(&to.egress, &now.egress) {
            ec2.authorize_security_group_egress().group_id(id).set_ip_permissions(rules).send().await?;
        }
        if let Some(rules) = less(&to.ingress, &now.ingress) {
            ec2.authorize_security_group_ingress().group_id(id).set_ip_permissions(rules).send().await?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws, at: &Target, (id, _): (&str, &Found)) -> Result<(), StepError> {
        aws.ec2(at.region_name()).delete_security_group().group_id(id).send().await?;
        Ok(())
    }
}

/// What has this group, or names it in a rule of another group.
pub(super) fn user(id: &str, here: &Region) -> Option<String> {
    fn having<'a, T: 'a>(
        id: &str,
        mut items: impl Iterator<Item = (&'a String, &'a T)>,
        groups: impl Fn(&T) -> &BTreeSet<String>,
    ) -> Option<String> {
        items.find(|(_, item)| groups(item).contains(id)).map(|(name, _)| name.clone())
    }
    let names = |group: &Found| {
        let mut rules = group.ingress.iter().chain(&group.egress);
        rules.any(|rule| matches!(&rule.peer, Peer::Group { id: peer, .. } if peer == id))
    };
    let interface = here.interfaces.items().find(|(_, interface)| interface.groups.contains(id));
    let interface = interface.map(|(name, interface)| match interface.kind.as_str() {
        "lambda" => format!("{name}, which Lambda removes by itself, within 45 minutes or so"),
        _ => name.clone(),
    });
    let mut functions = here.vpc_functions.items().filter_map(|(name, one)| Some((name, one.read()?)));
    let of_function = |known: &VpcFunction| {
        known.network.groups.contains(id)
            || known.versions.values().any(|network| network.groups.contains(id))
    };
    let function =
        functions.find(|(_, known)| of_function(known)).map(|(name, _)| format!("function {name}"));
    // A function says more than its interface.
    function
        .or(interface)
        .or_else(|| having(id, here.endpoints.items(), |item| &item.groups))
        .or_else(|| having(id, here.connect_endpoints.items(), |item| &item.groups))
        .or_else(|| having(id, here.load_balancers.items(), |item| &item.groups))
        .or_else(|| having(id, here.databases.items(), |item| &item.groups))
        .or_else(|| {
            let mut others = here.groups.items().filter(|(other, _)| *other != id);
            others.find(|(_, group)| names(group)).map(|(other, _)| format!("the rules of {other}"))
        })
}
