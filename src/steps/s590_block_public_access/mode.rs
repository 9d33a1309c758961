//! The mode of VPC Block Public Access in a Region: one switch for every VPC there.
//!
//! AWS answers at once with the new mode. Right after the call it was seen with the state of an account
//! that never set it: a mode that blocks is in effect once AWS says so.
//!
//! <https://github.com/hashicorp/terraform-provider-aws/issues/49517>

use std::time::Duration;

use super::obstacle;
use super::turn::{Sent, in_turn};
use crate::account::{Section, VpcBlock};
use crate::collect::ec2::vpc_block;
use crate::step::{Lens, Look, Now, Reason, StepError, Verdict, Write};

pub(super) struct Mode;

pub(super) const BOTH_WAYS: &str = "block-bidirectional";

pub(super) const POLICY: &str =
    "a declarative policy of the organization sets it: only the management account changes it";

pub(super) fn in_effect(block: &VpcBlock) -> bool {
    block.state == "update-complete" || (block.mode == "off" && block.state == "default-state")
}

fn is_theirs(block: &VpcBlock) -> bool {
    block.managed_by == "declarative-policy"
}

impl Lens for Mode {
    type State = String;
    const KIND: &'static str = "block-public-access";
    const NEEDS: &'static [Section] = &[Section::VpcBlock];
    const SWITCHED_BY: &'static [&'static str] = &["ec2:ModifyVpcBlockPublicAccessOptions"];
    /// AWS says minutes; in the field it has been seen to take 45. The steps that follow are not held for
    /// that long: what is not in effect by then is said to be unknown.
    const SETTLES_WITHIN: Duration = Duration::from_secs(300);

    fn state(&self, look: &Look<'_>) -> Now<String> {
        look.in_region(|here| {
            Now::of(&here.vpc_block, |block| {
                let mode = block.mode.clone();
                if in_effect(block) { Now::Is(mode) } else { Now::Settling(mode) }
            })
        })
    }

    fn contain(&self, mode: &String, look: &Look<'_>) -> Verdict<String> {
        let Some(block) = look.region().and_then(|here| here.vpc_block.read()) else {
            return Verdict::Refuse("its Region was not read".into());
        };
        if mode == BOTH_WAYS {
            return Verdict::Already;
        }
        let theirs = is_theirs(block).then(|| POLICY.into());
        match theirs.or_else(|| obstacle(block, look.case)) {
            Some(why) => Verdict::Refuse(why),
            None => Verdict::Change(BOTH_WAYS.into()),
        }
    }

    fn hold_back(&self, _: &String, look: &Look<'_>) -> Option<Reason> {
        is_theirs(look.region()?.vpc_block.read()?).then(|| POLICY.into())
    }

    fn show(&self, mode: &String) -> String {
        match mode.as_str() {
            BOTH_WAYS => "blocked both ways".into(),
            "block-ingress" => "blocked inwards only".into(),
            mode => mode.into(),
        }
    }

    async fn write(&self, write: Write<'_, String>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let region = at.region_name();
        in_turn(aws, at, || async {
            if vpc_block::now(aws, region).await?.mode != *to {
                let modify = aws.ec2(region).modify_vpc_block_public_access_options();
                modify.internet_gateway_block_mode(to.as_str().into()).send().await?;
            }
            Ok(Sent::Yes)
        })
        .await
    }
}
