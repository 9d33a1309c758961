//! Who can act before and after a cut, where a plan acts on principals.

use jiff::Timestamp;

use super::plan::Selected;
use crate::access::facts::Facts;
use crate::access::report::Acting;
use crate::access::survey;
use crate::account::{Account, Section, Seen};
use crate::collect::Ask;
use crate::steps;
use crate::steps::permissions::ACTING;

/// The sections that the count takes, if one of these steps acts on principals. A gap in them is said with
/// the count, and is none of a step.
pub fn needs(chosen: &[Selected]) -> &'static [Section] {
    if acts_on_principals(chosen) { ACTING } else { &[] }
}

/// Whether a reading has the keys of every user.
pub fn every_key(ask: &Ask) -> bool {
    ask.all_keys && ask.sections.contains(&Section::AccessKeys)
}

/// How many identities can act before and after a rehearsal, where a step acts on principals; a gap where
/// IAM was not read. `every_key`: the keys of every user were read.
pub fn shift(
    account: &Account,
    after: &Account,
    chosen: &[Selected],
    now: Timestamp,
    every_key: bool,
) -> Option<Seen<Acting>> {
    if !acts_on_principals(chosen) {
        return None;
    }
    let ask = |account| survey(&Facts { every_key, ..Facts::of(account, now) });
    let acting = ask(account).and_then(|before| Ok(Acting::of(&before, &ask(after)?)));
    Some(acting.map_or_else(Seen::Gap, Seen::Read))
}

fn acts_on_principals(chosen: &[Selected]) -> bool {
    let step = |selected: &Selected| steps::find(selected.step);
    chosen.iter().filter_map(step).any(|step| step.spec().iam.changes_principals())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Cause;
    use crate::aws::Clock;
    use crate::scenario;
    use crate::step::{Params, StepId};

    fn chosen(step: u16) -> Vec<Selected> {
        vec![Selected { step: StepId(step), params: Params::new() }]
    }

    #[test]
    fn a_step_counts_who_can_act_where_its_writes_change_principals() {
        for (step, counts) in [(100, true), (620, true), (200, false), (400, false), (520, false)] {
            assert_eq!(acts_on_principals(&chosen(step)), counts, "{step}");
            assert_eq!(needs(&chosen(step)).is_empty(), !counts, "{step}");
        }
    }

    #[test]
    fn iam_that_was_not_read_is_a_gap_and_never_nobody() {
        let mut account = scenario::load(scenario::DEFAULT).unwrap().account;
        let now = Clock::simulated().timestamp();
        let read = shift(&account, &account, &chosen(100), now, true).unwrap();
        let acting = read.read().unwrap();
        assert!(acting.before.yes > 1 && acting.before == acting.after && !acting.stay.is_empty());
        assert_eq!(shift(&account, &account, &chosen(520), now, true), None);
        account.principals = Seen::default();
        let gap = shift(&account, &account, &chosen(100), now, true).unwrap();
        assert_eq!(gap.gap().map(|gap| gap.cause), Some(Cause::NotRead));
    }
}
