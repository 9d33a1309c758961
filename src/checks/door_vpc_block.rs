//! Nothing is left out of VPC Block Public Access.

use crate::account::Section;
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "door-vpc-block",
    group: Group::Doors,
    title: "Nothing is left out of VPC Block Public Access",
    severity: Severity::Low,
    why: "Step 590 shuts the internet out of a Region with one call. What an exclusion leaves out stays open, \
          and somebody may have made it for that day.",
    fix: "aws ec2 delete-vpc-block-public-access-exclusion --exclusion-id ID --region REGION",
    needs: &[Section::VpcBlock],
    also: &[],
    mirrors: &[],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    for (region, here) in facts.regions() {
        let all = here.vpc_block.read().into_iter().flat_map(|block| &block.exclusions);
        // Those that are gone are listed for a while.
        let stands =
            |state: &str| !state.starts_with("delete-complete") && !state.starts_with("disable-complete");
        for (id, exclusion) in all.filter(|(_, exclusion)| stands(&exclusion.state)) {
            let what = exclusion.resource.rsplit('/').next().unwrap_or(&exclusion.resource);
            answer.fail(id, Some(region), format!("{id} leaves {what} out, with {}", exclusion.mode));
        }
        let managed = here.vpc_block.read().filter(|block| block.managed_by == "declarative-policy");
        if managed.is_some_and(|block| block.mode == "off") {
            let text = format!("a declarative policy of the Organization holds the block of {region} off");
            answer.fail(region, Some(region), text);
        }
    }
    "no exclusion".clone_into(&mut answer.said);
}
