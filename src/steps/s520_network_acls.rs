//! 520: every subnet behind a network ACL that lets nothing through.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_ec2::types::{Filter, NetworkAcl, ResourceType};
use serde::{Deserialize, Serialize};

use crate::account::collect::ec2_acls::acl as from_aws;
use crate::account::{Account, Acl, AclEntry, Region, Section, Seen, Subnet};
use crate::aws::{Aws, AwsError};
use crate::step::created::ec2_tags;
use crate::step::{
    Case, Found, Iam, Item, Now, Params, Reversal, Spec, Step, StepError, StepId, Target, Verdict,
};

pub struct NetworkAcls;

/// The isolation ACL of a VPC, or which ACL a subnet has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// `None`: there is none.
    Acl(Option<Body>),
    Subnet(AclRef),
}

/// What an ACL says; without the denies that every ACL ends with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    ingress: BTreeMap<i32, AclEntry>,
    egress: BTreeMap<i32, AclEntry>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AclRef {
    Id(String),
    /// The one that this run created for the subnet's VPC.
    Isolation,
    /// One that the subnet's owner does not let us see.
    Hidden,
}

static SPEC: Spec = Spec {
    id: StepId(520),
    slug: "network-acls",
    title: "Network ACLs: every subnet behind an ACL that lets nothing through",
    needs: &[Section::Vpcs, Section::Subnets, Section::Acls],
    state_needs: &[Section::Acls],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &[
            "ec2:CreateNetworkAcl",
            "ec2:CreateTags",
            "ec2:DeleteNetworkAclEntry",
            "ec2:DescribeNetworkAcls",
            "ec2:ReplaceNetworkAclAssociation",
        ],
        undo: &["ec2:DeleteNetworkAcl", "ec2:DescribeNetworkAcls", "ec2:ReplaceNetworkAclAssociation"],
    },
    params: &[],
    cuts: "all traffic that enters or leaves each subnet, new and established: the internet, other \
           subnets, VPN, peering, endpoints",
    leaves: "traffic between hosts of the same subnet, DNS to the VPC's resolver, instance metadata, \
             time and DHCP, subnets shared from another account, and a subnet that is created later",
    breaks: "Everything in these VPCs stops: load balancers, databases, NAT and VPN for other subnets, \
             and your own way in, Session Manager included.",
    doc: "\
Creates one network ACL in each VPC. A new ACL holds no rules, and an ACL without rules denies
everything in both directions. Then the association of each subnet is swapped to it, one call a
subnet. An ACL keeps no state, so established connections stop too.

**Limits.** It works at the edge of the subnet: hosts of one subnet still reach each other (510 cuts
that). Amazon's DNS resolver, instance metadata, DHCP and the time service are never filtered: DNS
stays open as a way out for data. Only the owner of a shared subnet can change its ACL. A subnet that
is created later gets the VPC's default ACL, which usually lets everything through.

**What surprises.** A subnet that holds a NAT gateway or interface endpoints carries other subnets'
traffic, and stops for them too. A connection that did not time out meanwhile goes on after a
restore: combine with 510, or keep the cut for longer than the idle timeout.

**Undo.** Each subnet goes back to the ACL it had, found by subnet: AWS gives every swap a new
association id. Then the ACL made here is deleted. An ACL that was deleted meanwhile is reported by
AWS as `InvalidNetworkAclID.NotFound`; choose another one by hand.

**By hand.** `aws ec2 describe-network-acls --filters Name=association.subnet-id,Values=SUBNET` shows
an ACL whose only entries are the denies 32767 and 32768.

<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html>",
};

const CREATED: &str = "isolation-acl";

fn name(vpc: &str) -> String {
    format!("{CREATED}/{vpc}")
}

impl Step for NetworkAcls {
    type State = State;

    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        let regions = account.regions.iter().filter(|(name, _)| case.scope.has_region(name));
        for (region, here) in regions {
            let (mut open, mut all) = (0, 0);
            let mut vpcs = BTreeSet::new();
            for (id, subnet) in here.subnets.items().filter(|(id, _)| case.scope.has_subnet(here, id)) {
                all += 1;
                if acl_of(here, id).is_some_and(|(_, acl)| !acl.denies_all()) {
                    open += 1;
                    if subnet.owner == account.id {
                        vpcs.insert(&subnet.vpc);
                    }
                }
                let at = Target::new("subnet", id).region(region).vpc(&subnet.vpc).named(&subnet.tags);
                found.item(tagged(Item::new(at), here, subnet));
            }
            for vpc in vpcs {
                let at = Target::new(CREATED, vpc).region(region).vpc(vpc);
                found.item(Item::created(at));
            }
            match (open, all) {
                (_, 0) => {}
                (0, _) => found.ok(Some(region), format!("all {all} subnets are behind an ACL that denies all")),
                _ => found.find(
                    Some(region),
                    format!("{open} of {all} subnets have an ACL that lets something through"),
                ),
            }
        }
        found
    }

    fn state(&self, at: &Target, account: &Account, case: &Case) -> Now<State> {
        let Some(here) = account.regions.get(at.region_name()) else { return Now::Vanished };
        let acls = match &here.acls {
            Seen::Read(acls) => acls,
            Seen::Gap(gap) => return Now::Unknown(gap.clone()),
        };
        if at.kind == CREATED {
            let known = case.names.id(&name(&at.id));
            let made = match known {
                Some(id) => acls.get(&id),
                None => acls.values().find(|acl| acl.vpc == at.id && unrecorded(acl, &case.run)),
            };
            return Now::Is(State::Acl(made.map(body)));
        }
        let isolation = at.vpc.as_deref().and_then(|vpc| case.names.id(&name(vpc)));
        match acl_of(here, &at.id) {
            Some((id, _)) if Some(id) == isolation.as_ref() => Now::Is(State::Subnet(AclRef::Isolation)),
            Some((id, _)) => Now::Is(State::Subnet(AclRef::Id(id.clone()))),
            None if owner(here, at).is_some_and(|owner| *owner != account.id) => {
                Now::Is(State::Subnet(AclRef::Hidden))
            }
            None => Now::Vanished,
        }
    }

    fn contain(&self, now: &State, at: &Target, account: &Account, _: &Case) -> Verdict<State> {
        let closed = || State::Acl(Some(Body::default()));
        let Some(here) = account.regions.get(at.region_name()) else {
            return Verdict::Refuse("its Region was not read".into());
        };
        match now {
            State::Acl(None) => Verdict::Change(closed()),
            State::Acl(Some(body)) if body.denies_all() => Verdict::Already,
            State::Acl(Some(_)) => {
                Verdict::Lasting(closed(), "somebody added rules to the isolation ACL: they stay out".into())
            }
            State::Subnet(current) => {
                if let Some(owner) = owner(here, at).filter(|owner| **owner != account.id) {
                    return Verdict::Refuse(format!("shared from {owner}: only its owner can change the ACL"));
                }
                match current {
                    AclRef::Isolation => Verdict::Already,
                    AclRef::Id(id) if here.acls.item(id).is_some_and(Acl::denies_all) => Verdict::Already,
                    _ => Verdict::Change(State::Subnet(AclRef::Isolation)),
                }
            }
        }
    }

    /// Entries go one call at a time.
    fn passes(&self, from: &State, to: &State) -> Vec<State> {
        let (State::Acl(Some(from)), State::Acl(Some(_))) = (from, to) else { return vec![] };
        let mut rest = from.clone();
        let mut passes = vec![];
        for (egress, number) in from.numbers() {
            rest.side(egress).remove(&number);
            passes.push(State::Acl(Some(rest.clone())));
        }
        passes.pop();
        passes
    }

    fn show(&self, state: &State) -> String {
        match state {
            State::Acl(None) => "none".into(),
            State::Acl(Some(body)) if body.denies_all() => "an ACL that lets nothing through".into(),
            State::Acl(Some(body)) => format!("an ACL with {} rules", body.numbers().len()),
            State::Subnet(AclRef::Id(id)) => id.clone(),
            State::Subnet(AclRef::Isolation) => "isolation ACL".into(),
            State::Subnet(AclRef::Hidden) => "an ACL that its owner does not show".into(),
        }
    }

    async fn write(
        &self,
        aws: &Aws,
        at: &Target,
        _: &State,
        to: &State,
        _: &Params,
    ) -> Result<(), StepError> {
        match to {
            State::Acl(Some(_)) => close(aws, at).await,
            State::Acl(None) => delete(aws, at).await,
            State::Subnet(acl) => associate(aws, at, acl).await,
        }
    }
}

impl Body {
    fn denies_all(&self) -> bool {
        !self.ingress.values().chain(self.egress.values()).any(|entry| entry.allow)
    }

    /// Every entry, in the order in which they are taken out: is it egress, and its number.
    fn numbers(&self) -> Vec<(bool, i32)> {
        let ingress = self.ingress.keys().map(|number| (false, *number));
        ingress.chain(self.egress.keys().map(|number| (true, *number))).collect()
    }

    fn side(&mut self, egress: bool) -> &mut BTreeMap<i32, AclEntry> {
        if egress { &mut self.egress } else { &mut self.ingress }
    }
}

fn body(acl: &Acl) -> Body {
    Body { ingress: acl.ingress.clone(), egress: acl.egress.clone() }
}

fn acl_of<'a>(region: &'a Region, subnet: &str) -> Option<(&'a String, &'a Acl)> {
    region.acls.items().find(|(_, acl)| acl.subnets.contains(subnet))
}

fn owner<'a>(region: &'a Region, at: &Target) -> Option<&'a String> {
    region.subnets.item(&at.id).map(|subnet| &subnet.owner)
}

fn tagged(item: Item, region: &Region, subnet: &Subnet) -> Item {
    let item = item.tags(&subnet.tags);
    match region.vpcs.item(&subnet.vpc) {
        Some(vpc) => item.tags(&vpc.tags),
        None => item,
    }
}

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

/// Created by this run, and not recorded: the run ended in between, so no subnet has it yet. Tags
/// find it and prove nothing, because a thief can set them: its rules are taken out before use.
fn unrecorded(acl: &Acl, run: &str) -> bool {
    let tag = |key: &str| acl.tags.get(key).map(String::as_str);
    tag("unplug:run") == Some(run)
        && tag("unplug:role") == Some("isolation")
        && acl.subnets.is_empty()
        && !acl.is_default
}

async fn list(aws: &Aws, at: &Target, filters: Vec<Filter>) -> Result<Vec<NetworkAcl>, AwsError> {
    let list = aws.ec2(at.region_name()).describe_network_acls().set_filters(Some(filters)).max_results(1_000);
    let mut pages = list.into_paginator().send();
    let mut acls = vec![];
    while let Some(page) = pages.next().await {
        acls.extend(page?.network_acls.unwrap_or_default());
    }
    Ok(acls)
}

/// The run's ACL of a VPC as AWS shows it: by its recorded id, else by the tags of this run.
async fn made(aws: &Aws, at: &Target) -> Result<Option<(String, Acl)>, AwsError> {
    if let Some(id) = aws.names().id(&name(&at.id)) {
        return Ok(list(aws, at, vec![filter("network-acl-id", &id)]).await?.into_iter().find_map(from_aws));
    }
    let filters = vec![filter("tag:unplug:run", aws.run()), filter("vpc-id", &at.id)];
    let acls = list(aws, at, filters).await?;
    Ok(acls.into_iter().filter_map(from_aws).find(|(_, acl)| unrecorded(acl, aws.run())))
}

/// Waits until the ACL shows up: EC2 is eventually consistent, and "not found" is no proof.
async fn shown(aws: &Aws, at: &Target, within: Duration) -> Result<Option<(String, Acl)>, AwsError> {
    let began = aws.clock().now_ms();
    let mut pause = Duration::from_millis(500);
    loop {
        let found = made(aws, at).await?;
        if found.is_some() || u128::from(aws.clock().now_ms().saturating_sub(began)) >= within.as_millis() {
            return Ok(found);
        }
        aws.clock().wait(pause).await;
        pause = (pause * 2).min(Duration::from_secs(8));
    }
}

/// Creates the ACL where there is none, and takes out whatever rules it has.
async fn close(aws: &Aws, at: &Target) -> Result<(), StepError> {
    let name = name(&at.id);
    let recorded = aws.names().id(&name).is_some();
    let patience = Duration::from_secs(if recorded { 10 } else { 0 });
    let found = match shown(aws, at, patience).await? {
        Some(found) => Some(found),
        None => {
            aws.created(&name, &create(aws, at).await?)?;
            shown(aws, at, Duration::from_secs(60)).await?
        }
    };
    let (id, acl) = found.ok_or_else(|| StepError::State("the new ACL does not show up".into()))?;
    if aws.names().id(&name).is_none() {
        aws.created(&name, &id)?;
    }
    let ec2 = aws.ec2(at.region_name());
    for (egress, number) in body(&acl).numbers() {
        let entry = ec2.delete_network_acl_entry().network_acl_id(&id).rule_number(number).egress(egress);
        let answer = entry.send().await.map_err(AwsError::from);
        if let Err(error) = answer
            && !error.is("InvalidNetworkAclEntry.NotFound")
        {
            return Err(error.into());
        }
    }
    Ok(())
}

async fn create(aws: &Aws, at: &Target) -> Result<String, StepError> {
    let name = format!("unplug-isolation-{}", aws.run());
    let tags = ec2_tags(aws, ResourceType::NetworkAcl, "isolation", &name);
    let create = aws.ec2(at.region_name()).create_network_acl().vpc_id(&at.id).tag_specifications(tags);
    let id = create.send().await?.network_acl.and_then(|acl| acl.network_acl_id);
    id.ok_or_else(|| StepError::State("AWS gave the new ACL no id".into()))
}

async fn delete(aws: &Aws, at: &Target) -> Result<(), StepError> {
    let Some((id, _)) = made(aws, at).await? else { return Ok(()) };
    let delete = aws.ec2(at.region_name()).delete_network_acl().network_acl_id(id);
    match delete.send().await.map_err(AwsError::from) {
        Err(error) if !error.is("InvalidNetworkAclID.NotFound") => Err(error.into()),
        _ => Ok(()),
    }
}

/// Swaps the subnet's association, whose id is read now: every swap gives it another one.
async fn associate(aws: &Aws, at: &Target, to: &AclRef) -> Result<(), StepError> {
    let vpc = at.vpc.as_deref().unwrap_or_default();
    let id = match to {
        AclRef::Id(id) => id.clone(),
        AclRef::Isolation => aws
            .names()
            .id(&name(vpc))
            .ok_or_else(|| StepError::State(format!("the isolation ACL of {vpc} was not created")))?,
        AclRef::Hidden => return Err(StepError::State("its owner does not show the ACL".into())),
    };
    let acls = list(aws, at, vec![filter("association.subnet-id", &at.id)]).await?;
    let mut associations = acls.into_iter().flat_map(|acl| acl.associations.unwrap_or_default());
    let current = associations.find(|a| a.subnet_id.as_ref() == Some(&at.id));
    let current = current.ok_or_else(|| StepError::State(format!("{} has no ACL that can be seen", at.id)))?;
    if current.network_acl_id.as_ref() != Some(&id) {
        let swap = aws.ec2(at.region_name()).replace_network_acl_association().network_acl_id(id);
        swap.set_association_id(current.network_acl_association_id).send().await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
