//! Which ACL a subnet has: one swap of its association. Only the owner of a shared subnet can change it,
//! and AWS gives every association another id after a swap.

use serde::{Deserialize, Serialize};

use super::body::AclBody;
use super::created::{Created, Purpose};
use super::passage;
use super::purposes::{Front, Isolation, Passage};
use super::ready::Ready;
use super::subnets::{acl_of, enough, not_ours, wanted_acl};
use crate::account::{Acl, Cause, Gap, Region, Section};
use crate::step::created::of_other_run;
use crate::step::{Case, Lens, Look, Names, Now, Reach, StepError, Verdict, Write};
use crate::steps::shared::acl_entries::{filter, list};
use crate::steps::shared::in_use::Prepared as _;
use crate::steps::shared::{in_use, made, prepared};

pub(super) struct Subnet;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum AclRef {
    Id(String),
    /// The one that this run created for the subnet's VPC.
    Isolation,
    /// The one that this run created for subnets of load balancers.
    Front,
    /// The one that this run created for subnets through which a kept CIDR's path leads.
    Passage,
    /// The one without rules that was prepared in the subnet's VPC, and that this run uses.
    Prepared,
    /// One that the subnet's owner does not let us see.
    Hidden,
}

impl AclRef {
    /// The kind of the ACL that the run makes.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            AclRef::Front => Front::KIND,
            AclRef::Passage => Passage::KIND,
            AclRef::Prepared => Created::<Ready>::IN_USE,
            AclRef::Isolation | AclRef::Id(_) | AclRef::Hidden => Isolation::KIND,
        }
    }

    /// What the ACL that the run makes must say.
    pub(super) fn wished(&self, here: &Region, case: &Case, vpc: &str) -> AclBody {
        match self {
            AclRef::Front => Front.wished(here, case, vpc),
            AclRef::Passage => Passage.wished(here, case, vpc),
            AclRef::Prepared => Ready.wished(here, case, vpc),
            AclRef::Isolation | AclRef::Id(_) | AclRef::Hidden => Isolation.wished(here, case, vpc),
        }
    }

    fn id(&self, names: &Names, vpc: &str) -> Option<String> {
        match self {
            AclRef::Id(id) => Some(id.clone()),
            AclRef::Isolation => made::id::<Created<Isolation>>(names, vpc),
            AclRef::Front => made::id::<Created<Front>>(names, vpc),
            AclRef::Passage => made::id::<Created<Passage>>(names, vpc),
            AclRef::Prepared => in_use::id::<Created<Ready>>(names, vpc),
            AclRef::Hidden => None,
        }
    }
}

impl Lens for Subnet {
    type State = AclRef;
    const KIND: &'static str = "subnet";
    const REACH: Reach = Reach::Subnet;
    const ID_SAYS_KIND: bool = true;
    const NEEDS: &'static [Section] = &[Section::Acls];

    fn state(&self, look: &Look<'_>) -> Now<AclRef> {
        let Look { at, account, case } = *look;
        let vpc = at.vpc.as_deref().unwrap_or_default();
        look.in_region(|here| {
            let owner = here.subnets.item(&at.id).map(|subnet| &subnet.owner);
            Now::of(&here.acls, |_| match (acl_of(here, &at.id), owner) {
                (Some((id, _)), _) => {
                    let is = |made: &AclRef| made.id(&case.names, vpc).as_ref() == Some(id);
                    let made = [AclRef::Isolation, AclRef::Front, AclRef::Passage, AclRef::Prepared];
                    let made = made.into_iter().find(is);
                    Now::Is(made.unwrap_or_else(|| AclRef::Id(id.clone())))
                }
                (None, Some(owner)) if *owner != account.id => Now::Is(AclRef::Hidden),
                // AWS has an ACL for each: a list older than the subnet, or an emulator's.
                (None, Some(_)) => Now::Unknown(Gap {
                    cause: Cause::Failed,
                    call: "ec2:DescribeNetworkAcls".into(),
                    detail: "no ACL of the list names the subnet".into(),
                }),
                (None, None) => Now::Vanished,
            })
        })
    }

    fn contain(&self, current: &AclRef, look: &Look<'_>) -> Verdict<AclRef> {
        let Look { at, account, case } = *look;
        let Some(here) = look.region() else { return Verdict::Refuse("its Region was not read".into()) };
        if let Some(subnet) = here.subnets.item(&at.id).filter(|subnet| subnet.owner != account.id) {
            return Verdict::Refuse(not_ours(&subnet.owner));
        }
        let to = match wanted_acl(here, &account.id, case, &at.id) {
            Ok(to) => to,
            Err(why) => return Verdict::Refuse(why),
        };
        if let Some(why) = passage::obstacle(here, case, &at.id) {
            return Verdict::Refuse(why);
        }
        if *current == to {
            return Verdict::Already;
        }
        let AclRef::Id(id) = current else { return Verdict::Change(to) };
        let vpc = at.vpc.as_deref().unwrap_or_default();
        let of_other = |acl: &Acl| of_other_run(id, &acl.tags, &case.run);
        match here.acls.item(id) {
            Some(acl) if enough(acl, here, case, vpc, &to) => Verdict::Already,
            // What is prepared is no run's own: a restore goes back to it.
            acl => match acl.filter(|acl| !prepared::is_tagged(&acl.tags)).and_then(of_other) {
                Some(why) => Verdict::Lasting(to, why),
                None => Verdict::Change(to),
            },
        }
    }

    fn show(&self, state: &AclRef) -> String {
        match state {
            AclRef::Id(id) => id.clone(),
            AclRef::Isolation => "isolation ACL".into(),
            AclRef::Front => "ACL for load balancers".into(),
            AclRef::Passage => "ACL for the path of a kept CIDR".into(),
            AclRef::Prepared => "prepared ACL".into(),
            AclRef::Hidden => "an ACL that its owner does not show".into(),
        }
    }

    /// The association's id is read now: every swap gives it another one.
    async fn write(&self, write: Write<'_, AclRef>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let vpc = at.vpc.as_deref().unwrap_or_default();
        let id = to.id(aws.names(), vpc).ok_or_else(|| match to {
            AclRef::Hidden => StepError::State("its owner does not show the ACL".into()),
            _ => StepError::State(format!("the ACL {}/{vpc} is not there to be used", to.kind())),
        })?;
        let acls = list(aws, at, vec![filter("association.subnet-id", &at.id)]).await?;
        let mut associations = acls.into_iter().flat_map(|acl| acl.associations.unwrap_or_default());
        let current = associations.find(|association| association.subnet_id.as_ref() == Some(&at.id));
        let current =
            current.ok_or_else(|| StepError::State(format!("{} has no ACL that can be seen", at.id)))?;
        if current.network_acl_id.as_ref() != Some(&id) {
            let swap = aws.ec2(at.region_name()).replace_network_acl_association().network_acl_id(id);
            swap.set_association_id(current.network_acl_association_id).send().await?;
        }
        Ok(())
    }
}
