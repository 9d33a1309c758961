//! The rules of an ACL that is somebody else's, with `way = "host"`: denies for the hosts in scope, before
//! the first rule that allows anything. Somebody may add rules meanwhile: only these go and come.

use super::body::AclBody;
use super::subnets::not_ours;
use super::{hosts, passage};
use crate::account::{Acl, Section};
use crate::step::{Lens, Look, Now, Reach, StepError, Verdict, Write, count};
use crate::steps::shared::acl_entries::{Call, by_id, send};

pub(super) struct Edited;

impl Lens for Edited {
    type State = AclBody;
    const KIND: &'static str = "acl";
    const REACH: Reach = Reach::Itself;
    const NEEDS: &'static [Section] = &[Section::Acls];

    fn state(&self, look: &Look<'_>) -> Now<AclBody> {
        let body = |acl: &Acl| Now::Is(AclBody::of(acl));
        look.in_region(|here| Now::of_item(&here.acls, &look.at.id, body))
    }

    fn contain(&self, body: &AclBody, look: &Look<'_>) -> Verdict<AclBody> {
        let Look { at, account, case } = *look;
        let Some(here) = look.region() else { return Verdict::Refuse("its Region was not read".into()) };
        let acl = match here.acls.item(&at.id) {
            None => return Verdict::Refuse("it is not there any more".into()),
            Some(acl) if acl.owner != account.id => return Verdict::Refuse(not_ours(&acl.owner)),
            Some(acl) => acl,
        };
        match hosts::denying(here, acl, body, case) {
            Err(why) => Verdict::Refuse(why),
            Ok(denying) if denying == *body => Verdict::Already,
            Ok(denying) => match passage::of_hosts(here, case, &acl.subnets) {
                Some(why) => Verdict::Refuse(why),
                None => Verdict::Change(denying),
            },
        }
    }

    /// Rules go and come one call at a time.
    fn passes(&self, from: &AclBody, to: &AclBody) -> Vec<AclBody> {
        from.path(to)
    }

    fn show(&self, body: &AclBody) -> String {
        let denies = body.entries().filter(|(_, _, entry)| !entry.allow).count();
        format!("{}, {denies} of them deny", count(body.entries().count(), "rule"))
    }

    async fn write(&self, write: Write<'_, AclBody>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        let found = by_id(aws, at, &at.id).await?;
        let (id, acl) = found.ok_or_else(|| StepError::State(format!("{} is not there any more", at.id)))?;
        let now = AclBody::of(&acl);
        for call in from.calls(to) {
            let there = |egress, number| now.get(egress, number);
            let done = match &call {
                Call::Delete(egress, number) => there(*egress, *number) == to.get(*egress, *number),
                Call::Create(egress, number, entry) => there(*egress, *number) == Some(entry),
            };
            if !done {
                send(aws, at, &id, call).await?;
            }
        }
        Ok(())
    }
}
