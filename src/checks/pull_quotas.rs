//! There is room, at the quotas of this account, for what the cut creates.

use std::collections::BTreeMap;

use crate::account::{Gap, Region, Section};
use crate::checks::{Answer, Check, Facts, Group, Severity};
use crate::step::StepId;

pub const CHECK: Check = Check {
    id: "pull-quotas",
    group: Group::Pull,
    title: "There is room for the groups, ACLs and tables that the cut creates",
    severity: Severity::High,
    why: "Steps create an empty security group, a network ACL or a route table in each VPC. At its quota AWS \
          refuses, and the step cuts nothing there.",
    fix: "delete what nobody uses; or raise the quota: aws service-quotas request-service-quota-increase \
          --service-code vpc --quota-code CODE --desired-value N (ACLs L-B4A6D682, tables L-589F43AA, \
          groups L-E79EC296)",
    needs: &[Section::Vpcs, Section::Groups, Section::Acls, Section::RouteTables],
    also: &[Section::Quotas],
    mirrors: &[],
    look,
};

/// A quota of VPCs that can be raised: its code in Service Quotas, and AWS's default.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>
struct Quota {
    code: &'static str,
    default: usize,
}

const GROUPS_A_REGION: Quota = Quota { code: "L-E79EC296", default: 2_500 };
const ACLS_A_VPC: Quota = Quota { code: "L-B4A6D682", default: 200 };
const TABLES_A_VPC: Quota = Quota { code: "L-589F43AA", default: 200 };
/// In each direction, IPv4 and IPv6 together, with the deny that stands at the end.
const RULES_AN_ACL: Quota = Quota { code: "L-2AEEBF1A", default: 20 };

/// The steps that create one in each VPC.
const GROUPS: StepId = StepId(510);
const ACLS: StepId = StepId(520);
const TABLES: StepId = StepId(530);
/// The step that adds a rule for each address that is shut out.
const RULES: StepId = StepId(350);

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let runs = |step| facts.pull.steps.contains(&step);
    let mine = |owner: &String| *owner == facts.account.id;
    for (region, here) in facts.regions() {
        let at = At { region, here };
        let vpcs: Vec<&String> =
            here.vpcs.items().filter(|(_, vpc)| mine(&vpc.owner)).map(|(id, _)| id).collect();
        if runs(GROUPS) {
            let used = here.groups.items().filter(|(_, group)| mine(&group.owner)).count();
            // One for each VPC.
            at.judge(answer, (region, "security groups", used), vpcs.len(), &GROUPS_A_REGION);
        }
        let mut acls = BTreeMap::<&String, usize>::new();
        for (_, acl) in here.acls.items() {
            *acls.entry(&acl.vpc).or_default() += 1;
        }
        let rules = here.acls.items().filter(|(_, acl)| runs(RULES) && mine(&acl.owner));
        for (id, acl) in rules.filter(|(_, acl)| !acl.subnets.is_empty()) {
            let used = acl.ingress.len().max(acl.egress.len()) + 1;
            let wanted = facts.scope.block_cidrs.len().max(1);
            at.judge(answer, (id, "rules in a direction", used), wanted, &RULES_AN_ACL);
        }
        let mut tables = BTreeMap::<&String, usize>::new();
        for (_, table) in here.route_tables.items() {
            *tables.entry(&table.vpc).or_default() += 1;
        }
        for vpc in vpcs {
            if runs(ACLS) {
                let used = acls.get(vpc).copied().unwrap_or_default();
                at.judge(answer, (vpc, "network ACLs", used), 1, &ACLS_A_VPC);
            }
            if runs(TABLES) {
                let used = tables.get(vpc).copied().unwrap_or_default();
                at.judge(answer, (vpc, "route tables", used), 1, &TABLES_A_VPC);
            }
        }
    }
    answer.said = said(facts);
}

/// By which quotas it was judged.
fn said(facts: &Facts<'_>) -> String {
    let gaps = facts.regions().filter_map(|(region, here)| Some((region, here.quotas.gap()?)));
    let gaps: Vec<(&str, &Gap)> = gaps.collect();
    let Some((region, gap)) = gaps.first() else { return "room in every VPC, by Service Quotas".into() };
    let everywhere = gaps.len() == facts.account.regions.len();
    let place = if everywhere { String::new() } else { format!(" in {region}") };
    format!(
        "room in every VPC, by AWS's default quotas{place}: Service Quotas not asked, {}",
        gap.cause.words()
    )
}

/// One Region, and the quotas that hold in it.
struct At<'a> {
    region: &'a str,
    here: &'a Region,
}

impl At<'_> {
    /// Without a value from Service Quotas AWS's default is taken. Above it the quota has been raised, to what is
    /// not known here.
    fn judge(
        &self,
        answer: &mut Answer,
        (place, what, used): (&str, &str, usize),
        wanted: usize,
        quota: &Quota,
    ) {
        let own = self.here.quotas.read().and_then(|quotas| quotas.get(quota.code));
        let (most, by) = match own.and_then(|own| usize::try_from(*own).ok()) {
            Some(own) => (own, "the quota is"),
            None if used > quota.default => {
                return answer.unknown(format!(
                    "{place} has {used} {what}, above AWS's default of {}: to what the quota was raised is not known",
                    quota.default
                ));
            }
            None => (quota.default, "AWS's default quota is"),
        };
        if used + wanted > most {
            let text = format!("{place} has {used} {what}, {wanted} more are created, and {by} {most}");
            answer.fail(place, Some(self.region), text);
        }
    }
}
