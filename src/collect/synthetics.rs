//! Canaries of CloudWatch Synthetics.

use std::collections::BTreeMap;

use aws_sdk_synthetics::types;

use super::{Ask, without_endpoint};
use crate::account::Canary;
use crate::aws::{Aws, AwsError, lists};

/// The largest page.
const PAGE: i32 = 20;

/// Canaries by name. What a canary asks is in its code and in no answer of AWS's.
///
/// <https://docs.aws.amazon.com/AmazonSynthetics/latest/APIReference/API_DescribeCanaries.html>
///
/// # Errors
/// The first that AWS answers; a Region whose endpoint does not exist is `NotSupported`.
pub(super) async fn canaries(aws: &Aws, region: &str, _: &Ask) -> Result<BTreeMap<String, Canary>, AwsError> {
    let list = aws.synthetics(region).describe_canaries().max_results(PAGE);
    lists::all(aws, list, canary).await.map_err(without_endpoint)
}

fn canary(canary: types::Canary) -> Option<(String, Canary)> {
    let value = Canary {
        state: canary
            .status
            .and_then(|status| status.state)
            .map(|state| state.as_str().to_owned())
            .unwrap_or_default(),
        schedule: canary.schedule.and_then(|schedule| schedule.expression).unwrap_or_default(),
        vpc: canary.vpc_config.and_then(|config| config.vpc_id).filter(|vpc| !vpc.is_empty()),
    };
    Some((canary.name?, value))
}
