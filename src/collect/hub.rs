//! The open findings of Security Hub in one Region, folded into groups as they are read.

use serde_json::json;

use super::{Ask, without_endpoint};
use crate::account::HubFindings;
use crate::account::hub::Folding;
use crate::aws::lists::{List as _, Pages};
use crate::aws::plain::services::securityhub::GetFindings;
use crate::aws::plain::{PlainInput, PlainList};
use crate::aws::{Aws, AwsError};

/// Pages of 100 findings that are read of a Region. AWS answers three a second: that is two minutes.
const MOST_PAGES: usize = 400;
/// The code where Security Hub was never turned on.
const OFF: &str = "InvalidAccessException";

/// Reads the findings that this Region has itself: where it collects those of other Regions, those are read
/// there. The worst come first, so that what the bound leaves out is the least.
///
/// <https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_GetFindings.html>
pub(super) async fn hub_findings(aws: &Aws, region: &str, _: &Ask) -> Result<HubFindings, AwsError> {
    let equals = |value: &str| json!({ "Value": value, "Comparison": "EQUALS" });
    let input = PlainInput::new(json!({
        "Filters": {
            "Region": [equals(region)],
            "RecordState": [equals("ACTIVE")],
            "WorkflowStatus": [equals("NEW"), equals("NOTIFIED"), equals("SUPPRESSED")],
        },
        "SortCriteria": [{ "Field": "SeverityNormalized", "SortOrder": "desc" }],
        "MaxResults": 100,
    }));
    let mut pages = Pages::new(aws, aws.plain_list::<GetFindings>(region, input));
    let mut folding = Folding::default();
    for _ in 0..MOST_PAGES {
        match pages.next().await {
            Ok(None) => break,
            Ok(Some(page)) => {
                let items = PlainList::<GetFindings>::items(page);
                let lacking = |member: &str| {
                    AwsError::unusable("securityhub:GetFindings", &format!("it lacks {member}"))
                };
                for finding in items.map_err(lacking)? {
                    folding.add(&finding);
                }
            }
            Err(error) if error.is(OFF) => return Ok(HubFindings { off: true, ..HubFindings::default() }),
            Err(error) => return Err(without_endpoint(error)),
        }
    }
    Ok(folding.folded(pages.more()))
}
