//! Nobody from outside can act in the account.

use crate::access;
use crate::access::report::{Kind, Sureness};
use crate::account::Section;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "door-outsiders",
    group: Group::Doors,
    title: "No other account can change IAM, undo a cut or read S3 here",
    severity: Severity::High,
    why: "A role that another account can assume, or a bucket that lets it in, is as safe as that account. \
          Who stands behind it must be known before the incident.",
    fix: "unplug access shows the path; take the account out of the role's trust policy: aws iam \
          update-assume-role-policy --role-name ROLE --policy-document FILE; or out of the bucket's policy: \
          aws s3api put-bucket-policy --bucket BUCKET --policy FILE",
    needs: &[Section::Principals, Section::PublicBuckets, Section::LogBuckets],
    also: access::NEEDS,
    mirrors: &["CIS 1.20", "IAM Access Analyzer"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    // Otherwise it is a gap of the section.
    let Ok(report) = facts.access() else { return };
    let outside = report.principals.iter().filter(|one| one.kind == Kind::OtherAccount);
    let mut outsiders = 0;
    for one in outside {
        outsiders += 1;
        let sure: Vec<String> = one
            .powers
            .iter()
            .filter(|answer| answer.sure == Sureness::Yes)
            .map(|answer| match answer.path.as_ref().map(|path| path.roles.join(", ")) {
                Some(roles) if !roles.is_empty() => format!("{} by {roles}", answer.power.words()),
                _ => answer.power.words().to_owned(),
            })
            .collect();
        if !sure.is_empty() {
            answer.fail(one.id.clone(), None, format!("{} can {}", one.name, sure.join(", ")));
            continue;
        }
        let perhaps = one.powers.iter().find_map(|answer| match &answer.sure {
            Sureness::Perhaps(why) => Some((answer.power, why)),
            _ => None,
        });
        if let Some((power, why)) = perhaps {
            answer.unknown(format!("whether {} can {}: {why}", one.name, power.words()));
        }
    }
    answer.said = format!("{outsiders} other accounts named, without such a power");
}
