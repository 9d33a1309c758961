//! The differences that a restore leaves, apart from those that stay on purpose.

use super::{Back, Owed};
use crate::account::Account;
use crate::engine::verify::{Compared, Difference, compared};
use crate::step::Names;

/// What differs between the account before a run and after its restore, where both could be read.
/// What the restore kept on purpose is left out.
pub fn left_over(before: &Account, after: &Account, ends: &[(Owed, Back)], names: &Names) -> Compared {
    let kept: Vec<&Owed> =
        ends.iter().filter(|(_, back)| matches!(back, Back::Kept(_))).map(|(owed, _)| owed).collect();
    // What was made and is kept has an id of its own: its name, or its tags, say what it is for.
    let on_purpose = |difference: &Difference| {
        let made = |id: &String| difference.predicted.is_null() && difference.found.to_string().contains(id);
        let named = difference.path.split('/').find_map(|part| part.strip_prefix('@'));
        let whole = names.all().keys().any(|name| Some(name.as_str()) == named && !name.contains('/'));
        kept.iter()
            .any(|owed| difference.path.contains(&owed.change.target.id) || made(&owed.change.target.id))
            || (whole && !kept.is_empty())
    };
    let mut left = compared((before, &Names::default()), (after, names));
    left.differences.retain(|difference| !on_purpose(difference));
    left
}
