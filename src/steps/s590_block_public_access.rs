//! 590: VPC Block Public Access on, both ways, Region by Region, with nothing left out.

mod writes;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::{Account, Exclusion, Region, Section, Seen, Tags, VpcBlock};
use crate::step::ranges::is_public;
use crate::step::{
    Case, Does, Found, Iam, Item, Lens, Lenses, Look, Now, Param, ParamKind, Params, Reason, Reversal, Spec,
    Step, StepError, StepId, Stops, Target, Verdict, Width, Write, count, created, text,
};

use writes::{Sent, create, delete, is_busy, set_mode};

pub struct BlockPublicAccess;

/// The Region's mode, or one exclusion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Mode(String),
    /// `None`: there is none.
    Exclusion(Option<Body>),
}

/// What an exclusion is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// ARN of the VPC or subnet.
    resource: String,
    mode: String,
    tags: Tags,
}

const MODE: &str = "block-public-access";
const EXCLUSION: &str = "exclusion";
const BOTH_WAYS: &str = "block-bidirectional";

/// How long a write waits for a change that is under way: AWS takes one at a time.
const BUSY_WITHIN: Duration = Duration::from_secs(600);

static SPEC: Spec = Spec {
    id: StepId(590),
    slug: "block-public-access",
    title: "VPC Block Public Access: no internet gateway passes anything, either way",
    needs: &[Section::Vpcs, Section::Subnets, Section::VpcBlock],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &[
            "ec2:DeleteVpcBlockPublicAccessExclusion",
            "ec2:DescribeVpcBlockPublicAccessExclusions",
            "ec2:DescribeVpcBlockPublicAccessOptions",
            "ec2:ModifyVpcBlockPublicAccessOptions",
        ],
        undo: &[
            "ec2:CreateTags",
            "ec2:CreateVpcBlockPublicAccessExclusion",
            "ec2:DescribeVpcBlockPublicAccessExclusions",
            "ec2:DescribeVpcBlockPublicAccessOptions",
            "ec2:ModifyVpcBlockPublicAccessOptions",
        ],
    },
    params: &[Param {
        name: "region-wide",
        kind: ParamKind::Choice(&["no", "yes"]),
        doc: "`yes` sets the block although the run names VPCs, subnets or instances: it cuts every other \
              VPC of the Region too",
    }],
    does: Does::Cuts(&[Stops::Sites, Stops::OwnWay, Stops::Outbound]),
    cuts: "everything between the internet and this account's VPCs in the Region: internet gateways and \
           egress-only ones, NAT gateways, internet-facing load balancers, Global Accelerator, CloudFront's \
           VPC origins, public Direct Connect interfaces",
    leaves: concat!(
        "site-to-site VPN, Client VPN, transit gateways, Cloud WAN, private Direct Connect, peering, \
             Verified Access and Outposts' local gateways; VPC endpoints, and through them services of AWS; \
             customers of your endpoint services; DNS queries to Amazon's resolver, instance metadata; \
             Instance Connect endpoints, Session Manager over endpoints, the serial console; VPCs and \
             subnets that other accounts own and share",
        unjudged!()
    ),
    breaks: "Every VPC of the Region is off the internet both ways: sites behind load balancers time out, \
             updates, partners' APIs and webhooks fail, and so does your own way in over the internet.",
    doc: include_str!("s590_block_public_access/doc.md"),
};

impl Step for BlockPublicAccess {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn width(&self, params: &Params) -> Width {
        if text(params, "region-wide", "no") == "yes" { Width::Region } else { Width::Place }
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            let own = |vpc: &&crate::account::Vpc| vpc.owner == account.id;
            let vpcs: Vec<_> = here.vpcs.items().map(|(_, vpc)| vpc).filter(own).collect();
            let Some(block) = here.vpc_block.read() else { continue };
            if here.vpcs.read().is_some() && vpcs.is_empty() {
                continue;
            }
            let open = block.exclusions.values().filter(|exclusion| is_hole(exclusion)).count();
            match (block.mode.as_str(), open) {
                (mode, _) if mode != "off" && !in_effect(block) => {
                    let state = &block.state;
                    found.find(
                        Some(region),
                        format!("{mode} is set and not in effect yet ({state}): look again"),
                    );
                }
                (BOTH_WAYS, 0) => found.ok(Some(region), "the Region is blocked both ways, nothing left out"),
                (BOTH_WAYS, _) => {
                    found.find(Some(region), format!("the block leaves out {}", count(open, "exclusion")));
                }
                ("block-ingress", _) => {
                    found.find(Some(region), "the Region is blocked inwards only: data can still leave");
                }
                _ => found.find(Some(region), format!("nothing is blocked for {}", count(vpcs.len(), "VPC"))),
            }
            let at = Target::new(MODE, region).region(region);
            // It cuts them all: one that is protected protects the Region.
            found.item(vpcs.iter().fold(Item::new(at), |item, vpc| item.tags(&vpc.tags)));
            for (id, exclusion) in block.exclusions.iter().filter(|(_, e)| is_hole(e)) {
                found.items.extend(item(region, here, id, exclusion, case));
            }
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&BlockPublicAccess]
    }
}

impl Lens for BlockPublicAccess {
    type State = State;
    const KIND: &'static str = "";
    const NEEDS: &'static [Section] = &[Section::VpcBlock];

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let Look { at, account, case } = *look;
        let block = match account.regions.get(at.region_name()).map(|here| &here.vpc_block) {
            None => return Now::Vanished,
            Some(Seen::Gap(gap)) => return Now::Unknown(gap.clone()),
            Some(Seen::Read(block)) => block,
        };
        if at.kind == MODE {
            let mode = State::Mode(block.mode.clone());
            return if in_effect(block) { Now::Is(mode) } else { Now::Settling(mode) };
        }
        match block.exclusions.get(&case.names.current(&at.id)) {
            None => Now::Is(State::Exclusion(None)),
            Some(exclusion) if exclusion.state == "delete-in-progress" => {
                Now::Settling(State::Exclusion(None))
            }
            Some(exclusion) if exclusion.state.ends_with("-in-progress") => {
                Now::Settling(State::Exclusion(Some(body(exclusion))))
            }
            Some(exclusion) => Now::Is(State::Exclusion(Some(body(exclusion)))),
        }
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let Look { at, account, case } = *look;
        let block = account.regions.get(at.region_name()).and_then(|here| here.vpc_block.read());
        let Some(block) = block else { return Verdict::Refuse("its Region was not read".into()) };
        let wanted = match now {
            State::Mode(mode) if mode == BOTH_WAYS => return Verdict::Already,
            State::Exclusion(None) => return Verdict::Already,
            State::Mode(_) => State::Mode(BOTH_WAYS.into()),
            State::Exclusion(Some(_)) => State::Exclusion(None),
        };
        match obstacle(now, block, case) {
            Some(why) => Verdict::Refuse(why),
            None => Verdict::Change(wanted),
        }
    }

    fn hold_back(&self, before: &State, look: &Look<'_>) -> Option<Reason> {
        let Look { at, account, .. } = *look;
        let block = account.regions.get(at.region_name())?.vpc_block.read()?;
        match before {
            State::Mode(_) if is_theirs(block) => Some(POLICY.into()),
            State::Exclusion(Some(_)) if block.exclusions_allowed == "not-allowed" => {
                Some("the organization's declarative policy allows no exclusions now".into())
            }
            _ => None,
        }
    }

    /// AWS says minutes; in the field it has been seen to take 45. The steps that follow are not held for
    /// that long: what is not in effect by then is said to be unknown.
    const SETTLES_WITHIN: Duration = Duration::from_secs(300);

    fn show(&self, state: &State) -> String {
        match state {
            State::Mode(mode) if mode == BOTH_WAYS => "blocked both ways".into(),
            State::Mode(mode) if mode == "block-ingress" => "blocked inwards only".into(),
            State::Mode(mode) => mode.clone(),
            State::Exclusion(None) => "no exclusion".into(),
            State::Exclusion(Some(body)) => format!("left out of the block: {}", body.mode),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let deadline = aws.clock().now_ms() + u64::try_from(BUSY_WITHIN.as_millis()).unwrap_or(u64::MAX);
        loop {
            let answer = match to {
                State::Mode(mode) => set_mode(aws, at, mode).await,
                State::Exclusion(None) => delete(aws, at).await,
                State::Exclusion(Some(body)) => create(aws, at, body).await,
            };
            let late = aws.clock().now_ms() >= deadline;
            match answer {
                Ok(Sent::Yes) => return Ok(()),
                Ok(Sent::Busy) if late => {
                    return Err(StepError::State(format!("AWS is still at another change of {}", at.id)));
                }
                // Refused because another change is under way: sending it again later is safe.
                Err(StepError::Aws(error)) if !is_busy(&error) || late => return Err(error.into()),
                Err(StepError::State(why)) => return Err(StepError::State(why)),
                Ok(Sent::Busy) | Err(StepError::Aws(_)) => {
                    aws.clock().wait(Duration::from_secs(10)).await;
                }
            }
        }
    }
}

const POLICY: &str =
    "a declarative policy of the organization sets it: only the management account changes it";

/// Does the mode that AWS shows hold? A mode that blocks is in effect once AWS says so: right after the
/// call it was seen with the state of an account that never set it.
///
/// <https://github.com/hashicorp/terraform-provider-aws/issues/49517>
fn in_effect(block: &VpcBlock) -> bool {
    block.state == "update-complete" || (block.mode == "off" && block.state == "default-state")
}

fn is_theirs(block: &VpcBlock) -> bool {
    block.managed_by == "declarative-policy"
}

/// An exclusion that a declarative policy disabled leaves nothing open.
fn is_hole(exclusion: &Exclusion) -> bool {
    !exclusion.state.starts_with("disable-") && exclusion.state != "delete-in-progress"
}

fn body(exclusion: &Exclusion) -> Body {
    Body {
        resource: exclusion.resource.clone(),
        mode: exclusion.mode.clone(),
        tags: created::given_again(&exclusion.tags),
    }
}

/// The kind and id at the end of an ARN: `subnet`, `subnet-1`.
fn resource(arn: &str) -> (&str, &str) {
    arn.rsplit(':').next().and_then(|last| last.split_once('/')).unwrap_or(("", arn))
}

fn is_wide(case: &Case) -> bool {
    case.scope.is_whole() || case.param("region-wide", "no") == "yes"
}

/// An exclusion, where the block is for the Region or what it leaves out is in scope.
fn item(region: &str, here: &Region, id: &str, exclusion: &Exclusion, case: &Case) -> Option<Item> {
    let (kind, of) = resource(&exclusion.resource);
    let vpc = if kind == "vpc" { Some(of) } else { here.subnets.item(of).map(|s| s.vpc.as_str()) };
    let named = match kind {
        "vpc" => case.scope.has_vpc(here, of),
        _ => case.scope.has_subnet(here, of),
    };
    if !named && !is_wide(case) {
        return None;
    }
    let at = Target::new(EXCLUSION, id).region(region).label(Some(of));
    let known = vpc.and_then(|vpc| here.vpcs.item(vpc)).map(|vpc| &vpc.tags);
    let subnet = here.subnets.item(of).map(|subnet| &subnet.tags);
    let item = Item::new(match vpc {
        Some(vpc) => at.vpc(vpc),
        None => at,
    });
    let tags = [Some(&exclusion.tags), known, subnet].into_iter().flatten();
    Some(tags.fold(item, |item, tags| item.tags(tags)))
}

/// Why the block must not be set, or the exclusion not removed.
fn obstacle(now: &State, block: &VpcBlock, case: &Case) -> Option<Reason> {
    let holds = block.mode == BOTH_WAYS;
    if matches!(now, State::Mode(_)) && is_theirs(block) {
        return Some(POLICY.into());
    }
    if !holds && !is_wide(case) {
        return Some("it would cut every VPC of the Region: set region-wide = \"yes\" if it should".into());
    }
    // What is no range is taken for one that comes over an internet gateway.
    let comes_in = |cidr: &&str| cidr.parse().map_or(true, is_public);
    let mine: BTreeSet<&str> = case.scope.keep_cidrs.iter().map(String::as_str).filter(comes_in).collect();
    (!mine.is_empty() && !case.scope.lose_my_path).then(|| {
        let mine: Vec<&str> = mine.into_iter().collect();
        format!("it would cut the path of {} too: --lose-my-path if it should", mine.join(", "))
    })
}

#[cfg(test)]
mod tests;
