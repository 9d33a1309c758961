//! Flow logs say who talked to whom in every VPC.

use crate::account::{FlowLog, Section};
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "see-flow-logs",
    group: Group::See,
    title: "Flow logs record what every VPC rejects",
    severity: Severity::Medium,
    why: "Where data went, and from which host, nothing else remembers. After a cut they show that packets are \
          rejected, and with the field reject-reason by what.",
    fix: "aws ec2 create-flow-logs --resource-type VPC --resource-ids VPC --traffic-type ALL \
          --log-destination-type s3 --log-destination ARN; with reject-reason in --log-format",
    needs: &[Section::Vpcs, Section::FlowLogs],
    also: &[],
    mirrors: &["CIS 3.7", "FSBP EC2.6"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let mut vpcs = 0;
    for (region, here) in facts.regions() {
        if here.flow_logs.read().is_none() {
            continue;
        }
        for (vpc, _) in here.vpcs.items().filter(|(_, vpc)| vpc.owner == facts.account.id) {
            vpcs += 1;
            let own = here.flow_logs.items().map(|(_, log)| log).filter(|log| log.resource == *vpc);
            let rejects: Vec<&FlowLog> =
                own.filter(|log| matches!(log.traffic.as_str(), "REJECT" | "ALL")).collect();
            if rejects.is_empty() {
                answer.fail(vpc, Some(region), format!("{vpc} has no flow log of what it rejects"));
            } else if rejects.iter().all(|log| log.delivery == "FAILED") {
                answer.fail(vpc, Some(region), format!("the flow log of {vpc} cannot deliver its records"));
            }
        }
    }
    if let n @ 2.. = answer.findings.len() {
        answer.headline = format!("{n} of {vpcs} VPCs have no working flow log");
    }
    answer.said = format!("{vpcs} VPCs have one");
}
