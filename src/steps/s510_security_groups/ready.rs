//! The group without rules that step 502 makes in peacetime. A run uses it in the place of a group of its own.

use std::collections::BTreeSet;

use super::group::{Group, Purpose, user};
use crate::account::Rule;
use crate::step::{Case, Look, Reason};
use crate::steps::shared::in_use::Prepared;
use crate::steps::shared::{prepared, room};

pub(in crate::steps) struct Ready;

impl Purpose for Ready {
    const KIND: &'static str = "prepared-group";
    const ROLE: &'static str = prepared::PURPOSE;
    const NAME: Option<&'static str> = Some(prepared::GROUP);

    fn lets_through(&self, _: &Case) -> BTreeSet<Rule> {
        BTreeSet::new()
    }

    fn obstacle(&self, look: &Look<'_>) -> Option<Reason> {
        let (here, owner) = (look.region()?, &look.account.id);
        if let Some((id, _)) = prepared::any_group(here, &look.at.id, owner) {
            // Whatever uses a group does so by an interface.
            if here.interfaces.gap().is_some() {
                return Some(format!("{id} has rules, and what uses it could not be read: they stay"));
            }
            return prepared::in_use("group", id, user(id, here));
        }
        let room = room::groups(here, owner);
        room.lacks(1).then(|| {
            let (used, region) = (room.used, look.at.region_name());
            format!("{region} has {used} security groups, and its quota is used up: raise it first")
        })
    }
}

impl Prepared for Group<Ready> {
    const IN_USE: &'static str = "group-in-use";
}
