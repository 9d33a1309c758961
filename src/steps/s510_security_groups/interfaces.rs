//! Interfaces that EC2 lets their account change, and how groups are named in a state.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use super::group::{Body, wanted};
use super::{FLUSH, GroupRef, ISOLATION, SPEC, State, name, two_step};
use crate::account::{Acl, Group, Interface, Region, Rule, Seen};
use crate::aws::Aws;
use crate::step::{Case, Item, Params, Reason, StepError, Target, Verdict, created, keep};

pub(super) fn contain(
    groups: &BTreeSet<GroupRef>,
    (id, interface): (&str, &Interface),
    here: &Region,
    case: &Case,
) -> Verdict<State> {
    if groups.is_empty() {
        return Verdict::Refuse("has no security group to replace".into());
    }
    let Seen::Read(known) = &here.groups else {
        return Verdict::Refuse("the security groups could not be read".into());
    };
    if is_isolated(groups, known, case) {
        return Verdict::Already;
    }
    if two_step(&case.params) && !is_behind(interface, here, case) {
        return Verdict::Refuse(
            "the ACL of its subnet lets something through, and two-step opens the host for a moment: \
             put 520 or 590 before 510 in the playbook"
                .into(),
        );
    }
    if let Some(cidr) = forwards(id, interface, here, case) {
        return Verdict::Refuse(keep::refusal(SPEC.id, cidr));
    }
    let isolated = State::Interface([GroupRef::Isolation].into());
    match of_other_run(groups, known, case) {
        Some(why) => Verdict::Lasting(isolated, why),
        None => Verdict::Change(isolated),
    }
}

/// The kept CIDR whose packets the interface passes on for other subnets. The isolation group would keep
/// these subnets out.
fn forwards<'c>(id: &str, interface: &Interface, here: &Region, case: &'c Case) -> Option<&'c str> {
    if interface.source_dest_check {
        return None;
    }
    let of_vpc = here.route_tables.items().filter(|(_, table)| table.vpc == interface.vpc);
    let mut serving = of_vpc.filter(|(table, _)| !here.served_by(table).is_empty());
    serving.find_map(|(_, table)| keep::carried(here, table, &case.scope, |route| route.target == id))
}

/// Why a restore does not go back to these groups, where another run has made one of them.
pub(super) fn of_other_run(
    groups: &BTreeSet<GroupRef>,
    known: &BTreeMap<String, Group>,
    case: &Case,
) -> Option<Reason> {
    groups.iter().find_map(|group| match group {
        GroupRef::Id(id) => created::of_other_run(id, &known.get(id)?.tags, &case.run),
        GroupRef::Isolation | GroupRef::Flush => None,
    })
}

/// Do these groups, taken together, let through what this run keeps open and nothing else?
pub(super) fn is_isolated(groups: &BTreeSet<GroupRef>, known: &BTreeMap<String, Group>, case: &Case) -> bool {
    let (wanted, mut have) = (wanted(ISOLATION, case), Body::default());
    let bare = |rule: &Rule| Rule { description: None, ..rule.clone() };
    for group in groups {
        match group {
            GroupRef::Id(id) => match known.get(id) {
                Some(group) => {
                    have.ingress.extend(group.ingress.iter().map(bare));
                    have.egress.extend(group.egress.iter().map(bare));
                }
                None => return false,
            },
            // Its rules are watched as a target of their own.
            GroupRef::Isolation => {
                have.ingress.extend(wanted.ingress.iter().cloned());
                have.egress.extend(wanted.egress.iter().cloned());
            }
            GroupRef::Flush => return false,
        }
    }
    have == wanted
}

/// Is the interface cut already by something that two steps do not open: an ACL that lets through
/// no more than the CIDRs that are kept (520), or VPC Block Public Access (590)?
fn is_behind(interface: &Interface, here: &Region, case: &Case) -> bool {
    let kept: Vec<IpNet> = case.scope.keep_cidrs.iter().filter_map(|cidr| cidr.parse().ok()).collect();
    let inside = |cidr: &str| {
        let net: Option<IpNet> = cidr.parse().ok();
        net.is_some_and(|net| kept.iter().any(|kept| kept.contains(&net)))
    };
    let closed = |acl: &Acl| {
        let entries = acl.ingress.values().chain(acl.egress.values());
        acl.denies_all() || entries.filter(|entry| entry.allow).all(|entry| inside(&entry.cidr))
    };
    let blocked = here.vpc_block.read().is_some_and(|block| {
        let excluded = block.exclusions.values().any(|exclusion| {
            let ends = |id: &str| exclusion.resource.rsplit('/').next() == Some(id);
            let gone = matches!(exclusion.state.as_str(), "delete-complete" | "disable-complete");
            !gone && (ends(&interface.vpc) || ends(&interface.subnet))
        });
        block.mode == "block-bidirectional" && block.state == "update-complete" && !excluded
    });
    let acl = here.acls.items().find(|(_, acl)| acl.subnets.contains(&interface.subnet));
    blocked || acl.is_some_and(|(_, acl)| closed(acl))
}

/// Groups as a state names them: those of this run by name.
pub(super) fn named(groups: &BTreeSet<String>, vpc: &str, case: &Case) -> BTreeSet<GroupRef> {
    let isolation = case.names.id(&name(ISOLATION, vpc));
    let flush = case.names.id(&name(FLUSH, vpc));
    let name = |id: &String| match Some(id) {
        id if id == isolation.as_ref() => GroupRef::Isolation,
        id if id == flush.as_ref() => GroupRef::Flush,
        _ => GroupRef::Id(id.clone()),
    };
    groups.iter().map(name).collect()
}

/// The ids of groups that a state names.
pub(super) fn ids(aws: &Aws, at: &Target, groups: &BTreeSet<GroupRef>) -> Result<Vec<String>, StepError> {
    let vpc = at.vpc.as_deref().unwrap_or_default();
    let made = |kind: &str| {
        let id = aws.names().id(&name(kind, vpc));
        id.ok_or_else(|| StepError::State(format!("the {kind} of {vpc} was not created")))
    };
    let id = |group: &GroupRef| match group {
        GroupRef::Id(id) => Ok(id.clone()),
        GroupRef::Isolation => made(ISOLATION),
        GroupRef::Flush => made(FLUSH),
    };
    groups.iter().map(id).collect()
}

pub(super) fn show(groups: &BTreeSet<GroupRef>) -> String {
    let word = |group: &GroupRef| match group {
        GroupRef::Id(id) => id.clone(),
        GroupRef::Isolation => "isolation".into(),
        GroupRef::Flush => "ALLOW ALL".into(),
    };
    groups.iter().map(word).collect::<Vec<String>>().join(", ")
}

pub(super) fn item(region: &str, id: &str, interface: &Interface, here: &Region) -> Item {
    let instance = interface.instance.as_ref().and_then(|id| here.instances.item(id));
    let label = instance
        .and_then(|instance| instance.tags.get("Name"))
        .or_else(|| interface.tags.get("Name"))
        .unwrap_or(&interface.description);
    // An ARN (of an ECS attachment) says less than the owner that the line names.
    let label = Some(label.as_str()).filter(|label| !label.starts_with("arn:"));
    let at = Target::new("interface", id).region(region).vpc(&interface.vpc).label(label);
    let mut item = Item::new(at).tags(&interface.tags);
    if let Some(instance) = instance {
        item = item.tags(&instance.tags);
    }
    match here.vpcs.item(&interface.vpc) {
        Some(vpc) => item.tags(&vpc.tags),
        None => item,
    }
}

pub(super) async fn write(
    aws: &Aws,
    at: &Target,
    groups: &BTreeSet<GroupRef>,
    params: &Params,
) -> Result<(), StepError> {
    let isolated = BTreeSet::from([GroupRef::Isolation]);
    if two_step(params) && *groups == isolated {
        // Wide open from here to the next line: nothing comes in between.
        modify(aws, at, ids(aws, at, &[GroupRef::Flush].into())?).await?;
    }
    modify(aws, at, ids(aws, at, groups)?).await
}

/// Replaces the set of groups: one attribute a call, the interface's own and no instance's.
async fn modify(aws: &Aws, at: &Target, groups: Vec<String>) -> Result<(), StepError> {
    let modify = aws.ec2(at.region_name()).modify_network_interface_attribute();
    modify.network_interface_id(&at.id).set_groups(Some(groups)).send().await?;
    Ok(())
}
