//! A run can be recorded: the state folder, and the folder of the copy.

use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "pull-record",
    group: Group::Pull,
    title: "A run can be recorded on this machine",
    severity: Severity::High,
    why: "What cannot be recorded is not cut, and a restore needs nothing but the record. A copy on another \
          machine survives the loss of this one.",
    fix: "name a folder that can be written: --state-dir DIR; and with --copy-to DIR one on another disk",
    needs: &[],
    also: &[],
    mirrors: &[],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let record = facts.record;
    if let Some(error) = &record.state_error {
        answer.fail(record.state.clone(), None, error.clone());
    }
    if let (Some(copy), Some(error)) = (&record.copy, &record.copy_error) {
        answer.fail(copy.clone(), None, format!("the copy: {error}"));
    }
    let copy =
        if record.copy.is_some() { "and so can its copy" } else { "no copy asked about: --copy-to DIR" };
    answer.said = format!("the state folder can be written; {copy}");
}
