//! The ACL without rules that step 502 makes in peacetime. A run uses it in the place of an ACL of its own.

use super::body::AclBody;
use super::created::{Created, Purpose};
use crate::account::Region;
use crate::step::{Case, Look, Reason};
use crate::steps::shared::in_use::Prepared;
use crate::steps::shared::{prepared, room};

pub(in crate::steps) struct Ready;

impl Purpose for Ready {
    const KIND: &'static str = "prepared-acl";
    const ROLE: &'static str = prepared::PURPOSE;
    const PREPARED: bool = true;

    fn wished(&self, _: &Region, _: &Case, _: &str) -> AclBody {
        AclBody::default()
    }

    fn obstacle(&self, look: &Look<'_>) -> Option<Reason> {
        let (here, vpc) = (look.region()?, &look.at.id);
        if let Some((id, acl)) = prepared::any_acl(here, vpc, &look.account.id) {
            return prepared::in_use("ACL", id, acl.subnets.first().cloned());
        }
        let room = room::acls(here, vpc);
        let used = room.used;
        room.lacks(1)
            .then(|| format!("{vpc} has {used} network ACLs, and its quota is used up: raise it first"))
    }
}

impl Prepared for Created<Ready> {
    const IN_USE: &'static str = "acl-in-use";
}
