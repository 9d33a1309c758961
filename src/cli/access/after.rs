//! `unplug access PRINCIPAL --after PLAYBOOK`: the steps of a playbook that act on principals, rehearsed.

use super::super::plan::bug;
use super::super::selection::SelectionArgs;
use super::super::session::{Session, shared};
use crate::account::Account;
use crate::collect::Ask;
use crate::engine::lockout::changes_principals;
use crate::engine::plan::{Brief, Selection};
use crate::engine::rehearse::rehearse;
use crate::failure::{Failure, usage};
use crate::scenario::Suspects;
use crate::step::Names;

/// The cut that is rehearsed.
pub struct Cut {
    selection: Selection,
    brief: Brief,
}

impl Cut {
    /// Takes the playbook's steps that act on principals. A playbook for named keys or principals gets the
    /// one that is explained.
    pub fn of(session: &Session, playbook: &str, who: &str) -> Result<Cut, Failure> {
        let config = shared(&session.config()?);
        let mut args = SelectionArgs { playbook: playbook.to_owned(), ..SelectionArgs::default() };
        let mut suspects = Suspects::default();
        let named = if who.starts_with("AKIA") { &mut suspects.keys } else { &mut suspects.principals };
        named.insert(who.to_owned());
        args.suspect(&suspects)?;
        let mut selection = args.resolve(&config)?;
        selection.steps.retain(|selected| changes_principals(selected.step));
        if selection.steps.is_empty() {
            return Err(usage(format!("no step of the playbook {playbook} acts on principals")));
        }
        let brief = Brief {
            run: "access".into(),
            scope: selection.scope.clone(),
            config,
            names: Names::default(),
            next_change: 1,
        };
        Ok(Cut { selection, brief })
    }

    /// What the steps need to be read.
    pub fn ask(&self, account: &str) -> Ask {
        self.brief.ask(account, &self.selection.steps)
    }

    /// The account as the steps would leave it.
    pub async fn rehearse(&self, account: &Account) -> Result<Account, Failure> {
        let rehearsal = rehearse(account, &self.selection.steps, &self.brief).await.map_err(bug)?;
        Ok(rehearsal.after)
    }

    /// `pull-the-plug, steps 100, 600`
    pub fn words(&self) -> String {
        let steps: Vec<String> = self.selection.steps.iter().map(|one| one.step.to_string()).collect();
        format!("{}, steps {}", self.selection.playbook, steps.join(", "))
    }
}
