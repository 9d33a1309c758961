//! What AWS would tell somebody: whom it writes to, and what it has written.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Ask, seen, text, without_endpoint};
use crate::account::{Account, HealthNotice, SecurityContact, Seen};
use crate::aws::plain::PlainInput;
use crate::aws::plain::services::{account, health};
use crate::aws::{Aws, lists, unless_gone};

/// `None`: none is set, and AWS writes to the root user's address alone.
///
/// <https://docs.aws.amazon.com/accounts/latest/reference/API_GetAlternateContact.html>
pub(super) async fn security_contact(aws: &Aws, _: &Account, _: &Ask) -> Seen<Option<SecurityContact>> {
    let input = PlainInput::new(json!({ "AlternateContactType": "SECURITY" }));
    let answer = aws.plain::<account::GetAlternateContact>(&aws.home_region(), input).await;
    let contact = |answer: Value| {
        let contact = &answer["AlternateContact"];
        SecurityContact { name: text(&contact["Name"]), email: text(&contact["EmailAddress"]) }
    };
    seen(unless_gone(answer).map(|answer| answer.map(contact)).map_err(without_endpoint))
}

/// Needs a support plan that has the Health API: else AWS says `SubscriptionRequiredException`.
///
/// <https://docs.aws.amazon.com/health/latest/APIReference/API_DescribeEvents.html>
pub(super) async fn health_notices(aws: &Aws, _: &Account, _: &Ask) -> Seen<BTreeMap<String, HealthNotice>> {
    let filter = json!({ "eventStatusCodes": ["open", "upcoming"] });
    let input = PlainInput::new(json!({ "filter": filter, "maxResults": 100 }));
    let list = aws.plain_list::<health::DescribeEvents>(&aws.home_region(), input);
    let notice = |event: Value| {
        let region = text(&event["region"]);
        let notice = HealthNotice {
            service: text(&event["service"]),
            code: text(&event["eventTypeCode"]),
            category: text(&event["eventTypeCategory"]),
            region: if region == "global" { String::new() } else { region },
            status: text(&event["statusCode"]),
        };
        Some((event["arn"].as_str()?.to_owned(), notice))
    };
    seen(lists::all(aws, list, notice).await.map_err(without_endpoint))
}
