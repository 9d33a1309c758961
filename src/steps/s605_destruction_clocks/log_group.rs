//! A log group whose retention somebody has set lately: its events are kept for good.

use serde::{Deserialize, Serialize};

use super::clock::NEVER;
use super::evidence::{self, RECENT, RETENTION};
use crate::account::{Region, Section};
use crate::aws::plain::PlainInput;
use crate::aws::plain::services::cloudwatchlogs;
use crate::collect::Ask;
use crate::pipelines::shell;
use crate::step::{
    Case, Found, Item, Lens, Look, Now, Reason, StepError, Target, Verdict, Write, agree, count,
};

pub(super) struct KeptLogGroup;

/// The call as CloudTrail names it.
const CALL: &str = "PutRetentionPolicy";

/// Of log groups with less than a week, a person should know.
const SHORT_DAYS: i64 = 7;

/// How long a log group keeps its events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Retention {
    /// `None`: for good.
    days: Option<i64>,
}

/// Adds the log groups of a Region whose retention was set lately, and says how many keep little.
pub(super) fn find(region: &str, here: &Region, case: &Case, found: &mut Found) {
    let mut items = 0;
    let calls = here.deletion_calls.read().filter(|_| RETENTION.is(&case.params, RECENT));
    for call in calls.into_iter().flat_map(|calls| calls.named(CALL)) {
        let Some(group) = here.log_groups.item(&call.target) else { continue };
        if !evidence::is_older(group.created.as_deref(), call) {
            continue;
        }
        if let Some(days) = group.retention_days {
            let text = format!(
                "log group {} keeps its events for {}: set {}",
                call.target,
                in_days(days),
                evidence::when_and_who(call)
            );
            found.note(Some(region), text);
        }
        items += 1;
        found.item(Item::new(Target::new(KeptLogGroup::KIND, &call.target).region(region)));
    }
    let is_short = |days: i64| days <= SHORT_DAYS;
    let short =
        here.log_groups.items().filter(|(_, group)| group.retention_days.is_some_and(is_short)).count();
    if short > items {
        let text = format!(
            "{} events for {} or less; only those whose retention was set lately are changed",
            agree(short, "log group", "keeps its", "keep their"),
            in_days(SHORT_DAYS)
        );
        found.note(Some(region), text);
    }
}

fn in_days(days: i64) -> String {
    count(usize::try_from(days).unwrap_or(0), "day")
}

impl Lens for KeptLogGroup {
    type State = Retention;
    const KIND: &'static str = "log-group";
    const NEEDS: &'static [Section] = &[Section::LogGroups];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        let this = (at.region_name().to_owned(), at.id.clone());
        ask.only_log_groups.get_or_insert_default().insert(this);
    }

    fn state(&self, look: &Look<'_>) -> Now<Retention> {
        look.in_region(|here| {
            Now::of_item(&here.log_groups, &look.at.id, |group| {
                Now::Is(Retention { days: group.retention_days })
            })
        })
    }

    fn contain(&self, now: &Retention, look: &Look<'_>) -> Verdict<Retention> {
        let Some(days) = now.days else { return Verdict::Already };
        let group = look.region().and_then(|here| here.log_groups.item(&look.at.id));
        if group.and_then(|group| group.class.as_deref()) == Some("DELIVERY") {
            return Verdict::Refuse(
                "AWS alone sets the retention of log groups of the class DELIVERY".into(),
            );
        }
        Verdict::Lasting(Retention { days: None }, kept(look.at, days))
    }

    fn hold_back(&self, before: &Retention, look: &Look<'_>) -> Option<Reason> {
        Some(kept(look.at, before.days?))
    }

    fn show(&self, state: &Retention) -> String {
        match state.days {
            Some(days) => format!("deletes events after {}", in_days(days)),
            None => "keeps its events for good".into(),
        }
    }

    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteRetentionPolicy.html>
    async fn write(&self, write: Write<'_, Retention>) -> Result<(), StepError> {
        if write.to.days.is_some() {
            return Err(StepError::State(NEVER.into()));
        }
        let input = PlainInput::new(serde_json::json!({ "logGroupName": write.at.id }));
        write.aws.plain::<cloudwatchlogs::DeleteRetentionPolicy>(write.at.region_name(), input).await?;
        Ok(())
    }
}

fn kept(at: &Target, days: i64) -> Reason {
    match shell::word(&at.id) {
        Some(name) => format!(
            "set it again by hand if you want it (aws logs put-retention-policy --region {} --log-group-name \
             {name} --retention-in-days {days}): {NEVER}",
            at.region_name()
        ),
        None => format!("set its retention of {} again by hand if you want it: {NEVER}", in_days(days)),
    }
}
