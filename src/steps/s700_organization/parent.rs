//! The unit that the account is in. The target's id is the account's.

use super::OU;
use super::place::{narrow, queue, tree, unless_said};
use crate::account::Section;
use crate::collect::Ask;
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write, text};

pub(super) struct Parent;

impl Lens for Parent {
    /// The id of the root or the unit.
    type State = String;
    const KIND: &'static str = "organization-parent";
    const NEEDS: &'static [Section] = &[Section::Organization];

    fn narrow(&self, ask: &mut Ask, _: &Target) {
        narrow(ask, None);
    }

    fn queue(&self, _: &Target) -> Option<(String, usize)> {
        Some(queue())
    }

    fn state(&self, look: &Look<'_>) -> Now<String> {
        match tree(look.account) {
            None => Now::Vanished,
            Some(Err(gap)) => Now::Unknown(gap.clone()),
            Some(Ok(tree)) => tree.parent().map_or(Now::Vanished, |parent| Now::Is(parent.to_owned())),
        }
    }

    fn contain(&self, parent: &String, look: &Look<'_>) -> Verdict<String> {
        let Some(unit) = text(&look.case.params, OU) else {
            return Verdict::Refuse(format!("`{OU}` names no unit to move the account into"));
        };
        let Some(Ok(tree)) = tree(look.account) else {
            return Verdict::Refuse("the Organization was not read".into());
        };
        match () {
            () if parent == unit => Verdict::Already,
            () if tree.levels.iter().any(|level| level == unit) => Verdict::Refuse(format!(
                "{unit} is above {parent}: what it denies binds the account already, and moving it up would free it \
                 of {parent}"
            )),
            () if tree.units.read().is_some_and(|units| !units.contains_key(unit)) => {
                Verdict::Refuse(format!("the Organization has no unit {unit}"))
            }
            () => Verdict::Change(unit.to_owned()),
        }
    }

    fn show(&self, parent: &String) -> String {
        format!("in {parent}")
    }

    async fn write(&self, write: Write<'_, String>) -> Result<(), StepError> {
        let Write { aws, at, from, to, .. } = write;
        let account = aws.organizations().move_account().account_id(&at.id);
        let sent = account.source_parent_id(from).destination_parent_id(to).send().await;
        unless_said(sent, "DuplicateAccountException")
    }
}
