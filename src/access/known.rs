//! Texts of AWS's own policies that never change, for an account whose reading lacks them.
//!
//! <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>

/// The document of an AWS managed policy, by its ARN in whatever partition.
pub fn text(arn: &str) -> Option<&'static str> {
    let (partition, name) = arn.split_once(":iam::aws:policy/")?;
    if !partition.starts_with("arn:") {
        return None;
    }
    match name {
        "AdministratorAccess" => {
            Some(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#)
        }
        "AWSDenyAll" => Some(
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"DenyAll","Effect":"Deny","Action":["*"],"Resource":["*"]}]}"#,
        ),
        _ => None,
    }
}
