//! The records of the last changes of roles, which the account has in short.

use serde_json::{Value, json};

use crate::account::RoleChange;
use crate::sim::route::{Cx, Refused};
use crate::sim::world::seen;

/// The records of the last changes of roles, where the account has them by themselves; `None` where it has not.
pub(super) fn records(cx: &Cx<'_>) -> Result<Option<Vec<Value>>, Refused> {
    let Some(all) = cx.world.account.role_changes.read() else { return Ok(None) };
    let mut records = vec![];
    for (number, (role, last)) in (1..).zip(all) {
        records.extend(seen(last)?.change.iter().map(|change| record(cx, number, role, change)));
    }
    Ok(Some(records))
}

fn record(cx: &Cx<'_>, number: u32, role: &str, change: &RoleChange) -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": { "arn": change.by },
        "eventTime": change.at,
        "eventSource": "iam.amazonaws.com",
        "eventName": change.name,
        "awsRegion": cx.world.global_region(),
        "requestParameters": { "roleName": role },
        "eventID": format!("53000000-0000-4000-8000-{number:012x}"),
        "readOnly": false,
        "recipientAccountId": cx.world.account.id,
    })
}
