//! 510: every network interface into a security group without rules.

mod find;
mod group;
mod interfaces;
mod managed;
mod owners;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::{Account, Group, Section, Seen};
use crate::collect::Ask;
use crate::step::{
    Case, Does, Effect, Found, Iam, Lens, Lenses, Look, Now, Param, ParamKind, Params, Reason, Reversal,
    Spec, Step, StepError, StepId, Stops, Target, Verdict, Write, text,
};
use group::{Body, wanted};
use managed::Groups;
use owners::Owned;
pub(super) use owners::service;

pub struct SecurityGroups;

/// A group that this run creates, or the groups of an interface or of what a service manages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// `None`: there is none.
    Group(Option<Body>),
    Interface(BTreeSet<GroupRef>),
    Managed(Groups),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupRef {
    Id(String),
    /// The group without rules, but those for kept CIDRs, that this run created for the VPC.
    Isolation,
    /// The group with every rule that this run created for it.
    Flush,
}

/// What stays open, and what does besides with a parameter.
macro_rules! tracked {
    (direct) => {
        "connections that AWS tracks already (up to 5 days while they are in use)"
    };
    (two_step) => {
        "connections that AWS tracks whatever the rules are (NAT gateways, Network Load Balancers, endpoints), \
         and perhaps others, because AWS does not promise that two steps end them"
    };
}

macro_rules! front {
    (cut) => {
        ""
    };
    (keep) => {
        "; load balancers on their listener ports, and through them targets outside: functions, addresses \
         in other networks"
    };
}

macro_rules! leaves {
    ($way:ident, $front:ident) => {
        concat!(
            tracked!($way),
            "; DNS to the VPC's resolver, instance metadata, the serial console; the CIDRs of --keep-cidr; \
             what has no security group (NAT gateways, transit gateways, some load balancers); what is \
             refused by name because its service alone changes it: functions, file systems, caches, Classic \
             Load Balancers, EKS control planes, desktops",
            front!($front),
            unjudged!()
        )
    };
}

static SPEC: Spec = Spec {
    id: StepId(510),
    slug: "security-groups",
    title: "Security groups: every interface into a group without rules",
    needs: &[
        Section::Vpcs,
        Section::Subnets,
        Section::Instances,
        Section::Interfaces,
        Section::Groups,
        Section::Acls,
        Section::Endpoints,
        Section::ConnectEndpoints,
        Section::VpcBlock,
        // A host that forwards may carry the path of a kept CIDR.
        Section::RouteTables,
        Section::PrefixLists,
        Section::LoadBalancers,
        Section::Databases,
    ],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &[
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:CreateSecurityGroup",
            "ec2:CreateTags",
            "ec2:DescribeInstanceConnectEndpoints",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeVpcEndpoints",
            "ec2:ModifyInstanceConnectEndpoint",
            "ec2:ModifyNetworkInterfaceAttribute",
            "ec2:ModifyVpcEndpoint",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupIngress",
            "elasticloadbalancing:SetSecurityGroups",
            "rds:DescribeDBClusters",
            "rds:DescribeDBInstances",
            "rds:ModifyDBCluster",
            "rds:ModifyDBInstance",
        ],
        undo: &[
            "ec2:DeleteSecurityGroup",
            "ec2:DescribeInstanceConnectEndpoints",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeVpcEndpoints",
            "ec2:ModifyInstanceConnectEndpoint",
            "ec2:ModifyNetworkInterfaceAttribute",
            "ec2:ModifyVpcEndpoint",
            "elasticloadbalancing:SetSecurityGroups",
            "rds:DescribeDBClusters",
            "rds:DescribeDBInstances",
            "rds:ModifyDBCluster",
            "rds:ModifyDBInstance",
        ],
    },
    params: &[
        Param {
            name: "way",
            kind: ParamKind::Choice(&["direct", "two-step"]),
            doc: "`direct`: into the group without rules. `two-step`: first into a group that allows \
                  everything, so that AWS stops tracking the connections, and at once into the group \
                  without rules, which then cuts them. Only behind 520 or 590; for interfaces, not for \
                  what a service manages.",
        },
        Param {
            name: "front",
            kind: ParamKind::Choice(&["cut", "keep"]),
            doc: "`cut`: load balancers too. `keep`: they keep their groups, so that visitors see a page \
                  that a fixed-response rule puts up (by hand, no step does it yet); their way to \
                  targets ends with the targets' groups.",
        },
    ],
    does: Does::Cuts(&[Stops::Sites, Stops::Hosts, Stops::OwnWay, Stops::Outbound]),
    cuts: "new connections to and from every interface, hosts of the same subnet included; load \
           balancers, databases and endpoints through the service that manages them",
    leaves: leaves!(direct, cut),
    breaks: "Hosts no longer reach each other, their databases or the internet, and neither Session \
             Manager nor SSH reaches them.",
    doc: "\
Creates one security group without rules in each VPC and gives it to every interface in place of the
groups it has. Unlike a network ACL this also separates hosts of the same subnet.

**Managed interfaces.** EC2 refuses to change the interfaces of a load balancer, a database or an
endpoint. Their groups are changed through their owner, as one target each: `SetSecurityGroups` for
Application and Network Load Balancers, `ModifyDBInstance` and `ModifyDBCluster` for RDS (also Neptune
and DocumentDB; never with `ApplyImmediately`, which would carry out every other change that waits),
`ModifyVpcEndpoint`, `ModifyInstanceConnectEndpoint`. RDS takes a minute or more. Any other owner is
named with the call to make. EC2 would change the interfaces of an EKS control plane, but nodes would
lose the API server, and EKS sets its own groups again: they are left to EKS. So is every interface that
hangs on a machine of another account. A controller, such as Kubernetes', may set a load balancer's
groups again.
A Network Load Balancer can be told not to apply its groups to PrivateLink: that is turned on by the cut
and put back by the restore. Where only a part of a load balancer or database is in scope it is
refused: its groups are those of all its parts.

**Limits.** AWS keeps letting through what it tracks: an established TCP connection lives on until it
ends or was idle for five days (350 seconds on the newest instance types). What surely cuts live
connections is 520 or 590. Amazon's DNS resolver, instance metadata and the time service are not
filtered. A Gateway Load Balancer, and a Network Load Balancer made without a group, can have none.

**Two steps.** A connection stops being tracked while a rule allows everything in both directions; when
that rule goes, it is cut. With `way = \"two-step\"` each interface is first put into a group that
allows everything and at once into the one without rules. For a moment the host is wide open, so this
is done only behind an ACL that denies all (520) or VPC Block Public Access (590), which holds off the
internet alone. It does not help for connections through a NAT gateway, an egress-only gateway, a
Network Load Balancer or an endpoint: AWS always tracks those.

**Front.** With `front = \"keep\"` load balancers keep their groups and answer on their listener ports.
Targets inside are cut, those outside (functions, addresses in other networks) go on serving. For a page
make a rule with a fixed response on each listener before, by hand: `aws elbv2 create-rule`.

**Kept CIDRs.** With --keep-cidr the group has rules for exactly those, all traffic in and out.

**What surprises.** A new group lets everything out, twice in a VPC with IPv6: those rules are revoked
before it is used. Load balancers see their targets fail: run 505 first, or Auto Scaling terminates the
evidence. Groups whose rules name a group lose what that group's members could reach.

**Undo.** Each interface and each owner gets back exactly the groups it had, then the groups made here
are deleted. If one of the old groups was deleted meanwhile, AWS answers `InvalidGroup.NotFound` and the
interface stays as it is: nothing is left out silently. A database that was stopped meanwhile has to be
started first.

**By hand.** `aws ec2 describe-network-interfaces --filters Name=vpc-id,Values=VPC --query
'NetworkInterfaces[].[NetworkInterfaceId,Groups[].GroupName]'` shows `unplug-isolation-RUN` alone.

<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html>
<https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html>",
};

const ISOLATION: &str = "isolation-group";
const FLUSH: &str = "flush-group";

fn name(kind: &str, vpc: &str) -> String {
    format!("{kind}/{vpc}")
}

fn two_step(params: &Params) -> bool {
    text(params, "way", "direct") == "two-step"
}

fn keeps_front(params: &Params) -> bool {
    text(params, "front", "cut") == "keep"
}

impl Step for SecurityGroups {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn effect(&self, params: &Params) -> Effect {
        let leaves = match (two_step(params), keeps_front(params)) {
            (false, false) => SPEC.leaves,
            (false, true) => leaves!(direct, keep),
            (true, false) => leaves!(two_step, cut),
            (true, true) => leaves!(two_step, keep),
        };
        Effect { leaves, ..SPEC.effect() }
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            find::find_in(region, here, account, case, &mut found);
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&SecurityGroups]
    }
}

impl Lens for SecurityGroups {
    type State = State;
    const KIND: &'static str = "";
    // RDS gives no figure for a change of groups: "as soon as possible".
    const SETTLES_WITHIN: Duration = Duration::from_secs(600);
    const NEEDS: &'static [Section] = &[
        Section::Interfaces,
        Section::Groups,
        Section::Endpoints,
        Section::ConnectEndpoints,
        Section::LoadBalancers,
        Section::Databases,
    ];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        ask.states_only = true;
        if let Some(vpc) = &at.vpc {
            ask.vpcs.get_or_insert_default().insert(vpc.clone());
        }
    }

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let Look { at, account, case } = *look;
        let Some(here) = account.regions.get(at.region_name()) else { return Now::Vanished };
        if managed::is_managed(&at.kind) {
            return managed::state(at, here, case);
        }
        if at.kind != ISOLATION && at.kind != FLUSH {
            return match &here.interfaces {
                Seen::Gap(gap) => Now::Unknown(gap.clone()),
                Seen::Read(interfaces) => interfaces.get(&at.id).map_or(Now::Vanished, |interface| {
                    Now::Is(State::Interface(interfaces::named(&interface.groups, &interface.vpc, case)))
                }),
            };
        }
        match &here.groups {
            Seen::Gap(gap) => Now::Unknown(gap.clone()),
            Seen::Read(groups) => {
                let made = match case.names.id(&name(&at.kind, &at.id)) {
                    Some(id) => groups.get(&id),
                    None => groups.values().find(|g| {
                        g.vpc == at.id && g.owner == account.id && group::unrecorded(g, &case.run, &at.kind)
                    }),
                };
                Now::Is(State::Group(made.map(Body::from)))
            }
        }
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let Look { at, account, case } = *look;
        let Some(here) = account.regions.get(at.region_name()) else {
            return Verdict::Refuse("its Region was not read".into());
        };
        match now {
            State::Group(now) => {
                let wanted = wanted(&at.kind, case);
                match now {
                    None => Verdict::Change(State::Group(Some(wanted))),
                    Some(now) if *now == wanted => Verdict::Already,
                    Some(_) => Verdict::Lasting(
                        State::Group(Some(wanted)),
                        "somebody changed the rules of a group of this run: they are not put back".into(),
                    ),
                }
            }
            State::Managed(now) => managed::contain(now, at, account, here, case),
            State::Interface(groups) => {
                let Some(interface) = here.interfaces.item(&at.id) else {
                    return Verdict::Refuse("the interface was not read".into());
                };
                if interface.owner != account.id {
                    return Verdict::Refuse(format!("belongs to {}", interface.owner));
                }
                match owners::of(&at.id, interface, here) {
                    Owned::Free => interfaces::contain(groups, (&at.id, interface), here, case),
                    Owned::Refused(why) => Verdict::Refuse(why),
                    Owned::By(owners) => {
                        let owners: Vec<String> = owners.into_iter().map(|(_, id)| id).collect();
                        Verdict::Refuse(format!("is changed through {}", owners.join(" or ")))
                    }
                }
            }
        }
    }

    fn creates(&self, at: &Target) -> Option<String> {
        matches!(at.kind.as_str(), ISOLATION | FLUSH).then(|| name(&at.kind, &at.id))
    }

    fn tagged(&self, look: &Look<'_>) -> Vec<String> {
        let Look { at, account, case } = *look;
        let Some(here) = account.regions.get(at.region_name()) else { return vec![] };
        let own = |found: &Group| found.vpc == at.id && found.owner == account.id;
        let ours = |found: &Group| own(found) && group::unrecorded(found, &case.run, &at.kind);
        here.groups.items().filter(|(_, found)| ours(found)).map(|(id, _)| id.clone()).collect()
    }

    fn used_by(&self, look: &Look<'_>) -> Option<Reason> {
        let Look { at, account, case } = *look;
        let id = case.names.id(&self.creates(at)?)?;
        group::user(&id, account.regions.get(at.region_name())?)
    }

    fn passes(&self, from: &State, to: &State) -> Vec<State> {
        match (from, to) {
            (State::Group(from), State::Group(Some(to))) => {
                group::passes(from.as_ref(), to).into_iter().map(|body| State::Group(Some(body))).collect()
            }
            (State::Interface(from), State::Interface(to)) => {
                let flush = BTreeSet::from([GroupRef::Flush]);
                let isolated = BTreeSet::from([GroupRef::Isolation]);
                let through = (*from == isolated || *to == isolated) && *from != flush && *to != flush;
                through.then_some(State::Interface(flush)).into_iter().collect()
            }
            _ => vec![],
        }
    }

    fn show(&self, state: &State) -> String {
        match state {
            State::Group(None) => "none".into(),
            State::Group(Some(body)) => group::show(body),
            State::Interface(groups) => interfaces::show(groups),
            State::Managed(Groups { groups, private_link_unfiltered }) => {
                let open = if *private_link_unfiltered { " (not for PrivateLink)" } else { "" };
                format!("{}{open}", interfaces::show(groups))
            }
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, from, to, params } = write;
        match (from, to) {
            (_, State::Group(Some(body))) => group::make(aws, at, body).await,
            (_, State::Group(None)) => group::delete(aws, at).await,
            (_, State::Interface(groups)) => interfaces::write(aws, at, groups, params).await,
            (State::Managed(from), State::Managed(to)) => managed::write(aws, at, from, to).await,
            (_, State::Managed(_)) => Err(StepError::State("this was another kind of target".into())),
        }
    }
}

#[cfg(test)]
mod managed_tests;
#[cfg(test)]
mod tests;
