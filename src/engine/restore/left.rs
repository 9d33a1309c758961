//! What differs from before a run, apart from what stays on purpose.

use super::{Back, Owed};
use crate::account::Account;
use crate::engine::verify::{Compared, compared};
use crate::step::Names;

/// What differs between the account before a run and after its restore, where both could be read.
/// What the restore kept on purpose is left out.
pub fn left_over(before: &Account, after: &Account, ends: &[(Owed, Back)], names: &Names) -> Compared {
    let kept: Vec<&Owed> =
        ends.iter().filter(|(_, back)| matches!(back, Back::Kept(_))).map(|(owed, _)| owed).collect();
    let all = names.all();
    let on_purpose = |path: &str| {
        kept.iter().any(|owed| path.contains(&owed.target.id))
            || all.keys().any(|name| path.contains(&format!("@{name}")))
    };
    let mut left = compared((before, &Names::default()), (after, names));
    left.differences.retain(|difference| !on_purpose(&difference.path));
    left
}
