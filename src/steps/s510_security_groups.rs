//! 510: every network interface into a security group without rules.

mod group;
mod owners;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::account::{Account, Group, Interface, Peer, Region, Rule, Section, Seen};
use crate::aws::Aws;
use crate::step::{
    Case, Found, Iam, Item, Now, Param, ParamKind, Params, Reversal, Spec, Step, StepError, StepId, Target,
    Verdict,
};

pub struct SecurityGroups;

/// A group that this run creates, or the groups of an interface.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// `None`: there is none.
    Group(Option<Body>),
    Interface(BTreeSet<GroupRef>),
}

/// The rules of a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    ingress: BTreeSet<Rule>,
    egress: BTreeSet<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupRef {
    Id(String),
    /// The group without rules that this run created for the interface's VPC.
    Isolation,
    /// The group with every rule that this run created for it.
    Flush,
}

static SPEC: Spec = Spec {
    id: StepId(510),
    slug: "security-groups",
    title: "Security groups: every interface into a group without rules",
    needs: &[Section::Vpcs, Section::Instances, Section::Interfaces, Section::Groups, Section::Acls],
    state_needs: &[Section::Interfaces, Section::Groups],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &[
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:CreateSecurityGroup",
            "ec2:CreateTags",
            "ec2:DescribeSecurityGroups",
            "ec2:ModifyNetworkInterfaceAttribute",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupIngress",
        ],
        undo: &["ec2:DeleteSecurityGroup", "ec2:DescribeSecurityGroups", "ec2:ModifyNetworkInterfaceAttribute"],
    },
    params: &[Param {
        name: "way",
        kind: ParamKind::Choice(&["direct", "two-step"]),
        doc: "`direct`: into the group without rules. `two-step`: first into a group that allows \
              everything, so that AWS stops tracking the connections, and at once into the group \
              without rules, which then cuts them. Only where an ACL already denies all.",
    }],
    cuts: "new connections to and from every interface that EC2 lets you change, hosts of the same \
           subnet included",
    leaves: "connections that AWS tracks already (up to 5 days while they are in use), DNS to the VPC's \
             resolver, instance metadata, and interfaces that a service manages: load balancers, \
             databases, NAT gateways, functions, endpoints",
    breaks: "Hosts no longer reach each other, their databases or the internet, and neither Session \
             Manager nor SSH reaches them.",
    doc: "\
Creates one security group without rules in each VPC and gives it to every interface in place of the
groups it has. Unlike a network ACL this also separates hosts of the same subnet.

**Limits.** AWS keeps letting through what it tracks: an established TCP connection lives on until it
ends or was idle for five days (350 seconds on the newest instance types). What surely cuts live
connections is 520 or 590. An interface that a service manages is refused by EC2: the step names its
owner and the call that changes it. Amazon's DNS resolver, instance metadata and the time service are
not filtered.

**Two steps.** A connection stops being tracked while a rule allows everything in both directions; when
that rule goes, it is cut. With `way = \"two-step\"` each interface is first put into a group that
allows everything and at once into the one without rules. For a moment the host is wide open, so this
is done only behind an ACL that denies all (520). It does not help for connections through a NAT
gateway, an egress-only gateway, a Network Load Balancer or an endpoint: AWS always tracks those.

**What surprises.** A new group lets everything out, twice in a VPC with IPv6: those rules are revoked
before it is used. Load balancers see their targets fail: run 505 first, or Auto Scaling terminates the
evidence. Groups whose rules name a group lose what that group's members could reach.

**Undo.** Each interface gets back exactly the groups it had, then the groups made here are deleted. If
one of the old groups was deleted meanwhile, AWS answers `InvalidGroup.NotFound` and the interface stays
as it is: nothing is left out silently.

**By hand.** `aws ec2 describe-network-interfaces --filters Name=vpc-id,Values=VPC --query
'NetworkInterfaces[].[NetworkInterfaceId,Groups[].GroupName]'` shows `unplug-isolation-RUN` alone.

<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html>",
};

const ISOLATION: &str = "isolation-group";
const FLUSH: &str = "flush-group";

fn name(kind: &str, vpc: &str) -> String {
    format!("{kind}/{vpc}")
}

fn two_step(params: &Params) -> bool {
    params.get("way").and_then(serde_json::Value::as_str) == Some("two-step")
}

impl Step for SecurityGroups {
    type State = State;

    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            let (mut public, mut all) = (0, 0);
            let mut vpcs = BTreeSet::new();
            for (id, interface) in here.interfaces.items().filter(|(_, i)| case.scope.has_interface(here, i)) {
                all += 1;
                public += usize::from(interface.public_ip.is_some());
                let item = item(region, id, interface, here);
                if let Now::Is(now) = self.state(&item.at, account, case)
                    && let Verdict::Change(_) = self.contain(&now, &item.at, account, case)
                {
                    vpcs.insert(&interface.vpc);
                }
                // A group that this run has made is watched: somebody may have opened it.
                if case.names.id(&name(ISOLATION, &interface.vpc)).is_some() {
                    vpcs.insert(&interface.vpc);
                }
                found.item(item);
            }
            let kinds = if two_step(&case.params) { &[ISOLATION, FLUSH][..] } else { &[ISOLATION][..] };
            for (vpc, kind) in vpcs.iter().flat_map(|vpc| kinds.iter().map(move |kind| (vpc, kind))) {
                found.item(Item::created(Target::new(kind, *vpc).region(region).vpc(vpc)));
            }
            if public > 0 {
                found.find(Some(region), format!("{public} of {all} interfaces have a public address"));
            } else if all > 0 {
                found.ok(Some(region), format!("none of {all} interfaces has a public IPv4 address"));
            }
        }
        found
    }

    fn state(&self, at: &Target, account: &Account, case: &Case) -> Now<State> {
        let Some(here) = account.regions.get(at.region_name()) else { return Now::Vanished };
        if at.kind != ISOLATION && at.kind != FLUSH {
            return match &here.interfaces {
                Seen::Gap(gap) => Now::Unknown(gap.clone()),
                Seen::Read(interfaces) => interfaces.get(&at.id).map_or(Now::Vanished, |interface| {
                    Now::Is(State::Interface(named(interface, case)))
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
                Now::Is(State::Group(made.map(body)))
            }
        }
    }

    fn contain(&self, now: &State, at: &Target, account: &Account, case: &Case) -> Verdict<State> {
        let Some(here) = account.regions.get(at.region_name()) else {
            return Verdict::Refuse("its Region was not read".into());
        };
        match now {
            State::Group(now) => {
                let wanted = wanted(&at.kind);
                match now {
                    None => Verdict::Change(State::Group(Some(wanted))),
                    Some(now) if *now == wanted => Verdict::Already,
                    Some(_) => Verdict::Lasting(
                        State::Group(Some(wanted)),
                        "somebody changed the rules of a group of this run: they are not put back".into(),
                    ),
                }
            }
            State::Interface(groups) => {
                let Some(interface) = here.interfaces.item(&at.id) else {
                    return Verdict::Refuse("the interface was not read".into());
                };
                if interface.owner != account.id {
                    return Verdict::Refuse(format!("belongs to {}", interface.owner));
                }
                if let Some(why) = owners::refusal(interface) {
                    return Verdict::Refuse(why);
                }
                contain(groups, interface, here, case)
            }
        }
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
            State::Group(Some(body)) if *body == Body::default() => "a group without rules".into(),
            State::Group(Some(body)) if *body == wanted(FLUSH) => "a group that allows everything".into(),
            State::Group(Some(body)) => {
                format!("a group with {} rules in, {} out", body.ingress.len(), body.egress.len())
            }
            State::Interface(groups) => {
                let word = |group: &GroupRef| match group {
                    GroupRef::Id(id) => id.clone(),
                    GroupRef::Isolation => "isolation".into(),
                    GroupRef::Flush => "ALLOW ALL".into(),
                };
                groups.iter().map(word).collect::<Vec<String>>().join(", ")
            }
        }
    }

    async fn write(
        &self,
        aws: &Aws,
        at: &Target,
        _: &State,
        to: &State,
        params: &Params,
    ) -> Result<(), StepError> {
        match to {
            State::Group(Some(body)) => group::make(aws, at, body).await,
            State::Group(None) => group::delete(aws, at).await,
            State::Interface(groups) => {
                let isolated = BTreeSet::from([GroupRef::Isolation]);
                if two_step(params) && *groups == isolated {
                    // Wide open from here to the next line: nothing comes in between.
                    modify(aws, at, ids(aws, at, &[GroupRef::Flush].into())?).await?;
                }
                modify(aws, at, ids(aws, at, groups)?).await
            }
        }
    }
}

fn contain(groups: &BTreeSet<GroupRef>, interface: &Interface, here: &Region, case: &Case) -> Verdict<State> {
    if groups.is_empty() {
        return Verdict::Refuse("has no security group to replace".into());
    }
    let Seen::Read(known) = &here.groups else {
        return Verdict::Refuse("the security groups could not be read".into());
    };
    let closed = |group: &GroupRef| match group {
        GroupRef::Id(id) => known.get(id).is_some_and(Group::is_closed),
        GroupRef::Isolation => true,
        GroupRef::Flush => false,
    };
    if groups.iter().all(closed) {
        return Verdict::Already;
    }
    let behind = || here.acls.items().any(|(_, a)| a.subnets.contains(&interface.subnet) && a.denies_all());
    if two_step(&case.params) && !behind() {
        return Verdict::Refuse(
            "the ACL of its subnet lets something through, and two-step opens the host for a moment: \
             put 520 or 590 before 510 in the playbook"
                .into(),
        );
    }
    Verdict::Change(State::Interface([GroupRef::Isolation].into()))
}

/// An interface's groups, those of this run by name.
fn named(interface: &Interface, case: &Case) -> BTreeSet<GroupRef> {
    let isolation = case.names.id(&name(ISOLATION, &interface.vpc));
    let flush = case.names.id(&name(FLUSH, &interface.vpc));
    let name = |id: &String| match Some(id) {
        id if id == isolation.as_ref() => GroupRef::Isolation,
        id if id == flush.as_ref() => GroupRef::Flush,
        _ => GroupRef::Id(id.clone()),
    };
    interface.groups.iter().map(name).collect()
}

/// The rules that a group of this run must have.
fn wanted(kind: &str) -> Body {
    if kind != FLUSH {
        return Body::default();
    }
    let all = [Rule::all(Peer::Ipv4("0.0.0.0/0".into())), Rule::all(Peer::Ipv6("::/0".into()))];
    Body { ingress: all.clone().into(), egress: all.into() }
}

fn body(group: &Group) -> Body {
    Body { ingress: group.ingress.clone(), egress: group.egress.clone() }
}

fn item(region: &str, id: &str, interface: &Interface, here: &Region) -> Item {
    let instance = interface.instance.as_ref().and_then(|id| here.instances.item(id));
    let label = instance
        .and_then(|instance| instance.tags.get("Name"))
        .or_else(|| interface.tags.get("Name"))
        .unwrap_or(&interface.description);
    let at = Target::new("interface", id).region(region).vpc(&interface.vpc).label(Some(label));
    let mut item = Item::new(at).tags(&interface.tags);
    if let Some(instance) = instance {
        item = item.tags(&instance.tags);
    }
    match here.vpcs.item(&interface.vpc) {
        Some(vpc) => item.tags(&vpc.tags),
        None => item,
    }
}

fn ids(aws: &Aws, at: &Target, groups: &BTreeSet<GroupRef>) -> Result<Vec<String>, StepError> {
    let vpc = at.vpc.as_deref().unwrap_or_default();
    let made = |kind: &str| {
        let id = aws.names().id(&name(kind, vpc));
        id.ok_or_else(|| StepError::State(format!("the {kind} of {vpc} was not created")))
    };
    let id = |group: &GroupRef| match group {
        GroupRef::Id(id) => Ok(id.clone()),
        GroupRef::Isolation => made(ISOLATION),
        GroupRef::Flush => made(FLUSH),
    };
    groups.iter().map(id).collect()
}

/// Replaces the set of groups: one attribute a call, the interface's own and no instance's.
async fn modify(aws: &Aws, at: &Target, groups: Vec<String>) -> Result<(), StepError> {
    let modify = aws.ec2(at.region_name()).modify_network_interface_attribute();
    modify.network_interface_id(&at.id).set_groups(Some(groups)).send().await?;
    Ok(())
}

#[cfg(test)]
mod tests;
