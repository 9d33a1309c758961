//! What a trail logs, of the trail that is completed and of the one that the run makes.

use serde::{Deserialize, Serialize};

use crate::account::{Gap, Trail};
use crate::aws::Aws;
use crate::step::{StepError, Target};

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    pub multi_region: bool,
    pub validated: bool,
    pub global_events: bool,
    pub logging: bool,
}

impl Settings {
    pub const WISHED: Settings =
        Settings { multi_region: true, validated: true, global_events: true, logging: true };

    /// Returns the settings of a trail, or why it is not known whether it logs.
    pub fn of(trail: &Trail) -> Result<Settings, Gap> {
        Ok(Settings {
            multi_region: trail.multi_region,
            validated: trail.validated,
            global_events: trail.global_events,
            logging: *trail.logging.as_result().map_err(Gap::clone)?,
        })
    }

    pub fn words(self) -> String {
        [
            if self.multi_region { "every Region" } else { "one Region" },
            if self.validated { "validated" } else { "not validated" },
            if self.global_events { "global services" } else { "no global services" },
            if self.logging { "logging" } else { "NOT logging" },
        ]
        .join(", ")
    }
}

/// Sets the three flags of a trail, and the bucket of the run's own. Prefix and key stay as they are.
pub(super) async fn update(
    aws: &Aws,
    at: &Target,
    bucket: Option<&str>,
) -> Result<Option<String>, StepError> {
    let update = aws.cloudtrail(at.region_name()).update_trail().name(&at.id);
    let update = update.set_s3_bucket_name(bucket.map(str::to_owned));
    let update = update.is_multi_region_trail(true).enable_log_file_validation(true);
    Ok(update.include_global_service_events(true).send().await?.trail_arn)
}
