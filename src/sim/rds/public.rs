//! Whether an instance has a public address: AWS carries the change out at once, in some minutes, and
//! gives another address each time.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html>

use super::super::route::{Cx, Refused};
use super::super::world::seen_mut;
use super::{SETTLES_MS, assign};
use crate::account::Database;

/// Takes the change in. Until it is in effect the instance is `modifying` and as it was.
pub(super) fn change(cx: &mut Cx<'_>, arn: &str, was: &Database, wanted: bool) -> Result<(), Refused> {
    if was.public == wanted {
        return Ok(());
    }
    assign(cx);
    if let Some(database) = seen_mut(&mut cx.region_mut().databases)?.get_mut(arn) {
        let status = std::mem::replace(&mut database.status, "modifying".into());
        cx.world.databases.status.insert(arn.to_owned(), status);
    }
    cx.world.databases.begun.insert(arn.to_owned());
    cx.world.databases.public.insert(arn.to_owned(), wanted);
    cx.later(SETTLES_MS, arn, settle);
    Ok(())
}

fn settle(cx: &mut Cx<'_>, arn: &str) {
    let hidden = &mut cx.world.databases;
    hidden.begun.remove(arn);
    let Some(public) = hidden.public.remove(arn) else { return };
    let status = hidden.status.remove(arn).unwrap_or_else(|| "available".into());
    if let Some(database) = cx.region_mut().databases.read_mut().and_then(|all| all.get_mut(arn)) {
        database.public = public;
        database.status = status;
    }
    address(cx, arn, public);
}

/// Gives the interfaces of an instance a new public address, or takes it from them.
pub(super) fn address(cx: &mut Cx<'_>, arn: &str, has: bool) {
    let hidden = &mut cx.world.databases;
    hidden.addresses = hidden.addresses.wrapping_add(u8::from(has));
    let address = has.then(|| format!("198.51.100.{}", hidden.addresses));
    let own = hidden.interfaces.iter().filter(|(_, of)| *of == arn);
    for id in own.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
        if let Some(interface) = cx.region_mut().interfaces.read_mut().and_then(|all| all.get_mut(&id)) {
            interface.public_ip.clone_from(&address);
        }
    }
}
