//! 520: every subnet behind a network ACL that lets nothing through.

mod body;
mod hosts;
mod passage;
mod subnets;
mod writes;

use serde::{Deserialize, Serialize};

use crate::account::{Account, Acl, Cause, Gap, Section, Seen};
use crate::step::created::{is_of_run, of_other_run};
use crate::step::{
    Case, Does, Effect, Found, Iam, Lens, Lenses, Look, Now, Param, ParamKind, Params, Reason, Reversal,
    Spec, Step, StepError, StepId, Stops, Target, Verdict, Write, count,
};

use body::Body;
use hosts::EDITED;
use subnets::{acl_of, enough, made, not_ours, owner, wanted, wished};

pub struct NetworkAcls;

/// An ACL that the run makes for a VPC, which ACL a subnet has, or the rules of an ACL that is
/// somebody else's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// `None`: there is none.
    Acl(Option<Body>),
    Subnet(AclRef),
    Rules(Body),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AclRef {
    Id(String),
    /// The one that this run created for the subnet's VPC.
    Isolation,
    /// The one that this run created for subnets of load balancers.
    Front,
    /// The one that this run created for subnets through which a kept CIDR's path leads.
    Passage,
    /// One that the subnet's owner does not let us see.
    Hidden,
}

/// What stays open behind an ACL, and what does besides with a parameter.
macro_rules! leaves {
    ($more:literal) => {
        concat!(
            $more,
            "traffic between hosts of the same subnet, and by what else stands in it: endpoints (Session \
             Manager by these), Instance Connect endpoints, Client VPN, load balancers of your endpoint \
             services; DNS to the VPC's resolver, instance metadata, time and DHCP; the serial console; \
             subnets shared from another account, and a subnet that is created later",
            unjudged!()
        )
    };
}

static SPEC: Spec = Spec {
    id: StepId(520),
    slug: "network-acls",
    title: "Network ACLs: every subnet behind an ACL that lets nothing through",
    needs: &[
        Section::Vpcs,
        Section::Subnets,
        Section::Instances,
        Section::Interfaces,
        Section::Acls,
        Section::LoadBalancers,
    ],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &[
            "ec2:CreateNetworkAcl",
            "ec2:CreateNetworkAclEntry",
            "ec2:CreateTags",
            "ec2:DeleteNetworkAclEntry",
            "ec2:DescribeNetworkAcls",
            "ec2:ReplaceNetworkAclAssociation",
        ],
        undo: &[
            "ec2:DeleteNetworkAcl",
            "ec2:DeleteNetworkAclEntry",
            "ec2:DescribeNetworkAcls",
            "ec2:ReplaceNetworkAclAssociation",
        ],
    },
    params: &[
        Param {
            name: "way",
            kind: ParamKind::Choice(&["subnets", "host"]),
            doc: "host: the instances in scope are denied in the ACLs of the other subnets of their VPC; their \
                  neighbours keep working",
        },
        Param {
            name: "front",
            kind: ParamKind::Choice(&["cut", "keep"]),
            doc: "keep: subnets of load balancers let clients in on the listener ports, so that a page can \
                  be seen that a fixed-response rule puts up (by hand, no step does it yet); what else stands in these subnets is then up to 510",
        },
    ],
    does: Does::Cuts(&[Stops::Sites, Stops::Hosts, Stops::Links, Stops::OwnWay, Stops::Outbound]),
    cuts: "all traffic that enters or leaves each subnet, new and established: the internet, other \
           subnets, VPN, peering, endpoints",
    leaves: leaves!(""),
    breaks: "Everything in these VPCs stops: load balancers, databases, NAT and VPN for other subnets, \
             and your own way in, Session Manager included.",
    doc: include_str!("s520_network_acls/doc.md"),
};

const HOST_CUTS: &str = "all traffic between the hosts and the other subnets of their VPC, new and \
                         established, and their way out through what stands in those: NAT, endpoints, load \
                         balancers";

const HOST_LEAVES: &str = concat!(
    "hosts of the same subnet, and what else stands in it: endpoints, Instance Connect endpoints, Client VPN, \
     load balancers; the internet, other networks and gateway endpoints where the host's own subnet has a route \
     to them (510 cuts those); DNS to the VPC's resolver, instance metadata, time and DHCP; the serial console; \
     an address that the host gets later",
    unjudged!()
);

const HOST_BREAKS: &str = "Whatever other subnets need of these hosts stops; their neighbours keep working.";

const FRONT_LEAVES: &str = leaves!(
    "clients reach the subnets of load balancers on the listener ports, and whatever stands in these subnets can \
     send to ports above 1023 outside the VPC, until 510 cuts it; "
);

/// The kinds of ACL that a run makes, each at most once in a VPC.
const CREATED: &str = "isolation-acl";
const FRONT: &str = "front-acl";
const PASSAGE: &str = "passage-acl";

fn name(kind: &str, vpc: &str) -> String {
    format!("{kind}/{vpc}")
}

/// The tag that says what an ACL is for.
fn role(kind: &str) -> &str {
    kind.trim_end_matches("-acl")
}

impl AclRef {
    fn kind(&self) -> &'static str {
        match self {
            AclRef::Front => FRONT,
            AclRef::Passage => PASSAGE,
            AclRef::Isolation | AclRef::Id(_) | AclRef::Hidden => CREATED,
        }
    }
}

impl Step for NetworkAcls {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn effect(&self, params: &Params) -> Effect {
        let is = |name: &str, value: &str| params.get(name).and_then(|v| v.as_str()) == Some(value);
        match (is("way", "host"), is("front", "keep")) {
            (true, _) => Effect {
                does: Does::Cuts(&[Stops::Hosts]),
                cuts: HOST_CUTS,
                leaves: HOST_LEAVES,
                breaks: HOST_BREAKS,
                ..SPEC.effect()
            },
            (false, true) => Effect { leaves: FRONT_LEAVES, ..SPEC.effect() },
            (false, false) => SPEC.effect(),
        }
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            if case.param("way", "subnets") == "host" {
                hosts::find(&mut found, region, here, case);
            } else {
                subnets::find(&mut found, region, here, account, case);
            }
        }
        let names_hosts = !case.scope.instances.is_empty() || !case.scope.tags.is_empty();
        if case.param("way", "subnets") == "host" && !names_hosts {
            found.matters(
                None,
                "way = \"host\" is for instances whose subnet is not in scope: name them by --instance",
            );
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&NetworkAcls]
    }
}

impl Lens for NetworkAcls {
    type State = State;
    const KIND: &'static str = "";
    const NEEDS: &'static [Section] = &[Section::Acls];

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let Look { at, account, case } = *look;
        let Some(here) = account.regions.get(at.region_name()) else { return Now::Vanished };
        let acls = match &here.acls {
            Seen::Read(acls) => acls,
            Seen::Gap(gap) => return Now::Unknown(gap.clone()),
        };
        match at.kind.as_str() {
            CREATED | FRONT | PASSAGE => {
                let unrecorded =
                    |acl: &&Acl| acl.vpc == at.id && writes::unrecorded(acl, &case.run, &at.kind);
                let made = match case.names.id(&name(&at.kind, &at.id)) {
                    Some(id) => acls.get(&id),
                    None => acls.values().find(unrecorded),
                };
                return Now::Is(State::Acl(made.map(Body::of)));
            }
            EDITED => {
                return acls.get(&at.id).map_or(Now::Vanished, |acl| Now::Is(State::Rules(Body::of(acl))));
            }
            _ => {}
        }
        let of_run = |id: &String| {
            let vpc = at.vpc.as_deref().unwrap_or_default();
            let is = |made: &AclRef| case.names.id(&name(made.kind(), vpc)).as_ref() == Some(id);
            [AclRef::Isolation, AclRef::Front, AclRef::Passage].into_iter().find(is)
        };
        match acl_of(here, &at.id) {
            Some((id, _)) => Now::Is(State::Subnet(of_run(id).unwrap_or_else(|| AclRef::Id(id.clone())))),
            None if owner(here, at).is_some_and(|owner| *owner != account.id) => {
                Now::Is(State::Subnet(AclRef::Hidden))
            }
            // AWS has an ACL for each: a list older than the subnet, or an emulator's.
            None if owner(here, at).is_some() => Now::Unknown(Gap {
                cause: Cause::Failed,
                call: "ec2:DescribeNetworkAcls".into(),
                detail: "no ACL of the list names the subnet".into(),
            }),
            None => Now::Vanished,
        }
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        let Look { at, account, case } = *look;
        let Some(here) = account.regions.get(at.region_name()) else {
            return Verdict::Refuse("its Region was not read".into());
        };
        match now {
            State::Acl(body) => made(body.as_ref(), wished(here, case, &at.kind, &at.id), here, case),
            State::Rules(body) => match here.acls.item(&at.id) {
                Some(acl) if acl.owner != account.id => Verdict::Refuse(not_ours(&acl.owner)),
                None => Verdict::Refuse("it is not there any more".into()),
                Some(acl) => match hosts::denying(here, acl, body, case) {
                    Err(why) => Verdict::Refuse(why),
                    Ok(denying) if denying == *body => Verdict::Already,
                    Ok(denying) => match passage::of_hosts(here, case, &acl.subnets) {
                        Some(why) => Verdict::Refuse(why),
                        None => Verdict::Change(State::Rules(denying)),
                    },
                },
            },
            State::Subnet(current) => {
                if let Some(owner) = owner(here, at).filter(|owner| **owner != account.id) {
                    return Verdict::Refuse(not_ours(owner));
                }
                let to = match wanted(here, case, &at.id) {
                    Ok(to) => to,
                    Err(why) => return Verdict::Refuse(why),
                };
                if let Some(why) = passage::obstacle(here, case, &at.id) {
                    return Verdict::Refuse(why);
                }
                let vpc = at.vpc.as_deref().unwrap_or_default();
                match current {
                    current if *current == to => Verdict::Already,
                    AclRef::Id(id)
                        if here.acls.item(id).is_some_and(|acl| enough(acl, here, case, vpc, &to)) =>
                    {
                        Verdict::Already
                    }
                    AclRef::Id(id) => {
                        let other = here.acls.item(id);
                        match other.and_then(|acl| of_other_run(id, &acl.tags, &case.run)) {
                            Some(why) => Verdict::Lasting(State::Subnet(to), why),
                            None => Verdict::Change(State::Subnet(to)),
                        }
                    }
                    _ => Verdict::Change(State::Subnet(to)),
                }
            }
        }
    }

    fn creates(&self, at: &Target) -> Option<String> {
        matches!(at.kind.as_str(), CREATED | FRONT).then(|| name(&at.kind, &at.id))
    }

    fn tagged(&self, look: &Look<'_>) -> Vec<String> {
        let Look { at, account, case } = *look;
        let Some(here) = account.regions.get(at.region_name()) else { return vec![] };
        let ours = |acl: &Acl| {
            acl.vpc == at.id && !acl.is_default && is_of_run(&acl.tags, &case.run, role(&at.kind))
        };
        here.acls.items().filter(|(_, acl)| ours(acl)).map(|(id, _)| id.clone()).collect()
    }

    fn used_by(&self, look: &Look<'_>) -> Option<Reason> {
        let Look { at, account, case } = *look;
        let here = account.regions.get(at.region_name())?;
        let id = self.creates(at).and_then(|name| case.names.id(&name))?;
        let subnet = here.acls.item(&id)?.subnets.first()?;
        Some(format!("{id} is still the ACL of {subnet}"))
    }

    /// Rules go and come one call at a time.
    fn passes(&self, from: &State, to: &State) -> Vec<State> {
        match (from, to) {
            (State::Acl(None), State::Acl(Some(to))) if *to != Body::default() => {
                let path = Body::default().path(to);
                [Body::default()].into_iter().chain(path).map(|body| State::Acl(Some(body))).collect()
            }
            (State::Acl(Some(from)), State::Acl(Some(to))) => {
                from.path(to).into_iter().map(|body| State::Acl(Some(body))).collect()
            }
            (State::Rules(from), State::Rules(to)) => from.path(to).into_iter().map(State::Rules).collect(),
            _ => vec![],
        }
    }

    fn show(&self, state: &State) -> String {
        match state {
            State::Acl(None) => "none".into(),
            State::Acl(Some(body)) => body.words(),
            State::Rules(body) => {
                let denies = body.entries().filter(|(_, _, entry)| !entry.allow).count();
                format!("{}, {denies} of them deny", count(body.entries().count(), "rule"))
            }
            State::Subnet(AclRef::Id(id)) => id.clone(),
            State::Subnet(AclRef::Isolation) => "isolation ACL".into(),
            State::Subnet(AclRef::Front) => "ACL for load balancers".into(),
            State::Subnet(AclRef::Passage) => "ACL for the path of a kept CIDR".into(),
            State::Subnet(AclRef::Hidden) => "an ACL that its owner does not show".into(),
        }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        match (from, to) {
            (_, State::Acl(Some(body))) => writes::make(aws, at, body).await,
            (_, State::Acl(None)) => writes::delete(aws, at).await,
            (_, State::Subnet(acl)) => writes::associate(aws, at, acl).await,
            (State::Rules(from), State::Rules(to)) => writes::edit(aws, at, from, to).await,
            (_, State::Rules(_)) => Err(StepError::State("this is no state of these rules".into())),
        }
    }
}

#[cfg(test)]
mod tests;
