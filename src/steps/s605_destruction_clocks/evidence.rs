//! Which deletions that run by a rule are somebody's new ones: those whose call CloudTrail shows.

use super::clock::day;
use crate::account::{DeletionCall, Region};
use crate::collect::Ask;
use crate::step::{Case, Choice, Found, Params};

/// Values of [`LIFECYCLE`] and [`RETENTION`].
pub(super) const RECENT: &str = "recent";
pub(super) const ALL: &str = "all";
pub(super) const LEAVE: &str = "leave";

/// Which buckets' lifecycle rules are disabled.
pub(super) const LIFECYCLE: Choice = Choice {
    name: "lifecycle",
    values: &[RECENT, ALL, LEAVE],
    doc: "Which S3 lifecycle rules that delete are disabled: those of buckets whose lifecycle somebody has set \
          lately, all of them, or none.",
};

/// Which retentions end.
pub(super) const RETENTION: Choice = Choice {
    name: "retention",
    values: &[RECENT, LEAVE],
    doc: "Which log groups and recovery points are kept for good: those whose retention somebody has set lately, \
          or none.",
};

/// How many days count as lately.
pub(super) const WITHIN: Choice = Choice {
    name: "within",
    values: &["14d", "1d", "3d", "7d", "30d", "90d"],
    doc: "How far back `recent` looks in CloudTrail's event history.",
};

/// The days that these parameters choose.
fn days(params: &Params) -> Option<u64> {
    WITHIN.of(params).strip_suffix('d')?.parse().ok()
}

/// Says how far back to look.
pub(super) fn ask(ask: &mut Ask, case: &Case) {
    ask.deletions_within_days = days(&case.params);
}

/// Is a target chosen, of which a call is seen or not?
pub(super) fn chooses(chosen: &str, seen: bool) -> bool {
    chosen == ALL || chosen == RECENT && seen
}

/// `on 2026-11-21 by arn:…`.
pub(super) fn when_and_who(call: &DeletionCall) -> String {
    let by = if call.by.is_empty() { "somebody" } else { &call.by };
    format!("on {} by {by}", day(&call.at))
}

/// Was a thing there for a day and more before the call? A retention that is set when a log group is made
/// deletes nothing that was there before. What does not say when it was made counts as older.
pub(super) fn is_older(created: Option<&str>, call: &DeletionCall) -> bool {
    let time = |text: &str| text.parse::<jiff::Timestamp>().ok();
    match (created.and_then(time), time(&call.at)) {
        (Some(made), Some(set)) => set.duration_since(made) >= jiff::SignedDuration::from_hours(24),
        _ => true,
    }
}

/// Says what of a Region's calls is not known, and so which deletions go on unseen.
pub(super) fn say_unseen(region: &str, here: &Region, case: &Case, found: &mut Found) {
    let recent = LIFECYCLE.is(&case.params, RECENT) || RETENTION.is(&case.params, RECENT);
    if !recent {
        return;
    }
    if here.deletion_calls.gap().is_some() {
        let text = "nobody knows who has set lifecycles and retentions lately, so those of this Region are left: \
                    CloudTrail's event history was not read";
        found.matters(Some(region), text);
    }
    for name in here.deletion_calls.read().into_iter().flat_map(|calls| &calls.cut_short) {
        let text = format!("there are more than a thousand calls of {name}: the older ones were not read");
        found.matters(Some(region), text);
    }
}
