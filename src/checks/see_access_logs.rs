//! Load balancers and distributions write down who asked for what.

use std::collections::BTreeSet;

use crate::account::Section;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "see-access-logs",
    group: Group::See,
    title: "Application Load Balancers and CloudFront write access logs",
    severity: Severity::Low,
    why: "The first request of a break-in at a web server is in the access log, and after the cut nowhere else.",
    fix: "aws elbv2 modify-load-balancer-attributes --load-balancer-arn ARN --attributes \
          Key=access_logs.s3.enabled,Value=true Key=access_logs.s3.bucket,Value=BUCKET; CloudFront console, the \
          distribution, Logging",
    needs: &[Section::BalancerLogs, Section::Distributions, Section::EdgeLogs],
    also: &[],
    mirrors: &["FSBP ELB.5", "FSBP CloudFront.5"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let mut all = 0;
    for (region, here) in facts.regions() {
        for (arn, on) in here.balancer_logs.items() {
            all += 1;
            if !on {
                answer.fail(arn, Some(region), format!("load balancer {} writes no access logs", name(arn)));
            }
        }
    }
    // Whether another delivery carries them is not known: the section says so.
    let delivered = facts.account.edge_logs.read();
    let delivered: BTreeSet<&str> = delivered
        .into_iter()
        .flatten()
        .filter_map(|arn| arn.rsplit_once(":distribution/"))
        .map(|(_, id)| id)
        .collect();
    let enabled = facts.account.distributions.items().filter(|(_, one)| one.enabled);
    for (id, one) in enabled {
        all += 1;
        if !one.logged && !delivered.contains(id.as_str()) && facts.account.edge_logs.read().is_some() {
            answer.fail(id, None, format!("distribution {id} writes no access logs"));
        }
    }
    if let n @ 2.. = answer.findings.len() {
        answer.headline = format!("{n} of {all} load balancers and distributions write no access logs");
    }
    answer.said = format!("{all} write them");
}

/// `app/front/50dc6c495c0c9188` of an ARN is `front`.
fn name(arn: &str) -> &str {
    arn.split('/').nth(2).unwrap_or(arn)
}
