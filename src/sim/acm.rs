//! ACM: the certificates in use.

use serde_json::{Value, json};

use super::ec2::region;
use super::route::{Cx, Dispatch, In, Said, refuse};
use super::world::{plain_page, seconds, seen};
use crate::account::{Certificate, Validation};
use crate::aws::plain::PlainOutput;
use crate::aws::plain::services::acm;

pub(super) fn register(dispatch: &mut Dispatch) {
    dispatch.on::<acm::DescribeCertificate>(describe_certificate);
    dispatch.on::<acm::ListCertificates>(list_certificates);
}

fn list_certificates(cx: &mut Cx<'_>, input: &In<acm::ListCertificates>) -> Said<acm::ListCertificates> {
    if input.body["MaxItems"].as_i64().is_some_and(|max| !(1..=1_000).contains(&max)) {
        return Err(refuse("ValidationException", "maxItems must be between 1 and 1000"));
    }
    let summary = |(arn, certificate): (&String, &Certificate)| {
        json!({
            "CertificateArn": arn,
            "DomainName": certificate.names.first(),
            "Status": certificate.status,
            "InUse": !certificate.in_use_by.is_empty(),
            "NotAfter": seconds(certificate.not_after.as_deref()),
        })
    };
    let all = seen(&region(cx).certificates)?.iter().map(summary).collect();
    Ok(plain_page::<acm::ListCertificates>(cx, all, input, "MaxItems"))
}

fn describe_certificate(
    cx: &mut Cx<'_>,
    input: &In<acm::DescribeCertificate>,
) -> Said<acm::DescribeCertificate> {
    let arn = input.body["CertificateArn"].as_str().unwrap_or_default();
    let certificate = seen(&region(cx).certificates)?
        .get(arn)
        .ok_or_else(|| refuse("ResourceNotFoundException", format!("Could not find certificate {arn}.")))?;
    let validations: Vec<Value> = certificate.validation.iter().map(validation).collect();
    let mut detail = json!({
        "CertificateArn": arn,
        "DomainName": certificate.names.first(),
        "SubjectAlternativeNames": certificate.names,
        "DomainValidationOptions": validations,
        "Status": certificate.status,
        "Type": certificate.kind,
        "NotAfter": seconds(certificate.not_after.as_deref()),
        "InUseBy": certificate.in_use_by,
        "RenewalEligibility": if certificate.renews { "ELIGIBLE" } else { "INELIGIBLE" },
    });
    if let Some(status) = &certificate.renewal {
        detail["RenewalSummary"] =
            json!({ "RenewalStatus": status, "DomainValidationOptions": validations, "UpdatedAt": 0 });
    }
    Ok(PlainOutput::new(json!({ "Certificate": detail })))
}

fn validation((name, validation): (&String, &Validation)) -> Value {
    let mut told = json!({ "DomainName": name, "ValidationMethod": validation.method });
    if let Some(record) = &validation.record {
        // The record's value proves nothing that a plan says, and is not in the account.
        told["ResourceRecord"] = json!({ "Name": record, "Type": "CNAME", "Value": "acm-validations.aws." });
    }
    told
}
