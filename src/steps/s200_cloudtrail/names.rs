//! The names of what a run makes.
//!
//! They come from the run's id and the account's alone: a run that died before it recorded them finds
//! its trail and its bucket again.

use crate::account::{Account, Trail};
use crate::step::{Case, Reason, text};
use crate::steps::shared::home::home;

/// The parameter that names a bucket.
pub(super) const BUCKET: &str = "bucket";

/// Trails per Region, shadow copies included; AWS does not raise it.
const MOST_TRAILS: usize = 5;

pub(super) fn trail_name(case: &Case) -> String {
    format!("unplug-{}", case.run)
}

/// Returns the playbook's bucket, or the name of the one that the run makes.
pub(super) fn bucket_name(account: &str, case: &Case) -> String {
    if let Some(given) = given_bucket(case) {
        return given.to_owned();
    }
    let name = format!("unplug-trail-{account}-{}", case.run.to_lowercase());
    let legal = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    name.chars().map(legal).take(63).collect::<String>().trim_end_matches('-').to_owned()
}

/// The bucket that the playbook names.
pub(super) fn given_bucket(case: &Case) -> Option<&str> {
    text(&case.params, BUCKET).filter(|name| !name.is_empty())
}

pub(super) fn arn(account: &Account, region: &str, trail: &str) -> String {
    format!("arn:{}:cloudtrail:{region}:{}:trail/{trail}", account.partition(), account.id)
}

/// The ARN of the run's own trail.
pub(super) fn own_arn(account: &Account, case: &Case) -> String {
    arn(account, &home(account), &trail_name(case))
}

/// Returns why AWS would take no further trail in the home Region; `None` where it would, or has the
/// run's own.
pub(super) fn is_full(account: &Account, case: &Case) -> Option<Reason> {
    let home = home(account);
    let there = |trail: &Trail| trail.home_region == home || trail.multi_region || trail.organization;
    let trails = account.trails.items().filter(|(_, trail)| there(trail)).count();
    (account.trails.item(&own_arn(account, case)).is_none() && trails >= MOST_TRAILS).then(|| {
        format!(
            "{home} has {trails} trails, the most that AWS allows, and none can be completed: repair the \
             bucket or the event selectors of one of them by hand, then plan again"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::shared::testing::case;

    #[test]
    fn names_are_legal_and_come_from_the_run_alone() {
        let of = |run: &str| bucket_name("123456789012", &Case { run: run.into(), ..case(&[]) });
        assert_eq!(of("20260101-030000-a1b2"), "unplug-trail-123456789012-20260101-030000-a1b2");
        let long = of(&"X_".repeat(40));
        assert!(long.len() <= 63 && !long.ends_with('-') && !long.contains('_'), "{long}");
    }
}
