//! There is room, at the quotas of this account, for what the cut creates.

use crate::account::{Gap, Section};
use crate::checks::{Answer, Check, Facts, Group, Severity};
use crate::step::{StepId, count};
use crate::steps::prepared;
use crate::steps::room::{self, Quota, Room};

pub const CHECK: Check = Check {
    id: "pull-quotas",
    group: Group::Pull,
    title: "There is room for the groups, ACLs and tables that the cut creates",
    severity: Severity::High,
    why: "Steps create an empty security group, a network ACL or a route table in each VPC. At its quota AWS \
          refuses, and the step cuts nothing there.",
    fix: "delete what nobody uses; or raise the quota: aws service-quotas request-service-quota-increase \
          --service-code vpc --quota-code CODE --desired-value N (ACLs L-B4A6D682, tables L-589F43AA, \
          groups L-E79EC296); while there is room, unplug prepare takes it for groups and ACLs",
    needs: &[Section::Vpcs, Section::Groups, Section::Acls, Section::RouteTables],
    also: &[Section::Quotas],
    mirrors: &[],
    look,
};

/// The steps that create one in each VPC.
const GROUPS: StepId = StepId(510);
const ACLS: StepId = StepId(520);
const TABLES: StepId = StepId(530);
/// The step that adds a rule for each address that is shut out.
const RULES: StepId = StepId(350);

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let runs = |step| facts.pull.steps.contains(&step);
    let owner = &facts.account.id;
    let mut short = 0;
    for (region, here) in facts.regions() {
        let vpcs = here.vpcs.items().filter(|(_, vpc)| vpc.owner == *owner).map(|(id, _)| id);
        let vpcs: Vec<&String> = vpcs.collect();
        if runs(GROUPS) {
            // One for each VPC in which step 502 has prepared none.
            let without = |vpc: &&&String| prepared::group(here, vpc, owner, None).is_none();
            let wanted = vpcs.iter().filter(without).count();
            let room = room::groups(here, owner);
            judge(answer, (region, region, &room::GROUPS_A_REGION), room, wanted);
            short += usize::from(wanted > 0 && room.is_short(wanted));
        }
        let rules = here.acls.items().filter(|(_, acl)| runs(RULES) && acl.owner == *owner);
        for (id, acl) in rules.filter(|(_, acl)| !acl.subnets.is_empty()) {
            let used = acl.ingress.len().max(acl.egress.len()) + 1;
            let room = Room::of(here, &room::RULES_AN_ACL, used);
            judge(answer, (region, id, &room::RULES_AN_ACL), room, facts.scope.block_cidrs.len().max(1));
        }
        for vpc in vpcs {
            if runs(ACLS) {
                let wanted = usize::from(prepared::acl(here, vpc, owner, None).is_none());
                let room = room::acls(here, vpc);
                judge(answer, (region, vpc, &room::ACLS_A_VPC), room, wanted);
                short += usize::from(wanted > 0 && room.is_short(wanted));
            }
            if runs(TABLES) {
                let used = here.route_tables.items().filter(|(_, table)| table.vpc == *vpc).count();
                let room = Room::of(here, &room::TABLES_A_VPC, used);
                judge(answer, (region, vpc, &room::TABLES_A_VPC), room, 1);
            }
        }
    }
    answer.said = said(facts, short);
}

/// Without a value from Service Quotas AWS's default is taken. Above it the quota has been raised, to what is not
/// known here.
fn judge(answer: &mut Answer, (region, place, quota): (&str, &str, &Quota), room: Room, wanted: usize) {
    let Room { used, most, told } = room;
    let Quota { what, default, .. } = quota;
    let Some(most) = most.filter(|_| wanted > 0) else {
        if wanted > 0 {
            answer.unknown(format!(
                "{place} has {used} {what}, above AWS's default of {default}: to what the quota was raised is not known"
            ));
        }
        return;
    };
    if room.lacks(wanted) {
        let by = if told { "the quota is" } else { "AWS's default quota is" };
        let text = format!("{place} has {used} {what}, {wanted} more are created, and {by} {most}");
        answer.fail(place, Some(region), text);
    }
}

/// By which quotas it was judged.
fn said(facts: &Facts<'_>, short: usize) -> String {
    let short = match short {
        0 => String::new(),
        n => format!("; {} would be used to the last tenth: unplug prepare", count(n, "quota")),
    };
    let gaps = facts.regions().filter_map(|(region, here)| Some((region, here.quotas.gap()?)));
    let gaps: Vec<(&str, &Gap)> = gaps.collect();
    let Some((region, gap)) = gaps.first() else {
        return format!("room in every VPC, by Service Quotas{short}");
    };
    let everywhere = gaps.len() == facts.account.regions.len();
    let place = if everywhere { String::new() } else { format!(" in {region}") };
    format!(
        "room in every VPC, by AWS's default quotas{place}: Service Quotas not asked, {}{short}",
        gap.cause.words()
    )
}
