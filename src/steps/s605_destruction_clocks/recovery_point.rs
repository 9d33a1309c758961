//! A recovery point of AWS Backup whose lifecycle somebody has changed lately: it is kept for good.

use serde::{Deserialize, Serialize};

use super::clock::{NEVER, day};
use super::evidence::{self, RECENT, RETENTION};
use crate::account::{RecoveryPoint, Region, Section};
use crate::aws::plain::PlainInput;
use crate::aws::plain::services::backup;
use crate::collect::Ask;
use crate::step::{
    Case, Found, Item, Lens, Look, Now, Reason, StepError, Target, Verdict, Write, agree, first_few,
};

pub(super) struct KeptRecoveryPoint;

/// The calls as CloudTrail names them.
const CALL: &str = "UpdateRecoveryPointLifecycle";
const DELETED: &str = "DeleteRecoveryPoint";

/// Statuses in which AWS takes a change of the lifecycle.
const TAKES_CHANGES: [&str; 3] = ["AVAILABLE", "COMPLETED", "PARTIAL"];

/// When AWS deletes a recovery point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Life {
    /// Days after its creation; `None`: never.
    delete_after: Option<i64>,
    /// Days after its creation until it moves to cold storage; `None`: never. No write changes it.
    cold_after: Option<i64>,
    /// AWS's date of the deletion.
    until: Option<String>,
}

impl Life {
    fn of(point: &RecoveryPoint) -> Life {
        Life {
            delete_after: point.delete_after_days,
            cold_after: point.cold_after_days,
            until: point.delete_at.clone().filter(|_| point.delete_after_days.is_some()),
        }
    }
}

/// Adds the recovery points of a Region whose lifecycle was changed lately, and names those that were deleted.
pub(super) fn find(region: &str, here: &Region, case: &Case, found: &mut Found) {
    let calls = here.deletion_calls.read();
    for (id, point) in here.recovery_points.items().filter(|_| RETENTION.is(&case.params, RECENT)) {
        let call = calls.and_then(|calls| calls.about(CALL, id));
        if let (Some(call), Some(true)) = (call, point.read().map(|one| one.delete_after_days.is_some())) {
            let text = format!("recovery point {id} was given a date {}", evidence::when_and_who(call));
            found.note(Some(region), text);
        }
        let copied = point.read().map(|point| point.resource.as_str());
        found.item(Item::new(Target::new(KeptRecoveryPoint::KIND, id).region(region).label(copied)));
    }
    let deleted: Vec<&str> =
        calls.into_iter().flat_map(|calls| calls.named(DELETED)).map(|call| call.target.as_str()).collect();
    if !deleted.is_empty() {
        let text = format!(
            "{} deleted lately, which nothing undoes: {}",
            agree(deleted.len(), "recovery point", "was", "were"),
            first_few(&deleted, 5)
        );
        found.matters(Some(region), text);
    }
}

impl Lens for KeptRecoveryPoint {
    type State = Life;
    const KIND: &'static str = "recovery-point";
    const NEEDS: &'static [Section] = &[Section::RecoveryPoints];

    fn narrow(&self, ask: &mut Ask, at: &Target) {
        let this = (at.region_name().to_owned(), at.id.clone());
        ask.only_recovery_points.get_or_insert_default().insert(this);
    }

    fn state(&self, look: &Look<'_>) -> Now<Life> {
        look.in_region(|here| {
            Now::of_item(&here.recovery_points, &look.at.id, |point| {
                Now::of(point, |point| Now::Is(Life::of(point)))
            })
        })
    }

    fn contain(&self, now: &Life, look: &Look<'_>) -> Verdict<Life> {
        let point = look.region().and_then(|here| here.recovery_points.item(&look.at.id));
        let status = point.and_then(|point| point.read()).map_or("", |point| point.status.as_str());
        if !TAKES_CHANGES.contains(&status) {
            return Verdict::Refuse(format!("it is {status}: AWS takes no change of it any more"));
        }
        match now.delete_after {
            None => Verdict::Already,
            Some(days) => {
                Verdict::Lasting(Life { delete_after: None, until: None, ..now.clone() }, kept(days))
            }
        }
    }

    fn hold_back(&self, before: &Life, _: &Look<'_>) -> Option<Reason> {
        before.delete_after.map(kept)
    }

    fn show(&self, state: &Life) -> String {
        match (state.delete_after, &state.until) {
            (None, _) => "kept for good".into(),
            (Some(_), Some(date)) => format!("deleted on {}", day(date)),
            (Some(days), None) => format!("deleted {days} days after it was made"),
        }
    }

    /// AWS takes -1 for never. The day of the move to cold storage is sent as it is: without it AWS may take it
    /// away, and of a point in cold storage it cannot be changed.
    ///
    /// <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_UpdateRecoveryPointLifecycle.html>
    async fn write(&self, write: Write<'_, Life>) -> Result<(), StepError> {
        if write.to.delete_after.is_some() {
            return Err(StepError::State(NEVER.into()));
        }
        let (vault, arn) = write.at.parts();
        let cold = write.to.cold_after.unwrap_or(-1);
        let body = serde_json::json!({
            "Lifecycle": { "DeleteAfterDays": -1, "MoveToColdStorageAfterDays": cold }
        });
        let input = PlainInput::new(body).label(vault).label(arn);
        write.aws.plain::<backup::UpdateRecoveryPointLifecycle>(write.at.region_name(), input).await?;
        Ok(())
    }
}

fn kept(days: i64) -> Reason {
    format!("give it {days} days again by hand if you want it (AWS Backup, Vaults): {NEVER}")
}
