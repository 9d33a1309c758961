//! The stages of a pull, and what each of them read.

use crate::account::Account;
use crate::engine::plan::Selected;

/// Consecutive steps with the same first digit.
pub(super) fn stages(steps: &[Selected]) -> Vec<Vec<Selected>> {
    steps.chunk_by(|one, next| one.step.stage() == next.step.stage()).map(<[_]>::to_vec).collect()
}

/// Adds what a later stage read to what earlier ones read; what was read first stays.
pub(super) fn merge(all: &mut Option<Account>, account: Account) {
    match all {
        None => *all = Some(account),
        Some(all) => {
            // Stages may ask for the keys of different users.
            if let (Some(known), Some(more)) = (all.access_keys.read_mut(), account.access_keys.read()) {
                for (id, key) in more {
                    known.entry(id.clone()).or_insert_with(|| key.clone());
                }
            }
            all.fill_from(account);
        }
    }
}
