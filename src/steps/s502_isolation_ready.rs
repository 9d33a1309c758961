//! 502: the empty group and the empty ACL of a cut are made ahead, where a quota may leave no room for them.

use std::collections::BTreeSet;

use super::s510_security_groups::group::Group;
use super::s510_security_groups::ready::Ready as ReadyGroup;
use super::s520_network_acls::created::Created;
use super::s520_network_acls::ready::Ready as ReadyAcl;
use super::shared::made::{Made, Resource as _};
use super::shared::{prepared, room};
use crate::account::{Account, Region, Section, Vpc};
use crate::step::{
    Case, Choice, Does, Found, Iam, Item, Lenses, Params, Reversal, Spec, Step, StepId, Target, count,
};

pub struct IsolationReady;

const WHERE: Choice = Choice {
    name: "where",
    values: &["short", "everywhere"],
    doc: "`short`: in VPCs where less than a tenth of a quota would be left after a cut; `everywhere`: in every \
          VPC, so that a cut takes fewer calls",
};

static SPEC: Spec = Spec {
    id: StepId(502),
    slug: "isolation-ready",
    title: "Isolation groups and ACLs, made ahead where a quota is short",
    needs: &[
        Section::Vpcs,
        Section::Groups,
        Section::Acls,
        Section::Quotas,
        // Who uses a group is looked at before its rules are taken out, and before a restore deletes it.
        Section::Interfaces,
        Section::Endpoints,
        Section::ConnectEndpoints,
        Section::LoadBalancers,
        Section::Databases,
        Section::VpcFunctions,
    ],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &[
            "ec2:CreateNetworkAcl",
            "ec2:CreateSecurityGroup",
            "ec2:CreateTags",
            "ec2:DeleteNetworkAclEntry",
            "ec2:DescribeNetworkAcls",
            "ec2:DescribeSecurityGroups",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupIngress",
        ],
        undo: &[
            "ec2:DeleteNetworkAcl",
            "ec2:DeleteSecurityGroup",
            "ec2:DescribeNetworkAcls",
            "ec2:DescribeSecurityGroups",
        ],
    },
    params: &[WHERE.param()],
    does: Does::Saves("groups and ACLs are made ready"),
    cuts: "nothing: the group and the ACL are empty, and nothing uses them until 510 and 520 do",
    leaves: "whoever may change groups and ACLs in this account, who can add rules to these: 510 and 520 take \
             one for its rules, and make one of their own where it has any; VPCs shared from other accounts; \
             a cut that keeps a CIDR open, which needs a group and an ACL of its own; route tables (530)",
    breaks: "Nothing stops. Each counts towards the quota of its Region or VPC.",
    doc: include_str!("s502_isolation_ready/doc.md"),
};

impl Step for IsolationReady {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    /// Whatever uses a group does so by an interface.
    fn needs(&self, _: &Params) -> &'static [Section] {
        &[Section::Vpcs, Section::Groups, Section::Acls, Section::Interfaces, Section::Quotas]
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            find_in(region, here, account, case, &mut found);
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&Made(Group(ReadyGroup)), &Made(Created(ReadyAcl))]
    }
}

/// What there is to make in one Region.
fn find_in(region: &str, here: &Region, account: &Account, case: &Case, found: &mut Found) {
    // How many there are is not known: the gap is said.
    if here.groups.gap().is_some() || here.acls.gap().is_some() {
        return;
    }
    let owner = &account.id;
    let mine = |(id, vpc): &(&String, &Vpc)| vpc.owner == *owner && case.scope.has_vpc(here, id);
    let vpcs: Vec<(&String, &Vpc)> = here.vpcs.items().filter(mine).collect();
    let everywhere = WHERE.is(&case.params, "everywhere");
    let without = vpcs.iter().filter(|(id, _)| prepared::group(here, id, owner, None).is_none()).count();
    let groups = everywhere || room::groups(here, owner).is_short(without);
    let mut ready = BTreeSet::new();
    for (id, vpc) in &vpcs {
        // One that was prepared before is looked after, whatever the quota is now.
        let item = |kind| {
            let at = Target::new(kind, id.as_str()).region(region).vpc(id).named(&vpc.tags);
            // Nobody's tools know it: who owns the VPC is no owner of it.
            Item { rank: 0, ..Item::new(at) }.within(&vpc.tags)
        };
        if groups || prepared::any_group(here, id, owner).is_some() {
            found.item(item(Group::<ReadyGroup>::KIND));
            ready.insert(*id);
        }
        let has_acl = prepared::acl(here, id, owner, None).is_some();
        if everywhere
            || room::acls(here, id).is_short(usize::from(!has_acl))
            || prepared::any_acl(here, id, owner).is_some()
        {
            found.item(item(Created::<ReadyAcl>::KIND));
            ready.insert(*id);
        }
    }
    if let Some(gap) = here.quotas.gap() {
        let text = format!("by AWS's default quotas: Service Quotas not asked, {}", gap.cause.words());
        found.note(Some(region), text);
    }
    if ready.is_empty() && !vpcs.is_empty() {
        let text = format!("room for the groups and ACLs of a cut in {}", count(vpcs.len(), "VPC"));
        found.fine(Some(region), text);
    }
}

#[cfg(test)]
mod tests;
