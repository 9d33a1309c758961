//! The credential report: a CSV that AWS makes at most every four hours.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::account::ReportRow;
use crate::aws::{Aws, AwsError, Kind};

/// The columns that are read. One that is missing would be read as "off".
const COLUMNS: [&str; 10] = [
    "password_enabled",
    "mfa_active",
    "access_key_1_active",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_1_last_used_service",
    "access_key_2_active",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
    "access_key_2_last_used_service",
];

/// How long to wait for AWS to make the report: usually a second or two.
const DEADLINE_MS: u64 = 30_000;

/// Has a report made and reads it.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>
///
/// # Errors
/// AWS's, also when the report is still in progress at the deadline.
pub(super) async fn read(aws: &Aws) -> Result<BTreeMap<String, ReportRow>, AwsError> {
    let iam = aws.iam();
    let deadline = aws.clock().now_ms() + DEADLINE_MS;
    // Refused where somebody else has just asked for too many: a report is there all the same, or is
    // being made. What AWS says to the next call decides.
    let generated = iam.generate_credential_report().send().await.map_err(AwsError::from);
    if let Err(error) = generated
        && !error.is("LimitExceeded")
    {
        return Err(error);
    }
    let report = loop {
        let error = match iam.get_credential_report().send().await.map_err(AwsError::from) {
            Ok(report) => break report,
            Err(error) => error,
        };
        if aws.clock().now_ms() >= deadline {
            return Err(error);
        }
        match error.code.as_deref() {
            Some("ReportInProgress") => {}
            // Another four hours have just ended.
            Some("ReportExpired" | "ReportNotPresent") => {
                match iam.generate_credential_report().send().await.map_err(AwsError::from) {
                    Err(refused) if !refused.is("LimitExceeded") => return Err(refused),
                    _ => {}
                }
            }
            _ => return Err(error),
        }
        aws.clock().wait(Duration::from_secs(1)).await;
    };
    let content = report.content.map(aws_smithy_types::Blob::into_inner).unwrap_or_default();
    rows(&String::from_utf8_lossy(&content)).map_err(|message| AwsError {
        kind: Kind::Refused,
        operation: "iam:GetCredentialReport".into(),
        code: None,
        message,
        maybe_applied: false,
        blocked: None,
    })
}

/// The rows by user, `<root_account>` among them.
///
/// A user's name may hold commas, which also stand in its ARN beside it. No other column can hold
/// one, so columns are counted from the end of a row: a name cannot push itself, or the row of its
/// key, out of sight.
fn rows(csv: &str) -> Result<BTreeMap<String, ReportRow>, String> {
    let mut lines = csv.lines();
    let header = split(lines.next().unwrap_or_default());
    if header.first().map(String::as_str) != Some("user") {
        return Err("the credential report has no column `user`".into());
    }
    if let Some(column) = COLUMNS.iter().find(|column| !header.iter().any(|name| name == *column)) {
        return Err(format!("the credential report has no column `{column}`"));
    }
    let from_end: BTreeMap<&str, usize> =
        header.iter().enumerate().map(|(at, name)| (name.as_str(), header.len() - at)).collect();
    let mut rows = BTreeMap::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let fields = split(line);
        // No name holds a colon, so this is where the ARN starts.
        let name = fields.iter().position(|field| field.starts_with("arn:"));
        let Some(name) = name.filter(|_| fields.len() >= header.len()) else {
            return Err("a row of the credential report is too short".into());
        };
        let get = |column: &str| -> &str {
            let at = from_end.get(column).and_then(|back| fields.len().checked_sub(*back));
            at.and_then(|at| fields.get(at)).map_or("", String::as_str)
        };
        let user = fields.get(..name).unwrap_or_default().join(",");
        let mut row = ReportRow {
            password_enabled: get("password_enabled") == "true",
            mfa_active: get("mfa_active") == "true",
            ..ReportRow::default()
        };
        for key in ["access_key_1", "access_key_2"] {
            if get(&format!("{key}_active")) == "true" {
                row.active_keys_since.push(get(&format!("{key}_last_rotated")).to_owned());
                row.active_keys_last_used.push(get(&format!("{key}_last_used_date")).to_owned());
                let service = get(&format!("{key}_last_used_service"));
                row.active_keys_last_used_for.extend((service != "N/A").then(|| service.to_owned()));
            }
        }
        rows.insert(user, row);
    }
    Ok(rows)
}

/// The fields of a line; quoted ones may hold commas and doubled quotes.
fn split(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let Some(field) = fields.last_mut() else { break };
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            _ => field.push(c),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "user,arn,user_creation_time,password_enabled,mfa_active,access_key_1_active,\
                          access_key_1_last_rotated,access_key_1_last_used_date,\
                          access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
                          access_key_2_last_used_date,access_key_2_last_used_service";

    #[test]
    fn a_comma_in_a_name_moves_no_column() {
        let plain = "a,b,arn:aws:iam::1:user/a,b,2020,true,false,true,2021,N/A,ses,false,N/A,N/A,N/A";
        let quoted =
            "\"a,b\",\"arn:aws:iam::1:user/a,b\",2020,true,false,true,2021,N/A,ses,false,N/A,N/A,N/A";
        for row in [plain, quoted] {
            let rows = rows(&format!("{HEADER}\n{row}\n")).expect("rows");
            let row = rows.get("a,b").expect("the user");
            assert!(row.password_enabled && !row.mfa_active);
            assert_eq!(row.active_keys_since, ["2021"]);
            assert_eq!(row.active_keys_last_used_for, ["ses".to_owned()].into());
        }
    }

    #[test]
    fn a_report_that_is_none_is_an_error() {
        assert!(rows("<html>").is_err());
        assert!(rows(&format!("{HEADER}\na,b\n")).is_err());
    }
}
