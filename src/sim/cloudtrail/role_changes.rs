//! The records of the last changes of roles, which the account has in short.

use serde_json::{Value, json};

use crate::sim::route::{Cx, Refused};
use crate::sim::world::seen;

/// The record of a role's last change, where the account has its changes by themselves; `None` where it has not.
pub(super) fn records(cx: &Cx<'_>, role: &str) -> Result<Option<Vec<Value>>, Refused> {
    let Some(all) = cx.world.account.role_changes.read() else { return Ok(None) };
    let Some(last) = all.get(role) else { return Ok(Some(vec![])) };
    let record = |change: &crate::account::RoleChange| {
        json!({
            "eventVersion": "1.11",
            "userIdentity": { "arn": change.by },
            "eventTime": change.at,
            "eventSource": "iam.amazonaws.com",
            "eventName": change.name,
            "awsRegion": cx.world.global_region(),
            "requestParameters": { "roleName": role },
            "eventID": "53000000-0000-4000-8000-000000000001",
            "readOnly": false,
            "recipientAccountId": cx.world.account.id,
        })
    };
    Ok(Some(seen(last)?.change.iter().map(record).collect()))
}
