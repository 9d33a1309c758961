//! What is changed on the sound account, and how the check then ends: who watches, and what is backed up.

use super::Status::{Failed, Passed, Unknown};
use super::cases::Case;
use super::world::{World, gap};
use crate::account::resources::ResourceType;
use crate::account::watchers::{BACKUP_PLAN, DETECTOR, HUB, HUB_V2, VAULT};
use crate::account::{Cause, Resources, Seen};

fn here(world: &mut World) -> &mut Resources {
    world.here().watchers.read_mut().unwrap()
}

fn without(world: &mut World, of: &ResourceType) {
    here(world).types.remove(of.name);
}

fn denied(world: &mut World, of: &ResourceType) {
    here(world).types.insert(of.name.to_owned(), Seen::Gap(gap(Cause::Denied)));
}

/// By check: what is different, and the status.
pub const WATCHERS: &[Case] = &[
    ("see-guardduty", "there is no detector", Failed, |world| without(world, &DETECTOR)),
    ("see-guardduty", "the detector is off", Failed, |world| {
        let off = Seen::Read([("/Enable".to_owned(), "false".to_owned())].into());
        let all = Seen::Read([("one".to_owned(), off)].into());
        here(world).types.insert(DETECTOR.name.to_owned(), all);
    }),
    ("see-guardduty", "it may not be listed", Unknown, |world| denied(world, &DETECTOR)),
    ("see-guardduty", "the Region does not have the type", Unknown, |world| {
        without(world, &DETECTOR);
        here(world).not_offered.insert(DETECTOR.name.to_owned());
    }),
    ("hear-security-hub", "it is off", Failed, |world| without(world, &HUB)),
    ("hear-security-hub", "the new one alone is on", Passed, |world| {
        let hub = here(world).types.remove(HUB.name).unwrap();
        here(world).types.insert(HUB_V2.name.to_owned(), hub);
    }),
    ("hear-security-hub", "it may not be described", Unknown, |world| denied(world, &HUB)),
    ("back-plans", "there is none", Failed, |world| without(world, &BACKUP_PLAN)),
    ("back-plans", "they may not be listed", Unknown, |world| denied(world, &BACKUP_PLAN)),
    ("back-vault-lock", "no vault is locked", Failed, |world| {
        let all = Seen::Read([("Default".to_owned(), Seen::Read([].into()))].into());
        here(world).types.insert(VAULT.name.to_owned(), all);
    }),
    ("back-vault-lock", "there is no vault", Failed, |world| without(world, &VAULT)),
    ("back-vault-lock", "they may not be listed", Unknown, |world| denied(world, &VAULT)),
];
