//! The groups of one network interface that EC2 lets its account change. `two-step` leads through a
//! group that allows everything: the host is wide open for that moment, so something else must hold.

use ipnet::IpNet;

use super::group_ref::{GroupRef, Groups, group_refs, ids, is_cut, is_isolated, of_other_run, show, wanted};
use super::owners::{self, Owned};
use super::{SPEC, two_step};
use crate::account::{Acl, Interface as Known, Region, Section};
use crate::aws::Aws;
use crate::step::{Case, Item, Lens, Look, Now, Reach, StepError, Target, Verdict, Write, keep};

pub(super) struct Interface;

impl Lens for Interface {
    type State = Groups;
    const KIND: &'static str = "interface";
    const REACH: Reach = Reach::Interface;
    const ID_SAYS_KIND: bool = true;
    // A group says which run has made it, where something else is found than was left.
    const NEEDS: &'static [Section] = &[Section::Groups, Section::Interfaces];

    fn state(&self, look: &Look<'_>) -> Now<Groups> {
        let groups = |known: &Known| Now::Is(group_refs(&known.groups, &known.vpc, look.case));
        look.in_region(|here| Now::of_item(&here.interfaces, &look.at.id, groups))
    }

    fn contain(&self, groups: &Groups, look: &Look<'_>) -> Verdict<Groups> {
        let Look { at, account, case } = *look;
        let Some(here) = look.region() else { return Verdict::Refuse("its Region was not read".into()) };
        let Some(known) = here.interfaces.item(&at.id) else {
            return Verdict::Refuse("the interface was not read".into());
        };
        if known.owner != account.id {
            return Verdict::Refuse(format!("belongs to {}", known.owner));
        }
        match owners::of(&at.id, known, here) {
            Owned::Free => {}
            Owned::Refused(why) => return Verdict::Refuse(why),
            Owned::By(owners) => {
                let owners: Vec<String> = owners.into_iter().map(|(_, id)| id).collect();
                return Verdict::Refuse(format!("is changed through {}", owners.join(" or ")));
            }
        }
        if groups.is_empty() {
            return Verdict::Refuse("has no security group to replace".into());
        }
        let Some(all) = here.groups.read() else {
            return Verdict::Refuse("the security groups could not be read".into());
        };
        if is_isolated(groups, all, case) {
            return Verdict::Already;
        }
        if two_step(&case.params) && !is_behind(known, here, case) {
            return Verdict::Refuse(
                "the ACL of its subnet lets something through, and two-step opens the host for a moment: \
                 put 520 or 590 before 510 in the playbook"
                    .into(),
            );
        }
        if let Some(cidr) = forwards(&at.id, known, here, case) {
            return Verdict::Refuse(keep::refusal(SPEC.id, cidr));
        }
        let to = wanted(here, &known.vpc, &account.id, case);
        match of_other_run(groups, all, case) {
            Some(why) => Verdict::Lasting(to, why),
            None => Verdict::Change(to),
        }
    }

    fn passes(&self, from: &Groups, to: &Groups) -> Vec<Groups> {
        let flush = Groups::from([GroupRef::Flush]);
        let through = (is_cut(from) || is_cut(to)) && *from != flush && *to != flush;
        through.then_some(flush).into_iter().collect()
    }

    fn show(&self, groups: &Groups) -> String {
        show(groups)
    }

    async fn write(&self, write: Write<'_, Groups>) -> Result<(), StepError> {
        let Write { aws, at, to, params, .. } = write;
        if two_step(params) && is_cut(to) {
            // Wide open from here to the next line: nothing comes in between.
            modify(aws, at, ids(aws, at, &[GroupRef::Flush].into())?).await?;
        }
        modify(aws, at, ids(aws, at, to)?).await
    }
}

/// Replaces the set of groups: one attribute a call, the interface's own and no instance's.
async fn modify(aws: &Aws, at: &Target, groups: Vec<String>) -> Result<(), StepError> {
    let modify = aws.ec2(at.region_name()).modify_network_interface_attribute();
    modify.network_interface_id(&at.id).set_groups(Some(groups)).send().await?;
    Ok(())
}

/// The kept CIDR whose packets the interface passes on for other subnets. The isolation group would keep
/// these subnets out.
fn forwards<'c>(id: &str, interface: &Known, here: &Region, case: &'c Case) -> Option<&'c str> {
    if interface.source_dest_check {
        return None;
    }
    let of_vpc = here.route_tables.items().filter(|(_, table)| table.vpc == interface.vpc);
    let mut serving = of_vpc.filter(|(table, _)| !here.served_by(table).is_empty());
    serving.find_map(|(_, table)| keep::carried(here, table, &case.scope, |route| route.target == id))
}

/// Is the interface cut already by something that two steps do not open: an ACL that lets through
/// no more than the CIDRs that are kept (520), or VPC Block Public Access (590)?
fn is_behind(interface: &Known, here: &Region, case: &Case) -> bool {
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

pub(super) fn item(region: &str, id: &str, interface: &Known, here: &Region) -> Item {
    let instance = interface.instance.as_ref().and_then(|id| here.instances.item(id));
    let label = instance
        .and_then(|instance| instance.tags.get("Name"))
        .or_else(|| interface.tags.get("Name"))
        .unwrap_or(&interface.description);
    // An ARN (of an ECS attachment) says less than the owner that the line names.
    let label = Some(label.as_str()).filter(|label| !label.starts_with("arn:"));
    let at = Target::new(Interface::KIND, id).region(region).vpc(&interface.vpc).label(label);
    let mut item = Item::new(at).tags(&interface.tags);
    if let Some(instance) = instance {
        item = item.tags(&instance.tags);
    }
    match here.vpcs.item(&interface.vpc) {
        Some(vpc) => item.within(&vpc.tags),
        None => item,
    }
}
