//! Support: Trusted Advisor's check of exposed keys.

use aws_sdk_support::types::{
    TrustedAdvisorCategorySpecificSummary, TrustedAdvisorCheckResult, TrustedAdvisorResourceDetail,
    TrustedAdvisorResourcesSummary,
};

use super::iam::built;
use super::route::{Cx, Dispatch, In, Out, Said, refuse};
use super::world::seen;
use crate::account::ExposedKey;
use crate::aws::operations::support;

const EXPOSED_KEYS_CHECK: &str = "12Fnkpl8Y5";

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<support::DescribeTrustedAdvisorCheckResult>(describe_trusted_advisor_check_result);
}

fn describe_trusted_advisor_check_result(
    cx: &mut Cx<'_>,
    input: &In<support::DescribeTrustedAdvisorCheckResult>,
) -> Said<support::DescribeTrustedAdvisorCheckResult> {
    // Other Regions have a Support endpoint that does not serve Trusted Advisor.
    if !matches!(cx.region, "us-east-1" | "us-gov-west-1" | "cn-north-1") {
        return Err(refuse("UnknownOperationException", "not served in this Region"));
    }
    if input.check_id() != Some(EXPOSED_KEYS_CHECK) {
        return Err(refuse("InvalidParameterValueException", "not a check"));
    }
    let keys = seen(&cx.world.account.exposed_keys)?;
    let mut rows = vec![];
    for (id, key) in keys {
        rows.push(built(row(id, key, "error"))?);
    }
    // A key that AWS has looked at and found in order stays in the list.
    let fine = ExposedKey { user: "nobody".into(), ..ExposedKey::default() };
    rows.push(built(row("AKIASIMULATEDRESOLVE", &fine, "ok"))?);
    let result = TrustedAdvisorCheckResult::builder()
        .check_id(EXPOSED_KEYS_CHECK)
        .timestamp("2026-01-01T00:00:00Z")
        .status(if keys.is_empty() { "not_available" } else { "error" })
        .resources_summary(TrustedAdvisorResourcesSummary::builder().build())
        .category_specific_summary(TrustedAdvisorCategorySpecificSummary::builder().build())
        .set_flagged_resources(Some(rows))
        .build();
    Ok(Out::<support::DescribeTrustedAdvisorCheckResult>::builder().result(built(result)?).build())
}

fn row(
    id: &str,
    key: &ExposedKey,
    status: &str,
) -> Result<TrustedAdvisorResourceDetail, aws_smithy_types::error::operation::BuildError> {
    let column = |text: &str| Some(text.to_owned());
    TrustedAdvisorResourceDetail::builder()
        .status(status)
        .resource_id(id)
        .is_suppressed(false)
        .set_metadata(Some(vec![
            column(id),
            column(&key.user),
            column(&key.fraud_type),
            column(&key.case_id),
            column("2026-01-01T00:00:00Z"),
            column(&key.location),
            None,
            column("0"),
        ]))
        .build()
}
