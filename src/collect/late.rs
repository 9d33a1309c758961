//! Sections of the account that are read once others are: whose events to read, and of which roles when they were
//! changed last, is known then.

use super::readers::Work;
use super::{Ask, events, role_changes};
use crate::account::{Account, Section};
use crate::aws::Aws;

/// Which of them are still to be begun.
pub(super) struct Late {
    events: bool,
    role_changes: bool,
}

impl Late {
    pub fn of(ask: &Ask) -> Late {
        Late {
            events: ask.sections.contains(&Section::Events),
            role_changes: ask.sections.contains(&Section::RoleChanges),
        }
    }

    /// The readers that can begin by what was read. `last`: nothing else is being read.
    pub fn ready<'a>(
        &mut self,
        (aws, known, ask): (&'a Aws, &'a Account, &'a Ask),
        account: &Account,
        last: bool,
    ) -> Vec<Work<'a>> {
        let mut work = vec![];
        if self.events && (last || events::ready(ask, account)) {
            self.events = false;
            work.push(events::of_suspects(aws, known, ask, account));
        }
        if self.role_changes && (last || role_changes::ready(ask, account)) {
            self.role_changes = false;
            work.push(role_changes::of_roles(aws, ask, account));
        }
        work
    }
}
